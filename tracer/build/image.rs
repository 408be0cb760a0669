//! The objects of the kernel side, read and linked before the binary is: what reading an ELF file and laying its functions behind each
//! program takes is a fifth of tracer's start. What comes out is the text of a Rust expression, an `Image` of `capture/ebpf/object.rs`,
//! which needs no reading at all.

use std::collections::HashSet;
use std::error::Error;
use std::fmt::Write;

use aya_obj::btf::BtfFeatures;
use aya_obj::generated::bpf_insn;
use aya_obj::{EbpfSectionKind, Map};
use object::{Object as _, ObjectSection, ObjectSymbol};

/// What every kernel that runs these programs knows (6.0): functions that may be verified once, sections of data, 64-bit enums.
const FEATURES: BtfFeatures = BtfFeatures::new(true, true, true, true, true, true, true, true);

/// Kinds of maps that have no types (`bpf_map_type`, include/uapi/linux/bpf.h): ARRAY_OF_MAPS and RINGBUF are those that are used.
const UNTYPED: [u32; 2] = [12, 27];

/// The expression. `write` puts bytes into a file, and gives the name to include it by.
pub fn image(
    file: &[u8],
    mut write: impl FnMut(&str, &[u8]) -> Result<String, Box<dyn Error>>,
) -> Result<String, Box<dyn Error>> {
    let mut object = aya_obj::Object::parse(file)?;
    let types = object.fixup_and_sanitize_btf(&FEATURES)?.ok_or("no types")?.to_bytes();
    let mut maps: Vec<(String, Map)> = std::mem::take(&mut object.maps).into_iter().collect();
    maps.sort_by(|a, b| a.0.cmp(&b.0));
    let sections = object.functions.keys().map(|(section, _)| *section).collect::<HashSet<usize>>();
    // Where an instruction names a map it has the map's number in the place of a descriptor.
    object.relocate_maps(maps.iter().zip(0..).map(|((name, map), number)| (name.as_str(), number, map)), &sections)?;
    object.relocate_calls(&sections)?;

    let mut out = String::new();
    let include = |path: String| format!("include_bytes!({path:?})");
    writeln!(out, "Image {{\ntypes: {},\nlicense: c{:?},", include(write("types", &types)?), object.license)?;
    writeln!(out, "maps: &[")?;
    for (name, map) in &maps {
        let (key_type, value_type) = match map {
            Map::Btf(typed) if !UNTYPED.contains(&map.map_type()) => {
                (typed.def.btf_key_type_id, typed.def.btf_value_type_id)
            }
            _ => (0, 0),
        };
        let (kind, key, value) = (map.map_type(), map.key_size(), map.value_size());
        let (entries, flags) = (map.max_entries(), map.map_flags());
        let constant = map.section_kind() == EbpfSectionKind::Rodata;
        let values = include(write(&format!("map.{name}"), map.data())?);
        writeln!(
            out,
            "MapRow {{ name: {name:?}, kind: {kind}, key: {key}, value: {value}, entries: {entries}, flags: {flags}, \
             key_type: {key_type}, value_type: {value_type}, constant: {constant}, values: {values} }},"
        )?;
    }
    writeln!(out, "],\nprograms: &[")?;
    let mut programs: Vec<_> = object.programs.iter().collect();
    programs.sort_by(|a, b| a.0.cmp(b.0));
    for (name, program) in programs {
        let code = object.functions.get(&program.function_key()).ok_or_else(|| format!("no code of {name}"))?;
        let bytes: Vec<u8> = code.instructions.iter().flat_map(bytes_of).collect();
        let code_file = include(write(&format!("code.{name}"), &bytes)?);
        let functions = include(write(&format!("functions.{name}"), &code.func_info.func_info_bytes())?);
        let size = code.func_info_rec_size;
        writeln!(
            out,
            "ProgramRow {{ name: {name:?}, code: {code_file}, functions: {functions}, function_size: {size} }},"
        )?;
    }
    writeln!(out, "],\nvariables: &[")?;
    let read = object::File::parse(file)?;
    for symbol in read.symbols().filter(|symbol| symbol.is_global() && symbol.size() > 0) {
        let Some(section) = symbol.section_index() else { continue };
        let (name, map) = (symbol.name()?, read.section_by_index(section)?);
        let map = map.name()?;
        if map.starts_with(".rodata") {
            let number = maps.iter().position(|(name, _)| name == map).ok_or_else(|| format!("no map {map}"))?;
            writeln!(out, "({name:?}, {number}, {}, {}),", symbol.address(), symbol.size())?;
        }
    }
    writeln!(out, "],\n}}")?;
    Ok(out)
}

/// An instruction as the kernel reads it (`struct bpf_insn`, little-endian as the target of the object is).
fn bytes_of(this: &bpf_insn) -> [u8; 8] {
    let mut bytes = [0; 8];
    (bytes[0], bytes[1]) = (this.code, this.dst_reg() | this.src_reg() << 4);
    bytes[2..4].copy_from_slice(&this.off.to_le_bytes());
    bytes[4..].copy_from_slice(&this.imm.to_le_bytes());
    bytes
}
