//! The view's work in the background: a strategy over a small sample of the texts, with the scores of every layer.

use std::sync::Arc;

use crate::app::work::context::WorkContext;
use crate::app::work::sample_texts::SampleTexts;
use crate::app::work::sample_texts::Source;
use crate::app::work::sample_texts::failure;
use crate::app::work::sample_texts::sample;
use crate::app::work::sample_texts::source;
use crate::app::work::slot::Slot;
use crate::evaluation;
use crate::evaluation::LayerScores;
use crate::input::Sequence;
use crate::jobs::Progress;
use crate::pruning::StrategySpec;

/// Scores with the texts they are of.
#[derive(Debug)]
pub(crate) struct Found {
    /// The texts.
    pub(crate) texts: Arc<SampleTexts>,
    /// The strategy and its settings.
    pub(crate) spec: StrategySpec,
    /// The scores.
    pub(crate) scores: LayerScores,
}

/// The view's work.
#[derive(Default)]
pub(crate) struct ThresholdsWork {
    samples: Slot<Source, SampleTexts>,
    scores: Slot<(Source, StrategySpec), Found>,
    wanted: Option<(Source, StrategySpec)>,
}

impl ThresholdsWork {
    /// Takes in what has finished and starts what is due; called once a frame.
    pub(crate) fn poll(&mut self, context: &WorkContext<'_>, is_shown: bool, spec: Option<StrategySpec>) {
        let _ended = (self.samples.poll(), self.scores.poll());
        let (Some(checkpoint), Some(spec), true) = (&context.checkpoint, spec, is_shown) else { return };
        let Some(source) = source(context, checkpoint) else { return };
        let key = (source.clone(), spec.clone());
        if self.wanted.as_ref() != Some(&key) {
            self.scores.forget_failure();
            self.samples.forget_failure();
        }
        self.wanted = Some(key.clone());
        self.samples.want(source.clone());
        if self.samples.due().is_some() {
            let (checkpoint, dataset) = (Arc::clone(checkpoint), context.dataset.clone());
            let source = source.clone();
            self.samples.start("sample of texts", Arc::clone(&context.wake), move |ticket| {
                sample(ticket, &checkpoint, dataset, &source)
            });
        }
        let Some(texts) = self.samples.get(&source) else { return };
        self.scores.cancel_unwanted(&key);
        self.scores.want(key);
        if self.scores.due().is_some() {
            let (checkpoint, texts) = (Arc::clone(checkpoint), Arc::clone(texts));
            self.scores.start("scores", Arc::clone(&context.wake), move |ticket| {
                let encoded: Vec<&Sequence> = texts.encoded.iter().collect();
                let scores = evaluation::layer_scores(ticket, &checkpoint, &encoded, &spec);
                let scores = scores.map_err(|err| failure(ticket, &err))?;
                Ok(Found { texts, spec, scores })
            });
        }
    }

    /// The scores on screen, whatever they were made for.
    pub(crate) fn found(&self) -> Option<&Arc<Found>> {
        self.scores.latest()
    }

    /// Whether the scores on screen are those that are wanted.
    pub(crate) fn is_current(&self) -> bool {
        self.wanted.as_ref().is_some_and(|wanted| self.scores.get(wanted).is_some())
    }

    /// Why there are none.
    pub(crate) fn failure(&self) -> Option<&str> {
        let wanted = self.wanted.as_ref()?;
        self.samples.failure(&wanted.0).or_else(|| self.scores.failure(wanted))
    }

    /// How far the work is; `None` when nothing runs.
    pub(crate) fn progress(&self) -> Option<Progress> {
        self.samples.progress().or_else(|| self.scores.progress())
    }

    /// Asks what runs to stop.
    pub(crate) fn stop(&mut self) {
        self.samples.stop();
        self.scores.stop();
    }
}
