//! Other commands of tracer about a process: their text, or the terminal for them.

use std::io::{self, Read, Write};
use std::process::{Command, Stdio};

use crate::system::procfs::machine::OWN_PROGRAM;

/// Bytes of text that are kept.
const MOST: u64 = 1 << 20;

/// What `tracer NAME PID` says, line by line: printable, for its own output is.
pub fn said(name: &str, pid: u32) -> io::Result<Vec<String>> {
    let (mut reader, writer) = io::pipe()?;
    let mut child = Command::new(OWN_PROGRAM)
        .args([name, "--color=never", &pid.to_string()])
        .stdin(Stdio::null())
        .stderr(writer.try_clone()?)
        .stdout(writer)
        .spawn()?;
    let mut text = Vec::new();
    let read = reader.by_ref().take(MOST).read_to_end(&mut text);
    drop(reader);
    child.wait()?;
    read?;
    let text = String::from_utf8_lossy(&text);
    Ok(text.lines().map(|line| line.replace(|c: char| c.is_control(), "?")).collect())
}

/// Traces a process on the terminal, which is not ours meanwhile, until Ctrl-C; then a key comes back.
pub fn trace(pid: u32) -> io::Result<()> {
    let mut out = io::stdout();
    writeln!(out, "tracer -f -p {pid}: Ctrl-C ends it")?;
    out.flush()?;
    let mut child = Command::new(OWN_PROGRAM).args(["-f", "-p", &pid.to_string()]).spawn()?;
    loop {
        match child.wait() {
            Ok(_) => break,
            // Ctrl-C is for both of us.
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    write!(out, "Enter goes back to tracer top. ")?;
    out.flush()?;
    let mut byte = [0];
    // A signal ends the wait as well.
    while io::stdin().read(&mut byte)? == 1 && byte[0] != b'\n' {}
    Ok(())
}
