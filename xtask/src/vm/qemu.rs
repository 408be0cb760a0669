//! The machine: qemu with a kernel, an initramfs and a serial line; no disk, no network, a time limit.

use std::fs::{self, File};
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use super::report::Report;
use crate::command::{self, find, run};

const QEMU: &str = "qemu-system-x86_64";

/// What is the same however the guest's instructions are run.
const MACHINE: [&str; 8] = ["-machine", "pc", "-smp", "2", "-nodefaults", "-no-user-config", "-display", "none"];

/// Programs and the packages of Debian that bring them.
const PROGRAMS: [(&str, &str); 2] = [(QEMU, "qemu-system-x86"), ("busybox", "busybox-static")];

/// Proof that all that is needed is installed.
pub struct Tools(());

/// What runs the guest's instructions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Speed {
    /// The processor.
    Kvm,
    /// qemu's translator.
    Tcg,
}

impl Speed {
    /// As it stands in the summary.
    pub fn name(self) -> &'static str {
        match self {
            Speed::Kvm => "kvm",
            Speed::Tcg => "tcg",
        }
    }

    /// What the guest is told that its processors are.
    fn processor(self) -> &'static str {
        match self {
            Speed::Kvm => "host",
            Speed::Tcg => "max",
        }
    }

    /// How many guests run beside each other: a guest that is translated keeps one processor busy, another both of its own.
    pub fn at_once(self) -> usize {
        let processors = std::thread::available_parallelism().map_or(1, usize::from);
        match self {
            Speed::Kvm => (processors / 2).max(1),
            Speed::Tcg => processors,
        }
    }

    /// What to expect.
    pub fn in_words(self) -> &'static str {
        match self {
            Speed::Kvm => "qemu tries KVM",
            Speed::Tcg => "no KVM that can run a guest here: qemu translates (tcg), which is slow",
        }
    }

    /// How long a guest may take until its first word.
    fn patience(self) -> Duration {
        match self {
            Speed::Kvm => Duration::from_secs(60),
            Speed::Tcg => Duration::from_secs(300),
        }
    }

    /// How much longer than elsewhere a case may take.
    fn slowness(self) -> u32 {
        match self {
            Speed::Kvm => 1,
            Speed::Tcg => 8,
        }
    }

    /// How long the tests in a guest may take.
    pub fn limit(self) -> Duration {
        match self {
            Speed::Kvm => Duration::from_secs(8 * 60),
            Speed::Tcg => Duration::from_secs(40 * 60),
        }
    }
}

impl Tools {
    /// Finds the tools; as root on Debian installs those that are missing, else names the command that does.
    pub fn get() -> Result<Tools> {
        if std::env::consts::ARCH != "x86_64" {
            bail!(
                "the guests hold programs of this machine, and their kernels are for x86_64: this is {}",
                std::env::consts::ARCH
            );
        }
        for program in ["apt-get", "apt-cache", "dpkg-deb", "xz"] {
            if find(program).is_none() {
                bail!("{program} is missing: the kernels are Debian's packages");
            }
        }
        let missing: Vec<_> =
            PROGRAMS.iter().filter(|(name, _)| find(name).is_none()).map(|(_, package)| package).collect();
        if !missing.is_empty() {
            if !command::is_root() {
                let names = missing.into_iter().copied().collect::<Vec<_>>().join(" ");
                bail!("missing; this brings it: sudo apt-get install -y --no-install-recommends {names}");
            }
            run(Command::new("apt-get").args(["-q", "update"]))?;
            let mut apt = Command::new("apt-get");
            apt.env("DEBIAN_FRONTEND", "noninteractive");
            run(apt.args(["-q", "install", "-y", "--no-install-recommends"]).args(missing))?;
        }
        Ok(Tools(()))
    }

    /// KVM where it makes a machine. Whether it can run a guest is known when one came up.
    pub fn speed(&self) -> Speed {
        let mut qemu = Command::new(QEMU);
        // It stands still and is told to end.
        qemu.args(MACHINE).args([
            "-accel",
            Speed::Kvm.name(),
            "-cpu",
            Speed::Kvm.processor(),
            "-S",
            "-monitor",
            "stdio",
        ]);
        qemu.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
        let mut makes = || -> std::io::Result<bool> {
            let mut child = qemu.spawn()?;
            // One that has ended already reads nothing, and its status says why.
            let _ = child.stdin.take().map(|mut monitor| monitor.write_all(b"quit\n"));
            Ok(child.wait()?.success())
        };
        if makes().unwrap_or(false) { Speed::Kvm } else { Speed::Tcg }
    }

