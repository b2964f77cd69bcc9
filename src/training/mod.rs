//! A differentiable forward pass: the weights that the engine runs, with a soft gate per token and layer, and gradients.
//!
//! Removing a row is a jump, along which nothing can be learned. Here every token stays and has a *gate* between 0 and 1
//! at hook point P2 of each layer ([`Gating`]); what is left of it after a layer is the product of its gates so far, its
//! *share*. In the layers after that, a key counts in the softmax as often as its share says:
//! `A[h,q,k] = G_k exp(s_k) / sum_j G_j exp(s_j)`, and a head that pools by the mean weighs rows by their share.
//!
//! - All gates 1: the dense pass; logits as the engine's, within rounding.
//! - Gates 0 and 1: what the engine computes when the rows with a 0 leave, as survivors see no trace of a row with share 0.
//!   Two things lie outside: a row that is merged, and the row that the head reads. That one goes on being computed
//!   whatever its gate (the engine lets the head read its last complete state), so give it gate 1
//!   ([`Thresholds::protected`]).
//! - Gates of the last layer move the logits only through mean pooling: nothing reads other rows after it.
//!
//! Authors differ in what a soft removal is. Kim et al. 2022 (LTP) multiply the layer's output by the gate, so that a row
//! with gate 0 is still attended to; Guan et al. 2022 (Transkimmer) multiply probabilities without bringing them to sum 1
//! again. Neither is what removal does. Rao et al. 2021 (`DynamicViT`, <https://arxiv.org/abs/2106.02034>, equation 11)
//! weigh the exponentials, as here, but for each row's view of itself.
//!
//! In double precision everything is composed of operations whose gradients candle knows (its fused `softmax_last_dim` and
//! `layer_norm` drop gradients without a word, huggingface/candle#3569, which a test here holds on to). In single precision the
//! pieces of a layer are operations of their own, on this crate's products, with their way back; a test holds them to the
//! compositions in every family.
//!
//! # Who does what
//!
//! - [`SoftModel::run_batch`] runs texts packed into rows ([`PackedBatch`]). A [`Gate`] is asked at both hook points what goes
//!   on of each row; [`BatchRun`] has what became of them, [`LayerCosts::relative`] what that costs, with a gradient.
//! - A [`Method`] is a strategy that learns: variables in [`Group`]s with learning rates of their own, a loss of a batch
//!   ([`Step`] → [`StepLoss`]), and what was learned as everybody can run it ([`Learned`]: a spec, weights for a file). To add
//!   one, write a file in `methods` and a line in [`METHODS`].
//! - [`train()`] has everything else: batches, `AdamW`, the dev set, which is run by the engine under the spec that was
//!   learned, the best point so far in a [`TrainingFolder`], the state to go on from, and [`TrainEvent`]s for whoever shows
//!   them.
//!
//! ```
//! use candle_core::{DType, Tensor, Var};
//! use prunescope::model::{Checkpoint, SAMPLE_MODEL, find_model};
//! use prunescope::training::{Gating, SoftModel, Thresholds, cross_entropy, retention};
//!
//! let checkpoint = Checkpoint::load(&find_model(SAMPLE_MODEL).expect("the sample model"))?;
//! let model = SoftModel::frozen(&checkpoint.model, DType::F32)?;
//! let text = checkpoint.tokenizer.encode("a film of quiet joy", None)?;
//! let label = 1;
//!
//! // One threshold a layer, for the attention that a token receives.
//! let thresholds = Var::from_tensor(&Tensor::full(0.05_f32, model.num_layers(), model.device())?)?;
//! let loss = || {
//!     let gating = Thresholds { values: thresholds.as_tensor(), temperature: 0.02, protected: &[0] };
//!     let run = model.run(&text, &Gating::Thresholds(gating))?;
//!     Ok::<_, Box<dyn std::error::Error>>((cross_entropy(&run.logits, label)? + (retention(&run.shares)? * 0.5)?)?)
//! };
//! let before = loss()?;
//! let gradients = before.backward()?;
//! let step = (gradients.get(&thresholds).expect("a gradient") * 1e-4)?;
//! thresholds.set(&(thresholds.as_tensor() - step)?)?;
//! assert!(loss()?.to_scalar::<f32>()? < before.to_scalar::<f32>()?, "a step against the gradient lowers the loss");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod attention;
mod batch;
mod batches;
mod costs;
mod data;
mod dev;
mod error;
mod event;
mod fast;
mod folder;
mod forward;
mod gate;
mod gates;
mod losses;
mod method;
mod methods;
mod ops;
mod optimizer;
mod state;
mod to_model;
mod trainer;
mod weights;

pub use batch::PackedBatch;
pub use costs::LayerCosts;
pub use data::TrainingData;
pub use dev::DevPoint;
pub use error::Error;
pub use event::CurvePoint;
pub use event::TrainEvent;
pub use folder::Existing;
pub use folder::TrainingFolder;
pub use forward::BatchRun;
pub use forward::SoftRun;
pub use gate::Gate;
pub use gate::LayerView;
pub use gate::Open;
pub use gates::Gating;
pub use gates::Thresholds;
pub use losses::cross_entropy;
pub use losses::distillation;
pub use losses::retention;
pub use method::BACKBONE;
pub use method::Group;
pub use method::Learned;
pub use method::Method;
pub use method::MethodInfo;
pub use method::Mode;
pub use method::Objective;
pub use method::Setting;
pub use method::Settings;
pub use method::Setup;
pub use method::Step;
pub use method::StepLoss;
pub use method::scalar;
pub use methods::METHODS;
pub use methods::parse_method;
pub use trainer::OnEvent;
pub use trainer::TrainOptions;
pub use trainer::Trained;
pub use trainer::train;
pub use weights::SoftModel;
