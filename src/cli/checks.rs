//! `--fail-if`: conditions that turn a finished evaluation into exit code 1.

use std::fmt;
use std::str::FromStr;

use crate::evaluation::Audit;
use crate::evaluation::Evaluation;
use crate::evaluation::Measure;

/// A quantity of one strategy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Quantity {
    Accuracy,
    AccuracyDrop,
    WorstGroupDrop,
    F1Drop,
    AucDrop,
    LogLossRise,
    FlipRate,
    Agreement,
    Retention,
    FlopsReduction,
}

const QUANTITIES: [(&str, Quantity); 10] = [
    ("accuracy", Quantity::Accuracy),
    ("accuracy_drop", Quantity::AccuracyDrop),
    ("worst_group_drop", Quantity::WorstGroupDrop),
    ("f1_drop", Quantity::F1Drop),
    ("auc_drop", Quantity::AucDrop),
    ("log_loss_rise", Quantity::LogLossRise),
    ("flip_rate", Quantity::FlipRate),
    ("agreement", Quantity::Agreement),
    ("retention", Quantity::Retention),
    ("flops_reduction", Quantity::FlopsReduction),
];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Relation {
    AtLeast,
    AtMost,
    Above,
    Below,
}

/// Two-character signs first, so that `>=` is not read as `>`.
const RELATIONS: [(&str, Relation); 4] =
    [(">=", Relation::AtLeast), ("<=", Relation::AtMost), (">", Relation::Above), ("<", Relation::Below)];

/// One condition: `accuracy_drop>0.02`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Check {
    quantity: Quantity,
    relation: Relation,
    bound: f64,
}

/// A condition that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("--fail-if {text:?}: {}expected QUANTITY>NUMBER (or >=, <, <=); quantities are {}", comma_hint(text), names())]
pub(super) struct BadCheck {
    text: String,
}

/// What to do about a comma inside the number.
fn comma_hint(text: &str) -> String {
    let number = text.rsplit(['>', '<', '=']).next().unwrap_or_default().trim();
    let with_point = number.replace(',', ".");
    let is_meant = number.contains(',') && with_point.parse::<f64>().is_ok();
    if is_meant { format!("got {number}: write {with_point}; ") } else { String::new() }
}

fn names() -> String {
    QUANTITIES.map(|(name, _)| name).join(", ")
}

impl FromStr for Check {
    type Err = BadCheck;

    fn from_str(text: &str) -> Result<Self, BadCheck> {
        let bad = || BadCheck { text: text.to_owned() };
        let (sign, relation) = RELATIONS.iter().find(|(sign, _)| text.contains(sign)).ok_or_else(bad)?;
        let (name, bound) = text.split_once(sign).ok_or_else(bad)?;
        let (_, quantity) = QUANTITIES.iter().find(|(known, _)| *known == name.trim()).ok_or_else(bad)?;
        let bound: f64 = bound.trim().parse().map_err(|_not_a_number| bad())?;
        if bound.is_finite() { Ok(Self { quantity: *quantity, relation: *relation, bound }) } else { Err(bad()) }
    }
}

impl fmt::Display for Check {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = QUANTITIES.iter().find(|(_, quantity)| *quantity == self.quantity).map_or("?", |(name, _)| name);
        let sign = RELATIONS.iter().find(|(_, relation)| *relation == self.relation).map_or("?", |(sign, _)| sign);
        write!(f, "{name}{sign}{}", self.bound)
    }
}

impl Check {
    /// Whether it needs group columns.
    pub(super) fn needs_groups(&self) -> bool {
        self.quantity == Quantity::WorstGroupDrop
    }

    fn holds(&self, value: f64) -> bool {
        match self.relation {
            Relation::AtLeast => value >= self.bound,
            Relation::AtMost => value <= self.bound,
            Relation::Above => value > self.bound,
            Relation::Below => value < self.bound,
        }
    }
}

