//! Trained weights back into the form that the engine runs.

use std::collections::HashMap;
use std::sync::Arc;

use candle_core::DType;
use candle_core::Var;

use crate::model::HeadLayer;
use crate::model::LayerWeights;
use crate::model::Linear;
use crate::model::Model;
use crate::model::Norm;
use crate::model::ProjectedPositions;
use crate::tensor::Matrix;
use crate::training::Error;
use crate::training::SoftModel;
use crate::training::error::at;

impl SoftModel {
    /// The model that this one was copied from, with the weights as they are now; what was not trained is `original`'s.
    ///
    /// # Errors
    /// [`Error::Step`] if a weight cannot be read.
    pub fn to_model(&self, original: &Model) -> Result<Model, Error> {
        let weights = Weights { by_name: self.parameters.iter().map(|(name, var)| (name.as_str(), var)).collect() };
        let mut model = original.clone();
        weights.norm("embeddings.norm", &mut model.embeddings.norm)?;
        weights.matrix("embeddings.word", &mut model.embeddings.word)?;
        for (name, table) in [
            ("embeddings.position", &mut model.embeddings.position),
            ("embeddings.token_type", &mut model.embeddings.token_type),
        ] {
            table.as_mut().map_or(Ok(()), |table| weights.matrix(name, table))?;
        }
        if let Some(projection) = &mut model.embeddings.projection {
            weights.linear("embeddings.projection", projection)?;
        }
        let mut layers: Vec<Arc<LayerWeights>> = Vec::new();
        for (index, layer) in original.layers.iter().enumerate() {
            let shared = original.layers[..index].iter().position(|known| Arc::ptr_eq(known, layer));
            layers.push(match shared {
                Some(known) => Arc::clone(&layers[known]),
                None => Arc::new(weights.layer(&format!("layers.{index}"), layer)?),
            });
        }
        model.layers = layers;
        if let Some(norm) = &mut model.final_norm {
            weights.norm("final_norm", norm)?;
        }
        if let Some(HeadLayer { linear, .. }) = &mut model.head.dense {
            weights.linear("head.dense", linear)?;
        }
        if let Some(norm) = &mut model.head.norm {
            weights.norm("head.norm", norm)?;
        }
        weights.linear("head.projection", &mut model.head.projection.linear)?;
        if let Some(positions) = &mut model.disentangled {
            // What the layers make of distances follows from their new weights.
            positions.projected = ProjectedPositions::default();
        }
        Ok(model)
    }
}

struct Weights<'a> {
    by_name: HashMap<&'a str, &'a Var>,
}

impl Weights<'_> {
    fn values(&self, name: &str) -> Result<Option<Vec<f32>>, Error> {
        let Some(var) = self.by_name.get(name) else { return Ok(None) };
        let values = var.as_tensor().to_dtype(DType::F32).and_then(|values| values.flatten_all()?.to_vec1());
        values.map(Some).map_err(at("reading weights"))
    }

    fn matrix(&self, name: &str, matrix: &mut Matrix) -> Result<(), Error> {
        if let Some(values) = self.values(name)? {
            matrix.data_mut().copy_from_slice(&values);
        }
        Ok(())
    }

    fn linear(&self, name: &str, linear: &mut Linear) -> Result<(), Error> {
        let (weight, bias) = (self.values(&format!("{name}.weight"))?, self.values(&format!("{name}.bias"))?);
        if weight.is_none() && bias.is_none() {
            return Ok(());
        }
        let mut matrix = linear.weight();
        if let Some(weight) = weight {
            matrix.data_mut().copy_from_slice(&weight);
        }
        let known = (!linear.bias().is_empty()).then(|| linear.bias().to_vec());
        *linear = Linear::new(matrix, bias.or(known));
        Ok(())
    }

    fn norm(&self, name: &str, norm: &mut Norm) -> Result<(), Error> {
        if let Some(weight) = self.values(&format!("{name}.weight"))? {
            norm.weight = weight;
        }
        if let Some(bias) = self.values(&format!("{name}.bias"))? {
            norm.bias = Some(bias);
        }
        Ok(())
    }

    fn layer(&self, name: &str, original: &LayerWeights) -> Result<LayerWeights, Error> {
        let mut layer = original.clone();
        for (part, linear) in [
            ("query", &mut layer.query),
            ("key", &mut layer.key),
            ("value", &mut layer.value),
            ("attention_output", &mut layer.attention_output),
            ("intermediate", &mut layer.intermediate),
            ("output", &mut layer.output),
        ] {
            self.linear(&format!("{name}.{part}"), linear)?;
        }
        if let Some(norm) = &mut layer.attention_norm {
            self.norm(&format!("{name}.attention_norm"), norm)?;
        }
        self.norm(&format!("{name}.output_norm"), &mut layer.output_norm)?;
        Ok(layer)
    }
}
