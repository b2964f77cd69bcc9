//! Strategy and groups above, one tile a layer below.

use egui::ComboBox;
use egui::RichText;
use egui::ScrollArea;
use egui::Ui;

use crate::app::Edit;
use crate::app::View;
use crate::app::panels::empty_state;
use crate::app::views::thresholds::histogram::Done;
use crate::app::views::thresholds::histogram::Overlay;
use crate::app::views::thresholds::histogram::Tile;
use crate::app::views::thresholds::histogram::tile_ui;
use crate::app::views::thresholds::state::ThresholdsState;
use crate::app::views::thresholds::work::Found;
use crate::app::views::thresholds::work::ThresholdsWork;
use crate::app::widgets::section;
use crate::app::widgets::theme;
use crate::app::work::evaluation_key::basis_line;
use crate::app::work::sample_texts::SampleTexts;
use crate::data::Dataset;
use crate::figure::number;
use crate::figure::one_line;
use crate::figure::palette::Theme;
use crate::figure::palette::series_style;
use crate::figure::shortened;
use crate::project::StrategyEntry;
use crate::pruning::LayerValues;
use crate::pruning::StrategySpec;
use crate::pruning::Value;
use crate::tensor::ModelShape;

/// No tile is narrower.
const NARROWEST: f32 = 250.0;
/// Bars are no lower, and no higher.
const LOWEST: f32 = 88.0;
const HIGHEST: f32 = 240.0;
/// Above and below the bars of a tile: its head, the axis, a gap.
const AROUND: f32 = 62.0;
/// Groups that are told apart; more would be a tangle.
const GROUPS: usize = 4;
/// Names are at most so long.
const LONGEST: usize = 32;
/// Series whose colors the groups take.
const COLORS: [&str; GROUPS] = ["tome", "evit", "ltp", "spatten"];

/// Draws the view. `is_page`: it is part of a page that scrolls as a whole.
pub(crate) fn thresholds_ui(
    ui: &mut Ui,
    view: &View<'_>,
    work: &ThresholdsWork,
    state: &mut ThresholdsState,
    is_page: bool,
) {
    let Some(entry) = state.chosen(view.project).cloned() else {
        let advice = "Add a strategy at the left that scores tokens, for example power_bert or ltp";
        empty_state::offer_ui(ui, "No strategy is switched on", advice, |_| {});
        return;
    };
    controls_ui(ui, view, state, &entry);
    if let Some(reason) = work.failure() {
        section::failure(ui, reason, "Change the strategy's settings, the model or the data set");
    }
    let Some(found) = work.found() else {
        empty_state::waiting_ui(ui, work.progress(), "Scores are made as soon as model and texts are there");
        return;
    };
    let groups = groups_of(&found.texts, state, theme::colors(ui).palette);
    status_ui(ui, found, &groups);
    if !work.is_current() {
        ui.multiply_opacity(0.75);
    }
    let Some(checkpoint) = view.session.checkpoint(view.project) else { return };
    let shape = checkpoint.model.config.shape;
    // What was set last, even while its scores are still being made: a drag must not be thrown back by an older run.
    let values = entry.spec.layer_values(&shape).ok().flatten();
    if values.is_none() {
        section::caution(ui, "This strategy has no number a layer to set; the line shows what its texts ask for");
    }
    if let Some(changed) = tiles_ui(ui, state, (found, &groups, is_page), (&entry.spec, &shape, values.as_ref())) {
        view.commands.edit(Edit::SetStrategy(entry.id, changed));
    }
}

fn controls_ui(ui: &mut Ui, view: &View<'_>, state: &mut ThresholdsState, entry: &StrategyEntry) {
    ui.horizontal_wrapped(|ui| {
        ui.label("Strategy");
        let shown = ComboBox::from_id_salt("scores of strategy").selected_text(view.project.full_name(entry.id));
        let shown = shown.show_ui(ui, |ui| {
            for entry in view.project.enabled().filter(|entry| entry.spec.id() != "dense") {
                ui.selectable_value(&mut state.strategy, Some(entry.id), view.project.full_name(entry.id));
            }
        });
        shown.response.accessible_name("Strategy");
        let Some(dataset) = view.session.dataset(view.project).filter(|dataset| !dataset.groups.is_empty()) else {
            return;
        };
        ui.label("Groups");
        let name = state.group_by.clone().filter(|name| dataset.group_column(name).is_some());
        let shown = ComboBox::from_id_salt("scores by group");
        let text = name.map_or_else(|| "none".to_owned(), |name| shortened(&name, LONGEST));
        let shown = shown.selected_text(text).show_ui(ui, |ui| {
            ui.selectable_value(&mut state.group_by, None, "none");
            for column in &dataset.groups {
                let value = Some(column.name.clone());
                ui.selectable_value(&mut state.group_by, value, shortened(&column.name, LONGEST));
            }
        });
        shown.response.accessible_name("Groups");
    });
}

/// A group on screen: its name and its tokens.
struct Group {
    name: String,
    texts: usize,
    overlay: Overlay,
}

