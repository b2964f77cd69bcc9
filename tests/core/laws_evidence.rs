//! The evidence strategies get: every part follows from the full attention, keys and values, and nothing else is computed.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::Mutex;

use prunescope::engine::RunDetail;
use prunescope::engine::RunOptions;
use prunescope::engine::run;
use prunescope::engine::run_timed;
use prunescope::engine::sequence_info;
use prunescope::jobs::Ticket;
use prunescope::model::AttentionContext;
use prunescope::model::Model;
use prunescope::pruning::Action;
use prunescope::pruning::Decision;
use prunescope::pruning::LayerEvidence;
use prunescope::pruning::Pruner;
use prunescope::pruning::SequenceInfo;
use prunescope::pruning::SequencePruner;
use prunescope::tensor::CuSeqlens;
use prunescope::tensor::Evidence;
use prunescope::tensor::EvidenceSet;
use prunescope::tensor::SequenceEvidence;

use crate::support::FAMILIES;
use crate::support::Golden;
use crate::support::ON_DEVICES;
use crate::support::Tolerance;
use crate::support::assert_close;
use crate::support::encoded_from_ids;
use crate::support::fixture_model;
use crate::support::on_candle;
use crate::support::strategies::Script;

const EVERYTHING: EvidenceSet = EvidenceSet::all();

/// Every reduction of the attention, from its definition.
fn check(layer: &LayerEvidence<'_>) -> Action {
    let (evidence, tokens, heads) = (layer.evidence, layer.num_tokens(), 4);
    let prob = |head: usize, query: usize, key: usize| {
        evidence.of(Evidence::AttentionProbs)[(head * tokens + query) * tokens + key]
    };
    assert_eq!(evidence.of(Evidence::AttentionProbs).len(), heads * tokens * tokens, "heads, queries, keys");
    for (head, query) in (0..heads).flat_map(|head| (0..tokens).map(move |query| (head, query))) {
        let sum: f32 = (0..tokens).map(|key| prob(head, query, key)).sum();
        assert!((sum - 1.0).abs() < 1e-5, "row {query} of head {head} sums to {sum}");
    }
    let over_keys = |of_key: &dyn Fn(usize) -> f32| -> Vec<f32> { (0..tokens).map(of_key).collect() };
    let columns =
        over_keys(&|key| (0..heads).flat_map(|h| (0..tokens).map(move |q| (h, q))).map(|(h, q)| prob(h, q, key)).sum());
    let diagonal = over_keys(&|key| (0..heads).map(|head| prob(head, key, key)).sum());
    let cls = over_keys(&|key| (0..heads).map(|head| prob(head, 0, key)).sum::<f32>() / heads as f32);
    let surprise = |p: f32| if p > 0.0 { -p * p.ln() } else { 0.0 };
    let keys = |head: usize, query: usize| (0..tokens).map(move |key| prob(head, query, key));
    let entropies = over_keys(&|query| (0..heads).flat_map(|head| keys(head, query)).map(surprise).sum());
    let tolerance = Tolerance::absolute(2e-5);
    assert_close("row entropies", evidence.of(Evidence::RowEntropies), &entropies, tolerance);
    assert_close("column sums", evidence.of(Evidence::ColumnSums), &columns, tolerance);
    let by_head: Vec<f32> = (0..heads)
        .flat_map(|head| (0..tokens).map(move |key| (head, key)))
        .map(|(head, key)| (0..tokens).map(|query| prob(head, query, key)).sum())
        .collect();
    assert_close("column sums by head", evidence.of(Evidence::HeadColumnSums), &by_head, tolerance);
    assert_close("diagonal sums", evidence.of(Evidence::DiagonalSums), &diagonal, tolerance);
    assert_close("CLS row", evidence.of(Evidence::ClsRow), &cls, tolerance);
    assert_eq!(evidence.of(Evidence::ValueNorms).len(), tokens, "a norm for each token");
    assert_eq!(evidence.of(Evidence::MeanKeys).len(), tokens * 8, "a key of one head's width for each token");
    assert_eq!(evidence.of(Evidence::Hidden).len(), tokens * 32, "a state for each token");
    Action::Keep((0..tokens - tokens / 5).collect())
}

