//! Which entries of a KV cache stay: policies for language models, beside the strategies for rows and apart from them.
//!
//! A row of states leaves once, for all later layers; an entry of a cache is a key and a value of one layer and one KV
//! head, and leaves there alone, again and again while a text grows. So a [`CachePolicy`] is a trait of its own, and
//! [`Action`](crate::pruning::Action) knows nothing of caches. Its three parts can be chosen apart, as they are for rows:
//! a score per entry ([`AttentionSums`]), how many entries a layer and head keeps ([`BudgetSchedule`]), and which those
//! are ([`select`]).
//!
//! The order of a step is append, attend, evict: the new entry sees itself and everything kept so far, then every head is
//! cut to its budget. Policies are pure decisions on given evidence; no engine asks them yet, and no list offers them.

mod budget;
mod evidence;
mod h2o;
mod policy;
mod select;
mod sink_window;

pub use budget::Budget;
pub use budget::BudgetSchedule;
pub use budget::Protection;
pub use evidence::AttentionSums;
pub use evidence::GroupReduction;
pub use evidence::received;
pub use h2o::H2o;
pub use policy::CacheDecision;
pub use policy::CachePolicy;
pub use policy::CacheSize;
pub use policy::HeadView;
pub use policy::SequenceCachePolicy;
pub use select::select;
pub use sink_window::SinkWindow;
