//! `dynamic_vit`: predictors before three layers, held to a share of tokens each.
//!
//! Rao et al. 2021, "`DynamicViT`: Efficient Vision Transformers with Dynamic Token Sparsification", `NeurIPS`, sections 3.2 and
//! 3.3. <https://arxiv.org/abs/2106.02034>
//!
//! In training a decision is the larger output plus Gumbel noise, with the gradient of the softmax. The loss is the task's,
//! with the distance from the dense model's answers; `ratio` times the squared distance of each stage's share from
//! `retention^i`; and `tokens` times the squared distance of the last states of tokens that are kept from the dense ones.

use candle_core::D;
use candle_core::Tensor;
use candle_core::Var;
use rand_chacha::ChaCha8Rng;

use crate::pruning::dynamic_vit_layers;
use crate::training::BatchRun;
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
use crate::training::methods::predictor::SoftDense;
use crate::training::methods::predictor::SoftNorm;
use crate::training::methods::predictor::best_of_text;
use crate::training::methods::predictor::gelu;
use crate::training::methods::predictor::gumbel;
use crate::training::methods::predictor::mask;
use crate::training::methods::predictor::named;
use crate::training::methods::predictor::straight_through;
use crate::training::ops::sigmoid;
use crate::training::scalar;

pub(super) const INFO: MethodInfo = MethodInfo {
    id: "dynamic_vit",
    name: "DynamicViT",
    summary: "Predictors before three layers, learned through noisy hard decisions and held to a share of tokens each",
    paper: "Rao et al., DynamicViT: Efficient Vision Transformers with Dynamic Token Sparsification, NeurIPS 2021",
    url: "https://arxiv.org/abs/2106.02034",
    deviations: "adapted to text; a dropped token does not see itself in the softmax either; dense states are those of the \
                 model as it is at that step",
    modes: &[Mode::Frozen],
    epochs: 3,
    backbone_rate: 2e-5,
    settings: &[
        Setting { name: "retention", default: 0.7, min: 0.05, max: 1.0, doc: "Share of tokens that each stage keeps" },
        Setting { name: "ratio", default: 2.0, min: 0.0, max: 100.0, doc: "Weight of the distance from these shares" },
        Setting { name: "tokens", default: 0.5, min: 0.0, max: 100.0, doc: "Weight of the distance from dense states" },
        Setting { name: "rate", default: 1e-3, min: 0.0, max: 1.0, doc: "Learning rate of the predictors" },
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

pub(super) struct DynamicVit {
    stages: Vec<Stage>,
    variables: Vec<(String, Var)>,
    retention: f64,
    ratio: f64,
    tokens: f64,
    rate: f64,
    distill: f64,
}

struct Stage {
    layer: usize,
    norm: SoftNorm,
    embed: SoftDense,
    mix: SoftDense,
    narrow: SoftDense,
    output: SoftDense,
}

fn build(setup: &Setup<'_>) -> Result<Box<dyn Method>, Error> {
    Ok(Box::new(DynamicVit::new(setup).map_err(at("the predictors"))?))
}

impl DynamicVit {
    pub(super) fn new(setup: &Setup<'_>) -> candle_core::Result<Self> {
        let mut maker = Maker::new(setup.seed);
        let layers = dynamic_vit_layers(setup.shape.num_layers).into_iter().enumerate();
        let stages = layers.map(|(stage, layer)| Stage::new(&mut maker, stage, layer, setup.shape.hidden));
        let settings = setup.settings;
        Ok(Self {
            stages: stages.collect::<candle_core::Result<_>>()?,
            variables: maker.finish(),
            retention: settings.get("retention"),
            ratio: settings.get("ratio"),
            tokens: settings.get("tokens"),
            rate: settings.get("rate"),
            distill: settings.get("distill"),
        })
    }

    /// `retention^i` for the stage of that index, from 0.
    fn share(&self, stage: usize) -> f64 {
        self.retention.powi(i32::try_from(stage).unwrap_or(i32::MAX).saturating_add(1))
    }
}

impl Stage {
    fn new(maker: &mut Maker, stage: usize, layer: usize, width: usize) -> candle_core::Result<Self> {
        let name = |part: &str| format!("stages.{stage}.{part}");
        let deviation = |inputs: usize| (1.0 / inputs.max(1) as f64).sqrt();
        Ok(Self {
            layer,
            norm: maker.norm(&name("norm"), width)?,
            embed: maker.dense(&name("embed"), (width, width), deviation(width))?,
            mix: maker.dense(&name("mix"), (width, width / 2), deviation(width))?,
            narrow: maker.dense(&name("narrow"), (width / 2, width / 4), deviation(width / 2))?,
            output: maker.dense(&name("output"), (width / 4, 2), deviation(width / 4))?,
        })
    }

    /// Shape: `[rows, hidden]` → `[rows, 2]`; what the first rows get means nothing.
    fn logits(&self, view: &LayerView<'_>) -> candle_core::Result<Tensor> {
        let (batch, width) = (view.batch, view.states.dim(1)?);
        let half = width / 2;
        let inner = gelu(&self.embed.apply(&self.norm.apply(view.states)?)?)?;
        let own = inner.narrow(D::Minus1, 0, half)?;
        // The mean of the others' second half, over those that are there.
        let there = there(view)?;
        let counts = batch.sum_by_text(&there)?.maximum(1e-6)?;
        let weighed = inner.narrow(D::Minus1, half, width - half)?.broadcast_mul(&there.unsqueeze(1)?)?;
        let means = batch.sum_by_text(&weighed.contiguous()?)?.broadcast_div(&counts.unsqueeze(1)?)?;
        let both = Tensor::cat(&[&own, &batch.to_rows(&means)?], 1)?;
        let inner = gelu(&self.narrow.apply(&gelu(&self.mix.apply(&both)?)?)?)?;
        self.output.apply(&inner)
    }
}

/// What is left of each token but the first of its text. Shape: `[rows]`.
fn there(view: &LayerView<'_>) -> candle_core::Result<Tensor> {
    let others: Vec<bool> = view.batch.positions().map(|position| position > 0).collect();
    let others = mask(&others, view.states)?;
    view.shares.map_or_else(|| Ok(others.clone()), |shares| &others * shares)
}

/// Decisions: with noise while learning, or the best of each text as the strategy takes them.
pub(super) struct Gates<'a> {
    pub(super) method: &'a DynamicVit,
    pub(super) noise: Option<&'a mut ChaCha8Rng>,
}

impl Gate for Gates<'_> {
    fn before(&mut self, view: &LayerView<'_>) -> Result<Option<Tensor>, Error> {
        let Some(stage) = self.method.stages.iter().position(|stage| stage.layer == view.layer) else {
            return Ok(None);
        };
        self.gates(stage, view).map(Some).map_err(at("the predictors"))
    }
}

