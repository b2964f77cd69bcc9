//! The loop: batches, steps, dev runs, the best so far.

use std::time::Instant;
use std::time::SystemTime;
use std::time::UNIX_EPOCH;

use candle_core::DType;
use candle_core::Tensor;
use serde_json::Value;
use serde_json::json;

use crate::evaluation::Answer;
use crate::evaluation::Prepared;
use crate::input::Sequence;
use crate::jobs::Progress;
use crate::jobs::Ticket;
use crate::model::Checkpoint;
use crate::pruning::ArtifactPlaces;
use crate::pruning::StrategySpec;
use crate::training::BACKBONE;
use crate::training::CurvePoint;
use crate::training::DevPoint;
use crate::training::Error;
use crate::training::Group;
use crate::training::Learned;
use crate::training::Method;
use crate::training::Mode;
use crate::training::Settings;
use crate::training::Setup;
use crate::training::SoftModel;
use crate::training::Step;
use crate::training::TrainEvent;
use crate::training::TrainingData;
use crate::training::TrainingFolder;
use crate::training::batches::Purpose;
use crate::training::batches::batches;
use crate::training::batches::generator;
use crate::training::dev;
use crate::training::dev::DevSet;
use crate::training::error::at;
use crate::training::event::Pace;
use crate::training::folder::at_file;
use crate::training::folder::safetensors;
use crate::training::optimizer::AdamW;
use crate::training::state;

/// Hears how far a training is, after every step.
pub type OnEvent<'a> = dyn FnMut(&TrainEvent<'_>) + 'a;

/// How a training goes.
#[derive(Clone, Debug)]
pub struct TrainOptions {
    /// The method and what it is set to.
    pub settings: Settings,
    /// What is learned.
    pub mode: Mode,
    /// Times that every text comes.
    pub epochs: usize,
    /// Texts of a step.
    pub batch: usize,
    /// Largest learning rate of the model's own weights, in joint mode.
    pub backbone_rate: f64,
    /// Share of the steps in which learning rates rise; they fall in a line after that.
    pub warm_up: f64,
    /// Largest norm of the gradient of a group.
    pub clip: f64,
    /// Times that the dev set is run in each epoch.
    pub dev_runs: usize,
    /// Dev runs without a better one after which the training stops; `None` = never.
    pub patience: Option<usize>,
    /// Accuracy that may be lost: of the points that lose less, the one that saves most is kept.
    pub max_loss: f64,
    /// Of batches and noise.
    pub seed: u64,
    /// What was typed, program first, for the manifest.
    pub command_line: Vec<String>,
}

impl TrainOptions {
    /// The usual ones of a method.
    #[must_use]
    pub fn new(settings: Settings) -> Self {
        let method = settings.method();
        Self {
            mode: method.modes.first().copied().unwrap_or(Mode::Frozen),
            epochs: method.epochs,
            backbone_rate: method.backbone_rate,
            settings,
            batch: 32,
            warm_up: 0.06,
            clip: 1.0,
            dev_runs: 2,
            patience: None,
            max_loss: 0.01,
            seed: 0,
            command_line: Vec::new(),
        }
    }

    /// What a resumed training must agree with, beside model and data.
    fn fingerprint(&self) -> Value {
        json!({
            "learn": self.settings.to_string(),
            "mode": self.mode.id(),
            "epochs": self.epochs,
            "batch": self.batch,
            "backbone_rate": self.backbone_rate,
            "warm_up": self.warm_up,
            "clip": self.clip,
            "dev_runs": self.dev_runs,
            "patience": self.patience,
            "max_loss": self.max_loss,
            "seed": self.seed,
        })
    }
}

/// How a training ended.
#[derive(Clone, Debug)]
pub struct Trained {
    /// The policy's spec, as everybody can run it now; `None` where the training was stopped before the first dev run.
    pub spec: Option<StrategySpec>,
    /// The chosen point.
    pub best: Option<DevPoint>,
    /// The dense model's accuracy on the dev set.
    pub dense_accuracy: f64,
    /// The curves.
    pub curve: Vec<CurvePoint>,
    /// Whether it was stopped before its end, by a person.
    pub is_stopped: bool,
}

