//! How a data file is to be read, while it is being chosen: the draft behind the Open data sheet.
//!
//! Draws nothing and reads nothing. The draft is a [`DataSource`], the very options that the command line makes of its
//! flags; [`DataSheet::flags`] writes them as such.

use std::path::Path;
use std::path::PathBuf;

use crate::data;
use crate::data::NO_LABEL;
use crate::project::DataSource;

/// Choices of so many files are remembered.
const REMEMBERED: usize = 30;

/// A data file whose options are being chosen.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct DataSheet {
    /// The draft.
    pub(crate) source: DataSource,
    /// Why the sheet opened by itself.
    pub(crate) reason: Option<String>,
    /// The label map as the command line writes it, while it is typed.
    pub(crate) map_text: String,
    /// What is wrong with the typed map.
    pub(crate) map_error: Option<String>,
    /// Choices of an earlier time may still be taken over: nothing was changed yet.
    pub(crate) is_fresh: bool,
    /// The choices are those of an earlier time.
    pub(crate) is_recalled: bool,
}

/// What decides how the cells of a file are found.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct FileKey {
    /// The file.
    pub(crate) path: PathBuf,
    /// Between cells.
    pub(crate) delimiter: Option<char>,
    /// Of the bytes.
    pub(crate) encoding: Option<String>,
}

/// Choices that were made for a file, recognized by its path and its columns.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub(crate) struct Remembered {
    header: String,
    source: DataSource,
}

impl DataSheet {
    /// For a file that was just named: choices of an earlier time are taken over once its columns are known.
    pub(crate) fn fresh(path: PathBuf) -> Self {
        let sheet = Self::of(DataSource { path, ..DataSource::default() });
        Self { is_fresh: true, ..sheet }
    }

    /// For a file that is open with these choices.
    pub(crate) fn of(source: DataSource) -> Self {
        let map_text = map_text(&source.options.label_map);
        Self { source, reason: None, map_text, map_error: None, is_fresh: false, is_recalled: false }
    }

    /// For a file whose labels do not fit; the likeliest meaning of each label is filled in where there is one.
    pub(crate) fn misfit(source: DataSource, reason: String, suggested: &str) -> Self {
        let mut sheet = Self::of(source);
        let suggested = data::parse_label_map(suggested).unwrap_or_default();
        // That a label means nothing is for the person to say.
        for (label, class) in suggested.into_iter().filter(|(_, class)| class != NO_LABEL) {
            if !sheet.source.options.label_map.iter().any(|(from, _)| *from == label) {
                sheet.source.options.label_map.push((label, class));
            }
        }
        sheet.map_text = map_text(&sheet.source.options.label_map);
        Self { reason: Some(reason), ..sheet }
    }

    /// Takes over the choices of an earlier time, if there were any and none were made since.
    pub(crate) fn recall(&mut self, list: &[Remembered], header: &str) {
        if !std::mem::take(&mut self.is_fresh) {
            return;
        }
        let known = list.iter().find(|known| known.header == header && known.source.path == self.source.path);
        if let Some(known) = known {
            *self = Self { is_recalled: true, ..Self::of(known.source.clone()) };
        }
    }

    /// What the preview depends on.
    pub(crate) fn file_key(&self) -> FileKey {
        let options = &self.source.options;
        FileKey { path: self.source.path.clone(), delimiter: options.delimiter, encoding: options.encoding.clone() }
    }

    /// The draft without what is decided after reading: labels are counted as the file has them.
    pub(crate) fn read_key(&self) -> DataSource {
        let mut source = self.source.clone();
        source.options.label_map.clear();
        source.options.positive = None;
        source
    }

    /// Says what a label means: a class, nothing ([`NO_LABEL`]), or, with `None`, what it says itself.
    pub(crate) fn set_meaning(&mut self, label: &str, class: Option<&str>) {
        let map = &mut self.source.options.label_map;
        map.retain(|(from, _)| from != label);
        if let Some(class) = class {
            map.push((label.to_owned(), class.to_owned()));
        }
        self.map_text = map_text(map);
        self.map_error = None;
    }

