//! `top`: hard-concrete gates for ranks of tokens and for layers, held to a share of the dense cost by multipliers.
//!
//! Li et al. 2023, "Constraint-aware and Ranking-distilled Token Pruning for Efficient Transformer Inference" (`ToP`), KDD,
//! section 4. <https://arxiv.org/abs/2306.14393>
//!
//! A gate of log-odds `a` is sampled as `clip(sigmoid((ln u - ln(1 - u) + a) / (2/3)) * 1.2 - 0.1, 0, 1)`; a layer's gate, made
//! 0 or 1, says whether its ranks count. A token goes on by `1 - (1 - z) g`. The expected cost, from the probabilities that
//! gates are open, is held to the target by `lam1 (s - t) + lam2 (s - t)^2`, whose multipliers go up the gradient. The task
//! loss is the distance from the dense model at temperature 2; in joint mode the ranks of early layers are taught those of
//! the dense model's last layer (`LambdaARP-2`).

use candle_core::Tensor;
use candle_core::Var;
use rand_chacha::ChaCha8Rng;

use crate::training::BatchRun;
use crate::training::Error;
use crate::training::Gate;
use crate::training::Group;
use crate::training::LayerCosts;
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
use crate::training::batches::uniform;
use crate::training::error::at;
use crate::training::losses;
use crate::training::methods::predictor::Maker;
use crate::training::methods::predictor::alive_rows;
use crate::training::methods::predictor::straight_through;
use crate::training::ops::sigmoid;
use crate::training::scalar;

pub(super) const INFO: MethodInfo = MethodInfo {
    id: "top",
    name: "ToP",
    summary: "Gates for ranks of tokens and for layers, held to a share of the dense cost",
    paper: "Li et al., Constraint-aware and Ranking-distilled Token Pruning for Efficient Transformer Inference, KDD 2023",
    url: "https://arxiv.org/abs/2306.14393",
    deviations: "a closed token leaves the softmax instead of its state being scaled; the cost is that of the texts at hand; \
                 ranks are distilled in joint mode alone, from the model as it is at that step",
    modes: &[Mode::Frozen],
    epochs: 3,
    backbone_rate: 2e-5,
    settings: &[
        Setting { name: "sparsity", default: 0.5, min: 0.0, max: 0.99, doc: "Share of the layers' cost to be saved" },
        Setting { name: "bins", default: 25.0, min: 2.0, max: 200.0, doc: "Bins of ranks in each layer" },
        Setting { name: "rate", default: 0.1, min: 0.0, max: 10.0, doc: "Learning rate of gates and multipliers" },
        Setting {
            name: "ramp",
            default: 0.5,
            min: 0.01,
            max: 1.0,
            doc: "Share of the steps in which the target rises",
        },
        Setting {
            name: "first",
            default: 1.0,
            min: 1.0,
            max: 100.0,
            doc: "First layer that may drop anything, from 0",
        },
        Setting {
            name: "ranking",
            default: 1e-3,
            min: 0.0,
            max: 10.0,
            doc: "Weight of the distilled ranks, in joint mode",
        },
    ],
    needs_teacher: true,
    build,
};

/// The stretch of a gate beyond 0 and 1, and its temperature.
const STRETCH: f64 = 0.1;
const TEMPERATURE: f64 = 2.0 / 3.0;

/// Log-odds of gates: where they begin and how far they go.
const FIRST_OPEN: f32 = 2.0;
const FIRST_LAYER: f32 = -1.0;
const SMALLEST: f64 = -4.605_170_185_988_091;
const LARGEST: f64 = 4.605_170_185_988_091;

/// Temperature of the distance from the dense model.
const SOFTNESS: f64 = 2.0;

/// Tokens of each text whose ranks are taught.
const RANKED: usize = 20;

pub(super) struct Top {
    /// Log-odds. Shape: `[layers, bins]` and `[layers]`.
    tokens: Var,
    layers: Var,
    /// Multipliers. Shape: `[2]`.
    multipliers: Var,
    costs: LayerCosts,
    bins: usize,
    first: usize,
    sparsity: f64,
    rate: f64,
    ramp: f64,
    /// 0 in frozen mode.
    ranking: f64,
}

fn build(setup: &Setup<'_>) -> Result<Box<dyn Method>, Error> {
    Ok(Box::new(Top::new(setup).map_err(at("the gates"))?))
}

