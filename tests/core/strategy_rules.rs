//! Schedules, protection, rounding, ties, controls, and laws that hold for every strategy.

use crate::strategy_support::Step;
use crate::strategy_support::build;
use crate::strategy_support::drawn_evidence;
use crate::strategy_support::follow;
use crate::strategy_support::shape;
use crate::strategy_support::text;
use crate::support::cases;
use proptest::prelude::*;
use prunescope::pruning::Action;
use prunescope::pruning::SequenceInfo;
use prunescope::pruning::registry;
use prunescope::tensor::Evidence;
use prunescope::tensor::SequenceEvidence;
use prunescope::tensor::group_key;

/// Tokens left after each of six layers of a text of `n0` tokens.
fn counts(settings: &str, n0: usize) -> Vec<usize> {
    let pruner = build(&format!("first_k:{settings}"), &shape(6, 2));
    let steps = follow(&*pruner, &text(n0), 6, |_, _| SequenceEvidence::default());
    steps.iter().map(|step| step.kept.len()).collect()
}

#[test]
fn schedules_fall_as_documented() {
    let table: [(&str, usize, [usize; 6]); 9] = [
        ("retention=0.5", 10, [10, 9, 8, 7, 6, 5]),
        ("retention=0.5,start=0", 12, [11, 10, 9, 8, 7, 6]),
        // 0.25^(1/4) = 0.707, 0.5, 0.354, 0.25 of 10, rounded up.
        ("retention=0.25,schedule=geometric,start=2", 10, [10, 10, 8, 5, 4, 3]),
        ("retention=0.5,schedule=constant", 10, [10, 5, 5, 5, 5, 5]),
        // Five layers from 1 on: 1/5 and 2/5 are at most one half.
        ("retention=0.5,schedule=step", 10, [10, 10, 10, 5, 5, 5]),
        ("retention=0.5,schedule=step,start=2", 10, [10, 10, 10, 10, 5, 5]),
        ("retention=0.5,start=6", 10, [10; 6]),
        // A later layer that would keep more than are there keeps what is there.
        ("retentions=[1,0.9,0.7,0.9,0.3,0.2]", 10, [10, 9, 7, 7, 3, 2]),
        // 0.55 * 20 is 11.000000000000002 in floating point.
        ("retention=0.55,schedule=constant,start=0", 20, [11; 6]),
    ];
    for (settings, n0, expected) in table {
        assert_eq!(counts(settings, n0), expected, "{settings} on {n0} tokens");
    }
}

#[test]
fn protection_holds_and_counts_within_the_schedule() {
    let kept = |settings: &str| {
        let pruner = build(&format!("length_adaptive:schedule=constant,start=0,{settings}"), &shape(1, 1));
        let sums = SequenceEvidence::default().with(Evidence::ColumnSums, vec![0.1, 5.0, 4.0, 3.0, 2.0]);
        let step = follow(&*pruner, &text(5), 1, |_, _| sums.clone()).remove(0);
        (step.kept, step.decision.threshold)
    };
    assert_eq!(kept("retention=0.4,protect=none"), (vec![1, 2], Some(4.0)), "nothing protected");
    assert_eq!(kept("retention=0.4,protect=cls"), (vec![0, 1], Some(5.0)), "CLS takes one of two places");
    assert_eq!(kept("retention=0.4,protect=special"), (vec![0, 4], None), "both places are taken");
    assert_eq!(kept("retention=0.1"), (vec![0, 4], None), "the protected stay even beyond the schedule");
    assert_eq!(kept("retention=0.01,protect=none"), (vec![1], Some(5.0)), "one token always stays");
    assert_eq!(kept("retention=1,protect=none"), (vec![0, 1, 2, 3, 4], None), "keeping all needs no threshold");
}

