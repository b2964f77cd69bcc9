//! Where an interrupted training stopped: variables, the optimizer's moments, curves and counts.
//!
//! Noise and order are functions of seed and step, so that nothing of a generator is kept.

use candle_core::Device;
use candle_core::Tensor;
use serde::Deserialize;
use serde::Serialize;
use serde_json::Value;

use crate::disk;
use crate::disk::read_regular;
use crate::disk::read_regular_text;
use crate::training::CurvePoint;
use crate::training::DevPoint;
use crate::training::Error;
use crate::training::error::at;
use crate::training::folder::at_file;
use crate::training::folder::write_floats;
use crate::training::trainer::Sums;
use crate::training::trainer::Trainer;

/// The version of the state.
const SCHEMA: u64 = 1;

/// Largest state that is read: the moments of a billion weights.
const MOST_BYTES: u64 = 16 << 30;

#[derive(Debug, Serialize, Deserialize)]
struct State {
    schema: u64,
    /// What the training that goes on must agree with.
    training: Value,
    /// The file of the numbers, which is written before this one.
    numbers: String,
    step: usize,
    optimizer_steps: u32,
    curve: Vec<Point>,
    sums: (f64, f64, Option<f64>),
    best: Option<Dev>,
    runs_since_best: usize,
    memory: Vec<(String, Vec<f64>)>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Point {
    step: usize,
    epoch: f64,
    task: f64,
    pruning: Option<f64>,
    dev: Option<Dev>,
}

/// Not all of these are numbers where labels or classes are missing, and JSON has no way to say so.
#[derive(Debug, Serialize, Deserialize)]
struct Dev {
    accuracy: Option<f64>,
    accuracy_change: Option<f64>,
    retention: f64,
    flops_reduction: f64,
}

impl Dev {
    fn of(point: &DevPoint) -> Self {
        let finite = |value: f64| value.is_finite().then_some(value);
        Self {
            accuracy: finite(point.accuracy),
            accuracy_change: finite(point.accuracy_change),
            retention: point.retention,
            flops_reduction: point.flops_reduction,
        }
    }

