//! The rows of a file as examples, one at a time.

use std::path::Path;
use std::sync::Arc;

use super::columns::Roles;
use super::dataset::Example;
use super::dataset::GroupColumn;
use super::dataset::SkippedRow;
use super::error::Error;
use super::groups::GroupBuilder;
use super::label::mapped_label;
use super::memberships::Memberships;
use super::options::ReadOptions;
use super::options::Take;
use super::record::Cell;
use super::record::Record;
use super::rows::Failure;
use super::rows::Rows;

/// How often the progress callback is asked, in records.
const PROGRESS_EVERY: u64 = 1024;

/// The usable rows of a file, up to the limit, and between them the ones that cannot be used.
pub(super) struct Examples {
    rows: Rows,
    columns: Vec<String>,
    roles: Roles,
    label_map: Vec<(String, String)>,
    /// Usable rows that may still come.
    left: usize,
}

/// A usable row; its groups are in the record alone.
pub(super) type Usable = (Example, Record);

impl Examples {
    pub(super) fn open(path: &Path, options: &ReadOptions) -> Result<Self, Error> {
        let rows = Rows::open(path)?;
        let columns = rows.columns().to_vec();
        let roles = Roles::resolve(&columns, options, path)?;
        let left = match options.take {
            // Whoever reads draws among all of them.
            Take::All | Take::Draw { .. } => usize::MAX,
            Take::First(rows) => rows,
        };
        Ok(Self { rows, columns, roles, label_map: options.label_map.clone(), left })
    }

    pub(super) fn columns(&self) -> &[String] {
        &self.columns
    }

    /// Name of the column of the texts, of the second texts, of the labels and of the clusters.
    pub(super) fn names(&self) -> (String, [Option<String>; 3]) {
        let name_of = |column: Option<usize>| column.map(|index| self.columns[index].clone());
        let Roles { text, text_pair, label, cluster, .. } = &self.roles;
        (self.columns[*text].clone(), [*text_pair, *label, *cluster].map(name_of))
    }

    /// What takes in the groups of every usable row.
    pub(super) fn groups(&self) -> GroupReader {
        let builder = |&column: &usize| (column, GroupBuilder::new(&self.columns[column], self.roles.groups_named));
        GroupReader(self.roles.groups.iter().map(builder).collect())
    }

    /// Hands over every row until the end, the limit, or a stop; `go_on` hears now and then how many were seen.
    pub(super) fn for_each(
        self,
        path: &Path,
        go_on: &mut dyn FnMut(u64) -> bool,
        mut take: impl FnMut(Result<Usable, SkippedRow>) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let (mut records, mut usable, mut first_skipped) = (0_u64, 0_u64, None);
        for row in self {
            match row {
                Ok(row) => {
                    usable += 1;
                    take(Ok(row))?;
                }
                Err(Failure::Row(row)) => {
                    first_skipped.get_or_insert_with(|| row.to_string());
                    take(Err(row))?;
                }
                Err(Failure::File(err)) => return Err(err),
            }
            records += 1;
            if records.is_multiple_of(PROGRESS_EVERY) && !go_on(records) {
                return Err(Error::Stopped { records });
            }
        }
        if usable == 0 {
            let skipped = usize::try_from(records).unwrap_or(usize::MAX);
            return Err(Error::NoRow { skipped, reason: first_skipped, path: path.to_owned() });
        }
        Ok(())
    }

    fn example_of(&self, record: &Record) -> Result<Example, String> {
        let text = text_of(record, self.roles.text, &self.columns)?;
        let pair = self.roles.text_pair.map(|column| text_of(record, column, &self.columns));
        let text_in = |column: Option<usize>| column.and_then(|i| record.cells[i].as_text()).map(str::trim);
        Ok(Example {
            id: text_in(self.roles.id).map_or_else(|| record.number.to_string(), str::to_owned),
            text,
            text_pair: pair.transpose()?,
            label: text_in(self.roles.label).map(|label| mapped_label(label, &self.label_map)),
            groups: Vec::new(),
            cluster: text_in(self.roles.cluster).map(str::to_owned),
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
pub(super) struct GroupReader(Vec<(usize, GroupBuilder)>);

impl GroupReader {
    pub(super) fn push(&mut self, record: &Record) {
        for (column, builder) in &mut self.0 {
            builder.push(&record.cells[*column]);
        }
    }

    /// The columns that are groups, and who is in them.
    pub(super) fn finish(self) -> (Vec<GroupColumn>, Vec<Memberships>) {
        self.0.into_iter().filter_map(|(_, builder)| builder.finish()).unzip()
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
