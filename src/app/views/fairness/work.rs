//! Group comparisons in the background: the dense model and every enabled strategy over a sample of the data set that grows
//! until it is all of it, and the rows of the table for what is looked at.
//!
//! What the view shows decides what is made; drawing it asks for nothing.

use std::sync::Arc;
use std::time::Duration;

use crate::app::views::fairness::gaps::gap_lines;
use crate::app::work::context::WorkContext;
use crate::app::work::data_runs::RunRequest;
use crate::app::work::dense_baseline::DenseBaseline;
use crate::app::work::enabled_runs::EnabledRuns;
use crate::app::work::evaluation_key::EvaluationKey;
use crate::app::work::slot::Failure;
use crate::app::work::slot::Slot;
use crate::app::work::slot::SlotEvent;
use crate::data::Dataset;
use crate::evaluation;
use crate::evaluation::Draws;
use crate::evaluation::GroupRow;
use crate::evaluation::HeadKind;
use crate::evaluation::Judgments;
use crate::evaluation::Measure;
use crate::evaluation::Picked;
use crate::evaluation::StrategyRun;
use crate::jobs::Progress;
use crate::jobs::Ticket;
use crate::pruning::StrategySpec;

/// Which table is looked at.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct TableKey {
    /// The strategy.
    pub(crate) spec: StrategySpec,
    /// The group column, by index.
    pub(crate) column: usize,
    /// The measure.
    pub(crate) measure: Measure,
}

/// One table.
#[derive(Debug)]
pub(crate) struct Table {
    /// What it shows.
    pub(crate) key: TableKey,
    /// The group column's name.
    pub(crate) column: String,
    /// All labelled texts.
    pub(crate) overall: GroupRow,
    /// The groups, in the order of the column's values.
    pub(crate) rows: Vec<GroupRow>,
    /// How far they lie apart, in sentences.
    pub(crate) gaps: Vec<String>,
    /// Tests and verdicts of all texts and of every group of every column.
    pub(crate) judgments: Arc<Judgments>,
    /// Which texts it rests on, in words.
    pub(crate) basis: String,
    baseline: Arc<DenseBaseline>,
    run: Arc<StrategyRun>,
}

impl Table {
    /// What the model's outputs mean.
    pub(crate) fn head(&self) -> HeadKind {
        self.baseline.prepared.head
    }

    /// Rows of the data set behind a count; `value` is the group by index, `None` all texts.
    pub(crate) fn picked(&self, value: Option<usize>, picked: Picked) -> Vec<usize> {
        let group = value.map(|value| (self.key.column, value));
        let runs = (&self.baseline.dense, self.run.as_ref());
        evaluation::picked_rows(&self.baseline.prepared, runs, group, self.key.measure, picked)
    }
}

/// What a table is made of: what the runs rest on, number of rows, and what it shows.
type TableOf = (EvaluationKey, usize, TableKey);

/// The fairness view's work in the background.
pub(crate) struct FairnessWork {
    enabled: EnabledRuns,
    tables: Slot<TableOf, Table>,
    /// Grows whenever a table arrives.
    made: u64,
}

impl Default for FairnessWork {
    fn default() -> Self {
        Self { enabled: EnabledRuns::new("group comparison"), tables: Slot::default(), made: 0 }
    }
}

impl FairnessWork {
    /// Starts or stops what was asked for.
    pub(crate) fn handle(&mut self, request: RunRequest, context: &WorkContext<'_>) {
        self.enabled.handle(request, context);
    }

    /// Takes in what has finished and starts what is due; called once a frame. `wanted`: the table to be shown; without
    /// groups there is nothing to compare, and without a strategy nothing to compare with.
    pub(crate) fn poll(&mut self, context: &mut WorkContext<'_>, is_shown: bool, wanted: Option<TableKey>) {
        self.enabled.poll(context, is_shown && wanted.is_some());
        self.make_table(context, wanted);
    }

