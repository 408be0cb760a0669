//! Messages of netlink: the head, errors, and what each protocol's messages begin with.

use super::attributes::number;
use super::{HEADER, How, only};
use crate::decode::scalar;
use crate::decode::value::{Tail, Value};
use crate::schema::netlink::holds::Around;
use crate::schema::netlink::messages::{Begins, messages};
use crate::schema::netlink::{MIN_TYPE, NLM_F, NLM_F_ERROR, NLMSG, NLMSG_DONE, NLMSG_ERROR, NLMSGERR_ATTR, flags};
use crate::schema::protocols::AF;
use crate::schema::set::Set;
use crate::schema::types::Ty;

/// Messages within errors within messages that are gone into.
const DEEP: usize = 8;
/// Of the message that an error is about, only the head is there.
const CAPPED: u64 = NLM_F_ERROR.flag("NLM_F_CAPPED");

impl How {
    /// A message: its head, and what follows.
    pub(super) fn message<'a>(&self, head: &'a [u8], body: &'a [u8], deep: usize) -> Value<'a> {
        let (ty, flags) = (scalar::at(head, 4, 2) as u16, scalar::at(head, 6, 2));
        let fields = vec![
            ("nlmsg_len", number(Ty::Ulong, head, 0, 4)),
            ("nlmsg_type", self.type_of(ty)),
            ("nlmsg_flags", Value::Named(self.flags_of(ty), flags)),
            ("nlmsg_seq", number(Ty::Ulong, head, 8, 4)),
            ("nlmsg_pid", number(Ty::Ulong, head, 12, 4)),
        ];
        let mut values = vec![Value::Struct { fields, more: false }];
        match ty {
            _ if body.is_empty() || deep > DEEP => {}
            NLMSG_ERROR => values.push(self.error(flags, body, deep)),
            NLMSG_DONE if body.len() == 4 => values.push(Value::Int(i64::from(scalar::read(body) as i32))),
            _ if ty < MIN_TYPE => values.push(self.raw(body)),
            _ => self.said(ty, flags as u16, body, &mut values),
        }
        only(values, Tail::Whole)
    }

    fn type_of<'a>(&self, ty: u16) -> Value<'a> {
        let messages = messages(self.protocol);
        match messages.halves(ty) {
            _ if ty < MIN_TYPE => Value::Named(&NLMSG, u64::from(ty)),
            None => Value::Named(&messages.types, u64::from(ty)),
            Some((groups, within)) => {
                let low = u64::from(ty & 0xff);
                let group = Value::Shifted(Box::new(Value::Named(groups, u64::from(ty >> 8))), 8);
                Value::Joined(vec![group, within.map_or(Value::Hex(low), |set| Value::Named(set, low))])
            }
        }
    }

    fn flags_of(&self, ty: u16) -> &'static Set {
        match ty {
            NLMSG_ERROR => &NLM_F_ERROR,
            _ if ty < MIN_TYPE => &NLM_F,
            _ => flags(messages(self.protocol).course(ty)),
        }
    }

    /// `struct nlmsgerr`: an error, the message that it is about, and attributes that explain it.
    fn error<'a>(&self, flags: u64, body: &'a [u8], deep: usize) -> Value<'a> {
        let Some((error, rest)) = body.split_at_checked(4).filter(|(_, rest)| rest.len() >= HEADER) else {
            return self.raw(body);
        };
        let (head, rest) = rest.split_at(HEADER);
        let len = scalar::at(head, 0, 4) as usize;
        let end = if flags & CAPPED != 0 { 0 } else { len.clamp(HEADER, HEADER + rest.len()) - HEADER };
        let (body, behind) = (&rest[..end], rest.get(end.next_multiple_of(4)..).unwrap_or_default());
        let fields = vec![
            ("error", Value::Failure(i64::from(scalar::read(error) as i32))),
            ("msg", self.message(head, body, deep + 1)),
        ];
        let said = Value::Struct { fields, more: false };
        match behind {
            [] => said,
            _ => Value::Array(vec![said, self.attributes(self.around(0, &[]), &NLMSGERR_ATTR, behind, 0)], Tail::Whole),
        }
    }

    fn around<'a>(&self, message: u16, header: &'a [u8]) -> Around<'a> {
        let family = header.first().copied().unwrap_or(0);
        Around { protocol: self.protocol, message, header, family, ..Around::default() }
    }

    /// What a message of a protocol says: a structure, and attributes behind it.
    fn said<'a>(&self, ty: u16, flags: u16, body: &'a [u8], values: &mut Vec<Value<'a>>) {
        let around = self.around(ty, body);
        let (layout, attributes, whole) = match messages(self.protocol).begins(ty, flags, body) {
            Begins::Nothing => return values.push(self.raw(body)),
            Begins::Family => {
                let mut fields = vec![("family", number(Ty::Set(&AF), body, 0, 1))];
                if let Some(data) = body.get(1..).filter(|data| !data.is_empty()) {
                    fields.push(("data", self.raw(data)));
                }
                return values.push(Value::Struct { fields, more: false });
            }
            Begins::With(layout, attributes) => (layout, attributes, false),
            Begins::Whole(layout, attributes) => (layout, attributes, true),
            Begins::Only(layout) if body.len() >= usize::from(layout.size) => {
                return values.push(self.structure(&around, layout, body, 0));
            }
            Begins::Only(layout) => (layout, None, !layout.fields[0].0.ends_with("family")),
        };
        let size = usize::from(layout.size);
        if body.len() < size {
            // Only the family can be told.
            let first = layout.fields.first().filter(|(_, at, holds)| *at == 0 && holds.width() <= body.len());
            let first = first
                .and_then(|(name, _, holds)| Some((*name, self.field(&around, *holds, &body[..holds.width()], 0)?)));
            return values.push(match first {
                Some(first) if !whole => Value::Struct { fields: vec![first], more: true },
                _ => self.raw(body),
            });
        }
        values.push(self.structure(&around, layout, body, 0));
        let rest = body.get(size.next_multiple_of(4)..).unwrap_or_default();
        match attributes {
            _ if rest.is_empty() => {}
            Some(table) => values.push(self.attributes(Around { header: &body[..size], ..around }, table, rest, 0)),
            None => values.push(self.raw(rest)),
        }
    }
}
