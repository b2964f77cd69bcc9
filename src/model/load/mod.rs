//! From a checkpoint folder to a model: weight files read as data, tensors found by name, layers put together.

mod assemble;
mod assemble_modernbert;
mod checkpoint;
mod head;
mod number_type;
pub(in crate::model) mod pickle;
mod pytorch_file;
mod safetensors_file;
mod sample;
mod tensor_loader;
pub(in crate::model) mod weight_files;
pub(in crate::model) mod zip_archive;

pub use checkpoint::Checkpoint;
pub use checkpoint::LoadOptions;
pub use pickle::PickleError;
pub use sample::SAMPLE_MODEL;
pub use sample::find_model;
pub use weight_files::weight_paths;
pub use zip_archive::ZipError;
