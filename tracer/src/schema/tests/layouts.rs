//! Structures against the kernel's headers, through the C compiler: where each field lies and how wide
//! it is.

use std::fmt::Write as _;
use std::io::Write as _;
use std::process::{Command, Stdio};

use crate::schema::types::Rec;
use crate::schema::{bpf, creds, futex, ipc, memory, prctl, process, ptrace, sched, signal, system, time};

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

#[test]
fn fields_lie_where_the_headers_say() {
    let mut program = format!("{HEADERS}int main(void) {{ int n = 0;\n");
    for (rec, ty) in RECORDS {
        for f in rec.fields {
            let name = NAMES.iter().find(|(n, _)| *n == format!("{ty} {}", f.name)).map_or(f.name, |n| n.1);
            let (off, width) = (f.off, f.width);
            let _ = writeln!(
                program,
                "n++; if (offsetof({ty}, {name}) != {off} || sizeof((({ty} *)0)->{name}) != {width}) \
                 printf(\"{ty} {name}: ours {off} {width}, the header's %zu %zu\\n\", offsetof({ty}, {name}), sizeof((({ty} *)0)->{name}));"
            );
        }
        if !ty.starts_with("union") {
            let _ = writeln!(
                program,
                "if (sizeof({ty}) != {0}) printf(\"{ty}: size {0}, the header's %zu\\n\", sizeof({ty}));",
                rec.size
            );
        }
    }
    program.push_str("printf(\"%d\", n); return 0; }\n");
    let binary = std::env::temp_dir().join(format!("tracer-layouts-{}", std::process::id()));
    let child = Command::new("gcc").args(["-w", "-x", "c", "-", "-o"]).arg(&binary).stdin(Stdio::piped()).spawn();
    let Ok(mut child) = child else {
        println!("SKIP fields_lie_where_the_headers_say: no C compiler");
        return;
    };
    child.stdin.take().expect("the input is a pipe").write_all(program.as_bytes()).expect("the compiler reads");
    assert!(child.wait().expect("the compiler ends").success(), "the program does not compile");
    let out = Command::new(&binary).output().expect("the program just compiled runs");
    let _ = std::fs::remove_file(&binary);
    let text = String::from_utf8_lossy(&out.stdout);
    let (wrong, count) = text.rsplit_once('\n').unwrap_or(("", &text));
    assert_eq!(wrong, "");
    assert!(count.parse::<u32>().is_ok_and(|n| n > 200), "only {count} fields were compared");
}
