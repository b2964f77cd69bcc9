//! What stands between the cells of a text file.

use super::fields::Fields;
use super::fields::Status;
use super::lines::split_ending;

/// Lines that are looked at, and bytes of them.
pub(super) const LINES_FOR_GUESS: usize = 100;
pub(super) const BYTES_FOR_GUESS: usize = 1 << 18;

/// Best first, where several fit equally well.
const CANDIDATES: [u8; 4] = [b',', b'\t', b';', b'|'];

/// A delimiter, and how it became known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Delimiter {
    Asked(u8),
    /// By a first line such as `sep=;`, as Excel writes and reads it.
    Told(u8),
    Guessed(u8),
}

impl Delimiter {
    pub(super) fn byte(self) -> u8 {
        let (Self::Asked(byte) | Self::Told(byte) | Self::Guessed(byte)) = self;
        byte
    }

    /// For a person: `";" between cells (guessed)`; nothing for a comma.
    pub(super) fn note(self) -> Option<String> {
        let how = match self {
            Self::Guessed(b',') => return None,
            Self::Asked(_) => "as asked",
            Self::Told(_) => "told by sep=",
            Self::Guessed(_) => "guessed; name another with --delimiter",
        };
        Some(format!("\"{}\" between cells ({how})", char::from(self.byte()).escape_default()))
    }
}

/// The delimiter that a line such as `sep=;` or `"sep=;"` tells.
pub(super) fn told(line: &[u8]) -> Option<u8> {
    let (mut line, _) = split_ending(line);
    if let [b'"', inner @ .., b'"'] = line {
        line = inner;
    }
    match line {
        [b's' | b'S', b'e' | b'E', b'p' | b'P', b'=', delimiter] if delimiter.is_ascii() && *delimiter != b'"' => {
            Some(*delimiter)
        }
        _ => None,
    }
}

/// The delimiter that divides the first rows into as many cells as the header; a comma where none divides the header.
pub(super) fn guess(lines: &[u8]) -> u8 {
    let fit = |&delimiter: &u8| {
        let counts = cells_by_row(lines, delimiter);
        let header = counts.first().copied().filter(|&cells| cells > 1)?;
        let equal = counts.iter().filter(|&&cells| cells == header).count();
        Some((delimiter, equal as f64 / counts.len() as f64))
    };
    let mut best: Option<(u8, f64)> = None;
    for (delimiter, share) in CANDIDATES.iter().filter_map(fit) {
        if best.is_none_or(|(_, most)| share > most) {
            best = Some((delimiter, share));
        }
    }
    best.map_or(b',', |(delimiter, _)| delimiter)
}

/// Number of cells of every row that is whole.
fn cells_by_row(lines: &[u8], delimiter: u8) -> Vec<usize> {
    let mut counts = Vec::new();
    let mut row = Fields::default();
    for line in lines.split_inclusive(|&byte| byte == b'\n') {
        if row.is_untouched() && line.iter().all(u8::is_ascii_whitespace) {
            continue;
        }
        if row.feed(line, delimiter) != Status::Open {
            counts.push(std::mem::take(&mut row).len());
        }
    }
    counts
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(lines: &str, expected: u8) {
        let found = guess(lines.as_bytes());
        assert_eq!(char::from(found), char::from(expected), "delimiter of {lines:?}");
    }

    #[test]
    fn the_delimiter_that_divides_all_rows_alike_is_taken() {
        check("text,label\na;b;c,1\nd,2\n", b',');
        check("text;label;Anmerkung, intern\na, b;1;x\nc;2;y\n", b';');
        check("text|label\na, b|1\nc|2\n", b'|');
        check("text\tlabel\na, b\t1\n", b'\t');
        check("text\nalone, together\n", b',');
        check("text;label\n\"a\nb, c\";1\n", b';');
        check("", b',');
    }

    #[test]
    fn a_first_line_may_tell_the_delimiter() {
        assert_eq!(told(b"sep=;\r\n"), Some(b';'), "as Excel writes it");
        assert_eq!(told(b"\"SEP=\t\"\n"), Some(b'\t'), "quoted, with a tab");
        for line in [&b"sep=\n"[..], b"sep=;;\n", b"separator,text\n", b""] {
            assert_eq!(told(line), None, "{:?} tells nothing", String::from_utf8_lossy(line));
        }
    }
}
