//! What tests of this folder begin with.

use crate::spec::Color;
use crate::tools::lsof::request::{Ends, FlagsColumn, Form, Show, SizeColumn};

/// A table as lsof shows it without options.
pub fn show() -> Show {
    Show {
        form: Form::Table,
        numeric_hosts: true,
        numeric_ports: true,
        numeric_users: false,
        parent: false,
        group: false,
        command_width: 9,
        size: SizeColumn::Both,
        offset_digits: 8,
        links: false,
        flags: FlagsColumn::None,
        state: true,
        queues: false,
        ends: Ends::No,
        sort: None,
        color: Color::Never,
    }
}
