//! The table of all calls: the families joined, and looked up by number or name.

use std::sync::LazyLock;

use tracer_common::plan::PLANS;

use super::types::{NO_NR, Row};

/// Whose numbering a call uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Abi {
    /// 64-bit calls of x86_64.
    X86_64,
    /// 32-bit calls of x86 (`int 0x80`).
    I386,
    /// arm64 and the generic table.
    Aarch64,
}

impl Abi {
    /// The ABI of this build's own calls.
    pub const NATIVE: Abi = if cfg!(target_arch = "aarch64") { Abi::Aarch64 } else { Abi::X86_64 };
}

/// Every row, family by family.
pub fn all() -> impl Iterator<Item = &'static Row> {
    FAMILIES.iter().flat_map(|f| f.iter())
}

static FAMILIES: &[&[Row]] = &[
    super::open::OPENING,
    super::open::CONTROLS,
    super::open::LARGE_CONTROLS,
    super::io::IO,
    super::file::FILES,
    super::stat::STATS,
    super::mount::MOUNTS,
    super::net::NET_CALLS,
    super::poll::POLLING,
    super::aio::AIO,
    super::ioctl::IOCTL_CALL,
    super::bpf::PROGRAMS,
    super::creds::CREDENTIALS,
    super::futex::FUTEX_CALL,
    super::futex::FUTEX_TIME64,
    super::futex::FUTEXES,
    super::ia32::IA32,
    super::ipc::IPCS,
    super::keys::KEYS,
    super::memory::MEMORY,
    super::obsolete::OBSOLETE,
    super::prctl::CONTROL,
    super::process::CLONES,
    super::process::PROCESS,
    super::ptrace::PTRACES,
    super::sched::SCHEDULING,
    super::signal::SIGNALS,
    super::system::SYSTEM,
    super::time::TIME,
];

/// Numbers of calls that can have a row and a plan of their own: those below. Higher ones are calls that nobody knows.
pub const NUMBERS: u32 = PLANS as u32 / 2;

/// What call a plan's place is of: whether it is the 32-bit ABI's, and its number. The inverse of `plan_index`.
pub const fn place_of(index: u32) -> (bool, u32) {
    (index >= NUMBERS, index % NUMBERS)
}

/// The number under which what is counted of calls without a plan is kept.
pub const NO_PLAN: u32 = NUMBERS - 1;

/// The row of a call number; `None` for numbers no row has.
pub fn by_nr(abi: Abi, nr: u32) -> Option<&'static Row> {
    TABLES[abi as usize].get(nr as usize).copied().flatten()
}

/// The row of a name, as the manual spells it.
pub fn by_name(name: &str) -> Option<&'static Row> {
    all().find(|r| r.name == name)
}

static TABLES: LazyLock<[Vec<Option<&'static Row>>; 3]> = LazyLock::new(|| {
    let mut tables = [(); 3].map(|()| vec![None; NUMBERS as usize]);
    for row in all() {
        for (table, &nr) in tables.iter_mut().zip(&row.nr) {
            if nr != NO_NR {
                table[nr as usize] = Some(row);
            }
        }
    }
    tables
});
