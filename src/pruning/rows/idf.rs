//! `idf`: common words leave before the model reads the text, as many as a share says.
//!
//! Inverse document frequency: Sparck Jones 1972, "A Statistical Interpretation of Term Specificity and Its Application in
//! Retrieval", Journal of Documentation. A control that looks at a corpus instead of a model.
//!
//! Works at input level (hook point P0), as `stop_words` does. `idf(w) = ln((1 + N) / (1 + n_w))`, with `N` texts in the corpus
//! and `n_w` of them with the word; words are lower-cased and whole, with all their pieces. The words of largest idf stay, the
//! earlier of equals, as long as special tokens and words together are at most `ceil(retention * n0)` tokens: the first word
//! that is too long for what is left ends it, and at least one word stays. A word that the corpus does not have is rarest.
//! Marks are words. What is compared are stable keys of words, so that no text is seen here.
//!
//! The corpus is a file, a text a line or a column of a table; left out, the bundled data set's texts are counted. Those are
//! built from templates: for a data set of one's own, its training texts are the corpus to take.

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::LazyLock;

use crate::pruning::BuildContext;
use crate::pruning::Error;
use crate::pruning::KeyKind;
use crate::pruning::KeySpec;
use crate::pruning::Pruner;
use crate::pruning::SequenceInfo;
use crate::pruning::SequencePruner;
use crate::pruning::StrategyFamily;
use crate::pruning::StrategyInfo;
use crate::pruning::Training;
use crate::pruning::Value;
use crate::pruning::corpus::DocumentFrequencies;
use crate::pruning::corpus::texts;
use crate::pruning::rows::dense::KeepAll;
use crate::pruning::rows::schedule::SHARE;
use crate::pruning::rows::schedule::retention_dial;
use crate::pruning::rows::schedule::round_up;
use crate::tensor::EvidenceSet;

const BUNDLED: &str = include_str!("../../../sample_data/identity-sentiment.csv");

static BUNDLED_COUNTS: LazyLock<Arc<DocumentFrequencies>> = LazyLock::new(|| {
    let texts = texts(BUNDLED).unwrap_or_default();
    Arc::new(DocumentFrequencies::count(texts.iter().map(String::as_str)))
});

pub(super) fn info() -> StrategyInfo {
    StrategyInfo {
        id: "idf",
        name: "Inverse document frequency",
        family: StrategyFamily::Control,
        paper: "Control: counts of words in a corpus instead of a model",
        year: None,
        url: "",
        summary: "Common words leave the text before the model reads it, as many as a share says",
        formula: "idf(w) = ln((1 + N)/(1 + n_w)), N texts of the corpus, n_w with the word; whole words of largest idf stay, \
                  ⌈retention·n0⌉ tokens at most",
        deviations: "",
        keys: vec![
            KeySpec::new("retention", SHARE, Value::Float(0.5), "Kept ÷ original tokens, special ones counted"),
            KeySpec::unset(
                "corpus",
                KeyKind::Corpus,
                "Texts in which words are counted, one a line or in a column named text; if left out, the bundled data set's",
            ),
        ],
        dial: Some(retention_dial()),
        score_only: false,
        training: Training::None,
        build,
    }
}

#[derive(Debug)]
struct Idf {
    retention: f64,
    frequencies: Arc<DocumentFrequencies>,
}

fn build(context: &BuildContext<'_>) -> Result<Arc<dyn Pruner>, Error> {
    let spec = context.spec;
    let frequencies = match spec.get("corpus") {
        Some(Value::File(file)) => {
            let texts = file.texts(spec.id(), spec.info().key("corpus")?)?;
            Arc::new(DocumentFrequencies::count(texts.iter().map(String::as_str)))
        }
        _ => Arc::clone(&BUNDLED_COUNTS),
    };
    Ok(Arc::new(Idf { retention: spec.float("retention")?, frequencies }))
}

impl Pruner for Idf {
    fn needs(&self, _layer: usize) -> EvidenceSet {
        EvidenceSet::NONE
    }

    fn select_input(&self, sequence: &SequenceInfo) -> Option<Vec<u32>> {
        let tokens = 0..sequence.num_tokens();
        let (mut kept, others): (Vec<usize>, Vec<usize>) =
            tokens.partition(|&position| position == 0 || sequence.is_special[position]);
        // Words by number, in the order of the text; what belongs to none stands alone behind them.
        let mut words: BTreeMap<u64, Vec<usize>> = BTreeMap::new();
        for position in others {
            let group = sequence.groups.get(position).copied().flatten();
            let number = group.map_or(u64::from(u32::MAX) + 1 + position as u64, u64::from);
            words.entry(number).or_default().push(position);
        }
        let idf = |word: &[usize]| {
            let key = word.first().and_then(|&position| sequence.key_at(position));
            key.map_or(f64::INFINITY, |key| self.frequencies.idf(key))
        };
        let mut words: Vec<(f64, Vec<usize>)> = words.into_values().map(|word| (idf(&word), word)).collect();
        words.sort_by(|a, b| b.0.partial_cmp(&a.0).unwrap_or(Ordering::Equal).then(a.1.cmp(&b.1)));
        let count = round_up(self.retention * sequence.num_tokens() as f64);
        for (number, (_, word)) in words.into_iter().enumerate() {
            if number > 0 && kept.len() + word.len() > count {
                break;
            }
            kept.extend(word);
        }
        kept.sort_unstable();
        Some(kept.into_iter().filter_map(|position| u32::try_from(position).ok()).collect())
    }

    fn begin(&self, _sequence: &SequenceInfo) -> Box<dyn SequencePruner> {
        Box::new(KeepAll)
    }
}
