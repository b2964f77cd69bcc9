//! Matched budgets: what is said to be achieved is what a run of its own gives, and what cannot be met is said.

#![expect(clippy::unwrap_used, reason = "the helpers of tests fail by panicking")]

use prunescope::cost;
use prunescope::engine::RunDetail;
use prunescope::engine::run;
use prunescope::evaluation::Budget;
use prunescope::evaluation::BudgetKind;
use prunescope::evaluation::CalibrationTexts;
use prunescope::evaluation::MATCHED_WITHIN;
use prunescope::evaluation::Matched;
use prunescope::evaluation::Reach;
use prunescope::evaluation::match_budget;
use prunescope::evaluation::match_one;
use prunescope::input::Sequence;
use prunescope::jobs::Ticket;
use prunescope::model::Checkpoint;
use prunescope::pruning::StrategySpec;

use crate::support::fixture;

fn checkpoint() -> Checkpoint {
    Checkpoint::load(&fixture("bert")).unwrap()
}

/// Forty texts of 24 to 63 tokens, so that whole tokens hardly matter in their mean.
fn texts(checkpoint: &Checkpoint) -> Vec<Sequence> {
    let words = u32::try_from(checkpoint.model.config.vocab_size).unwrap();
    let id = |text: u32, place: u32| (text * 7919 + place * 104_729) % (words - 10) + 10;
    (0..40).map(|text| Sequence::made_up((0..24 + text % 40).map(|place| id(text, place)))).collect()
}

fn spec(text: &str) -> StrategySpec {
    StrategySpec::parse(text).unwrap()
}

/// Share of dense multiply-accumulates, and mean share of tokens left, from plain runs of one text each.
fn recounted(checkpoint: &Checkpoint, texts: &[Sequence], spec: &StrategySpec) -> (f64, f64) {
    let model = &checkpoint.model;
    let pruner = spec.build(&model.config.shape).unwrap();
    let (mut macs, mut dense, mut kept) = (0, 0, 0.0);
    for text in texts {
        let outcome = run(&Ticket::detached(), model, &[text], &*pruner, RunDetail::Trace).unwrap().remove(0);
        macs += outcome.trace.macs();
        dense += cost::dense_macs(model, text.units.len());
        kept += outcome.trace.tokens_kept() as f64 / text.units.len() as f64;
    }
    (macs as f64 / dense as f64, kept / texts.len() as f64)
}

fn matched(checkpoint: &Checkpoint, texts: &[Sequence], specs: &[StrategySpec], budget: Budget) -> Vec<Matched> {
    let mut calibration = CalibrationTexts::new(checkpoint, texts, specs);
    let mut found = Vec::new();
    match_budget(&Ticket::detached(), &mut calibration, specs, budget, |place, matched| {
        assert_eq!(place, found.len(), "in order, each as soon as it is solved");
        found.push(matched.unwrap());
    })
    .unwrap();
    found
}

#[test]
fn strategies_meet_one_budget_and_the_achieved_value_is_a_recount() {
    let checkpoint = checkpoint();
    let texts = texts(&checkpoint);
    let specs = ["power_bert", "power_bert:schedule=geometric,start=0", "random", "entropy", "spatten", "evit"];
    let specs = specs.map(spec);
    for (per, share) in [(BudgetKind::Flops, 0.8), (BudgetKind::Flops, 0.75), (BudgetKind::Tokens, 0.4)] {
        for matched in matched(&checkpoint, &texts, &specs, Budget { per, share }) {
            let (flops, tokens) = recounted(&checkpoint, &texts, &matched.spec);
            let recounted = if per == BudgetKind::Flops { flops } else { tokens };
            assert!((matched.achieved - recounted).abs() < 1e-12, "{}: {recounted}, {matched:?}", matched.spec);
            assert!((matched.spending.flops - flops).abs() < 1e-12, "FLOPs whatever was asked for");
            assert_eq!(matched.reach, Reach::Met, "{} at {share}", matched.spec);
            assert!((recounted / share - 1.0).abs() <= MATCHED_WITHIN, "{}: {recounted} for {share}", matched.spec);
            assert_eq!(matched.note(), None, "nothing to say");
        }
    }
}

