//! Numbers as people read them: three significant digits, thin groups, units.

/// `41.2 MFLOPs`.
pub(crate) fn flops(flops: u64) -> String {
    let value = flops as f64;
    let units = [(1e12, "TFLOPs"), (1e9, "GFLOPs"), (1e6, "MFLOPs"), (1e3, "kFLOPs")];
    match units.into_iter().find(|(size, _)| value >= *size) {
        Some((size, unit)) => format!("{} {unit}", significant(value / size)),
        None => format!("{flops} FLOPs"),
    }
}

/// `3,120`.
pub(crate) fn count(value: u64) -> String {
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

/// A share as whole percent, without the sign.
pub(crate) fn percent(share: f64) -> String {
    format!("{:.0}", share * 100.0)
}

/// Three significant digits, no exponent for everyday sizes.
pub(crate) fn significant(value: f64) -> String {
    if value == 0.0 || !value.is_finite() {
        return format!("{}", value + 0.0);
    }
    let magnitude = value.abs().log10().floor();
    if !(-4.0..6.0).contains(&magnitude) {
        return format!("{value:.2e}");
    }
    let decimals = (2.0 - magnitude).max(0.0);
    // Between 0 and 6 by the check above.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a whole number from 0 to 6")]
    let decimals = decimals as usize;
    format!("{value:.decimals$}")
}

/// `÷1.52`.
pub(crate) fn factor(value: f64) -> String {
    format!("÷{}", significant(value))
}

/// "about 40 s", "about 6 min", "about 2 h".
pub(crate) fn duration(secs: f64) -> String {
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
    fn numbers_read_as_written_by_hand() {
        assert_eq!(flops(41_234_567), "41.2 MFLOPs", "three digits and a unit");
        assert_eq!(flops(999), "999 FLOPs", "small ones stay whole");
        assert_eq!(count(3_120), "3,120", "groups of three");
        assert_eq!(count(100), "100", "no group");
        assert_eq!(count(1_234_567), "1,234,567", "two groups");
        assert_eq!(significant(0.012345), "0.0123", "leading zeros do not count");
        assert_eq!(significant(1234.5), "1234", "no digits after the point are left");
        assert_eq!(significant(-0.5), "-0.500", "the sign stays");
        assert_eq!(factor(1.5234), "÷1.52", "a factor");
    }

    #[test]
    fn times_are_told_roughly() {
        let told = [0.4, 41.0, 370.0, 7300.0].map(duration);
        assert_eq!(told, ["less than 1 s", "about 41 s", "about 6 min", "about 2 h"], "in words");
    }
}
