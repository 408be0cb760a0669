//! Starting the command so that its own execve is the first call that is traced, whatever the source. The
//! child is forked, set up and held at a gate; the source marks it or attaches to it; then it is released
//! and its next step is execve. If tracer dies before that, the gate's end tells the child, and it ends.

mod daemon;

use std::ffi::{CString, OsStr, OsString};
use std::fs::File;
use std::io::{self, Read, Write};
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use super::inherited;
use crate::schema::errno;
use crate::spec::{Command, User};

/// Why a command could not be started. The texts are strace's: they follow the program's name and a colon.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// There is nothing to start, or a word of it holds a NUL byte.
    #[error("{0}")]
    Invalid(String),
    /// The program is not there. strace ends with 1.
    #[error("{}", missing(.0, .1))]
    NotFound(String, io::Error),
    /// A system call of our own failed.
    #[error("{0}: {reason}", reason = errno::said(.1))]
    System(&'static str, io::Error),
}

/// That a program is not there, as strace 7.2 says it: one that is looked for in PATH is found nowhere.
fn missing(name: &str, error: &io::Error) -> String {
    let shown = |c: char| if c.is_control() { c.escape_default().to_string() } else { c.to_string() };
    let name: String = name.chars().map(shown).collect();
    match name.contains('/') {
        true => format!("Cannot stat '{name}': {}", errno::said(error)),
        false => format!("Cannot find executable '{name}'"),
    }
}

/// A child that waits to run the command.
#[derive(Debug)]
pub struct Started {
    pid: u32,
    gate: Option<File>,
    status: File,
    failed: Option<i32>,
    filtered: bool,
    /// It is to install its filter.
    filters: bool,
    ran: bool,
    /// It is no child of ours: we are its grandchild.
    above: bool,
}

/// A seccomp filter as the kernel takes it.
pub type Filter = Vec<libc::sock_filter>;

const GO: u8 = b'g';
/// The same, with its filter.
const GO_FILTERED: u8 = b'G';
/// Words on the status pipe: the filter is in place; execve failed with the errno that follows.
const FILTERED: u8 = b'f';
const EXEC: u8 = b'e';
const SETUP: u8 = b's';

impl Started {
    /// Forks the child that will run `cmd`. It waits until [`Started::release`], then calls execve once.
    ///
    /// # Errors
    /// [`StartError::NotFound`] when no executable file has that name (in PATH, when it has no slash).
    pub fn spawn(cmd: &Command) -> Result<Started, StartError> {
        Started::spawn_filtered(cmd, None)
    }

    /// As [`Started::spawn`]; after its release the child first installs `filter`. Without CAP_SYS_ADMIN it
    /// can not (no_new_privs is never set: it would change what the program may do), and goes on without.
    ///
    /// # Errors
    /// As `spawn`.
    pub fn spawn_filtered(cmd: &Command, filter: Option<&Filter>) -> Result<Started, StartError> {
        let child = Child::prepare(cmd, filter)?;
        let (gate_read, gate_write) = pipe()?;
        let (status_read, status_write) = pipe()?;
        // SAFETY: the child only makes system calls on memory prepared above, then calls execve or _exit.
        let pid = unsafe { libc::fork() };
        match pid {
            -1 => Err(StartError::System("fork", io::Error::last_os_error())),
            0 => child.run(&gate_read, &gate_write, &status_write),
            _ => Ok(Started {
                pid: pid as u32,
                gate: Some(gate_write.into()),
                status: status_read.into(),
                failed: None,
                filtered: false,
                filters: filter.is_some(),
                ran: false,
                above: false,
            }),
        }
    }

    /// The child's process id; it will be the command's.
    pub fn pid(&self) -> u32 {
        self.pid
    }

    /// Whether it is a child of ours, which we wait for and which does not outlive an interrupted trace.
    pub fn is_child(&self) -> bool {
        !self.above
    }

    /// It installs its filter before it runs the command, if it has one.
    pub fn filter(&mut self) {
        self.filters = true;
    }

