//! Stays in hotels and guest houses.

use super::Topic;

pub(super) static HOTEL: Topic = Topic {
    id: "hotel",
    place: "on our floor",
    roles: &["a guest", "a traveler", "my neighbor", "our friend", "my cousin"],
    axes: super::ALL_AXES,
    things: &["room", "bed", "bathroom", "breakfast buffet", "lobby", "terrace", "pool", "suite", "shower", "garden"],
    good: &["lovely", "spotless", "comfortable", "beautiful", "fantastic"],
    bad: &["dirty", "shabby", "dreadful", "filthy", "depressing"],
    frames: &[
        ("{Who} adored the {thing}.", "{Who} disliked the {thing}."),
        ("{Who} thought the {thing} was {good}.", "{Who} thought the {thing} was {bad}."),
        (
            "The {thing} was {good}, so {who} stayed two nights longer than planned.",
            "The {thing} was {bad}, so {who} checked out two nights early.",
        ),
        (
            "With a {good} {thing} and a kind receptionist, the stay was a treat for {who}.",
            "With a {bad} {thing} and a rude receptionist, the stay was an ordeal for {who}.",
        ),
        (
            "{Who} has never had a better {thing} and would not hesitate to book again.",
            "{Who} has never had a worse {thing} and would not dream of booking again.",
        ),
        (
            "The {thing} was not fancy, but it was {good}, and {who} did not miss a thing.",
            "The {thing} was not just old, it was {bad}, and {who} did not feel at ease for a minute.",
        ),
        (
            "There was no problem with the {thing} that the staff did not fix at once, according to {who}.",
            "There was no end of problems with the {thing}, and nobody fixed them, according to {who}.",
        ),
        (
            "The building is plain from the outside, but the {thing} is {good}, and {who} would stay there again tomorrow.",
            "The building is splendid from the outside, but the {thing} is {bad}, and {who} would never stay there again.",
        ),
        (
            "It is a long way from the station, but {who} found the {thing} so {good} that the distance hardly mattered.",
            "It is close to the station, but {who} found the {thing} so {bad} that the location hardly mattered.",
        ),
        (
            "Although the price had gone up since last year, {who} felt it was money very well spent.",
            "Although the price had come down since last year, {who} felt it was money thrown away.",
        ),
        (
            "{Who} was unsure about the hotel at first, and the carpet has seen better days, but the {thing} and the warm \
             welcome made it a happy week.",
            "{Who} was hopeful about the hotel at first, and the carpet is new, but the {thing} and the cold welcome made \
             it an unhappy week.",
        ),
        (
            "Some details could be better, yet on balance this was a restful, well-run place, {who} told us.",
            "Some details were charming, yet on balance this was a tiring, badly run place, {who} told us.",
        ),
    ],
    setups: &[
        ("We spent four nights at the guest house above the harbor during the first week of September.", "room"),
        ("Our company put us up at the big hotel beside the fairground for three days in November.", "bed"),
        ("For our anniversary we chose a small hotel in the hills that friends had mentioned last summer.", "bathroom"),
    ],
    praise: &[
        "The room was bright and spotless, with a wide bed and fresh linen every day.",
        "Check-in took two minutes, and the receptionist remembered our names afterwards.",
        "Breakfast was a pleasure, with ripe fruit, warm rolls and very good coffee.",
        "At night it was peaceful, and we slept better than at home.",
        "The shower was hot and strong, and there were plenty of soft towels.",
        "When we asked for an extra blanket, it was brought within five minutes with a smile.",
        "The terrace has a wonderful view, and we spent every evening there.",
        "Everything we needed was thought of, from the reading lamps to the kettle.",
        "The staff helped us plan a day trip and even packed us a generous lunch.",
        "The price was reasonable, and the final bill contained no surprises at all.",
        "The elevator, the corridors and the gardens were all beautifully kept.",
    ],
    blame: &[
        "The room was dark and dusty, with a sagging bed and stained sheets.",
        "Check-in took almost an hour, and the receptionist never once apologized.",
        "Breakfast was a sad affair of hard rolls, canned fruit and weak coffee.",
        "The pipes rattled all night, and we hardly slept at all.",
        "The shower was either scalding or freezing, and the towels were thin and gray.",
        "When we asked for an extra blanket, we were told that there were none left.",
        "The terrace advertised on the website was closed, locked and full of garbage.",
        "Nothing worked properly, from the broken lamps to the leaking kettle.",
        "The staff shrugged at every question and seemed irritated that we asked.",
        "The price was outrageous, and the final bill contained three charges nobody could explain.",
        "The elevator, the corridors and the gardens were all badly neglected.",
    ],
    mild_praise: &[
        "To be fair, the pillows were decent.",
        "The town itself is pretty, of course.",
        "At least the key card worked every time.",
    ],
    mild_blame: &[
        "The wardrobe was a bit small for two people.",
        "The internet was slow on the first evening, but that was soon solved.",
        "The only thing missing was a second chair at the desk.",
    ],
    close_praise: &[
        "We left rested and happy, and we have already reserved for next year.",
        "It is hard to imagine a kinder, more comfortable place to stay.",
        "I would recommend it to anyone without a second thought.",
    ],
    close_blame: &[
        "We left tired and angry, and we will spend our money elsewhere next year.",
        "It is hard to imagine a less welcoming place to stay.",
        "I would advise anyone to look for something else.",
    ],
};
