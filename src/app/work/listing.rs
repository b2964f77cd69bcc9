//! What lies in a folder, for the path field: which names go on from what was typed.

use std::fs;
use std::io;
use std::path::MAIN_SEPARATOR;
use std::path::Path;
use std::path::PathBuf;

use crate::app::work::chooser::Purpose;
use crate::jobs::Cancelled;
use crate::jobs::Ticket;

/// A folder is read up to so many names.
const MOST_READ: usize = 20_000;
/// So many of them are offered.
const MOST_SHOWN: usize = 200;

/// One name that goes on from what was typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    /// The name without its folder.
    pub(crate) name: String,
    /// Whether it is a folder.
    pub(crate) is_folder: bool,
    /// Whether it is a folder with a checkpoint in it.
    pub(crate) is_model: bool,
}

/// What the typed path itself is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Target {
    /// Nothing is there.
    #[default]
    Missing,
    /// A file.
    File,
    /// A folder.
    Folder,
}

/// What is known of a typed path.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Listing {
    /// Names that go on from it, folders first.
    pub(crate) entries: Vec<Entry>,
    /// Names beyond these.
    pub(crate) num_more: usize,
    /// What is there.
    pub(crate) target: Target,
    /// Why the folder could not be read.
    pub(crate) problem: Option<String>,
}

/// The path that was typed: quotes and blanks around it do not count, `~` is the home folder.
pub(crate) fn typed_path(text: &str) -> PathBuf {
    let text = text.trim();
    let quoted = |quote: char| text.strip_prefix(quote).and_then(|rest| rest.strip_suffix(quote));
    let text = quoted('"').or_else(|| quoted('\'')).unwrap_or(text);
    let text = text.strip_prefix("file://").unwrap_or(text);
    let below_home = text.strip_prefix('~').filter(|rest| rest.is_empty() || rest.starts_with(is_separator));
    match (below_home, std::env::home_dir()) {
        (Some(rest), Some(home)) => home.join(rest.trim_start_matches(is_separator)),
        _ => PathBuf::from(text),
    }
}

/// The typed text up to its last separator, and what follows.
pub(crate) fn split(text: &str) -> (&str, &str) {
    text.rfind(is_separator).map_or(("", text), |at| text.split_at(at + 1))
}

fn is_separator(letter: char) -> bool {
    std::path::is_separator(letter)
}

/// The text with an entry in place of what follows the last separator.
pub(crate) fn with_entry(text: &str, entry: &Entry) -> String {
    let separator = if entry.is_folder { String::from(MAIN_SEPARATOR) } else { String::new() };
    format!("{}{}{separator}", split(text).0, entry.name)
}

/// As a shell's Tab: the text grown to the longest beginning that all entries share; the whole entry if there is but one.
pub(crate) fn completed(text: &str, entries: &[Entry]) -> String {
    let Some((first, others)) = entries.split_first() else { return text.to_owned() };
    if others.is_empty() {
        return with_entry(text, first);
    }
    let mut shared: Vec<char> = first.name.chars().collect();
    for other in others {
        let same = shared.iter().zip(other.name.chars()).take_while(|(one, other)| **one == *other).count();
        shared.truncate(same);
    }
    let (folder, typed) = split(text);
    let shared: String = shared.into_iter().collect();
    if shared.chars().count() > typed.chars().count() { format!("{folder}{shared}") } else { text.to_owned() }
}

/// Looks what is at the typed path and which names go on from it. Reads the disk: for jobs.
pub(crate) fn list(ticket: &Ticket, text: &str, purpose: Purpose) -> Result<Listing, Cancelled> {
    let target = match typed_path(text).metadata() {
        _ if text.trim().is_empty() => Target::Missing,
        Ok(metadata) if metadata.is_dir() => Target::Folder,
        Ok(_) => Target::File,
        Err(_nothing_there) => Target::Missing,
    };
    let (folder, typed) = split(text.trim_start());
    let folder = if folder.is_empty() { PathBuf::from(".") } else { typed_path(folder) };
    match entries_of(ticket, &folder, typed, purpose) {
        Ok(Some((entries, num_more))) => Ok(Listing { entries, num_more, target, problem: None }),
        Ok(None) => Err(Cancelled),
        Err(err) => {
            let problem = Some(format!("{err}: {}", folder.display()));
            Ok(Listing { target, problem, ..Listing::default() })
        }
    }
}

