//! Figure → CSV: the numbers that are drawn.

use super::decided::Decided;
use super::describe::Body;
use super::describe::Curves;
use super::describe::Dots;
use super::describe::Fate;
use super::describe::Figure;
use super::describe::Measured;
use super::describe::Ribbons;
use super::palette::Part;
use super::speedup_chart::SpeedupChart;

/// Why no table could be written.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The writer failed.
    #[error("data of figure {title:?} cannot be written as CSV")]
    Write {
        /// The figure's title.
        title: String,
        /// What the writer says.
        #[source]
        source: csv::Error,
    },
}

/// Writes a figure's data, one line per point, row or cell. Numbers have full precision; empty means undefined.
///
/// # Errors
/// See [`Error`].
pub fn to_csv(figure: &Figure) -> Result<Vec<u8>, Error> {
    let mut rows = csv::Writer::from_writer(Vec::new());
    let written = match &figure.body {
        Body::Curves(curves) => write_curves(&mut rows, curves),
        Body::Dots(dots) => write_dots(&mut rows, dots),
        Body::Ribbons(ribbons) => write_ribbons(&mut rows, ribbons),
        Body::Speedups(chart) => write_speedups(&mut rows, chart),
    };
    let failed = |source| Error::Write { title: figure.title.clone(), source };
    written.map_err(failed)?;
    rows.into_inner().map_err(|err| failed(csv::Error::from(err.into_error())))
}

type Writer = csv::Writer<Vec<u8>>;

/// In full precision; empty where there is none.
fn written(value: Option<impl ToString>) -> String {
    value.map_or_else(String::new, |value| value.to_string())
}

fn measured(value: &Measured) -> [String; 5] {
    let (low, high) = value.interval.map_or((None, None), |(low, high)| (Some(low), Some(high)));
    [written(value.value), written(low), written(high), value.method.clone(), value.n.to_string()]
}

fn write_curves(rows: &mut Writer, curves: &Curves) -> Result<(), csv::Error> {
    let y = &curves.y.column;
    let (low, high, method) = (format!("{y}_low"), format!("{y}_high"), format!("{y}_method"));
    let x = &curves.x.column;
    let (x_low, x_high) = (format!("{x}_low"), format!("{x}_high"));
    let mut names = vec!["strategy", "spec", "setting", x];
    let reference = curves.reference.iter().map(|point| (("dense", ""), point));
    let series = curves.series.iter().flat_map(|series| {
        let named = (series.id.as_str(), series.note.as_str());
        series.points.iter().map(move |point| (named, point))
    });
    let points: Vec<_> = reference.chain(series).collect();
    // Counted values have no interval, and no columns for one.
    let is_measured = points.iter().any(|(_, point)| point.x_interval.is_some());
    if is_measured {
        names.extend([x_low.as_str(), &x_high]);
    }
    names.extend([y.as_str(), &low, &high, &method, "n", "dominated", "current", "note"]);
    rows.write_record(names)?;
    for ((id, note), point) in points {
        let mut record = vec![id.to_owned(), point.spec.clone(), point.label.clone(), point.x.to_string()];
        if is_measured {
            let ends = point.x_interval.map_or((None, None), |(low, high)| (Some(low), Some(high)));
            record.extend([written(ends.0), written(ends.1)]);
        }
        record.extend(measured(&point.y));
        record.extend([point.dominated.to_string(), point.current.to_string(), note.to_owned()]);
        rows.write_record(record)?;
    }
    Ok(())
}

fn write_dots(rows: &mut Writer, dots: &Dots) -> Result<(), csv::Error> {
    let mut names = vec!["group".to_owned(), "n".to_owned()];
    for part in ["dense", "pruned", "difference"] {
        let fields = ["", "_low", "_high", "_method", "_n"];
        names.extend(fields.map(|field| format!("{part}_{}{field}", dots.measure.column)));
    }
    names.extend(["remark", "strategy", "note"].map(str::to_owned));
    names.extend(["harmed", "rescued", "changed", "test", "clusters", "p", "p_adjusted"].map(str::to_owned));
    names.extend(["adjustment", "verdict", "verdict_reason"].map(str::to_owned));
    rows.write_record(names)?;
    for row in &dots.rows {
        let mut record = vec![row.label.clone(), row.count.to_string()];
        for part in [&row.dense, &row.pruned, &row.difference] {
            record.extend(measured(part));
        }
        record.extend([row.remark.clone(), dots.strategy_name.clone(), dots.strategy_note.clone()]);
        record.extend(decided(row.decided.as_ref(), &dots.adjustment));
        rows.write_record(record)?;
    }
    Ok(())
}

