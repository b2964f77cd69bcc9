//! Checkpoints and one layer's forward pass. Loads and computes; never prunes, never loops over layers.
//!
//! Start reading at [`Checkpoint::load`]; [`Model`] holds the weights in one form for all families.
//!
//! Nothing a file claims is believed: sizes are checked before memory is asked for, and every refusal is an [`Error`]
//! that names the file, what was expected and what was found.

mod config;
mod device;
mod error;
mod head;
mod layers;
mod load;
mod weights;

pub use crate::tensor::Activation;
pub use config::Family;
pub use config::ModelConfig;
pub use device::DeviceChoice;
pub use device::DeviceStates;
pub use device::DeviceWeights;
pub use device::Error as DeviceError;
pub use device::RowMoves;
pub use error::Error;
pub use error::Misshapen;
pub use error::Stored;
pub use head::Head;
pub use head::HeadKind;
pub use head::HeadLayer;
pub use head::Pool;
pub use head::Scale;
pub use layers::AttentionContext;
pub use layers::AttentionEvidence;
pub use layers::AttentionOutput;
pub use layers::EmbedInput;
pub use layers::Linear;
pub use layers::MOST_WORK;
pub use layers::Workspace;
pub use layers::largest;
pub use layers::macs;
pub use load::Checkpoint;
pub use load::LoadOptions;
pub use load::PickleError;
pub use load::SAMPLE_MODEL;
pub use load::ZipError;
pub use load::find_model;
pub use load::weight_paths;
pub use weights::AttentionShape;
pub use weights::DisentangledAttention;
pub use weights::EmbeddingWeights;
pub use weights::LayerWeights;
pub use weights::Mask;
pub use weights::Model;
pub use weights::Norm;
pub use weights::NormPlacement;
pub use weights::Precision;
pub use weights::ProjectedPositions;
pub use weights::RelativeBias;
pub use weights::RotaryAttention;
