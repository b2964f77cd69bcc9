//! Names and texts of strangers on one line, with nothing in them that acts unseen.

use std::borrow::Cow;

/// Whether a screen shows this character, or it shapes its neighbors as its script asks, and it does nothing else.
///
/// Control characters are C0, DEL and C1 (ECMA-48, 5th edition 1991, 5.2 and 5.3); the others turn text around or break
/// lines unseen (Unicode Standard Annex 9, revision 50, 2.1 to 2.5; Boucher and Anderson 2021, "Trojan Source").
#[must_use]
pub fn is_harmless(character: char) -> bool {
    let is_hidden = matches!(character, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{2028}' | '\u{2029}');
    !character.is_control() && !is_hidden
}

/// Whether two names that differ in this character alone look the same.
fn is_unseen(character: char) -> bool {
    matches!(character, '\u{ad}' | '\u{200b}' | '\u{2060}'..='\u{2064}' | '\u{feff}')
}

/// Line breaks and tabs as blanks, other control characters, marks that turn text around and characters without width as
/// visible escapes: a name from a data file must not reach into the next row, nor pass for another one.
#[must_use]
pub fn one_line(text: &str) -> Cow<'_, str> {
    let is_plain = |sign: char| is_harmless(sign) && !is_unseen(sign);
    if text.chars().all(is_plain) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len());
    for sign in text.chars() {
        match sign {
            '\n' | '\r' | '\t' | '\u{2028}' | '\u{2029}' => shown.push(' '),
            sign if is_plain(sign) => shown.push(sign),
            sign => shown.extend(sign.escape_unicode()),
        }
    }
    Cow::Owned(shown)
}

/// The same, cut to so many characters, with "…" where something was cut: the whole belongs in a tooltip.
#[must_use]
pub fn shortened(text: &str, most: usize) -> String {
    // One more than is shown tells whether something is left; a name of many megabytes is not read to its end.
    let end = text.char_indices().nth(most + 1).map_or(text.len(), |(end, _)| end);
    let line = one_line(&text[..end]);
    match line.char_indices().nth(most) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line.into_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_breaks_a_line_is_a_blank_and_whatever_acts_unseen_is_written_out() {
        assert_eq!(one_line("two\nlines\r\tand\u{2028}more"), "two lines  and more", "blanks");
        assert_eq!(one_line("a\u{1b}[31mb"), "a\\u{1b}[31mb", "an escape sequence can be seen");
        assert_eq!(one_line("exe\u{202e}gpj"), "exe\\u{202e}gpj", "nothing is turned around");
        assert_eq!(one_line("wo\u{200b}men"), "wo\\u{200b}men", "no other group passes for women");
        for fine in ["naïve, \"=1+1\"", "שלום\u{200f}", "👩\u{200d}💻", "می\u{200c}خواهم", "東京"] {
            assert!(matches!(one_line(fine), Cow::Borrowed(_)), "{fine} stays as it is");
        }
    }

    #[test]
    fn long_names_are_cut_to_what_is_asked_for() {
        assert_eq!(shortened("women", 5), "women", "what fits stays");
        assert_eq!(shortened("women of color", 5), "women…", "cut");
        let cut = shortened(&"\u{202e}".repeat(100_000), 10);
        assert_eq!(cut, "\\u{202e}\\u…", "escapes count as what is shown");
    }
}
