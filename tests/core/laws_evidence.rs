//! The evidence strategies get: every part follows from the full attention, keys and values, and nothing else is computed.

use prunescope::engine::RunDetail;
use prunescope::engine::run;
use prunescope::jobs::Ticket;
use prunescope::model::AttentionContext;
use prunescope::pruning::Action;
use prunescope::pruning::LayerEvidence;
use prunescope::tensor::CuSeqlens;
use prunescope::tensor::EvidenceNeeds;
use prunescope::tensor::SequenceEvidence;

use crate::support::FAMILIES;
use crate::support::Golden;
use crate::support::Tolerance;
use crate::support::assert_close;
use crate::support::encoded_from_ids;
use crate::support::fixture_model;
use crate::support::strategies::Script;

const EVERYTHING: EvidenceNeeds = EvidenceNeeds {
    column_sums: true,
    diagonal_sums: true,
    cls_row: true,
    row_entropies: true,
    attention_probs: true,
    mean_keys: true,
    value_norms: true,
    hidden: true,
};

/// Every reduction of the attention, from its definition.
fn check(layer: &LayerEvidence<'_>) -> Action {
    let (evidence, tokens, heads) = (layer.evidence, layer.num_tokens(), 4);
    let prob = |head: usize, query: usize, key: usize| evidence.attention_probs[(head * tokens + query) * tokens + key];
    assert_eq!(evidence.attention_probs.len(), heads * tokens * tokens, "heads, queries, keys");
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
    assert_close("row entropies", &evidence.row_entropies, &entropies, tolerance);
    assert_close("column sums", &evidence.column_sums, &columns, tolerance);
    assert_close("diagonal sums", &evidence.diagonal_sums, &diagonal, tolerance);
    assert_close("CLS row", &evidence.cls_row, &cls, tolerance);
    assert_eq!(evidence.value_norms.len(), tokens, "a norm for each token");
    assert_eq!(evidence.mean_keys.len(), tokens * 8, "a key of one head's width for each token");
    assert_eq!(evidence.hidden.len(), tokens * 32, "a state for each token");
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
fn evidence(family: &str, needs: EvidenceNeeds) -> (SequenceEvidence, prunescope::tensor::Matrix) {
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
            assert_close(family, &got.mean_keys[token * 8..][..8], &mean, Tolerance::absolute(1e-5));
            let norm = values.row(token).iter().map(|value| value * value).sum::<f32>().sqrt();
            assert_close(
                family,
                &got.value_norms[token..=token],
                &[norm],
                Tolerance { absolute: 1e-5, relative: 1e-5 },
            );
        }
    }
}

#[test]
fn nothing_is_given_that_was_not_asked_for() {
    let (full, _) = evidence("bert", EVERYTHING);
    let (nothing, _) = evidence("bert", EvidenceNeeds::NONE);
    assert_eq!(nothing, SequenceEvidence::default(), "no needs, no evidence");
    let (columns, _) = evidence("bert", EvidenceNeeds { column_sums: true, ..EvidenceNeeds::NONE });
    assert_eq!(
        columns,
        SequenceEvidence { column_sums: full.column_sums, ..SequenceEvidence::default() },
        "sums alone"
    );
    let (norms, _) = evidence("bert", EvidenceNeeds { value_norms: true, ..EvidenceNeeds::NONE });
    assert_eq!(norms, SequenceEvidence { value_norms: full.value_norms, ..SequenceEvidence::default() }, "norms alone");
}
