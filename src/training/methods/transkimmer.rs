//! `transkimmer`: a predictor before every layer, learned through hard Gumbel decisions with a straight-through gradient.
//!
//! Guan et al. 2022, "Transkimmer: Transformer Learns to Layer-wise Skim", ACL, section 3. <https://arxiv.org/abs/2205.07324>
//!
//! In training a decision is the larger of the two outputs plus Gumbel noise, with the gradient of the softmax; a token that
//! was skipped does not return. The loss is the task's plus `skim` times the share of tokens that enter, the mean over layers
//! and texts.

use candle_core::D;
use candle_core::Tensor;
use candle_core::Var;
use rand_chacha::ChaCha8Rng;

use crate::training::Error;
use crate::training::Gate;
use crate::training::Group;
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
use crate::training::methods::predictor::Maker;
use crate::training::methods::predictor::SoftDense;
use crate::training::methods::predictor::SoftNorm;
use crate::training::methods::predictor::gelu;
use crate::training::methods::predictor::gumbel;
use crate::training::methods::predictor::named;
use crate::training::methods::predictor::share_that_enters;
use crate::training::methods::predictor::straight_through;
use crate::training::ops::sigmoid;

pub(super) const INFO: MethodInfo = MethodInfo {
    id: "transkimmer",
    name: "Transkimmer",
    summary: "A predictor before every layer, learned through noisy hard decisions and the share of tokens that enter",
    paper: "Guan et al., Transkimmer: Transformer Learns to Layer-wise Skim, ACL 2022",
    url: "https://arxiv.org/abs/2205.07324",
    deviations: "a skipped token leaves the softmax instead of its probability being multiplied by 0; the share is of each \
                 text's own length instead of the padded one; predictors begin less sure (start) than the authors' 5; part of \
                 the task loss is the distance from the dense model",
    modes: &[Mode::Frozen],
    epochs: 3,
    backbone_rate: 2e-5,
    settings: &[
        Setting { name: "skim", default: 0.5, min: 0.0, max: 100.0, doc: "Weight of the share of tokens that enter" },
        Setting { name: "rate", default: 1e-3, min: 0.0, max: 1.0, doc: "Learning rate of the predictors" },
        Setting {
            name: "start",
            default: 1.5,
            min: 0.0,
            max: 10.0,
            doc: "Bias with which the predictors begin: for entering, and against it",
        },
        Setting { name: "temperature", default: 1.0, min: 0.01, max: 10.0, doc: "Softness of the gradient" },
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

pub(super) struct Transkimmer {
    predictors: Vec<Predictor>,
    variables: Vec<(String, Var)>,
    skim: f64,
    rate: f64,
    temperature: f64,
    distill: f64,
}

struct Predictor {
    norm_in: SoftNorm,
    dense: SoftDense,
    norm_out: SoftNorm,
    output: SoftDense,
}

fn build(setup: &Setup<'_>) -> Result<Box<dyn Method>, Error> {
    Ok(Box::new(Transkimmer::new(setup).map_err(at("the predictors"))?))
}

impl Transkimmer {
    pub(super) fn new(setup: &Setup<'_>) -> candle_core::Result<Self> {
        let mut maker = Maker::new(setup.seed);
        let predictors = (0..setup.shape.num_layers).map(|layer| {
            let predictor = Predictor::new(&mut maker, layer, setup.shape.hidden)?;
            #[expect(clippy::cast_possible_truncation, reason = "weights are f32")]
            let start = setup.settings.get("start") as f32;
            let bias = predictor.output.bias();
            bias.set(&Tensor::new(&[-start, start], bias.device())?)?;
            Ok(predictor)
        });
        Ok(Self {
            predictors: predictors.collect::<candle_core::Result<_>>()?,
            variables: maker.finish(),
            skim: setup.settings.get("skim"),
            rate: setup.settings.get("rate"),
            temperature: setup.settings.get("temperature"),
            distill: setup.settings.get("distill"),
        })
    }
}

impl Predictor {
    fn new(maker: &mut Maker, layer: usize, width: usize) -> candle_core::Result<Self> {
        let name = |part: &str| format!("layers.{layer}.{part}");
        let deviation = (1.0 / width as f64).sqrt();
        Ok(Self {
            norm_in: maker.norm(&name("norm_in"), width)?,
            dense: maker.dense(&name("dense"), (width, width), deviation)?,
            norm_out: maker.norm(&name("norm_out"), width)?,
            output: maker.dense(&name("output"), (width, 2), 0.02)?,
        })
    }

    /// Shape: `[rows, hidden]` → `[rows, 2]`.
    fn logits(&self, states: &Tensor) -> candle_core::Result<Tensor> {
        let inner = self.norm_out.apply(&self.dense.apply(&self.norm_in.apply(states)?)?)?;
        self.output.apply(&gelu(&inner)?)
    }
}

/// Decisions: by the larger output, with noise where there is some.
pub(super) struct Gates<'a> {
    pub(super) method: &'a Transkimmer,
    pub(super) noise: Option<&'a mut ChaCha8Rng>,
}

impl Gate for Gates<'_> {
    fn before(&mut self, view: &LayerView<'_>) -> Result<Option<Tensor>, Error> {
        self.gates(view).map(Some).map_err(at("the predictors"))
    }
}

impl Gates<'_> {
    fn gates(&mut self, view: &LayerView<'_>) -> candle_core::Result<Tensor> {
        let mut logits = self.method.predictors[view.layer].logits(view.states)?;
        if let Some(random) = &mut self.noise {
            logits = (&logits + gumbel(random, logits.dims2()?)?.to_dtype(logits.dtype())?)?;
        }
        let margin = (logits.narrow(D::Minus1, 1, 1)? - logits.narrow(D::Minus1, 0, 1)?)?.squeeze(1)?;
        let hard = margin.ge(0.0)?.to_dtype(margin.dtype())?;
        let soft = sigmoid(&(margin / self.method.temperature)?)?;
        view.batch.opened(&straight_through(&hard, &soft)?, &view.batch.firsts())
    }
}

impl Method for Transkimmer {
    fn groups(&self) -> Vec<Group> {
        let variables = self.variables.clone();
        vec![Group { name: "predictors", variables, learning_rate: self.rate, weight_decay: 0.01 }]
    }

    fn loss(&mut self, step: &mut Step<'_>) -> Result<StepLoss, Error> {
        let mut gates = Gates { method: self, noise: Some(&mut *step.random) };
        let run = step.model.run_batch(step.texts, &mut gates)?;
        let task = step.mixed_loss(&run.logits, self.distill)?;
        let skim = share_that_enters(&run).map_err(at("the loss"))?;
        StepLoss::sum(&task, Some((&skim, self.skim)))
    }

    fn learned(&self) -> Result<Learned, Error> {
        Ok(Learned { spec: "transkimmer:pruner=@pruner.safetensors".to_owned(), tensors: named(&self.variables) })
    }
}
