//! How a file is read: the one set of options of the command line, of the window and of saved sessions.

/// A record that is longer than this has lost its end, and is not held in memory to find out.
pub const MAX_RECORD_BYTES: usize = 16 << 20;

/// More skipped rows than this share and the file is not what it was taken for.
pub const MAX_SKIPPED: f64 = 0.01;

/// Which rows of a file are taken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Take {
    /// Every usable row.
    #[default]
    All,
    /// The first usable rows, in the order of the file.
    First(usize),
    /// A random sample of the usable rows.
    Draw {
        /// How many.
        rows: usize,
        /// Of the draw; the same seed takes the same rows.
        seed: u64,
    },
}

/// Which columns to take and how to read them; what is left out is found by itself and told in the
/// report of the reading.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(default)]
pub struct ReadOptions {
    /// The text; otherwise `text`, `sentence`, `content`, `test_case`, `comment`, `tweet`, `generation`, …
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text_column: Option<String>,
    /// The second text of a pair; otherwise found where the first has a usual partner (`premise`, `hypothesis`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text_pair_column: Option<String>,
    /// The label; otherwise `label`, `label_gold`, `class`, `toxic`, `toxicity_human`, …
    #[serde(skip_serializing_if = "Option::is_none")]
    pub label_column: Option<String>,
    /// Columns of 0 and 1, one for each label of a text, in place of a label column.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub label_columns: Vec<String>,
    /// The labels of a model that gives any number of them: where each is a column of the file and no label column is named,
    /// they are the label columns. Known once the model is, so it is in no file.
    #[serde(skip)]
    pub model_labels: Vec<String>,
    /// How far a predicted number may lie from the label to be right; otherwise a tenth of the labels' range.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tolerance: Option<f64>,
    /// Labels to rename while reading; see [`parse_label_map`](super::parse_label_map).
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub label_map: Vec<(String, String)>,
    /// Name or number of the class of interest; otherwise class 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub positive: Option<String>,
    /// Group columns; `None` takes every column with few distinct values, an empty list takes none. An entry `a,b` that
    /// names no column stands for the intersections of the columns `a` and `b`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub group_columns: Option<Vec<String>>,
    /// Whether a cell is one group whatever it holds; otherwise `a;b` and lists of quoted names are several.
    #[serde(skip_serializing_if = "is_default")]
    pub whole_cells: bool,
    /// Rows with the same value are resampled together; otherwise `cluster`, `template`, `templ_id`, …
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cluster_column: Option<String>,
    /// The name of an example; otherwise `id` or `example_id`, else the record's number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id_column: Option<String>,
    /// What stands between the cells of a line; otherwise told by `sep=` or guessed over the first rows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub delimiter: Option<char>,
    /// Label of the encoding, as in `windows-1252`; otherwise told by a byte order mark or recognized.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub encoding: Option<String>,
    /// A longer record is skipped and never held as a whole.
    pub max_record_bytes: usize,
    /// Share of rows that may be skipped before the reading is an error, from 0 to 1.
    pub max_skipped: f64,
    /// Which of the usable rows are taken.
    #[serde(skip_serializing_if = "is_default")]
    pub take: Take,
}

impl Default for ReadOptions {
    fn default() -> Self {
        Self {
            text_column: None,
            text_pair_column: None,
            label_column: None,
            label_columns: Vec::new(),
            model_labels: Vec::new(),
            tolerance: None,
            label_map: Vec::new(),
            positive: None,
            group_columns: None,
            whole_cells: false,
            cluster_column: None,
            id_column: None,
            delimiter: None,
            encoding: None,
            max_record_bytes: MAX_RECORD_BYTES,
            max_skipped: MAX_SKIPPED,
            take: Take::All,
        }
    }
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_file_leaves_out_has_its_default() {
        let back: ReadOptions = serde_json::from_str("{}").unwrap();
        assert_eq!(back, ReadOptions::default(), "all of it");
    }

    #[test]
    fn every_option_comes_back_from_a_file() {
        let some = |text: &str| Some(text.to_owned());
        let options = ReadOptions {
            text_column: some("t"),
            text_pair_column: some("u"),
            label_column: some("l"),
            label_columns: vec!["l1".to_owned(), "l2".to_owned()],
            model_labels: Vec::new(),
            tolerance: Some(0.5),
            label_map: vec![("1".to_owned(), "ok".to_owned())],
            positive: some("toxic"),
            group_columns: Some(vec!["a,b".to_owned()]),
            whole_cells: true,
            cluster_column: some("c"),
            id_column: some("i"),
            delimiter: Some('\t'),
            encoding: some("gbk"),
            max_record_bytes: 1 << 10,
            max_skipped: 0.5,
            take: Take::Draw { rows: 10, seed: 3 },
        };
        let text = serde_json::to_string(&options).unwrap();
        let back: ReadOptions = serde_json::from_str(&text).unwrap();
        assert_eq!(back, options, "from {text}");
    }
}
