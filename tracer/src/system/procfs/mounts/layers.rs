//! Directories that an overlay lays over one another: a file that it shows is the file of the first of them that has it.

use super::{Mount, Mounts, below, joined, unescape};

/// An overlay, by what is seen of its mount.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Overlay {
    /// Where it is mounted.
    point: Vec<u8>,
    /// The directories that are laid over one another there, the uppermost first; by the names that they had when it was mounted.
    layers: Vec<Vec<u8>>,
}

impl Mounts {
    /// The overlays, with those of their layers that `exists` finds: others were mounted elsewhere, or under names that are gone.
    pub fn overlays(&self, exists: impl Fn(&[u8]) -> bool) -> Vec<Overlay> {
        let overlay = |mount: &Mount| {
            let layers =
                layers(&mount.options).into_iter().filter_map(|layer| Some(joined(&layer, below(b"/", &mount.root)?)));
            let layers: Vec<Vec<u8>> = layers.filter(|layer| exists(layer)).collect();
            (!layers.is_empty()).then(|| Overlay { point: mount.point.clone(), layers })
        };
        self.own.iter().filter(|mount| mount.kind == b"overlay").filter_map(overlay).collect()
    }
}

impl Overlay {
    /// The other paths of the file that has this one: in the first layer that has it, and, of one in a layer, where the overlay shows it.
    pub fn others(&self, path: &[u8], exists: impl Fn(&[u8]) -> bool) -> Vec<Vec<u8>> {
        let shown = |layer: &Vec<u8>| below(layer, path).map(|rest| joined(&self.point, rest));
        let mut others: Vec<Vec<u8>> = self.layers.iter().filter_map(shown).collect();
        if let Some(rest) = below(&self.point, path) {
            others.extend(self.layers.iter().map(|layer| joined(layer, rest)).find(|path| exists(path)));
        }
        others
    }
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
    upper.into_iter().chain(lower).filter(|layer| layer.starts_with(b"/")).collect()
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
    use super::*;

    #[test]
    fn a_file_of_an_overlay_is_that_of_a_layer() {
        let text = br"1 0 8:1 / / rw - ext4 a rw
2 1 0:40 / /m rw - overlay overlay rw,lowerdir=/l\0541:/l\134:2::/gone,upperdir=/u,workdir=/w
3 1 0:40 /sub /bound rw - overlay overlay rw,lowerdir+=/x,lowerdir+=relative
";
        let there = |path: &[u8]| {
            !path.starts_with(b"/gone") && path != b"/u/lower" && path != b"/u/second" && path != b"/l,1/second"
        };
        let overlays = Mounts::parse(text).overlays(there);
        let check = |path: &str, expected: &[&str]| {
            let others = overlays.iter().flat_map(|overlay| overlay.others(path.as_bytes(), there));
            let others: Vec<String> = others.map(|path| String::from_utf8_lossy(&path).into_owned()).collect();
            assert_eq!(others, expected, "{path}");
        };
        check("/m/both", &["/u/both"]);
        check("/m/lower", &["/l,1/lower"]);
        check("/m/second", &["/l:2/second"]);
        check("/u/both", &["/m/both"]);
        check("/l:2/second", &["/m/second"]);
        check("/bound/file", &["/x/sub/file"]);
        check("/x/sub/file", &["/bound/file"]);
        check("/x/other", &[]);
        check("/elsewhere", &[]);
    }
}
