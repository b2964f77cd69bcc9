//! The same texts through both implementations.

use std::path::Path;

use crate::evaluation::Answer;
use crate::evaluation::inspect_encoded;
use crate::input::Sequence;
use crate::jobs::Progress;
use crate::jobs::Ticket;
use crate::model::Checkpoint;
use crate::reference::CANDLE_VERSION;
use crate::reference::Error;
use crate::reference::bundled;
use crate::reference::encoder::Reference;
use crate::reference::error::while_it;

/// Largest difference of a logit at which the two implementations agree: single precision through a dozen layers gives some
/// 1e-5, another formula anywhere gives more than 1e-2.
pub const LIMIT: f64 = 1e-3;

/// What the comparison found.
#[derive(Clone, Debug, PartialEq)]
pub struct Verification {
    /// What prunescope was compared with, and which part of it is candle-transformers' own.
    pub reference: String,
    /// What else has to be said, one sentence each.
    pub notes: Vec<String>,
    /// Texts compared.
    pub texts: usize,
    /// Texts that the tokenizer does not read; bundled ones alone may be among them.
    pub unreadable: usize,
    /// Tokens of the longest text, special ones counted.
    pub longest: usize,
    /// Largest absolute difference of a logit.
    pub max_logit_difference: f64,
    /// The text with that difference, counted from 1.
    pub worst_text: usize,
    /// Texts with the same answer; a number within [`LIMIT`] is the same.
    pub same_predictions: usize,
}

impl Verification {
    /// Whether no logit is further apart than [`LIMIT`].
    #[must_use]
    pub fn agrees(&self) -> bool {
        self.max_logit_difference <= LIMIT
    }

    /// All of it in one line.
    #[must_use]
    pub fn line(&self) -> String {
        let Self { texts, longest, same_predictions, worst_text, max_logit_difference, .. } = self;
        let verdict = if self.agrees() {
            format!("agrees with candle-transformers {CANDLE_VERSION}")
        } else {
            format!("DIFFERS from candle-transformers {CANDLE_VERSION}, most on text {worst_text}")
        };
        let plural = if *texts == 1 { "" } else { "s" };
        format!(
            "{verdict}: largest difference of a logit {max_logit_difference:.1e} (limit {LIMIT:.0e}) over {texts} \
             text{plural} of up to {longest} tokens; same prediction on {same_predictions} of {texts}"
        )
    }
}

/// Which texts are compared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Texts {
    /// Those that come with the program, as far as the tokenizer reads them.
    Bundled,
    /// Somebody's own, all of them.
    Own(Vec<String>),
}

/// Runs the texts through prunescope's dense model and through candle-transformers' model of the same folder, both in single
/// precision on the processor.
///
/// Both are given the same tokens: the tokenizer is not what is compared.
///
/// # Errors
/// If the checkpoint does not load in one of the two, candle-transformers has no such family or head, a text cannot be run,
/// or the ticket is cancelled.
pub fn verify(ticket: &Ticket, dir: &Path, texts: &Texts) -> Result<Verification, Error> {
    stage(ticket, "loading the model", 0, None);
    let mut checkpoint = Checkpoint::load(dir).map_err(|source| Error::Load { source })?;
    ticket.checkpoint()?;
    stage(ticket, "loading candle's model", 0, None);
    let reference = Reference::load(dir, &mut checkpoint.model)?;
    let (sequences, unreadable) = encode(&checkpoint, texts)?;
    let mut found = Verification {
        reference: reference.name(),
        notes: reference.notes.clone(),
        texts: sequences.len(),
        unreadable,
        longest: sequences.iter().map(|text| text.units.len()).max().unwrap_or(0),
        max_logit_difference: 0.0,
        worst_text: 1,
        same_predictions: 0,
    };
    for (index, text) in sequences.into_iter().enumerate() {
        ticket.checkpoint()?;
        stage(ticket, "comparing texts", index, Some(found.texts));
        compare(ticket, &checkpoint, &reference, (index + 1, text), &mut found)?;
    }
    Ok(found)
}

fn compare(
    ticket: &Ticket,
    checkpoint: &Checkpoint,
    reference: &Reference,
    (number, text): (usize, Sequence),
    found: &mut Verification,
) -> Result<(), Error> {
    let theirs = reference.logits(&checkpoint.model, &text).map_err(while_it(format!("run text {number}")))?;
    let ours = inspect_encoded(ticket, checkpoint, text, &[])
        .map_err(|source| Error::Run { text: number, source: Box::new(source) })?
        .dense;
    if theirs.len() != ours.logits.len() {
        return Err(Error::Logits { text: number, expected: ours.logits.len(), got: theirs.len() });
    }
    if let Some(&value) = theirs.iter().find(|logit| !logit.is_finite()) {
        return Err(Error::NotFinite { text: number, value });
    }
    let apart = theirs.iter().zip(&ours.logits).map(|(&one, &other)| (f64::from(one) - f64::from(other)).abs());
    let largest = apart.fold(0.0, f64::max);
    if largest > found.max_logit_difference {
        (found.max_logit_difference, found.worst_text) = (largest, number);
    }
    let head = checkpoint.model.config.head;
    let answer = Answer::of(head, &theirs, &head.outputs(&theirs));
    found.same_predictions += usize::from(answer.is_same(&ours.answer, LIMIT));
    Ok(())
}

/// The texts as tokens, and how many of the bundled ones this tokenizer does not read.
fn encode(checkpoint: &Checkpoint, texts: &Texts) -> Result<(Vec<Sequence>, usize), Error> {
    match texts {
        Texts::Own(texts) => {
            let encode = |(index, text): (usize, &String)| {
                let encoded = checkpoint.tokenizer.encode(text, None);
                encoded.map_err(|source| Error::Tokenize { text: index + 1, source })
            };
            Ok((texts.iter().enumerate().map(encode).collect::<Result<_, _>>()?, 0))
        }
        Texts::Bundled => {
            let texts = bundled();
            let all = texts.len();
            let read: Vec<Sequence> =
                texts.iter().filter_map(|text| checkpoint.tokenizer.encode(text, None).ok()).collect();
            let unreadable = all - read.len();
            if read.is_empty() { Err(Error::Unreadable) } else { Ok((read, unreadable)) }
        }
    }
}

fn stage(ticket: &Ticket, stage: &str, done: usize, total: Option<usize>) {
    ticket.report(Progress { done: done as u64, total: total.map(|total| total as u64), stage: stage.to_owned() });
}
