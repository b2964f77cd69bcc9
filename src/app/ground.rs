//! What the data set views run: the texts, the dense run that all strategies are compared with, and the strategies.

use std::sync::Arc;

use crate::app::basis::Basis;
use crate::app::results::Results;
use crate::app::workers::Failure;
use crate::app::workers::leaving_a_core;
use crate::data::Dataset;
use crate::evaluation;
use crate::evaluation::Chunk;
use crate::evaluation::Prepared;
use crate::evaluation::SharedRuns;
use crate::evaluation::SharedWork;
use crate::evaluation::StrategyRun;
use crate::jobs::Ticket;
use crate::model::Checkpoint;
use crate::pruning::StrategySpec;

/// The texts and the dense run.
#[derive(Debug)]
pub(crate) struct Ground {
    /// The data set that the texts come from.
    pub(crate) dataset: Arc<Dataset>,
    /// What is known of the texts.
    pub(crate) prepared: Arc<Prepared>,
    /// Their tokens.
    chunk: Arc<Chunk>,
    /// Without pruning.
    pub(crate) dense: StrategyRun,
}

/// What is heard of while strategies run.
pub(crate) enum Step {
    /// Texts and dense run are there.
    Ground(Arc<Ground>),
    /// A strategy is finished; how much of the work was shared so far.
    Run(Arc<StrategyRun>, SharedWork),
    /// A strategy cannot run.
    Failed(String),
}

/// Strategies to run over the data set.
pub(crate) struct Plan {
    /// The model.
    pub(crate) checkpoint: Arc<Checkpoint>,
    /// The data set.
    pub(crate) dataset: Arc<Dataset>,
    /// Which of its rows.
    pub(crate) basis: Basis,
    /// The strategies, in this order.
    pub(crate) specs: Vec<StrategySpec>,
    /// What is known already, and where what is found is kept.
    pub(crate) results: Results,
}

impl Plan {
    /// Runs what is not known yet; `tell` hears of every step and may end the work.
    pub(crate) fn run(
        &self,
        ticket: &Ticket,
        tell: impl FnMut(Step) -> Result<(), Failure> + Send,
    ) -> Result<(), Failure> {
        leaving_a_core(|| self.run_here(ticket, tell))
    }

    fn run_here(&self, ticket: &Ticket, mut tell: impl FnMut(Step) -> Result<(), Failure>) -> Result<(), Failure> {
        let dense = StrategySpec::default_for("dense").map_err(|err| Failure::Failed(error_chain(&err)))?;
        let known = self.results.ground(&self.basis);
        let (prepared, chunk) = match &known {
            Some(ground) => (Arc::clone(&ground.prepared), Arc::clone(&ground.chunk)),
            None => self.prepare(ticket)?,
        };
        let mut missing = self.specs.clone();
        missing.retain(|spec| self.results.run(&self.basis, spec).is_none());
        if known.is_none() {
            missing.push(dense.clone());
        }
        let mut runs = SharedRuns::new(&self.checkpoint, &prepared, &chunk, &missing);
        let ground = if let Some(ground) = known {
            ground
        } else {
            let dense = runs.run(ticket, &dense, |_| {}).map_err(|err| failure(&err))?;
            let (dataset, prepared) = (Arc::clone(&self.dataset), Arc::clone(&prepared));
            let ground = Arc::new(Ground { dataset, prepared, chunk: Arc::clone(&chunk), dense });
            self.results.keep_ground(&self.basis, &ground);
            ground
        };
        tell(Step::Ground(ground))?;
        for spec in &self.specs {
            ticket.checkpoint()?;
            if let Some(run) = self.results.run(&self.basis, spec) {
                tell(Step::Run(run, runs.work()))?;
                continue;
            }
            match runs.run(ticket, spec, |_| {}) {
                Ok(run) => {
                    let run = Arc::new(run);
                    self.results.keep_run(&self.basis, &run);
                    tell(Step::Run(run, runs.work()))?;
                }
                Err(evaluation::Error::Cancelled) => return Err(Failure::Cancelled),
                Err(err) => tell(Step::Failed(error_chain(&err)))?,
            }
        }
        Ok(())
    }

