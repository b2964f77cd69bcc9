//! The list of strategies: which are shown, and their settings.

use egui::Button;
use egui::Frame;
use egui::Margin;
use egui::RichText;
use egui::Ui;

use crate::app::Edit;
use crate::app::UiCommand;
use crate::app::UiState;
use crate::app::View;
use crate::app::panels::key_editor;
use crate::app::widgets::marker;
use crate::app::widgets::section;
use crate::app::widgets::theme;
use crate::project::StrategyEntry;
use crate::pruning::KeyKind;
use crate::pruning::KeySpec;
use crate::pruning::StrategyFamily;
use crate::pruning::StrategyInfo;
use crate::pruning::StrategySpec;
use crate::pruning::registry;

/// The strategies' part of the left panel.
pub(crate) fn strategies_ui(ui: &mut Ui, view: &View<'_>, state: &mut UiState) {
    section::heading_with(ui, "Strategies", |ui| {
        ui.menu_button("Add", |ui| add_menu(ui, view)).response.on_hover_text("Add another strategy to the comparison");
    });
    if view.project.strategies.is_empty() {
        ui.weak("Add a strategy to see what it keeps");
        if ui.button(UiCommand::ResetStrategies.label()).clicked() {
            view.commands.send(UiCommand::ResetStrategies);
        }
    }
    for entry in &view.project.strategies {
        ui.push_id(entry.id.0, |ui| entry_ui(ui, view, state, entry));
        ui.add_space(4.0);
    }
}

fn add_menu(ui: &mut Ui, view: &View<'_>) {
    let families = [
        StrategyFamily::Static,
        StrategyFamily::Dynamic,
        StrategyFamily::Merging,
        StrategyFamily::Learned,
        StrategyFamily::Control,
    ];
    for family in families {
        ui.label(RichText::new(family.label()).font(theme::regular(theme::CAPTION)).color(theme::colors(ui).muted));
        for info in registry().iter().filter(|info| info.family == family && info.id != "dense") {
            let button = Button::new(info.name).shortcut_text(info.id);
            if ui.add(button).on_hover_ui(|ui| paper_tooltip(ui, info)).clicked()
                && let Ok(spec) = StrategySpec::default_for(info.id)
            {
                view.commands.edit(Edit::AddStrategy(spec));
            }
        }
    }
}

/// What a strategy is and where it comes from.
pub(crate) fn paper_tooltip(ui: &mut Ui, info: &StrategyInfo) {
    ui.set_max_width(360.0);
    ui.label(RichText::new(info.name).font(theme::medium(theme::BODY)));
    ui.label(info.summary);
    if !info.formula.is_empty() {
        ui.label(RichText::new(info.formula).font(theme::regular(theme::CAPTION)));
    }
    let muted = theme::colors(ui).muted;
    let year = info.year.map_or(String::new(), |year| format!(" ({year})"));
    ui.label(RichText::new(format!("{}{year}", info.paper)).font(theme::regular(theme::CAPTION)).color(muted));
    if !info.deviations.is_empty() {
        let text = format!("Differs from the paper: {}", info.deviations);
        ui.label(RichText::new(text).font(theme::regular(theme::CAPTION)).color(muted));
    }
    if let Some(note) = info.note() {
        ui.label(RichText::new(format!("Runs here: {note}")).font(theme::regular(theme::CAPTION)).color(muted));
    }
}

fn entry_ui(ui: &mut Ui, view: &View<'_>, state: &mut UiState, entry: &StrategyEntry) {
    let colors = theme::colors(ui);
    let frame = Frame::new().fill(colors.ground).corner_radius(6).inner_margin(Margin::symmetric(8, 6));
    frame.show(ui, |ui| {
        ui.set_width(ui.available_width());
        title_row(ui, view, state, entry);
        if entry.enabled {
            settings(ui, view, state, entry);
        }
    });
}

fn title_row(ui: &mut Ui, view: &View<'_>, state: &mut UiState, entry: &StrategyEntry) {
    let info = entry.spec.info();
    let name = view.project.name(entry.id);
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = 6.0;
        let mut enabled = entry.enabled;
        let checkbox = ui.checkbox(&mut enabled, "").on_hover_text("Run this strategy and show its ribbon");
        let checkbox = checkbox.accessible_name(format!("Show {name}"));
        if checkbox.changed() {
            view.commands.edit(Edit::EnableStrategy(entry.id, enabled));
        }
        marker::marker(ui, &name);
        let ink = if entry.enabled { theme::colors(ui).ink } else { theme::colors(ui).muted };
        let title = RichText::new(&name).font(theme::medium(theme::BODY)).color(ink);
        ui.add(egui::Label::new(title).truncate()).on_hover_ui(|ui| paper_tooltip(ui, info));
        ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
            let menu = ui.menu_button("…", |ui| entry_menu(ui, view, state, entry)).response;
            menu.on_hover_text("Duplicate, reset or remove").accessible_name(format!("Menu of {name}"));
        });
    });
}

fn entry_menu(ui: &mut Ui, view: &View<'_>, state: &mut UiState, entry: &StrategyEntry) {
    if ui.button("Duplicate").clicked() {
        view.commands.edit(Edit::DuplicateStrategy(entry.id));
    }
    let defaults = StrategySpec::default_for(entry.spec.id()).ok();
    let is_default = defaults.as_ref() == Some(&entry.spec);
    if ui.add_enabled(!is_default, Button::new("Reset settings")).clicked()
        && let Some(spec) = defaults
    {
        view.commands.edit(Edit::SetStrategy(entry.id, spec));
    }
    if ui.button("Copy spec").on_hover_text(entry.spec.to_string()).clicked() {
        ui.ctx().copy_text(entry.spec.with_paths());
    }
    let url = entry.spec.info().url;
    if !url.is_empty() && ui.button("Copy link to the paper").on_hover_text(url).clicked() {
        ui.ctx().copy_text(url.to_owned());
    }
    ui.separator();
    if ui.button("Remove").clicked() {
        state.expanded.retain(|&id| id != entry.id.0);
        view.commands.edit(Edit::RemoveStrategy(entry.id));
    }
}

fn settings(ui: &mut Ui, view: &View<'_>, state: &mut UiState, entry: &StrategyEntry) {
    let dial = entry.spec.info().dial.as_ref().map(|dial| dial.key);
    let (first, others): (Vec<&KeySpec>, Vec<&KeySpec>) =
        entry.spec.keys().iter().partition(|key| Some(key.name) == dial || key.kind == KeyKind::Formula);
    let mut changed = None;
    for key in first {
        changed = key_editor::key_ui(ui, view, entry, key).or(changed);
    }
    if !others.is_empty() {
        let is_open = state.expanded.contains(&entry.id.0);
        let label = if is_open { "Fewer settings" } else { "More settings" };
        let button =
            Button::new(RichText::new(label).font(theme::regular(theme::CAPTION)).color(theme::colors(ui).muted));
        if ui.add(button.frame(false)).accessible_name(format!("{label} of {}", view.project.name(entry.id))).clicked()
        {
            if is_open {
                state.expanded.retain(|&id| id != entry.id.0);
            } else {
                state.expanded.push(entry.id.0);
            }
        }
        if is_open {
            for key in others {
                changed = key_editor::key_ui(ui, view, entry, key).or(changed);
            }
        }
    }
    if let Some(reason) = view.session.inspect.failure(entry.id) {
        section::failure(ui, reason, "Change a setting of this strategy");
    }
    if let Some(spec) = changed {
        view.commands.edit(Edit::SetStrategy(entry.id, spec));
    }
}
