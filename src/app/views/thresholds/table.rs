//! The scores as a table for a file.

use std::sync::Arc;

use crate::app::views::thresholds::work::Found;
use crate::app::work::export::ListedRows;
use crate::app::work::slot::Failure;
use crate::jobs::Ticket;

/// After so many lines a stop is looked for.
const CHECK_EVERY: usize = 4096;

/// Every scored token of every layer.
#[derive(Debug)]
pub(crate) struct ScoreRows(pub(crate) Arc<Found>);

impl ListedRows for ScoreRows {
    fn to_csv(&self, ticket: &Ticket) -> Result<Vec<u8>, Failure> {
        let failed = |err: csv::Error| Failure::Failed(err.to_string());
        let Found { texts, spec, scores } = &*self.0;
        let spec = spec.to_string();
        let mut writer = csv::Writer::from_writer(Vec::new());
        let heads = ["id", "strategy", "layer", "position", "token", "special", "score", "kept"];
        writer.write_record(heads).map_err(failed)?;
        for (number, layer) in scores.layers.iter().enumerate() {
            for (line, token) in layer.tokens.iter().enumerate() {
                if line.is_multiple_of(CHECK_EVERY) {
                    ticket.checkpoint()?;
                }
                let text = texts.encoded.get(token.text as usize);
                let unit = text.and_then(|text| Some((text, text.units.get(token.position as usize)?)));
                let piece = unit.map(|(text, unit)| text.label(unit)).unwrap_or_default();
                let row = [
                    texts.id(token.text as usize),
                    spec.clone(),
                    number.to_string(),
                    token.position.to_string(),
                    piece,
                    token.special.to_string(),
                    token.score.to_string(),
                    token.kept.to_string(),
                ];
                writer.write_record(row).map_err(failed)?;
            }
        }
        writer.into_inner().map_err(|err| Failure::Failed(err.to_string()))
    }
}
