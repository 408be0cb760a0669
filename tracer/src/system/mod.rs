//! What asks the machine: /proc ([`procfs`]) and the kernel's tables of sockets ([`sock_diag`]). The answers are plain data:
//! [`snapshot`] of processes and their files, [`process`] of one process, [`sockets`]. [`names`] has the machine's names of numbers
//! ([`libc_names`] those of the C library),
//! [`owners`] whose a socket is; [`pipes`] how full a pipe is; [`mapped`] opens the files that a process has mapped; [`files`] and [`socket_ends`] look up what a descriptor of a traced task is. [`place`] opens what is written, and what was given to be read; [`kept`] tells whether what was written stayed it. [`proc_paths`] says
//! what a path below /proc means that a traced program passed.

pub mod confine;
pub mod files;
pub mod kept;
pub mod libc_names;
pub mod mapped;
pub mod names;
pub mod owners;
pub mod pipes;
pub mod place;
pub mod proc_paths;
pub mod process;
pub mod procfs;
pub mod shared_memory;
pub mod snapshot;
pub mod sock_diag;
pub mod socket_ends;
pub mod sockets;
pub mod threads;
