//! Singling out what a 32-bit call means that is many in one (`tracer_common::parts`).

use aya_ebpf::helpers::generated as helper;
use tracer_common::{
    config::Config,
    event::Head,
    loss::Loss,
    parts::{PART, PARTS, Single, is_many, place, single_out as single},
    plan::{Plan, plan_index},
};

use crate::calls::{answers, wanted};
use crate::emit::lost;
use crate::kernel::conf;
use crate::maps::{CONFIG, PLAN};

/// Nobody asked for the part.
pub const UNASKED: u64 = 0;
/// Somebody did.
pub const ASKED: u64 = 1;
/// Only on what leads to a name server.
pub const ANSWERS: u64 = 2;

/// Whether a 32-bit call is many in one, of which some part is asked for.
#[inline(always)]
pub fn are_many(nr: u32) -> bool {
    conf!(flags) & Config::MANY != 0 && is_many(nr)
}

/// Makes the head that of the part which is meant; gives a word of the above. One that is not known stays what it is.
#[unsafe(no_mangle)]
#[inline(never)]
pub extern "C" fn single_out(head: *mut Head) -> u64 {
    if head.is_null() {
        return UNASKED;
    }
    // SAFETY: checked above; the verifier knows the type.
    let head = unsafe { &mut *head };
    let at = core::hint::black_box(place(head.nr, head.args[0])) & (PARTS - 1);
    // SAFETY: masked to the table; volatile, because the loader sets it after compilation.
    let word = unsafe { core::ptr::read_volatile((&raw const CONFIG.parts).cast::<u32>().add(at)) };
    let found = single(head.nr, &head.args, word, |from, count, words| {
        let size = core::hint::black_box(count as u32 * 4) & 31;
        let size = if size > size_of_val(words) as u32 { size_of_val(words) as u32 } else { size };
        // SAFETY: the helper checks the address, and the words have room for so many bytes.
        unsafe { helper::bpf_probe_read_user((&raw mut *words).cast(), size, from as *const _) == 0 }
    });
    match found {
        Single::Part(nr, args) => {
            head.nr = nr;
            head.args = args;
            head.cpu = PART;
            match (wanted(nr, true), answers(nr, true)) {
                (false, _) => UNASKED,
                (true, true) => ANSWERS,
                (true, false) => ASKED,
            }
        }
        Single::Unknown => asked(head.nr),
        Single::Unread => {
            let asked = asked(head.nr);
            if asked == UNASKED {
                lost(Loss::BlobFault);
            }
            asked
        }
    }
}

/// Whether somebody asked for the call that is many in one.
#[inline(always)]
fn asked(nr: u32) -> u64 {
    match PLAN.get_ptr(plan_index(nr, true)) {
        // SAFETY: a pointer from a map is valid for this run.
        Some(plan) if unsafe { (*plan).flags } & Plan::WANTED == 0 => UNASKED,
        _ => ASKED,
    }
}
