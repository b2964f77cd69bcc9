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
    let of_mean = entropy(",heads=mean");
    assert_close(&of_mean, &[1.5615, 1.4582, 1.4708, 1.5131, 1.5184], 1e-4, "Shannon, rows of the head mean");
    let norms = scores("entropy", ",axis=column_norm,order=2,normalize=false");
    assert_close(&norms, &[0.5794, 0.5159, 0.5979, 0.4924, 0.3461], 1e-4, "L2 norms of columns");
    // sqrt 5 - .5794 and so on.
    let turned = scores("entropy", ",axis=column_norm,order=2,normalize=false,direction=keep_high");
    assert_close(&turned, &[1.6567, 1.7202, 1.6382, 1.7437, 1.8900], 1e-4, "how far from the largest norm");
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
fn norm_based_takes_the_lengths_of_what_the_heads_fetch_together() {
    // Section 8, the output projection as if it changed nothing.
    assert_close(&scores("norm_based", ""), &[0.3590, 0.3922, 1.6052, 0.5857, 0.0700], 1e-4, "column mean");
    assert_eq!(ranking("norm_based", ""), [2, 3, 1, 0, 4], "SEP, which gives next to nothing, comes last");
    // First row: .4 and .2 (values 1 and 1); .1 x 2 and .2; .3 x 5 and .2 / 2; .1 x sqrt 2 and .2 x 2; .1 / 2 and 0.
    assert_close(&scores("norm_based", ",row=cls"), &[0.4472, 0.2828, 1.5033, 0.4243, 0.05], 1e-4, "CLS row");
}

#[test]
fn contributions_of_heads_add_up_as_vectors() {
    // Two tokens, two heads that give the same vector of length 1 or opposite ones.
    let gram = |product: f32| [1.0, product, product, 1.0];
    let uniform = evidence_of(&[vec![vec![0.5; 2]; 2], vec![vec![0.5; 2]; 2]]);
    let grams = gram(1.0).into_iter().chain(gram(-1.0)).collect();
    let evidence = uniform.with(Evidence::OutputGrams, grams);
    let pruner = build("norm_based:start=0", &shape(1, 2));
    let step = follow(&*pruner, &text(2), 1, |_, _| evidence.clone()).remove(0);
    assert_close(&step.decision.importance, &[1.0, 0.0], 1e-6, "halves add up, or cancel");
}

#[test]
fn acc_keeps_by_the_fall_of_the_median() {
    // Medians: .6 in layer 0 (section 8: .45 .55 .6 .8 .875), in layer 1 that of .1 .2 .3 .6 .9.
    let second = [0.9, 0.1, 0.6, 0.2, 0.3];
    let evidence = |layer: usize, rows: &[u32]| {
        let sums = rows.iter().map(|&position| 2.0 * second[position as usize]).collect();
        let zeros = vec![0.0; rows.len()];
        let later = SequenceEvidence::default().with(Evidence::ColumnSums, sums).with(Evidence::DiagonalSums, zeros);
        if layer == 0 { example() } else { later }
    };
    let kept = |settings: &str| {
        let pruner = build(&format!("acc:{settings}"), &shape(3, 2));
        follow(&*pruner, &text(5), 3, evidence).into_iter().map(|step| step.kept).collect::<Vec<_>>()
    };
    let all = vec![0, 1, 2, 3, 4];
    assert_eq!(kept("rho=0"), [all.clone(), all.clone(), all.clone()], "a power of 0 keeps all");
    // c_1 = .3 / .6; of 5 tokens 2.5. In layer 2 the median of .9 .6 .3 is .6, and the curve never rises.
    assert_eq!(kept("rho=1,protect=none"), [all.clone(), vec![0, 2, 4], vec![0, 2, 4]], "half of them, rounded up");
    assert_eq!(kept("rho=8,protect=none")[1], [0, 2], "never fewer than two");
    // c = 1, .8, .4 of 5.
    let given = kept("rho=1,curve=[0.5,0.4,0.2],protect=special");
    assert_eq!(given, [all, vec![0, 2, 3, 4], vec![0, 4]], "a curve that was measured, special tokens first");
}

