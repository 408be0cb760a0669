//! A name for a file that is open, and may have none (O_TMPFILE): linkat(2) is given the link in /proc to its descriptor.

use super::{Collector, Seen};
use crate::decode::value::Value;

impl Collector<'_> {
    /// A link was made, of what `target` leads to where that is a link in /proc.
    pub(super) fn linked_behind(&mut self, seen: &Seen<'_, '_>, target: u8, at: u8) {
        const FOLLOW: u64 = libc::AT_SYMLINK_FOLLOW as u64;
        let is_of_descriptor = |value: &Value<'_>| matches!(value, Value::Path { bytes, .. } if memchr::memmem::find(bytes, b"fd/").is_some());
        if seen.errno != 0 || !seen.has_flag(FOLLOW) || !seen.arg(target).is_some_and(is_of_descriptor) {
            return;
        }
        if let (Some(file), Some(link)) = (self.given_as(seen, target, true), self.given(seen, at)) {
            self.effects.link(&file.object, &link.object);
        }
    }
}
