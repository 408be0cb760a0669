//! What of the kernel's own types the programs name by number: types that an address is cast to, functions that are called.

macro_rules! types {
    ($($(#[$doc:meta])* $field:ident = $name:literal;)*) => {
        /// The kernel's numbers of types, by which the verifier lets a program read through an address as through
        /// a pointer (`bpf_rdonly_cast`, kernel 6.2); all 0 where it can not, and memory is copied instead.
        #[repr(C)]
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub struct Types { $($(#[$doc])* #[doc = concat!("`struct ", $name, "`")] pub $field: u32),* }

        impl Types {
            /// Nothing known.
            pub const NONE: Types = Types { $($field: 0),* };

            /// Names in field order.
            pub const NAMES: &'static [&'static str] = &[$($name),*];

            /// Numbers from a list in the order of `NAMES`.
            pub fn from_list(list: &[u32]) -> Option<Types> {
                let mut list = list.iter();
                Some(Types { $($field: *list.next()?),* })
            }
        }
    };
}

types! {
    file = "file";
    inode = "inode";
    super_block = "super_block";
    dentry = "dentry";
    vfsmount = "vfsmount";
    mount = "mount";
    files = "files_struct";
    fdtable = "fdtable";
    signal = "signal_struct";
    /// Stands for any pointer in memory: its first member is one.
    pointer = "list_head";
    /// Stands for any eight bytes: its first member is a number.
    word = "timespec64";
}

/// Numbers of helpers that do not exist: the loader replaces calls of them by calls of functions of the kernel.
pub mod function {
    /// `bpf_rdonly_cast` (6.2).
    pub const CAST: u32 = 0x7f00_0001;
    /// `bpf_task_from_pid` (6.2; in programs that perf calls 6.12).
    pub const TASK_FROM_PID: u32 = 0x7f00_0002;
    /// `bpf_task_release`.
    pub const TASK_RELEASE: u32 = 0x7f00_0003;

    /// All of them, by name.
    pub const NAMES: &[(u32, &str)] =
        &[(CAST, "bpf_rdonly_cast"), (TASK_FROM_PID, "bpf_task_from_pid"), (TASK_RELEASE, "bpf_task_release")];
}
