//! Directories that an overlay lays over one another: a file that it shows is the file of the first of them that has it.

use super::{Mount, Mounts, below, joined, unescape};

/// An overlay, by what is seen of its mount.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Overlay {
    /// Where it is mounted.
    point: Vec<u8>,
    /// The directories that are laid over one another there, the uppermost first; by their real paths. Those of which none is known here
    /// were mounted elsewhere, or under names that are gone.
    layers: Vec<Vec<u8>>,
    /// It has layers that were named from a directory that is not known.
    is_astray: bool,
}

/// What is not known of an overlay; with where it is mounted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unknown<'o> {
    /// Where its layers are.
    Layers(&'o [u8]),
    /// Where it shows a file of a layer, if it does.
    Place(&'o [u8]),
}

/// The files of this machine, as far as overlays are concerned.
pub trait Look {
    /// Whether something has this path, links not followed: of a directory true, of all else false.
    fn is_directory(&self, path: &[u8]) -> Option<bool>;

    /// The real path of a directory.
    fn real(&self, path: &[u8]) -> Option<Vec<u8>>;

    /// What an overlay noted at a directory of a layer (`trusted.overlay.NAME`, `user.overlay.NAME`).
    fn note(&self, directory: &[u8], name: &str) -> Option<Vec<u8>>;

    /// The directories from which somebody may have named others.
    fn bases(&self) -> Vec<Vec<u8>>;

    /// Entries of a directory are seen at the point where an overlay is mounted.
    fn shows(&self, point: &[u8], layer: &[u8]) -> bool;
}

impl Mounts {
    /// The overlays.
    pub fn overlays(&self, look: &dyn Look) -> Vec<Overlay> {
        let all = self.own.iter().filter(|mount| mount.kind == b"overlay");
        let overlays = all.filter_map(|mount| {
            let overlay = Overlay::of(mount, layers(&mount.options), look)?;
            (!overlay.layers.is_empty() || overlay.is_astray).then_some(overlay)
        });
        overlays.collect()
    }
}

impl Overlay {
    fn of(mount: &Mount, names: Vec<Vec<u8>>, look: &dyn Look) -> Option<Overlay> {
        let rest = below(b"/", &mount.root)?;
        let from = |base: &[u8], name: &[u8]| match name.starts_with(b"/") {
            true => look.real(&joined(name, rest)),
            false => look.real(&joined(&joined(base, &[b"/", name].concat()), rest)),
        };
        let relative: Vec<&Vec<u8>> = names.iter().filter(|name| !name.starts_with(b"/")).collect();
        // Relative ones were named from the directory of whoever mounted it, which is not told: it is one from which they are what is seen.
        let base = || {
            let above =
                names.iter().filter(|name| name.starts_with(b"/")).chain([&mount.point]).flat_map(|path| above(path));
            let fits = |base: &Vec<u8>| {
                let found = relative.iter().filter_map(|name| from(base, name));
                found.into_iter().any(|layer| look.shows(&mount.point, &layer))
            };
            look.bases().into_iter().chain(above.map(<[u8]>::to_vec)).find(fits)
        };
        let base = if relative.is_empty() { None } else { base() };
        // What is below everything was mounted from outside.
        let is_astray = !relative.is_empty() && base.is_none() && mount.point != b"/";
        let known = names.iter().filter(|name| base.is_some() || name.starts_with(b"/"));
        let layers = known.filter_map(|name| from(base.as_deref().unwrap_or(b"/"), name)).collect();
        Some(Overlay { point: mount.point.clone(), layers, is_astray })
    }

    /// The other paths of the file that has this one: in the first layer that has it (of a directory, in all that have it), and, of one in a
    /// layer, where the overlay shows it.
    pub fn others(&self, path: &[u8], look: &dyn Look) -> Vec<Vec<u8>> {
        let mut others = below(&self.point, path).map(|rest| self.found(rest, look)).unwrap_or_default();
        for rest in self.layers.iter().filter_map(|layer| below(layer, path)) {
            // Another layer may have one above it.
            if self.found(rest, look).iter().any(|found| found == path) {
                others.push(joined(&self.point, rest));
            }
        }
        others
    }

    /// What is not known of a path that has to do with this overlay, so that [`Overlay::others`] may not be all.
    pub fn unknown(&self, path: &[u8], look: &dyn Look) -> Option<Unknown<'_>> {
        if self.is_astray && below(&self.point, path).is_some() {
            return Some(Unknown::Layers(&self.point));
        }
        // Where a directory was, that was removed or has another name now, a file says so.
        let hides = |above: &Vec<u8>, rest: &[u8]| look.is_directory(&joined(above, rest)) == Some(false);
        let hidden = self.layers.iter().enumerate().any(|(at, layer)| {
            let Some(rest) = below(layer, path) else { return false };
            let directories = || (1..rest.len()).filter(|&end| rest[end] == b'/').map(|end| &rest[..end]);
            self.layers[..at].iter().any(|upper| directories().any(|directory| hides(upper, directory)))
        });
        hidden.then_some(Unknown::Place(&self.point))
    }

    /// The paths in layers of what has this path on the overlay; of what is not there the one that it would get. A directory that was
    /// renamed has its old name in the layers below (`redirect_dir`).
    fn found(&self, rest: &[u8], look: &dyn Look) -> Vec<Vec<u8>> {
        let mut at: Vec<Option<Vec<u8>>> = self.layers.iter().cloned().map(Some).collect();
        for name in rest.split(|&b| b == b'/').filter(|name| !name.is_empty()) {
            let (mut redirect, mut covered) = (None::<Vec<u8>>, false);
            for (layer, place) in self.layers.iter().zip(&mut at) {
                let Some(directory) = place.take().filter(|_| !covered) else { continue };
                let next = match &redirect {
                    None => joined(&directory, &[b"/", name].concat()),
                    Some(to) if to.starts_with(b"/") => joined(layer, to),
                    Some(to) => joined(&directory, &[b"/", to.as_slice()].concat()),
                };
                match look.is_directory(&next) {
                    None => continue,
                    Some(false) => covered = true,
                    Some(true) => {
                        redirect = look.note(&next, "redirect").or(redirect);
                        covered = look.note(&next, "opaque").is_some_and(|note| note == b"y");
                    }
                }
                *place = Some(next);
            }
        }
        let found: Vec<Vec<u8>> = at.into_iter().flatten().collect();
        match (found.is_empty(), self.layers.first()) {
            (true, Some(first)) => vec![joined(first, rest)],
            _ => found,
        }
    }
}

