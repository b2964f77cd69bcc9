//! Texts for `predict`: a data file chunk by chunk, or the lines of standard input as they come.

use std::io;
use std::io::BufRead as _;
use std::io::Read as _;
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::sync::mpsc;
use std::sync::mpsc::RecvTimeoutError;
use std::sync::mpsc::SyncSender;
use std::time::Duration;

use anyhow::Context as _;
use anyhow::anyhow;
use serde_json::Value;

use crate::cli::console::warn_over_progress;
use crate::cli::resolve;
use crate::data;
use crate::data::ChunkSize;
use crate::data::Content;
use crate::data::DataStream;
use crate::data::ReadOptions;
use crate::jobs::Ticket;

/// What is in memory at a time, and lost at a stop: enough for full batches of similar length.
const CHUNK: ChunkSize = ChunkSize { rows: 1024, bytes: 1 << 19 };
/// A line that is longer has lost its end.
const MOST_LINE_BYTES: usize = data::MAX_RECORD_BYTES;

/// Where texts come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Input {
    /// A data file.
    File(PathBuf),
    /// Standard input.
    Stream,
}

/// Some texts.
#[derive(Debug, Default)]
pub(super) struct TextChunk {
    /// Every row: its name, and why it is no text, where it is none.
    pub(super) rows: Vec<(String, Option<String>)>,
    /// Names of the rows that are texts.
    pub(super) ids: Vec<String>,
    /// The texts.
    pub(super) texts: Vec<Content>,
}

impl TextChunk {
    fn push(&mut self, id: String, text: Result<Content, String>) {
        match text {
            Ok(text) => {
                self.ids.push(id.clone());
                self.texts.push(text);
                self.rows.push((id, None));
            }
            Err(reason) => self.rows.push((id, Some(reason))),
        }
    }
}

/// The input, opened.
pub(super) enum Texts {
    /// A data file after its first reading.
    File(Box<DataStream>),
    /// Lines that come.
    Lines,
}

impl Texts {
    /// Opens the input; `None` if a stop came first.
    pub(super) fn open(ticket: &Ticket, input: &Input, options: &ReadOptions) -> anyhow::Result<Option<Self>> {
        let Input::File(path) = input else { return Ok(Some(Self::Lines)) };
        let stream = match DataStream::open(path, options, None, CHUNK, &mut |_| !ticket.is_cancelled()) {
            Err(_) if ticket.is_cancelled() => return Ok(None),
            stream => stream?,
        };
        let index = stream.index();
        resolve::tell_report(&index.name, &index.report);
        if index.num_skipped > 0 {
            warn_over_progress(&format!("warning: {} rows cannot be read and get no row", index.num_skipped));
        }
        Ok(Some(Self::File(Box::new(stream))))
    }

    /// The content of a file; standard input cannot be known again.
    pub(super) fn hash(&self) -> Option<&str> {
        match self {
            Self::File(stream) => Some(&stream.index().hash),
            Self::Lines => None,
        }
    }

    /// Texts in all, where that is known.
    pub(super) fn total(&self) -> Option<usize> {
        match self {
            Self::File(stream) => Some(stream.index().len()),
            Self::Lines => None,
        }
    }

    /// Hands out the texts after the first `skip`, chunk by chunk, until there are no more, `take` wants none, or a stop.
    pub(super) fn each(
        &self,
        ticket: &Ticket,
        skip: usize,
        mut take: impl FnMut(TextChunk) -> anyhow::Result<ControlFlow<()>>,
    ) -> anyhow::Result<()> {
        let Self::File(stream) = self else { return each_of_lines(ticket, &mut take) };
        let mut before = 0;
        for examples in stream.chunks()? {
            let examples = examples?;
            let known = skip.saturating_sub(before).min(examples.len());
            before += examples.len();
            let mut chunk = TextChunk::default();
            for example in examples.into_iter().skip(known) {
                chunk.push(example.id, Ok(example.content));
            }
            if ticket.is_cancelled() || (!chunk.rows.is_empty() && take(chunk)?.is_break()) {
                break;
            }
        }
        Ok(())
    }
}

/// How long lines are waited for before those that came are run: a slow sender gets its answers, a fast one full batches.
const GRACE: Duration = Duration::from_millis(5);
/// How often a stop is looked for while nothing comes.
const PATIENCE: Duration = Duration::from_millis(100);

