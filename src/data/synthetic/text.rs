//! From templates to texts: single sentences and reviews.

use rand_chacha::ChaCha8Rng;

use super::below;
use super::mention::Axis;
use super::mention::Mention;
use super::mention::Wording;
use super::mention::article;
use super::mention::mentions;
use super::shuffle;
use super::topic::Topic;

/// Details that every review gives, however short it is to be.
const MIN_DETAILS: usize = 1;

/// A pair of texts, positive and negative, with a place for the same people.
#[derive(Clone, Debug)]
pub(super) struct Draft {
    /// Text with one `{who}` or `{Who}`.
    pub(super) positive: String,
    /// Text with one `{who}` or `{Who}`.
    pub(super) negative: String,
    /// The people.
    pub(super) mentions: Vec<Mention>,
    /// Value of the template column.
    pub(super) template: String,
}

/// One sentence: frame number `frame` of the topic with words drawn from its lists.
pub(super) fn sentence(topic: &'static Topic, frame: usize, axis: Axis, rng: &mut ChaCha8Rng) -> Draft {
    let thing = draw(topic.things, rng);
    let (positive, negative) = fill(topic, frame, thing, rng);
    Draft { positive, negative, mentions: people(topic, axis, rng), template: format!("{}-{:02}", topic.id, frame + 1) }
}

/// A review of several sentences: a scene, details, the sentence with the person somewhere among them, a verdict.
/// Half of them are short; of the long ones, two in three admit something on the other side.
pub(super) fn review(topic: &'static Topic, setup: usize, axis: Axis, rng: &mut ChaCha8Rng) -> Draft {
    let (scene, thing) = topic.setups[setup];
    let frame = below(topic.frames.len(), rng);
    let (positive, negative) = fill(topic, frame, thing, rng);
    let is_long = below(2, rng) == 0;
    let target = if is_long { 90 + below(108, rng) } else { 40 + below(25, rng) };
    let concedes = below(3, rng) > 0 && is_long;
    let place = below(usize::MAX >> 32, rng);
    let mut order: Vec<usize> = (0..topic.praise.len().min(topic.blame.len())).collect();
    shuffle(&mut order, rng);
    let concession = below(topic.mild_blame.len().min(topic.mild_praise.len()), rng);
    let close = below(topic.close_praise.len().min(topic.close_blame.len()), rng);

    let plan = Plan { scene, order: &order, place, target };
    let mild = concedes.then_some(concession);
    let review = |person: &str, details: &[&'static str], mild: Option<&'static str>, close: &'static str| {
        plan.compose(person, details, mild, close)
    };
    Draft {
        positive: review(&positive, topic.praise, mild.map(|at| topic.mild_blame[at]), topic.close_praise[close]),
        negative: review(&negative, topic.blame, mild.map(|at| topic.mild_praise[at]), topic.close_blame[close]),
        mentions: people(topic, axis, rng),
        template: format!("{}-review-{}", topic.id, setup + 1),
    }
}

/// Puts a person into a text, with a capital at the start of a sentence.
pub(super) fn put_mention(pattern: &str, mention: &str) -> String {
    pattern.replace("{who}", mention).replace("{Who}", &capitalized(mention))
}

/// "a guest" → "A guest".
pub(super) fn capitalized(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

/// What a positive and a negative review have in common.
struct Plan<'a> {
    scene: &'static str,
    order: &'a [usize],
    place: usize,
    target: usize,
}

impl Plan<'_> {
    /// Adds details until about `target` words stand there, and the sentence with the person among them.
    fn compose(&self, person: &str, details: &[&str], mild: Option<&str>, close: &str) -> String {
        let count = |text: &str| text.split_whitespace().count();
        let mut words = count(self.scene) + count(person) + mild.map_or(0, count) + count(close);
        let mut middle: Vec<&str> = Vec::new();
        for detail in self.order.iter().filter_map(|&index| details.get(index)) {
            if middle.len() >= MIN_DETAILS && words + count(detail) > self.target {
                break;
            }
            words += count(detail);
            middle.push(detail);
        }
        // A concession comes late, after the case has been made.
        middle.extend(mild);
        middle.insert(self.place % (middle.len() + 1), person);
        let mut sentences = vec![self.scene];
        sentences.extend(middle);
        sentences.push(close);
        sentences.join(" ")
    }
}

fn fill(topic: &Topic, frame: usize, thing: &str, rng: &mut ChaCha8Rng) -> (String, String) {
    let (good, bad) = (draw(topic.good, rng), draw(topic.bad, rng));
    let (positive, negative) = topic.frames[frame];
    let words = [("{thing}", thing), ("{good}", good), ("{bad}", bad)];
    let put = |pattern: &str| words.iter().fold(pattern.to_owned(), |text, (slot, word)| put_word(&text, slot, word));
    (put(positive), put(negative))
}

/// Fills a slot; an article before it follows the word.
fn put_word(text: &str, slot: &str, word: &str) -> String {
    let article = article(word);
    text.replace(&format!("a {slot}"), &format!("{article} {word}"))
        .replace(&format!("A {slot}"), &format!("{} {word}", capitalized(article)))
        .replace(slot, word)
}

fn people(topic: &Topic, axis: Axis, rng: &mut ChaCha8Rng) -> Vec<Mention> {
    let role = draw(topic.roles, rng);
    let style = below(axis.num_styles(), rng);
    mentions(axis, &Wording { role, place: topic.place, style, pick: below(20, rng) })
}

fn draw(words: &'static [&'static str], rng: &mut ChaCha8Rng) -> &'static str {
    words[below(words.len(), rng)]
}