    fn point(&self) -> DevPoint {
        DevPoint {
            accuracy: self.accuracy.unwrap_or(f64::NAN),
            accuracy_change: self.accuracy_change.unwrap_or(f64::NAN),
            retention: self.retention,
            flops_reduction: self.flops_reduction,
        }
    }
}

/// Writes the state: the numbers under a name of their own, then the file that names them.
pub(super) fn save(trainer: &Trainer<'_>) -> Result<(), Error> {
    let numbers = format!("step-{}.safetensors", trainer.step);
    let path = trainer.folder.beside_state(&numbers)?;
    disk::write_file(&path, &numbers_of(trainer)?).map_err(at_file(&path))?;
    let point = |point: &CurvePoint| Point {
        step: point.step,
        epoch: point.epoch,
        task: point.task_loss,
        pruning: point.pruning_loss,
        dev: point.dev.as_ref().map(Dev::of),
    };
    let state = State {
        schema: SCHEMA,
        training: trainer.fingerprint(),
        numbers: numbers.clone(),
        step: trainer.step,
        optimizer_steps: trainer.optimizer.steps(),
        curve: trainer.curve.iter().map(point).collect(),
        sums: (trainer.sums.steps, trainer.sums.task, trainer.sums.pruning),
        best: trainer.best.as_ref().map(Dev::of),
        runs_since_best: trainer.runs_since_best,
        memory: trainer.method.memory(),
    };
    let file = trainer.folder.state_file();
    let text = serde_json::to_vec(&state).map_err(|source| Error::State { path: file.clone(), source })?;
    disk::write_file(&file, &text).map_err(at_file(&file))?;
    drop_older(trainer, &numbers)
}

/// Removes the numbers of earlier states.
fn drop_older(trainer: &Trainer<'_>, kept: &str) -> Result<(), Error> {
    let file = trainer.folder.state_file();
    let folder = file.parent().unwrap_or(&file);
    for entry in std::fs::read_dir(folder).map_err(at_file(folder))?.flatten() {
        let name = entry.file_name();
        let name = name.to_string_lossy();
        if name.starts_with("step-") && name != kept {
            std::fs::remove_file(entry.path()).map_err(at_file(&entry.path()))?;
        }
    }
    Ok(())
}

fn numbers_of(trainer: &Trainer<'_>) -> Result<Vec<u8>, Error> {
    let mut entries: Vec<(String, Vec<usize>, Vec<f32>)> = Vec::new();
    for ((name, var), [first, second]) in trainer.optimizer.variables().zip(trainer.optimizer.moments()) {
        let values = var.as_tensor().to_dtype(candle_core::DType::F32).and_then(|var| var.flatten_all()?.to_vec1());
        entries.push((format!("{name}|value"), var.dims().to_vec(), values.map_err(at("reading variables"))?));
        entries.push((format!("{name}|first"), var.dims().to_vec(), first.to_vec()));
        entries.push((format!("{name}|second"), var.dims().to_vec(), second.to_vec()));
    }
    write_floats(entries.iter().map(|(name, shape, values)| (name.as_str(), shape.as_slice(), values.as_slice())))
}

/// Brings a training to where the state says that it stopped.
pub(super) fn restore(trainer: &mut Trainer<'_>) -> Result<(), Error> {
    let file = trainer.folder.state_file();
    let text = read_regular_text(&file, MOST_BYTES).map_err(|source| Error::Read { path: file.clone(), source })?;
    let state: State = serde_json::from_str(&text).map_err(|source| Error::State { path: file.clone(), source })?;
    if state.schema != SCHEMA || state.training != trainer.fingerprint() {
        return Err(Error::Resume { path: file, difference: difference(&state.training, &trainer.fingerprint()) });
    }
    let path = trainer.folder.beside_state(&state.numbers)?;
    let bytes = read_regular(&path, MOST_BYTES).map_err(|source| Error::Read { path: path.clone(), source })?;
    let numbers = candle_core::safetensors::load_buffer(&bytes, &Device::Cpu).map_err(at("reading the state"))?;
    let mut moments = Vec::new();
    for (name, var) in trainer.optimizer.variables() {
        let get = |part: &str| -> Result<&Tensor, Error> {
            let name = format!("{name}|{part}");
            let found = numbers.get(&name).filter(|tensor| tensor.dims() == var.dims());
            found.ok_or_else(|| Error::Memory { name, path: path.clone() })
        };
        let flat =
            |part: &str| get(part)?.flatten_all().and_then(|tensor| tensor.to_vec1()).map_err(at("reading the state"));
        moments.push([flat("first")?, flat("second")?]);
        let value = get("value")?.to_dtype(var.dtype()).and_then(|value| var.set(&value));
        value.map_err(at("reading the state"))?;
    }
    trainer.optimizer.restore(state.optimizer_steps, moments);
    trainer.step = state.step;
    trainer.curve = state.curve.into_iter().map(Point::point).collect();
    trainer.sums = Sums { steps: state.sums.0, task: state.sums.1, pruning: state.sums.2 };
    trainer.best = state.best.as_ref().map(Dev::point);
    trainer.runs_since_best = state.runs_since_best;
    trainer.method.recall(&state.memory)
}

impl Point {
    fn point(self) -> CurvePoint {
        CurvePoint {
            step: self.step,
            epoch: self.epoch,
            task_loss: self.task,
            pruning_loss: self.pruning,
            dev: self.dev.as_ref().map(Dev::point),
        }
    }
}

/// The first thing in which two trainings differ, in words.
fn difference(stored: &Value, asked: &Value) -> String {
    let flat = |value: &Value| -> Vec<(String, String)> {
        let mut all = Vec::new();
        for (key, value) in value.as_object().into_iter().flatten() {
            match value.as_object() {
                Some(inner) => all.extend(inner.iter().map(|(key, value)| (key.clone(), value.to_string()))),
                None => all.push((key.clone(), value.to_string())),
            }
        }
        all
    };
    let (stored, asked) = (flat(stored), flat(asked));
    let other = stored.iter().find(|entry| !asked.contains(entry));
    other.map_or_else(
        || "it was written by another version".to_owned(),
        |(key, value)| {
            let now = asked.iter().find(|(name, _)| name == key).map_or("nothing", |(_, value)| value);
            format!("its {key} was {value}, now it is {now}")
        },
    )
}
