//! What a person asks the latency laboratory for, as the controls show it.

use std::num::NonZero;
use std::thread::available_parallelism;
use std::time::Duration;

use crate::latency;
use crate::latency::Layout;
use crate::latency::Rounds;
use crate::project::Project;
use crate::pruning::StrategySpec;

/// Which texts are timed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Texts {
    /// Made-up texts of fixed lengths.
    #[default]
    Lengths,
    /// The text of the Inspect view, repeated to fill a batch.
    Shown,
    /// Texts of the data set by length.
    Buckets,
}

impl Texts {
    /// All of them, in the order of menus.
    pub(crate) const ALL: [Self; 3] = [Self::Lengths, Self::Shown, Self::Buckets];

    /// As shown in menus.
    pub(crate) fn label(self) -> &'static str {
        match self {
            Self::Lengths => "fixed lengths",
            Self::Shown => "the text shown",
            Self::Buckets => "the data set by length",
        }
    }

    /// For a hover.
    pub(crate) fn definition(self) -> &'static str {
        match self {
            Self::Lengths => {
                "Made-up texts, all of one length. What a text says does not change the time, except for strategies whose \
                 thresholds let the text decide how many tokens go"
            }
            Self::Shown => "The text of the Inspect view, as often as the batch needs",
            Self::Buckets => {
                "Texts of the data set, sorted into buckets of similar length (1–16, 17–32, 33–64 tokens and so on); at most \
                 four batches, chosen with a fixed seed, stand for a bucket"
            }
        }
    }
}

/// How the rows of a batch lie in memory.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Filling {
    /// Every text keeps its own number of rows.
    #[default]
    Packed,
    /// Every text is filled up to the batch's longest.
    Padded,
    /// One after the other.
    Both,
}

impl Filling {
    /// All of them, in the order of menus.
    pub(crate) const ALL: [Self; 3] = [Self::Packed, Self::Padded, Self::Both];

    /// As shown in menus.
    pub(crate) fn label(self) -> &'static str {
        match self {
            Self::Packed => "packed",
            Self::Padded => "padded",
            Self::Both => "packed and padded",
        }
    }

    /// For a hover.
    pub(crate) fn definition(self) -> &'static str {
        match self {
            Self::Packed => "Every text keeps its own number of rows; no padding is computed, dense or pruned",
            Self::Padded => {
                "Every text is filled up to the batch's longest in every layer, dense and pruned alike, as padded \
                 implementations do: pruning then saves only what the longest text saves"
            }
            Self::Both => "Every case packed and padded",
        }
    }

    /// For the laboratory.
    pub(crate) fn layouts(self) -> Vec<Layout> {
        match self {
            Self::Packed => vec![Layout::Packed],
            Self::Padded => vec![Layout::Padded],
            Self::Both => Layout::ALL.to_vec(),
        }
    }
}

/// How long it is measured.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Effort {
    /// Two rounds: numbers without an interval.
    Glance,
    /// Enough for an interval.
    #[default]
    Quick,
    /// As the command line does.
    Usual,
    /// Narrow intervals.
    Careful,
}

impl Effort {
    /// All of them, in the order of menus.
    pub(crate) const ALL: [Self; 4] = [Self::Glance, Self::Quick, Self::Usual, Self::Careful];

    /// As shown in menus.
    pub(crate) fn label(self) -> &'static str {
        match self {
            Self::Glance => "two rounds",
            Self::Quick => "½ second",
            Self::Usual => "1 second",
            Self::Careful => "5 seconds",
        }
    }

    /// For a hover.
    pub(crate) fn definition(self) -> String {
        let rounds = self.rounds();
        match self {
            Self::Glance => "Two rounds of dense, pruned, pruned, dense: too few for an interval".to_owned(),
            _ => format!(
                "Rounds of dense, pruned, pruned, dense for this long per case and strategy, at least {} rounds",
                rounds.at_least
            ),
        }
    }

    /// For the laboratory.
    pub(crate) fn rounds(self) -> Rounds {
        match self {
            Self::Glance => Rounds::exactly(2),
            Self::Quick => Rounds::within(Duration::from_millis(500)),
            Self::Usual => Rounds::default(),
            Self::Careful => Rounds { at_least: 40, at_most: 1000, time: Duration::from_secs(5) },
        }
    }
}

/// Batch sizes to choose from.
pub(crate) const BATCHES: [usize; 3] = [1, 8, 32];
/// Lengths in tokens to choose from.
pub(crate) const LENGTHS: [usize; 3] = [32, 128, 512];

