//! Checkpoints with one thing wrong: each is refused with an error that says what.

use std::fs;

use prunescope::model::Checkpoint;
use serde_json::Value;
use serde_json::json;

use crate::model_pytorch_writer::archive;
use crate::model_pytorch_writer::pickle;
use crate::model_pytorch_writer::zip;
use crate::model_support::Copy;
use crate::model_support::Precision;
use crate::model_support::Tensor;
use crate::model_support::Tensors;

/// The message has all of these parts.
#[track_caller]
fn check(message: &str, parts: &[&str]) {
    for part in parts {
        assert!(message.contains(part), "{part:?} is not in: {message}");
    }
}

#[track_caller]
fn check_config(family: &str, changes: &Value, parts: &[&str]) {
    let copy = Copy::of(family);
    copy.set_config(changes);
    let message = copy.error();
    check(&message, parts);
    check(&message, &["config.json"]);
}

#[test]
fn a_folder_without_a_config() {
    let copy = Copy::of("bert");
    copy.remove("config.json");
    check(&copy.error(), &["no \"config.json\"", &copy.path().display().to_string()]);
    let err = Checkpoint::load(&copy.file("model.safetensors")).expect_err("a file is not a folder");
    check(&err.to_string(), &["expected a checkpoint folder, got a file", "model.safetensors"]);
    let err = Checkpoint::load(&copy.file("nowhere")).expect_err("there is no such folder");
    check(&err.to_string(), &["there is no such folder: ", "nowhere"]);
}

#[test]
fn a_config_that_is_not_json() {
    let copy = Copy::of("bert");
    for text in ["", "{", "[]", "null", "\"bert\"", "{\"model_type\": bert}"] {
        copy.write("config.json", text);
        check(&copy.error(), &["not valid JSON", "config.json", "line 1"]);
    }
    copy.write("config.json", "[".repeat(1_000_000));
    check(&copy.error(), &["not valid JSON"]);
}

#[test]
fn an_unknown_model_type_names_the_known_ones() {
    let known = [
        "\"bert\"",
        "\"distilbert\"",
        "\"roberta\"",
        "\"xlm-roberta\"",
        "\"electra\"",
        "\"albert\"",
        "\"deberta-v2\"",
        "\"modernbert\"",
    ];
    check_config("bert", &json!({"model_type": "gpt2"}), &["unknown \"model_type\" \"gpt2\""]);
    check_config("bert", &json!({"model_type": "gpt2"}), &known);
    check_config("bert", &json!({"model_type": null}), &["\"model_type\" is missing"]);
    check_config("bert", &json!({"model_type": null}), &known);
    check_config("bert", &json!({"model_type": 7}), &["\"model_type\": expected text, got 7"]);
}

#[test]
fn absurd_sizes() {
    let cases = [
        (json!({"num_attention_heads": 0}), "\"num_attention_heads\": expected a whole number from 1 to 131072, got 0"),
        (json!({"num_attention_heads": 5}), "5 attention heads do not divide the hidden size 32"),
        (json!({"num_hidden_layers": 0}), "\"num_hidden_layers\": expected a whole number from 1 to 1024, got 0"),
        (json!({"hidden_size": 1_000_000_000_000_u64}), "from 1 to 131072, got 1000000000000"),
        (json!({"intermediate_size": 1_000_000_000_000_u64}), "\"intermediate_size\": expected a whole number"),
        (json!({"vocab_size": 1_000_000_000_000_u64}), "\"vocab_size\": expected a whole number"),
        (json!({"num_hidden_layers": 1_000_000_000_000_u64}), "\"num_hidden_layers\": expected a whole number"),
        (json!({"max_position_embeddings": u64::MAX}), "got 18446744073709551615"),
        (json!({"hidden_size": -32}), "got -32"),
        (json!({"hidden_size": 32.5}), "got 32.5"),
        (json!({"hidden_size": "32"}), "got \"32\""),
        (json!({"hidden_size": null}), "\"hidden_size\" is missing; expected a whole number from 1 to 131072"),
        (json!({"type_vocab_size": 0}), "\"type_vocab_size\": expected a whole number"),
        (json!({"layer_norm_eps": 0}), "\"layer_norm_eps\": expected a positive number, got 0"),
        (json!({"layer_norm_eps": 1e300}), "\"layer_norm_eps\": expected a positive number"),
    ];
    for (changes, part) in cases {
        check_config("bert", &changes, &[part]);
    }
    check_config("distilbert", &json!({"n_heads": 0}), &["\"n_heads\": expected a whole number", "got 0"]);
    check_config("distilbert", &json!({"dim": 1_000_000_000_000_u64}), &["\"dim\"", "got 1000000000000"]);
    let few = json!({"max_position_embeddings": 2});
    check_config("roberta", &few, &["\"max_position_embeddings\": expected more than pad_token_id + 1 = 2, got 2"]);
}