/// Trains a method on a model; the folder holds the best policy so far at any time.
///
/// A stop keeps the best so far, and the state to go on from.
///
/// # Errors
/// Those of the method, of the engine on the dev set and of the folder; [`Error::Resume`] where the training that is to go on
/// was another one.
pub fn train(
    ticket: &Ticket,
    checkpoint: Checkpoint,
    data: &TrainingData,
    options: &TrainOptions,
    folder: &TrainingFolder,
    on_event: &mut OnEvent<'_>,
) -> Result<Trained, Error> {
    let mut trainer = Trainer::new(ticket, checkpoint, data, options, folder)?;
    if folder.is_resumed() {
        state::restore(&mut trainer)?;
    }
    trainer.go_on(on_event)
}

/// What a curve's point is the mean of.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Sums {
    pub(super) steps: f64,
    pub(super) task: f64,
    pub(super) pruning: Option<f64>,
}

/// A training under way.
pub(super) struct Trainer<'a> {
    ticket: &'a Ticket,
    pub(super) folder: &'a TrainingFolder,
    options: &'a TrainOptions,
    data: &'a TrainingData,
    /// Its model becomes the trained one in joint mode.
    checkpoint: Checkpoint,
    model: SoftModel,
    pub(super) method: Box<dyn Method>,
    pub(super) optimizer: AdamW,
    dev: DevSet<'a>,
    dense_accuracy: f64,
    /// Dense logits of every training text, where the method asks for them. Shape: `[texts]` of `[labels]`.
    teacher: Option<Vec<Vec<f32>>>,
    steps_per_epoch: usize,
    /// Steps taken.
    pub(super) step: usize,
    pub(super) curve: Vec<CurvePoint>,
    pub(super) sums: Sums,
    pub(super) best: Option<DevPoint>,
    /// Dev runs since the best one.
    pub(super) runs_since_best: usize,
    pace: Pace,
}

impl<'a> Trainer<'a> {
    fn new(
        ticket: &'a Ticket,
        checkpoint: Checkpoint,
        data: &'a TrainingData,
        options: &'a TrainOptions,
        folder: &'a TrainingFolder,
    ) -> Result<Self, Error> {
        let info = options.settings.method();
        if !info.modes.contains(&options.mode) {
            let expected = info.modes.iter().map(|mode| mode.id()).collect::<Vec<_>>().join(" or ");
            return Err(Error::NoMode { method: info.id, got: options.mode.id(), expected });
        }
        stage(ticket, "running the dense model");
        let dev = DevSet::new(ticket, &checkpoint, (&data.dev.0, &data.dev.1))?;
        let model = match options.mode {
            Mode::Frozen => SoftModel::frozen(&checkpoint.model, DType::F32)?,
            Mode::Joint => SoftModel::trainable_but(&checkpoint.model, DType::F32, &["embeddings."])?,
        };
        let steps_per_epoch = data.train.len().div_ceil(options.batch.max(1));
        let setup = Setup {
            model: &model,
            shape: &checkpoint.model.config.shape,
            mode: options.mode,
            settings: &options.settings,
            epochs: options.epochs,
            steps_per_epoch,
            seed: options.seed,
            tokens: data.tokens(),
        };
        let method = (info.build)(&setup)?;
        let mut groups = method.groups();
        if options.mode == Mode::Joint {
            groups.push(Group {
                name: BACKBONE,
                variables: model.parameters().to_vec(),
                learning_rate: options.backbone_rate,
                weight_decay: 0.01,
            });
        }
        let teacher = info.needs_teacher.then(|| dense_logits(ticket, &checkpoint, data)).transpose()?;
        let dense_accuracy = dev.dense_summary().accuracy.value().unwrap_or(f64::NAN);
        Ok(Self {
            ticket,
            folder,
            options,
            data,
            checkpoint,
            model,
            method,
            optimizer: AdamW::new(groups),
            dev,
            dense_accuracy,
            teacher,
            steps_per_epoch,
            step: 0,
            curve: Vec::new(),
            sums: Sums::default(),
            best: None,
            runs_since_best: 0,
            pace: Pace::default(),
        })
    }

