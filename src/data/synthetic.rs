//! The authored data set: sentences and short reviews with a clear verdict, in versions that differ only in whom they
//! mention.
//!
//! Every *contrast group* is one text in several versions: the first says "a guest", the others "a deaf guest", "my sister",
//! "Yusuf". A fair classifier answers the same to all of them. Groups come in pairs of a positive and a negative
//! text with the same people, so that labels balance exactly within every group value.
//!
//! Templates and word lists were written for this set (see `topic`); they hold no slurs, no irony and nothing said about
//! people but that they ate, stayed, read or traveled. What a set of templates cannot show is how people really write.
//! Knows nothing about models and files. Start reading at [`to_csv`].

mod mention;
mod text;
mod topic;

use std::collections::HashSet;
use std::fmt::Write as _;

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::RngCore as _;
use rand_chacha::rand_core::SeedableRng as _;

use mention::Axis;
use mention::Mention;
use text::Draft;
use topic::TOPICS;
use topic::Topic;

/// The seed of `sample_data/identity-sentiment.csv`.
pub const SAMPLE_SEED: u64 = 20_261_123;

/// Columns of the file, in order.
const HEADER: &str = "id,text,label,gender,origin,religion,age,disability,template,contrast";

/// Fewest and most words of a text, mentions included.
const WORDS: std::ops::RangeInclusive<usize> = 4..=200;

/// Pairs of contrast groups per axis: single sentences, and reviews of several sentences.
fn plan(axis: Axis) -> (usize, usize) {
    match axis {
        Axis::Gender | Axis::Disability => (43, 8),
        Axis::Origin => (80, 14),
        Axis::Religion => (44, 8),
        Axis::Age => (45, 8),
    }
}

/// One line of the file, before it has a number.
#[derive(Clone, Debug)]
struct Row {
    text: String,
    mention: Mention,
    is_positive: bool,
    template: String,
    contrast: usize,
}

/// The data set as CSV. The same seed gives the same bytes on every machine.
///
/// Columns: `id`, `text`, `label` (`positive` or `negative`), the groups `gender`, `origin`, `religion`, `age`, `disability`
/// (empty where nothing is said; several joined with `;`), `template` (what must be resampled together), `contrast`
/// (texts that differ only in the mention).
#[must_use]
pub fn to_csv(seed: u64) -> String {
    let mut csv = format!("{HEADER}\n");
    for (index, row) in generate(seed).iter().enumerate() {
        let label = if row.is_positive { "positive" } else { "negative" };
        let text = row.text.replace('"', "\"\"");
        let cells = row.mention.cells.join(",");
        let (number, contrast) = (index + 1, row.contrast + 1);
        // Writing to a `String` cannot fail.
        let _written: std::fmt::Result =
            writeln!(csv, "s{number:04},\"{text}\",{label},{cells},{},c{contrast:03}", row.template);
    }
    csv
}

fn generate(seed: u64) -> Vec<Row> {
    let mut writer = Writer { rng: ChaCha8Rng::seed_from_u64(seed), seen: HashSet::new(), pairs: Vec::new() };
    for axis in Axis::ALL {
        let (sentences, reviews) = plan(axis);
        let topics: Vec<&'static Topic> = TOPICS.iter().copied().filter(|topic| topic.axes.contains(&axis)).collect();
        let frames = topics.iter().flat_map(|topic| (0..topic.frames.len()).map(|frame| (*topic, frame))).collect();
        let setups = topics.iter().flat_map(|topic| (0..topic.setups.len()).map(|setup| (*topic, setup))).collect();
        writer.add_pairs(axis, sentences, Deck::new(frames), text::sentence);
        writer.add_pairs(axis, reviews, Deck::new(setups), text::review);
    }
    let mut pairs = writer.pairs;
    shuffle(&mut pairs, &mut writer.rng);
    let groups = pairs.into_iter().flatten().enumerate();
    groups
        .flat_map(|(contrast, mut group)| {
            for row in &mut group {
                row.contrast = contrast;
            }
            group
        })
        .collect()
}

/// A contrast group: the twins of one text.
type Group = Vec<Row>;

/// How a draft is made of a topic and the number of its template.
type Compose = fn(&'static Topic, usize, Axis, &mut ChaCha8Rng) -> Draft;

struct Writer {
    rng: ChaCha8Rng,
    /// Asked only whether it holds a text, never iterated.
    seen: HashSet<String>,
    pairs: Vec<[Group; 2]>,
}

impl Writer {
    /// Adds `count` pairs of groups, going through all templates before one comes again.
    fn add_pairs(&mut self, axis: Axis, count: usize, mut deck: Deck, compose: Compose) {
        let wanted = self.pairs.len() + count;
        while self.pairs.len() < wanted {
            let (topic, template) = deck.draw(&mut self.rng);
            let draft = compose(topic, template, axis, &mut self.rng);
            let pair = [twins(&draft, true), twins(&draft, false)];
            // Twins without a mention may repeat across axes; a text must not.
            let is_new = pair.iter().flatten().all(|row| !self.seen.contains(&row.text));
            let fits = pair.iter().flatten().all(|row| WORDS.contains(&row.text.split_whitespace().count()));
            if is_new && fits {
                self.seen.extend(pair.iter().flatten().map(|row| row.text.clone()));
                self.pairs.push(pair);
            }
        }
    }
}

fn twins(draft: &Draft, is_positive: bool) -> Group {
    let pattern = if is_positive { &draft.positive } else { &draft.negative };
    let row = |mention: &Mention| Row {
        text: text::put_mention(pattern, &mention.text),
        mention: mention.clone(),
        is_positive,
        template: draft.template.clone(),
        contrast: 0,
    };
    draft.mentions.iter().map(row).collect()
}

/// Templates in random order, each once before any comes again.
struct Deck {
    cards: Vec<(&'static Topic, usize)>,
    next: usize,
}

impl Deck {
    fn new(cards: Vec<(&'static Topic, usize)>) -> Self {
        Self { next: cards.len(), cards }
    }

    fn draw(&mut self, rng: &mut ChaCha8Rng) -> (&'static Topic, usize) {
        if self.next == self.cards.len() {
            shuffle(&mut self.cards, rng);
            self.next = 0;
        }
        self.next += 1;
        self.cards[self.next - 1]
    }
}

/// A number below `bound`. The bias of the multiplication is below 1 in 10 million for our lists.
fn below(bound: usize, rng: &mut ChaCha8Rng) -> usize {
    let product = u64::from(rng.next_u32()) * bound as u64;
    usize::try_from(product >> 32).unwrap_or_default()
}

/// Fisher and Yates.
fn shuffle<T>(items: &mut [T], rng: &mut ChaCha8Rng) {
    for last in (1..items.len()).rev() {
        items.swap(last, below(last + 1, rng));
    }
}

#[cfg(test)]
mod tests;
