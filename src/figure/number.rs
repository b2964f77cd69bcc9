//! Numbers as people read them: the same in the window and in figures.

/// A rate or score with three decimals: `0.884`.
#[must_use]
pub fn rate(value: f64) -> String {
    signed(format!("{value:.3}"))
}

/// A true minus, and none before a zero: what rounds to nothing has no sign.
#[must_use]
pub fn signed(text: String) -> String {
    let is_zero = |digits: &str| digits.bytes().all(|byte| matches!(byte, b'0' | b'.'));
    match text.strip_prefix(['-', '+']) {
        Some(digits) if is_zero(digits) => digits.to_owned(),
        _ => with_true_minus(text),
    }
}

/// A change with its sign and a true minus: `+0.012`, `−0.008`; `0.000` carries none.
#[must_use]
pub fn change(value: f64) -> String {
    signed(format!("{value:+.3}"))
}

/// An interval in brackets: `[0.861, 0.904]`.
#[must_use]
pub fn interval((low, high): (f64, f64)) -> String {
    format!("[{}, {}]", rate(low), rate(high))
}

/// An interval of a change: `[−0.021, +0.005]`.
#[must_use]
pub fn change_interval((low, high): (f64, f64)) -> String {
    format!("[{}, {}]", change(low), change(high))
}

/// How many times less: `÷1.52`, `÷12.3`.
#[must_use]
pub fn reduction(value: f64) -> String {
    format!("÷{}", significant(value))
}

/// How many times as fast: `1.92×`.
#[must_use]
pub fn times(value: f64) -> String {
    format!("{}×", significant(value))
}

/// An interval of a factor: `[1.88×, 1.97×]`.
#[must_use]
pub fn times_interval((low, high): (f64, f64)) -> String {
    format!("[{}, {}]", times(low), times(high))
}

/// A p-value with three decimals: `0.047`, `<0.001`.
#[must_use]
pub fn p_value(value: f64) -> String {
    if value < 0.001 { "<0.001".to_owned() } else { format!("{value:.3}") }
}

/// Seconds in the unit that suits a pass of a model: `12.3 ms`, from ten seconds on `12.3 s`.
#[must_use]
pub fn duration(seconds: f64) -> String {
    if seconds >= 10.0 {
        format!("{} s", significant(seconds))
    } else if seconds.abs() < 5e-7 {
        "0 ms".to_owned()
    } else {
        format!("{} ms", significant(seconds * 1e3))
    }
}

/// From one duration to another: `12.0–13.1 ms`.
#[must_use]
pub fn duration_range(from: f64, to: f64) -> String {
    let (low, high) = (duration(from), duration(to));
    match (low.split_once(' '), high.split_once(' ')) {
        (Some((low, unit)), Some((_, other))) if unit == other => format!("{low}–{high}"),
        _ => format!("{low}–{high}"),
    }
}

/// Three significant digits: `1.52`, `12.3`, `0.0121`; with an exponent below a ten-thousandth: `3.10e-7`.
#[must_use]
pub fn significant(value: f64) -> String {
    if value == 0.0 || !value.is_finite() {
        return signed(format!("{value}"));
    }
    if value.abs() < 1e-4 {
        return with_true_minus(format!("{value:.2e}"));
    }
    let mut decimals = 0_usize;
    let mut scaled = value.abs();
    while scaled < 99.95 {
        scaled *= 10.0;
        decimals += 1;
    }
    with_true_minus(format!("{value:.decimals$}"))
}

/// A count with commas: `3,120`.
#[must_use]
pub fn count(value: usize) -> String {
    let digits = value.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// An amount of computation with its unit: `41.2 MFLOPs`.
#[must_use]
pub fn flops(flops: u64) -> String {
    let value = flops as f64;
    let units = [(1e12, "TFLOPs"), (1e9, "GFLOPs"), (1e6, "MFLOPs"), (1e3, "kFLOPs")];
    match units.into_iter().find(|(size, _)| value >= *size) {
        Some((size, unit)) => format!("{} {unit}", significant(value / size)),
        None => format!("{flops} FLOPs"),
    }
}

/// A large number as a count with three significant digits: `83,100`.
#[must_use]
pub fn rounded_count(value: f64) -> String {
    if !value.is_finite() || value < 1000.0 {
        return significant(value);
    }
    let unit = 10_f64.powf(value.log10().floor() - 2.0);
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "finite, at least 1000; saturates")]
    let rounded = ((value / unit).round() * unit).round() as usize;
    count(rounded)
}