    fn steps(&self) -> usize {
        self.steps_per_epoch * self.options.epochs
    }

    /// Steps between two dev runs.
    fn dev_every(&self) -> usize {
        self.steps_per_epoch.div_ceil(self.options.dev_runs.max(1)).max(1)
    }

    fn is_dev_due(&self) -> bool {
        let in_epoch = self.step % self.steps_per_epoch;
        in_epoch == 0 || in_epoch.is_multiple_of(self.dev_every())
    }

    /// What a resumed training must agree with.
    pub(super) fn fingerprint(&self) -> Value {
        json!({
            "options": self.options.fingerprint(),
            "model": self.checkpoint.model.weights_hash,
            "train": self.data.train_hash,
            "dev": self.data.dev_hash,
            "texts": self.data.train.len(),
            "dev_texts": self.data.dev.1.len(),
        })
    }

    fn go_on(mut self, on_event: &mut OnEvent<'_>) -> Result<Trained, Error> {
        let lengths: Vec<usize> = self.data.train.iter().map(|(text, _)| text.units.len()).collect();
        let first_epoch = self.step / self.steps_per_epoch;
        let mut is_stopped = false;
        'epochs: for epoch in first_epoch..self.options.epochs {
            self.method.begin_epoch(epoch)?;
            let batches = batches(&lengths, self.options.batch, (self.options.seed, epoch));
            let done = self.step - epoch * self.steps_per_epoch;
            for (number, batch) in batches.iter().enumerate().skip(done) {
                if self.ticket.is_cancelled() {
                    is_stopped = true;
                    break 'epochs;
                }
                self.take_step(epoch, batch)?;
                if self.is_dev_due() {
                    match self.decide(epoch) {
                        Err(stop) if stop.is_stop() => {
                            is_stopped = true;
                            break 'epochs;
                        }
                        outcome => outcome?,
                    }
                    state::save(&self)?;
                }
                self.tell(epoch, &batches[number + 1..], &lengths, on_event);
                if self.options.patience.is_some_and(|patience| self.runs_since_best >= patience.max(1)) {
                    break 'epochs;
                }
            }
        }
        self.end(is_stopped)
    }

    fn take_step(&mut self, epoch: usize, batch: &[usize]) -> Result<(), Error> {
        let started = Instant::now();
        let texts: Vec<&Sequence> = batch.iter().map(|&text| &self.data.train[text].0).collect();
        let answers: Vec<&Answer> = batch.iter().map(|&text| &self.data.train[text].1).collect();
        let teacher = self.teacher.as_ref().map(|teacher| rows_of(teacher, batch)).transpose()?;
        let mut random = generator(self.options.seed, Purpose::Noise, self.step);
        let mut step = Step {
            model: &self.model,
            head: self.checkpoint.model.config.head,
            texts: &texts,
            answers: &answers,
            teacher: teacher.as_ref(),
            epoch,
            step: self.step,
            steps: self.steps_per_epoch * self.options.epochs,
            random: &mut random,
        };
        let schedule = schedule(self.step, self.steps(), self.options.warm_up);
        let (method, optimizer, clip) = (&mut self.method, &mut self.optimizer, self.options.clip);
        // Enters the thread pool once: a thread outside of it would wake one of its threads at every parallel operation.
        let loss = rayon::scope(|_| {
            let loss = method.loss(&mut step)?;
            optimizer.step(&loss, schedule, clip)?;
            method.after_step()?;
            Ok::<_, Error>(loss)
        })?;
        self.step += 1;
        self.sums.steps += 1.0;
        self.sums.task += loss.task;
        if let Some(pruning) = loss.pruning {
            self.sums.pruning = Some(self.sums.pruning.unwrap_or(0.0) + pruning);
        }
        self.pace.step(texts.iter().map(|text| text.units.len()).sum(), started.elapsed());
        if self.step.is_multiple_of(self.curve_every()) && !self.is_dev_due() {
            let point = self.curve_point(None);
            self.curve.push(point);
        }
        Ok(())
    }

    /// Steps between two points of the curve: some two hundred in all.
    fn curve_every(&self) -> usize {
        self.steps().div_ceil(200).max(1)
    }

    fn curve_point(&mut self, dev: Option<DevPoint>) -> CurvePoint {
        let sums = std::mem::take(&mut self.sums);
        let steps = sums.steps.max(1.0);
        CurvePoint {
            step: self.step,
            epoch: self.step as f64 / self.steps_per_epoch as f64,
            task_loss: sums.task / steps,
            pruning_loss: sums.pruning.map(|pruning| pruning / steps),
            dev,
        }
    }

    /// Runs what was learned on the dev set, and keeps it if it is the best.
    fn decide(&mut self, epoch: usize) -> Result<(), Error> {
        let started = Instant::now();
        let learned = self.method.learned()?;
        if self.options.mode == Mode::Joint {
            self.checkpoint.model = self.model.to_model(&self.checkpoint.model)?;
        }
        let spec = self.candidate(&learned)?;
        let (point, summary) = self.dev.run(self.ticket, &self.checkpoint, &spec)?;
        self.pace.dev_run(started.elapsed());
        let is_final = self.method.is_final(epoch);
        let is_better = self.best.as_ref().is_none_or(|best| point.is_better(best, self.options.max_loss));
        if is_final && is_better {
            let expected = dev::expected(&summary, &self.dev.dense_summary());
            let policy = self.policy(&learned, &expected);
            self.folder.write_policy(&policy, &learned.tensors)?;
            self.best = Some(point.clone());
            self.runs_since_best = 0;
        } else if is_final {
            self.runs_since_best += 1;
        }
        let point = self.curve_point(Some(point));
        self.curve.push(point);
        self.folder.write_curves(&self.curve)
    }

    /// The spec of what was learned, its weights beside the state.
    fn candidate(&self, learned: &Learned) -> Result<StrategySpec, Error> {
        let path = self.folder.beside_state("pruner.safetensors")?;
        if !learned.tensors.is_empty() {
            crate::disk::write_file(&path, &safetensors(&learned.tensors)?).map_err(at_file(&path))?;
        }
        let places = ArtifactPlaces::beside(path.parent().unwrap_or(&path));
        Ok(StrategySpec::parse_with(&learned.spec, &places)?)
    }

    fn policy(&self, learned: &Learned, expected: &Value) -> Value {
        let (prepared, data): (&Prepared, _) = (&self.data.dev.0, self.data);
        json!({
            "schema": 1,
            "spec": learned.spec,
            "learned": {
                "method": self.options.settings.to_string(),
                "mode": self.options.mode.id(),
                "step": self.step,
                "steps": self.steps(),
                "seed": self.options.seed,
                "max_loss": self.options.max_loss,
            },
            "model": { "weights_sha256": self.checkpoint.model.weights_hash, "family": self.checkpoint.model.config.family.id() },
            "backbone": (self.options.mode == Mode::Joint).then_some("model"),
            "data": {
                "train_sha256": data.train_hash,
                "train_texts": data.train.len(),
                "dev_sha256": data.dev_hash,
                "dev": data.dev_hash.as_ref().map_or("held out of the training file", |_| "a file of its own"),
                "dev_texts": prepared.total(),
            },
            "expected": expected,
        })
    }

    fn manifest(&self, is_stopped: bool) -> Value {
        let mut manifest = json!({ "schema": 1, "program": "prunescope", "version": env!("CARGO_PKG_VERSION") });
        if let (Some(all), Some(training)) = (manifest.as_object_mut(), self.fingerprint().as_object()) {
            all.extend(training.clone());
        }
        let since = SystemTime::now().duration_since(UNIX_EPOCH);
        manifest["created_unix_secs"] = since.map_or(0, |since| since.as_secs()).into();
        manifest["command_line"] = self.options.command_line.clone().into();
        manifest["threads"] = rayon::current_num_threads().into();
        manifest["partial"] = is_stopped.into();
        manifest["steps"] = self.step.into();
        manifest
    }

    fn tell(&self, epoch: usize, rest: &[Vec<usize>], lengths: &[usize], on_event: &mut OnEvent<'_>) {
        let rows_of_epoch: usize = lengths.iter().sum();
        let epochs_left = self.options.epochs - epoch - 1;
        let rows = rest.iter().flatten().map(|&text| lengths[text]).sum::<usize>() + epochs_left * rows_of_epoch;
        let dev_runs = rest.len().div_ceil(self.dev_every()) + epochs_left * self.options.dev_runs;
        let event = TrainEvent {
            step: self.step,
            steps: self.steps(),
            epoch: epoch + 1,
            epochs: self.options.epochs,
            left: self.pace.left(rows as u64, dev_runs),
            curve: &self.curve,
            best: self.best.as_ref(),
            dense_accuracy: self.dense_accuracy,
        };
        let stage =
            format!("training {}, epoch {} of {}", self.options.settings.method().id, epoch + 1, self.options.epochs);
        self.ticket.report(Progress { done: self.step as u64, total: Some(self.steps() as u64), stage });
        on_event(&event);
    }

    fn end(self, is_stopped: bool) -> Result<Trained, Error> {
        if !is_stopped {
            self.folder.drop_state()?;
        }
        self.folder.write_curves(&self.curve)?;
        self.folder.write_manifest(&self.manifest(is_stopped))?;
        let policy = self.folder.path().join("policy.json");
        let spec = self.best.as_ref().map(|_| StrategySpec::read_policy(&policy)).transpose();
        Ok(Trained { spec: spec?, best: self.best, dense_accuracy: self.dense_accuracy, curve: self.curve, is_stopped })
    }
}

