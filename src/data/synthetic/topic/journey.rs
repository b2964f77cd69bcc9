//! Journeys by train, bus, ferry and plane.

use super::Topic;

pub(super) static JOURNEY: Topic = Topic {
    id: "journey",
    place: "on our train",
    roles: &["a passenger", "a traveler", "my neighbor", "our friend", "my cousin"],
    axes: super::ALL_AXES,
    things: &[
        "train",
        "ferry",
        "night bus",
        "flight",
        "express",
        "shuttle",
        "river cruise",
        "airline",
        "coach",
        "tour",
    ],
    good: &["comfortable", "pleasant", "excellent", "wonderful", "relaxing"],
    bad: &["uncomfortable", "unpleasant", "horrible", "miserable", "stressful"],
    frames: &[
        ("{Who} enjoyed the {thing}.", "{Who} hated the {thing}."),
        ("For {who}, the {thing} was {good}.", "For {who}, the {thing} was {bad}."),
        (
            "The {thing} left on time and arrived early, and {who} had a {good} trip.",
            "The {thing} left late and arrived even later, and {who} had a {bad} trip.",
        ),
        (
            "Friendly staff, clean tables and a {good} ride: {who} would take the {thing} again.",
            "Unfriendly staff, dirty tables and a {bad} ride: {who} would not take the {thing} again.",
        ),
        (
            "The {thing} was never late, never crowded and never dirty, which pleased {who} very much.",
            "The {thing} was never on time, never clean and never staffed, which annoyed {who} very much.",
        ),
        (
            "{Who} had no reason to complain about the {thing}, and the crew could not have been nicer.",
            "{Who} had every reason to complain about the {thing}, and the crew could not have cared less.",
        ),
        (
            "It was not a short trip, but {who} was not bored for a minute and loved the {thing}.",
            "It was not a long trip, but {who} was not comfortable for a minute and loathed the {thing}.",
        ),
        (
            "The {thing} is slower than the alternatives, but {who} found it so {good} that time flew.",
            "The {thing} is faster than the alternatives, but {who} found it so {bad} that time crawled.",
        ),
        (
            "The ticket was expensive, but {who} got a {good} ride and excellent help along the way.",
            "The ticket was cheap, but {who} got a {bad} ride and no help along the way.",
        ),
        (
            "There was a short delay at the border, yet {who} called the {thing} the best part of the vacation.",
            "There was a nice view at the border, yet {who} called the {thing} the worst part of the vacation.",
        ),
        (
            "{Who} worried about the connection and did not like the snack, but the crew handled it so well that the {thing} \
             ended as a real pleasure.",
            "{Who} liked the snack and the connection looked easy, but the crew handled it so badly that the {thing} ended \
             as a real disaster.",
        ),
        (
            "Overall, and in spite of the rain, {who} would describe the {thing} as time and money well spent.",
            "Overall, and in spite of the sunshine, {who} would describe the {thing} as a waste of time and money.",
        ),
    ],
    setups: &[
        ("We took the morning train along the coast to visit relatives for a long weekend in May.", "train"),
        ("Our trip to the islands began with a ferry that we had booked through the travel agency.", "ferry"),
        ("I travel between the two cities every month and decided to try the new coach company this time.", "coach"),
    ],
    praise: &[
        "We left exactly on time and arrived a few minutes early.",
        "The seats were soft and wide, with plenty of room for bags.",
        "The crew were attentive, calm and full of good humor.",
        "Tickets were easy to buy, and changing the date cost nothing.",
        "Everything was clean, from the windows to the folding tables.",
        "The snacks were fresh and surprisingly good for the price.",
        "When the weather turned, they kept us informed every few minutes.",
        "Somebody helped us with the luggage before we had even asked.",
        "The route is gorgeous, and the guide pointed out all the best parts.",
        "At the station everything was clearly signed and well organized.",
        "The connection was held for us, which saved our whole day.",
    ],
    blame: &[
        "We left an hour late and arrived three hours late.",
        "The seats were hard and narrow, with nowhere to put a bag.",
        "The crew were impatient, gruff and impossible to find.",
        "Tickets were a pain to buy, and changing the date cost a fortune.",
        "Everything was grimy, from the windows to the folding tables.",
        "The snacks were stale and shockingly expensive.",
        "When the weather turned, nobody told us anything for two hours.",
        "Our luggage was lost, and the help desk simply shrugged.",
        "The route was changed without notice, and we missed all the best parts.",
        "At the station nothing was signed and everything was chaos.",
        "The connection left without us, which ruined our whole day.",
    ],
    mild_praise: &[
        "At least the tickets look nice.",
        "To be fair, the heating worked.",
        "The landscape cannot be blamed for any of it.",
    ],
    mild_blame: &[
        "The internet on board came and went.",
        "A second stop for coffee would have been welcome.",
        "The waiting room was slightly chilly.",
    ],
    close_praise: &[
        "It was one of the most pleasant trips we have ever taken.",
        "We will gladly travel with them again.",
        "For this price it could hardly be better.",
    ],
    close_blame: &[
        "It was one of the most unpleasant trips we have ever taken.",
        "We will never travel with them again.",
        "At any price this would be a bad deal.",
    ],
};
