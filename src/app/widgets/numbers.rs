//! Numbers as people read them, as [`number`] writes them; and times as the window tells them.

use crate::figure::number;

pub(crate) use crate::figure::number::flops;
pub(crate) use crate::figure::number::reduction as factor;
pub(crate) use crate::figure::number::significant;

/// `3,120`.
pub(crate) fn count(value: u64) -> String {
    number::count(usize::try_from(value).unwrap_or(usize::MAX))
}

/// A share as whole percent, without the sign.
pub(crate) fn percent(share: f64) -> String {
    format!("{:.0}", share * 100.0)
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
    fn times_are_told_roughly() {
        let told = [0.4, 41.0, 370.0, 7300.0].map(duration);
        assert_eq!(told, ["less than 1 s", "about 41 s", "about 6 min", "about 2 h"], "in words");
    }
}
