//! Development commands: `cargo xtask help` lists them. Whatever is more than one plain cargo command lives here, in Rust,
//! so that it works the same on every machine and in CI.

mod archive;
mod bench;
mod ci;
mod command;
mod dist;
mod ebpf;
mod faults;
mod fuzz;
mod peers;
mod run;
mod soak;
mod test;
mod tidy;
mod vm;

use std::process::ExitCode;

const HELP: &str = "\
cargo xtask COMMAND

  run -- ARGS       build tracer in release and run it with ARGS, as root
                    (through sudo where needed)
  build             build tracer in release: target/release/tracer
  dist              make a release: target/dist/tracer, one static file; an
                    archive with manual page, completions and licences; a
                    Debian package
  test [FILTER]     run every test; last line: `N passed, N failed, N skipped`
  bench [--quick] [--only WORKLOAD,...] [--tracers NAME,...] [--rounds N]
        [--docs] [--json FILE]
                    measure what tracing costs here, beside other tracers (as
                    root); --docs: write docs/bench.md and README.md
  ebpf              rebuild the kernel side: tracer-ebpf/prebuilt/*.bpf.o
  ebpf --check      prove that the committed objects are what the sources give,
                    byte for byte, from any directory
  ebpf --setup      install what `ebpf` needs (as root), or name it
  vm [KERNEL...] [--keep] [-- CASE-FILTER...]
                    boot Debian's kernels in qemu and run the live cases there;
                    a line for each. Default 6.1, 6.12, 6.18 and 7.2; `newest`
                    is Debian's newest. Kernels and consoles stay under
                    target/vm/ (remove it for newer ones); --keep: the
                    initramfs too
  peers [PACKAGE...]
                    fetch Debian's newest strace, ltrace, lsof, ss and lsfd
                    (and bpftrace, linux-perf or sysdig where named) into
                    target/peers/bin. Later runs need no network; remove it for
                    newer ones
  faults [--only JOB,...] [--calls CALL,...] [--jobs N]
                    let every call that tracer makes fail, with three errors,
                    some times each, and its requests for memory (as root):
                    a matrix of what came of it, and how to repeat what is wrong
  fuzz [--minutes N] [TARGET...]
                    give the targets of fuzz/ inputs that no program would,
                    each for 60 minutes; exit code 1 when one breaks
  soak [--minutes N] [--kills N]
                    trace a load whose calls are counted, for 100 minutes, in
                    every way in turn, and kill tracer 1,000 times (as root):
                    books, memory, what is left in the kernel
  tidy              check the layout of the code: layers, file lengths, module
                    docs, licences
  ci                do what .ci/run does after it installed its tools
";

fn main() -> ExitCode {
    let args: Vec<_> = std::env::args_os().skip(1).collect();
    let words: Vec<_> = args.iter().filter_map(|arg| arg.to_str()).collect();
    let done = match words.first().copied() {
        Some("run") => run::run(&args[1..]),
        Some("build") => run::build().map(|_| ExitCode::SUCCESS),
        Some("test") => test::test(&args[1..]),
        Some("ebpf") => ebpf::main(&words[1..]),
        Some("vm") => vm::main(&args[1..]),
        Some("dist") => dist::main(),
        Some("peers") => peers::main(&words[1..]),
        Some("bench") => bench::main(&words[1..]),
        Some("faults") => faults::main(&words[1..]),
        Some("fuzz") => fuzz::main(&words[1..]),
        Some("soak") => soak::main(&words[1..]),
        Some("tidy") => tidy::main(),
        Some("ci") => ci::main(),
        None | Some("help" | "-h" | "--help") => {
            print!("{HELP}");
            Ok(ExitCode::SUCCESS)
        }
        Some(other) => {
            eprintln!("xtask: no command '{other}'\n\n{HELP}");
            Ok(ExitCode::from(2))
        }
    };
    done.unwrap_or_else(|error| {
        eprintln!("xtask: {error:#}");
        ExitCode::FAILURE
    })
}
