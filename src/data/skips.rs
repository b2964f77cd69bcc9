//! Rows that cannot be used: the first of them, and how many for which reason.

use super::dataset_index::LISTED_ROWS;
use super::example::SkippedRow;

/// Kinds of reasons that are told apart; the others are counted together.
const KINDS: usize = 20;

/// Skipped rows while a file is read; what is held does not grow with them.
#[derive(Default)]
pub(super) struct Skips {
    pub(super) count: usize,
    /// The first [`LISTED_ROWS`].
    pub(super) first: Vec<SkippedRow>,
    kinds: Vec<Kind>,
    others: usize,
}

struct Kind {
    /// The reason without its numbers.
    key: String,
    /// The first reason of the kind.
    reason: String,
    count: usize,
}

impl Skips {
    pub(super) fn push(&mut self, row: SkippedRow) {
        self.count += 1;
        let key: String = row.reason.chars().filter(|letter| !letter.is_ascii_digit()).collect();
        match self.kinds.iter().position(|kind| kind.key == key) {
            Some(kind) => self.kinds[kind].count += 1,
            None if self.kinds.len() < KINDS => self.kinds.push(Kind { key, reason: row.reason.clone(), count: 1 }),
            None => self.others += 1,
        }
        if self.first.len() < LISTED_ROWS {
            self.first.push(row);
        }
    }

    /// Reasons with their counts, the most frequent first.
    pub(super) fn reasons(&self) -> Vec<(String, usize)> {
        let mut reasons: Vec<(String, usize)> =
            self.kinds.iter().map(|kind| (kind.reason.clone(), kind.count)).collect();
        reasons.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
        if self.others > 0 {
            reasons.push(("other reasons".to_owned(), self.others));
        }
        reasons
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reasons_are_counted_by_kind_and_few_rows_are_kept() {
        let mut skips = Skips::default();
        for record in 1..=1000 {
            let reason = format!("not valid JSON at byte {record}: expected value");
            skips.push(SkippedRow { record, line: None, reason });
        }
        skips.push(SkippedRow { record: 1001, line: None, reason: "no text".to_owned() });
        let expected = [("not valid JSON at byte 1: expected value".to_owned(), 1000), ("no text".to_owned(), 1)];
        assert_eq!(skips.reasons(), expected, "by kind, the first as an example");
        assert_eq!((skips.count, skips.first.len()), (1001, LISTED_ROWS), "all are counted, the first are kept");
    }
}
