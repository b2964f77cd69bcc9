//! The Inspect view: what it says of one text, what keys and sliders do to it, how it looks.

use std::path::Path;
use std::path::PathBuf;

use egui::Key;
use egui::Modifiers;
use egui::accesskit::Role;
use egui_kittest::Harness;
use egui_kittest::kittest::NodeT as _;
use egui_kittest::kittest::Queryable as _;
use prunescope::app::Theme;
use prunescope::app::WindowOptions;
use prunescope::model::DeviceChoice;
use prunescope::model::LoadOptions;
use prunescope::model::Precision;
use prunescope::pruning::KeyKind;
use prunescope::pruning::registry;

use crate::images;
use crate::plots_support::Window;
use crate::plots_support::open;
use crate::plots_support::settle;
use crate::view;

const SIZE: [f32; 2] = [1600.0, 1000.0];

fn options(text: &str, strategies: &[&str]) -> WindowOptions {
    WindowOptions {
        view: Some(view("inspect")),
        theme: Some(Theme::Light),
        text: Some(text.to_owned()),
        strategies: strategies.iter().map(|&spec| spec.to_owned()).collect(),
        ..WindowOptions::default()
    }
}

fn window(text: &str, strategies: &[&str]) -> Harness<'static, Window> {
    let mut harness = open(options(text, strategies), SIZE);
    settle(&mut harness);
    harness
}

/// Names and texts of everything in the window that contain this.
fn names(harness: &Harness<'_, Window>, part: &str) -> Vec<String> {
    let nodes = harness.root().children_recursive();
    let texts = nodes.flat_map(|node| {
        let node = node.accesskit_node();
        [node.label(), node.value()]
    });
    texts.flatten().filter(|text| text.contains(part)).collect()
}

/// How many tokens the sentence shows as left.
fn tokens_left(harness: &Harness<'_, Window>) -> usize {
    let sentence = names(harness, "tokens left: ").remove(0);
    sentence.split_whitespace().nth(2).and_then(|count| count.parse().ok()).expect("a count in the sentence's name")
}

const TEXT: &str = "It wasn't bad, it just wasn't what we had hoped for.";

/// On each family that the contract names: a ribbon for each strategy of the registry, a few in a window.
#[test]
fn every_strategy_has_a_ribbon_on_three_families() {
    let ids: Vec<&str> = {
        let shown = registry().iter().filter(|info| info.id != "dense" && info.runs_untrained());
        shown.map(|info| info.id).collect()
    };
    for family in ["bert", "roberta", "distilbert"] {
        let model = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(family);
        for few in ids.chunks(3) {
            let options = WindowOptions { model: Some(model.clone()), ..options("the end of it was good", few) };
            let mut harness = open(options, SIZE);
            settle(&mut harness);
            for id in few {
                assert!(!names(&harness, &format!("{id} ribbon")).is_empty(), "{family}: {id} is shown");
            }
        }
    }
}

/// Whatever keys a strategy has, the window has an editor for them, and what it sets can be run.
#[test]
fn every_key_of_every_strategy_can_be_set() {
    for info in registry().iter().filter(|info| info.id != "dense" && !info.keys.is_empty() && info.runs_untrained()) {
        let mut harness = window("the end of it was good", &[info.id]);
        if info.keys.len() > 1 {
            harness.get_by_label(&format!("More settings of {}", info.id)).click();
            settle(&mut harness);
        }
        let unset = info
            .keys
            .iter()
            .filter(|key| key.default.is_none() && !matches!(key.kind, KeyKind::Corpus | KeyKind::Weights))
            .count();
        let autos = |harness: &Harness<'_, Window>| harness.query_all_by_label("auto").count();
        assert_eq!(autos(&harness), unset, "{}: a button for every key that is left to the method", info.id);
        for number in 0..unset {
            let Some(button) = harness.query_all_by_label("auto").nth(number.min(autos(&harness).saturating_sub(1)))
            else {
                break;
            };
            button.click();
            settle(&mut harness);
            assert!(names(&harness, "Change a setting of this strategy").is_empty(), "{}: it still runs", info.id);
        }
        assert!(!names(&harness, &format!("{} ribbon", info.id)).is_empty(), "{}: it is shown", info.id);
    }
}

