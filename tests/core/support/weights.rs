//! Made-up weights for the strategies that decide with trained ones.

use std::collections::HashMap;
use std::path::Path;
use std::path::PathBuf;

use prunescope::pruning::StrategySpec;
use prunescope::pruning::dynamic_vit_layers;
use prunescope::pruning::tr_bert_layers;
use prunescope::tensor::ModelShape;
use safetensors::Dtype;
use safetensors::tensor::TensorView;
use tempfile::TempDir;

/// The strategies that need weights.
pub(crate) const LEARNED: [&str; 6] = ["transkimmer", "adapler", "tr_bert", "top", "dynamic_vit", "a_vit"];

/// A tensor by name.
#[derive(Clone, Debug)]
pub(crate) struct Named {
    pub(crate) name: String,
    pub(crate) shape: Vec<usize>,
    pub(crate) values: Vec<f32>,
}

/// Numbers from -1 to 1, from a small generator.
pub(crate) fn numbers(count: usize, seed: u64) -> Vec<f32> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut draw = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 40) as f32 / 8_388_608.0 - 1.0
    };
    // The first draws of a small seed are alike.
    for _ in 0..8 {
        draw();
    }
    (0..count).map(|_| draw()).collect()
}

/// The names and shapes that each strategy's documentation promises, for a model of these sizes.
pub(crate) fn shapes(id: &str, shape: &ModelShape) -> Vec<(String, Vec<usize>)> {
    let (layers, d) = (shape.num_layers, shape.hidden);
    let both = |name: String, weight: Vec<usize>, bias: usize| {
        [(format!("{name}.weight"), weight), (format!("{name}.bias"), vec![bias])]
    };
    let two = |name: String| {
        let hidden = both(format!("{name}.hidden"), vec![32, d], 32);
        hidden.into_iter().chain(both(format!("{name}.output"), vec![1, 32], 1)).collect::<Vec<_>>()
    };
    match id {
        "transkimmer" => (0..layers)
            .flat_map(|layer| {
                let name = |part: &str| format!("layers.{layer}.{part}");
                [
                    both(name("norm_in"), vec![d], d),
                    both(name("dense"), vec![d, d], d),
                    both(name("norm_out"), vec![d], d),
                    both(name("output"), vec![2, d], 2),
                ]
                .concat()
            })
            .collect(),
        "adapler" => (0..layers)
            .flat_map(|layer| two(format!("layers.{layer}")))
            .chain([("eta".to_owned(), vec![layers]), ("theta".to_owned(), vec![layers - 1])])
            .collect(),
        "tr_bert" => (0..tr_bert_layers(layers).len()).flat_map(|gate| two(format!("gates.{gate}"))).collect(),
        "top" => vec![("bins".to_owned(), vec![layers, 4]), ("layers".to_owned(), vec![layers])],
        "dynamic_vit" => (0..dynamic_vit_layers(layers).len())
            .flat_map(|stage| {
                let name = |part: &str| format!("stages.{stage}.{part}");
                [
                    both(name("norm"), vec![d], d),
                    both(name("embed"), vec![d, d], d),
                    both(name("mix"), vec![d / 2, d], d / 2),
                    both(name("narrow"), vec![d / 4, d / 2], d / 4),
                    both(name("output"), vec![2, d / 4], 2),
                ]
                .concat()
            })
            .collect(),
        "a_vit" => vec![("halting.weight".to_owned(), vec![1, d]), ("halting.bias".to_owned(), vec![layers - 1])],
        other => panic!("{other} needs no weights"),
    }
}

/// Weights that decide one way and the other on random states.
pub(crate) fn made_up(id: &str, shape: &ModelShape, seed: u64) -> Vec<Named> {
    let named = |(index, (name, sizes)): (u64, (String, Vec<usize>))| {
        let count = sizes.iter().product();
        let mut values = numbers(count, seed * 1000 + index);
        for value in &mut values {
            *value = match name.as_str() {
                // Thresholds near the even share, and both kinds of gates.
                "eta" => 0.9 + 0.1 * *value,
                "theta" => 1.0 + 0.5 * *value,
                "bins" => f32::from(u8::from(*value > -0.4)),
                "layers" => 1.0,
                name if name.contains("norm") && name.ends_with("weight") => 1.0 + 0.3 * *value,
                _ => *value,
            };
        }
        if name == "halting.bias" {
            values.fill(-0.5);
        }
        Named { name, shape: sizes, values }
    };
    (0..).zip(shapes(id, shape)).map(named).collect()
}

/// Writes a safetensors file; with the strategy it is for, where one is named.
pub(crate) fn write(path: &Path, tensors: &[Named], strategy: Option<&str>) {
    let bytes: Vec<Vec<u8>> =
        tensors.iter().map(|tensor| tensor.values.iter().flat_map(|value| value.to_le_bytes()).collect()).collect();
    let views = tensors.iter().zip(&bytes).map(|(tensor, bytes)| {
        let view = TensorView::new(Dtype::F32, tensor.shape.clone(), bytes).expect("sizes that fit");
        (tensor.name.clone(), view)
    });
    let metadata = strategy.map(|id| HashMap::from([("strategy".to_owned(), id.to_owned())]));
    safetensors::serialize_to_file(views, metadata, path).expect("a file");
}

/// A folder with a strategy's weights in `pruner.safetensors`.
pub(crate) fn folder(tensors: &[Named], strategy: &str) -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("pruner.safetensors");
    write(&path, tensors, Some(strategy));
    (folder, path)
}

/// A learned strategy with made-up weights for a model of these sizes; `settings` begin with a comma or are empty.
pub(crate) fn learned_spec(id: &str, shape: &ModelShape, seed: u64, settings: &str) -> StrategySpec {
    let (_folder, path) = folder(&made_up(id, shape, seed), id);
    let text = format!("{id}:pruner=@{}{settings}", path.display());
    StrategySpec::parse(&text).unwrap_or_else(|err| panic!("{text}: {err}"))
}
