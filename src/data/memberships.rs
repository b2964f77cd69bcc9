//! Which groups each row is in, in four bytes a row.

use std::collections::HashMap;

/// Groups of each row of one column; rows that name the same groups share one list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Memberships {
    /// The lists that occur, each once, in order of first appearance.
    lists: Vec<Vec<usize>>,
    list_of_row: Vec<u32>,
}

impl Memberships {
    /// Number of rows.
    #[must_use]
    pub fn len(&self) -> usize {
        self.list_of_row.len()
    }

    /// Whether there is no row.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.list_of_row.is_empty()
    }

    /// Groups of a row, as indices into the column's values, in the order of its cell.
    #[must_use]
    pub fn of(&self, row: usize) -> &[usize] {
        let list = self.list_of_row.get(row).and_then(|&list| self.lists.get(list as usize));
        list.map_or(&[], Vec::as_slice)
    }

    /// Some of the rows, in the order given.
    pub(super) fn select(&self, rows: &[u32]) -> Self {
        let list = |&row: &u32| self.list_of_row.get(row as usize).copied();
        Self { lists: self.lists.clone(), list_of_row: rows.iter().filter_map(list).collect() }
    }

    /// Tells of every row whether it is in the group.
    pub fn has(&self, value: usize) -> impl Fn(usize) -> bool + '_ {
        let lists: Vec<bool> = self.lists.iter().map(|list| list.contains(&value)).collect();
        move |row| self.list_of_row.get(row).is_some_and(|&list| lists[list as usize])
    }
}

/// [`Memberships`] on their way.
#[derive(Default)]
pub(super) struct MembershipsBuilder {
    found: Memberships,
    index: HashMap<Vec<usize>, u32>,
}

impl MembershipsBuilder {
    /// Takes the next row's groups, each once.
    pub(super) fn push(&mut self, groups: Vec<usize>) {
        let list = self.index.get(&groups).copied().unwrap_or_else(|| {
            // No more lists than rows, whose number is checked where they are read.
            let next = u32::try_from(self.found.lists.len()).unwrap_or(u32::MAX);
            self.found.lists.push(groups.clone());
            self.index.insert(groups, next);
            next
        });
        self.found.list_of_row.push(list);
    }

    pub(super) fn finish(mut self) -> Memberships {
        self.found.list_of_row.shrink_to_fit();
        self.found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_keeps_its_groups_in_order() {
        let rows = [vec![1, 0], vec![], vec![0], vec![1, 0], vec![0, 1]];
        let mut builder = MembershipsBuilder::default();
        for row in &rows {
            builder.push(row.clone());
        }
        let found = builder.finish();
        let back: Vec<&[usize]> = (0..found.len()).map(|row| found.of(row)).collect();
        assert_eq!(back, rows, "as they came");
        assert_eq!(found.lists.len(), 4, "the fourth row shares the first row's list");
        let members = |value: usize| (0..rows.len()).filter(|&row| found.has(value)(row)).collect::<Vec<_>>();
        assert_eq!(members(0), [0, 2, 3, 4], "rows in group 0");
        assert_eq!((members(1), members(2)), (vec![0, 3, 4], vec![]), "and in 1; nobody in 2");
    }
}
