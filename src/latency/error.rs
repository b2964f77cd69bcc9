//! What can keep the laboratory from measuring.

use crate::engine;
use crate::pruning;

/// Why nothing was measured.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Made-up texts would be longer than the model reads.
    #[error("the model reads at most {expected} tokens, got {got}")]
    TooLong {
        /// The model's limit.
        expected: usize,
        /// What was asked for.
        got: usize,
    },
    /// A strategy does not fit the model.
    #[error("strategy `{spec}` cannot run on a model with {layers} layers")]
    Build {
        /// Canonical spec.
        spec: String,
        /// Layers of the model.
        layers: usize,
        /// What does not fit.
        source: pruning::Error,
    },
    /// The dense strategy is missing from the registry.
    #[error("no dense strategy to compare with")]
    Dense {
        /// The registry's complaint.
        source: pruning::Error,
    },
    /// The engine gave up.
    #[error("strategy `{spec}` failed")]
    Run {
        /// Canonical spec.
        spec: String,
        /// The engine's complaint.
        source: engine::Error,
    },
    /// The system gives no such number of threads.
    #[error("cannot use {threads} threads")]
    Threads {
        /// Threads asked for.
        threads: usize,
        /// What the thread pool said.
        source: rayon::ThreadPoolBuildError,
    },
}
