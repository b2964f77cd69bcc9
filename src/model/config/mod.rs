//! What `config.json` says, checked and in one form for all families.

mod activation;
pub(in crate::model) mod family;
mod head;
pub(in crate::model) mod head_source;
pub(in crate::model) mod model_config;
pub(in crate::model) mod modules;
pub(in crate::model) mod task;

pub use model_config::Family;
pub use model_config::ModelConfig;
