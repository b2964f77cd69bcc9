//! Reads named tensors of known shapes and remembers everything that was wrong with them.

use crate::model::Error;
use crate::model::Linear;
use crate::model::Misshapen;
use crate::model::Norm;
use crate::model::Stored;
use crate::model::load::weight_files::WeightFiles;
use crate::tensor::Matrix;

/// Which part of the model is being read: what is missing from the head means something else than the rest.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(in crate::model) enum Part {
    Encoder,
    Head,
}

/// Hands out tensors; a missing or misshapen one is noted and replaced by an empty one, so that all are found in one go.
pub(in crate::model) struct TensorLoader<'a> {
    files: &'a WeightFiles,
    /// `bert.` and the like; some checkpoints leave it out.
    prefix: &'static str,
    /// What training and saving put before every name: `module.`, `_orig_mod.`; mostly nothing.
    wrapper: String,
    part: Part,
    missing: Vec<String>,
    missing_from_head: Vec<String>,
    misshapen: Vec<Misshapen>,
    failure: Option<Error>,
}

impl<'a> TensorLoader<'a> {
    /// `anchor` is a tensor that is always there, without the prefix.
    pub(in crate::model) fn new(files: &'a WeightFiles, prefix: &'static str, anchor: &str) -> Self {
        Self {
            files,
            prefix,
            wrapper: wrapper(files, prefix, anchor),
            part: Part::Encoder,
            missing: Vec::new(),
            missing_from_head: Vec::new(),
            misshapen: Vec::new(),
            failure: None,
        }
    }

    /// What is to be said about the names.
    pub(in crate::model) fn note(&self) -> Option<String> {
        let wrapper = &self.wrapper;
        (!wrapper.is_empty()).then(|| format!("the names of all tensors begin with {wrapper:?}, which was left out"))
    }

    /// What is read from here on belongs to this part.
    pub(in crate::model) fn enter(&mut self, part: Part) {
        self.part = part;
    }

    /// Whether there is a tensor of this name.
    pub(in crate::model) fn has(&self, name: &str) -> bool {
        self.locate(name).is_some()
    }

    /// Shape: `[rows, cols]`.
    pub(in crate::model) fn matrix(&mut self, name: &str, rows: usize, cols: usize) -> Matrix {
        let values = self.values(name, &[rows, cols]);
        Matrix::from_vec(rows, cols, values).unwrap_or_default()
    }

    /// Shape: `[length]`.
    pub(in crate::model) fn vector(&mut self, name: &str, length: usize) -> Vec<f32> {
        self.values(name, &[length])
    }

    /// `name.weight` and `name.bias`. Shape of the weight: `[outputs, inputs]`.
    pub(in crate::model) fn linear(&mut self, name: &str, outputs: usize, inputs: usize) -> Linear {
        let weight = self.matrix(&format!("{name}.weight"), outputs, inputs);
        Linear::new(weight, Some(self.vector(&format!("{name}.bias"), outputs)))
    }

    /// `name.weight` alone.
    pub(in crate::model) fn linear_without_bias(&mut self, name: &str, outputs: usize, inputs: usize) -> Linear {
        Linear::new(self.matrix(&format!("{name}.weight"), outputs, inputs), None)
    }

    /// `name.weight` and `name.bias` of a norm.
    pub(in crate::model) fn norm(&mut self, name: &str, length: usize, eps: f32) -> Norm {
        let mut norm = self.norm_without_bias(name, length, eps);
        norm.bias = Some(self.vector(&format!("{name}.bias"), length));
        norm
    }

    /// `name.weight` of a norm alone.
    pub(in crate::model) fn norm_without_bias(&mut self, name: &str, length: usize, eps: f32) -> Norm {
        Norm { weight: self.vector(&format!("{name}.weight"), length), bias: None, eps }
    }

