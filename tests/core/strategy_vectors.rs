//! The worked example of strategies.md section 8: two heads, five tokens, each score to four decimals.

use crate::strategy_support::assert_close;
use crate::strategy_support::build;
use crate::strategy_support::evidence_of;
use crate::strategy_support::example;
use crate::strategy_support::follow;
use crate::strategy_support::shape;
use crate::strategy_support::text;
use prunescope::pruning::SequenceInfo;
use prunescope::tensor::Evidence;
use prunescope::tensor::SequenceEvidence;

/// Scores and kept positions after `layer` of a two-layer model that shows the example in both layers.
fn run(spec: &str, layer: usize) -> (Vec<f32>, Vec<u32>) {
    let pruner = build(spec, &shape(2, 2));
    let steps = follow(&*pruner, &text(5), 2, |_, _| example());
    (steps[layer].decision.importance.clone(), steps[layer].kept.clone())
}

/// The order in which tokens would be kept: those that `count` adds to `count - 1`.
fn ranking(strategy: &str, settings: &str) -> Vec<u32> {
    let kept = |count: usize| {
        let retention = count as f64 / 5.0;
        run(&format!("{strategy}:retention={retention},schedule=constant,start=0,protect=none{settings}"), 0).1
    };
    let mut order = Vec::new();
    for count in 1..=5 {
        let kept = kept(count);
        assert_eq!(kept.len(), count, "{strategy} keeps {count} of 5");
        order.extend(kept.iter().filter(|position| !order.contains(*position)).copied().collect::<Vec<_>>());
        assert_eq!(order.len(), count, "{strategy}: {count} tokens hold those kept at {} and one more", count - 1);
    }
    order
}

/// Scores with everything kept.
fn scores(strategy: &str, settings: &str) -> Vec<f32> {
    run(&format!("{strategy}:retention=0.99,start=0,protect=none{settings}"), 0).0
}

#[test]
fn power_bert_leaves_out_the_diagonal() {
    assert_close(&scores("power_bert", ""), &[0.875, 0.55, 0.8, 0.6, 0.45], 1e-4, "power_bert");
    assert_eq!(ranking("power_bert", ""), [0, 2, 3, 1, 4], "the diagonal's removal swaps 0 and 2");
    assert_eq!(ranking("power_bert", ",exclude_diagonal=false"), [2, 0, 3, 1, 4], "with it they swap back");
}

#[test]
fn length_adaptive_and_one_layer_of_spatten_sum_columns() {
    let expected = [2.35, 1.90, 2.40, 1.95, 1.40];
    assert_close(&scores("length_adaptive", ""), &expected, 1e-4, "length_adaptive");
    assert_close(&scores("spatten", ""), &expected, 1e-4, "spatten");
    assert_eq!(ranking("length_adaptive", ""), [2, 0, 3, 1, 4], "by column sum");
    let without = [1.75, 1.10, 1.60, 1.20, 0.90];
    assert_close(&scores("length_adaptive", ",exclude_diagonal=true"), &without, 1e-4, "twice power_bert's");
}

#[test]
fn ltp_takes_column_means_and_a_threshold() {
    // Layer 1 of 2 has the threshold theta_final / 2.
    let (scores, kept) = run("ltp:theta_final=0.385,divisor=alive", 1);
    assert_close(&scores, &[0.2350, 0.1900, 0.2400, 0.1950, 0.1400], 1e-4, "column means");
    assert_eq!(kept, [0, 2, 3], "those of at least 0.1925");
    // The published divisor: 5 / 128 of that.
    let (scores, kept) = run("ltp:theta_final=0.015", 1);
    assert_close(&scores, &[0.009_180, 0.007_422, 0.009_375, 0.007_617, 0.005_469], 1e-6, "divided by 128");
    assert_eq!(kept, [0, 2, 3], "those of at least 0.0075");
}

#[test]
fn evit_reads_the_cls_row_and_breaks_ties_by_position() {
    assert_close(&scores("evit", ",fuse=false"), &[0.3, 0.15, 0.25, 0.15, 0.15], 1e-4, "CLS row");
    assert_eq!(ranking("evit", ",fuse=false"), [0, 2, 1, 3, 4], "1, 3 and 4 tie; the smaller position wins");
}

#[test]
fn entropies_of_rows_and_columns_are_those_worked_out() {
    let entropy = |settings: &str| scores("entropy", &format!(",direction=keep_high,normalize=false{settings}"));
    assert_close(&entropy(""), &[1.5140, 1.3492, 1.3662, 1.3910, 1.4235], 1e-4, "Shannon, rows");
    assert_close(&entropy(",order=2"), &[1.4412, 1.1317, 1.1717, 1.2152, 1.3225], 1e-4, "Renyi 2, rows");
    assert_close(&entropy(",axis=column"), &[1.5571, 1.4711, 1.5362, 1.5020, 1.5318], 1e-4, "Shannon, columns");
}

#[test]
fn keeping_low_entropy_turns_the_ranking_round() {
    assert_eq!(ranking("entropy", ""), [1, 2, 3, 4, 0], "focused rows first");
    assert_eq!(ranking("entropy", ",direction=keep_high"), [0, 4, 3, 2, 1], "spread-out rows first");
    // 1 - 1.5140 / ln 5 = 0.0593 and so on.
    assert_close(&scores("entropy", ""), &[0.0593, 0.1617, 0.1511, 0.1357, 0.1155], 1e-4, "1 - E / ln n");
    // ln 5 - 1.5140 = 0.0954, times the column mean 0.2350 = 0.02243, and so on.
    let combined = scores("entropy", ",normalize=false,combine=column_mean");
    assert_close(&combined, &[0.02243, 0.04945, 0.05838, 0.04258, 0.02604], 1e-4, "times the column mean");
}

