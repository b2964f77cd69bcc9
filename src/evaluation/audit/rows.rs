//! What happened to single rows: what the dense model answers, what a strategy answers, and which of them is right.

use crate::evaluation::Prepared;
use crate::evaluation::StrategyRun;
use crate::evaluation::audit::slice::Slice;

/// How a strategy's answer on a row compares with the dense model's, and with the label where there is one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Outcome {
    /// Dense right, pruned wrong.
    Harmed,
    /// Dense wrong, pruned right.
    Rescued,
    /// Both wrong, but not alike.
    ChangedWrong,
    /// Both wrong alike.
    SameWrong,
    /// Both right.
    Right,
    /// Another answer than the dense model's, on a row without a label.
    Changed,
    /// The dense model's answer, on a row without a label.
    Same,
}

impl Outcome {
    /// Every outcome, the worst first.
    pub const ALL: [Self; 7] =
        [Self::Harmed, Self::Rescued, Self::ChangedWrong, Self::SameWrong, Self::Right, Self::Changed, Self::Same];

    /// As shown.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::Harmed => "harmed",
            Self::Rescued => "rescued",
            Self::ChangedWrong => "wrong otherwise",
            Self::SameWrong => "wrong alike",
            Self::Right => "right",
            Self::Changed => "changed",
            Self::Same => "same",
        }
    }

    /// What it means, in a sentence.
    #[must_use]
    pub fn definition(self) -> &'static str {
        match self {
            Self::Harmed => "The dense model is right and the strategy is wrong",
            Self::Rescued => "The dense model is wrong and the strategy is right",
            Self::ChangedWrong => "Both are wrong, with different answers",
            Self::SameWrong => "Both are wrong, with the same answer",
            Self::Right => "Both are right",
            Self::Changed => "The strategy answers otherwise than the dense model; the row has no label",
            Self::Same => "The strategy answers as the dense model does; the row has no label",
        }
    }
}

/// The outcome of every item of a data set; what counts as right is what it is for every measure.
#[must_use]
pub fn outcomes(prepared: &Prepared, (dense, run): (&StrategyRun, &StrategyRun)) -> Vec<Outcome> {
    let (labelled, all) = (Slice::all(prepared, dense, run), Slice::unlabelled(prepared, dense, run));
    let outcome = |item| match labelled.right_and_changed(item) {
        Some(([true, true], _)) => Outcome::Right,
        Some(([true, false], _)) => Outcome::Harmed,
        Some(([false, true], _)) => Outcome::Rescued,
        Some(([false, false], false)) => Outcome::SameWrong,
        Some(([false, false], true)) => Outcome::ChangedWrong,
        None if all.right_and_changed(item).is_some_and(|(_, is_changed)| is_changed) => Outcome::Changed,
        None => Outcome::Same,
    };
    (0..run.results.len()).map(outcome).collect()
}

/// What a run answers on an item, in words.
#[must_use]
pub fn answer_text(prepared: &Prepared, run: &StrategyRun, item: usize) -> String {
    run.results.answer(prepared.head, item).text(&prepared.classes)
}

/// What should be answered on an item, in words; `None` without a label.
#[must_use]
pub fn label_text(prepared: &Prepared, item: usize) -> Option<String> {
    Some(prepared.target(item)?.text(&prepared.classes))
}
