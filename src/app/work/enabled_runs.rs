//! Runs of the enabled strategies as they are set, over the data set: begun by themselves once the settings stand still.

use std::sync::Arc;
use std::time::Duration;
use std::time::Instant;

use crate::app::work::context::WorkContext;
use crate::app::work::data_runs::DataRuns;
use crate::app::work::data_runs::Make;
use crate::app::work::data_runs::RunRequest;
use crate::app::work::evaluation_key::Goal;
use crate::project::Project;
use crate::pruning::StrategySpec;

/// Settings must stand still for so long before the data set is run with them.
const PAUSE: Duration = Duration::from_millis(600);

/// Runs of the enabled strategies.
pub(crate) struct EnabledRuns<T = ()> {
    runs: DataRuns<T>,
    /// What was started last, so that it is not started again after its end, a failure or a stop.
    begun: Option<(Goal, Vec<StrategySpec>)>,
    /// The settings of the project and since when they are so.
    settled: Option<(Vec<StrategySpec>, Instant)>,
}

impl EnabledRuns {
    /// Nothing yet. `name` is that of the thread.
    pub(crate) fn new(name: &'static str) -> Self {
        Self::making(name, |_, _, _| Ok(()))
    }
}

impl<T: Send + 'static> EnabledRuns<T> {
    /// Nothing yet; `make` draws from every run what is shown of it.
    pub(crate) fn making(name: &'static str, make: Make<T>) -> Self {
        Self { runs: DataRuns::new(name, make), begun: None, settled: None }
    }

    /// The runs.
    pub(crate) fn runs(&self) -> &DataRuns<T> {
        &self.runs
    }

    /// Starts or stops what was asked for.
    pub(crate) fn handle(&mut self, request: RunRequest, context: &WorkContext<'_>) {
        match request {
            RunRequest::Start => self.start(context, DataRuns::start),
            RunRequest::GoOn => self.start(context, DataRuns::go_on),
            RunRequest::Stop => self.runs.stop(),
        }
    }

    /// Takes in what has finished, ends what is outdated, and starts what is due; `is_wanted`: somebody looks at it.
    pub(crate) fn poll(&mut self, context: &mut WorkContext<'_>, is_wanted: bool) {
        let specs = enabled(context.project);
        let is_settled = self.is_settled(&specs, context);
        // What it has finished is known to whoever asks next.
        if is_settled && self.runs.running().is_some_and(|running| running != specs) {
            self.runs.abandon();
        }
        self.runs.follow(context);
        if is_wanted && is_settled && !self.runs.is_running() && !self.is_begun(&specs) {
            self.start(context, DataRuns::start);
        }
    }

    fn start(
        &mut self,
        context: &WorkContext<'_>,
        begin: impl FnOnce(&mut DataRuns<T>, &WorkContext<'_>, Vec<StrategySpec>),
    ) {
        let specs = enabled(context.project);
        let Some(goal) = context.goal() else { return };
        self.begun = Some((goal, specs.clone()));
        begin(&mut self.runs, context, specs);
    }

    fn is_begun(&self, specs: &[StrategySpec]) -> bool {
        let is_same = |(goal, begun): &(Goal, Vec<StrategySpec>)| Some(goal) == self.runs.wanted() && begun == specs;
        self.begun.as_ref().is_some_and(is_same)
    }

    /// Settings still being dragged are not run: the wait ends once they stand still.
    fn is_settled(&mut self, specs: &[StrategySpec], context: &WorkContext<'_>) -> bool {
        match &self.settled {
            Some((known, since)) if known == specs => since.elapsed() >= PAUSE,
            other => {
                let is_first = other.is_none();
                let since = if is_first { Instant::now().checked_sub(PAUSE) } else { None };
                self.settled = Some((specs.to_vec(), since.unwrap_or_else(Instant::now)));
                self.runs.forget_failures();
                (Arc::clone(&context.wake))(PAUSE);
                is_first
            }
        }
    }
}

/// The enabled strategies as they are set, each setting once.
fn enabled(project: &Project) -> Vec<StrategySpec> {
    let mut specs: Vec<StrategySpec> = Vec::new();
    for entry in project.enabled().filter(|entry| entry.spec.id() != "dense") {
        if !specs.contains(&entry.spec) {
            specs.push(entry.spec.clone());
        }
    }
    specs
}
