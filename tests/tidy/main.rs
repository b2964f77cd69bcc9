//! What no compiler checks: layers, sizes, names, and documents that must agree with the code.
//!
//! Every check is a function from text to findings, tried on a bad snippet in the second half of this file; the first half
//! runs them over the repository.

mod rooms;
mod walks;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::path::PathBuf;

/// What each module of the crate may import besides itself; nothing that is not listed. ARCHITECTURE.md shows the same
/// table and says why.
const LAYERS: &[(&str, &[&str])] = &[
    ("jobs", &[]),
    ("disk", &[]),
    ("tensor", &[]),
    ("data", &[]),
    ("metrics", &[]),
    ("input", &["disk", "tensor"]),
    ("model", &["disk", "tensor", "input"]),
    ("pruning", &["disk", "tensor"]),
    ("engine", &["tensor", "data", "input", "model", "pruning", "jobs"]),
    ("training", &["disk", "tensor", "data", "input", "model", "pruning", "engine", "evaluation", "jobs"]),
    ("cost", &["tensor", "model", "engine"]),
    ("latency", &["tensor", "metrics", "input", "model", "pruning", "engine", "cost", "jobs"]),
    ("evaluation", &["tensor", "data", "metrics", "input", "model", "pruning", "engine", "cost", "jobs", "latency"]),
    ("reference", &["disk", "tensor", "input", "model", "jobs", "evaluation"]),
    ("figure", &["evaluation", "latency"]),
    ("export", &["disk", "data", "pruning", "evaluation", "latency", "figure"]),
    ("project", &["disk", "data", "pruning", "evaluation", "figure"]),
    (
        "cli",
        &[
            "jobs",
            "disk",
            "tensor",
            "data",
            "metrics",
            "input",
            "model",
            "pruning",
            "engine",
            "cost",
            "latency",
            "evaluation",
            "training",
            "reference",
            "figure",
            "export",
            "project",
        ],
    ),
    (
        "app",
        &[
            "jobs",
            "disk",
            "tensor",
            "data",
            "metrics",
            "input",
            "model",
            "pruning",
            "engine",
            "cost",
            "latency",
            "evaluation",
            "training",
            "reference",
            "figure",
            "export",
            "project",
        ],
    ),
];

/// Crates that only some modules may name, and those modules.
const WALLED_CRATES: &[(&str, &[&str])] = &[
    ("egui", &["app"]),
    ("eframe", &["app"]),
    ("egui_extras", &["app"]),
    ("egui_plot", &["app"]),
    ("egui_tiles", &["app"]),
    ("rfd", &["app"]),
    ("clap", &["cli"]),
    ("indicatif", &["cli"]),
    ("anyhow", &["cli", "app", "main"]),
];

/// The only files with `unsafe`, which enter code compiled for a detected instruction set; and benchmarks that call other
/// crates by pointer.
const UNSAFE_FILES: &[&str] = &[
    "benches/products.rs",
    "benches/rivals/src/main.rs",
    "src/tensor/int8/x86.rs",
    "src/tensor/panels.rs",
    "src/tensor/vector.rs",
];

/// Lines of a source file, unit tests included, and of a `mod.rs`.
const LONGEST_FILE: usize = 600;
const LONGEST_MOD: usize = 150;

/// Largest file in the repository, and the only ones that may be larger.
const LARGEST_FILE: u64 = 1_500_000;
const LARGE_FILES: &[&str] = &["sample_models/sentiment-minilm-l6/model.safetensors"];

/// Reference images of the window, at most.
const MOST_SNAPSHOTS: usize = 15;

// ---- the repository ----

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|err| panic!("{path}: {err}"))
}

/// All files below a folder of the repository, relative to it and sorted; none where there is no such folder.
fn files_below(folder: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![root().join(folder)];
    while let Some(folder) = folders.pop() {
        let Ok(entries) = fs::read_dir(&folder) else { continue };
        for entry in entries {
            let path = entry.unwrap_or_else(|err| panic!("{}: {err}", folder.display())).path();
            if path.is_dir() {
                folders.push(path);
            } else {
                found.push(path.strip_prefix(root()).unwrap_or(&path).to_path_buf());
            }
        }
    }
    found.sort();
    found
}

