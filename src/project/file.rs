//! The session on disk: versioned JSON, strategies in their canonical spelling.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read as _;
use std::path::Path;
use std::path::PathBuf;

use crate::disk;
use crate::project::DataSource;
use crate::project::Error;
use crate::project::Project;
use crate::pruning::ArtifactPlaces;
use crate::pruning::StrategySpec;

/// The newest format this version writes and reads.
pub const SCHEMA: u64 = 1;

#[derive(serde::Deserialize)]
struct Version {
    prunescope_session: u64,
}

#[derive(serde::Serialize, serde::Deserialize)]
struct SessionFile {
    prunescope_session: u64,
    model: PathBuf,
    #[serde(default)]
    data: Option<DataSource>,
    #[serde(default)]
    text: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    text_pair: Option<String>,
    #[serde(default)]
    row_limit: Option<usize>,
    #[serde(default)]
    seed: u64,
    strategies: Vec<StrategyFile>,
}

#[derive(serde::Serialize, serde::Deserialize)]
struct StrategyFile {
    spec: String,
    #[serde(default = "enabled_by_default")]
    enabled: bool,
    /// Where the files lie that the spec names by their content.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    files: BTreeMap<String, PathBuf>,
}

fn enabled_by_default() -> bool {
    true
}

/// The session as text, ending with a line break.
#[must_use]
pub fn render(project: &Project) -> String {
    let file = SessionFile {
        prunescope_session: SCHEMA,
        model: project.model.clone(),
        data: project.data.clone(),
        text: project.text.clone(),
        text_pair: project.text_pair.clone(),
        row_limit: project.row_limit,
        seed: project.seed,
        strategies: project
            .strategies
            .iter()
            .map(|entry| StrategyFile {
                spec: entry.spec.to_string(),
                enabled: entry.enabled,
                files: entry
                    .spec
                    .files()
                    .map(|(_, file)| (file.short_hash().to_owned(), file.path().to_owned()))
                    .collect(),
            })
            .collect(),
    };
    let mut text = serde_json::to_string_pretty(&file).unwrap_or_default();
    text.push('\n');
    text
}

/// Reads a session from text, and the files that its strategies' settings name.
///
/// # Errors
/// [`Error::Syntax`], [`Error::Schema`] or [`Error::Strategy`].
pub fn parse(text: &str) -> Result<Project, Error> {
    // The version first: a newer format must be named as such, not as a missing member.
    let version: Version = serde_json::from_str(text).map_err(|source| Error::Syntax { source })?;
    if version.prunescope_session > SCHEMA {
        return Err(Error::Schema { got: version.prunescope_session, expected: SCHEMA });
    }
    let file: SessionFile = serde_json::from_str(text).map_err(|source| Error::Syntax { source })?;
    let mut project = Project::new(file.model);
    project.data = file.data;
    project.text = file.text;
    project.text_pair = file.text_pair;
    project.row_limit = file.row_limit;
    project.seed = file.seed;
    for (index, strategy) in file.strategies.into_iter().enumerate() {
        let places = ArtifactPlaces::known(strategy.files);
        let spec = StrategySpec::parse_with(&strategy.spec, &places).map_err(|source| Error::Strategy {
            number: index + 1,
            spec: strategy.spec.clone(),
            source,
        })?;
        project.push(spec, strategy.enabled);
    }
    Ok(project)
}

/// Reads a session file.
///
/// # Errors
/// Those of [`read_text`] and [`parse`].
pub fn load(path: &Path) -> Result<Project, Error> {
    parse(&read_text(path)?)
}

/// A session with a text of a whole book is far smaller.
const LARGEST: u64 = 16 << 20;

/// The text of a session file.
///
/// # Errors
/// [`Error::Read`], [`Error::NotAFile`] for a pipe that might never end, [`Error::TooLarge`].
pub fn read_text(path: &Path) -> Result<String, Error> {
    let failed = |source| Error::Read { path: path.to_owned(), source };
    // Before it is opened: that would wait for whoever writes into a pipe.
    let metadata = path.metadata().map_err(failed)?;
    if !metadata.is_file() {
        return Err(Error::NotAFile { path: path.to_owned() });
    }
    if metadata.len() > LARGEST {
        return Err(Error::TooLarge { bytes: metadata.len(), most: LARGEST, path: path.to_owned() });
    }
    let mut text = String::new();
    File::open(path).and_then(|file| file.take(LARGEST).read_to_string(&mut text)).map_err(failed)?;
    Ok(text)
}

