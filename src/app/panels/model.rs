//! Which checkpoint is open.

use egui::RichText;
use egui::Ui;

use crate::app::UiCommand;
use crate::app::UiState;
use crate::app::View;
use crate::app::base::command::hint;
use crate::app::panels::menu_bar;
use crate::app::widgets::section;
use crate::app::widgets::theme;
use crate::app::work::paths;
use crate::model::Family;
use crate::model::LoadOptions;

/// A family as its authors write it.
fn family(family: Family) -> &'static str {
    match family {
        Family::Bert => "BERT",
        Family::DistilBert => "DistilBERT",
        Family::Roberta => "RoBERTa",
        Family::XlmRoberta => "XLM-R",
        Family::Camembert => "CamemBERT",
        Family::Mpnet => "MPNet",
        Family::Electra => "ELECTRA",
        Family::Albert => "ALBERT",
        Family::DebertaV2 => "DeBERTa",
        Family::ModernBert => "ModernBERT",
    }
}

/// The model's corner of the left panel.
pub(crate) fn model_ui(ui: &mut Ui, view: &View<'_>, state: &UiState) {
    section::heading(ui, "Model");
    let path = &view.project.model;
    ui.add(egui::Label::new(RichText::new(paths::short_name(path)).font(theme::medium(theme::BODY))).truncate())
        .on_hover_text(path.display().to_string());
    if let Some(checkpoint) = view.session.checkpoint(view.project) {
        let config = &checkpoint.model.config;
        let shape = &config.shape;
        ui.label(
            RichText::new(format!(
                "{} · {} layers × {} · {} heads",
                family(config.family),
                shape.num_layers,
                shape.hidden,
                shape.num_heads
            ))
            .color(theme::colors(ui).muted),
        )
        .on_hover_text(format!(
            "Feed-forward width {}, vocabulary {}, at most {} tokens\nClasses: {}",
            shape.intermediate,
            config.vocab_size,
            config.max_tokens,
            config.labels.join(", ")
        ));
        for note in &checkpoint.notes {
            let text = RichText::new(note).font(theme::regular(theme::CAPTION)).color(theme::colors(ui).warning);
            ui.add(egui::Label::new(text).wrap());
        }
        let how = view.session.load;
        if how != LoadOptions::default() {
            ui.label(
                RichText::new(format!(
                    "{} on {}{}",
                    how.precision.label(),
                    how.device,
                    how.max_tokens.map_or_else(String::new, |most| format!(", texts cut at {most} tokens"))
                ))
                .color(theme::colors(ui).muted),
            )
            .on_hover_text("As asked for by --precision, --device and --max-tokens when the window was opened");
        }
    } else if let Some(reason) = view.session.model.failure(path) {
        section::failure(ui, reason, "Open a folder with config.json, model.safetensors and tokenizer.json");
    } else {
        ui.weak("Loading…");
    }
    ui.horizontal(|ui| {
        if ui.button("Open…").on_hover_text(hint(ui, UiCommand::OpenModel)).clicked() {
            view.commands.send(UiCommand::OpenModel);
        }
        ui.menu_button("Recent", |ui| {
            if ui.button(UiCommand::OpenSampleModel.label()).clicked() {
                view.commands.send(UiCommand::OpenSampleModel);
            }
            menu_bar::recent_list(ui, view, &state.recent.models);
        });
    });
}
