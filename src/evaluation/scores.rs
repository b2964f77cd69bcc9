//! The scores that a strategy gives in each layer over a sample of texts, and what they had to reach.

use crate::engine;
use crate::engine::RunDetail;
use crate::engine::Trace;
use crate::evaluation::Error;
use crate::evaluation::run::strategy_run::TOKENS_PER_BATCH;
use crate::evaluation::run::strategy_run::build;
use crate::input::Sequence;
use crate::jobs::Progress;
use crate::jobs::Ticket;
use crate::model::Checkpoint;
use crate::pruning::StrategySpec;

/// One token with the score it got in one layer.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ScoredToken {
    /// Index of its text in the sample.
    pub text: u32,
    /// Its position in the text; rows that a strategy made of several are left out.
    pub position: u32,
    /// Higher = more important.
    pub score: f32,
    /// Whether it left the layer alive.
    pub kept: bool,
    /// Whether the tokenizer added it.
    pub special: bool,
}

/// One layer over the sample.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ScoredLayer {
    /// Every token that was scored, text by text.
    pub tokens: Vec<ScoredToken>,
    /// The score needed to stay, in ascending order, one for each text that has one: all alike where a threshold is set, of
    /// every text its own where the best so many stay.
    pub needed: Vec<f32>,
    /// Tokens that entered the layer's attention ÷ original tokens of the sample. Range: 0–1.
    pub attended: f64,
    /// Tokens alive after the layer ÷ original tokens of the sample. Range: 0–1.
    pub retention: f64,
}

impl ScoredLayer {
    /// The score needed to stay where it is one number for all texts.
    #[must_use]
    pub fn threshold(&self) -> Option<f32> {
        let (first, last) = (self.needed.first()?, self.needed.last()?);
        (first == last).then_some(*first)
    }

    /// Of what texts need, the middle one.
    #[must_use]
    pub fn median_needed(&self) -> Option<f32> {
        self.needed.get(self.needed.len() / 2).copied()
    }
}

/// Scores of a sample.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LayerScores {
    /// Shape: `[layers]`.
    pub layers: Vec<ScoredLayer>,
    /// Texts of the sample.
    pub texts: usize,
    /// Original tokens of the sample, special ones counted.
    pub tokens: usize,
    /// Multiply-accumulates of the sample ÷ those of the dense model on it.
    pub macs_share: f64,
}

/// Runs a strategy over some texts and collects the scores of every layer.
///
/// # Errors
/// [`Error::Build`] if the settings do not fit the model, [`Error::Run`] if the engine gives up, [`Error::Cancelled`] if it
/// was asked to stop.
pub fn layer_scores(
    ticket: &Ticket,
    checkpoint: &Checkpoint,
    texts: &[&Sequence],
    spec: &StrategySpec,
) -> Result<LayerScores, Error> {
    let pruner = build(checkpoint, spec)?;
    let lengths: Vec<usize> = texts.iter().map(|text| text.units.len()).collect();
    let mut traces: Vec<Option<Trace>> = vec![None; texts.len()];
    let mut done = 0;
    for batch in engine::plan_batches(&lengths, TOKENS_PER_BATCH) {
        let of_batch: Vec<&Sequence> = batch.iter().map(|&text| texts[text]).collect();
        let outcomes = engine::run(ticket, &checkpoint.model, &of_batch, &*pruner, RunDetail::Trace)
            .map_err(|source| Error::from_engine(spec, source, &[]))?;
        done += batch.len() as u64;
        ticket.report(Progress { done, total: Some(texts.len() as u64), stage: spec.id().to_owned() });
        for (text, outcome) in batch.into_iter().zip(outcomes) {
            traces[text] = Some(outcome.trace);
        }
    }
    let traces: Vec<Trace> = traces.into_iter().flatten().collect();
    Ok(collect(checkpoint, texts, &traces))
}

