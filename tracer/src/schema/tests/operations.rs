//! The rows of operations of io_uring: each opcode has one, in a class, whose arguments all have a place.

use super::effects::fits;
use crate::schema::effects::{Does, reaches_out};
use crate::schema::uring::{OPERATIONS, PREFIX, Source, by_opcode};

#[test]
fn every_opcode_has_a_row_in_a_class() {
    for (opcode, operation) in (0u32..).zip(OPERATIONS) {
        let row = &operation.row;
        assert_eq!(u32::from(operation.opcode), opcode, "{}: rows stand by opcode, none is left out", row.name);
        assert!(std::ptr::eq(by_opcode(opcode).expect("a row"), operation));
        assert!(row.name.starts_with(PREFIX) && row.variants.is_empty(), "{}", row.name);
        match row.does {
            Does::Effects(list) => {
                for effect in list {
                    assert!(fits(*effect, row.args), "{}: {effect:?}", row.name);
                }
            }
            Does::Gap(_, why) | Does::Harmless(why) => assert!(why.len() > 3, "{}: {why}", row.name),
            Does::Family(_) | Does::Unsaid => {
                panic!("{}: say what it does, or why that is a gap or harmless", row.name)
            }
        }
        if let Does::Harmless(_) = row.does {
            assert!(
                !row.args.iter().any(reaches_out),
                "{} takes a path or an address, and is called harmless",
                row.name
            );
        }
    }
    assert!(by_opcode(OPERATIONS.len() as u32).is_none());
}

#[test]
fn every_argument_stands_somewhere() {
    for operation in OPERATIONS {
        let name = operation.row.name;
        assert_eq!(operation.from.len(), operation.row.args.len(), "{name}");
        assert!(operation.from.len() <= 6, "{name}");
        for source in operation.from {
            let paths: Vec<&str> = match source {
                Source::In(list) | Source::Less(list, _) => list.to_vec(),
                Source::Name(path) | Source::Own(path) => vec![path],
                Source::Kept(kept) => vec![kept.at],
                Source::File => continue,
            };
            assert!(!paths.is_empty() && paths.iter().all(|path| path.contains('.')), "{name}: {source:?}");
        }
    }
}

/// The opcodes that this machine's header knows are those of the rows.
#[test]
fn opcodes_are_the_headers() {
    let path = "/usr/include/linux/io_uring.h";
    let Ok(header) = std::fs::read_to_string(path) else {
        println!("SKIP: no {path}");
        return;
    };
    let names = header.lines().filter_map(|line| line.trim().strip_prefix("IORING_OP_"));
    let names =
        names.map(|rest| rest.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').next().unwrap_or_default());
    for (opcode, name) in (0u32..).zip(names.take_while(|name| *name != "LAST")) {
        let row = by_opcode(opcode).unwrap_or_else(|| panic!("{name} has no row"));
        assert_eq!(crate::schema::uring::bare(&row.row).to_uppercase(), name);
    }
}
