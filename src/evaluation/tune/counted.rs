//! What settings spend on the calibration texts, counted once for each.

use std::collections::BTreeMap;

use crate::cost;
use crate::engine;
use crate::engine::PrefixCache;
use crate::evaluation::Error;
use crate::evaluation::SHARED_BYTES;
use crate::evaluation::run::strategy_run::TOKENS_PER_BATCH;
use crate::evaluation::run::strategy_run::build;
use crate::evaluation::tune::Spending;
use crate::input::Sequence;
use crate::jobs::Ticket;
use crate::model::Checkpoint;
use crate::pruning::StrategySpec;

/// The texts that all strategies of a comparison are counted on, and what was counted so far.
///
/// Layers before the first decision are computed once for all settings, and no setting is run twice.
#[derive(Debug)]
pub struct CalibrationTexts<'a> {
    pub(super) checkpoint: &'a Checkpoint,
    pub(super) texts: &'a [Sequence],
    batches: Vec<Vec<usize>>,
    dense_macs: u64,
    prefixes: PrefixCache,
    known: BTreeMap<String, Spending>,
}

impl<'a> CalibrationTexts<'a> {
    /// Texts on which these strategies are to be compared. Nothing runs yet.
    #[must_use]
    pub fn new(checkpoint: &'a Checkpoint, texts: &'a [Sequence], specs: &[StrategySpec]) -> Self {
        let lengths: Vec<usize> = texts.iter().map(|text| text.units.len()).collect();
        // Each will be run at several settings, so that its own prefix is worth keeping too.
        let pruners: Vec<_> = specs.iter().chain(specs).filter_map(|spec| build(checkpoint, spec).ok()).collect();
        Self {
            checkpoint,
            texts,
            batches: engine::plan_batches(&lengths, TOKENS_PER_BATCH),
            dense_macs: lengths.iter().map(|&tokens| cost::dense_macs(&checkpoint.model, tokens)).sum(),
            prefixes: PrefixCache::new(&checkpoint.model, pruners.iter().map(|pruner| &**pruner), SHARED_BYTES),
            known: BTreeMap::new(),
        }
    }

    /// Number of texts.
    #[must_use]
    pub fn len(&self) -> usize {
        self.texts.len()
    }

    /// Whether there is no text.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.texts.is_empty()
    }

    /// What a setting spends.
    ///
    /// # Errors
    /// [`Error::Build`], [`Error::Run`] or [`Error::Cancelled`].
    pub fn spending(&mut self, ticket: &Ticket, spec: &StrategySpec) -> Result<Spending, Error> {
        let name = spec.to_string();
        if let Some(known) = self.known.get(&name) {
            return Ok(*known);
        }
        let pruner = build(self.checkpoint, spec)?;
        let (mut macs, mut kept) = (0, 0.0);
        for (number, batch) in self.batches.iter().enumerate() {
            let texts: Vec<&Sequence> = batch.iter().map(|&text| &self.texts[text]).collect();
            let run = self.prefixes.run(ticket, &self.checkpoint.model, (number, &texts), &*pruner);
            let run = run.map_err(|source| Error::from_engine(spec, source, &[]))?;
            for outcome in &run.outcomes {
                macs += outcome.trace.macs();
                kept += outcome.trace.tokens_kept() as f64 / outcome.trace.num_tokens.max(1) as f64;
            }
        }
        let spending = Spending {
            flops: macs as f64 / self.dense_macs.max(1) as f64,
            tokens: kept / self.texts.len().max(1) as f64,
        };
        self.known.insert(name, spending);
        Ok(spending)
    }
}
