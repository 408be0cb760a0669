//! One function per kind of value.

use std::net::Ipv6Addr;

use super::{Look, file};
use crate::decode::value::{Tail, Task, Value};
use crate::render::escape::{Color, Line};
use crate::schema::errno;
use crate::spec::{Hex, NameStyle};

impl Look {
    /// Writes a value.
    pub fn value(&self, line: &mut Line<'_>, value: &Value<'_>) {
        match value {
            Value::Int(n) => line.int(*n),
            Value::Uint(n) => line.uint(*n),
            Value::Hex(n) => line.hex(*n),
            Value::Addr(0) if self.nil => line.lit("nil"),
            Value::Addr(n) => addr(line, *n),
            Value::Pointer(0, _) if self.nil => line.lit("nil"),
            Value::Pointer(n, file) => {
                addr(line, *n);
                if let Some(file) = file {
                    self.behind(line, file);
                }
            }
            Value::Octal(n) | Value::Perm(n) => line.octal(*n),
            Value::Mode(n) => self.mode(line, *n),
            Value::Dev(dev) => self.dev(line, *dev),
            Value::Named(set, n) => self.named(line, set, *n),
            Value::Spelled(set, n) => self.spelled(line, set, *n),
            Value::Signal(n) => self.signal(line, *n),
            Value::SigSet(set) => self.signal_set(line, *set),
            Value::Pid(pid, _, task) => {
                line.int(i64::from(*pid));
                if let Some(task) = task {
                    self.task(line, task);
                }
            }
            Value::Fd(fd, file) => self.fd(line, *fd, file.as_deref()),
            Value::Path { bytes, cut } => self.string(line, bytes, *cut, false),
            Value::Str { bytes, cut, hex } => self.string(line, bytes, *cut, *hex),
            Value::Word(word) => {
                line.paint(Color::Constant);
                line.lit(word);
                line.plain();
            }
            Value::Port(port) => self.network(line, &port.to_be_bytes(), |line| {
                line.lit("htons(");
                line.uint(u64::from(*port));
                line.lit(")");
            }),
            Value::Ip4(ip) => self.network(line, ip, |line| {
                line.lit("inet_addr(\"");
                file::ip4(line, *ip);
                line.lit("\")");
            }),
            Value::Ip6(ip) => self.network(line, ip, |line| {
                line.lit("inet_pton(AF_INET6, \"");
                line.text(&Ipv6Addr::from(*ip).to_string());
                line.lit("\")");
            }),
            Value::Apply("@", args) => {
                line.lit("@");
                self.list(line, args, ", ");
            }
            Value::Apply(name, args) => {
                line.lit(name);
                line.lit("(");
                self.list(line, args, ", ");
                line.lit(")");
            }
            Value::Made(number, spelled) => match self.names {
                NameStyle::Abbrev => self.value(line, spelled),
                NameStyle::Raw => line.hex(*number),
                NameStyle::Verbose => {
                    line.hex(*number);
                    line.lit(" /* ");
                    self.value(line, spelled);
                    line.lit(" */");
                }
            },
            Value::Limit(n) => self.limit(line, *n),
            Value::Struct { fields, more } => self.structure(line, fields, *more),
            Value::Array(values, tail) => {
                line.lit("[");
                self.list(line, values, ", ");
                if *tail != Tail::Whole {
                    line.lit(if values.is_empty() { "..." } else { ", ..." });
                }
                if let Tail::Fault(at) = tail {
                    line.lit(" /* ");
                    addr(line, *at);
                    line.lit(" */");
                }
                line.lit("]");
            }
            Value::List(values) => {
                line.lit("[");
                self.list(line, values, " ");
                line.lit("]");
            }
            Value::Text(text) => line.text(text),
            Value::Phrase(parts) => {
                for (word, value) in parts {
                    line.lit(word);
                    self.value(line, value);
                }
            }
            Value::Comment(value, text) => {
                self.value(line, value);
                line.paint(Color::Dim);
                line.lit(" /* ");
                line.text(text);
                line.lit(" */");
                line.plain();
            }
            Value::Hardware(bytes) => self.network(line, bytes, |line| {
                for (i, byte) in bytes.iter().enumerate() {
                    line.text(&format!("{}{byte:02x}", if i > 0 { ":" } else { "" }));
                }
            }),
            Value::Interface(index, name) => self.interface(line, *index, name.as_deref()),
            Value::Failure(error) => self.failure(line, *error),
            Value::At(place, value) => {
                line.lit("[");
                self.value(line, place);
                line.lit("]=");
                self.value(line, value);
            }
            Value::Joined(values) => self.list(line, values, "|"),
            Value::Shifted(value, bits) => {
                self.value(line, value);
                line.lit("<<");
                line.uint(u64::from(*bits));
            }
            Value::Changed(before, after) => {
                self.value(line, before);
                line.lit(" => ");
                self.value(line, after);
            }
            Value::Counted(at, count, unit) => {
                addr(line, *at);
                line.paint(Color::Dim);
                line.lit(" /* ");
                line.uint(u64::from(*count));
                line.lit(" ");
                line.lit(unit);
                line.lit(" */");
                line.plain();
            }
        }
    }

