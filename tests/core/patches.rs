//! The engine reads units, not text: a picture's patches run through it under strategies as words do.

use prunescope::engine::PrefixCache;
use prunescope::engine::Ribbon;
use prunescope::engine::RunDetail;
use prunescope::engine::run;
use prunescope::engine::sequence_info;
use prunescope::input::Sequence;
use prunescope::jobs::Ticket;

use crate::strategy_support::build;
use crate::support::fixture_model;

#[test]
fn patches_run_under_strategies_without_any_text() {
    let model = fixture_model("bert");
    let pictures = [Sequence::patches(4, 5), Sequence::patches(2, 3)];
    assert!(pictures.iter().all(|picture| picture.texts.is_empty()), "nothing to read");
    let batch = pictures.each_ref();
    let shape = model.config.shape;
    let specs = ["power_bert:retention=0.3,start=0", "tome:r=2", "random:retention=0.5,seed=3", "evit:retention=0.4"];
    let pruners = specs.map(|spec| build(spec, &shape));
    let mut prefixes = PrefixCache::new(&model, pruners.iter().map(|pruner| &**pruner), usize::MAX);
    for (spec, pruner) in specs.iter().zip(&pruners) {
        let together =
            run(&Ticket::detached(), &model, &batch, &**pruner, RunDetail::Trace).unwrap_or_else(|err| panic!("{err}"));
        for (picture, outcome) in pictures.iter().zip(&together) {
            assert_eq!(outcome.trace.num_tokens, picture.units.len(), "{spec}: every patch and the special unit");
            assert!(outcome.trace.tokens_kept() < picture.units.len(), "{spec}: some left");
            assert!(outcome.logits.iter().all(|logit| logit.is_finite()), "{spec}: an answer");
            let alone = run(&Ticket::detached(), &model, &[picture], &**pruner, RunDetail::Trace).expect("a run");
            assert_eq!(alone[0], *outcome, "{spec}: packed is alone");
            let ribbon = Ribbon::new(&outcome.trace);
            assert!(ribbon.num_columns >= picture.units.len(), "{spec}: a column a patch");
        }
        let shared = prefixes.run(&Ticket::detached(), &model, (0, &batch), &**pruner).expect("a run");
        for (shared, alone) in shared.outcomes.iter().zip(&together) {
            assert_eq!(shared.logits, alone.logits, "{spec}: a shared prefix changes nothing");
        }
    }
}

#[test]
fn patches_have_no_words_to_leave_out() {
    let picture = Sequence::patches(3, 3);
    let info = sequence_info(&picture);
    assert!(info.group_keys.is_empty() && info.groups.iter().all(Option::is_none), "patches stand alone");
    let all = build("stop_words", &fixture_model("bert").config.shape).select_input(&info);
    assert_eq!(all, Some((0..10).collect()), "a word list finds nothing");
}
