//! Files made to break their reader: each is refused at once, in little memory, with the file's name and a way on.

use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;
use std::time::Instant;

use crate::model_pytorch_writer::zip;
use crate::model_support::Copy;

/// What stands for "at once": the files took minutes, gigabytes or the process before.
const AT_ONCE: Duration = Duration::from_secs(5);

fn attack(name: &str) -> Vec<u8> {
    let path: PathBuf =
        [env!("CARGO_MANIFEST_DIR"), "tests", "fixtures", "field_cases", "attack", name].iter().collect();
    fs::read(path).expect("the repository has the file")
}

/// The error of a checkpoint, which must come at once.
#[track_caller]
fn refused(copy: &Copy, parts: &[&str]) {
    let started = Instant::now();
    let message = copy.error();
    assert!(started.elapsed() < AT_ONCE, "refused at once, took {:?}", started.elapsed());
    for part in parts {
        assert!(message.contains(part), "{part:?} is not in: {message}");
    }
}

/// A BERT checkpoint with this pickle instead of its weights.
fn with_pickle(bytes: &[u8]) -> Copy {
    let copy = Copy::of("bert");
    copy.remove("model.safetensors");
    copy.write("pytorch_model.bin", bytes);
    copy
}

#[test]
fn hostile_pickles_are_refused_at_once() {
    for (name, reason) in [
        ("pickle-nested.bin", "holds no model weights"),
        ("pickle-memo-bomb.bin", "holds no model weights"),
        ("pickle-short-arguments.bin", "holds no model weights"),
    ] {
        refused(&with_pickle(&attack(name)), &["pytorch_model.bin", reason]);
    }
}

#[test]
fn a_pickle_that_doubles_itself_takes_no_memory() {
    // Each tuple holds the one before it twice: 2^60 leaves in 60 steps.
    let mut list = b"\x80\x02Nq\x00".to_vec();
    for _ in 0..60 {
        list.extend(b"h\x00\x86q\x00");
    }
    list.push(b'.');
    refused(
        &with_pickle(&zip(&[("archive/data.pkl".to_owned(), list)])),
        &["pytorch_model.bin", "holds no model weights"],
    );
    // Five million values on the stack, and a place in the memo beyond any real one.
    let many = [vec![b'N'; 5_000_000], b".".to_vec()].concat();
    refused(&with_pickle(&zip(&[("archive/data.pkl".to_owned(), many)])), &["more than 1048576 values"]);
    let far = b"\x80\x02Nr\xff\xff\xff\xff.".to_vec();
    refused(&with_pickle(&zip(&[("archive/data.pkl".to_owned(), far)])), &["more than 1048576 remembered values"]);
}

#[test]
fn short_pickles_name_what_is_wrong_and_where() {
    for (list, reason) in [
        (&b"\x80\x02"[..], "the pickle is cut at byte 2"),
        (b"\x80\x02R.", "damaged at byte 2: expected a value on the stack"),
        (b"\x80\x02t.", "damaged at byte 2: expected a mark"),
        (b"\x80\x02h\x07.", "damaged at byte 2: expected a value that was remembered"),
        (b"\x80\x02}NNNa.", "damaged at byte 6: expected a list or a dictionary to fill"),
        (b"\x80\x02X\xff\xff\xff\x7fa.", "the pickle is cut at byte 9"),
        (b"\x80\x02\x92.", "opcode 0x92 at byte 2"),
        (b"\x80\x02}.", "holds no model weights"),
    ] {
        refused(&with_pickle(&zip(&[("archive/data.pkl".to_owned(), list.to_vec())])), &["pytorch_model.bin", reason]);
    }
}

#[test]
fn a_stride_of_zero_makes_no_table_of_one_number() {
    let copy = Copy::of("bert");
    let rows: usize = 1 << 26;
    copy.set_config(&serde_json::json!({"vocab_size": rows}));
    copy.remove("model.safetensors");
    let mut list =
        b"\x80\x02}(X\x26\x00\x00\x00bert.embeddings.word_embeddings.weightctorch._utils\n_rebuild_tensor_v2\n(("
            .to_vec();
    list.extend(b"X\x07\x00\x00\x00storagectorch\nFloatStorage\nX\x01\x00\x00\x000X\x03\x00\x00\x00cpuK\x01tQK\x00(J");
    list.extend(i32::try_from(rows).expect("2^26").to_le_bytes());
    list.extend(b"K\x20t(K\x00K\x00t\x89NtRu.");
    let entries = [("archive/data.pkl".to_owned(), list), ("archive/data/0".to_owned(), vec![0; 4])];
    copy.write("pytorch_model.bin", zip(&entries));
    refused(&copy, &["bert.embeddings"]);
}

