//! The plan tables: rows lowered for one request, placed by call number. Both sources carry out the
//! same tables, so what is copied never depends on where events come from.

use std::collections::HashMap;

use tracer_common::config::Regs;
use tracer_common::plan::{BLOB_MAX, PLANS, Plan, Spared, Variant, plan_index};

use super::{evidence, mappings, namespaces};
use crate::schema::data::{Way, data, has_descriptors};
use crate::schema::plan::Detail;
use crate::schema::process::waits;
use crate::schema::reach::reaches;
use crate::schema::types::{Arg, NO_NR, Row};
use crate::schema::{Abi, NUMBERS, all, narrow, plan};
use crate::spec::{CallFilter, Watch};

/// What is copied of a call no row describes: its registers.
pub const UNKNOWN: Plan = Plan { flags: Plan::WANTED, ..Plan::NONE };

/// The plans of one request.
#[derive(Debug, Clone)]
pub struct Plans {
    /// [`PLANS`] plans: the native ones, then those of the 32-bit ABI; placed by `plan::plan_index`.
    pub table: Vec<Plan>,
    /// Plans that an argument's value chooses.
    pub variants: HashMap<Variant, Plan>,
}

impl Plans {
    /// Lowers every row that `watch` asks for.
    pub fn new(watch: &Watch) -> Plans {
        let mut plans = Plans { table: vec![UNKNOWN; PLANS], variants: HashMap::new() };
        plans.leave_out(&watch.calls);
        for row in all() {
            for compat in [false, true] {
                let abi = if compat { Abi::I386 } else { Abi::NATIVE };
                let number = row.nr[abi as usize];
                if number == NO_NR || (compat && cfg!(not(target_arch = "x86_64"))) {
                    continue;
                }
                let wanted = watch.calls.wants(u32::from(number), compat)
                    || mappings::needs(watch, row, compat)
                    || namespaces::needs(watch, row)
                    || names(watch, row)
                    || reaches(row);
                plans.place(row, plan_index(u32::from(number), compat), compat, wanted.then_some(watch));
            }
        }
        plans
    }

    /// The plan of a call. Numbers beyond the tables are unknown calls: always wanted.
    pub fn get(&self, nr: u32, compat: bool, args: &[u64; 6]) -> (&Plan, bool) {
        if nr >= NUMBERS {
            return (&UNKNOWN, false);
        }
        let index = plan_index(nr, compat);
        let plan = self.table.get(index as usize).unwrap_or(&UNKNOWN);
        if plan.flags & Plan::BY != 0 {
            let value = args.get(usize::from(plan.selector)).copied().unwrap_or(0) as u32;
            if let Some(variant) = self.variants.get(&Variant { index, value }) {
                return (variant, true);
            }
        }
        (plan, false)
    }

    /// Calls of which nobody wants to know where an argument says so, for a kernel with these registers.
    pub fn spared(&self, watch: &Watch, regs: &Regs) -> Vec<Spared> {
        let mut list = Vec::new();
        for row in all().filter(|_| watch.evidence) {
            let Some((arg, mask, value)) = evidence::spared(row) else { continue };
            for (abi, places) in [(Abi::NATIVE, regs.args), (Abi::I386, regs.compat_args)] {
                let number = row.nr[abi as usize];
                if number != NO_NR {
                    let index = plan_index(u32::from(number), abi != Abi::NATIVE);
                    list.push(Spared { index, at: places[usize::from(arg)], mask, value });
                }
            }
        }
        list
    }

    /// Numbers without a row that the request names as unwanted.
    fn leave_out(&mut self, calls: &CallFilter) {
        if calls.all {
            return;
        }
        for (nr, compat) in (0..NUMBERS).flat_map(|nr| [(nr, false), (nr, true)]) {
            if !calls.wants(nr, compat) {
                self.table[plan_index(nr, compat) as usize] = Plan::NONE;
            }
        }
    }

