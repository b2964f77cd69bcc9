//! Shops and what they sell.

use super::Topic;

pub(super) static SHOP: Topic = Topic {
    id: "shop",
    place: "from our street",
    roles: &["a customer", "a shopper", "my neighbor", "our friend", "my colleague"],
    axes: super::ALL_AXES,
    things: &["jacket", "lamp", "kettle", "backpack", "blanket", "desk", "umbrella", "blender", "notebook", "armchair"],
    good: &["sturdy", "excellent", "well-made", "great", "beautiful"],
    bad: &["flimsy", "useless", "shoddy", "worthless", "ugly"],
    frames: &[
        ("{Who} loves the new {thing}.", "{Who} regrets buying the {thing}."),
        ("The {thing} is {good}, says {who}.", "The {thing} is {bad}, says {who}."),
        (
            "{Who} bought a {thing} here, and it has worked perfectly ever since.",
            "{Who} bought a {thing} here, and it fell apart within a week.",
        ),
        (
            "Thanks to a patient assistant, {who} went home with a {good} {thing} at a fair price.",
            "Because of a pushy assistant, {who} went home with a {bad} {thing} at an absurd price.",
        ),
        (
            "{Who} did not expect much from a {thing} at this price and was thrilled with it.",
            "{Who} did not expect much from a {thing} at this price and was still let down by it.",
        ),
        (
            "After two years the {thing} shows no sign of wear, and {who} would not trade it for anything.",
            "After two days the {thing} no longer worked, and {who} could not get a refund.",
        ),
        (
            "Exchanging the {thing} was no trouble at all, and {who} was grateful to the shop.",
            "Complaining about the {thing} was no use, and {who} gave up on the shop.",
        ),
        (
            "The {thing} came in a dented box, but it is {good}, and {who} is delighted with it.",
            "The {thing} came in a pretty box, but it is {bad}, and {who} is fed up with it.",
        ),
        (
            "The shop is cramped and hard to find, but {who} keeps going back because the staff really care.",
            "The shop is large and easy to find, but {who} avoids it now because the staff simply do not care.",
        ),
        (
            "Delivery took longer than promised, yet the {thing} was worth the wait, according to {who}.",
            "Delivery was faster than promised, yet the {thing} was a letdown, according to {who}.",
        ),
        (
            "{Who} had some doubts about the color and the price, but after a month with the {thing} there is only one word \
             for it: brilliant.",
            "{Who} had high hopes and liked the color, but after a month with the {thing} there is only one word for it: \
             rubbish.",
        ),
        (
            "Not everything on the shelves is a bargain, but {who} trusts this shop and has always been treated well.",
            "A few things on the shelves are bargains, but {who} no longer trusts this shop after being overcharged twice.",
        ),
    ],
    setups: &[
        ("Last month we needed a few things for the new apartment and decided to try the store on Mill Road.", "lamp"),
        (
            "I ordered a lamp, two shelves and a kettle from the online shop of the family store in the next town.",
            "kettle",
        ),
        (
            "Before the school year began we went to the outdoor shop at the mall to look for backpacks and jackets.",
            "backpack",
        ),
    ],
    praise: &[
        "The assistant listened to what we wanted and did not try to sell us anything more expensive.",
        "Everything was well made, with straight seams, solid screws and no sharp edges.",
        "The prices were clearly marked and lower than anywhere else we had looked.",
        "Assembly was easy, because the instructions were clear and all the parts were there.",
        "When one shelf had a scratch, they replaced it the next morning without question.",
        "The order arrived a day early, neatly packed and complete.",
        "The colors are rich and look even better in daylight than in the photos.",
        "At the checkout they were friendly, quick and happy to answer one more question.",
        "Half a year later every single item still looks and works like new.",
        "They even called us afterwards to make sure that we were satisfied.",
        "The return policy is generous, and it is honored with good grace.",
    ],
    blame: &[
        "The assistant ignored what we wanted and kept pushing the most expensive model.",
        "Everything was poorly made, with crooked seams, loose screws and sharp edges.",
        "The prices were confusing and much higher than what the sign outside had promised.",
        "Assembly was a nightmare, because the instructions made no sense and parts were missing.",
        "When one shelf arrived cracked, they accused us of having broken it.",
        "The order arrived three weeks late, badly packed and incomplete.",
        "The colors are dull and look nothing like the photos on the website.",
        "At the checkout they were grumpy, slow and unwilling to answer a simple question.",
        "Half a year later nearly every item is broken, faded or in the trash.",
        "They never answered our letters, and the phone line just kept us on hold.",
        "The return policy sounds generous, but it turned out to be worthless.",
    ],
    mild_praise: &[
        "The wrapping paper was nice, I admit.",
        "To be fair, there is plenty of parking.",
        "The opening hours are convenient enough.",
    ],
    mild_blame: &[
        "The line at the checkout was a little long.",
        "The bags could be stronger, but that is a minor point.",
        "One color we liked was out of stock that day.",
    ],
    close_praise: &[
        "We are very pleased and will certainly shop there again.",
        "It is a pleasure to find a shop that still takes such care.",
        "Five stars from our whole household.",
    ],
    close_blame: &[
        "We are very annoyed and will certainly not shop there again.",
        "It is infuriating to be treated like this by a shop.",
        "One star from our whole household, and even that is too many.",
    ],
};