impl Top {
    pub(super) fn new(setup: &Setup<'_>) -> candle_core::Result<Self> {
        let (settings, count) = (setup.settings, setup.shape.num_layers);
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "small counts within their bounds")]
        let whole = |name: &str| settings.get(name) as usize;
        let (bins, first) = (whole("bins"), whole("first"));
        let mut maker = Maker::new(setup.seed);
        Ok(Self {
            tokens: maker.given("tokens".to_owned(), first_gates(count, bins), &[count, bins])?,
            layers: maker.filled("layers".to_owned(), FIRST_LAYER, &[count])?,
            multipliers: maker.filled("multipliers".to_owned(), 0.0, &[2])?,
            costs: LayerCosts::of(setup.model),
            bins,
            first,
            sparsity: settings.get("sparsity"),
            rate: settings.get("rate"),
            ramp: settings.get("ramp"),
            ranking: if setup.mode == Mode::Joint { settings.get("ranking") } else { 0.0 },
        })
    }

    /// The probability that each gate is not 0. Shape: that of `odds`.
    fn open(odds: &Tensor) -> candle_core::Result<Tensor> {
        sigmoid(&(odds - TEMPERATURE * (STRETCH / (1.0 + STRETCH)).ln())?)
    }

    fn drops_in(&self, layer: usize) -> bool {
        layer >= self.first
    }

    /// The expected cost over the dense one. Scalar.
    fn cost(&self, batch: &PackedBatch) -> candle_core::Result<Tensor> {
        let tokens = Self::open(self.tokens.as_tensor())?.mean(1)?;
        let layers = Self::open(self.layers.as_tensor())?;
        let lengths: Vec<f32> = batch.bounds().ranges().map(|range| range.len() as f32).collect();
        let others = (Tensor::from_vec(lengths, batch.texts(), tokens.device())? - 1.0)?;
        let mut share = Tensor::ones((), tokens.dtype(), tokens.device())?;
        let mut lengths = Vec::new();
        for layer in 0..layers.dim(0)? {
            if self.drops_in(layer) {
                let dropped = (tokens.get(layer)?.affine(-1.0, 1.0)? * layers.get(layer)?)?;
                share = (share * dropped.affine(-1.0, 1.0)?)?;
            }
            lengths.push((others.broadcast_mul(&share)? + 1.0)?);
        }
        self.costs.expected(batch, &lengths)
    }

    /// Open bins and layers as they are left at the end. Shape: `[layers, bins]` and `[layers]`.
    fn decided(&self) -> candle_core::Result<(Vec<f32>, Vec<f32>)> {
        let odds: Vec<Vec<f32>> = self.tokens.as_tensor().to_vec2()?;
        let open: Vec<Vec<f32>> = Self::open(self.tokens.as_tensor())?.to_vec2()?;
        let layers: Vec<f32> = Self::open(self.layers.as_tensor())?.to_vec1()?;
        let mut bins = Vec::new();
        for (odds, open) in odds.iter().zip(&open) {
            let expected: f64 = open.iter().map(|&open| 1.0 - f64::from(open)).sum();
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a count of bins")]
            let closed = expected.round() as usize;
            let mut order: Vec<usize> = (0..odds.len()).collect();
            order.sort_by(|&a, &b| odds[a].total_cmp(&odds[b]).then(b.cmp(&a)));
            let mut row = vec![1.0; odds.len()];
            order.into_iter().take(closed).for_each(|bin| row[bin] = 0.0);
            bins.extend(row);
        }
        let layer = |(layer, &open): (usize, &f32)| f32::from(u8::from(self.drops_in(layer) && open >= 0.5));
        Ok((bins, layers.iter().enumerate().map(layer).collect()))
    }
}

/// Log-odds that fall from the best ranks to the worst, so that it is not left to chance which ones close first.
fn first_gates(layers: usize, bins: usize) -> Vec<f32> {
    let one = |bin: usize| FIRST_OPEN + 1.0 - 2.0 * bin as f32 / (bins - 1) as f32;
    (0..layers).flat_map(|_| (0..bins).map(one)).collect()
}

/// Tokens by the ranks of the layer before.
pub(super) struct Gates<'a> {
    method: &'a Top,
    /// Of each layer, one number a bin. Shape: `[layers, bins]` and `[layers]`.
    bins: Tensor,
    layers: Tensor,
}

impl<'a> Gates<'a> {
    /// Gates as sampled for a step.
    fn sampled(method: &'a Top, random: &mut ChaCha8Rng) -> candle_core::Result<Self> {
        let layers = sampled(method.layers.as_tensor(), random)?;
        let hard = layers.ge(0.5)?.to_dtype(layers.dtype())?;
        let layers = straight_through(&hard, &layers)?;
        Ok(Self { method, bins: sampled(method.tokens.as_tensor(), random)?, layers })
    }

