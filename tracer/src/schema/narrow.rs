//! The 32-bit ABI of x86: where a row's arguments stand in registers, and where what they point to lies. One layout serves two: how much
//! is copied ([`plan`]), and how the copied bytes become those of the native ABI ([`Layout::widen`]), which alone are decoded. Layouts follow
//! from the fields of the rows' structures with the widths of the ABI: a `long` and an address have 4 bytes, and nothing is
//! aligned to more than 4. What has no fields (the forms of [`Special`]) has its moves in `forms`.

mod forms;

use std::borrow::Cow;
use std::sync::LazyLock;

use tracer_common::plan::{ARG_RET, Op, Plan, shape};

use super::plan::width;
use super::types::{Arg, Field, Narrow, Rec, Row, Special, Ty};
use super::{Abi, NUMBERS, by_name, by_nr};

/// Bytes of an address, and what nothing is aligned to more than.
const WORD: u16 = 4;

/// A run of bytes, and where it stands in the native structure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Move {
    /// Offset and bytes in the 32-bit structure.
    from: (u16, u16),
    /// The same in the native one.
    to: (u16, u16),
    /// What fills the bytes that are more there.
    fill: Fill,
}

/// What the upper bytes of a number become when it is made wider.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fill {
    /// Zeroes.
    Zero,
    /// The sign.
    Sign,
    /// Ones where all bits are set: no id.
    Ones,
}

/// How a structure of the 32-bit ABI becomes the native one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Layout {
    /// Bytes in the 32-bit ABI.
    pub narrow: u16,
    /// Bytes in the native one.
    pub native: u16,
    align: u16,
    moves: Cow<'static, [Move]>,
    /// Bytes behind it belong to it (`msgbuf`).
    open: bool,
}

/// What is known of the bytes behind an argument.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Known {
    /// They are the same in both ABIs.
    Same,
    /// They lie otherwise; elements of an array each.
    Laid(Layout),
    /// Nothing is told of them.
    Untold,
}

impl Layout {
    /// The native structure of these bytes; of fewer than all, what is there. Several, one behind the other.
    pub fn widen(&self, bytes: &[u8], out: &mut Vec<u8>) {
        for piece in bytes.chunks(usize::from(self.narrow.max(1))) {
            let start = out.len();
            let whole = piece.len() == usize::from(self.narrow);
            for m in self.moves.iter() {
                let from = usize::from(m.from.0);
                let Some(field) = piece.get(from..from + usize::from(m.from.1)) else { break };
                let to = start + usize::from(m.to.0);
                let ones = match m.fill {
                    Fill::Zero => false,
                    Fill::Sign => field.last().is_some_and(|top| top & 0x80 != 0),
                    Fill::Ones => field.iter().all(|&b| b == 0xff),
                };
                let end = to + usize::from(m.to.1);
                out.resize(out.len().max(end), 0);
                let give = field.len().min(end - to);
                out[to..to + give].copy_from_slice(&field[..give]);
                out[to + give..end].fill(if ones { 0xff } else { 0 });
            }
            if whole {
                out.resize(start + usize::from(self.native), 0);
            }
            if self.open && whole {
                out.extend_from_slice(&bytes[piece.len()..]);
                return;
            }
        }
    }

    /// Bytes of the native ABI that stand for so many of this one.
    pub fn scaled(&self, bytes: u64) -> u64 {
        match self.open {
            true => bytes.saturating_add(u64::from(self.native - self.narrow)),
            false => bytes / u64::from(self.narrow.max(1)) * u64::from(self.native),
        }
    }

    /// Offset and width of what has this place in the native structure.
    #[cfg(test)]
    pub fn place(&self, off: u16, width: u16) -> Option<(u16, u16)> {
        let of = |m: &&Move| m.to.0 >= off && m.to.0 + m.to.1 <= off + width;
        match self.moves.iter().find(of) {
            Some(first) => {
                let last = self.moves.iter().rfind(of)?;
                Some((first.from.0, last.from.0 + last.from.1 - first.from.0))
            }
            // All of it is one move.
            None => Some((off, width)),
        }
    }

    fn same(size: u16) -> Layout {
        let moves = vec![Move { from: (0, size), to: (0, size), fill: Fill::Zero }];
        Layout { narrow: size, native: size, align: size.clamp(1, WORD), moves: Cow::Owned(moves), open: false }
    }

    /// A number of 4 bytes that has 8 in the native ABI.
    fn word(fill: Fill) -> Layout {
        let moves = vec![Move { from: (0, WORD), to: (0, 8), fill }];
        Layout { narrow: WORD, native: 8, align: WORD, moves: Cow::Owned(moves), open: false }
    }

