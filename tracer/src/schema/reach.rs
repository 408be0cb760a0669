//! Which calls lay hands on the process that an argument names, and which only ask about it: each that names one is in one of the two
//! lists, which a test sees to. Whoever traces has to know when it is traced, stopped or changed itself.

use std::sync::LazyLock;

use super::bpf::BPF;
use super::effects::Does;
use super::rows::{Abi, NUMBERS, by_nr};
use super::sched::{IOPRIO_WHO, PRIO};
use super::types::{Arg, Row, Whose};

/// When a call of a name does something to the process that it names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// Always.
    Always,
    /// Where this argument is not 0: a new limit.
    With(u8),
    /// By the signal in this argument; 0 is none.
    Signals(u8),
    /// As the request of ptrace(2) in this argument has it.
    Traces(u8),
    /// It names no process: a command of bpf(2) that takes hold of maps by their numbers, or changes one that is held.
    Maps,
}

/// Calls that do something to it.
const REACHES: &[(&str, Reach)] = &[
    ("bpf", Reach::Maps),
    ("ioprio_set", Reach::Always),
    ("kill", Reach::Signals(1)),
    ("migrate_pages", Reach::Always),
    ("move_pages", Reach::Always),
    ("pidfd_open", Reach::Always),
    ("prlimit64", Reach::With(2)),
    ("process_vm_writev", Reach::Always),
    ("ptrace", Reach::Traces(0)),
    ("rt_sigqueueinfo", Reach::Signals(1)),
    ("rt_tgsigqueueinfo", Reach::Signals(2)),
    ("sched_setaffinity", Reach::Always),
    ("sched_setattr", Reach::Always),
    ("sched_setparam", Reach::Always),
    ("sched_setscheduler", Reach::Always),
    ("setpgid", Reach::Always),
    ("setpriority", Reach::Always),
    ("tgkill", Reach::Signals(2)),
    ("tkill", Reach::Signals(1)),
];

/// Calls that only ask, or wait.
#[cfg(test)]
const ASKS: &[&str] = &[
    // Says whom the signals of a file go to, when there will be any.
    "fcntl",
    "fcntl64",
    "get_robust_list",
    "getpgid",
    "getpriority",
    "getsid",
    "ioprio_get",
    "kcmp",
    "perf_event_open",
    "process_vm_readv",
    "sched_getaffinity",
    "sched_getattr",
    "sched_getparam",
    "sched_getscheduler",
    "sched_rr_get_interval",
    "sched_rr_get_interval_time64",
    "wait4",
    "waitid",
    "waitpid",
];

/// Whether a call may lay hands on a process.
pub fn reaches(row: &Row) -> bool {
    REACHES.iter().any(|(name, _)| *name == row.name)
}

/// The same, by the ABI (native or not) and the number.
pub fn may_reach(compat: bool, nr: u32) -> bool {
    static TABLES: LazyLock<[Vec<bool>; 2]> = LazyLock::new(|| {
        [Abi::NATIVE, Abi::I386].map(|abi| (0..NUMBERS).map(|nr| by_nr(abi, nr).is_some_and(reaches)).collect())
    });
    TABLES[usize::from(compat)].get(nr as usize).copied().unwrap_or(false)
}

/// What a command of bpf(2) has to do with maps and links of others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hold {
    /// It takes hold of one by its number or its name: there every one of the machine can be had.
    Takes,
    /// It changes one that is held, or may.
    Changes,
}

/// The same of a call; `None` for one that is none, or only asks. The commands are those of `enum bpf_cmd` (include/uapi/linux/bpf.h).
pub fn hold(row: &Row, values: &[u64; 6]) -> Option<Hold> {
    let name = (row.name == "bpf").then(|| BPF.name_of(values[0] as u32 as u64)).flatten()?;
    if name.ends_with("_GET_FD_BY_ID") || name == "BPF_OBJ_GET" {
        return Some(Hold::Takes);
    }
    // What an audit has as a gap: data may be another, or a program begins to work that changes it.
    matches!(row.does(values).0, Does::Gap(..)).then_some(Hold::Changes)
}

/// Whom a call names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Whom {
    /// A process or thread; whoever calls where it is 0.
    Task(i32),
    /// A process group; that of whoever calls where it is 0.
    Group(i32),
    /// All processes of a user; of whoever calls where it is 0.
    User(u32),
    /// All that may be signalled.
    Everyone,
}

/// Values of the first argument that have the next one name a user.
const USERS: &[(&str, u64)] =
    &[("ioprio_set", IOPRIO_WHO.value("IOPRIO_WHO_USER")), ("setpriority", PRIO.value("PRIO_USER"))];

