//! The tables of requests, held against the kernel's headers: every request that these define has a row, or a reason why it has none,
//! and every number is what the compiler makes of it. `TRACER_HEADERS` names a folder with headers that are newer than the system's.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::{FORMS, IOCTL, Request, VARIANTS, changes_network, name_of, requests};
use crate::schema::by_name;
use crate::schema::effects::MANY;

/// Folders of headers that define requests.
const FOLDERS: &[&str] = &[
    "asm",
    "asm-generic",
    "cxl",
    "drm",
    "fwctl",
    "linux",
    "linux/android",
    "linux/byteorder",
    "linux/can",
    "linux/dvb",
    "linux/genwqe",
    "linux/hdlc",
    "linux/hsi",
    "linux/iio",
    "linux/isdn",
    "linux/mmc",
    "linux/raid",
    "linux/sched",
    "linux/spi",
    "linux/surface_aggregator",
    "linux/usb",
    "misc",
    "mtd",
    "rdma",
    "rdma/hfi",
    "regulator",
    "scsi",
    "sound",
    "sound/sof",
    "video",
    "xen",
];

/// Headers that define requests as plain numbers, and how the names of these begin.
const PLAIN: &[(&str, &[&str])] = &[
    ("asm-generic/ioctls.h", &["TC", "TIOC", "FIO"]),
    ("asm-generic/sockios.h", &["SIOC", "FIO"]),
    ("linux/cdrom.h", &["CDROM", "DVD_"]),
    ("linux/cyclades.h", &["CY"]),
    ("linux/fb.h", &["FBIO"]),
    ("linux/fs.h", &["FIBMAP", "FIGETBSZ"]),
    ("linux/hdreg.h", &["HDIO_"]),
    ("linux/kd.h", &["GIO_", "PIO_", "KD", "KIOC"]),
    ("linux/loop.h", &["LOOP_"]),
    ("linux/lp.h", &["LP"]),
    ("linux/sockios.h", &["SIOC"]),
    ("linux/vt.h", &["VT_"]),
    ("linux/wireless.h", &["SIOC"]),
];

/// The least number of a request that is a plain number, but for the two of files: smaller numbers are flags and the like.
const LEAST: u64 = 0x300;

/// Macros that make the number of a request.
const MAKERS: &[&str] = &["_IO", "_IOR", "_IOW", "_IOWR", "_IOC", "_SIO", "_SIOR", "_SIOW", "_SIOWR", "PVR_IOCTL"];

/// Names of the headers that are no requests, or have no row, by how they begin; with the reason.
const WITHOUT: &[(&str, &str)] = &[
    ("SIOCGSTAMP", "one of two requests, by the width of time"),
    ("SIOCGSTAMPNS", "one of two requests, by the width of time"),
    ("SIOCIWLAST", "the last number of a range"),
    ("BLKELVGET", "of `#if 0`"),
    ("BLKELVSET", "of `#if 0`"),
    ("LP_DATA_AVAIL", "a flag of a printer"),
    ("LP_NO_REVERSE", "a flag of a printer"),
    ("LP_INIT_CHAR", "what LPCHAR is at first"),
    ("PCITEST_LEGACY_IRQ", "PCITEST_INTX_IRQ"),
    ("SOUND_MIXER_READ_", "MIXER_READ(n)"),
    ("PPPIOCGIDLE", "one of two requests, by the width of time"),
    ("DMA_BUF_SET_NAME", "one of two requests, by the width of a pointer"),
    ("RFKILL_IOCTL_MAX_SIZE", "the number of another, of which only the size is told"),
    ("KVM_S390_", "of another architecture"),
    ("KVM_PPC_", "of another architecture"),
    ("KVM_ARM_", "of another architecture"),
    ("KVM_ALLOCATE_RMA", "of another architecture"),
    ("KVM_CREATE_SPAPR_TCE", "of another architecture"),
    ("KVM_CREATE_SPAPR_TCE_64", "of another architecture"),
    ("VIDIOC_SUBDEV_", "the request of a device, of a part of it"),
    ("BTRFS_IOC_SHUTDOWN", "FS_IOC_SHUTDOWN"),
    ("EXFAT_IOC_SHUTDOWN", "FS_IOC_SHUTDOWN"),
    ("EXT4_IOC_SHUTDOWN", "FS_IOC_SHUTDOWN"),
    ("F2FS_IOC_SHUTDOWN", "FS_IOC_SHUTDOWN"),
    ("IOCTL_GNTALLOC_SET_UNMAP_NOTIFY", "IOCTL_GNTDEV_SET_UNMAP_NOTIFY"),
    ("AUTOFS_IOC_SETTIMEOUT32", "of the kernel's side of 32-bit programs"),
    ("EXT4_IOC32_GROUP_ADD", "of the kernel's side of 32-bit programs"),
    ("USBDEVFS_CONTROL32", "of the kernel's side of 32-bit programs"),
    ("USBDEVFS_BULK32", "of the kernel's side of 32-bit programs"),
    ("USBDEVFS_SUBMITURB32", "of the kernel's side of 32-bit programs"),
    ("USBDEVFS_DISCSIGNAL32", "of the kernel's side of 32-bit programs"),
    ("USBDEVFS_IOCTL32", "of the kernel's side of 32-bit programs"),
    ("VIDIOC_OMAP3ISP_STAT_REQ_TIME32", "of the kernel's side of 32-bit programs"),
    ("CFS_IOC_", "of a file system that the kernel has no longer"),
];