#[test]
fn reductions_follow_from_the_full_attention() {
    // 3 to 64 tokens: one block of queries and several.
    let texts = [3_u32, 15, 16, 49, 64].map(|count| encoded_from_ids(&(4..4 + count).collect::<Vec<_>>()));
    for family in FAMILIES {
        let pruner = Script { needs: EVERYTHING, ..Script::new(check) };
        let texts: Vec<_> = texts.iter().collect();
        run(&Ticket::detached(), &fixture_model(family), &texts, &pruner, RunDetail::Counts).expect("a run");
    }
}

/// One layer's evidence on a reference text, under `needs`.
fn evidence(family: &str, needs: EvidenceSet) -> (SequenceEvidence, prunescope::tensor::Matrix) {
    let (model, golden) = (fixture_model(family), Golden::load(family));
    let states = golden.values("0.hidden.0");
    let tokens = states.len() / 32;
    let hidden = prunescope::tensor::Matrix::from_vec(tokens, 32, states).expect("whole rows");
    let positions: Vec<u32> = (0..).take(tokens).collect();
    let context = AttentionContext::new(&positions, needs);
    let mut output = model.attend(0, &hidden, &CuSeqlens::from_lengths([tokens]), &context);
    (output.evidence.remove(0), hidden)
}

#[test]
fn mean_keys_and_value_norms_follow_from_the_projections() {
    for family in FAMILIES {
        let (got, hidden) = evidence(family, EVERYTHING);
        let model = fixture_model(family);
        // Layer 0 of ModernBERT has no norm before attention, so this holds for all families.
        let (keys, values) = (model.layers[0].key.apply(&hidden), model.layers[0].value.apply(&hidden));
        for token in 0..hidden.rows() {
            let key = keys.row(token);
            let mean: Vec<f32> = (0..8).map(|k| (key[k] + key[8 + k] + key[16 + k] + key[24 + k]) / 4.0).collect();
            assert_close(family, &got.of(Evidence::MeanKeys)[token * 8..][..8], &mean, Tolerance::absolute(1e-5));
            let norm = values.row(token).iter().map(|value| value * value).sum::<f32>().sqrt();
            assert_close(
                family,
                &got.of(Evidence::ValueNorms)[token..=token],
                &[norm],
                Tolerance { absolute: 1e-5, relative: 1e-5 },
            );
        }
    }
}

#[test]
fn sizes_and_products_of_heads_follow_from_the_projections() {
    let close = Tolerance { absolute: 1e-5, relative: 1e-5 };
    for family in FAMILIES {
        let (got, hidden) = evidence(family, EVERYTHING);
        let layer = &fixture_model(family).layers[0];
        let (values, output) = (layer.value.apply(&hidden), layer.attention_output.weight());
        let tokens = hidden.rows();
        for (token, head) in (0..tokens).flat_map(|token| (0..4).map(move |head| (token, head))) {
            let value = |head: usize| &values.row(token)[head * 8..][..8];
            let size: f32 = value(head).iter().map(|part| part.abs()).sum();
            let length = value(head).iter().map(|part| part * part).sum::<f32>().sqrt();
            let at = head * tokens + token;
            assert_close(family, &got.of(Evidence::HeadValueL1)[at..=at], &[size], close);
            assert_close(family, &got.of(Evidence::HeadValueL2)[at..=at], &[length], close);
            // What the head adds to each of the 32 places of the state.
            let adds = |head: usize| -> Vec<f32> {
                let place =
                    |out: usize| output.row(out)[head * 8..][..8].iter().zip(value(head)).map(|(a, b)| a * b).sum();
                (0..32).map(place).collect()
            };
            let product = |other| adds(head).iter().zip(adds(other)).map(|(a, b)| a * b).sum();
            let expected: Vec<f32> = (0..4).map(product).collect();
            assert_close(family, &got.of(Evidence::OutputGrams)[(token * 4 + head) * 4..][..4], &expected, close);
        }
    }
}

#[test]
fn nothing_is_given_that_was_not_asked_for() {
    let (full, _) = evidence("bert", EVERYTHING);
    let (nothing, _) = evidence("bert", EvidenceSet::NONE);
    assert_eq!(nothing, SequenceEvidence::default(), "no needs, no evidence");
    for kind in Evidence::ALL {
        let (alone, _) = evidence("bert", EvidenceSet::of([kind]));
        assert!(!alone.of(kind).is_empty(), "{kind:?} is computed");
        assert_eq!(alone, full.only(EvidenceSet::of([kind])), "{kind:?} alone is what it is among all");
    }
}

