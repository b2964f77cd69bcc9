//! prunescope: a lab for token pruning in transformers.
//!
//! It loads a real checkpoint, runs text through it layer by layer, asks a *strategy* between two
//! steps of a layer which tokens may stay, and records what happened: which tokens left, what the run
//! cost, what it decided, and for which groups of people it decided worse.
//!
//! # Modules, from the bottom up
//!
//! | module | what it knows |
//! | --- | --- |
//! | [`jobs`] | background work with progress and cancel |
//! | [`disk`] | files that appear whole or not at all; one run per folder |
//! | [`tensor`] | packed rows, softmax, products; nothing about models |
//! | [`data`] | texts, labels, groups, readers, the authored data set; no tensors |
//! | [`metrics`] | pure functions over slices |
//! | [`input`] | what a model reads: texts as tokens; tokenizers |
//! | [`model`] | checkpoints, one layer's forward; never prunes |
//! | [`pruning`] | scores and decisions: who stays; knows no model |
//! | [`engine`] | runs the layers and asks the strategy in between; traces |
//! | [`training`] | a differentiable forward pass with soft gates; losses |
//! | [`cost`] | multiply-accumulates, in closed form and counted |
//! | [`latency`] | times dense and pruned passes in turn; what FLOPs promise and the clock gives |
//! | [`evaluation`] | strategies over a data set; the only source of every shown number |
//! | [`mod@reference`] | a checkpoint through candle-transformers' own model, to compare with |
//! | [`figure`], [`export`] | what is written to files |
//! | [`project`] | the saved session |
//! | [`cli`], `app` | the two faces; `app` only with the feature `gui` |
//!
//! How to use it from Rust, with examples that are tested, stands in `docs/library.md`.
//!
//! # Notation
//!
//! Shapes name their axes, outermost first: `[tokens, hidden]`.
//! A packed tensor holds the rows of several sequences one after another: `[total_tokens, hidden]`,
//! bounded by [`tensor::CuSeqlens`]. Layers and heads count from zero inside and from one on screen.

pub mod disk;
pub mod jobs;

pub mod tensor;

pub mod data;
pub mod metrics;

pub mod input;
pub mod model;
pub mod pruning;

pub mod cost;
pub mod engine;
pub mod latency;
pub mod training;

pub mod evaluation;
pub mod reference;

pub mod export;
pub mod figure;
pub mod project;

pub mod cli;

#[cfg(feature = "gui")]
pub mod app;

/// The examples of `docs/library.md` run with the tests.
#[cfg(doctest)]
#[doc = include_str!("../docs/library.md")]
pub struct LibraryPage;
