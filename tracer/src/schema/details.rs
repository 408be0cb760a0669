//! What more is known of an open file than its name, as a record carries it: behind the path of an `event::File`. The ptrace source has it of
//! fdinfo in proc while a task stands still, the kernel side of the kernel's structures.

use tracer_common::event::details::{EVENTS, SIGNALS, TERMINAL};

/// What more is known of an open file than its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Details {
    /// Of an eventfd.
    Events {
        /// What stands in it.
        count: u64,
        /// Which one it is.
        id: u64,
        /// Reads take one of the count.
        semaphore: bool,
    },
    /// The signals of a signalfd, bit 0 is signal 1.
    Signals(u64),
    /// The number of the terminal whose other end it is.
    Terminal(u64),
}

impl Details {
    /// Appends the bytes.
    pub fn put(self, out: &mut Vec<u8>) {
        let words: &[u64] = match self {
            Details::Events { count, id, semaphore } => &[EVENTS, count, id, semaphore.into()],
            Details::Signals(set) => &[SIGNALS, set],
            Details::Terminal(index) => &[TERMINAL, index],
        };
        out.extend(words.iter().flat_map(|word| word.to_le_bytes()));
    }

    /// What stands behind a path; `None` where nothing does.
    pub fn read(bytes: &[u8]) -> Option<Details> {
        let (words, rest) = bytes.as_chunks::<8>();
        let word = |at: usize| words.get(at).map(|word| u64::from_le_bytes(*word));
        match (word(0)?, words.len(), rest) {
            (EVENTS, 4, []) => Some(Details::Events { count: word(1)?, id: word(2)?, semaphore: word(3)? != 0 }),
            (SIGNALS, 2, []) => word(1).map(Details::Signals),
            (TERMINAL, 2, []) => word(1).map(Details::Terminal),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_keep_it() {
        for details in [
            Details::Events { count: u64::MAX, id: 7, semaphore: true },
            Details::Events { count: 0, id: 0, semaphore: false },
            Details::Signals(1 << 63),
            Details::Terminal(3),
        ] {
            let mut bytes = Vec::new();
            details.put(&mut bytes);
            assert_eq!(Details::read(&bytes), Some(details));
            for cut in 0..bytes.len() {
                assert_eq!(Details::read(&bytes[..cut]), None, "{details:?} cut at {cut}");
            }
            bytes.push(0);
            assert_eq!(Details::read(&bytes), None);
        }
        assert_eq!(Details::read(&[0xff; 16]), None);
    }
}
