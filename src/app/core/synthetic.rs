//! A window on made-up runs of any size: for the frame benchmark and its test. No model, no job, no file.

use std::sync::Arc;
use std::time::Duration;

use crate::app::App;
use crate::app::Theme;
use crate::app::UiState;
use crate::app::WindowOptions;
use crate::app::work::text_runs::RibbonRun;
use crate::app::work::text_runs::RunKey;
use crate::app::work::text_runs::TextKey;
use crate::app::work::text_runs::TextSet;
use crate::engine::LayerTrace;
use crate::engine::Removal;
use crate::engine::Ribbon;
use crate::engine::Trace;
use crate::evaluation::Answer;
use crate::evaluation::InspectedRun;
use crate::input::Sequence;
use crate::input::Span;
use crate::input::Unit;
use crate::project::Project;
use crate::pruning::StrategySpec;

/// The strategies whose runs are made up.
const STRATEGIES: [&str; 4] = ["power_bert:retention=0.4", "tome", "ltp", "evit"];

impl App {
    /// A window that shows made-up runs of so many tokens through so many layers; `fit` squeezes them into its width.
    ///
    /// # Errors
    /// None of its own; those of [`App::for_tests`].
    pub fn made_up(ctx: &egui::Context, num_tokens: usize, num_layers: usize, fit: bool) -> anyhow::Result<Self> {
        let options = WindowOptions { theme: Some(Theme::Light), ..WindowOptions::default() };
        let mut app = Self::for_tests(ctx, &options)?;
        let encoded = Arc::new(text(num_tokens));
        app.ui = UiState { fit, ..UiState::default() };
        app.project = Project::new("made up");
        encoded.text().clone_into(&mut app.project.text);
        let mut set = TextSet {
            key: TextKey(0),
            encoded,
            classes: Arc::from(["negative".to_owned(), "positive".to_owned()]),
            num_layers,
            dense: None,
            runs: std::collections::BTreeMap::new(),
        };
        for (seed, spec) in STRATEGIES.iter().filter_map(|spec| StrategySpec::parse(spec).ok()).enumerate() {
            let run = Arc::new(run(&spec, (num_tokens, num_layers), seed));
            set.dense.get_or_insert_with(|| Arc::clone(&run));
            set.runs.insert(app.project.push(spec, true), run);
        }
        app.session.inspect.shown = Some(set);
        Ok(app)
    }
}

fn text(num_tokens: usize) -> Sequence {
    let words = ["the", "film", "was", "unforgettable", "and", "bad", "not", "so"];
    let mut text = String::new();
    let mut units = Vec::with_capacity(num_tokens);
    for index in 0..num_tokens {
        let special = index == 0 || index + 1 == num_tokens;
        let word = words[index * 5 % words.len()];
        let start = text.len();
        if !special {
            text.push_str(word);
        }
        let piece = if special { "[CLS]" } else { word }.to_owned();
        let number = (!special).then(|| u32::try_from(index).unwrap_or(0));
        let span = (!special).then_some(Span::Bytes { text: 0, start, end: text.len() });
        units.push(Unit { id: 0, piece, span, segment: 0, special, group: number });
        text.push(' ');
    }
    Sequence { texts: vec![text.into()], units, full_length: num_tokens }
}

/// Six tenths of the tokens leave, spread over the layers and over the text.
fn run(spec: &StrategySpec, (num_tokens, num_layers): (usize, usize), seed: usize) -> RibbonRun {
    let mut alive: Vec<u32> = (0..u32::try_from(num_tokens).unwrap_or(0)).collect();
    let mut layers = Vec::with_capacity(num_layers);
    for layer in 0..num_layers {
        let score = |position: u32| ((position as usize * 7919 + layer * 31 + seed * 17) % 1000) as f32 / 1000.0;
        let importance: Vec<f32> = alive.iter().map(|&position| score(position)).collect();
        let leaves = |position: u32| {
            let number = (position as usize * 104_729 + seed * 101) % (num_layers * 10 / 6).max(1);
            number == layer && position != 0
        };
        let kept: Vec<u32> = alive.iter().copied().filter(|&position| !leaves(position)).collect();
        layers.push(LayerTrace {
            rows_attention: alive.len(),
            rows_feed_forward: kept.len(),
            alive: kept.len(),
            macs: 1_000_000,
            attended: std::mem::replace(&mut alive, kept.clone()),
            importance,
            threshold: Some(0.2),
            kept,
            ..LayerTrace::default()
        });
    }
    let input = (0..u32::try_from(num_tokens).unwrap_or(0)).collect();
    let trace = Trace { num_tokens, input, layers, ..Trace::default() };
    let ribbon = Ribbon::new(&trace);
    let run = InspectedRun {
        spec: spec.clone(),
        logits: vec![1.0, -1.0],
        outputs: vec![0.88, 0.12],
        answer: Answer::Class(0),
        removal: Removal::Removed,
        macs: 1_000_000 * num_layers as u64,
        dense_macs: 2_000_000 * num_layers as u64,
        trace,
        duration: Duration::from_millis(3),
    };
    RibbonRun { key: RunKey(0), run, ribbon }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shapes(num_tokens: usize) -> usize {
        let ctx = egui::Context::default();
        let mut app = App::made_up(&ctx, num_tokens, 24, false).unwrap();
        let screen = egui::Rect::from_min_size(egui::Pos2::ZERO, egui::vec2(1600.0, 1000.0));
        let input = || egui::RawInput { screen_rect: Some(screen), ..egui::RawInput::default() };
        // The first frames measure; the last one is what a person sees.
        let mut output = ctx.run_ui(input(), |ui| app.show(ui));
        for _ in 0..3 {
            output = ctx.run_ui(input(), |ui| app.show(ui));
        }
        let primitives = ctx.tessellate(output.shapes.clone(), 1.0);
        let count = |primitive: &egui::ClippedPrimitive| match &primitive.primitive {
            egui::epaint::Primitive::Mesh(mesh) => mesh.vertices.len(),
            egui::epaint::Primitive::Callback(_) => 0,
        };
        output.drop_without_applying_deltas();
        primitives.iter().map(count).sum()
    }

    #[test]
    fn what_is_painted_does_not_grow_with_the_text() {
        // 128 tokens fill the width already; four times as many add letters in the text box and marks in the overview
        // strip, but no cells.
        let (short, long) = (shapes(128), shapes(512));
        assert!(long < short * 2, "{short} vertices for 128 tokens, {long} for 512");
    }
}
