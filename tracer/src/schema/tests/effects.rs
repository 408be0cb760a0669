//! What the rows say that calls do: each of them something, and of arguments that fit.

use crate::schema::effects::{Classes, Does, Effect, Flags, Last, Of, classes, reaches_out};
use crate::schema::types::{Arg, Special, Ty, class};
use crate::schema::uring::OPERATIONS;
use crate::schema::{Abi, all, by_name};

/// Both sides of the table in the manual.
const MANUAL: &str = include_str!("../../../../docs/ci-audit.md");

#[test]
fn every_row_is_in_a_class() {
    let unsaid: Vec<_> = all().filter(|row| row.does == Does::Unsaid).map(|row| row.name).collect();
    assert!(unsaid.is_empty(), "say what these do: does [...], gap \"...\" or harmless \"...\": {unsaid:?}");
    for (does, name) in all().flat_map(|row| row.all_does().map(|(does, _)| (does, row.name))) {
        match does {
            Does::Effects(list) => assert!(!list.is_empty(), "{name}"),
            Does::Gap(_, why) | Does::Harmless(why) | Does::Family(why) => assert!(why.len() > 5, "{name}: {why}"),
            Does::Unsaid => {}
        }
    }
}

#[test]
fn who_reaches_out_says_why_that_is_harmless() {
    let mut silent = Vec::new();
    for row in all() {
        let own = (row.does, row.args);
        let forms = row.variants.iter().map(|variant| match variant.does {
            Does::Unsaid => (row.does, variant.args),
            does => (does, variant.args),
        });
        for (does, args) in std::iter::once(own).chain(forms) {
            if matches!(does, Does::Family(_) | Does::Unsaid) && args.iter().any(reaches_out) {
                silent.push(row.name);
            }
        }
    }
    assert!(
        silent.is_empty(),
        "{silent:?}: take a path, an address or another process, and have no effect or reason of their own"
    );
}

#[test]
fn effects_speak_of_arguments_that_fit() {
    for (name, (does, args)) in all().flat_map(|row| row.all_does().map(|form| (row.name, form))) {
        for effect in does.effects() {
            assert!(fits(*effect, args), "{name}: {effect:?}");
        }
    }
}

pub(super) fn fits(effect: Effect, args: &[Arg]) -> bool {
    use Effect::*;
    let ty = |at: u8| args.get(usize::from(at)).map(|arg| arg.ty);
    let is_path = |at| matches!(ty(at), Some(Ty::Path));
    let is_fd = |at| matches!(ty(at), Some(Ty::Fd | Ty::Slot(_)));
    let is_flags = |at| matches!(ty(at), Some(Ty::Set(_) | Ty::Set32(_) | Ty::Hex32 | Ty::Special(Special::MmapFlags)));
    let opens = |flags| match flags {
        Flags::Arg(at) => is_flags(at),
        Flags::How(at) => matches!(ty(at), Some(Ty::Sized(..))),
        Flags::Implied(_) => true,
    };
    match effect {
        Opens(path, flags) => is_path(path) && opens(flags),
        OpensUnnamed(flags) => opens(flags),
        Takes => true,
        Unshares(flags) => is_flags(flags),
        Reads(fd) | Lists(fd) | Writes(fd) | Rewrites(fd) | Copies(fd) | Closes(fd) | Listens(fd) | Accepts(fd)
        | Settles(fd) | Locates(fd) => is_fd(fd),
        Steers(at) => matches!(ty(at), Some(Ty::Fd)),
        Hears(at) => matches!(ty(at), Some(Ty::Special(Special::EthProto))),
        Submits(at) => matches!(ty(at), Some(Ty::Refs(..))),
        Maps(fd, protection, flags) => is_fd(fd) && is_flags(protection) && is_flags(flags),
        Controls(fd, request) => is_fd(fd) && ty(request).is_some(),
        Asks(at) | Truncates(at) => is_path(at) || is_fd(at),
        Probes(path) | Makes(path) | Removes(path, Of::NoDirectory | Of::Directory) | Runs(path) => is_path(path),
        Removes(path, Of::ByFlags(flags)) => is_path(path) && is_flags(flags),
        LinksText(old, new) | Links(old, new) => is_path(old) && is_path(new),
        Renames(old, new, flags) => is_path(old) && is_path(new) && flags.is_none_or(is_flags),
        Changes(_, at, Last::Unless(flags)) => is_path(at) && is_flags(flags),
        Changes(_, at, _) => is_path(at) || is_fd(at),
        Binds(at) | Connects(at) => matches!(ty(at), Some(Ty::Sockaddr(_))),
        Sends(at, flags) => {
            is_flags(flags) && matches!(ty(at), Some(Ty::Sockaddr(_) | Ty::Msghdr | Ty::Out(Ty::Mmsghdr(_))))
        }
        Receives(at) => {
            let into = matches!(ty(at), Some(Ty::Out(Ty::Bytes(_) | Ty::Mmsghdr(_)) | Ty::InOut(Ty::Msghdr)));
            // Of the 32-bit call no message is described.
            into || matches!(ty(at), Some(Ty::Addr))
        }
    }
}