/// What is measured, and how.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(default)]
pub(crate) struct LatencyPlan {
    /// Which texts.
    pub(crate) texts: Texts,
    /// Texts in a batch, some of [`BATCHES`].
    pub(crate) batches: Vec<usize>,
    /// Tokens of made-up texts, some of [`LENGTHS`].
    pub(crate) lengths: Vec<usize>,
    /// How the rows lie in memory.
    pub(crate) filling: Filling,
    /// Threads; 0 = one for each core.
    pub(crate) threads: usize,
    /// How long.
    pub(crate) effort: Effort,
    /// Compute in the last layer only the rows that the head reads.
    pub(crate) head_rows_only: bool,
}

impl Default for LatencyPlan {
    fn default() -> Self {
        Self {
            texts: Texts::default(),
            batches: vec![1, 8],
            lengths: vec![32, 128],
            filling: Filling::default(),
            threads: 0,
            effort: Effort::default(),
            head_rows_only: false,
        }
    }
}

/// Threads of this machine.
pub(crate) fn cores() -> usize {
    available_parallelism().map_or(1, NonZero::get)
}

/// What the laboratory shuffles and samples with.
const SEED: u64 = 1;

impl LatencyPlan {
    /// Why nothing can be measured, if so.
    pub(crate) fn missing(&self, project: &Project, has_data: bool) -> Option<&'static str> {
        if strategies(project).is_empty() {
            return Some("Enable a strategy on the left first");
        }
        if self.batches.is_empty() {
            return Some("Choose a batch size first");
        }
        match self.texts {
            Texts::Lengths if self.lengths.is_empty() => Some("Choose a length first"),
            Texts::Shown if project.text.trim().is_empty() => Some("Enter a text in the Inspect view first"),
            Texts::Buckets if !has_data => Some("Open a data set first"),
            _ => None,
        }
    }

    /// Threads that compute.
    pub(crate) fn threads(&self) -> usize {
        if self.threads == 0 { cores() } else { self.threads.min(cores()) }
    }

    /// For the laboratory.
    pub(crate) fn lab_plan(&self, strategies: Vec<StrategySpec>) -> latency::Plan {
        latency::Plan {
            layouts: self.filling.layouts(),
            rounds: self.effort.rounds(),
            warm_up: if self.effort == Effort::Glance { 1 } else { 2 },
            threads: Some(self.threads()),
            head_rows_only: self.head_rows_only,
            seed: SEED,
            ..latency::Plan::new(strategies)
        }
    }

    /// Adds or removes a member of a list, in rising order.
    pub(crate) fn toggle(list: &mut Vec<usize>, value: usize) {
        if let Some(index) = list.iter().position(|member| *member == value) {
            list.remove(index);
        } else {
            list.push(value);
            list.sort_unstable();
        }
    }
}

/// The enabled strategies, each setting once, the dense model left out: everything is compared with it anyway.
pub(crate) fn strategies(project: &Project) -> Vec<StrategySpec> {
    let mut specs: Vec<StrategySpec> = Vec::new();
    for spec in project.enabled().map(|entry| &entry.spec).filter(|spec| spec.id() != "dense") {
        if !specs.contains(spec) {
            specs.push(spec.clone());
        }
    }
    specs
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_is_toggled_in_order() {
        let mut list = vec![1, 32];
        LatencyPlan::toggle(&mut list, 8);
        assert_eq!(list, [1, 8, 32], "put where it belongs");
        LatencyPlan::toggle(&mut list, 1);
        assert_eq!(list, [8, 32], "taken out");
    }

    #[test]
    fn what_is_missing_is_said() {
        let plan = LatencyPlan::default();
        let mut project = Project::new("model");
        assert!(plan.missing(&project, true).is_some_and(|text| text.contains("strategy")), "no strategy");
        project.push(StrategySpec::parse("dense").unwrap(), true);
        assert!(plan.missing(&project, true).is_some_and(|text| text.contains("strategy")), "only the dense model");
        project.push(StrategySpec::parse("ltp").unwrap(), true);
        project.push(StrategySpec::parse("ltp").unwrap(), true);
        assert_eq!(plan.missing(&project, false), None, "all is there");
        assert_eq!(strategies(&project).len(), 1, "the same setting once");
        let buckets = LatencyPlan { texts: Texts::Buckets, ..plan.clone() };
        assert!(buckets.missing(&project, false).is_some_and(|text| text.contains("data set")), "no data set");
        let shown = LatencyPlan { texts: Texts::Shown, ..plan };
        assert!(shown.missing(&project, true).is_some_and(|text| text.contains("text")), "no text");
    }
}
