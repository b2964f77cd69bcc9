//! What is timed: batches of made-up texts of one length, or of a data set's texts by length.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::RngCore as _;
use rand_chacha::rand_core::SeedableRng as _;
use serde::Serialize;

use crate::input::Sequence;
use crate::latency::Error;
use crate::model::Model;

/// Upper end of the first length bucket; each further one ends at twice the length.
const FIRST_BUCKET: usize = 16;
/// At most this many batches stand for a length bucket.
const BATCHES_PER_BUCKET: usize = 4;
/// Batches after the first are taken only while the bucket's batches hold no more tokens than this.
const TOKENS_PER_BUCKET: usize = 1024;

/// Which texts a case holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum CaseKind {
    /// Made-up texts, all of one length.
    Shape {
        /// Texts in the batch.
        batch: usize,
        /// Tokens of each text, special ones counted.
        tokens: usize,
    },
    /// Texts of a data set whose lengths lie in a bucket, sorted by length.
    Bucket {
        /// Texts in a batch.
        batch: usize,
        /// Lower end of the bucket in tokens, included.
        from: usize,
        /// Upper end of the bucket in tokens, included.
        to: usize,
        /// Texts of the data set in this bucket, timed or not.
        texts: usize,
    },
}

impl CaseKind {
    /// For people: `32 × 128`, `32 × 65–128`.
    #[must_use]
    pub fn label(&self) -> String {
        match self {
            Self::Shape { batch, tokens } => format!("{batch} \u{d7} {tokens}"),
            Self::Bucket { batch, from, to, .. } => format!("{batch} \u{d7} {from}\u{2013}{to}"),
        }
    }

    /// Texts in a batch.
    #[must_use]
    pub fn batch(&self) -> usize {
        match self {
            Self::Shape { batch, .. } | Self::Bucket { batch, .. } => *batch,
        }
    }
}

/// What is timed as one: all batches of a case make one *pass*.
#[derive(Clone, Debug, PartialEq)]
pub struct Case {
    /// Which texts these are.
    pub kind: CaseKind,
    /// The batches of a pass.
    pub batches: Vec<Vec<Sequence>>,
}

impl Case {
    /// Texts in a pass.
    #[must_use]
    pub fn texts(&self) -> usize {
        self.batches.iter().map(Vec::len).sum()
    }

    /// Tokens in a pass, special ones counted, padding not.
    #[must_use]
    pub fn tokens(&self) -> usize {
        self.batches.iter().flatten().map(|text| text.units.len()).sum()
    }
}

/// One case of made-up texts for every batch size and length.
///
/// Unit ids are spread over the vocabulary by a fixed rule; the first token counts as special. Time does not depend on
/// what a text says, except for strategies whose thresholds let its content decide how many tokens go.
///
/// # Errors
/// [`Error::TooLong`] if the model does not read that many tokens.
pub fn shapes(model: &Model, batches: &[usize], tokens: &[usize]) -> Result<Vec<Case>, Error> {
    let most = model.config.max_tokens;
    if let Some(&got) = tokens.iter().find(|&&tokens| tokens > most) {
        return Err(Error::TooLong { expected: most, got });
    }
    let case = |(batch, tokens): (usize, usize)| Case {
        kind: CaseKind::Shape { batch, tokens },
        batches: vec![(0..batch).map(|text| made_up(model, text, tokens)).collect()],
    };
    Ok(tokens.iter().flat_map(|&tokens| batches.iter().map(move |&batch| (batch, tokens))).map(case).collect())
}

/// One case for every length bucket of a data set that holds a text: 1–16, 17–32, 33–64 tokens and so on.
///
/// The texts of a bucket are sorted by length and cut into batches; an incomplete last batch counts only where it is the
/// only one. One to four batches, chosen with the seed, stand for the bucket, so that every bucket takes similar time.
#[must_use]
pub fn buckets(texts: &[Sequence], batch: usize, seed: u64) -> Vec<Case> {
    let longest = texts.iter().map(|text| text.units.len()).max().unwrap_or(0);
    let mut cases = Vec::new();
    let (mut from, mut to) = (1, FIRST_BUCKET);
    while from <= longest {
        let mut members: Vec<&Sequence> = texts.iter().filter(|text| (from..=to).contains(&text.units.len())).collect();
        members.sort_by_key(|text| text.units.len());
        if !members.is_empty() {
            let kind = CaseKind::Bucket { batch, from, to, texts: members.len() };
            cases.push(Case { kind, batches: choose(&members, batch.max(1), seed) });
        }
        (from, to) = (to + 1, to * 2);
    }
    cases
}

