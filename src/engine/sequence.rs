//! What a strategy may know about a sequence.

use crate::input::Sequence;
use crate::pruning::SequenceInfo;
use crate::tensor::stable_hash;

/// Describes a sequence to a strategy: special units, groups with their keys, and a fingerprint of its ids.
#[must_use]
pub fn sequence_info(sequence: &Sequence) -> SequenceInfo {
    let (groups, group_keys) = sequence.groups();
    SequenceInfo {
        is_special: sequence.units.iter().map(|unit| unit.special).collect(),
        groups,
        group_keys,
        fingerprint: fingerprint(sequence),
    }
}

/// A stable number of the ids and segments.
fn fingerprint(sequence: &Sequence) -> u64 {
    stable_hash(sequence.units.iter().flat_map(|unit| [unit.id, unit.segment]).flat_map(u32::to_le_bytes))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::input::Span;
    use crate::input::Unit;
    use crate::tensor::group_key;

    fn unit(id: u32, (start, end): (usize, usize), group: Option<u32>) -> Unit {
        let span = group.map(|_| Span::Bytes { text: 0, start, end });
        Unit { id, piece: String::new(), span, segment: 0, special: group.is_none(), group }
    }

    #[test]
    fn pieces_share_the_key_of_their_lower_cased_word() {
        let units = vec![
            unit(1, (0, 0), None),
            unit(7, (0, 4), Some(0)),
            unit(8, (4, 7), Some(0)),
            unit(9, (8, 9), Some(1)),
            unit(2, (9, 9), None),
        ];
        let info = sequence_info(&Sequence { texts: vec!["Unloved !".into()], units, full_length: 5 });
        assert_eq!(info.is_special, [true, false, false, false, true], "the two ends are special");
        assert_eq!(info.groups, [None, Some(0), Some(0), Some(1), None], "both pieces are of one word");
        assert_eq!(info.group_keys, [group_key("unloved"), group_key("!")], "which is lower-cased");
    }

    #[test]
    fn fingerprints_depend_on_ids_and_nothing_else() {
        let of = |id| Sequence { texts: vec!["x".into()], units: vec![unit(id, (0, 1), Some(0))], full_length: 1 };
        assert_eq!(fingerprint(&of(5)), fingerprint(&of(5)), "same ids, same number");
        assert_ne!(fingerprint(&of(5)), fingerprint(&of(6)), "other ids, other number");
    }
}
