//! Which column is the text, which the label: by name, or as told.

use std::path::Path;

use super::error::Error;
use super::options::ReadOptions;

/// Names under which a text is looked for, best first; compared without case.
const TEXT_NAMES: &[&str] = &[
    "text",
    "sentence",
    "content",
    "test_case",
    "comment",
    "tweet",
    "generation",
    "comment_text",
    "review",
    "document",
    "post",
    "message",
    "prompt",
    "body",
];

/// Names of the first and second text of a pair, tried before [`TEXT_NAMES`]; both must be there.
const PAIR_NAMES: &[(&str, &str)] = &[
    ("text", "text_pair"),
    ("text_a", "text_b"),
    ("text1", "text2"),
    ("sentence1", "sentence2"),
    ("sentence_a", "sentence_b"),
    ("premise", "hypothesis"),
    ("question1", "question2"),
    ("question", "sentence"),
];

/// Names under which a label is looked for, best first; compared without case.
const LABEL_NAMES: &[&str] = &[
    "label",
    "label_gold",
    "gold_label",
    "class",
    "toxic",
    "toxicity_human",
    "labels",
    "sentiment",
    "is_toxic",
    "toxicity",
    "hateful",
    "polarity",
    "category",
];

const ID_NAMES: &[&str] = &["id", "example_id"];

/// Names of columns whose rows share an origin and must be resampled together.
const CLUSTER_NAMES: &[&str] = &["cluster", "cluster_id", "template", "template_id", "templ_id"];

/// Column numbers by duty.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Roles {
    pub(super) text: usize,
    pub(super) text_pair: Option<usize>,
    pub(super) label: Option<usize>,
    pub(super) id: Option<usize>,
    pub(super) cluster: Option<usize>,
    /// Group columns, each once.
    pub(super) groups: Vec<usize>,
    /// Whether `groups` was named by the user; otherwise it lists every column that may turn out to be one.
    pub(super) groups_named: bool,
}

impl Roles {
    /// Finds every column the options ask for, and the usual ones where they do not say.
    pub(super) fn resolve(columns: &[String], options: &ReadOptions, path: &Path) -> Result<Self, Error> {
        let finder = Finder { columns, path };
        let (text, text_pair) = finder.texts(options)?;
        let label = finder.named_or("label", options.label_column.as_deref(), LABEL_NAMES)?;
        let id = finder.named_or("id", options.id_column.as_deref(), ID_NAMES)?;
        let cluster = finder.named_or("cluster", options.cluster_column.as_deref(), CLUSTER_NAMES)?;
        if label == Some(text) {
            return Err(finder.same(text, "text", "label"));
        }
        if text_pair == Some(text) {
            return Err(finder.same(text, "text", "second text"));
        }
        let mut groups = Vec::new();
        if let Some(names) = &options.group_columns {
            for name in names {
                let index = finder.named("group", name)?;
                if !groups.contains(&index) {
                    groups.push(index);
                }
            }
        } else {
            let taken = [Some(text), text_pair, label, id, cluster];
            groups = (0..columns.len()).filter(|&i| !columns[i].is_empty() && !taken.contains(&Some(i))).collect();
        }
        let groups_named = options.group_columns.is_some();
        Ok(Self { text, text_pair, label, id, cluster, groups, groups_named })
    }
}

struct Finder<'a> {
    columns: &'a [String],
    path: &'a Path,
}

impl Finder<'_> {
    fn texts(&self, options: &ReadOptions) -> Result<(usize, Option<usize>), Error> {
        let pair_named = options.text_pair_column.as_deref();
        let text_pair = pair_named.map(|name| self.named("second text", name)).transpose()?;
        if let Some(name) = &options.text_column {
            return Ok((self.named("text", name)?, text_pair));
        }
        if text_pair.is_none() {
            let both = |&(first, second): &(&str, &str)| Some((self.find(first)?, self.find(second)?));
            if let Some((first, second)) = PAIR_NAMES.iter().find_map(both) {
                return Ok((first, Some(second)));
            }
        }
        let firsts = PAIR_NAMES.iter().map(|&(first, _)| first);
        let mut names = TEXT_NAMES.iter().copied().chain(firsts.filter(|_| text_pair.is_some()));
        let text = names.find_map(|name| self.find(name).filter(|&found| text_pair != Some(found)));
        let text = text.ok_or_else(|| Error::NoTextColumn {
            looked_for: TEXT_NAMES.join(", "),
            known: self.columns.to_vec(),
            path: self.path.to_owned(),
        })?;
        Ok((text, text_pair))
    }

    fn named_or(&self, role: &'static str, name: Option<&str>, usual: &[&str]) -> Result<Option<usize>, Error> {
        match name {
            Some(name) => self.named(role, name).map(Some),
            None => Ok(usual.iter().find_map(|name| self.find(name))),
        }
    }

    fn named(&self, role: &'static str, name: &str) -> Result<usize, Error> {
        self.find(name).ok_or_else(|| Error::MissingColumn {
            role,
            column: name.to_owned(),
            nearest: nearest(name, self.columns).cloned(),
            known: self.columns.to_vec(),
            path: self.path.to_owned(),
        })
    }

    /// The column of exactly this name, else the first that differs in case alone.
    fn find(&self, name: &str) -> Option<usize> {
        let exact = self.columns.iter().position(|column| column == name);
        exact.or_else(|| self.columns.iter().position(|column| column.to_lowercase() == name.to_lowercase()))
    }

    fn same(&self, column: usize, first: &'static str, second: &'static str) -> Error {
        Error::SameColumn { column: self.columns[column].clone(), first, second, path: self.path.to_owned() }
    }
}

