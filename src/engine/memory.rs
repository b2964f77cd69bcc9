//! What a run needs and what is free are known before it begins.

use std::fs;

use crate::engine::Error;
use crate::engine::RunDetail;
use crate::engine::RunOptions;
use crate::engine::state::SequenceState;
use crate::model::Model;
use crate::model::largest;
use crate::pruning::Pruner;
use crate::tensor::Evidence;
use crate::tensor::EvidenceSet;

/// What may be used where the system does not say what is free.
const ASSUMED_FREE: u64 = 4 << 30;

/// Runs that need less are begun without asking: a machine that holds the model has so much.
const NOT_WORTH_ASKING: u64 = 64 << 20;

/// The variable that says what may be used, in place of what the system says.
const VARIABLE: &str = "PRUNESCOPE_FREE_MEMORY";

/// `PRUNESCOPE_FREE_MEMORY` says something that is no amount.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{VARIABLE}: expected an amount like 512M or 16G, got {got:?}; unset it to use what the system says is free")]
pub struct UnknownAmount {
    /// What it says.
    pub got: String,
}

/// Whether the limit that the environment sets is one.
///
/// # Errors
/// [`UnknownAmount`]; an empty variable sets no limit.
pub fn check_memory_limit() -> Result<(), UnknownAmount> {
    let Some(value) = std::env::var_os(VARIABLE).filter(|value| !value.is_empty()) else { return Ok(()) };
    let got = value.to_string_lossy().into_owned();
    if amount(&got).is_some() { Ok(()) } else { Err(UnknownAmount { got }) }
}

/// Refuses a run that needs more memory than is free.
pub(super) fn check(
    model: &Model,
    sequences: &[SequenceState],
    pruner: &dyn Pruner,
    options: RunOptions,
) -> Result<(), Error> {
    let mut lengths: Vec<usize> = sequences.iter().map(|sequence| sequence.orig.len()).collect();
    let (sequence, longest) = lengths.iter().copied().enumerate().max_by_key(|(_, length)| *length).unwrap_or_default();
    if options.padded {
        lengths.fill(longest);
    }
    let needs = (0..model.layers.len()).map(|layer| pruner.needs(layer)).fold(EvidenceSet::NONE, EvidenceSet::union);
    let needs = needs.with_if(Evidence::AttentionProbs, options.detail == RunDetail::States);
    let of = |limit: usize| {
        let lengths: Vec<usize> = lengths.iter().map(|&length| length.min(limit)).collect();
        model.run_bytes(&lengths, needs).saturating_add(kept_bytes(model, &lengths, options.detail))
    };
    let needed = of(longest);
    let stated = options.free_memory.or_else(stated_memory);
    if needed <= stated.unwrap_or(NOT_WORTH_ASKING) {
        return Ok(());
    }
    let free = stated.unwrap_or_else(free_memory);
    if needed <= free {
        return Ok(());
    }
    let fits = largest(longest, |limit| of(limit) <= free);
    let matrices = needs.iter().any(|kind| kind.shape().is_square());
    Err(Error::Memory { sequence, tokens: longest, needed, free, fits, matrices })
}

/// What stays in memory beside what is computed with: every layer's tensors, where they are asked for.
fn kept_bytes(model: &Model, lengths: &[usize], detail: RunDetail) -> u64 {
    if detail != RunDetail::States {
        return 0;
    }
    let layers = model.layers.len() as u64;
    let of_text = |&length: &usize| {
        let states = (length as u64).saturating_mul(model.config.shape.hidden as u64);
        let matrices = model.attention_values(length).saturating_mul(layers);
        matrices.saturating_add(states.saturating_mul(layers + 3))
    };
    lengths.iter().map(of_text).fold(0, u64::saturating_add).saturating_mul(size_of::<f32>() as u64)
}

/// Bytes that may be used as the environment says.
fn stated_memory() -> Option<u64> {
    std::env::var(VARIABLE).ok().and_then(|value| amount(&value))
}

/// Bytes that may still be used: what the system calls available, within the limit of a container; 4 GiB where it says
/// nothing.
fn free_memory() -> u64 {
    let read = |path| fs::read_to_string(path).unwrap_or_default();
    let available = available(&read("/proc/meminfo")).unwrap_or(ASSUMED_FREE);
    let number = |path| read(path).trim().parse::<u64>().ok();
    let limit = number("/sys/fs/cgroup/memory.max").zip(number("/sys/fs/cgroup/memory.current"));
    limit.map_or(available, |(most, used)| available.min(most.saturating_sub(used)))
}

/// `MemAvailable` of Linux, in bytes.
fn available(meminfo: &str) -> Option<u64> {
    let line = meminfo.lines().find_map(|line| line.strip_prefix("MemAvailable:"))?;
    line.trim().strip_suffix(" kB")?.trim().parse::<u64>().ok()?.checked_mul(1024)
}

/// `512M`, `16G`, or bytes.
fn amount(text: &str) -> Option<u64> {
    let text = text.trim();
    let (number, shift) = match text.as_bytes().last()?.to_ascii_uppercase() {
        b'K' => (&text[..text.len() - 1], 10),
        b'M' => (&text[..text.len() - 1], 20),
        b'G' => (&text[..text.len() - 1], 30),
        _ => (text, 0),
    };
    number.parse::<u64>().ok()?.checked_mul(1 << shift)
}

/// Bytes as people read them.
pub(super) fn in_words(bytes: u64) -> String {
    const UNITS: [&str; 4] = ["kB", "MB", "GB", "TB"];
    let mut value = bytes as f64 / 1e3;
    let mut unit = 0;
    while value >= 999.95 && unit + 1 < UNITS.len() {
        value /= 1e3;
        unit += 1;
    }
    format!("{value:.1} {}", UNITS[unit])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_read_as_they_are_written() {
        for (text, expected) in [("4096", 4096), ("16k", 16 << 10), ("512M", 512 << 20), (" 3G ", 3 << 30)] {
            assert_eq!(amount(text), Some(expected), "{text:?}");
        }
        for text in ["", "G", "-1", "1.5G", "12T", "99999999999G", "é"] {
            assert_eq!(amount(text), None, "{text:?} is no amount");
        }
    }

    #[test]
    fn what_linux_calls_available_is_read() {
        let text = "MemTotal:       24689764 kB\nMemFree:         4210964 kB\nMemAvailable:   21000000 kB\n";
        assert_eq!(available(text), Some(21_000_000 * 1024), "in bytes");
        assert_eq!(available("MemTotal: 5 kB"), None, "not said");
        assert_eq!(available("MemAvailable: lots"), None, "no number");
    }

    #[test]
    fn bytes_are_told_with_one_digit() {
        let cases = [
            (0, "0.0 kB"),
            (1_500, "1.5 kB"),
            (999_960, "1.0 MB"),
            (3_221_225_472, "3.2 GB"),
            (u64::MAX, "18446744.1 TB"),
        ];
        for (bytes, expected) in cases {
            assert_eq!(in_words(bytes), expected, "{bytes}");
        }
    }
}
