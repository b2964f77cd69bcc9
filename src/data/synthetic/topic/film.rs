//! Films and series.

use super::Topic;

pub(super) static FILM: Topic = Topic {
    id: "film",
    place: "in our row",
    roles: &["a viewer", "a moviegoer", "my neighbor", "our friend", "my colleague"],
    axes: super::MOST_AXES,
    things: &["film", "comedy", "thriller", "sequel", "drama", "documentary", "pilot", "remake", "cartoon", "finale"],
    good: &["brilliant", "moving", "gripping", "charming", "wonderful"],
    bad: &["boring", "tedious", "clumsy", "lifeless", "awful"],
    frames: &[
        ("{Who} loved the {thing}.", "{Who} hated the {thing}."),
        ("{Who} found the {thing} {good}.", "{Who} found the {thing} {bad}."),
        (
            "A {good} {thing} with a superb cast, and {who} would watch it again tonight.",
            "A {bad} {thing} with a wooden cast, and {who} would not watch it again for money.",
        ),
        (
            "The script is sharp, the music is lovely, and {who} left the {thing} smiling.",
            "The script is stale, the music is grating, and {who} left the {thing} halfway through.",
        ),
        (
            "{Who} never once checked the time during the {thing}, which does not drag for a second.",
            "{Who} never once cared about anybody in the {thing}, which does not come alive for a second.",
        ),
        (
            "It is impossible not to enjoy this {thing}, as {who} put it.",
            "It is impossible to enjoy this {thing}, as {who} put it.",
        ),
        (
            "The {thing} is not without flaws, but none of them matter, and {who} was enchanted.",
            "The {thing} is not without talent, but none of it shows, and {who} was bored stiff.",
        ),
        (
            "The plot is nothing new, but {who} thought the {thing} was {good} from the first scene to the last.",
            "The plot is clever enough, but {who} thought the {thing} was {bad} from the first scene to the last.",
        ),
        (
            "The first ten minutes are slow, but then the {thing} takes off, and {who} was completely won over.",
            "The first ten minutes are fun, but then the {thing} falls apart, and {who} completely lost interest.",
        ),
        (
            "Critics were unkind to this {thing}, yet {who} considers it one of the finest of the decade.",
            "Critics were kind to this {thing}, yet {who} considers it one of the poorest of the decade.",
        ),
        (
            "{Who} could have done without the songs and found one scene too long, but when the lights came on there was no \
             doubt that the {thing} is a triumph.",
            "{Who} liked the songs and admired one scene very much, but when the lights came on there was no doubt that the \
             {thing} is a failure.",
        ),
        (
            "For all its rough edges this is a {good} {thing}, and {who} recommends it to everybody.",
            "For all its polish this is a {bad} {thing}, and {who} recommends it to nobody.",
        ),
    ],
    setups: &[
        ("We went to the late show on Friday without having read a single review of this film.", "film"),
        (
            "After years of waiting, the new film by the director of our favorite series finally came to our town.",
            "film",
        ),
        ("The film club chose this title for the last evening of the season, and the hall was full.", "film"),
    ],
    praise: &[
        "The story is told with wit and tenderness, and no scene is wasted.",
        "The two leads are magnificent together, natural and funny and full of life.",
        "Every image is composed with care, and the colors glow.",
        "The dialogue sparkles, and even the smallest parts are beautifully played.",
        "The music supports the story without ever drowning it.",
        "There is a scene in a kitchen that made the whole hall laugh and then fall silent.",
        "The tension rises so cleverly that I forgot to eat my popcorn.",
        "The ending is surprising, earned and deeply satisfying.",
        "It respects its characters and trusts its audience.",
        "I was moved to tears twice, and glad of it both times.",
        "The editing is crisp, so that two hours pass like one.",
    ],
    blame: &[
        "The story is told without wit or feeling, and half of the scenes are pointless.",
        "The two leads have no chemistry at all and seem bored with their own lines.",
        "Every image looks cheap, and the colors are muddy.",
        "The dialogue is painful, and even good actors are wasted on it.",
        "The music is pushy and drowns whatever feeling there might have been.",
        "There is a scene in a kitchen so clumsy that people in the hall began to groan.",
        "The tension never rises, and I spent an hour wishing it would end.",
        "The ending is predictable, lazy and deeply unsatisfying.",
        "It treats its characters like puppets and its audience like fools.",
        "I was close to leaving twice, and I regret that I did not.",
        "The editing is a mess, so that two hours feel like four.",
    ],
    mild_praise: &[
        "The costumes, I admit, are pretty.",
        "One or two jokes do land.",
        "The opening shot is handsome enough.",
    ],
    mild_blame: &[
        "The subtitles could have been larger.",
        "One subplot could have been trimmed a little.",
        "The title does it no favors.",
    ],
    close_praise: &[
        "It is easily the best film I have seen this year.",
        "Go and see it, and take a friend along.",
        "We talked about it happily all the way home.",
    ],
    close_blame: &[
        "It is easily the worst film I have seen this year.",
        "Stay at home and save the price of the ticket.",
        "We complained about it bitterly all the way home.",
    ],
};