    /// Places the plan of a call and those of its variants; of a call that nobody wants, none.
    fn place(&mut self, row: &'static Row, index: u32, compat: bool, watch: Option<&Watch>) {
        let Some(watch) = watch else {
            self.table[index as usize] = Plan::NONE;
            return;
        };
        let detail = match watch.evidence {
            true => evidence::detail(row, watch.detail),
            false => mappings::detail(watch, row, compat),
        };
        let detail = Detail { strlen: detail.strlen.max(copied(watch, row)), ..detail };
        let whole = |args: &'static [Arg], lowered: Plan| {
            let lowered = if watch.evidence { evidence::complete(row, args, lowered) } else { lowered };
            let lowered = if compat { lowered } else { mappings::complete(watch, row, lowered) };
            if compat { narrow::plan(row, args, &lowered) } else { lowered }
        };
        let plan = whole(row.args, plan::plan(row, detail));
        let alone = Plan { flags: plan.flags & !Plan::BY, selector: 0, ..plan };
        self.table[index as usize] = alone;
        for variant in row.variants {
            let lowered = whole(variant.args, plan::variant(variant, detail));
            // What copies the same needs no plan of its own.
            if lowered != alone {
                self.table[index as usize] = plan;
                self.variants
                    .extend(variant.values.iter().map(|&value| (Variant { index, value: value as u32 }, lowered)));
            }
        }
    }
}

/// Bytes of data, or elements of an array, that are copied of a call whatever is shown: a dump shows them, or a filter looks at them.
fn copied(watch: &Watch, row: &Row) -> u32 {
    /// Descriptors of an array.
    const ELEMENTS: u32 = 1024;
    match data(row) {
        Some((Way::Read, _)) if watch.whole.read => BLOB_MAX as u32,
        Some((Way::Written, _)) if watch.whole.written => BLOB_MAX as u32,
        _ if watch.whole.arrays && has_descriptors(row) => ELEMENTS,
        _ => 0,
    }
}

/// Whether a call is to be seen because it changes what tasks are called, or which numbers they have.
fn names(watch: &Watch, row: &Row) -> bool {
    let number = libc::c_long::from(row.nr[Abi::NATIVE as usize]);
    watch.names && watch.counting.is_none() && (number == libc::SYS_prctl || waits(row))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::capture::testing::watch;
    use crate::schema::by_name;
    use tracer_common::plan::SPARED;

    fn nr(name: &str) -> u32 {
        u32::from(by_name(name).expect("a row").nr[Abi::NATIVE as usize])
    }

    #[test]
    fn unknown_numbers_are_wanted_and_copy_nothing() {
        let plans = Plans::new(&watch());
        for (nr, compat) in [(511, false), (511, true), (512, false), (1000, false), (u32::MAX, true)] {
            assert_eq!(plans.get(nr, compat, &[0; 6]), (&UNKNOWN, false), "{nr} {compat}");
        }
    }

    #[test]
    fn a_restriction_leaves_other_calls_out() {
        let mut watch = watch();
        watch.calls = CallFilter { places: vec![false; PLANS], operations: false, all: false };
        watch.calls.places[nr("openat") as usize] = true;
        let plans = Plans::new(&watch);
        assert_ne!(plans.get(nr("openat"), false, &[0; 6]).0.flags & Plan::WANTED, 0);
        assert_eq!(plans.get(nr("read"), false, &[0; 6]).0, &Plan::NONE);
        assert_eq!(plans.get(600, false, &[0; 6]).0, &UNKNOWN);
    }

    #[test]
    fn an_argument_chooses_a_variant() {
        let plans = Plans::new(&watch());
        assert!(plans.get(nr("fcntl"), false, &[0, 5, 0, 0, 0, 0]).1);
        // F_SETFL copies what the call itself does.
        assert!(!plans.get(nr("fcntl"), false, &[0, 4, 0, 0, 0, 0]).1);
        assert!(!plans.get(nr("fcntl"), false, &[0, 999, 0, 0, 0, 0]).1);
    }

    #[test]
    fn what_is_spared_finds_room() {
        let mut watch = watch();
        assert!(Plans::new(&watch).spared(&watch, &Regs::X86_64).is_empty(), "all is shown that is asked for");
        watch.evidence = true;
        let spared = Plans::new(&watch).spared(&watch, &Regs::X86_64);
        assert!((1..=SPARED).contains(&spared.len()), "{spared:?}");
        let native = (plan_index(libc::SYS_mmap as u32, false), Regs::X86_64.args[3]);
        assert!(spared.iter().any(|spared| (spared.index, spared.at) == native), "{spared:?}");
    }
}
