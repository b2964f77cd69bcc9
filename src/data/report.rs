//! What a reading found and decided: the first lines of every run.

use super::missing::is_missing;

/// Labels that are listed one by one.
const LISTED_LABELS: usize = 12;
/// Reasons that are listed one by one.
const LISTED_REASONS: usize = 3;

/// How a file was read: its format, the columns taken, rows and labels.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ReadReport {
    /// How the file is written, for a person: `CSV, ";" between cells (guessed; …), windows-1252 (recognized …)`.
    pub format: String,
    /// Duty and name of every column that was taken.
    pub columns: Vec<(&'static str, String)>,
    /// Name and type of columns that are there and cannot be read.
    pub unread: Vec<(String, String)>,
    /// What is known of each group column.
    pub groups: Vec<GroupFacts>,
    /// Rows that can be used.
    pub rows: usize,
    /// Rows that were skipped.
    pub skipped: usize,
    /// Why, with counts, the most frequent reason first.
    pub reasons: Vec<(String, usize)>,
    /// Labels as read and mapped, with their counts, in order of first appearance.
    pub labels: Vec<(String, usize)>,
    /// Class names that the file itself gives to the numbers of its label column.
    pub class_names: Option<Vec<String>>,
    /// Choices that somebody should confirm, such as one of two possible text columns.
    pub warnings: Vec<String>,
}

/// What is known of a group column.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GroupFacts {
    /// Its name.
    pub name: String,
    /// How many groups it has.
    pub values: usize,
    /// Rows that are in none of them.
    pub without: usize,
    /// Whether its numbers were divided into bands.
    pub is_banded: bool,
}

impl ReadReport {
    /// Rows without a label, whatever is written in their place.
    #[must_use]
    pub fn unlabelled(&self) -> usize {
        self.rows.saturating_sub(self.named_labels().map(|(_, count)| *count).sum())
    }

    /// Takes in what is known of a group column, in place of one of this name.
    pub(super) fn set_group(&mut self, facts: GroupFacts) {
        self.groups.retain(|known| known.name != facts.name);
        self.groups.push(facts);
    }

    fn named_labels(&self) -> impl Iterator<Item = &(String, usize)> {
        self.labels.iter().filter(|(label, _)| !is_missing(label))
    }

    /// For a person: the format, the columns, the groups, the rows and the labels, a line each.
    #[must_use]
    pub fn lines(&self) -> Vec<String> {
        let mut lines = vec![format!("read as {}", self.format), self.columns_line()];
        lines.extend(self.groups_line());
        lines.push(self.rows_line());
        lines.push(self.labels_line());
        if !self.unread.is_empty() {
            let columns = self.unread.iter().map(|(name, kind)| format!("{name:?} ({kind})"));
            lines.push(format!("columns of types that are not read: {}", shortened(columns, LISTED_LABELS)));
        }
        lines
    }

    fn columns_line(&self) -> String {
        let columns: Vec<String> = self.columns.iter().map(|(duty, name)| format!("{duty} {name:?}")).collect();
        format!("columns: {}", columns.join(", "))
    }

    fn groups_line(&self) -> Option<String> {
        let groups: Vec<String> = self.groups.iter().map(GroupFacts::text).collect();
        (!groups.is_empty()).then(|| format!("groups: {}", groups.join(", ")))
    }

    fn rows_line(&self) -> String {
        if self.skipped == 0 {
            return format!("rows: {} read, none skipped", self.rows);
        }
        let reasons = self.reasons.iter().map(|(reason, count)| format!("{count} because {reason}"));
        format!("rows: {} read, {} skipped: {}", self.rows, self.skipped, shortened(reasons, LISTED_REASONS))
    }

    fn labels_line(&self) -> String {
        let labels = self.named_labels().map(|(label, count)| format!("{label:?} {count}"));
        let mut text = match self.named_labels().count() {
            0 => "labels: none".to_owned(),
            _ => format!("labels: {}", shortened(labels, LISTED_LABELS)),
        };
        let unlabelled = self.unlabelled();
        if unlabelled > 0 && unlabelled < self.rows {
            text = format!("{text}; {} without one", rows(unlabelled));
        }
        if let Some(names) = &self.class_names {
            text = format!("{text} (names from the file itself: {})", names.join(", "));
        }
        text
    }
}

impl GroupFacts {
    fn text(&self) -> String {
        let Self { name, values, without, is_banded } = self;
        let kind = if *is_banded { "bands of equal size" } else { "values" };
        let without = if *without > 0 { format!(", {} without one", rows(*without)) } else { String::new() };
        format!("{name:?} ({values} {kind}{without})")
    }
}

fn rows(count: usize) -> String {
    if count == 1 { "1 row".to_owned() } else { format!("{count} rows") }
}

/// The first items, and how many more there are.
fn shortened(items: impl Iterator<Item = String>, most: usize) -> String {
    let items: Vec<String> = items.collect();
    let more = items.len().saturating_sub(most);
    let text = items[..items.len() - more].join(", ");
    if more > 0 { format!("{text} and {more} more") } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_says_what_was_taken_and_what_was_not() {
        let report = ReadReport {
            format: "CSV".to_owned(),
            columns: vec![("text", "t".to_owned()), ("label", "l".to_owned())],
            unread: vec![("when".to_owned(), "INT96".to_owned())],
            groups: vec![
                GroupFacts { name: "g".to_owned(), values: 2, without: 3, is_banded: false },
                GroupFacts { name: "age".to_owned(), values: 5, without: 0, is_banded: true },
            ],
            rows: 8,
            skipped: 2,
            reasons: vec![("no text in column \"t\"".to_owned(), 2)],
            labels: vec![("yes".to_owned(), 4), ("NaN".to_owned(), 1), ("no".to_owned(), 2)],
            class_names: None,
            warnings: Vec::new(),
        };
        let expected = [
            "read as CSV",
            "columns: text \"t\", label \"l\"",
            "groups: \"g\" (2 values, 3 rows without one), \"age\" (5 bands of equal size)",
            "rows: 8 read, 2 skipped: 2 because no text in column \"t\"",
            "labels: \"yes\" 4, \"no\" 2; 2 rows without one",
            "columns of types that are not read: \"when\" (INT96)",
        ];
        assert_eq!(report.lines(), expected, "line by line");
    }
}