#[test]
fn every_cell_says_what_became_of_its_token() {
    let harness = window(TEXT, &["power_bert:retention=0.4", "first_k:retention=0.4"]);
    let bad = names(&harness, "power_bert: layer 1, 'bad'");
    assert_eq!(bad.len(), 1, "one cell for one token in one layer: {bad:?}");
    assert!(bad[0].contains("score "), "with its score: {bad:?}");
    // 8 of 19 are kept at the end; first_k keeps the first ones, so the full stop is gone early.
    let last = names(&harness, "power_bert: layer 6, ");
    assert_eq!(last.iter().filter(|cell| cell.contains("gone")).count(), 9, "17 - 8 left before layer 6: {last:?}");
    assert!(names(&harness, "first_k: layer 6, '.'")[0].contains("gone since layer 2"), "the last word went first");
    assert!(!names(&harness, "kept 8/19").is_empty(), "the header counts what is kept");
}

#[test]
fn keys_walk_through_the_layers_and_words_fade() {
    let mut harness = window(TEXT, &["power_bert:retention=0.4"]);
    harness.key_press(Key::Home);
    settle(&mut harness);
    let at_first = tokens_left(&harness);
    harness.key_press(Key::End);
    settle(&mut harness);
    assert_eq!(tokens_left(&harness), 8, "after the last layer");
    harness.key_press(Key::ArrowLeft);
    settle(&mut harness);
    assert_eq!(tokens_left(&harness), 10, "one layer before");
    assert_eq!(at_first, 19, "at the start every token is there");
}

#[test]
fn typing_runs_the_text_again() {
    let mut harness = window("Good.", &["power_bert:retention=0.4"]);
    assert!(!names(&harness, "of 4 tokens left: Good.").is_empty(), "[CLS] good . [SEP]");
    let field = harness.get_by_role(Role::MultilineTextInput);
    field.focus();
    harness.step();
    harness.get_by_role(Role::MultilineTextInput).type_text(" Really good.");
    settle(&mut harness);
    assert!(!names(&harness, "of 7 tokens left: Good. Really good.").is_empty(), "{:?}", names(&harness, "left: "));
}

#[test]
fn a_slider_changes_the_ribbon_and_undo_brings_it_back() {
    let mut harness = window(TEXT, &["power_bert:retention=0.4"]);
    {
        let mut nodes = harness.root().children_recursive();
        let is_retention = |value: f64| (value - 0.4).abs() < 1e-6;
        let slider = nodes.find(|node| {
            let node = node.accesskit_node();
            node.role() == Role::Slider && node.numeric_value().is_some_and(is_retention)
        });
        slider.expect("a slider at 0.4").focus();
    }
    settle(&mut harness);
    for _ in 0..20 {
        harness.key_press(Key::ArrowRight);
        harness.step();
    }
    settle(&mut harness);
    assert!(names(&harness, "kept 8/19").is_empty(), "the setting has changed: {:?}", names(&harness, "kept "));
    harness.key_press(Key::Escape);
    harness.key_press_modifiers(Modifiers::COMMAND, Key::Z);
    settle(&mut harness);
    assert!(!names(&harness, "kept 8/19").is_empty(), "undo brings it back: {:?}", names(&harness, "kept "));
}

#[test]
fn text_in_any_script_and_of_any_length_is_shown_as_it_is() {
    for text in ["今天的天气很好，电影也不错。", "الفيلم كان رائعا جدا", "Great 👍🏽 service 😀", ""]
    {
        let harness = window(text, &["power_bert:retention=0.4", "tome", "stop_words"]);
        let sentence = names(&harness, "tokens left: ");
        assert!(sentence.first().is_some_and(|name| name.ends_with(text)), "{text:?} is read out whole: {sentence:?}");
    }
    let long = "a long road ".repeat(300);
    let harness = window(&long, &["power_bert:retention=0.4"]);
    assert!(!names(&harness, "512 of 902").is_empty(), "the cut is shown: {:?}", names(&harness, "512"));
}

