//! What a learned policy allows beyond what was seen, in words.

use std::collections::BTreeSet;

/// Columns of a line.
const WIDE: usize = 110;
/// Names that are told at most.
const MOST: usize = 12;

/// Says which names have `*` and `?` in these objects of rules, and which directories are `**`.
pub fn generalised<'o>(objects: impl Iterator<Item = &'o str>) -> Vec<String> {
    let (mut names, mut whole) = (BTreeSet::new(), BTreeSet::new());
    for object in objects.filter(|object| object.starts_with(['/', '$'])) {
        let mut end = 0;
        for name in object.split('/') {
            end += name.len() + 1;
            match name {
                // The name alone tells nothing.
                "*" => _ = names.insert(&object[..end - 1]),
                name if name != "**" && is_wild(name) => _ = names.insert(name),
                _ => {}
            }
        }
        whole.extend(object.strip_suffix("/**"));
    }
    let mut lines = Vec::new();
    list("Names that differ from run to run have * and ?: ", &names, &mut lines);
    list("Directories of which much is used are **: ", &whole, &mut lines);
    lines
}

/// Whether a glob has a star or a question mark that stands for something.
fn is_wild(glob: &str) -> bool {
    let mut escaped = false;
    glob.bytes().any(|byte| {
        let wild = matches!(byte, b'*' | b'?') && !escaped;
        escaped = byte == b'\\' && !escaped;
        wild
    })
}

fn list(title: &str, items: &BTreeSet<&str>, lines: &mut Vec<String>) {
    if items.is_empty() {
        return;
    }
    let mut line = title.to_owned();
    for (nth, item) in items.iter().take(MOST).enumerate() {
        if nth > 0 {
            line.push_str(", ");
        }
        if line.len() + item.len() > WIDE {
            lines.push(std::mem::replace(&mut line, "  ".to_owned()).trim_end().to_owned());
        }
        line.push_str(item);
    }
    if items.len() > MOST {
        line.push_str(&format!(", and {} more", items.len() - MOST));
    }
    lines.push(line);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_general_is_said() {
        let check = |objects: &[&str], expected: &[&str]| {
            assert_eq!(generalised(objects.iter().copied()), expected, "{objects:?}");
        };
        check(&["/etc/passwd", "tcp 127.0.0.0/8:*", "/a/b\\*"], &[]);
        check(
            &["$TMPDIR/tmp*/x", "/usr/**", "$TMPDIR/#*", "/proc/*/maps", "/a/b?", "/a/\\?"],
            &[
                "Names that differ from run to run have * and ?: #*, /proc/*, b?, tmp*",
                "Directories of which much is used are **: /usr",
            ],
        );
    }
}
