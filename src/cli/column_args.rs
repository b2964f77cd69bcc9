//! The options of a data file as typed: how it is written, and which columns mean what.

use std::path::PathBuf;

use clap::Args;

use crate::cli::args::parse_count;
use crate::data::MAX_RECORD_BYTES;
use crate::data::MAX_SKIPPED;

const MIB: usize = 1 << 20;

/// How a data file is written, and where its texts are.
#[derive(Clone, Debug, Args)]
#[group(id = "file")]
#[command(next_help_heading = "Data file")]
pub struct FileArgs {
    /// Column of the text [default: found by name: text, sentence, content, …]
    #[arg(long, value_name = "COLUMN")]
    pub text_column: Option<String>,
    /// Column of the second text of a pair
    #[arg(long, value_name = "COLUMN")]
    pub text_pair_column: Option<String>,
    /// What stands between the cells of a line: a character, or comma, semicolon, tab, pipe, space [default: guessed]
    #[arg(long, value_name = "CHAR", value_parser = parse_delimiter)]
    pub delimiter: Option<char>,
    /// Encoding of a text file, for example windows-1252 or utf-16le [default: recognized]
    #[arg(long, value_name = "NAME")]
    pub encoding: Option<String>,
    /// Skip records over so many MiB
    #[arg(long, value_name = "MIB", default_value_t = MAX_RECORD_BYTES / MIB, value_parser = parse_mebibytes)]
    pub max_record: usize,
    /// Go on although up to this share of the rows cannot be read, for example 0.2
    #[arg(long, value_name = "SHARE", default_value_t = MAX_SKIPPED, value_parser = parse_share)]
    pub allow_skipped: f64,
}

/// Which columns of the data set mean what.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Columns")]
pub struct ColumnArgs {
    /// How the file is written, and where its texts are.
    #[command(flatten)]
    pub file: FileArgs,
    /// Column of the label [default: found by name: label, class, toxic, …]
    #[arg(long, value_name = "COLUMN", help_heading = "Columns")]
    pub label_column: Option<String>,
    /// Columns of 0 and 1, one for each label of a text: toxic,insult,threat [default: the model's labels, where it gives any
    /// number of them and each is a column of the file]
    #[arg(
        long,
        value_name = "A,B,…",
        value_delimiter = ',',
        conflicts_with = "label_column",
        help_heading = "Columns"
    )]
    pub label_columns: Vec<String>,
    /// How far a predicted number may lie from the label to be right, where the model gives a number [default: a tenth of the
    /// labels' range]
    #[arg(long, value_name = "X", value_parser = parse_tolerance, help_heading = "Columns")]
    pub tolerance: Option<f64>,
    /// Labels to rename while reading, for example hateful=toxic,non-hateful=ok; ranges of numbers: >=4=toxic,<4=ok
    #[arg(long, value_name = "FROM=TO,…", help_heading = "Columns")]
    pub label_map: Option<String>,
    /// Class or label of interest, by name or number: the one that F1, AUC and rates are about [default: class 1; of labels the first]
    #[arg(long, value_name = "CLASS", help_heading = "Columns")]
    pub positive: Option<String>,
    /// Column that names the examples [default: id, else the row number]
    #[arg(long, value_name = "COLUMN", help_heading = "Columns")]
    pub id_column: Option<String>,
    /// Column whose values are groups; repeat for several. A cell may hold several groups: a;b. Intersections of
    /// columns: gender,race
    #[arg(long, value_name = "COLUMN", help_heading = "Columns")]
    pub group_by: Vec<String>,
    /// Take the cells of group columns whole: "Q&A; support" is one group
    #[arg(long, help_heading = "Columns")]
    pub whole_cells: bool,
    /// Take identity terms in the texts as groups: a table with the columns group and term
    #[arg(long, value_name = "FILE", help_heading = "Columns")]
    pub groups_from_lexicon: Option<PathBuf>,
    /// Column that names what must be resampled together: template, thread, author
    #[arg(long, value_name = "COLUMN", help_heading = "Columns")]
    pub cluster: Option<String>,
}

impl FileArgs {
    /// Most bytes of a record.
    #[must_use]
    pub fn max_record_bytes(&self) -> usize {
        self.max_record.saturating_mul(MIB)
    }
}

fn parse_delimiter(text: &str) -> Result<char, String> {
    let mut letters = text.chars();
    let named = match text.to_lowercase().as_str() {
        "comma" => Some(','),
        "semicolon" => Some(';'),
        "tab" | "\\t" => Some('\t'),
        "pipe" => Some('|'),
        "space" => Some(' '),
        _ => None,
    };
    let single = letters.next().filter(|_| letters.next().is_none());
    match named.or(single) {
        Some(letter) if letter.is_ascii() && !matches!(letter, '"' | '\n' | '\r' | '\0') => Ok(letter),
        _ => Err("expected one ASCII character such as ; or a name: comma, semicolon, tab, pipe, space".to_owned()),
    }
}

fn parse_mebibytes(text: &str) -> Result<usize, String> {
    let count = parse_count(text)?;
    if count <= 1024 { Ok(count) } else { Err("expected 1 to 1024 MiB".to_owned()) }
}

fn parse_tolerance(text: &str) -> Result<f64, String> {
    let tolerance = text.parse().ok().filter(|tolerance: &f64| tolerance.is_finite() && *tolerance >= 0.0);
    tolerance.ok_or_else(|| "expected a number from 0 on, for example 0.5".to_owned())
}

fn parse_share(text: &str) -> Result<f64, String> {
    let wrong = || "expected a share from 0 to 1, for example 0.2".to_owned();
    let share: f64 = text.parse().map_err(|_not_a_number| wrong())?;
    if (0.0..=1.0).contains(&share) { Ok(share) } else { Err(wrong()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delimiters_have_names() {
        for (text, letter) in [(";", ';'), ("tab", '\t'), ("\\t", '\t'), ("Pipe", '|'), ("~", '~')] {
            assert_eq!(parse_delimiter(text), Ok(letter), "{text:?}");
        }
        for bad in ["", ";;", "\"", "\u{e9}", "\n"] {
            assert!(parse_delimiter(bad).is_err(), "{bad:?} is no delimiter");
        }
    }

    #[test]
    fn a_tolerance_is_no_less_than_zero() {
        assert_eq!((parse_tolerance("0"), parse_tolerance("0.5")), (Ok(0.0), Ok(0.5)), "exact, and half a point");
        for bad in ["-1", "inf", "NaN", "0,5", ""] {
            assert!(parse_tolerance(bad).is_err(), "{bad:?} is no tolerance");
        }
    }

    #[test]
    fn sizes_and_shares_are_bounded() {
        assert_eq!((parse_mebibytes("16"), parse_share("0.2")), (Ok(16), Ok(0.2)), "the usual form");
        for bad in ["0", "2000", "x"] {
            assert!(parse_mebibytes(bad).is_err(), "{bad:?} is no size");
        }
        for bad in ["-0.1", "1.5", "NaN", "20%"] {
            assert!(parse_share(bad).is_err(), "{bad:?} is no share");
        }
    }
}
