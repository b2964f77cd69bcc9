//! What a method decides without noise is what the engine decides with the weights that the method leaves.

use std::path::Path;

use candle_core::DType;
use candle_core::Device;
use candle_core::Tensor;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng as _;

use crate::engine::RunDetail;
use crate::engine::run;
use crate::evaluation::Answer;
use crate::input::Sequence;
use crate::input::Unit;
use crate::jobs::Ticket;
use crate::model::Checkpoint;
use crate::model::HeadKind;
use crate::pruning::StrategySpec;
use crate::training::Error;
use crate::training::Gate;
use crate::training::Learned;
use crate::training::Method;
use crate::training::Mode;
use crate::training::Setup;
use crate::training::SoftModel;
use crate::training::Step;
use crate::training::folder::safetensors;
use crate::training::methods::a_vit;
use crate::training::methods::adapler;
use crate::training::methods::dynamic_vit;
use crate::training::methods::parse_method;
use crate::training::methods::top;
use crate::training::methods::tr_bert;
use crate::training::methods::transkimmer;

const FAMILIES: [&str; 3] = ["bert", "roberta", "distilbert"];
const METHODS: [&str; 6] = ["transkimmer", "adapler", "tr_bert", "top", "dynamic_vit", "a_vit"];

fn checkpoint(family: &str) -> Checkpoint {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(family);
    Checkpoint::load(&folder).expect("a fixture")
}

fn texts() -> Vec<Sequence> {
    let text = |length: u32| {
        let unit = |index: u32| Unit {
            id: 4 + index * 7 % 60,
            piece: String::new(),
            span: None,
            segment: 0,
            special: index == 0 || index + 1 == length,
            group: None,
        };
        let units: Vec<Unit> = (0..length).map(unit).collect();
        Sequence { texts: Vec::new(), full_length: units.len(), units }
    };
    [17, 5, 26].map(text).to_vec()
}

/// Moves every variable at random, so that decisions fall both ways.
fn shake(method: &dyn Method, by: f32) {
    let mut random = ChaCha8Rng::seed_from_u64(5);
    for (name, var) in method.groups().into_iter().flat_map(|group| group.variables) {
        let noise = super::predictor::gumbel(&mut random, (1, var.elem_count())).expect("noise");
        // Thresholds stay in their range, odds become strong enough to decide.
        let (scale, shift) = match name.as_str() {
            "eta" => (0.02, 0.65),
            "theta" => (0.1, 0.0),
            "tokens" => (2.0, -3.0),
            "layers" => (0.1, 3.0),
            "halting.bias" => (0.1, 1.0),
            name if name.ends_with("output.bias") => (0.0, 0.0),
            _ => (f64::from(by), -f64::from(by) * 0.577),
        };
        let moved = (var.as_tensor() + (noise.reshape(var.dims()).expect("a shape") * scale).expect("noise"))
            .and_then(|moved| moved + shift);
        var.set(&moved.expect("moved")).expect("set");
    }
}

/// Which tokens the soft pass keeps in each layer, and what the method leaves.
fn soft(id: &str, checkpoint: &Checkpoint, texts: &[&Sequence]) -> (Vec<Vec<Vec<u32>>>, Learned) {
    let model = SoftModel::frozen(&checkpoint.model, DType::F32).expect("a copy");
    let settings = parse_method(id).expect("a method");
    let setup = Setup {
        model: &model,
        shape: &checkpoint.model.config.shape,
        mode: Mode::Frozen,
        settings: &settings,
        epochs: 2,
        steps_per_epoch: 4,
        seed: 3,
        tokens: (16.0, 26),
    };
    let kept = |gate: &mut dyn Gate| {
        let run = model.run_batch(texts, gate).expect("a run");
        let of_layer = |shares: &Tensor| -> Vec<Vec<u32>> {
            let shares: Vec<f32> = shares.to_vec1().expect("shares");
            let of_text = |range: std::ops::Range<usize>| {
                (0..).zip(&shares[range]).filter(|(_, share)| **share >= 0.5).map(|(position, _)| position).collect()
            };
            run.batch.bounds().ranges().map(of_text).collect()
        };
        run.entering.iter().map(of_layer).collect::<Vec<_>>()
    };
    macro_rules! tried {
        ($method:expr, $gates:expr) => {{
            let method = $method.expect("a method");
            shake(&method, 0.3);
            (kept(&mut $gates(&method)), method.learned().expect("weights"))
        }};
    }
    match id {
        "transkimmer" => {
            tried!(transkimmer::Transkimmer::new(&setup), |method| transkimmer::Gates { method, noise: None })
        }
        "adapler" => tried!(adapler::AdapLeR::new(&setup), |method| adapler::Gates {
            method,
            saliency: None,
            divergence: None,
            hard: true
        }),
        "tr_bert" => tried!(tr_bert::TrBert::new(&setup), tr_bert::Gates::likelier),
        "top" => tried!(top::Top::new(&setup), |method| top::Gates::decided(method).expect("gates")),
        "dynamic_vit" => {
            tried!(dynamic_vit::DynamicVit::new(&setup), |method| dynamic_vit::Gates { method, noise: None })
        }
        _ => tried!(a_vit::AVit::new(&setup), a_vit::Gates::new),
    }
}

