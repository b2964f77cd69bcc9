//! Who stays: strategies that turn a layer's evidence into a decision.
//!
//! A strategy is a [`Pruner`]; for every sequence it starts a [`SequencePruner`] that carries what the method
//! remembers from layer to layer (accumulated scores, group sizes, a random generator). The engine calls it once a
//! layer at hook point P2: after attention, residual and norm, before the feed-forward block.
//! Knows no model type, no files, no window. Start reading at [`Pruner`], then [`registry`].

mod decision;
mod pruner;
mod spec;

pub use decision::Action;
pub use decision::Decision;
pub use decision::Merge;
pub use pruner::LayerEvidence;
pub use pruner::Pruner;
pub use pruner::SequenceInfo;
pub use pruner::SequencePruner;
pub use spec::KeyKind;
pub use spec::KeySpec;
pub use spec::StrategySpec;
pub use spec::Value;
