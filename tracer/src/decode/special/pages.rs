//! Forms of memory calls: mapping flags, node sets, which pages are in.

use super::join::{add, flags, text};
use crate::decode::scalar::at;
use crate::decode::value::{Tail, Value};
use crate::schema::memory::MAP;

/// mmap's flags: the size of huge pages is a number in the top six bits when MAP_HUGETLB is set.
pub fn mmap_flags<'a>(raw: u64) -> Value<'a> {
    const HUGETLB: u64 = 0x40000;
    const SHIFT: u32 = 26;
    let raw = raw & 0xffff_ffff;
    let size = raw >> SHIFT & 0x3f;
    if raw & HUGETLB == 0 || size == 0 {
        return Value::Named(&MAP, raw);
    }
    let mut out = flags(&MAP, raw & !(0x3f << SHIFT));
    add(&mut out, &format!("{size}<<MAP_HUGE_SHIFT"));
    text(out)
}

/// A set of nodes, of which `most` are counted: `[0x00000000000001]`, a word of 64 each.
pub fn node_mask<'a>(bytes: &[u8], most: u64) -> Option<Value<'a>> {
    let words = usize::try_from(most.saturating_sub(1).div_ceil(64)).unwrap_or(usize::MAX);
    if bytes.len() < 8 || words == 0 {
        return None;
    }
    let shown = words.min(bytes.len() / 8);
    let word = |i: usize| match at(bytes, 8 * i, 8) {
        0 => Value::Word("0000000000000000"),
        bits => Value::Text(format!("{bits:#016x}")),
    };
    let tail = if shown < words { Tail::More } else { Tail::Whole };
    Some(Value::Array((0..shown).map(word).collect(), tail))
}

/// mincore's bytes, one for each page of `length` bytes: 1 when the page is in memory.
pub fn residency<'a>(bytes: &[u8], length: u64, most: usize) -> Value<'a> {
    const PAGE: u64 = 4096;
    let pages = usize::try_from(length.div_ceil(PAGE)).unwrap_or(usize::MAX);
    let shown = pages.min(bytes.len()).min(most);
    let values = bytes[..shown].iter().map(|b| Value::Uint(u64::from(b & 1))).collect();
    Value::Array(values, if shown < pages { Tail::More } else { Tail::Whole })
}

/// move_pages' answers: nodes, or errors by name.
pub fn page_status<'a>(bytes: &[u8], count: u64, most: usize) -> Value<'a> {
    let count = usize::try_from(count).unwrap_or(usize::MAX);
    let shown = count.min(bytes.len() / 4).min(most);
    let status = |i: usize| match at(bytes, 4 * i, 4) as i32 {
        -2 => Value::Word("-ENOENT"),
        -5 => Value::Word("-EIO"),
        -12 => Value::Word("-ENOMEM"),
        -13 => Value::Word("-EACCES"),
        -14 => Value::Word("-EFAULT"),
        -16 => Value::Word("-EBUSY"),
        -22 => Value::Word("-EINVAL"),
        n => Value::Int(i64::from(n)),
    };
    Value::Array((0..shown).map(status).collect(), if shown < count { Tail::More } else { Tail::Whole })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn huge_pages_have_a_size() {
        assert_eq!(mmap_flags(0x22), Value::Named(&MAP, 0x22));
        assert_eq!(
            mmap_flags(0x5404_0021),
            Value::Text("MAP_SHARED|MAP_ANONYMOUS|MAP_HUGETLB|21<<MAP_HUGE_SHIFT".into())
        );
    }

    #[test]
    fn masks_are_words() {
        let bytes = [1u64.to_le_bytes(), [0; 8]].concat();
        let one = Value::Array(vec![Value::Text("0x00000000000001".into())], Tail::Whole);
        assert_eq!(node_mask(&bytes, 64), Some(one.clone()));
        assert_eq!(node_mask(&bytes, 65), Some(one));
        assert_eq!(node_mask(&bytes, 0), None);
        let zero = Value::Array(vec![Value::Word("0000000000000000")], Tail::More);
        assert_eq!(node_mask(&[0; 8], 1024), Some(zero));
    }

    #[test]
    fn pages_are_counted_by_the_length() {
        assert_eq!(residency(&[1, 0, 9], 8192, 32), Value::Array(vec![Value::Uint(1), Value::Uint(0)], Tail::Whole));
        assert_eq!(residency(&[1], u64::MAX, 32), Value::Array(vec![Value::Uint(1)], Tail::More));
        assert_eq!(
            page_status(&(-14i32).to_le_bytes(), 1, 32),
            Value::Array(vec![Value::Word("-EFAULT")], Tail::Whole)
        );
    }
}
