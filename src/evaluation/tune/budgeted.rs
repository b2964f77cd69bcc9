//! Strategies at matched budgets, measured on other texts than those they were brought to the budget on.

use crate::data::Dataset;
use crate::evaluation::Error;
use crate::evaluation::Prepared;
use crate::evaluation::SharedRuns;
use crate::evaluation::StrategyRun;
use crate::evaluation::Summary;
use crate::evaluation::prepare;
use crate::evaluation::summarize;
use crate::evaluation::tune::Budget;
use crate::evaluation::tune::CalibrationTexts;
use crate::evaluation::tune::Matched;
use crate::evaluation::tune::match_budget;
use crate::input::Sequence;
use crate::jobs::Ticket;
use crate::model::Checkpoint;
use crate::pruning::StrategySpec;

/// A strategy at a budget and what it does on the texts of an evaluation.
#[derive(Debug)]
pub struct Budgeted {
    /// As it was given.
    pub asked: StrategySpec,
    /// The budget; `None` for what runs as it is.
    pub budget: Option<Budget>,
    /// How the budget is met on the calibration texts; `None` for what runs as it is.
    pub matched: Option<Matched>,
    /// Its numbers beside the dense run, or why there are none.
    pub summary: Result<Summary, Error>,
}

/// All strategies at all budgets on one data set.
#[derive(Debug)]
pub struct BudgetTable {
    /// The data set.
    pub prepared: Prepared,
    /// The dense model.
    pub dense: Summary,
    /// Budget by budget, strategies in their order; then what runs as it is.
    pub rows: Vec<Budgeted>,
}

/// Solves every strategy's dial for every budget on `calibration` and runs the settings over `dataset`; `as_they_are` run with
/// the settings they come with. `on_row` hears of every finished row.
///
/// # Errors
/// Those of [`prepare`] and of the dense run; [`Error::Cancelled`] if it was asked to stop.
pub fn budget_table(
    ticket: &Ticket,
    checkpoint: &Checkpoint,
    (calibration, dataset): (&[Sequence], &Dataset),
    (specs, as_they_are): (&[StrategySpec], &[StrategySpec]),
    budgets: &[Budget],
    on_row: &mut dyn FnMut(&Budgeted),
) -> Result<BudgetTable, Error> {
    let mut texts = CalibrationTexts::new(checkpoint, calibration, specs);
    let mut planned: Vec<Planned> = Vec::new();
    for &budget in budgets {
        match_budget(ticket, &mut texts, specs, budget, |place, matched| {
            planned.push((specs[place].clone(), Some(budget), matched.map(Some)));
        })?;
    }
    planned.extend(as_they_are.iter().map(|spec| (spec.clone(), None, Ok(None))));
    let (prepared, chunk) = prepare(ticket, checkpoint, dataset, None)?;
    let dense_spec = StrategySpec::default_for("dense").map_err(|source| Error::Dense { source })?;
    let to_run = planned.iter().filter_map(|(asked, _, matched)| Some(setting(asked, matched.as_ref().ok()?.as_ref())));
    let plan: Vec<StrategySpec> = std::iter::once(dense_spec.clone()).chain(to_run).collect();
    let mut runs = SharedRuns::new(checkpoint, &prepared, &chunk, &plan);
    let dense = runs.run(ticket, &dense_spec, |_| {})?;
    let mut rows = Vec::new();
    for (asked, budget, matched) in planned {
        let (matched, summary) = match matched {
            Err(error) => (None, Err(error)),
            Ok(matched) => {
                let spec = setting(&asked, matched.as_ref());
                let summary =
                    runs.run(ticket, &spec, |_| {}).map(|run: StrategyRun| summarize(&prepared, &dense, &run));
                (matched, summary)
            }
        };
        if matches!(summary, Err(Error::Cancelled)) {
            return Err(Error::Cancelled);
        }
        let row = Budgeted { asked, budget, matched, summary };
        on_row(&row);
        rows.push(row);
    }
    let dense = summarize(&prepared, &dense, &dense);
    Ok(BudgetTable { prepared, dense, rows })
}

/// A row to come: the strategy as given, its budget, and its solved setting.
type Planned = (StrategySpec, Option<Budget>, Result<Option<Matched>, Error>);

/// What is run: the solved setting, or the strategy as it is.
fn setting(asked: &StrategySpec, matched: Option<&Matched>) -> StrategySpec {
    matched.map_or_else(|| asked.clone(), |matched| matched.spec.clone())
}
