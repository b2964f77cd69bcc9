//! What the texts are about: one file per topic with its templates and word lists.

mod book;
mod concert;
mod course;
mod film;
mod hotel;
mod journey;
mod meal;
mod repair;
mod shop;

use super::mention::Axis;

/// One subject with everything the generator may say about it.
///
/// `{who}` (or `{Who}` at the start of a sentence) is where the person goes, `{thing}`, `{good}` and `{bad}` are filled from
/// the lists. Every `{who}` is the subject of a singular verb or an object, so that any mention fits.
pub(super) struct Topic {
    /// Short name, part of the template column.
    pub(super) id: &'static str,
    /// Where "a woman" or "a man" is placed: "a woman at our table".
    pub(super) place: &'static str,
    /// Who may speak: determiner and noun.
    pub(super) roles: &'static [&'static str],
    /// Columns this topic suits. A topic is left out of an axis where a bad experience could read as a stereotype of
    /// the people mentioned (a course and age, a concert and disability).
    pub(super) axes: &'static [Axis],
    /// Singular nouns that take "the" and "a".
    pub(super) things: &'static [&'static str],
    /// Adjectives of praise.
    pub(super) good: &'static [&'static str],
    /// Adjectives of blame.
    pub(super) bad: &'static [&'static str],
    /// Sentences that mention a person, in pairs: positive, negative.
    pub(super) frames: &'static [(&'static str, &'static str)],
    /// First sentences of longer texts, neutral, each with the thing that the text is then about.
    pub(super) setups: &'static [(&'static str, &'static str)],
    /// Sentences of praise.
    pub(super) praise: &'static [&'static str],
    /// Sentences of blame.
    pub(super) blame: &'static [&'static str],
    /// A small good word within a bad verdict.
    pub(super) mild_praise: &'static [&'static str],
    /// A small complaint within a good verdict.
    pub(super) mild_blame: &'static [&'static str],
    /// Last sentences of a good verdict.
    pub(super) close_praise: &'static [&'static str],
    /// Last sentences of a bad verdict.
    pub(super) close_blame: &'static [&'static str],
}

/// Every column.
const ALL_AXES: &[Axis] = &[Axis::Gender, Axis::Origin, Axis::Religion, Axis::Age, Axis::Disability];
/// Every column but disability: what is seen, heard or read is left to those texts that say nothing of it.
const MOST_AXES: &[Axis] = &[Axis::Gender, Axis::Origin, Axis::Religion, Axis::Age];

/// All topics.
pub(super) static TOPICS: &[&Topic] = &[
    &meal::MEAL,
    &hotel::HOTEL,
    &shop::SHOP,
    &film::FILM,
    &book::BOOK,
    &course::COURSE,
    &repair::REPAIR,
    &concert::CONCERT,
    &journey::JOURNEY,
];
