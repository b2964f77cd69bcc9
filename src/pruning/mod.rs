//! Who stays: strategies that turn a layer's evidence into a decision.
//!
//! A strategy is a [`Pruner`]; for every sequence it starts a [`SequencePruner`] that carries what the method
//! remembers from layer to layer (accumulated scores, group sizes, a random generator). The engine calls it once a
//! layer at hook point P2: after attention, residual and norm, before the feed-forward block; strategies that look at a
//! layer's input are asked before its attention too, at P1.
//! Knows no model type, no window, and no files but those that settings name. Start reading at [`Pruner`], then [`registry`]; the strategies lie in
//! `rows`.

mod artifact;
mod build_context;
pub mod cache;
mod corpus;
mod decision;
mod dial;
mod error;
mod formula;
mod key;
mod layer_values;
mod policy;
mod pruner;
mod registry;
mod rows;
mod spec;
mod trained;

pub use artifact::Artifact;
pub use artifact::ArtifactPlaces;
pub use artifact::FileRecord;
pub use build_context::BuildContext;
pub use decision::Action;
pub use decision::Decision;
pub use decision::Merge;
pub use dial::DialRange;
pub use error::Error;
pub use formula::Formula;
pub use formula::Function;
pub use formula::Mistake;
pub use formula::Vector;
pub use key::KeyKind;
pub use key::KeySpec;
pub use key::Value;
pub use layer_values::LayerValues;
pub use policy::Calibration;
pub use pruner::LayerEvidence;
pub use pruner::LayerInput;
pub use pruner::Pruner;
pub use pruner::SequenceInfo;
pub use pruner::SequencePruner;
pub use registry::Dial;
pub use registry::SCORE_ONLY_LABEL;
pub use registry::StrategyFamily;
pub use registry::StrategyInfo;
pub use registry::Training;
pub use registry::find;
pub use registry::registry;
pub use rows::dynamic_vit_layers;
pub use rows::importance;
pub use rows::tr_bert_layers;
pub use spec::StrategySpec;
