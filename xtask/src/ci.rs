//! `ci`: everything that must hold before a change is merged. Every step runs, so that one run shows all that is wrong; one that cannot run
//! here is counted as skipped, with its reason. The last line is the count of the tests and of those steps.

use std::io::Write;
use std::process::{Command, ExitCode, Stdio};
use std::time::Instant;

use anyhow::{Context, Result, anyhow, bail};

use crate::{command, run, test, tidy, vm};

/// How a step ended that did not fail.
enum Step {
    Held,
    /// Why it cannot run here.
    Skipped(String),
}

/// `cargo xtask ci`
pub fn main() -> Result<ExitCode> {
    let (mut bad, mut skipped, mut begun) = (Vec::new(), 0, Instant::now());
    // What a step took is the time since the one before ended.
    let mut step = |name: &'static str, done: Result<Step>| {
        println!("xtask: {name}: {} s", std::mem::replace(&mut begun, Instant::now()).elapsed().as_secs());
        match done {
            Ok(Step::Held) => {}
            Ok(Step::Skipped(why)) => {
                println!("xtask: {name}: skipped: {why}");
                skipped += 1;
            }
            Err(error) => {
                eprintln!("xtask: {name}: {error:#}");
                bad.push(name);
            }
        }
    };
    let cargo = |args: &[&str]| held(command::cargo().args(args));
    // Both have a target directory of their own, and each of the steps beside them keeps one CPU busy most of the time.
    let beside = std::thread::spawn(|| (kernel_side(), run::build()));
    step("fmt", cargo(&["fmt", "--all", "--check"]));
    for (name, dir) in [("fmt of the kernel side", "tracer-ebpf"), ("fmt of fuzz", "fuzz")] {
        step(name, held(command::cargo().args(["fmt", "--check"]).current_dir(command::root().join(dir))));
    }
    step("clippy", cargo(&["clippy", "--workspace", "--all-targets", "--quiet", "--", "-D", "warnings"]));
    step("clippy of fuzz", fuzz());
    step("doc", held(&mut documentation()));
    step("minimum Rust", minimum_rust());
    step("tidy", tidy::check().map(|_| Step::Held));
    step("deny", deny());
    let (checked, built) = beside.join().map_err(|_| anyhow!("what ran beside the first steps panicked"))?;
    step("ebpf --check", checked);
    step("release build", built.map(|_| Step::Held));
    let (mut tally, tests) = test::counted(&[])?;
    step("test", Ok(Step::Held));
    step("audit", audit());
    step("vm", other_kernels());
    tally.skipped += skipped;
    if !bad.is_empty() {
        eprintln!("xtask: failed: {}", bad.join(", "));
    }
    println!("\n{}", tally.line());
    Ok(if bad.is_empty() { tests } else { ExitCode::FAILURE })
}

fn held(command: &mut Command) -> Result<Step> {
    command::run(command).map(|()| Step::Held)
}

/// The committed objects are what their sources build. What it says comes when it has ended.
fn kernel_side() -> Result<Step> {
    let mut check = Command::new(std::env::current_exe()?);
    check.args(["ebpf", "--check"]);
    let out = check.output().context("cannot run itself")?;
    std::io::stderr().write_all(&out.stderr)?;
    std::io::stdout().write_all(&out.stdout)?;
    if !out.status.success() {
        bail!("`{}`: {}", command::line(&check), out.status);
    }
    Ok(Step::Held)
}

/// The targets of `fuzz/` compile: nobody builds them every day. Without libFuzzer itself, which takes a C++ compiler, and with what the
/// workspace has compiled. Left out, and said, where what only they need is not here and cannot be fetched.
fn fuzz() -> Result<Step> {
    let dir = command::root().join("fuzz");
    let mut fetch = command::cargo();
    fetch.current_dir(&dir).args(["fetch", "--locked", "--target", &command::host()?]);
    let fetched = fetch.output().context("cannot run cargo fetch")?;
    if !fetched.status.success() {
        let said = String::from_utf8_lossy(&fetched.stderr).into_owned();
        if said.contains("--locked") {
            bail!("fuzz/Cargo.lock is not what the manifests ask for: {said}");
        }
        return Ok(Step::Skipped("libfuzzer-sys is not here and cannot be fetched".to_owned()));
    }
    let mut clippy = command::cargo();
    clippy.current_dir(&dir).args(["clippy", "--locked", "--no-default-features", "--quiet", "--target-dir"]);
    held(clippy.arg(command::target()).args(["--", "-D", "warnings"]))
}

/// Every link of the documentation leads somewhere, private ones too.
fn documentation() -> Command {
    let mut doc = command::cargo();
    doc.args(["doc", "--workspace", "--no-deps", "--document-private-items", "--quiet"]);
    doc.env("RUSTDOCFLAGS", "-D warnings");
    doc
}

