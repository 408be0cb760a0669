//! Which function a call reaches. Where the slot of the GOT is bound, it says so itself: that holds for whatever the dynamic linker, an
//! IFUNC, an auditor of the linker or the program itself has put there. Where it is not, the dynamic linker's rule tells what it
//! will find: the first definition, of the right version, in the order of its search (ld.so(8), "Symbol Versioning" of the
//! Linux Standard Base, glibc's elf/dl-lookup.c). What neither tells is said to be one of several.

use std::cell::OnceCell;
use std::collections::{HashMap, VecDeque};
use std::rc::Rc;

pub use super::modules::Module;
use super::object::{Choice, Function, Import, Name};
use super::place::choosable;
use crate::stack::Memory;

/// Bytes of a slot.
const WORD: usize = 8;
/// Functions among which an IFUNC may choose; a longer list is none of functions.
const CANDIDATES_MAX: usize = 64;

/// A place in the code of a module.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Target {
    /// Which module.
    pub module: usize,
    /// Where, as its file counts.
    pub address: u64,
}

/// What is known of where a call leads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reach {
    /// There: it stands in the memory of the process.
    Bound(Target),
    /// There, by the dynamic linker's rule, once it is bound.
    ByScope(Target),
    /// To one of these: an IFUNC has not chosen yet, or it depends on the order in which libraries were loaded.
    Candidates(Vec<Target>),
    /// An IFUNC will choose, and nobody knows between what. Where it is itself.
    Unchosen(Target),
    /// To this address in the process, where no module is: the vDSO (`time`, by the choice of libc's IFUNC), code that was made.
    Elsewhere(u64),
    /// It is no function: the slot holds the address of data of a module. Linkers do not say what a name is that others define.
    Data,
    /// No module defines a function of this name: it is missing, or its library is not loaded yet, or it is data.
    Nowhere,
}

impl Reach {
    /// All places where a probe sees the call.
    pub fn targets(&self) -> &[Target] {
        match self {
            Reach::Bound(target) | Reach::ByScope(target) => std::slice::from_ref(target),
            Reach::Candidates(list) => list,
            Reach::Unchosen(_) | Reach::Elsewhere(_) | Reach::Data | Reach::Nowhere => &[],
        }
    }
}

/// A function that was selected.
#[derive(Debug, Clone, Copy)]
pub struct Selected<'s> {
    /// Its module.
    pub module: usize,
    /// What it is.
    pub function: &'s Function,
    /// The name by which it was selected.
    pub name: &'s Name,
}

/// The files of a process, in the order in which the dynamic linker looks for names.
pub struct Scope {
    modules: Vec<Module>,
    /// The modules that each module asks for, in its order.
    needed: Vec<Vec<usize>>,
    /// The program and what it needs, breadth first.
    order: Vec<usize>,
    /// Where a module's names are looked for, once it was asked for.
    searched: Vec<OnceCell<Vec<usize>>>,
}

impl Scope {
    /// That of a process with these modules. Which of them is the program, the file says.
    pub fn of(modules: Vec<Module>) -> Scope {
        let program = modules.iter().position(|module| module.object.kind.is_program()).unwrap_or(0);
        let needed = needed(&modules);
        let searched = modules.iter().map(|_| OnceCell::new()).collect();
        let mut scope = Scope { modules, needed, order: Vec::new(), searched };
        scope.order = scope.breadth_first(program);
        scope
    }

    /// The modules, by their numbers.
    pub fn modules(&self) -> &[Module] {
        &self.modules
    }

    /// The program and what it needs, as they are searched.
    pub fn order(&self) -> &[usize] {
        &self.order
    }

    fn breadth_first(&self, from: usize) -> Vec<usize> {
        let mut found = Vec::new();
        let mut seen = vec![false; self.modules.len()];
        let mut waiting = VecDeque::from([from]);
        while let Some(next) = waiting.pop_front() {
            if seen.get(next) == Some(&false) {
                seen[next] = true;
                found.push(next);
                waiting.extend(&self.needed[next]);
            }
        }
        found
    }

