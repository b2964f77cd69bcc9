//! The rooms of the window, and circles between files: what stands in `ARCHITECTURE.md` under "The rooms of the window".

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use crate::after_each;
use crate::code_of;
use crate::read;
use crate::rust_files;

/// What the files of each room of `app` may import of `app`, besides their own room. The views import no other view, so
/// each of them is a room.
const ROOMS: &[(&str, &[&str])] = &[
    ("widgets", &[]),
    ("work", &[]),
    ("base", &["work", "widgets"]),
    ("panels", &["base", "work", "widgets"]),
    ("views/*", &["panels", "base", "work", "widgets"]),
    ("views", &["views/*", "base", "work"]),
    ("core", &["views", "views/*", "panels", "base", "work", "widgets"]),
];

/// Modules of the crate whose files must not import each other in a circle.
const WITHOUT_CIRCLES: &[&str] = &["app", "data"];

#[test]
fn rooms_of_the_window_import_only_what_the_table_allows() {
    let files = files_of("app");
    let findings = check_rooms(&files);
    assert!(findings.is_empty(), "\n{}\n", findings.join("\n"));
}

#[test]
fn no_two_files_import_each_other_in_a_circle() {
    for module in WITHOUT_CIRCLES {
        let circles = circles(&imports(&files_of(module), module));
        assert!(circles.is_empty(), "\nfiles of {module} that reach each other:\n{}\n", circles.join("\n"));
    }
}

#[test]
fn the_architecture_shows_the_rooms() {
    let architecture = read("ARCHITECTURE.md");
    let rows = architecture.lines().skip_while(|line| !line.starts_with("| room of `app` | may import |")).skip(2);
    let quoted = |cell: &str| -> BTreeSet<String> { cell.split('`').skip(1).step_by(2).map(str::to_owned).collect() };
    let shown: Vec<(String, BTreeSet<String>)> = rows
        .take_while(|line| line.starts_with('|'))
        .map(|row| {
            let cells: Vec<&str> = row.split('|').collect();
            (quoted(cells[1]).into_iter().collect(), quoted(cells[2]))
        })
        .collect();
    let expected: Vec<(String, BTreeSet<String>)> = ROOMS
        .iter()
        .map(|(room, imports)| ((*room).to_owned(), imports.iter().map(|import| (*import).to_owned()).collect()))
        .collect();
    assert_eq!(shown, expected, "table of ARCHITECTURE.md and ROOMS");
}

/// A file by its path below its module, without `.rs`, and its code without tests: a test may reach for a neighbour's.
type Files = BTreeMap<String, String>;

fn files_of(module: &str) -> Files {
    let root = format!("src/{module}/");
    let files = rust_files(&[root.trim_end_matches('/')]).into_iter().map(|(path, text)| {
        let path = path.to_string_lossy().replace('\\', "/");
        let name = path.strip_prefix(&root).unwrap_or(&path).trim_end_matches(".rs").to_owned();
        (name, without_tests(&text).to_owned())
    });
    files.collect()
}

fn without_tests(text: &str) -> &str {
    text.split_once("#[cfg(test)]\nmod tests {").map_or(text, |(code, _)| code)
}

/// Which files of the module each file names, whole paths and re-exports of the module's root alike.
fn imports(files: &Files, module: &str) -> BTreeMap<String, BTreeSet<String>> {
    let exported = exports(files, module);
    let mut graph = BTreeMap::new();
    for (name, text) in files.iter().filter(|(name, _)| name.as_str() != "mod") {
        let code = code_of(text);
        let prefix = format!("crate::{module}::");
        let whole = after_each(&code, &prefix).map(|rest| resolve(files, &exported, &parts_of(rest)));
        let relative = after_each(&code, "use super::").map(|rest| {
            let mut parts = folder_of(name);
            parts.extend(parts_of(rest));
            // What a path above the folder names stands in the folder around it.
            while let Some(place) = parts.iter().position(|part| *part == "super") {
                parts.drain(place.saturating_sub(1)..=place);
            }
            resolve(files, &exported, &parts)
        });
        let found = whole.chain(relative).flatten().filter(|target| target != name && target != "mod").collect();
        graph.insert(name.clone(), found);
    }
    graph
}

/// The names of a path at the beginning of a text.
fn parts_of(rest: &str) -> Vec<&str> {
    let end = rest.find(|letter: char| !letter.is_alphanumeric() && !matches!(letter, '_' | ':')).unwrap_or(rest.len());
    rest[..end].split("::").collect()
}

/// What `super` is for the top level of a file.
fn folder_of(file: &str) -> Vec<&str> {
    let mut parts: Vec<&str> = file.split('/').collect();
    if parts.pop() == Some("mod") {
        parts.pop();
    }
    parts
}

