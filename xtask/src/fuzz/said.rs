//! What libFuzzer says of a run: of the lines that it writes, the last that counts coverage, the statistics at the end, and what was wrong.

/// A run.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Said {
    /// How long it took.
    pub seconds: u64,
    /// Inputs that were tried.
    pub runs: u64,
    /// Places in the code that were reached.
    pub edges: u64,
    /// The same, with how often and with which operands.
    pub features: u64,
    /// It ended with a finding, or could not run.
    pub failed: bool,
    /// What was wrong, in a line.
    pub why: String,
    /// The file that has the input of it.
    pub input: String,
}

impl Said {
    /// Reads what was written to stderr.
    pub fn read(text: &str) -> Said {
        let mut said = Said::default();
        let mut lines = text.lines();
        while let Some(line) = lines.next() {
            let number = |name: &str| -> Option<u64> {
                let mut words = line.split_ascii_whitespace();
                words.find(|word| *word == name)?;
                words.next()?.parse().ok()
            };
            said.edges = number("cov:").unwrap_or(said.edges);
            said.features = number("ft:").unwrap_or(said.features);
            said.runs = number("stat::number_of_executed_units:").unwrap_or(said.runs);
            if let Some((_, file)) = line.split_once("Test unit written to ") {
                said.input = file.trim().to_owned();
            }
            let why = if line.contains("panicked at") {
                // What it says stands below the place.
                format!("{line} {}", lines.next().unwrap_or_default())
            } else if let Some((_, error)) = line.split_once("ERROR: libFuzzer: ") {
                error.to_owned()
            } else {
                continue;
            };
            if said.why.is_empty() {
                said.why = why.chars().take(300).collect();
            }
        }
        said
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quiet_run() {
        let text = "#2\tINITED cov: 12 ft: 13 corp: 1/1b exec/s: 0 rss: 40Mb\n#9\tNEW    cov: 20 ft: 31 corp: 2/3b lim: 4 exec/s: 0\n\
                    Done 99 runs in 2 second(s)\nstat::number_of_executed_units: 99\nstat::peak_rss_mb:              40\n";
        assert_eq!(Said::read(text), Said { runs: 99, edges: 20, features: 31, ..Said::default() });
    }

    #[test]
    fn a_finding() {
        let text = "thread '<unnamed>' (7) panicked at src/a.rs:1:2:\nindex out of bounds\n==7== ERROR: libFuzzer: deadly signal\n\
                    artifact_prefix='a/'; Test unit written to a/crash-00\nstat::number_of_executed_units: 3\n";
        let said = Said::read(text);
        assert_eq!(said.why, "thread '<unnamed>' (7) panicked at src/a.rs:1:2: index out of bounds");
        assert_eq!((said.runs, &*said.input), (3, "a/crash-00"));
    }
}
