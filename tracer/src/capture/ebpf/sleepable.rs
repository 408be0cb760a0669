//! Whether programs of tracepoints may sleep on this kernel (Linux 7.2): then memory that is not present when a call begins is read
//! all the same. The kernel says so only by taking such a program; but one of Linux 6.1 takes it too, and then lets it run where nothing
//! may sleep.

use std::path::Path;

use aya_obj::generated::bpf_insn;
use tracer_common::config::Config;

use super::bpf::{self, Attach};
use super::btf::KernelTypes;
use super::object::Image;
use super::perf::needs_tracefs as may_be_preempted;

/// The program that has memory come, behind [`BEFORE`].
pub const PAGE_IN: &str = "page_in";
/// What copies first.
const BEFORE: &str = "sys_enter";

/// Tells the programs that memory will come, and that one is wanted that has it come; or takes it out.
pub fn apply(image: &Image, config: &mut Config, wanted: &mut Vec<(&'static str, Attach)>) {
    let number = wanted.iter().find_map(|(name, attach)| match attach {
        Attach::Tracepoint(number) if *name == PAGE_IN => Some(*number),
        _ => None,
    });
    match number.filter(|number| config.flags & Config::COUNT == 0 && is_taken(image, *number)) {
        Some(number) => {
            config.flags |= Config::SLEEPABLE;
            let attach = wanted.iter_mut().find(|(name, _)| *name == PAGE_IN);
            attach.into_iter().for_each(|(_, attach)| *attach = Attach::Sleepable(number));
        }
        None => wanted.retain(|(name, _)| *name != PAGE_IN),
    }
}

/// Whether this kernel has programs that may sleep; `btf`: where its types are.
pub fn may_sleep(image: &Image, btf: &Path) -> bool {
    let number = KernelTypes::read(btf).and_then(|types| types.tracepoints(&[BEFORE]));
    number.is_ok_and(|list| list.first().copied().flatten().is_some_and(|(number, _)| is_taken(image, number)))
}

/// Whether the kernel takes a program of a tracepoint that may sleep, and does nothing.
fn is_taken(image: &Image, tracepoint: u32) -> bool {
    // Where programs may not even be preempted they may not sleep either.
    if !may_be_preempted() {
        return false;
    }
    const MOVE: u8 = 0xb7;
    const EXIT: u8 = 0x95;
    let instruction =
        |code| bpf_insn { code, _bitfield_align_1: [], _bitfield_1: bpf_insn::new_bitfield_1(0, 0), off: 0, imm: 0 };
    let program = bpf::Program {
        name: PAGE_IN,
        instructions: &[instruction(MOVE), instruction(EXIT)],
        license: image.license,
        types: None,
        functions: &[],
        function_size: 0,
        attach: Attach::Sleepable(tracepoint),
    };
    bpf::load(&program, &mut []).is_ok()
}