/// One line for each check that fails. A quantity that has no value fails too: a gate must not pass unseen.
pub(super) fn failures(checks: &[Check], evaluation: &Evaluation) -> Vec<String> {
    let mut failures = Vec::new();
    for strategy in evaluation.strategies.iter().skip(1) {
        let Some(audit) = &strategy.audit else { continue };
        for check in checks {
            match quantity(check.quantity, audit) {
                Err(why) => failures.push(format!("check failed: {check} has no value for {}{why}", strategy.spec)),
                Ok((value, what)) if check.holds(value) => {
                    failures.push(format!("check failed: {check}: {value:.4}{what} for {}", strategy.spec));
                }
                Ok(_) => {}
            }
        }
    }
    failures
}

/// The value, and where it was found if that needs saying; or why there is none, if that does.
fn quantity(quantity: Quantity, audit: &Audit) -> Result<(f64, String), String> {
    match quantity {
        Quantity::WorstGroupDrop => worst_group_drop(audit),
        quantity => overall_quantity(quantity, audit).map(|value| (value, String::new())).ok_or_else(String::new),
    }
}

fn overall_quantity(quantity: Quantity, audit: &Audit) -> Option<f64> {
    let overall = &audit.overall;
    let change = |measure: Measure| overall.measure(measure)?.change.value();
    Some(match quantity {
        Quantity::Accuracy => overall.measure(Measure::Accuracy)?.pruned.value()?,
        Quantity::AccuracyDrop => -change(Measure::Accuracy)?,
        Quantity::F1Drop => -change(Measure::F1)?,
        Quantity::AucDrop => -change(Measure::Auc)?,
        Quantity::LogLossRise => change(Measure::LogLoss)?,
        Quantity::Agreement => overall.measure(Measure::Agreement)?.pruned.value()?,
        Quantity::FlipRate => overall.decisions.flips.value()?,
        Quantity::Retention => overall.cost.retention,
        Quantity::FlopsReduction => overall.cost.flops_reduction(),
        // Found over groups, by worst_group_drop.
        Quantity::WorstGroupDrop => return None,
    })
}

/// The largest loss of accuracy of any group, over all group columns; the reason where a column has a group too small to
/// be judged.
fn worst_group_drop(audit: &Audit) -> Result<(f64, String), String> {
    let mut worst: Option<(f64, String)> = None;
    for column in &audit.gaps {
        let Some(gap) = column.gaps.iter().find(|gap| gap.measure == Measure::Accuracy) else { continue };
        let loss = &gap.worst_loss;
        let name = &column.column;
        let reason = || format!(": {name}: {}", loss.value.reason().unwrap_or("no value"));
        let value = loss.value.value().ok_or_else(reason)?;
        if worst.as_ref().is_none_or(|(most, _)| value > *most) {
            worst = Some((value, format!(" in {name} = {}", loss.names())));
        }
    }
    worst.ok_or_else(String::new)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn checks_are_read_and_written() {
        for text in ["accuracy_drop>0.02", "flops_reduction<1.5", "retention<=0.3", "log_loss_rise>=1"] {
            let check: Check = text.parse().unwrap();
            assert_eq!(check.to_string(), text, "it reads back");
        }
        let check: Check = " accuracy_drop >= 0.02 ".parse().unwrap();
        assert!(check.holds(0.02) && !check.holds(0.019), "the bound belongs to it");
        assert!(!"accuracy_drop>0.02".parse::<Check>().unwrap().holds(0.02), "here it does not");
    }

    #[test]
    fn a_decimal_comma_is_named() {
        let message = "accuracy_drop>=0,02".parse::<Check>().unwrap_err().to_string();
        assert!(message.contains("got 0,02: write 0.02; "), "got: {message}");
    }

    #[test]
    fn bad_checks_list_what_there_is() {
        for text in ["", "accuracy", "acc>0.1", "accuracy>x", "accuracy>NaN", "accuracy>inf", ">0.1"] {
            let message = text.parse::<Check>().unwrap_err().to_string();
            assert!(message.contains("worst_group_drop"), "{text:?}: {message}");
        }
    }
}