    /// Opens the gate. Call once, when the source is ready.
    ///
    /// # Errors
    /// EPIPE when the child is gone.
    pub fn release(&mut self) -> io::Result<()> {
        match self.gate.take() {
            Some(mut gate) => gate.write_all(&[if self.filters { GO_FILTERED } else { GO }]),
            None => Ok(()),
        }
    }

    /// Whether an execve of the child has succeeded, as far as [`Started::note_run`] was told.
    pub fn ran(&self) -> bool {
        self.ran
    }

    /// The child runs the command now.
    pub fn note_run(&mut self) {
        self.ran = true;
    }

    /// Whether the child could install its filter. Waits for its word: the child must be running.
    pub fn filtered(&mut self) -> bool {
        let mut word = [0u8; 1];
        if !self.filtered && self.status.read(&mut word).unwrap_or(0) == 1 && word[0] == FILTERED {
            self.filtered = true;
        }
        self.filtered
    }

    /// The errno of the execve that failed; `None` when it succeeded or is still to come. Meaningful once the
    /// first execve has returned or the child is gone; never waits.
    pub fn exec_error(&mut self) -> Option<i32> {
        if self.failed.is_none() {
            // SAFETY: the descriptor is ours and open.
            unsafe { libc::fcntl(self.status.as_raw_fd(), libc::F_SETFL, libc::O_NONBLOCK) };
            let mut words = [0u8; 16];
            let n = self.status.read(&mut words).unwrap_or(0);
            let words = words[..n].strip_prefix(&[FILTERED]).unwrap_or(&words[..n]);
            if let [EXEC | SETUP, a, b, c, d, ..] = *words {
                self.failed = Some(i32::from_ne_bytes([a, b, c, d]));
            }
        }
        self.failed
    }
}

/// All that the child needs, allocated before the fork.
struct Child {
    path: CString,
    argv: Vec<*const libc::c_char>,
    envp: Vec<*const libc::c_char>,
    _words: Vec<CString>,
    user: Option<(User, Vec<libc::gid_t>)>,
    filter: Option<Filter>,
    /// What it ends with when tracer is gone before the gate was opened.
    failure: u8,
}

impl Child {
    fn prepare(cmd: &Command, filter: Option<&Filter>) -> Result<Child, StartError> {
        let program = cmd.argv.first().ok_or_else(|| StartError::Invalid("must have PROG [ARGS] or -p PID".into()))?;
        let path = find(program)?;
        let mut words = Vec::new();
        let add = |words: &mut Vec<CString>, word: OsString| -> Result<*const libc::c_char, StartError> {
            let word = CString::new(word.into_vec()).map_err(|e| {
                StartError::Invalid(format!("a NUL byte in {:?}", e.into_vec().escape_ascii().to_string()))
            })?;
            let pointer = word.as_ptr();
            words.push(word);
            Ok(pointer)
        };
        let mut argv = Vec::with_capacity(cmd.argv.len() + 1);
        for (i, word) in cmd.argv.iter().enumerate() {
            let word = if i == 0 { cmd.argv0.as_ref().unwrap_or(word) } else { word };
            argv.push(add(&mut words, word.clone())?);
        }
        argv.push(std::ptr::null());
        let mut envp = Vec::new();
        for word in environment(cmd) {
            envp.push(add(&mut words, word)?);
        }
        envp.push(std::ptr::null());
        let path = CString::new(path.into_os_string().into_vec())
            .map_err(|_| StartError::Invalid("a NUL byte in the program's path".into()))?;
        let user = cmd.user.clone().map(|user| (groups(&user), user)).map(|(groups, user)| (user, groups));
        Ok(Child { path, argv, envp, _words: words, user, filter: filter.cloned(), failure: 1 })
    }

