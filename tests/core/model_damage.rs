//! Random damage to a checkpoint's files never ends in a panic: it loads, or it is refused with an error.

use std::fs;

use proptest::prelude::*;
use prunescope::model::Checkpoint;

use crate::model_pytorch_writer::archive;
use crate::model_pytorch_writer::pickle;
use crate::model_pytorch_writer::zip;
use crate::model_support::Copy;
use crate::model_support::FIXTURES;
use crate::model_support::Precision;
use crate::support::cases;

/// What happens to a file.
#[derive(Clone, Debug)]
enum Damage {
    /// One byte becomes another.
    Replace(prop::sample::Index, u8),
    /// The end is gone.
    Cut(prop::sample::Index),
    /// Bytes appear in the middle.
    Insert(prop::sample::Index, Vec<u8>),
    /// A number in a text file becomes another one.
    Number(prop::sample::Index, i64),
}

fn damage() -> impl Strategy<Value = Vec<Damage>> {
    let place = any::<prop::sample::Index>;
    let one = prop_oneof![
        4 => (place(), any::<u8>()).prop_map(|(place, byte)| Damage::Replace(place, byte)),
        1 => place().prop_map(Damage::Cut),
        2 => (place(), prop::collection::vec(any::<u8>(), 1..9)).prop_map(|(place, bytes)| Damage::Insert(place, bytes)),
        3 => (place(), any::<i64>()).prop_map(|(place, number)| Damage::Number(place, number)),
    ];
    prop::collection::vec(one, 1..4)
}

/// Applies the damage to the first `reach` bytes, where the structure of a file lies.
fn apply(damages: &[Damage], bytes: &mut Vec<u8>, reach: usize) {
    for damage in damages {
        let reach = reach.min(bytes.len());
        if reach == 0 {
            return;
        }
        match damage {
            Damage::Replace(place, byte) => bytes[place.index(reach)] = *byte,
            Damage::Cut(place) => bytes.truncate(place.index(reach)),
            Damage::Insert(place, more) => {
                let place = place.index(reach);
                bytes.splice(place..place, more.iter().copied());
            }
            Damage::Number(place, number) => {
                let digits: Vec<_> = (0..reach).filter(|&index| bytes[index].is_ascii_digit()).collect();
                if !digits.is_empty() {
                    let start = digits[place.index(digits.len())];
                    let length = bytes[start..].iter().take_while(|byte| byte.is_ascii_digit()).count();
                    bytes.splice(start..start + length, number.to_string().bytes());
                }
            }
        }
    }
}

fn survives(copy: &Copy, text: &str) {
    if let Ok(checkpoint) = Checkpoint::load(copy.path()) {
        let limit = checkpoint.model.config.max_tokens;
        for pair in [None, Some("no ending")] {
            if let Ok(encoded) = checkpoint.tokenizer.encode(text, pair) {
                assert!(encoded.units.len() <= limit, "at most {limit} tokens, got {}", encoded.units.len());
            }
        }
    }
}

proptest! {
    #![proptest_config(cases(96))]

    #[test]
    fn damaged_configs_and_tokenizers(family in 0..FIXTURES.len(), damages in damage(), tokenizer in any::<bool>()) {
        let copy = Copy::of(FIXTURES[family]);
        let file = copy.file(if tokenizer { "tokenizer.json" } else { "config.json" });
        let mut bytes = fs::read(&file).expect("the file is there");
        apply(&damages, &mut bytes, usize::MAX);
        fs::write(&file, bytes).expect("the file is written");
        survives(&copy, "The film is a quiet joy. 東京 👍🏽 [SEP]");
    }

    #[test]
    fn damaged_weights(family in 0..FIXTURES.len(), damages in damage()) {
        let copy = Copy::of(FIXTURES[family]);
        let file = copy.file("model.safetensors");
        let mut bytes = fs::read(&file).expect("the file is there");
        apply(&damages, &mut bytes, 5000);
        fs::write(&file, bytes).expect("the file is written");
        survives(&copy, "no ending");
    }

    #[test]
    fn damaged_pickles(damages in damage()) {
        let copy = Copy::of("bert");
        let tensors = copy.tensors();
        copy.remove("model.safetensors");
        let mut list = pickle(&tensors, Precision::F32);
        apply(&damages, &mut list, usize::MAX);
        copy.write("pytorch_model.bin", zip(&[("archive/data.pkl".to_owned(), list)]));
        survives(&copy, "no ending");
    }

    #[test]
    fn damaged_archives(damages in damage()) {
        let copy = Copy::of("bert");
        let mut archive = archive(&copy.tensors(), Precision::F32);
        copy.remove("model.safetensors");
        // The directory of a zip archive lies at its end.
        archive.reverse();
        apply(&damages, &mut archive, 4000);
        archive.reverse();
        copy.write("pytorch_model.bin", archive);
        survives(&copy, "no ending");
    }

    #[test]
    fn any_text_is_cut_into_tokens_that_cover_whole_characters(family in 0..FIXTURES.len(), text in "\\PC{0,40}") {
        let tokenizer = crate::model_support::load(FIXTURES[family]).tokenizer;
        let encoded = tokenizer.encode(&text, None).expect("the text is cut");
        for token in &encoded.units {
            prop_assert!(text.get(token.bytes()).is_some(), "{text:?}: {token:?}");
        }
    }
}
