//! What background work sees of the window when it begins and when it takes in what was found.

use std::sync::Arc;
use std::time::Duration;

use crate::app::work::evaluation_key::Goal;
use crate::app::work::latency::LatencyWork;
use crate::app::work::messages::Messages;
use crate::app::work::results::Results;
use crate::data::Dataset;
use crate::jobs::Wake;
use crate::model::Checkpoint;
use crate::project::EntryId;
use crate::project::Project;
use crate::pruning::StrategySpec;

/// What background work of a view may know when it starts or takes in results.
pub(crate) struct WorkContext<'a> {
    /// What is set.
    pub(crate) project: &'a Project,
    /// The checkpoint, if it is the one the project names.
    pub(crate) checkpoint: Option<Arc<Checkpoint>>,
    /// The data set, if it is the one the project names.
    pub(crate) dataset: Option<Arc<Dataset>>,
    /// Runs that are known already.
    pub(crate) results: Results,
    /// Work that takes longer is not begun unasked.
    pub(crate) longest_unasked: Duration,
    /// Work that would wait for a click starts by itself: a picture must not be empty.
    pub(crate) starts_by_itself: bool,
    /// Wakes the window when work is done.
    pub(crate) wake: Wake,
    /// Measurements of time, which need the whole machine.
    pub(crate) latency: &'a mut LatencyWork,
    /// Settings that work has found for strategies of the project: they become one change of it, which can be undone.
    pub(crate) settings: &'a mut Vec<(EntryId, StrategySpec)>,
    /// Where failures are told.
    pub(crate) messages: &'a mut Messages,
}

impl WorkContext<'_> {
    /// What the project asks for; `None` until model and data are there.
    pub(crate) fn goal(&self) -> Option<Goal> {
        Goal::of(self.project, self.checkpoint.as_ref()?, self.dataset.as_ref()?)
    }
}
