//! Names from data on one line.

use std::borrow::Cow;

/// Line breaks, tabs and other control characters as blanks: a name from a data file must not reach into the next row.
#[must_use]
pub fn one_line(text: &str) -> Cow<'_, str> {
    let breaks = |sign: char| sign.is_control() || matches!(sign, '\u{2028}' | '\u{2029}');
    if text.contains(breaks) {
        Cow::Owned(text.chars().map(|sign| if breaks(sign) { ' ' } else { sign }).collect())
    } else {
        Cow::Borrowed(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_breaks_a_line_is_a_blank() {
        assert_eq!(one_line("two\nlines\r\tand\u{1b}[31m\u{2028}more"), "two lines  and [31m more", "blanks");
        assert!(matches!(one_line("naïve, \"=1+1\""), Cow::Borrowed(_)), "everything else stays as it is");
    }
}
