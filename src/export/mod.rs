//! Results as JSON, CSV and Parquet, and the manifest: what `inspect --json` and `evaluate --out` write.
//!
//! Everything is written beside its target and renamed, so that no file is ever half there. The same results give the
//! same bytes; a time stamp, durations and the machine are in the manifest, measured latency also beside the metrics. Computes no number of its own.

mod error;
mod evaluated_latency;
mod file;
mod inspection;
mod json;
mod latency;
mod manifest;
mod metrics;
mod predictions;

use std::fs;
use std::path::Path;
use std::path::PathBuf;

pub use error::Error;
pub use file::write_file;
pub use inspection::inspection_json;
pub use json::json_text;
pub use latency::LatencySource;
pub use latency::latency_json;
pub use latency::machine_json;
pub use manifest::Provenance;
pub use manifest::manifest_json;
pub use metrics::metrics_csv;
pub use metrics::metrics_json;
pub use predictions::Predictions;

use crate::data::GroupColumn;
use crate::evaluation::Evaluation;

const PREDICTIONS: &str = "predictions.parquet";

/// Makes the folder of an evaluation, so that a bad path is found out before hours of work.
///
/// # Errors
/// [`Error::Folder`]
pub fn make_folder(folder: &Path) -> Result<(), Error> {
    fs::create_dir_all(folder).map_err(|source| Error::Folder { path: folder.to_owned(), source })
}

/// Begins `predictions.parquet` in that folder; rows are to be written as they come.
///
/// # Errors
/// As [`Predictions::create`].
pub fn begin_predictions(folder: &Path, groups: &[GroupColumn]) -> Result<Predictions, Error> {
    Predictions::create(&folder.join(PREDICTIONS), groups)
}

/// Ends the predictions, writes the other three files of an evaluation beside them and gives the paths of all four.
///
/// # Errors
/// Whatever keeps a file from being written; files written before stay.
pub fn write_evaluation(
    folder: &Path,
    predictions: Predictions,
    evaluation: &Evaluation,
    provenance: &Provenance,
) -> Result<[PathBuf; 4], Error> {
    let names = [PREDICTIONS, "metrics.json", "metrics.csv", "manifest.json"];
    let paths = names.map(|name| folder.join(name));
    let [_, metrics, table, manifest] = &paths;
    predictions.finish()?;
    write_file(metrics, json_text(&metrics_json(evaluation)).as_bytes())?;
    write_file(table, &metrics_csv(table, evaluation)?)?;
    write_file(manifest, json_text(&manifest_json(evaluation, provenance)).as_bytes())?;
    Ok(paths)
}
