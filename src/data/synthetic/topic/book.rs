//! Books.

use super::Topic;

pub(super) static BOOK: Topic = Topic {
    id: "book",
    place: "in our reading group",
    roles: &["a reader", "a reviewer", "my neighbor", "our friend", "my colleague"],
    axes: super::MOST_AXES,
    things: &["novel", "memoir", "guide", "biography", "story", "handbook", "mystery", "cookbook", "atlas", "trilogy"],
    good: &["brilliant", "absorbing", "delightful", "wonderful", "masterful"],
    bad: &["dull", "tedious", "pretentious", "shallow", "dreadful"],
    frames: &[
        ("{Who} adored the {thing}.", "{Who} despised the {thing}."),
        ("{Who} thinks the {thing} is {good}.", "{Who} thinks the {thing} is {bad}."),
        (
            "This {thing} is {good}, and {who} finished it in two evenings.",
            "This {thing} is {bad}, and {who} gave up after two chapters.",
        ),
        (
            "Clear, warm and full of ideas, the {thing} delighted {who} from the first page.",
            "Muddled, cold and short of ideas, the {thing} bored {who} from the first page.",
        ),
        (
            "{Who} could not put the {thing} down and did not want it to end.",
            "{Who} could not get into the {thing} and did not care how it ended.",
        ),
        (
            "There is not a dull page in the {thing}, according to {who}.",
            "There is not a lively page in the {thing}, according to {who}.",
        ),
        (
            "The {thing} never talks down to anyone, never rambles and never bores, {who} noted with pleasure.",
            "The {thing} never gets to the point, never surprises and never convinces, {who} noted with regret.",
        ),
        (
            "The cover is ugly, but the {thing} inside is {good}, and {who} gave away three copies.",
            "The cover is gorgeous, but the {thing} inside is {bad}, and {who} gave the copy away.",
        ),
        (
            "The first chapter is hard going, but after that {who} was captivated by the {thing}.",
            "The first chapter is promising, but after that {who} was worn out by the {thing}.",
        ),
        (
            "Although it is far too long, {who} ranks the {thing} among the best of the year.",
            "Although it is mercifully short, {who} ranks the {thing} among the worst of the year.",
        ),
        (
            "{Who} argued with the author on nearly every page and skipped the appendix, yet came away grateful for such a \
             {good} {thing}.",
            "{Who} agreed with the author on nearly every page and liked the maps, yet came away weary of such a {bad} \
             {thing}.",
        ),
        (
            "It takes some patience, but the {thing} rewards it richly, {who} promised, and that turned out to be true.",
            "It takes a lot of patience, but the {thing} gives nothing back, {who} warned, and that turned out to be true.",
        ),
    ],
    setups: &[
        ("Our reading group chose this book for the winter, and we talked about it over three long evenings.", "book"),
        ("I picked up this book at the station because the train was late and the title sounded odd.", "book"),
        ("A friend lent me this book in the spring, and I took it along on a week by the lake.", "book"),
    ],
    praise: &[
        "The sentences are clear and musical, and there is not a spare word anywhere.",
        "The characters feel so real that I miss them now.",
        "The chapters are short and perfectly paced, each one ending on a fresh idea.",
        "The author explains difficult things with patience, humor and apt examples.",
        "The plot takes two turns that I did not see coming and that make perfect sense.",
        "The research is thorough, and it never gets in the way of the story.",
        "I laughed aloud at least once in every chapter.",
        "The maps and drawings are lovely and useful.",
        "The last thirty pages are among the most beautiful I know.",
        "It gave me a new way of thinking about my own town.",
        "Even the footnotes are a pleasure.",
    ],
    blame: &[
        "The sentences are clumsy and swollen, and half of the words could go.",
        "The characters are so flat that I kept mixing them up.",
        "The chapters drag on forever, each one repeating the one before.",
        "The author makes simple things difficult, with endless jargon and poor examples.",
        "The plot takes two turns that anyone could guess and that make no sense.",
        "The research is thin, and there are mistakes on nearly every page.",
        "I yawned at least once in every chapter.",
        "The maps and drawings are ugly and useless.",
        "The last thirty pages are among the most annoying I know.",
        "It taught me nothing that I did not already know.",
        "Even the footnotes are a bore.",
    ],
    mild_praise: &[
        "The paper is good, I grant that.",
        "The idea behind it was not bad.",
        "One poem in the middle is fine.",
    ],
    mild_blame: &[
        "The print is a little small.",
        "An index would have been handy.",
        "The middle part is slightly longer than it needs to be.",
    ],
    close_praise: &[
        "I have already ordered everything else by this author.",
        "It is a treasure, and I will return to it often.",
        "Read it as soon as you can.",
    ],
    close_blame: &[
        "I will not read anything else by this author.",
        "It is a waste of paper, and I gave up pretending otherwise.",
        "Do not bother with it.",
    ],
};
