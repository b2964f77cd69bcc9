//! Measured speed-ups of the trade-off view's settings, on a sample of its data set.

use std::path::PathBuf;
use std::time::Duration;

use crate::data::Dataset;
use crate::figure::charts::SpeedUps;
use crate::input::Sequence;
use crate::latency;
use crate::latency::Case;
use crate::latency::CaseKind;
use crate::latency::LatencyReport;
use crate::latency::Measured;
use crate::latency::Rounds;
use crate::metrics::MIN_BLOCKS;
use crate::model::Checkpoint;
use crate::project::DataSource;
use crate::pruning::StrategySpec;

/// Texts of a batch, and batches of a pass at most: short ones to long ones.
const BATCH: usize = 4;
const BATCHES: usize = 4;
/// About so many tokens make a pass, so that many settings are measured within a minute.
const TOKENS: usize = 256;
/// Each setting is measured for this long.
const TIME: Duration = Duration::from_millis(300);

/// A model by what decides how long it takes: weights, tokenizer, number type, device, longest text.
pub(crate) type ModelContent = [String; 5];
/// A data set by what decides which texts there are: the file's content, and how it is read.
pub(crate) type DataContent = (String, DataSource);

/// The content of a checkpoint.
pub(crate) fn model_content(checkpoint: &Checkpoint) -> ModelContent {
    let model = &checkpoint.model;
    [
        model.weights_hash.clone(),
        checkpoint.tokenizer.hash().to_owned(),
        model.precision.label().to_owned(),
        model.device_name(),
        model.config.max_tokens.to_string(),
    ]
}

/// The content of a data set that was read as `source` says; where the file lies makes no difference.
pub(crate) fn data_content(dataset: &Dataset, source: &DataSource) -> DataContent {
    (dataset.hash.clone(), DataSource { path: PathBuf::new(), ..source.reading() })
}

/// Speed-ups of settings, all with one model on one data set.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct SettingsLatency {
    made_with: (Option<ModelContent>, Option<DataContent>),
    /// Where it was measured last, for a person.
    pub(crate) machine: String,
    /// By canonical spec.
    pub(crate) speed_ups: SpeedUps,
}

impl SettingsLatency {
    /// Nothing measured yet, with what is open.
    pub(crate) fn new(open: (Option<ModelContent>, Option<DataContent>)) -> Self {
        Self { made_with: open, machine: String::new(), speed_ups: SpeedUps::new() }
    }

    /// Whether it was measured with this model and on this data set.
    pub(crate) fn fits(&self, open: &(Option<ModelContent>, Option<DataContent>)) -> bool {
        self.made_with == *open
    }

    /// Takes in what was measured; what was known of other settings stays.
    pub(crate) fn add(&mut self, report: &LatencyReport) {
        let entry = |row: &Measured| (row.spec.to_string(), row.speedup.clone());
        self.speed_ups.extend(report.rows.iter().map(entry));
        let warning = report.machine.warning().map(|warning| format!("; {warning}")).unwrap_or_default();
        self.machine = format!("{}{warning}", report.machine.summary());
    }
}

/// A pass over texts evenly spread from the shortest to the longest, in batches of similar length.
pub(crate) fn sample_case(mut texts: Vec<Sequence>) -> Case {
    texts.sort_by_key(|text| text.units.len());
    let count = texts.len();
    let tokens: usize = texts.iter().map(|text| text.units.len()).sum();
    let batches = (TOKENS * count / (BATCH * tokens.max(1))).clamp(1, BATCHES);
    let wanted = (BATCH * batches).min(count);
    let chosen: Vec<Sequence> = (0..wanted).map(|index| texts[index * count / wanted].clone()).collect();
    let length = |text: Option<&Sequence>| text.map_or(0, |text| text.units.len());
    let kind = CaseKind::Bucket { batch: BATCH, from: length(chosen.first()), to: length(chosen.last()), texts: count };
    Case { kind, batches: chosen.chunks(BATCH).map(<[Sequence]>::to_vec).collect() }
}

/// How the settings are measured.
pub(crate) fn lab_plan(specs: Vec<StrategySpec>) -> latency::Plan {
    let rounds = Rounds { at_least: MIN_BLOCKS, ..Rounds::within(TIME) };
    latency::Plan { rounds, warm_up: 1, ..latency::Plan::new(specs) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(tokens: usize) -> Sequence {
        Sequence::made_up(std::iter::repeat_n(7, tokens))
    }

    #[test]
    fn a_sample_reaches_from_short_to_long_in_batches_of_similar_length() {
        // Four times 21.5 tokens fit into 256 twice; eight of 96 texts are every twelfth, three tokens apart.
        let case = sample_case((0..96).rev().map(|index| text(10 + index / 4)).collect());
        let lengths: Vec<Vec<usize>> =
            case.batches.iter().map(|batch| batch.iter().map(|text| text.units.len()).collect()).collect();
        assert_eq!(lengths, [[10, 13, 16, 19], [22, 25, 28, 31]], "short to long");
        let long = sample_case((0..96).map(|_| text(400)).collect());
        assert_eq!((long.batches.len(), long.texts()), (1, BATCH), "one batch of long texts is enough");
        assert_eq!(sample_case(vec![text(5)]).texts(), 1, "one text is a sample of itself");
    }
}