#[test]
fn equal_scores_go_to_the_smaller_position_in_any_row_order() {
    // Token positions 0 to 3 stand in rows in reverse; all scores are equal.
    let pruner = build("length_adaptive:retention=0.5,schedule=constant,start=0,protect=none", &shape(1, 1));
    let evidence = SequenceEvidence::default().with(Evidence::ColumnSums, vec![1.0; 4]);
    let layer = prunescope::pruning::LayerEvidence { layer: 0, orig: &[3, 2, 1, 0], evidence: &evidence };
    assert_eq!(pruner.begin(&text(4)).decide(&layer).action, Action::Keep(vec![2, 3]), "positions 1 and 0");
}

#[test]
fn ltp_keeps_layer_zero_follows_deltas_and_never_empties_a_text() {
    let run = |settings: &str| {
        let pruner = build(&format!("ltp:{settings}"), &shape(3, 1));
        let evidence = |_: usize, rows: &[u32]| {
            let sums = rows.iter().map(|&position| 0.1 * (position + 1) as f32).collect();
            SequenceEvidence::default().with(Evidence::ColumnSums, sums)
        };
        follow(&*pruner, &text(4), 3, evidence)
    };
    // Scores are .1 .2 .3 .4 with the divisor 1; thresholds 0, .1, .2.
    let kept = |steps: &[Step]| steps.iter().map(|step| step.kept.clone()).collect::<Vec<_>>();
    let steps = run("theta_final=0.315,divisor=1");
    assert_eq!(kept(&steps), [vec![0, 1, 2, 3], vec![1, 2, 3], vec![2, 3]], "thresholds .105 and .21");
    assert_eq!(steps[0].decision.threshold, None, "layer 0 has none");
    assert!((steps[2].decision.threshold.unwrap() - 0.21).abs() < 1e-6, "two thirds of theta_final");
    let steps = run("theta_final=0,deltas=[1,0.25,0],divisor=1");
    assert_eq!(kept(&steps), [vec![0, 1, 2, 3], vec![2, 3], vec![2, 3]], "deltas are thresholds of their own");
    let steps = run("theta_final=1,deltas=[0,1,1],divisor=1");
    assert_eq!(kept(&steps), [vec![0, 1, 2, 3], vec![3], vec![3]], "the best one stays");
    let steps = run("theta_final=1,divisor=1,protect=cls");
    assert_eq!(steps[2].kept, [0], "CLS stays if protected");
}

#[test]
fn a_cap_stands_over_thresholds_and_shares() {
    let sums = |_: usize, rows: &[u32]| {
        let sum = |position: u32| [0.9, 0.3, 0.5, 0.4, 0.2, 0.8][position as usize];
        SequenceEvidence::default().with(Evidence::ColumnSums, rows.iter().map(|&position| sum(position)).collect())
    };
    let kept = |spec: &str| follow(&*build(spec, &shape(3, 1)), &text(6), 3, sums).pop().expect("three layers").kept;
    let ltp = "ltp:theta_final=0.3,divisor=1";
    assert_eq!(kept(ltp), [0, 1, 2, 3, 4, 5], "all reach two thirds of .3");
    // Layers 1 and 2 may keep 75% and 50% of six: five, then three.
    assert_eq!(kept(&format!("{ltp},cap=0.5")), [0, 2, 5], "the best three");
    assert_eq!(kept(&format!("{ltp},cap=0.5,protect=special")), [0, 2, 5], "the special ones are among them");
    assert_eq!(kept(&format!("{ltp},cap=0.1,protect=special")), [0, 5], "and stay in any case");
    assert_eq!(kept("ltp:theta_final=1,divisor=1,cap=0.9"), [0, 5], "a threshold that is stricter than the cap");
    let ranked = "length_adaptive:start=0,protect=none";
    // Of 3.1: .9 .8 .5 hold .71, with .4 .84. In the next layer .9 .8 .5 hold .85 of 2.6, then .77 of 2.2.
    assert_eq!(kept(&format!("{ranked},mass=0.77")), [0, 5], "shares of what is left in each layer");
    assert_eq!(kept(&format!("{ranked},mass=0.99,cap=0.5")), [0, 2, 5], "at most half");
    assert_eq!(kept(&format!("{ranked},threshold=0.1,cap=0.3")), [0, 5], "thresholds too");
    assert_eq!(kept(&format!("{ranked},threshold=[0,0.9,0]")), [0, 2, 5], "a threshold for each layer");
    assert_eq!(kept(&format!("{ranked},mass=1")), [0, 1, 2, 3, 4, 5], "the whole mass is everything");
}

