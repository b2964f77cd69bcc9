//! Checkpoints, tokenizers and one layer's forward pass. Loads and computes; never prunes, never loops over layers.
//!
//! Start reading at [`Model::load`]; [`Model`] holds the weights in one form for all families.

mod attention;
mod config;
mod encoded;
mod forward;
mod relative;
mod weights;

pub use config::Family;
pub use config::ModelConfig;
pub use encoded::Encoded;
pub use encoded::Token;
pub use forward::AttentionContext;
pub use forward::AttentionOutput;
pub use forward::EmbedInput;
pub use weights::Activation;
pub use weights::DisentangledAttention;
pub use weights::EmbeddingWeights;
pub use weights::HeadWeights;
pub use weights::LayerWeights;
pub use weights::Linear;
pub use weights::Model;
pub use weights::Norm;
pub use weights::NormPlacement;
pub use weights::ProjectedPositions;
pub use weights::RotaryAttention;