fn has_extension(path: &Path, extension: &str) -> bool {
    path.extension().is_some_and(|found| found == extension)
}

fn rust_files(folders: &[&str]) -> Vec<(PathBuf, String)> {
    let files = folders.iter().flat_map(|folder| files_below(folder)).filter(|path| has_extension(path, "rs"));
    files.map(|path| (path.clone(), read(&path.to_string_lossy()))).collect()
}

fn check_all(files: &[(PathBuf, String)], check: impl Fn(&Path, &str) -> Vec<String>) {
    assert!(!files.is_empty(), "no files to check");
    let findings: Vec<String> = files
        .iter()
        .flat_map(|(path, text)| {
            check(path, text).into_iter().map(move |finding| format!("{}: {finding}", path.display()))
        })
        .collect();
    assert!(findings.is_empty(), "\n{}\n", findings.join("\n"));
}

#[test]
fn modules_import_only_what_the_table_allows() {
    check_all(&rust_files(&["src"]), check_layers);
}

#[test]
fn crates_stay_behind_their_walls() {
    check_all(&rust_files(&["src"]), check_walls);
}

#[test]
fn unsafe_code_stands_where_the_architecture_says() {
    check_all(&rust_files(&["src", "tests", "benches"]), |path, text| {
        let is_listed = UNSAFE_FILES.iter().any(|listed| Path::new(listed) == path);
        let uses = after_each_word(&code_of(text), "unsafe").count();
        if uses == 0 || is_listed { Vec::new() } else { vec![format!("{uses} times unsafe")] }
    });
    let architecture = read("ARCHITECTURE.md");
    for file in UNSAFE_FILES {
        assert!(architecture.contains(file), "ARCHITECTURE.md says nothing of {file}");
    }
}

#[test]
fn files_are_not_too_long() {
    check_all(&rust_files(&["src", "tests", "benches"]), check_length);
}

#[test]
fn every_todo_names_its_issue_and_no_test_is_skipped() {
    check_all(&rust_files(&["src", "tests", "benches"]), |_, text| check_habits(text));
}

#[test]
fn every_module_of_the_crate_is_in_the_table() {
    let in_code: BTreeSet<String> = read("src/lib.rs")
        .lines()
        .filter_map(|line| line.strip_prefix("pub mod ")?.strip_suffix(';').map(str::to_owned))
        .collect();
    let in_table: BTreeSet<String> = LAYERS.iter().map(|(name, _)| (*name).to_owned()).collect();
    assert_eq!(in_code, in_table, "src/lib.rs and LAYERS");
}

#[test]
fn the_architecture_shows_the_same_table() {
    let shown = parse_layer_table(&read("ARCHITECTURE.md"));
    let expected: Vec<(String, BTreeSet<String>)> = LAYERS
        .iter()
        .map(|(name, imports)| ((*name).to_owned(), imports.iter().map(|import| (*import).to_owned()).collect()))
        .collect();
    assert_eq!(shown, expected, "table of ARCHITECTURE.md and LAYERS");
}

#[test]
fn no_file_is_larger_than_it_must_be() {
    let folders = ["src", "tests", "benches", "assets", "sample_data", "sample_models"];
    let too_large: Vec<PathBuf> = folders
        .iter()
        .flat_map(|folder| files_below(folder))
        .filter(|path| fs::metadata(root().join(path)).unwrap().len() > LARGEST_FILE)
        .filter(|path| !LARGE_FILES.iter().any(|allowed| Path::new(allowed) == path))
        .collect();
    assert!(too_large.is_empty(), "over {LARGEST_FILE} bytes: {too_large:?}");
}

#[test]
fn every_strategy_is_documented_with_its_paper() {
    let readme = read("README.md");
    for info in prunescope::pruning::registry() {
        let row = readme.lines().find(|line| line.starts_with(&format!("| `{}` |", info.id)));
        let row = row.unwrap_or_else(|| panic!("README.md has no row for the strategy {}", info.id));
        assert!(row.contains(info.name), "README.md: {} is called {:?}", info.id, info.name);
        assert!(info.url.is_empty() || row.contains(info.url), "README.md: {} needs a link to {}", info.id, info.url);
        assert_eq!(
            row.contains("score only, no adaptation"),
            info.score_only,
            "README.md: the label of {} must say whether its paper trains and we do not",
            info.id
        );
        assert!(!info.summary.is_empty() && !info.formula.is_empty(), "{} explains itself", info.id);
    }
}