#[test]
fn a_cap_over_everything_is_a_schedule_for_every_ranking_strategy() {
    let ids = registry().iter().filter(|info| info.keys.iter().any(|key| key.name == "mass")).map(|info| info.id);
    let ids: Vec<&str> = ids.collect();
    assert!(ids.len() >= 10, "only {ids:?} rank");
    for id in ids {
        let run = |settings: &str| {
            let pruner = build(&format!("{id}:{settings}"), &shape(4, 2));
            let steps = follow(&*pruner, &text(17), 4, |layer, rows| drawn_evidence(5, 2, layer, rows));
            steps.into_iter().map(|step| step.kept).collect::<Vec<_>>()
        };
        let all: Vec<u32> = (0..17).collect();
        for everything in ["mass=1", "threshold=0"] {
            assert_eq!(run(everything), vec![all.clone(); 4], "{id}:{everything} keeps all");
            let capped = run(&format!("{everything},cap=0.4"));
            assert_eq!(capped, run("retention=0.4"), "{id}: a cap over {everything} is that retention");
        }
        let budgeted = build(&format!("{id}:budget=entropy"), &shape(4, 2));
        assert!(budgeted.needs(3).contains(Evidence::RowEntropies), "{id}: a budget looks at entropies");
        let plain = build(id, &shape(4, 2));
        let macs = |pruner: &dyn prunescope::pruning::Pruner| pruner.overhead_macs(3, 10, &shape(4, 2));
        // Of 2 heads x 10 x 10; `entropy` has counted the same ones already.
        let entropies = if id == "entropy" { 0 } else { 200 };
        assert_eq!(macs(&*budgeted), macs(&*plain) + entropies, "{id}: a product for each probability");
        let nested = run("mass=0.7");
        let last = nested.last().expect("four layers");
        assert!(
            last.len() < 17 && last.contains(&0) && last.contains(&16),
            "{id}: a share leaves, special tokens stay"
        );
    }
}

#[test]
fn an_entropy_budget_moves_counts_from_focused_to_spread_out_layers() {
    // Entropies of a row, as parts of the largest: 1 in layer 0, then the given ones.
    let kept = |spec: &str, spreads: [f32; 3]| {
        let evidence = |layer: usize, rows: &[u32]| {
            let entropy = spreads[layer] * (rows.len() as f32).ln();
            SequenceEvidence::default()
                .with(Evidence::ColumnSums, rows.iter().map(|&position| (20 - position) as f32).collect())
                .with(Evidence::RowEntropies, vec![entropy; rows.len()])
        };
        let steps = follow(&*build(spec, &shape(3, 1)), &text(10), 3, evidence);
        steps.iter().map(|step| step.kept.len()).collect::<Vec<_>>()
    };
    let spec = "length_adaptive:retentions=[0.79,0.79,0.49],budget=entropy";
    assert_eq!(kept(spec, [0.5, 0.5, 0.5]), [8, 8, 5], "even attention leaves the schedule as it is");
    // Layer 1: .79 x .29 / mean(.5, .29) = .58; layer 2: .49 x .39 / mean(.5, .29, .39) = .486.
    assert_eq!(kept(spec, [0.5, 0.29, 0.39]), [8, 6, 5], "a focused layer keeps fewer");
    // Layer 2: .49 x .7 / mean(.5, .29, .7) = .69, but only 6 are there.
    assert_eq!(kept(spec, [0.5, 0.29, 0.7]), [8, 6, 6], "a spread-out one more, of those that are there");
    assert_eq!(kept(spec, [0.0, 0.0, 0.0]), [8, 8, 5], "no entropy at all is no measure");
    let needs = |spec: &str, layer| build(spec, &shape(3, 1)).needs(layer).contains(Evidence::RowEntropies);
    let linear = "power_bert:budget=entropy";
    assert!(!needs(linear, 0) && needs(linear, 1) && !needs("power_bert", 1), "entropies only where they are used");
}

