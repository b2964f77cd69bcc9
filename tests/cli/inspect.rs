//! `prunescope inspect`

use crate::support::fixture;
use crate::support::run;
use serde_json::Value;

const TEXT: &str = "the film was not bad";

#[test]
fn the_dense_model_alone_is_printed() {
    let json = run(&["inspect", "--model", &fixture("bert"), "--text", TEXT, "--json"]).json();
    assert_eq!(json["schema"], 1, "the schema's number");
    assert_eq!(json["strategies"], Value::Array(Vec::new()), "no strategy was asked for");
}
