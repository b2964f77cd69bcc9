//! What the fuzz harness found once is read without a panic for ever; and every reader takes the valid input that the
//! harness begins with, without one.

use std::fs;
use std::path::Path;

use crate::support::readers;

#[test]
fn finds_of_the_fuzz_harness_are_refused_or_read() {
    let folder = tempfile::tempdir().expect("a folder");
    let finds = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/fuzz_finds");
    for (target, _) in readers::TARGETS {
        let Ok(entries) = fs::read_dir(finds.join(target)) else { continue };
        for entry in entries {
            let path = entry.expect("an entry").path();
            readers::feed(target, &fs::read(&path).expect("the find"), folder.path());
        }
    }
}

#[test]
fn what_the_harness_begins_with_is_fed_without_a_panic() {
    let folder = tempfile::tempdir().expect("a folder");
    for (target, _) in readers::TARGETS {
        let input = readers::valid(target);
        assert!(!input.is_empty(), "{target} has an input");
        readers::feed(target, &input, folder.path());
    }
}
