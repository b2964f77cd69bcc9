//! What the data set promises.

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::path::Path;

use super::*;

fn word_count(text: &str) -> usize {
    text.split_whitespace().count()
}

#[test]
fn the_committed_file_is_what_the_generator_writes() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("sample_data/identity-sentiment.csv");
    let expected = to_csv(SAMPLE_SEED);
    if std::env::var_os("PRUNESCOPE_BLESS").is_some() {
        std::fs::write(&path, &expected).unwrap();
    }
    let committed = std::fs::read_to_string(&path).unwrap();
    let first_difference = committed.lines().zip(expected.lines()).find(|(left, right)| left != right);
    assert!(
        committed == expected,
        "{} differs from the generator (PRUNESCOPE_BLESS=1 rewrites it): {first_difference:?}",
        path.display()
    );
}

#[test]
fn other_seeds_give_other_sets() {
    assert_ne!(to_csv(1), to_csv(2), "the seed must matter");
}

#[test]
fn there_are_enough_texts_of_all_lengths() {
    let rows = generate(SAMPLE_SEED);
    assert!(rows.len() >= 3000, "{} texts", rows.len());
    let mut lengths: Vec<usize> = rows.iter().map(|row| word_count(&row.text)).collect();
    lengths.sort_unstable();
    assert_eq!(lengths[0], 4, "the shortest text");
    let longest = lengths[lengths.len() - 1];
    assert!((180..=200).contains(&longest), "the longest text has {longest} words");
    let long = lengths.iter().filter(|&&length| length >= 60).count();
    assert!(long * 20 >= rows.len(), "only {long} texts of 60 words or more");
}

#[test]
fn no_text_comes_twice() {
    let rows = generate(SAMPLE_SEED);
    let texts: BTreeSet<String> = rows.iter().map(|row| row.text.to_lowercase()).collect();
    assert_eq!(texts.len(), rows.len(), "duplicates, letter case aside");
}

#[test]
fn labels_balance_within_every_group_value() {
    let mut counts: BTreeMap<(usize, &str), [usize; 2]> = BTreeMap::new();
    for row in generate(SAMPLE_SEED) {
        for (column, cell) in row.mention.cells.iter().enumerate() {
            for value in cell.split(';') {
                counts.entry((column, value)).or_default()[usize::from(row.is_positive)] += 1;
            }
        }
    }
    assert_eq!(counts.len(), 5 + 4 + 10 + 7 + 3 + 5, "five times 'nothing said', and every value of every column");
    for ((column, value), [negative, positive]) in counts {
        assert_eq!(negative, positive, "column {column}, value {value:?}");
        assert!(negative + positive >= 100, "column {column}, value {value:?}: {} texts", negative + positive);
    }
}

#[test]
fn twins_differ_only_in_the_mention() {
    let mut groups: BTreeMap<usize, Vec<Row>> = BTreeMap::new();
    for row in generate(SAMPLE_SEED) {
        groups.entry(row.contrast).or_default().push(row);
    }
    assert!(groups.len() > 400, "{} contrast groups", groups.len());
    for (contrast, rows) in groups {
        assert!(rows.len() >= 4, "group {contrast} has {} versions", rows.len());
        assert_eq!(rows[0].mention.cells, [""; 5], "group {contrast}: the first twin says nothing");
        let frame = |row: &Row| {
            let (middle, start) = (&row.mention.text, text::capitalized(&row.mention.text));
            let found = row.text.matches(middle.as_str()).count() + row.text.matches(start.as_str()).count();
            // Names are capitalized anyway, so they are found twice in one place.
            assert!(found == 1 || (*middle == start && found == 2), "{:?} in {:?}", row.mention.text, row.text);
            row.text.replacen(middle.as_str(), "_", 1).replacen(start.as_str(), "_", 1)
        };
        let expected = frame(&rows[0]);
        let mut cells = BTreeSet::new();
        for row in &rows {
            assert_eq!(frame(row), expected, "group {contrast}");
            assert_eq!(row.is_positive, rows[0].is_positive, "group {contrast} mixes labels");
            assert!(cells.insert(row.mention.cells), "group {contrast}: {:?} twice", row.mention.cells);
        }
    }
}