#[test]
fn an_audit_sees_what_changes_and_not_what_is_read() {
    let check = |name: &str, expected: bool| {
        assert_eq!(by_name(name).expect("a row").is_evidence(), expected, "{name}");
    };
    for name in [
        "openat",
        "utimensat",
        "fsetxattr",
        "truncate64",
        "sendmmsg",
        "io_submit",
        "mount",
        "ioctl",
        "socketcall",
        "accept4",
        "dup2",
        "fcntl",
    ] {
        check(name, true);
    }
    for name in ["read", "stat", "close", "readlink", "getxattr", "getppid", "poll", "brk"] {
        check(name, false);
    }
}

#[test]
fn the_manual_counts_the_classes() {
    let mut missing = Vec::new();
    for (title, abi) in [("x86_64", Abi::X86_64), ("i386", Abi::I386), ("aarch64", Abi::Aarch64)] {
        for (what, forms) in [("calls", false), ("forms", true)] {
            let Classes { effects, gap, harmless, family, unsaid } = classes(abi, forms);
            assert_eq!(unsaid, 0);
            let line = format!("| {title}, {what} | {effects} | {gap} | {} |", harmless + family);
            if !MANUAL.contains(&line) {
                missing.push(line);
            }
        }
    }
    let count = |which: fn(&Does) -> bool| OPERATIONS.iter().filter(|operation| which(&operation.row.does)).count();
    let (effects, gap) = (count(|does| matches!(does, Does::Effects(_))), count(|does| matches!(does, Does::Gap(..))));
    let line = format!("| io_uring, operations | {effects} | {gap} | {} |", OPERATIONS.len() - effects - gap);
    if !MANUAL.contains(&line) {
        missing.push(line);
    }
    assert!(missing.is_empty(), "docs/ci-audit.md lacks these lines:\n{}", missing.join("\n"));
}

/// The sets of `-e trace=%file`, `%desc` and `%network` are strace's; they say what the types of the arguments say.
#[test]
fn sets_are_those_of_the_arguments() {
    // Their names are in a space of their own; the other has its path from the kernel.
    const NO_FILES: [&str; 3] = ["mq_open", "mq_unlink", "getcwd"];
    let mut wrong = Vec::new();
    for row in all() {
        let args = || std::iter::once(row.args).chain(row.variants.iter().map(|form| form.args)).flatten();
        let names = args().any(|arg| matches!(arg.ty, Ty::Path | Ty::When(_, _, Ty::Path)));
        if !NO_FILES.contains(&row.name) && names != (row.class & class::FILE != 0) {
            wrong.push(format!("{}: %file", row.name));
        }
        let descriptor = row.args.iter().any(|arg| matches!(arg.ty, Ty::Fd | Ty::DirFd)) || matches!(row.ret, Ty::Fd);
        if descriptor && row.class & (class::DESC | class::NET) == 0 {
            wrong.push(format!("{}: %desc", row.name));
        }
        let talks = row.has(|effect| {
            use Effect::*;
            matches!(
                effect,
                Binds(_) | Listens(_) | Connects(_) | Accepts(_) | Sends(..) | Receives(_) | Settles(_) | Locates(_)
            )
        });
        if talks && row.class & class::NET == 0 {
            wrong.push(format!("{}: %network", row.name));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