/// On whom a call lays hands, if it does, and how.
pub fn reached(row: &Row, values: &[u64; 6]) -> Option<(Whom, Reach)> {
    let (_, reach) = *REACHES.iter().find(|(name, _)| *name == row.name)?;
    if let Reach::With(arg) | Reach::Signals(arg) = reach
        && values[usize::from(arg)] as u32 == 0
    {
        return None;
    }
    let args = row.variant(values).map_or(row.args, |variant| variant.args);
    let last = |names: fn(&Arg) -> bool| {
        let (arg, id) = args.iter().zip(values).rfind(|(arg, _)| names(arg))?;
        Some((arg.ty.whose(), *id as i32))
    };
    let whom = match last(names_task) {
        Some((Some(Whose::ProcessOrGroup), -1)) => Whom::Everyone,
        Some((Some(Whose::ProcessOrGroup), id)) if id <= 0 => Whom::Group(id.wrapping_neg()),
        Some((_, id)) => Whom::Task(id),
        None if USERS.contains(&(row.name, u64::from(values[0] as u32))) => Whom::User(values[1] as u32),
        None => Whom::Group(last(names_group)?.1),
    };
    Some((whom, reach))
}

fn names_group(arg: &Arg) -> bool {
    arg.ty.whose() == Some(Whose::Group)
}

fn names_task(arg: &Arg) -> bool {
    matches!(arg.ty.whose(), Some(Whose::Process | Whose::Thread | Whose::ProcessOrGroup))
}

#[cfg(test)]
mod tests {
    use super::super::rows::{all, by_name};
    use super::*;

    #[test]
    fn a_call_that_names_a_process_is_in_one_of_the_lists() {
        for row in all() {
            let forms = row.variants.iter().map(|variant| variant.args).chain([row.args]);
            let names = forms.flatten().any(names_task);
            let listed = REACHES.iter().filter(|(name, _)| *name == row.name).count();
            let asked = ASKS.iter().filter(|name| **name == row.name).count();
            let of_maps = REACHES.contains(&(row.name, Reach::Maps));
            assert_eq!(listed + asked, usize::from(names || of_maps), "{}", row.name);
        }
    }

    #[test]
    fn who_takes_hold_of_maps_and_who_changes_them() {
        let of = |command: &str| {
            let bpf = by_name("bpf").expect("a call");
            let number = BPF.choice.iter().find(|(name, _)| *name == command).expect("a command").1;
            hold(bpf, &[number, 0, 0, 0, 0, 0])
        };
        for command in ["BPF_MAP_GET_FD_BY_ID", "BPF_LINK_GET_FD_BY_ID", "BPF_OBJ_GET"] {
            assert_eq!(of(command), Some(Hold::Takes), "{command}");
        }
        for command in [
            "BPF_MAP_UPDATE_ELEM",
            "BPF_MAP_DELETE_ELEM",
            "BPF_MAP_UPDATE_BATCH",
            "BPF_MAP_FREEZE",
            "BPF_LINK_DETACH",
            "BPF_PROG_LOAD",
        ] {
            assert_eq!(of(command), Some(Hold::Changes), "{command}");
        }
        for command in ["BPF_MAP_LOOKUP_ELEM", "BPF_MAP_GET_NEXT_ID", "BPF_OBJ_GET_INFO_BY_FD", "BPF_MAP_CREATE"] {
            assert_eq!(of(command), None, "{command}");
        }
        let kill = by_name("kill").expect("a call");
        assert_eq!(hold(kill, &[2, 0, 0, 0, 0, 0]), None);
    }

    #[test]
    fn who_is_reached() {
        let check = |name: &str, values: [u64; 6], expected: Option<Whom>| {
            let found = reached(by_name(name).expect("a call"), &values);
            assert_eq!(found.map(|(whom, _)| whom), expected, "{name}{values:?}");
        };
        let (task, group) = (|id| Some(Whom::Task(id)), |id| Some(Whom::Group(id)));
        check("kill", [7, 9, 0, 0, 0, 0], task(7));
        check("kill", [7, 0, 0, 0, 0, 0], None);
        check("kill", [-7i64 as u64, 9, 0, 0, 0, 0], group(7));
        check("kill", [0, 9, 0, 0, 0, 0], group(0));
        check("kill", [-1i64 as u64, 9, 0, 0, 0, 0], Some(Whom::Everyone));
        check("tgkill", [7, 8, 19, 0, 0, 0], task(8));
        check("ptrace", [16, 7, 0, 0, 0, 0], task(7));
        check("ptrace", [0, 0, 0, 0, 0, 0], None);
        check("prlimit64", [7, 1, 0, 1, 0, 0], None);
        check("prlimit64", [7, 1, 1, 0, 0, 0], task(7));
        check("setpriority", [0, 7, 0, 0, 0, 0], task(7));
        check("setpriority", [1, 7, 0, 0, 0, 0], group(7));
        check("setpriority", [2, 7, 0, 0, 0, 0], Some(Whom::User(7)));
        check("setpriority", [3, 7, 0, 0, 0, 0], None);
        check("ioprio_set", [2, 0, 0, 0, 0, 0], group(0));
        check("ioprio_set", [3, 7, 0, 0, 0, 0], Some(Whom::User(7)));
        check("setpgid", [7, 9, 0, 0, 0, 0], task(7));
        check("getpgid", [7, 0, 0, 0, 0, 0], None);
    }
}
