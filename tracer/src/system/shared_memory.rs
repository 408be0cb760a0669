//! Whether others may write where a process has something in memory: its threads, processes that share its memory (clone(2), CLONE_VM), or have the same file
//! mapped. What ptrace reads before a call and after it may then be another thing in between.

use super::procfs::who::Who;

/// `KCMP_VM`, include/uapi/linux/kcmp.h (3.5).
const KCMP_VM: libc::c_int = 1;

/// Whether somebody else may write to this address of a process, as far as it can be told now; also where it cannot be told.
pub fn may_be_written_by_others(process: u32, address: u64) -> bool {
    let who = Who::Id(process);
    match who.threads() {
        Ok(threads) if threads.len() == 1 => {}
        _ => return true,
    }
    is_shared(who, address).unwrap_or(true) || relatives(who).iter().any(|other| same_memory(process, *other))
}

/// The address lies in memory that may be mapped elsewhere, too.
fn is_shared(who: Who, address: u64) -> Option<bool> {
    let maps = who.read("maps").ok()?;
    let line = maps.split(|&byte| byte == b'\n').find_map(|line| {
        let line = std::str::from_utf8(line.get(..line.len().min(48))?).ok()?;
        let (range, rest) = line.split_once(' ')?;
        let (from, to) = range.split_once('-')?;
        let within = u64::from_str_radix(from, 16).ok()? <= address && address < u64::from_str_radix(to, 16).ok()?;
        within.then(|| rest.as_bytes().get(3) == Some(&b's'))
    });
    Some(line.unwrap_or(false))
}

/// Who may share the memory of a process: its parent, its children, and those of its parent.
fn relatives(who: Who) -> Vec<u32> {
    let mut all = children(who);
    if let Some(parent) = who.status().ok().map(|status| status.ppid).filter(|parent| *parent != 0) {
        all.push(parent);
        all.extend(children(Who::Id(parent)));
    }
    all
}

fn children(who: Who) -> Vec<u32> {
    let number = |word: &[u8]| std::str::from_utf8(word).ok()?.parse().ok();
    let lists =
        who.threads().unwrap_or_default().into_iter().filter_map(|tid| who.read(&format!("task/{tid}/children")).ok());
    lists.flat_map(|list| list.split(|&byte| byte == b' ').filter_map(number).collect::<Vec<u32>>()).collect()
}

fn same_memory(one: u32, other: u32) -> bool {
    // SAFETY: takes numbers.
    one != other && unsafe { libc::syscall(libc::SYS_kcmp, one, other, KCMP_VM, 0, 0) } == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_that_is_mapped_shared_is_told_from_private_memory() {
        let map = |flags: libc::c_int| {
            // SAFETY: a new mapping, which stays.
            unsafe {
                libc::mmap(std::ptr::null_mut(), 4096, libc::PROT_READ, flags | libc::MAP_ANONYMOUS, -1, 0) as u64
            }
        };
        let me = Who::Id(std::process::id());
        assert_eq!(is_shared(me, map(libc::MAP_SHARED)), Some(true));
        assert_eq!(is_shared(me, map(libc::MAP_PRIVATE)), Some(false));
    }

    #[test]
    fn threads_write_to_the_memory_of_their_process() {
        let here = 0u8;
        let (done, end) = std::sync::mpsc::channel::<()>();
        let other = std::thread::spawn(move || end.recv());
        assert!(may_be_written_by_others(std::process::id(), &raw const here as u64));
        drop(done);
        assert!(other.join().expect("it ends").is_err());
    }
}