    fn interface(&self, line: &mut Line<'_>, index: u32, name: Option<&str>) {
        let spelled = |line: &mut Line<'_>, name: &str| {
            line.lit("if_nametoindex(");
            line.quoted(name.as_bytes(), self.hex, false);
            line.lit(")");
        };
        match (self.names, name) {
            (NameStyle::Abbrev, Some(name)) => spelled(line, name),
            (NameStyle::Verbose, Some(name)) => {
                line.uint(u64::from(index));
                line.lit(" /* ");
                spelled(line, name);
                line.lit(" */");
            }
            _ => line.uint(u64::from(index)),
        }
    }

    fn failure(&self, line: &mut Line<'_>, error: i64) {
        let name = errno::of(error).and_then(|error| errno::ERRNO.name_of(u64::from(error)));
        match (self.names, name) {
            (NameStyle::Abbrev, Some(name)) => {
                line.lit("-");
                line.lit(name);
            }
            (NameStyle::Verbose, Some(name)) => {
                line.int(error);
                line.lit(" /* -");
                line.lit(name);
                line.lit(" */");
            }
            _ => line.int(error),
        }
    }

    /// What is known of a number of tasks besides.
    pub(super) fn task(&self, line: &mut Line<'_>, task: &Task) {
        if let Some(comm) = &task.comm {
            line.lit("<");
            line.name(comm, self.hex);
            line.lit(">");
        }
        if let Some(here) = task.here {
            line.paint(Color::Dim);
            line.lit(" /* ");
            line.uint(u64::from(here));
            line.lit(" in strace's PID NS */");
            line.plain();
        }
    }

    fn list(&self, line: &mut Line<'_>, values: &[Value<'_>], between: &'static str) {
        for (i, value) in values.iter().enumerate() {
            if i > 0 {
                line.lit(between);
            }
            self.value(line, value);
        }
    }

    fn structure(&self, line: &mut Line<'_>, fields: &[(&'static str, Value<'_>)], more: bool) {
        line.lit("{");
        for (i, (name, value)) in fields.iter().enumerate() {
            if i > 0 {
                line.lit(", ");
            }
            match value {
                // The field's name is an argument of what it is shown as.
                Value::Ip6(ip) if self.names == NameStyle::Abbrev && !name.is_empty() => {
                    line.lit("inet_pton(AF_INET6, \"");
                    line.text(&Ipv6Addr::from(*ip).to_string());
                    line.lit("\", &");
                    line.lit(name);
                    line.lit(")");
                }
                _ => {
                    if !name.is_empty() {
                        line.lit(name);
                        line.lit("=");
                    }
                    self.value(line, value);
                }
            }
        }
        if more {
            line.lit(if fields.is_empty() { "..." } else { ", ..." });
        }
        line.lit("}");
    }

    fn string(&self, line: &mut Line<'_>, bytes: &[u8], cut: bool, hex: bool) {
        line.paint(Color::Text);
        line.quoted(bytes, self.hex, hex);
        line.plain();
        if cut {
            line.lit("...");
        }
    }

    /// A value in network order, which has bytes where the number would be.
    fn network(&self, line: &mut Line<'_>, bytes: &[u8], named: impl FnOnce(&mut Line<'_>)) {
        match self.names {
            NameStyle::Abbrev => named(line),
            NameStyle::Raw => line.quoted(bytes, Hex::All, true),
            NameStyle::Verbose => {
                line.quoted(bytes, Hex::All, true);
                line.lit(" /* ");
                named(line);
                line.lit(" */");
            }
        }
    }

    /// A resource limit, in units of 1024 where it is a multiple.
    fn limit(&self, line: &mut Line<'_>, limit: u64) {
        let infinite = limit == u64::MAX;
        let units = limit > 1024 && limit.is_multiple_of(1024);
        let spelled = |line: &mut Line<'_>| {
            if infinite {
                line.lit("RLIM64_INFINITY");
            } else {
                line.uint(limit / 1024);
                line.lit("*1024");
            }
        };
        match self.names {
            NameStyle::Abbrev if infinite || units => spelled(line),
            NameStyle::Verbose if infinite || units => {
                line.uint(limit);
                line.lit(" /* ");
                spelled(line);
                line.lit(" */");
            }
            _ => line.uint(limit),
        }
    }

    fn mode(&self, line: &mut Line<'_>, mode: u64) {
        let kind = match mode as u32 & libc::S_IFMT {
            0 => "",
            libc::S_IFREG => "S_IFREG|",
            libc::S_IFDIR => "S_IFDIR|",
            libc::S_IFCHR => "S_IFCHR|",
            libc::S_IFBLK => "S_IFBLK|",
            libc::S_IFIFO => "S_IFIFO|",
            libc::S_IFLNK => "S_IFLNK|",
            libc::S_IFSOCK => "S_IFSOCK|",
            _ => return line.octal(mode),
        };
        let spelled = |line: &mut Line<'_>| {
            line.lit(kind);
            for (bit, name) in [(0o4000, "S_ISUID|"), (0o2000, "S_ISGID|"), (0o1000, "S_ISVTX|")] {
                if mode & bit != 0 {
                    line.lit(name);
                }
            }
            line.octal(mode & !0o177_000);
        };
        match self.names {
            NameStyle::Abbrev => spelled(line),
            NameStyle::Raw => line.octal(mode),
            NameStyle::Verbose => {
                line.octal(mode);
                line.lit(" /* ");
                spelled(line);
                line.lit(" */");
            }
        }
    }

    fn dev(&self, line: &mut Line<'_>, dev: u64) {
        let spelled = |line: &mut Line<'_>| {
            line.lit("makedev(");
            line.hex((dev >> 8 & 0xfff) | (dev >> 32 & 0xffff_f000));
            line.lit(", ");
            line.hex((dev & 0xff) | (dev >> 12 & 0xffff_ff00));
            line.lit(")");
        };
        match self.names {
            NameStyle::Abbrev => spelled(line),
            NameStyle::Raw => line.hex(dev),
            NameStyle::Verbose => {
                line.hex(dev);
                line.lit(" /* ");
                spelled(line);
                line.lit(" */");
            }
        }
    }
}

fn addr(line: &mut Line<'_>, n: u64) {
    match n {
        0 => line.lit("NULL"),
        n => line.hex(n),
    }
}
