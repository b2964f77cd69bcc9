//! Work in the background that no view owns: loading, reading, running, measuring, asking for paths. Draws nothing.

pub(crate) mod chooser;
pub(crate) mod context;
pub(crate) mod data_runs;
pub(crate) mod data_sheet;
pub(crate) mod dataset_run;
pub(crate) mod dense_baseline;
pub(crate) mod enabled_runs;
pub(crate) mod evaluation_key;
pub(crate) mod examples;
pub(crate) mod export;
pub(crate) mod file_work;
pub(crate) mod growth;
pub(crate) mod known_run;
pub(crate) mod latency;
pub(crate) mod latency_plan;
pub(crate) mod latency_settings;
pub(crate) mod listing;
pub(crate) mod messages;
pub(crate) mod paths;
pub(crate) mod recent;
pub(crate) mod result_files;
pub(crate) mod results;
pub(crate) mod sheet;
pub(crate) mod slot;
pub(crate) mod stream;
pub(crate) mod text_runs;