/// The largest groups of the sample.
fn groups_of(texts: &SampleTexts, state: &ThresholdsState, palette: Theme) -> Vec<Group> {
    let Some((dataset, _)) = &texts.dataset else { return Vec::new() };
    let column = state.group_by.as_deref().and_then(|name| dataset.group_column(name));
    let Some(column) = column else { return Vec::new() };
    let members = |value: usize| members(texts, dataset, (column, value));
    let mut groups: Vec<(usize, Vec<bool>)> =
        (0..dataset.groups[column].values.len()).map(members).enumerate().collect();
    let size = |members: &[bool]| members.iter().filter(|&&is_in| is_in).count();
    groups.sort_by_key(|(_, members)| std::cmp::Reverse(size(members)));
    let groups = groups.into_iter().filter(|(_, members)| size(members) > 0).take(GROUPS);
    let group = |((value, members), like): ((usize, Vec<bool>), &str)| Group {
        name: dataset.groups[column].values[value].clone(),
        texts: size(&members),
        overlay: Overlay { color: theme::color(series_style(like).stroke(palette)), members },
    };
    groups.zip(COLORS).map(group).collect()
}

fn members(texts: &SampleTexts, dataset: &Dataset, (column, value): (usize, usize)) -> Vec<bool> {
    let has = |&row: &u32| {
        let groups = dataset.examples.get(row as usize).and_then(|example| example.groups.get(column));
        groups.is_some_and(|groups| groups.contains(&value))
    };
    texts.rows.iter().map(has).collect()
}

/// What the scores are of, and what the groups' lines mean.
fn status_ui(ui: &mut Ui, found: &Found, groups: &[Group]) {
    let colors = theme::colors(ui);
    let scores = &found.scores;
    let texts = match &found.texts.dataset {
        Some((dataset, sample)) => {
            let line = basis_line(scores.texts, sample, &dataset.sample);
            line.replace("estimated on", "Scores of").replace("measured on", "Scores of")
        }
        None => "Scores of the text at hand; open a data set for those of a sample".to_owned(),
    };
    let line = format!(
        "{texts}; {} tokens, special ones left out of the bars; FLOPs {} on them",
        number::count(scores.tokens),
        number::reduction(1.0 / scores.macs_share.max(f64::MIN_POSITIVE)),
    );
    ui.horizontal_wrapped(|ui| {
        ui.label(RichText::new(line).color(colors.muted));
        for group in groups {
            let (rect, _) = ui.allocate_exact_size(egui::vec2(14.0, 10.0), egui::Sense::hover());
            ui.painter().hline(rect.x_range(), rect.center().y, egui::Stroke::new(2.0, group.overlay.color));
            let name = shortened(&one_line(&group.name), LONGEST);
            ui.label(format!("{name} ({})", number::count(group.texts)));
        }
        if !groups.is_empty() {
            ui.label(RichText::new("each as high as its highest bar").color(colors.muted));
        }
    });
}

fn tiles_ui(
    ui: &mut Ui,
    state: &mut ThresholdsState,
    (found, groups, is_page): (&Found, &[Group], bool),
    (spec, shape, values): (&StrategySpec, &ModelShape, Option<&LayerValues>),
) -> Option<StrategySpec> {
    let overlays: Vec<Overlay> = groups
        .iter()
        .map(|group| Overlay { color: group.overlay.color, members: group.overlay.members.clone() })
        .collect();
    let mut changed = None;
    let chosen = state.shown_layer(&found.scores);
    // A page scrolls by itself.
    let scrolls = [false, !is_page];
    ScrollArea::new(scrolls).auto_shrink([false, is_page]).show(ui, |ui| {
        let gap = ui.spacing().item_spacing.x + 8.0;
        let columns = columns(ui.available_width(), gap);
        let width = ((ui.available_width() - gap * (columns - 1) as f32) / columns as f32).floor();
        let rows = found.scores.layers.len().div_ceil(columns);
        let height = height(ui.available_height(), rows);
        for (row, layers) in found.scores.layers.chunks(columns).enumerate() {
            ui.horizontal_top(|ui| {
                ui.spacing_mut().item_spacing.x = gap;
                for (column, scored) in layers.iter().enumerate() {
                    let layer = row * columns + column;
                    let is_chosen = layer == chosen;
                    let tokens = found.scores.tokens;
                    let tile = Tile { layer, scored, tokens, values, overlays: &overlays, is_chosen, height };
                    let done = ui.push_id(layer, |ui| {
                        ui.spacing_mut().item_spacing.x = 6.0;
                        tile_ui(ui, &tile, width)
                    });
                    if done.inner.is_chosen || done.inner.value.is_some() {
                        state.layer = Some(layer);
                    }
                    changed = carry_out(done.inner, layer, (spec, shape, values)).or(changed.take());
                }
            });
            ui.add_space(12.0);
        }
    });
    changed
}

/// Height of the bars where so many rows of tiles share a room.
fn height(room: f32, rows: usize) -> f32 {
    (room / rows.max(1) as f32 - AROUND).clamp(LOWEST, HIGHEST)
}

/// How many tiles stand side by side.
fn columns(width: f32, gap: f32) -> usize {
    let fit = ((width + gap) / (NARROWEST + gap)).floor().clamp(1.0, 4.0);
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "one to four")]
    let columns = fit as usize;
    columns
}

/// The settings after what was done to a tile.
fn carry_out(
    done: Done,
    layer: usize,
    (spec, shape, values): (&StrategySpec, &ModelShape, Option<&LayerValues>),
) -> Option<StrategySpec> {
    if let Some(value) = done.value {
        return spec.with_layer_value(shape, layer, value).ok();
    }
    let values = values.filter(|_| done.copies)?;
    let value = *values.values.get(layer)?;
    let list = values.values.iter().enumerate().map(|(index, &old)| if index > layer { value } else { old });
    spec.with(values.key.name, Value::List(list.collect())).ok()
}
