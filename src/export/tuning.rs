//! The folder of a tuning: `policy.json`, `front.csv`, `manifest.json`, and what lets a search go on and a held-out part be
//! known again: `search.jsonl` and `spent.json`.

use std::collections::BTreeSet;
use std::fs;
use std::fs::File;
use std::io;
use std::io::Write as _;
use std::path::Path;
use std::path::PathBuf;

use serde_json::Value;
use serde_json::json;

use crate::disk::FolderLock;
use crate::disk::read_regular_text;
use crate::evaluation::Known;
use crate::evaluation::Measured;
use crate::evaluation::Standing;
use crate::evaluation::Trial;
use crate::evaluation::Tuned;
use crate::evaluation::WorstGroup;
use crate::export::Error;
use crate::export::Existing;
use crate::export::check_target;
use crate::export::json_text;
use crate::export::write_file;

/// The version of the documents.
const SCHEMA: u64 = 1;

/// The files of a tuning, apart from [`SPENT`], which outlives the others.
const NAMES: [&str; 4] = ["policy.json", "front.csv", "manifest.json", "search.jsonl"];
const SPENT: &str = "spent.json";

/// What the table of every tuning begins with.
pub(super) const FRONT_START: &str = "number,strategy,standing";

/// What the log of every search begins with.
pub(super) const LOG_START: &str = "{\"schema\": 1,\"search\":";

/// Largest log and record that are read.
const MOST_BYTES: u64 = 256 << 20;

/// The folder of a tuning, which belongs to this run until it is dropped.
#[derive(Debug)]
pub struct TuningFolder {
    path: PathBuf,
    log: File,
    _lock: FolderLock,
}

/// What was measured on held-out texts before, and by which policies.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SpentBefore {
    /// Folders whose policies were measured on some of these texts.
    pub folders: Vec<PathBuf>,
    /// How many of the texts.
    pub texts: usize,
}

impl TuningFolder {
    /// Takes the folder, made if it is not there. `options` says what is searched; a log of a search with other options is
    /// not gone on with. With `resume`, what the log holds comes back, else a new one is begun.
    ///
    /// # Errors
    /// [`Error::OverInput`], [`Error::Exists`], [`Error::NotOurs`], [`Error::Folder`], [`Error::Lock`], [`Error::Write`];
    /// [`Error::OtherSearch`] where the log is that of another search.
    pub fn open(
        path: &Path,
        inputs: &[PathBuf],
        existing: Existing,
        (options, resume): (&Value, bool),
    ) -> Result<(Self, Known), Error> {
        let existing = if resume { Existing::Replace } else { existing };
        for name in NAMES {
            check_target(&path.join(name), inputs, existing)?;
        }
        fs::create_dir_all(path).map_err(|source| Error::Folder { path: path.to_owned(), source })?;
        let lock = FolderLock::take(path).map_err(|source| Error::Lock { source })?;
        let log = path.join("search.jsonl");
        let failed = |source| Error::Write { path: log.clone(), source };
        let known = if resume { read_log(&log, options)? } else { Known::new() };
        // Written anew, so that a line that was cut off by a kill does not spoil the next.
        let mut text = format!("{LOG_START}{options}}}\n");
        for ((spec, rung), measured) in &known {
            text.push_str(&log_line(spec, *rung, measured));
        }
        write_file(&log, text.as_bytes())?;
        let file = File::options().append(true).open(&log).map_err(failed)?;
        Ok((Self { path: path.to_owned(), log: file, _lock: lock }, known))
    }

    /// Keeps a measurement, so that a search that is stopped or killed can go on after it.
    ///
    /// # Errors
    /// [`Error::Write`].
    pub fn keep(&mut self, trial: &Trial) -> Result<(), Error> {
        let line = log_line(&trial.spec.to_string(), trial.rung, &trial.measured);
        let written = self.log.write_all(line.as_bytes());
        written.map_err(|source| Error::Write { path: self.path.join("search.jsonl"), source })
    }

    /// Writes the table of all points, and where a setting was chosen the policy; the manifest last.
    ///
    /// # Errors
    /// [`Error::Write`] or [`Error::Table`].
    pub fn write(&self, tuned: &Tuned, policy: Option<&Value>, manifest: &Value) -> Result<Vec<PathBuf>, Error> {
        let place = |name: &str| self.path.join(name);
        let mut written = vec![place("front.csv")];
        write_file(&written[0], &front_csv(&written[0], tuned)?)?;
        if let Some(policy) = policy {
            written.push(place("policy.json"));
            write_file(&place("policy.json"), json_text(policy).as_bytes())?;
        }
        written.push(place("manifest.json"));
        write_file(&place("manifest.json"), json_text(manifest).as_bytes())?;
        Ok(written)
    }