#[test]
fn masking_ltp_removes_the_same_tokens_as_gathering() {
    let shape = shape(4, 3);
    let run = |settings: &str| {
        let pruner = build(&format!("ltp:theta_final=0.4,divisor=alive{settings}"), &shape);
        follow(&*pruner, &text(9), 4, |layer, rows| drawn_evidence(11, 3, layer, rows))
    };
    let steps = run(",removal=mask");
    assert!(steps.iter().all(|step| step.attended.len() == 9), "every row is still computed");
    assert!(matches!(steps[1].decision.action, Action::Mask(_)), "layer 1 masks");
    for pair in steps.windows(2) {
        assert!(pair[1].kept.iter().all(|position| pair[0].kept.contains(position)), "a masked token stays masked");
    }
    assert_eq!(steps[1].kept, run("")[1].kept, "the first masked layer keeps what gathering keeps");
}

fn words(list: &[Option<&str>]) -> SequenceInfo {
    let is_special = list.iter().map(Option::is_none).collect();
    let group_keys = list.iter().flatten().map(|word| group_key(word)).collect();
    let number = |position: usize| u32::try_from(list[..position].iter().flatten().count()).expect("a short text");
    let groups = list.iter().enumerate().map(|(position, word)| word.map(|_| number(position))).collect();
    SequenceInfo { is_special, groups, group_keys, fingerprint: 0 }
}

#[test]
fn stop_words_leave_before_the_model_and_negations_stay() {
    // It wasn't the un|loved movie of all.
    let text = words(&[
        None,
        Some("it"),
        Some("wasn"),
        Some("'"),
        Some("t"),
        Some("the"),
        Some("unloved"),
        Some("unloved"),
        Some("movie"),
        Some("of"),
        Some("not"),
        None,
    ]);
    let select = |spec: &str| build(spec, &shape(2, 2)).select_input(&text);
    assert_eq!(select("stop_words"), Some(vec![0, 2, 3, 4, 6, 7, 8, 10, 11]), "it, the and of leave");
    assert_eq!(select("stop_words:list=articles"), Some(vec![0, 1, 2, 3, 4, 6, 7, 8, 9, 10, 11]), "only the leaves");
    assert_eq!(select("dense"), None, "no other strategy selects at input level");
    let only = words(&[None, Some("it"), Some("is"), None]);
    let left = build("stop_words", &shape(2, 2)).select_input(&only);
    assert_eq!(left, Some(vec![0, 3]), "a text of stop words leaves the special tokens");
}

#[test]
fn rare_words_stay_whole_and_common_ones_leave() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("corpus.csv");
    std::fs::write(&path, "id,text\n1,the film the end\n2,\"the film, a farce\"\n3,the cat\n").expect("a corpus");
    // idf: the ln 4/4, film ln 4/3, farce, end and cat ln 4/2, unseen ln 4.
    let mut text =
        words(&[None, Some("the"), Some("film"), Some("unseen"), Some("unseen"), Some("farce"), Some("end"), None]);
    // The two pieces of one word.
    text.groups[4] = text.groups[3];
    let select = |retention: &str| {
        let spec = format!("idf:retention={retention},corpus=@{}", path.display());
        build(&spec, &shape(2, 2)).select_input(&text).expect("a selection")
    };
    assert_eq!(select("1"), [0, 1, 2, 3, 4, 5, 6, 7], "all stay");
    assert_eq!(select("0.85"), [0, 2, 3, 4, 5, 6, 7], "the leaves first");
    assert_eq!(select("0.6"), [0, 3, 4, 5, 7], "the earlier of equals stays");
    assert_eq!(select("0.1"), [0, 3, 4, 7], "one word stays, with all its pieces");
    let bundled = build("idf:retention=0.5", &shape(2, 2)).select_input(&text).expect("a selection");
    assert!(
        bundled.contains(&0) && bundled.contains(&7) && !bundled.contains(&1),
        "the bundled texts know the: {bundled:?}"
    );
    let empty = folder.path().join("empty.txt");
    std::fs::write(&empty, "\n\n").expect("a file");
    let parse = |spec: String| prunescope::pruning::StrategySpec::parse(&spec).unwrap_err().to_string();
    let err = parse(format!("idf:corpus=@{}", empty.display()));
    assert!(err.contains("expects texts in UTF-8") && err.contains("no text"), "says so: {err}");
    let err = parse("idf:corpus=words.txt".to_owned());
    assert!(err.contains("expects @FILE with texts"), "a file is wanted: {err}");
}