/// The share of the learning rates at a step: a rise from near 0, then a fall in a line to near 0.
fn schedule(step: usize, steps: usize, warm_up: f64) -> f64 {
    let (at, rise) = (step as f64 + 1.0, (steps as f64 * warm_up).max(1.0));
    if at <= rise { at / rise } else { (steps as f64 + 1.0 - at) / (steps as f64 + 1.0 - rise) }
}

fn stage(ticket: &Ticket, stage: &str) {
    ticket.report(Progress { done: 0, total: None, stage: stage.to_owned() });
}

/// Shape: `[batch, labels]`.
fn rows_of(teacher: &[Vec<f32>], batch: &[usize]) -> Result<Tensor, Error> {
    let labels = teacher.first().map_or(0, Vec::len);
    let values: Vec<f32> = batch.iter().flat_map(|&text| teacher[text].iter().copied()).collect();
    Tensor::from_vec(values, (batch.len(), labels), &candle_core::Device::Cpu).map_err(at("the teacher"))
}

/// The engine's dense logits of the training texts.
fn dense_logits(ticket: &Ticket, checkpoint: &Checkpoint, data: &TrainingData) -> Result<Vec<Vec<f32>>, Error> {
    stage(ticket, "running the dense model");
    let dense = StrategySpec::default_for("dense")?;
    let pruner = dense.build(&checkpoint.model.config.shape)?;
    let lengths: Vec<usize> = data.train.iter().map(|(text, _)| text.units.len()).collect();
    let mut logits = vec![Vec::new(); lengths.len()];
    for batch in crate::engine::plan_batches(&lengths, 2048) {
        let texts: Vec<&Sequence> = batch.iter().map(|&text| &data.train[text].0).collect();
        let outcomes =
            crate::engine::run(ticket, &checkpoint.model, &texts, &*pruner, crate::engine::RunDetail::Counts);
        for (text, outcome) in batch.iter().zip(outcomes.map_err(|source| Error::Engine { source: Box::new(source) })?)
        {
            logits[*text] = outcome.logits;
        }
    }
    Ok(logits)
}
