//! Any bytes are shown, whatever their lengths say; what is well-made by its names.

use super::{How, Value};

const PROTOCOLS: [u16; 9] = [0, 2, 4, 6, 7, 9, 12, 16, 21];

fn shown(protocol: u16, bytes: &[u8]) -> Value<'_> {
    How { protocol, strlen: 32, most: 32 }.buffer(bytes, bytes.len())
}

#[test]
fn any_bytes_are_shown() {
    let mut seed = 1u64;
    let mut next = || {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (seed >> 33) as usize
    };
    for round in 0..4000 {
        let mut bytes: Vec<u8> = (0..next() % 300).map(|_| if next() % 3 == 0 { next() as u8 } else { 0 }).collect();
        // Heads that are nearly right: lengths within the bytes, types that are known.
        let len = bytes.len();
        for at in (0..len.saturating_sub(8)).step_by(4) {
            if next() % 3 == 0 {
                bytes[at] = (next() % 64) as u8;
                bytes[at + 1] = 0;
                bytes[at + 2] = (next() % 100) as u8;
                bytes[at + 3] = 0;
            }
        }
        let _ = shown(PROTOCOLS[round % PROTOCOLS.len()], &bytes);
    }
}

#[test]
fn attributes_that_lie_end_the_list() {
    // RTM_NEWLINK, whose attribute says that it has no bytes, then one that says more than there are.
    for (len, expected) in [(0u16, 1), (3, 1), (8, 2), (100, 1)] {
        let mut bytes = vec![48, 0, 0, 0, 16, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0];
        bytes.extend([0; 16]);
        bytes.extend(len.to_le_bytes());
        bytes.extend([4, 0, 5, 0, 0, 0, 8, 0, 13, 0, 6, 0, 0, 0]);
        let Value::Array(parts, _) = shown(0, &bytes) else { panic!("a message") };
        let found = match parts.last() {
            Some(Value::Array(list, _)) if list.iter().all(|item| matches!(item, Value::Array(..))) => list.len(),
            _ => 1,
        };
        assert_eq!((parts.len(), found), (3, expected), "{len}");
    }
}

#[test]
fn what_the_copy_cut_is_said() {
    let one = [20, 0, 0, 0, 3, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    let how = How { protocol: 0, strlen: 32, most: 32 };
    assert!(matches!(how.buffer(&one, 20), Value::Array(parts, super::Tail::Whole) if parts.len() == 2));
    assert!(matches!(how.buffer(&one, 40), Value::Array(parts, super::Tail::More) if parts.len() == 1));
}
