//! The line above a ribbon: who, which setting, what stayed, what it saved, what was decided.

use egui::Align;
use egui::Button;
use egui::Color32;
use egui::Layout;
use egui::RichText;
use egui::Stroke;
use egui::Ui;

use crate::app::UiState;
use crate::app::panels::paper_tooltip;
use crate::app::widgets::chip::Look;
use crate::app::widgets::chip::chip;
use crate::app::widgets::marker;
use crate::app::widgets::numbers;
use crate::app::widgets::theme;
use crate::app::work::text_runs::RibbonRun;
use crate::app::work::text_runs::TextSet;
use crate::engine::Removal;
use crate::evaluation::Answer;
use crate::evaluation::left_label;
use crate::project::StrategyEntry;

/// Below this width the outcome goes on a line of its own.
const ONE_LINE: f32 = 720.0;

/// Who and what came of it. `run` is missing while it is computed for the first time.
pub(crate) fn ribbon_header(
    ui: &mut Ui,
    (entry, name): (&StrategyEntry, &str),
    (set, run): (&TextSet, Option<&RibbonRun>),
    is_current: bool,
    state: &mut UiState,
) {
    let is_narrow = ui.available_width() < ONE_LINE;
    let line = if is_narrow {
        Layout::left_to_right(Align::Center).with_main_wrap(true)
    } else {
        Layout::left_to_right(Align::Center)
    };
    let height = ui.spacing().interact_size.y;
    ui.allocate_ui_with_layout(egui::vec2(ui.available_width(), height), line, |ui| {
        ui.spacing_mut().item_spacing.x = 8.0;
        let colors = theme::colors(ui);
        marker::marker(ui, name);
        let name = RichText::new(name).font(theme::medium(theme::BODY)).color(colors.ink);
        let is_lead = state.lead == Some(entry.id);
        let name = ui.add(Button::new(name).frame(false)).on_hover_ui(|ui| {
            paper_tooltip(ui, entry.spec.info());
            if !is_lead {
                ui.label("Click to let the sentence show what this strategy keeps");
            }
        });
        if name.clicked() {
            state.lead = Some(entry.id);
        }
        if let Some(dial) = dial_text(entry) {
            ui.label(RichText::new(dial).color(colors.muted)).on_hover_text(entry.spec.to_string());
        }
        if let Some(note) = entry.spec.info().note() {
            let text = RichText::new(note).font(theme::regular(theme::CAPTION)).color(colors.muted);
            ui.label(text).on_hover_text(
                "The paper trains the model for this method. Here the scores are computed on the model as it is, \
                 so that its accuracy may be lower than the paper reports",
            );
        }
        if !is_current {
            ui.label(RichText::new("updating…").font(theme::regular(theme::CAPTION)).color(colors.muted));
        }
        if let Some(run) = run.filter(|_| !is_narrow) {
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                badge(ui, run.run.removal);
                prediction(ui, set, run);
                saving(ui, run);
                kept(ui, run);
            });
        }
    });
    if let Some(run) = run.filter(|_| is_narrow) {
        // Lines of their own, as many as it takes.
        ui.horizontal_wrapped(|ui| {
            ui.spacing_mut().item_spacing = egui::vec2(10.0, 4.0);
            kept(ui, run);
            saving(ui, run);
            prediction(ui, set, run);
            badge(ui, run.run.removal);
        });
    }
}

/// `retention 0.4`.
pub(crate) fn dial_text(entry: &StrategyEntry) -> Option<String> {
    let key = entry.spec.info().dial.as_ref()?.key;
    Some(format!("{} {}", key.replace('_', " "), entry.spec.get(key)?))
}

fn saving(ui: &mut Ui, run: &RibbonRun) {
    ui.label(format!("FLOPs {}", numbers::factor(run.run.flops_reduction()))).on_hover_text(format!(
        "How many times fewer floating-point operations than the dense model on this text: {} instead of {}\n\
         Counted from the real number of rows in every layer, the strategy's own work included, no padding\nn = 1 text",
        numbers::flops(run.run.flops()),
        numbers::flops(2 * run.run.dense_macs),
    ));
}

