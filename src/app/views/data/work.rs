//! The view's work in the background: runs of the enabled strategies, and the list of rows.

use std::sync::Arc;
use std::time::Duration;

use crate::app::views::data::listing::Answers;
use crate::app::views::data::listing::Listing;
use crate::app::views::data::listing::Wanted;
use crate::app::work::context::WorkContext;
use crate::app::work::data_runs::RunRequest;
use crate::app::work::enabled_runs::EnabledRuns;
use crate::app::work::slot::Slot;
use crate::jobs::Progress;
use crate::project::DataSource;
use crate::pruning::StrategySpec;

/// What a list is made of: the file and how it is read, the strategy, how much of the runs was there, and what is wanted.
type ListingOf = (DataSource, Option<StrategySpec>, u64, Wanted);

/// The view's work.
pub(crate) struct DataWork {
    enabled: EnabledRuns,
    listings: Slot<ListingOf, Listing>,
    wanted: Option<ListingOf>,
}

impl Default for DataWork {
    fn default() -> Self {
        Self { enabled: EnabledRuns::new("rows"), listings: Slot::default(), wanted: None }
    }
}

impl DataWork {
    /// Starts or stops what was asked for.
    pub(crate) fn handle(&mut self, request: RunRequest, context: &WorkContext<'_>) {
        self.enabled.handle(request, context);
    }

    /// Takes in what has finished and starts what is due; called once a frame. A list is made only for a view that is
    /// looked at.
    pub(crate) fn poll(
        &mut self,
        context: &mut WorkContext<'_>,
        is_shown: bool,
        (spec, wanted): (Option<StrategySpec>, Wanted),
    ) {
        self.enabled.poll(context, is_shown);
        let _ended = self.listings.poll();
        let (Some(dataset), Some(source), true) = (&context.dataset, &context.project.data, is_shown) else { return };
        let round = self.enabled.runs().current();
        let run = spec.as_ref().and_then(|spec| round?.finished(spec).cloned());
        let rows = run.is_some().then(|| round.map(|round| round.rows() as u64)).flatten().unwrap_or(0);
        let key = (source.reading(), spec, rows, wanted.clone());
        if self.wanted.as_ref() != Some(&key) {
            self.listings.forget_failure();
        }
        self.wanted = Some(key.clone());
        self.listings.cancel_unwanted(&key);
        self.listings.want(key);
        if self.listings.due().is_some() {
            let dataset = Arc::clone(dataset);
            let parts = run.zip(round.map(|round| Arc::clone(&round.baseline)));
            self.listings.start("list rows", Arc::clone(&context.wake), move |ticket| {
                let answers = parts.map(|(run, baseline)| Answers::new(baseline, run));
                Listing::make(ticket, dataset, answers, &wanted)
            });
        }
    }

    /// The list on screen, whatever it was made for.
    pub(crate) fn listing(&self) -> Option<&Arc<Listing>> {
        self.listings.latest()
    }

    /// Whether the list on screen is the one that is wanted.
    pub(crate) fn is_current(&self) -> bool {
        self.wanted.as_ref().is_some_and(|wanted| self.listings.get(wanted).is_some())
    }

    /// Why the list that is wanted cannot be made.
    pub(crate) fn listing_failure(&self) -> Option<&str> {
        self.listings.failure(self.wanted.as_ref()?)
    }

    /// Whether a list is being made.
    pub(crate) fn is_listing(&self) -> bool {
        self.listings.is_busy()
    }

    /// How far the runs are; `None` when nothing runs.
    pub(crate) fn progress(&self) -> Option<Progress> {
        self.enabled.runs().progress()
    }

    /// Why the runs ended early, or one of the strategies could not run.
    pub(crate) fn failure(&self) -> Option<&str> {
        self.enabled.runs().failure().or(self.enabled.runs().strategy_failure())
    }

    /// Whether a strategy has been run.
    pub(crate) fn has_run(&self, spec: &StrategySpec) -> bool {
        self.enabled.runs().current().is_some_and(|round| round.finished(spec).is_some())
    }

    /// What is left to do for answers on all rows that are wanted, as
    /// [`DataRuns::rest`](crate::app::work::data_runs::DataRuns::rest) says.
    pub(crate) fn rest(&self) -> Option<(usize, Option<Duration>)> {
        self.enabled.runs().rest()
    }

    /// Asks what runs to stop; what is finished stays.
    pub(crate) fn stop(&mut self) {
        self.enabled.runs().stop();
        self.listings.stop();
    }
}