#[test]
fn settings_that_are_not_supported() {
    let cases = [
        ("bert", json!({"position_embedding_type": "relative_key"}), "expected \"absolute\", got \"relative_key\""),
        ("bert", json!({"is_decoder": true}), "\"is_decoder\": expected false, got true"),
        ("bert", json!({"problem_type": "ranking"}), "expected one of \"single_label_classification\""),
        ("bert", json!({"problem_type": "regression"}), "expected with 2 labels, another problem_type"),
        (
            "bert",
            json!({"problem_type": "single_label_classification", "id2label": {"0": "score"}}),
            "expected with a single label, \"regression\"",
        ),
        (
            "bert",
            json!({
                "problem_type": "single_label_classification",
                "sbert_ce_default_activation_function": "torch.nn.modules.activation.Sigmoid",
            }),
            "expected with a sigmoid on every output, \"multi_label_classification\"",
        ),
        (
            "bert",
            json!({"sbert_ce_default_activation_function": "torch.nn.modules.activation.Tanh"}),
            "\"sbert_ce_default_activation_function\": expected torch.nn's Identity or Sigmoid",
        ),
        (
            "bert",
            json!({"sentence_transformers": {"activation_fn": "os.system"}}),
            "\"sentence_transformers\": expected torch.nn's Identity or Sigmoid",
        ),
        ("albert", json!({"num_hidden_groups": 2}), "\"num_hidden_groups\": expected 1, got 2"),
        ("albert", json!({"inner_group_num": 2}), "\"inner_group_num\": expected 1, got 2"),
        ("deberta-v2", json!({"share_att_key": false}), "\"share_att_key\": expected true, got false"),
        ("deberta-v2", json!({"relative_attention": null}), "\"relative_attention\" is missing; expected true"),
        ("deberta-v2", json!({"conv_kernel_size": 3}), "\"conv_kernel_size\": expected 0, got 3"),
        ("deberta-v2", json!({"pos_att_type": ["p2p"]}), "\"pos_att_type\": expected a list of"),
        ("deberta-v2", json!({"norm_rel_ebd": "batch"}), "\"norm_rel_ebd\": expected \"layer_norm\" or \"none\""),
        ("deberta-v2", json!({"position_buckets": 1}), "\"position_buckets\": expected 2 to"),
        ("deberta-v2", json!({"embedding_size": 16}), "\"embedding_size\": expected 32, got 16"),
        ("modernbert", json!({"classifier_pooling": "max"}), "expected \"cls\" or \"mean\", got \"max\""),
        ("modernbert", json!({"num_attention_heads": 32}), "heads of an even width"),
        ("modernbert", json!({"local_rope_theta": -1}), "\"local_rope_theta\": expected a positive number"),
    ];
    for (family, changes, part) in cases {
        check_config(family, &changes, &[part]);
    }
}

