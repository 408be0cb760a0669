//! What a guest's console says: the markers of its init, and the lines of the live runner between them.

use crate::test::Tally;

/// Begins the lines that are for us: `@vm WORD REST`.
pub const MARK: &str = "@vm ";

/// What is known of a guest so far.
#[derive(Debug, Default)]
pub struct Report {
    /// Its `uname -r`.
    kernel: Option<String>,
    /// The exit code of the first `tracer --backend ebpf`: whether the object loads.
    loads: Option<i32>,
    /// Whether that one saw all of its program: 0 when it did.
    traces: Option<i32>,
    /// The exit code of the live runner.
    live: Option<i32>,
    /// What the kernel complained about in its log.
    complaints: Vec<String>,
    tally: Tally,
}

impl Report {
    /// Takes a line of the console; what of it a person wants to see: whatever is not a passed test.
    pub fn line<'a>(&mut self, line: &'a str) -> Option<&'a str> {
        let line = line.trim_end();
        let Some(mark) = line.strip_prefix(MARK) else {
            self.tally.add(line);
            let passed = line.starts_with("test ") && line.ends_with(" ... ok");
            let dull = line.is_empty() || passed || line.ends_with("reboot: Power down");
            return (self.kernel.is_some() && !dull).then_some(line);
        };
        let (word, rest) = mark.split_once(' ').unwrap_or((mark, ""));
        match word {
            "kernel" => self.kernel = Some(rest.to_owned()),
            "loads" => self.loads = rest.parse().ok(),
            "traces" => self.traces = rest.parse().ok(),
            "live" => self.live = rest.parse().ok(),
            "complaint" => self.complaints.push(rest.to_owned()),
            _ => {}
        }
        None
    }

    /// Whether the guest has said something.
    pub fn came_up(&self) -> bool {
        self.kernel.is_some()
    }

    /// What is wrong; nothing, when all of it is as it must be.
    pub fn faults(&self) -> Vec<String> {
        let mut faults = Vec::new();
        match (&self.kernel, self.loads, self.live) {
            (None, ..) => faults.push("the guest did not come up".to_owned()),
            (_, None, _) => faults.push("the guest ended before tracer did".to_owned()),
            (_, Some(code), _) if code != 0 => {
                faults.push(format!("the object does not load: exit code {code}"));
            }
            (.., None) => faults.push("the guest ended before its tests did".to_owned()),
            (.., Some(code)) if code != 0 || self.tally.failed > 0 => {
                faults.push(format!("{} cases failed, the runner ended with {code}", self.tally.failed));
            }
            _ if self.tally.passed == 0 => faults.push("no case passed: nothing was proven".to_owned()),
            _ => {}
        }
        if self.loads == Some(0) && self.traces != Some(0) {
            faults.push(
                "the object loads, but the trace of the first program lacks something: the console has it".to_owned(),
            );
        }
        faults.extend(self.complaints.iter().map(|line| format!("the kernel complains: {line}")));
        faults
    }

    /// One line for the end: `6.12.117+deb12-cloud-amd64: 3 passed, 0 failed, 1 skipped (kvm)`.
    pub fn summary(&self, series: &str, speed: &str) -> String {
        let Tally { passed, failed, skipped } = self.tally;
        let kernel = self.kernel.as_deref().unwrap_or(series);
        let why = if self.loads.is_some_and(|code| code != 0) { ", the object does not load" } else { "" };
        format!("{kernel}: {passed} passed, {failed} failed, {skipped} skipped ({speed}){why}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "SeaBIOS\r\n@vm kernel 6.1.0-9-cloud-amd64\r\nkernel: Linux 6.1\r\n@vm loads 0\r\n@vm traces 0\r\n\
        test live::a ... ok\r\ntest live::b ... ignored, needs x\r\n\
        test result: ok. 3 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 1.00s\r\n@vm live 0\r\n";

    fn read(text: &str) -> (Report, Vec<&str>) {
        let mut report = Report::default();
        let shown = text.lines().filter_map(|line| report.line(line)).collect();
        (report, shown)
    }

    #[test]
    fn a_good_run() {
        let (report, shown) = read(GOOD);
        assert_eq!(report.faults(), Vec::<String>::new());
        assert_eq!(report.summary("6.1", "kvm"), "6.1.0-9-cloud-amd64: 3 passed, 0 failed, 1 skipped (kvm)");
        assert_eq!(shown.len(), 3, "{shown:?}");
        assert_eq!(shown[1], "test live::b ... ignored, needs x");
    }

    #[test]
    fn every_way_to_fail_is_a_fault() {
        for (from, to, expected) in [
            ("@vm kernel", "Kernel panic", "did not come up"),
            ("@vm loads 0\r\n", "", "before tracer did"),
            ("@vm traces 0", "@vm traces 1", "lacks something"),
            ("@vm loads 0", "@vm loads 125", "exit code 125"),
            ("@vm live 0\r\n", "", "before its tests did"),
            ("@vm live 0", "@vm live 101", "ended with 101"),
            ("ok. 3 passed; 0 failed", "FAILED. 2 passed; 1 failed", "1 cases failed"),
            ("3 passed", "0 passed", "nothing was proven"),
            ("@vm live 0", "@vm complaint BUG: x\r\n@vm live 0", "complains: BUG: x"),
        ] {
            assert!(GOOD.contains(from), "{from}");
            let text = GOOD.replace(from, to);
            let faults = read(&text).0.faults();
            assert!(faults.len() == 1 && faults[0].contains(expected), "{to:?}: {faults:?}");
        }
    }
}
