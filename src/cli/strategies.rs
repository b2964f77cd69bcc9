//! `prunescope strategies`

use std::fmt::Write as _;

use serde_json::Value as Json;
use serde_json::json;

use crate::cli::Exit;
use crate::cli::args::StrategiesArgs;
use crate::cli::console;
use crate::pruning::KeySpec;
use crate::pruning::StrategyInfo;
use crate::pruning::StrategySpec;
use crate::pruning::registry;

pub(super) fn run(args: StrategiesArgs) -> anyhow::Result<Exit> {
    if args.json { console::print_json(&format!("{:#}\n", as_json()?)) } else { console::print(&as_text()?) }?;
    Ok(Exit::Done)
}

fn as_text() -> anyhow::Result<String> {
    let mut text = String::new();
    for info in registry() {
        writeln!(text, "{} · {} · {}", info.id, info.name, info.family.label())?;
        writeln!(text, "    {}", info.summary)?;
        writeln!(text, "    score    {}", info.formula)?;
        let year = info.year.map_or_else(String::new, |year| format!(" ({year})"));
        writeln!(text, "    source   {}", format!("{}{year} {}", info.paper, info.url).trim_end())?;
        if !info.deviations.is_empty() {
            writeln!(text, "    differs  {}", info.deviations)?;
        }
        if let Some(note) = info.note() {
            writeln!(text, "    note     {note}")?;
        }
        if let Some(what) = info.training.what() {
            writeln!(text, "    training {}: {what}", info.training.label())?;
        }
        for key in &info.keys {
            writeln!(text, "    {:<16} {} [{}] {}", key.name, accepts(key), default_text(key), key.doc)?;
        }
        text.push('\n');
    }
    text.push_str("Write a strategy as ID or ID:key=value,key=value, for example power_bert:retention=0.4\n");
    Ok(text)
}

fn as_json() -> anyhow::Result<Json> {
    let strategies = registry().iter().map(strategy_json).collect::<anyhow::Result<Vec<_>>>()?;
    Ok(json!({ "schema": 1, "strategies": strategies }))
}

fn strategy_json(info: &StrategyInfo) -> anyhow::Result<Json> {
    let keys: Vec<Json> = info.keys.iter().map(key_json).collect();
    Ok(json!({
        "id": info.id,
        "name": info.name,
        "family": info.family.label(),
        "summary": info.summary,
        "formula": info.formula,
        "paper": info.paper,
        "year": info.year,
        "url": info.url,
        "deviations": info.deviations,
        "score_only": info.score_only,
        "training": info.training.label(),
        "learns": info.training.what(),
        "default_spec": StrategySpec::default_for(info.id)?.to_string(),
        "keys": keys,
        "dial": info.dial.as_ref().map(|dial| json!({ "key": dial.key, "values": dial.values })),
    }))
}

fn key_json(key: &KeySpec) -> Json {
    let takes_file = key.kind.takes_file();
    json!({ "name": key.name, "accepts": accepts(key), "takes_file": takes_file, "default": key.default, "doc": key.doc })
}

fn accepts(key: &KeySpec) -> String {
    key.kind.help()
}

fn default_text(key: &KeySpec) -> String {
    key.default.as_ref().map_or_else(|| "unset".to_owned(), ToString::to_string)
}