    fn make_table(&mut self, context: &mut WorkContext<'_>, wanted: Option<TableKey>) {
        if let (Some(shown), Some(key)) = (self.enabled.runs().shown(), wanted)
            && let Some(run) = shown.finished(&key.spec)
        {
            self.tables.want((shown.key.clone(), shown.rows(), key.clone()));
            if self.tables.due().is_some() {
                let (baseline, run, key) = (Arc::clone(&shown.baseline), Arc::clone(run), key.clone());
                let judgments = self.known_judgments(&shown.key, &baseline, &key.spec);
                self.tables.start("group table", Arc::clone(&context.wake), move |ticket| {
                    table(ticket, (baseline, run), key, judgments)
                });
            }
        }
        match self.tables.poll() {
            Some(SlotEvent::Finished(_)) => self.made += 1,
            Some(SlotEvent::Ended(_, Failure::Failed(reason))) => {
                context.messages.error(reason, "Choose another measure or column");
            }
            Some(SlotEvent::Ended(_, Failure::Cancelled)) | None => {}
        }
    }

    /// Those of the table on screen, if they are of the same run: they are the same for every measure and column.
    fn known_judgments(
        &self,
        rests_on: &EvaluationKey,
        baseline: &DenseBaseline,
        spec: &StrategySpec,
    ) -> Option<Arc<Judgments>> {
        let (known, rows, key) = self.tables.latest_key()?;
        let is_same = known == rests_on && *rows == baseline.sample.rows && key.spec == *spec;
        self.tables.latest().filter(|_| is_same).map(|table| Arc::clone(&table.judgments))
    }

    /// How far the running work is; `None` when nothing runs.
    pub(crate) fn progress(&self) -> Option<Progress> {
        let tables = || self.tables.progress().map(|now| Progress { stage: "comparing groups".to_owned(), ..now });
        self.enabled.runs().progress().or_else(tables)
    }

    /// Asks what runs to stop; what is finished stays.
    pub(crate) fn stop(&mut self) {
        self.enabled.runs().stop();
        self.tables.stop();
    }

    /// Grows whenever something arrives.
    pub(crate) fn generation(&self) -> u64 {
        self.enabled.runs().generation() + self.made
    }

    /// Why the last run ended early, or one of its strategies could not run.
    pub(crate) fn failure(&self) -> Option<&str> {
        self.enabled.runs().failure().or(self.enabled.runs().strategy_failure())
    }

    /// The table on screen, whatever it was made for.
    pub(crate) fn shown(&self) -> Option<&Arc<Table>> {
        self.tables.latest()
    }

    /// Whether the table on screen is the one asked for, be it on fewer texts than there will be.
    pub(crate) fn is_current(&self, key: &TableKey) -> bool {
        let Some(wanted) = self.enabled.runs().wanted() else { return false };
        self.tables.latest_key().is_some_and(|(rests_on, _, have)| *rests_on == wanted.key && have == key)
    }

    /// Whether the run that a table needs is there.
    pub(crate) fn has_run(&self, spec: &StrategySpec) -> bool {
        self.enabled.runs().current().is_some_and(|shown| shown.finished(spec).is_some())
    }

    /// What is left to do for results on all rows that are wanted, as [`DataRuns::rest`](crate::app::work::data_runs::DataRuns::rest) says.
    pub(crate) fn rest(&self) -> Option<(usize, Option<Duration>)> {
        self.enabled.runs().rest()
    }

    /// The data set.
    pub(crate) fn dataset(&self) -> Option<&Dataset> {
        Some(&self.enabled.runs().shown()?.baseline.dataset)
    }
}

fn table(
    ticket: &Ticket,
    (baseline, run): (Arc<DenseBaseline>, Arc<StrategyRun>),
    key: TableKey,
    judgments: Option<Arc<Judgments>>,
) -> Result<Table, Failure> {
    ticket.checkpoint()?;
    let (prepared, dense) = (&baseline.prepared, &baseline.dense);
    let overall = evaluation::overall_row(prepared, dense, &run, key.measure);
    let rows = evaluation::group_rows(prepared, dense, &run, key.column, key.measure);
    let gap = evaluation::gap_of_rows(ticket, (prepared, dense, &run), (&overall, &rows), (key.column, key.measure))?;
    let gaps = gap_lines(&gap);
    let judgments = match judgments {
        Some(known) => known,
        None => Arc::new(evaluation::judge(ticket, prepared, dense, &run, Draws::SCREEN.seed)?),
    };
    let column = prepared.index.groups.get(key.column).map_or_else(String::new, |column| column.name.clone());
    let basis = baseline.basis_line();
    Ok(Table { key, column, overall, rows, gaps, judgments, basis, baseline, run })
}