/// `None` if it was asked to stop.
fn entries_of(
    ticket: &Ticket,
    folder: &Path,
    typed: &str,
    purpose: Purpose,
) -> io::Result<Option<(Vec<Entry>, usize)>> {
    let (mut found, mut num_read) = (Vec::new(), 0);
    let wanted = typed.to_lowercase();
    for entry in fs::read_dir(folder)?.take(MOST_READ) {
        if ticket.is_cancelled() {
            return Ok(None);
        }
        num_read += 1;
        let Ok(entry) = entry else { continue };
        // A name that is not valid text cannot be typed either.
        let Ok(name) = entry.file_name().into_string() else { continue };
        let is_hidden = name.starts_with('.') && !typed.starts_with('.');
        if is_hidden || !name.to_lowercase().starts_with(&wanted) {
            continue;
        }
        // A link counts as what it leads to.
        let is_folder = entry.path().is_dir();
        if is_folder || purpose.accepts(&name) {
            found.push(Entry { name, is_folder, is_model: false });
        }
    }
    found.sort_by_cached_key(|entry| (!entry.is_folder, entry.name.to_lowercase(), entry.name.clone()));
    let num_more = found.len().saturating_sub(MOST_SHOWN) + usize::from(num_read == MOST_READ);
    found.truncate(MOST_SHOWN);
    for entry in found.iter_mut().filter(|entry| entry.is_folder && purpose.takes_folder()) {
        entry.is_model = folder.join(&entry.name).join("config.json").is_file();
    }
    Ok(Some((found, num_more)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(text: &str, purpose: Purpose) -> Vec<String> {
        let listing = list(&Ticket::detached(), text, purpose).unwrap();
        listing.entries.into_iter().map(|entry| entry.name).collect()
    }

    fn folder() -> (tempfile::TempDir, String) {
        let folder = tempfile::tempdir().unwrap();
        for name in ["Reviews", "models"] {
            fs::create_dir(folder.path().join(name)).unwrap();
        }
        for name in ["rows.csv", "rows-old.csv", "rows.png", ".hidden.csv", "models/config.json"] {
            fs::write(folder.path().join(name), "x").unwrap();
        }
        let text = format!("{}/", folder.path().display());
        (folder, text)
    }

    #[test]
    fn a_folder_offers_what_goes_on_from_the_typed_name() {
        let (_folder, text) = folder();
        assert_eq!(names(&text, Purpose::OpenData), ["models", "Reviews", "rows-old.csv", "rows.csv"], "folders first");
        assert_eq!(
            names(&format!("{text}r"), Purpose::OpenData),
            ["Reviews", "rows-old.csv", "rows.csv"],
            "without case"
        );
        assert_eq!(names(&format!("{text}.h"), Purpose::OpenData), [".hidden.csv"], "hidden ones when a dot is typed");
        let listing = list(&Ticket::detached(), &text, Purpose::OpenModel).unwrap();
        let models: Vec<bool> = listing.entries.iter().map(|entry| entry.is_model).collect();
        assert_eq!(models, [true, false], "folders alone, and which of them holds a model: {listing:?}");
    }

    #[test]
    fn the_typed_path_itself_is_known() {
        let (_folder, text) = folder();
        for (name, expected) in [("rows.csv", Target::File), ("models", Target::Folder), ("none", Target::Missing)] {
            let listing = list(&Ticket::detached(), &format!("{text}{name}"), Purpose::OpenData).unwrap();
            assert_eq!(listing.target, expected, "{name}");
        }
        let missing = list(&Ticket::detached(), &format!("{text}none/x"), Purpose::OpenData).unwrap();
        assert!(missing.problem.is_some_and(|problem| problem.contains("none")), "a folder that is not there is named");
    }

    #[test]
    fn tab_grows_the_text_as_far_as_it_is_certain() {
        let entry = |name: &str, is_folder| Entry { name: name.to_owned(), is_folder, is_model: false };
        let rows = [entry("rows-old.csv", false), entry("rows.csv", false)];
        assert_eq!(completed("a/r", &rows), "a/rows", "what both share");
        assert_eq!(completed("a/rows", &rows), "a/rows", "nothing more is certain");
        assert_eq!(completed("a/m", &[entry("models", true)]), format!("a/models{MAIN_SEPARATOR}"), "a folder opens");
        assert_eq!(completed("a/R", &rows[1..]), "a/rows.csv", "the name as it is written on the disk");
        assert_eq!(completed("a/x", &[]), "a/x", "nothing to go on with");
    }

    #[test]
    fn quotes_and_blanks_around_a_path_do_not_count() {
        assert_eq!(typed_path(" \"/a b/c.csv\" "), Path::new("/a b/c.csv"), "as pasted from a file manager");
        assert_eq!(typed_path("file:///a/c.csv"), Path::new("/a/c.csv"), "as a link");
        assert_eq!(typed_path("~x/c.csv"), Path::new("~x/c.csv"), "another's home is not known");
    }

    #[test]
    fn many_names_are_cut_and_counted() {
        let folder = tempfile::tempdir().unwrap();
        for index in 0..MOST_SHOWN + 7 {
            fs::write(folder.path().join(format!("{index:04}.csv")), "").unwrap();
        }
        let text = format!("{}/", folder.path().display());
        let listing = list(&Ticket::detached(), &text, Purpose::OpenData).unwrap();
        assert_eq!((listing.entries.len(), listing.num_more), (MOST_SHOWN, 7), "the first ones, and how many more");
    }
}
