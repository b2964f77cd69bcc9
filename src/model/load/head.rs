//! The head's weights, from wherever they are.

use std::path::Path;
use std::path::PathBuf;

use crate::model::Error;
use crate::model::Family;
use crate::model::Head;
use crate::model::HeadLayer;
use crate::model::Linear;
use crate::model::Norm;
use crate::model::Pool;
use crate::model::config::family::FamilyDetails;
use crate::model::config::head_source::HeadSource;
use crate::model::config::model_config::ParsedConfig;
use crate::model::config::modules::DenseModule;
use crate::model::config::modules::Modules;
use crate::model::load::tensor_loader::Part;
use crate::model::load::tensor_loader::TensorLoader;
use crate::model::load::weight_files::WeightFiles;

/// The head, and the files beside the encoder's in which it is.
pub(in crate::model) fn load(
    parsed: &ParsedConfig,
    loader: &mut TensorLoader<'_>,
) -> Result<(Head, Vec<PathBuf>), Error> {
    loader.enter(Part::Head);
    let head = match &parsed.details.head {
        HeadSource::Own(pool) => own(parsed, *pool, loader),
        HeadSource::Classifier(pool) => classifier(parsed, *pool, loader),
        HeadSource::Modules(modules) => return of_modules(parsed, modules),
    };
    Ok((head, Vec::new()))
}

/// The head of the family's own class.
fn own(parsed: &ParsedConfig, pool: Pool, loader: &mut TensorLoader<'_>) -> Head {
    let (hidden, labels) = (parsed.config.shape.hidden, parsed.config.labels.len());
    let (dense, classifier) = match parsed.config.family {
        Family::Bert => ("bert.pooler.dense", "classifier"),
        Family::DistilBert => ("pre_classifier", "classifier"),
        Family::Roberta | Family::XlmRoberta | Family::Camembert | Family::Mpnet | Family::Electra => {
            ("classifier.dense", "classifier.out_proj")
        }
        Family::Albert => ("albert.pooler", "classifier"),
        Family::DebertaV2 => ("pooler.dense", "classifier"),
        Family::ModernBert => ("head.dense", "classifier"),
    };
    let (linear, norm) = match &parsed.details.family {
        FamilyDetails::ModernBert(own) => {
            let linear = linear(dense, [hidden, hidden], own.classifier_bias, loader);
            let eps = parsed.details.eps;
            let norm = if own.norm_bias {
                loader.norm("head.norm", hidden, eps)
            } else {
                loader.norm_without_bias("head.norm", hidden, eps)
            };
            (linear, Some(norm))
        }
        FamilyDetails::Plain | FamilyDetails::Mpnet | FamilyDetails::Deberta(_) => {
            (loader.linear(dense, hidden, hidden), None)
        }
    };
    let dense = HeadLayer { linear, activation: Some(parsed.details.head_activation) };
    let projection = HeadLayer { linear: loader.linear(classifier, labels, hidden), activation: None };
    Head { pool, dense: Some(dense), norm, projection }
}

/// What is called the classifier: a single layer, or two in families whose classifier has two. A pooler is no part of it.
fn classifier(parsed: &ParsedConfig, pool: Pool, loader: &mut TensorLoader<'_>) -> Head {
    let (hidden, labels) = (parsed.config.shape.hidden, parsed.config.labels.len());
    let has_two = loader.has("classifier.dense.weight");
    let dense = has_two.then(|| HeadLayer {
        linear: loader.linear("classifier.dense", hidden, hidden),
        activation: Some(parsed.details.head_activation),
    });
    let name = if has_two { "classifier.out_proj" } else { "classifier" };
    let projection = HeadLayer { linear: loader.linear(name, labels, hidden), activation: None };
    Head { pool, dense, norm: None, projection }
}

fn linear(name: &str, [outputs, inputs]: [usize; 2], has_bias: bool, loader: &mut TensorLoader<'_>) -> Linear {
    if has_bias { loader.linear(name, outputs, inputs) } else { loader.linear_without_bias(name, outputs, inputs) }
}

/// A head of modules, each with a file of its own.
fn of_modules(parsed: &ParsedConfig, modules: &Modules) -> Result<(Head, Vec<PathBuf>), Error> {
    let outputs = modules.projection.outputs;
    let named = parsed.details.names_outputs.then_some(parsed.config.labels.len());
    if named != Some(outputs) {
        return Err(Error::HeadOutputs { outputs, named, path: modules.projection.folder.clone() });
    }
    let mut width = parsed.config.shape.hidden;
    let mut paths = Vec::new();
    let dense = modules.dense.as_ref().map(|module| dense_layer(module, &mut width, &mut paths)).transpose()?;
    let norm = modules.norm.as_ref().map(|folder| norm(folder, width, &mut paths)).transpose()?;
    let projection = dense_layer(&modules.projection, &mut width, &mut paths)?;
    Ok((Head { pool: modules.pool, dense, norm, projection }, paths))
}

/// Reads a dense module that takes in `width` numbers, which becomes the number that it gives.
fn dense_layer(module: &DenseModule, width: &mut usize, paths: &mut Vec<PathBuf>) -> Result<HeadLayer, Error> {
    let DenseModule { folder, inputs, outputs, has_bias, activation } = module;
    if inputs != width {
        return Err(Error::ModuleWidth { expected: *width, got: *inputs, path: folder.clone() });
    }
    *width = *outputs;
    let linear = read(folder, paths, |loader| linear("linear", [*outputs, *inputs], *has_bias, loader))?;
    Ok(HeadLayer { linear, activation: *activation })
}

fn norm(folder: &Path, width: usize, paths: &mut Vec<PathBuf>) -> Result<Norm, Error> {
    /// What torch adds to the variance, which the module does not change.
    const EPS: f32 = 1e-5;
    read(folder, paths, |loader| loader.norm("norm", width, EPS))
}

/// Reads the tensors of a module's folder.
fn read<T>(folder: &Path, paths: &mut Vec<PathBuf>, take: impl FnOnce(&mut TensorLoader<'_>) -> T) -> Result<T, Error> {
    let files = WeightFiles::open(folder)?;
    let mut loader = TensorLoader::new(&files, "", "linear.weight");
    let part = take(&mut loader);
    loader.finish(&[], folder)?;
    paths.extend(files.paths().map(Path::to_owned));
    Ok(part)
}
