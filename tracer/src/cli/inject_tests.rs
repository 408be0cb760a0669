//! The grammar of changed calls, by what each word comes to; what strace says of whole expressions is held in `commands/tests`.

use super::*;

#[test]
fn invocations_are_chosen() {
    let check = |value, expected: Option<(u16, Option<u16>, u16)>| {
        let expected = expected.map(|(first, last, step)| When { first, last, step });
        assert_eq!(when(value), expected, "{value:?}");
    };
    check("1", Some((1, None, 0)));
    check("3+", Some((3, None, 1)));
    check("3+2", Some((3, None, 2)));
    check("3..5", Some((3, Some(5), 1)));
    check("3..5+", Some((3, Some(5), 1)));
    check("3..9+2", Some((3, Some(9), 2)));
    check("5..5", Some((5, Some(5), 1)));
    check(" +7", Some((7, None, 0)));
    check("65535", Some((65535, None, 0)));
    check("1..65534+65535", Some((1, Some(65534), 65535)));
    for wrong in [
        "", "0", "-1", "65536", "a", "1a", "1.", "1...2", "1..", "1..0", "5..4", "1..65535", "1+0", "1+a", "1++",
        "1..2+0", "1..2..3", "1+2..3", "..2", "+",
    ] {
        check(wrong, None);
    }
}

#[test]
fn delays_are_strace_s() {
    let check = |value, expected: Option<u64>| {
        assert_eq!(delay(value), expected.map(Duration::from_nanos), "{value:?}");
    };
    check("0", Some(0));
    check("1", Some(1000));
    check("+15us", Some(15_000));
    check("20ms", Some(20_000_000));
    check("3s", Some(3_000_000_000));
    check("1500ns", Some(1500));
    check("1.5", Some(1500));
    check(".5s", Some(500_000_000));
    check("1.", Some(1000));
    check("1e3us", Some(1_000_000));
    check("1e-3s", Some(1_000_000));
    check("12e0ms", Some(12_000_000));
    for wrong in ["", "x", "-1", "-1.5", "1x", "1m", "1 s", "1e", "1e999", "0x1", "1.5.2", "s", "1us2", "."] {
        check(wrong, None);
    }
}

#[test]
fn values_are_strtoull_s() {
    let check = |value, expected| assert_eq!(unsigned(value), expected, "{value:?}");
    check("0", Some(0));
    check("42", Some(42));
    check("0x2a", Some(42));
    check("0X2A", Some(42));
    check("052", Some(42));
    check("0b101010", Some(42));
    check(" +7", Some(7));
    check("-1", Some(u64::MAX));
    check("18446744073709551615", Some(u64::MAX));
    for wrong in ["", "x", "08", "0x", "0b", "0b2", "1x", "18446744073709551616", "--1", "+-1", "1 "] {
        check(wrong, None);
    }
}

#[test]
fn errors_have_names_and_numbers() {
    let check = |value, expected| assert_eq!(error(value), expected, "{value:?}");
    check("ENOENT", Some(2));
    check("enoent", Some(2));
    check("2", Some(2));
    check("4095", Some(4095));
    check("ERESTARTSYS", Some(512));
    for wrong in ["", "0", "4096", "-2", "ENOTHING", "2x"] {
        check(wrong, None);
    }
}

#[test]
fn only_calls_without_effect_stand_in() {
    let check = |value, expected: bool| assert_eq!(without_effect(value).is_some(), expected, "{value:?}");
    check("getpid", true);
    check("getuid", true);
    check("write", false);
    check("fork", false);
    // Only one of the two kinds of program has them.
    check("getuid32", false);
    check("nosuch", false);
}

#[test]
fn surprising_values_are_told() {
    let check = |value, expected: Option<&str>| assert_eq!(surprise(value).as_deref(), expected, "{value:#x}");
    check(0, None);
    check(u64::from(u32::MAX) - 4095, None);
    check(u64::MAX, Some("Inadvertent injection of error 1 is possible for retval=18446744073709551615"));
    check(
        0xffff_fffa,
        Some("Inadvertent injection of error 6 is possible in compat personality for retval=4294967290"),
    );
    check(0x1_0000_0002, Some("Injected return value 4294967298 will be clipped to 2 in compat personality"));
}

#[test]
fn bytes_go_to_arguments() {
    let check = |value, expected: Option<&[(usize, &[u8])]>| {
        let mut slot = Vec::new();
        let poked = pokes(&mut slot, value).map(|()| slot);
        let expected =
            expected.map(|all| all.iter().map(|&(arg, bytes)| Poke { arg, bytes: bytes.to_vec() }).collect::<Vec<_>>());
        assert_eq!(poked, expected, "{value:?}");
    };
    check("@arg1=00", Some(&[(0, &[0])]));
    check("@arg2=DEADbeef,@arg7=01", Some(&[(1, &[0xde, 0xad, 0xbe, 0xef]), (6, &[1])]));
    for wrong in [
        "",
        ",",
        "@arg1",
        "@arg1=",
        "@arg1=0",
        "@arg1=zz",
        "@arg0=00",
        "@arg8=00",
        "@arg11=00",
        "arg1=00",
        "@arg1=00,@arg1=01",
        "@arg1=00,x",
    ] {
        check(wrong, None);
    }
    check(&format!("@arg1={}", "0".repeat(2050)), None);
}