#[test]
fn an_unknown_activation_names_the_known_ones() {
    let parts = ["got \"mish\"", "\"gelu\"", "\"gelu_new\"", "\"relu\"", "\"silu\"", "\"tanh\""];
    for (family, key) in [
        ("bert", "hidden_act"),
        ("distilbert", "activation"),
        ("modernbert", "hidden_activation"),
        ("modernbert", "classifier_activation"),
        ("deberta-v2", "pooler_hidden_act"),
    ] {
        let changes = Value::Object([(key.to_owned(), json!("mish"))].into_iter().collect());
        check_config(family, &changes, &[key]);
        check_config(family, &changes, &parts);
    }
}

#[test]
fn labels_that_are_not_classes() {
    let absurd = [
        json!({}),
        json!({"0": "a", "2": "b"}),
        json!({"x": "a", "1": "b"}),
        json!(["a", "b"]),
        json!({"0": 1, "1": 2}),
    ];
    for labels in absurd {
        check_config("bert", &json!({"id2label": labels}), &["\"id2label\": expected an object with the keys"]);
    }
}

#[test]
fn all_missing_and_misshapen_tensors_are_listed() {
    let copy = Copy::of("bert");
    copy.edit_tensors(|tensors| {
        tensors.remove("bert.encoder.layer.1.output.dense.bias");
        tensors.remove("bert.embeddings.LayerNorm.weight");
        tensors.remove("classifier.bias");
        reshape(tensors, "bert.encoder.layer.2.intermediate.dense.weight", &[32, 56]);
        reshape(tensors, "bert.pooler.dense.bias", &[32, 1]);
    });
    let message = copy.error();
    check(&message, &["3 tensors are missing", "2 tensors have the wrong shape"]);
    check(
        &message,
        &[
            "\"bert.encoder.layer.1.output.dense.bias\"",
            "\"bert.embeddings.LayerNorm.weight\"",
            "\"classifier.bias\"",
            "\"bert.encoder.layer.2.intermediate.dense.weight\": expected shape [56, 32], got [32, 56]",
            "\"bert.pooler.dense.bias\": expected shape [32], got [32, 1]",
        ],
    );
}

#[test]
fn a_config_of_another_size_lists_every_tensor() {
    for family in crate::model_support::FIXTURES {
        let copy = Copy::of(family);
        let key = if family == "distilbert" { "hidden_dim" } else { "intermediate_size" };
        copy.set_config(&Value::Object([(key.to_owned(), json!(57))].into_iter().collect()));
        let message = copy.error();
        // Two weights a layer, and the bias of the wide one where there is one; ALBERT shares its one layer.
        let count = match family {
            "albert" => 3,
            "modernbert" => 2 * 3,
            _ => 3 * 3,
        };
        check(&message, &[&format!("{count} tensors have the wrong shape")]);
    }
}

#[test]
fn another_number_of_labels_than_the_classifier_has() {
    let copy = Copy::of("bert");
    copy.set_config(&json!({"id2label": {"0": "a", "1": "b", "2": "c"}}));
    check(&copy.error(), &["\"classifier.weight\": expected shape [3, 32], got [2, 32]"]);
}

#[test]
fn a_checkpoint_without_a_classification_head() {
    for (family, missing) in [
        ("bert", vec!["bert.pooler.dense.weight", "classifier.weight"]),
        ("distilbert", vec!["pre_classifier.weight"]),
        ("roberta", vec!["classifier.out_proj.weight"]),
        ("electra", vec!["classifier.dense.weight", "classifier.out_proj.weight"]),
        ("albert", vec!["classifier.weight"]),
        ("deberta-v2", vec!["pooler.dense.weight"]),
        ("modernbert", vec!["head.dense.weight", "head.norm.weight"]),
    ] {
        let copy = Copy::of(family);
        copy.set_config(&json!({"architectures": ["SomethingForMaskedLM"]}));
        copy.edit_tensors(|tensors| tensors.retain(|name, _| !missing.contains(&name.as_str())));
        let message = copy.error();
        check(&message, &["no sequence classification head", "\"SomethingForMaskedLM\""]);
        check(&message, &missing);
    }
}

