//! Merging and fusing on examples small enough to work out by hand.

use crate::strategy_support::build;
use crate::strategy_support::evidence_of;
use crate::strategy_support::example;
use crate::strategy_support::follow;
use crate::strategy_support::shape;
use crate::strategy_support::text;
use prunescope::pruning::Action;
use prunescope::pruning::Decision;
use prunescope::pruning::Merge;
use prunescope::tensor::Evidence;
use prunescope::tensor::SequenceEvidence;

/// Keys of seven tokens. Sources are 2 and 4, destinations 1, 3 and 5; cosines: 2-1: 1, 4-1: 0.9806, 4-5: 0.8321.
const KEYS: [[f32; 2]; 7] = [[1.0, 0.0], [3.0, 0.0], [2.0, 0.0], [0.0, 1.0], [1.0, 0.2], [1.0, 1.0], [1.0, 0.0]];

fn tome(settings: &str, num_layers: usize) -> Vec<Decision> {
    let pruner = build(&format!("tome:{settings}"), &shape(num_layers, 1));
    let evidence = |_: usize, rows: &[u32]| {
        let keys = rows.iter().flat_map(|&position| KEYS[position as usize]).collect();
        SequenceEvidence::default().with(Evidence::MeanKeys, keys)
    };
    follow(&*pruner, &text(7), num_layers, evidence).into_iter().map(|step| step.decision).collect()
}

fn some(rows: &[usize]) -> Vec<Option<usize>> {
    rows.iter().copied().map(Some).collect()
}

#[test]
fn the_most_similar_pair_merges_and_rows_are_even_then_odd() {
    let decisions = tome("r=1", 2);
    let merges = vec![Merge { into: 3, parts: vec![(1, 0.5), (2, 0.5)], size: 2.0 }];
    assert_eq!(decisions[0].action, Action::Reduce { rows: some(&[0, 4, 6, 1, 3, 5]), merges }, "2 joins 1");
    // Rows are now 0 4 6 1 3 5. Even rows 0, 2 (SEP) and 4 (token 3): the source is token 3, cosine 0.2/1.02 = 0.196 with
    // token 4 in row 1, 0 with token 1 in row 3, 0.707 with token 5 in row 5.
    let merges = vec![Merge { into: 4, parts: vec![(5, 0.5), (4, 0.5)], size: 2.0 }];
    assert_eq!(decisions[1].action, Action::Reduce { rows: some(&[0, 2, 1, 3, 5]), merges }, "3 joins 5");
}

#[test]
fn two_sources_may_share_a_destination_and_sizes_add() {
    let decisions = tome("r=2", 1);
    let third = 1.0 / 3.0;
    let merges = vec![Merge { into: 2, parts: vec![(1, third), (2, third), (4, third)], size: 3.0 }];
    assert_eq!(decisions[0].action, Action::Reduce { rows: some(&[0, 6, 1, 3, 5]), merges }, "2 and 4 join 1");
    // More pairs than half of the five free rows are never merged: floor((7 - 2) / 2) = 2.
    assert_eq!(tome("r=9", 1)[0], decisions[0], "r is limited");
    assert!(decisions[0].importance.is_empty(), "pairs are ranked, not tokens");
}

#[test]
fn merged_rows_weigh_by_their_size() {
    // Layer 0 merges 2 into 1 (size 2, row 3 of 0 4 6 1 3 5). Then keys make rows 4 (token 3) and 3 (token 1) most alike.
    let pruner = build("tome:r=1", &shape(2, 1));
    let evidence = |layer: usize, rows: &[u32]| {
        let key = |&position: &u32| match (layer, position) {
            (1, 1 | 3) => [0.0, 5.0],
            (1, _) => [1.0, 0.0],
            _ => KEYS[position as usize],
        };
        SequenceEvidence::default().with(Evidence::MeanKeys, rows.iter().flat_map(key).collect())
    };
    let steps = follow(&*pruner, &text(7), 2, evidence);
    let merges = vec![Merge { into: 3, parts: vec![(3, 2.0 / 3.0), (4, 1.0 / 3.0)], size: 3.0 }];
    let action = Action::Reduce { rows: some(&[0, 2, 1, 3, 5]), merges };
    assert_eq!(steps[1].decision.action, action, "two thirds stay with the row of two");
    assert_eq!(steps[1].kept, [0, 6, 4, 1, 5], "positions left");
}

#[test]
fn without_r_a_tenth_merges_and_protection_can_be_lifted() {
    assert_eq!(tome("inflect=0", 1), tome("r=1", 1), "a tenth of seven is at least 1");
    assert_eq!(tome("r=0", 1)[0].action, Action::KeepAll, "r = 0 merges nothing");
    assert_eq!(tome("r=1,start=1", 2)[0].action, Action::KeepAll, "not before start");
    // Unprotected, 0, 2 and 6 all have cosine 1 with 1; the smallest position merges first, and r = 3 of floor(7 / 2).
    let Action::Reduce { rows, merges } = &tome("r=3,protect=none", 1)[0].action else { panic!("nothing merged") };
    assert_eq!(rows, &some(&[4, 1, 3, 5]), "0, 2 and 6 are gone");
    assert_eq!(merges[0].parts.iter().map(|part| part.0).collect::<Vec<_>>(), [1, 0, 2, 6], "into 1");
    let Action::Reduce { rows, .. } = &tome("r=1,protect=none", 1)[0].action else { panic!("nothing merged") };
    assert_eq!(rows, &some(&[2, 4, 6, 1, 3, 5]), "0 goes first");
}