    /// Takes the typed map, if it is one.
    pub(crate) fn take_map_text(&mut self) {
        let parsed = match self.map_text.trim() {
            "" => Ok(Vec::new()),
            text => data::parse_label_map(text),
        };
        self.map_error = parsed.as_ref().err().map(ToString::to_string);
        if let Ok(map) = parsed {
            self.source.options.label_map = map;
        }
    }

    /// Takes a column as groups, or no longer. `guessed` are those taken as long as nothing is said.
    pub(crate) fn set_group(&mut self, column: &str, is_taken: bool, guessed: &[String]) {
        let groups = self.source.options.group_columns.get_or_insert_with(|| guessed.to_vec());
        groups.retain(|name| name != column);
        if is_taken {
            groups.push(column.to_owned());
        }
    }

    /// The draft as it is used: the groups are those that were seen, whatever the file holds next time.
    pub(crate) fn accepted(&self, guessed: &[String]) -> DataSource {
        let mut source = self.source.clone();
        source.options.group_columns.get_or_insert_with(|| guessed.to_vec());
        // Another model may have others.
        source.options.model_labels.clear();
        source
    }

    /// The same choices for the command line, behind `prunescope evaluate`. `guessed` as in [`DataSheet::accepted`].
    pub(crate) fn flags(&self, guessed: &[String]) -> String {
        flags(&self.accepted(guessed))
    }
}

/// Puts the choices for a file in front of the list.
pub(crate) fn remember(list: &mut Vec<Remembered>, header: String, source: DataSource) {
    list.retain(|known| known.source.path != source.path || known.header != header);
    list.insert(0, Remembered { header, source });
    list.truncate(REMEMBERED);
}

/// A label map as it is typed on the command line.
fn map_text(map: &[(String, String)]) -> String {
    map.iter().map(|(from, to)| format!("{from}={to}")).collect::<Vec<_>>().join(",")
}

/// A data source as flags of the command line.
fn flags(source: &DataSource) -> String {
    let options = &source.options;
    let mut words = Vec::new();
    let mut flag = |name: &str, value: &str| words.push(format!("--{name} {}", quoted(value)));
    flag("data", &source.path.to_string_lossy());
    let named = [
        ("text-column", &options.text_column),
        ("text-pair-column", &options.text_pair_column),
        ("label-column", &options.label_column),
        ("id-column", &options.id_column),
        ("cluster", &options.cluster_column),
        ("positive", &options.positive),
        ("encoding", &options.encoding),
    ];
    for (name, value) in named {
        if let Some(value) = value {
            flag(name, value);
        }
    }
    if !options.label_columns.is_empty() {
        flag("label-columns", &options.label_columns.join(","));
    }
    if let Some(tolerance) = options.tolerance {
        flag("tolerance", &tolerance.to_string());
    }
    if !options.label_map.is_empty() {
        flag("label-map", &map_text(&options.label_map));
    }
    for column in options.group_columns.iter().flatten() {
        flag("group-by", column);
    }
    if let Some(lexicon) = &source.lexicon {
        flag("groups-from-lexicon", &lexicon.to_string_lossy());
    }
    if let Some(delimiter) = options.delimiter {
        flag("delimiter", delimiter_word(delimiter).unwrap_or(&delimiter.to_string()));
    }
    if (options.max_skipped - data::MAX_SKIPPED).abs() > f64::EPSILON {
        flag("allow-skipped", &options.max_skipped.to_string());
    }
    if options.max_record_bytes != data::MAX_RECORD_BYTES {
        flag("max-record", &options.max_record_bytes.div_ceil(1 << 20).to_string());
    }
    if options.whole_cells {
        words.push("--whole-cells".to_owned());
    }
    words.join(" ")
}

/// What the command line calls a delimiter that is hard to type.
pub(crate) fn delimiter_word(delimiter: char) -> Option<&'static str> {
    match delimiter {
        ',' => Some("comma"),
        ';' => Some("semicolon"),
        '\t' => Some("tab"),
        '|' => Some("pipe"),
        ' ' => Some("space"),
        _ => None,
    }
}