#[test]
fn weights_that_are_not_numbers() {
    for (value, shown) in [(f32::NAN, "NaN"), (f32::INFINITY, "inf"), (f32::NEG_INFINITY, "-inf")] {
        let copy = Copy::of("electra");
        copy.edit_tensors(|tensors| {
            tensors.get_mut("electra.encoder.layer.1.output.dense.weight").expect("it is there").values[57] = value;
        });
        let expected = format!("expected finite numbers, got {shown} at index 57");
        check(&copy.error(), &["\"electra.encoder.layer.1.output.dense.weight\"", &expected]);
    }
}

#[test]
fn no_weights_at_all() {
    let copy = Copy::of("bert");
    copy.remove("model.safetensors");
    check(&copy.error(), &["no weights", "\"model.safetensors\"", "\"pytorch_model.bin\""]);
}

#[test]
fn a_pointer_of_git_lfs_is_not_a_file_of_weights() {
    let copy = Copy::of("bert");
    copy.write("model.safetensors", "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 45473900\n");
    check(&copy.error(), &["got a Git LFS pointer", "git lfs pull", "model.safetensors"]);
}

#[test]
fn a_truncated_safetensors_file() {
    let copy = Copy::of("bert");
    let whole = fs::read(copy.file("model.safetensors")).expect("the weights are there");
    for (length, part) in [
        (0, "got a file of 0 bytes"),
        (7, "expected at least 8 bytes, got a file of 7 bytes"),
        (8, "expected a header of at most 0 bytes in a file of 8 bytes"),
        (100, "expected a header of at most 92 bytes in a file of 100 bytes"),
        (whole.len() - 1, "the file is truncated or damaged"),
        (whole.len() / 2, "bytes after the header, got bytes"),
    ] {
        copy.write("model.safetensors", &whole[..length]);
        check(&copy.error(), &[part, "model.safetensors"]);
    }
}

#[test]
fn a_safetensors_header_that_lies() {
    let copy = Copy::of("bert");
    let whole = fs::read(copy.file("model.safetensors")).expect("the weights are there");
    for length in [u64::MAX, 1 << 40, 99_999_999] {
        copy.write("model.safetensors", [&length.to_le_bytes(), &whole[8..]].concat());
        check(&copy.error(), &["expected a header of at most", &format!("got one of {length} bytes")]);
    }
    copy.write("model.safetensors", [&2_u64.to_le_bytes()[..], b"{]"].concat());
    check(&copy.error(), &["not valid JSON", "model.safetensors"]);

    let name = "bert.embeddings.word_embeddings.weight";
    let lie = |entry: Value| {
        let header = json!({name: entry}).to_string();
        let length = u64::try_from(header.len()).expect("short").to_le_bytes();
        copy.write("model.safetensors", [&length[..], header.as_bytes(), &[0; 64]].concat());
        copy.error()
    };
    let far = lie(json!({"dtype": "F32", "shape": [281, 32], "data_offsets": [0, 35_968]}));
    check(&far, &["expected data within 64 bytes after the header, got bytes 0 to 35968", name]);
    let backwards = lie(json!({"dtype": "F32", "shape": [281, 32], "data_offsets": [64, 0]}));
    check(&backwards, &["expected dtype, shape and two data_offsets"]);
    let shapeless = lie(json!({"dtype": "F32", "shape": [-1], "data_offsets": [0, 64]}));
    check(&shapeless, &["expected dtype, shape and two data_offsets"]);
    let huge = lie(json!({"dtype": "F32", "shape": [u64::MAX, u64::MAX], "data_offsets": [0, 64]}));
    check(&huge, &["expected shape [281, 32], got [18446744073709551615, 18446744073709551615]"]);
}

