//! The button under Model that asks a second implementation.

use egui_kittest::kittest::Queryable as _;
use prunescope::app::WindowOptions;

use crate::eyes_and_hands::shows;
use crate::plots_support::open;
use crate::plots_support::settle;
use crate::view;

fn options(family: &str) -> WindowOptions {
    let fixture = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(family);
    WindowOptions {
        view: Some(view("inspect")),
        model: Some(fixture),
        text: Some("a good film".to_owned()),
        strategies: vec!["first_k:retention=0.5".to_owned()],
        ..WindowOptions::default()
    }
}

#[test]
fn the_second_opinion_is_asked_by_hand_and_stands_under_the_model() {
    let mut harness = open(options("bert"), [1280.0, 800.0]);
    settle(&mut harness);
    assert!(!shows(&harness, "candle-transformers 0"), "nothing is compared before somebody asks");
    harness.get_by_label("Verify").click();
    settle(&mut harness);
    assert!(shows(&harness, "Agrees with candle-transformers 0"), "the verdict");
    assert!(shows(&harness, "over 16 texts of up to 64 tokens"), "on what it rests");
}

#[test]
fn a_family_without_a_second_opinion_is_named_with_a_way_on() {
    let mut harness = open(options("albert"), [1280.0, 800.0]);
    settle(&mut harness);
    harness.get_by_label("Verify").click();
    settle(&mut harness);
    assert!(shows(&harness, "has no ALBERT"), "the family by name");
    assert!(shows(&harness, "--device candle"), "what is possible instead");
}
