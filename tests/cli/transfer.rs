//! `prunescope transfer`

use serde_json::Value;

use crate::support::fixture;
use crate::support::run;
use crate::support::write;

/// Forty rows; every other one has a group where there is such a column.
fn data(with_group: bool) -> String {
    let row = |row: usize| {
        let text = ["the food was great", "a slow film", "no doctor and no ending", "a good doctor"][row % 4];
        let group = if with_group { format!(",{}", ["x", "y"][row / 4 % 2]) } else { String::new() };
        format!("{row},{text} {row},{}{group}\n", row % 2)
    };
    let head = if with_group { "id,text,label,kind\n" } else { "id,text,label\n" };
    format!("{head}{}", (0..80).map(row).collect::<String>())
}

#[test]
fn a_policy_is_tried_on_every_file_and_its_own_is_marked() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).display().to_string();
    write(folder.path(), "a.csv", &data(true));
    write(folder.path(), "b.csv", &data(false));
    let evaluated = path("evaluated");
    let model = fixture("bert");
    let spec = "power_bert:retention=0.4";
    let evaluate = ["evaluate", "--model", &model, "--strategy", spec, "--latency-rounds", "0", "--draws", "200"];
    run(&[&evaluate[..], &["--data", &path("a.csv"), "--out", &evaluated]].concat()).done();
    let read = |name: &str| -> Value { serde_json::from_str(&std::fs::read_to_string(path(name)).unwrap()).unwrap() };
    let hash = read("evaluated/manifest.json")["data"]["sha256"].clone();
    let policy = serde_json::json!({"schema": 1, "spec": spec, "calibration": {"data": "a.csv", "sha256": hash}});
    write(folder.path(), "policy.json", &policy.to_string());
    let out = path("out");
    let args = [
        "transfer",
        "--model",
        &model,
        "--draws",
        "200",
        "--out",
        &out,
        "--data",
        &path("a.csv"),
        "--data",
        &path("b.csv"),
    ];
    let typed = format!("@{}", path("policy.json"));
    let json = run(&[&args[..], &["--strategy", &typed, "--json"]].concat()).json();
    let rows = json["rows"].as_array().unwrap();
    assert_eq!(rows.len(), 2, "one row a file");
    assert!(rows.iter().all(|row| row["calibrated_on"] == "a.csv"), "the source is named everywhere");
    assert_eq!(
        (&rows[0]["is_calibration_data"], &rows[1]["is_calibration_data"]),
        (&true.into(), &false.into()),
        "by content"
    );
    let metrics = read("evaluated/metrics.json");
    assert_eq!(rows[0]["pruned"], metrics["strategies"][1]["overall"]["metrics"]["accuracy"], "the number of evaluate");
    assert_eq!(rows[0]["change"], metrics["strategies"][1]["overall"]["change"]["accuracy"], "interval and all");
    let table = std::fs::read_to_string(path("out/transfer.csv")).unwrap();
    assert_eq!(table.lines().count(), 3, "a header and two rows: {table}");
    assert!(std::fs::read_to_string(path("out/transfer-1.svg")).unwrap().contains("Calibrated on a.csv"), "the figure");
    let taken = run(&[&args[..], &["--strategy", &typed]].concat()).error();
    assert!(taken.contains("--force"), "{taken}");
    run(&[&args[..], &["--strategy", &typed, "--force"]].concat()).done();
    let missing = run(&[&args[..], &["--strategy", &typed, "--force", "--group-by", "kind"]].concat()).error();
    assert!(missing.contains("fewer than two of the files"), "a column of one file transfers nothing: {missing}");
}
