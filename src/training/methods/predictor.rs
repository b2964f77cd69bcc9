//! What the methods with predictors are built of: variables with the names that files give them, and the layers of small
//! networks.

use candle_core::D;
use candle_core::DType;
use candle_core::Device;
use candle_core::Result;
use candle_core::Tensor;
use candle_core::Var;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng as _;

use crate::tensor::Activation;
use crate::training::BatchRun;
use crate::training::LayerView;
use crate::training::PackedBatch;
use crate::training::batches::uniform;
use crate::training::ops;

/// Added to variances, as the strategies do that run the predictors.
const NORM_EPS: f64 = 1e-5;

/// Makes variables, at random or not, and remembers them by name.
pub(super) struct Maker {
    random: ChaCha8Rng,
    variables: Vec<(String, Var)>,
}

impl Maker {
    pub(super) fn new(seed: u64) -> Self {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        // Apart from the streams of batches and noise.
        random.set_stream(3);
        Self { random, variables: Vec::new() }
    }

    /// All that was made, in order.
    pub(super) fn finish(self) -> Vec<(String, Var)> {
        self.variables
    }

    /// These numbers.
    pub(super) fn given(&mut self, name: String, values: Vec<f32>, shape: &[usize]) -> Result<Var> {
        let var = Var::from_tensor(&Tensor::from_vec(values, shape, &Device::Cpu)?)?;
        self.variables.push((name, var.clone()));
        Ok(var)
    }

    /// One number everywhere.
    pub(super) fn filled(&mut self, name: String, value: f32, shape: &[usize]) -> Result<Var> {
        self.given(name, vec![value; shape.iter().product()], shape)
    }

    /// Normally distributed around 0.
    pub(super) fn normal(&mut self, name: String, deviation: f64, shape: &[usize]) -> Result<Var> {
        #[expect(clippy::cast_possible_truncation, reason = "weights are f32")]
        let values = (0..shape.iter().product()).map(|_| (deviation * normal(&mut self.random)) as f32).collect();
        self.given(name, values, shape)
    }

    /// `NAME.weight` `[outputs, inputs]` of this deviation, `NAME.bias` of zeros.
    pub(super) fn dense(&mut self, name: &str, (inputs, outputs): (usize, usize), deviation: f64) -> Result<SoftDense> {
        let weight = self.normal(format!("{name}.weight"), deviation, &[outputs, inputs])?;
        Ok(SoftDense { weight, bias: self.filled(format!("{name}.bias"), 0.0, &[outputs])? })
    }

    /// `NAME.weight` of ones, `NAME.bias` of zeros.
    pub(super) fn norm(&mut self, name: &str, width: usize) -> Result<SoftNorm> {
        let weight = self.filled(format!("{name}.weight"), 1.0, &[width])?;
        Ok(SoftNorm { weight, bias: self.filled(format!("{name}.bias"), 0.0, &[width])? })
    }

    /// `NAME.hidden` and `NAME.output`, the latter of zeros, so that every row begins with the bias.
    pub(super) fn two_layers(&mut self, name: &str, inputs: usize) -> Result<SoftTwoLayers> {
        let hidden = self.dense(&format!("{name}.hidden"), (inputs, WIDTH), (1.0 / inputs as f64).sqrt())?;
        let output = self.dense(&format!("{name}.output"), (WIDTH, 1), 0.02)?;
        Ok(SoftTwoLayers { hidden, output })
    }
}

/// Hidden values of two layers.
const WIDTH: usize = 32;

/// A number from the normal distribution.
///
/// Source: Box and Muller 1958, "A Note on the Generation of Random Normal Deviates".
fn normal(random: &mut ChaCha8Rng) -> f64 {
    let (radius, angle) = (1.0 - uniform(random), uniform(random));
    (-2.0 * radius.ln()).sqrt() * (std::f64::consts::TAU * angle).cos()
}

/// `-ln(-ln u)`: noise that makes the largest of logits a draw from their softmax. Shape: `[rows, columns]`.
pub(super) fn gumbel(random: &mut ChaCha8Rng, shape: (usize, usize)) -> Result<Tensor> {
    let one = |_| {
        // Neither 0 nor 1.
        let drawn = uniform(random).clamp(1e-12, 1.0 - 1e-12);
        #[expect(clippy::cast_possible_truncation, reason = "logits are f32")]
        let noise = -(-drawn.ln()).ln() as f32;
        noise
    };
    Tensor::from_vec((0..shape.0 * shape.1).map(one).collect(), shape, &Device::Cpu)
}

/// 0 or 1 with the gradient of what is between: the value of `hard`, the slope of `soft`.
pub(super) fn straight_through(hard: &Tensor, soft: &Tensor) -> Result<Tensor> {
    hard.detach() + (soft - soft.detach())?
}

/// `x W^T + b`.
pub(super) struct SoftDense {
    weight: Var,
    bias: Var,
}

impl SoftDense {
    /// Shape: `[rows, inputs]` → `[rows, outputs]`.
    pub(super) fn apply(&self, rows: &Tensor) -> Result<Tensor> {
        rows.matmul(&self.weight.as_tensor().t()?)?.broadcast_add(self.bias.as_tensor())
    }