    /// Where the names are looked for that a module wants.
    fn searched(&self, module: usize) -> &[usize] {
        let Some(cell) = self.searched.get(module) else { return &[] };
        cell.get_or_init(|| {
            let itself = self.modules[module].object.symbolic.then_some(module);
            // What was loaded later looks among its own last.
            let own = if self.order.contains(&module) { Vec::new() } else { self.breadth_first(module) };
            itself.into_iter().chain(self.order.iter().copied()).chain(own).collect()
        })
    }

    /// The function at a target, if one begins there and its name is not stripped.
    pub fn function(&self, target: Target) -> Option<&Function> {
        self.modules.get(target.module)?.object.function_at(target.address)
    }

    /// Where an address of the process is.
    pub fn target(&self, address: u64) -> Option<Target> {
        let found = |(module, of): (usize, &Module)| Some(Target { module, address: of.in_file(address)? });
        self.modules.iter().enumerate().find_map(found)
    }

    /// Where each import of a module leads, in the order of [`super::object::Object::imports`]. `memory` reads that of the process; without
    /// it (`None`) all goes by the rule.
    pub fn resolve(&self, module: usize, memory: Option<&mut Memory<'_>>) -> Vec<Reach> {
        let mut nothing = |_: u64, _: &mut [u8]| 0;
        let memory = memory.unwrap_or(&mut nothing);
        let Some(of) = self.modules.get(module) else { return Vec::new() };
        of.object.imports.iter().map(|import| self.reach(module, import, memory)).collect()
    }

    /// Where one import of a module leads.
    pub fn reach(&self, module: usize, import: &Import, memory: &mut Memory<'_>) -> Reach {
        match self.modules.get(module).and_then(|of| held(of, import.slot, memory)) {
            Some(address) => match self.target(address) {
                // A stub of the program stands for the function, where addresses are compared.
                Some(target) if self.modules[target.module].object.stub(target.address).is_some() => {
                    self.by_rule(module, import, memory)
                }
                Some(target) => Reach::Bound(target),
                None if self.modules.iter().any(|module| module.has(address)) => Reach::Data,
                None => Reach::Elsewhere(address),
            },
            None => self.by_rule(module, import, memory),
        }
    }

    fn by_rule(&self, module: usize, import: &Import, memory: &mut Memory<'_>) -> Reach {
        let found = self.definitions(module, import);
        let mut reached = found.iter().map(|target| self.chosen(*target, memory));
        match (reached.next(), found.len()) {
            (None, _) => Reach::Nowhere,
            (Some(only), 1) => only,
            (Some(first), _) => {
                let mut all = first.targets().to_vec();
                reached.for_each(|reach| all.extend(reach.targets()));
                all.sort_unstable();
                all.dedup();
                Reach::Candidates(all)
            }
        }
    }

    /// The definition that the dynamic linker finds first; behind it those of files that are in nobody's list: they were preloaded (then
    /// they come before all others), or loaded later (then they do not count, but for each other).
    fn definitions(&self, module: usize, import: &Import) -> Vec<Target> {
        let Some(of) = self.modules.get(module) else { return Vec::new() };
        let version = import.version.as_ref().map(|version| &*version.name);
        let defined = |&number: &usize| {
            let function = self.modules.get(number)?.object.definition(&import.name, version)?;
            Some(Target { module: number, address: function.address })
        };
        let searched = self.searched(module);
        let first = searched.iter().find_map(defined);
        if of.object.symbolic && first.is_some_and(|first| first.module == module) {
            return first.into_iter().collect();
        }
        let others = (0..self.modules.len()).filter(|number| !searched.contains(number));
        first.into_iter().chain(others.filter_map(|number| defined(&number))).collect()
    }

