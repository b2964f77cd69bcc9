//! The only code that changes the project. One short function per change.

use crate::app::Edit;
use crate::project::Project;
use crate::pruning::StrategySpec;

/// Changes the project.
pub(crate) fn apply(project: &mut Project, edit: Edit) {
    match edit {
        Edit::SetText(text) => project.text = text,
        Edit::SetTextPair(text) => project.text_pair = text,
        Edit::SetModel(path) => project.model = path,
        Edit::SetData(source) => project.data = source.map(|source| *source),
        Edit::SetPositive(class) => {
            if let Some(source) = &mut project.data {
                source.options.positive = class;
            }
        }
        Edit::SetRowLimit(limit) => project.row_limit = limit,
        Edit::AddStrategy(spec) => {
            project.push(spec, true);
        }
        Edit::RemoveStrategy(id) => {
            project.remove(id);
        }
        Edit::DuplicateStrategy(id) => {
            project.duplicate(id);
        }
        Edit::SetStrategy(id, spec) => {
            if let Some(entry) = project.entry_mut(id) {
                entry.spec = spec;
            }
        }
        Edit::SetSettings(settings) => {
            for (id, spec) in settings {
                if let Some(entry) = project.entry_mut(id) {
                    entry.spec = spec;
                }
            }
        }
        Edit::EnableStrategy(id, enabled) => {
            if let Some(entry) = project.entry_mut(id) {
                entry.enabled = enabled;
            }
        }
        Edit::SetStrategies(specs) => set_strategies(project, specs),
        Edit::Replace(mut other) => {
            other.counts_on_from(project);
            *project = *other;
        }
    }
}

fn set_strategies(project: &mut Project, specs: Vec<(StrategySpec, bool)>) {
    // Ids go on from where they were: results of the old list must not be taken for the new one's.
    let old: Vec<_> = project.strategies.iter().map(|entry| entry.id).collect();
    for id in old {
        project.remove(id);
    }
    for (spec, enabled) in specs {
        project.push(spec, enabled);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::project::DataSource;

    #[test]
    fn the_class_of_interest_changes_what_is_measured_and_not_what_is_read() {
        let mut project = Project::new("model");
        apply(&mut project, Edit::SetPositive(Some("toxic".to_owned())));
        assert_eq!(project.data, None, "without data there is nothing to measure");
        let source = DataSource { path: "some.csv".into(), ..DataSource::default() };
        apply(&mut project, Edit::SetData(Some(Box::new(source.clone()))));
        apply(&mut project, Edit::SetPositive(Some("toxic".to_owned())));
        let changed = project.data.expect("it is there");
        assert_eq!(changed.options.positive.as_deref(), Some("toxic"), "set");
        assert_eq!(changed.reading(), source.reading(), "the file is not read again");
    }

    #[test]
    fn strategies_come_and_go_and_ids_are_never_reused() {
        let spec = StrategySpec::parse("power_bert:retention=0.4").unwrap();
        let mut project = Project::new("model");
        apply(&mut project, Edit::AddStrategy(spec.clone()));
        let first = project.strategies[0].id;
        apply(&mut project, Edit::DuplicateStrategy(first));
        apply(&mut project, Edit::RemoveStrategy(first));
        assert_eq!(project.strategies.len(), 1, "the copy is left");
        apply(&mut project, Edit::SetStrategies(vec![(spec.clone(), true)]));
        assert_eq!(project.strategies.len(), 1, "the new list");
        assert!(project.strategies[0].id > first, "a fresh id");
        let id = project.strategies[0].id;
        apply(&mut project, Edit::EnableStrategy(id, false));
        assert_eq!(project.enabled().count(), 0, "hidden");
        let other = StrategySpec::parse("power_bert:retention=0.7").unwrap();
        apply(&mut project, Edit::SetStrategy(id, other.clone()));
        assert_eq!(project.entry(id).map(|entry| &entry.spec), Some(&other), "changed");
        let before = project.clone();
        apply(&mut project, Edit::AddStrategy(spec.clone()));
        let added = project.strategies[1].id;
        // What undo does.
        let mut undone = before;
        undone.counts_on_from(&project);
        apply(&mut undone, Edit::AddStrategy(spec.clone()));
        assert!(undone.strategies[1].id > added, "an id that was undone is not given again");
        apply(&mut undone, Edit::Replace(Box::new(Project::new("another"))));
        apply(&mut undone, Edit::AddStrategy(spec));
        assert!(undone.strategies[0].id.0 > added.0 + 1, "nor by another project in its place");
    }
}