/// Writes a session file, whole or not at all: a full disk never costs the old one.
///
/// # Errors
/// [`Error::Write`].
pub fn save(project: &Project, path: &Path) -> Result<(), Error> {
    disk::write_file(path, render(project).as_bytes()).map_err(|source| Error::Write { path: path.to_owned(), source })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::ReadOptions;
    use crate::data::Take;

    fn session() -> Project {
        let mut project = Project::new("some/model");
        project.data = Some(DataSource {
            path: "rows.csv".into(),
            lexicon: Some("terms.csv".into()),
            options: ReadOptions {
                label_column: Some("gold".to_owned()),
                label_map: vec![("1".to_owned(), "toxic".to_owned())],
                take: Take::First(7),
                ..ReadOptions::default()
            },
        });
        project.text = "It wasn't \"bad\".\n不错".to_owned();
        project.text_pair = Some("Was it good?".to_owned());
        project.row_limit = Some(250);
        project.seed = 9;
        project.push(StrategySpec::parse("power_bert:retentions=[1,0.9,0.7,0.5,0.4,0.3]").unwrap(), true);
        project.push(StrategySpec::parse("ltp:theta_final=0.006").unwrap(), false);
        project
    }

    #[test]
    fn a_session_comes_back_from_its_file_as_it_was() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("mine.prunescope");
        let project = session();
        save(&project, &path).unwrap();
        assert_eq!(load(&path).unwrap(), project, "everything that is saved");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "nothing is left beside it");
        assert!(matches!(save(&project, &folder.path().join("no/such/x")), Err(Error::Write { .. })), "no such folder");
    }

    #[test]
    fn files_that_settings_name_come_back_by_content() {
        let folder = tempfile::tempdir().unwrap();
        let policy = folder.path().join("policy.json");
        std::fs::write(&policy, r#"{"schema": 1, "retentions": [1, 0.5]}"#).unwrap();
        let spec = StrategySpec::parse(&format!("power_bert:retentions=@{}", policy.display())).unwrap();
        let mut project = Project::new("m");
        project.push(spec, true);
        let text = render(&project);
        assert!(text.contains("retentions=@sha256:") && text.contains("policy.json"), "content and path: {text}");
        assert_eq!(parse(&text).unwrap(), project, "read again");
        std::fs::write(&policy, r#"{"schema": 1, "retentions": [1, 0.4]}"#).unwrap();
        let err = parse(&text).expect_err("another file").to_string();
        assert!(err.contains("strategy 1") && err.contains("has changed") && err.contains("policy.json"), "{err}");
        std::fs::remove_file(&policy).unwrap();
        let err = parse(&text).expect_err("no file").to_string();
        assert!(err.contains("cannot read the file") && err.contains("policy.json"), "{err}");
    }

    #[test]
    fn a_session_of_one_text_says_nothing_of_a_second() {
        let text = render(&Project { text_pair: None, ..session() });
        assert!(!text.contains("text_pair"), "as files were before there were pairs: {text}");
    }

    #[test]
    fn what_is_no_session_file_is_not_read_to_its_end() {
        let folder = tempfile::tempdir().unwrap();
        assert!(matches!(load(folder.path()), Err(Error::NotAFile { .. })), "a folder");
        let path = folder.path().join("large.prunescope");
        std::fs::File::create(&path).and_then(|file| file.set_len(LARGEST + 1)).unwrap();
        assert!(matches!(load(&path), Err(Error::TooLarge { .. })), "a file of holes");
        assert!(matches!(load(&folder.path().join("gone")), Err(Error::Read { .. })), "no such file");
    }

    #[test]
    fn what_an_older_file_leaves_out_gets_its_default() {
        let text = r#"{"prunescope_session": 1, "model": "m", "strategies": [{"spec": "tome:r=3"}]}"#;
        let project = parse(text).unwrap();
        assert!(project.strategies[0].enabled && project.data.is_none() && project.text.is_empty(), "{project:?}");
    }

    #[test]
    fn a_session_with_the_three_options_of_before_opens() {
        let text = r#"{"prunescope_session": 1, "model": "m", "strategies": [], "data":
            {"path": "d.csv", "text_column": "t", "label_column": "l", "group_columns": ["g", "h"]}}"#;
        let data = parse(text).unwrap().data.unwrap();
        let options = ReadOptions {
            text_column: Some("t".to_owned()),
            label_column: Some("l".to_owned()),
            group_columns: Some(vec!["g".to_owned(), "h".to_owned()]),
            ..ReadOptions::default()
        };
        assert_eq!(data, DataSource { path: "d.csv".into(), lexicon: None, options }, "as it was saved");
    }

    #[test]
    fn a_bad_file_says_what_is_wrong_with_it() {
        let check = |text: &str, expected: &str| {
            let err = parse(text).expect_err("a bad session");
            assert!(err.to_string().contains(expected), "{err} should contain {expected:?}");
        };
        check("{", "not understood");
        check(r#"{"prunescope_session": 2}"#, "schema 2, but this version reads up to 1");
        check(r#"{"prunescope_session": 1, "model": "m"}"#, "strategies");
        let unknown =
            r#"{"prunescope_session": 1, "model": "m", "strategies": [{"spec": "dense"}, {"spec": "tomee"}]}"#;
        check(unknown, "strategy 2");
        check(unknown, "did you mean");
    }
}
