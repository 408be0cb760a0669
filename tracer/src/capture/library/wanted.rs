//! Which functions of a process are to be probed, and from where calls of them are of interest.

use std::collections::HashMap;

use super::spoken_of;
use crate::library::modules::Module;
use crate::library::resolve::{Reach, Scope, Target};
use crate::schema::prototypes::{self, Ends};
use crate::spec::Library;
use crate::stack::Memory;

/// A function to be probed.
#[derive(Debug, Clone)]
pub struct Function {
    /// Where it is.
    pub target: Target,
    /// What it is called by whoever calls it.
    pub name: Vec<u8>,
    /// It matters who calls.
    pub from: bool,
    /// The modules whose calls are of interest.
    pub callers: Vec<usize>,
    /// Whether its return may be probed.
    pub returns: Returns,
}

/// Whether the return of a function may be probed: that changes the address that it returns to on its stack, where an exception would look
/// for a caller and find none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Returns {
    /// Always: a row says that nothing passes it but a return.
    Probed,
    /// As long as no process that is traced can throw.
    Risky,
    /// Never.
    Unprobed,
}

/// What is wanted of a process.
#[derive(Debug, Default)]
pub struct Wanted {
    /// Functions, each once by each of its names: the first is the one that is probed.
    pub functions: Vec<Function>,
    /// Slots of the GOT through which functions are called: of which module, where, and the place of the function.
    pub slots: Vec<(usize, u64, usize)>,
    /// Modules whose calls are of interest, with where their code begins and ends in the process.
    pub callers: Vec<(usize, u64, u64)>,
    /// Names, by the module that calls or has them, that lead to no place where a probe could stand.
    pub missing: Vec<Missing>,
    /// Exceptions may be thrown in the process.
    pub throws: bool,
}

/// A function that is wanted, and leads nowhere.
#[derive(Debug)]
pub struct Missing {
    /// The module that calls or has it.
    pub module: usize,
    /// Its name.
    pub name: Vec<u8>,
    /// Why.
    pub why: String,
}

impl Wanted {
    /// What is asked for of a process with these files; `memory` reads it.
    pub fn of(asked: &Library, scope: &Scope, memory: &mut Memory<'_>) -> Wanted {
        let throws = scope.modules().iter().any(|it| has(it, b"__cxa_throw"));
        let mut wanted = Wanted { throws, ..Wanted::default() };
        let mut places: HashMap<Target, usize> = HashMap::new();
        let mut names: HashMap<(Target, Vec<u8>), usize> = HashMap::new();
        let mut add = |wanted: &mut Wanted, target: Target, name: &[u8], caller: Option<usize>| {
            // Nobody calls the first instruction of a program either.
            let unreturned = scope
                .modules()
                .get(target.module)
                .is_some_and(|it| it.object.go || it.object.file.entry == target.address);
            let new = |wanted: &mut Wanted| {
                let returns = match returns(name) {
                    _ if unreturned => Returns::Unprobed,
                    // Who gives a block says where only when it returns.
                    Returns::Risky if asked.leaks.is_some() => Returns::Probed,
                    returns => returns,
                };
                wanted.functions.push(Function {
                    target,
                    name: name.to_vec(),
                    from: true,
                    callers: Vec::new(),
                    returns,
                });
                wanted.functions.len() - 1
            };
            let first = *places.entry(target).or_insert_with(|| new(wanted));
            // Who is asked for whoever calls it is told of in any case.
            wanted.functions[first].from &= caller.is_some();
            wanted.functions[first].callers.extend(caller);
            match wanted.functions[first].name == name {
                true => first,
                false => *names.entry((target, name.to_vec())).or_insert_with(|| new(wanted)),
            }
        };
        for (number, module) in scope.modules().iter().enumerate() {
            let caller = spoken_of(module);
            if !asked.may_call(&caller) {
                continue;
            }
            for import in &module.object.imports {
                let name: &[u8] = &import.name;
                let begins = prototypes::find(name).is_some_and(|(_, it)| it.ends == Ends::Begins);
                if begins || asked.into.is_empty() && !asked.calls.hold(name, &caller) {
                    continue;
                }
                let reach = scope.reach(number, import, memory);
                for target in reach.targets() {
                    let to = scope.modules().get(target.module).map(spoken_of);
                    if asked.wants_call(name, &caller, to.as_ref()) {
                        let function = add(&mut wanted, *target, name, Some(number));
                        wanted.slots.push((number, import.slot, function));
                    }
                }
                wanted.miss(number, name, &reach);
            }
            for segment in module.object.file.loaded().filter(|segment| segment.code) {
                let from = module.in_process(segment.address);
                wanted.callers.push((number, from, from.wrapping_add(segment.memory)));
            }
        }
        if !asked.entries.is_empty() {
            // Where a file has no malloc of its own, what gives blocks there has them from the one that has.
            let is_source = |module: &Module| asked.leaks.is_none() || has(module, b"malloc");
            let holds =
                |module: &Module, name: &[u8]| asked.entries.hold(name, &spoken_of(module)) && is_source(module);
            for selected in scope.select(|module, _, name| holds(module, &name.text)) {
                if is_part(&selected.name.text) {
                    continue;
                }
                let reach = scope.implementation(&selected, memory);
                for target in reach.targets() {
                    add(&mut wanted, *target, &selected.name.text, None);
                }
                wanted.miss(selected.module, &selected.name.text, &reach);
            }
        }
        wanted
    }

    fn miss(&mut self, module: usize, name: &[u8], reach: &Reach) {
        let why = match reach {
            Reach::Elsewhere(_) => "it is in no file (the kernel's vDSO)",
            Reach::Unchosen(_) => "it chooses another function when it is first called, and nobody knows which",
            _ => return,
        };
        self.missing.push(Missing { module, name: name.to_vec(), why: why.to_owned() });
    }
}

/// Whether a file has a function of this name: its own allocator, whoever that is for; what throws exceptions, be it in the library of
/// the language or in a program that has all in itself.
fn has(module: &Module, name: &[u8]) -> bool {
    module.object.functions.iter().any(|function| function.names.iter().any(|known| &*known.text == name))
}

/// What is no function, though symbols say so: a part of one, which the compiler has moved away and which is jumped to, with the stack
/// pointer anywhere.
fn is_part(name: &[u8]) -> bool {
    name.ends_with(b".cold")
}

/// Functions that are not called, but returned or jumped to: no address to return to stands at their stack pointer.
const NOT_CALLED: [&[u8]; 4] = [b"__restore", b"__start_context", b"_dl_runtime_", b"_dl_start_user"];

/// Parts of what unwinds the stack (libgcc): each reads the addresses that its callers return to.
const UNWINDER: [&[u8]; 4] = [b"uw_", b"_Unwind_", b"execute_cfa_program", b"init_dwarf_reg_size_table"];

/// Whether the return of a function may be probed. Functions of C++ and Rust may throw, unless a row says how they end; one of which no row
/// tells anything may call what throws.
fn returns(name: &[u8]) -> Returns {
    if NOT_CALLED.iter().chain(&UNWINDER).any(|prefix| name.starts_with(prefix)) {
        return Returns::Unprobed;
    }
    match prototypes::find(name) {
        Some((_, prototype)) => match prototype.ends {
            Ends::Returns => Returns::Probed,
            Ends::CallsBack => Returns::Risky,
            Ends::Never | Ends::Unwinds | Ends::Twice | Ends::Begins => Returns::Unprobed,
        },
        None if name.starts_with(b"_Z") || name.starts_with(b"_R") => Returns::Unprobed,
        None => Returns::Risky,
    }
}
