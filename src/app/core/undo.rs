//! Undo and redo of the project: what a person did in one go is one step.
//!
//! Typing is taken together until there is a pause, the caret moves, or writing turns into deleting; a dragged slider
//! until it rests.

use std::borrow::Cow;
use std::collections::VecDeque;
use std::ops::Range;

use crate::project::EntryId;
use crate::project::Project;

/// Steps that can be taken back.
const STEPS: usize = 200;
/// A pause in typing ends a step, in seconds.
const TYPING: f64 = 1.0;
/// A rest of a slider ends a step, in seconds.
const DRAG: f64 = 0.6;
/// Characters after which the next word begins a step of its own.
const LONG: usize = 24;
/// More characters at once are pasted, not typed.
const TYPED: usize = 12;

/// What a change was, as far as later changes may join it.
#[derive(Clone, Debug, PartialEq)]
enum Change {
    /// Characters typed at a place; the place after them.
    Insert { at: usize, end: usize },
    /// Characters deleted.
    Delete { from: usize, to: usize },
    /// A setting of a strategy.
    Setting(EntryId),
    /// Anything else: always a step of its own.
    Other,
}

/// A step that may still grow.
#[derive(Clone, Debug)]
struct Open {
    change: Change,
    since: f64,
    inserted: usize,
}

/// What can be taken back and done again.
#[derive(Clone, Debug, Default)]
pub(crate) struct History {
    present: Option<Project>,
    undos: VecDeque<Project>,
    redos: Vec<Project>,
    open: Option<Open>,
}

impl History {
    /// Notes the project as it is now; `now` in seconds. To be called in every frame.
    pub(crate) fn feed(&mut self, now: f64, project: &Project) {
        let Some(present) = &self.present else {
            self.present = Some(project.clone());
            return;
        };
        if present == project {
            self.open.take_if(|open| now - open.since > pause(&open.change));
            return;
        }
        let change = change(present, project);
        let inserted = match change {
            Change::Insert { at, end } => end - at,
            _ => 0,
        };
        let before = self.open.take().filter(|open| now - open.since <= pause(&open.change));
        let joined = before.filter(|open| joins(open, &change, project));
        if joined.is_none() {
            self.undos.push_back(present.clone());
            if self.undos.len() > STEPS {
                self.undos.pop_front();
            }
        }
        let inserted = inserted + joined.map_or(0, |open| open.inserted);
        self.open = Some(Open { change, since: now, inserted });
        self.redos.clear();
        self.present = Some(project.clone());
    }

    /// Whether there is a step to take back.
    pub(crate) fn has_undo(&self) -> bool {
        !self.undos.is_empty()
    }

    /// Whether there is a step to do again.
    pub(crate) fn has_redo(&self) -> bool {
        !self.redos.is_empty()
    }

    /// Whether a step may still grow.
    pub(crate) fn is_in_flux(&self) -> bool {
        self.open.is_some()
    }

    /// The project before the last step.
    pub(crate) fn undo(&mut self, now: f64, project: &Project) -> Option<Project> {
        self.feed(now, project);
        let earlier = self.undos.pop_back()?;
        self.open = None;
        self.redos.push(project.clone());
        self.present = Some(earlier.clone());
        Some(earlier)
    }

    /// The project after the step that was taken back last.
    pub(crate) fn redo(&mut self, now: f64, project: &Project) -> Option<Project> {
        self.feed(now, project);
        let later = self.redos.pop()?;
        self.open = None;
        self.undos.push_back(project.clone());
        self.present = Some(later.clone());
        Some(later)
    }
}

fn pause(change: &Change) -> f64 {
    match change {
        Change::Insert { .. } | Change::Delete { .. } => TYPING,
        Change::Setting(_) | Change::Other => DRAG,
    }
}

/// Whether a change belongs to the step that is open.
fn joins(open: &Open, change: &Change, project: &Project) -> bool {
    match (&open.change, change) {
        (Change::Setting(one), Change::Setting(other)) => one == other,
        (Change::Insert { end, .. }, Change::Insert { at, .. }) => {
            let written = written(project);
            let mut around = written.chars().skip(at.saturating_sub(1));
            let before = if *at > 0 { around.next() } else { None };
            let is_line = before == Some('\n');
            let is_word =
                before.is_some_and(char::is_whitespace) && around.next().is_some_and(|sign| !sign.is_whitespace());
            at == end && !is_line && !(is_word && open.inserted >= LONG)
        }
        // Backspace goes on before the gap, Delete at it.
        (Change::Delete { from: gap, .. }, Change::Delete { from, to }) => to == gap || from == gap,
        _ => false,
    }
}

/// What is typed into: the text, and after a line of its own the second one.
fn written(project: &Project) -> Cow<'_, str> {
    match &project.text_pair {
        None => Cow::Borrowed(&project.text),
        Some(second) => Cow::Owned(format!("{}\n{second}", project.text)),
    }
}

fn change(old: &Project, new: &Project) -> Change {
    let (before, after) = (written(old), written(new));
    if before != after {
        let mut alike = old.clone();
        alike.text.clone_from(&new.text);
        alike.text_pair.clone_from(&new.text_pair);
        return if alike == *new { text_change(&before, &after) } else { Change::Other };
    }
    let mut changed = old.strategies.iter().zip(&new.strategies).filter(|(one, other)| one != other);
    let (first, second) = (changed.next(), changed.next());
    match (first, second) {
        (Some((one, other)), None)
            if one.id == other.id && one.enabled == other.enabled && old.strategies.len() == new.strategies.len() =>
        {
            Change::Setting(one.id)
        }
        _ => Change::Other,
    }
}

