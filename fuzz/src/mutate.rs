//! From a valid input and a number to a damaged one; the same number gives the same damage.

/// SplitMix64: Steele, Lea and Flood 2014, "Fast splittable pseudorandom number generators", figure 18.
pub(crate) struct Random(u64);

impl Random {
    /// Of a seed and the number of an input.
    pub(crate) fn new(seed: u64, number: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ number.wrapping_mul(0xd1b5_4a32_d192_ed03))
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// Below `bound`, or 0.
    pub(crate) fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.next() % (bound.max(1) as u64)).unwrap_or(0)
    }

    fn byte(&mut self) -> u8 {
        self.next().to_le_bytes()[0]
    }
}

/// Numbers and pieces that readers have tripped over elsewhere.
const NUMBERS: [&str; 9] = ["0", "-1", "1", "255", "4294967295", "18446744073709551615", "1e999", "67108864", "-0.0"];
const PIECES: [&[u8]; 14] = [
    b"\"",
    b"\n",
    b"\r",
    b",",
    b"[",
    b"]",
    b"{",
    b"null",
    b"NaN",
    b"\\ud800",
    b"\xff\xfe",
    b"\xef\xbb\xbf",
    b"\0",
    b"[[[[[[[[[[[[[[[[",
];

/// One to six changes.
pub(crate) fn mutate(valid: &[u8], random: &mut Random) -> Vec<u8> {
    let mut bytes = valid.to_vec();
    for _ in 0..=random.below(6) {
        change(&mut bytes, random);
    }
    bytes
}

fn change(bytes: &mut Vec<u8>, random: &mut Random) {
    // Most of what can go wrong stands at either end; the rest of a large file is numbers.
    let length = bytes.len();
    let at = match random.below(4) {
        0 => random.below(length.min(64)),
        1 => length - 1 - random.below(length.min(512)).min(length.saturating_sub(1)),
        _ => random.below(length),
    }
    .min(length);
    if length == 0 {
        bytes.push(random.byte());
        return;
    }
    match random.below(9) {
        0 => bytes[at] = random.byte(),
        1 => bytes[at] ^= 1 << random.below(8),
        2 => bytes.truncate(at),
        3 => drop(bytes.drain(at..(at + 1 + random.below(16)).min(length))),
        4 => insert(bytes, at, PIECES[random.below(PIECES.len())]),
        5 => replace_number(bytes, at, NUMBERS[random.below(NUMBERS.len())]),
        6 => {
            let end = (at + 1 + random.below(64)).min(length);
            let again = bytes[at..end].repeat(1 + random.below(40));
            insert(bytes, at, &again);
        }
        7 => {
            let more: Vec<u8> = (0..=random.below(12)).map(|_| random.byte()).collect();
            insert(bytes, at, &more);
        }
        _ => swap(bytes, at, random),
    }
}

fn insert(bytes: &mut Vec<u8>, at: usize, more: &[u8]) {
    bytes.splice(at..at, more.iter().copied());
}

/// The next number from here on becomes another one.
fn replace_number(bytes: &mut Vec<u8>, at: usize, number: &str) {
    if let Some(start) = bytes[at..].iter().position(u8::is_ascii_digit).map(|found| at + found) {
        let length = bytes[start..].iter().take_while(|byte| byte.is_ascii_digit()).count();
        bytes.splice(start..start + length, number.bytes());
    }
}

/// Two stretches change places.
fn swap(bytes: &mut [u8], at: usize, random: &mut Random) {
    let other = random.below(bytes.len());
    let (one, other) = (at.min(other), at.max(other));
    let length = random.below(32).min(other - one).min(bytes.len() - other);
    let (left, right) = bytes.split_at_mut(other);
    left[one..one + length].swap_with_slice(&mut right[..length]);
}