    /// Gates as the strategy gets them.
    pub(super) fn decided(method: &'a Top) -> candle_core::Result<Self> {
        let (bins, layers) = method.decided()?;
        let (count, device) = (layers.len(), method.tokens.device());
        let bins = Tensor::from_vec(bins, (count, method.bins), device)?;
        Ok(Self { method, bins, layers: Tensor::from_vec(layers, count, device)? })
    }
}

/// Shape: that of `odds`.
fn sampled(odds: &Tensor, random: &mut ChaCha8Rng) -> candle_core::Result<Tensor> {
    #[expect(clippy::cast_possible_truncation, reason = "log-odds are f32")]
    let noise = |_| {
        let drawn = uniform(random).clamp(1e-6, 1.0 - 1e-6);
        (drawn.ln() - (1.0 - drawn).ln()) as f32
    };
    let noise: Vec<f32> = (0..odds.elem_count()).map(noise).collect();
    let noise = Tensor::from_vec(noise, odds.dims(), odds.device())?;
    let stretched = sigmoid(&((odds + noise)? / TEMPERATURE)?)?.affine(1.0 + 2.0 * STRETCH, -STRETCH)?;
    stretched.clamp(0.0, 1.0)
}

impl Gate for Gates<'_> {
    fn before(&mut self, view: &LayerView<'_>) -> Result<Option<Tensor>, Error> {
        let Some(scores) = view.scores.filter(|_| self.method.drops_in(view.layer)) else { return Ok(None) };
        self.gates(view, scores).map(Some).map_err(at("the gates"))
    }
}

impl Gates<'_> {
    fn gates(&self, view: &LayerView<'_>, scores: &Tensor) -> candle_core::Result<Tensor> {
        let bins = bins_of_rows(view, scores, self.method.bins)?;
        let bins = Tensor::from_vec(bins, view.batch.rows(), scores.device())?;
        let chosen = self.bins.get(view.layer)?.index_select(&bins, 0)?;
        let layer = self.layers.get(view.layer)?;
        let gates = chosen.affine(-1.0, 1.0)?.broadcast_mul(&layer)?.affine(-1.0, 1.0)?.to_dtype(scores.dtype())?;
        view.batch.opened(&gates, &view.batch.firsts())
    }
}

/// The bin of each row by its rank among the tokens of its text that are there, the first left out. Shape: `[rows]`.
fn bins_of_rows(view: &LayerView<'_>, scores: &Tensor, bins: usize) -> candle_core::Result<Vec<u32>> {
    let values: Vec<f32> = scores.to_dtype(candle_core::DType::F32)?.to_vec1()?;
    let alive = alive_rows(view)?;
    let mut found = vec![0; values.len()];
    for range in view.batch.bounds().ranges() {
        let mut rows: Vec<usize> = range.skip(1).filter(|&row| alive[row]).collect();
        rows.sort_by(|&a, &b| values[b].total_cmp(&values[a]).then(a.cmp(&b)));
        let count = rows.len();
        for (rank, row) in rows.into_iter().enumerate() {
            found[row] = u32::try_from(rank * bins / count).unwrap_or(u32::MAX);
        }
    }
    Ok(found)
}

impl Top {
    /// How far the expected saving is from where it should be by now. Scalar.
    fn constraint(&self, step: &Step<'_>, cost: &Tensor) -> candle_core::Result<Tensor> {
        let progress = step.step as f64 / (step.steps as f64 * self.ramp).max(1.0);
        let apart = (cost.affine(-1.0, 1.0)? - self.sparsity * progress.min(1.0))?;
        let (one, two) = (self.multipliers.as_tensor().get(0)?, self.multipliers.as_tensor().get(1)?);
        (one * &apart)? + (two * apart.sqr()?)?
    }

    /// `LambdaARP-2` of the early layers against the dense model's last layer, over the square of the tokens that are ranked.
    fn ranks(&self, step: &Step<'_>, run: &BatchRun) -> Result<Option<Tensor>, Error> {
        if self.ranking <= 0.0 {
            return Ok(None);
        }
        let batch = PackedBatch::new(step.texts);
        let embedded = step.model.embed(&batch)?;
        let dense = step.model.run_states(batch, embedded, &mut Open)?;
        let Some(teacher) = dense.scores.last() else { return Ok(None) };
        let layers = 1..(run.scores.len() / 3).max(2).min(run.scores.len());
        let of_layer = |layer: usize| ranking(&run.batch, &run.scores[layer], &teacher.detach());
        let sum = || layers.map(of_layer).reduce(|sum, one| sum? + one?).transpose();
        sum().map_err(at("the ranks"))
    }
}

