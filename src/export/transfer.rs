//! `transfer.json` and `transfer.csv`: settings over several data sets, and where they were calibrated.

use std::path::Path;

use serde_json::Value;
use serde_json::json;

use crate::evaluation::Estimate;
use crate::evaluation::ModelInfo;
use crate::evaluation::TransferGap;
use crate::evaluation::TransferRow;
use crate::export::Error;
use crate::export::metrics::estimate_json;
use crate::export::metrics::extreme_json;

/// How tables of transfers begin.
pub(super) const TABLE_START: &str = "strategy,calibrated_on,data";

/// What stands in the title of figures of transfers.
pub(super) const TITLE: &str = "from data to data";

/// A row, and where its setting was chosen.
#[derive(Clone, Debug, PartialEq)]
pub struct Transferred {
    /// The setting on one data set.
    pub row: TransferRow,
    /// Name of the data that its policy was calibrated on; `None` where none is known, as of a spec that was typed.
    pub calibrated_on: Option<String>,
    /// Whether that is this very file, by content; `None` where it is not known.
    pub is_home: Option<bool>,
}

/// All of it as a document.
#[must_use]
pub fn transfer_json(model: &ModelInfo, rows: &[Transferred]) -> Value {
    json!({
        "schema": 1,
        "model": { "path": model.path.display().to_string(), "weights": model.weights_hash },
        "confidence": 0.95,
        "rows": rows.iter().map(row_json).collect::<Vec<_>>(),
    })
}

fn row_json(transferred: &Transferred) -> Value {
    let Transferred { row, calibrated_on, is_home } = transferred;
    json!({
        "strategy": row.spec.to_string(),
        "calibrated_on": calibrated_on,
        "is_calibration_data": is_home,
        "data": row.data,
        "data_sha256": row.data_hash,
        "texts": row.texts,
        "measure": row.quality.measure.id(),
        "dense": estimate_json(&row.quality.dense),
        "pruned": estimate_json(&row.quality.pruned),
        "change": estimate_json(&row.quality.change),
        "retention_mean": row.retention,
        "flops_reduction": row.flops_reduction,
        "flops_reduction_padded": row.flops_reduction_padded,
        "gaps": row.gaps.iter().map(gap_json).collect::<Vec<_>>(),
    })
}

fn gap_json(gap: &TransferGap) -> Value {
    let left_out = gap.left_out.iter().map(|(group, n)| json!({ "group": group, "n": n }));
    json!({
        "column": gap.column,
        "dense": estimate_json(&gap.dense),
        "pruned": estimate_json(&gap.pruned),
        "change": estimate_json(&gap.change),
        "worst_loss": extreme_json(&gap.worst_loss),
        "left_out": left_out.collect::<Vec<_>>(),
    })
}

/// The same as a table: a line for each setting and data set, and one more for each group column.
///
/// # Errors
/// [`Error::Table`].
pub fn transfer_csv(path: &Path, rows: &[Transferred]) -> Result<Vec<u8>, Error> {
    let failed = |source| Error::Table { path: path.to_owned(), source };
    let mut table = csv::Writer::from_writer(Vec::new());
    let fixed = ["strategy", "calibrated_on", "data", "is_calibration_data", "texts", "group_column", "measure"];
    let mut head: Vec<String> = fixed.map(str::to_owned).to_vec();
    for part in ["dense", "pruned", "change"] {
        head.extend(["", "_low", "_high", "_method", "_n"].map(|field| format!("{part}{field}")));
    }
    head.extend(["retention_mean", "flops_reduction", "flops_reduction_padded", "worst_groups"].map(str::to_owned));
    table.write_record(&head).map_err(failed)?;
    for transferred in rows {
        let row = &transferred.row;
        let id = row.quality.measure.id();
        let parts = [&row.quality.dense, &row.quality.pruned, &row.quality.change];
        let mut record = start(transferred, "", id);
        record.extend(parts.into_iter().flat_map(cells));
        record.extend([row.retention, row.flops_reduction, row.flops_reduction_padded].map(|value| value.to_string()));
        record.push(String::new());
        table.write_record(&record).map_err(failed)?;
        for gap in &row.gaps {
            let mut record = start(transferred, &gap.column, &format!("{id}_gap"));
            record.extend([&gap.dense, &gap.pruned, &gap.change].into_iter().flat_map(cells));
            record.extend([String::new(), String::new(), String::new(), gap.worst_loss.groups.join(";")]);
            table.write_record(&record).map_err(failed)?;
        }
    }
    table.into_inner().map_err(|err| failed(csv::Error::from(err.into_error())))
}

fn start(transferred: &Transferred, column: &str, measure: &str) -> Vec<String> {
    let Transferred { row, calibrated_on, is_home } = transferred;
    let home = is_home.map_or_else(String::new, |home| home.to_string());
    let source = calibrated_on.clone().unwrap_or_default();
    let texts = row.texts.to_string();
    vec![row.spec.to_string(), source, row.data.clone(), home, texts, column.to_owned(), measure.to_owned()]
}

fn cells(estimate: &Estimate) -> [String; 5] {
    let written = |value: Option<f64>| value.map_or_else(String::new, |value| value.to_string());
    let (low, high) = estimate.interval().unzip();
    let method = estimate.described_method().or_else(|| estimate.reason().map(str::to_owned));
    let n = estimate.n().to_string();
    [written(estimate.value()), written(low), written(high), method.unwrap_or_default(), n]
}