/// A word for a shell: as it is where nothing in it means anything to one.
fn quoted(word: &str) -> String {
    let is_plain = |letter: char| letter.is_alphanumeric() || "-_./=,:+@%".contains(letter);
    if !word.is_empty() && word.chars().all(is_plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

/// What a file is called where it is spoken of.
pub(crate) fn title(path: &Path) -> String {
    format!("Open data: {}", crate::app::work::paths::short_name(path))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sheet() -> DataSheet {
        DataSheet::of(DataSource { path: PathBuf::from("/data/hatecheck.csv"), ..DataSource::default() })
    }

    #[test]
    fn a_draft_is_written_as_flags() {
        let mut sheet = sheet();
        sheet.source.options.label_column = Some("label gold".to_owned());
        sheet.source.options.delimiter = Some(';');
        sheet.source.options.whole_cells = true;
        sheet.set_meaning("non-hateful", Some("ok"));
        sheet.set_meaning("it's", Some(NO_LABEL));
        sheet.set_group("gender,race", true, &[]);
        let expected = r"--data /data/hatecheck.csv --label-column 'label gold' --label-map 'non-hateful=ok,it'\''s=-' --group-by gender,race --delimiter semicolon --whole-cells";
        assert_eq!(sheet.flags(&[]), expected, "in the words of the command line");
    }

    #[test]
    fn what_a_label_means_is_chosen_or_typed() {
        let mut sheet = sheet();
        sheet.set_meaning("hateful", Some("toxic"));
        sheet.set_meaning("hateful", Some("ok"));
        assert_eq!(sheet.map_text, "hateful=ok", "the last choice");
        sheet.set_meaning("hateful", None);
        assert_eq!(sheet.source.options.label_map, [], "back to what it says itself");
        sheet.map_text = ">=4=toxic,<4".to_owned();
        sheet.take_map_text();
        assert!(sheet.map_error.as_ref().is_some_and(|err| err.contains("<4")), "{:?}", sheet.map_error);
        sheet.map_text.push_str("=ok");
        sheet.take_map_text();
        assert_eq!((sheet.map_error.clone(), sheet.source.options.label_map.len()), (None, 2), "mended");
    }

    #[test]
    fn groups_begin_with_the_guessed_ones() {
        let guessed = ["gender".to_owned(), "race".to_owned()];
        let mut sheet = sheet();
        assert_eq!(sheet.accepted(&guessed).options.group_columns, Some(guessed.to_vec()), "as they were seen");
        sheet.set_group("race", false, &guessed);
        sheet.set_group("gender,race", true, &guessed);
        let expected = Some(vec!["gender".to_owned(), "gender,race".to_owned()]);
        assert_eq!(sheet.accepted(&guessed).options.group_columns, expected, "as they were chosen");
    }

    #[test]
    fn choices_come_back_for_the_same_file_with_the_same_columns() {
        let mut list = Vec::new();
        let mut chosen = sheet().source;
        chosen.options.label_column = Some("gold".to_owned());
        remember(&mut list, "id,text".to_owned(), sheet().source);
        remember(&mut list, "id,text".to_owned(), chosen.clone());
        assert_eq!(list.len(), 1, "once for a file");
        let recalled = |header: &str| {
            let mut sheet = DataSheet::fresh(PathBuf::from("/data/hatecheck.csv"));
            sheet.recall(&list, header);
            (sheet.is_recalled, sheet.source.options.label_column)
        };
        assert_eq!(recalled("id,text"), (true, Some("gold".to_owned())), "the last choices");
        assert_eq!(recalled("id,text,more"), (false, None), "other columns, another file");
        let mut changed = sheet();
        changed.recall(&list, "id,text");
        assert_eq!(changed.source.options.label_column, None, "what was chosen now is not undone");
    }

    #[test]
    fn likely_meanings_are_filled_in_and_doubtful_ones_left_open() {
        let misfit = DataSheet::misfit(sheet().source, "they do not fit".to_owned(), "neg=negative,unsure=-");
        let expected = [("neg".to_owned(), "negative".to_owned())];
        assert_eq!(misfit.source.options.label_map, expected, "a label is dropped only by the person");
    }
}
