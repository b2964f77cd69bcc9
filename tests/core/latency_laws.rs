//! Intervals of latency ratios, tried on simulated machines: equal strategies must be called equal.

use prunescope::metrics::MIN_BLOCKS;
use prunescope::metrics::ratio_of_medians;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::RngCore as _;
use rand_chacha::rand_core::SeedableRng as _;

/// Experiments for each kind of machine.
const EXPERIMENTS: u64 = 800;
const DRAWS: usize = 500;

/// What disturbs a simulated machine, beside 2% of noise in every pass.
#[derive(Clone, Copy, Debug, Default)]
struct Machine {
    /// Logarithmic change of speed from begin to end: standard deviation.
    drift: f64,
    /// Probability that a pass is hit by a pause, of 40% of its time on average.
    spikes: f64,
    /// Standard deviation of slow noise whose neighbors correlate by 0.9.
    slow_noise: f64,
    /// Probability, at each pass, of a switch between two speeds 20% apart.
    switches: f64,
    /// How much longer the second of two neighboring passes of one kind takes than the first.
    habit: f64,
}

const MACHINES: [(&str, Machine); 7] = {
    let quiet = Machine { drift: 0.0, spikes: 0.0, slow_noise: 0.0, switches: 0.0, habit: 0.0 };
    [
        ("quiet", quiet),
        ("drifting", Machine { drift: 0.3, ..quiet }),
        ("with pauses", Machine { spikes: 0.08, ..quiet }),
        ("wandering", Machine { slow_noise: 0.06, ..quiet }),
        ("switching", Machine { switches: 0.08, ..quiet }),
        ("with a warm cache", Machine { habit: 0.03, ..quiet }),
        ("all at once", Machine { drift: 0.3, spikes: 0.08, slow_noise: 0.06, switches: 0.08, habit: 0.03 }),
    ]
};

struct Noise(ChaCha8Rng);

impl Noise {
    fn uniform(&mut self) -> f64 {
        (self.0.next_u64() >> 11) as f64 / (1u64 << 53) as f64
    }

    /// Box and Muller.
    fn normal(&mut self) -> f64 {
        let radius = (-2.0 * (1.0 - self.uniform()).ln()).sqrt();
        radius * (2.0 * std::f64::consts::PI * self.uniform()).cos()
    }
}

/// Times of both sides, taken D P P D and, every second round, P D D P; the true ratio of dense to pruned is `ratio`.
fn experiment(machine: Machine, rounds: usize, ratio: f64, seed: u64) -> (Vec<[f64; 2]>, Vec<[f64; 2]>) {
    let mut noise = Noise(ChaCha8Rng::seed_from_u64(seed));
    let slope = machine.drift * noise.normal() / (4 * rounds) as f64;
    let mut slow = noise.normal();
    let mut is_slow = noise.uniform() < 0.5;
    let mut pass = 0;
    let mut time = |is_dense: bool, is_repeated: bool| {
        slow = 0.9 * slow + (1.0f64 - 0.81).sqrt() * noise.normal();
        is_slow ^= noise.uniform() < machine.switches;
        let pause = if noise.uniform() < machine.spikes { -0.4 * (1.0 - noise.uniform()).ln() } else { 0.0 };
        let level = slope * f64::from(pass) + machine.slow_noise * slow + if is_slow { 0.2 } else { 0.0 } + pause;
        pass += 1;
        let habit = if is_repeated { machine.habit } else { 0.0 };
        let base = if is_dense { ratio } else { 1.0 };
        base * (level + habit + 0.02 * noise.normal()).exp()
    };
    let mut block = |round: usize| {
        let outer = round.is_multiple_of(2);
        // The first pass of a block follows one of the same side in the block before.
        let [a, b, c, d] = [(outer, false), (!outer, false), (!outer, true), (outer, false)].map(|(d, r)| time(d, r));
        if outer { ([a, d], [b, c]) } else { ([b, c], [a, d]) }
    };
    (0..rounds).map(&mut block).unzip()
}

/// Share of experiments whose interval holds `value`, when the truth is `truth`.
fn share_holding(machine: Machine, rounds: usize, truth: f64, value: f64) -> f64 {
    let holds = |seed: &u64| {
        let (dense, pruned) = experiment(machine, rounds, truth, *seed);
        let estimate = ratio_of_medians(&dense, &pruned, DRAWS, *seed);
        let (low, high) = estimate.interval().expect("enough rounds");
        (low..=high).contains(&value)
    };
    (0..EXPERIMENTS).filter(holds).count() as f64 / EXPERIMENTS as f64
}

/// At least 19 of 20, with the rounds that are the default and with the fewest that give an interval.
#[test]
fn dense_against_dense_gives_an_interval_that_holds_1() {
    for (name, machine) in MACHINES {
        for rounds in [MIN_BLOCKS, 15] {
            let share = share_holding(machine, rounds, 1.0, 1.0);
            assert!(share >= 0.95, "a machine {name}, {rounds} rounds: {share} of the intervals hold 1");
        }
    }
}

#[test]
fn a_real_difference_is_found_and_bracketed() {
    for (name, machine) in &MACHINES[..4] {
        let right = share_holding(*machine, 15, 1.3, 1.3);
        assert!(right >= 0.95, "a machine {name}: {right} of the intervals hold the true ratio");
        let missed = share_holding(*machine, 15, 1.3, 1.0);
        assert!(missed <= 0.05, "a machine {name}: {missed} of the intervals miss a difference of 30%");
    }
}

/// One side's times doubled double the ratio and both ends; the sides swapped give the inverse.
#[test]
fn intervals_scale_with_the_times() {
    let (dense, pruned) = experiment(MACHINES[6].1, 15, 1.2, 5);
    let of = |top: &[[f64; 2]], bottom: &[[f64; 2]]| {
        let estimate = ratio_of_medians(top, bottom, 1000, 3);
        (estimate.value().unwrap(), estimate.interval().unwrap())
    };
    let (value, (low, high)) = of(&dense, &pruned);
    let doubled: Vec<[f64; 2]> = dense.iter().map(|pair| pair.map(|secs| 2.0 * secs)).collect();
    let (twice, (twice_low, twice_high)) = of(&doubled, &pruned);
    for (got, expected) in [(twice, value), (twice_low, low), (twice_high, high)] {
        assert!((got - 2.0 * expected).abs() < 1e-12, "{got} is not twice {expected}");
    }
    let (inverse, (inverse_low, inverse_high)) = of(&pruned, &dense);
    assert!((inverse * value - 1.0).abs() < 1e-12, "the value is inverted exactly");
    // Quantiles are interpolated between draws, which inversion does not commute with to the last digit.
    assert!((inverse_low * high - 1.0).abs() < 0.01 && (inverse_high * low - 1.0).abs() < 0.01, "the ends nearly so");
}