/// Names of older headers (where a word ends in `_`, all of a header that is gone) that those of [`NOW`] have no longer: the driver is gone, or asks by other requests. strace
/// of that version shows their numbers.
const GONE: &[&str] = &[
    "ATMARPD_CTRL",
    "ATMARP_",
    "ATMLEC_",
    "ATMMPC_",
    "ATMSIGD_CTRL",
    "ATMTCP_",
    "ATM_ADDADDR",
    "ATM_ADDLECSADDR",
    "ATM_ADDPARTY",
    "ATM_DELADDR",
    "ATM_DELLECSADDR",
    "ATM_DROPPARTY",
    "ATM_GETADDR",
    "ATM_GETLECSADDR",
    "ATM_RSTADDR",
    "CAPI_",
    "CM_IOCARDOFF",
    "CM_IOCGATR",
    "CM_IOCGSTATUS",
    "CM_IOCSPTS",
    "CM_IOCSRDR",
    "CM_IOSDBGLVL",
    "COMPAT_ATM_ADDPARTY",
    "CXL_IOCTL_",
    "ENI_MEMDUMP",
    "ENI_SETMULT",
    "HE_GET_REG",
    "HL_IOCTL_",
    "IDT77105_",
    "KVM_ASSIGN_DEV_IRQ",
    "KVM_ASSIGN_PCI_DEVICE",
    "KVM_ASSIGN_SET_INTX_MASK",
    "KVM_ASSIGN_SET_MSIX_ENTRY",
    "KVM_ASSIGN_SET_MSIX_NR",
    "KVM_DEASSIGN_DEV_IRQ",
    "KVM_DEASSIGN_PCI_DEVICE",
    "KVM_SET_MEMORY_ALIAS",
    "KVM_SET_MEMORY_REGION",
    "MEYEIOC_",
    "MGSL_",
    "NS_ADJBUFLEV",
    "NS_GETPSTAT",
    "NS_SETBUFLEV",
    "PPPOEIOCDFWD",
    "PPPOEIOCSFWD",
    "REISERFS_IOC_UNPACK",
    "SIOCMKCLIP",
    "SIOCSIFATMTCP",
    "ZATM_",
];

/// The kernel whose requests have rows: 7.2, as `LINUX_VERSION_CODE` of `linux/version.h` says it.
const NOW: u64 = 7 << 16 | 2 << 8;

/// Whether a name begins as a word of a list says: it is that word, or goes on behind its last `_`.
fn begins(name: &str, word: &str) -> bool {
    name == word || word.ends_with('_') && name.starts_with(word)
}

/// Whether the headers' name is one of those that have no row.
fn is_without(name: &str) -> bool {
    WITHOUT.iter().any(|(word, _)| begins(name, word)) || is_gone(name)
}

fn is_gone(name: &str) -> bool {
    GONE.iter().any(|word| begins(name, word))
}

/// The version of the kernel that the headers are of.
fn version() -> u64 {
    let text = text(&root().join("linux/version.h"));
    let code = definitions(&text).find(|(name, ..)| *name == "LINUX_VERSION_CODE");
    code.and_then(|(.., body)| body.parse().ok()).unwrap_or(0)
}

fn root() -> PathBuf {
    std::env::var_os("TRACER_HEADERS").map_or_else(|| PathBuf::from("/usr/include"), PathBuf::from)
}

/// The folder of the machine's own headers.
fn machine() -> PathBuf {
    root().join(format!("{}-linux-gnu", std::env::consts::ARCH))
}

