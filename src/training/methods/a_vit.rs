//! `a_vit`: a halting score that adds up over the layers, learned by what is left when a token stops.
//!
//! Yin et al. 2022, "A-ViT: Adaptive Tokens for Efficient Vision Transformer", CVPR, sections 3.2 and 3.3.
//! <https://arxiv.org/abs/2112.07658>
//!
//! A token stops once its scores exceed `1 - epsilon`; the gate is that decision with the gradient of a sigmoid around it. The
//! loss is the task's plus `ponder` times the mean of `N + R` (layers until the token stops, and what was left of its 1
//! then), plus `target` times the distance of the mean halting distribution over layers from a normal one around
//! `depth` of the layers.

use candle_core::Tensor;
use candle_core::Var;

use crate::training::Error;
use crate::training::Gate;
use crate::training::Group;
use crate::training::LayerView;
use crate::training::Learned;
use crate::training::Method;
use crate::training::MethodInfo;
use crate::training::Mode;
use crate::training::Objective;
use crate::training::Setting;
use crate::training::Setup;
use crate::training::Step;
use crate::training::StepLoss;
use crate::training::error::at;
use crate::training::methods::predictor::Maker;
use crate::training::methods::predictor::mask;
use crate::training::methods::predictor::named;
use crate::training::methods::predictor::straight_through;
use crate::training::ops::sigmoid;
use crate::training::scalar;

pub(super) const INFO: MethodInfo = MethodInfo {
    id: "a_vit",
    name: "A-ViT",
    summary: "A halting score that adds up over the layers, learned by what is left when a token stops",
    paper: "Yin et al., A-ViT: Adaptive Tokens for Efficient Vision Transformer, CVPR 2022",
    url: "https://arxiv.org/abs/2112.07658",
    deviations: "adapted to text: a learned direction instead of one channel, a shift for each layer; the first token never \
                 stops and answers by its last state, so that gradients reach the scores through the gates",
    modes: &[Mode::Frozen],
    epochs: 3,
    backbone_rate: 2e-5,
    settings: &[
        Setting { name: "ponder", default: 0.02, min: 0.0, max: 100.0, doc: "Weight of the layers until tokens stop" },
        Setting {
            name: "target",
            default: 0.1,
            min: 0.0,
            max: 100.0,
            doc: "Weight of the distance from the distribution",
        },
        Setting {
            name: "depth",
            default: 0.5,
            min: 0.0,
            max: 1.0,
            doc: "Share of the layers around which tokens stop",
        },
        Setting {
            name: "softness",
            default: 0.1,
            min: 1e-3,
            max: 10.0,
            doc: "Width of the gradient around a decision",
        },
        Setting {
            name: "rate",
            default: 5e-3,
            min: 0.0,
            max: 1.0,
            doc: "Learning rate of the direction and its shifts",
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

/// What must be left of a token's 1, as in the paper.
const EPSILON: f64 = 0.01;

/// The shift that scores begin with: a tenth each.
const FIRST_SHIFT: f32 = -2.2;

pub(super) struct AVit {
    /// Shape: `[1, hidden]` and `[layers - 1]`.
    direction: Var,
    shifts: Var,
    variables: Vec<(String, Var)>,
    layers: usize,
    ponder: f64,
    target: f64,
    depth: f64,
    softness: f64,
    rate: f64,
    distill: f64,
}

fn build(setup: &Setup<'_>) -> Result<Box<dyn Method>, Error> {
    Ok(Box::new(AVit::new(setup).map_err(at("the halting scores"))?))
}

impl AVit {
    pub(super) fn new(setup: &Setup<'_>) -> candle_core::Result<Self> {
        let (shape, settings) = (setup.shape, setup.settings);
        let mut maker = Maker::new(setup.seed);
        let deviation = 0.1 * (1.0 / shape.hidden as f64).sqrt();
        let direction = maker.normal("halting.weight".to_owned(), deviation, &[1, shape.hidden])?;
        let shifts = maker.filled("halting.bias".to_owned(), FIRST_SHIFT, &[shape.num_layers.saturating_sub(1)])?;
        Ok(Self {
            direction,
            shifts,
            variables: maker.finish(),
            layers: shape.num_layers,
            ponder: settings.get("ponder"),
            target: settings.get("target"),
            depth: settings.get("depth"),
            softness: settings.get("softness"),
            rate: settings.get("rate"),
            distill: settings.get("distill"),
        })
    }

    /// The distance of a distribution over layers from the normal one. Shape: `[layers]` → scalar.
    fn off_target(&self, found: &Tensor) -> candle_core::Result<Tensor> {
        let middle = self.depth * self.layers as f64;
        let density = |layer: usize| (-0.5 * ((layer + 1) as f64 - middle).powi(2)).exp();
        let total: f64 = (0..self.layers).map(density).sum();
        let wanted: Vec<f64> = (0..self.layers).map(|layer| density(layer) / total).collect();
        let wanted = Tensor::from_vec(wanted, self.layers, found.device())?.to_dtype(found.dtype())?;
        let logs = (found.maximum(1e-9)?.log()? - wanted.maximum(1e-9)?.log()?)?;
        (found * logs)?.sum_all()
    }
}

/// Tokens on their way to 1.
pub(super) struct Gates<'a> {
    method: &'a AVit,
    /// What is left of each token's 1. Shape: `[rows]`.
    left: Option<Tensor>,
    /// The mean over tokens of what each layer took, so far. Shape: `[layers so far]` of scalars.
    taken: Vec<Tensor>,
    /// The mean over tokens of `N` and of `R`, so far.
    layers: f64,
    rest: Option<Tensor>,
}

impl<'a> Gates<'a> {
    pub(super) fn new(method: &'a AVit) -> Self {
        Self { method, left: None, taken: Vec::new(), layers: 0.0, rest: None }
    }
}

impl Gate for Gates<'_> {
    fn before(&mut self, view: &LayerView<'_>) -> Result<Option<Tensor>, Error> {
        let Some(before) = view.layer.checked_sub(1) else { return Ok(None) };
        self.gates(before, view).map(Some).map_err(at("the halting scores"))
    }

    /// The last layer takes what is left of those that come to it.
    fn after(&mut self, view: &LayerView<'_>) -> Result<Option<Tensor>, Error> {
        if view.layer + 1 == self.method.layers {
            self.end(view).map_err(at("the halting scores"))?;
        }
        Ok(None)
    }
}

impl Gates<'_> {
    fn gates(&mut self, before: usize, view: &LayerView<'_>) -> candle_core::Result<Tensor> {
        let method = self.method;
        let product = view.states.matmul(&method.direction.as_tensor().t()?)?.squeeze(1)?;
        let score = sigmoid(&product.broadcast_add(&method.shifts.as_tensor().get(before)?)?)?;
        let left = self.left.take().map_or_else(|| score.ones_like(), Ok)?;
        let now = (&left - &score)?;
        let margin = (&now - EPSILON)?;
        let goes_on = margin.ge(0.0)?.to_dtype(margin.dtype())?;
        let alive = alive(view, &score)?;
        let stops = (&alive * goes_on.affine(-1.0, 1.0)?)?;
        // What the layer took of each token: its score, or all that was left.
        let took = ((&alive * &goes_on)? * &score)?;
        let rest = (&stops * &left)?;
        self.note(view, &alive, &(took + &rest)?, &rest)?;
        self.left = Some(now);
        let soft = sigmoid(&(margin / method.softness)?)?;
        view.batch.opened(&straight_through(&goes_on, &soft)?, &view.batch.firsts())
    }

    fn end(&mut self, view: &LayerView<'_>) -> candle_core::Result<()> {
        let Some(left) = self.left.take() else { return Ok(()) };
        let rest = (alive(view, &left)? * left)?;
        let alive = alive(view, &rest)?;
        self.note(view, &alive, &rest, &rest)
    }

    fn note(&mut self, view: &LayerView<'_>, alive: &Tensor, took: &Tensor, rest: &Tensor) -> candle_core::Result<()> {
        let others = (view.batch.rows() - view.batch.texts()).max(1) as f64;
        self.taken.push((took.sum_all()? / others)?);
        self.layers += alive.sum_all()?.to_dtype(candle_core::DType::F64)?.to_scalar::<f64>()? / others;
        let rest = (rest.sum_all()? / others)?;
        self.rest = Some(match self.rest.take() {
            Some(sum) => (sum + rest)?,
            None => rest,
        });
        Ok(())
    }
}

