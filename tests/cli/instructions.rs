//! `PRUNESCOPE_INSTRUCTIONS`: a slip must not measure the wrong thing.

use crate::support::command;

#[test]
fn an_unknown_instruction_set_is_an_error_that_lists_the_known_ones() {
    let run = |value: &str| command().env("PRUNESCOPE_INSTRUCTIONS", value).arg("strategies").output().unwrap();
    let refused = run("avx-2");
    let stderr = String::from_utf8(refused.stderr).unwrap();
    assert_eq!(refused.status.code(), Some(2), "{stderr}");
    for word in ["avx-2", "avx512", "avxvnni", "avx2", "portable"] {
        assert!(stderr.contains(word), "{word} is named: {stderr}");
    }
    assert!(run("avx2").status.success() && run("").status.success(), "a known one, and none");
}