fn kept(ui: &mut Ui, run: &RibbonRun) {
    let ink = theme::colors(ui).ink;
    let (kept, all) = (run.ribbon.kept_at_end(), run.ribbon.num_tokens);
    let word = left_label(run.run.removal);
    ui.label(RichText::new(format!("{word} {kept}/{all}")).color(ink))
        .on_hover_text("Rows that leave the last layer ÷ tokens of the text, special tokens counted\nn = 1 text");
}

fn prediction(ui: &mut Ui, set: &TextSet, run: &RibbonRun) {
    let colors = theme::colors(ui);
    let Some(dense) = &set.dense else { return };
    let differs = run.run.differs_from(&dense.run);
    let (text, hint) = answer_beside(set, run, dense);
    let otherwise = if differs {
        format!("\nThe dense model decides otherwise: {}", dense.run.answer.text(&set.classes))
    } else {
        String::new()
    };
    let hint = format!("{hint}{otherwise}\nn = 1 text");
    if differs {
        let look = Look {
            font: theme::medium(theme::BODY),
            ink: colors.warning,
            fill: colors.warning_ground,
            stroke: Stroke::new(1.0, colors.warning),
        };
        chip(ui, &format!("differs: {text}"), look).on_hover_text(hint);
    } else {
        ui.label(text).on_hover_text(hint);
    }
}

/// What is answered, in brackets what the dense model says of it: `positive 0.93 (0.95)`, `value 3.42 (3.40)`,
/// `toxic, insult (toxic)`; and what that is.
fn answer_beside(set: &TextSet, run: &RibbonRun, dense: &RibbonRun) -> (String, String) {
    let [answer, dense_answer] = [run, dense].map(|run| run.run.answer.text(&set.classes));
    match run.run.answer {
        Answer::Class(class) => {
            let name = class_name(set, class);
            let at = |outputs: &[f32]| outputs.get(class).map_or("—".to_owned(), |share| format!("{share:.2}"));
            let hint = format!(
                "Decision and softmax probability of \"{name}\" after pruning; in brackets the same class's probability in the dense model"
            );
            (format!("{name} {} ({})", at(&run.run.outputs), at(&dense.run.outputs)), hint)
        }
        Answer::Value(_) => {
            let hint = "The number that the model gives after pruning; in brackets the dense model's".to_owned();
            (format!("value {answer} ({dense_answer})"), hint)
        }
        Answer::Labels(_) => {
            let hint =
                "The labels with a probability of at least 0.5 after pruning; in brackets the dense model's".to_owned();
            (format!("{answer} ({dense_answer})"), hint)
        }
    }
}

/// A class's name, or its number where the model has none.
pub(crate) fn class_name(set: &TextSet, class: usize) -> String {
    set.classes.get(class).cloned().unwrap_or_else(|| format!("class {class}"))
}

fn badge(ui: &mut Ui, removal: Removal) {
    let (word, hint) = match removal {
        Removal::None => ("nothing removed", "Every row went through every layer"),
        Removal::Removed => ("removed", "Rows left the tensors: later layers really compute less"),
        Removal::Masked => {
            ("masked", "Rows are only hidden from attention; every layer still computes them, so nothing is saved")
        }
        Removal::Merged => ("merged", "Rows were combined into others: later layers really compute less"),
    };
    let colors = theme::colors(ui);
    let ink = if removal == Removal::Masked { colors.warning } else { colors.muted };
    let look = Look {
        font: theme::regular(theme::CAPTION),
        ink,
        fill: Color32::TRANSPARENT,
        stroke: Stroke::new(1.0, colors.line),
    };
    chip(ui, word, look).on_hover_text(format!("{hint}\nRead off the real shapes of the tensors"));
}
