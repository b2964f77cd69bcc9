//! Weights that were trained for a strategy, read from the file that its key `pruner` names.
//!
//! The file is in safetensors format, `f32`. Its metadata may say for which strategy it was trained (`strategy`); another one
//! refuses it. Shapes are checked against the model that the strategy is to run on, tensor by tensor.

use std::path::Path;

use safetensors::Dtype;
use safetensors::SafeTensorError;
use safetensors::SafeTensors;

use crate::pruning::Artifact;
use crate::pruning::BuildContext;
use crate::pruning::Error;
use crate::pruning::KeyKind;
use crate::pruning::KeySpec;
use crate::pruning::Value;
use crate::tensor::Panels;
use crate::tensor::RowsRef;
use crate::tensor::first_not_finite;
use crate::tensor::vector;

/// The key that names the file.
pub(super) const PRUNER: &str = "pruner";

/// Added to variances, in every predictor with a norm.
const NORM_EPS: f32 = 1e-5;

/// The key [`PRUNER`].
pub(super) fn pruner_key() -> KeySpec {
    KeySpec::unset(PRUNER, KeyKind::Weights, "The trained weights, as `prunescope train` wrote them")
}

/// The tensors of a file, for one strategy.
pub(super) struct Trained<'a> {
    strategy: &'static str,
    path: &'a Path,
    tensors: SafeTensors<'a>,
}

impl<'a> BuildContext<'a> {
    /// The trained weights.
    ///
    /// # Errors
    /// [`Error::Untrained`] where no file is named; those of [`Trained::read`].
    pub(super) fn trained(&self) -> Result<Trained<'a>, Error> {
        match self.spec.get(PRUNER) {
            Some(Value::File(file)) => Trained::read(self.spec.id(), file),
            _ => Err(Error::Untrained { strategy: self.spec.id() }),
        }
    }
}

impl<'a> Trained<'a> {
    /// Reads the header.
    ///
    /// # Errors
    /// [`Error::WeightsSyntax`] where it is none, [`Error::WeightsOf`] where the weights are another strategy's.
    pub(super) fn read(strategy: &'static str, file: &'a Artifact) -> Result<Self, Error> {
        let syntax = |source: SafeTensorError| Error::WeightsSyntax {
            strategy,
            key: PRUNER,
            path: file.path().to_owned(),
            source: Box::new(source),
        };
        let tensors = SafeTensors::deserialize(file.bytes()).map_err(syntax)?;
        let (_, header) = SafeTensors::read_metadata(file.bytes()).map_err(syntax)?;
        let other = header.metadata().as_ref().and_then(|says| says.get("strategy")).filter(|says| *says != strategy);
        match other {
            Some(got) => Err(Error::WeightsOf { strategy, got: got.as_str().into(), path: file.path().to_owned() }),
            None => Ok(Self { strategy, path: file.path(), tensors }),
        }
    }

    /// The values of a tensor.
    ///
    /// # Errors
    /// [`Error::Tensor`] where it is missing, has another shape or other numbers, or holds one that is none.
    pub(super) fn values(&self, tensor: &str, shape: &[usize]) -> Result<Vec<f32>, Error> {
        let refuse = |got: String| Error::Tensor {
            strategy: self.strategy,
            tensor: tensor.into(),
            expected: format!("{shape:?} in f32, as for this model").into(),
            got: got.into(),
            path: self.path.into(),
        };
        let found = self.tensors.tensor(tensor).map_err(|_missing| refuse("no such tensor".to_owned()))?;
        if found.shape() != shape {
            return Err(refuse(format!("{:?}", found.shape())));
        }
        if found.dtype() != Dtype::F32 {
            return Err(refuse(format!("numbers of the type {:?}", found.dtype())));
        }
        let (numbers, _) = found.data().as_chunks::<4>();
        let values: Vec<f32> = numbers.iter().map(|&bytes| f32::from_le_bytes(bytes)).collect();
        match first_not_finite(&values) {
            Some(index) => Err(refuse(format!("{} as number {}", values[index], index + 1))),
            None => Ok(values),
        }
    }

