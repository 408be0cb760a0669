//! What runs tests, and the units that accesses are attributed to.

/// What runs units.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Runner {
    /// What belongs to no unit of a suite: the command itself and what it started, "the harness".
    Harness,
    /// The same where nothing ran tests: all that was done.
    Command,
    /// cargo nextest: a process for each test, named by the environment.
    Nextest,
    /// cargo test: a process for each binary of tests.
    CargoTest,
    /// pytest, with the plugin that marks tests.
    Pytest,
    /// node:test, with the preload that marks tests; so are the next two.
    NodeTest,
    /// jest.
    Jest,
    /// vitest.
    Vitest,
    /// go test: a process for each package.
    GoTest,
    /// ctest: a process for each test.
    Ctest,
    /// `--unit-env`, `--unit-exe`, or a program that marks its units itself.
    Generic,
}

impl Runner {
    /// All of them, in order.
    pub const ALL: [Runner; 11] = [
        Runner::Harness,
        Runner::Command,
        Runner::Nextest,
        Runner::CargoTest,
        Runner::Pytest,
        Runner::NodeTest,
        Runner::Jest,
        Runner::Vitest,
        Runner::GoTest,
        Runner::Ctest,
        Runner::Generic,
    ];

    /// It runs no tests: what it did is that of no unit.
    pub const fn is_none(self) -> bool {
        matches!(self, Runner::Harness | Runner::Command)
    }

    /// The word of reports.
    pub const fn name(self) -> &'static str {
        match self {
            Runner::Harness => "harness",
            Runner::Command => "command",
            Runner::Nextest => "nextest",
            Runner::CargoTest => "cargo-test",
            Runner::Pytest => "pytest",
            Runner::NodeTest => "node-test",
            Runner::Jest => "jest",
            Runner::Vitest => "vitest",
            Runner::GoTest => "go-test",
            Runner::Ctest => "ctest",
            Runner::Generic => "generic",
        }
    }
}

/// A test, or what else accesses are attributed to.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Unit {
    /// What runs it.
    pub runner: Runner,
    /// The binary, package or file that the test belongs to; may be empty. Escaped already: printable.
    pub suite: String,
    /// The test's name; empty for what is no test, or more than one. Escaped already: printable.
    pub name: String,
}

impl Unit {
    /// What belongs to no unit, in a run in which nothing ran tests, or something did.
    pub fn none(suite: bool) -> Unit {
        let runner = if suite { Runner::Harness } else { Runner::Command };
        Unit { runner, suite: String::new(), name: String::new() }
    }

    /// It is no test, nor what else accesses are attributed to.
    pub const fn is_none(&self) -> bool {
        self.runner.is_none()
    }

    /// The name in reports and policies: `SUITE NAME`, `harness`, `command`.
    pub fn label(&self) -> String {
        match (self.runner, self.suite.is_empty()) {
            (Runner::Harness | Runner::Command, _) => self.runner.name().to_owned(),
            (_, true) => self.name.clone(),
            (_, false) if self.name.is_empty() => self.suite.clone(),
            (_, false) => format!("{} {}", self.suite, self.name),
        }
    }
}
