//! What the traces of a pass say: work, rows, padding.

use crate::cost;
use crate::engine::Outcome;
use crate::latency::Work;
use crate::model::Model;

/// Counts of a pass; the same in every pass over the same texts.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Counted {
    /// Multiply-accumulates by kind of work.
    pub(super) work: Work,
    /// Rows that entered attention, layer by layer.
    rows: Vec<usize>,
    /// The same if every sequence were filled up to its batch's longest.
    filled: Vec<usize>,
    texts: usize,
}

impl Counted {
    /// Adds a batch.
    pub(super) fn add(&mut self, model: &Model, outcomes: &[Outcome]) {
        self.texts += outcomes.len();
        let layers = model.layers.len();
        self.rows.resize(layers, 0);
        self.filled.resize(layers, 0);
        for outcome in outcomes {
            self.work.other += outcome.trace.head_macs;
            for (layer, trace) in outcome.trace.layers.iter().enumerate() {
                let feed_forward = cost::model_layer_macs(model, layer, 0, trace.rows_feed_forward);
                self.work.feed_forward += feed_forward;
                self.work.scoring += trace.overhead_macs;
                self.work.attention += trace.macs.saturating_sub(feed_forward + trace.overhead_macs);
            }
        }
        for layer in 0..layers {
            let rows = |outcome: &Outcome| outcome.trace.layers.get(layer).map_or(0, |trace| trace.rows_attention);
            let longest = outcomes.iter().map(rows).max().unwrap_or(0);
            self.rows[layer] += outcomes.iter().map(rows).sum::<usize>();
            self.filled[layer] += outcomes.len() * longest;
        }
    }

    /// Mean number of rows that entered attention, layer by layer.
    pub(super) fn rows_per_layer(&self) -> Vec<f64> {
        self.rows.iter().map(|&rows| rows as f64 / self.texts.max(1) as f64).collect()
    }

    /// Share of filled-up rows among all rows of a padded pass. Range: 0–1.
    pub(super) fn padding_share(&self) -> f64 {
        let (rows, filled): (usize, usize) = (self.rows.iter().sum(), self.filled.iter().sum());
        if filled == 0 { 0.0 } else { (filled - rows) as f64 / filled as f64 }
    }
}