/// The file that defines what a path names: the longest part of the path that is one.
fn resolve(files: &Files, exported: &BTreeMap<String, String>, parts: &[&str]) -> Option<String> {
    if let Some(file) = parts.first().and_then(|first| exported.get(*first)) {
        return Some(file.clone());
    }
    (1..=parts.len()).rev().find_map(|count| {
        let path = parts[..count].join("/");
        let folder = format!("{path}/mod");
        [path, folder].into_iter().find(|file| files.contains_key(file))
    })
}

/// Names that the module's root gives out, with the file that each comes from.
fn exports(files: &Files, module: &str) -> BTreeMap<String, String> {
    let Some(root) = files.get("mod") else { return BTreeMap::new() };
    let code = code_of(root);
    let mut exported = BTreeMap::new();
    for line in code.lines().map(str::trim) {
        let Some(path) = line.split_once("use ").filter(|(before, _)| before.starts_with("pub")).map(|(_, path)| path)
        else {
            continue;
        };
        let path = path.trim_end_matches(';').trim_start_matches(&format!("crate::{module}::"));
        let (path, name) = path.split_once(" as ").map_or((path, None), |(path, name)| (path, Some(name)));
        let parts: Vec<&str> = path.trim_start_matches("self::").split("::").collect();
        if let (Some(last), Some(file)) = (parts.last(), resolve(files, &BTreeMap::new(), &parts)) {
            exported.insert(name.unwrap_or(last).to_owned(), file);
        }
    }
    exported
}

fn room_of(file: &str) -> String {
    let parts: Vec<&str> = file.split('/').collect();
    match parts[..] {
        ["views", view, _, ..] => format!("views/{view}"),
        [room, ..] => room.to_owned(),
        [] => String::new(),
    }
}

fn check_rooms(files: &Files) -> Vec<String> {
    let mut findings = Vec::new();
    for (file, targets) in imports(files, "app") {
        let room = room_of(&file);
        let row = if room.starts_with("views/") { "views/*" } else { room.as_str() };
        let Some((_, allowed)) = ROOMS.iter().find(|(name, _)| *name == row) else {
            findings.push(format!("{file}: the room {room:?} is not in the table"));
            continue;
        };
        for target in targets {
            let into = room_of(&target);
            let is_view = into.starts_with("views/") && allowed.contains(&"views/*");
            if into != room && !is_view && !allowed.contains(&into.as_str()) {
                findings.push(format!("{file} must not import {target}"));
            }
        }
    }
    findings
}

/// Groups of files each of which reaches every other, as text.
fn circles(graph: &BTreeMap<String, BTreeSet<String>>) -> Vec<String> {
    let reach: BTreeMap<&String, BTreeSet<&String>> = graph.keys().map(|file| (file, reached(graph, file))).collect();
    let mut found = BTreeSet::new();
    for (file, others) in &reach {
        let circle: BTreeSet<&str> = others
            .iter()
            .filter(|other| reach.get(*other).is_some_and(|back| back.contains(*file)))
            .map(|other| other.as_str())
            .collect();
        if !circle.is_empty() {
            found.insert(circle.into_iter().collect::<Vec<_>>().join(", "));
        }
    }
    found.into_iter().collect()
}

/// Every file that is reached over at least one import.
fn reached<'a>(graph: &'a BTreeMap<String, BTreeSet<String>>, from: &str) -> BTreeSet<&'a String> {
    let mut seen = BTreeSet::new();
    let mut waiting: Vec<&String> = graph.get(from).into_iter().flatten().collect();
    while let Some(file) = waiting.pop() {
        if seen.insert(file) {
            waiting.extend(graph.get(file).into_iter().flatten());
        }
    }
    seen
}

fn small(files: &[(&str, &str)]) -> Files {
    files.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect()
}

#[test]
fn a_view_that_imports_a_view_is_found_and_one_that_imports_a_panel_is_not() {
    let files = small(&[
        ("views/one/mod", "use crate::app::views::two::panel::Two;\nuse crate::app::panels::list::show;"),
        ("views/two/panel", ""),
        ("panels/list", "use crate::app::widgets::bar;"),
        ("widgets/bar", "use crate::app::work::slot::Slot;"),
        ("work/slot", ""),
    ]);
    assert_eq!(
        check_rooms(&files),
        ["views/one/mod must not import views/two/panel", "widgets/bar must not import work/slot"],
        "a view in a view, work in a widget"
    );
}

#[test]
fn circles_are_found_through_re_exports_too() {
    let files = small(&[
        ("mod", "mod a;\nmod b;\npub use b::B;"),
        ("a", "use crate::data::B;"),
        ("b", "use crate::data::a::A;"),
        ("d", "use super::e::E;"),
        ("e", "use super::f::g::G;"),
        ("f/g", "use super::super::d::D;"),
        ("c", "use crate::data::a::A;\n#[cfg(test)]\nmod tests {\n    use crate::data::c::x;\n}"),
    ]);
    assert_eq!(
        circles(&imports(&files, "data")),
        ["a, b", "d, e, f/g"],
        "each imports the other; the last one only looks on"
    );
}
