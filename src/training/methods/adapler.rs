//! `adapler`: predictors that learn which tokens matter to the answer, and thresholds that learn how much must.
//!
//! Modarressi et al. 2022, "`AdapLeR`: Speeding up Inference by Adaptive Length Reduction", ACL, sections 3.2 to 3.4.
//! <https://arxiv.org/abs/2203.08991>
//!
//! Predictors are taught saliencies: the size of `x_k` times the gradient of the right answer's logit at the embeddings, as
//! shares of the tokens that are softly there. A token below its threshold is not dropped in training but its attention
//! logits are lowered, the more sharply the later: `e = min(0, lam / delta (alpha - delta) - b, b (alpha - 1) / (1 - delta))`
//! with `b = 0.1 / lam`, and `lam` grows from epoch to epoch. The loss of the predictors is the task's plus `gamma` times the
//! sum over layers of `(L - l) KL(target || alpha)`, that of the thresholds the task's plus `phi` times the tokens that enter.

use candle_core::Tensor;
use candle_core::Var;

use crate::evaluation::Answer;
use crate::training::Error;
use crate::training::Gate;
use crate::training::Group;
use crate::training::LayerView;
use crate::training::Learned;
use crate::training::Method;
use crate::training::MethodInfo;
use crate::training::Mode;
use crate::training::Objective;
use crate::training::Open;
use crate::training::PackedBatch;
use crate::training::Setting;
use crate::training::Setup;
use crate::training::Step;
use crate::training::StepLoss;
use crate::training::error::at;
use crate::training::methods::predictor::Maker;
use crate::training::methods::predictor::SoftTwoLayers;
use crate::training::methods::predictor::mask;
use crate::training::methods::predictor::named;
use crate::training::methods::predictor::normalized_by_text;
use crate::training::methods::predictor::share_that_enters;
use crate::training::methods::predictor::sizes;
use crate::training::methods::predictor::softmax_by_text;
use crate::training::scalar;

pub(super) const INFO: MethodInfo = MethodInfo {
    id: "adapler",
    name: "AdapLeR",
    summary: "Predictors taught by gradients which tokens matter, and thresholds for how much must",
    paper: "Modarressi et al., AdapLeR: Speeding up Inference by Adaptive Length Reduction, ACL 2022",
    url: "https://arxiv.org/abs/2203.08991",
    deviations: "saliencies are those of the model as it is, at every step, instead of once from the best fine-tuning; the \
                 tokens that enter are counted as a share of each text; part of the task loss is the distance from the dense \
                 model; learning rates are higher, for fewer steps",
    modes: &[Mode::Frozen],
    epochs: 3,
    backbone_rate: 3e-5,
    settings: &[
        Setting { name: "gamma", default: 0.05, min: 0.0, max: 100.0, doc: "Weight of the saliencies" },
        Setting { name: "phi", default: 0.3, min: 0.0, max: 100.0, doc: "Weight of the share of tokens that enter" },
        Setting { name: "rate", default: 1e-3, min: 0.0, max: 1.0, doc: "Learning rate of the predictors" },
        Setting { name: "threshold_rate", default: 5e-3, min: 0.0, max: 1.0, doc: "Learning rate of eta and theta" },
        Setting {
            name: "steepness",
            default: 10.0,
            min: 0.1,
            max: 1e4,
            doc: "How sharply tokens fade in the first epoch",
        },
        Setting {
            name: "growth",
            default: 10.0,
            min: 1.0,
            max: 1e3,
            doc: "What steepness is multiplied by in each epoch",
        },
        Setting {
            name: "distill",
            default: 0.5,
            min: 0.0,
            max: 1.0,
            doc: "Share of the task loss that is the distance from the dense model instead of from the labels",
        },
    ],
    needs_teacher: true,
    build,
};

/// What a threshold begins with, and its range.
const FIRST_ETA: f32 = 0.25;
const SMALLEST_ETA: f64 = 0.01;
const LARGEST_ETA: f64 = 1.0;

/// What a learned `theta` counts as at least.
const SMALLEST_THETA: f64 = 0.001;

/// Where attention logits end.
const LOWEST: f64 = -10_000.0;

pub(super) struct AdapLeR {
    predictors: Vec<SoftTwoLayers>,
    /// Shape: `[layers]` and `[layers - 1]`.
    eta: Var,
    theta: Var,
    variables: Vec<(String, Var)>,
    numbers: Numbers,
    /// `lam` of this epoch.
    steepness: f64,
}

struct Numbers {
    gamma: f64,
    phi: f64,
    rate: f64,
    threshold_rate: f64,
    steepness: f64,
    growth: f64,
    distill: f64,
}

