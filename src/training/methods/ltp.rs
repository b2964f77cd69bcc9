//! `ltp`: one threshold a layer for the attention that a token receives.
//!
//! Kim et al. 2022, "Learned Token Pruning for Transformers", KDD, section 3.3. <https://arxiv.org/abs/2107.00910>
//!
//! A soft phase learns thresholds through gates `sigmoid((s_k - theta_l) / T)`. In the hard phase gates are 0 or 1, as they
//! will be, and thresholds go on learning by the slope that the soft gate has there (a straight-through estimator).

use candle_core::DType;
use candle_core::Tensor;
use candle_core::Var;

use crate::training::Error;
use crate::training::Gate;
use crate::training::Group;
use crate::training::LayerCosts;
use crate::training::LayerView;
use crate::training::Learned;
use crate::training::Method;
use crate::training::MethodInfo;
use crate::training::Mode;
use crate::training::Setting;
use crate::training::Setup;
use crate::training::Step;
use crate::training::StepLoss;
use crate::training::error::at;
use crate::training::ops::sigmoid;

pub(super) const INFO: MethodInfo = MethodInfo {
    id: "ltp",
    name: "LTP",
    summary: "One threshold a layer for the attention that a token receives, learned through soft gates",
    paper: "Kim et al., Learned Token Pruning for Transformers, KDD 2022",
    url: "https://arxiv.org/abs/2107.00910",
    deviations: "the hard phase goes on learning thresholds, as the model is not trained; thresholds are relative to the even share 1/n, so that they hold for every length, and start low instead \
                 of rising to theta_final; a gate weighs the token as a key instead of scaling its state; the penalty counts \
                 MACs instead of tokens; the first token stays",
    modes: &[Mode::Frozen],
    epochs: 2,
    backbone_rate: 2e-5,
    settings: &[
        Setting { name: "lambda", default: 0.3, min: 0.0, max: 100.0, doc: "Weight of the pruning term" },
        Setting {
            name: "temperature",
            default: 0.1,
            min: 1e-4,
            max: 10.0,
            doc: "Softness of the gates, in units of the even share 1/n",
        },
        Setting { name: "rate", default: 0.02, min: 0.0, max: 10.0, doc: "Learning rate of the thresholds" },
        Setting {
            name: "distill",
            default: 0.5,
            min: 0.0,
            max: 1.0,
            doc: "Share of the task loss that is the distance from the dense model instead of from the labels",
        },
        Setting { name: "hard", default: 0.5, min: 0.0, max: 1.0, doc: "Share of the steps that are the hard phase" },
    ],
    needs_teacher: true,
    build,
};

/// The largest threshold that the strategy takes: an even share.
const LARGEST: f64 = 1.0;

struct Ltp {
    /// In units of the even share; layer 0 never prunes. Shape: `[layers]`.
    thresholds: Var,
    lambda: f64,
    temperature: f64,
    rate: f64,
    layers: usize,
    /// Share of the steps that are hard, the last ones.
    hard: f64,
    is_hard: bool,
    costs: LayerCosts,
    distill: f64,
}

fn build(setup: &Setup<'_>) -> Result<Box<dyn Method>, Error> {
    let layers = setup.model.num_layers();
    let thresholds = Tensor::zeros(layers, DType::F32, setup.model.device()).and_then(|zeros| Var::from_tensor(&zeros));
    Ok(Box::new(Ltp {
        thresholds: thresholds.map_err(at("the thresholds"))?,
        lambda: setup.settings.get("lambda"),
        temperature: setup.settings.get("temperature"),
        rate: setup.settings.get("rate"),
        layers,
        hard: setup.settings.get("hard"),
        is_hard: false,
        costs: LayerCosts::of(setup.model),
        distill: setup.settings.get("distill"),
    }))
}

struct Gates<'a> {
    method: &'a Ltp,
}

impl Gate for Gates<'_> {
    fn after(&mut self, view: &LayerView<'_>) -> Result<Option<Tensor>, Error> {
        let Some(scores) = view.scores.filter(|_| view.layer > 0) else { return Ok(None) };
        self.method.gates(view, scores).map(Some).map_err(at("the gates"))
    }
}

impl Ltp {
    fn gates(&self, view: &LayerView<'_>, scores: &Tensor) -> candle_core::Result<Tensor> {
        // Scores over the mean of those that are left, as the strategy computes them.
        let alive = match view.shares {
            Some(shares) => view.batch.to_rows(&view.batch.sum_by_text(shares)?)?,
            None => view.batch.even_share(scores.dtype())?.recip()?,
        };
        let relative = (scores * alive)?;
        let threshold = self.thresholds.get(view.layer)?;
        let above = relative.broadcast_sub(&threshold)?;
        let soft = sigmoid(&(&above / self.temperature)?)?;
        let gates = if self.is_hard {
            // The value of the cut with the slope of the soft gate.
            let cut = above.ge(0.0)?.to_dtype(scores.dtype())?;
            (&soft + (cut - &soft)?.detach())?
        } else {
            soft
        };
        view.batch.opened(&gates, &view.batch.firsts())
    }
}

impl Method for Ltp {
    fn groups(&self) -> Vec<Group> {
        let variables = vec![("thresholds".to_owned(), self.thresholds.clone())];
        vec![Group { name: "thresholds", variables, learning_rate: self.rate, weight_decay: 0.0 }]
    }

    fn loss(&mut self, step: &mut Step<'_>) -> Result<StepLoss, Error> {
        self.is_hard = step.step as f64 >= (1.0 - self.hard) * step.steps as f64;
        let run = step.model.run_batch(step.texts, &mut Gates { method: self })?;
        let task = step.mixed_loss(&run.logits, self.distill)?;
        let cost = self.costs.relative(&run)?;
        StepLoss::sum(&task, Some((&cost, self.lambda)))
    }

    fn after_step(&mut self) -> Result<(), Error> {
        let clamped = self.thresholds.as_tensor().clamp(0.0, LARGEST).map_err(at("the thresholds"))?;
        self.thresholds.set(&clamped).map_err(at("the thresholds"))
    }

    fn learned(&self) -> Result<Learned, Error> {
        let values: Vec<f32> = self.thresholds.to_vec1().map_err(at("the thresholds"))?;
        debug_assert_eq!(values.len(), self.layers, "one a layer");
        let list = values.iter().map(ToString::to_string).collect::<Vec<_>>().join(",");
        // Divided by 1, scores are measured in even shares: the mean over the rows that are there is 1.
        Ok(Learned { spec: format!("ltp:thresholds=[{list}],divisor=1,protect=cls"), tensors: Vec::new() })
    }
}