/// The directories above a path.
fn above(path: &[u8]) -> impl Iterator<Item = &[u8]> {
    let slashes = path.iter().enumerate().rev().filter(|(_, b)| **b == b'/');
    slashes.map(|(at, _)| if at == 0 { &path[..1] } else { &path[..at] })
}

/// The layers in the options of an overlay (Documentation/filesystems/overlayfs.rst): `upperdir=DIR`, `lowerdir=DIR:DIR`, and since 6.7
/// `lowerdir+=DIR`. A backslash keeps the meaning from a colon. A relative path was one of whoever mounted it.
fn layers(options: &[u8]) -> Vec<Vec<u8>> {
    let (mut upper, mut lower) = (Vec::new(), Vec::new());
    // A comma within a value is written `\054`.
    for option in options.split(|&b| b == b',').map(unescape) {
        let Some(at) = option.iter().position(|&b| b == b'=') else { continue };
        let (name, value) = (&option[..at], &option[at + 1..]);
        match name {
            b"upperdir" => upper.push(plain(value)),
            b"lowerdir" => lower.extend(split(value).iter().map(|layer| plain(layer))),
            b"lowerdir+" | b"datadir+" => lower.push(plain(value)),
            _ => {}
        }
    }
    upper.into_iter().chain(lower).filter(|layer| !layer.is_empty()).collect()
}

/// The parts between colons that no backslash stands before.
fn split(text: &[u8]) -> Vec<Vec<u8>> {
    let (mut parts, mut part, mut escaped) = (Vec::new(), Vec::new(), false);
    for &byte in text {
        if byte == b':' && !escaped {
            parts.push(std::mem::take(&mut part));
            continue;
        }
        part.push(byte);
        escaped = byte == b'\\' && !escaped;
    }
    parts.push(part);
    parts
}

