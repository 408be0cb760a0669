//! What is known of each kind of record, as data: one row per kind says what its fields are and where the wire has them, how it is put
//! in order, and which lines it makes; a kind of line says what it is called, who asks for it, what it says in text and in JSON. The
//! typed view of a record ([`Told`]), the order, the filters, every form of output and the JSON Schema derive from the rows.

mod lines;

use tracer_common::event::{Head, flag, kind};

use self::Member::{Frames, IfSet, Name, Of, Siginfo, Stack};
use self::Place::{Arg, Bits, Flag, Ret};
pub use self::lines::{Asked, LineKind, Member, Shape, Text, When, Word};
use super::errno;

/// A kind of record.
#[derive(Debug)]
pub struct RecordKind {
    /// Its word of `tracer_common::event::kind`.
    pub word: u8,
    /// Its name.
    pub name: &'static str,
    /// How it is put in order.
    pub course: Course,
    /// What it says.
    pub fields: &'static [Field],
    /// The lines that it may make: the first that fits is made.
    pub lines: &'static [LineKind],
    /// Why it makes none.
    pub silent: &'static str,
}

/// How a record is put in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Course {
    /// It lasted: from its time, for its duration. Other lines may come in between.
    Span,
    /// Something that lasts began; a `Span` follows when it ends.
    Running,
    /// It lasted, but beside what its task did meanwhile: it stands where it ended, and cuts no line of its task.
    Beside,
    /// It happened at one time.
    Point,
    /// All before its time was sent.
    Mark,
}

/// Something that a record says.
#[derive(Debug)]
pub struct Field {
    /// Its name, in JSON too.
    pub name: &'static str,
    /// What it is, in words.
    pub doc: &'static str,
    /// Where it stands.
    pub place: Place,
    /// What it is.
    pub ty: FieldType,
}

/// Where a field stands in the head of a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// In an argument.
    Arg(usize),
    /// In the return value.
    Ret,
    /// In the return value's bits from this on, as many as the mask has.
    Bits(u32, i64),
    /// In these bits of the flags.
    Flag(u8),
    /// In the last two arguments, as it lies in memory.
    Comm,
}

/// What a field is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FieldType {
    /// A number.
    Number,
    /// Yes or no.
    Flag,
    /// A signal.
    Signal,
    /// A task's name.
    Comm,
}

/// A signal's number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Signal(pub i32);

/// A task's name, with its NUL (`TASK_COMM_LEN`, include/linux/sched.h).
pub type Comm = [u8; COMM_LEN];

/// Bytes of a [`Comm`].
pub const COMM_LEN: usize = 16;

