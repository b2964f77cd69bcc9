//! What a strategy is built from.

use crate::pruning::Error;
use crate::pruning::StrategySpec;
use crate::pruning::Value;
use crate::tensor::ModelShape;

/// Settings, the files that they name, and the shape of the model that the strategy is to run on.
///
/// The spec carries its files, so that nothing can be missing or have changed between the reading of a spec and a run.
#[derive(Clone, Copy, Debug)]
pub struct BuildContext<'a> {
    /// The settings.
    pub spec: &'a StrategySpec,
    /// The model's sizes.
    pub shape: &'a ModelShape,
}

impl BuildContext<'_> {
    /// Refuses a model whose classifier does not read the first token, for strategies that rank by what `[CLS]` looks at.
    ///
    /// # Errors
    /// [`Error::DoesNotFit`].
    pub(super) fn needs_cls(&self, by: &'static str) -> Result<(), Error> {
        /// What looks at all queries alike.
        const INSTEAD: &str = "power_bert, value_aware, norm_based (row=mean), ltp and entropy";
        if self.shape.reads_mean {
            return Err(Error::DoesNotFit { strategy: self.spec.id(), by, instead: INSTEAD });
        }
        Ok(())
    }

    /// One number a layer, written out, the same for all or from a file, where the key is set.
    ///
    /// # Errors
    /// [`Error::LayerCount`] where there are fewer or more; those of [`Artifact::numbers`](crate::pruning::Artifact::numbers).
    pub(super) fn per_layer(&self, key: &'static str) -> Result<Option<Vec<f64>>, Error> {
        let (strategy, expected) = (self.spec.id(), self.shape.num_layers);
        let (list, file) = match self.spec.get(key) {
            Some(Value::Float(number)) => (vec![*number; expected], None),
            Some(Value::List(list)) => (list.clone(), None),
            Some(Value::File(file)) => {
                (file.numbers(strategy, self.spec.info().key(key)?)?, Some(file.path().to_owned()))
            }
            _ => return Ok(None),
        };
        if list.len() == expected {
            return Ok(Some(list));
        }
        Err(Error::LayerCount { strategy, key, expected, got: list.len(), file })
    }
}
