//! The two walks of ARCHITECTURE.md: how many files a value passes on its way to the screen.

use crate::read;
use crate::root;

/// Steps of the longest walk through the files that may lie between a row and its interval, and between text and ribbon.
const LONGEST_WALKS: [(&str, usize); 2] =
    [("**From a data file's row to an interval on screen:**", 14), ("**From the text box to a ribbon cell:**", 12)];

#[test]
fn two_walks_stay_short_and_lead_through_files_that_are_there() {
    let architecture = read("ARCHITECTURE.md");
    for (title, most) in LONGEST_WALKS {
        let steps = walk_of(&architecture, title);
        assert!(!steps.is_empty() && steps.len() <= most, "{title} {} steps, at most {most}", steps.len());
        for step in steps {
            assert!(root().join(&step).is_file(), "{title} {step:?} is no file");
        }
    }
}

/// The files that the numbered steps below a title begin with.
fn walk_of(markdown: &str, title: &str) -> Vec<String> {
    let lines = markdown.lines().skip_while(|line| *line != title).skip(1).skip_while(|line| line.is_empty());
    let steps = lines.take_while(|line| !line.is_empty());
    steps.map(|line| line.split('`').nth(1).unwrap_or_default().to_owned()).collect()
}

#[test]
fn a_walk_is_read_from_its_title_to_the_next_empty_line() {
    let text = "**A:**\n\n1. `src/a.rs` does.\n2. no file.\n\n3. `src/c.rs`\n\n**B:**\n\n1. `src/b.rs`";
    assert_eq!(walk_of(text, "**A:**"), ["src/a.rs", ""], "a step without a file is found too");
    assert_eq!(walk_of(text, "**B:**"), ["src/b.rs"], "the other");
    assert!(walk_of(text, "**C:**").is_empty(), "no such walk");
}
