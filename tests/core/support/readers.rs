//! Every reader of files and texts, as the fuzz harness feeds them; valid inputs to begin with.
//!
//! Shared by `fuzz/` and by the test that replays its finds.

use std::fs;
use std::path::Path;
use std::path::PathBuf;

use prunescope::data;
use prunescope::data::ChunkSize;
use prunescope::data::DataStream;
use prunescope::data::Lexicon;
use prunescope::data::ReadOptions;
use prunescope::model::Checkpoint;
use prunescope::project;
use prunescope::pruning::StrategySpec;

/// Where an input goes: the name of the file it is written to, and the checkpoint it is a part of, if of any.
pub(crate) const TARGETS: [(&str, &str); 21] = [
    ("data.csv", ""),
    ("data.tsv", ""),
    ("data.jsonl", ""),
    ("data.json", ""),
    ("data.parquet", ""),
    ("data.csv.gz", ""),
    ("data.csv.zst", ""),
    ("lexicon.csv", ""),
    ("session.prunescope", ""),
    ("policy.json", ""),
    ("spec.txt", ""),
    ("label_map.txt", ""),
    ("config.json", "bert"),
    ("tokenizer.json", "roberta"),
    ("tokenizer_config.json", "bert"),
    ("model.safetensors", "distilbert"),
    ("pytorch_model.bin", "bert"),
    ("vocab.txt", "bert"),
    ("vocab.json", "roberta"),
    ("merges.txt", "roberta"),
    ("spm.model", "deberta-v2"),
];

const ROWS: &str = "id,text,label,group,cluster\n1,\"a \"\"quiet\"\" film, twice\",1,\"['a', 'b']\",t1\n2,caf\u{e9},0,a;b,t2\n3,slow\t;food,1,\"[18, 25]\",t1\n";

fn fixtures() -> PathBuf {
    // The harness lies one folder below the repository, its tests in it.
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let root = if here.ends_with("fuzz") { here.parent().unwrap_or(here) } else { here };
    root.join("tests/fixtures")
}

/// A valid input for the target.
pub(crate) fn valid(target: &str) -> Vec<u8> {
    match target {
        "data.csv" => ROWS.into(),
        "data.tsv" => ROWS.replace(',', "\t").into(),
        "data.jsonl" => "{\"text\": \"a film\", \"label\": 1, \"group\": [\"a\", \"b\"]}\n{\"text\": \"caf\\u00e9\", \"label\": NaN, \"group\": null}\n".into(),
        "data.json" => "{\"columns\": [\"text\", \"label\"], \"index\": [0, 1], \"data\": [[\"a film\", 1], [\"food\", 0]]}".into(),
        "data.parquet" => read_fixture("field_cases/43-hf-classlabel-order/data.parquet"),
        "data.csv.gz" => packed(flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default()), flate2::write::GzEncoder::finish),
        "data.csv.zst" => zstd::encode_all(ROWS.as_bytes(), 3).expect("it is packed"),
        "lexicon.csv" => "group,term\nwomen,woman;she\nold,elderly\n".into(),
        "session.prunescope" => "{\"prunescope_session\": 1, \"model\": \"m\", \"data\": {\"path\": \"d.csv\", \"label_column\": \"gold\"}, \"text\": \"a\", \"strategies\": [{\"spec\": \"tome:r=3\", \"enabled\": true}]}".into(),
        "policy.json" => "{\"schema\": 1, \"spec\": \"power_bert:retentions=[1,0.9,0.7]\"}".into(),
        "spec.txt" => "power_bert:retention=0.5,schedule=linear,start=1,protect=special,exclude_diagonal=true".into(),
        "label_map.txt" => "hateful=toxic,non-hateful=ok,>=4=toxic,<4=ok".into(),
        "pytorch_model.bin" => read_fixture("field_cases/attack/pickle-short-arguments.bin"),
        "vocab.txt" => vocabulary("bert").join("\n").into(),
        "vocab.json" => tokenizer("roberta")["model"]["vocab"].to_string().into(),
        "merges.txt" => merges().into(),
        "spm.model" => pieces(),
        name => read_fixture(&format!("{}/{name}", family_of(name))),
    }
}

fn read_fixture(path: &str) -> Vec<u8> {
    fs::read(fixtures().join(path)).expect("the fixture is in the repository")
}

fn packed<W: std::io::Write>(mut packer: W, finish: impl FnOnce(W) -> std::io::Result<Vec<u8>>) -> Vec<u8> {
    packer.write_all(ROWS.as_bytes()).expect("it is packed");
    finish(packer).expect("it is packed")
}

fn tokenizer(family: &str) -> serde_json::Value {
    serde_json::from_slice(&read_fixture(&format!("{family}/tokenizer.json"))).expect("the fixture is JSON")
}

