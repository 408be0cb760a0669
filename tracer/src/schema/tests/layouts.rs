//! Structures against the kernel's headers, through the C compiler: where each field lies and how wide
//! it is.

use std::fmt::Write as _;
use std::io::Write as _;
use std::process::{Command, Stdio};

use crate::schema::types::{Rec, Ty};
use crate::schema::{bpf, creds, futex, ipc, memory, narrow, prctl, process, ptrace, sched, signal, system, time};

/// Structures, the type in C, and a prefix of its fields (unions with a name of their own).
const RECORDS: &[(&Rec, &str)] = &[
    (&time::TIMESPEC, "struct timespec"),
    (&time::TIMEVAL, "struct timeval"),
    (&time::TIMEZONE, "struct timezone"),
    (&time::ITIMERVAL, "struct itimerval"),
    (&time::ITIMERSPEC, "struct itimerspec"),
    (&time::TIMEX, "struct timex"),
    (&process::RUSAGE, "struct rusage"),
    (&sched::RLIMITS, "struct rlimit"),
    (&sched::TMS, "struct tms"),
    (&creds::CAP_HEADER, "struct __user_cap_header_struct"),
    (&signal::STACK, "stack_t"),
    (&memory::REMOTE, "struct iovec"),
    (&ptrace::REGSET, "struct iovec"),
    (&ptrace::REGS, "struct user_regs_struct"),
    (&prctl::FPROG, "struct sock_fprog"),
    (&prctl::NOTIF_SIZES, "struct seccomp_notif_sizes"),
    (&system::UTSNAME, "struct new_utsname"),
    (&system::SYSINFO, "struct sysinfo"),
    (&system::KEXEC_SEGMENT, "struct kexec_segment"),
    (&ipc::SEMBUF, "struct sembuf"),
    (&ipc::SHMID, "struct shmid64_ds"),
    (&ipc::SHMINFO, "struct shminfo64"),
    (&ipc::SHM_USED, "struct shm_info"),
    (&ipc::SEMID, "struct semid64_ds"),
    (&ipc::SEMINFO, "struct seminfo"),
    (&ipc::MSQID, "struct msqid64_ds"),
    (&ipc::MSGINFO, "struct msginfo"),
    (&ipc::PERM, "struct ipc64_perm"),
    (&ipc::MQ_ATTR, "struct mq_attr"),
    (&futex::FUTEX_WAITV, "struct futex_waitv"),
    (&bpf::MAP_CREATE, "union bpf_attr"),
    (&bpf::ELEM, "union bpf_attr"),
    (&bpf::PROG_LOAD, "union bpf_attr"),
    (&bpf::OBJ, "union bpf_attr"),
    (&bpf::ATTACH, "union bpf_attr"),
];

/// Fields that the kernel names otherwise than strace, whose names are shown.
const NAMES: &[(&str, &str)] = &[
    ("struct shmid64_ds shm_nattch", "shm_nattch"),
    ("struct sysinfo sharedram", "sharedram"),
    ("struct msqid64_ds msg_qbytes", "msg_qbytes"),
];

const HEADERS: &str = "#include <stdio.h>\n#include <stddef.h>\n#include <time.h>\n#include <linux/types.h>\n#include <sys/time.h>\n\
    #include <sys/times.h>\n#include <sys/resource.h>\n#include <sys/timex.h>\n#include <sys/user.h>\n#include <signal.h>\n\
    #include <linux/capability.h>\n#include <linux/filter.h>\n#include <linux/seccomp.h>\n#include <linux/utsname.h>\n\
    #include <linux/sysinfo.h>\n#include <linux/kexec.h>\n#include <linux/sem.h>\n#include <linux/shm.h>\n#include <linux/msg.h>\n\
    #include <linux/ipc.h>\n#include <linux/mqueue.h>\n#include <linux/futex.h>\n#include <linux/bpf.h>\n#include <sys/uio.h>\n";

