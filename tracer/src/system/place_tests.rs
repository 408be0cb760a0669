//! Where files are made, and where not: links, strangers, directories of all.

use std::fs;
use std::io::Write;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};

use super::*;

fn dir(mode: u32) -> tempfile::TempDir {
    // The directory above must be one of ours too: links on the way are judged as well.
    let dir = tempfile::tempdir().unwrap();
    fs::set_permissions(dir.path(), fs::Permissions::from_mode(mode)).unwrap();
    dir
}

fn write(path: &Path, append: bool) -> Result<(), PlaceError> {
    let mut file = Place::find(path)?.create(append)?;
    file.write_all(b"new").unwrap();
    Ok(())
}

#[test]
fn makes_a_file_for_the_owner_alone() {
    let d = dir(0o700);
    let path = d.path().join("log");
    write(&path, false).unwrap();
    assert_eq!(fs::metadata(&path).unwrap().mode() & 0o7777, 0o600);
    assert_eq!(fs::read(&path).unwrap(), b"new");
    write(&path, true).unwrap();
    assert_eq!(fs::read(&path).unwrap(), b"newnew");
    write(&path, false).unwrap();
    assert_eq!(fs::read(&path).unwrap(), b"new");
}

#[test]
fn follows_no_link_where_others_can_write() {
    for mode in [0o1777, 0o777, 0o770] {
        let d = dir(mode);
        let victim = d.path().join("victim");
        fs::write(&victim, "precious").unwrap();
        let link = d.path().join("log");
        symlink(&victim, &link).unwrap();
        let error = write(&link, false).unwrap_err().to_string();
        assert!(error.contains("'log' is a symbolic link in a directory others can write"), "{error}");
        fs::create_dir(d.path().join("real")).unwrap();
        symlink(d.path().join("real"), d.path().join("way")).unwrap();
        let error = write(&d.path().join("way/log"), false).unwrap_err().to_string();
        assert!(error.contains("'way' is a symbolic link"), "{error}");
        assert_eq!(fs::read(&victim).unwrap(), b"precious");
    }
}

#[test]
fn follows_links_of_its_own_directories_but_not_beyond() {
    let safe = dir(0o700);
    let shared = dir(0o1777);
    symlink("target", safe.path().join("log")).unwrap();
    write(&safe.path().join("log"), false).unwrap();
    assert_eq!(fs::read(safe.path().join("target")).unwrap(), b"new");
    fs::write(safe.path().join("victim"), "precious").unwrap();
    symlink(safe.path().join("victim"), shared.path().join("trap")).unwrap();
    symlink(shared.path().join("trap"), safe.path().join("far")).unwrap();
    assert!(write(&safe.path().join("far"), false).unwrap_err().to_string().contains("'trap' is a symbolic link"));
    assert_eq!(fs::read(safe.path().join("victim")).unwrap(), b"precious");
    symlink("circle", safe.path().join("circle")).unwrap();
    assert!(matches!(write(&safe.path().join("circle"), false), Err(PlaceError::Os { .. })));
}

#[test]
fn writes_no_file_with_a_second_name_or_a_foreign_owner() {
    let d = dir(0o1777);
    let victim = d.path().join("victim");
    fs::write(&victim, "precious").unwrap();
    fs::hard_link(&victim, d.path().join("log")).unwrap();
    assert!(write(&d.path().join("log"), false).unwrap_err().to_string().contains("more than one name"));
    assert_eq!(fs::read(&victim).unwrap(), b"precious");
    nix::unistd::mkfifo(&d.path().join("fifo"), nix::sys::stat::Mode::S_IRWXU).unwrap();
    assert!(write(&d.path().join("fifo"), false).unwrap_err().to_string().contains("not a regular file"));
    if rustix::process::geteuid().is_root() {
        let theirs = d.path().join("theirs");
        fs::write(&theirs, "").unwrap();
        std::os::unix::fs::chown(&theirs, Some(12345), None).unwrap();
        assert!(write(&theirs, false).unwrap_err().to_string().contains("belongs to another user"));
    }
}

#[test]
fn knows_devices_and_plain_errors() {
    write(Path::new("/dev/null"), false).unwrap();
    Place::find(Path::new("/dev/fd/2")).unwrap().create(false).unwrap();
    let d = dir(0o700);
    for (path, text) in
        [("no/log", "No such file"), (".", "Is a directory"), ("", "Is a directory"), ("x/", "No such file")]
    {
        let error = write(&d.path().join(path), false).unwrap_err().to_string();
        assert!(error.contains(text), "{path}: {error}");
    }
    assert!(write(Path::new(""), false).unwrap_err().to_string().contains("No such file"));
}

#[test]
fn reopens_only_the_file_it_made() {
    let d = dir(0o700);
    let place = Place::find(&d.path().join("log")).unwrap();
    let file = place.create_beside(".7", false).unwrap();
    let id = file_id(&rustix::fs::fstat(&file).unwrap());
    assert!(place.reopen_beside(".7", id).unwrap().is_some());
    fs::rename(d.path().join("log.7"), d.path().join("moved")).unwrap();
    assert!(place.reopen_beside(".7", id).unwrap().is_none());
    symlink("moved", d.path().join("log.7")).unwrap();
    assert!(place.reopen_beside(".7", id).unwrap().is_none());
}

#[test]
fn a_path_in_an_error_moves_no_cursor() {
    for (path, expected) in [
        (&b"it's \"plain\" \\ \xc3\xa4"[..], "it's \"plain\" \\ \u{e4}".to_owned()),
        (b"a\x1b[31m\n\xff", "a\\u{1b}[31m\\n\\xff".to_owned()),
        ("\u{9b}\u{202e}".as_bytes(), "\\u{9b}\\u{202e}".to_owned()),
    ] {
        assert_eq!(shown(std::ffi::OsStr::from_bytes(path)), expected);
    }
}