/// A header's text without comments, with each definition in a line.
fn text(path: &Path) -> String {
    let text = String::from_utf8_lossy(&std::fs::read(path).unwrap_or_default()).into_owned();
    let mut plain = String::new();
    let mut rest = text.as_str();
    while let Some((before, behind)) = rest.split_once("/*") {
        plain.push_str(before);
        plain.push(' ');
        rest = behind.split_once("*/").map_or("", |(_, behind)| behind);
    }
    plain.push_str(rest);
    plain.replace("\\\n", " ")
}

/// The names that a text defines as something: `#define NAME BODY`, and those with parameters, `#define NAME(A) BODY`.
fn definitions(text: &str) -> impl Iterator<Item = (&str, bool, &str)> {
    text.lines().filter_map(|line| {
        let rest = line.trim_start().strip_prefix('#')?.trim_start().strip_prefix("define")?.trim_start();
        let end = rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
        let (name, body) = rest.split_at(end);
        Some((name, body.starts_with('('), body.trim()))
    })
}

/// Whether a body uses one of these macros.
fn uses(body: &str, makers: &BTreeSet<String>) -> bool {
    let mut words = body.split_inclusive(|c: char| !c.is_alphanumeric() && c != '_');
    words.any(|word| word.ends_with(['(', ' ']) && makers.contains(word[..word.len() - 1].trim()))
}

/// Headers, and the requests that each defines.
fn defined() -> BTreeMap<String, Vec<String>> {
    let mut texts = BTreeMap::new();
    for folder in FOLDERS {
        let from = if *folder == "asm" { machine() } else { root() };
        let Ok(entries) = std::fs::read_dir(from.join(folder)) else { continue };
        for entry in entries.flatten() {
            let name = entry.file_name().to_string_lossy().into_owned();
            if name.ends_with(".h") {
                texts.insert(format!("{folder}/{name}"), text(&entry.path()));
            }
        }
    }
    let mut makers: BTreeSet<String> = MAKERS.iter().map(|name| (*name).to_owned()).collect();
    loop {
        let known = makers.len();
        for text in texts.values() {
            let more = definitions(text).filter(|(_, takes, body)| *takes && uses(body, &makers));
            let more: Vec<String> = more.map(|(name, ..)| name.to_owned()).collect();
            makers.extend(more);
        }
        if makers.len() == known {
            break;
        }
    }
    let mut all = BTreeMap::new();
    for (header, text) in &texts {
        let plain = PLAIN.iter().find(|(name, _)| name == header).map_or(&[][..], |(_, begins)| begins);
        let is_number = |body: &str| {
            let word = body.split_whitespace().next().unwrap_or_default();
            let number =
                word.strip_prefix("0x").map_or_else(|| word.parse().ok(), |hex| u64::from_str_radix(hex, 16).ok());
            number.is_some_and(|number| number >= LEAST)
        };
        let is_request = |name: &str, takes: bool, body: &str| {
            let plain = plain.iter().any(|begin| name.starts_with(begin)) && is_number(body);
            !takes && !name.starts_with('_') && (plain || uses(body, &makers))
        };
        let names = definitions(text).filter(|(name, takes, body)| is_request(name, *takes, body));
        let names: BTreeSet<String> = names.map(|(name, ..)| name.to_owned()).collect();
        if !names.is_empty() {
            all.insert(header.clone(), names.into_iter().collect());
        }
    }
    all
}

fn rows() -> BTreeMap<&'static str, Vec<u64>> {
    let mut rows: BTreeMap<&str, Vec<u64>> = BTreeMap::new();
    for request in requests() {
        rows.entry(request.name).or_default().push(request.nr);
    }
    rows
}

#[test]
fn every_request_of_the_headers_has_a_row() {
    let (rows, mut missing, mut count) = (rows(), Vec::new(), 0);
    for (header, names) in defined() {
        for name in names {
            count += 1;
            if !rows.contains_key(name.as_str()) && !is_without(&name) {
                missing.push(format!("{header}: {name}"));
            }
        }
    }
    println!("{count} requests in headers");
    assert!(missing.is_empty(), "{} rows are missing:\n{}", missing.len(), missing.join("\n"));
}

/// A name that is said to be gone must be in no header of the kernel that it is gone from.
#[test]
fn what_is_gone_is_in_no_new_header() {
    if version() < NOW {
        return println!("SKIP what_is_gone_is_in_no_new_header: the headers are older than 7.2 (TRACER_HEADERS)");
    }
    let there: Vec<String> = defined().into_values().flatten().filter(|name| is_gone(name)).collect();
    assert!(there.is_empty(), "{there:?}");
}

