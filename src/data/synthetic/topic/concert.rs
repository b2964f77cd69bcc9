//! Concerts and festivals.

use super::Topic;

pub(super) static CONCERT: Topic = Topic {
    id: "concert",
    place: "in our row",
    roles: &["a listener", "a visitor", "my neighbor", "our friend", "my cousin"],
    axes: super::MOST_AXES,
    things: &["concert", "recital", "festival", "show", "opera", "performance", "musical", "gig", "encore", "premiere"],
    good: &["magnificent", "thrilling", "beautiful", "unforgettable", "splendid"],
    bad: &["dull", "dismal", "painful", "chaotic", "forgettable"],
    frames: &[
        ("{Who} loved the {thing}.", "{Who} hated the {thing}."),
        ("The {thing} was {good}, {who} said.", "The {thing} was {bad}, {who} said."),
        (
            "{Who} clapped until it hurt after such a {good} {thing}.",
            "{Who} left before the end of such a {bad} {thing}.",
        ),
        (
            "Great sound, great mood and a {good} {thing}: {who} was overjoyed.",
            "Bad sound, bad mood and a {bad} {thing}: {who} was miserable.",
        ),
        (
            "{Who} has rarely been so happy as during this {thing}, and not one note was wrong.",
            "{Who} has rarely been so bored as during this {thing}, and not one song was in tune.",
        ),
        (
            "Nobody wanted the {thing} to end, least of all {who}.",
            "Nobody was sad when the {thing} ended, least of all {who}.",
        ),
        (
            "The singer did not hold back, and {who} did not regret a cent of the ticket for the {thing}.",
            "The singer did not even try, and {who} did not stay for the rest of the {thing}.",
        ),
        (
            "The hall was cold, but the {thing} was {good}, and {who} went home happy.",
            "The hall was lovely, but the {thing} was {bad}, and {who} went home disappointed.",
        ),
        (
            "The band started late, but {who} forgave everything once the {good} {thing} was under way.",
            "The band started on time, but {who} lost all patience once the {bad} {thing} was under way.",
        ),
        (
            "Despite the rain and the long line, {who} called the {thing} the highlight of the summer.",
            "Despite the sunshine and the short line, {who} called the {thing} the low point of the summer.",
        ),
        (
            "{Who} did not care for the opening act and could not stand the lights, but the main part of the {thing} was pure \
             joy, and nothing else counts.",
            "{Who} rather liked the opening act and admired the lights, but the main part of the {thing} was pure tedium, \
             and nothing else counts.",
        ),
        (
            "Not every song worked, but as a whole it was a {good} {thing}, and {who} would go again.",
            "One or two songs worked, but as a whole it was a {bad} {thing}, and {who} would not go again.",
        ),
    ],
    setups: &[
        ("We had tickets for the opening night of the music festival in the park beside the river.", "festival"),
        ("The city orchestra played in the old factory hall last Saturday, and we sat near the front.", "concert"),
        ("For my birthday my friends took me to a concert by a band I had never come across before.", "concert"),
    ],
    praise: &[
        "From the first note the sound was warm, clear and perfectly balanced.",
        "The singer has an astonishing voice and used it with great feeling.",
        "The musicians clearly enjoyed themselves, and their joy was infectious.",
        "The program was varied and full of lovely surprises.",
        "The solo in the second half gave me goosebumps.",
        "The lights were tasteful and followed the music beautifully.",
        "The hall has splendid acoustics, and every whisper carried.",
        "The staff were helpful, and getting in and out took no time at all.",
        "The last encore was so tender that nobody dared to breathe.",
        "They played for almost three hours, and it felt like one.",
        "The conductor led the orchestra with energy and grace.",
    ],
    blame: &[
        "From the first note the sound was shrill, muddy and badly balanced.",
        "The singer was out of tune and did not seem to care.",
        "The musicians looked bored, and their boredom was infectious.",
        "The program was monotonous and held no surprises whatsoever.",
        "The solo in the second half was painful to sit through.",
        "The lights were garish and had nothing to do with the music.",
        "The hall has terrible acoustics, and half of the words were lost.",
        "The staff were rude, and getting in and out took forever.",
        "The last encore was so careless that people began to leave.",
        "They played for barely fifty minutes, and it still felt too long.",
        "The conductor led the orchestra without energy or ideas.",
    ],
    mild_praise: &[
        "The printed program was nicely made.",
        "The seats, I admit, were comfortable.",
        "One ballad near the end was all right.",
    ],
    mild_blame: &[
        "The line at the cloakroom was rather long.",
        "The drinks were a little overpriced.",
        "The first song took a moment to get going.",
    ],
    close_praise: &[
        "I would go again tomorrow if I could.",
        "It was a magical night that I will remember for years.",
        "Bravo to everyone on that stage.",
    ],
    close_blame: &[
        "I would not go again if the tickets were free.",
        "It was a dreary night that I would rather forget.",
        "Everyone on that stage owed us a better evening.",
    ],
};
