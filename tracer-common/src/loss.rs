//! Why something was not kept: the indexes of the per-CPU loss counters.

macro_rules! losses {
    ($($(#[$doc:meta])* $name:ident = $text:literal;)*) => {
        /// A reason for which something is missing.
        #[repr(u32)]
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Loss { $($(#[$doc])* $name),* }

        impl Loss {
            /// Every reason, in the order of their counters.
            pub const ALL: &'static [Loss] = &[$(Loss::$name),*];

            /// The reason as it is shown and as JSON names it.
            pub const fn name(self) -> &'static str {
                match self { $(Loss::$name => $text),* }
            }
        }
    };
}

losses! {
    /// A record was made, but the ring buffer had no room for it.
    RingFull = "ring_full";
    /// The ring buffer had no room for a fork, exec, exit or signal: later lines may lack a name or an end.
    LifecycleLost = "lifecycle_ring_full";
    /// No memory for the state of a task, none of whose calls are seen; or for what a call copied, which is shown without.
    MapFull = "map_full";
    /// The kernel skipped one of our programs because it would have interrupted itself: from Linux 7 on also while it is preempted.
    NotRun = "program_not_run";
    /// A record was read, but the queue behind it had no room.
    QueueFull = "queue_full";
    /// A record could not be written to the output.
    OutputFailed = "output_not_written";
    /// Memory was cut at the plan's own limit, not at the one that was asked for.
    BlobCut = "blob_cut";
    /// Memory could not be read, although the kernel itself could (page not present).
    BlobFault = "blob_faulted";
    /// A descriptor's file could not be told.
    FdUnresolved = "fd_unresolved";
    /// A process was gone before /proc was read.
    ProcGone = "process_gone";
    /// A call had begun before tracing did: its start is unknown.
    BeganBefore = "began_before_attach";
    /// A child was made in a way that could not be followed.
    ChildNotFollowed = "child_not_followed";
    /// A request went through io_uring and was not seen.
    IoUring = "io_uring_not_seen";
    /// The ring buffer had no room for an operation of io_uring.
    OperationLost = "operation_ring_full";
    /// An operation of io_uring was shown, but this version does not know it, or this kernel does not tell what it was given.
    OperationUnread = "operation_not_decoded";
    /// A 32-bit call passed something of which no layout is known: its address was shown.
    Compat = "compat_not_decoded";
    /// The source did not show a call of our own that it must have seen, or does not say what it has lost.
    Silent = "source_silent";
    /// A call without record: its entry was seen, its end was not.
    EndMissing = "end_not_seen";
    /// A signal without record: no room to keep it until it could be shown.
    SignalLost = "signal_lost";
    /// A call is counted in the table of all only: no room to count it by process.
    ByProcess = "process_count_full";
    /// The frames of a stack end where its copy does, or where what holds it could not be read.
    StackCut = "stack_cut";
    /// A file of which a stack's frames are could not be read: frames lack their names, or those behind them are missing.
    StackFile = "stack_file_unread";
    /// The stack of a call or a signal is missing: the process was gone before it was known what it had mapped.
    StackGone = "stack_mappings_unread";
    /// The ring buffer had no room for the stack of a call or a signal.
    StackFull = "stack_ring_full";
    /// Calls of library functions were nested deeper than is kept: some have no end.
    TooDeep = "library_too_deep";
    /// A function was asked for in which no probe can stand, or which no file tells of.
    Unprobed = "function_not_probed";
    /// A process ran for a while before the functions of a library that it had loaded were probed.
    LateProbes = "probes_came_late";
    /// The ring buffer had no room for the call of a library function, or for its end.
    LibraryFull = "library_ring_full";
    /// No room to keep a block of memory: it is not among those that were not freed.
    BlocksFull = "blocks_full";
    /// A function that gives blocks of memory was called, and its end was not seen: what it gave is not known.
    BlockUnended = "block_call_unended";
    /// Memory was given that a block was still taken to have: that this was freed was not seen.
    BlockReused = "block_free_unseen";
    /// Memory was mapped or unmapped, and the ring buffer had no room to tell.
    MappedFull = "mapping_ring_full";
}

impl Loss {
    /// Nothing is missing of what tracing was asked for: what began before it did was nobody's to see. That is said, and is no loss.
    pub const fn is_remark(self) -> bool {
        matches!(self, Loss::BeganBefore)
    }
}

/// Number of reasons.
pub const LOSSES: usize = Loss::ALL.len();

/// Bytes of a reason's name among [`NAMES`].
pub const NAME_LEN: usize = 24;

/// The names of the reasons, filled up with spaces: a text of which the length is known is what a kernel program can copy.
pub static NAMES: [[u8; NAME_LEN]; LOSSES] = {
    let mut names = [[b' '; NAME_LEN]; LOSSES];
    let mut i = 0;
    while i < LOSSES {
        let name = Loss::ALL[i].name().as_bytes();
        let mut at = 0;
        // A longer name ends the build here.
        while at < name.len() {
            names[i][at] = name[at];
            at += 1;
        }
        i += 1;
    }
    names
};
