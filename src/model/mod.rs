//! Checkpoints, tokenizers and one layer's forward pass. Loads and computes; never prunes, never loops over layers.
//!
//! Start reading at [`Checkpoint::load`]; [`Model`] holds the weights in one form for all families.
//!
//! Nothing a file claims is believed: sizes are checked before memory is asked for, and every refusal is an [`Error`]
//! that names the file, what was expected and what was found.

mod assemble;
mod assemble_modernbert;
mod attention;
mod charsmap;
mod checkpoint;
mod config;
mod device;
mod encoded;
mod error;
mod evidence;
mod extent;
mod family;
mod fields;
mod forward;
mod guarded;
mod linear;
mod number_type;
mod pickle;
mod pytorch_file;
mod relative;
mod safetensors_file;
mod sample;
mod scratch;
mod sentencepiece;
mod task;
mod tensor_loader;
mod text_start;
mod tokenizer;
mod tokenizer_check;
mod tokenizer_notes;
mod tokenizer_parts;
mod tokenizer_settings;
mod truncate;
mod vocab_file;
mod weight_files;
mod weights;
mod workspace;
mod zip_archive;

pub use crate::tensor::Activation;
pub use checkpoint::Checkpoint;
pub use checkpoint::LoadOptions;
pub use config::Family;
pub use config::ModelConfig;
pub use device::DeviceChoice;
pub use device::DeviceStates;
pub use device::DeviceWeights;
pub use device::Error as DeviceError;
pub use device::RowMoves;
pub use encoded::Encoded;
pub use encoded::Token;
pub use error::Error;
pub use error::Misshapen;
pub use error::Stored;
pub use extent::MOST_WORK;
pub use extent::largest;
pub use extent::macs;
pub use forward::AttentionContext;
pub use forward::AttentionEvidence;
pub use forward::AttentionOutput;
pub use forward::EmbedInput;
pub use linear::Linear;
pub use pickle::PickleError;
pub use sample::SAMPLE_MODEL;
pub use sample::find_model;
pub use tokenizer::Tokenizer;
pub use tokenizer_check::TokenizerFault;
pub use weights::DisentangledAttention;
pub use weights::EmbeddingWeights;
pub use weights::HeadWeights;
pub use weights::LayerWeights;
pub use weights::Model;
pub use weights::Norm;
pub use weights::NormPlacement;
pub use weights::Pooling;
pub use weights::Precision;
pub use weights::ProjectedPositions;
pub use weights::RelativeBias;
pub use weights::RotaryAttention;
pub use workspace::Workspace;
pub use zip_archive::ZipError;