/// The pieces of a vocabulary by number.
fn vocabulary(family: &str) -> Vec<String> {
    let file = tokenizer(family);
    let entries = file["model"]["vocab"].as_object().into_iter().flatten();
    let mut entries: Vec<(u64, String)> =
        entries.map(|(piece, id)| (id.as_u64().unwrap_or(0), piece.clone())).collect();
    entries.sort();
    entries.into_iter().map(|(_, piece)| piece).collect()
}

fn merges() -> String {
    let file = tokenizer("roberta");
    let text = |merge: &serde_json::Value| match merge {
        serde_json::Value::String(text) => text.clone(),
        pair => format!("{} {}", pair[0].as_str().unwrap_or_default(), pair[1].as_str().unwrap_or_default()),
    };
    let lines: Vec<String> = file["model"]["merges"].as_array().into_iter().flatten().map(text).collect();
    format!("#version: 0.2\n{}\n", lines.join("\n"))
}

/// A `SentencePiece` model of the deberta fixture's pieces: field 1 of the message is a piece with text, score and kind.
fn pieces() -> Vec<u8> {
    let mut model = Vec::new();
    for entry in tokenizer("deberta-v2")["model"]["vocab"].as_array().into_iter().flatten() {
        let text = entry[0].as_str().unwrap_or_default().as_bytes();
        let text = &text[..text.len().min(100)];
        let score: f32 = serde_json::from_value(entry[1].clone()).unwrap_or_default();
        let mut piece = vec![0x0a, u8::try_from(text.len()).unwrap_or(0)];
        piece.extend_from_slice(text);
        piece.push(0x15);
        piece.extend_from_slice(&score.to_le_bytes());
        piece.extend([0x18, 1]);
        model.extend([0x0a, u8::try_from(piece.len()).unwrap_or(0)]);
        model.extend(piece);
    }
    model
}

/// Feeds an input to its reader, which may refuse it and may not panic.
///
/// `folder` is a scratch folder, whose content is replaced.
pub(crate) fn feed(target: &str, input: &[u8], folder: &Path) {
    let family = family_of(target);
    let path = place(target, input, folder);
    match target {
        "spec.txt" => drop(StrategySpec::parse(&String::from_utf8_lossy(input))),
        "label_map.txt" => drop(data::parse_label_map(&String::from_utf8_lossy(input))),
        "policy.json" => drop(StrategySpec::read_policy(&path)),
        "session.prunescope" => drop(project::load(&path)),
        "lexicon.csv" => drop(Lexicon::read(&path).map(|lexicon| lexicon.mentions("an elderly woman, she said"))),
        _ if family.is_empty() => read_rows(&path),
        _ => load(folder),
    }
    drop(fs::remove_file(&path));
}

/// Writes an input where its reader looks for it, with the files it needs beside it.
pub(crate) fn place(target: &str, input: &[u8], folder: &Path) -> PathBuf {
    if !family_of(target).is_empty() {
        copy_checkpoint(family_of(target), target, folder);
    }
    let path = folder.join(target);
    fs::write(&path, input).expect("the scratch folder can be written");
    path
}

fn family_of(target: &str) -> &'static str {
    TARGETS.iter().find(|(name, _)| *name == target).map_or("", |(_, family)| family)
}

fn read_rows(path: &Path) {
    let options = ReadOptions::default();
    drop(data::read(path, &options));
    if let Ok(stream) = DataStream::open(path, &options, None, ChunkSize::default(), &mut |_| true)
        && let Ok(chunks) = stream.chunks()
    {
        chunks.for_each(drop);
    }
}

fn load(folder: &Path) {
    if let Ok(checkpoint) = Checkpoint::load(folder) {
        for text in ["The film is a quiet joy. \u{6771}\u{4eac} \u{1f44d}\u{1f3fd} [SEP]", ""] {
            drop(checkpoint.tokenizer.encode(text, None));
            drop(checkpoint.tokenizer.encode(text, Some("no ending")));
        }
    }
}

/// The files of a fixture that the target does not stand in for.
fn copy_checkpoint(family: &str, target: &str, folder: &Path) {
    for name in
        ["config.json", "tokenizer.json", "tokenizer_config.json", "model.safetensors", "vocab.json", "merges.txt"]
    {
        drop(fs::remove_file(folder.join(name)));
        let from = fixtures().join(family).join(name);
        let is_other_tokenizer =
            name == "tokenizer.json" && matches!(target, "vocab.txt" | "vocab.json" | "merges.txt" | "spm.model");
        let is_other_weights = name == "model.safetensors" && target == "pytorch_model.bin";
        if from.is_file() && !is_other_tokenizer && !is_other_weights {
            fs::copy(from, folder.join(name)).expect("the scratch folder can be written");
        }
    }
    match target {
        "vocab.json" => fs::write(folder.join("merges.txt"), merges()),
        "merges.txt" => fs::write(folder.join("vocab.json"), valid("vocab.json")),
        _ => Ok(()),
    }
    .expect("the scratch folder can be written");
}
