//! The time of day, what tracer itself takes, and a command that nobody traces.

use rustix::time::ClockId;

use crate::system::procfs::who::Who;
use crate::tools::top::sample::Own;

/// The time of day, for people.
pub fn clock(wall: f64) -> String {
    jiff::Timestamp::from_second(wall as i64)
        .map(|time| jiff::ZonedDateTime::new(time, jiff::tz::TimeZone::system()))
        .and_then(|time| jiff::fmt::strtime::format("%H:%M:%S", &time))
        .unwrap_or_default()
}

/// What this process takes.
pub fn own() -> Own {
    let cpu = rustix::time::clock_gettime(ClockId::ProcessCPUTime);
    let pages = Who::Id(std::process::id()).stat().map_or(0, |stat| stat.resident);
    Own {
        cpu: (cpu.tv_sec as u64).saturating_mul(1_000_000_000).saturating_add(cpu.tv_nsec as u64),
        memory: pages.saturating_mul(rustix::param::page_size() as u64),
    }
}

/// The wait status of a child that has ended; it is waited for.
pub fn wait(pid: u32) -> Option<i32> {
    let pid = rustix::process::Pid::from_raw(pid as i32)?;
    let ended = rustix::process::waitpid(Some(pid), rustix::process::WaitOptions::NOHANG).ok()??;
    Some(ended.1.as_raw() as i32)
}
