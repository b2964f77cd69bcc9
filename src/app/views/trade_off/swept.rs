//! Which settings a sweep runs, and in which order.

use crate::project::Project;
use crate::pruning::StrategySpec;

/// One setting of a sweep.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct SweptSetting {
    /// The name of its line: that of the strategy in the project.
    pub(crate) series: String,
    /// The setting.
    pub(crate) spec: StrategySpec,
}

/// Every enabled strategy along its dial, and as it is set now. The ends and middles of all dials come first, so that
/// stopping early still leaves whole curves.
pub(crate) fn swept_settings(project: &Project) -> Vec<SweptSetting> {
    let mut lines: Vec<Vec<SweptSetting>> = Vec::new();
    for entry in project.enabled().filter(|entry| entry.spec.id() != "dense") {
        let series = project.name(entry.id);
        let settings = settings(&entry.spec).into_iter();
        lines.push(settings.map(|spec| SweptSetting { series: series.clone(), spec }).collect());
    }
    let longest = lines.iter().map(Vec::len).max().unwrap_or(0);
    let rounds = (0..longest).flat_map(|round| lines.iter().filter_map(move |line| line.get(round)));
    rounds.cloned().collect()
}

/// The setting in use, then the dial's values, spread first and dense later.
fn settings(spec: &StrategySpec) -> Vec<StrategySpec> {
    let mut settings = vec![spec.clone()];
    if let Some(dial) = &spec.info().dial {
        let along = dial.values.iter().filter_map(|value| spec.with(dial.key, value.clone()).ok());
        let along: Vec<StrategySpec> = along.collect();
        for index in spread(along.len()) {
            if !settings.contains(&along[index]) {
                settings.push(along[index].clone());
            }
        }
    }
    settings
}

/// All indices below `count`: both ends, then the middle of the widest gap, again and again.
fn spread(count: usize) -> Vec<usize> {
    let mut order: Vec<usize> = if count > 1 { vec![count - 1, 0] } else { (0..count).collect() };
    while order.len() < count {
        let mut taken = order.clone();
        taken.sort_unstable();
        let widest = taken.array_windows().max_by_key(|[low, high]| (high - low, std::cmp::Reverse(*low)));
        let Some(&[low, high]) = widest else { break };
        order.push(usize::midpoint(low, high));
    }
    order
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dial_is_walked_from_its_ends_to_its_gaps() {
        assert_eq!(spread(5), [4, 0, 2, 1, 3], "ends, middle, then the rest");
        for count in 0..12 {
            let mut order = spread(count);
            order.sort_unstable();
            assert_eq!(order, (0..count).collect::<Vec<_>>(), "every index once, of {count}");
        }
    }

    #[test]
    fn a_plan_runs_the_settings_in_use_first_and_every_setting_once() {
        let mut project = Project::new("model");
        project.push(StrategySpec::parse("dense").unwrap(), true);
        project.push(StrategySpec::parse("power_bert:retention=0.43").unwrap(), true);
        project.push(StrategySpec::parse("power_bert:retention=0.5,protect=cls").unwrap(), true);
        project.push(StrategySpec::parse("power_bert:retention=0.9").unwrap(), false);
        let swept = swept_settings(&project);
        let first: Vec<String> = swept[..2].iter().map(|setting| setting.spec.to_string()).collect();
        assert!(first[0].contains("retention=0.43"), "the first in use: {first:?}");
        assert!(first[1].contains("retention=0.5") && first[1].contains("protect=cls"), "the second: {first:?}");
        assert!(swept.len() >= 8, "both dials: {}", swept.len());
        for (index, one) in swept.iter().enumerate() {
            assert!(swept[..index].iter().all(|other| other.spec != one.spec), "{} twice", one.spec);
            assert_ne!(one.spec.id(), "dense", "dense is the reference, not a setting");
        }
        let series: std::collections::BTreeSet<&str> = swept.iter().map(|setting| setting.series.as_str()).collect();
        assert_eq!(series.into_iter().collect::<Vec<_>>(), ["power_bert", "power_bert (2)"], "two lines");
    }
}