/// The most similar name, if it is similar at all: at most two in five letters differ.
fn nearest<'a>(name: &str, known: &'a [String]) -> Option<&'a String> {
    let name = name.to_lowercase();
    let distance = |other: &&String| edit_distance(&name, &other.to_lowercase());
    let best = known.iter().filter(|other| !other.is_empty()).min_by_key(distance)?;
    let allowed = (name.chars().count().max(best.chars().count()) * 2 / 5).max(1);
    (distance(&best) <= allowed).then_some(best)
}

/// Levenshtein's distance in characters.
fn edit_distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let replaced = diagonal + usize::from(x != *y);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resolve(columns: &str, options: &ReadOptions) -> Result<Roles, Error> {
        let columns: Vec<String> = columns.split(',').map(str::to_owned).collect();
        Roles::resolve(&columns, options, Path::new("data.csv"))
    }

    fn check(columns: &str, text: usize, text_pair: Option<usize>, label: Option<usize>) {
        let roles = resolve(columns, &ReadOptions::default()).unwrap();
        assert_eq!((roles.text, roles.text_pair, roles.label), (text, text_pair, label), "columns {columns}");
    }

    #[test]
    fn columns_of_known_data_sets_are_found() {
        check("sentence,label", 0, None, Some(1));
        check("id,text,label", 1, None, Some(2));
        check(",functionality,case_id,test_case,label_gold,target_ident,templ_id", 3, None, Some(4));
        check("text,target_group,toxicity_human", 0, None, Some(2));
        check("rev_id,comment,toxic", 1, None, Some(2));
        check(",count,hate_speech,offensive_language,neither,class,tweet", 6, None, Some(5));
        check("Label,TEXT", 1, None, Some(0));
        check("idx,premise,hypothesis,gold_label", 1, Some(2), Some(3));
        check("question,sentence,label", 0, Some(1), Some(2));
        check("content", 0, None, None);
    }

    #[test]
    fn an_unknown_column_names_its_neighbor() {
        let options = ReadOptions { label_column: Some("lable".to_owned()), ..Default::default() };
        let message = resolve("text,label,age", &options).unwrap_err().to_string();
        let expected =
            r#"no label column "lable", did you mean "label"; the file has "text", "label", "age": data.csv"#;
        assert_eq!(message, expected, "role, name, neighbor, columns, path");
    }

    #[test]
    fn without_a_text_column_the_names_tried_are_listed() {
        let message = resolve("a,b", &ReadOptions::default()).unwrap_err().to_string();
        assert!(message.starts_with("no text column found (looked for text, sentence, content"), "got: {message}");
        assert!(message.ends_with(r#"the file has "a", "b": data.csv"#), "got: {message}");
    }

    #[test]
    fn one_column_has_one_duty() {
        let options = ReadOptions { label_column: Some("text".to_owned()), ..Default::default() };
        let message = resolve("text,label", &options).unwrap_err().to_string();
        assert_eq!(message, r#"column "text" cannot be both text and label: data.csv"#, "both duties");
    }

    #[test]
    fn a_named_second_text_leaves_the_first_to_be_found() {
        let options = ReadOptions { text_pair_column: Some("text".to_owned()), ..Default::default() };
        let roles = resolve("text,sentence", &options).unwrap();
        assert_eq!((roles.text, roles.text_pair), (1, Some(0)), "the text column is taken, the sentence is free");
    }

    #[test]
    fn distances_count_letters() {
        // kitten -> sitting: two replaced, one added (Levenshtein's textbook example).
        assert_eq!(edit_distance("kitten", "sitting"), 3, "the textbook example");
        assert_eq!(nearest("zzz", &["text".to_owned()]), None, "nothing similar, no hint");
    }
}
