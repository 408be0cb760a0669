//! Objects of JSON, member by member: the one place where their braces, commas and keys are written.

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

    /// Begins a member whose key is a word of our own, which needs no escape; its value is to be appended to what is given back.
    #[inline]
    pub fn member(&mut self, key: &'static str) -> &mut Vec<u8> {
        self.out.extend_from_slice(if std::mem::take(&mut self.first) { b"\"" } else { b",\"" });
        self.out.extend_from_slice(key.as_bytes());
        self.out.extend_from_slice(b"\":");
        self.out
    }

    /// A word of our own, which needs no escape.
    #[inline]
    pub fn word(&mut self, key: &'static str, word: &'static str) {
        let out = self.member(key);
        out.push(b'"');
        out.extend_from_slice(word.as_bytes());
        out.push(b'"');
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
    pub fn number(&mut self, key: &str, number: impl itoa::Integer) {
        self.key(key).extend_from_slice(itoa::Buffer::new().format(number).as_bytes());
    }

    /// Nothing, where something might be.
    pub fn null(&mut self, key: &'static str) {
        self.member(key).extend_from_slice(b"null");
    }

    /// A number, unless it is not known.
    pub fn maybe(&mut self, key: &str, number: Option<impl itoa::Integer>) {
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
    pub fn list<T>(&mut self, key: &str, items: impl IntoIterator<Item = T>, each: impl FnMut(T, &mut Vec<u8>)) {
        list(self.key(key), items, each);
    }

    /// Ends it.
    pub fn end(self) {
        self.out.push(b'}');
    }

    /// Ends it, and the line that it is.
    pub fn line(self) {
        self.out.extend_from_slice(b"}\n");
    }
}

/// Appends a list, each item written by `each`.
pub fn list<T>(out: &mut Vec<u8>, items: impl IntoIterator<Item = T>, mut each: impl FnMut(T, &mut Vec<u8>)) {
    out.push(b'[');
    for (i, item) in items.into_iter().enumerate() {
        if i > 0 {
            out.push(b',');
        }
        each(item, out);
    }
    out.push(b']');
}
