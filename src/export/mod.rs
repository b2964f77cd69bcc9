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
pub use predictions::write_predictions;

use crate::evaluation::Evaluation;

/// Makes the folder of an evaluation, so that a bad path is found out before hours of work.
///
/// # Errors
/// [`Error::Folder`]
pub fn make_folder(folder: &Path) -> Result<(), Error> {
    fs::create_dir_all(folder).map_err(|source| Error::Folder { path: folder.to_owned(), source })
}

/// Writes the four files of an evaluation into a folder and gives their paths.
///
/// # Errors
/// Whatever keeps a file from being written; files written before stay.
pub fn write_evaluation(
    folder: &Path,
    evaluation: &Evaluation,
    provenance: &Provenance,
) -> Result<[PathBuf; 4], Error> {
    make_folder(folder)?;
    let names = ["predictions.parquet", "metrics.json", "metrics.csv", "manifest.json"];
    let paths = names.map(|name| folder.join(name));
    let [predictions, metrics, table, manifest] = &paths;
    write_predictions(predictions, evaluation)?;
    write_file(metrics, json_text(&metrics_json(evaluation)).as_bytes())?;
    write_file(table, &metrics_csv(table, evaluation)?)?;
    write_file(manifest, json_text(&manifest_json(evaluation, provenance)).as_bytes())?;
    Ok(paths)
}