#[test]
fn a_model_that_cannot_be_opened_is_explained_in_the_window() {
    let folder = tempfile::tempdir().expect("a folder for the test");
    let broken = WindowOptions { model: Some(PathBuf::from(folder.path())), ..options(TEXT, &["power_bert"]) };
    let mut harness = open(broken, SIZE);
    settle(&mut harness);
    assert!(!names(&harness, "config.json").is_empty(), "the error names the missing file");
}

#[test]
fn all_views_can_be_walked_by_keyboard() {
    let mut harness = window(TEXT, &["power_bert:retention=0.4"]);
    for (key, seen) in [(Key::Num2, "against"), (Key::Num3, "Group by"), (Key::Num1, "power_bert ribbon")] {
        harness.key_press_modifiers(Modifiers::COMMAND, key);
        for _ in 0..3 {
            harness.step();
        }
        assert!(!names(&harness, seen).is_empty(), "{seen:?} is in view");
    }
}

fn check_image(name: &str, theme: Theme, (size, zoom): ([f32; 2], f32), text: &str) {
    let strategies =
        ["power_bert:retention=0.4", "tome:r=2", "ltp:theta_final=0.06,divisor=alive", "evit:retention=0.4"];
    let shown = WindowOptions { theme: Some(theme), zoom: Some(zoom), ..options(text, &strategies) };
    let mut harness = open(shown, size);
    settle(&mut harness);
    harness.snapshot_options(name, &images::ribbon_limits());
}

/// README.md shows this picture, which is why it is larger than the others.
#[test]
fn inspect_looks_as_the_readme_shows_it() {
    check_image("inspect_light", Theme::Light, ([1280.0, 800.0], 0.8), TEXT);
}

#[test]
fn inspect_looks_as_before_in_the_dark() {
    check_image("inspect_dark", Theme::Dark, ([640.0, 480.0], 0.5), TEXT);
}

#[test]
fn the_window_computes_where_it_was_told_to() {
    let on = |load: LoadOptions| {
        let mut harness = open(WindowOptions { load, ..options(TEXT, &["power_bert:retention=0.4"]) }, SIZE);
        settle(&mut harness);
        harness
    };
    let (own, candle) =
        (on(LoadOptions::default()), on(LoadOptions { device: DeviceChoice::Candle, ..Default::default() }));
    assert!(names(&own, "f32 on").is_empty(), "the usual way needs no words");
    assert_eq!(names(&candle, "f32 on candle").len(), 1, "the model's corner says where");
    let kept = |harness| names(harness, "kept 8/19").len();
    assert!(kept(&candle) > 0 && kept(&candle) == kept(&own), "the same tokens");
    let int8 = LoadOptions { precision: Precision::Int8, device: DeviceChoice::Candle, max_tokens: None };
    assert!(!names(&on(int8), "int8 runs on cpu only").is_empty(), "what cannot be is said");
}

#[test]
fn texts_are_cut_where_the_window_was_told_and_notes_on_the_model_are_seen() {
    let on = |max_tokens: usize| {
        let load = LoadOptions { max_tokens: Some(max_tokens), ..LoadOptions::default() };
        let mut harness = open(WindowOptions { load, ..options(TEXT, &["power_bert:retention=0.4"]) }, SIZE);
        settle(&mut harness);
        harness
    };
    let cut = on(9);
    assert_eq!(names(&cut, "f32 on cpu, texts cut at 9 tokens").len(), 1, "the model's corner says where");
    assert!(!names(&cut, "truncated: first 9 of 19 tokens").is_empty(), "and the text");
    let whole = on(5000);
    assert!(names(&whole, "truncated").is_empty(), "nothing is cut");
    assert_eq!(names(&whole, "all that the model reads, not at 5000").len(), 1, "what the checkpoint says is seen");
}
