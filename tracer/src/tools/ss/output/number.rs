//! Numbers as printf(3) writes them.

/// `%.{precision}g`: so many significant digits, no zeroes at the end, an exponent for the very large and small.
pub fn general(value: f64, precision: usize) -> String {
    if value == 0.0 || !value.is_finite() {
        return format!("{value}");
    }
    let precision = precision.max(1);
    let scientific = format!("{value:.*e}", precision - 1);
    let Some((mantissa, exponent)) = scientific.split_once('e') else { return scientific };
    let exponent: i32 = exponent.parse().unwrap_or(0);
    if exponent < -4 || exponent >= precision as i32 {
        let sign = if exponent < 0 { '-' } else { '+' };
        return format!("{}e{sign}{:02}", trimmed(mantissa), exponent.abs());
    }
    let decimals = (precision as i32 - 1 - exponent).max(0) as usize;
    trimmed(&format!("{value:.decimals$}")).to_owned()
}

/// µs in milliseconds, as `%g` writes them.
pub fn millis(micros: u32) -> String {
    // Six digits are exact below a second, and most are.
    match (micros / 1000, micros % 1000) {
        (whole, 0) if whole < 1000 => whole.to_string(),
        (whole, rest) if whole < 1000 => trimmed(&format!("{whole}.{rest:03}")).to_owned(),
        _ => general(f64::from(micros) / 1000.0, 6),
    }
}

/// Without zeroes behind the point.
fn trimmed(text: &str) -> &str {
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { text }
}

/// A rate in bits per second, with a prefix unless it is to be shown as it is.
pub fn rate(bits: f64, numeric: bool) -> String {
    match bits {
        _ if numeric => format!("{bits:.0}"),
        _ if bits >= 1e12 => format!("{}T", general(bits / 1e12, 3)),
        _ if bits >= 1e9 => format!("{}G", general(bits / 1e9, 3)),
        _ if bits >= 1e6 => format!("{}M", general(bits / 1e6, 3)),
        _ if bits >= 1e3 => format!("{}k", general(bits / 1e3, 3)),
        _ => general(bits, 6),
    }
}

/// A time until a timer expires: `1min32sec`, `1.234ms` for a second and 234 ms, `200ms`.
pub fn timeout(milliseconds: u32) -> String {
    let (minutes, mut seconds, mut rest) = (milliseconds / 60_000, milliseconds / 1000 % 60, milliseconds % 1000);
    let mut text = String::new();
    if minutes > 0 {
        rest = 0;
        text = format!("{minutes}min");
        if minutes > 9 {
            seconds = 0;
        }
    }
    if seconds > 0 {
        if seconds > 9 {
            rest = 0;
        }
        text += &format!("{seconds}{}", if rest > 0 { "." } else { "sec" });
    }
    if rest > 0 {
        text += &format!("{rest:03}ms");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_printf_s() {
        let check = |value, precision, expected: &str| assert_eq!(general(value, precision), expected);
        check(0.0, 6, "0");
        check(0.033, 6, "0.033");
        check(204.0, 6, "204");
        check(1234567.0, 6, "1.23457e+06");
        check(999999.5, 6, "1e+06");
        check(0.00001, 6, "1e-05");
        check(100_000.0, 6, "100000");
        check(12.345678, 6, "12.3457");
        check(26.2, 3, "26.2");
        check(999.9, 3, "1e+03");
        for micros in [0, 1, 10, 999, 1000, 1001, 40_000, 204_000, 999_999, 1_000_000, 1_234_567, 3_000_000, u32::MAX] {
            assert_eq!(millis(micros), general(f64::from(micros) / 1000.0, 6), "{micros}");
        }
        assert_eq!(rate(26_214_400.0, false), "26.2M");
        assert_eq!(rate(999.0, false), "999");
        assert_eq!(rate(26_214_400.0, true), "26214400");
    }

    #[test]
    fn times_until_are_as_ss_has_them() {
        for (milliseconds, expected) in [
            (0, ""),
            (200, "200ms"),
            (7, "007ms"),
            (1234, "1.234ms"),
            (9000, "9sec"),
            (59_999, "59sec"),
            (61_500, "1min1sec"),
            (600_000, "10min"),
            (661_000, "11min"),
        ] {
            assert_eq!(timeout(milliseconds), expected);
        }
    }
}
