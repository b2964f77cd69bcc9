//! The operations that trainings run on: values and gradients of the compositions in double precision, in every family, and
//! texts that do not depend on their neighbors.

use candle_core::DType;
use candle_core::Device;
use candle_core::Tensor;
use candle_core::Var;
use candle_core::backprop::GradStore;
use prunescope::input::Sequence;
use prunescope::model::Model;
use prunescope::training::BatchRun;
use prunescope::training::Error;
use prunescope::training::Gate;
use prunescope::training::LayerCosts;
use prunescope::training::LayerView;
use prunescope::training::Open;
use prunescope::training::SoftModel;

use crate::support::FAMILIES;
use crate::support::Golden;
use crate::support::fixture_model;

/// Gates at both hook points, of one variable.
struct Given<'a> {
    /// Shape: `[2 * layers, rows]`.
    gates: &'a Tensor,
}

impl Given<'_> {
    fn row(&self, row: usize) -> Tensor {
        self.gates.get(row).expect("a row for each hook point")
    }
}

impl Gate for Given<'_> {
    fn before(&mut self, view: &LayerView<'_>) -> Result<Option<Tensor>, Error> {
        Ok(Some(self.row(2 * view.layer)))
    }

    fn after(&mut self, view: &LayerView<'_>) -> Result<Option<Tensor>, Error> {
        Ok(Some(self.row(2 * view.layer + 1)))
    }
}

fn texts(family: &str) -> Vec<Sequence> {
    let golden = Golden::load(family);
    (0..3).map(|text| golden.text(text)).collect()
}

/// A loss that logits, scores, shares and costs move.
fn loss(model: &SoftModel, run: &BatchRun) -> Tensor {
    let weighed = |tensor: &Tensor| {
        let weights: Vec<f64> = (0..tensor.elem_count()).map(|index| (index as f64 * 0.37).sin()).collect();
        let weights = Tensor::from_vec(weights, tensor.shape().clone(), &Device::Cpu).expect("weights");
        let weights = weights.to_dtype(tensor.dtype()).expect("weights");
        (tensor * weights).and_then(|products| products.sum_all()).expect("a sum")
    };
    let mut parts = vec![weighed(&run.logits), LayerCosts::of(model).relative(run).expect("a cost")];
    parts.extend(run.scores.iter().map(weighed));
    Tensor::stack(&parts, 0).and_then(|parts| parts.sum_all()).expect("a loss")
}

fn flat(tensor: &Tensor) -> Vec<f64> {
    tensor.to_dtype(DType::F64).and_then(|tensor| tensor.flatten_all()?.to_vec1()).expect("numbers")
}

/// Largest difference over the largest size.
fn assert_near(what: &str, found: &Tensor, expected: &Tensor) {
    let (found, expected) = (flat(found), flat(expected));
    assert_eq!(found.len(), expected.len(), "{what}: as many");
    let size = expected.iter().fold(0.0_f64, |most, value| most.max(value.abs()));
    let worst = found.iter().zip(&expected).fold(0.0_f64, |worst, (one, other)| worst.max((one - other).abs()));
    assert!(worst <= 2e-4 * size + 2e-6, "{what}: off by {worst} where the largest is {size}");
}

struct Found {
    run: BatchRun,
    gates: Var,
    gradients: GradStore,
    model: SoftModel,
}

fn run(model: &Model, texts: &[Sequence], dtype: DType) -> Found {
    let model = SoftModel::trainable(model, dtype).expect("a copy");
    let texts: Vec<&Sequence> = texts.iter().collect();
    let (rows, layers) = (texts.iter().map(|text| text.units.len()).sum::<usize>(), model.num_layers());
    let mut gates: Vec<f64> = (0..2 * layers * rows).map(|index| 0.6 + 0.39 * (index as f64 * 1.7).sin()).collect();
    // A token that is gone, which has a gradient too.
    gates[1] = 0.0;
    let gates = Tensor::from_vec(gates, (2 * layers, rows), &Device::Cpu).and_then(|gates| gates.to_dtype(dtype));
    let gates = Var::from_tensor(&gates.expect("gates")).expect("a variable");
    let run = model.run_batch(&texts, &mut Given { gates: gates.as_tensor() }).expect("a run");
    let gradients = loss(&model, &run).backward().expect("a backward pass");
    Found { run, gates, gradients, model }
}

#[test]
fn values_and_gradients_are_those_of_the_compositions_in_double_precision() {
    for family in FAMILIES {
        let (model, texts) = (fixture_model(family), texts(family));
        let [fast, exact] = [DType::F32, DType::F64].map(|dtype| run(&model, &texts, dtype));
        assert_near(&format!("{family}, logits"), &fast.run.logits, &exact.run.logits);
        for (layer, (one, other)) in fast.run.scores.iter().zip(&exact.run.scores).enumerate() {
            assert_near(&format!("{family}, scores of layer {layer}"), one, other);
        }
        let gradient = |found: &Found, var: &Var| found.gradients.get(var).cloned().expect("a gradient");
        assert_near(&format!("{family}, gates"), &gradient(&fast, &fast.gates), &gradient(&exact, &exact.gates));
        for ((name, one), (_, other)) in fast.model.parameters().iter().zip(exact.model.parameters()) {
            assert_near(&format!("{family}, {name}"), &gradient(&fast, one), &gradient(&exact, other));
        }
    }
}

#[test]
fn constant_weights_give_what_learned_ones_give_and_gradients_reach_the_gates() {
    for family in ["bert", "mpnet", "modernbert"] {
        let (model, texts) = (fixture_model(family), texts(family));
        let learned = run(&model, &texts, DType::F32);
        let frozen = SoftModel::frozen(&model, DType::F32).expect("a copy");
        let all: Vec<&Sequence> = texts.iter().collect();
        let found = frozen.run_batch(&all, &mut Given { gates: learned.gates.as_tensor() }).expect("a run");
        assert_near(&format!("{family}, logits"), &found.logits, &learned.run.logits);
        let gradients = loss(&frozen, &found).backward().expect("a backward pass");
        let (one, other) = (gradients.get(&learned.gates), learned.gradients.get(&learned.gates));
        assert_near(&format!("{family}, gates"), one.expect("a gradient"), other.expect("a gradient"));
    }
}

#[test]
fn a_text_does_not_depend_on_its_neighbors() {
    for family in FAMILIES {
        let (model, texts) = (fixture_model(family), texts(family));
        let soft = SoftModel::frozen(&model, DType::F32).expect("a copy");
        let all: Vec<&Sequence> = texts.iter().collect();
        let together = soft.run_batch(&all, &mut Open).expect("a run");
        for (index, text) in texts.iter().enumerate() {
            let alone = soft.run_batch(&[text], &mut Open).expect("a run");
            let row = together.logits.get(index).expect("a text");
            assert_eq!(flat(&alone.logits), flat(&row), "{family}, text {index}: the same bits");
        }
    }
}

#[test]
fn layers_below_the_first_gate_take_no_gradient() {
    let model = fixture_model("bert");
    let soft = SoftModel::frozen(&model, DType::F32).expect("a copy");
    let texts = texts("bert");
    let all: Vec<&Sequence> = texts.iter().collect();
    let run = soft.run_batch(&all, &mut Open).expect("a run");
    assert!(!run.logits.track_op(), "nothing is learned, so nothing is remembered for the way back");
}
