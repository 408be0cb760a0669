//! What globs match, by tables, and against a matcher that is too simple to be wrong.

use proptest::prelude::*;

use super::*;

fn variables() -> Vec<String> {
    ["HOME", "TARGET"].map(str::to_owned).to_vec()
}

fn path_matches(glob: &str, path: &[u8]) -> bool {
    let known = |name: &str| match name {
        "HOME" => Some(vec![b"h".to_vec(), b"u*\xff".to_vec()]),
        _ => None,
    };
    let glob = PathGlob::parse(glob, &variables()).unwrap_or_else(|flaw| panic!("{glob}: {}", flaw.message));
    let names: Vec<&[u8]> = path.split(|&b| b == b'/').filter(|name| !name.is_empty()).collect();
    glob.resolve(&known).iter().any(|pattern| components_match(pattern, &names))
}

#[test]
fn globs_of_paths() {
    for (glob, path, expected) in [
        ("/", "/", true),
        ("/", "/a", false),
        ("/a", "/a", true),
        ("/a", "/a/b", false),
        ("/a/*", "/a/b", true),
        ("/a/*", "/a", false),
        ("/a/*", "/a/b/c", false),
        ("/a/**", "/a", true),
        ("/a/**", "/a/b/c", true),
        ("/a/**", "/ab", false),
        ("/**", "/", true),
        ("/**/x", "/x", true),
        ("/**/x", "/a/b/x", true),
        ("/**/x", "/a/b/x/y", false),
        ("/**/x/**", "/a/x/b/x/c", true),
        ("/a/**/b/*.c", "/a/b/b/x.c", true),
        ("/a/**/b/*.c", "/a/x/b/y/b/x.c", true),
        ("/a/**/b/*.c", "/a/x/b/y/x.c", false),
        ("/a/**/**/b", "/a/b", true),
        ("/*.rs", "/.rs", true),
        ("/a*b*c", "/aXbYbZc", true),
        ("/a*b*c", "/aXbYbZ", false),
        ("/a?c", "/abc", true),
        ("/a?c", "/a/c", false),
        ("/[a-c]x", "/bx", true),
        ("/[a-c]x", "/dx", false),
        ("/[!a-c]x", "/dx", true),
        ("/[^a-c]x", "/ax", false),
        ("/[]x]y", "/]y", true),
        ("/[a-]y", "/-y", true),
        ("/[\\]]y", "/]y", true),
        ("/a[!b]c", "/a/c", false),
        ("/{a,b/c}/d", "/b/c/d", true),
        ("/{a,b/c}/d", "/b/d", false),
        ("/x{,.bak}", "/x", true),
        ("/x{,.bak}", "/x.bak", true),
        ("{/usr,/opt}/{a,b{1,2}}", "/opt/b2", true),
        ("/a,b", "/a,b", true),
        ("/\\*", "/*", true),
        ("/\\*", "/x", false),
        ("/a\\ b", "/a b", true),
        ("/a b", "/a b", true),
        ("/ü", "/ü", true),
        ("/?", "/ü", false),
        ("/??", "/ü", true),
        ("/\\xc3\\xbc", "/ü", true),
        ("$TARGET/x", "/x", false),
        ("{$TARGET,/a}/x", "/a/x", true),
    ] {
        assert_eq!(path_matches(glob, path.as_bytes()), expected, "{glob} {path}");
    }
    for (glob, path, expected) in [
        ("$HOME", &b"/h/u*\xff"[..], true),
        ("$HOME/**", b"/h/u*\xff/x", true),
        ("$HOME/**", b"/h/uX\xff/x", false),
        ("/*/u\\*\\xff", b"/h/u*\xff", true),
        ("/\\xff", b"/\xff", true),
        ("/[!a]", b"/\xff", true),
    ] {
        assert_eq!(path_matches(glob, path), expected, "{glob} {path:?}");
    }
}

#[test]
fn globs_of_names() {
    for (glob, name, expected) in [
        ("cargo", "cargo", true),
        ("python3*", "python3.11", true),
        ("{gcc,cc}", "cc", true),
        ("@/tmp/*", "@/tmp/a/b", true),
        ("@**", "@a/b", true),
        ("*", "", true),
    ] {
        let glob_ = NameGlob::parse(glob).unwrap_or_else(|flaw| panic!("{glob}: {}", flaw.message));
        assert_eq!(glob_.matches(name.as_bytes()), expected, "{glob} {name}");
    }
    for (glob, name, expected) in [
        ("mycrate::net *", "mycrate::net it::works", true),
        ("test_a[1-2]", "test_a[1-2]", true),
        ("test_a[1-2]", "test_a1", false),
        ("{a,b}", "a", false),
        ("a\\*", "a*", true),
        ("a\\*", "ab", false),
        ("t?", "tx", true),
    ] {
        let glob_ = NameGlob::unit(glob).unwrap_or_else(|flaw| panic!("{glob}: {}", flaw.message));
        assert_eq!(glob_.matches(name.as_bytes()), expected, "{glob} {name}");
    }
}

