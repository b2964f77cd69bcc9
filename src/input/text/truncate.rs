//! How much of each text stays when a pair is too long.

/// Tokens to keep of two texts in `room` places, cutting the longer one first; the second text is empty where there is
/// no pair.
///
/// Source: "longest first" as Hugging Face tokenizers define it: the shorter text stays whole where it fills at most
/// half of the room; else both get half, and an odd place goes to the longer one (to the second, where they are equal).
pub(super) fn kept_lengths(first: usize, second: usize, room: usize) -> (usize, usize) {
    if first + second <= room {
        return (first, second);
    }
    let short = first.min(second).min(room / 2);
    let long = room - short;
    if first > second { (long, short) } else { (short, long) }
}

#[cfg(test)]
mod tests {
    use super::kept_lengths;

    #[test]
    fn the_longer_text_is_cut_first() {
        let cases = [
            ((5, 3, 10), (5, 3), "both fit"),
            ((9, 0, 4), (4, 0), "no pair"),
            ((9, 2, 7), (5, 2), "the first is longer"),
            ((2, 9, 7), (2, 5), "the second is longer"),
            ((8, 9, 7), (3, 4), "both too long, odd place to the longer"),
            ((9, 8, 7), (4, 3), "both too long, odd place to the longer"),
            ((8, 8, 7), (3, 4), "equal, odd place to the second"),
            ((8, 8, 0), (0, 0), "no room"),
        ];
        for ((first, second, room), expected, case) in cases {
            assert_eq!(kept_lengths(first, second, room), expected, "{case}");
        }
    }
}
