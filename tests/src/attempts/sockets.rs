//! Attempts on sockets: of each family, by each form of a name, and through those that the program was given.

use tracer::schema::types::Ty;

use super::{Expect, Maker, Try, Words};

/// MSG_FASTOPEN.
const FASTOPEN: u64 = 0x2000_0000;

impl Maker<'_> {
    /// Calls that take an address: on each family of sockets.
    pub(crate) fn addresses(&mut self, at: u8, op: &'static str) -> Result<(), String> {
        for (mode, stream) in [("stream", 's'), ("datagram", 'd')] {
            for family in ["four", "six", "unix", "relative", "procdir", "link", "abstract"] {
                if (op, family) != ("bind", "link") {
                    self.address(mode, family, at, op, stream, &Words::default())?;
                }
            }
        }
        Ok(())
    }

    fn address(
        &mut self,
        mode: &str,
        family: &'static str,
        at: u8,
        op: &'static str,
        stream: char,
        more: &Words,
    ) -> Result<(), String> {
        let (dir, host) = (self.dir(mode, family), self.host());
        let port = if op == "bind" {
            0
        } else if stream == 's' {
            self.place.tcp
        } else {
            self.place.udp
        };
        let (mut address, object) = match family {
            "four" => (format!("4,{host},{port}"), format!("{host}:{port}")),
            "six" => (format!("6,::ffff:{host},{port}"), format!("{host}:{port}")),
            "unix" => (format!("u,{dir}/new"), format!("{dir}/new")),
            "relative" => ("u,new".to_owned(), format!("{dir}/new")),
            "link" => (format!("u,{dir}/link"), format!("{dir}/new")),
            "procdir" => ("u,/proc/self/cwd/new".to_owned(), format!("{dir}/new")),
            _ => (format!("@,{dir}"), format!("@{dir}")),
        };
        // Somebody has to be there.
        let hold = match (op, family) {
            ("bind", _) | (_, "four" | "six") => Vec::new(),
            (_, "abstract") => vec![format!("H {} L {stream},{address}", self.held())],
            _ => vec![format!("H {} L {stream},u,{dir}/new", self.held())],
        };
        let prepare = if family == "link" { vec![format!("P link {dir}/link {dir}/new")] } else { Vec::new() };
        let mut words = more.clone();
        words.before = matches!(family, "relative" | "procdir").then(|| format!("+cd:{dir}"));
        words.by_place.insert(0, format!("S{stream},{address}"));
        words.by_place.insert(
            at,
            match self.form.args[usize::from(at)].ty {
                Ty::Sockaddr(_) => format!("a{address}"),
                _ => format!("m{address}"),
            },
        );
        address.insert(0, 'l');
        if matches!(self.form.args[usize::from(at)].ty, Ty::Sockaddr(_)) {
            words.by_place.insert(at + 1, address);
        }
        let expect = Expect::Told(vec![(op, object)]);
        self.add(Try { mode, way: family, kind: "", file: "new", words, prepare, hold, named: true, expect })
    }

    /// A socket that hears what comes to the machine.
    pub(crate) fn hears(&mut self, protocol: u8) -> Result<(), String> {
        // AF_PACKET, SOCK_RAW, all protocols.
        let by_place = [(0, 17), (1, 3), (protocol, 0x300)].map(|(at, value)| (at, format!("={value}")));
        let words = Words { by_place: by_place.into(), ..Words::default() };
        let expect = Expect::Told(vec![("bind", "AF_PACKET".to_owned())]);
        let (prepare, hold) = (Vec::new(), Vec::new());
        self.add(Try { mode: "raw", way: "made", kind: "", file: "none", words, prepare, hold, named: false, expect })
    }

    pub(crate) fn listens(&mut self, at: u8) -> Result<(), String> {
        for family in ["four", "unix", "relative", "abstract"] {
            let (dir, host) = (self.dir("stream", family), self.host());
            let (address, object) = match family {
                "four" => (format!("4,{host},0"), format!("{host}:0")),
                "unix" => (format!("u,{dir}/new"), format!("{dir}/new")),
                "relative" => ("u,new".to_owned(), format!("{dir}/new")),
                _ => (format!("@,{dir}"), format!("@{dir}")),
            };
            let before = (family == "relative").then(|| format!("+cd:{dir}"));
            let mut words = Words { before, ..Words::default() };
            words.by_place.insert(at, format!("Bs,{address}"));
            let expect = Expect::Told(vec![("listen", object)]);
            self.add(Try {
                mode: "stream",
                way: family,
                kind: "",
                file: "new",
                words,
                prepare: Vec::new(),
                hold: Vec::new(),
                named: false,
                expect,
            })?;
        }
        Ok(())
    }

    /// Through a listener that the program was given.
    pub(crate) fn accepts(&mut self, at: u8) -> Result<(), String> {
        for mode in ["tcp", "unix"] {
            let (dir, host, held) = (self.dir(mode, "inherited"), self.host(), self.held());
            // Of TCP nobody has this port.
            let (address, object) = match mode {
                "tcp" => (format!("4,{host},{}", self.place.udp), format!("{host}:{}", self.place.udp)),
                _ => (format!("u,{dir}/new"), format!("{dir}/new")),
            };
            let mut words = Words::default();
            words.by_place.insert(at, format!("={held}"));
            let hold = vec![format!("H {held} L s,{address}"), format!("H {} K s,{address}", held + 2000)];
            let expect = Expect::Told(vec![("listen", object)]);
            self.add(Try {
                mode,
                way: "inherited",
                kind: "",
                file: "new",
                words,
                prepare: Vec::new(),
                hold,
                named: true,
                expect,
            })?;
        }
        Ok(())
    }

    pub(crate) fn sends(&mut self, at: u8, flags: u8) -> Result<(), String> {
        let mut fast = Words::default();
        fast.by_place.insert(flags, format!("={FASTOPEN}"));
        for family in ["four", "six", "unix", "relative", "procdir", "link", "abstract"] {
            self.address("datagram", family, at, "send", 'd', &Words::default())?;
        }
        for family in ["four", "six"] {
            self.address("fastopen", family, at, "connect", 's', &fast)?;
        }
        self.connected(0)
    }

    /// Something that goes through a connection that the program did not begin.
    pub(crate) fn connected(&mut self, at: u8) -> Result<(), String> {
        for (mode, stream) in [("tcp", 's'), ("udp", 'd'), ("unixtcp", 's')] {
            let (dir, host, held) = (self.dir(mode, "connected"), self.host(), self.held());
            let port = if stream == 's' { self.place.tcp } else { self.place.udp };
            let (address, object) = match mode {
                "unixtcp" => (format!("u,{dir}/new"), format!("{dir}/new")),
                _ => (format!("4,{host},{port}"), format!("{host}:{port}")),
            };
            let mut hold = vec![format!("H {held} K {stream},{address}")];
            if mode == "unixtcp" {
                hold.insert(0, format!("H {} L {stream},{address}", held + 2000));
            }
            let mut words = Words::default();
            words.by_place.insert(at, format!("={held}"));
            if let Some(other) = self.other(at) {
                words.by_place.insert(other, "p".to_owned());
            }
            let expect = Expect::Told(vec![("connect", object)]);
            self.add(Try {
                mode,
                way: "connected",
                kind: "",
                file: "new",
                words,
                prepare: Vec::new(),
                hold,
                named: false,
                expect,
            })?;
        }
        Ok(())
    }
}