/// `sum over pairs of which the teacher ranks i above j of (y_i - y_j) log2(1 + e^(s_j - s_i)) / K^2`, over the teacher's best
/// `K` tokens, the mean over texts.
///
/// Source: Wang, Li, Golbandi, Bendersky and Najork 2018, "The `LambdaLoss` Framework for Ranking Metric Optimization", CIKM.
fn ranking(batch: &PackedBatch, scores: &Tensor, teacher: &Tensor) -> candle_core::Result<Tensor> {
    let wanted: Vec<f32> = teacher.to_dtype(candle_core::DType::F32)?.to_vec1()?;
    let mut total = Tensor::zeros((), scores.dtype(), scores.device())?;
    for range in batch.bounds().ranges() {
        let mut rows: Vec<usize> = range.collect();
        rows.sort_by(|&a, &b| wanted[b].total_cmp(&wanted[a]).then(a.cmp(&b)));
        rows.truncate(RANKED);
        let count = rows.len();
        let index: Vec<u32> = rows.iter().map(|&row| u32::try_from(row).unwrap_or(u32::MAX)).collect();
        let index = Tensor::from_vec(index, count, scores.device())?;
        let (scores, wanted) = (scores.index_select(&index, 0)?, teacher.index_select(&index, 0)?);
        // Row i, column j: how far i should be, and is, above j.
        let above = |values: &Tensor| values.unsqueeze(1)?.broadcast_sub(&values.unsqueeze(0)?);
        let weights = above(&wanted)?.relu()?;
        let pairs = ((above(&scores)?.neg()?.exp()? + 1.0)?.log()? / std::f64::consts::LN_2)?;
        total = (total + ((weights * pairs)?.sum_all()? / (count * count) as f64)?)?;
    }
    total / batch.texts() as f64
}

impl Method for Top {
    fn groups(&self) -> Vec<Group> {
        let gates = vec![("tokens".to_owned(), self.tokens.clone()), ("layers".to_owned(), self.layers.clone())];
        let multipliers = vec![("multipliers".to_owned(), self.multipliers.clone())];
        vec![
            Group { name: "gates", variables: gates, learning_rate: self.rate, weight_decay: 0.0 },
            Group { name: "multipliers", variables: multipliers, learning_rate: -self.rate, weight_decay: 0.0 },
        ]
    }

    fn loss(&mut self, step: &mut Step<'_>) -> Result<StepLoss, Error> {
        let mut gates = Gates::sampled(self, step.random).map_err(at("the gates"))?;
        let run = step.model.run_batch(step.texts, &mut gates)?;
        let task = match step.teacher {
            Some(teacher) => {
                let soft = |logits: &Tensor| (logits / SOFTNESS).map_err(at("the loss"));
                let distance = losses::batch_distillation(&soft(&run.logits)?, &soft(teacher)?, step.head)?;
                (distance * (SOFTNESS * SOFTNESS)).map_err(at("the loss"))?
            }
            None => step.task_loss(&run.logits)?,
        };
        let cost = self.cost(&run.batch).map_err(at("the cost"))?;
        let constraint = self.constraint(step, &cost).map_err(at("the cost"))?;
        let ranks = self.ranks(step, &run)?;
        let sum = || {
            let loss = (&task + constraint)?;
            match &ranks {
                Some(ranks) => loss + (ranks * self.ranking)?,
                None => Ok(loss),
            }
        };
        let objectives = vec![Objective { loss: sum().map_err(at("the loss"))?, groups: &[] }];
        Ok(StepLoss { objectives, task: scalar(&task)?, pruning: Some(scalar(&cost)?) })
    }

    fn after_step(&mut self) -> Result<(), Error> {
        for odds in [&self.tokens, &self.layers] {
            let clamped = odds.as_tensor().clamp(SMALLEST, LARGEST).and_then(|clamped| odds.set(&clamped));
            clamped.map_err(at("the gates"))?;
        }
        Ok(())
    }

    fn learned(&self) -> Result<Learned, Error> {
        let tensors = || {
            let gates = Gates::decided(self)?;
            Ok(vec![("bins".to_owned(), gates.bins), ("layers".to_owned(), gates.layers)])
        };
        Ok(Learned { spec: "top:pruner=@pruner.safetensors".to_owned(), tensors: tensors().map_err(at("the gates"))? })
    }
}