#[test]
fn every_snapshot_belongs_to_a_test() {
    let is_leftover = |path: &Path| {
        let name = path.to_string_lossy();
        [".new.", ".diff.", ".old."].iter().any(|mark| name.contains(mark))
    };
    let snapshots: Vec<PathBuf> =
        files_below("tests/snapshots").into_iter().filter(|path| !is_leftover(path)).collect();
    let images = snapshots.iter().filter(|path| has_extension(path, "png")).count();
    assert!(images <= MOST_SNAPSHOTS, "{images} images; behavior is better tested by labels");
    let tests: String = rust_files(&["tests"]).into_iter().map(|(_, text)| text).collect();
    for path in snapshots {
        let names = [path.file_stem(), path.file_name()].map(|name| name.unwrap_or_default().to_string_lossy());
        let is_named = names.iter().any(|name| tests.contains(&format!("\"{name}\"")));
        assert!(is_named, "{}: no test names {names:?}", path.display());
    }
}

#[test]
fn documents_point_only_to_what_exists() {
    for document in ["README.md", "ARCHITECTURE.md", "CHANGELOG.md"] {
        let text = read(document);
        let links = local_links(&text);
        for link in &links {
            assert!(root().join(link).exists(), "{document} points to {link:?}, which is not there");
        }
    }
}

#[test]
fn the_screenshot_is_a_reference_image() {
    let readme = read("README.md");
    let images: Vec<String> =
        local_links(&readme).into_iter().filter(|link| has_extension(Path::new(link), "png")).collect();
    assert!(!images.is_empty(), "README.md shows no screenshot");
    for image in images {
        assert!(image.starts_with("tests/snapshots/"), "{image}: only a reference image stays true");
    }
}

#[test]
fn the_readme_installs_in_one_line_and_runs_in_one() {
    let readme = read("README.md");
    let lines = |start: &str| readme.lines().filter(|line| line.starts_with(start)).count();
    assert_eq!(lines("sudo apt-get install -y "), 1, "the line that .ci/run reads");
    assert_eq!(lines("cargo run --release"), 1, "how to start");
    assert_eq!(lines("cargo test --release"), 1, "how to test");
    let ci = read(".ci/run");
    assert!(ci.contains("cargo test --release"), ".ci/run runs the README's test command");
    assert!(ci.contains("README.md"), ".ci/run takes the packages from README.md");
}

#[test]
fn the_changelog_knows_this_version() {
    let version = env!("CARGO_PKG_VERSION");
    assert!(read("CHANGELOG.md").lines().any(|line| line.starts_with("## ") && line.contains(version)), "## {version}");
}

#[test]
fn both_licenses_lie_here() {
    assert!(read("LICENSE-MIT").contains("Permission is hereby granted"), "LICENSE-MIT");
    assert!(read("LICENSE-APACHE").contains("Version 2.0, January 2004"), "LICENSE-APACHE");
}

// ---- the checks ----

/// The module a file belongs to: `src/data/read.rs` → `data`, `src/jobs.rs` → `jobs`.
fn module_of(path: &Path) -> String {
    let inside = path.strip_prefix("src").unwrap_or(path);
    let first =
        inside.components().next().map(|part| part.as_os_str().to_string_lossy().into_owned()).unwrap_or_default();
    first.trim_end_matches(".rs").to_owned()
}

fn check_layers(path: &Path, text: &str) -> Vec<String> {
    let module = module_of(path);
    let code = code_of(text);
    let mut findings = Vec::new();
    if module == "lib" || module == "main" {
        return findings;
    }
    let Some((_, allowed)) = LAYERS.iter().find(|(name, _)| *name == module) else {
        return vec![format!("module {module} is not in the table of layers")];
    };
    for rest in after_each(&code, "crate::") {
        let target: String = rest.chars().take_while(|letter| letter.is_alphanumeric() || *letter == '_').collect();
        if target.is_empty() {
            findings.push("a group or glob at the crate root; one path per line".to_owned());
        } else if target != module && !allowed.contains(&target.as_str()) {
            findings.push(format!("{module} must not import {target}"));
        }
    }
    let reads_results = ["crate::evaluation", "crate::latency"].iter().any(|results| code.contains(results));
    if module == "figure" && !path.starts_with("src/figure/charts") && reads_results {
        findings.push("figure reads results in figure/charts only".to_owned());
    }
    let (depth, reach) = (module_depth(path), longest_super_chain(&code));
    if reach >= depth + usize::from(code.contains("mod tests {")) {
        findings.push(format!("{reach} times super:: leaves the module"));
    }
    findings
}

