//! Lines of bytes with their numbers, never longer than a limit, and a way to put lines back.

use std::io;
use std::io::BufRead;

/// One line of a file.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Line {
    /// With its ending.
    Whole(Vec<u8>),
    /// It was longer than the limit and is not held.
    TooLong,
}

/// Splits a stream into lines, strips a UTF-8 byte order mark, counts, and takes lines back.
pub(super) struct Lines<R> {
    input: R,
    most_bytes: usize,
    /// Text that was put back, from `at` on; a line that was too long may follow it.
    returned: Vec<u8>,
    at: usize,
    too_long_follows: bool,
    number: u64,
}

impl<R: BufRead> Lines<R> {
    /// Lines of up to so many bytes.
    pub(super) fn new(input: R, most_bytes: usize) -> Self {
        Self { input, most_bytes, returned: Vec::new(), at: 0, too_long_follows: false, number: 0 }
    }

    /// Number from 1 of the line given out last.
    pub(super) fn number(&self) -> u64 {
        self.number
    }

    /// The most bytes of a line.
    pub(super) fn most_bytes(&self) -> usize {
        self.most_bytes
    }

    /// The next line with its line ending, or nothing at the end.
    pub(super) fn next_line(&mut self) -> io::Result<Option<Line>> {
        let next = if self.at < self.returned.len() {
            let rest = &self.returned[self.at..];
            let len = rest.iter().position(|&byte| byte == b'\n').map_or(rest.len(), |end| end + 1);
            let line = rest[..len].to_vec();
            self.at += len;
            Some(Line::Whole(line))
        } else if std::mem::take(&mut self.too_long_follows) {
            Some(Line::TooLong)
        } else {
            (self.returned, self.at) = (Vec::new(), 0);
            self.read_line()?
        };
        self.number += u64::from(next.is_some());
        Ok(next)
    }

    fn read_line(&mut self) -> io::Result<Option<Line>> {
        let (mut line, mut len) = (Vec::new(), 0_usize);
        loop {
            let available = match self.input.fill_buf() {
                Ok(available) => available,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(error),
            };
            let end = available.iter().position(|&byte| byte == b'\n');
            let used = end.map_or(available.len(), |end| end + 1);
            len = len.saturating_add(used);
            if len <= self.most_bytes {
                line.extend_from_slice(&available[..used]);
            } else {
                line = Vec::new();
            }
            self.input.consume(used);
            if end.is_some() || used == 0 {
                break;
            }
        }
        if self.number == 0 && line.starts_with(b"\xef\xbb\xbf") {
            line.drain(..3);
        }
        Ok(match len {
            0 => None,
            _ if len > self.most_bytes => Some(Line::TooLong),
            _ => Some(Line::Whole(line)),
        })
    }

    /// The next line that holds more than white space.
    pub(super) fn next_filled_line(&mut self) -> io::Result<Option<Line>> {
        while let Some(line) = self.next_line()? {
            match line {
                Line::Whole(bytes) if bytes.iter().all(u8::is_ascii_whitespace) => {}
                line => return Ok(Some(line)),
            }
        }
        Ok(None)
    }

    /// Puts back the text of the lines given out last, to be given out again line by line. With `too_long`, a line that was
    /// too long came after it and comes again.
    pub(super) fn put_back(&mut self, text: &[u8], too_long: bool) {
        let lines = text.split_inclusive(|&byte| byte == b'\n').count() + usize::from(too_long);
        self.number -= lines as u64;
        self.too_long_follows |= too_long;
        if self.at >= text.len() {
            // All of it came from what had been put back before and is still there.
            self.at -= text.len();
        } else {
            // Whatever had been put back was used up, or the rest would have come first.
            (self.returned, self.at) = (text.to_vec(), 0);
        }
    }
}

/// A line without its ending, and the ending: `\n`, `\r\n` or nothing.
pub(super) fn split_ending(line: &[u8]) -> (&[u8], &[u8]) {
    let len = match line {
        [.., b'\r', b'\n'] => 2,
        [.., b'\n'] => 1,
        _ => 0,
    };
    line.split_at(line.len() - len)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn whole(text: &[u8]) -> Line {
        Line::Whole(text.to_vec())
    }

    #[test]
    fn lines_put_back_come_again_under_the_same_numbers() {
        let mut lines = Lines::new(&b"\xef\xbb\xbfa\r\n\nb\nc"[..], 100);
        assert_eq!(lines.next_line().unwrap(), Some(whole(b"a\r\n")), "the byte order mark is gone");
        assert_eq!(lines.next_filled_line().unwrap(), Some(whole(b"b\n")), "the blank line is passed over");
        assert_eq!(lines.number(), 3, "but counted");
        assert_eq!(lines.next_line().unwrap(), Some(whole(b"c")), "a last line without ending");
        lines.put_back(b"b\nc", false);
        assert_eq!((lines.number(), lines.next_line().unwrap()), (2, Some(whole(b"b\n"))), "b again");
        lines.put_back(b"b\n", false);
        assert_eq!((lines.number(), lines.next_line().unwrap()), (2, Some(whole(b"b\n"))), "and again");
        assert_eq!((lines.next_line().unwrap(), lines.number()), (Some(whole(b"c")), 4), "c again, as line 4");
        assert_eq!(lines.next_line().unwrap(), None, "the end");
    }

    #[test]
    fn a_line_beyond_the_limit_is_not_held() {
        let long = "x".repeat(50);
        let text = format!("a\n{long}\nb\n{long}");
        let mut lines = Lines::new(io::BufReader::with_capacity(7, text.as_bytes()), 10);
        assert_eq!(lines.next_line().unwrap(), Some(whole(b"a\n")), "a line that fits");
        assert_eq!(lines.next_line().unwrap(), Some(Line::TooLong), "fifty letters");
        assert_eq!((lines.next_line().unwrap(), lines.number()), (Some(whole(b"b\n")), 3), "the next line");
        assert_eq!(lines.next_line().unwrap(), Some(Line::TooLong), "at the end too");
        lines.put_back(b"b\n", true);
        assert_eq!((lines.number(), lines.next_line().unwrap()), (2, Some(whole(b"b\n"))), "put back");
        assert_eq!((lines.next_line().unwrap(), lines.number()), (Some(Line::TooLong), 4), "with what followed");
        assert_eq!(lines.next_line().unwrap(), None, "the end");
    }

    #[test]
    fn both_line_endings_are_known() {
        assert_eq!(split_ending(b"a\r\n"), (&b"a"[..], &b"\r\n"[..]), "Windows");
        assert_eq!(split_ending(b"a\n"), (&b"a"[..], &b"\n"[..]), "Unix");
        assert_eq!(split_ending(b"a\r"), (&b"a\r"[..], &b""[..]), "a carriage return alone is text");
    }
}