#[test]
fn random_follows_seed_and_text_and_keeps_its_draws() {
    let run = |spec: &str, fingerprint: u64| {
        let sequence = SequenceInfo { fingerprint, ..text(20) };
        follow(&*build(spec, &shape(3, 2)), &sequence, 3, |_, _| SequenceEvidence::default())
    };
    let reference = run("random", 5);
    assert_eq!(run("random", 5), reference, "same seed, same text, same tokens");
    assert_ne!(run("random:seed=1", 5), reference, "another seed");
    assert_ne!(run("random", 6), reference, "another text");
    let first = &reference[0].decision.importance;
    let last = &reference[2];
    for (position, score) in last.attended.iter().zip(&last.decision.importance) {
        assert_eq!(*score, first[*position as usize], "token {position} keeps its draw");
    }
}

#[test]
fn length_adaptive_restores_unless_told_otherwise() {
    let restores = |spec: &str| build(spec, &shape(2, 2)).restores();
    assert!(restores("length_adaptive"), "on by default");
    assert!(!restores("length_adaptive:restore=false"), "can be switched off");
    assert!(!restores("power_bert"), "no other strategy restores");
}

/// Ids with the shared keys: one row count a layer, except that a fused row comes on top.
const SCHEDULED: [&str; 8] =
    ["random", "first_k", "power_bert", "length_adaptive", "spatten", "entropy", "evit:fuse=false", "evit:fuse=true"];

fn with(spec: &str, settings: &str) -> String {
    format!("{spec}{}{settings}", if spec.contains(':') { "," } else { ":" })
}