/// As the columns behind `note`; empty where nothing is known.
fn decided(decided: Option<&Decided>, adjustment: &str) -> [String; 10] {
    match decided {
        None => Default::default(),
        Some(Decided::Changed { texts }) => {
            let mut cells: [String; 10] = Default::default();
            cells[2] = texts.to_string();
            cells
        }
        Some(Decided::Judged(judged)) => [
            judged.harmed.to_string(),
            judged.rescued.to_string(),
            String::new(),
            judged.test.clone(),
            written(judged.clusters),
            written(judged.p),
            written(judged.p_adjusted),
            adjustment.to_owned(),
            judged.verdict.clone(),
            judged.reason.clone(),
        ],
    }
}

/// Layers count from 1 as on screen; columns count from 0 as in `inspect --json`, made rows behind the tokens.
fn write_ribbons(rows: &mut Writer, ribbons: &Ribbons) -> Result<(), csv::Error> {
    let names = ["strategy", "spec", "note", "layer_from_1", "position_from_0", "token", "special", "fused"];
    rows.write_record(names.into_iter().chain(["fate", "merged_into", "rank_from_1", "rank_share", "score"]))?;
    for ribbon in &ribbons.ribbons {
        for (layer, cells) in ribbon.layers.iter().enumerate() {
            for (position, (cell, token)) in cells.iter().zip(&ribbons.tokens).enumerate() {
                let (fate, into) = match cell.fate {
                    Fate::Kept => ("kept", None),
                    Fate::Left => ("left", None),
                    Fate::Merged(into) => ("merged", Some(into)),
                    Fate::Gone => ("gone", None),
                };
                rows.write_record([
                    ribbon.id.as_str(),
                    &ribbon.spec,
                    &ribbon.note,
                    &(layer + 1).to_string(),
                    &position.to_string(),
                    &token.text,
                    &token.special.to_string(),
                    &token.fused.to_string(),
                    fate,
                    &written(into),
                    &written(cell.rank),
                    &written(cell.share),
                    &written(cell.score),
                ])?;
            }
        }
    }
    Ok(())
}

fn write_speedups(rows: &mut Writer, chart: &SpeedupChart) -> Result<(), csv::Error> {
    let mut names: Vec<String> = ["case", "strategy", "spec", "removal"].map(str::to_owned).to_vec();
    names.extend(["median_s", "p05_s", "p95_s", "dense_median_s", "dense_p05_s", "dense_p95_s"].map(str::to_owned));
    names.extend(Part::ALL.map(|part| format!("{}_s", part.label().replace('-', "_"))));
    names.extend(["", "_low", "_high", "_method", "_n"].map(|field| format!("speed_up{field}")));
    names.extend(["flops_reduction", "promise_kept", "tokens_per_second", "remark", "note"].map(str::to_owned));
    rows.write_record(&names)?;
    for row in &chart.rows {
        let mut record = vec![row.case.clone(), row.id.clone(), row.spec.clone(), row.removal.clone()];
        for time in [&row.time, &row.dense] {
            record.extend([time.median, time.low, time.high].map(|seconds| seconds.to_string()));
        }
        record.extend(row.time.parts.map(|seconds| seconds.to_string()));
        record.extend(measured(&row.speed_up));
        record.extend([written(row.flops_reduction), written(row.promise_kept()), row.tokens_per_second.to_string()]);
        record.extend([row.remark.clone(), row.note.clone()]);
        rows.write_record(&record)?;
    }
    Ok(())
}