fn check_walls(path: &Path, text: &str) -> Vec<String> {
    let (module, code) = (module_of(path), code_of(text));
    WALLED_CRATES
        .iter()
        .filter(|(name, allowed)| !allowed.contains(&module.as_str()) && names_crate(&code, name))
        .map(|(name, allowed)| format!("only {} may name {name}", allowed.join(", ")))
        .collect()
}

fn check_length(path: &Path, text: &str) -> Vec<String> {
    let lines = text.lines().count();
    let limit = if path.ends_with("mod.rs") { LONGEST_MOD } else { LONGEST_FILE };
    if lines > limit { vec![format!("{lines} lines; at most {limit}")] } else { Vec::new() }
}

fn check_habits(text: &str) -> Vec<String> {
    let mut findings = Vec::new();
    for (index, line) in text.lines().enumerate() {
        for mark in ["TODO", "FIXME", "XXX", "HACK"] {
            for rest in after_each_word(line, mark) {
                let number = rest.strip_prefix("(#").and_then(|rest| rest.split_once(')')).map(|(number, _)| number);
                let is_issue =
                    number.is_some_and(|number| !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit()));
                let quoted = rest.starts_with(['"', '`']);
                if !quoted && (mark != "TODO" || !is_issue) {
                    findings.push(format!("line {}: {mark} without an issue, as in {}(#12)", index + 1, "TODO"));
                }
            }
        }
    }
    let code = code_of(text);
    for attribute in ["#[ignore", "#[should_panic", "#[allow(", "#![allow("] {
        if code.contains(attribute) {
            findings.push(format!("{attribute} is not used here"));
        }
    }
    findings
}

/// Rows of the table whose header starts with `| module | may import |`.
fn parse_layer_table(markdown: &str) -> Vec<(String, BTreeSet<String>)> {
    let rows = markdown.lines().skip_while(|line| !line.starts_with("| module | may import |")).skip(2);
    let quoted = |cell: &str| -> BTreeSet<String> { cell.split('`').skip(1).step_by(2).map(str::to_owned).collect() };
    let mut found = Vec::new();
    for row in rows.take_while(|line| line.starts_with('|')) {
        let cells: Vec<&str> = row.split('|').collect();
        for module in cells.get(1).copied().unwrap_or_default().split('`').skip(1).step_by(2) {
            found.push((module.to_owned(), quoted(cells.get(2).copied().unwrap_or_default())));
        }
    }
    found
}

/// Targets of `[text](target)` that are files here: no scheme, no anchor.
fn local_links(markdown: &str) -> Vec<String> {
    after_each(markdown, "](")
        .filter_map(|rest| rest.split_once(')').map(|(target, _)| target))
        .map(|target| target.split('#').next().unwrap_or_default().to_owned())
        .filter(|target| !target.is_empty() && !target.contains("://"))
        .collect()
}

// ---- reading Rust ----

/// The text without comments and without what stands in string and character literals.
fn code_of(text: &str) -> String {
    let mut code = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let skip = if rest.starts_with("//") {
            rest.find('\n').unwrap_or(rest.len())
        } else if rest.starts_with("/*") {
            rest.find("*/").map_or(rest.len(), |end| end + 2)
        } else if let Some(hashes) = raw_string_hashes(rest, &code) {
            let end = format!("\"{}", "#".repeat(hashes));
            let start = hashes + 2;
            rest[start..].find(&end).map_or(rest.len(), |found| start + found + end.len())
        } else if first == '"' {
            string_length(rest)
        } else if let Some(length) = char_length(rest) {
            length
        } else {
            code.push(first);
            rest = &rest[first.len_utf8()..];
            continue;
        };
        code.push(' ');
        rest = &rest[skip..];
    }
    code
}