#[test]
fn numbers_are_those_of_the_headers() {
    let rows = rows();
    let check = |header: &str, names: &[String]| -> Option<(usize, String)> {
        let mut program = String::from(
            "#define __user\n#include <stddef.h>\n#include <stdint.h>\n#include <sys/types.h>\n#include <sys/time.h>\n\
             #include <sys/socket.h>\n#include <linux/types.h>\n#include <linux/ioctl.h>\n\
             typedef unsigned short domid_t; /* include/xen/interface/xen.h, which no program has */\n",
        );
        let _ = writeln!(program, "#include <{header}>");
        let mut count = 0;
        for name in names {
            if let Some(numbers) = rows.get(name.as_str()) {
                count += 1;
                let any: Vec<_> = numbers.iter().map(|nr| format!("(unsigned)({name}) == {nr}u")).collect();
                let _ = writeln!(program, "_Static_assert({}, \"{name} is another\");", any.join(" || "));
            }
        }
        compiler(&program).map(|said| (count, said))
    };
    let all: Vec<_> = defined().into_iter().collect();
    let half = all.len() / 2;
    let results: Vec<_> = std::thread::scope(|scope| {
        let run = |part: &[(String, Vec<String>)]| {
            part.iter().map(|(header, names)| (header.clone(), check(header, names))).collect::<Vec<_>>()
        };
        let (first, second) = all.split_at(half);
        let other = scope.spawn(move || run(second));
        let mut results = run(first);
        results.extend(other.join().unwrap_or_default());
        results
    });
    let (mut compared, mut wrong, mut alone) = (0, Vec::new(), Vec::new());
    for (header, result) in results {
        match result {
            None => return println!("SKIP numbers_are_those_of_the_headers: no gcc"),
            Some((count, said)) if said.is_empty() => compared += count,
            Some((_, said)) => {
                let differ: Vec<_> = said.lines().filter(|line| line.contains("static assertion failed")).collect();
                match differ.is_empty() {
                    true => alone.push(header),
                    false => wrong.extend(differ.iter().map(|line| format!("{header}: {line}"))),
                }
            }
        }
    }
    println!("{compared} numbers compared; headers that do not stand alone: {alone:?}");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(compared == 0 || compared > 1000, "the headers have only {compared} of the names");
}

/// What the compiler says against a program; `None` where there is none.
fn compiler(program: &str) -> Option<String> {
    use std::io::Write as _;
    let mut child = Command::new("gcc")
        .args(["-w", "-fsyntax-only", "-x", "c", "-"])
        .arg("-I")
        .arg(root())
        .arg("-I")
        .arg(machine())
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .ok()?;
    child.stdin.take()?.write_all(program.as_bytes()).ok()?;
    let out = child.wait_with_output().ok()?;
    Some(match out.status.success() {
        true => String::new(),
        false => String::from_utf8_lossy(&out.stderr).into_owned(),
    })
}

#[test]
fn forms_are_found_by_their_numbers() {
    let row = by_name("ioctl").expect("a row");
    assert!(FORMS >= MANY && row.variants.len() == FORMS);
    assert!(VARIANTS.windows(2).all(|pair| pair[0].values[0] < pair[1].values[0]), "two forms have one number");
    for Request { name, nr, form } in requests() {
        if form.is_some() {
            let found = row.variant(&[0, *nr, 0, 0, 0, 0]).map(|form| form.values);
            assert_eq!(found, Some(&[*nr][..]), "{name}");
        }
    }
}

#[test]
fn names_of_one_number_stand_together() {
    assert_eq!(name_of(0x5401), Some("TCGETS"));
    assert_eq!(name_of(0x1234_5678), None);
    assert!(IOCTL.choice.iter().any(|(name, _)| name.contains(" or ")));
}

#[test]
fn requests_that_change_the_network() {
    let check = |request, expected| assert_eq!(changes_network(request), expected, "{request:#x}");
    // SIOCADDRT, SIOCETHTOOL, SIOCSARP, SIOCBRADDBR, SIOCDEVPRIVATE + 3, TUNSETPERSIST, SIOCSIWESSID; of 64 bits.
    for request in [0x890b, 0x8946, 0x8955, 0x89a0, 0x89f3, 0x4004_54cb, 0x8b1a, 0xffff_ffff_0000_890b] {
        check(request, true);
    }
    // SIOCGSTAMP_NEW, SIOCGARP, SIOCBONDINFOQUERY, SIOCGIWESSID, TUNGETIFF, TCGETS.
    for request in [0x8010_8906, 0x8954, 0x8994, 0x8b1b, 0x8004_54d2, 0x5401] {
        check(request, false);
    }
}