fn build(setup: &Setup<'_>) -> Result<Box<dyn Method>, Error> {
    Ok(Box::new(AdapLeR::new(setup).map_err(at("the predictors"))?))
}

impl AdapLeR {
    pub(super) fn new(setup: &Setup<'_>) -> candle_core::Result<Self> {
        let (layers, settings) = (setup.shape.num_layers, setup.settings);
        let mut maker = Maker::new(setup.seed);
        let predictor = |layer| maker.two_layers(&format!("layers.{layer}"), setup.shape.hidden);
        let predictors = (0..layers).map(predictor).collect::<candle_core::Result<Vec<_>>>()?;
        let variables = maker.finish();
        let mut maker = Maker::new(setup.seed);
        let eta = maker.filled("eta".to_owned(), FIRST_ETA, &[layers])?;
        let theta = maker.filled("theta".to_owned(), 1.0, &[layers.saturating_sub(1)])?;
        let numbers = Numbers {
            gamma: settings.get("gamma"),
            phi: settings.get("phi"),
            rate: settings.get("rate"),
            threshold_rate: settings.get("threshold_rate"),
            steepness: settings.get("steepness"),
            growth: settings.get("growth"),
            distill: settings.get("distill"),
        };
        Ok(Self { predictors, eta, theta, variables, steepness: numbers.steepness, numbers })
    }
}

/// Fading tokens, and what they were judged by.
pub(super) struct Gates<'a> {
    pub(super) method: &'a AdapLeR,
    /// Saliencies that the predictors are taught, where they are. Shape: `[rows]`.
    pub(super) saliency: Option<&'a Tensor>,
    /// The sum over layers of `(L - l) KL(target || alpha)`, the mean over texts.
    pub(super) divergence: Option<Tensor>,
    /// Decide as the strategy does, 0 or 1.
    pub(super) hard: bool,
}

impl Gate for Gates<'_> {
    fn before(&mut self, view: &LayerView<'_>) -> Result<Option<Tensor>, Error> {
        self.gates(view).map(Some).map_err(at("the predictors"))
    }
}

impl Gates<'_> {
    fn gates(&mut self, view: &LayerView<'_>) -> candle_core::Result<Tensor> {
        let (method, batch) = (self.method, view.batch);
        let logits = method.predictors[view.layer].apply(view.states)?;
        let plain = softmax_by_text(batch, &logits, view.shares)?;
        let alpha = method.with_theta(view, &plain)?;
        if let Some(saliency) = self.saliency {
            let alive = view.shares.map_or_else(|| Ok(saliency.clone()), |shares| saliency * shares.detach())?;
            let target = method.with_theta(view, &normalized_by_text(batch, &alive)?)?.detach();
            let depth = (method.predictors.len() - view.layer) as f64;
            let divergence = (divergence(&target, &alpha)? * (depth / batch.texts() as f64))?;
            self.divergence = Some(match self.divergence.take() {
                Some(sum) => (sum + divergence)?,
                None => divergence,
            });
        }
        let counts = match view.shares {
            Some(shares) => batch.to_rows(&batch.sum_by_text(shares)?)?,
            None => batch.even_share(alpha.dtype())?.recip()?,
        };
        let delta = method.eta.as_tensor().get(view.layer)?.to_dtype(alpha.dtype())?.broadcast_div(&counts)?;
        let gates = if self.hard {
            alpha.ge(&delta)?.to_dtype(alpha.dtype())?
        } else {
            faded(&alpha, &delta, method.steepness)?
        };
        batch.opened(&gates, &batch.firsts())
    }
}

/// `exp(e)`: what is left of a token with this contribution. Shape: `[rows]` each.
fn faded(alpha: &Tensor, delta: &Tensor, steepness: f64) -> candle_core::Result<Tensor> {
    let bend = 0.1 / steepness;
    let below = (((alpha - delta)? / delta)? * steepness)?.affine(1.0, -bend)?;
    let above = ((alpha - 1.0)? / delta.affine(-1.0, 1.0)?.maximum(1e-6)?)? * bend;
    below.minimum(&above?)?.minimum(0.0)?.maximum(LOWEST)?.exp()
}

/// `sum target ln(target / alpha)`. Scalar.
fn divergence(target: &Tensor, alpha: &Tensor) -> candle_core::Result<Tensor> {
    let logs = (target.maximum(1e-12)?.log()? - alpha.maximum(1e-12)?.log()?)?;
    (target * logs)?.sum_all()
}