    /// The bias, to begin elsewhere than at 0.
    pub(super) fn bias(&self) -> &Var {
        &self.bias
    }
}

/// Layer normalization.
pub(super) struct SoftNorm {
    weight: Var,
    bias: Var,
}

impl SoftNorm {
    /// Shape: `[rows, width]`.
    pub(super) fn apply(&self, rows: &Tensor) -> Result<Tensor> {
        ops::layer_norm(rows, self.weight.as_tensor(), Some(self.bias.as_tensor()), NORM_EPS)
    }
}

/// Two dense layers with GELU between them and one output.
pub(super) struct SoftTwoLayers {
    hidden: SoftDense,
    output: SoftDense,
}

impl SoftTwoLayers {
    /// Shape: `[rows, inputs]` → `[rows]`.
    pub(super) fn apply(&self, rows: &Tensor) -> Result<Tensor> {
        self.output.apply(&gelu(&self.hidden.apply(rows)?)?)?.squeeze(1)
    }

    /// The bias of the output.
    pub(super) fn bias(&self) -> &Var {
        self.output.bias()
    }
}

/// The activation of every predictor.
pub(super) fn gelu(rows: &Tensor) -> Result<Tensor> {
    ops::activate(rows, Activation::Gelu)
}

/// Numbers of each row as shares of their text, by weight: softmax over the rows of a text, each as often as its share says.
/// Shape: `logits` and `shares` `[rows]` → `[rows]`.
pub(super) fn softmax_by_text(batch: &PackedBatch, logits: &Tensor, shares: Option<&Tensor>) -> Result<Tensor> {
    // The largest of each text cancels out.
    let values: Vec<f32> = logits.to_dtype(DType::F32)?.to_vec1()?;
    let largest: Vec<f32> = batch
        .bounds()
        .ranges()
        .flat_map(|range| {
            let most = values[range.clone()].iter().copied().fold(f32::NEG_INFINITY, f32::max);
            std::iter::repeat_n(most, range.len())
        })
        .collect();
    let largest = Tensor::from_vec(largest, batch.rows(), logits.device())?.to_dtype(logits.dtype())?;
    let mut weights = (logits - largest)?.exp()?;
    if let Some(shares) = shares {
        weights = (weights * shares)?;
    }
    normalized_by_text(batch, &weights)
}

/// Divided by the sum over their text. Shape: `[rows]`.
pub(super) fn normalized_by_text(batch: &PackedBatch, weights: &Tensor) -> Result<Tensor> {
    let sums = batch.to_rows(&batch.sum_by_text(weights)?)?;
    weights / sums.maximum(1e-30)?
}

/// 1 for the rows that `chosen` says, else 0. Shape: `[rows]`.
pub(super) fn mask(chosen: &[bool], like: &Tensor) -> Result<Tensor> {
    let values: Vec<f32> = chosen.iter().map(|&is| f32::from(u8::from(is))).collect();
    Tensor::from_vec(values, chosen.len(), like.device())?.to_dtype(like.dtype())
}

/// The sum of squares over the last axis.
pub(super) fn sizes(rows: &Tensor) -> Result<Tensor> {
    rows.sqr()?.sum(D::Minus1)
}

/// The share of a text's tokens that enter a layer, the mean over layers and texts. Scalar.
pub(super) fn share_that_enters(run: &BatchRun) -> Result<Tensor> {
    let even = run.batch.even_share(run.logits.dtype())?;
    let texts = run.batch.texts() as f64;
    let of_layer = |entering: &Tensor| (entering * &even)?.sum_all()? / texts;
    let layers = run.entering.iter().map(of_layer).collect::<Result<Vec<_>>>()?;
    Tensor::stack(&layers, 0)?.mean_all()
}

/// Variables as they are now, for a file.
pub(super) fn named(variables: &[(String, Var)]) -> Vec<(String, Tensor)> {
    variables.iter().map(|(name, var)| (name.clone(), var.as_detached_tensor())).collect()
}

/// 1 for the best rows of each text, the first one left out: as many as `count` says of the text's original tokens. Rows of
/// which less than half is left come last; ties go to the smaller position. Shape: `scores` `[rows]` → `[rows]`.
pub(super) fn best_of_text(view: &LayerView<'_>, scores: &Tensor, count: impl Fn(usize) -> usize) -> Result<Tensor> {
    let values: Vec<f32> = scores.to_dtype(DType::F32)?.to_vec1()?;
    let alive = alive_rows(view)?;
    let mut chosen = vec![false; values.len()];
    for range in view.batch.bounds().ranges() {
        let mut rows: Vec<usize> = range.clone().skip(1).filter(|&row| alive[row]).collect();
        rows.sort_by(|&a, &b| values[b].total_cmp(&values[a]).then(a.cmp(&b)));
        rows.into_iter().take(count(range.len())).for_each(|row| chosen[row] = true);
    }
    mask(&chosen, scores)
}

/// Whether at least half is left of each row. Shape: `[rows]`.
pub(super) fn alive_rows(view: &LayerView<'_>) -> Result<Vec<bool>> {
    let Some(shares) = view.shares else { return Ok(vec![true; view.batch.rows()]) };
    Ok(shares.to_dtype(DType::F32)?.to_vec1::<f32>()?.into_iter().map(|share| share >= 0.5).collect())
}