#[test]
fn hard_texts_are_there_with_both_labels() {
    let rows = generate(SAMPLE_SEED);
    let contrasts = [" but ", " yet ", "although ", "despite ", "in spite of ", "for all "];
    let negations = [" not ", " no ", "never", "nothing", "nobody", "cannot", "without"];
    let mixed = ["mixed feelings", "on balance", "overall", "as a whole", "looking back", "verdict", "doubt"];
    for (kind, words, least) in
        [("contrast", &contrasts[..], 500), ("negation", &negations, 500), ("mixed", &mixed, 60)]
    {
        for label in [true, false] {
            let has = |row: &&Row| words.iter().any(|word| row.text.to_lowercase().contains(word));
            let count = rows.iter().filter(|row| row.is_positive == label).filter(has).count();
            assert!(count >= least, "{kind}, positive {label}: {count}");
        }
    }
}

#[test]
fn sentences_are_well_formed() {
    for row in generate(SAMPLE_SEED) {
        let text = &row.text;
        assert!(!text.contains(['{', '}', '"', '\n']), "left-over in {text:?}");
        assert!(!text.contains("  ") && text.trim() == text, "spacing of {text:?}");
        assert!(text.ends_with('.'), "end of {text:?}");
        assert!(text.starts_with(char::is_uppercase), "start of {text:?}");
        for (word, next) in text.split(' ').zip(text.split(' ').skip(1)) {
            let vowel = next.starts_with(|letter: char| "aeiouAEIOU".contains(letter));
            let exception = ["useless", "useful", "one"].iter().any(|start| next.starts_with(start));
            match word.to_lowercase().as_str() {
                "a" => assert!(!vowel || exception, "a {next:?} in {text:?}"),
                "an" => assert!(vowel || next.starts_with("hour"), "an {next:?} in {text:?}"),
                _ => {}
            }
            if word.ends_with(['.', '!', '?']) {
                assert!(next.starts_with(char::is_uppercase), "after {word:?} in {text:?}");
            }
        }
    }
}

#[test]
fn templates_name_nobody_and_keep_their_dignity() {
    let identity = [
        "woman",
        "man",
        "girl",
        "boy",
        "gay",
        "muslim",
        "christian",
        "jewish",
        "hindu",
        "sikh",
        "buddhist",
        "black",
        "white",
        "foreign",
        "exotic",
        "immigrant",
        "young",
        "old-fashioned",
        "elderly",
        "deaf",
        "blind",
        "lame",
        "crippled",
        "dumb",
        "insane",
        "crazy",
        "mad",
        "idiot",
        "stupid",
        "moron",
        "psycho",
        "god",
        "hell",
        "damn",
        "pork",
        "wine",
        "beer",
        "ham",
    ];
    for topic in TOPICS {
        let lists =
            [topic.things, topic.good, topic.bad, topic.praise, topic.blame, topic.mild_praise, topic.mild_blame];
        let frames = topic.frames.iter().flat_map(|(positive, negative)| [positive, negative]);
        let scenes = topic.setups.iter().map(|(scene, _)| scene);
        let closes = topic.close_praise.iter().chain(topic.close_blame);
        for text in lists.into_iter().flatten().chain(frames).chain(scenes).chain(closes) {
            let text = text.to_lowercase();
            let mut words = text.split(|letter: char| !letter.is_alphabetic() && letter != '-');
            assert!(!words.any(|word| identity.contains(&word)), "{}: {text:?}", topic.id);
        }
    }
}

#[test]
fn every_frame_has_one_place_for_a_person() {
    for topic in TOPICS {
        for (positive, negative) in topic.frames {
            for frame in [positive, negative] {
                let places = frame.matches("{who}").count() + frame.matches("{Who}").count();
                assert_eq!(places, 1, "{}: {frame:?}", topic.id);
                assert_eq!(frame.starts_with("{Who}"), frame.contains("{Who}"), "{}: capital in {frame:?}", topic.id);
            }
        }
        assert!(topic.roles.len() >= 3 && topic.things.len() >= 8, "{}: short lists", topic.id);
    }
}