proptest! {
    #![proptest_config(cases(256))]

    #[test]
    fn counts_follow_the_schedule_and_kept_sets_nest(
        spec in prop::sample::select(&SCHEDULED[..]),
        schedule in prop::sample::select(vec!["linear", "geometric", "constant", "step"]),
        protect in prop::sample::select(vec!["none", "cls", "special"]),
        percent in 1_u32..=100,
        start in 0_usize..5,
        n0 in 2_u32..30,
        seed in any::<u64>(),
    ) {
        let retention = f64::from(percent) / 100.0;
        let spec = with(spec, &format!("retention={retention},schedule={schedule},start={start},protect={protect}"));
        let sequence = text(n0 as usize);
        let steps = follow(&*build(&spec, &shape(4, 2)), &sequence, 4, |layer, rows| drawn_evidence(seed, 2, layer, rows));
        let protected: &[u32] = match protect {
            "none" => &[],
            "cls" => &[0],
            _ => &[0, n0 - 1],
        };
        let fuses = spec.contains("fuse=true");
        for (layer, step) in steps.iter().enumerate() {
            let reached = if layer < start { 1.0 } else { at_layer(schedule, retention, layer - start + 1, 4 - start) };
            // The smallest count that is no less than the share, found by counting up.
            let reaches = |count: &usize| *count as f64 >= reached * f64::from(n0) - 1e-9;
            let scheduled = (1..=n0 as usize).find(reaches).unwrap().max(protected.len());
            let extra = usize::from(fuses);
            prop_assert!(step.kept.len() <= scheduled + extra, "{}: layer {} keeps {} of {}", spec, layer, step.kept.len(), n0);
            if !fuses {
                prop_assert_eq!(step.kept.len(), scheduled.min(step.attended.len()), "{}: layer {}", &spec, layer);
                prop_assert!(step.kept.iter().all(|position| step.attended.contains(position)), "{}: nested", spec);
            }
            prop_assert!(step.kept.is_sorted(), "{}: rows stay in text order", spec);
            prop_assert!(protected.iter().all(|position| step.kept.contains(position)), "{}: protected", spec);
        }
    }

    #[test]
    fn every_strategy_keeps_its_protected_tokens_and_at_least_one(
        index in 0..registry().len(),
        dial in 0_usize..20,
        n0 in 1_u32..24,
        seed in any::<u64>(),
    ) {
        let info = &registry()[index];
        // Those with weights are held to the same in `learned_laws`.
        prop_assume!(info.runs_untrained());
        let default = prunescope::pruning::StrategySpec::default_for(info.id).unwrap();
        let sweep = default.sweep();
        let spec = &sweep[dial % sweep.len()];
        let has_protect = info.keys.iter().any(|key| key.name == "protect");
        let spec = if has_protect { spec.with("protect", prunescope::pruning::Value::Word("special".to_owned())).unwrap() } else { spec.clone() };
        let pruner = spec.build(&shape(5, 2)).unwrap();
        let steps = follow(&*pruner, &text(n0 as usize), 5, |layer, rows| drawn_evidence(seed, 2, layer, rows));
        for step in &steps {
            prop_assert!(step.kept.contains(&0) && step.kept.contains(&(n0 - 1)), "{}: special tokens stay", spec);
            prop_assert!(step.kept.len() <= step.attended.len(), "{}: rows never multiply", spec);
            let scores = &step.decision.importance;
            prop_assert!(scores.is_empty() || scores.len() == step.attended.len(), "{}: a score a row or none", spec);
            prop_assert!(scores.iter().all(|score| score.is_finite()), "{}: scores are numbers", spec);
        }
    }

    #[test]
    fn merged_rows_account_for_every_token(
        settings in prop::sample::select(vec!["", "r=1", "r=5", "r=3,inflect=-1", "r=3,inflect=1", "start=2", "r=4,protect=none"]),
        n0 in 2_usize..30,
        seed in any::<u64>(),
    ) {
        let spec = if settings.is_empty() { "tome".to_owned() } else { format!("tome:{settings}") };
        let steps = follow(&*build(&spec, &shape(4, 2)), &text(n0), 4, |layer, rows| drawn_evidence(seed, 2, layer, rows));
        let mut sizes = vec![1.0_f32; n0];
        for step in &steps {
            if let Action::Reduce { rows, merges } = &step.decision.action {
                let mut after: Vec<f32> = rows.iter().map(|row| row.map_or(0.0, |row| sizes[row])).collect();
                for merge in merges {
                    let size: f32 = merge.parts.iter().map(|part| sizes[part.0]).sum();
                    prop_assert_eq!(merge.size, size, "a row's size is the sum of its parts'");
                    let weights: f32 = merge.parts.iter().map(|part| part.1).sum();
                    prop_assert!((weights - 1.0).abs() < 1e-5, "weights of a mean sum to 1, not {}", weights);
                    after[merge.into] = size;
                }
                sizes = after;
            }
            prop_assert_eq!(sizes.iter().sum::<f32>(), n0 as f32, "{}: no token is lost", &spec);
        }
    }
}

/// The schedules as the contract states them, with `done` of `layers` layers from the start on.
fn at_layer(schedule: &str, retention: f64, done: usize, layers: usize) -> f64 {
    let share = done as f64 / layers as f64;
    match schedule {
        "linear" => 1.0 - (1.0 - retention) * share,
        "geometric" => retention.powf(share),
        "step" if 2 * done <= layers => 1.0,
        _ => retention,
    }
}
