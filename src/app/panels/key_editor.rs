//! One setting of one strategy: the control is made from what the registry says the key accepts.

use egui::ComboBox;
use egui::DragValue;
use egui::Response;
use egui::RichText;
use egui::Slider;
use egui::SliderClamping;
use egui::Ui;

use crate::app::Request;
use crate::app::View;
use crate::app::panels::formula_editor;
use crate::app::widgets::theme;
use crate::app::work::paths;
use crate::figure::one_line;
use crate::project::StrategyEntry;
use crate::pruning::Artifact;
use crate::pruning::KeyKind;
use crate::pruning::KeySpec;
use crate::pruning::StrategySpec;
use crate::pruning::Value;

/// Width of the names' column.
const NAME_WIDTH: f32 = 84.0;

/// Width of the buttons that unset a value and choose a file.
const FILE_BUTTONS: f32 = 80.0;

/// A row with the key's name and its control; the changed spec, if it was changed.
pub(crate) fn key_ui(ui: &mut Ui, view: &View<'_>, entry: &StrategyEntry, key: &KeySpec) -> Option<StrategySpec> {
    let spec = &entry.spec;
    if let (KeyKind::Formula, Some(Value::Formula(formula))) = (&key.kind, spec.get(key.name)) {
        let text = RichText::new(key.name.replace('_', " ")).color(theme::colors(ui).muted);
        let name = ui.label(text).on_hover_text(key.doc);
        return formula_editor::formula_ui(ui, &name, formula).and_then(|value| spec.with(key.name, value).ok());
    }
    ui.horizontal(|ui| {
        let colors = theme::colors(ui);
        let name = ui.scope(|ui| {
            ui.set_min_width(NAME_WIDTH);
            ui.set_max_width(NAME_WIDTH);
            let text = RichText::new(key.name.replace('_', " ")).color(colors.muted);
            ui.add(egui::Label::new(text).truncate())
        });
        let name = name.inner.on_hover_text(tooltip(key));
        let value = spec.get(key.name);
        let edited = match value {
            Some(value) => control(ui, &name, key, value),
            None => unset(ui, view, spec, key).map(Change::Set),
        };
        if key.kind.takes_file() {
            file_button(ui, view, entry, key);
        }
        match edited? {
            Change::Set(value) => spec.with(key.name, value).ok(),
            Change::Unset => spec.without(key.name).ok(),
        }
    })
    .inner
}

enum Change {
    Set(Value),
    Unset,
}

fn tooltip(key: &KeySpec) -> String {
    let default = key.default.as_ref().map_or("unset".to_owned(), ToString::to_string);
    format!("{}\nAccepts {}\nDefault: {default}", key.doc, key.kind.help())
}

fn control(ui: &mut Ui, name: &Response, key: &KeySpec, value: &Value) -> Option<Change> {
    ui.spacing_mut().slider_width = slider_width(ui, key.default.is_none());
    let changed = match (&key.kind, value) {
        (KeyKind::Bool, Value::Bool(value)) => switch(ui, name, *value),
        (KeyKind::Int { min, max }, Value::Int(value)) => whole(ui, name, (*min, *max), *value),
        (KeyKind::Float { min, max, min_included, logarithmic }, Value::Float(value)) => {
            let scale = Scale { min: *min, max: *max, min_included: *min_included, logarithmic: *logarithmic };
            real(ui, name, &scale, *value)
        }
        (KeyKind::Choice(words), Value::Word(word)) => choice(ui, key, words, word),
        (KeyKind::ChoiceOrInt(words), value) => choice_or_whole(ui, key, words, value),
        (KeyKind::FloatOrPerLayer { min, max }, Value::Float(value)) => {
            real(ui, name, &Scale { min: *min, max: *max, min_included: true, logarithmic: false }, *value)
        }
        (KeyKind::FloatPerLayer { .. } | KeyKind::FloatOrPerLayer { .. }, Value::List(values)) => {
            list(ui, name, key, values)
        }
        (_, Value::File(file)) => {
            file_name(ui, name, file);
            None
        }
        // The registry never gives a key a value of another kind.
        _ => None,
    };
    if key.default.is_none() && ui.small_button("×").on_hover_text("Unset: leave it to the method").clicked() {
        return Some(Change::Unset);
    }
    changed.map(Change::Set)
}