/// Asks for one kind and writes down what it gets, by text and layer. The last fifth of the rows leaves in every layer.
#[derive(Clone, Debug)]
struct Recorder {
    kind: Evidence,
    seen: Seen,
}

type Seen = Arc<Mutex<BTreeMap<(u64, usize), SequenceEvidence>>>;

impl Pruner for Recorder {
    fn needs(&self, _layer: usize) -> EvidenceSet {
        EvidenceSet::of([self.kind])
    }

    fn begin(&self, sequence: &SequenceInfo) -> Box<dyn SequencePruner> {
        Box::new(RecordedSequence { text: sequence.fingerprint, seen: Arc::clone(&self.seen) })
    }
}

struct RecordedSequence {
    text: u64,
    seen: Seen,
}

impl SequencePruner for RecordedSequence {
    fn decide(&mut self, layer: &LayerEvidence<'_>) -> Decision {
        self.seen.lock().expect("no panic").insert((self.text, layer.layer), layer.evidence.clone());
        let kept = (0..layer.num_tokens() - layer.num_tokens() / 5).collect();
        Decision { action: Action::Keep(kept), ..Decision::keep_all() }
    }
}

/// What texts of different lengths give under one kind, by text and layer.
pub(crate) fn recorded(model: &Model, kind: Evidence, padded: bool) -> BTreeMap<(u64, usize), SequenceEvidence> {
    let texts = [23_u32, 2, 9, 40].map(|count| encoded_from_ids(&(4..4 + count).collect::<Vec<_>>()));
    let pruner = Recorder { kind, seen: Seen::default() };
    let options = RunOptions { padded, ..RunOptions::default() };
    let report = run_timed(&Ticket::detached(), model, &texts.each_ref(), &pruner, options).expect("a run");
    let seen = std::mem::take(&mut *pruner.seen.lock().expect("no panic"));
    let rows: usize = report.outcomes.iter().flat_map(|outcome| &outcome.trace.layers).map(|l| l.rows_attention).sum();
    let values: usize = seen.values().map(|evidence| evidence.of(kind).len()).sum();
    assert!(values >= rows, "{kind:?}: at least one value a row");
    for ((_, layer), evidence) in &seen {
        assert_eq!(evidence.kinds(), EvidenceSet::of([kind]), "{kind:?} alone in layer {layer}");
    }
    seen
}

/// Wherever a kind of evidence is forgotten, here it is empty, of another length, or of other values.
#[test]
fn every_kind_is_the_same_on_the_processor_padded_and_on_a_device() {
    for (family, kind) in FAMILIES.into_iter().flat_map(|family| Evidence::ALL.map(|kind| (family, kind))) {
        let model = fixture_model(family);
        let expected = recorded(&model, kind, false);
        let mut others = vec![("padded", recorded(&model, kind, true))];
        if ON_DEVICES.contains(&family) {
            let (device, filled) = (on_candle(fixture_model(family), false), on_candle(fixture_model(family), true));
            others.push(("on a device", recorded(&device, kind, false)));
            others.push(("filled up on a device", recorded(&filled, kind, false)));
            others.push(("padded on a device", recorded(&filled, kind, true)));
        }
        for (where_, got) in others {
            assert!(got.keys().eq(expected.keys()), "{family}, {kind:?} {where_}: the same texts and layers");
            for (at, (got, expected)) in got.values().zip(expected.values()).enumerate() {
                let name = format!("{family}, {kind:?} {where_}, number {at}");
                assert_close(&name, got.of(kind), expected.of(kind), Tolerance { absolute: 1e-4, relative: 1e-4 });
            }
        }
    }
}

#[test]
fn every_kind_has_the_shape_that_it_declares() {
    for kind in Evidence::ALL {
        let model = fixture_model("bert");
        let lengths: BTreeMap<u64, usize> = [23_u32, 2, 9, 40]
            .map(|count| sequence_info(&encoded_from_ids(&(4..4 + count).collect::<Vec<_>>())))
            .iter()
            .map(|info| (info.fingerprint, info.num_tokens()))
            .collect();
        for ((text, layer), evidence) in recorded(&model, kind, false) {
            let tokens = (0..layer).fold(lengths[&text], |rows, _| rows - rows / 5);
            let expected = kind.shape().count(tokens, &model.config.shape);
            assert_eq!(evidence.of(kind).len(), expected, "{kind:?} of {tokens} rows in layer {layer}");
        }
    }
}
