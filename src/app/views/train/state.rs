//! What the view remembers.

use std::collections::BTreeMap;
use std::path::Path;
use std::path::PathBuf;

use crate::training::METHODS;
use crate::training::MethodInfo;
use crate::training::Mode;

/// What is to be trained, and how.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(default)]
pub(crate) struct TrainState {
    /// Id of the method.
    pub(crate) method: String,
    /// The model's own weights are trained too.
    pub(crate) is_joint: bool,
    /// Times that every text comes; the method's own number where it was not set.
    pub(crate) epochs: Option<usize>,
    /// Texts to learn from, drawn at random.
    pub(crate) rows: usize,
    /// Accuracy that may be lost.
    pub(crate) max_loss: f64,
    /// Of everything that is drawn.
    pub(crate) seed: u64,
    /// Settings that differ from the method's own, by `method.setting`.
    pub(crate) settings: BTreeMap<String, f64>,
    /// Where the policy goes, as typed; beside the data set where nothing was.
    #[serde(skip)]
    pub(crate) folder: Option<String>,
}

impl Default for TrainState {
    fn default() -> Self {
        Self {
            method: String::new(),
            is_joint: false,
            epochs: None,
            rows: 10_000,
            max_loss: 0.01,
            seed: 0,
            settings: BTreeMap::new(),
            folder: None,
        }
    }
}

impl TrainState {
    /// The method; the first one where the remembered one is none of the list.
    pub(crate) fn chosen(&self) -> Option<&'static MethodInfo> {
        METHODS.iter().copied().find(|method| method.id == self.method).or_else(|| METHODS.first().copied())
    }

    /// What is learned: the chosen mode where the method has it.
    pub(crate) fn mode(&self, method: &MethodInfo) -> Mode {
        let wanted = if self.is_joint { Mode::Joint } else { Mode::Frozen };
        if method.modes.contains(&wanted) { wanted } else { method.modes.first().copied().unwrap_or(Mode::Frozen) }
    }

    /// The value of a setting.
    pub(crate) fn setting(&self, method: &MethodInfo, name: &str, default: f64) -> f64 {
        self.settings.get(&key(method, name)).copied().unwrap_or(default)
    }

    /// Changes a setting.
    pub(crate) fn set(&mut self, method: &MethodInfo, name: &str, value: f64) {
        self.settings.insert(key(method, name), value);
    }

    /// Where the policy goes.
    pub(crate) fn folder_for(&self, data: &Path, method: &MethodInfo) -> PathBuf {
        if let Some(typed) = &self.folder {
            return PathBuf::from(typed);
        }
        let stem = data.file_stem().unwrap_or_default().to_string_lossy();
        data.with_file_name(format!("{stem}-{}", method.id))
    }
}

fn key(method: &MethodInfo, name: &str) -> String {
    format!("{}.{name}", method.id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_policy_goes_beside_the_data_unless_a_folder_is_typed() {
        let method = METHODS[0];
        let data = Path::new("/texts/reviews.csv");
        let mut state = TrainState::default();
        let expected = PathBuf::from(format!("/texts/reviews-{}", method.id));
        assert_eq!(state.folder_for(data, method), expected, "beside the data");
        state.folder = Some("/somewhere".to_owned());
        assert_eq!(state.folder_for(data, method), PathBuf::from("/somewhere"), "as typed");
        state.set(method, "anything", 3.0);
        assert_eq!(state.setting(method, "anything", 1.0), 3.0, "set");
        assert_eq!(state.setting(method, "another", 1.0), 1.0, "the method's own");
    }
}
