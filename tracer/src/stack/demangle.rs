//! Names of C++ and Rust, as they are written in the source. A name may say in few bytes what takes gigabytes to write: what grows
//! beyond `NAME_MAX` stays as the file has it.

use std::fmt::{self, Write};

use cpp_demangle::{DemangleOptions, Symbol};

/// The longest name that is made.
const NAME_MAX: usize = 4096;

/// Text that refuses to grow beyond its limit.
#[derive(Default)]
struct Short(String);

impl Write for Short {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        if self.0.len() + text.len() > NAME_MAX {
            return Err(fmt::Error);
        }
        self.0.push_str(text);
        Ok(())
    }
}

/// A name, demangled where it is mangled.
pub fn demangled(name: &[u8]) -> Vec<u8> {
    let name = name.get(..NAME_MAX).unwrap_or(name);
    let made = match std::str::from_utf8(name) {
        Ok(text) if text.starts_with("_R") || text.starts_with("_ZN") => rust(text).or_else(|| cpp(name)),
        Ok(text) if text.starts_with("_Z") => cpp(name),
        _ => None,
    };
    made.map_or_else(|| name.to_vec(), String::into_bytes)
}

fn rust(name: &str) -> Option<String> {
    let symbol = rustc_demangle::try_demangle(name).ok()?;
    let mut text = Short::default();
    // Without the hash, as strace's library has it.
    write!(text, "{symbol:#}").ok().map(|()| text.0)
}

fn cpp(name: &[u8]) -> Option<String> {
    let symbol = Symbol::new(name).ok()?;
    let mut text = Short::default();
    symbol.structured_demangle(&mut text, &DemangleOptions::new()).ok().map(|()| text.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names() {
        let check = |name: &str, expected: &str| {
            assert_eq!(String::from_utf8_lossy(&demangled(name.as_bytes())), expected, "{name}");
        };
        check("main", "main");
        check("_start", "_start");
        check("_Z", "_Z");
        check("_ZN3foo3barEi", "foo::bar(int)");
        check("_ZNSt6vectorIiSaIiEE9push_backEOi", "std::vector<int, std::allocator<int> >::push_back(int&&)");
        check("_ZN4core3ptr13drop_in_place17h0123456789abcdefE", "core::ptr::drop_in_place");
        check("_RNvC7mycrate3foo", "mycrate::foo");
        check("", "");
    }

    #[test]
    fn a_name_that_grows_without_end_stays_as_it_is() {
        let mut name = "_Z1fI".to_owned();
        (0..60).for_each(|_| name.push_str("St4pairI"));
        name.push_str("iiE");
        (0..60).for_each(|_| name.push_str("S_S_E"));
        name.push_str("Evv");
        let made = demangled(name.as_bytes());
        assert!(made.len() <= NAME_MAX, "{} bytes", made.len());
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_are_survived(tail: Vec<u8>) {
            for front in ["", "_Z", "_ZN", "_R"] {
                assert!(demangled(&[front.as_bytes(), &tail].concat()).len() <= NAME_MAX);
            }
        }
    }
}