fn collect(checkpoint: &Checkpoint, texts: &[&Sequence], traces: &[Trace]) -> LayerScores {
    let num_layers = checkpoint.model.config.shape.num_layers;
    let tokens: usize = traces.iter().map(|trace| trace.num_tokens).sum();
    let mut layers = vec![ScoredLayer::default(); num_layers];
    for (number, (text, trace)) in texts.iter().zip(traces).enumerate() {
        let number = u32::try_from(number).unwrap_or(u32::MAX);
        for (layer, of_text) in layers.iter_mut().zip(&trace.layers) {
            let mut kept = vec![false; trace.num_tokens];
            for &position in &of_text.kept {
                if let Some(kept) = kept.get_mut(position as usize) {
                    *kept = true;
                }
            }
            for (&position, &score) in of_text.arrived().iter().zip(of_text.arrived_importance()) {
                let Some(unit) = text.units.get(position as usize) else { continue };
                let kept = kept[position as usize];
                layer.tokens.push(ScoredToken { text: number, position, score, kept, special: unit.special });
            }
            layer.needed.extend(of_text.entry.as_ref().map_or(of_text.threshold, |entry| entry.threshold));
            layer.attended += of_text.rows_attention as f64;
            layer.retention += of_text.alive as f64;
        }
    }
    for layer in &mut layers {
        layer.needed.sort_by(f32::total_cmp);
        layer.attended /= tokens.max(1) as f64;
        layer.retention /= tokens.max(1) as f64;
    }
    let dense: u64 = texts.iter().map(|text| crate::cost::dense_macs(&checkpoint.model, text.units.len())).sum();
    let macs: u64 = traces.iter().map(Trace::macs).sum();
    LayerScores { layers, texts: traces.len(), tokens, macs_share: macs as f64 / dense.max(1) as f64 }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::evaluation::inspect_run;

    #[test]
    fn scores_of_a_sample_are_those_of_its_texts_one_by_one() {
        let fixture = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/bert");
        let checkpoint = Checkpoint::load(&fixture).unwrap();
        let encode = |text: &str| checkpoint.tokenizer.encode(text, None).unwrap();
        let texts = [encode("a film of good minutes"), encode("the plot, the end and the long wait before it")];
        let ticket = Ticket::detached();
        for spec in ["ltp:theta_final=0.4,divisor=alive", "power_bert:retention=0.5"] {
            let spec = StrategySpec::parse(spec).unwrap();
            let found = layer_scores(&ticket, &checkpoint, &texts.each_ref(), &spec).unwrap();
            let alone = texts.each_ref().map(|text| inspect_run(&ticket, &checkpoint, text, &spec).unwrap());
            let tokens: usize = texts.iter().map(|text| text.units.len()).sum();
            assert_eq!((found.texts, found.tokens), (2, tokens), "the sample of {spec}");
            for (number, layer) in found.layers.iter().enumerate() {
                let scores: Vec<f32> =
                    alone.iter().flat_map(|run| run.trace.layers[number].importance.clone()).collect();
                let ours: Vec<f32> = layer.tokens.iter().map(|token| token.score).collect();
                for (ours, alone) in ours.iter().zip(&scores) {
                    assert!((ours - alone).abs() < 1e-5, "layer {number} of {spec}: {ours} instead of {alone}");
                }
                assert_eq!(ours.len(), scores.len(), "every token of layer {number} of {spec}");
                let alive: usize = alone.iter().map(|run| run.trace.layers[number].alive).sum();
                let kept = layer.tokens.iter().filter(|token| token.kept).count();
                assert_eq!(kept, alive, "what layer {number} of {spec} keeps");
                assert!((layer.retention - alive as f64 / tokens as f64).abs() < 1e-12, "the share of layer {number}");
            }
            let macs: u64 = alone.iter().map(|run| run.macs).sum();
            let dense: u64 = alone.iter().map(|run| run.dense_macs).sum();
            assert!((found.macs_share - macs as f64 / dense as f64).abs() < 1e-12, "the cost of {spec}");
        }
    }

    #[test]
    fn a_threshold_is_one_number_only_where_all_texts_need_the_same() {
        let layer = |needed: &[f32]| ScoredLayer { needed: needed.to_vec(), ..ScoredLayer::default() };
        assert_eq!(layer(&[0.2, 0.2]).threshold(), Some(0.2), "set for all");
        assert_eq!(layer(&[0.1, 0.2, 0.4]).threshold(), None, "of every text its own");
        assert_eq!(layer(&[0.1, 0.2, 0.4]).median_needed(), Some(0.2), "the middle one");
        assert_eq!((layer(&[]).threshold(), layer(&[]).median_needed()), (None, None), "no decision");
    }
}
