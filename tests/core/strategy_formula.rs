//! Published scores written as formulas keep the same tokens as the strategies that are built in; what a formula may not be.

use prunescope::engine::Outcome;
use prunescope::engine::RunDetail;
use prunescope::engine::run;
use prunescope::input::Sequence;
use prunescope::jobs::Ticket;
use prunescope::model::Model;
use prunescope::pruning::StrategySpec;
use prunescope::tensor::Evidence;
use prunescope::tensor::EvidenceSet;

use crate::strategy_support::build;
use crate::strategy_support::shape;
use crate::support::FAMILIES;
use crate::support::Golden;
use crate::support::fixture_model;

fn outcomes(model: &Model, texts: &[&Sequence], spec: &str) -> Vec<Outcome> {
    let pruner = build(spec, &model.config.shape);
    run(&Ticket::detached(), model, texts, &*pruner, RunDetail::Trace).unwrap_or_else(|err| panic!("{spec}: {err}"))
}

/// A built-in strategy, and its published score as a formula.
const PUBLISHED: [(&str, &str); 8] = [
    ("power_bert:retention=0.3", "column_sum - diagonal*4"),
    ("power_bert:retention=0.5,exclude_diagonal=false", "column_mean"),
    ("spatten:retention=0.4,accumulate=false", "column_sum"),
    ("evit:retention=0.4,fuse=false", "cls_row"),
    ("entropy:retention=0.4,normalize=false", "-row_entropy"),
    ("entropy:retention=0.4,axis=column,direction=keep_high,normalize=false", "column_entropy"),
    ("value_aware:retention=0.4", "value_weighted"),
    ("first_k:retention=0.6", "-position"),
];

#[test]
fn published_scores_as_formulas_keep_the_same_tokens_in_every_layer() {
    let mut removed = 0;
    for family in FAMILIES {
        let model = fixture_model(family);
        assert_eq!(model.config.shape.num_heads, 4, "{family}: the diagonal's factor in the first formula");
        let golden = Golden::load(family);
        let texts: Vec<Sequence> = (0..3).map(|text| golden.text(text)).collect();
        let texts: Vec<&Sequence> = texts.iter().collect();
        for (built_in, score) in PUBLISHED {
            let settings: Vec<&str> = built_in.split_once(':').expect("settings").1.split(',').collect();
            let shared = settings.iter().find(|setting| setting.starts_with("retention=")).expect("a retention");
            let formula = format!("formula:score=\"{score}\",{shared}");
            let (ours, theirs) = (outcomes(&model, &texts, &formula), outcomes(&model, &texts, built_in));
            for (text, (ours, theirs)) in ours.iter().zip(&theirs).enumerate() {
                for (layer, (ours, theirs)) in ours.trace.layers.iter().zip(&theirs.trace.layers).enumerate() {
                    assert_eq!(
                        ours.kept, theirs.kept,
                        "{family}, text {text}, layer {layer}: {formula} and {built_in}"
                    );
                    removed += theirs.attended.len() - theirs.kept.len();
                }
                assert_eq!(
                    ours.logits, theirs.logits,
                    "{family}, text {text}: {formula}, the same rows, the same bits"
                );
            }
        }
    }
    assert!(removed > 1000, "{removed} tokens left: the agreement is about something");
}

#[test]
fn the_share_of_ats_orders_as_its_product() {
    // ATS draws by shares of attention times value; a ranking by the product, and by its share, is one ranking.
    let model = fixture_model("bert");
    let text = Golden::load("bert").text(0);
    let kept = |score: &str| {
        let outcomes = outcomes(&model, &[&text], &format!("formula:score=\"{score}\",retention=0.4"));
        outcomes[0].trace.layers.iter().map(|layer| layer.kept.clone()).collect::<Vec<_>>()
    };
    let product = kept("cls_row * value_norm");
    for same in ["share(cls_row * value_norm)", "zscore(cls_row * value_norm)", "rank(cls_row * value_norm)"] {
        assert_eq!(kept(same), product, "{same}");
    }
    assert_ne!(kept("-cls_row * value_norm"), product, "another order is another ranking");
}

#[test]
fn evidence_is_asked_for_only_where_the_formula_names_it_and_tokens_may_leave() {
    let needs = |score: &str, layer| build(&format!("formula:score=\"{score}\",start=2"), &shape(4, 2)).needs(layer);
    assert_eq!(needs("column_mean", 0), EvidenceSet::NONE, "nothing before the first layer that may remove");
    assert_eq!(needs("column_mean", 2), EvidenceSet::of([Evidence::ColumnSums]), "what is named");
    assert_eq!(needs("position * n - layer", 3), EvidenceSet::NONE, "nothing of attention");
    let two = EvidenceSet::of([Evidence::ValueNorms, Evidence::ClsRow]);
    assert_eq!(needs("cls_row * value_norm", 3), two, "both");
}

#[test]
fn quotes_hold_commas_brackets_and_blanks_and_come_back() {
    let text = "formula:retention=0.4,score=\"min(column_mean, 0.5) - pow(diagonal, 2)\",protect=cls";
    let spec = StrategySpec::parse(text).expect("a spec");
    let canonical = spec.to_string();
    assert!(canonical.ends_with(",score=\"min(column_mean, 0.5) - pow(diagonal, 2)\""), "{canonical}");
    assert_eq!(StrategySpec::parse(&canonical).expect("it comes back"), spec, "the same run");
    let json = serde_json::to_string(&spec).expect("a session keeps it");
    assert_eq!(serde_json::from_str::<StrategySpec>(&json).expect("and reads it"), spec, "{json}");
    assert_eq!(
        StrategySpec::parse("formula:score=n-position").expect("without quotes too").to_string(),
        StrategySpec::parse("formula:score=\"n-position\"").expect("with quotes").to_string(),
        "quotes are needed for commas alone"
    );
}

#[test]
fn a_score_that_is_no_number_names_token_and_layer() {
    let model = fixture_model("bert");
    let text = Golden::load("bert").text(0);
    let spec = "formula:score=\"1/(position - 3)\",start=1";
    let error = run(&Ticket::detached(), &model, &[&text], &*build(spec, &model.config.shape), RunDetail::Counts);
    let error = error.expect_err("a division by zero").to_string();
    assert!(error.starts_with("layer 2, text 1 of the batch: expected finite scores"), "{error}");
    assert!(error.contains("got inf; token 4 of the text is the first"), "{error}");
    let spec = "formula:score=\"ln(-1 - position)\",start=0";
    let error = run(&Ticket::detached(), &model, &[&text], &*build(spec, &model.config.shape), RunDetail::Counts);
    let error = error.expect_err("no logarithm").to_string();
    assert!(error.contains("layer 1") && error.contains("got NaN; token 1 "), "{error}");
}

#[test]
fn mistakes_come_with_their_place() {
    let error = StrategySpec::parse("formula:score=\"column_mean * valu_norm\"").expect_err("no such vector");
    let text = error.to_string();
    assert!(
        text.starts_with("formula: key \"score\": there is no vector valu_norm; did you mean value_norm?"),
        "{text}"
    );
    assert!(text.contains("at \"valu_norm\" (character 15 of the formula)"), "{text}");
}