    /// What a call of a definition reaches: itself, or what it chooses. That is asked of whoever has it from it already.
    fn chosen(&self, definition: Target, memory: &mut Memory<'_>) -> Reach {
        let Some(of) = self.modules.get(definition.module) else { return Reach::Nowhere };
        let Some(function) = of.object.chooser_at(definition.address) else { return Reach::ByScope(definition) };
        let own = of.object.choices.iter().filter(|choice| choice.by == definition.address);
        let by_itself = own.map(|choice: &Choice| (definition.module, choice.slot));
        let names = function.names.iter().filter(|name| name.exported);
        let by_others = names.flat_map(|name| self.modules.iter().enumerate().map(move |of| (name, of)));
        let by_others = by_others.flat_map(|(name, (number, module))| {
            let same = module.object.imported(&name.text);
            let same = same.filter(move |import| self.is_first(number, import, definition));
            same.map(move |import| (number, import.slot))
        });
        let held = by_itself.chain(by_others).find_map(|(number, slot)| {
            let address = held(&self.modules[number], slot, memory)?;
            match self.target(address) {
                None => Some(Reach::Elsewhere(address)),
                Some(target) if target == definition => None,
                Some(target) if self.modules[target.module].object.stub(target.address).is_some() => None,
                Some(target) => Some(Reach::Bound(target)),
            }
        });
        if let Some(held) = held {
            return held;
        }
        let list = choosable(&of.object, definition.address);
        if list.is_empty() || list.len() > CANDIDATES_MAX {
            return Reach::Unchosen(definition);
        }
        Reach::Candidates(list.into_iter().map(|address| Target { module: definition.module, address }).collect())
    }

    fn is_first(&self, module: usize, import: &Import, definition: Target) -> bool {
        self.definitions(module, import).first() == Some(&definition)
    }

    /// What a function that was selected leads to when it is called: itself, or what an IFUNC has chosen in this process.
    pub fn implementation(&self, selected: &Selected<'_>, memory: &mut Memory<'_>) -> Reach {
        let target = Target { module: selected.module, address: selected.function.address };
        if !selected.function.chooses {
            return Reach::ByScope(target);
        }
        self.chosen(target, memory)
    }

    /// The functions of which a name is wanted (`-x`, `-l`), each once, by the name that is shown first of those that are.
    pub fn select<'s>(&'s self, mut is_wanted: impl FnMut(&Module, &Function, &Name) -> bool) -> Vec<Selected<'s>> {
        let mut found = Vec::new();
        for (module, of) in self.modules.iter().enumerate() {
            for function in &of.object.functions {
                let name = function.names.iter().find(|name| is_wanted(of, function, name));
                found.extend(name.map(|name| Selected { module, function, name }));
            }
        }
        found
    }
}

/// The modules that each one asks for.
fn needed(modules: &[Module]) -> Vec<Vec<usize>> {
    let mut called: HashMap<&[u8], usize> = HashMap::new();
    for (number, module) in modules.iter().enumerate() {
        for name in module.object.names(&module.path) {
            called.entry(name).or_insert(number);
        }
    }
    let of = |module: &Module| module.object.needed.iter().filter_map(|name| called.get(&**name).copied()).collect();
    modules.iter().map(of).collect()
}

/// What a slot of a module holds; `None` where it cannot be read, or is not bound yet: it holds nothing, or what the file has there, which
/// is nothing or the way to the dynamic linker.
fn held(module: &Module, slot: u64, memory: &mut Memory<'_>) -> Option<u64> {
    let mut bytes = [0; WORD];
    if memory(module.in_process(slot), &mut bytes) < WORD {
        return None;
    }
    let value = u64::from_ne_bytes(bytes);
    let first = module.object.file.bytes_at(slot, WORD as u64);
    let first = first.and_then(|bytes: Rc<[u8]>| bytes.first_chunk().map(|bytes| u64::from_ne_bytes(*bytes)));
    let unbound = |first: u64| value == first || value == module.in_process(first);
    (value != 0 && !first.is_some_and(unbound)).then_some(value)
}
