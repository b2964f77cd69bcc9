//! Core tests: models, strategies, engine, data and metrics; no window, no command line.

mod model_tokenizer;
