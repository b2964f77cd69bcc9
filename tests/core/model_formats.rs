//! The same weights in every form a checkpoint comes in.

use half::bf16;
use half::f16;
use prunescope::model::Checkpoint;
use prunescope::model::Mask;
use prunescope::model::Model;
use prunescope::model::find_model;
use serde_json::json;

use crate::model_pytorch_writer::archive;
use crate::model_support::Copy;
use crate::model_support::FIXTURES;
use crate::model_support::Precision;
use crate::model_support::fingerprint;
use crate::model_support::load;

fn loaded(copy: &Copy) -> Model {
    copy.load().model
}

#[test]
fn numbers_in_half_precision_become_the_f32_they_stand_for() {
    for family in FIXTURES {
        for precision in [Precision::F16, Precision::Bf16] {
            let copy = Copy::of(family);
            copy.write_tensors("model.safetensors", &copy.tensors(), precision);
            let rounded = Copy::of(family);
            rounded.edit_tensors(|tensors| {
                for value in tensors.values_mut().flat_map(|tensor| &mut tensor.values) {
                    *value = match precision {
                        Precision::F16 => f16::from_f32(*value).to_f32(),
                        _ => bf16::from_f32(*value).to_f32(),
                    };
                }
            });
            assert_eq!(fingerprint(&loaded(&copy)), fingerprint(&loaded(&rounded)), "{family} in {precision:?}");
            assert_ne!(fingerprint(&loaded(&copy)), fingerprint(&load(family).model), "{family}: rounding shows");
        }
    }
}

#[test]
fn a_pytorch_file_gives_the_same_weights() {
    for family in FIXTURES {
        let copy = Copy::of(family);
        let tensors = copy.tensors();
        copy.remove("model.safetensors");
        copy.write("pytorch_model.bin", archive(&tensors, Precision::F32));
        assert_eq!(fingerprint(&loaded(&copy)), fingerprint(&load(family).model), "{family}");
    }
}

#[test]
fn a_pytorch_file_in_half_precision_equals_safetensors_in_half_precision() {
    for precision in [Precision::F16, Precision::Bf16] {
        let (pickled, plain) = (Copy::of("bert"), Copy::of("bert"));
        let tensors = plain.tensors();
        plain.write_tensors("model.safetensors", &tensors, precision);
        pickled.remove("model.safetensors");
        pickled.write("pytorch_model.bin", archive(&tensors, precision));
        assert_eq!(fingerprint(&loaded(&pickled)), fingerprint(&loaded(&plain)), "{precision:?}");
    }
}

#[test]
fn shards_give_the_same_weights() {
    let copy = Copy::of("roberta");
    let tensors = copy.tensors();
    copy.remove("model.safetensors");
    let (mut even, mut odd) = (tensors.clone(), tensors.clone());
    let mut weight_map = serde_json::Map::new();
    for (index, name) in tensors.keys().enumerate() {
        let (other, file) = if index % 2 == 0 { (&mut odd, "a.safetensors") } else { (&mut even, "b.safetensors") };
        other.remove(name);
        weight_map.insert(name.clone(), file.into());
    }
    assert!(!even.is_empty() && !odd.is_empty(), "both shards hold something");
    copy.write_tensors("a.safetensors", &even, Precision::F32);
    copy.write_tensors("b.safetensors", &odd, Precision::F32);
    copy.write("model.safetensors.index.json", json!({"metadata": {}, "weight_map": weight_map}).to_string());
    assert_eq!(fingerprint(&loaded(&copy)), fingerprint(&load("roberta").model), "two shards");

    copy.remove("b.safetensors");
    let message = copy.error();
    assert!(message.starts_with("cannot read the file: ") && message.contains("b.safetensors"), "{message}");
    for outside in ["../b.safetensors", "/etc/passwd", ""] {
        let map = json!({"weight_map": {"classifier.dense.weight": outside}});
        copy.write("model.safetensors.index.json", map.to_string());
        let message = copy.error();
        assert!(message.contains(&format!("shard {outside:?} is not a plain file name")), "{message}");
    }
    copy.write("model.safetensors.index.json", "{}");
    let message = copy.error();
    assert!(message.contains("expected an object \"weight_map\""), "{message}");
}

#[test]
fn names_without_the_family_prefix_are_found() {
    for (family, prefix) in [("bert", "bert."), ("roberta", "roberta."), ("modernbert", "model.")] {
        let copy = Copy::of(family);
        copy.edit_tensors(|tensors| {
            let bare = |name: &String| name.strip_prefix(prefix).unwrap_or(name).to_owned();
            *tensors = tensors.iter().map(|(name, tensor)| (bare(name), tensor.clone())).collect();
            assert!(!tensors.keys().any(|name| name.starts_with(prefix)), "no prefix is left");
        });
        assert_eq!(fingerprint(&loaded(&copy)), fingerprint(&load(family).model), "{family}");
    }
}

#[test]
fn the_older_spelling_of_norms_is_found() {
    let copy = Copy::of("bert");
    copy.edit_tensors(|tensors| {
        let older = |name: &String| {
            name.replace("LayerNorm.weight", "LayerNorm.gamma").replace("LayerNorm.bias", "LayerNorm.beta")
        };
        *tensors = tensors.iter().map(|(name, tensor)| (older(name), tensor.clone())).collect();
    });
    assert_eq!(fingerprint(&loaded(&copy)), fingerprint(&load("bert").model), "gamma and beta");
}

#[test]
fn the_hashes_are_those_of_the_files() {
    let dir = find_model("sentiment-minilm-l6").expect("the repository has the sample model");
    let checkpoint = Checkpoint::load(&dir).expect("the sample model loads");
    // sha256sum of the files in sample_models.
    assert_eq!(
        checkpoint.model.weights_hash, "ba1822f356de2ea5bdc7ddc65ef5feda325698c042075156a14e0b2ad316a7a1",
        "weights"
    );
    assert_eq!(
        checkpoint.tokenizer.hash(),
        "325e6539e09081160e94f36b13f0869734587b16be2add1a6848ba7eb4c10c38",
        "tokenizer"
    );
}

#[test]
fn fused_projections_are_split_into_query_key_and_value() {
    let copy = Copy::of("modernbert");
    let fused = copy.tensors()["model.layers.1.attn.Wqkv.weight"].clone();
    // Three rows of 32 numbers in a row of the file, one from each third: rows 5, 32 + 5 and 64 + 5.
    let model = loaded(&copy);
    let layer = &model.layers[1];
    for (part, linear) in [&layer.query, &layer.key, &layer.value].into_iter().enumerate() {
        let start = (part * 32 + 5) * 32;
        assert_eq!(linear.weight().row(5), &fused.values[start..start + 32], "part {part}");
    }
    assert!(model.layers[0].attention_norm.is_none(), "the first layer has no norm before its attention");
    assert!(layer.attention_norm.is_some(), "the second has one");
    // Every third layer sees the whole text, the others 16 / 2 tokens on each side.
    let masks: Vec<_> = model.layers.iter().map(|layer| layer.mask).collect();
    assert_eq!(masks, [Mask::Full, Mask::Window { half: 8 }, Mask::Window { half: 8 }], "windows");
}
