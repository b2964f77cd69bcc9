//! Results → figures, one file per kind: the only part of `figure` that knows results.

mod fairness;
mod fairness_rows;
mod latency;
mod ribbons;
mod trade_off;
mod transfer;

use crate::evaluation::Estimate;

use super::describe::Measured;
use super::describe::Provenance;

pub use fairness::FairnessInput;
pub use fairness::fairness_figure;
pub use fairness_rows::sort_rows;
pub use latency::LatencyInput;
pub use latency::latency_figure;
pub use ribbons::ribbon_figure;
pub use trade_off::CostAxis;
pub use trade_off::QualityAxis;
pub use trade_off::SpeedUps;
pub use trade_off::TradeOffInput;
pub use trade_off::TradeOffPoint;
pub use trade_off::trade_off_figure;
pub use transfer::TransferInput;
pub use transfer::TransferPlace;
pub use transfer::transfer_figure;

/// An estimate as figures carry it.
#[must_use]
pub fn measured(estimate: &Estimate) -> Measured {
    match estimate {
        Estimate::Value { value, interval, n, .. } => Measured {
            value: Some(*value),
            interval: *interval,
            method: estimate.described_method().unwrap_or_default(),
            n: *n,
            // A value may stand without an interval, and that has a reason too.
            reason: estimate.interval_note().unwrap_or_default(),
        },
        Estimate::Undefined { reason, n } => Measured { n: *n, reason: reason.clone(), ..Measured::default() },
    }
}

/// Where numbers came from, with this version's name.
#[must_use]
pub fn provenance(model: &str, data: &str) -> Provenance {
    let version = concat!("prunescope ", env!("CARGO_PKG_VERSION")).to_owned();
    Provenance { model: model.to_owned(), data: data.to_owned(), version }
}

/// `first_name` → "First name".
fn sentence_case(name: &str) -> String {
    let mut letters = name.chars();
    let first = letters.next().map(|letter| letter.to_uppercase().to_string()).unwrap_or_default();
    format!("{first}{}", letters.as_str().replace('_', " "))
}

/// What must be known of some methods, with their names: " Score only, no adaptation: ltp."
fn noted<'a>(methods: impl Iterator<Item = (&'a str, &'a str)>) -> String {
    let mut notes: Vec<(&str, Vec<&str>)> = Vec::new();
    for (note, name) in methods.filter(|(note, _)| !note.is_empty()) {
        match notes.iter_mut().find(|(known, _)| *known == note) {
            Some((_, names)) if names.contains(&name) => {}
            Some((_, names)) => names.push(name),
            None => notes.push((note, vec![name])),
        }
    }
    let line = |(note, names): &(&str, Vec<&str>)| format!(" {}: {}.", sentence_case(note), names.join(", "));
    notes.iter().map(line).collect()
}