macro_rules! kinds {
    ($($(#[doc = $about:literal])* $word:ident $name:ident $course:ident {
        $($(#[doc = $doc:literal])+ $field:ident: $ty:ty = $place:expr,)*
    } $(lines $lines:expr)? $(, silent $silent:literal)?;)*) => {
        /// A record by what it says: its head with names.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Told {
            $($(#[doc = $about])* $name {
                $($(#[doc = $doc])+ $field: $ty,)*
            },)*
            /// A kind without row: one of another version.
            Unknown,
        }

        impl Told {
            /// What the record with this head says.
            #[inline]
            pub fn of(head: &Head) -> Told {
                match head.kind {
                    $(kind::$word => Told::$name { $($field: <$ty>::take(head, $place),)* },)*
                    _ => Told::Unknown,
                }
            }
        }

        /// Every kind.
        pub const KINDS: &[RecordKind] = &[$(RecordKind {
            word: kind::$word,
            name: stringify!($name),
            course: Course::$course,
            fields: &[$(Field {
                name: stringify!($field),
                doc: concat!($($doc),+),
                place: $place,
                ty: <$ty>::TYPE,
            },)*],
            lines: kinds!(@or &[] $(, $lines)?),
            silent: kinds!(@or "" $(, $silent)?),
        },)*];

        impl Course {
            /// How records of this kind are put in order.
            #[inline]
            pub const fn of(word: u8) -> Course {
                match word {
                    $(kind::$word => Course::$course,)*
                    _ => Course::Point,
                }
            }
        }
    };
    (@or $default:expr) => { $default };
    (@or $default:expr, $value:expr) => { $value };
}

kinds! {
    /// A call that returned, or never will.
    CALL Call Span {} lines &[CALL];

    /// A call that runs.
    PENDING Running Running {} lines &[CALL];

    /// The task made another.
    FORK Fork Point {
        /// The new task.
        child: u32 = Arg(0),
        /// The process it belongs to: the same as pid for a thread.
        process: u32 = Arg(1),
        /// It is in the namespaces of the task that made it, as the source says; one that cannot say it says no.
        together: bool = Flag(flag::TOGETHER),
        /// The pid namespace (inode) that it is in, where that was told.
        space: u32 = Arg(2),
        /// Its number there, and its number in the namespace of the task that made it above 1 << 32.
        numbers: u64 = Arg(3),
        /// The new task is traced.
        traced: bool = Ret,
        /// The new task's name.
        comm: Comm = Place::Comm,
    } lines &[LineKind {
        name: "fork",
        doc: "A task made another.",
        asked: Asked::Tasks,
        when: When::Always,
        shape: Shape::Event {
            members: &[Of("child"), Of("process")],
            title: &[Word::Lit("forked "), Word::Of("child")],
            text: Text::None,
            ends: false,
        },
    }];

    /// The task runs a new program.
    EXEC Exec Point {
        /// The task's id before: another than tid when a thread that was not the first executed it.
        from: u32 = Arg(0),
        /// The thread that did.
        by: u32 = Arg(0),
        /// The leader of the process made way for another thread.
        moved: bool = Flag(flag::MOVED),
        /// Its name.
        comm: Comm = Place::Comm,
    } lines &[
        LineKind {
            name: "exec",
            doc: "A task runs a new program; comm is its new name.",
            asked: Asked::Tasks,
            when: When::Always,
            shape: Shape::Event {
                members: &[Of("from")],
                title: &[Word::Lit("executed")],
                text: Text::None,
                ends: false,
            },
        },
        LineKind {
            name: "superseded",
            doc: "A thread is gone because another thread of its process executed a program.",
            asked: Asked::Superseded,
            when: When::Set("moved"),
            shape: Shape::Event {
                members: &[Of("by")],
                title: &[Word::Lit("superseded by execve in pid "), Word::Of("by")],
                text: Text::Title("+++"),
                ends: true,
            },
        },
    ];

    /// The task is gone.
    EXIT Exit Point {
        /// Its wait status.
        status: i32 = Ret,
        /// What it gave to exit(2), 0 to 255.
        code: u32 = Bits(8, 0xff),
        /// The signal that ended it, if one did.
        signal: Signal = Bits(0, 0x7f),
        /// A core dump was made.
        core: bool = Bits(7, 1),
        /// It was the last of its process.
        last: bool = Arg(0),
        /// The status that exit_group or a fatal signal gave to the process, plus 1 << 32; 0 where none did.
        of_process: u64 = Arg(1),
    } lines &[
        LineKind {
            name: "exit",
            doc: "A task ended by itself.",
            asked: Asked::Exits,
            when: When::Unset("signal"),
            shape: Shape::Event {
                members: &[Of("code")],
                title: &[Word::Lit("exited with "), Word::Of("code")],
                text: Text::Title("+++"),
                ends: true,
            },
        },
        LineKind {
            name: "kill",
            doc: "A task was ended by a signal.",
            asked: Asked::Signals,
            when: When::Set("signal"),
            shape: Shape::Event {
                members: &[Of("signal"), Of("core")],
                title: &[Word::Lit("killed by "), Word::Of("signal"), Word::If("core", " (core dumped)")],
                text: Text::Title("+++"),
                ends: true,
            },
        },
    ];

    /// The task was given a signal.
    SIGNAL Signal Point {
        /// The signal.
        signal: Signal = Ret,
        /// The kernel discarded it, for the program ignores it.
        ignored: bool = Flag(flag::IGNORED),
    } lines &[LineKind {
        name: "signal",
        doc: "A signal reached a task.",
        asked: Asked::Signals,
        when: When::Always,
        shape: Shape::Event {
            members: &[Of("signal"), Siginfo("info"), IfSet("ignored"), Stack("stack")],
            title: &[Word::Of("signal"), Word::If("ignored", " (ignored)")],
            text: Text::Words("---", &[Word::Of("signal"), Word::Lit(" "), Word::Siginfo]),
            ends: false,
        },
    }];

    /// The task stopped.
    STOPPED Stopped Point {
        /// The signal that stopped it.
        signal: Signal = Ret,
    } lines &[LineKind {
        name: "stopped",
        doc: "A task was stopped by a signal.",
        asked: Asked::Signals,
        when: When::Always,
        shape: Shape::Event {
            members: &[Of("signal"), Stack("stack")],
            title: &[Word::Lit("stopped by "), Word::Of("signal")],
            text: Text::Title("---"),
            ends: false,
        },
    }];

    /// Tracing of the task begins.
    ATTACH Attach Point {
        /// The parent of its process.
        parent: u32 = Arg(0),
        /// Its name.
        comm: Comm = Place::Comm,
    }, silent "it is told on stderr: the task itself did nothing";

    /// An operation of io_uring that came to a result, or to none that was told.
    OPERATION Operation Beside {} lines &[OPERATION];

    /// The begin of an operation.
    BEGUN OperationBegun Point {}, silent "its source joins it with the result";

    /// The result of an operation.
    ENDED OperationEnded Point {}, silent "its source joins it with the begin";

    /// The copy of a stack.
    STACK StackCopied Point {}, silent "its source makes frames of it";

    /// A packet left within a call.
    PACKET Packet Point {
        /// The family of its address.
        family: u32 = Arg(0),
        /// The port that it goes to.
        port: u32 = Arg(1),
        /// The address, or the first half of it, as it lies in memory.
        first: u64 = Arg(2),
        /// The second half.
        second: u64 = Arg(3),
        /// The socket's protocol, and its type from bit 16 on.
        kind: u32 = Arg(4),
    }, silent "an audit tells where what was sent went";

    /// A function of a library was called.
    ENTERED LibraryEntered Point {} lines &[LIBRARY];

    /// It returned.
    RETURNED LibraryReturned Point {} lines &[LIBRARY];

    /// What a number of a function or a module stands for.
    NAMED Named Point {
        /// A word of `tracer_common::event::named`.
        what: u64 = Arg(0),
    }, silent "the task itself did nothing";

    /// The process has loaded files.
    LOADED Loaded Point {
        /// It waits until probes are set.
        waits: bool = Ret,
    }, silent "its source sets probes";

    /// Memory was mapped or unmapped by a function that is followed for its blocks.
    MAPPED Mapped Point {}, silent "its source makes a report of it";

    /// What a process has not freed, in all.
    HEAP Heap Point {
        /// Bytes, as they were asked for.
        bytes: u64 = Arg(0),
        /// How many blocks they are in.
        blocks: u64 = Arg(1),
        /// How many call stacks gave them; an object for each follows.
        stacks: u64 = Arg(2),
        /// Blocks that were freed and that nobody had seen given: they are from before tracing, or from the process's parent.
        unknown: u64 = Arg(3),
        /// Calls or tasks that were missed, by anybody: where there are any, blocks may be missing, or stand here that were freed.
        missed: u64 = Arg(4),
        /// The process has ended; else it runs.
        ended: bool = Ret,
    } lines &[LineKind {
        name: "heap",
        doc: "What a process was given of memory and has not freed, in all.",
        asked: Asked::Blocks,
        when: When::Always,
        shape: Shape::Event {
            members: &[Of("bytes"), Of("blocks"), Of("stacks"), Of("unknown"), Of("missed"), Of("ended")],
            title: &[Word::Of("bytes"), Word::Lit(" bytes in "), Word::Of("blocks"), Word::Lit(" blocks not freed")],
            text: Text::Title("==="),
            ends: false,
        },
    }];

    /// The same of one call stack.
    UNFREED Unfreed Point {
        /// Bytes, as they were asked for.
        bytes: u64 = Arg(0),
        /// How many blocks they are in.
        blocks: u64 = Arg(1),
        /// For how long the oldest of them has been there, ns.
        oldest_ns: u64 = Arg(2),
        /// For how long the youngest has.
        youngest_ns: u64 = Arg(3),
    } lines &[LineKind {
        name: "unfreed",
        doc: "What a process was given of memory at one call stack, and has not freed.",
        asked: Asked::Blocks,
        when: When::Always,
        shape: Shape::Event {
            members: &[Name("function"), Of("bytes"), Of("blocks"), Of("oldest_ns"), Of("youngest_ns"), Frames("stack")],
            title: &[Word::Of("bytes"), Word::Lit(" bytes in "), Word::Of("blocks"), Word::Lit(" blocks not freed")],
            text: Text::Title("==="),
            ends: false,
        },
    }];

    /// All before was sent.
    MARK Mark Mark {}, silent "it says nothing of a task";
}

/// The line of a call.
pub const CALL: LineKind =
    LineKind { name: "call", doc: "A system call.", asked: Asked::Calls, when: When::Always, shape: Shape::Call };

/// The line of a call of a library function.
pub const LIBRARY: LineKind = LineKind {
    name: "library",
    doc: "A call of a library function.",
    asked: Asked::Library,
    when: When::Always,
    shape: Shape::Call,
};

/// The line of an operation.
pub const OPERATION: LineKind = LineKind {
    name: "operation",
    doc: "An operation of io_uring.",
    asked: Asked::Operations,
    when: When::Always,
    shape: Shape::Call,
};

impl RecordKind {
    /// The kind with this word.
    pub fn of(word: u8) -> Option<&'static RecordKind> {
        KINDS.iter().find(|kind| kind.word == word)
    }

    /// The field of this name.
    pub fn field(&self, name: &str) -> Option<&'static Field> {
        self.fields.iter().find(|field| field.name == name)
    }

    /// The line that a record with this head makes. Where it is `only_text`, one that strace has.
    pub fn line(&self, head: &Head, only_text: bool) -> Option<&'static LineKind> {
        let fits = |line: &&LineKind| match line.when {
            When::Always => true,
            When::Set(field) => self.field(field).is_some_and(|field| field.place.number(head) != 0),
            When::Unset(field) => self.field(field).is_some_and(|field| field.place.number(head) == 0),
        };
        self.lines.iter().filter(fits).find(|line| !only_text || line.has_text())
    }
}

