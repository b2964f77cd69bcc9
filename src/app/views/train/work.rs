//! The training in the background.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use std::time::Instant;

use crate::app::work::context::WorkContext;
use crate::app::work::slot::Failure;
use crate::app::work::slot::error_chain;
use crate::app::work::slot::leaving_a_core;
use crate::app::work::stream::End;
use crate::app::work::stream::Outlet;
use crate::app::work::stream::Stream;
use crate::data::Dataset;
use crate::data::DatasetIndex;
use crate::data::DrawOrder;
use crate::jobs::Progress;
use crate::jobs::Ticket;
use crate::model::Checkpoint;
use crate::model::LoadOptions;
use crate::model::find_model;
use crate::pruning::StrategySpec;
use crate::training;
use crate::training::CurvePoint;
use crate::training::DevPoint;
use crate::training::Existing;
use crate::training::TrainEvent;
use crate::training::TrainOptions;
use crate::training::TrainingData;
use crate::training::TrainingFolder;

/// News are told so often at most.
const EVERY: Duration = Duration::from_millis(100);
/// News that wait to be looked at.
const ROOM: usize = 64;

/// What is asked for.
#[derive(Clone, Debug)]
pub(crate) enum TrainRequest {
    /// Begins, or goes on.
    Start(Box<Wanted>),
    /// Ends what runs; the best so far stays.
    Stop,
}

/// A training that is wanted.
#[derive(Clone, Debug)]
pub(crate) struct Wanted {
    /// Method, mode, epochs and so on.
    pub(crate) options: TrainOptions,
    /// Texts to learn from at most.
    pub(crate) rows: usize,
    /// Where the policy goes.
    pub(crate) folder: PathBuf,
    /// What is done with a training that is there.
    pub(crate) existing: Existing,
}

/// How far a training is.
#[derive(Clone, Debug, Default)]
pub(crate) struct Standing {
    /// Where the policy goes.
    pub(crate) folder: PathBuf,
    /// Name of the method.
    pub(crate) name: &'static str,
    /// Texts that are learned from, and those that decide.
    pub(crate) texts: (usize, usize),
    /// Steps taken, and in all.
    pub(crate) steps: (usize, usize),
    /// What is left by the pace so far.
    pub(crate) left: Option<Duration>,
    /// The curves.
    pub(crate) curve: Vec<CurvePoint>,
    /// The best so far: what lies in the folder.
    pub(crate) best: Option<DevPoint>,
    /// The policy of `best`, as it lies in the folder.
    pub(crate) spec: Option<StrategySpec>,
    /// Accuracy of the dense model on the texts that decide.
    pub(crate) dense_accuracy: f64,
    /// How it ended; `None` while it runs.
    pub(crate) end: Option<Ended>,
}

/// How a training ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Ended {
    /// All steps were taken, or nothing got better any more.
    Finished,
    /// A person stopped it.
    Stopped,
    /// There is a training in the folder already.
    Exists,
    /// It failed.
    Failed(String),
}

/// What the work tells.
enum News {
    Texts(usize, usize),
    Event(Box<Standing>),
    Exists,
    Stopped,
}

/// The view's work.
#[derive(Default)]
pub(crate) struct TrainWork {
    stream: Stream<(), News>,
    standing: Option<Standing>,
}

impl TrainWork {
    /// Starts or stops what was asked for.
    pub(crate) fn handle(&mut self, request: TrainRequest, context: &WorkContext<'_>) {
        match request {
            TrainRequest::Stop => self.stop(),
            TrainRequest::Start(wanted) => self.start(*wanted, context),
        }
    }

    fn start(&mut self, wanted: Wanted, context: &WorkContext<'_>) {
        let (Some(checkpoint), Some(dataset)) = (&context.checkpoint, &context.dataset) else { return };
        let name = wanted.options.settings.method().name;
        self.standing = Some(Standing { folder: wanted.folder.clone(), name, ..Standing::default() });
        let options = LoadOptions { max_tokens: Some(checkpoint.model.config.max_tokens), ..LoadOptions::default() };
        let (model, dataset) = (context.project.model.clone(), Arc::clone(dataset));
        self.stream.start((), ("train", ROOM), Arc::clone(&context.wake), move |ticket, outlet| {
            leaving_a_core(|| train(ticket, outlet, (&model, options), (&dataset, &wanted)))
        });
    }

