//! Any bytes are a file of a program or none: the functions that it defines and calls, and where they can be probed, are found or are
//! not.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tracer::library::modules::Module;
use tracer::library::object::Object;
use tracer::library::place::{Arguments, choosable, place};
use tracer::library::resolve::Scope;
use tracer::stack::elf::Elf;

fuzz_target!(|bytes: &[u8]| {
    let Some(file) = Elf::of_memory(bytes.into()) else { return };
    let object = Object::of(file, None);
    for function in object.functions.iter().take(100) {
        if let Ok(placement) = place(&object, function.address, Arguments::ALL) {
            assert!(placement.offset < bytes.len() as u64);
        }
        let _ = choosable(&object, function.address);
        let _ = object.definition(&function.names[0].text, None);
    }
    let path = b"/file".as_slice().into();
    let scope = Scope::of(vec![Module { path, bias: 0, object: object.into() }]);
    let mut memory = |at: u64, into: &mut [u8]| {
        into.fill(at as u8);
        if at.is_multiple_of(3) { 0 } else { into.len() }
    };
    let _ = scope.resolve(0, Some(&mut memory));
});
