//! Numbers divided into bands of about equal size.

/// Bands of a column of measurements.
const BANDS: usize = 5;

/// Bands at the quintiles, and the band of each number; those that are NaN have none. Equal numbers share a band, so there
/// may be fewer than five.
pub(super) fn bands(numbers: &[f64]) -> (Vec<String>, Vec<Option<usize>>) {
    let mut sorted: Vec<f64> = numbers.iter().copied().filter(|number| !number.is_nan()).collect();
    sorted.sort_by(f64::total_cmp);
    let (Some(&least), Some(&most)) = (sorted.first(), sorted.last()) else {
        return (Vec::new(), vec![None; numbers.len()]);
    };
    let mut cuts: Vec<f64> = (1..BANDS).map(|band| sorted[band * sorted.len() / BANDS]).collect();
    cuts.dedup();
    cuts.retain(|&cut| cut > least);
    let starts = std::iter::once(least).chain(cuts.iter().copied());
    let names = starts.enumerate().map(|(band, start)| match cuts.get(band) {
        Some(end) => format!("[{start}, {end})"),
        None => format!("[{start}, {most}]"),
    });
    let names = names.collect();
    let band_of = |&number: &f64| (!number.is_nan()).then(|| cuts.partition_point(|&cut| cut <= number));
    (names, numbers.iter().map(band_of).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_fall_into_five_bands_of_equal_size() {
        let numbers: Vec<f64> = (0..100).rev().map(f64::from).chain([f64::NAN]).collect();
        let (names, rows) = bands(&numbers);
        assert_eq!(names, ["[0, 20)", "[20, 40)", "[40, 60)", "[60, 80)", "[80, 99]"], "half open, but for the last");
        assert_eq!((rows[0], rows[99], rows[100]), (Some(4), Some(0), None), "the largest, the least, none");
        for band in 0..5 {
            assert_eq!(rows.iter().filter(|row| **row == Some(band)).count(), 20, "numbers in band {band}");
        }
    }

    #[test]
    fn equal_numbers_share_a_band() {
        let (names, rows) = bands(&[1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 2.5]);
        assert_eq!(names, ["[1, 2.5]"], "no quintile lies above the least number");
        assert!(rows.iter().all(|row| *row == Some(0)), "all in it");
        assert_eq!(bands(&[f64::NAN]), (Vec::new(), vec![None]), "nothing to divide");
    }
}
