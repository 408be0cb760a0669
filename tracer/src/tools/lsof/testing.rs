//! What tests of this folder begin with.

use crate::tools::lsof::options::{self, Asked};
use crate::tools::lsof::request::Show;

/// A table as lsof shows it without options, but for names of hosts and ports, which depend on the machine.
pub fn show() -> Show {
    match options::parse("lsof", false, &[]) {
        Ok(Asked::List(spec)) => Show { numeric_hosts: true, numeric_ports: true, ..spec.show },
        other => panic!("no options are a request: {other:?}"),
    }
}