    /// So many of them, one behind the other.
    fn times(&self, n: u16) -> Layout {
        let moves = (0..n).flat_map(|i| self.shifted(i * self.narrow, i * self.native)).collect();
        Layout { narrow: n * self.narrow, native: n * self.native, align: self.align, moves, open: false }
    }

    fn shifted(&self, narrow: u16, native: u16) -> impl Iterator<Item = Move> {
        let at =
            move |m: &Move| Move { from: (m.from.0 + narrow, m.from.1), to: (m.to.0 + native, m.to.1), fill: m.fill };
        self.moves.iter().map(at)
    }
}

/// The layout of a structure; `None` where its fields do not give it: there are bytes of which no field tells.
pub fn structure(rec: &Rec) -> Option<Layout> {
    match rec.narrow {
        Narrow::Same => return Some(Layout::same(rec.size)),
        Narrow::Untold(_) => return None,
        Narrow::Words => {}
    }
    let mut fields: Vec<&Field> = rec.fields.iter().collect();
    fields.sort_by_key(|field| field.off);
    let (mut narrow, mut native, mut align, mut aligned) = (0u16, 0u16, 1u16, 1u16);
    let mut moves = Vec::new();
    for field in fields {
        let one = element(&field.ty, field.width)?;
        let wide = natural(&field.ty, field.width);
        if native.next_multiple_of(wide) != field.off {
            return None;
        }
        narrow = narrow.next_multiple_of(one.align);
        moves.extend(one.shifted(narrow, field.off));
        narrow += one.narrow;
        native = field.off + field.width;
        align = align.max(one.align);
        aligned = aligned.max(wide);
    }
    let narrow = narrow.next_multiple_of(align);
    let layout = Layout { narrow, native: rec.size, align, moves: Cow::Owned(moves), open: false };
    (native.next_multiple_of(aligned) == rec.size).then_some(layout)
}

/// The layout of a field, or of what a pointer points to, of so many bytes in the native ABI.
fn element(ty: &Ty, width: u16) -> Option<Layout> {
    Some(match *ty {
        Ty::Rec(rec) => structure(rec)?,
        Ty::Wide(_) => Layout { align: width.clamp(1, WORD), ..Layout::same(width) },
        Ty::NonZero(inner) | Ty::Full(inner) | Ty::Dots(inner) | Ty::Of(_, inner) => element(inner, width)?,
        Ty::Array(inner, _) => {
            let unit = super::plan::width(inner).min(width);
            element(inner, unit)?.times(width / unit.max(1))
        }
        Ty::Chars | Ty::Text | Ty::Bytes(_) | Ty::HexBytes(_) | Ty::Sockaddr(_) => {
            Layout { align: 1, ..Layout::same(width) }
        }
        // What is not shown: words, where they can be.
        Ty::Hidden if width.is_multiple_of(8) => Layout::word(Fill::Zero).times(width / 8),
        Ty::Hidden => Layout { align: natural(ty, width), ..Layout::same(width) },
        Ty::Special(Special::Rlim) => Layout::word(Fill::Zero),
        Ty::Long | Ty::Special(Special::Ticks | Special::TimeComment | Special::UnixTime) if width == 8 => {
            Layout::word(Fill::Sign)
        }
        _ if width == 8 => Layout::word(Fill::Zero),
        _ => Layout::same(width),
    })
}

/// What the native ABI aligns a field to.
fn natural(ty: &Ty, width: u16) -> u16 {
    match *ty {
        Ty::Rec(rec) => rec.fields.iter().map(|field| natural(&field.ty, field.width)).max().unwrap_or(1),
        Ty::NonZero(inner) | Ty::Wide(inner) | Ty::Full(inner) | Ty::Dots(inner) | Ty::Of(_, inner) => {
            natural(inner, width)
        }
        Ty::Array(inner, _) => natural(inner, super::plan::width(inner).min(width)),
        Ty::Chars | Ty::Text | Ty::Bytes(_) | Ty::HexBytes(_) | Ty::Sockaddr(_) => 1,
        Ty::Hidden => [8, 4, 2].into_iter().find(|n| width.is_multiple_of(*n)).unwrap_or(1),
        _ => width.clamp(1, 8),
    }
}

