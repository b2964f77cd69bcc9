//! A small sample of the data set's texts, or the text at hand where no data set is open: what is followed while a line or a dial is
//! dragged.

use std::sync::Arc;

use crate::app::work::context::WorkContext;
use crate::app::work::evaluation_key::EvaluationKey;
use crate::app::work::slot::Failure;
use crate::app::work::slot::error_chain;
use crate::data::Content;
use crate::data::Dataset;
use crate::data::DatasetIndex;
use crate::data::DrawOrder;
use crate::data::Sample;
use crate::input::Sequence;
use crate::jobs::Ticket;
use crate::model::Checkpoint;

/// Texts of a sample: enough to see the shape of a distribution, few enough to follow a drag.
const TEXTS: usize = 200;
/// Tokens of a sample; long texts make it smaller.
const TOKENS: usize = 12_000;

/// What the texts are.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Source {
    /// A sample of the data set.
    Data(EvaluationKey),
    /// The text at hand under a model (hashes of weights and tokenizer), as no data set is open.
    Text(String, Content),
}

/// The texts whose scores are shown.
#[derive(Debug)]
pub(crate) struct SampleTexts {
    /// Rows of the data set; nothing where the text at hand is the sample.
    pub(crate) rows: Vec<u32>,
    /// The texts as the model reads them.
    pub(crate) encoded: Vec<Sequence>,
    /// The data set they come from, and which of its rows they are.
    pub(crate) dataset: Option<(Arc<Dataset>, Sample)>,
}

/// What the sample is of; `None` while the data set is being read.
pub(crate) fn source(context: &WorkContext<'_>, checkpoint: &Checkpoint) -> Option<Source> {
    match (&context.project.data, &context.dataset) {
        (Some(_), Some(dataset)) => EvaluationKey::of(context.project, checkpoint, dataset).map(Source::Data),
        (Some(_), None) => None,
        (None, _) => {
            let model = format!("{} {}", checkpoint.model.weights_hash, checkpoint.tokenizer.hash());
            Some(Source::Text(model, context.project.content()))
        }
    }
}

/// Of work that was asked to stop, or failed.
pub(crate) fn failure(ticket: &Ticket, err: &dyn std::error::Error) -> Failure {
    if ticket.is_cancelled() { Failure::Cancelled } else { Failure::Failed(error_chain(err)) }
}

/// The first rows of the data set's random order, or the text at hand.
pub(crate) fn sample(
    ticket: &Ticket,
    checkpoint: &Checkpoint,
    dataset: Option<Arc<Dataset>>,
    source: &Source,
) -> Result<SampleTexts, Failure> {
    let encode = |content: &Content| checkpoint.tokenizer.encode(content.text(), content.text_pair());
    let (dataset, seed) = match (source, dataset) {
        (Source::Text(_, content), _) => {
            let encoded = encode(content).map_err(|err| failure(ticket, &err))?;
            return Ok(SampleTexts { rows: Vec::new(), encoded: vec![encoded], dataset: None });
        }
        (Source::Data(_), None) => return Err(Failure::Cancelled),
        (Source::Data(key), Some(dataset)) => (dataset, key.seed()),
    };
    let order = DrawOrder::new(&DatasetIndex::of(&dataset, usize::MAX), seed);
    let (mut rows, mut encoded, mut tokens) = (Vec::new(), Vec::new(), 0);
    let mut looked_at = 0;
    for &row in &order.rows()[..order.prefix(TEXTS)] {
        ticket.checkpoint()?;
        looked_at += 1;
        let Some(example) = dataset.examples.get(row as usize) else { continue };
        // What the tokenizer refuses is told where the data set is evaluated.
        let Ok(text) = encode(&example.content) else { continue };
        tokens += text.units.len();
        rows.push(row);
        encoded.push(text);
        if tokens >= TOKENS {
            break;
        }
    }
    if encoded.is_empty() {
        return Err(Failure::Failed("no text of the data set can be read by the model".to_owned()));
    }
    let sample = order.sample(looked_at, dataset.cluster_column.as_deref());
    Ok(SampleTexts { rows, encoded, dataset: Some((dataset, sample)) })
}

impl SampleTexts {
    /// Number of a text's row in the data set; `None` for the text at hand.
    pub(crate) fn row(&self, text: usize) -> Option<usize> {
        self.rows.get(text).map(|&row| row as usize)
    }

    /// The name of a text in the data set; nothing for the text at hand.
    pub(crate) fn id(&self, text: usize) -> String {
        let example = self.row(text).zip(self.dataset.as_ref());
        example.and_then(|(row, (dataset, _))| Some(dataset.examples.get(row)?.id.clone())).unwrap_or_default()
    }
}
