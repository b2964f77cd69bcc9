//! Cache policies against the vectors of the reference: two query heads on one KV head, five tokens.

use prunescope::pruning::cache::AttentionSums;
use prunescope::pruning::cache::Budget;
use prunescope::pruning::cache::BudgetSchedule;
use prunescope::pruning::cache::CacheDecision;
use prunescope::pruning::cache::CachePolicy;
use prunescope::pruning::cache::CacheSize;
use prunescope::pruning::cache::GroupReduction;
use prunescope::pruning::cache::H2o;
use prunescope::pruning::cache::HeadView;
use prunescope::pruning::cache::Protection;
use prunescope::pruning::cache::SequenceCachePolicy;
use prunescope::pruning::cache::SinkWindow;
use prunescope::pruning::cache::received;
use prunescope::pruning::cache::select;

use crate::support::Tolerance;
use crate::support::assert_close;

/// Causal attention. Shape: `[heads, query, key]`.
const ATTENTION: [f32; 50] = [
    1.0, 0.0, 0.0, 0.0, 0.0, 0.7, 0.3, 0.0, 0.0, 0.0, 0.5, 0.1, 0.4, 0.0, 0.0, 0.4, 0.1, 0.2, 0.3, 0.0, 0.3, 0.05,
    0.25, 0.1, 0.3, //
    1.0, 0.0, 0.0, 0.0, 0.0, 0.5, 0.5, 0.0, 0.0, 0.0, 0.2, 0.2, 0.6, 0.0, 0.0, 0.1, 0.3, 0.1, 0.5, 0.0, 0.2, 0.3, 0.1,
    0.2, 0.2,
];

const CLOSE: Tolerance = Tolerance { absolute: 1e-6, relative: 0.0 };

const H2O: H2o =
    H2o { budget: Budget::Rows(4), schedule: BudgetSchedule::Uniform, sinks: 0, recent: None, mean: false };

fn size(prompt: usize, layers: usize) -> CacheSize {
    CacheSize { prompt, layers, kv_heads: 1 }
}

fn prompt(group: GroupReduction) -> Vec<f32> {
    received(&ATTENTION, (2, 1, 5), group).remove(0)
}

/// One head's decision.
fn decide(state: &mut dyn SequenceCachePolicy, layer: usize, positions: &[u32], received: &[f32]) -> CacheDecision {
    state.decide(layer, &[HeadView { positions, received }]).remove(0)
}

/// Runs a policy over one head of one layer; the positions that are left after the prompt and after each step.
fn follow(policy: &dyn CachePolicy, prompt: u32, steps: u32) -> Vec<Vec<u32>> {
    let mut state = policy.begin(size(prompt as usize, 1));
    let mut positions: Vec<u32> = (0..prompt).collect();
    let mut left = Vec::new();
    for step in 0..=steps {
        let received: Vec<f32> = positions.iter().map(|&position| ((position * 7 + step) % 5) as f32).collect();
        if let Some(kept) = decide(&mut *state, 0, &positions, &received).kept {
            assert!(kept.windows(2).all(|pair| pair[0] < pair[1]), "ascending: {kept:?}");
            positions = kept.into_iter().map(|entry| positions[entry]).collect();
        }
        left.push(positions.clone());
        positions.push(prompt + step);
    }
    left
}

#[test]
fn attention_received_is_summed_over_queries_then_over_the_group() {
    let expected = |group, expected: [f32; 5]| assert_close("received", &prompt(group), &expected, CLOSE);
    expected(GroupReduction::Mean, [2.45, 0.925, 0.825, 0.55, 0.25]);
    expected(GroupReduction::Max, [2.9, 1.3, 0.85, 0.7, 0.3]);
    expected(GroupReduction::Sum, [4.9, 1.85, 1.65, 1.1, 0.5]);
    let two = received(&ATTENTION, (2, 2, 5), GroupReduction::Mean);
    assert_close("a KV head a query head", &two[0], &[2.9, 0.55, 0.85, 0.4, 0.3], CLOSE);
    let mut sums = AttentionSums::default();
    sums.add(&prompt(GroupReduction::Mean));
    assert!((sums.sums().iter().sum::<f32>() - 5.0).abs() < 1e-6, "as much as there are queries");
    assert_close("by the queries that could see", &sums.means(), &[0.49, 0.23125, 0.275, 0.275, 0.25], CLOSE);
}

#[test]
fn h2o_keeps_heavy_hitters_and_the_newest_and_carries_sums_along() {
    let mut state = H2O.begin(size(5, 1));
    let first = decide(&mut *state, 0, &[0, 1, 2, 3, 4], &prompt(GroupReduction::Mean));
    assert_close("sums", &first.scores, &[2.45, 0.925, 0.825, 0.55, 0.25], CLOSE);
    assert_eq!(first.kept, Some(vec![0, 1, 3, 4]), "two heavy ones, the two newest");
    // A step: one query of each head over the four kept and itself.
    let step = [0.1, 0.2, 0.3, 0.2, 0.2, 0.3, 0.3, 0.1, 0.1, 0.2];
    let step = received(&step, (2, 1, 5), GroupReduction::Mean).remove(0);
    let second = decide(&mut *state, 0, &[0, 1, 3, 4, 5], &step);
    assert_close("sums go on", &second.scores, &[2.65, 1.175, 0.75, 0.4, 0.2], CLOSE);
    assert_eq!(second.kept, Some(vec![0, 1, 3, 4]), "positions 0, 1, 4 and 5");
    let mean = H2o { mean: true, recent: Some(0), ..H2O };
    let kept = decide(&mut *mean.begin(size(5, 1)), 0, &[0, 1, 2, 3, 4], &prompt(GroupReduction::Mean)).kept;
    assert_eq!(kept, Some(vec![0, 2, 3, 4]), "by mean, entry 1 is the weakest");
}

