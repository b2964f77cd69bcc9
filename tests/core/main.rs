//! Core tests: models, strategies, engine, data and metrics; no window, no command line.

mod model_attacks;
mod model_bad_input;
mod model_config;
mod model_damage;
mod model_folders;
mod model_formats;
mod model_heads;
mod model_int8;
mod model_mean_heads;
mod model_pytorch_writer;
mod model_second_reference;
mod model_support;
mod model_tokenizer;
mod model_tokenizer_files;

mod cache_policies;
mod cluster_coverage;
mod data_laws;
mod data_parquet;
mod data_read;
mod field_cases;
mod metrics_laws;
mod patches;
mod reference;
mod sampling;

mod device_parity;
mod extent;
mod grouped_queries;
mod latency;
mod latency_laws;
mod laws;
mod laws_decisions;
mod laws_evidence;
mod laws_options;
mod layer_inputs;
mod learned_laws;
mod learned_strategies;
mod not_finite;
mod parity;
mod parity_sample;
mod shared_runs;
mod support;
mod training;
mod training_fast;
mod training_runs;

mod evaluation_agreement;
mod evaluation_stream;
mod figures;
mod figures_latency;
mod figures_laws;
mod figures_ribbons;
mod figures_text;
mod fuzz_finds;
mod matched;

mod strategy_engine;
mod strategy_files;
mod strategy_formula;
mod strategy_merging;
mod strategy_rules;
mod strategy_specs;
mod strategy_support;
mod strategy_vectors;