#[test]
fn ats_scores_are_shares_of_the_unprotected() {
    let (scores, kept) = run("ats:start=0,levels=1,floor=0", 0);
    assert_close(&scores[1..], &[0.1649, 0.6176, 0.1806, 0.0369], 1e-4, "ats");
    // Sums ascending (4, 1, 3, 2): .0369 .2018 .3824 1; rescaled 0 .1712 .3588 1. K = 5 gives the levels
    // .1712 .4475 .7237 1, nearest to which are 1, 3, 2 (.7237 is .2763 from 1 and .3649 from .3588) and 2.
    assert_eq!(kept, [0, 1, 2, 3], "four levels, three tokens beside CLS");
    // K = 3: the levels .1712 and 1.
    assert_eq!(run("ats:start=0,levels=0.6,floor=0", 0).1, [0, 1, 2], "two levels");
    assert_eq!(run("ats:start=0,levels=0.2,floor=0", 0).1, [0], "no level leaves what is protected");
    assert_eq!(run("ats:start=0,levels=0.2,floor=3", 0).1, [0, 1, 2], "the floor is a count of its own");
    // With SEP out of the draw, token 1 is the lowest of 1, 3 and 2 and its sum 0 after rescaling.
    let (_, kept) = run("ats:start=0,levels=0.6,floor=0,protect=special", 0);
    assert_eq!(kept, [0, 2, 3, 4], "SEP stays beside the two sampled");
}

#[test]
fn value_aware_weighs_attention_in_each_head_by_what_there_is_to_fetch() {
    // Head 0: 1.45 1.40 11.20 1.10 .35, head 1: .90 1.20 .40 2.80 .00; means of the two.
    assert_close(&scores("value_aware", ""), &[1.175, 1.3, 5.8, 1.95, 0.175], 1e-4, "column sum times L1 norm");
    assert_eq!(ranking("value_aware", ""), [2, 3, 1, 0, 4], "SEP, which holds next to nothing, comes last");
    // Token 2: (1.6 * 5 + .8 * .5) / 2; token 3: (.55 * sqrt 2 + 1.4 * 2) / 2; the others' values have one part each.
    let lengths = [1.175, 1.3, 4.2, 1.7889, 0.175];
    assert_close(&scores("value_aware", ",norm=l2"), &lengths, 1e-4, "column sum times L2 norm");
}

#[test]
fn spatten_adds_up_by_original_position() {
    let second = [2.0, 3.0, 1.0, 2.1, 1.9];
    let evidence = |layer: usize, rows: &[u32]| {
        let sums = rows.iter().map(|&position| second[position as usize]).collect();
        if layer == 0 { example() } else { SequenceEvidence::default().with(Evidence::ColumnSums, sums) }
    };
    let kept = |settings: &str| {
        let pruner = build(&format!("spatten:retentions=[1,0.4,0.2],protect=none{settings}"), &shape(3, 2));
        follow(&*pruner, &text(5), 3, evidence)
    };
    let steps = kept("");
    assert_close(&steps[1].decision.importance, &[4.35, 4.9, 3.4, 4.05, 3.3], 1e-4, "two layers together");
    assert_eq!(steps[1].kept, [0, 1], "the best two sums");
    assert_close(&steps[2].decision.importance, &[6.35, 7.9], 1e-4, "the sums go on by original position");
    let steps = kept(",accumulate=false");
    assert_eq!(steps[1].kept, [1, 3], "the best two of this layer alone");
    assert_close(&steps[2].decision.importance, &[3.0, 2.1], 1e-4, "this layer alone");
}

#[test]
fn layers_before_the_start_show_scores_where_they_are_cheap() {
    for (spec, shown) in
        [("power_bert", true), ("length_adaptive", true), ("spatten", true), ("ltp", true), ("evit", true)]
            .into_iter()
            .chain([
                ("random", true),
                ("first_k", true),
                ("entropy", false),
                ("ats", false),
                ("value_aware", false),
                ("tome", false),
                ("dense", false),
            ])
    {
        let pruner = build(spec, &shape(2, 2));
        let needs = pruner.needs(0);
        let steps = follow(&*pruner, &text(5), 1, |_, _| example().with(Evidence::MeanKeys, vec![1.0; 10]).only(needs));
        assert_eq!(!steps[0].decision.importance.is_empty(), shown, "{spec} in layer 0");
    }
}

#[test]
fn a_uniform_row_has_normalized_entropy_one_and_a_single_token_none() {
    let uniform = evidence_of(&[vec![vec![0.25; 4]; 4], vec![vec![0.25; 4]; 4]]);
    let pruner = build("entropy:start=0,direction=keep_high", &shape(1, 2));
    let steps = follow(&*pruner, &text(4), 1, |_, _| uniform.clone());
    assert_close(&steps[0].decision.importance, &[1.0; 4], 1e-6, "uniform rows");
    let single = SequenceInfo { is_special: vec![true], ..SequenceInfo::default() };
    let steps = follow(&*pruner, &single, 1, |_, _| evidence_of(&[vec![vec![1.0]], vec![vec![1.0]]]));
    assert_eq!(steps[0].kept, [0], "a single token stays");
    assert_close(&steps[0].decision.importance, &[0.0], 1e-6, "and has no spread");
}