#[test]
fn globs_have_bounds() {
    assert!(PathGlob::parse(&"/{a,b}".repeat(8), &[]).is_ok());
    assert!(PathGlob::parse(&"/{a,b}".repeat(9), &[]).is_err());
    assert!(PathGlob::parse(&format!("/{}", "{".repeat(100)), &[]).is_err());
    assert!(PathGlob::parse(&"/a".repeat(5000), &[]).is_err());
    // What would be exponential for a matcher that takes back everything.
    let glob = format!("/{}b", "a*".repeat(500));
    assert!(!path_matches(&glob, format!("/{}", "a".repeat(4000)).as_bytes()));
    let glob = format!("{}/b", "/**/a".repeat(200));
    assert!(!path_matches(&glob, "/a".repeat(2000).as_bytes()));
}

/// Matches by trying everything; only for globs without braces and escapes. It knows paths as bytes, not as names.
fn reference(glob: &[u8], path: &[u8]) -> bool {
    if (glob == b"/**" || glob.starts_with(b"/**/")) && matches!(path.first(), None | Some(b'/')) {
        let rest = &glob[3..];
        let ends = (0..=path.len()).filter(|&at| at == path.len() || path[at] == b'/');
        return ends.into_iter().any(|at| reference(rest, &path[at..]));
    }
    match (glob.first(), path.first()) {
        (None, None) => true,
        (Some(b'*'), _) => {
            reference(&glob[1..], path) || path.first().is_some_and(|&b| b != b'/') && reference(glob, &path[1..])
        }
        (Some(b'?'), Some(&b)) => b != b'/' && reference(&glob[1..], &path[1..]),
        (Some(b'['), Some(&b)) => {
            let close = glob.iter().position(|&b| b == b']').unwrap_or_default();
            let (not, inside) = glob[1..close].strip_prefix(b"!").map_or((false, &glob[1..close]), |rest| (true, rest));
            b != b'/' && inside.contains(&b) != not && reference(&glob[close + 1..], &path[1..])
        }
        (Some(a), Some(b)) => a == b && reference(&glob[1..], &path[1..]),
        _ => false,
    }
}

fn glob_name() -> impl Strategy<Value = String> {
    let wild = "([abc]|\\*|\\?|\\[ab\\]|\\[!a\\]){1,5}".prop_map(|name| name.replace("**", "*").replace("**", "*"));
    prop_oneof![2 => wild.prop_filter("one star", |name| !name.contains("**")), 1 => Just("**".to_owned())]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn matching_agrees_with_the_reference(
        glob in prop::collection::vec(glob_name(), 1..5),
        path in prop::collection::vec("[abc]{1,4}", 1..6),
    ) {
        let (glob, path) = (format!("/{}", glob.join("/")), format!("/{}", path.join("/")));
        prop_assert_eq!(path_matches(&glob, path.as_bytes()), reference(glob.as_bytes(), path.as_bytes()), "{} {}", glob, path);
    }

    #[test]
    fn any_text_is_a_glob_or_an_error(text in "(/|\\*|\\?|\\[|\\]|\\{|\\}|,|\\\\|\\$|x|HOME|ü|-|!|~|\\.| ){0,24}", path in prop::collection::vec(any::<u8>(), 0..20)) {
        for parsed in [PathGlob::parse(&text, &variables()).map(|glob| glob.resolve(&|_| Some(Vec::new())))] {
            match parsed {
                Ok(patterns) => {
                    let names: Vec<&[u8]> = path.split(|&b| b == b'/').collect();
                    patterns.iter().for_each(|pattern| { components_match(pattern, &names); });
                }
                Err(flaw) => prop_assert!(text.is_char_boundary(flaw.at.start.min(text.len())), "{} {:?}", text, flaw),
            }
        }
        for glob in [NameGlob::parse(&text), NameGlob::unit(&text)].into_iter().flatten() {
            glob.matches(&path);
        }
    }

    #[test]
    fn what_is_escaped_matches_itself_alone(name in prop::collection::vec(any::<u8>().prop_filter("a name", |b| *b != 0 && *b != b'/'), 1..20), other in "[ab*]{1,3}") {
        prop_assume!(name != b"." && name != b"..");
        let glob = format!("/{}", escape(&name));
        let is = |path: &[u8]| path_matches(&glob, &[b"/", path].concat());
        prop_assert!(is(&name), "{}", glob);
        prop_assert_eq!(is(other.as_bytes()), other.as_bytes() == name);
    }
}
