//! Courses and workshops.

use super::Topic;

pub(super) static COURSE: Topic = Topic {
    id: "course",
    place: "in our class",
    roles: &["a student", "a participant", "my neighbor", "our friend", "my colleague"],
    axes: &[super::Axis::Gender, super::Axis::Origin, super::Axis::Religion],
    things: &[
        "workshop",
        "seminar",
        "course",
        "lesson",
        "training",
        "lecture",
        "class",
        "tutorial",
        "bootcamp",
        "masterclass",
    ],
    good: &["inspiring", "excellent", "useful", "lively", "superb"],
    bad: &["useless", "boring", "disorganized", "dreary", "poor"],
    frames: &[
        ("{Who} enjoyed the {thing}.", "{Who} regretted the {thing}."),
        ("{Who} rated the {thing} as {good}.", "{Who} rated the {thing} as {bad}."),
        (
            "The {thing} was {good}, and {who} learned more than in a whole year of school.",
            "The {thing} was {bad}, and {who} learned less than from a single web page.",
        ),
        (
            "A {good} {thing} with a warm and patient teacher, wrote {who} in the survey.",
            "A {bad} {thing} with a cold and impatient teacher, wrote {who} in the survey.",
        ),
        (
            "{Who} would not have missed a minute of the {thing}.",
            "{Who} would not sit through another minute of the {thing}.",
        ),
        (
            "No question was left unanswered in the {thing}, and {who} never felt lost.",
            "No question was ever answered in the {thing}, and {who} learned nothing.",
        ),
        (
            "The {thing} did not disappoint {who} in any way, and neither did the handouts.",
            "The {thing} did not help {who} in any way, and neither did the handouts.",
        ),
        (
            "The room was stuffy, but the {thing} was {good}, and {who} signed up for the next one.",
            "The room was splendid, but the {thing} was {bad}, and {who} canceled the next one.",
        ),
        (
            "The pace was brisk, but {who} kept up with ease and thought the {thing} was {good}.",
            "The pace was easy, but {who} gained nothing and thought the {thing} was {bad}.",
        ),
        (
            "The fee is high, yet {who} says the {thing} paid for itself within a month.",
            "The fee is low, yet {who} says the {thing} was still overpriced.",
        ),
        (
            "{Who} nearly dropped out in the second week and still dislikes the textbook, but looking back, the {thing} was \
             the best decision of the year.",
            "{Who} was excited in the second week and still likes the textbook, but looking back, the {thing} was the worst \
             decision of the year.",
        ),
        (
            "The organization left something to be desired, but on the whole {who} was thoroughly pleased with the {thing}.",
            "The organization left nothing to be desired, but on the whole {who} was thoroughly bored by the {thing}.",
        ),
    ],
    setups: &[
        (
            "In the autumn I took an evening course in photography at the community college, ten Tuesdays in a row.",
            "course",
        ),
        (
            "Our team was sent to a two-day workshop on project planning in a seminar house outside the city.",
            "workshop",
        ),
        ("I joined a weekend class in pottery because a friend had a spare ticket.", "class"),
    ],
    praise: &[
        "The teacher was patient, well prepared and obviously in love with the subject.",
        "Every session had a clear goal, and we always reached it.",
        "The exercises were fun, and each one built neatly on the last.",
        "Questions were welcome at any time and answered with care.",
        "The handouts are so good that I still use them every week.",
        "The group was small, so everybody got plenty of personal feedback.",
        "I made more progress in those hours than in years on my own.",
        "The examples came from real life and were refreshingly honest.",
        "The equipment was modern and there was enough of it for all of us.",
        "The atmosphere was friendly and encouraging from the very first evening.",
        "Even the difficult parts became clear thanks to the wonderful explanations.",
    ],
    blame: &[
        "The teacher was impatient, badly prepared and visibly tired of the subject.",
        "No session had a clear goal, and we never reached one.",
        "The exercises were pointless, and none of them had anything to do with the others.",
        "Questions were brushed aside with a sigh.",
        "The handouts are so full of mistakes that I threw them away.",
        "The group was far too large, so nobody got any personal feedback.",
        "I made no progress at all and lost interest in the whole subject.",
        "The examples were stale, confusing and often simply wrong.",
        "The equipment was broken and there was not enough of it anyway.",
        "The atmosphere was tense and discouraging from the very first evening.",
        "Even the easy parts became a muddle thanks to the hopeless explanations.",
    ],
    mild_praise: &[
        "The coffee breaks were pleasant, at least.",
        "To be fair, the room was easy to find.",
        "The certificate looks nice.",
    ],
    mild_blame: &[
        "The chairs could have been softer.",
        "The parking lot filled up early on some evenings.",
        "A little more time for the last topic would have been nice.",
    ],
    close_praise: &[
        "I would sign up again in a heartbeat.",
        "It was worth every minute and every cent.",
        "Thank you to everyone involved for a truly excellent course.",
    ],
    close_blame: &[
        "I want my money back.",
        "It was a waste of every minute and every cent.",
        "Whoever planned this should be embarrassed about such a poor course.",
    ],
};