/// Batches that stand for texts sorted by length.
fn choose(sorted: &[&Sequence], batch: usize, seed: u64) -> Vec<Vec<Sequence>> {
    let mut batches: Vec<&[&Sequence]> = sorted.chunks(batch).collect();
    if batches.len() > 1 && batches.last().is_some_and(|last| last.len() < batch) {
        batches.pop();
    }
    let mut generator = ChaCha8Rng::seed_from_u64(seed);
    shuffle(&mut batches, &mut generator);
    let mut tokens = 0;
    let fits = |(index, batch): &(usize, &&[&Sequence])| {
        tokens += batch.iter().map(|text| text.units.len()).sum::<usize>();
        *index == 0 || tokens <= TOKENS_PER_BUCKET
    };
    let chosen = batches.iter().take(BATCHES_PER_BUCKET).enumerate().take_while(fits);
    chosen.map(|(_, batch)| batch.iter().map(|&text| text.clone()).collect()).collect()
}

/// Fisher and Yates.
pub(super) fn shuffle<T>(items: &mut [T], generator: &mut ChaCha8Rng) {
    for last in (1..items.len()).rev() {
        let other = usize::try_from(generator.next_u64() % (last as u64 + 1)).unwrap_or(0);
        items.swap(last, other);
    }
}

fn made_up(model: &Model, text: usize, tokens: usize) -> Sequence {
    let words = model.config.vocab_size.max(1);
    let id = |index: usize| u32::try_from((1000 + (text * 7919 + index * 104_729) % 20_000) % words).unwrap_or(0);
    Sequence::made_up((0..tokens).map(id))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(tokens: usize) -> Sequence {
        Sequence::made_up(std::iter::repeat_n(7, tokens))
    }

    #[test]
    fn every_text_falls_into_the_bucket_of_its_length() {
        let texts: Vec<Sequence> = [1, 16, 17, 33, 64, 65].into_iter().map(text).collect();
        let cases = buckets(&texts, 8, 1);
        let found: Vec<(String, usize)> = cases.iter().map(|case| (case.kind.label(), case.tokens())).collect();
        let expected = [("8 × 1–16", 17), ("8 × 17–32", 17), ("8 × 33–64", 97), ("8 × 65–128", 65)];
        assert_eq!(found, expected.map(|(label, tokens)| (label.to_owned(), tokens)), "both ends belong to a bucket");
        assert!(buckets(&[], 8, 1).is_empty(), "no texts, no buckets");
    }

    #[test]
    fn batches_hold_texts_of_similar_length_and_the_rest_is_left_out() {
        let texts: Vec<Sequence> = (0..7).map(|index| text(17 + (index * 5) % 7)).collect();
        let cases = buckets(&texts, 3, 1);
        let mut lengths: Vec<Vec<usize>> = cases[0]
            .batches
            .iter()
            .map(|batch| batch.iter().map(|text| text.units.len()).collect::<Vec<_>>())
            .collect();
        lengths.sort();
        assert_eq!(lengths, [[17, 18, 19], [20, 21, 22]], "sorted by length; the seventh text fills no batch");
        assert_eq!(cases[0].kind, CaseKind::Bucket { batch: 3, from: 17, to: 32, texts: 7 }, "all are counted");
        assert_eq!(buckets(&texts[..2], 3, 1)[0].texts(), 2, "a batch that is the only one may be incomplete");
    }

    #[test]
    fn a_large_bucket_is_sampled_with_its_seed() {
        let texts: Vec<Sequence> = (0..400).map(|index| text(17 + index % 16)).collect();
        let [one, again, other] = [1, 1, 2].map(|seed| buckets(&texts, 4, seed).remove(0));
        assert_eq!(one.batches.len(), BATCHES_PER_BUCKET, "as many as stand for a bucket");
        assert_eq!(one, again, "the same seed, the same batches");
        assert_ne!(one, other, "another seed, other batches");
        let long: Vec<Sequence> = (0..64).map(|_| text(500)).collect();
        assert_eq!(buckets(&long, 16, 1)[0].batches.len(), 1, "8,000 tokens are enough");
    }
}
