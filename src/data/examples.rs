//! The rows of a file as examples, one at a time.

use std::path::Path;
use std::sync::Arc;

use super::columns::GroupRole;
use super::columns::Roles;
use super::content::Content;
use super::error::Error;
use super::example::Example;
use super::example::SkippedRow;
use super::file_facts::FileFacts;
use super::groups::Finished;
use super::groups::GroupBuilder;
use super::groups::MOST_GROUPS;
use super::groups::Taken;
use super::groups::TooMany;
use super::label::mapped_label;
use super::label_answer::label_of_columns;
use super::missing::is_missing;
use super::options::ReadOptions;
use super::options::Take;
use super::record::Cell;
use super::record::Record;
use super::report::ReadReport;
use super::rows::Failure;
use super::rows::Rows;
use super::skips::Skips;

/// How often the progress callback is asked, in records.
const PROGRESS_EVERY: u64 = 1024;

/// The usable rows of a file, up to the limit, and between them the ones that cannot be used.
pub(super) struct Examples {
    rows: Rows,
    columns: Vec<String>,
    roles: Roles,
    label_map: Vec<(String, String)>,
    whole_cells: bool,
    max_skipped: f64,
    /// Usable rows that may still come.
    left: usize,
}

/// A usable row; its groups are in the record alone.
pub(super) type Usable = (Example, Record);

impl Examples {
    pub(super) fn open(path: &Path, options: &ReadOptions) -> Result<Self, Error> {
        let rows = Rows::open_with(path, options)?;
        let columns = rows.columns().to_vec();
        let roles = Roles::resolve(&columns, options, path).map_err(|error| name_type(error, &rows.facts().unread))?;
        let left = match options.take {
            // Whoever reads draws among all of them.
            Take::All | Take::Draw { .. } => usize::MAX,
            Take::First(rows) => rows,
        };
        let names = roles.label.and_then(|label| class_names(rows.facts(), &columns[label]));
        let label_map = with_class_names(&options.label_map, names.unwrap_or_default());
        let (whole_cells, max_skipped) = (options.whole_cells, options.max_skipped);
        Ok(Self { rows, columns, roles, label_map, whole_cells, max_skipped, left })
    }

    pub(super) fn columns(&self) -> &[String] {
        &self.columns
    }

    /// Name of the column of the texts, of the second texts, of the labels and of the clusters.
    pub(super) fn names(&self) -> (String, [Option<String>; 3]) {
        let name_of = |column: Option<usize>| column.map(|index| self.columns[index].clone());
        let Roles { text, text_pair, label, cluster, .. } = &self.roles;
        let [text_pair, label, cluster] = [*text_pair, *label, *cluster].map(name_of);
        (self.columns[*text].clone(), [text_pair, label.or_else(|| self.label_columns()), cluster])
    }

    /// Names of the columns of 0 and 1 that make the label, if several do.
    fn label_columns(&self) -> Option<String> {
        let names: Vec<&str> = self.roles.label_columns.iter().map(|&column| self.columns[column].as_str()).collect();
        (!names.is_empty()).then(|| names.join(", "))
    }

    /// What is known before the first row: the format and the columns.
    pub(super) fn report(&self) -> ReadReport {
        let Roles { text, text_pair, label, id, cluster, warnings, .. } = &self.roles;
        let duties = ["text", "second text", "label", "id", "cluster"];
        let columns = duties.into_iter().zip([Some(*text), *text_pair, *label, *id, *cluster]);
        let facts = self.rows.facts();
        let columns = columns.filter_map(|(duty, column)| Some((duty, self.columns[column?].clone())));
        ReadReport {
            format: facts.format.clone(),
            columns: columns.chain(self.label_columns().map(|names| ("labels", names))).collect(),
            unread: facts.unread.clone(),
            class_names: label.and_then(|label| class_names(facts, &self.columns[label])).map(<[String]>::to_vec),
            warnings: warnings.clone(),
            ..ReadReport::default()
        }
    }

    /// What takes in the groups of every usable row.
    pub(super) fn groups(&self) -> GroupReader {
        let builder = |role: &GroupRole| {
            let taken = Taken { named: self.roles.groups_named, whole: self.whole_cells };
            (role.columns.clone(), GroupBuilder::new(&role.name, taken))
        };
        GroupReader(self.roles.groups.iter().map(builder).collect())
    }

    /// Hands over every usable row until the end, the limit, or a stop; `go_on` hears now and then how many were seen.
    /// Gives back what was skipped.
    pub(super) fn for_each(
        self,
        path: &Path,
        go_on: &mut dyn FnMut(u64) -> bool,
        mut take: impl FnMut(Usable) -> Result<(), Error>,
    ) -> Result<Skips, Error> {
        let (mut records, mut usable, mut skips) = (0_u64, 0_usize, Skips::default());
        let max_skipped = self.max_skipped;
        for row in self {
            match row {
                Ok(row) => {
                    usable += 1;
                    take(row)?;
                }
                Err(Failure::Row(row)) => skips.push(row),
                Err(Failure::File(err)) => return Err(err),
            }
            records += 1;
            if records.is_multiple_of(PROGRESS_EVERY) && !go_on(records) {
                return Err(Error::Stopped { records });
            }
        }
        let path = path.to_owned();
        if usable == 0 {
            return Err(Error::NoRow {
                skipped: skips.count,
                reason: skips.first.first().map(ToString::to_string),
                path,
            });
        }
        let records = usable + skips.count;
        if skips.count as f64 > max_skipped * records as f64 {
            let (skipped, reasons) = (skips.count, skips.reasons());
            return Err(Error::TooManySkipped { skipped, records, allowed: max_skipped, reasons, path });
        }
        Ok(skips)
    }

