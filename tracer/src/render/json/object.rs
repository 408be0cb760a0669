//! Objects of JSON, member by member: for what is not an event.

use super::escape;

/// An object in the making.
#[derive(Debug)]
pub struct Object<'o> {
    out: &'o mut Vec<u8>,
    first: bool,
}

impl Object<'_> {
    /// Begins an object at the end of `out`.
    pub fn begin(out: &mut Vec<u8>) -> Object<'_> {
        out.push(b'{');
        Object { out, first: true }
    }

    /// Begins a member; its value is to be appended to what is given back.
    pub fn key(&mut self, key: &str) -> &mut Vec<u8> {
        if !std::mem::take(&mut self.first) {
            self.out.push(b',');
        }
        escape::string(self.out, key);
        self.out.push(b':');
        self.out
    }

    /// A number.
    pub fn number(&mut self, key: &str, number: impl Into<i128>) {
        let text = number.into().to_string();
        self.key(key).extend_from_slice(text.as_bytes());
    }

    /// A number, unless it is not known.
    pub fn maybe(&mut self, key: &str, number: Option<impl Into<i128>>) {
        if let Some(number) = number {
            self.number(key, number);
        }
    }

    /// Text of our own, or that was put together by us.
    pub fn text(&mut self, key: &str, text: &str) {
        escape::string(self.key(key), text);
    }

    /// Bytes that others chose.
    pub fn bytes(&mut self, key: &str, bytes: &[u8]) {
        escape::bytes(self.key(key), bytes, false);
    }

    /// True or false.
    pub fn flag(&mut self, key: &str, flag: bool) {
        self.key(key).extend_from_slice(if flag { b"true" } else { b"false" });
    }

    /// An object within.
    pub fn object(&mut self, key: &str, fill: impl FnOnce(&mut Object<'_>)) {
        let mut inner = Object::begin(self.key(key));
        fill(&mut inner);
        inner.end();
    }

    /// A list, each item written by `each`.
    pub fn list<T>(&mut self, key: &str, items: impl IntoIterator<Item = T>, mut each: impl FnMut(T, &mut Vec<u8>)) {
        let out = self.key(key);
        out.push(b'[');
        for (i, item) in items.into_iter().enumerate() {
            if i > 0 {
                out.push(b',');
            }
            each(item, out);
        }
        out.push(b']');
    }

    /// Ends it.
    pub fn end(self) {
        self.out.push(b'}');
    }
}