    /// Marks texts as looked at, by the hashes of their contents; those that were marked in this folder before stay so.
    ///
    /// # Errors
    /// [`Error::Write`].
    pub fn spend(&self, hashes: &[&str], spec: &str) -> Result<(), Error> {
        let path = self.path.join(SPENT);
        let before = read_spent(&path);
        let mut all: BTreeSet<String> = before.iter().flat_map(|spent| spent.hashes.iter().cloned()).collect();
        all.extend(hashes.iter().map(|&hash| hash.to_owned()));
        let mut looks = before.map(|spent| spent.specs).unwrap_or_default();
        looks.push(spec.to_owned());
        let record = json!({
            "schema": SCHEMA,
            "meaning": "texts that a policy was measured on after a search; measured again, they are no longer untouched",
            "specs": looks,
            "sha256_of_texts": all,
        });
        write_file(&path, json_text(&record).as_bytes())
    }
}

/// What the record of a folder says.
struct Spent {
    specs: Vec<String>,
    hashes: Vec<String>,
}

fn read_spent(path: &Path) -> Option<Spent> {
    let document: Value = serde_json::from_str(&read_regular_text(path, MOST_BYTES).ok()?).ok()?;
    let strings = |name: &str| -> Option<Vec<String>> {
        Some(document.get(name)?.as_array()?.iter().filter_map(|text| text.as_str().map(str::to_owned)).collect())
    };
    Some(Spent { specs: strings("specs")?, hashes: strings("sha256_of_texts")? })
}

/// Which of these texts were measured on before, as the records in the folder and in its neighbors say.
#[must_use]
pub fn spent_before(folder: &Path, hashes: &[&str]) -> SpentBefore {
    let wanted: BTreeSet<&str> = hashes.iter().copied().collect();
    let neighbors = folder.parent().map(|parent| if parent.as_os_str().is_empty() { Path::new(".") } else { parent });
    let entries = neighbors.and_then(|parent| fs::read_dir(parent).ok()).into_iter().flatten().flatten();
    let mut folders: Vec<PathBuf> =
        entries.map(|entry| entry.path()).filter(|path| path.join(SPENT).is_file()).collect();
    folders.sort();
    let mut found = BTreeSet::new();
    folders.retain(|folder| {
        let record = read_spent(&folder.join(SPENT));
        let hits: Vec<String> =
            record.into_iter().flat_map(|spent| spent.hashes).filter(|hash| wanted.contains(hash.as_str())).collect();
        let is_hit = !hits.is_empty();
        found.extend(hits);
        is_hit
    });
    SpentBefore { folders, texts: found.len() }
}

fn log_line(spec: &str, rung: usize, measured: &Measured) -> String {
    format!("{}\n", json!({ "spec": spec, "rung": rung, "measured": measured }))
}

fn read_log(path: &Path, options: &Value) -> Result<Known, Error> {
    if !path.exists() {
        return Ok(Known::new());
    }
    let failed = |source: io::Error| Error::Write { path: path.to_owned(), source };
    let text = read_regular_text(path, MOST_BYTES).map_err(|error| failed(io::Error::other(error.to_string())))?;
    let mut lines = text.lines();
    let head: Option<Value> = lines.next().and_then(|line| serde_json::from_str(line).ok());
    let found = head.as_ref().and_then(|head| head.get("search"));
    if found != Some(options) {
        let differing = differing(found, options);
        return Err(Error::OtherSearch { path: path.to_owned(), differing });
    }
    // The last line may have been cut off by a kill.
    let measured = |line: &str| {
        let line: Value = serde_json::from_str(line).ok()?;
        let rung = usize::try_from(line.get("rung")?.as_u64()?).ok()?;
        let measured: Measured = serde_json::from_value(line.get("measured")?.clone()).ok()?;
        Some(((line.get("spec")?.as_str()?.to_owned(), rung), measured))
    };
    Ok(lines.filter_map(measured).collect())
}

/// The names of options that are not what they were.
fn differing(found: Option<&Value>, options: &Value) -> String {
    let Some(options) = options.as_object() else { return String::new() };
    let is_other = |(name, value): &(&String, &Value)| found.and_then(|found| found.get(name.as_str())) != Some(*value);
    options.iter().filter(is_other).map(|(name, _)| name.as_str()).collect::<Vec<_>>().join(", ")
}

