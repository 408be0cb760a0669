//! When the source tells of blocks of memory, and what it has missed of them.

use super::Blocks;
use crate::capture::Batch;
use crate::capture::ebpf::EbpfSource;

impl EbpfSource {
    fn blocks(&mut self) -> Option<&mut Blocks> {
        self.loaded.probes.as_mut().and_then(|probes| probes.blocks.as_mut())
    }

    /// What was missed of blocks, where they are followed.
    pub(in crate::capture::ebpf) fn missed_of_blocks(&self) -> u64 {
        match self.loaded.probes.as_ref().is_some_and(|probes| probes.blocks.is_some()) {
            true => Blocks::missed(&self.loaded.losses()) + Blocks::missed(&self.losses),
            false => 0,
        }
    }

    /// Tells of those that processes have which run.
    pub(in crate::capture::ebpf) fn tell_blocks(&mut self, batch: &mut Batch) {
        let missed = self.missed_of_blocks();
        if let Some(blocks) = self.blocks() {
            blocks.tell(missed, batch);
        }
    }

    /// The same, where it was asked for by now.
    pub(in crate::capture::ebpf) fn tell_blocks_when_due(&mut self, batch: &mut Batch) {
        if self.blocks().is_some_and(Blocks::is_due) {
            self.tell_blocks(batch);
        }
    }

    /// Processes in which nothing that gives blocks was found.
    pub(in crate::capture::ebpf) fn blind(&self) -> Vec<u32> {
        let blocks = self.loaded.probes.as_ref().and_then(|probes| probes.blocks.as_ref());
        blocks.map_or_else(Vec::new, Blocks::blind)
    }
}
