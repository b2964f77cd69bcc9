//! Which checkpoint is open.

use egui::RichText;
use egui::Ui;

use crate::app::Request;
use crate::app::UiCommand;
use crate::app::UiState;
use crate::app::View;
use crate::app::base::command::hint;
use crate::app::panels::menu_bar;
use crate::app::widgets::section;
use crate::app::widgets::theme;
use crate::app::work::paths;
use crate::model::Checkpoint;
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
        let can_verify = view.session.checkpoint(view.project).is_some() && !view.session.verification.is_busy();
        if ui.add_enabled(can_verify, egui::Button::new("Verify")).on_hover_text(VERIFY_HINT).clicked() {
            view.commands.request(Request::VerifyModel);
        }
    });
    if let Some(checkpoint) = view.session.checkpoint(view.project) {
        verification_ui(ui, view, checkpoint);
    }
}

const VERIFY_HINT: &str = "Runs the dense model on 16 bundled texts a second time, through candle-transformers' own model of \
                           this family, and compares the logits: how far can the numbers here be trusted on this \
                           checkpoint? Both get the same tokens and compute in single precision on the processor";

/// What a second implementation says of the checkpoint, once it was asked.
fn verification_ui(ui: &mut Ui, view: &View<'_>, checkpoint: &Checkpoint) {
    let (work, path) = (&view.session.verification, &view.project.model);
    let caption = |text: &str, color| {
        egui::Label::new(RichText::new(text).font(theme::regular(theme::CAPTION)).color(color)).wrap()
    };
    let muted = theme::colors(ui).muted;
    if let Some(progress) = work.progress() {
        let stage = if progress.stage.is_empty() { "starting" } else { &progress.stage };
        let of = progress.total.map_or_else(String::new, |total| format!(" {} of {total}", progress.done + 1));
        ui.add(caption(&format!("Verifying: {stage}{of}"), muted));
    } else if let Some(found) = work.found(path, checkpoint) {
        let text = sentence(&found.line());
        let colors = theme::colors(ui);
        let line = ui.add(caption(&text, if found.agrees() { colors.ink } else { colors.error }));
        line.on_hover_text(format!("Compared with {}", found.reference));
        for note in &found.notes {
            ui.add(caption(&sentence(note), muted));
        }
    } else if let Some(reason) = work.failure(path, checkpoint) {
        section::failure(ui, &sentence(reason), "The command line has the same: prunescope verify --model DIR");
    }
}

/// With a capital letter at its beginning.
fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}
