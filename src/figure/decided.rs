//! What pruning did to the decisions of a row: counts, a test, a verdict.

use serde::Serialize;

use super::describe::Column;
use super::number;

/// What pruning did to the decisions about a row's texts.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Decided {
    /// Against labels.
    Judged(Judged),
    /// Without: how many texts got another class.
    Changed {
        /// Texts whose class changed.
        texts: usize,
    },
}

/// Right and wrong decisions before and after, and what may be said about them.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Judged {
    /// Dense right, pruned wrong.
    pub harmed: usize,
    /// Dense wrong, pruned right.
    pub rescued: usize,
    /// Two-sided mid-p of no change; `None` without texts.
    pub p: Option<f64>,
    /// The same, adjusted over all tests of the strategy.
    pub p_adjusted: Option<f64>,
    /// Which test: `mcnemar-mid-p`, or `sign-flip-clusters`.
    pub test: String,
    /// Clusters that it rests on; `None` where texts stand for themselves.
    pub clusters: Option<usize>,
    /// `pass`, `fail`, `undecided` or `not estimable`.
    pub verdict: String,
    /// What the verdict rests on, or why there is none.
    pub reason: String,
}

/// Columns of decisions against labels.
const JUDGED: [Column; 5] = [Column::Harmed, Column::Rescued, Column::P, Column::PAdjusted, Column::Verdict];

/// What the last columns of a table are, by their rows.
pub(super) fn columns<'r>(mut rows: impl Iterator<Item = &'r Option<Decided>>) -> &'static [Column] {
    match rows.find_map(Option::as_ref) {
        Some(Decided::Judged(_)) => &JUDGED,
        Some(Decided::Changed { .. }) => &[Column::Changed],
        None => &[],
    }
}

impl Decided {
    /// What stands in a column; nothing in columns of other kinds.
    #[must_use]
    pub fn cell(&self, column: Column) -> Option<String> {
        let p = |value: Option<f64>| value.map_or_else(|| "—".to_owned(), number::p_value);
        Some(match (self, column) {
            (Self::Judged(judged), Column::Harmed) => number::count(judged.harmed),
            (Self::Judged(judged), Column::Rescued) => number::count(judged.rescued),
            (Self::Judged(judged), Column::P) => p(judged.p),
            (Self::Judged(judged), Column::PAdjusted) => p(judged.p_adjusted),
            (Self::Judged(judged), Column::Verdict) => judged.verdict.clone(),
            (Self::Changed { texts }, Column::Changed) => number::count(*texts),
            _ => return None,
        })
    }

    /// For tooltips and screen readers: "harmed 12, rescued 3, p 0.035 (adjusted 0.42), pass: loss below …".
    #[must_use]
    pub fn sentence(&self) -> String {
        match self {
            Self::Changed { texts } => format!("changed {}", number::count(*texts)),
            Self::Judged(judged) => {
                let [harmed, rescued] = [judged.harmed, judged.rescued].map(number::count);
                let p = match (judged.p, judged.p_adjusted) {
                    (Some(raw), Some(adjusted)) => {
                        format!(", p {} (adjusted {})", number::p_value(raw), number::p_value(adjusted))
                    }
                    _ => String::new(),
                };
                format!("harmed {harmed}, rescued {rescued}{p}, {}: {}", judged.verdict, judged.reason)
            }
        }
    }
}