/// Without the backslashes that keep a meaning.
fn plain(text: &[u8]) -> Vec<u8> {
    let (mut out, mut escaped) = (Vec::with_capacity(text.len()), false);
    for &byte in text {
        escaped = byte == b'\\' && !escaped;
        if !escaped {
            out.push(byte);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;

    /// What there is: directories end in a slash; the notes of directories.
    struct Disk {
        files: &'static [&'static str],
        notes: HashMap<(&'static str, &'static str), &'static str>,
    }

    impl Look for Disk {
        fn is_directory(&self, path: &[u8]) -> Option<bool> {
            let is = |file: &&str| file.trim_end_matches('/').as_bytes() == path;
            self.files.iter().find(|file| is(file)).map(|file| file.ends_with('/'))
        }

        fn real(&self, path: &[u8]) -> Option<Vec<u8>> {
            let path = if path == b"/link" { b"/u" } else { path };
            self.is_directory(path)?.then(|| path.to_vec())
        }

        fn note(&self, directory: &[u8], name: &str) -> Option<Vec<u8>> {
            let note = self.notes.get(&(std::str::from_utf8(directory).expect("text"), name))?;
            Some(note.as_bytes().to_vec())
        }

        fn bases(&self) -> Vec<Vec<u8>> {
            vec![b"/wrong".to_vec(), b"/base".to_vec()]
        }

        fn shows(&self, point: &[u8], layer: &[u8]) -> bool {
            layer.starts_with(if point == b"/m" { b"/base/" } else { b"/r/" })
        }
    }

    fn check(text: &str, disk: &Disk, cases: &[(&str, &[&str])]) {
        let overlays = Mounts::parse(text.as_bytes()).overlays(disk);
        for (path, expected) in cases {
            let others = overlays.iter().flat_map(|overlay| overlay.others(path.as_bytes(), disk));
            let others: Vec<String> = others.map(|path| String::from_utf8_lossy(&path).into_owned()).collect();
            assert_eq!(others, *expected, "{path}");
        }
    }

    #[test]
    fn a_file_of_an_overlay_is_that_of_a_layer() {
        let disk = Disk {
            files: &[
                "/u/",
                "/u/both",
                "/u/d/",
                "/u/o/",
                "/l,1/",
                "/l,1/both",
                "/l,1/lower",
                "/l,1/d/",
                "/l,1/d/x",
                "/l,1/o/",
                "/l,1/o/x",
                "/l:2/",
                "/l:2/second",
                "/x/",
                "/x/sub/",
                "/x/sub/file",
            ],
            notes: HashMap::from([(("/u/o", "opaque"), "y")]),
        };
        let text = r"1 0 8:1 / / rw - ext4 a rw
2 1 0:40 / /m rw - overlay overlay rw,lowerdir=/l\0541:/l\134:2::/gone,upperdir=/link,workdir=/w
3 1 0:40 /sub /bound rw - overlay overlay rw,lowerdir+=/x,lowerdir+=/none
";
        check(
            text,
            &disk,
            &[
                ("/m/both", &["/u/both"]),
                ("/m/lower", &["/l,1/lower"]),
                ("/m/second", &["/l:2/second"]),
                ("/m/new", &["/u/new"]),
                ("/m/d", &["/u/d", "/l,1/d"]),
                ("/m/d/x", &["/l,1/d/x"]),
                ("/m/o", &["/u/o"]),
                ("/u/both", &["/m/both"]),
                ("/l,1/both", &[]),
                ("/l,1/o/x", &[]),
                ("/l:2/second", &["/m/second"]),
                ("/bound/file", &["/x/sub/file"]),
                ("/x/sub/file", &["/bound/file"]),
                ("/x/other", &[]),
                ("/elsewhere", &[]),
            ],
        );
    }

    #[test]
    fn a_renamed_directory_has_its_old_name_below() {
        let disk = Disk {
            files: &[
                "/u/", "/u/new/", "/u/old", "/u/d/", "/u/d/n/", "/l/", "/l/old/", "/l/old/f", "/l/d/", "/l/d/o/",
                "/l/d/o/g",
            ],
            notes: HashMap::from([(("/u/new", "redirect"), "/old"), (("/u/d/n", "redirect"), "o")]),
        };
        let text = "2 1 0:40 / /m rw - overlay overlay rw,lowerdir=/l,upperdir=/u,workdir=/w\n";
        let overlays = Mounts::parse(text.as_bytes()).overlays(&disk);
        for (path, expected) in [("/l/old/f", true), ("/l/d/o/g", false), ("/l/old", false), ("/m/old/f", false)] {
            let unknown = overlays[0].unknown(path.as_bytes(), &disk);
            assert_eq!(unknown, expected.then_some(Unknown::Place(b"/m")), "{path}");
        }
        check(
            text,
            &disk,
            &[("/m/new/f", &["/l/old/f"]), ("/m/d/n/g", &["/l/d/o/g"]), ("/m/new", &["/u/new", "/l/old"])],
        );
    }

    #[test]
    fn relative_layers_are_looked_for() {
        let disk = Disk {
            files: &["/wrong/l/", "/base/l/", "/base/l/f", "/base/u/", "/r/l/", "/r/l/g"],
            notes: HashMap::new(),
        };
        let text = "2 1 0:40 / /m rw - overlay overlay rw,lowerdir=l,upperdir=u,workdir=w\n";
        check(text, &disk, &[("/m/f", &["/base/l/f"]), ("/base/l/f", &["/m/f"]), ("/wrong/l/f", &[])]);
        let none = Disk { files: &["/wrong/l/", "/r/m/"], notes: HashMap::new() };
        for (point, expected) in [("/m", true), ("/", false)] {
            let text = format!("2 1 0:40 / {point} rw - overlay overlay rw,lowerdir=l\n");
            let overlays = Mounts::parse(text.as_bytes()).overlays(&none);
            assert_eq!(overlays.iter().any(|overlay| overlay.unknown(b"/m/f", &none).is_some()), expected, "{point}");
        }
        // From a directory above.
        let text = "2 1 0:40 / /r/m rw - overlay overlay rw,lowerdir=l\n";
        check(text, &disk, &[("/r/m/g", &["/r/l/g"])]);
    }
}