    /// The last size of a tensor of two, of which the first is known.
    ///
    /// # Errors
    /// [`Error::Tensor`].
    pub(super) fn last_size(&self, tensor: &str, first: usize) -> Result<usize, Error> {
        let shape = self.tensors.tensor(tensor).map(|found| found.shape().to_vec()).unwrap_or_default();
        match shape[..] {
            [got, last] if got == first && last > 0 => Ok(last),
            _ => Err(Error::Tensor {
                strategy: self.strategy,
                tensor: tensor.into(),
                expected: format!("[{first}, at least 1] in f32, as for this model").into(),
                got: if shape.is_empty() { "no such tensor".into() } else { format!("{shape:?}").into() },
                path: self.path.into(),
            }),
        }
    }

    /// `NAME.weight` `[outputs, inputs]` and `NAME.bias` `[outputs]`.
    ///
    /// # Errors
    /// Those of [`Self::values`].
    pub(super) fn dense(&self, name: &str, inputs: usize, outputs: usize) -> Result<Dense, Error> {
        let weight = self.values(&format!("{name}.weight"), &[outputs, inputs])?;
        let bias = self.values(&format!("{name}.bias"), &[outputs])?;
        Ok(Dense { panels: Panels::from_weight(&weight, outputs, inputs), bias })
    }

    /// `NAME.weight` and `NAME.bias`, `[width]` both.
    ///
    /// # Errors
    /// Those of [`Self::values`].
    pub(super) fn norm(&self, name: &str, width: usize) -> Result<Norm, Error> {
        let weight = self.values(&format!("{name}.weight"), &[width])?;
        Ok(Norm { weight, bias: self.values(&format!("{name}.bias"), &[width])? })
    }
}

/// `x W^T + b` of a predictor.
#[derive(Clone, Debug)]
pub(super) struct Dense {
    panels: Panels,
    bias: Vec<f32>,
}

impl Dense {
    /// Shape: `rows` `[rows, inputs]` → `[rows, outputs]`.
    pub(super) fn apply(&self, rows: &[f32]) -> Vec<f32> {
        let (inner, outputs) = (self.panels.inner(), self.panels.outputs());
        let count = rows.len() / inner.max(1);
        let mut out = vec![0.0; count * outputs];
        self.panels.multiply(RowsRef { data: rows, stride: inner, rows: count }, &self.bias, &mut out, outputs);
        out
    }
}

/// Layer normalization of a predictor.
#[derive(Clone, Debug)]
pub(super) struct Norm {
    weight: Vec<f32>,
    bias: Vec<f32>,
}

impl Norm {
    /// In place. Shape: `[rows, width]`.
    pub(super) fn apply(&self, rows: &mut [f32]) {
        vector::layer_norm_rows(rows, &self.weight, Some(&self.bias), NORM_EPS);
    }
}

/// Two dense layers with GELU between them and one output: the predictor of `adapler` and the policy of `tr_bert`.
#[derive(Clone, Debug)]
pub(super) struct TwoLayers {
    hidden: Dense,
    output: Dense,
}

impl TwoLayers {
    /// Width of the hidden layer, in both papers.
    pub(super) const WIDTH: usize = 32;

    /// `NAME.hidden` and `NAME.output`.
    ///
    /// # Errors
    /// Those of [`Trained::values`].
    pub(super) fn read(trained: &Trained<'_>, name: &str, inputs: usize) -> Result<Self, Error> {
        let hidden = trained.dense(&format!("{name}.hidden"), inputs, Self::WIDTH)?;
        Ok(Self { hidden, output: trained.dense(&format!("{name}.output"), Self::WIDTH, 1)? })
    }

    /// Shape: `states` `[rows, inputs]` → `[rows]`.
    pub(super) fn apply(&self, states: &[f32]) -> Vec<f32> {
        let mut inner = self.hidden.apply(states);
        vector::activate(&mut inner, vector::Activation::Gelu);
        self.output.apply(&inner)
    }

    /// Multiply-accumulates for each row.
    pub(super) fn macs(inputs: usize) -> u64 {
        (Self::WIDTH * inputs + Self::WIDTH) as u64
    }
}

/// `1 / (1 + e^-x)`.
pub(super) fn sigmoid(x: f32) -> f64 {
    1.0 / (1.0 + (-f64::from(x)).exp())
}