/// The call was not over when it returned: the program sees neither that nor that it is called again. A signal does that, and
/// ptrace where it lets a task go.
pub fn is_restarted(call: &Head) -> bool {
    errno::of(call.ret).is_some_and(|error| errno::restart(error).is_some())
}

/// The same, as a span that still runs.
pub fn running(span: &Head) -> Head {
    Head { kind: kind::PENDING, ret: 0, ..*span }
}

impl Place {
    /// The number that stands there; of a name its first half.
    #[inline]
    pub fn number(self, head: &Head) -> i64 {
        match self {
            Place::Arg(at) => head.args.get(at).map_or(0, |arg| *arg as i64),
            Place::Ret => head.ret,
            Place::Bits(from, mask) => head.ret >> from & mask,
            Place::Flag(bits) => i64::from(head.flags & bits),
            Place::Comm => head.args[4] as i64,
        }
    }
}

/// What a field can be.
trait Take {
    /// Its type.
    const TYPE: FieldType;

    /// What stands there.
    fn take(head: &Head, place: Place) -> Self;
}

macro_rules! numbers {
    ($($number:ty)*) => {$(
        impl Take for $number {
            const TYPE: FieldType = FieldType::Number;

            #[inline]
            fn take(head: &Head, place: Place) -> $number {
                place.number(head) as $number
            }
        }
    )*};
}
numbers!(u32 u64 i32);

impl Take for bool {
    const TYPE: FieldType = FieldType::Flag;

    #[inline]
    fn take(head: &Head, place: Place) -> bool {
        place.number(head) != 0
    }
}

impl Take for Signal {
    const TYPE: FieldType = FieldType::Signal;

    #[inline]
    fn take(head: &Head, place: Place) -> Signal {
        Signal(place.number(head) as i32)
    }
}

impl Take for Comm {
    const TYPE: FieldType = FieldType::Comm;

    #[inline]
    fn take(head: &Head, _: Place) -> Comm {
        let mut comm = [0; COMM_LEN];
        comm[..8].copy_from_slice(&head.args[4].to_ne_bytes());
        comm[8..].copy_from_slice(&head.args[5].to_ne_bytes());
        comm
    }
}

#[cfg(test)]
#[path = "records_tests.rs"]
mod tests;
