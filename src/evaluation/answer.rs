//! What a model says of a text, or what the data set says should be said: a class, a number, or a set of labels.

use crate::model::HeadKind;

/// Where a label's own probability begins to count as said.
pub const LABEL_THRESHOLD: f32 = 0.5;

/// What is said of a text.
#[derive(Clone, Debug, PartialEq)]
pub enum Answer {
    /// One of the model's classes.
    Class(usize),
    /// A number.
    Value(f64),
    /// Any of the model's labels, ascending; none is an answer too.
    Labels(Vec<usize>),
}

impl Answer {
    /// What a head's logits and the [`outputs`](HeadKind::outputs) they stand for come to: the class with the largest logit
    /// (the smaller one on ties), the number itself, or the labels with a probability of at least [`LABEL_THRESHOLD`].
    #[must_use]
    pub fn of(head: HeadKind, logits: &[f32], outputs: &[f32]) -> Self {
        match head {
            HeadKind::Classifier => Self::Class(argmax(logits)),
            HeadKind::Regression(_) => Self::Value(outputs.first().copied().map_or(f64::NAN, f64::from)),
            HeadKind::MultiLabel => Self::Labels(said(outputs).collect()),
        }
    }

    /// Whether it counts as the same as another: the same class, the same set, or a number within the tolerance.
    #[must_use]
    pub fn is_same(&self, other: &Self, tolerance: f64) -> bool {
        match (self, other) {
            (Self::Value(one), Self::Value(other)) => (one - other).abs() <= tolerance,
            (one, other) => one == other,
        }
    }

    /// For a person: the class's name, the number with three digits, or the labels' names between commas (`none` without
    /// one).
    #[must_use]
    pub fn text(&self, names: &[String]) -> String {
        match self {
            Self::Value(value) => three_digits(*value),
            Self::Labels(labels) if labels.is_empty() => "none".to_owned(),
            Self::Class(_) | Self::Labels(_) => self.names(names).join(", "),
        }
    }

    /// For a file: as for a person, but numbers with every digit and labels between semicolons, nothing without one.
    #[must_use]
    pub fn written(&self, names: &[String]) -> String {
        match self {
            // What comes from a model has single precision: its shortest spelling, not that of its double.
            Self::Value(value) => {
                #[expect(clippy::cast_possible_truncation, reason = "kept only where nothing is lost")]
                let single = *value as f32;
                if f64::from(single) == *value { single.to_string() } else { value.to_string() }
            }
            Self::Class(_) | Self::Labels(_) => self.names(names).join(";"),
        }
    }

    fn names<'a>(&'a self, names: &'a [String]) -> Vec<&'a str> {
        let name = |index: &usize| names.get(*index).map_or("?", String::as_str);
        match self {
            Self::Class(class) => vec![name(class)],
            Self::Labels(labels) => labels.iter().map(name).collect(),
            Self::Value(_) => Vec::new(),
        }
    }
}

/// Labels that are said, ascending.
fn said(outputs: &[f32]) -> impl Iterator<Item = usize> {
    outputs.iter().enumerate().filter(|(_, probability)| **probability >= LABEL_THRESHOLD).map(|(label, _)| label)
}

/// The class with the largest logit; the smaller class on ties.
#[must_use]
pub(super) fn argmax(logits: &[f32]) -> usize {
    let mut best = 0;
    for (class, logit) in logits.iter().enumerate() {
        if *logit > logits[best] {
            best = class;
        }
    }
    best
}

/// `3.42`, `0.0123`, `-123`: three digits, none of them behind the point where three stand before it.
fn three_digits(value: f64) -> String {
    if value == 0.0 {
        return "0".to_owned();
    }
    let decimals = [100.0, 10.0, 1.0, 0.1].iter().position(|bound| value.abs() >= *bound).unwrap_or(4);
    let text = format!("{value:.decimals$}");
    // A number that rounds to nothing has no sign.
    if text.trim_start_matches('-').bytes().all(|letter| matches!(letter, b'0' | b'.')) {
        return text.trim_start_matches('-').to_owned();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Scale;

    fn names() -> Vec<String> {
        ["toxic", "insult", "threat"].map(str::to_owned).to_vec()
    }

    #[test]
    fn ties_go_to_the_smaller_class() {
        assert_eq!(argmax(&[0.5, 0.5]), 0, "a tie of two");
        assert_eq!(argmax(&[-1.0, 2.0, 2.0]), 1, "a tie of the last two");
    }

    #[test]
    fn each_head_has_its_answer() {
        let of = |head, logits: &[f32]| Answer::of(head, logits, &HeadKind::outputs(head, logits));
        assert_eq!(of(HeadKind::Classifier, &[0.0, 2.0, 1.0]), Answer::Class(1), "the largest logit");
        assert_eq!(of(HeadKind::MultiLabel, &[0.0, -0.1, 3.0]), Answer::Labels(vec![0, 2]), "half is enough");
        assert_eq!(of(HeadKind::MultiLabel, &[-1.0, -0.1]), Answer::Labels(Vec::new()), "none is said");
        assert_eq!(of(HeadKind::Regression(Scale::Unbounded), &[3.5]), Answer::Value(3.5), "as it is");
        assert_eq!(of(HeadKind::Regression(Scale::Sigmoid), &[0.0]), Answer::Value(0.5), "through the sigmoid");
    }

    #[test]
    fn answers_are_shown_and_written() {
        let both = |answer: Answer| (answer.text(&names()), answer.written(&names()));
        assert_eq!(both(Answer::Class(1)), ("insult".to_owned(), "insult".to_owned()), "a class");
        assert_eq!(both(Answer::Labels(vec![0, 1])), ("toxic, insult".to_owned(), "toxic;insult".to_owned()), "labels");
        assert_eq!(both(Answer::Labels(Vec::new())), ("none".to_owned(), String::new()), "no label");
        assert_eq!(both(Answer::Value(f64::from(3.4178_f32))), ("3.42".to_owned(), "3.4178".to_owned()), "a number");
        assert_eq!(both(Answer::Value(0.1)).1, "0.1", "a double that no single is");
        let shown = [123.4, -12.34, 0.123, 0.01234, -0.00001, 0.0].map(|value| Answer::Value(value).text(&names()));
        assert_eq!(shown, ["123", "-12.3", "0.123", "0.0123", "0.0000", "0"], "three digits");
    }
}