fn each_of_lines(
    ticket: &Ticket,
    take: &mut impl FnMut(TextChunk) -> anyhow::Result<ControlFlow<()>>,
) -> anyhow::Result<()> {
    let (sender, lines) = mpsc::sync_channel(CHUNK.rows);
    // Reading blocks, and a stop must not wait for it: the thread ends with the program.
    let reader = std::thread::Builder::new().name("standard input".to_owned()).spawn(move || read_lines(&sender));
    reader.context("cannot start a thread for standard input")?;
    let (mut number, mut ended) = (0_usize, false);
    while !ended {
        let (mut chunk, mut bytes) = (TextChunk::default(), 0);
        while chunk.rows.len() < CHUNK.rows && bytes < CHUNK.bytes {
            match lines.recv_timeout(if chunk.rows.is_empty() { PATIENCE } else { GRACE }) {
                Ok(line) => {
                    let line = line?;
                    (number, bytes) = (number + 1, bytes + line.len());
                    let (id, text) = parse_line(&line);
                    chunk.push(id.unwrap_or_else(|| number.to_string()), text);
                }
                Err(RecvTimeoutError::Timeout) if chunk.rows.is_empty() && !ticket.is_cancelled() => {}
                Err(RecvTimeoutError::Timeout) => break,
                Err(RecvTimeoutError::Disconnected) => {
                    ended = true;
                    break;
                }
            }
        }
        if ticket.is_cancelled() || (!chunk.rows.is_empty() && take(chunk)?.is_break()) {
            break;
        }
    }
    Ok(())
}

fn read_lines(lines: &SyncSender<anyhow::Result<Vec<u8>>>) {
    let mut input = io::stdin().lock();
    loop {
        let mut line = Vec::new();
        let read = input.by_ref().take(MOST_LINE_BYTES as u64 + 1).read_until(b'\n', &mut line);
        let line = match read {
            Ok(0) => return,
            Ok(_) if line.len() > MOST_LINE_BYTES => {
                Err(anyhow!("expected lines of at most {MOST_LINE_BYTES} bytes on standard input"))
            }
            Ok(_) => Ok(line),
            Err(source) => Err(anyhow::Error::new(source).context("cannot read standard input")),
        };
        let is_last = line.is_err();
        if lines.send(line).is_err() || is_last {
            return;
        }
    }
}

/// A line's id, if it has one, and its text: JSON where it begins like an object or a quoted text, else plain.
fn parse_line(line: &[u8]) -> (Option<String>, Result<Content, String>) {
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    let Ok(text) = std::str::from_utf8(line) else { return (None, Err("the line is not UTF-8".to_owned())) };
    if !text.trim_start().starts_with(['{', '"']) {
        return (None, Ok(text.into()));
    }
    match serde_json::from_str(text) {
        Ok(Value::String(text)) => (None, Ok(text.as_str().into())),
        Ok(Value::Object(fields)) => {
            let id = fields.get("id").filter(|id| !id.is_null()).map(|id| match id {
                Value::String(id) => id.clone(),
                id => id.to_string(),
            });
            let word = |key: &str| fields.get(key).and_then(Value::as_str);
            let content = match (word("text"), word("text_pair")) {
                (Some(text), Some(pair)) => Ok(Content::Pair(text.into(), pair.into())),
                (Some(text), None) => Ok(text.into()),
                (None, _) => Err("expected a \"text\" in the JSON object".to_owned()),
            };
            (id, content)
        }
        // A plain text may begin with a quotation mark or a brace.
        Ok(_) | Err(_) => (None, Ok(text.into())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_a_text_or_json() {
        let text = |line: &str| parse_line(line.as_bytes());
        let some = |id: &str| Some(id.to_owned());
        assert_eq!(text("good film\r\n"), (None, Ok("good film".into())), "plain, without its line end");
        assert_eq!(text("\n"), (None, Ok("".into())), "an empty line is an empty text");
        assert_eq!(text("\"a \\\"b\\\" c\"\n"), (None, Ok("a \"b\" c".into())), "a JSON string");
        assert_eq!(text("\"Good!\" he said"), (None, Ok("\"Good!\" he said".into())), "a quotation is no JSON");
        assert_eq!(text("{\"id\": 7, \"text\": \"x\"}"), (some("7"), Ok("x".into())), "an object with a number as id");
        let pair = Content::Pair("x".into(), "y".into());
        assert_eq!(text("{\"text\": \"x\", \"text_pair\": \"y\"}"), (None, Ok(pair)), "a pair");
        assert!(text("{\"id\": \"a\", \"txt\": \"x\"}").1.is_err(), "no text in it");
        assert!(parse_line(b"\xff\xfe").1.is_err(), "other encodings");
    }
}
