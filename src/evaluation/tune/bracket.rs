//! Where a falling curve crosses a level: bisection that guesses along the line between its ends first.

/// Positions nearer to each other than this are not told apart.
const NARROWEST: f64 = 1.0 / 2048.0;

/// Guesses along the line before the bracket is halved step by step.
const GUESSES: usize = 3;

/// A guess stays this share of the bracket away from its ends.
const MARGIN: f64 = 0.05;

/// What was found about a curve from position 0 to 1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Crossing {
    /// The position tried whose value lies nearest to the level.
    pub(super) position: f64,
    /// The value there.
    pub(super) value: f64,
    /// Where the level lies.
    pub(super) side: Side,
}

/// Where a level lies to a curve.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Side {
    /// Between the values at both ends.
    Between,
    /// Above the value at position 0.
    Above,
    /// Below the value at position 1.
    Below,
}

/// Finds a position whose value is within `near` of `level`, as a share of it, or else the nearest of those tried until the
/// bracket cannot be told apart. The same curve and level give the same positions.
///
/// # Errors
/// Whatever `value` says.
pub(super) fn crossing<E>(level: f64, near: f64, mut value: impl FnMut(f64) -> Result<f64, E>) -> Result<Crossing, E> {
    let is_near = |value: f64| (value - level).abs() <= near * level;
    let gentle = (0.0, value(0.0)?);
    if gentle.1 <= level || is_near(gentle.1) {
        let side = if is_near(gentle.1) { Side::Between } else { Side::Above };
        return Ok(Crossing { position: 0.0, value: gentle.1, side });
    }
    let strong = (1.0, value(1.0)?);
    if strong.1 >= level || is_near(strong.1) {
        let side = if is_near(strong.1) { Side::Between } else { Side::Below };
        return Ok(Crossing { position: 1.0, value: strong.1, side });
    }
    let (mut above, mut below) = (gentle, strong);
    let mut best = nearer(level, gentle, strong);
    let mut tried = 0;
    while below.0 - above.0 > NARROWEST && !is_near(best.1) {
        let middle = f64::midpoint(above.0, below.0);
        let position = if tried < GUESSES { guess(level, above, below) } else { middle };
        let found = (position, value(position)?);
        best = nearer(level, best, found);
        if found.1 > level {
            above = found;
        } else {
            below = found;
        }
        tried += 1;
    }
    Ok(Crossing { position: best.0, value: best.1, side: Side::Between })
}

/// Where the line between two points crosses the level, some way off both of them.
fn guess(level: f64, above: (f64, f64), below: (f64, f64)) -> f64 {
    let width = below.0 - above.0;
    let share = ((above.1 - level) / (above.1 - below.1)).clamp(MARGIN, 1.0 - MARGIN);
    above.0 + width * share
}

/// The point nearer to the level; the first of equals.
fn nearer(level: f64, one: (f64, f64), other: (f64, f64)) -> (f64, f64) {
    if (other.1 - level).abs() < (one.1 - level).abs() { other } else { one }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cross(level: f64, curve: impl Fn(f64) -> f64) -> (Crossing, usize) {
        let mut count = 0;
        let found = crossing(level, 0.005, |position| {
            count += 1;
            Ok::<f64, ()>(curve(position))
        });
        (found.unwrap(), count)
    }

    #[test]
    fn a_smooth_curve_is_met_in_a_few_steps() {
        for level in [0.8, 0.5, 0.33, 0.2] {
            for (name, curve) in [
                ("line", (|t| 1.0 - 0.9 * t) as fn(f64) -> f64),
                ("square", |t| 0.1 + 0.9 * (1.0 - t) * (1.0 - t)),
                ("late", |t| 1.0 / (1.0 + (20.0 * (t - 0.7)).exp())),
            ] {
                let (found, count) = cross(level, curve);
                assert!((found.value / level - 1.0).abs() <= 0.005, "{name} at {level}: {found:?}");
                assert!((found.value - curve(found.position)).abs() < 1e-15, "the value at that position");
                assert!(count <= 14, "{name} at {level}: {count} steps");
            }
        }
    }

    #[test]
    fn a_level_out_of_reach_gives_the_end_and_says_so() {
        let (found, _) = cross(0.2, |t| 1.0 - 0.5 * t);
        assert_eq!((found.position, found.value, found.side), (1.0, 0.5, Side::Below), "half at the strongest");
        let (found, count) = cross(0.9, |t| 0.7 - 0.5 * t);
        assert_eq!((found.position, found.value, found.side), (0.0, 0.7, Side::Above), "0.7 at the gentlest");
        assert_eq!(count, 1, "nothing else is tried");
    }

    #[test]
    fn of_a_staircase_the_nearest_step_is_taken() {
        // Steps of a tenth: 0.5 lies between 0.54 and 0.44.
        let (found, _) = cross(0.5, |t| 0.94 - (t * 10.0).floor() / 10.0);
        assert!((found.value - 0.54).abs() < 1e-12, "the nearer of both, got {found:?}");
        assert_eq!(found.side, Side::Between, "the level is not out of reach");
    }
}