/// 1 for tokens that have not stopped, the first of each text left out. Shape: `[rows]`.
fn alive(view: &LayerView<'_>, like: &Tensor) -> candle_core::Result<Tensor> {
    let others: Vec<bool> = view.batch.positions().map(|position| position > 0).collect();
    let others = mask(&others, like)?;
    view.shares.map_or_else(|| Ok(others.clone()), |shares| &others * shares.detach().ge(0.5)?.to_dtype(like.dtype())?)
}

impl Method for AVit {
    fn groups(&self) -> Vec<Group> {
        let variables = self.variables.clone();
        vec![Group { name: "halting", variables, learning_rate: self.rate, weight_decay: 0.0 }]
    }

    fn loss(&mut self, step: &mut Step<'_>) -> Result<StepLoss, Error> {
        let mut gates = Gates::new(self);
        let run = step.model.run_batch(step.texts, &mut gates)?;
        let task = step.mixed_loss(&run.logits, self.distill)?;
        let sum = || {
            let mut loss = task.clone();
            if let Some(rest) = &gates.rest {
                // N has no gradient: it is in the curve, not in the step.
                loss = (loss + (rest * self.ponder)?)?;
            }
            if !gates.taken.is_empty() {
                loss = (loss + (self.off_target(&Tensor::stack(&gates.taken, 0)?)? * self.target)?)?;
            }
            Ok(loss)
        };
        let objectives = vec![Objective { loss: sum().map_err(at("the loss"))?, groups: &[] }];
        let rest = gates.rest.as_ref().map(scalar).transpose()?.unwrap_or_default();
        Ok(StepLoss { objectives, task: scalar(&task)?, pruning: Some(gates.layers + rest) })
    }

    fn learned(&self) -> Result<Learned, Error> {
        Ok(Learned { spec: "a_vit:pruner=@pruner.safetensors".to_owned(), tensors: named(&self.variables) })
    }
}
