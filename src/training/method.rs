//! What a learned strategy brings, and what the trainer does for it.
//!
//! A [`Method`] has variables and a loss; the trainer has batches, an optimizer, dev sets, files. Once in a while the trainer
//! asks the method for what it has learned ([`Learned`]): a spec, with weights where there are any, which the engine runs on
//! the dev set as everybody will run it. A number that is shown was never measured on the soft pass.

use candle_core::Tensor;
use candle_core::Var;
use rand_chacha::ChaCha8Rng;

use crate::evaluation::Answer;
use crate::input::Sequence;
use crate::model::HeadKind;
use crate::tensor::ModelShape;
use crate::training::Error;
use crate::training::SoftModel;
use crate::training::batches::uniform;
use crate::training::losses;

/// What is learned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Thresholds, gates or predictors alone; the model stays what it is.
    Frozen,
    /// The model's layers and head too, its embeddings excepted.
    Joint,
}

impl Mode {
    /// As it is typed and written.
    #[must_use]
    pub fn id(self) -> &'static str {
        match self {
            Self::Frozen => "frozen",
            Self::Joint => "joint",
        }
    }
}

/// A number that can be set: `--learn ltp:lambda=0.1`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Setting {
    /// As it is typed.
    pub name: &'static str,
    /// Unless set.
    pub default: f64,
    /// The smallest that makes sense.
    pub min: f64,
    /// The largest.
    pub max: f64,
    /// What it does, in a sentence without a full stop.
    pub doc: &'static str,
}

/// A learned strategy as listed.
#[derive(Debug)]
pub struct MethodInfo {
    /// As typed after `--learn`.
    pub id: &'static str,
    /// For people.
    pub name: &'static str,
    /// One line: what is learned.
    pub summary: &'static str,
    /// Authors, title, year.
    pub paper: &'static str,
    /// Where to read it.
    pub url: &'static str,
    /// What differs from the authors'.
    pub deviations: &'static str,
    /// The modes it has, the usual one first.
    pub modes: &'static [Mode],
    /// Epochs unless asked for.
    pub epochs: usize,
    /// Learning rate of the model's own weights in [`Mode::Joint`].
    pub backbone_rate: f64,
    /// What can be set.
    pub settings: &'static [Setting],
    /// Whether [`Step::teacher`] is needed: the dense logits of the model that training starts from.
    pub needs_teacher: bool,
    /// Makes the method ready for a model.
    pub build: fn(&Setup<'_>) -> Result<Box<dyn Method>, Error>,
}

impl MethodInfo {
    /// What the method is set to.
    ///
    /// # Errors
    /// [`Error::Setting`] if there is no such setting, or a value is none or outside of its range.
    pub fn settings(&'static self, typed: &[(String, String)]) -> Result<Settings, Error> {
        let mut values: Vec<(&'static str, f64)> =
            self.settings.iter().map(|setting| (setting.name, setting.default)).collect();
        for (name, text) in typed {
            let Some(index) = self.settings.iter().position(|setting| setting.name == name) else {
                let expected = self.settings.iter().map(|setting| setting.name).collect::<Vec<_>>().join(", ");
                return Err(Error::NoSetting { method: self.id, got: name.clone(), expected });
            };
            let setting = self.settings[index];
            let value = text.trim().parse().ok().filter(|value: &f64| (setting.min..=setting.max).contains(value));
            values[index].1 = value.ok_or_else(|| Error::Setting {
                method: self.id,
                name: setting.name,
                expected: format!("a number from {} to {}", setting.min, setting.max),
                got: text.clone(),
            })?;
        }
        Ok(Settings { method: self, values })
    }
}

/// A method with its settings, as typed after `--learn`.
#[derive(Clone, Debug)]
pub struct Settings {
    method: &'static MethodInfo,
    values: Vec<(&'static str, f64)>,
}

impl Settings {
    /// Which method.
    #[must_use]
    pub fn method(&self) -> &'static MethodInfo {
        self.method
    }