/// A pickle of so many tensors `[rows, 32]` which are all views of storage 0.
fn views(names: impl Iterator<Item = String>, rows: usize) -> Vec<u8> {
    let mut list = b"\x80\x02}(".to_vec();
    for name in names {
        list.push(b'X');
        list.extend(u32::try_from(name.len()).expect("short").to_le_bytes());
        list.extend(name.bytes());
        list.extend(b"ctorch._utils\n_rebuild_tensor_v2\n((X\x07\x00\x00\x00storagectorch\nFloatStorage\n");
        list.extend(b"X\x01\x00\x00\x000X\x03\x00\x00\x00cpuK\x01tQK\x00(J");
        list.extend(i32::try_from(rows).expect("few").to_le_bytes());
        list.extend(b"K\x20t(K\x20K\x01t\x89NtR");
    }
    list.extend(b"u.");
    list
}

#[test]
fn a_thousand_views_of_one_storage_are_no_model() {
    // 512 kB of numbers, which 1,000 layers would make half a gigabyte of.
    let copy = Copy::of("bert");
    copy.remove("model.safetensors");
    let names = (0..1000).map(|layer| format!("bert.encoder.layer.{layer}.attention.self.query.weight"));
    let entries =
        [("archive/data.pkl".to_owned(), views(names, 4096)), ("archive/data/0".to_owned(), vec![0; 1 << 19])];
    copy.write("pytorch_model.bin", zip(&entries));
    refused(&copy, &["pytorch_model.bin", "the tensors claim 524288000 bytes together", "query.weight", "get it anew"]);
    // Weights that are tied are as many views as that.
    let tied = ["bert.embeddings.word_embeddings.weight", "cls.predictions.decoder.weight", "shared", "lm_head"];
    let entries = [
        ("archive/data.pkl".to_owned(), views(tied.into_iter().map(str::to_owned), 4096)),
        ("archive/data/0".to_owned(), vec![0; 1 << 19]),
    ];
    copy.write("pytorch_model.bin", zip(&entries));
    refused(&copy, &["missing"]);
}

#[test]
fn tensors_that_lie_over_each_other_are_refused() {
    let copy = Copy::of("bert");
    let one = |index: usize| format!("\"t{index}\":{{\"dtype\":\"F32\",\"shape\":[64],\"data_offsets\":[0,256]}}");
    let header = format!("{{{}}}", (0..2).map(one).collect::<Vec<_>>().join(","));
    let bytes = [&(header.len() as u64).to_le_bytes()[..], header.as_bytes(), &[0; 300]].concat();
    copy.write("model.safetensors", bytes);
    refused(&copy, &["model.safetensors", "the tensors claim 512 bytes together, expected at most 300", "get it anew"]);
}

#[test]
fn a_compressed_archive_is_not_unpacked() {
    let mut bytes = zip(&[("archive/data.pkl".to_owned(), b"\x80\x02}.".to_vec())]);
    let directory = bytes.windows(4).rposition(|window| window == b"PK\x01\x02").expect("a directory");
    bytes[directory + 10] = 8;
    refused(&with_pickle(&bytes), &["pytorch_model.bin", "\"archive/data.pkl\" is compressed", "torch.save"]);
}

#[test]
fn a_directory_that_claims_more_than_the_file_has_is_refused() {
    let whole = zip(&[("archive/data.pkl".to_owned(), b"\x80\x02}.".to_vec())]);
    let end = whole.len() - 22;
    let with = |at: usize, bytes: &[u8]| {
        let mut changed = whole.clone();
        changed[end + at..][..bytes.len()].copy_from_slice(bytes);
        with_pickle(&changed)
    };
    refused(&with(10, &[0xff, 0x7f]), &["the directory of the zip archive is damaged"]);
    refused(&with(12, &[0xff; 4]), &["bytes of directory; at most"]);
    refused(&with(16, &[0xff, 0xff, 0xff, 0x7f]), &["the directory of the zip archive is damaged"]);
}

#[test]
fn pipes_devices_and_folders_are_refused_without_being_opened() {
    if !cfg!(unix) {
        return;
    }
    for (file, others) in [
        ("config.json", &[][..]),
        ("tokenizer.json", &[]),
        ("tokenizer_config.json", &[]),
        ("model.safetensors", &[]),
        ("vocab.txt", &["tokenizer.json"]),
        ("model.safetensors.index.json", &["model.safetensors"]),
        ("pytorch_model.bin", &["model.safetensors"]),
    ] {
        let copy = Copy::of("bert");
        for name in others.iter().chain([&file]) {
            drop(fs::remove_file(copy.file(name)));
        }
        let path = copy.file(file);
        let made = Command::new("mkfifo").arg(&path).status().is_ok_and(|status| status.success());
        assert!(made, "mkfifo makes a pipe");
        refused(&copy, &[file, "expected a regular file, got a pipe"]);
        copy.remove(file);
        #[cfg(unix)]
        std::os::unix::fs::symlink("/dev/zero", &path).expect("a link to a device");
        refused(&copy, &[file, "expected a regular file, got a device"]);
        copy.remove(file);
        fs::create_dir(&path).expect("a folder");
        refused(&copy, &[file, "expected a regular file, got a folder"]);
    }
}
