//! What each effect is attempted on, and what an audit has to say of it. The match over effects is whole: a new one does not compile
//! until it is said here how it is done.

use tracer::schema::effects::{Effect, Flags, Last, Meta};
use tracer::schema::types::{Arg, Ty};

use super::values::{self, o};
use super::ways::{Means, Way};
use super::{Expect, Maker, Try, Words};

/// AT_SYMLINK_NOFOLLOW, AT_REMOVEDIR.
const NOFOLLOW: &str = "AT_SYMLINK_NOFOLLOW";
const REMOVEDIR: u64 = 0x200;

impl Maker<'_> {
    pub(crate) fn make(&mut self) -> Result<(), String> {
        use Effect::*;
        match self.effect {
            Opens(at, flags) => self.opens(at, flags),
            OpensUnnamed(flags) => self.unnamed(flags),
            Takes => self.takes(),
            Reads(at) => {
                self.on_descriptor(at, o("O_RDONLY"), &["file"], "read")?;
                self.filled(at)
            }
            Lists(at) => self.on_descriptor(at, o("O_RDONLY") | o("O_DIRECTORY"), &["dir"], "list"),
            Writes(at) => {
                self.on_descriptor(at, o("O_RDWR"), &["file", "fifo"], "write")?;
                self.connected(at)
            }
            Rewrites(at) => self.on_descriptor(at, o("O_RDWR"), &["file"], "write"),
            Submits(at) => self.on_descriptor(at, o("O_RDWR"), &["file"], "write"),
            Maps(at, ..) => {
                self.on_descriptor(at, o("O_RDWR"), &["file"], "write")?;
                self.maps(at)
            }
            Controls(at, _) => self.on_descriptor(at, o("O_RDWR"), &["file"], ""),
            Makes(at) => self.names(at, "", "new", &["create"]),
            LinksText(text, at) => {
                let mut words = Words::default();
                words.by_place.insert(text, "sanything".to_owned());
                self.entries("text", at, "", "new", &["create"], &words)
            }
            Links(old, new) => {
                let mut words = Words::default();
                let source = self.source();
                words.by_place.insert(old, format!("s{source}"));
                self.entries("new", new, "", "new", &["create"], &words)
            }
            Renames(old, new, _) => self.renames(old, new),
            Removes(at, _) => self.removes(at),
            Truncates(at) if self.is_path(at) => self.on_path("cut", at, Means::File, "file", &["truncate"]),
            Truncates(at) => self.on_descriptor(at, o("O_WRONLY"), &["file"], "truncate"),
            Changes(meta, at, last) => self.changes(meta, at, last),
            Runs(at) => self.on_path("run", at, Means::File, "program", &["run"]),
            Hears(at) => self.hears(at),
            Binds(at) => self.addresses(at, "bind"),
            Connects(at) => self.addresses(at, "connect"),
            Listens(at) => self.listens(at),
            Sends(at, flags) => self.sends(at, flags),
            Asks(at) | Probes(at) if self.is_path(at) => self.asks(at),
            Accepts(at) => self.accepts(at),
            Asks(at) | Probes(at) | Copies(at) | Closes(at) | Settles(at) | Locates(at) | Steers(at) => {
                self.nothing(at)
            }
            Unshares(flags) => self.unshares(flags),
            Receives(_) => self.nothing(0),
        }
    }

    pub(crate) fn is_path(&self, at: u8) -> bool {
        matches!(self.form.args[usize::from(at)].ty, Ty::Path)
    }

    /// A file that may be read, linked and renamed.
    fn source(&self) -> String {
        format!("{}/source{}", self.place.aside, self.number + self.made.len())
    }

    /// The same, and the line that makes it.
    fn prepared(&self) -> (String, Vec<String>) {
        let source = self.source();
        let line = vec![format!("P file {source}")];
        (source, line)
    }

    /// Something done to the file that a path leads to.
    fn on_path(&mut self, mode: &str, at: u8, means: Means, kind: &str, ops: &[&'static str]) -> Result<(), String> {
        for way in self.paths(mode, at, means, "it") {
            self.path(mode, way, kind, ops, &Words::default(), &[])?;
        }
        Ok(())
    }

    /// Something done to a name.
    fn names(&mut self, at: u8, kind: &str, name: &'static str, ops: &[&'static str]) -> Result<(), String> {
        self.entries("name", at, kind, name, ops, &Words::default())
    }

    fn entries(
        &mut self,
        mode: &str,
        at: u8,
        kind: &str,
        name: &'static str,
        ops: &[&'static str],
        more: &Words,
    ) -> Result<(), String> {
        for way in self.paths(mode, at, Means::Entry, name) {
            let (_, line) = self.prepared();
            // The other name of a link is another's in each attempt.
            let mut more = more.clone();
            if let Effect::Links(old, _) = self.effect {
                more.by_place.insert(old, format!("s{}", self.source()));
            }
            self.path(mode, way, kind, ops, &more, &line)?;
        }
        Ok(())
    }

    /// Adds the attempt of one way; `more`: further words.
    fn path(
        &mut self,
        mode: &str,
        way: Way,
        kind: &str,
        ops: &[&'static str],
        more: &Words,
        prepare: &[String],
    ) -> Result<(), String> {
        let dir = self.dir(mode, way.name);
        let mut words = way.words;
        for (place, word) in &more.by_place {
            match word.strip_prefix('|').and_then(|flag| flag.parse().ok()) {
                Some(value) => words.flag(*place, value),
                None => _ = words.by_place.insert(*place, word.clone()),
            }
        }
        let expect = match way.object {
            Some(object) => Expect::Told(ops.iter().map(|op| (*op, format!("{dir}/{object}"))).collect()),
            None => Expect::Nothing,
        };
        let file = way.object.unwrap_or("it");
        self.add(Try {
            mode,
            way: way.name,
            kind,
            file,
            words,
            prepare: prepare.to_vec(),
            hold: Vec::new(),
            named: true,
            expect,
        })
    }

    fn opens(&mut self, at: u8, flags: Flags) -> Result<(), String> {
        let writes = o("O_WRONLY");
        let modes = [
            ("read", o("O_RDONLY"), "file", "it", &["read"][..]),
            ("write", writes, "file", "it", &["write"]),
            ("both", o("O_RDWR") | o("O_APPEND"), "file", "it", &["read", "write"]),
            ("cut", writes | o("O_TRUNC"), "file", "it", &["write", "truncate"]),
            ("make", writes | o("O_CREAT"), "", "new", &["create", "write"]),
            ("made", writes | o("O_CREAT") | o("O_EXCL"), "file", "it", &["create"]),
            // A file is no directory.
            ("refused", writes | o("O_DIRECTORY"), "file", "it", &["write"]),
        ];
        for (mode, value, kind, name, ops) in modes {
            let mut more = Words::default();
            match flags {
                Flags::Arg(place) => _ = more.by_place.insert(place, format!("={value}")),
                Flags::How(place) => _ = more.by_place.insert(place, how(value)),
                // What the call implies is one of these, or makes a file and cuts one.
                Flags::Implied(implied) => {
                    let cuts = implied as u64 & o("O_TRUNC") != 0;
                    if !matches!((mode, cuts), ("read", false) | ("cut" | "make", true)) {
                        continue;
                    }
                }
            }
            let means = if name == "new" || mode == "made" { Means::Entry } else { Means::File };
            for way in self.paths(mode, at, means, name) {
                self.path(mode, way, kind, ops, &more, &[])?;
            }
        }
        Ok(())
    }

    fn unnamed(&mut self, flags: Flags) -> Result<(), String> {
        let handle = self.form.first(|arg| arg.name == "handle").ok_or("no handle")?;
        let Flags::Arg(place) = flags else { return Err("no flags".to_owned()) };
        for (mode, value, op) in [("read", o("O_RDONLY"), "read"), ("write", o("O_WRONLY"), "write")] {
            let dir = self.dir(mode, "handle");
            let mut words = Words::default();
            words.by_place.insert(handle, format!("h{dir}/it"));
            words.by_place.insert(place, format!("={value}"));
            words.by_place.insert(handle - 1, format!("f{}:{dir}", o("O_RDONLY") | o("O_DIRECTORY")));
            let expect = Expect::Told(vec![(op, format!("{dir}/it"))]);
            self.add(Try {
                mode,
                way: "handle",
                kind: "file",
                file: "it",
                words,
                prepare: Vec::new(),
                hold: Vec::new(),
                named: false,
                expect,
            })?;
        }
        Ok(())
    }

    fn takes(&mut self) -> Result<(), String> {
        let (dir, held) = (self.dir("take", "parent"), self.held());
        let mut words = Words::default();
        words.by_place.insert(0, "d".to_owned());
        words.by_place.insert(1, format!("={held}"));
        let expect = Expect::Told(["read", "write"].map(|op| (op, format!("{dir}/it"))).to_vec());
        let hold = vec![format!("H {held} {} {dir}/it", o("O_RDWR"))];
        self.add(Try {
            mode: "take",
            way: "parent",
            kind: "file",
            file: "it",
            words,
            prepare: Vec::new(),
            hold,
            named: false,
            expect,
        })
    }

    /// Something done to what is behind a descriptor. `op`: what is told; nothing where the call is a gap.
    fn on_descriptor(&mut self, at: u8, flags: u64, kinds: &[&str], op: &'static str) -> Result<(), String> {
        // Another descriptor that the call takes is a file, or a pipe with something in it.
        let other = self.other(at);
        let is_read = matches!(self.effect, Effect::Reads(_));
        for kind in kinds {
            for from in ["file", "pipe"].into_iter().take(if other.is_some() { 2 } else { 1 }) {
                let mode = format!("{kind}-{from}");
                let ways = self.descriptors(&mode, at, flags);
                for (Way { name, mut words, .. }, hold) in ways {
                    let (source, prepare) = self.prepared();
                    if let Some(other) = other {
                        let end = if is_read { "w" } else { "p" };
                        let word = if from == "file" { format!("f{}:{source}", o("O_RDWR")) } else { end.to_owned() };
                        words.by_place.insert(other, word);
                    }
                    let mut hold = hold;
                    hold.extend(self.on(at, &mut words, &source));
                    let dir = self.dir(&mode, name);
                    // What is read was told when it was opened: here by the program itself.
                    let expect = match op {
                        "" => Expect::Gap,
                        _ => Expect::Told(vec![(op, format!("{dir}/it"))]),
                    };
                    self.add(Try {
                        mode: &mode,
                        way: name,
                        kind,
                        file: "it",
                        words,
                        prepare,
                        hold,
                        named: false,
                        expect,
                    })?;
                }
            }
        }
        Ok(())
    }

    /// Mapped to be read, of what may be written to: mprotect does the rest, and names no file.
    fn maps(&mut self, at: u8) -> Result<(), String> {
        for (Way { name, mut words, .. }, hold) in self.descriptors("protected", at, o("O_RDWR")) {
            _ = self.on(at, &mut words, "");
            if let Effect::Maps(_, protection, _) = self.effect {
                words.by_place.insert(protection, "=1".to_owned());
            }
            let expect = Expect::Told(vec![("write", format!("{}/it", self.dir("protected", name)))]);
            self.add(Try {
                mode: "protected",
                way: name,
                kind: "file",
                file: "it",
                words,
                prepare: Vec::new(),
                hold,
                named: false,
                expect,
            })?;
        }
        Ok(())
    }

    /// The place of another descriptor that the call takes; one that is taken from a ring's table may be a number.
    pub(crate) fn other(&self, at: u8) -> Option<u8> {
        let is = |arg: &Arg| matches!(arg.ty, Ty::Fd) || arg.name == "fd_in";
        let mut places = self.form.args.iter().enumerate().filter(|(_, arg)| is(arg)).map(|(place, _)| place as u8);
        places.find(|place| *place != at)
    }

    /// What one descriptor takes from another may have to be a pipe: one with a name, and something in it.
    fn filled(&mut self, at: u8) -> Result<(), String> {
        let Some(other) = self.other(at) else { return Ok(()) };
        let dir = self.dir("fifo", "filled");
        let mut words = Words::default();
        words.by_place.insert(at, format!("F{dir}/it"));
        words.by_place.insert(other, "w".to_owned());
        let expect = Expect::Told(vec![("read", format!("{dir}/it"))]);
        self.add(Try {
            mode: "fifo",
            way: "filled",
            kind: "fifo",
            file: "it",
            words,
            prepare: Vec::new(),
            hold: Vec::new(),
            named: false,
            expect,
        })
    }

    /// What else a call on a descriptor is passed.
    fn on(&self, at: u8, words: &mut Words, source: &str) -> Option<String> {
        // A structure with another descriptor.
        for (place, arg) in self.form.args.iter().enumerate() {
            if let Ty::Rec(rec) = arg.ty
                && let Some(field) = rec.fields.iter().find(|field| matches!(field.ty, Ty::Fd))
            {
                let held = self.held() + 2000;
                let mut bytes = vec![0; usize::from(rec.size)];
                bytes[usize::from(field.off)..][..4].copy_from_slice(&(held as u32).to_le_bytes());
                words.by_place.insert(place as u8, hex(&bytes));
                return Some(format!("H {held} {} {source}", o("O_RDONLY")));
            }
        }
        match self.effect {
            Effect::Maps(_, protection, flags) => {
                words.by_place.insert(protection, "=3".to_owned());
                words.by_place.insert(flags, "=1".to_owned());
                words.by_place.insert(1, "=4096".to_owned());
            }
            Effect::Submits(_) => {
                let file = words.by_place.insert(at, String::new()).unwrap_or_default();
                words.by_place.insert(at, format!("j{file}"));
            }
            Effect::Controls(_, request) => {
                words.by_place.insert(request + 1, values::RANGE.to_owned());
            }
            _ => {}
        }
        None
    }

    fn renames(&mut self, old: u8, new: u8) -> Result<(), String> {
        // The old name is the one that is denied, then the new one.
        for (mode, kind, name, at, other) in [("old", "file", "it", old, new), ("new", "", "new", new, old)] {
            for way in self.paths(mode, at, Means::Entry, name) {
                let (source, line) = self.prepared();
                let beside = if mode == "old" { format!("{source}.new") } else { source.clone() };
                let mut more = Words::default();
                more.by_place.insert(other, format!("s{beside}"));
                let prepare: &[String] = if mode == "old" { &[] } else { &line };
                self.path(mode, way, kind, &["rename"], &more, prepare)?;
            }
        }
        Ok(())
    }

    fn removes(&mut self, at: u8) -> Result<(), String> {
        self.entries("file", at, "file", "it", &["delete"], &Words::default())?;
        let mut more = Words::default();
        if let Some(place) = self.form.first(|arg| arg.name == "flags") {
            more.by_place.insert(place, format!("={REMOVEDIR}"));
        }
        self.entries("dir", at, "dir", "it", &["delete"], &more)
    }

    fn changes(&mut self, meta: Meta, at: u8, last: Last) -> Result<(), String> {
        let op = match meta {
            Meta::Mode => "chmod",
            Meta::Owner => "chown",
            Meta::Times => "times",
            Meta::Attributes => "attributes",
        };
        if !self.is_path(at) {
            return self.on_descriptor(at, o("O_RDONLY"), &["file", "dir"], op);
        }
        let mut more = Words::default();
        for (place, arg) in self.form.args.iter().enumerate() {
            if matches!(arg.ty, Ty::Path) && place != usize::from(at) {
                more.by_place.insert(place as u8, format!("s{}", self.place.aside));
            }
        }
        let mut modes = vec![match last {
            Last::Itself => ("itself", Means::Name, more.clone()),
            Last::Followed | Last::Unless(_) => ("followed", Means::File, more.clone()),
        }];
        if let Last::Unless(place) = last {
            more.by_place
                .insert(place, format!("|{}", self.form.with_flag(NOFOLLOW).map_or(0x100, |(_, value)| value)));
            modes.push(("unfollowed", Means::Name, more));
        }
        for (mode, means, more) in modes {
            for way in self.paths(mode, at, means, "it") {
                self.path(mode, way, "file", &[op], &more, &[])?;
            }
        }
        Ok(())
    }

    /// A question about a file: it must leave it as it was.
    fn asks(&mut self, at: u8) -> Result<(), String> {
        for way in self.paths("asked", at, Means::Name, "it") {
            let dir_fd = self.form.first(|arg| matches!(arg.ty, Ty::Fd));
            let mut words = way.words;
            if let Some(place) = dir_fd {
                words.by_place.insert(place, format!("f0:{}", self.place.aside));
            }
            let file = way.object.unwrap_or("it");
            self.add(Try {
                mode: "asked",
                way: way.name,
                kind: "file",
                file,
                words,
                prepare: Vec::new(),
                hold: Vec::new(),
                named: true,
                expect: Expect::Nothing,
            })?;
        }
        Ok(())
    }

    /// Namespaces of its own: nothing is done by that alone.
    fn unshares(&mut self, flags: u8) -> Result<(), String> {
        let value = self.form.with_flag("CLONE_NEWNS").map_or(0, |(_, value)| value);
        let mut words = Words::default();
        words.by_place.insert(flags, format!("={value}"));
        self.add(Try {
            mode: "mounts",
            way: "flags",
            kind: "file",
            file: "it",
            words,
            prepare: Vec::new(),
            hold: Vec::new(),
            named: false,
            expect: Expect::Nothing,
        })
    }

    /// A call on a descriptor that leaves what is behind it as it was.
    fn nothing(&mut self, at: u8) -> Result<(), String> {
        for (way, hold) in self.descriptors("asked", at, o("O_RDONLY")) {
            self.add(Try {
                mode: "asked",
                way: way.name,
                kind: "file",
                file: "it",
                words: way.words,
                prepare: Vec::new(),
                hold,
                named: false,
                expect: Expect::Nothing,
            })?;
        }
        Ok(())
    }
}

/// `struct open_how` with these flags.
pub(super) fn how(flags: u64) -> String {
    let mode: u64 = if flags & o("O_CREAT") != 0 { 0o600 } else { 0 };
    hex([flags, mode, 0].map(u64::to_le_bytes).as_flattened())
}

/// The word for bytes.
fn hex(bytes: &[u8]) -> String {
    format!("b{}", bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>())
}