impl Gates<'_> {
    fn gates(&mut self, stage: usize, view: &LayerView<'_>) -> candle_core::Result<Tensor> {
        let logits = self.method.stages[stage].logits(view)?;
        let margin = |logits: &Tensor| (logits.narrow(D::Minus1, 0, 1)? - logits.narrow(D::Minus1, 1, 1)?)?.squeeze(1);
        let gates = if let Some(random) = &mut self.noise {
            let noise = gumbel(random, logits.dims2()?)?.to_dtype(logits.dtype())?;
            let margin = margin(&(logits + noise)?)?;
            straight_through(&margin.ge(0.0)?.to_dtype(margin.dtype())?, &sigmoid(&margin)?)?
        } else {
            let share = self.method.share(stage);
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a share of a count")]
            let count = |tokens: usize| ((tokens - 1) as f64 * share + 1e-9).floor() as usize;
            best_of_text(view, &margin(&logits)?, count)?
        };
        view.batch.opened(&gates, &view.batch.firsts())
    }
}

impl DynamicVit {
    /// The squared distance of each stage's share of tokens from what it should be, the mean over stages and texts.
    fn distance(&self, run: &BatchRun) -> candle_core::Result<Tensor> {
        let batch = &run.batch;
        let others: Vec<bool> = batch.positions().map(|position| position > 0).collect();
        let others = mask(&others, &run.logits)?;
        let counts = batch.sum_by_text(&others)?.maximum(1.0)?;
        let of_stage = |(index, stage): (usize, &Stage)| {
            let kept = batch.sum_by_text(&(&run.entering[stage.layer] * &others)?)?;
            ((kept / &counts)? - self.share(index))?.sqr()?.mean_all()
        };
        let stages = self.stages.iter().enumerate().map(of_stage).collect::<candle_core::Result<Vec<_>>>()?;
        if stages.is_empty() {
            Tensor::zeros((), run.logits.dtype(), run.logits.device())
        } else {
            Tensor::stack(&stages, 0)?.mean_all()
        }
    }

    /// The squared distance of kept tokens' last states from the dense ones, the mean over tokens and values.
    fn off_dense(&self, step: &Step<'_>, run: &BatchRun) -> Result<Option<Tensor>, Error> {
        if self.tokens <= 0.0 {
            return Ok(None);
        }
        let batch = PackedBatch::new(step.texts);
        let embedded = step.model.embed(&batch)?;
        let dense = step.model.run_states(batch, embedded, &mut Open)?;
        let (Some(own), Some(dense), Some(left)) = (run.states.last(), dense.states.last(), run.shares.last()) else {
            return Ok(None);
        };
        let distance = || {
            let apart = (own - dense.detach())?.sqr()?.mean(D::Minus1)?;
            let left = left.detach();
            (apart * &left)?.sum_all()? / left.sum_all()?
        };
        distance().map(Some).map_err(at("the loss"))
    }
}

impl Method for DynamicVit {
    fn groups(&self) -> Vec<Group> {
        let variables = self.variables.clone();
        vec![Group { name: "predictors", variables, learning_rate: self.rate, weight_decay: 0.05 }]
    }

    fn loss(&mut self, step: &mut Step<'_>) -> Result<StepLoss, Error> {
        let mut gates = Gates { method: self, noise: Some(&mut *step.random) };
        let run = step.model.run_batch(step.texts, &mut gates)?;
        let task = step.mixed_loss(&run.logits, self.distill)?;
        let distance = self.distance(&run).map_err(at("the loss"))?;
        let states = self.off_dense(step, &run)?;
        let sum = || {
            let loss = (&task + (&distance * self.ratio)?)?;
            match &states {
                Some(states) => loss + (states * self.tokens)?,
                None => Ok(loss),
            }
        };
        let objectives = vec![Objective { loss: sum().map_err(at("the loss"))?, groups: &[] }];
        Ok(StepLoss { objectives, task: scalar(&task)?, pruning: Some(scalar(&distance)?) })
    }

    fn learned(&self) -> Result<Learned, Error> {
        let spec = format!("dynamic_vit:pruner=@pruner.safetensors,retention={}", self.retention);
        Ok(Learned { spec, tensors: named(&self.variables) })
    }
}