    /// Every problem in one error, or nothing.
    pub(in crate::model) fn finish(self, architectures: &[String], dir: &std::path::Path) -> Result<(), Error> {
        let path = dir.to_owned();
        let lacks_head = self.missing_from_head.iter().any(|name| name.ends_with(".weight"));
        if lacks_head && self.missing.is_empty() && self.misshapen.is_empty() {
            let architecture = architectures.first().map_or("not stated", String::as_str).to_owned();
            let has_classifier = self.has("classifier.weight");
            let missing = self.missing_from_head;
            return Err(Error::NoClassificationHead { missing, architecture, has_classifier, path });
        }
        let missing: Vec<_> = self.missing.into_iter().chain(self.missing_from_head).collect();
        if !missing.is_empty() || !self.misshapen.is_empty() {
            let stored = stored(self.files, &missing);
            return Err(Error::Tensors { missing, stored, misshapen: self.misshapen, path });
        }
        self.failure.map_or(Ok(()), Err)
    }

    fn values(&mut self, name: &str, expected: &[usize]) -> Vec<f32> {
        let Some((stored_name, got)) = self.locate(name) else {
            match self.part {
                Part::Encoder => self.missing.push(name.to_owned()),
                Part::Head => self.missing_from_head.push(name.to_owned()),
            }
            return Vec::new();
        };
        if got != expected {
            self.misshapen.push(Misshapen { tensor: stored_name, expected: expected.to_owned(), got: got.to_owned() });
            return Vec::new();
        }
        let is_spoiled = self.failure.is_some() || !self.missing.is_empty() || !self.misshapen.is_empty();
        if is_spoiled {
            return Vec::new();
        }
        match self.files.read(&stored_name) {
            Ok(values) => values.unwrap_or_default(),
            Err(err) => {
                self.failure = Some(err);
                Vec::new()
            }
        }
    }

    /// The name under which the tensor is stored: with or without the prefix, norms in the newer or the older spelling.
    fn locate(&self, name: &str) -> Option<(String, &'a [usize])> {
        let bare = name.strip_prefix(self.prefix);
        [Some(name), bare].into_iter().flatten().find_map(|name| {
            let find = |name: &str| {
                let name = format!("{}{name}", self.wrapper);
                self.files.shape(&name).map(|shape| (name, shape))
            };
            find(name).or_else(|| find(&older_spelling(name)?))
        })
    }
}

/// What training loops and compilers put before names.
const WRAPPERS: [&str; 7] = ["module.", "_orig_mod.", "model.", "net.", "network.", "_forward_module.", "student."];

/// What stands before the anchor's name, if it is made of known wrappers alone and is the only one.
fn wrapper(files: &WeightFiles, prefix: &str, anchor: &str) -> String {
    let mut found: Option<&str> = None;
    for name in files.names() {
        let Some(before) = name.strip_suffix(anchor) else { continue };
        let before = before.strip_suffix(prefix).unwrap_or(before);
        let mut rest = before;
        while let Some(shorter) = WRAPPERS.iter().find_map(|known| rest.strip_prefix(known)) {
            rest = shorter;
        }
        if !rest.is_empty() {
            continue;
        }
        if found.is_some_and(|found| found != before) {
            return String::new();
        }
        found = Some(before);
    }
    found.unwrap_or_default().to_owned()
}

/// What the files have where tensors are missing.
fn stored(files: &WeightFiles, missing: &[String]) -> Stored {
    let Some(first) = missing.first() else { return Stored::Nothing };
    let longer = files.names().find_map(|name| name.strip_suffix(first.as_str()).filter(|prefix| !prefix.is_empty()));
    if let Some(prefix) = longer {
        return Stored::Under { prefix: prefix.to_owned() };
    }
    let names = files.names().take(3).map(str::to_owned).collect();
    Stored::Others { count: files.names().count(), names }
}

/// Checkpoints converted from TensorFlow call a norm's weight `gamma` and its bias `beta`.
fn older_spelling(name: &str) -> Option<String> {
    let weight = name.strip_suffix("LayerNorm.weight").map(|stem| format!("{stem}LayerNorm.gamma"));
    weight.or_else(|| name.strip_suffix("LayerNorm.bias").map(|stem| format!("{stem}LayerNorm.beta")))
}
