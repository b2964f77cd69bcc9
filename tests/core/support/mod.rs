//! What the core tests share: fixtures, reference tensors, hand-made texts and strategies.

pub(crate) mod readers;
pub(crate) mod strategies;
pub(crate) mod weights;

use std::path::PathBuf;
use std::sync::Arc;

use proptest::test_runner::Config as ProptestConfig;
use proptest::test_runner::RngSeed;
use prunescope::input::Sequence;
use prunescope::input::Unit;
use prunescope::model::Checkpoint;
use prunescope::model::DeviceWeights;
use prunescope::model::Model;
use safetensors::SafeTensors;

/// The families with reference outputs.
pub(crate) const FAMILIES: [&str; 8] =
    ["bert", "distilbert", "roberta", "electra", "albert", "deberta-v2", "modernbert", "mpnet"];

/// Those that compute on devices too.
pub(crate) const ON_DEVICES: [&str; 7] =
    ["bert", "distilbert", "roberta", "electra", "albert", "deberta-v2", "modernbert"];

/// Folders whose heads give other things than one of several classes from the first state, made by `make_heads.py`; all
/// compute on devices too.
pub(crate) const HEADS: [&str; 4] = ["bert-mean", "roberta-regression", "distilbert-multi-label", "bert-cross-encoder"];

/// A folder below `tests/fixtures`.
pub(crate) fn fixture(family: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(family)
}

/// How laws are tried: so many cases of a fixed seed, the same in every run.
///
/// `PRUNESCOPE_RANDOM_LAWS=50` tries 50 times as many of a random seed; what that finds becomes a test of its own.
pub(crate) fn cases(count: u32) -> ProptestConfig {
    let times: Option<u32> = std::env::var("PRUNESCOPE_RANDOM_LAWS").ok().map(|times| times.parse().expect("a count"));
    let rng_seed = if times.is_some() { RngSeed::Random } else { RngSeed::Fixed(9) };
    // Both are set here: proptest would take them from variables of the environment, else from chance.
    ProptestConfig {
        cases: count.saturating_mul(times.unwrap_or(1)),
        rng_seed,
        failure_persistence: None,
        max_shrink_iters: 4096,
        ..ProptestConfig::default()
    }
}

/// The tiny random encoder of a family.
pub(crate) fn fixture_model(family: &str) -> Model {
    Checkpoint::load(&fixture(family)).unwrap_or_else(|err| panic!("{family} does not load: {err}")).model
}

/// The same model on candle's kernels, on the processor; with the attention over whole batches that GPUs do, if wanted.
pub(crate) fn on_candle(model: Model, whole_batches: bool) -> Model {
    let mut weights = DeviceWeights::new(&model, candle_core::Device::Cpu).expect("a copy of the weights");
    if whole_batches {
        weights = weights.with_whole_batches();
    }
    Model { device: Some(Arc::new(weights)), ..model }
}

/// A text made of ids alone; the first and the last token are special, every other one is a word of its own.
pub(crate) fn encoded_from_ids(ids: &[u32]) -> Sequence {
    let last = ids.len() - 1;
    let unit = |(index, &id): (u32, &u32)| {
        let special = index == 0 || index as usize == last;
        let group = (!special).then(|| index - 1);
        Unit { id, piece: format!("t{id}"), span: None, segment: 0, special, group }
    };
    let units: Vec<Unit> = (0..).zip(ids).map(unit).collect();
    Sequence { texts: Vec::new(), full_length: units.len(), units }
}

/// Reference tensors of one family.
pub(crate) struct Golden(Vec<u8>);

impl Golden {
    pub(crate) fn load(family: &str) -> Self {
        Self(std::fs::read(fixture(family).join("golden.safetensors")).expect("the fixture is in the repository"))
    }

    fn bytes(&self, name: &str) -> Vec<[u8; 4]> {
        let file = SafeTensors::deserialize(&self.0).expect("a well-formed file");
        let tensor = file.tensor(name).unwrap_or_else(|err| panic!("{name}: {err}"));
        tensor.data().as_chunks::<4>().0.to_vec()
    }

    pub(crate) fn values(&self, name: &str) -> Vec<f32> {
        self.bytes(name).into_iter().map(f32::from_le_bytes).collect()
    }

    pub(crate) fn text(&self, index: usize) -> Sequence {
        let ids: Vec<u32> = self.bytes(&format!("{index}.input_ids")).into_iter().map(u32::from_le_bytes).collect();
        encoded_from_ids(&ids)
    }
}

/// How far two lists of numbers may lie apart: `absolute + relative * |expected|`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Tolerance {
    pub(crate) absolute: f32,
    pub(crate) relative: f32,
}

impl Tolerance {
    pub(crate) const fn absolute(absolute: f32) -> Self {
        Self { absolute, relative: 0.0 }
    }
}

/// Fails with the largest difference, its index and both values.
pub(crate) fn assert_close(what: &str, got: &[f32], expected: &[f32], tolerance: Tolerance) {
    assert_eq!(got.len(), expected.len(), "{what}: number of values");
    let worst = got.iter().zip(expected).map(|(got, expected)| (got - expected).abs()).enumerate();
    let beyond = |index: usize, difference: f32| {
        difference.is_nan() || difference > tolerance.absolute + tolerance.relative * expected[index].abs()
    };
    let failed = worst.filter(|&(index, difference)| beyond(index, difference)).max_by(|a, b| a.1.total_cmp(&b.1));
    if let Some((index, difference)) = failed {
        panic!(
            "{what}: {difference} apart at {index}: expected {}, got {} ({tolerance:?})",
            expected[index], got[index]
        );
    }
}
