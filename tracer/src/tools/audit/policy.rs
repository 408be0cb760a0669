//! Policies of `tracer audit`: what a command may do, and what it must have done. This is the reference of their language.
//!
//! A policy is one TOML file:
//!
//! ```toml
//! version = 1
//!
//! [variables]                # further names for directories, besides $HOME $TMPDIR $WORKSPACE $TARGET
//! FIXTURES = "$WORKSPACE/tests/fixtures"
//!
//! [default]                  # for everything
//! otherwise = "deny"         # what no rule speaks of; "allow" where this is left out
//! allow = [
//!     "read,list /usr/**",
//!     "file $TARGET/**",
//!     "run cargo",
//!     "connect tcp 127.0.0.0/8:*",
//!     "read /etc/passwd by git",
//! ]
//! deny = ["read $HOME/.ssh/**"]
//!
//! [harness]                  # for what belongs to no unit
//! allow = ["connect tcp *.example.com:443 by cargo"]
//!
//! [[unit]]                   # for the units whose name, suite or "SUITE NAME" fits; one, or a list
//! match = "mycrate::net *"
//! allow = ["connect tcp 127.0.0.1:8080"]
//!
//! [[expect]]                 # a claim: it must have happened
//! unit = "mycrate::report writes_xml"
//! that = "write $TARGET/report.xml"
//! ```
//!
//! # Sections
//!
//! `[default]`, `[harness]` and `[[unit]]` have the same keys, all of them optional; a `[[unit]]` needs a `match` besides:
//!
//! | key | value |
//! |---|---|
//! | `allow`, `deny` | lists of rules |
//! | `otherwise` | `"allow"` or `"deny"`: what becomes of that which no rule speaks of |
//! | `probes` | `"deny"`: looking for what is not there is judged too; `"allow"` where this is left out |
//!
//! In a `match` (and in `unit` of an `[[expect]]`) `*` is any text and `?` any one byte; `\` takes their meaning away. Nothing
//! else is special there, because names of tests have brackets of their own.
//!
//! # What decides
//!
//! 1. The unit's own sections: every `[[unit]]` that matches it, taken together, or `[harness]`. If one of their `deny` rules
//!    speaks of the access, it is denied; else if one of their `allow` rules does, it is allowed.
//! 2. `[default]`, in the same way.
//! 3. `otherwise` of the unit's own sections, else that of `[default]`, else it is allowed.
//!
//! So deny has precedence over allow, the special over the general, and the order of rules does not matter.
//!
//! # Rules
//!
//! `OPERATIONS OBJECT`, or `OPERATIONS OBJECT by PROGRAM`. Operations are separated by commas, without blanks.
//!
//! | operations | object |
//! |---|---|
//! | `read` `list` `create` `write` `truncate` `rename` `delete` `chmod` `chown` `times` `attributes` | a path |
//! | `change` (all that change files), `file` (these, `read` and `list`) | a path |
//! | `run` | a path, or without any slash the last part of a program's path: `run cargo` |
//! | `bind` `listen` `connect` `send`, `network` (these four) | an address |
//! | `any` or `*` | a path or an address: all operations that take it |
//!
//! The object `*` is everything. PROGRAM is what `run` takes: the program that does it.
//!
//! **Paths** are absolute or begin with a variable, and are the files that were really opened, after all symbolic links. `*` is
//! any part of a name and `?` any byte of it, `[a-z]` one of these bytes and `[!a-z]` one of the others, `{a,b}` either, `**`
//! any number of directories, none too: `/usr/**` is `/usr` and all beneath. `\` takes the meaning from the next character, and
//! `\xff` is a byte. A rule that uses a variable which is not known on a machine matches nothing there.
//!
//! **Addresses** are `[PROTOCOL] HOST[:PORT]`, `unix SOCKET` or `FAMILY [ADDRESS]`.
//!
//! | part | is |
//! |---|---|
//! | PROTOCOL | `tcp` (`mptcp` too), `udp`, `sctp`, `mptcp`, `ip`, or `*`, which is any, as where there is none |
//! | HOST | `127.0.0.1`, `10.0.0.0/8`, `[::1]`, `[fe80::]/10`, `*`; a name that the program itself resolved to the address: `example.com`, `*.example.com` (all names below it, not itself) |
//! | PORT | `443`, `8000-8999`, `*`, or `ephemeral`: chosen by the kernel for a socket of this run; any where it is left out |
//! | SOCKET | `*`, a path, or `@` and the name of an abstract socket, in which `*` goes over slashes |
//! | FAMILY | `AF_NETLINK`, `AF_VSOCK`, ..., with a glob of the address as reports have it |
//!
//! # What is judged
//!
//! - What failed is judged as what succeeded: to try what is denied is a violation. But that something is looked for which is not
//!   there (`read`, `list`, `run`, `connect` or `send` that fails with ENOENT or ENOTDIR) is a probe, as programs make many, and
//!   is judged only with `probes = "deny"`.
//! - A rename takes one name away and makes another. Rules of `rename` and `delete` speak of it by its old name, rules of
//!   `rename` and `create` by its new one, and it needs to be allowed by both.
//! - A link is made where its name is; what it points to does not matter until it is opened.
//!
//! # Claims
//!
//! `that` is a rule, or a list of rules each of which is claimed. A claim holds when something that it speaks of happened and did
//! not fail. `write` means that bytes were written, be it under another name that the same unit then changed to this one (`mv new
//! file`); `connect` that a connection was begun. With `unit`, it must have happened in each unit that fits, and at least one must
//! have run.

