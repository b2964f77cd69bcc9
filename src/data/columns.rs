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
    ("question", "passage"),
    ("question", "context"),
    ("query", "document"),
    ("query", "passage"),
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
    /// Columns of 0 and 1 that make the label together, in place of `label`.
    pub(super) label_columns: Vec<usize>,
    pub(super) id: Option<usize>,
    pub(super) cluster: Option<usize>,
    /// Group columns, each once.
    pub(super) groups: Vec<GroupRole>,
    /// Whether `groups` was named by the user; otherwise it lists every column that may turn out to be one.
    pub(super) groups_named: bool,
    /// Choices among several columns that would do.
    pub(super) warnings: Vec<String>,
}

/// A group column, or the intersection of several.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct GroupRole {
    pub(super) name: String,
    pub(super) columns: Vec<usize>,
}

impl Roles {
    /// Finds every column the options ask for, and the usual ones where they do not say.
    pub(super) fn resolve(columns: &[String], options: &ReadOptions, path: &Path) -> Result<Self, Error> {
        let finder = Finder { columns, path };
        let (text, text_pair) = finder.texts(options)?;
        let label_columns = finder.label_columns(options)?;
        let label = if label_columns.is_empty() {
            finder.named_or("label", options.label_column.as_deref(), LABEL_NAMES)?
        } else {
            None
        };
        let id = finder.named_or("id", options.id_column.as_deref(), ID_NAMES)?;
        let cluster = finder.named_or("cluster", options.cluster_column.as_deref(), CLUSTER_NAMES)?;
        if label == Some(text) || label_columns.contains(&text) {
            return Err(finder.same(text, "text", "label"));
        }
        if text_pair == Some(text) {
            return Err(finder.same(text, "text", "second text"));
        }
        let mut groups: Vec<GroupRole> = Vec::new();
        if let Some(names) = &options.group_columns {
            for name in names {
                let group = finder.group(name)?;
                if groups.iter().all(|known| known.columns != group.columns) {
                    groups.push(group);
                }
            }
        } else {
            let taken = [Some(text), text_pair, label, id, cluster];
            let is_taken = |column: usize| taken.contains(&Some(column)) || label_columns.contains(&column);
            let free = (0..columns.len()).filter(|&i| !columns[i].is_empty() && !is_taken(i));
            groups.extend(free.map(|i| GroupRole { name: columns[i].clone(), columns: vec![i] }));
        }
        let groups_named = options.group_columns.is_some();
        let warnings = Vec::new();
        let mut roles = Self { text, text_pair, label, label_columns, id, cluster, groups, groups_named, warnings };
        roles.warnings = finder.rivals(&roles, options);
        Ok(roles)
    }
}

struct Finder<'a> {
    columns: &'a [String],
    path: &'a Path,
}

