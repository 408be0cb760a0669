//! Which namespaces tasks are in, for calls that ask for others (`-e namespace=new`): looked up in /proc. A task that stands still has
//! those that its call gave it; of one that runs on, a source has to see that it did not go on to others (`ebpf/entered.rs`).

use tracer_common::event::status;
use tracer_common::plan::{phase, shape};

use super::record::{Place, Record};
use crate::schema::namespaces::{self, ARG, Entered, KINDS};
use crate::schema::types::Row;
use crate::spec::Watch;
use crate::system::procfs::who::Who;

/// Whether a call is to be seen because it changes which namespaces tasks are in.
pub fn needs(watch: &Watch, row: &Row) -> bool {
    watch.beside.namespaces && watch.counting.is_none() && namespaces::changes(row)
}

/// The namespaces of a task, of the kinds that these flags mean, as far as they can be read.
pub fn look(tid: u32, flags: u64) -> Vec<Entered> {
    let meant = KINDS.iter().enumerate().filter(|(_, (flag, _))| flags & flag != 0);
    meant.filter_map(|(at, (_, name))| Some((at, Who::Id(tid).namespace(name).ok()?))).collect()
}

/// Has a record tell of them.
pub fn tell(entered: &[Entered], record: &mut Record) {
    if !entered.is_empty() {
        let place = Place { arg: ARG, shape: shape::BYTES, phase: phase::EXIT_OK, part: 0 };
        let bytes = namespaces::bytes(entered);
        record.blob(place, status::WHOLE, &bytes, bytes.len() as u64);
    }
}