/// Every point that was tried, in the order of first appearance.
fn front_csv(path: &Path, tuned: &Tuned) -> Result<Vec<u8>, Error> {
    let failed = |source: csv::Error| Error::Table { path: path.to_owned(), source };
    let mut writer = csv::Writer::from_writer(Vec::new());
    let head = "number,strategy,standing,generation,texts,flops,flops_reduction,latency,accuracy_loss,soft_loss,standard_error,harmed,\
                rescued,worst_column,worst_group,worst_loss,worst_upper,spec";
    writer.write_record(head.split(',')).map_err(failed)?;
    for (trial, standing) in tuned.trials.iter().zip(&tuned.standings) {
        writer.write_record(front_row(trial, *standing)).map_err(failed)?;
    }
    writer.into_inner().map_err(|error| Error::Write { path: path.to_owned(), source: error.into_error() })
}

fn front_row(trial: &Trial, standing: Standing) -> [String; 18] {
    let Trial { number, spec, generation, measured, .. } = trial;
    let worst = measured.worst.as_ref();
    let of_worst = |text: &dyn Fn(&WorstGroup) -> String| worst.map_or_else(String::new, text);
    [
        number.to_string(),
        spec.id().to_owned(),
        standing.name().to_owned(),
        generation.to_string(),
        measured.texts.to_string(),
        measured.flops.to_string(),
        (1.0 / measured.flops).to_string(),
        measured.latency.map_or_else(String::new, |latency| latency.to_string()),
        measured.loss.to_string(),
        measured.soft_loss.map_or_else(String::new, |loss| loss.to_string()),
        measured.error.to_string(),
        measured.harmed.to_string(),
        measured.rescued.to_string(),
        of_worst(&|worst| worst.column.clone()),
        of_worst(&|worst| worst.value.clone()),
        of_worst(&|worst| worst.loss.to_string()),
        of_worst(&|worst| worst.upper.to_string()),
        spec.with_paths(),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pruning::StrategySpec;

    fn trial(spec: &str, flops: f64) -> Trial {
        let measured = Measured {
            texts: 100,
            flops,
            latency: None,
            harmed: 3,
            rescued: 1,
            loss: 0.1 + 0.2,
            soft_loss: Some(0.1),
            error: 1.0 / 3.0,
            worst: None,
        };
        Trial { number: 0, spec: StrategySpec::parse(spec).unwrap(), generation: 0, rung: 1, is_whole: true, measured }
    }

    #[test]
    fn a_log_gives_back_every_bit_and_a_line_that_was_cut_off_is_left_out() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("policy");
        let options = json!({ "seed": 3 });
        let (mut log, known) = TuningFolder::open(&path, &[], Existing::Keep, (&options, false)).unwrap();
        assert!(known.is_empty(), "nothing yet");
        let trial = trial("ltp:theta_final=0.003", 0.123_456_789_012_345_67);
        log.keep(&trial).unwrap();
        drop(log);
        let text = fs::read_to_string(path.join("search.jsonl")).unwrap();
        fs::write(path.join("search.jsonl"), format!("{text}{{\"spec\": \"cut")).unwrap();
        let refused = TuningFolder::open(&path, &[], Existing::Keep, (&options, false)).unwrap_err().to_string();
        assert!(refused.contains("--force"), "a search is not written over: {refused}");
        let other =
            TuningFolder::open(&path, &[], Existing::Keep, (&json!({ "seed": 4 }), true)).unwrap_err().to_string();
        assert!(other.contains("seed"), "what differs: {other}");
        let (_, known) = TuningFolder::open(&path, &[], Existing::Keep, (&options, true)).unwrap();
        assert_eq!(known.get(&(trial.spec.to_string(), 1)), Some(&trial.measured), "as it was measured");
        assert_eq!(known.len(), 1, "and nothing else");
    }

    #[test]
    fn spent_texts_are_known_again_in_neighboring_folders() {
        let parent = tempfile::tempdir().unwrap();
        let [one, other] = ["one", "other"].map(|name| parent.path().join(name));
        let (folder, _) = TuningFolder::open(&one, &[], Existing::Keep, (&json!({}), false)).unwrap();
        assert_eq!(spent_before(&other, &["aa", "bb"]), SpentBefore::default(), "nothing was looked at");
        folder.spend(&["aa", "cc"], "ltp").unwrap();
        folder.spend(&["dd"], "ats").unwrap();
        let found = spent_before(&other, &["aa", "bb", "dd"]);
        assert_eq!((found.texts, found.folders), (2, vec![one.clone()]), "two of the three, by that folder");
        assert_eq!(read_spent(&one.join(SPENT)).unwrap().specs, ["ltp", "ats"], "who looked");
        assert_eq!(spent_before(&one, &["aa"]).texts, 1, "the folder itself counts");
    }
}
