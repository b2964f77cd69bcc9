//! `random`: keeps tokens by lot. The control that every method has to beat.
//!
//! Each token draws one number from `ChaCha8`, keyed by the seed and the text's fingerprint, and keeps it through all
//! layers. The draw depends on nothing else, so neither on the batch nor on the order of the data set.

use std::sync::Arc;

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::RngCore as _;
use rand_chacha::rand_core::SeedableRng as _;

use crate::pruning::BuildContext;
use crate::pruning::Error;
use crate::pruning::KeyKind;
use crate::pruning::KeySpec;
use crate::pruning::Pruner;
use crate::pruning::SequenceInfo;
use crate::pruning::SequencePruner;
use crate::pruning::StrategyFamily;
use crate::pruning::StrategyInfo;
use crate::pruning::Training;
use crate::pruning::Value;
use crate::pruning::rows::schedule::retention_dial;
use crate::pruning::rows::schedule::shared_keys;
use crate::pruning::rows::top_k::TopK;
use crate::tensor::EvidenceSet;
use crate::tensor::ModelShape;

pub(super) fn info() -> StrategyInfo {
    StrategyInfo {
        id: "random",
        name: "Random",
        family: StrategyFamily::Control,
        paper: "Control: what choosing without looking costs",
        year: None,
        url: "",
        summary: "Keeps tokens by lot, as many as the schedule says",
        formula: "s_k = one draw per token from [0, 1), from seed and text; keep the best ⌈r_l·n0⌉",
        deviations: "",
        keys: shared_keys(vec![KeySpec::new(
            "seed",
            KeyKind::Int { min: 0, max: u64::MAX },
            Value::Int(0),
            "Another seed draws other tokens",
        )]),
        dial: Some(retention_dial()),
        score_only: false,
        training: Training::None,
        build,
    }
}

#[derive(Debug)]
struct Random {
    top_k: TopK,
    seed: u64,
}

fn build(context: &BuildContext<'_>) -> Result<Arc<dyn Pruner>, Error> {
    let spec = context.spec;
    Ok(Arc::new(Random { top_k: TopK::from_context(context)?, seed: spec.int("seed")? }))
}

impl Pruner for Random {
    fn needs(&self, layer: usize) -> EvidenceSet {
        self.top_k.needs(layer, EvidenceSet::NONE)
    }

    fn idle_layers(&self) -> usize {
        self.top_k.schedule.idle_layers()
    }

    fn overhead_macs(&self, layer: usize, tokens: usize, shape: &ModelShape) -> u64 {
        self.top_k.overhead_macs(layer, tokens, shape)
    }

    fn begin(&self, sequence: &SequenceInfo) -> Box<dyn SequencePruner> {
        let draws = draw(self.seed, sequence.fingerprint, sequence.num_tokens());
        self.top_k.begin(sequence, move |layer| layer.orig.iter().map(|&position| draws[position as usize]).collect())
    }
}

/// One number per original position. Shape: `[n0]`. Range: 0 to 1, 1 excluded.
fn draw(seed: u64, fingerprint: u64, num_tokens: usize) -> Vec<f32> {
    let mut key = [0; 32];
    key[..8].copy_from_slice(&seed.to_le_bytes());
    key[8..16].copy_from_slice(&fingerprint.to_le_bytes());
    let mut rng = ChaCha8Rng::from_seed(key);
    // 24 bits are what an f32 holds exactly.
    (0..num_tokens).map(|_| (rng.next_u32() >> 8) as f32 / 16_777_216.0).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn draws_depend_on_seed_and_text_alone() {
        let reference = draw(0, 7, 9);
        assert_eq!(draw(0, 7, 9), reference, "same seed, same text");
        assert_ne!(draw(1, 7, 9), reference, "another seed");
        assert_ne!(draw(0, 8, 9), reference, "another text");
        assert_eq!(draw(0, 7, 5), reference[..5], "a draw does not depend on the tokens after it");
    }

    #[test]
    fn draws_fill_the_unit_interval_evenly() {
        let draws = draw(3, 5, 10_000);
        assert!(draws.iter().all(|draw| (0.0..1.0).contains(draw)), "all within [0, 1)");
        let mean = draws.iter().map(|&draw| f64::from(draw)).sum::<f64>() / 10_000.0;
        // The standard deviation of the mean of 10,000 uniform draws is 0.0029.
        assert!((mean - 0.5).abs() < 0.015, "mean {mean} is far from one half");
    }
}
