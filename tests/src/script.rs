//! Runs a script in an empty directory, with a fixed environment, a time limit, and nothing left behind.

use std::fs::{self, File};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc;
use std::time::Duration;

use anyhow::{Context, Result, anyhow};
use rustix::process::{Pid, Signal, kill_process_group};

use crate::left::Made;
use crate::{fixtures, machine, tracer};

/// A bash script to run.
#[derive(Debug)]
pub struct Script {
    text: String,
    dir: PathBuf,
    backend: Option<String>,
    timeout: Duration,
    path: String,
    env: Vec<(String, std::ffi::OsString)>,
    leaves_none: bool,
}

/// How it went.
#[derive(Debug, Clone, Default)]
pub struct Took {
    /// Exit code; 128+N for a death by signal N.
    pub code: i32,
    /// It was killed because it took too long.
    pub timed_out: bool,
    /// Standard output; bytes that are not UTF-8 are replaced.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
    /// Processes that it left, where it must leave none.
    pub left: Vec<String>,
}

/// How a script ends that cannot run here, as in automake's tests.
const CANNOT: i32 = 77;

/// What a script says that with.
const SKIP: &str = "skip() { echo \"SKIP $*\" >&2; exit 77; }\n";

impl Took {
    /// Why the script could not run here, if it found that out.
    pub fn skipped(&self) -> Option<String> {
        let reason = self.stderr.lines().last()?.strip_prefix("SKIP ")?;
        (self.code == CANNOT).then(|| reason.to_owned())
    }

    /// All of it, for a failure; long output is cut in the middle.
    pub fn show(&self) -> String {
        let cut = |text: &str| {
            let lines: Vec<_> = text.lines().map(|line| format!("  | {line}")).collect();
            match lines.len() {
                0..=60 => lines.join("\n"),
                n => format!("{}\n  : {} lines\n{}", lines[..30].join("\n"), n - 60, lines[n - 30..].join("\n")),
            }
        };
        format!("exit {}\nstdout:\n{}\nstderr:\n{}", self.code, cut(&self.stdout), cut(&self.stderr))
    }
}

impl Script {
    /// A script, and an empty directory for it.
    pub fn new(text: &str) -> Result<Script> {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("tracer-test-{}-{number}", std::process::id());
        Script::in_dir(text, &std::env::temp_dir().join(name))
    }

    /// A script in a directory with this name, which is emptied.
    pub fn in_dir(text: &str, dir: &Path) -> Result<Script> {
        let _ = fs::remove_dir_all(dir);
        fs::create_dir_all(dir).with_context(|| format!("cannot create {}", dir.display()))?;
        let dir = dir.canonicalize()?;
        let path = machine::path();
        Ok(Script {
            text: text.to_owned(),
            dir,
            backend: None,
            timeout: Duration::from_secs(20),
            path,
            env: Vec::new(),
            leaves_none: false,
        })
    }

    /// Where it runs.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// Which backend `$tracer` asks for.
    pub fn backend(&mut self, backend: Option<&str>) {
        self.backend = backend.map(str::to_owned);
    }

    /// How long it may take.
    pub fn timeout(&mut self, timeout: Duration) {
        self.timeout = timeout;
    }

    /// It is looked for processes that it left; see [`Took::left`].
    pub fn leaves_none(&mut self) {
        self.leaves_none = true;
    }

    /// Sets a variable of its environment.
    pub fn env(&mut self, name: &str, value: impl Into<std::ffi::OsString>) {
        self.env.push((name.to_owned(), value.into()));
    }

    /// Puts a directory in front of PATH.
    pub fn path(&mut self, dir: &Path) {
        self.path = format!("{}:{}", dir.display(), self.path);
    }

    /// Lets it use the cargo that runs us, with its registry and toolchains.
    pub fn with_cargo(&mut self) {
        if let Some(dir) = std::env::var_os("CARGO").as_ref().and_then(|cargo| Path::new(cargo).parent()) {
            self.path(dir);
        }
        let home = std::env::home_dir().unwrap_or_default();
        for (name, default) in [("CARGO_HOME", ".cargo"), ("RUSTUP_HOME", ".rustup")] {
            let dir = std::env::var_os(name).map_or_else(|| home.join(default), PathBuf::from);
            self.env.push((name.to_owned(), dir.into_os_string()));
        }
        self.env.extend(
            ["CARGO_TARGET_DIR", "RUSTUP_TOOLCHAIN"]
                .iter()
                .filter_map(|name| Some(((*name).to_owned(), std::env::var_os(name)?))),
        );
    }

    /// Runs it to its end; whatever it left running is killed.
    pub fn run(&self) -> Result<Took> {
        // Beside the directory, not in it: the script's own directory begins empty.
        let [out, err] = ["out", "err"].map(|end| self.dir.with_extension(end));
        let mut bash = Command::new("bash");
        bash.arg("-c").arg(format!("{SKIP}{}", self.text)).current_dir(&self.dir).process_group(0);
        bash.stdin(Stdio::null()).stdout(File::create(&out)?).stderr(File::create(&err)?);
        bash.env_clear().env("PATH", &self.path).env("LC_ALL", "C").env("TZ", "UTC").env("HOME", &self.dir);
        bash.envs(self.env.iter().map(|(name, value)| (name, value)));
        bash.env("DIR", &self.dir).env("ROOT", crate::root());
        if self.text.to_lowercase().contains("tracer") {
            let tracer = tracer().map_err(|error| anyhow!("{error}"))?;
            let tracer = tracer.to_str().context("the path of tracer is not text")?;
            let options = self.backend.as_ref().map_or(String::new(), |backend| format!(" --backend {backend}"));
            bash.env("tracer", format!("{tracer}{options}")).env("TRACER", tracer);
        }
        bash.env("backend", self.backend.as_deref().unwrap_or_default());
        if self.text.contains("$FIXTURES") {
            bash.env("FIXTURES", fixtures::dir()?);
        }
        let made = self.leaves_none.then(Made::watch).transpose()?;
        let mut child = bash.spawn().context("cannot run bash")?;
        let group = Pid::from_child(&child);
        let (tell, told) = mpsc::channel();
        let waiter = std::thread::spawn(move || {
            let status = child.wait();
            // Nobody listens any more when the time is over: the status is then of no interest.
            let _ = tell.send(status);
        });
        let ended = told.recv_timeout(self.timeout);
        // What is left is looked at before it is killed.
        let left = made.map(|made| made.left(ended.is_ok())).transpose()?.unwrap_or_default();
        let _ = kill_process_group(group, Signal::KILL);
        let _ = waiter.join();
        let status = match &ended {
            Ok(status) => status.as_ref().map_err(|error| anyhow!("cannot wait for bash: {error}"))?.to_owned(),
            Err(_) => told.recv().context("bash cannot be waited for")??,
        };
        let read = |path: &Path| fs::read(path).map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
        let took = Took {
            code: status.code().unwrap_or_else(|| 128 + status.signal().unwrap_or(0)),
            timed_out: ended.is_err(),
            stdout: read(&out)?,
            stderr: read(&err)?,
            left,
        };
        let _ = fs::remove_file(out);
        let _ = fs::remove_file(err);
        Ok(took)
    }
}

impl Drop for Script {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.dir);
    }
}
