//! Another thread can change what a call was given while it is made: an address is read when the call begins, and the kernel reads it after
//! that. An audit asks the socket and the memory at the end; in any other trace it is said that the kernel may have taken another.

use tracer_common::event::{Head, flag};
use tracer_common::plan::{phase, shape};
use tracer_common::record::blobs;

use super::PtraceSource;
use crate::capture::ourselves;
use crate::schema::types::{Row, Ty};
use crate::schema::{Abi, by_nr};

/// The argument of a call that is an address which the program passes.
fn address(row: &Row) -> Option<usize> {
    row.args.iter().position(|arg| matches!(arg.ty, Ty::Sockaddr(_)))
}

impl PtraceSource {
    /// Reads the address of a call that ends once more. `record`: what is told of it.
    pub(super) fn look_again(&mut self, record: &[u8]) {
        let Some(head) = Head::read(record).filter(|_| self.rereads && self.tampering.is_empty()) else { return };
        let abi = if head.flags & flag::COMPAT != 0 { Abi::I386 } else { Abi::NATIVE };
        let Some(row) = by_nr(abi, head.nr) else { return };
        let Some(at) = address(row) else { return };
        let told = |arg, kind, when| usize::from(arg) == at && (kind, when) == (shape::BYTES, phase::ENTER);
        let mut blobs = blobs(&head, record);
        let Some((_, before)) = blobs.find(|(blob, _)| told(blob.arg, blob.shape, blob.phase)) else { return };
        let mut after = vec![0; before.len()];
        if self.memory.read(head.tid, head.tgid, head.args[at], &mut after) == before.len() && after != before {
            ourselves::changed(format!(
                "process {}: the address of {} was changed while the call was made: the kernel may have taken another than is shown",
                head.tgid, row.name
            ));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::by_name;

    #[test]
    fn addresses_that_are_passed_are_known() {
        for (name, expected) in
            [("connect", Some(1)), ("bind", Some(1)), ("sendto", Some(4)), ("recvfrom", None), ("accept", None)]
        {
            assert_eq!(address(by_name(name).expect("a call")), expected, "{name}");
        }
    }
}