impl AdapLeR {
    /// Shares with that of the first token scaled, and brought to sum 1 again; as they are before layer 1. Shape: `[rows]`.
    fn with_theta(&self, view: &LayerView<'_>, shares: &Tensor) -> candle_core::Result<Tensor> {
        let Some(before) = view.layer.checked_sub(1) else { return Ok(shares.clone()) };
        let theta = self.theta.as_tensor().get(before)?.to_dtype(shares.dtype())?.maximum(SMALLEST_THETA)?;
        let firsts = mask(&view.batch.firsts(), shares)?;
        // 1 + (theta - 1) where a row is the first.
        let factors = firsts.broadcast_mul(&(theta - 1.0)?)?.affine(1.0, 1.0)?;
        normalized_by_text(view.batch, &(shares * factors)?)
    }
}

/// The size of each embedding times the gradient there of the right answer's logit. Shape: `[rows]`.
fn saliency(step: &Step<'_>) -> Result<Tensor, Error> {
    let batch = PackedBatch::new(step.texts);
    let embedded = Var::from_tensor(&step.model.embed(&batch)?.detach()).map_err(at("the saliencies"))?;
    let run = step.model.run_states(batch, embedded.as_tensor().clone(), &mut Open)?;
    let found = || {
        let chosen = answered(step.answers, &run.logits)?;
        let gradients = (&run.logits * chosen)?.sum_all()?.backward()?;
        let gradient = match gradients.get(embedded.as_tensor()) {
            Some(gradient) => gradient.clone(),
            None => embedded.as_tensor().zeros_like()?,
        };
        Ok(sizes(&(embedded.as_detached_tensor() * gradient)?)?.sqrt()?.detach())
    };
    found().map_err(at("the saliencies"))
}

/// 1 for the outputs that speak for the right answer. Shape: `[texts, labels]`.
fn answered(answers: &[&Answer], logits: &Tensor) -> candle_core::Result<Tensor> {
    let (texts, labels) = logits.dims2()?;
    let mut chosen = vec![0.0_f32; texts * labels];
    for (row, answer) in chosen.chunks_mut(labels).zip(answers) {
        match answer {
            Answer::Class(class) => row[*class] = 1.0,
            Answer::Labels(said) => said.iter().for_each(|&label| row[label] = 1.0),
            Answer::Value(_) => row.fill(1.0),
        }
    }
    Tensor::from_vec(chosen, (texts, labels), logits.device())?.to_dtype(logits.dtype())
}

impl Method for AdapLeR {
    fn groups(&self) -> Vec<Group> {
        let thresholds = vec![("eta".to_owned(), self.eta.clone()), ("theta".to_owned(), self.theta.clone())];
        let (rate, threshold_rate) = (self.numbers.rate, self.numbers.threshold_rate);
        vec![
            Group { name: "predictors", variables: self.variables.clone(), learning_rate: rate, weight_decay: 0.01 },
            Group { name: "thresholds", variables: thresholds, learning_rate: threshold_rate, weight_decay: 0.0 },
        ]
    }

    fn begin_epoch(&mut self, epoch: usize) -> Result<(), Error> {
        let steps = i32::try_from(epoch).unwrap_or(i32::MAX);
        self.steepness = self.numbers.steepness * self.numbers.growth.powi(steps);
        Ok(())
    }

    fn loss(&mut self, step: &mut Step<'_>) -> Result<StepLoss, Error> {
        let saliency = saliency(step)?;
        let mut gates = Gates { method: self, saliency: Some(&saliency), divergence: None, hard: false };
        let run = step.model.run_batch(step.texts, &mut gates)?;
        let divergence = gates.divergence;
        let task = step.mixed_loss(&run.logits, self.numbers.distill)?;
        let entering = share_that_enters(&run).map_err(at("the loss"))?;
        let taught = || match &divergence {
            Some(divergence) => &task + (divergence * self.numbers.gamma)?,
            None => Ok(task.clone()),
        };
        let cut = || &task + (&entering * self.numbers.phi)?;
        Ok(StepLoss {
            objectives: vec![
                Objective { loss: taught().map_err(at("the loss"))?, groups: &["predictors", "backbone"] },
                Objective { loss: cut().map_err(at("the loss"))?, groups: &["thresholds"] },
            ],
            task: scalar(&task)?,
            pruning: Some(scalar(&entering)?),
        })
    }

    fn after_step(&mut self) -> Result<(), Error> {
        let clamped = self.eta.as_tensor().clamp(SMALLEST_ETA, LARGEST_ETA).and_then(|eta| self.eta.set(&eta));
        clamped.map_err(at("the thresholds"))
    }

    fn learned(&self) -> Result<Learned, Error> {
        let mut tensors = named(&self.variables);
        for (name, var) in [("eta", &self.eta), ("theta", &self.theta)] {
            tensors.push((name.to_owned(), var.as_detached_tensor()));
        }
        Ok(Learned { spec: "adapler:pruner=@pruner.safetensors".to_owned(), tensors })
    }
}