#[test]
fn a_tensor_with_fewer_bytes_than_its_shape_or_of_another_type() {
    let copy = Copy::of("bert");
    let whole = fs::read(copy.file("model.safetensors")).expect("the weights are there");
    let header_end = 8 + usize::try_from(u64::from_le_bytes(whole[..8].try_into().unwrap())).unwrap();
    let with = |change: &dyn Fn(&mut Value)| {
        let mut header: Value = serde_json::from_slice(&whole[8..header_end]).expect("the header is JSON");
        change(&mut header["classifier.weight"]);
        let header = header.to_string();
        let length = u64::try_from(header.len()).unwrap().to_le_bytes();
        copy.write("model.safetensors", [&length[..], header.as_bytes(), &whole[header_end..]].concat());
        copy.error()
    };
    let short = with(&|entry| entry["data_offsets"][1] = json!(entry["data_offsets"][1].as_u64().unwrap() - 4));
    check(&short, &["\"classifier.weight\": expected 256 bytes for shape [2, 32], got 252 bytes"]);
    let typed = with(&|entry| entry["dtype"] = json!("I64"));
    check(&typed, &["\"classifier.weight\": expected numbers of type F32, F16 or BF16, got I64"]);
}

#[test]
fn a_damaged_pytorch_file() {
    let copy = Copy::of("bert");
    let tensors = copy.tensors();
    copy.remove("model.safetensors");
    copy.write("pytorch_model.bin", b"\x80\x02\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19.");
    check(&copy.error(), &["expected a zip archive as PyTorch 1.6 and later write it", "pytorch_model.bin"]);

    let whole = archive(&tensors, Precision::F32);
    copy.write("pytorch_model.bin", &whole[..whole.len() / 2]);
    check(&copy.error(), &["cannot read the PyTorch file", "pytorch_model.bin", "no directory of a zip archive"]);

    // The list promises tensors whose numbers are not in the archive.
    let list = ("archive/data.pkl".to_owned(), pickle(&tensors, Precision::F32));
    copy.write("pytorch_model.bin", zip(std::slice::from_ref(&list)));
    check(&copy.error(), &["expected an entry \"archive/data/", "got none", "pytorch_model.bin"]);
    copy.write("pytorch_model.bin", zip(&[list.clone(), ("archive/padding".to_owned(), vec![0; 100_000])]));
    check(&copy.error(), &["expected an entry \"archive/data/", "got none", "pytorch_model.bin"]);

    // Storages that are shorter than the list says.
    let storages = (0..tensors.len()).map(|index| (format!("archive/data/{index}"), vec![0; 8]));
    copy.write("pytorch_model.bin", zip(&std::iter::once(list).chain(storages).collect::<Vec<_>>()));
    check(&copy.error(), &["expected at most the 2 numbers of its storage", "got shape [281, 32]"]);

    let cut: Tensors = tensors.iter().skip(1).map(|(name, tensor)| (name.clone(), tensor.clone())).collect();
    copy.write("pytorch_model.bin", archive(&cut, Precision::F32));
    check(&copy.error(), &["1 tensor is missing (\"bert.embeddings.LayerNorm.bias\")"]);
}

#[test]
fn a_pytorch_file_that_would_run_code_runs_none() {
    let copy = Copy::of("bert");
    copy.remove("model.safetensors");
    let witness = copy.file("witness");
    let mut call = b"cos\nsystem\nX".to_vec();
    let command = format!("touch {}", witness.display());
    call.extend(u32::try_from(command.len()).unwrap().to_le_bytes());
    call.extend(command.bytes());
    call.extend(b"\x85R.");
    copy.write("pytorch_model.bin", zip(&[("archive/data.pkl".to_owned(), call)]));
    check(&copy.error(), &["holds no model weights; expected a dictionary of tensors by name", "pytorch_model.bin"]);
    assert!(!witness.exists(), "the call was not made");
}

fn reshape(tensors: &mut Tensors, name: &str, shape: &[usize]) {
    let tensor: &mut Tensor = tensors.get_mut(name).expect("the tensor is there");
    assert_eq!(tensor.shape.iter().product::<usize>(), shape.iter().product::<usize>(), "as many numbers");
    shape.clone_into(&mut tensor.shape);
}