/// An unset key: what applies instead, and a way to set it.
fn unset(ui: &mut Ui, view: &View<'_>, spec: &StrategySpec, key: &KeySpec) -> Option<Value> {
    if key.kind == KeyKind::Corpus {
        ui.weak("bundled texts").on_hover_text(key.doc);
        return None;
    }
    if key.kind == KeyKind::Weights {
        ui.weak("no file").on_hover_text(key.doc);
        return None;
    }
    let button = ui.small_button("auto").on_hover_text(format!("{}\nClick to set it yourself", key.doc));
    if !button.clicked() {
        return None;
    }
    let layers = view.session.checkpoint(view.project).map_or(6, |checkpoint| checkpoint.model.config.shape.num_layers);
    Some(match &key.kind {
        KeyKind::Bool => Value::Bool(true),
        KeyKind::Int { min, max } => Value::Int((*min).max(2).min(*max)),
        KeyKind::Float { min, max, .. } => Value::Float(f64::midpoint(*min, *max)),
        // Only a file can be chosen; a formula has a row of its own and is never unset.
        KeyKind::Formula | KeyKind::Corpus | KeyKind::Weights => return None,
        KeyKind::FloatOrPerLayer { min, max } => Value::Float(f64::midpoint(*min, *max).min(1.0)),
        KeyKind::Choice(words) | KeyKind::ChoiceOrInt(words) => Value::Word((*words.first()?).to_owned()),
        KeyKind::FloatPerLayer { min, max } => {
            let retention = match spec.get("retention") {
                Some(Value::Float(value)) => *value,
                _ => 0.0,
            };
            let last = (layers.max(2) - 1) as f64;
            let value = |layer: usize| 1.0 - (1.0 - retention) * layer as f64 / last;
            let is_share = *min >= 0.0 && *max <= 1.0 && retention > 0.0;
            Value::List((0..layers).map(|layer| if is_share { round(value(layer)) } else { 0.0 }).collect())
        }
    })
}

fn round(value: f64) -> f64 {
    (value * 100.0).round() / 100.0
}

fn switch(ui: &mut Ui, name: &Response, value: bool) -> Option<Value> {
    let mut edited = value;
    ui.checkbox(&mut edited, "").labelled_by(name.id).changed().then_some(Value::Bool(edited))
}

fn whole(ui: &mut Ui, name: &Response, (min, max): (u64, u64), value: u64) -> Option<Value> {
    let mut edited = value;
    let response = if max <= 1000 {
        ui.add(Slider::new(&mut edited, min..=max).clamping(SliderClamping::Edits))
    } else {
        ui.add(DragValue::new(&mut edited).range(min..=max))
    };
    response.labelled_by(name.id).changed().then_some(Value::Int(edited))
}

struct Scale {
    min: f64,
    max: f64,
    min_included: bool,
    logarithmic: bool,
}

fn real(ui: &mut Ui, name: &Response, scale: &Scale, value: f64) -> Option<Value> {
    let mut edited = value;
    let span = scale.max - scale.min;
    let decimals = if scale.logarithmic { 4 } else { 2 };
    // An excluded end is left by the smallest step the slider shows.
    let smallest = if scale.min_included { scale.min } else { scale.min + span * 0.01 };
    let smallest = if scale.logarithmic { smallest.max(1e-5) } else { smallest };
    let mut slider = Slider::new(&mut edited, smallest.min(value)..=scale.max)
        .logarithmic(scale.logarithmic)
        .smallest_positive(1e-5)
        .max_decimals(decimals)
        .clamping(SliderClamping::Edits);
    if !scale.logarithmic {
        slider = slider.step_by(span / 100.0).fixed_decimals(decimals);
    }
    let response = ui.add(slider).labelled_by(name.id);
    let rounded = if scale.logarithmic { significant(edited) } else { edited };
    (response.changed() && rounded != value).then_some(Value::Float(rounded))
}

/// Three significant digits: a dragged threshold stays short in specs and files.
fn significant(value: f64) -> f64 {
    if value == 0.0 {
        return 0.0;
    }
    let scale = 10_f64.powf(2.0 - value.abs().log10().floor());
    (value * scale).round() / scale
}