/// A type without what says when it is read.
pub fn plain(ty: &'static Ty) -> &'static Ty {
    match *ty {
        Ty::Out(inner) | Ty::InOut(inner) | Ty::When(_, _, inner) | Ty::Positive(inner) | Ty::Interrupted(inner) => {
            plain(inner)
        }
        Ty::Late(inner) | Ty::Note(inner, _) => plain(inner),
        _ => ty,
    }
}

/// What is known of the memory behind an argument of this type; `ids` of two bytes are those of old calls.
pub fn behind(ty: &'static Ty, short_ids: bool) -> Known {
    let laid = |layout: Option<Layout>| match layout {
        Some(layout) if layout.narrow == layout.native => Known::Same,
        Some(layout) => Known::Laid(layout),
        None => Known::Untold,
    };
    match *plain(ty) {
        Ty::Wide(_) => Known::Same,
        Ty::Rec(rec) => laid(structure(rec)),
        Ty::Both(before, _, after) => match (before.narrow, after.narrow) {
            (Narrow::Same, Narrow::Same) => Known::Same,
            _ => Known::Untold,
        },
        Ty::Sized(rec, _) | Ty::Refs(rec, _) => match rec.narrow {
            Narrow::Same => Known::Same,
            _ => Known::Untold,
        },
        Ty::Ptr(Ty::Id) | Ty::Array(Ty::Id, _) if short_ids => {
            let moves = vec![Move { from: (0, 2), to: (0, 4), fill: Fill::Ones }];
            Known::Laid(Layout { narrow: 2, native: 4, align: 2, moves: Cow::Owned(moves), open: false })
        }
        Ty::Ptr(inner) | Ty::Bare(inner) | Ty::Array(inner, _) => laid(element(inner, width(inner))),
        Ty::Iovec(_) => Known::Laid(forms::iovec()),
        Ty::Msghdr => Known::Laid(forms::msghdr()),
        Ty::Mmsghdr(_) => Known::Laid(forms::mmsghdr()),
        Ty::Argv | Ty::Envp => Known::Laid(Layout::word(Fill::Zero)),
        Ty::Special(special) => forms::form(special),
        _ => Known::Same,
    }
}

/// The call's user and group ids have two bytes: there is a later call with four. Asked of every record, so looked up once.
pub fn short_ids(row: &Row) -> bool {
    static SHORT: LazyLock<Vec<bool>> = LazyLock::new(|| {
        let has_later = |row: &Row| by_name(&format!("{}32", row.name)).is_some();
        (0..NUMBERS).map(|nr| by_nr(Abi::I386, nr).is_some_and(has_later)).collect()
    });
    SHORT.get(usize::from(row.nr[Abi::I386 as usize])).copied().unwrap_or(false)
}

/// Whether the argument is a number of 64 bits, which stands in two registers.
fn is_double(ty: &'static Ty) -> bool {
    matches!(*plain(ty), Ty::Wide(Ty::Long | Ty::Ulong | Ty::Hex | Ty::Set(_)))
}

/// The register of an argument's low half, and that of its high one, where it has one.
type Registers = (u8, Option<u8>);

/// Calls whose registers have an order of their own: the low half of each argument, and the high one.
const ORDERS: &[(&str, &[Registers])] = &[
    ("clone", &[(0, None), (1, None), (2, None), (4, None), (3, None)]),
    ("_llseek", &[(0, None), (2, Some(1)), (3, None), (4, None)]),
];

/// The registers in which an argument stands, by its place among `args`: the low half, and the high one.
pub fn registers(row: &Row, args: &'static [Arg], place: usize) -> Registers {
    if let Some((_, order)) = ORDERS.iter().find(|(name, _)| *name == row.name)
        && let Some(found) = order.get(place)
    {
        return *found;
    }
    let double = |at: usize| args.get(at).is_some_and(|arg| is_double(&arg.ty));
    // A number of 64 bits whose upper half the native ABI passes too, and does not look at, has it there.
    let own = |at: usize| double(at) && !args.get(at + 1).is_some_and(|next| matches!(next.ty, Ty::Hidden));
    let low = (place + (0..place).filter(|&at| own(at)).count()) as u8;
    (low, double(place).then_some(low + 1))
}

/// The value of an argument, from the registers of the 32-bit ABI.
pub fn value(row: &Row, args: &'static [Arg], place: usize, registers: &[u64; 6]) -> u64 {
    let (low, high) = self::registers(row, args, place);
    let read = |at: u8| registers.get(usize::from(at)).map_or(0, |&word| u64::from(word as u32));
    let word = read(low);
    match (args.get(place).map(|arg| plain(&arg.ty)), high) {
        (_, Some(high)) => word | read(high) << 32,
        (Some(Ty::Long), _) => i64::from(word as i32) as u64,
        (Some(Ty::Id), _) if short_ids(row) => match word as u16 {
            u16::MAX => u64::from(u32::MAX),
            id => u64::from(id),
        },
        _ => word,
    }
}

/// The argument that stands in a register; numbers of operations that are none stay.
pub fn place(row: &Row, args: &'static [Arg], register: u8) -> u8 {
    let found = (0..args.len().min(6)).find(|&at| registers(row, args, at).0 == register);
    found.map_or(register, |at| at as u8)
}

/// The plan of a 32-bit call, from that of the native one, whose arguments are `args`. What has no layout is not copied.
pub fn plan(row: &Row, args: &'static [Arg], native: &Plan) -> Plan {
    let register = |arg: u8| match arg {
        0..=5 => registers(row, args, usize::from(arg)).0,
        other => other,
    };
    let short = short_ids(row);
    let untold = args.iter().any(|arg| behind(&arg.ty, short) == Known::Untold);
    let opaque = if untold && native.flags & Plan::WANTED != 0 { Plan::OPAQUE } else { 0 };
    let mut plan = Plan {
        flags: native.flags & (Plan::WANTED | Plan::BY | Plan::AWAITED | Plan::ANSWERS) | opaque,
        selector: register(native.selector),
        ..Plan::NONE
    };
    for (at, op) in native.op.iter().take(usize::from(native.ops)).enumerate() {
        let ty = args.get(usize::from(op.arg)).map(|arg| &arg.ty);
        let Some(mut op) = operation(*op, ty, short) else { continue };
        // An operation refers to a second argument by its length, or by the directory of a path.
        if op.len_arg < ARG_RET && (op.shape == shape::EXISTS || op.len != tracer_common::plan::len::ONE) {
            op.len_arg = register(op.len_arg);
        }
        op.arg = register(op.arg);
        if at < 8 && native.written >> at & 1 != 0 {
            plan.written |= 1 << plan.ops;
        }
        plan.add(op);
    }
    plan
}

/// An operation with the sizes of the 32-bit ABI.
fn operation(op: Op, ty: Option<&'static Ty>, short_ids: bool) -> Option<Op> {
    let unit = |unit: u16| Op { unit, ..op };
    match op.shape {
        shape::IOVEC => Some(unit(forms::iovec().narrow)),
        shape::TAKEN if op.unit == 1 => Some(op),
        shape::TAKEN if op.unit == forms::mmsghdr().native => Some(unit(forms::mmsghdr().narrow)),
        shape::MSGHDR | shape::TAKEN => Some(unit(forms::msghdr().narrow)),
        shape::MMSG => Some(unit(forms::mmsghdr().narrow)),
        shape::ARGV | shape::COUNT => Some(unit(WORD)),
        shape::ENTRIES => Some(Op { fd_at: forms::reclen(ty?), ..op }),
        shape::REFS => (behind(ty?, short_ids) == Known::Same).then(|| unit(WORD)),
        // The frame of a signal is not the native one.
        shape::BYTES if op.arg > ARG_RET => None,
        shape::BYTES => match behind(ty?, short_ids) {
            Known::Same => Some(op),
            // Plain bytes of a form of which only some need another layout.
            Known::Laid(_) if op.unit == 1 => Some(op),
            Known::Laid(layout) if layout.open => {
                let less = layout.native - layout.narrow;
                Some(Op { unit: op.unit - less, cap: op.cap - less, ..op })
            }
            Known::Laid(layout) => {
                let scale =
                    |bytes: u16| (u32::from(bytes) * u32::from(layout.narrow) / u32::from(layout.native.max(1))) as u16;
                Some(Op { unit: scale(op.unit), cap: scale(op.cap), ..op })
            }
            Known::Untold => None,
        },
        _ => Some(op),
    }
}

/// The native bytes of a structure, and of how many there were; `None` where nothing is told of it.
pub fn widened(ty: &'static Ty, short_ids: bool, args: &[u64; 6], bytes: &[u8], want: u64) -> Option<(Vec<u8>, u64)> {
    if let Some(own) = forms::own(plain(ty), args, bytes) {
        let want = if want as usize == bytes.len() { own.len() as u64 } else { want };
        return Some((own, want));
    }
    match behind(ty, short_ids) {
        Known::Same => Some((bytes.to_vec(), want)),
        Known::Laid(layout) => {
            let mut out = Vec::new();
            layout.widen(bytes, &mut out);
            Some((out, layout.scaled(want)))
        }
        Known::Untold => None,
    }
}

/// Bytes that an element of an array has in the memory of whoever made the call.
pub fn stride(ty: &'static Ty, narrow: bool) -> u64 {
    let native = width(ty).max(1);
    let size = if narrow { element(ty, native).map_or(native, |layout| layout.narrow) } else { native };
    u64::from(size)
}

/// The native header of a message, and of an array of them.
pub fn vector(shape: u8) -> Layout {
    match shape {
        shape::MSGHDR => forms::msghdr(),
        shape::MMSG => forms::mmsghdr(),
        shape::IOVEC => forms::iovec(),
        _ => Layout::word(Fill::Zero),
    }
}