impl Finder<'_> {
    /// The columns of 0 and 1: those named, or the model's labels where each of them is a column and nothing is named.
    fn label_columns(&self, options: &ReadOptions) -> Result<Vec<usize>, Error> {
        if options.label_columns.is_empty() && options.label_column.is_none() {
            return Ok(options
                .model_labels
                .iter()
                .map(|name| self.find(name))
                .collect::<Option<_>>()
                .unwrap_or_default());
        }
        let mut columns = Vec::new();
        for name in &options.label_columns {
            let column = self.named("label", name)?;
            if !columns.contains(&column) {
                columns.push(column);
            }
        }
        Ok(columns)
    }

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

    /// One column, or the columns between commas unless a column has that very name.
    fn group(&self, name: &str) -> Result<GroupRole, Error> {
        let parts: Vec<&str> = name.split(',').map(str::trim).filter(|part| !part.is_empty()).collect();
        if self.find(name).is_some() || parts.len() < 2 {
            let column = self.named("group", name)?;
            return Ok(GroupRole { name: self.columns[column].clone(), columns: vec![column] });
        }
        let mut columns = Vec::new();
        for part in parts {
            let column = self.named("group", part)?;
            if !columns.contains(&column) {
                columns.push(column);
            }
        }
        let names: Vec<&str> = columns.iter().map(|&column| self.columns[column].as_str()).collect();
        Ok(GroupRole { name: names.join(","), columns })
    }

    /// Columns that would have done as well as the one that was found.
    fn rivals(&self, roles: &Roles, options: &ReadOptions) -> Vec<String> {
        let grouped: Vec<usize> = match &options.group_columns {
            Some(_) => roles.groups.iter().flat_map(|group| group.columns.clone()).collect(),
            None => Vec::new(),
        };
        let taken = [Some(roles.text), roles.text_pair, roles.label, roles.id, roles.cluster];
        let is_free = |column: &usize| {
            !taken.contains(&Some(*column)) && !grouped.contains(column) && !roles.label_columns.contains(column)
        };
        let like = |looks_like: &dyn Fn(&str) -> bool| -> Vec<String> {
            let columns = (0..self.columns.len()).filter(is_free);
            let names = columns.map(|column| &self.columns[column]);
            names.filter(|name| looks_like(&name.to_lowercase())).map(|name| format!("{name:?}")).collect()
        };
        let mut warnings = Vec::new();
        let mut warn = |duty: &str, column: usize, flag: &str, rivals: Vec<String>| {
            if !rivals.is_empty() {
                let (name, rivals) = (&self.columns[column], rivals.join(", "));
                warnings.push(format!(
                    "{name:?} was taken as the {duty}, {rivals} would do too; name the column with {flag}"
                ));
            }
        };
        if options.text_column.is_none() {
            warn("text", roles.text, "--text-column", like(&|name| TEXT_NAMES.contains(&name)));
        }
        if let (None, Some(label)) = (&options.label_column, roles.label) {
            let looks_like =
                |name: &str| LABEL_NAMES.contains(&name) || name.starts_with("label") || name.ends_with("label");
            warn("label", label, "--label-column", like(&looks_like));
        }
        warnings
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

/// Whether texts, labels or ids are looked for under this name.
pub(super) fn is_usual_name(name: &str) -> bool {
    let name = name.trim().to_lowercase();
    let pairs = PAIR_NAMES.iter().flat_map(|&(first, second)| [first, second]);
    let mut usual = [TEXT_NAMES, LABEL_NAMES, ID_NAMES].into_iter().flatten().copied().chain(pairs);
    usual.any(|usual| usual == name)
}

/// The most similar name, if it is similar at all: at most two in five letters differ.
fn nearest<'a>(name: &str, known: &'a [String]) -> Option<&'a String> {
    let name = name.to_lowercase();
    let distance = |other: &&String| strsim::levenshtein(&name, &other.to_lowercase());
    // Names of sentences are no neighbors of anything, and their distance takes the product of their lengths.
    let short = known.iter().filter(|other| !other.is_empty() && other.len() <= 4 * name.len() + 8);
    let best = short.min_by_key(distance)?;
    let allowed = (name.chars().count().max(best.chars().count()) * 2 / 5).max(1);
    (distance(&best) <= allowed).then_some(best)
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
        check("query,document,label", 0, Some(1), Some(2));
        check("label,question,passage", 1, Some(2), Some(0));
        check("text_a,text_b,label", 0, Some(1), Some(2));
        check("sentence1,sentence2,label", 0, Some(1), Some(2));
        check("question1,question2,is_duplicate", 0, Some(1), None);
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
    fn only_similar_names_are_offered() {
        let known = ["text".to_owned(), "x".repeat(10_000)];
        assert_eq!(nearest("txt", &known).map(String::as_str), Some("text"), "a letter is missing");
        assert_eq!(nearest("zzz", &known), None, "nothing similar, no hint");
    }

    #[test]
    fn commas_make_intersections_unless_a_column_has_that_name() {
        let groups = |columns: &str, name: &str| {
            let columns: Vec<String> = columns.split('|').map(str::to_owned).collect();
            let options = ReadOptions { group_columns: Some(vec![name.to_owned()]), ..Default::default() };
            Roles::resolve(&columns, &options, Path::new("data.csv")).map(|roles| roles.groups)
        };
        let both = GroupRole { name: "gender,race".to_owned(), columns: vec![1, 2] };
        assert_eq!(groups("text|gender|race", "Gender, race").unwrap(), [both], "two columns");
        let one = GroupRole { name: "a,b".to_owned(), columns: vec![1] };
        assert_eq!(groups("text|a,b|a|b", "a,b").unwrap(), [one], "a column of that name");
        let message = groups("text|gender|race", "gender,rase").unwrap_err().to_string();
        assert!(message.starts_with("no group column \"rase\", did you mean \"race\""), "got: {message}");
    }

    #[test]
    fn columns_that_compete_are_told() {
        let warnings = |columns: &str, options: &ReadOptions| resolve(columns, options).unwrap().warnings;
        let columns = "title,review,text,rating,sentiment,label_id";
        let expected = [
            "\"text\" was taken as the text, \"review\" would do too; name the column with --text-column",
            "\"sentiment\" was taken as the label, \"label_id\" would do too; name the column with --label-column",
        ];
        assert_eq!(warnings(columns, &ReadOptions::default()), expected, "one of two each");
        let some = |name: &str| Some(name.to_owned());
        let named = ReadOptions { text_column: some("review"), label_column: some("sentiment"), ..Default::default() };
        assert!(warnings(columns, &named).is_empty(), "named columns have no rivals");
        assert!(warnings("text,label,gender", &ReadOptions::default()).is_empty(), "one of each");
    }
}
