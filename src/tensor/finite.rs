//! Whether numbers are numbers.

/// Values looked at together: enough to be fast, few enough to stay in the nearest cache for the second look.
const BLOCK: usize = 2048;

/// Index of the first value that is NaN or infinite.
#[must_use]
pub fn first_not_finite(values: &[f32]) -> Option<usize> {
    let blocks = values.chunks(BLOCK).enumerate();
    let mut suspects = blocks.filter(|(_, block)| !all_finite(block));
    suspects.find_map(|(index, block)| {
        block.iter().position(|value| !value.is_finite()).map(|position| index * BLOCK + position)
    })
}

/// Without a branch per value, so that compilers vectorize it: a value whose exponent has all its bits set is no number.
fn all_finite(values: &[f32]) -> bool {
    const EXPONENT: u32 = 0x7f80_0000;
    let spoiled = values.iter().fold(0, |spoiled, value| spoiled | u32::from(value.to_bits() & EXPONENT == EXPONENT));
    spoiled == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_value_that_is_no_number_is_found_wherever_it_stands() {
        let mut values = vec![f32::MAX; 3 * BLOCK + 5];
        values[7] = f32::MIN_POSITIVE / 8.0;
        assert_eq!(first_not_finite(&values), None, "the largest and the smallest numbers are numbers");
        for value in [f32::NAN, -f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
            for place in [0, BLOCK - 1, BLOCK, 3 * BLOCK + 4] {
                let mut values = values.clone();
                values[place] = value;
                values[3 * BLOCK + 4] = f32::NAN;
                assert_eq!(first_not_finite(&values), Some(place), "{value} at {place}");
            }
        }
        assert_eq!(first_not_finite(&[]), None, "nothing is no fault");
    }
}