/// Number of `#` if a raw string starts here (and not in the middle of a name).
fn raw_string_hashes(rest: &str, before: &str) -> Option<usize> {
    let in_name = before.ends_with(|letter: char| letter.is_alphanumeric() || letter == '_') && !before.ends_with('b');
    let body = rest.strip_prefix('r').filter(|_| !in_name)?;
    let hashes = body.len() - body.trim_start_matches('#').len();
    body[hashes..].starts_with('"').then_some(hashes)
}

/// Bytes of the string literal at the start.
fn string_length(rest: &str) -> usize {
    let mut escaped = false;
    for (at, letter) in rest.char_indices().skip(1) {
        match letter {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return at + 1,
            _ => {}
        }
    }
    rest.len()
}

/// Bytes of the character literal at the start; `None` for a lifetime.
fn char_length(rest: &str) -> Option<usize> {
    let mut letters = rest.strip_prefix('\'')?.char_indices();
    let is_escape = letters.next()?.1 == '\\';
    if is_escape {
        letters.next();
    }
    let (at, _) = letters.take(if is_escape { 10 } else { 1 }).find(|(_, letter)| *letter == '\'')?;
    Some(at + 2)
}

/// What follows each occurrence.
fn after_each<'a>(text: &'a str, pattern: &'a str) -> impl Iterator<Item = &'a str> {
    text.match_indices(pattern).map(move |(at, found)| &text[at + found.len()..])
}

/// What follows each occurrence that is a word of its own.
fn after_each_word<'a>(text: &'a str, word: &'a str) -> impl Iterator<Item = &'a str> {
    let is_part = |letter: char| letter.is_alphanumeric() || letter == '_';
    text.match_indices(word)
        .filter(move |(at, _)| !text[..*at].ends_with(is_part) && !text[at + word.len()..].starts_with(is_part))
        .map(move |(at, _)| &text[at + word.len()..])
}

/// Whether `name` is used as a crate: followed by `::`, or imported whole.
fn names_crate(code: &str, name: &str) -> bool {
    let starts_path = |before: &str| !before.ends_with("::") && !before.ends_with('.');
    code.match_indices(name).any(|(at, _)| {
        let (before, after) = (&code[..at], &code[at + name.len()..]);
        let whole = !before.ends_with(|letter: char| letter.is_alphanumeric() || letter == '_');
        whole
            && starts_path(before)
            && (after.starts_with("::") || before.ends_with("use ") && after.starts_with([';', ' ']))
    })
}

/// How deep a file's module lies below the crate root: `src/data/read.rs` → 2, `src/data/mod.rs` → 1.
fn module_depth(path: &Path) -> usize {
    let parts = path.strip_prefix("src").unwrap_or(path).components().count();
    if path.ends_with("mod.rs") { parts - 1 } else { parts }
}

fn longest_super_chain(code: &str) -> usize {
    let mut longest = 0;
    for (at, _) in code.match_indices("super::") {
        let chain = code[at..].split("::").take_while(|part| *part == "super").count();
        longest = longest.max(chain);
    }
    longest
}

// ---- the checks, checked ----

fn layers(path: &str, text: &str) -> Vec<String> {
    check_layers(Path::new(path), text)
}

#[test]
fn an_import_upwards_is_found() {
    assert_eq!(layers("src/model/config.rs", "use crate::tensor::Matrix;"), [""; 0], "downwards");
    assert_eq!(layers("src/model/config.rs", "use crate::engine::Trace;"), ["model must not import engine"], "upwards");
    assert_eq!(layers("src/jobs.rs", "fn f() { crate::data::read() }"), ["jobs must not import data"], "inline path");
    assert_eq!(layers("src/app/mod.rs", "use crate::cli::Cli;"), ["app must not import cli"], "the other face");
    assert_eq!(layers("src/jobs.rs", "/// See [`crate::data`].\n// crate::data\n"), [""; 0], "comments import nothing");
    assert_eq!(layers("src/new/mod.rs", "").len(), 1, "unknown module");
    assert_eq!(layers("src/figure/scene.rs", "use crate::evaluation::Summary;").len(), 1, "outside of charts");
    assert_eq!(layers("src/figure/charts/curve.rs", "use crate::evaluation::Summary;"), [""; 0], "inside of charts");
}

