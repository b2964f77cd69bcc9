//! Results as JSON, CSV and Parquet, and the manifest: what `inspect --json` and `evaluate --out` write.
//!
//! Everything is written by `disk`, so that no file is ever half there. The same results give the
//! same bytes; a time stamp, durations and the machine are in the manifest, measured latency also beside the metrics. Computes no number of its own.

mod answers;
mod error;
mod evaluated_latency;
mod inspection;
mod json;
mod latency;
mod manifest;
mod metrics;
mod predictions;
mod result_folder;
mod transfer;
mod tuning;

use std::fs;
use std::io;
use std::io::Write as _;
use std::path::Path;
use std::path::PathBuf;

pub use answers::AnswerForm;
pub use answers::PartialAnswers;
pub use answers::answer_line;
pub use answers::score_names;
pub use error::Error;
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
pub use result_folder::Existing;
pub use result_folder::ResultFolder;
pub use result_folder::check_target;
pub use transfer::Transferred;
pub use transfer::transfer_csv;
pub use transfer::transfer_json;
pub use tuning::SpentBefore;
pub use tuning::TuningFolder;
pub use tuning::spent_before;

use crate::data::GroupColumn;
use crate::disk;
use crate::disk::UnfinishedFile;
use crate::evaluation::Evaluation;

/// Begins `predictions.parquet` in that folder; rows are to be written as they come.
///
/// # Errors
/// As [`Predictions::create`].
pub fn begin_predictions(folder: &ResultFolder, groups: &[GroupColumn]) -> Result<Predictions, Error> {
    let [path, ..] = folder.targets();
    Predictions::create(&path, groups)
}

/// Puts a file in its place, whole or not at all.
///
/// # Errors
/// [`Error::Write`]; the old file is untouched then.
pub fn write_file(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    disk::write_file(path, bytes).map_err(|source| Error::Write { path: path.to_owned(), source })
}

/// Ends the predictions, writes the other three files of an evaluation and gives the paths of all four.
///
/// They take their names together, once all are on disk, the manifest last: a folder with a manifest is complete.
///
/// # Errors
/// Whatever keeps a file from being written; what was there before is then untouched, unless the system fails between two
/// renames.
pub fn write_evaluation(
    folder: &ResultFolder,
    predictions: Predictions,
    evaluation: &Evaluation,
    provenance: &Provenance,
) -> Result<[PathBuf; 4], Error> {
    let paths = folder.targets();
    let [_, metrics, table, manifest] = &paths;
    let files = vec![
        predictions.close()?,
        begin(metrics, json_text(&metrics_json(evaluation)).as_bytes())?,
        begin(table, &metrics_csv(table, evaluation)?)?,
        begin(manifest, json_text(&manifest_json(evaluation, provenance)).as_bytes())?,
    ];
    remove_old_manifest(manifest)?;
    disk::put_together(files).map_err(|(path, source)| Error::Write { path, source })?;
    Ok(paths)
}

/// Writes a file beside its place.
fn begin(path: &Path, bytes: &[u8]) -> Result<UnfinishedFile, Error> {
    let written = UnfinishedFile::create(path).and_then(|(unfinished, mut file)| {
        file.write_all(bytes)?;
        Ok(unfinished)
    });
    written.map_err(|source| Error::Write { path: path.to_owned(), source })
}

/// The manifest of an earlier run must not stand beside files of this one, not even for the moment between two renames.
fn remove_old_manifest(path: &Path) -> Result<(), Error> {
    match fs::remove_file(path) {
        Err(source) if source.kind() != io::ErrorKind::NotFound => Err(Error::Write { path: path.to_owned(), source }),
        _ => Ok(()),
    }
}