    /// A setting's value; not a number where the method has none of this name, which its own test would show.
    #[must_use]
    pub fn get(&self, name: &str) -> f64 {
        self.values.iter().find(|(known, _)| *known == name).map_or(f64::NAN, |(_, value)| *value)
    }

    /// All of them, in the method's order.
    #[must_use]
    pub fn values(&self) -> &[(&'static str, f64)] {
        &self.values
    }
}

impl std::fmt::Display for Settings {
    /// `ltp:lambda=0.1,temperature=0.3`: every setting, as `--learn` reads it.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.method.id)?;
        for (index, (name, value)) in self.values.iter().enumerate() {
            write!(f, "{}{name}={value}", if index == 0 { ':' } else { ',' })?;
        }
        Ok(())
    }
}

/// What a method is made from.
#[derive(Clone, Copy, Debug)]
pub struct Setup<'a> {
    /// The model that is trained, or stays as it is.
    pub model: &'a SoftModel,
    /// Its sizes.
    pub shape: &'a ModelShape,
    /// What is learned.
    pub mode: Mode,
    /// What the method is set to.
    pub settings: &'a Settings,
    /// Epochs in all.
    pub epochs: usize,
    /// Steps of each epoch.
    pub steps_per_epoch: usize,
    /// For what begins at random.
    pub seed: u64,
    /// Tokens of the training texts in the mean, and of the longest.
    pub tokens: (f64, usize),
}

/// Variables that share a learning rate.
#[derive(Clone, Debug)]
pub struct Group {
    /// By which objectives name it; `backbone` is the trainer's own, the model's weights in [`Mode::Joint`].
    pub name: &'static str,
    /// With the names they have in files, no two alike in a method.
    pub variables: Vec<(String, Var)>,
    /// At the top of the schedule. A negative rate goes up the gradient instead of down: for multipliers of constraints.
    pub learning_rate: f64,
    /// `AdamW`'s, taken off directly.
    pub weight_decay: f64,
}

/// The name of the group that the trainer makes of the model's own weights.
pub const BACKBONE: &str = "backbone";

/// Something to be made small, by some of the groups.
#[derive(Clone, Debug)]
pub struct Objective {
    /// Scalar.
    pub loss: Tensor,
    /// Names of the groups that it moves; empty: all of them.
    pub groups: &'static [&'static str],
}

/// The losses of a step.
#[derive(Clone, Debug)]
pub struct StepLoss {
    /// What is made small; gradients of several add up where they meet in a group.
    pub objectives: Vec<Objective>,
    /// What the task's own loss was, for the curve.
    pub task: f64,
    /// What the pruning term was, unweighted, for the curve; `None` where there is none.
    pub pruning: Option<f64>,
}

impl StepLoss {
    /// The usual case: `task + weight * pruning`, for all groups.
    ///
    /// # Errors
    /// [`Error::Step`] where candle fails.
    pub fn sum(task: &Tensor, pruning: Option<(&Tensor, f64)>) -> Result<Self, Error> {
        let at = crate::training::error::at("the loss");
        let loss = match pruning {
            Some((pruning, weight)) => (task + (pruning * weight).map_err(&at)?).map_err(&at)?,
            None => task.clone(),
        };
        Ok(Self {
            objectives: vec![Objective { loss, groups: &[] }],
            task: scalar(task)?,
            pruning: pruning.map(|(pruning, _)| scalar(pruning)).transpose()?,
        })
    }
}

/// A scalar tensor as a number.
///
/// # Errors
/// [`Error::Step`] if it is none.
pub fn scalar(value: &Tensor) -> Result<f64, Error> {
    value
        .to_dtype(candle_core::DType::F64)
        .and_then(|value| value.to_scalar())
        .map_err(crate::training::error::at("reading a loss"))
}