#[test]
fn a_group_at_the_root_is_found() {
    assert_eq!(layers("src/engine/run.rs", "use crate::{model, data};").len(), 1, "group");
    assert_eq!(layers("src/engine/run.rs", "use crate::*;").len(), 1, "glob");
}

#[test]
fn leaving_the_module_by_super_is_found() {
    assert_eq!(layers("src/data/read.rs", "use super::Dataset;"), [""; 0], "one step stays inside");
    assert_eq!(layers("src/data/read.rs", "use super::super::model::Model;").len(), 1, "two steps leave");
    let nested = "mod tests {\n use super::super::Dataset;\n}";
    assert_eq!(layers("src/data/read.rs", nested), [""; 0], "a test module lies one deeper");
}

#[test]
fn a_breach_of_a_wall_is_found() {
    let check = |path: &str, text: &str| check_walls(Path::new(path), text).len();
    assert_eq!(check("src/figure/scene.rs", "fn f(ui: &mut egui::Ui) {}"), 1, "egui below the app");
    assert_eq!(check("src/figure/scene.rs", "let s = \"egui::Ui\"; // egui::Ui"), 0, "strings and comments");
    assert_eq!(check("src/app/mod.rs", "use egui::Ui; use eframe;"), 0, "the app may");
    assert_eq!(check("src/app/mod.rs", "use clap::Parser;"), 1, "clap in the app");
    assert_eq!(check("src/data/read.rs", "use anyhow::Result;"), 1, "anyhow in the core");
    assert_eq!(check("src/data/read.rs", "let my_egui::x = a.clap;"), 0, "other names");
}

#[test]
fn long_files_are_found() {
    let text = "\n".repeat(200);
    assert_eq!(check_length(Path::new("src/a/mod.rs"), &text).len(), 1, "a mod.rs holds little");
    assert_eq!(check_length(Path::new("src/a/b.rs"), &text).len(), 0, "a file may be longer");
    assert_eq!(check_length(Path::new("src/a/b.rs"), &"\n".repeat(601)).len(), 1, "but not that long");
}

#[test]
fn loose_ends_are_found() {
    let mark = ["TO", "DO"].concat();
    assert_eq!(check_habits(&format!("// {mark}: later")).len(), 1, "no issue");
    assert_eq!(check_habits(&format!("// {mark}(#): later")).len(), 1, "no number");
    assert_eq!(check_habits(&format!("// {mark}(#12): later")), [""; 0], "with issue");
    assert_eq!(check_habits(&format!("let {mark}S = 1;")), [""; 0], "part of a name");
    assert_eq!(check_habits("#[ignore]\nfn f() {}").len(), 1, "skipped test");
    assert_eq!(check_habits("let s = \"#[ignore\"; // #[allow(x)]"), [""; 0], "strings and comments");
}

#[test]
fn literals_and_comments_are_no_code() {
    for (text, expected) in [
        ("a /* b */ c", "a   c"),
        ("a // b\nc", "a  \nc"),
        ("f(\"x\\\"y\", 'z')", "f( ,  )"),
        ("r#\"a \"b\" c\"# d", "  d"),
        ("for<'a> &'a str", "for<'a> &'a str"),
        ("'\\'' x", "  x"),
        ("bar\"s\" x", "bar  x"),
    ] {
        assert_eq!(code_of(text), expected, "{text}");
    }
}

#[test]
fn tables_and_links_are_read() {
    let table =
        "| module | may import |\n| --- | --- |\n| `a`, `b` | — |\n| `c` | `a` (tests only), `b` |\n\n| `d` | `a` |";
    let words = |words: &[&str]| words.iter().map(|&word| word.to_owned()).collect::<BTreeSet<String>>();
    let row = |(name, imports): (&str, &[&str])| (name.to_owned(), words(imports));
    let expected = [("a", &[][..]), ("b", &[]), ("c", &["a", "b"])].map(row);
    assert_eq!(parse_layer_table(table), expected, "rows of the first table");
    assert_eq!(local_links("[a](b.md#c) ![d](e.png) [f](https://g.h) [i](#j)"), ["b.md", "e.png"], "local targets");
}