    /// The child's side of the fork. Only system calls from here on: another thread may hold any lock.
    fn run(&self, gate: &OwnedFd, gate_write: &OwnedFd, status: &OwnedFd) -> ! {
        let status = status.as_raw_fd();
        // SAFETY: plain system calls on descriptors and memory that the fork copied; nothing allocates.
        unsafe {
            libc::close(gate_write.as_raw_fd());
            let mut word = 0u8;
            loop {
                match libc::read(gate.as_raw_fd(), (&raw mut word).cast(), 1) {
                    1 if word == GO || word == GO_FILTERED => break,
                    -1 if *libc::__errno_location() == libc::EINTR => {}
                    // The gate's end: tracer is gone.
                    _ => libc::_exit(self.failure.into()),
                }
            }
            if let (Some(filter), GO_FILTERED) = (&self.filter, word) {
                let program = libc::sock_fprog { len: filter.len() as u16, filter: filter.as_ptr().cast_mut() };
                let rc = libc::syscall(libc::SYS_seccomp, libc::SECCOMP_SET_MODE_FILTER, 0, &raw const program);
                let word = if rc == 0 { FILTERED } else { b'-' };
                libc::write(status, (&raw const word).cast(), 1);
            }
            if let Some((user, groups)) = &self.user
                && (libc::setgroups(groups.len(), groups.as_ptr()) != 0
                    || libc::setresgid(user.gid, user.gid, user.gid) != 0
                    || libc::setresuid(user.uid, user.uid, user.uid) != 0)
            {
                fail(status, SETUP);
            }
            inherited::restore();
            libc::execve(self.path.as_ptr(), self.argv.as_ptr(), self.envp.as_ptr());
        }
        fail(status, EXEC)
    }
}

/// Reports errno on the status pipe and ends the child, as strace's does with 1.
fn fail(status: i32, word: u8) -> ! {
    // SAFETY: errno is this thread's; the message lives on the stack; _exit never returns.
    unsafe {
        let [a, b, c, d] = (*libc::__errno_location()).to_ne_bytes();
        let message = [word, a, b, c, d];
        libc::write(status, message.as_ptr().cast(), message.len());
        libc::_exit(1)
    }
}

fn pipe() -> Result<(OwnedFd, OwnedFd), StartError> {
    let mut fds = [0; 2];
    // SAFETY: the array holds two descriptors; on success both are new and ours.
    unsafe {
        if libc::pipe2(fds.as_mut_ptr(), libc::O_CLOEXEC) != 0 {
            return Err(StartError::System("pipe2", io::Error::last_os_error()));
        }
        Ok((OwnedFd::from_raw_fd(fds[0]), OwnedFd::from_raw_fd(fds[1])))
    }
}

/// The file that a program name means: itself when it has a slash, else the first executable regular file
/// of that name in PATH.
pub fn find(program: &OsStr) -> Result<PathBuf, StartError> {
    let missing = |e| StartError::NotFound(program.to_string_lossy().into_owned(), e);
    if program.as_bytes().contains(&b'/') {
        std::fs::metadata(program).map_err(missing)?;
        return Ok(PathBuf::from(program));
    }
    let runs =
        |path: &PathBuf| std::fs::metadata(path).is_ok_and(|m| m.is_file() && m.permissions().mode() & 0o111 != 0);
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path)
        .map(|dir| if dir.as_os_str().is_empty() { std::env::current_dir().unwrap_or_default() } else { dir })
        .map(|dir| dir.join(Path::new(program)))
        .find(|path| !program.is_empty() && runs(path))
        .ok_or_else(|| missing(io::Error::from_raw_os_error(libc::ENOENT)))
}

/// tracer's own environment with the request's changes.
fn environment(cmd: &Command) -> Vec<OsString> {
    let mut vars: Vec<(OsString, OsString)> = std::env::vars_os().collect();
    for (name, value) in &cmd.env {
        match (vars.iter_mut().find(|(n, _)| n == name), value) {
            (Some(var), Some(value)) => var.1.clone_from(value),
            (None, Some(value)) => vars.push((name.clone(), value.clone())),
            (_, None) => vars.retain(|(n, _)| n != name),
        }
    }
    let join = |(mut name, value): (OsString, OsString)| {
        name.push("=");
        name.push(value);
        name
    };
    vars.into_iter().map(join).collect()
}