    /// The label as read and mapped. Whether "None" is no label or the name of a class is for whoever knows the classes.
    fn label_of(&self, record: &Record) -> Result<Option<String>, String> {
        if !self.roles.label_columns.is_empty() {
            let columns = self.roles.label_columns.iter();
            return label_of_columns(columns.map(|&column| (self.columns[column].as_str(), &record.cells[column])));
        }
        let Some(column) = self.roles.label else { return Ok(None) };
        Ok(match &record.cells[column] {
            Cell::List(items) => Some(serde_json::Value::from(items.as_slice()).to_string()),
            cell => cell.as_text().and_then(|label| mapped_label(label.trim(), &self.label_map)),
        })
    }

    fn example_of(&self, record: &Record) -> Result<Example, String> {
        let text = text_of(record, self.roles.text, &self.columns)?;
        let pair = self.roles.text_pair.map(|column| text_of(record, column, &self.columns));
        let text_in = |column: Option<usize>| column.and_then(|i| record.cells[i].as_text()).map(str::trim);
        let value_in = |column: Option<usize>| text_in(column).filter(|value| !is_missing(value)).map(str::to_owned);
        Ok(Example {
            id: value_in(self.roles.id).unwrap_or_else(|| record.number.to_string()),
            content: match pair.transpose()? {
                None => Content::Text(text),
                Some(pair) => Content::Pair(text, pair),
            },
            label: self.label_of(record)?,
            groups: Vec::new(),
            cluster: value_in(self.roles.cluster),
        })
    }
}

impl Iterator for Examples {
    type Item = Result<Usable, Failure>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.left == 0 {
            return None;
        }
        Some(self.rows.next()?.and_then(|record| match self.example_of(&record) {
            Ok(example) => {
                self.left -= 1;
                Ok((example, record))
            }
            Err(reason) => Err(Failure::Row(SkippedRow { record: record.number, line: record.line, reason })),
        }))
    }
}

/// The group columns while rows go by.
pub(super) struct GroupReader(Vec<(Vec<usize>, GroupBuilder)>);

impl GroupReader {
    pub(super) fn push(&mut self, record: &Record) {
        for (columns, builder) in &mut self.0 {
            match columns.as_slice() {
                [column] => builder.push(&[&record.cells[*column]]),
                columns => builder.push(&columns.iter().map(|&column| &record.cells[column]).collect::<Vec<_>>()),
            }
        }
    }

    /// The columns that are groups, and who is in them.
    pub(super) fn finish(self, path: &Path) -> Result<Vec<Finished>, Error> {
        let refused = |TooMany { name, count, examples }| Error::TooManyGroups {
            column: name,
            count,
            most: MOST_GROUPS,
            examples,
            path: path.to_owned(),
        };
        let finished = self.0.into_iter().map(|(_, builder)| builder.finish().map_err(refused));
        finished.filter_map(Result::transpose).collect()
    }
}

/// Class names that the file gives to the numbers of this column.
fn class_names<'a>(facts: &'a FileFacts, column: &str) -> Option<&'a [String]> {
    facts.class_names.iter().find(|(name, _)| name == column).map(|(_, names)| names.as_slice())
}

/// A map from class numbers also works where the file has names for them.
fn with_class_names(map: &[(String, String)], names: &[String]) -> Vec<(String, String)> {
    let name_of = |number: &str| number.parse().ok().and_then(|number: usize| names.get(number));
    let named = map.iter().filter_map(|(from, to)| Some((name_of(from)?.clone(), to.clone())));
    map.iter().cloned().chain(named).collect()
}

/// A column that is missing because of its type is named as such.
fn name_type(error: Error, unread: &[(String, String)]) -> Error {
    let Error::MissingColumn { role, column, nearest, known, path } = error else { return error };
    match unread.iter().find(|(name, _)| *name == column) {
        Some((_, kind)) => Error::UnreadColumn { role, column, kind: kind.clone(), path },
        None => Error::MissingColumn { role, column, nearest, known, path },
    }
}

/// The text of a cell, or what is wrong with it.
fn text_of(record: &Record, column: usize, columns: &[String]) -> Result<Arc<str>, String> {
    match &record.cells[column] {
        Cell::Text(text) if !text.trim().is_empty() => Ok(Arc::from(text.as_str())),
        Cell::Missing | Cell::Text(_) => Err(format!("no text in column {:?}", columns[column])),
        Cell::List(_) => Err(format!("expected a text in column {:?}, got a list", columns[column])),
    }
}