/// Where two texts differ, in characters: the part of the old one and the part of the new one.
fn difference(old: &str, new: &str) -> (Range<usize>, Range<usize>) {
    let (old, new): (Vec<char>, Vec<char>) = (old.chars().collect(), new.chars().collect());
    let start = old.iter().zip(&new).take_while(|(one, other)| one == other).count();
    let least = old.len().min(new.len()) - start;
    let end = old.iter().rev().zip(new.iter().rev()).take(least).take_while(|(one, other)| one == other).count();
    (start..old.len() - end, start..new.len() - end)
}

fn text_change(old: &str, new: &str) -> Change {
    let (gone, come) = difference(old, new);
    match (gone.len(), come.len()) {
        (0, 1..=TYPED) => Change::Insert { at: come.start, end: come.end },
        (1..=TYPED, 0) => Change::Delete { from: gone.start, to: gone.end },
        _ => Change::Other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pruning::StrategySpec;

    #[test]
    fn typing_into_the_second_text_is_one_step_as_in_the_first() {
        let mut project = Project::new("model");
        (project.text, project.text_pair) = ("a premise".to_owned(), Some("It".to_owned()));
        let (mut history, mut now) = (History::default(), 0.0);
        history.feed(now, &project);
        for typed in ["It i", "It is", "It is s", "It is so"] {
            now += 0.1;
            project.text_pair = Some(typed.to_owned());
            history.feed(now, &project);
        }
        let earlier = history.undo(now + 10.0, &project).expect("there is a step");
        assert_eq!(earlier.text_pair.as_deref(), Some("It"), "all that was typed at once");
    }

    /// Types texts, each so many seconds after the one before.
    fn typed(history: &mut History, project: &mut Project, now: &mut f64, texts: &[(&str, f64)]) {
        for (text, wait) in texts {
            *now += wait;
            (*text).clone_into(&mut project.text);
            history.feed(*now, project);
        }
    }

    fn steps_back(history: &mut History, project: &Project, now: f64) -> Vec<String> {
        let mut texts = Vec::new();
        let mut project = project.clone();
        while let Some(earlier) = history.undo(now, &project) {
            texts.push(earlier.text.clone());
            project = earlier;
        }
        texts
    }

    #[test]
    fn typing_is_one_step_until_there_is_a_pause() {
        let (mut history, mut project, mut now) = (History::default(), Project::new("model"), 0.0);
        history.feed(now, &project);
        let texts = [("a", 0.1), ("ab", 0.9), ("abc", 0.9), ("abcd", 1.5), ("abcde", 0.2)];
        typed(&mut history, &mut project, &mut now, &texts);
        assert_eq!(steps_back(&mut history, &project, now), ["abc", ""], "a pause of a second and a half divides");
    }

    #[test]
    fn deleting_pasting_and_moving_begin_a_step() {
        let (mut history, mut project, mut now) = (History::default(), Project::new("model"), 0.0);
        history.feed(now, &project);
        let texts = [
            ("ab", 0.1),
            ("abc", 0.1),
            ("ab", 0.1),
            ("a", 0.1),
            ("a long text that was pasted", 0.1),
            ("xa long text that was pasted", 0.1),
        ];
        typed(&mut history, &mut project, &mut now, &texts);
        let expected = ["a long text that was pasted", "a", "abc", ""];
        assert_eq!(steps_back(&mut history, &project, now), expected, "typed, deleted, pasted, typed elsewhere");
    }

    #[test]
    fn a_long_run_is_divided_between_words() {
        let (mut history, mut project, mut now) = (History::default(), Project::new("model"), 0.0);
        history.feed(now, &project);
        let whole = "one two three four five six seven eight";
        let prefixes: Vec<(&str, f64)> = (1..=whole.len()).map(|end| (&whole[..end], 0.1)).collect();
        typed(&mut history, &mut project, &mut now, &prefixes);
        assert_eq!(
            steps_back(&mut history, &project, now),
            ["one two three four five ", ""],
            "before the word after 24"
        );
    }

    #[test]
    fn a_drag_is_one_step_and_what_is_undone_can_be_done_again() {
        let (mut history, mut project) = (History::default(), Project::new("model"));
        let spec = |retention: f64| StrategySpec::parse(&format!("power_bert:retention={retention}")).unwrap();
        let id = project.push(spec(0.4), true);
        history.feed(0.0, &project);
        for step in 1..=5 {
            project.entry_mut(id).unwrap().spec = spec(0.4 + f64::from(step) / 100.0);
            history.feed(f64::from(step) / 10.0, &project);
        }
        let dragged = project.clone();
        let before = history.undo(0.6, &project).unwrap();
        assert_eq!(before.entry(id).map(|entry| &entry.spec), Some(&spec(0.4)), "to before the drag");
        assert!(!history.has_undo() && history.has_redo(), "one step");
        assert_eq!(history.redo(0.7, &before), Some(dragged.clone()), "and back");
        assert!(history.has_undo() && !history.has_redo(), "at the end again");
        let again = history.undo(0.8, &dragged).unwrap();
        let mut other = again;
        other.text.push('x');
        history.feed(0.9, &other);
        assert!(!history.has_redo(), "a new change ends what could be done again");
    }

    #[test]
    fn differences_are_found_between_what_stays() {
        assert_eq!(difference("abc", "abxc"), (2..2, 2..3), "one typed");
        assert_eq!(difference("aaa", "aa"), (2..3, 2..2), "one of several equal ones deleted");
        assert_eq!(difference("", "é"), (0..0, 0..1), "characters, not bytes");
        assert_eq!(difference("same", "same"), (4..4, 4..4), "nothing");
    }
}
