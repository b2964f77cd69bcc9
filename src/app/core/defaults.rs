//! What a first start opens with: enough happens on screen that the heat map explains itself.

use std::path::PathBuf;

use crate::data;
use crate::model;
use crate::project::DataSource;
use crate::project::Project;
use crate::pruning::StrategySpec;

/// A sentence whose meaning hangs on small words, so that it matters which ones stay.
pub(crate) const TEXT: &str = "It wasn't bad, it just wasn't what we had hoped for.";

/// Two scored strategies, a merging one, a fusing one, and chance as control.
const STRATEGIES: [&str; 5] =
    ["power_bert:retention=0.4", "tome", "ltp:theta_final=0.006", "evit:retention=0.4", "random:retention=0.4"];

/// How many of them are shown at first.
const SHOWN: usize = 4;

/// The default list. A spec that the registry does not know is left out; a test makes sure that none is.
pub(crate) fn strategies() -> Vec<(StrategySpec, bool)> {
    let specs = STRATEGIES.iter().filter_map(|spec| StrategySpec::parse(spec).ok());
    specs.enumerate().map(|(index, spec)| (spec, index < SHOWN)).collect()
}

/// The bundled data set, where it is found.
pub(crate) fn sample_data() -> Option<DataSource> {
    data::find_sample_data().map(|path| DataSource { path, ..DataSource::default() })
}

/// The session of a first start.
pub(crate) fn project() -> Project {
    let mut project = Project::new(PathBuf::from(model::SAMPLE_MODEL));
    TEXT.clone_into(&mut project.text);
    project.data = sample_data();
    for (spec, enabled) in strategies() {
        project.push(spec, enabled);
    }
    project
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_default_strategy_is_known_to_the_registry() {
        assert_eq!(strategies().len(), STRATEGIES.len(), "a default spec does not parse");
    }
}