    /// Takes in what was told; called once a frame.
    pub(crate) fn poll(&mut self) {
        let Some(arrived) = self.stream.poll() else { return };
        let Some(standing) = &mut self.standing else { return };
        for news in arrived.items {
            match news {
                News::Texts(train, dev) => standing.texts = (train, dev),
                News::Event(event) => {
                    let mut curve = std::mem::take(&mut standing.curve);
                    curve.extend(event.curve.iter().cloned());
                    let (folder, name, texts) = (standing.folder.clone(), standing.name, standing.texts);
                    *standing = Standing { folder, name, texts, curve, ..*event };
                }
                News::Exists => standing.end = Some(Ended::Exists),
                News::Stopped => standing.end = Some(Ended::Stopped),
            }
        }
        if let Some(end) = arrived.end
            && standing.end.is_none()
        {
            standing.end = Some(match end {
                End::Finished => Ended::Finished,
                End::Stopped => Ended::Stopped,
                End::Failed(reason) => Ended::Failed(reason),
            });
        }
    }

    /// How far the training is that runs, or ran last.
    pub(crate) fn standing(&self) -> Option<&Standing> {
        self.standing.as_ref()
    }

    /// How far the work is; `None` when nothing runs.
    pub(crate) fn progress(&self) -> Option<Progress> {
        let progress = self.stream.progress()?;
        let standing = self.standing.as_ref().filter(|standing| standing.steps.1 > 0);
        Some(standing.map_or(progress, |standing| Progress {
            done: standing.steps.0 as u64,
            total: Some(standing.steps.1 as u64),
            stage: standing.name.to_owned(),
        }))
    }

    /// Asks the training to stop; the best so far stays.
    pub(crate) fn stop(&self) {
        self.stream.stop();
    }
}

fn train(
    ticket: &Ticket,
    outlet: &Outlet<News>,
    (model, load): (&std::path::Path, LoadOptions),
    (dataset, wanted): (&Dataset, &Wanted),
) -> Result<(), Failure> {
    let failed = |err: &dyn std::error::Error| {
        if ticket.is_cancelled() { Failure::Cancelled } else { Failure::Failed(error_chain(err)) }
    };
    // Of its own: a trained model must not change the one that the window shows.
    let name = model.to_str().ok_or_else(|| Failure::Failed("the path is not valid text".to_owned()))?;
    let folder = find_model(name).map_err(|err| failed(&err))?;
    let checkpoint = Checkpoint::load_with(&folder, load).map_err(|err| failed(&err))?;
    let drawn = drawn(dataset, wanted.rows, wanted.options.seed);
    let data =
        TrainingData::prepare(ticket, &checkpoint, &drawn, None, wanted.options.seed).map_err(|err| failed(&err))?;
    outlet.send(News::Texts(data.train.len(), data.dev.0.len()))?;
    let folder = match TrainingFolder::open(&wanted.folder, wanted.existing) {
        Err(training::Error::Exists { .. }) => return outlet.send(News::Exists),
        opened => opened.map_err(|err| failed(&err))?,
    };
    let (mut told, mut last) = (0, None::<Instant>);
    let (mut best, mut spec) = (None::<DevPoint>, None::<StrategySpec>);
    let mut tell = |event: &TrainEvent<'_>| {
        let is_last = event.step == event.steps;
        let is_better = best.as_ref() != event.best;
        if !is_last && !is_better && last.is_some_and(|last| last.elapsed() < EVERY) {
            return;
        }
        last = Some(Instant::now());
        if best.as_ref() != event.best {
            best = event.best.cloned();
            spec = StrategySpec::read_policy(&wanted.folder).ok();
        }
        let standing = Standing { spec: spec.clone(), ..standing_of(event, told.min(event.curve.len())) };
        told = event.curve.len();
        // Where nobody looks any more the ticket is cancelled too.
        drop(outlet.send(News::Event(Box::new(standing))));
    };
    let trained = training::train(ticket, checkpoint, &data, &wanted.options, &folder, &mut tell);
    let trained = trained.map_err(|err| failed(&err))?;
    if trained.is_stopped { outlet.send(News::Stopped) } else { Ok(()) }
}

/// With the points of the curves that are new.
fn standing_of(event: &TrainEvent<'_>, from: usize) -> Standing {
    Standing {
        steps: (event.step, event.steps),
        left: event.left,
        curve: event.curve[from..].to_vec(),
        best: event.best.cloned(),
        dense_accuracy: event.dense_accuracy,
        ..Standing::default()
    }
}

/// At most so many rows, drawn at random by whole clusters and in proportion within labels.
fn drawn(dataset: &Dataset, rows: usize, seed: u64) -> Dataset {
    if rows >= dataset.len() {
        return dataset.clone();
    }
    let order = DrawOrder::new(&DatasetIndex::of(dataset, usize::MAX), seed);
    let mut drawn: Vec<u32> = order.rows()[..order.prefix(rows)].to_vec();
    drawn.sort_unstable();
    let examples = drawn.iter().filter_map(|&row| dataset.examples.get(row as usize).cloned()).collect();
    Dataset { examples, ..dataset.clone() }
}