    /// Boots the kernel and reads its console to the end: into the log all of it, to stdout, behind `series`, what a person wants to see.
    pub fn boot(
        &self,
        series: &str,
        kernel: &Path,
        initramfs: &Path,
        log: &Path,
        speed: Speed,
        report: &mut Report,
    ) -> Result<()> {
        let mut qemu = Command::new(QEMU);
        // Processors that are translated by threads of their own run instructions that another has just replaced: attaching to a
        // tracepoint, which patches them, then ends the guest with an "Oops: int3" now and then.
        let accel = if speed == Speed::Tcg { "tcg,thread=single" } else { speed.name() };
        qemu.args(MACHINE).args(["-accel", accel, "-cpu", speed.processor(), "-m", "2560", "-no-reboot"]);
        qemu.args(["-chardev", "stdio,id=console,signal=off", "-serial", "chardev:console"]);
        qemu.arg("-kernel").arg(kernel).arg("-initrd").arg(initramfs);
        // A panic ends the guest (-no-reboot) instead of waiting for someone to read it.
        // What the kernel does not know it hands to init as environment.
        let (limit, slowness) = (speed.limit().as_secs(), speed.slowness());
        let words = format!("console=ttyS0 quiet panic=-1 rdinit=/init limit={limit} TRACER_TEST_SLOWNESS={slowness}");
        qemu.arg("-append").arg(words);
        qemu.stdin(Stdio::null()).stdout(Stdio::piped());
        eprintln!("+ {}", command::line(&qemu));
        let mut child = qemu.spawn().with_context(|| format!("cannot run {QEMU}"))?;
        let console = child.stdout.take().context("qemu has no console")?;
        let (tell, told) = mpsc::channel();
        let reader = std::thread::spawn(move || {
            for line in BufReader::new(console).split(b'\n') {
                let Ok(line) = line else { break };
                if tell.send(String::from_utf8_lossy(&line).into_owned()).is_err() {
                    break;
                }
            }
        });
        // The guest has a limit of its own for the tests; these are for a guest that hangs.
        let start = Instant::now();
        let up = start + speed.patience();
        let end = up + speed.limit() + Duration::from_secs(60);
        let mut file = File::create(log)?;
        let mut late = false;
        loop {
            let end = if report.came_up() { end } else { up };
            match told.recv_timeout(end.saturating_duration_since(Instant::now())) {
                Ok(line) => {
                    writeln!(file, "{}", line.trim_end())?;
                    if let Some(shown) = report.line(&line) {
                        println!("{series}: {}", printable(shown));
                    }
                }
                Err(RecvTimeoutError::Disconnected) => break,
                Err(RecvTimeoutError::Timeout) => {
                    late = true;
                    break;
                }
            }
        }
        if late {
            child.kill().context("cannot kill qemu")?;
        }
        let status = child.wait()?;
        let _ = reader.join();
        let where_ = || format!("its console: {}\n{}", log.display(), tail(log));
        if late {
            bail!("the guest was killed after {} s; {}", start.elapsed().as_secs(), where_());
        }
        if !status.success() {
            bail!("qemu: {status}; {}", where_());
        }
        Ok(())
    }
}

/// The last lines of a console, for when they are all there is.
fn tail(log: &Path) -> String {
    let text = fs::read_to_string(log).unwrap_or_default();
    let lines: Vec<_> = text.lines().map(printable).collect();
    lines[lines.len().saturating_sub(20)..].join("\n")
}

/// The line without what a terminal would take for commands.
fn printable(line: &str) -> String {
    line.chars().map(|c| if c.is_control() && c != '\t' { '?' } else { c }).collect()
}

/// The static busybox: what the guest's init runs before anything else works.
pub fn busybox() -> Result<PathBuf> {
    find("busybox").context("busybox is missing")
}
