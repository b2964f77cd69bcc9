//! `stop_words`: function words leave before the model sees the text. The oldest way to shorten a text, as a control.
//!
//! Works at input level (hook point P0): the rest of the text gets consecutive positions, as if it had been written
//! without the listed words. Whole words are compared, lower-cased, by their stable keys, so that no text is seen here: a
//! word of which the 64 bits are those of a listed one would leave too, for one word in 10^17; none of the sample data
//! does. Special tokens and word pieces of other words stay.
//!
//! The bundled list is our own. It holds no negation, contrast or degree word, and no stump of a contraction: tokenizers
//! cut "wasn't" into "wasn", "'" and "t", each a word of its own, and none of the three is listed, so that a negation
//! never goes in part.

use std::sync::Arc;

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
use crate::pruning::rows::dense::KeepAll;
use crate::tensor::EvidenceSet;
use crate::tensor::group_key;

const BUNDLED: &str = include_str!("../../../assets/stop_words_en.txt");
const ARTICLES: &str = "a an the";

pub(super) fn info() -> StrategyInfo {
    StrategyInfo {
        id: "stop_words",
        name: "Stop words",
        family: StrategyFamily::Control,
        paper: "Control: a word list instead of a model",
        year: None,
        url: "",
        summary: "Function words leave the text before the model reads it",
        formula: "token k stays unless its whole word is on the list; negations are not",
        deviations: "",
        keys: vec![KeySpec::new(
            "list",
            KeyKind::Choice(&["bundled", "articles"]),
            Value::Word("bundled".to_owned()),
            "Which words leave: the bundled English function words, or only a, an, the",
        )],
        dial: None,
        score_only: false,
        training: Training::None,
        build,
    }
}

#[derive(Debug)]
struct StopWords {
    /// Keys of the words that leave, ascending.
    list: Vec<u64>,
}

fn build(context: &BuildContext<'_>) -> Result<Arc<dyn Pruner>, Error> {
    let spec = context.spec;
    let text = if spec.word("list")? == "articles" { ARTICLES } else { BUNDLED };
    let mut list: Vec<u64> = words(text).map(group_key).collect();
    list.sort_unstable();
    Ok(Arc::new(StopWords { list }))
}

/// Words between blanks; the rest of a line after `#` is a comment.
fn words(text: &'static str) -> impl Iterator<Item = &'static str> {
    text.lines().flat_map(|line| line.split('#').next().unwrap_or_default().split_whitespace())
}

impl Pruner for StopWords {
    fn needs(&self, _layer: usize) -> EvidenceSet {
        EvidenceSet::NONE
    }

    fn select_input(&self, sequence: &SequenceInfo) -> Option<Vec<u32>> {
        let is_listed = |position| sequence.key_at(position).is_some_and(|key| self.list.binary_search(&key).is_ok());
        let stays = |position: &usize| *position == 0 || sequence.is_special[*position] || !is_listed(*position);
        let positions = (0..sequence.num_tokens()).filter(stays);
        Some(positions.filter_map(|position| u32::try_from(position).ok()).collect())
    }

    fn begin(&self, _sequence: &SequenceInfo) -> Box<dyn SequencePruner> {
        Box::new(KeepAll)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn the_bundled_list_is_clean() {
        let list: Vec<&str> = words(BUNDLED).collect();
        let unique: HashSet<&str> = list.iter().copied().collect();
        assert_eq!(unique.len(), list.len(), "a word is listed twice");
        let keys: HashSet<u64> = list.iter().map(|word| group_key(word)).collect();
        assert_eq!(keys.len(), list.len(), "two words share a key");
        assert!(list.len() >= 100, "only {} words", list.len());
        assert!(list.iter().all(|word| word.chars().all(|c| c.is_ascii_lowercase())), "words are plain and lower-case");
    }

    #[test]
    fn nothing_that_turns_a_meaning_is_listed() {
        let list: HashSet<&str> = words(BUNDLED).collect();
        let negations = "no not never nor neither none nobody nothing nowhere without cannot hardly barely scarcely nt";
        let stumps = "t n s d m ll re ve ain aren can couldn didn doesn don hadn hasn haven isn mightn mustn needn shan \
                      shouldn wasn weren won wouldn";
        let turns = "but however although though yet except unless despite only too very few little less least against";
        for word in [negations, stumps, turns].iter().flat_map(|words| words.split_whitespace()) {
            assert!(!list.contains(word), "{word:?} must not be a stop word");
        }
    }
}
