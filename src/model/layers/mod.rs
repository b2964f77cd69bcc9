//! One layer's forward pass on the host: embeddings, attention, feed-forward block, head; and what they cost.

mod attention;
mod evidence;
mod extent;
mod forward;
mod linear;
mod mask;
pub(in crate::model) mod relative;
mod rotary;
mod scratch;
mod workspace;

pub use extent::MOST_WORK;
pub use extent::largest;
pub use extent::macs;
pub use forward::AttentionContext;
pub use forward::AttentionEvidence;
pub use forward::AttentionOutput;
pub use forward::EmbedInput;
pub(in crate::model) use forward::normalize;
pub use linear::Linear;
pub use workspace::Workspace;
