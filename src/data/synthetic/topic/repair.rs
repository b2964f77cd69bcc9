//! Repairs and other services at home.

use super::Topic;

pub(super) static REPAIR: Topic = Topic {
    id: "repair",
    place: "from our building",
    roles: &["a customer", "a tenant", "my neighbor", "our friend", "my colleague"],
    axes: super::ALL_AXES,
    things: &[
        "boiler",
        "bicycle",
        "washing machine",
        "roof",
        "heater",
        "door lock",
        "fridge",
        "window",
        "sink",
        "piano",
    ],
    good: &["excellent", "careful", "fast", "reliable", "honest"],
    bad: &["sloppy", "slow", "careless", "terrible", "dishonest"],
    frames: &[
        ("{Who} praised the repair.", "{Who} criticized the repair."),
        (
            "The company fixed the {thing} in an hour, and {who} was very happy.",
            "The company broke the {thing} even more, and {who} was very upset.",
        ),
        (
            "{Who} had the {thing} repaired here and got {good} work at a fair price.",
            "{Who} had the {thing} repaired here and got {bad} work at an inflated price.",
        ),
        (
            "Such {good} service is rare, {who} wrote after the {thing} was done.",
            "Such {bad} service is inexcusable, {who} wrote after the {thing} was done.",
        ),
        (
            "Nobody kept {who} waiting, and the {thing} has not failed once since then.",
            "Nobody called {who} back, and the {thing} has not worked properly since then.",
        ),
        (
            "{Who} was not charged a cent more than agreed and cannot praise the team enough.",
            "{Who} was not told about the extra fees and cannot warn people strongly enough.",
        ),
        (
            "There was not one scratch on the {thing} when {who} got it back, and it works without a hitch.",
            "There was not one honest answer about the {thing} when {who} asked, and it still does not work.",
        ),
        (
            "The mechanic came half an hour late, but the {thing} runs like new, and {who} is grateful.",
            "The mechanic came right on time, but the {thing} is worse than before, and {who} is furious.",
        ),
        (
            "The website looks old and the office is tiny, but {who} got {good} help with the {thing}.",
            "The website looks modern and the office is elegant, but {who} got {bad} help with the {thing}.",
        ),
        (
            "It cost more than expected, yet {who} would hire the same people again without thinking twice.",
            "It cost less than expected, yet {who} would never hire the same people again.",
        ),
        (
            "{Who} found the first visit confusing, but the second one solved everything, and in the end the {thing} was in \
             perfect order.",
            "{Who} found the first visit encouraging, but the second one ruined everything, and in the end the {thing} had \
             to be thrown out.",
        ),
        (
            "They are not the cheapest, but {who} says the work on the {thing} was worth every penny.",
            "They are among the cheapest, but {who} says the work on the {thing} was not worth a penny.",
        ),
    ],
    setups: &[
        (
            "In January our heating stopped on the coldest day of the year, and we called the company on the corner.",
            "heater",
        ),
        (
            "When we moved in, almost everything in the kitchen needed attention, so we asked three firms for an offer.",
            "fridge",
        ),
        (
            "Our bicycles had been in the cellar for years before we took them to the workshop behind the station.",
            "bicycle",
        ),
    ],
    praise: &[
        "They answered on the first ring and sent somebody the same afternoon.",
        "The mechanic explained clearly what was wrong and what it would cost.",
        "The work was done neatly, and not a speck of dust was left behind.",
        "They found a simple solution that saved us hundreds.",
        "Every appointment was kept to the minute.",
        "The parts they used were of good quality and came with a long guarantee.",
        "When a small question came up later, they dropped by and solved it for free.",
        "The final bill was exactly what had been agreed, down to the last cent.",
        "The whole crew was polite, cheerful and obviously skilled.",
        "Everything has run smoothly ever since, even in heavy frost.",
        "They treated our home with real respect and covered the floor before they began.",
    ],
    blame: &[
        "It took eleven calls before anybody answered, and nobody came for a week.",
        "The mechanic could not explain what was wrong and guessed at the cost.",
        "The work was done carelessly, and the floor was left covered with dust and screws.",
        "They missed the simple solution and replaced parts that had been fine.",
        "Every appointment was missed or moved without a word of apology.",
        "The parts they used were of poor quality and failed within days.",
        "When the same fault came back, they refused to look at it again.",
        "The final bill was twice what had been agreed, with no explanation.",
        "The whole crew was sullen, disorganized and clearly out of its depth.",
        "Everything broke down again at the first frost.",
        "They scratched the new floor, denied it and left without cleaning up.",
    ],
    mild_praise: &[
        "To be fair, the estimate was printed nicely.",
        "The van was parked considerately, at least.",
        "The person on the phone had a pleasant voice.",
    ],
    mild_blame: &[
        "Their phone menu is a little confusing.",
        "We would have liked a morning appointment, but the afternoon was fine too.",
        "The first part they ordered was the wrong size, which cost us a day.",
    ],
    close_praise: &[
        "We could not be happier with the result.",
        "This is what good service looks like, and we will call them again.",
        "Highly recommended, without any reservation.",
    ],
    close_blame: &[
        "We could not be unhappier with the result.",
        "This is what bad service looks like, and we will never call them again.",
        "Keep your money and call somebody else.",
    ],
};
