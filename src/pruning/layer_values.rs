//! The one list of a strategy that decides layer by layer: what each layer keeps, or the score that it asks for.

use crate::pruning::BuildContext;
use crate::pruning::Error;
use crate::pruning::KeyKind;
use crate::pruning::KeySpec;
use crate::pruning::StrategySpec;
use crate::pruning::Value;
use crate::pruning::rows::ltp;
use crate::pruning::rows::schedule::RetentionSchedule;
use crate::tensor::ModelShape;

/// Key of the share of tokens that each layer keeps.
const RETENTIONS: &str = "retentions";
/// Key of the score that each layer asks for.
const THRESHOLDS: &str = "thresholds";

/// A list with one number a layer.
#[derive(Clone, Debug, PartialEq)]
pub struct LayerValues {
    /// The key that holds it, whether it is set or follows from other keys.
    pub key: &'static KeySpec,
    /// Shape: `[layers]`.
    pub values: Vec<f64>,
}

impl LayerValues {
    /// Whether the numbers are scores that a token must reach; otherwise they are shares of tokens that stay.
    #[must_use]
    pub fn are_thresholds(&self) -> bool {
        self.key.name == THRESHOLDS
    }

    /// The numbers that the key accepts, smallest and largest.
    #[must_use]
    pub fn range(&self) -> (f64, f64) {
        match self.key.kind {
            KeyKind::FloatPerLayer { min, max } => (min, max),
            _ => (0.0, 1.0),
        }
    }
}

impl StrategySpec {
    /// What decides layer by layer under these settings on a model of this shape, whether it is written out or follows from
    /// a schedule; `None` for strategies that know no such list.
    ///
    /// # Errors
    /// Those of [`StrategySpec::build`] for settings that do not fit the shape.
    pub fn layer_values(&self, shape: &ModelShape) -> Result<Option<LayerValues>, Error> {
        let context = BuildContext { spec: self, shape };
        let find = |name: &str| self.keys().iter().find(|key| key.name == name);
        if let Some(key) = find(RETENTIONS) {
            let values = RetentionSchedule::from_context(&context)?.into_shares();
            return Ok(Some(LayerValues { key, values }));
        }
        match find(THRESHOLDS) {
            Some(key) if self.id() == "ltp" => Ok(Some(LayerValues { key, values: ltp::thresholds(&context)? })),
            _ => Ok(None),
        }
    }

    /// The same settings with another number for one layer; the list is written out, and what it replaces is left.
    ///
    /// # Errors
    /// An error that names the key for a number that it does not accept; those of [`Self::layer_values`].
    pub fn with_layer_value(&self, shape: &ModelShape, layer: usize, value: f64) -> Result<Self, Error> {
        let Some(LayerValues { key, mut values }) = self.layer_values(shape)? else { return Ok(self.clone()) };
        if let Some(old) = values.get_mut(layer) {
            *old = value;
        }
        self.with(key.name, Value::List(values))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHAPE: ModelShape =
        ModelShape { num_layers: 4, hidden: 8, num_heads: 2, head_dim: 4, intermediate: 16, reads_mean: false };

    fn values(spec: &str) -> Option<LayerValues> {
        StrategySpec::parse(spec).unwrap().layer_values(&SHAPE).unwrap()
    }

    #[test]
    fn schedules_are_written_out_layer_by_layer() {
        let found = values("power_bert:retention=0.4,schedule=linear,start=1").unwrap();
        let expected = [1.0, 0.8, 0.6, 0.4];
        assert!(found.values.iter().zip(expected).all(|(found, value)| (found - value).abs() < 1e-12), "{found:?}");
        assert!(!found.are_thresholds() && found.key.name == "retentions", "shares of tokens");
        let found = values("ltp:theta_final=0.02").unwrap();
        let expected = [0.0, 0.005, 0.01, 0.015];
        assert!(found.values.iter().zip(expected).all(|(found, value)| (found - value).abs() < 1e-12), "{found:?}");
        assert!(found.are_thresholds(), "scores to reach");
        assert_eq!(values("tome"), None, "merging has no such list");
    }

    #[test]
    fn one_layer_is_changed_and_the_others_stay_as_they_were() {
        for (spec, layer, value) in [("power_bert:retention=0.4", 2, 0.5), ("ltp:theta_final=0.02", 3, 0.5)] {
            let spec = StrategySpec::parse(spec).unwrap();
            let before = spec.layer_values(&SHAPE).unwrap().unwrap().values;
            let changed = spec.with_layer_value(&SHAPE, layer, value).unwrap();
            let after = changed.layer_values(&SHAPE).unwrap().unwrap().values;
            for (index, (before, after)) in before.iter().zip(&after).enumerate() {
                let expected = if index == layer { value } else { *before };
                assert_eq!(*after, expected, "layer {index} of {changed}");
            }
            assert!(spec.with_layer_value(&SHAPE, layer, 7.0).is_err(), "7 is no value of {spec}");
        }
    }
}