fn with_true_minus(text: String) -> String {
    match text.strip_prefix('-') {
        Some(rest) => format!("−{rest}"),
        None => text,
    }
}

/// "about 40 s", "about 6 min", "about 2 h".
#[must_use]
pub fn rough_duration(secs: f64) -> String {
    match secs {
        secs if secs < 1.0 => "less than 1 s".to_owned(),
        secs if secs < 90.0 => format!("about {secs:.0} s"),
        secs if secs < 5400.0 => format!("about {:.0} min", secs / 60.0),
        secs => format!("about {:.0} h", secs / 3600.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_rounds_to_nothing_has_no_sign() {
        for (written, expected) in [
            (rate(-0.0001), "0.000"),
            (rate(-0.02), "−0.020"),
            (change(-0.0004), "0.000"),
            (significant(-0.0), "0"),
            (signed("-0.0".to_owned()), "0.0"),
            (signed("+0.25".to_owned()), "+0.25"),
        ] {
            assert_eq!(written, expected, "no sign before a zero");
        }
    }

    #[test]
    fn numbers_read_as_in_print() {
        assert_eq!(rate(0.88449), "0.884", "three decimals");
        assert_eq!(change(-0.0079), "−0.008", "a true minus");
        assert_eq!(change(0.0121), "+0.012", "a plus");
        assert_eq!(change(-0.0001), "0.000", "no sign on nothing");
        assert_eq!(interval((0.861, 0.904)), "[0.861, 0.904]", "brackets");
        assert_eq!(reduction(1.5234), "÷1.52", "three digits");
        assert_eq!(times_interval((1.884, 1.971)), "[1.88×, 1.97×]", "factors");
        assert_eq!(rounded_count(83_149.7), "83,100", "three digits of a large count");
        assert_eq!(rounded_count(12.34), "12.3", "and of a small one");
        assert_eq!(duration(0.01234), "12.3 ms", "milliseconds");
        assert_eq!(duration(12.34), "12.3 s", "seconds once there are many");
        assert_eq!(duration(-1e-17), "0 ms", "rounding noise is nothing");
        assert_eq!(duration_range(0.012, 0.0131), "12.0–13.1 ms", "the unit once");
        assert_eq!(duration_range(9.5, 11.0), "9500 ms–11.0 s", "both units where they differ");
        assert_eq!(significant(123.4), "123", "no decimals needed");
        assert_eq!(significant(12.34), "12.3", "one");
        assert_eq!(significant(0.01214), "0.0121", "leading zeros do not count");
        assert_eq!(significant(-2.0), "−2.00", "a true minus");
        assert_eq!(significant(1234.5), "1234", "no digits after the point are left");
        assert_eq!(significant(99.97), "100", "three digits after rounding too");
        assert_eq!(significant(0.000_123_4), "0.000123", "the smallest without an exponent");
        assert_eq!(significant(-3.1e-7), "−3.10e-7", "an exponent instead of a row of zeros");
        let amounts = [
            (0, "0 FLOPs"),
            (999, "999 FLOPs"),
            (1_500, "1.50 kFLOPs"),
            (41_230_000, "41.2 MFLOPs"),
            (412_300_000, "412 MFLOPs"),
            (22_350_000_000, "22.4 GFLOPs"),
        ];
        for (amount, text) in amounts {
            assert_eq!(flops(amount), text, "{amount} operations");
        }
        for (value, text) in [(0, "0"), (999, "999"), (3120, "3,120"), (1234567, "1,234,567")] {
            assert_eq!(count(value), text, "count of {value}");
        }
    }

    #[test]
    fn times_are_told_roughly() {
        let told = [0.4, 41.0, 370.0, 7300.0].map(rough_duration);
        assert_eq!(told, ["less than 1 s", "about 41 s", "about 6 min", "about 2 h"], "in words");
    }
}
