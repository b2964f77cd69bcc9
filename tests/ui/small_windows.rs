//! Small windows, large zoom, and what the window says of texts that the model cannot read.

use egui::Key;
use egui::Modifiers;
use egui::Rect;
use egui_kittest::Harness;
use egui_kittest::kittest::NodeT as _;
use egui_kittest::kittest::Queryable as _;
use prunescope::app::Theme;
use prunescope::app::ViewKind;
use prunescope::app::WindowOptions;

use crate::plots_support::Window;
use crate::plots_support::open;
use crate::plots_support::settle;
use crate::view;

/// Sizes in points: as they are, and 1200 x 800 pixels at 300%.
const SIZES: [[f32; 2]; 4] = [[1024.0, 768.0], [720.0, 480.0], [500.0, 360.0], [400.0, 267.0]];

fn window(view: ViewKind, text: &str, size: [f32; 2]) -> Harness<'static, Window> {
    let strategies = ["power_bert:retention=0.4", "tome:r=2", "evit:retention=0.4"];
    let options = WindowOptions {
        view: Some(view),
        theme: Some(Theme::Light),
        text: Some(text.to_owned()),
        strategies: strategies.map(str::to_owned).to_vec(),
        ..WindowOptions::default()
    };
    let mut harness = open(options, size);
    // The other views start work over the data set, which nothing here waits for.
    if view == ViewKind::default() {
        settle(&mut harness);
    } else {
        harness.run_steps(4);
    }
    harness
}

fn rect(harness: &Harness<'_, Window>, label: &str) -> Rect {
    harness.get_by_label(label).rect()
}

/// The widget of this name that stands highest: tabs share their names with menu entries and others.
fn highest(harness: &Harness<'_, Window>, label: &str) -> Rect {
    let rects = harness.query_all_by_label(label).map(|node| node.rect());
    rects.min_by(|one, other| one.top().total_cmp(&other.top())).expect("a widget of this name")
}

const TEXT: &str = "It wasn't bad, it just wasn't what we had hoped for.";

#[test]
fn tabs_menus_and_status_never_lie_over_each_other() {
    for size in SIZES {
        for view in ViewKind::all() {
            let harness = window(view, TEXT, size);
            let menus = ["File", "Edit", "View", "Help", "Light"].map(|menu| (menu, highest(&harness, menu)));
            let tabs = ["Inspect", "Trade-off", "Fairness", "Latency"].map(|tab| (tab, highest(&harness, tab)));
            let bottom = ("No messages", rect(&harness, "No messages"));
            let all: Vec<_> = menus.into_iter().chain(tabs).chain([bottom]).collect();
            let whole = Rect::from_min_size(egui::Pos2::ZERO, size.into()).expand(0.5);
            for (index, (one, place)) in all.iter().enumerate() {
                assert!(whole.contains_rect(*place), "{size:?} {view:?}: {one} lies outside, {place:?}");
                for (other, taken) in &all[index + 1..] {
                    let common = place.shrink(0.5).intersect(taken.shrink(0.5));
                    assert!(!common.is_positive(), "{size:?} {view:?}: {one} and {other} overlap");
                }
            }
        }
    }
}

#[test]
fn badges_and_buttons_end_inside_the_view() {
    for size in SIZES {
        let harness = window(view("inspect"), TEXT, size);
        // Nothing of the Inspect view is wider than the window: it is scrolled up and down only.
        for name in ["removed", "merged", "Play", "Next layer", "Previous layer", "special", "no score", "Text"] {
            for node in harness.query_all_by_label(name) {
                let place = node.rect();
                assert!(place.right() <= size[0] + 0.5, "{size:?}: {name} is cut at the right, {place:?}");
                assert!(place.left() >= -0.5, "{size:?}: {name} is cut at the left, {place:?}");
            }
        }
    }
}

#[test]
fn a_small_window_reaches_the_settings_by_keyboard() {
    let mut harness = window(view("inspect"), TEXT, [400.0, 267.0]);
    let top = |harness: &Harness<'_, Window>| rect(harness, "Show power_bert").top();
    assert!(top(&harness) > 267.0, "the settings are below what is seen");
    harness.get_by_label("Show power_bert").focus();
    for _ in 0..8 {
        harness.step();
    }
    settle(&mut harness);
    assert!(top(&harness) < 267.0 - 22.0, "the page follows the focus: {}", top(&harness));
}

#[test]
fn the_sheet_of_shortcuts_fits_and_its_rows_are_apart() {
    for size in SIZES {
        let mut harness = window(view("inspect"), TEXT, size);
        harness.key_press_modifiers(Modifiers::SHIFT, Key::Questionmark);
        settle(&mut harness);
        let rows: Vec<(String, Rect)> = harness
            .root()
            .children_recursive()
            .filter_map(|node| {
                let text = node.accesskit_node().label().or_else(|| node.accesskit_node().value())?;
                Some((text, node.rect()))
            })
            .filter(|(label, _)| {
                ["Undo: ", "Redo: ", "Next example: ", "Zoom in: "].iter().any(|row| label.starts_with(row))
            })
            .collect();
        assert_eq!(rows.len(), 4, "{size:?}: four of the rows: {rows:?}");
        for (index, (one, place)) in rows.iter().enumerate() {
            assert!(place.left() >= 0.0 && place.right() <= size[0], "{size:?}: {one} is cut: {place:?}");
            for (other, taken) in &rows[index + 1..] {
                assert!(
                    !place.shrink(0.5).intersect(taken.shrink(0.5)).is_positive(),
                    "{size:?}: {one} lies on {other}"
                );
            }
        }
        let close = rect(&harness, "Close");
        assert!(close.bottom() <= size[1], "{size:?}: the sheet can be closed: {close:?}");
    }
}

#[test]
fn a_text_the_model_cannot_read_looks_not_understood() {
    let harness = window(view("inspect"), "这部电影很好看", [1280.0, 800.0]);
    harness.get_by_label_contains("6 of 7 tokens are unknown to this model: its answer says nothing about this text");
    harness.get_by_label("unknown to the model");
    assert!(harness.query_all_by_label_contains("power_bert: layer 1, '[UNK]'").count() == 6, "each of them is marked");
    let understood = window(view("inspect"), TEXT, [1280.0, 800.0]);
    assert!(understood.query_by_label_contains("unknown to").is_none(), "nothing is said of what is understood");
}