/// What is left beside the number. A little less than there is: a row that fills its panel to the last point would widen
/// it at every frame.
fn slider_width(ui: &Ui, has_button: bool) -> f32 {
    let button = if has_button { 32.0 } else { 0.0 };
    (ui.available_width() - 62.0 - button).clamp(40.0, 160.0)
}

fn choice(ui: &mut Ui, key: &KeySpec, words: &[&'static str], word: &str) -> Option<Value> {
    let mut chosen = None;
    let combo = ComboBox::from_id_salt(key.name).selected_text(word).width(120.0);
    let response = combo.show_ui(ui, |ui| {
        for option in words {
            if ui.selectable_label(*option == word, *option).clicked() && *option != word {
                chosen = Some(Value::Word((*option).to_owned()));
            }
        }
    });
    response.response.accessible_name(key.name);
    chosen
}

fn choice_or_whole(ui: &mut Ui, key: &KeySpec, words: &[&'static str], value: &Value) -> Option<Value> {
    let (selected, number) = match value {
        Value::Word(word) => (word.as_str(), None),
        Value::Int(number) => ("number", Some(*number)),
        _ => return None,
    };
    let mut chosen = None;
    let combo = ComboBox::from_id_salt(key.name).selected_text(selected).width(80.0);
    let response = combo.show_ui(ui, |ui| {
        for option in words {
            if ui.selectable_label(*option == selected, *option).clicked() && *option != selected {
                chosen = Some(Value::Word((*option).to_owned()));
            }
        }
        if ui.selectable_label(number.is_some(), "number").clicked() && number.is_none() {
            chosen = Some(Value::Int(128));
        }
    });
    response.response.accessible_name(key.name);
    if let Some(number) = number {
        let mut edited = number;
        if ui.add(DragValue::new(&mut edited).range(1..=u64::from(u32::MAX))).changed() {
            chosen = Some(Value::Int(edited));
        }
    }
    chosen
}

/// A file that stands for the value: its name, and on hover where it lies and how specs name it.
fn file_name(ui: &mut Ui, name: &Response, file: &Artifact) {
    let short = one_line(&paths::short_name(file.path())).into_owned();
    // Room for the buttons behind it: a row wider than its panel would widen it at every frame.
    let width = (ui.available_width() - FILE_BUTTONS).max(40.0);
    let label = ui.scope(|ui| {
        ui.set_max_width(width);
        ui.add(egui::Label::new(short).truncate())
    });
    let label = label.inner;
    label.labelled_by(name.id).on_hover_text(format!("{}\n{file}", one_line(&file.path().display().to_string())));
}

/// Asks for a file whose content becomes the value.
fn file_button(ui: &mut Ui, view: &View<'_>, entry: &StrategyEntry, key: &KeySpec) {
    let hint = match key.kind {
        KeyKind::Corpus => "Count words in a file of texts, one a line or in a column named text",
        KeyKind::Weights => "Take the trained weights from a safetensors file",
        _ => "Take the numbers from a JSON file, such as a saved policy",
    };
    let button = ui.small_button("file…").on_hover_text(hint);
    let button = button.accessible_name(format!("File for {}", key.name.replace('_', " ")));
    if button.clicked() {
        view.commands.request(Request::AskSetting(entry.id, key.name));
    }
}

/// One small field a layer.
fn list(ui: &mut Ui, name: &Response, key: &KeySpec, values: &[f64]) -> Option<Value> {
    let (KeyKind::FloatPerLayer { min, max } | KeyKind::FloatOrPerLayer { min, max }) = key.kind else { return None };
    let mut edited = values.to_vec();
    let mut changed = false;
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing.x = 2.0;
        ui.spacing_mut().interact_size.x = 30.0;
        for (layer, value) in edited.iter_mut().enumerate() {
            let field = DragValue::new(value).range(min.max(-1e6)..=max).speed(0.01).max_decimals(3);
            changed |= ui.add(field).labelled_by(name.id).on_hover_text(format!("Layer {}", layer + 1)).changed();
        }
    });
    changed.then_some(Value::List(edited))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dragged_thresholds_keep_three_significant_digits() {
        for (value, expected) in [(0.0123456, 0.0123), (123.456, 123.0), (0.0, 0.0), (-0.98765, -0.988)] {
            assert!((significant(value) - expected).abs() < 1e-12, "{value} became {}", significant(value));
        }
    }
}
