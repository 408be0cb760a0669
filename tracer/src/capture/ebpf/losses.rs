//! What the kernel side has lost, by reason. Where it does not let that be read any more (a filter that came later), that is a loss.

use std::io;
use std::os::fd::AsRawFd;

use anyhow::Result;
use aya::maps::{HashMap, PerCpuArray};
use tracer_common::loss::Loss;

use super::bpf;
use super::library::Probes;
use super::load::{Loaded, TallyKeyValue};
use crate::capture::{Losses, LostCall};
use crate::schema::place_of;

impl Loaded {
    /// Reads what was lost in each way once.
    ///
    /// # Errors
    /// The kernel does not let it be read.
    pub fn tells_losses(&self) -> Result<()> {
        PerCpuArray::<_, u64>::try_from(&self.lost)?.get(&0, 0)?;
        self.not_run()?;
        HashMap::<_, TallyKeyValue, u64>::try_from(&self.missed)?.keys().next().transpose()?;
        Ok(())
    }

    /// What the kernel side has counted as missing.
    pub fn losses(&self) -> Losses {
        let mut losses = Losses::default();
        let lost = PerCpuArray::<_, u64>::try_from(&self.lost);
        for &reason in Loss::ALL {
            match lost.as_ref().map(|lost| lost.get(&(reason as u32), 0)) {
                Ok(Ok(per_cpu)) => losses.add(reason, super::sum(&per_cpu)),
                _ => losses.add(Loss::Silent, 1),
            }
        }
        match self.not_run() {
            Ok(n) => losses.add(Loss::NotRun, n),
            Err(_) => losses.add(Loss::Silent, 1),
        }
        losses
    }

    /// How often the kernel skipped one of our programs, because it would have interrupted itself (5.11).
    fn not_run(&self) -> io::Result<u64> {
        let of_functions = self.probes.as_ref().map_or(Ok(0), Probes::not_run)?;
        let all: io::Result<u64> =
            self.programs.iter().map(|(_, program)| bpf::recursion_misses(program.as_raw_fd())).sum();
        Ok(all? + of_functions)
    }

    /// Whose calls found no room, and which.
    pub fn missed(&self, losses: &mut Losses) {
        match HashMap::<_, TallyKeyValue, u64>::try_from(&self.missed) {
            Ok(missed) => {
                for found in missed.iter() {
                    let Ok((key, n)) = found else {
                        losses.add(Loss::Silent, 1);
                        break;
                    };
                    let (compat, nr) = place_of(key.0.index.into());
                    *losses.calls.entry(LostCall { process: key.0.tgid, compat, nr }).or_default() += n;
                }
            }
            Err(_) => losses.add(Loss::Silent, 1),
        }
    }
}