#[test]
fn zero_tprune_ranks_by_what_reaches_a_token_in_the_heads_graphs() {
    let scores = |settings: &str| scores("zero_tprune", &format!(",exclude_sep=false,similar=0{settings}"));
    assert_close(&scores(",iterations=50"), &[0.2113, 0.2012, 0.2962, 0.2344, 0.1268], 1e-4, "50 steps, RMS of heads");
    assert_close(&scores(",iterations=1"), &[0.2414, 0.1965, 0.2530, 0.2127, 0.1400], 1e-4, "one step");
    // Variances of ranks times 5: .306 in head 0 and .133 in head 1.
    let of_head = |settings: &str| scores(&format!(",iterations=50{settings}"));
    assert_close(&of_head(",variance_min=0.2"), &[0.2542, 0.1217, 0.3938, 0.1053, 0.1250], 1e-4, "head 0 alone");
    assert_close(&of_head(",variance_max=0.2"), &[0.1571, 0.2571, 0.1429, 0.3143, 0.1286], 1e-4, "head 1 alone");
    assert_close(&of_head(",variance_min=9"), &scores(",iterations=50"), 1e-6, "no head is none");
}

#[test]
fn zero_tprune_leaves_sep_out_of_the_graph() {
    let (scores, _) = run("zero_tprune:retention=0.99,start=0,protect=none,similar=0,iterations=1", 0);
    // Of the first four rows and columns, each row brought to sum 1; head 0: column 0 has .4/.9, .2/.9, .1/.9 and .25/.9.
    let head = |sums: [f64; 4]| sums.map(|sum| sum / 4.0);
    let (a, b) = (
        head([0.95 / 0.9, 0.65 / 0.9, 1.55 / 0.9, 0.45 / 0.9]),
        [
            0.2 / 0.8 + 0.1 / 0.9 + 0.3 / 0.9 + 0.1 / 0.9,
            0.2 / 0.8 + 0.6 / 0.9 + 0.1 / 0.9 + 0.1 / 0.9,
            0.2 / 0.8 + 0.1 / 0.9 + 0.2 / 0.9 + 0.1 / 0.9,
            0.2 / 0.8 + 0.1 / 0.9 + 0.3 / 0.9 + 0.6 / 0.9,
        ],
    );
    let b = head(b);
    for (token, score) in scores.iter().take(4).enumerate() {
        let expected = f64::midpoint(a[token].powi(2), b[token].powi(2)).sqrt();
        assert!((f64::from(*score) - expected).abs() < 1e-6, "token {token} has {score}, expected {expected}");
    }
    assert_eq!(scores[4], 0.0, "SEP has no rank");
}

#[test]
fn of_two_alike_the_less_important_leaves_first() {
    // One head; importance after one step falls with position: columns .4 .3 .2 .1. Keys: 0 and 3 are alike, 1 and 2 not.
    let rows = vec![vec![vec![0.4, 0.3, 0.2, 0.1]; 4]];
    let evidence = evidence_of(&rows).with(Evidence::MeanKeys, vec![1.0, 0.0, 0.0, 1.0, 0.7, -0.7, 0.9, 0.1]);
    let kept = |settings: &str| {
        let spec =
            format!("zero_tprune:schedule=constant,start=0,protect=none,exclude_sep=false,iterations=1{settings}");
        follow(&*build(&spec, &shape(1, 1)), &text(4), 1, |_, _| evidence.clone()).remove(0).kept
    };
    assert_eq!(kept(",retention=0.75,similar=1"), [0, 1, 2], "3 is like 0");
    assert_eq!(kept(",retention=0.5,similar=1"), [0, 1], "then 2, the other one of the lesser half");
    assert_eq!(kept(",retention=0.5,similar=0.5"), [0, 1], "one by similarity, one by importance");
    let other = evidence_of(&rows).with(Evidence::MeanKeys, vec![1.0, 0.0, 0.0, 1.0, 0.1, 0.9, 0.7, -0.7]);
    let spec =
        "zero_tprune:schedule=constant,start=0,protect=none,exclude_sep=false,iterations=1,retention=0.75,similar=1";
    let step = follow(&*build(spec, &shape(1, 1)), &text(4), 1, |_, _| other.clone()).remove(0);
    assert_eq!(step.kept, [0, 1, 3], "2 is like 1, although 3 matters less");
}