/// The user's groups: those of the login name, or the one that was given with a number.
fn groups(user: &User) -> Vec<libc::gid_t> {
    let mut groups = vec![user.gid];
    if let Ok(name) = CString::new(user.name.as_bytes())
        && !user.name.is_empty()
    {
        let mut count = 65_536;
        groups.resize(count as usize, 0);
        // SAFETY: the name is NUL-terminated and there is room for `count` groups (NGROUPS_MAX).
        let rc = unsafe { libc::getgrouplist(name.as_ptr(), user.gid, groups.as_mut_ptr(), &mut count) };
        groups.truncate(if rc < 0 { 0 } else { count as usize });
        if groups.is_empty() {
            groups.push(user.gid);
        }
    }
    groups
}

#[cfg(test)]
mod tests {
    use super::*;

    fn command(argv: &[&str]) -> Command {
        Command { argv: argv.iter().map(OsString::from).collect(), ..Command::default() }
    }

    fn wait(pid: u32) -> i32 {
        let mut status = 0;
        // SAFETY: the status is ours; the child is too.
        assert_eq!(unsafe { libc::waitpid(pid as i32, &mut status, 0) }, pid as i32);
        status
    }

    #[test]
    fn what_is_not_there_is_said_as_strace_says_it() {
        let check = |program: &str, want: &str| {
            let error = Started::spawn(&command(&[program])).expect_err("nothing starts");
            assert_eq!(error.to_string(), want);
        };
        check("no-such-program", "Cannot find executable 'no-such-program'");
        check("/no/such/program", "Cannot stat '/no/such/program': No such file or directory");
        check("", "Cannot find executable ''");
    }

    #[test]
    fn the_child_waits_and_then_runs() {
        let mut cmd = command(&["sh", "-c", "test \"$TRACER_SET\" = yes && test -z \"$HOME\" && exit 7"]);
        cmd.env = vec![("TRACER_SET".into(), Some("yes".into())), ("HOME".into(), None)];
        let mut started = Started::spawn(&cmd).expect("a child");
        let mut status = 0;
        // SAFETY: the status is ours.
        assert_eq!(unsafe { libc::waitpid(started.pid() as i32, &mut status, libc::WNOHANG) }, 0, "it waits");
        started.release().expect("it is there");
        assert_eq!(wait(started.pid()), 7 << 8);
        assert_eq!(started.exec_error(), None);
    }

    #[test]
    fn a_child_whose_gate_is_gone_ends() {
        let started = Started::spawn(&command(&["sh", "-c", "exit 7"])).expect("a child");
        let pid = started.pid();
        drop(started);
        assert_eq!(wait(pid), 1 << 8);
    }

    #[test]
    fn a_failed_execve_is_reported() {
        let mut started = Started::spawn(&command(&["/etc/passwd"])).expect("a child");
        started.release().expect("it is there");
        assert_eq!(wait(started.pid()), 1 << 8);
        assert_eq!(started.exec_error(), Some(libc::EACCES));
    }

    #[test]
    fn ignored_signals_are_the_inherited_ones() {
        // SIGHUP to SIGILL are the last digit; a job of a shell has SIGINT and SIGQUIT ignored.
        let ignored: u32 = (1..=4).map(|signal| u32::from(inherited::ignored(signal)) << (signal - 1)).sum();
        let script = format!("grep SigIgn /proc/self/status | grep -q '{ignored:x}$' || exit 3; kill -PIPE $$");
        let mut started = Started::spawn(&command(&["sh", "-c", &script])).expect("a child");
        started.release().expect("it is there");
        let status = wait(started.pid());
        if !inherited::ignored(libc::SIGPIPE) {
            assert_eq!(status & 0x7f, libc::SIGPIPE, "status {status:#x}");
        }
    }
}
