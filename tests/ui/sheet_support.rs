//! Hands and eyes on the Open data sheet, for tests of it.

use std::path::Path;
use std::path::PathBuf;

use clap::Parser as _;
use egui::accesskit::Role;
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable as _;
use prunescope::cli;
use prunescope::cli::Cli;
use prunescope::data::ReadOptions;

use crate::eyes_and_hands::names;
use crate::plots_support::Window;
use crate::plots_support::settle;

/// Eighty texts of twenty templates, with the columns of an audit set, in words that the sample model does not know.
pub(crate) fn audit_set(folder: &Path) -> PathBuf {
    let mut rows = vec!["functionality,test_case,label_gold,target_ident,templ_id".to_owned()];
    for index in 0..80 {
        let (template, who) = (index / 4, ["women", "Muslims", "women", ""][index % 4]);
        let (label, word) = if template % 2 == 0 { ("hateful", "awful") } else { ("non-hateful", "lovely") };
        let text = format!("The {who} crowd of film {template} was {word}.");
        rows.push(format!("f{},\"{text}\",{label},{who},{template}", index % 3));
    }
    let path = folder.join("audit set.csv");
    std::fs::write(&path, rows.join("\n")).expect("a data file");
    path
}

/// Opens a list of choices and takes one.
pub(crate) fn choose(harness: &mut Harness<'_, Window>, list: &str, choice: &str) {
    harness.get_by_role_and_label(Role::ComboBox, list).scroll_to_me();
    settle(harness);
    harness.get_by_role_and_label(Role::ComboBox, list).click();
    settle(harness);
    harness.get_all_by_role_and_label(Role::Button, choice).last().expect("the choice").click();
    settle(harness);
}

/// Words as a shell would split them; the flags know no quotes but single ones.
fn words(line: &str) -> Vec<String> {
    let (mut words, mut word, mut is_quoted, mut is_escaped) = (Vec::new(), String::new(), false, false);
    for letter in line.chars() {
        match letter {
            _ if is_escaped => {
                word.push(letter);
                is_escaped = false;
            }
            '\\' if !is_quoted => is_escaped = true,
            '\'' => is_quoted = !is_quoted,
            ' ' if !is_quoted => words.push(std::mem::take(&mut word)),
            _ => word.push(letter),
        }
    }
    words.push(word);
    words
}

/// What the command line makes of the flags that the sheet shows.
pub(crate) fn options_of_flags(harness: &Harness<'_, Window>) -> ReadOptions {
    let flags = names(harness, "--data ").remove(0);
    let line = std::iter::once("prunescope".to_owned()).chain(words(&flags));
    let cli = Cli::try_parse_from(line).expect("flags that the command line takes");
    cli::window_read_options(&cli.window).expect("options")
}

/// Ticks a box, or no longer.
pub(crate) fn tick(harness: &mut Harness<'_, Window>, label: &str) {
    harness.get_by_role_and_label(Role::CheckBox, label).click();
    settle(harness);
}

/// Says what the labels of an audit set mean and which column holds the groups.
pub(crate) fn fill_in(harness: &mut Harness<'_, Window>, classes: [&str; 2], other_groups: &[&str]) {
    choose(harness, "Meaning of hateful", classes[0]);
    choose(harness, "Meaning of non-hateful", classes[1]);
    for column in other_groups {
        tick(harness, column);
    }
}
