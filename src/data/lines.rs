//! Lines of bytes with their numbers, and a way to put lines back.

use std::collections::VecDeque;
use std::io;
use std::io::BufRead;

/// Splits a stream into lines, strips a UTF-8 byte order mark, counts, and takes lines back.
pub(super) struct Lines<R> {
    input: R,
    returned: VecDeque<Vec<u8>>,
    number: u64,
}

impl<R: BufRead> Lines<R> {
    pub(super) fn new(input: R) -> Self {
        Self { input, returned: VecDeque::new(), number: 0 }
    }

    /// Number from 1 of the line given out last.
    pub(super) fn number(&self) -> u64 {
        self.number
    }

    /// The next line with its line ending, or nothing at the end.
    pub(super) fn next_line(&mut self) -> io::Result<Option<Vec<u8>>> {
        if let Some(line) = self.returned.pop_front() {
            self.number += 1;
            return Ok(Some(line));
        }
        let mut line = Vec::new();
        if self.input.read_until(b'\n', &mut line)? == 0 {
            return Ok(None);
        }
        if self.number == 0 && line.starts_with(b"\xef\xbb\xbf") {
            line.drain(..3);
        }
        self.number += 1;
        Ok(Some(line))
    }

    /// The next line that holds more than white space.
    pub(super) fn next_filled_line(&mut self) -> io::Result<Option<Vec<u8>>> {
        while let Some(line) = self.next_line()? {
            if !line.iter().all(u8::is_ascii_whitespace) {
                return Ok(Some(line));
            }
        }
        Ok(None)
    }

    /// Puts text back, to be given out again line by line.
    pub(super) fn put_back(&mut self, text: &[u8]) {
        let lines: Vec<Vec<u8>> = text.split_inclusive(|&byte| byte == b'\n').map(<[u8]>::to_vec).collect();
        self.number -= lines.len() as u64;
        for line in lines.into_iter().rev() {
            self.returned.push_front(line);
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

    #[test]
    fn lines_put_back_come_again_under_the_same_numbers() {
        let mut lines = Lines::new(&b"\xef\xbb\xbfa\r\n\nb\nc"[..]);
        assert_eq!(lines.next_line().unwrap().unwrap(), b"a\r\n", "the byte order mark is gone");
        assert_eq!(lines.next_filled_line().unwrap().unwrap(), b"b\n", "the blank line is passed over");
        assert_eq!(lines.number(), 3, "but counted");
        assert_eq!(lines.next_line().unwrap().unwrap(), b"c", "a last line without ending");
        lines.put_back(b"b\nc");
        assert_eq!((lines.number(), lines.next_line().unwrap().unwrap()), (2, b"b\n".to_vec()), "b again");
        assert_eq!((lines.next_line().unwrap().unwrap(), lines.number()), (b"c".to_vec(), 4), "c again, as line 4");
        assert!(lines.next_line().unwrap().is_none(), "the end");
    }

    #[test]
    fn both_line_endings_are_known() {
        assert_eq!(split_ending(b"a\r\n"), (&b"a"[..], &b"\r\n"[..]), "Windows");
        assert_eq!(split_ending(b"a\n"), (&b"a"[..], &b"\n"[..]), "Unix");
        assert_eq!(split_ending(b"a\r"), (&b"a\r"[..], &b""[..]), "a carriage return alone is text");
    }
}
