//! The plan tables: rows lowered for one request, placed by call number. Both sources carry out the
//! same tables, so what is copied never depends on where events come from.

use std::collections::HashMap;

use tracer_common::plan::{Op, PLANS, Plan, Variant, plan_index, shape};

use super::evidence;
use crate::schema::types::{NO_NR, Row};
use crate::schema::{Abi, NUMBERS, all, plan};
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
            let native = row.nr[Abi::NATIVE as usize];
            if native != NO_NR {
                let index = plan_index(u32::from(native), false);
                let wanted = watch.calls.wants(u32::from(native), false);
                plans.table[index as usize] = if wanted { native_plan(row, watch) } else { Plan::NONE };
                if wanted {
                    plans.add_variants(row, index, watch);
                }
            }
            let compat = row.nr[Abi::I386 as usize];
            if cfg!(target_arch = "x86_64") && compat != NO_NR {
                let index = plan_index(u32::from(compat), true);
                let wanted = watch.calls.wants(u32::from(compat), true);
                plans.table[index as usize] = if wanted { compat_plan(row, watch) } else { Plan::NONE };
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

    fn add_variants(&mut self, row: &Row, index: u32, watch: &Watch) {
        for variant in row.variants {
            let lowered = match watch.evidence {
                true => {
                    let detail = evidence::detail(row, watch.detail);
                    evidence::complete(row, variant.args, plan::variant(variant, detail))
                }
                false => plan::variant(variant, watch.detail),
            };
            for &value in variant.values {
                self.variants.insert(Variant { index, value: value as u32 }, lowered);
            }
        }
    }
}

/// The plan of a call of this machine's own ABI.
fn native_plan(row: &Row, watch: &Watch) -> Plan {
    match watch.evidence {
        true => evidence::complete(row, row.args, plan::plan(row, evidence::detail(row, watch.detail))),
        false => plan::plan(row, watch.detail),
    }
}

/// The plan of a 32-bit call.
fn compat_plan(row: &Row, watch: &Watch) -> Plan {
    match watch.evidence {
        true => evidence::complete(row, row.args, without_layout(plan::plan(row, evidence::detail(row, watch.detail)))),
        false => without_layout(plan::plan(row, watch.detail)),
    }
}

/// A plan for a 32-bit call: the structures of rows have the layout of the 64-bit ABI, so only what has
/// none is copied: strings, plain bytes, descriptors.
fn without_layout(plan: Plan) -> Plan {
    let keep = |op: &&Op| match op.shape {
        shape::TEXT | shape::FD | shape::DIRFD => true,
        shape::BYTES => op.unit == 1,
        _ => false,
    };
    let mut kept = Plan { flags: plan.flags & (Plan::WANTED | Plan::ANSWERS), ..Plan::NONE };
    for op in plan.op.iter().take(usize::from(plan.ops)).filter(keep) {
        kept.add(*op);
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::capture::testing::watch;
    use crate::schema::by_name;

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
        assert!(plans.get(nr("fcntl"), false, &[0, 4, 0, 0, 0, 0]).1);
        assert!(!plans.get(nr("fcntl"), false, &[0, 999, 0, 0, 0, 0]).1);
    }
}
