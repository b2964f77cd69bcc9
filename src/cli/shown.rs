//! Text of strangers as a terminal may show it: file names, cells, column names and what libraries say of them.
//!
//! Such text can hold escape sequences that rewrite the screen, the title or the clipboard, marks that turn the order of
//! what follows around, and more than a screen can hold. Nothing goes to stdout or stderr without passing here
//! (`console.rs`).

use std::fmt::Write as _;

use crate::figure::is_harmless;

/// Characters of a message on stderr, about a screen; the rest is for `--verbose`.
const MESSAGE: usize = 1600;
/// Characters kept of the end of a longer message: that is where its path stands.
const MESSAGE_END: usize = 300;
/// Characters of a table's cell.
const CELL: usize = 160;

/// Whole text, in which only line breaks do anything; `decorated`: and our own colors.
pub(super) fn text(text: &str, decorated: bool) -> String {
    let mut shown = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(character) = rest.chars().next() {
        let length = if let Some(length) = color_length(rest).filter(|_| decorated) {
            shown.push_str(&rest[..length]);
            length
        } else {
            push(&mut shown, character, character == '\n');
            character.len_utf8()
        };
        rest = &rest[length..];
    }
    shown
}

/// A line of its own: what breaks lines in it is a blank, what is too long for a screen is cut in the middle.
pub(super) fn message(text: &str, verbose: bool) -> String {
    let line = line(text);
    if verbose {
        return line;
    }
    let total = line.chars().count();
    if total <= MESSAGE {
        return line;
    }
    let cut = total - (MESSAGE - MESSAGE_END) - MESSAGE_END;
    let start: String = line.chars().take(MESSAGE - MESSAGE_END).collect();
    let end: String = line.chars().skip(total - MESSAGE_END).collect();
    format!("{start} [\u{2026} {cut} more characters, shown with --verbose \u{2026}] {end}")
}

/// A cell of a table: on one line, and cut at the end.
pub(super) fn cell(text: &str) -> String {
    let line = line(text);
    if line.chars().count() <= CELL {
        return line;
    }
    let start: String = line.chars().take(CELL - 1).collect();
    format!("{start}\u{2026}")
}

/// JSON that means the same, with everything harmful written as an escape. Such characters stand in strings alone.
pub(super) fn json(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for character in text.chars() {
        if character == '\n' || is_harmless(character) {
            shown.push(character);
        } else {
            let mut units = [0; 2];
            for unit in character.encode_utf16(&mut units) {
                // Writing to a String cannot fail.
                write!(shown, "\\u{unit:04x}").unwrap_or_default();
            }
        }
    }
    shown
}

/// One line: breaks and tabs are blanks.
fn line(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for character in text.chars() {
        let is_blank = matches!(character, '\n' | '\r' | '\t');
        push(&mut shown, if is_blank { ' ' } else { character }, false);
    }
    shown
}

fn push(shown: &mut String, character: char, is_wanted: bool) {
    if is_wanted || is_harmless(character) {
        shown.push(character);
    } else {
        shown.extend(character.escape_unicode());
    }
}

/// Bytes of the color sequence at the start: `ESC [`, digits and semicolons, `m`.
fn color_length(text: &str) -> Option<usize> {
    let parameters = text.strip_prefix("\u{1b}[")?;
    let end = parameters.find(|character: char| !character.is_ascii_digit() && character != ';')?;
    parameters[end..].starts_with('m').then_some("\u{1b}[".len() + end + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_of_a_stranger_moves_the_cursor() {
        let evil = "a\u{1b}]0;title\u{7}b\u{9b}2Jc\u{7f}d\u{202e}e\u{2066}f\u{2028}g\u{8}";
        for shown in [text(evil, true), message(evil, false), cell(evil), json(evil)] {
            assert!(shown.chars().all(is_harmless), "{shown:?}");
            for letter in "abcdefg".chars() {
                assert!(shown.contains(letter), "what can be read stays: {shown:?}");
            }
        }
        assert_eq!(cell("\u{1b}[2J"), "\\u{1b}[2J", "the sequence can be seen");
    }

    #[test]
    fn lines_and_colors_of_ours_stay() {
        assert_eq!(text("a\n\u{1b}[2;9mb\u{1b}[0m\n", true), "a\n\u{1b}[2;9mb\u{1b}[0m\n", "on a terminal");
        assert_eq!(text("\u{1b}[1ma", false), "\\u{1b}[1ma", "not elsewhere");
        assert_eq!(text("\u{1b}[1Ka", true), "\\u{1b}[1Ka", "another sequence");
        assert_eq!(text("\u{1b}[1", true), "\\u{1b}[1", "half of one");
    }

    #[test]
    fn what_breaks_lines_is_a_blank_in_cells_and_messages() {
        assert_eq!(cell("a\nb\tc\r\nd"), "a b c  d", "one line");
        assert_eq!(message("a\nb", true), "a b", "whole, and still one line");
    }

    #[test]
    fn writing_of_other_scripts_is_left_alone() {
        for fine in
            ["caf\u{e9}", "\u{5e9}\u{5dc}\u{5d5}\u{5dd}\u{200f}", "\u{1f469}\u{200d}\u{1f4bb}", "\u{6771}\u{4eac}"]
        {
            assert_eq!((cell(fine), message(fine, false)), (fine.to_owned(), fine.to_owned()), "{fine}");
        }
    }

    #[test]
    fn a_long_message_keeps_its_start_and_its_path() {
        let long = format!("1600 tensors are missing: {} /models/broken", "encoder.layer.0.weight, ".repeat(1600));
        let shown = message(&long, false);
        assert!(shown.chars().count() < MESSAGE + 100, "about a screen: {}", shown.chars().count());
        assert!(shown.starts_with("1600 tensors") && shown.ends_with("/models/broken"), "both ends: {shown}");
        let cut = long.len() - MESSAGE;
        assert!(shown.contains(&format!("{cut} more characters, shown with --verbose")), "how many: {shown}");
        assert_eq!(message(&long, true), long, "all of it when asked");
        assert_eq!(cell(&"n".repeat(20_000)).chars().count(), CELL, "a column's name of 20 kB");
    }

    #[test]
    fn json_means_the_same_after_it() {
        let value = serde_json::json!({ "a\u{9b}": "\u{7f}\u{202e}\u{1b}\n\u{1f600}" });
        let shown = json(&serde_json::to_string_pretty(&value).unwrap());
        assert!(shown.chars().all(|character| character == '\n' || is_harmless(character)), "{shown}");
        assert_eq!(serde_json::from_str::<serde_json::Value>(&shown).unwrap(), value, "{shown}");
    }
}