#[test]
fn ltmp_merges_what_is_alike_and_removes_what_is_not_looked_at() {
    // Rows 0 to 5, 0 and 5 protected. Sources 2 and 4, destinations 1 and 3: 2 is like 3 (cosine .96), 4 is like 1 (.8).
    let keys = vec![0.0, 1.0, 1.0, 0.0, 0.0, -1.0, 0.28, -0.96, 0.8, 0.6, 1.0, 1.0];
    let sums = vec![0.5, 0.12, 0.02, 0.16, 0.1, 0.1];
    let evidence = SequenceEvidence::default().with(Evidence::ColumnSums, sums).with(Evidence::MeanKeys, keys);
    let step = |settings: &str| {
        let pruner = build(&format!("ltmp:start=0,{settings}"), &shape(1, 1));
        follow(&*pruner, &text(6), 1, |_, _| evidence.clone()).remove(0)
    };
    use prunescope::pruning::Action;
    use prunescope::pruning::Merge;
    let merge = |into, parts: [usize; 2]| Merge { into, parts: parts.map(|part| (part, 0.5)).to_vec(), size: 2.0 };
    // Means are sums / 6; the threshold theta_p / 6: sums against theta_p.
    let got = step("theta_m=0.9,theta_p=0");
    let rows = [0, 4, 1, 3, 5].map(Some).to_vec();
    assert_eq!(got.decision.action, Action::Reduce { rows, merges: vec![merge(3, [3, 2])] }, "2 joins 3");
    let got = step("theta_m=0.7,theta_p=0");
    let rows = [0, 1, 3, 5].map(Some).to_vec();
    let merges = vec![merge(1, [1, 4]), merge(2, [3, 2])];
    assert_eq!(got.decision.action, Action::Reduce { rows, merges }, "4 joins 1 too");
    let got = step("theta_m=0.9,theta_p=0.11");
    let rows = [0, 1, 3, 5].map(Some).to_vec();
    assert_eq!(
        got.decision.action,
        Action::Reduce { rows, merges: vec![merge(2, [3, 2])] },
        "4 leaves; 3 is worth .16"
    );
    assert_eq!(step("theta_m=1,theta_p=0.11").decision.action, Action::Keep(vec![0, 1, 3, 5]), "2 and 4 leave");
    assert_eq!(step("theta_m=1,theta_p=0").decision.action, Action::KeepAll, "nothing is asked for");
    assert_eq!(step("theta_m=1,theta_p=9").kept, [0, 5], "only what is protected");
    assert_eq!(step("theta_m=1,theta_p=9,protect=none").kept, [0], "the best one stays");
    assert_eq!(step("theta_m=0.9,theta_p=0.2").kept, [0, 5], "a merged row leaves with its parts");
}

#[test]
fn rollout_follows_all_ways_to_cls() {
    let expected = [0.4603, 0.1188, 0.1894, 0.1222, 0.1094];
    let (got, _) = run("rollout:retentions=[1,0.9],protect=none", 1);
    assert_close(&got, &expected, 1e-4, "two identical layers");
    assert_eq!(run("rollout:retentions=[1,0.6],protect=none", 1).1, [0, 2, 3], "the best three");
}

#[test]
fn rollout_goes_on_with_the_rows_that_are_left() {
    // Positions 1 and 3 leave after layer 0. Layer 1 is uniform over 0, 2 and 4: J_1[0,k] = sum_i R_1[0,i] J_0[i,k] with
    // R_1[0,:] = (2/3, 1/6, 1/6). J_0 columns of 0, 2, 4 in rows 0, 2, 4: (.65 .125 .075), (.1 .7 .05), (.175 .0625 .625).
    let evidence = |layer: usize, rows: &[u32]| {
        if layer == 0 { example() } else { evidence_of(&vec![vec![vec![1.0 / 3.0; rows.len()]; rows.len()]; 2]) }
    };
    let pruner = build("rollout:retentions=[0.6,0.5],protect=special", &shape(2, 2));
    let steps = follow(&*pruner, &text(5), 2, evidence);
    assert_eq!(steps[0].kept, [0, 2, 4], "CLS, SEP and the one that has given CLS most");
    assert_close(
        &steps[1].decision.importance,
        &[0.4792, 0.2104, 0.1625],
        1e-4,
        "ways through the tokens that are left",
    );
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
                ("norm_based", false),
                ("zero_tprune", false),
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