#[test]
fn hard_decisions_are_the_engines_on_three_families() {
    for id in METHODS {
        let (mut stayed, mut left) = (0, 0);
        for family in FAMILIES {
            let (checkpoint, texts) = (checkpoint(family), texts());
            let batch: Vec<&Sequence> = texts.iter().collect();
            let (kept, learned) = soft(id, &checkpoint, &batch);
            let folder = tempfile::tempdir().expect("a folder");
            let file = folder.path().join("pruner.safetensors");
            std::fs::write(&file, safetensors(&learned.tensors).expect("a file")).expect("written");
            let spec = learned.spec.replace("@pruner.safetensors", &format!("@{}", file.display()));
            let pruner = StrategySpec::parse(&spec).and_then(|spec| spec.build(&checkpoint.model.config.shape));
            let pruner = pruner.unwrap_or_else(|error| panic!("{id}: {error}"));
            let outcomes =
                run(&Ticket::detached(), &checkpoint.model, &batch, &*pruner, RunDetail::Trace).expect("a run");
            for (text, outcome) in outcomes.iter().enumerate() {
                for (layer, trace) in outcome.trace.layers.iter().enumerate() {
                    assert_eq!(kept[layer][text], trace.attended, "{id}, {family}, text {text}: layer {layer}");
                    stayed += trace.attended.len();
                    left += outcome.trace.num_tokens - trace.attended.len();
                }
            }
        }
        assert!(stayed > 30 && left > 5, "{id}: {stayed} stayed and {left} left: both answers were seen");
    }
}

/// The sum of the sizes of a group's gradients.
type Moved = (&'static str, f64);

/// One loss of a method on the fixture, with the sizes of its groups' gradients.
fn losses(id: &str, mode: Mode, seed: u64) -> Result<(f64, Vec<Moved>), Error> {
    let (checkpoint, texts) = (checkpoint("bert"), texts());
    let model = match mode {
        Mode::Frozen => SoftModel::frozen(&checkpoint.model, DType::F32)?,
        Mode::Joint => SoftModel::trainable_but(&checkpoint.model, DType::F32, &["embeddings."])?,
    };
    let settings = parse_method(id)?;
    let setup = Setup {
        model: &model,
        shape: &checkpoint.model.config.shape,
        mode,
        settings: &settings,
        epochs: 2,
        steps_per_epoch: 4,
        seed: 3,
        tokens: (16.0, 26),
    };
    let mut method = (settings.method().build)(&setup)?;
    method.begin_epoch(1)?;
    let batch: Vec<&Sequence> = texts.iter().collect();
    let answers = [Answer::Class(1), Answer::Class(0), Answer::Class(1)];
    let answers: Vec<&Answer> = answers.iter().collect();
    let labels = model.run_batch(&batch[..1], &mut crate::training::Open)?.logits.dims()[1];
    let teacher = Tensor::ones((3, labels), DType::F32, &Device::Cpu).expect("logits");
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let mut step = Step {
        model: &model,
        head: HeadKind::Classifier,
        texts: &batch,
        answers: &answers,
        teacher: Some(&teacher),
        epoch: 1,
        step: 4,
        steps: 8,
        random: &mut random,
    };
    let loss = method.loss(&mut step)?;
    let mut groups = method.groups();
    if mode == Mode::Joint {
        let variables = model.parameters().to_vec();
        groups.push(crate::training::Group { name: "backbone", variables, learning_rate: 0.0, weight_decay: 0.0 });
    }
    let mut sizes = Vec::new();
    for group in groups {
        let mut size = 0.0;
        for objective in loss.objectives.iter().filter(|one| one.groups.is_empty() || one.groups.contains(&group.name))
        {
            let gradients = objective.loss.backward().expect("a backward pass");
            for (_, var) in &group.variables {
                let Some(gradient) = gradients.get(var.as_tensor()) else { continue };
                size += f64::from(gradient.abs().and_then(|all| all.sum_all()?.to_scalar::<f32>()).expect("a number"));
            }
        }
        sizes.push((group.name, size));
    }
    Ok((loss.task, sizes))
}

#[test]
fn every_method_moves_what_it_learns_in_each_of_its_modes() {
    for id in METHODS {
        let modes = parse_method(id).expect("a method").method().modes;
        for &mode in modes {
            let (task, groups) = losses(id, mode, 1).unwrap_or_else(|error| panic!("{id}: {error}"));
            assert!(task.is_finite() && task > 0.0, "{id}: a loss of {task}");
            for (name, size) in groups {
                assert!(size.is_finite() && size > 0.0, "{id}, {mode:?}: nothing moves {name}: {size}");
            }
            let again = losses(id, mode, 1).expect("the same again");
            assert_eq!(losses(id, mode, 1).expect("the same again"), again, "{id}: the same seed, the same numbers");
        }
    }
}