/// Structures whose 32-bit layout the headers of a 32-bit program do not give: the kernel's own (`compat_...`) is another.
const UNLIKE: &[&str] = &["struct user_regs_struct", "struct timex"];

/// Fields of two bytes there, with two more behind them that nothing uses.
const PADDED: &[&str] = &["mode"];

#[test]
fn fields_lie_where_the_headers_say() {
    compare("fields_lie_where_the_headers_say", false);
}

#[test]
fn fields_lie_where_the_headers_of_32_bit_programs_say() {
    compare("fields_lie_where_the_headers_of_32_bit_programs_say", true);
}

/// The place and width of a field, and the size of its structure, in one of the ABIs; `None` where it has no layout.
fn place(rec: &Rec, name: &str, narrow: bool) -> Option<(u16, u16, u16)> {
    let field = rec.fields.iter().find(|field| field.name == name)?;
    match narrow {
        false => Some((field.off, field.width, rec.size)),
        true => narrow::structure(rec).and_then(|layout| {
            let (off, width) = layout.place(field.off, field.width)?;
            Some((off, width, layout.narrow))
        }),
    }
}

fn compare(test: &str, narrow: bool) {
    let mut program = format!("{HEADERS}int main(void) {{ int n = 0;\n");
    for (rec, ty) in RECORDS.iter().filter(|(_, ty)| !narrow || !UNLIKE.contains(ty)) {
        for f in rec.fields.iter().filter(|field| !matches!(field.ty, Ty::Hidden | Ty::Wide(Ty::Hidden))) {
            let Some((off, width, size)) = place(rec, f.name, narrow) else { continue };
            // A time of 64 bits is two words there, with a name each.
            let halves = u8::from(narrow && (matches!(f.ty, Ty::Wide(_)) || PADDED.contains(&f.name)));
            let name = NAMES.iter().find(|(n, _)| *n == format!("{ty} {}", f.name)).map_or(f.name, |n| n.1);
            let _ = writeln!(
                program,
                "n++; if (offsetof({ty}, {name}) != {off} || (!{halves} && sizeof((({ty} *)0)->{name}) != {width})) \
                 printf(\"{ty} {name}: ours {off} {width}, the header's %zu %zu\\n\", offsetof({ty}, {name}), sizeof((({ty} *)0)->{name}));"
            );
            // There a structure may have a tail that the native one lacks.
            let unlike = if narrow { "<" } else { "!=" };
            if !ty.starts_with("union") {
                let _ = writeln!(
                    program,
                    "if (sizeof({ty}) {unlike} {size}) printf(\"{ty}: size {size}, the header's %zu\\n\", sizeof({ty}));"
                );
            }
        }
    }
    program.push_str("printf(\"%d\", n); return 0; }\n");
    let binary = std::env::temp_dir().join(format!("tracer-layouts-{}-{narrow}", std::process::id()));
    let child = Command::new("gcc")
        .args(narrow.then_some("-m32"))
        .args(["-w", "-x", "c", "-", "-o"])
        .arg(&binary)
        .stdin(Stdio::piped())
        .spawn();
    let Ok(mut child) = child else {
        println!("SKIP {test}: no C compiler");
        return;
    };
    child.stdin.take().expect("the input is a pipe").write_all(program.as_bytes()).expect("the compiler reads");
    let compiled = child.wait().expect("the compiler ends").success();
    if narrow && !compiled {
        println!("SKIP {test}: the C compiler makes no 32-bit programs");
        return;
    }
    assert!(compiled, "the program does not compile");
    let out = Command::new(&binary).output().expect("the program just compiled runs");
    let _ = std::fs::remove_file(&binary);
    let text = String::from_utf8_lossy(&out.stdout);
    let (wrong, count) = text.rsplit_once('\n').unwrap_or(("", &text));
    assert_eq!(wrong, "");
    assert!(
        count.parse::<u32>().is_ok_and(|n| n > if narrow { 150 } else { 200 }),
        "only {count} fields were compared"
    );
}