/// The oldest Rust that Cargo.toml promises compiles everything. Where it is the one in use, clippy has shown that.
fn minimum_rust() -> Result<Step> {
    let promised = tidy::minimum_rust()?;
    let version = |program: &str, args: &[&str]| -> Option<String> {
        let out = Command::new(program).args(args).stderr(Stdio::null()).output().ok()?;
        let text = String::from_utf8_lossy(&out.stdout).into_owned();
        out.status.success().then(|| text.split(' ').nth(1).unwrap_or_default().to_owned())
    };
    let is =
        |version: &str| version.strip_prefix(&promised).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'));
    let here = version("rustc", &["--version"]).context("no rustc")?;
    if is(&here) {
        return Ok(Step::Held);
    }
    if version("rustup", &["run", &promised, "rustc", "--version"]).is_none() {
        return Ok(Step::Skipped(format!("it is {promised}; here is {here}, and rustup has not got it")));
    }
    let mut check = Command::new("rustup");
    check.args(["run", &promised, "cargo", "check", "--workspace", "--all-targets", "--quiet"]);
    check.env_remove("CARGO").env_remove("RUSTUP_TOOLCHAIN").current_dir(command::root());
    held(check.arg("--target-dir").arg(command::target().join("minimum")))
}

/// Dependencies by cargo-deny: licences and duplicates, which `tidy` looks at too, and what is known to be unsafe.
fn deny() -> Result<Step> {
    if command::find("cargo-deny").is_none() {
        return Ok(Step::Skipped("cargo-deny is not installed: nobody asked for advisories".to_owned()));
    }
    let mut deny = command::cargo();
    deny.args(["deny", "fetch", "db"]).stdout(Stdio::null()).stderr(Stdio::null());
    if !deny.status().is_ok_and(|status| status.success()) {
        held(command::cargo().args(["deny", "check", "bans", "licenses", "sources"]))?;
        return Ok(Step::Skipped("the database of advisories cannot be reached; the rest holds".to_owned()));
    }
    held(command::cargo().args(["deny", "check"]))
}

/// The unit tests once more, audited by `tracer.toml`: they do nothing to files but in the target and temporary directories, and talk
/// to nobody. Without those of `capture`, which trace: what is done through ptrace nobody can vouch for, and the verdict would be 4. Only eBPF looks on:
/// where it does not work, this is left out, and said.
fn audit() -> Result<Step> {
    let program = run::build()?;
    let mut look = Command::new(&program);
    let works = look.current_dir("/").args(["audit", "-q", "--backend", "ebpf", "--", "true"]).output();
    if !works.is_ok_and(|out| out.status.success()) {
        return Ok(Step::Skipped("eBPF does not work here (tracer doctor says why)".to_owned()));
    }
    // Once more where tests failed or something was lost, which a busy machine can do.
    match audited(&program)? {
        Some(0) => Ok(Step::Held),
        Some(3) => bail!("the policy is violated"),
        _ => match audited(&program)? {
            Some(0) => Ok(Step::Held),
            code => bail!("ended with {code:?}, twice"),
        },
    }
}

/// The basics on the oldest and the newest kernel: whether a verifier takes the object, and what storage a kernel gives, is known only
/// there. Left out, and said, where qemu or the kernels cannot be had.
fn other_kernels() -> Result<Step> {
    if let Err(reason) = vm::bring(&vm::ENDS) {
        return Ok(Step::Skipped(format!("{reason:#}")));
    }
    let this = std::env::current_exe()?;
    let boot = || held(Command::new(&this).arg("vm").args(vm::ENDS).args(["--", "basics", "large", "slow::who"]));
    // Once more where a case failed, which a guest does on a machine that is busy: its processors are emulated.
    boot().or_else(|_| boot())
}

/// One audited run; its exit code. Its output goes through pipes: that the log of CI is written to is not the tests' doing.
fn audited(program: &std::path::Path) -> Result<Option<i32>> {
    let cargo = command::cargo();
    let mut audit = Command::new(program);
    audit.current_dir(command::root()).args(["audit", "--backend", "ebpf", "--policy", "tracer.toml", "--"]);
    audit.arg(cargo.get_program()).args([
        "test",
        "--quiet",
        "--workspace",
        "--lib",
        "--bins",
        "--",
        "--skip",
        "capture::",
    ]);
    println!("+ {}", command::line(&audit));
    let out = audit.output()?;
    std::io::stdout().write_all(&out.stdout)?;
    std::io::stderr().write_all(&out.stderr)?;
    Ok(out.status.code())
}