#[test]
fn what_is_out_of_reach_gives_the_nearest_and_says_why() {
    let checkpoint = checkpoint();
    let texts = texts(&checkpoint);
    let budget = |share| Budget { per: BudgetKind::Flops, share };
    // The first layer of three keeps all rows until its feed-forward block, so that no setting comes down to a hundredth.
    let found = matched(&checkpoint, &texts, &[spec("power_bert")], budget(0.01)).remove(0);
    assert_eq!(found.reach, Reach::AboveAtStrongest, "{found:?}");
    let (strongest, _) = recounted(&checkpoint, &texts, &spec("power_bert:retention=0.001,schedule=geometric,start=0"));
    assert!((found.achieved - strongest).abs() < 1e-12, "what the strongest setting of the steepest schedule takes");
    assert!(found.note().unwrap().contains("out of reach"), "said in words");
    // What the linear schedule from layer 1 on does not reach, another does, and that is said.
    let found = matched(&checkpoint, &texts, &[spec("power_bert")], budget(0.5)).remove(0);
    let (linear, _) = recounted(&checkpoint, &texts, &spec("power_bert:retention=0.001"));
    assert!(linear > 0.55 && found.is_met(), "{linear}: {found:?}");
    assert!((found.as_given.unwrap() - linear).abs() < 1e-12, "what the schedule as given comes down to");
    assert!(found.note().unwrap().contains("start=0"), "said in words: {:?}", found.note());
    assert_eq!(found.asked, spec("power_bert"), "known by what was asked for");
    let found = matched(&checkpoint, &texts, &[spec("stop_words")], budget(0.3)).remove(0);
    assert_eq!((found.reach, found.steps), (Reach::NoDial, 1), "nothing to turn");
    let found = matched(&checkpoint, &texts, &[spec("dense")], budget(1.0)).remove(0);
    assert_eq!((found.reach, found.achieved), (Reach::Met, 1.0), "dense is dense");
    // One text of 24 tokens: counts are whole, and its last layer alone makes steps of a percent and more.
    let found = matched(&checkpoint, &texts[..1], &[spec("tome")], budget(0.77)).remove(0);
    assert!(matches!(found.reach, Reach::Jumps | Reach::Met), "{found:?}");
}

#[test]
fn a_policy_keeps_the_shape_of_its_list() {
    let checkpoint = checkpoint();
    let texts = texts(&checkpoint);
    let policy = spec("power_bert:retentions=[1,0.8,0.4]");
    let found = matched(&checkpoint, &texts, &[policy], Budget { per: BudgetKind::Flops, share: 0.7 }).remove(0);
    assert_eq!(found.reach, Reach::Met, "{found:?}");
    let list = found.spec.numbers("retentions").unwrap();
    assert!((list[0] - 1.0).abs() < 1e-12, "what was 1 stays 1");
    let powers = [list[1].ln() / 0.8_f64.ln(), list[2].ln() / 0.4_f64.ln()];
    assert!((powers[0] - powers[1]).abs() < 1e-9, "one power for all layers: {powers:?}");
}

#[test]
fn a_budget_solved_after_others_is_the_one_solved_alone() {
    let checkpoint = checkpoint();
    let texts = texts(&checkpoint);
    let (spec, ticket) = (spec("entropy"), Ticket::detached());
    let mut calibration = CalibrationTexts::new(&checkpoint, &texts, std::slice::from_ref(&spec));
    let budget = |share| Budget { per: BudgetKind::Flops, share };
    let shares = [0.9, 0.7, 0.6, 0.7];
    let all = shares.map(|share| match_one(&ticket, &mut calibration, &spec, budget(share)).unwrap());
    let mut alone = CalibrationTexts::new(&checkpoint, &texts, std::slice::from_ref(&spec));
    let alone = match_one(&ticket, &mut alone, &spec, budget(0.7)).unwrap();
    assert_eq!((&all[1], &all[3]), (&alone, &alone), "history changes nothing");
}

#[test]
fn a_timed_budget_reports_a_measurement_with_its_interval() {
    let checkpoint = checkpoint();
    let texts = texts(&checkpoint);
    let spec = spec("power_bert");
    let found = matched(&checkpoint, &texts[..8], &[spec], Budget { per: BudgetKind::Latency, share: 0.7 }).remove(0);
    let (low, high) = found.interval.unwrap();
    assert!(low <= found.achieved && found.achieved <= high, "{found:?}");
    let within = (found.achieved / 0.7 - 1.0).abs() <= MATCHED_WITHIN;
    assert_eq!(within, found.is_met(), "met only where the reported time says so: {found:?}");
    assert_eq!(found.is_met(), found.note().is_none(), "or said why not");
}

#[test]
fn a_stop_keeps_what_was_solved() {
    let checkpoint = checkpoint();
    let texts = texts(&checkpoint);
    let specs = ["power_bert", "entropy"].map(spec);
    let ticket = Ticket::detached();
    let mut calibration = CalibrationTexts::new(&checkpoint, &texts, &specs);
    let mut found = Vec::new();
    let budget = Budget { per: BudgetKind::Flops, share: 0.8 };
    let ended = match_budget(&ticket, &mut calibration, &specs, budget, |_, matched| {
        found.push(matched.unwrap());
        ticket.cancel();
    });
    assert!(matches!(ended, Err(prunescope::evaluation::Error::Cancelled)), "stopped");
    assert_eq!(found.len(), 1, "the first is kept");
}