#[test]
fn proportional_attention_is_a_key() {
    let wants = |spec: &str| build(spec, &shape(2, 1)).proportional_attention();
    assert!(wants("tome"), "on by default");
    assert!(!wants("tome:proportional=false"), "can be switched off");
    assert!(!wants("evit"), "no other strategy asks for it");
}

#[test]
fn evit_fuses_the_removed_with_their_own_weights() {
    let pruner = build("evit:retentions=[0.4,0.4,0.2],protect=none", &shape(3, 2));
    let evidence = |layer: usize, rows: &[u32]| {
        if layer == 0 {
            return example();
        }
        assert_eq!(rows, [0, 2, 5], "the extra row stands last");
        SequenceEvidence::default().with(Evidence::ClsRow, vec![0.5, 0.2, 0.3])
    };
    let steps = follow(&*pruner, &text(5), 3, evidence);
    let Action::Reduce { rows, merges } = &steps[0].decision.action else { panic!("nothing fused") };
    assert_eq!(rows, &[Some(0), Some(2), None], "two stay, one is new");
    assert_eq!((merges.len(), merges[0].into, merges[0].size), (1, 2, 3.0), "three tokens in one row");
    let parts: Vec<usize> = merges[0].parts.iter().map(|part| part.0).collect();
    assert_eq!(parts, [1, 3, 4], "the removed rows");
    assert!(merges[0].parts.iter().all(|part| (part.1 - 0.15).abs() < 1e-6), "weights are the CLS row, not normalized");
    assert_eq!(steps[0].decision.action.merge_macs(384), 3 * 384, "three weighted rows");
    assert_eq!(steps[1].decision.action, Action::KeepAll, "two and the extra one are what the schedule says");
    let Action::Reduce { rows, merges } = &steps[2].decision.action else { panic!("nothing fused") };
    assert_eq!(rows, &[Some(0), None], "one stays, one is new");
    assert_eq!(
        merges,
        &[Merge { into: 1, parts: vec![(1, 0.2), (2, 0.3)], size: 4.0 }],
        "the extra row is fused again"
    );
    assert_eq!(steps[2].kept, [0, 6], "new rows are numbered in order of creation");
}

#[test]
fn fusing_a_single_row_would_save_nothing() {
    let pruner = build("evit:retentions=[0.8,0.6],protect=none", &shape(2, 2));
    let steps = follow(&*pruner, &text(5), 2, |_, _| example());
    assert_eq!(steps[0].decision.action, Action::KeepAll, "four of five and an extra row are five again");
    assert_eq!(steps[1].kept, [0, 1, 2, 5], "three of five and an extra row are one fewer");
}

#[test]
fn evit_without_fusing_only_removes() {
    let pruner = build("evit:retentions=[0.4],protect=none,fuse=false", &shape(1, 2));
    let steps = follow(&*pruner, &text(5), 1, |_, _| example());
    assert_eq!(steps[0].decision.action, Action::Keep(vec![0, 2]), "the best two of the CLS row");
    assert_eq!(steps[0].decision.threshold, Some(0.25), "the lowest kept score");
}

#[test]
fn what_strategies_spend_is_counted() {
    // 8 heads of width 6, 5 tokens, layer 1.
    let shape = shape(3, 8);
    let cost = |spec: &str, layer: usize| build(spec, &shape).overhead_macs(layer, 5, &shape);
    for free in ["dense", "random", "first_k", "stop_words", "power_bert", "length_adaptive", "ltp", "spatten", "evit"]
    {
        assert_eq!(cost(free, 1), 0, "{free} only adds");
    }
    assert_eq!(cost("entropy", 1), 8 * 25, "one product for each probability");
    assert_eq!(cost("entropy", 0), 0, "nothing before start");
    assert_eq!(cost("entropy:axis=column", 1), 25, "of the head-mean matrix");
    assert_eq!(cost("ats", 1), 5 * 48 + 5, "value norms and products");
    assert_eq!(cost("ats", 0), 0, "nothing before start");
    assert_eq!(cost("tome", 1), (3 * 2 + 5) * 6, "three sources by two destinations, and the norms");
    assert_eq!(cost("tome:r=0", 1), 0, "nothing is compared");
    let two = [vec![vec![0.5; 2]; 2]];
    assert_eq!(evidence_of(&two).of(Evidence::ColumnSums), [1.0, 1.0], "the helper sums columns");
}
