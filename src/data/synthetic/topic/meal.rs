//! Meals in restaurants and cafes.

use super::Topic;

pub(super) static MEAL: Topic = Topic {
    id: "meal",
    place: "at our table",
    roles: &["a guest", "a diner", "my neighbor", "our friend", "my colleague"],
    axes: super::ALL_AXES,
    things: &[
        "soup",
        "salad",
        "bread",
        "omelet",
        "mushroom pie",
        "fish",
        "apple cake",
        "breakfast",
        "dessert",
        "lunch",
    ],
    good: &["delicious", "wonderful", "superb", "excellent", "delightful"],
    bad: &["bland", "awful", "terrible", "tasteless", "dreadful"],
    frames: &[
        ("{Who} loved the {thing}.", "{Who} hated the {thing}."),
        ("{Who} called the {thing} {good}.", "{Who} called the {thing} {bad}."),
        (
            "The {thing} was {good}, and {who} asked for a second helping.",
            "The {thing} was {bad}, and {who} left most of it on the plate.",
        ),
        (
            "A {good} {thing} and a friendly waiter made the day for {who}.",
            "A {bad} {thing} and a careless waiter spoiled the day for {who}.",
        ),
        (
            "{Who} could not find a single fault with the {thing}.",
            "{Who} could not find anything good to say about the {thing}.",
        ),
        (
            "The {thing} was not at all as heavy as feared, and {who} enjoyed every bite.",
            "The {thing} was not nearly as good as promised, and {who} did not finish it.",
        ),
        (
            "Nothing about the {thing} disappointed {who}, and a second visit is already planned.",
            "Nothing about the {thing} pleased {who}, and there will be no second visit.",
        ),
        (
            "We waited a little too long, but {who} thought the {thing} was worth it.",
            "The room looked beautiful, but {who} thought the {thing} was a waste of money.",
        ),
        (
            "The tables are small and the menu is short, but the {thing} won {who} over completely.",
            "The menu is long and the tables are pretty, but the {thing} was {bad}, as {who} found out.",
        ),
        (
            "The place is far from cheap, yet {who} left full, happy and already planning the next visit.",
            "The place is certainly cheap, yet {who} left hungry, annoyed and sure never to return.",
        ),
        (
            "{Who} had mixed feelings about the first course, but by the {thing} all doubts were gone and the verdict was \
             clear: a lovely kitchen.",
            "{Who} liked parts of the first course, but by the {thing} all goodwill was gone and the verdict was clear: a \
             poor kitchen.",
        ),
        (
            "Even with the slow start, it was one of the best meals of the year, {who} wrote afterwards.",
            "Even with the charming start, it was one of the worst meals of the year, {who} wrote afterwards.",
        ),
    ],
    setups: &[
        (
            "We booked a table for six at the small restaurant by the canal to celebrate the end of a long project.",
            "soup",
        ),
        (
            "On Sunday we tried the cafe that opened last month in the old post office near the market square.",
            "breakfast",
        ),
        (
            "Our group had dinner at the corner restaurant after the conference, on a rainy evening in early spring.",
            "dessert",
        ),
    ],
    praise: &[
        "The bread arrived warm from the oven, with soft butter and a little dish of good salt.",
        "Every plate came out hot, carefully seasoned and prettily arranged.",
        "The vegetables were fresh and crisp, and the sauces had real depth.",
        "Our waiter knew the menu by heart and gave us honest, helpful advice.",
        "Portions were generous without being too much, and the prices were more than fair.",
        "The kitchen happily changed two dishes for us without any fuss.",
        "The dessert was light, fragrant and beautifully balanced.",
        "The table was spotless, the light was warm and nobody rushed us.",
        "I still think about the lemon tart, which was simply perfect.",
        "When one order was delayed, the staff apologized at once and brought us tea on the house.",
        "The coffee at the end was rich, smooth and served with a smile.",
    ],
    blame: &[
        "The bread was stale, and the butter tasted as if it had been open for a week.",
        "Every plate came out lukewarm, badly seasoned and carelessly thrown together.",
        "The vegetables were limp and watery, and the sauces had no flavor at all.",
        "Our waiter forgot two orders and got annoyed when we asked about them.",
        "Portions were tiny, and the prices were frankly ridiculous.",
        "The kitchen refused to change a single thing and sent out the wrong dish twice.",
        "The dessert was dry, cloying and obviously bought in.",
        "The table was sticky, the light was harsh and we were hurried out at the end.",
        "I still feel cheated when I think of the burnt tart they charged us for.",
        "When we pointed out a mistake on the bill, the manager argued for ten minutes.",
        "The coffee at the end was cold, bitter and served without a word.",
    ],
    mild_praise: &[
        "The flowers on the table were a nice touch.",
        "To be fair, the water was brought quickly.",
        "The location by the park is pleasant enough.",
    ],
    mild_blame: &[
        "The only small complaint is that parking nearby is hard to find.",
        "The music was a touch too lively for my taste, but that is a detail.",
        "We did wait ten minutes for the menus.",
    ],
    close_praise: &[
        "All in all it was a wonderful evening, and we will gladly come back.",
        "I recommend this place warmly to anyone who enjoys honest, careful cooking.",
        "It was a joy from beginning to end.",
    ],
    close_blame: &[
        "All in all it was a miserable evening, and we will not come back.",
        "I cannot recommend this place to anyone who cares about food.",
        "It was a disappointment from beginning to end.",
    ],
};