#[test]
fn sinks_and_window_stay_whatever_is_seen() {
    let policy = |sinks| SinkWindow { budget: Budget::Rows(4), schedule: BudgetSchedule::Uniform, sinks };
    let left = follow(&policy(2), 6, 2);
    assert_eq!(left, [[0, 1, 4, 5], [0, 1, 5, 6], [0, 1, 6, 7]], "two sinks and the two newest");
    assert_eq!(follow(&policy(0), 6, 1), [[2, 3, 4, 5], [3, 4, 5, 6]], "the plain window");
    assert_eq!(follow(&policy(9), 6, 0), [[0, 1, 2, 5]], "the newest stays beside any number of sinks");
    assert!(policy(2).needs().is_empty() && !H2O.needs().is_empty(), "only scores need evidence");
}

#[test]
fn without_a_limit_nothing_ever_leaves() {
    let policies: [&dyn CachePolicy; 4] = [
        &H2o { budget: Budget::Share(1.0), ..H2O },
        &SinkWindow { budget: Budget::Share(1.0), schedule: BudgetSchedule::Uniform, sinks: 4 },
        &H2o { budget: Budget::Rows(99), ..H2O },
        &SinkWindow { budget: Budget::Rows(99), schedule: BudgetSchedule::Pyramid { window: 2, beta: 20.0 }, sinks: 4 },
    ];
    for policy in policies {
        assert_eq!(follow(policy, 9, 5).pop(), Some((0..14).collect()), "{policy:?}");
    }
}

#[test]
fn larger_budgets_keep_what_smaller_ones_keep() {
    for recent in [Some(0), Some(2), None] {
        let kept = |rows| follow(&H2o { budget: Budget::Rows(rows), recent, ..H2O }, 12, 0).remove(0);
        for rows in 1..11 {
            let (small, large) = (kept(rows), kept(rows + 1));
            assert_eq!((small.len(), large.len()), (rows, rows + 1), "as many as the budget says");
            assert!(small.iter().all(|position| large.contains(position)), "{small:?} within {large:?}");
        }
    }
}

#[test]
fn budgets_are_shares_of_the_prompt_and_leave_room_for_what_is_protected() {
    let wanted = Protection { sinks: 4, recent: 32 };
    for (prompt, share, expected) in [(10, 0.5, (5, 4, 1)), (512, 0.25, (128, 4, 32)), (100, 0.01, (1, 0, 1))] {
        let rows = Budget::Share(share).rows(prompt);
        let Protection { sinks, recent } = wanted.within(rows);
        assert_eq!((rows, sinks, recent), expected, "{share} of {prompt}");
    }
    assert_eq!(Budget::Share(0.55).rows(20), 11, "not 12 because of the last bits");
}

#[test]
fn a_pyramid_keeps_as_much_as_a_level_schedule() {
    let pyramid = BudgetSchedule::Pyramid { window: 8, beta: 20.0 };
    let free = |prompt| -> Vec<usize> {
        pyramid.rows(Budget::Rows(64), size(prompt, 6)).into_iter().map(|rows| rows - 8).collect()
    };
    assert_eq!(free(512), [109, 88, 67, 45, 24, 3], "beside the window of 8");
    assert_eq!(free(100), [92, 78, 63, 49, 34, 20], "no more than there is");
    let level = BudgetSchedule::Uniform.rows(Budget::Rows(64), size(512, 6));
    assert_eq!(free(512).iter().sum::<usize>() + 6 * 8, level.iter().sum::<usize>(), "the same in all");
    assert_eq!(pyramid.rows(Budget::Rows(64), size(512, 1)), [64], "one layer has nothing to spread");
    let policy = H2o { schedule: pyramid, budget: Budget::Rows(64), ..H2O };
    let mut state = policy.begin(size(512, 6));
    let positions: Vec<u32> = (0..512).collect();
    let lengths = [0, 5].map(|layer| {
        let kept = decide(&mut *state, layer, &positions, &vec![1.0; 512]).kept;
        kept.map_or(512, |kept| kept.len())
    });
    assert_eq!(lengths, [117, 11], "the first layer and the last");
}

#[test]
fn ties_go_to_the_smaller_position_and_heads_are_cut_apart() {
    let none = Protection { sinks: 0, recent: 0 };
    assert_eq!(select(&[0.25, 0.175, 0.175, 0.15, 0.25], &[0, 1, 2, 3, 4], none, 3), Some(vec![0, 1, 4]), "1 before 2");
    assert_eq!(select(&[1.0; 3], &[3, 5, 9], none, 3), None, "nothing leaves");
    let mut state =
        H2o { budget: Budget::Rows(2), recent: Some(0), ..H2O }.begin(CacheSize { kv_heads: 2, ..size(3, 1) });
    let positions = [0, 1, 2];
    let heads = [[3.0, 1.0, 2.0], [1.0, 2.0, 3.0]];
    let views = heads.each_ref().map(|received| HeadView { positions: &positions, received });
    let kept: Vec<_> = state.decide(0, &views).into_iter().map(|decision| decision.kept).collect();
    assert_eq!(kept, [Some(vec![0, 2]), Some(vec![1, 2])], "each head its own");
}
