//! Registers by the numbers that unwinding tables have for them (the DWARF numbers of each ABI), and what the ABI says of a frame.

/// What an architecture's tables call its registers.
#[derive(Debug)]
pub struct Abi {
    /// The frame pointer, where code keeps one.
    pub frame: u16,
    /// The stack pointer.
    pub stack: u16,
    /// The column of the instruction pointer in the kernel's words.
    pub words: fn(&[u64]) -> Option<Registers>,
    /// Its machine number in ELF files.
    pub machine: u16,
    /// The register in which a function finds where it returns to; without, that stands where the stack pointer points.
    pub link: Option<u16>,
}

/// How many registers are followed.
const COUNT: usize = if cfg!(target_arch = "aarch64") { 33 } else { 17 };

/// This machine's.
pub const ABI: Abi = if cfg!(target_arch = "aarch64") {
    Abi { frame: 29, stack: 31, words: of_aarch64, machine: object::elf::EM_AARCH64, link: Some(30) }
} else {
    Abi { frame: 6, stack: 7, words: of_x86_64, machine: object::elf::EM_X86_64, link: None }
};

/// Registers of a frame: those of which the value is known.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Registers {
    pub(super) known: [Option<u64>; COUNT],
    /// Where the frame goes on.
    pub pc: u64,
}

impl Registers {
    /// Out of the words in which the kernel keeps them on a task's stack and tells a tracer (`struct pt_regs`). `None` when they are
    /// too few.
    pub fn of_words(words: &[u64]) -> Option<Registers> {
        (ABI.words)(words)
    }

    /// Of a task of which nothing is known but its stack pointer and where it goes on.
    pub fn at(sp: u64, pc: u64) -> Registers {
        let mut found = Registers { pc, ..Registers::default() };
        found.set(ABI.stack, Some(sp));
        found
    }

    /// The value of a register.
    pub fn get(&self, number: u16) -> Option<u64> {
        self.known.get(usize::from(number)).copied().flatten()
    }

    /// Sets it; a number that is not followed is left out.
    pub fn set(&mut self, number: u16, value: Option<u64>) {
        if let Some(slot) = self.known.get_mut(usize::from(number)) {
            *slot = value;
        }
    }

    /// Those of whoever called the function that begins here, as they are when it returns; `word` reads the stack.
    pub fn caller_at_entry(&self, word: &mut dyn FnMut(u64) -> Option<u64>) -> Option<Registers> {
        let mut caller = self.clone();
        match ABI.link {
            Some(link) => caller.pc = self.get(link)?,
            None => {
                caller.pc = word(self.sp())?;
                caller.set(ABI.stack, Some(self.sp().wrapping_add(8)));
            }
        }
        Some(caller)
    }

    /// The stack pointer.
    pub fn sp(&self) -> u64 {
        self.get(ABI.stack).unwrap_or(0)
    }
}

/// `r15 r14 r13 r12 bp bx r11 r10 r9 r8 ax cx dx si di orig_ax ip cs flags sp ss`
fn of_x86_64(words: &[u64]) -> Option<Registers> {
    const PLACES: [usize; 16] = [10, 12, 11, 5, 13, 14, 4, 19, 9, 8, 7, 6, 3, 2, 1, 0];
    let mut found = Registers { pc: *words.get(16)?, ..Registers::default() };
    for (number, place) in PLACES.into_iter().enumerate() {
        found.set(number as u16, Some(*words.get(place)?));
    }
    Some(found)
}

/// `x0` to `x30`, `sp`, `pc`
fn of_aarch64(words: &[u64]) -> Option<Registers> {
    let mut found = Registers { pc: *words.get(32)?, ..Registers::default() };
    words.iter().take(32).enumerate().for_each(|(number, word)| found.set(number as u16, Some(*word)));
    Some(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_the_kernel() {
        let words: Vec<u64> = (100..121).collect();
        let found = of_x86_64(&words).expect("enough words");
        let check = |number: u16, expected: u64| assert_eq!(found.get(number), Some(expected), "register {number}");
        // rax, rbx, rbp, rsp, r8, r15
        [(0, 110), (3, 105), (6, 104), (7, 119), (8, 109), (15, 100)].into_iter().for_each(|(n, v)| check(n, v));
        assert_eq!((found.pc, found.get(16), found.get(400)), (116, None, None));
        assert_eq!(of_x86_64(&words[..19]), None);
        assert_eq!(of_aarch64(&words), None);
    }
}