    fn prepare(&self, ticket: &Ticket) -> Result<(Arc<Prepared>, Arc<Chunk>), Failure> {
        let rows = Some(self.basis.rows());
        let prepared = evaluation::prepare(ticket, &self.checkpoint, &self.dataset, rows);
        let (prepared, chunk) = prepared.map_err(|err| failure(&err))?;
        Ok((Arc::new(prepared), Arc::new(chunk)))
    }
}

/// A stop is an outcome, everything else a message.
fn failure(err: &evaluation::Error) -> Failure {
    match err {
        evaluation::Error::Cancelled => Failure::Cancelled,
        err => Failure::Failed(error_chain(err)),
    }
}

/// An error with its causes, for a person.
pub(crate) fn error_chain(err: &dyn std::error::Error) -> String {
    let mut text = err.to_string();
    let mut cause = err.source();
    while let Some(err) = cause {
        text.push_str(": ");
        text.push_str(&err.to_string());
        cause = err.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::ReadOptions;
    use std::path::Path;

    fn plan(folder: &Path, specs: &[&str], results: &Results) -> Plan {
        let path = folder.join("texts.csv");
        let row = |index: usize| format!("{} film {index},{}", "good ".repeat(1 + index % 7), index % 2);
        let rows: Vec<String> = (0..30).map(row).collect();
        std::fs::write(&path, format!("text,label\n{}\n", rows.join("\n"))).unwrap();
        let fixture = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/bert");
        Plan {
            checkpoint: Arc::new(Checkpoint::load(&fixture).unwrap()),
            dataset: Arc::new(crate::data::read(&path, &ReadOptions::default()).unwrap()),
            basis: Basis::for_tests("texts"),
            specs: specs.iter().map(|spec| StrategySpec::parse(spec).unwrap()).collect(),
            results: results.clone(),
        }
    }

    /// The runs, and how much work was done for them, shared work included.
    fn runs_of(plan: &Plan) -> (Vec<Arc<StrategyRun>>, SharedWork) {
        let (mut runs, mut work) = (Vec::new(), SharedWork::default());
        let told = plan.run(&Ticket::detached(), |step| {
            match step {
                Step::Ground(_) => {}
                Step::Run(run, so_far) => {
                    runs.push(run);
                    work = so_far;
                }
                Step::Failed(reason) => return Err(Failure::Failed(reason)),
            }
            Ok(())
        });
        assert_eq!(told, Ok(()), "every strategy runs");
        (runs, work)
    }

    #[test]
    fn what_one_view_has_run_another_does_not_run_again() {
        let folder = tempfile::tempdir().unwrap();
        let results = Results::default();
        let sweep = plan(folder.path(), &["tome:r=1", "ltp", "power_bert"], &results);
        let (first, work) = runs_of(&sweep);
        assert!(
            work.shared > 0 && work.shared < work.separate,
            "ltp and power_bert go on from the dense run: {work:?}"
        );
        let (again, work) = runs_of(&plan(folder.path(), &["power_bert", "tome:r=1"], &results));
        assert_eq!(work.separate, 0, "nothing was computed, not even the dense run");
        assert!(Arc::ptr_eq(&again[0], &first[2]) && Arc::ptr_eq(&again[1], &first[0]), "the very runs");
        let ground = results.ground(&sweep.basis).expect("it was kept");
        let run = &first[2];
        let texts = (&*ground.prepared, &*ground.chunk);
        let alone = evaluation::run_strategy(&Ticket::detached(), &sweep.checkpoint, texts, &run.spec, |_| {});
        assert_eq!(alone.unwrap().results, run.results, "as if it had run alone");
    }
}