mod address;
mod fault;
mod glob;
mod judge;
mod learn;
mod read;
mod rule;
mod source;

use std::ops::Range;

pub use fault::{Fault, Faults};
pub use learn::learn;

use fault::{Flaw, faults};
use glob::NameGlob;
use rule::Rule;

/// The variables that every policy may use.
pub const BUILT_IN: [&str; 4] = ["HOME", "TMPDIR", "WORKSPACE", "TARGET"];

/// A policy that was read.
#[derive(Debug, Clone, Default)]
pub struct Policy {
    name: String,
    variables: Vec<Variable>,
    default: Section,
    harness: Section,
    units: Vec<UnitSection>,
    expectations: Vec<Expectation>,
}

impl Policy {
    /// Reads a policy; `name` is its file's name, for messages.
    pub fn parse(text: &str, name: &str) -> Result<Policy, Faults> {
        read::read(text, name)
    }

    /// Reads a policy from bytes, which are UTF-8 or wrong.
    pub fn parse_bytes(bytes: &[u8], name: &str) -> Result<Policy, Faults> {
        match std::str::from_utf8(bytes) {
            Ok(text) => Policy::parse(text, name),
            Err(error) => {
                let at = error.valid_up_to();
                let message = format!("this is not UTF-8: there is a byte 0x{:02x}", bytes[at]);
                Err(faults(&String::from_utf8_lossy(bytes), name, vec![Flaw::new(at..at + 1, message)]))
            }
        }
    }
}

/// What is said in one place.
#[derive(Debug, Clone, Default)]
struct Section {
    otherwise: Option<Switch>,
    probes: Option<Switch>,
    allow: Vec<Placed>,
    deny: Vec<Placed>,
}

/// Units, and what holds for them.
#[derive(Debug, Clone)]
struct UnitSection {
    names: Vec<NameGlob>,
    section: Section,
}

/// `"allow"` or `"deny"`, and its line.
#[derive(Debug, Clone, Copy)]
struct Switch {
    deny: bool,
    line: u32,
}

/// A rule and its place.
#[derive(Debug, Clone)]
struct Placed {
    rule: Rule,
    text: String,
    line: u32,
    /// Bytes of the file.
    at: Range<usize>,
}

/// A claim.
#[derive(Debug, Clone)]
struct Expectation {
    /// The units of which it is claimed; `None`: of all of them together.
    units: Option<Vec<NameGlob>>,
    rule: Placed,
}

/// A name for a directory.
#[derive(Debug, Clone)]
struct Variable {
    name: String,
    /// The variable that its path begins with.
    base: Option<String>,
    /// The names of its path, behind the base.
    names: Vec<Vec<u8>>,
}

impl Variable {
    fn parse(name: String, path: &str, known: &[String]) -> Result<Variable, Flaw> {
        let one = glob::PathGlob::parse(path, known)?.directory();
        let message = "a variable is one directory; globs are for rules, and '\\*' is a star";
        let (base, names) = one.ok_or_else(|| Flaw::new(0..path.len(), message))?;
        Ok(Variable { name, base, names })
    }
}

#[cfg(test)]
mod tests;
