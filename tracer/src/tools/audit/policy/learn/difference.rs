//! How a text differs from another that has been added to, in the form of diff(1).

/// The lines that differ, with the places where they stand; empty where the texts are the same.
pub fn difference(name: &str, old: &str, new: &str) -> String {
    if old == new {
        return String::new();
    }
    let (old, new): (Vec<&str>, Vec<&str>) = (old.lines().collect(), new.lines().collect());
    let mut out = format!("--- {name}\n+++ {name} (learned)\n");
    let (mut at, mut to) = (0, 0);
    while at < old.len() || to < new.len() {
        if at < old.len() && old.get(at) == new.get(to) {
            (at, to) = (at + 1, to + 1);
            continue;
        }
        // A piece ends where an old line stands again in the new text.
        let (start, begin) = (at, to);
        let met =
            (at..old.len()).find_map(|next| Some((next, to + new[to..].iter().position(|line| *line == old[next])?)));
        (at, to) = met.unwrap_or((old.len(), new.len()));
        out.push_str(&format!("@@ -{},{} +{},{} @@\n", start + 1, at - start, begin + 1, to - begin));
        old[start..at].iter().for_each(|line| out.push_str(&format!("-{line}\n")));
        new[begin..to].iter().for_each(|line| out.push_str(&format!("+{line}\n")));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_that_differ_are_told() {
        let check = |old: &str, new: &str, expected: &str| assert_eq!(difference("p", old, new), expected, "{old:?}");
        check("a\nb\n", "a\nb\n", "");
        check("a\nb\n", "a\nx\nb\n", "--- p\n+++ p (learned)\n@@ -2,0 +2,1 @@\n+x\n");
        check("a\nb\n", "a\nb\nx\n", "--- p\n+++ p (learned)\n@@ -3,0 +3,1 @@\n+x\n");
        check("a\nb\nc\n", "a\nB\nx\nc\n", "--- p\n+++ p (learned)\n@@ -2,1 +2,2 @@\n-b\n+B\n+x\n");
        check("a\n", "b\n", "--- p\n+++ p (learned)\n@@ -1,1 +1,1 @@\n-a\n+b\n");
    }
}