/// A batch, and where in the training it comes.
#[derive(Debug)]
pub struct Step<'a> {
    /// The model that is trained, or stays as it is.
    pub model: &'a SoftModel,
    /// What its outputs mean.
    pub head: HeadKind,
    /// The texts.
    pub texts: &'a [&'a Sequence],
    /// What should be answered. Shape: `[texts]`.
    pub answers: &'a [&'a Answer],
    /// Dense logits of the model that training starts from, where the method needs them. Shape: `[texts, labels]`.
    pub teacher: Option<&'a Tensor>,
    /// Counted from 0.
    pub epoch: usize,
    /// Counted from 0 over all epochs.
    pub step: usize,
    /// Steps of the whole training.
    pub steps: usize,
    /// For noise; the same for the same seed and step, whatever came before.
    pub random: &'a mut ChaCha8Rng,
}

impl Step<'_> {
    /// The loss of these logits against the labels: cross entropy, binary cross entropy over labels, or the squared error;
    /// the mean over texts. Shape: `[texts, labels]` → scalar.
    ///
    /// # Errors
    /// [`Error::Value`] for an answer that the model cannot give, [`Error::Step`] where candle fails.
    pub fn task_loss(&self, logits: &Tensor) -> Result<Tensor, Error> {
        losses::task(logits, self.answers, self.head)
    }

    /// A number from 0 up to but not including 1.
    pub fn uniform(&mut self) -> f64 {
        uniform(self.random)
    }

    /// [`Self::task_loss`] and the distance from the teacher's distribution (temperature 1), mixed: `distill` of the latter.
    ///
    /// # Errors
    /// As [`Self::task_loss`].
    pub fn mixed_loss(&self, logits: &Tensor, distill: f64) -> Result<Tensor, Error> {
        let Some(teacher) = self.teacher.filter(|_| distill > 0.0) else { return self.task_loss(logits) };
        let distance = losses::batch_distillation(logits, teacher, self.head)?;
        if distill >= 1.0 {
            return Ok(distance);
        }
        let task = self.task_loss(logits)?;
        let mixed = || (task * (1.0 - distill))? + (distance * distill)?;
        mixed().map_err(crate::training::error::at("the loss"))
    }
}

/// What was learned, as everybody can run it.
#[derive(Clone, Debug)]
pub struct Learned {
    /// The strategy: `ltp:divisor=1,thresholds=[0,0.1,…]`. Files are named relative to the policy's folder:
    /// `transkimmer:weights=@pruner.safetensors`.
    pub spec: String,
    /// Weights for `pruner.safetensors`, by name; none where the spec says it all.
    pub tensors: Vec<(String, Tensor)>,
}

/// A strategy while it is trained.
pub trait Method: Send {
    /// What is learned beside the model's own weights. Asked for once.
    fn groups(&self) -> Vec<Group>;

    /// The loss of a batch.
    ///
    /// # Errors
    /// Whatever goes wrong on the way.
    fn loss(&mut self, step: &mut Step<'_>) -> Result<StepLoss, Error>;

    /// After the optimizer moved the variables: what keeps them in their range.
    ///
    /// # Errors
    /// [`Error::Step`] where candle fails.
    fn after_step(&mut self) -> Result<(), Error> {
        Ok(())
    }

    /// Before each epoch, a resumed one too: where phases change.
    ///
    /// # Errors
    /// [`Error::Step`] where candle fails.
    fn begin_epoch(&mut self, _epoch: usize) -> Result<(), Error> {
        Ok(())
    }

    /// Whether the method is in a state that may be chosen as the best: not in a phase that only searches.
    fn is_final(&self, _epoch: usize) -> bool {
        true
    }

    /// What has been learned so far.
    ///
    /// # Errors
    /// [`Error::Step`] where candle fails.
    fn learned(&self) -> Result<Learned, Error>;

    /// What a resumed training must know beside the variables, as numbers by name.
    fn memory(&self) -> Vec<(String, Vec<f64>)> {
        Vec::new()
    }

    /// Takes [`Self::memory`] back.
    ///
    /// # Errors
    /// [`Error::Memory`] if something is missing.
    fn recall(&mut self, _memory: &[(String, Vec<f64>)]) -> Result<(), Error> {
        Ok(())
    }
}
