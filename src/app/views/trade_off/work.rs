//! Sweeps in the background: every enabled strategy along its dial, points as they finish; and two of them compared.

use std::sync::Arc;
use std::time::Duration;

use crate::app::views::trade_off::swept::SweptSetting;
use crate::app::views::trade_off::swept::swept_settings;
use crate::app::work::context::WorkContext;
use crate::app::work::data_runs::DataRuns;
use crate::app::work::data_runs::Round;
use crate::app::work::data_runs::RunRequest;
use crate::app::work::dense_baseline::DenseBaseline;
use crate::app::work::evaluation_key::EvaluationKey;
use crate::app::work::evaluation_key::Goal;
use crate::app::work::group_bounds::worst_group;
use crate::app::work::slot::Failure;
use crate::app::work::slot::Slot;
use crate::app::work::slot::SlotEvent;
use crate::data::Dataset;
use crate::evaluation;
use crate::evaluation::Contrast;
use crate::evaluation::StrategyRun;
use crate::evaluation::SweepPoint;
use crate::figure::charts::TradeOffPoint;
use crate::jobs::Progress;
use crate::jobs::Ticket;
use crate::project::Project;
use crate::pruning::StrategySpec;

/// What a contrast is made of: what the runs rest on, number of rows, and the two settings.
type ContrastOf = (EvaluationKey, usize, [StrategySpec; 2]);

/// The trade-off view's work in the background.
pub(crate) struct TradeOffWork {
    runs: DataRuns<TradeOffPoint>,
    contrasts: Slot<ContrastOf, Contrast>,
    /// For which a sweep was started by itself, so that it is not started again after a stop.
    begun: Option<Goal>,
}

impl Default for TradeOffWork {
    fn default() -> Self {
        Self { runs: DataRuns::new("sweep", point), contrasts: Slot::default(), begun: None }
    }
}

impl TradeOffWork {
    /// Starts or stops what was asked for.
    pub(crate) fn handle(&mut self, request: RunRequest, context: &WorkContext<'_>) {
        match request {
            RunRequest::Start => self.runs.start(context, settings(context.project)),
            RunRequest::GoOn => self.runs.go_on(context, settings(context.project)),
            RunRequest::Stop => self.stop(),
        }
    }

    /// Takes in what has finished and starts what is due; called once a frame.
    pub(crate) fn poll(&mut self, context: &mut WorkContext<'_>, is_shown: bool, compared: Option<&[StrategySpec; 2]>) {
        self.runs.follow(context);
        let wanted = self.runs.wanted();
        if is_shown && wanted.is_some() && self.begun.as_ref() != wanted && !self.runs.is_running() {
            self.begun = wanted.cloned();
            self.runs.start(context, settings(context.project));
        }
        self.make_contrast(context, compared);
    }

    /// Two settings that were chosen are compared text by text, and again when there are more texts.
    fn make_contrast(&mut self, context: &mut WorkContext<'_>, compared: Option<&[StrategySpec; 2]>) {
        if let (Some(shown), Some(specs)) = (self.runs.shown(), compared)
            && let [Some(one), Some(other)] = specs.each_ref().map(|spec| shown.run(spec))
        {
            self.contrasts.want((shown.key.clone(), shown.rows(), specs.clone()));
            if self.contrasts.due().is_some() {
                let (prepared, one, other) = (Arc::clone(&shown.baseline.prepared), one.clone(), other.clone());
                self.contrasts.start("comparison of two settings", Arc::clone(&context.wake), move |ticket| {
                    Ok(evaluation::contrast(ticket, &prepared, (&one, &other))?)
                });
            }
        }
        if let Some(SlotEvent::Ended(_, Failure::Failed(reason))) = self.contrasts.poll() {
            context.messages.error(reason, "Choose two other settings");
        }
    }

    /// How far the running work is; `None` when nothing runs.
    pub(crate) fn progress(&self) -> Option<Progress> {
        self.runs.progress()
    }

    /// Whether two settings are being compared.
    pub(crate) fn is_comparing(&self) -> bool {
        self.contrasts.is_busy()
    }

    /// Asks what runs to stop; what is finished stays.
    pub(crate) fn stop(&self) {
        self.runs.stop();
    }

    /// How much of the work settings took over from each other. Range: 0–1; `None` before anything was computed.
    pub(crate) fn shared(&self) -> Option<f64> {
        self.runs.shared()
    }

    /// Grows whenever something arrives.
    pub(crate) fn generation(&self) -> u64 {
        self.runs.generation()
    }

    /// Why the last sweep ended early.
    pub(crate) fn failure(&self) -> Option<&str> {
        self.runs.failure()
    }

    /// Whether the points rest on another model or data set than is set now.
    pub(crate) fn is_stale(&self) -> bool {
        self.runs.shown().is_some() && self.runs.current().is_none()
    }

    /// What is left to do for results on all rows that are wanted, as [`DataRuns::rest`] says.
    pub(crate) fn rest(&self) -> Option<(usize, Option<Duration>)> {
        self.runs.rest()
    }

    /// The dense run.
    pub(crate) fn dense(&self) -> Option<&TradeOffPoint> {
        self.runs.shown().map(|shown| &shown.dense)
    }

    /// The second of two settings less the first, once it is known for the texts on screen.
    pub(crate) fn contrast(&self, specs: &[StrategySpec; 2]) -> Option<&Arc<Contrast>> {
        let shown = self.runs.shown()?;
        self.contrasts.get(&(shown.key.clone(), shown.rows(), specs.clone()))
    }

    /// What the points on screen rest on, and the name of the data set.
    pub(crate) fn texts(&self) -> Option<(String, &Dataset)> {
        let baseline = &self.runs.shown()?.baseline;
        Some((baseline.basis_line(), &baseline.dataset))
    }

    /// The finished points among those a sweep of the project would run, with the names of their lines.
    pub(crate) fn points(&self, project: &Project) -> Vec<TradeOffPoint> {
        let find = |swept: SweptSetting| {
            let point = point_of(self.runs.shown()?, &swept.spec)?;
            Some(TradeOffPoint { series: swept.series, ..point.clone() })
        };
        swept_settings(project).into_iter().filter_map(find).collect()
    }

    /// How many settings of the project have no result yet.
    pub(crate) fn missing(&self, project: &Project) -> usize {
        let current = self.runs.current();
        let is_known = |spec: &StrategySpec| current.is_some_and(|shown| point_of(shown, spec).is_some());
        swept_settings(project).iter().filter(|swept| !is_known(&swept.spec)).count()
    }
}

fn point_of<'a>(shown: &'a Round<TradeOffPoint>, spec: &StrategySpec) -> Option<&'a TradeOffPoint> {
    shown.runs.iter().map(|made| &made.made).find(|point| point.point.spec == *spec)
}

/// The settings of a sweep, each once.
fn settings(project: &Project) -> Vec<StrategySpec> {
    let mut specs: Vec<StrategySpec> = Vec::new();
    for swept in swept_settings(project) {
        if !specs.contains(&swept.spec) {
            specs.push(swept.spec);
        }
    }
    specs
}

fn point(ticket: &Ticket, baseline: &DenseBaseline, run: &StrategyRun) -> Result<TradeOffPoint, Failure> {
    ticket.checkpoint()?;
    let summary = evaluation::summarize(&baseline.prepared, &baseline.dense, run);
    let worst_group = worst_group(ticket, baseline, run)?;
    let point = SweepPoint { spec: run.spec.clone(), summary };
    Ok(TradeOffPoint { series: run.spec.id().to_owned(), point, worst_group })
}
