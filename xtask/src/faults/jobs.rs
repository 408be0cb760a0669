//! What tracer does while something fails under it: each job a command line, and what must hold of its output.

/// One job.
#[derive(Debug)]
pub struct Job {
    /// Its name in the matrix.
    pub name: &'static str,
    /// What tracer is called with, divided by blanks. `{dir}` is the folder of the run, `{seed}` one with a recording in it, `{pid}` a
    /// process that stands still.
    pub words: &'static str,
    /// It runs a command, which has to be whole.
    pub runs: bool,
    /// Its exit code when nothing fails.
    pub code: i32,
    /// It needs root and BPF.
    pub bpf: bool,
    /// The file with what it shows; its stdout where there is none.
    pub shown: Option<&'static str>,
}

/// The command of jobs that run one: two processes, the second of which says at its end that it is whole.
pub const SCRIPT: &str = "echo begun > begun; ls / > list; sh -c 'read x < list; echo whole > whole'; exit 7";

/// All jobs. What they show does not depend on when anything happened, or whose number it has.
pub const ALL: [Job; 12] = [
    Job {
        name: "ptrace",
        words: "--backend ptrace -f -e trace=openat,execve -o {dir}/log sh -c",
        runs: true,
        code: 7,
        bpf: false,
        shown: Some("log"),
    },
    Job {
        name: "ebpf",
        words: "--backend ebpf -f -e trace=openat,execve -o {dir}/log sh -c",
        runs: true,
        code: 7,
        bpf: true,
        shown: Some("log"),
    },
    Job {
        name: "ptrace-json",
        words: "--backend ptrace -f --json -y -e trace=openat,execve -o {dir}/log sh -c",
        runs: true,
        code: 7,
        bpf: false,
        shown: Some("log"),
    },
    Job {
        name: "counts",
        words: "--backend ptrace -f -c -e trace=openat,execve -U name,calls -o {dir}/log sh -c",
        runs: true,
        code: 7,
        bpf: false,
        shown: Some("log"),
    },
    Job {
        name: "record",
        words: "--backend ptrace -f --record {dir}/rec -e trace=openat,execve -o {dir}/log sh -c",
        runs: true,
        code: 7,
        bpf: false,
        shown: Some("log"),
    },
    Job {
        name: "record-ebpf",
        words: "--backend ebpf -f --record {dir}/rec -e trace=openat,execve -o {dir}/log sh -c",
        runs: true,
        code: 7,
        bpf: true,
        shown: Some("log"),
    },
    Job {
        name: "replay",
        words: "replay {seed}/rec -o {dir}/log",
        runs: false,
        code: 0,
        bpf: false,
        shown: Some("log"),
    },
    Job { name: "lsof", words: "lsof -p {pid}", runs: false, code: 0, bpf: false, shown: None },
    Job { name: "ss", words: "ss -tln", runs: false, code: 0, bpf: false, shown: None },
    Job { name: "inspect", words: "inspect {pid}", runs: false, code: 0, bpf: false, shown: None },
    Job {
        name: "audit",
        words: "audit --backend ptrace --report=json={dir}/report sh -c",
        runs: true,
        code: 1,
        bpf: false,
        shown: Some("report"),
    },
    Job {
        name: "audit-ebpf",
        words: "audit --backend ebpf --report=json={dir}/report sh -c",
        runs: true,
        code: 1,
        bpf: true,
        shown: Some("report"),
    },
];

impl Job {
    /// The words of a run.
    pub fn words(&self, dir: &str, seed: &str, pid: u32) -> Vec<String> {
        let fill = |word: &str| word.replace("{dir}", dir).replace("{seed}", seed).replace("{pid}", &pid.to_string());
        self.words.split(' ').map(fill).chain(self.runs.then(|| SCRIPT.to_owned())).collect()
    }

    /// How much the job shows: lines, but for audits, whose report is one piece, the verdict, and members of nothing else.
    pub fn amount(&self, shown: &str) -> usize {
        shown.lines().filter(|line| !line.trim().is_empty()).count()
    }
}
