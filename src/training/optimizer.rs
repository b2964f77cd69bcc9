//! `AdamW` with a learning rate for each group, its state in plain numbers that a checkpoint can hold.

use candle_core::DType;
use candle_core::Tensor;
use candle_core::Var;
use candle_core::backprop::GradStore;
use rayon::prelude::*;

use crate::training::Error;
use crate::training::Group;
use crate::training::StepLoss;
use crate::training::error::at;

const BETA_1: f32 = 0.9;
const BETA_2: f32 = 0.999;
const EPSILON: f32 = 1e-8;

/// Numbers that one task moves.
const PART: usize = 1 << 14;

/// Loshchilov and Hutter 2019, "Decoupled Weight Decay Regularization", algorithm 2, <https://arxiv.org/abs/1711.05101>;
/// the norm of all gradients of a group is cut first, and a group's rate follows the schedule it is given.
#[derive(Debug)]
pub(super) struct AdamW {
    groups: Vec<GroupState>,
    /// Steps taken.
    steps: u32,
}

#[derive(Debug)]
struct GroupState {
    group: Group,
    moments: Vec<Moments>,
}

/// Running means of a variable's gradient and of its square.
#[derive(Clone, Debug, Default)]
pub(super) struct Moments {
    first: Vec<f32>,
    second: Vec<f32>,
}

impl AdamW {
    pub(super) fn new(groups: Vec<Group>) -> Self {
        let state = |group: Group| {
            let zeros = |variable: &(String, Var)| {
                let count = variable.1.elem_count();
                Moments { first: vec![0.0; count], second: vec![0.0; count] }
            };
            GroupState { moments: group.variables.iter().map(zeros).collect(), group }
        };
        Self { groups: groups.into_iter().map(state).collect(), steps: 0 }
    }

    /// Moves the variables against the gradients of a step's objectives; `schedule` is the share of each learning rate, and
    /// `clip` the largest norm of a group's gradient.
    pub(super) fn step(&mut self, loss: &StepLoss, schedule: f64, clip: f64) -> Result<(), Error> {
        let stores = loss.objectives.iter().map(|objective| {
            let store = objective.loss.backward().map_err(at("the backward pass"))?;
            Ok((objective.groups, store))
        });
        let stores = stores.collect::<Result<Vec<(&[&str], GradStore)>, Error>>()?;
        self.steps += 1;
        for state in &mut self.groups {
            let gradients = gradients(&state.group, &stores)?;
            state.step(&gradients, (self.steps, schedule, clip))?;
        }
        Ok(())
    }

    /// All variables by name, `group/variable`.
    pub(super) fn variables(&self) -> impl Iterator<Item = (String, &Var)> {
        self.groups.iter().flat_map(|state| {
            let group = state.group.name;
            state.group.variables.iter().map(move |(name, var)| (format!("{group}/{name}"), var))
        })
    }

    /// The state as tensors, in the order of [`Self::variables`]: the first and the second moment of each.
    pub(super) fn moments(&self) -> impl Iterator<Item = [&[f32]; 2]> {
        self.groups.iter().flat_map(|state| state.moments.iter().map(|moments| [&moments.first[..], &moments.second]))
    }

    /// Puts the state back; one entry for each variable, in their order.
    pub(super) fn restore(&mut self, steps: u32, moments: impl IntoIterator<Item = [Vec<f32>; 2]>) {
        self.steps = steps;
        let places = self.groups.iter_mut().flat_map(|state| &mut state.moments);
        for (place, [first, second]) in places.zip(moments) {
            *place = Moments { first, second };
        }
    }

    /// Steps taken.
    pub(super) fn steps(&self) -> u32 {
        self.steps
    }
}

/// The sums of the gradients of those objectives that move this group; `None` for a variable that nothing depends on.
fn gradients(group: &Group, stores: &[(&[&str], GradStore)]) -> Result<Vec<Option<Vec<f32>>>, Error> {
    let moving = || stores.iter().filter(|(groups, _)| groups.is_empty() || groups.contains(&group.name));
    let of = |(_, var): &(String, Var)| {
        let mut sum: Option<Vec<f32>> = None;
        for (_, store) in moving() {
            let Some(found) = store.get(var.as_tensor()) else { continue };
            let found = numbers(found)?;
            sum = Some(match sum {
                None => found,
                Some(sum) => sum.iter().zip(&found).map(|(one, other)| one + other).collect(),
            });
        }
        Ok(sum)
    };
    group.variables.iter().map(of).collect()
}

fn numbers(tensor: &Tensor) -> Result<Vec<f32>, Error> {
    let flat = tensor.to_dtype(DType::F32).and_then(|tensor| tensor.flatten_all()?.to_vec1());
    flat.map_err(at("reading a gradient"))
}

impl GroupState {
    fn step(&mut self, gradients: &[Option<Vec<f32>>], (steps, schedule, clip): (u32, f64, f64)) -> Result<(), Error> {
        let squares: f64 = gradients.iter().flatten().map(|gradient| sum_of_squares(gradient)).sum();
        let norm = squares.sqrt();
        if !norm.is_finite() {
            return Err(Error::Diverged { group: self.group.name });
        }
        let rate = self.group.learning_rate * schedule;
        let corrections = (1.0 - f64::from(BETA_1).powi(whole(steps)), 1.0 - f64::from(BETA_2).powi(whole(steps)));
        #[expect(clippy::cast_possible_truncation, reason = "factors of single precision arithmetic")]
        let factors = Factors {
            gradient: if norm > clip { (clip / norm) as f32 } else { 1.0 },
            rate: (rate / corrections.0) as f32,
            second: (1.0 / corrections.1) as f32,
            decay: (1.0 - rate.abs() * self.group.weight_decay) as f32,
        };
        for (((_, var), moments), gradient) in self.group.variables.iter().zip(&mut self.moments).zip(gradients) {
            let Some(gradient) = gradient else { continue };
            let mut values = numbers(var.as_tensor())?;
            factors.apply(&mut values, moments, gradient);
            let moved =
                Tensor::from_vec(values, var.shape(), var.device()).and_then(|moved| moved.to_dtype(var.dtype()));
            moved.and_then(|moved| var.set(&moved)).map_err(at("moving a variable"))?;
        }
        Ok(())
    }
}

/// In an order that does not depend on the number of threads.
fn sum_of_squares(values: &[f32]) -> f64 {
    let parts: Vec<f64> = values
        .par_chunks(PART)
        .map(|part| part.iter().map(|value| f64::from(*value) * f64::from(*value)).sum())
        .collect();
    parts.into_iter().sum()
}

fn whole(steps: u32) -> i32 {
    i32::try_from(steps).unwrap_or(i32::MAX)
}

#[derive(Clone, Copy)]
struct Factors {
    gradient: f32,
    rate: f32,
    second: f32,
    decay: f32,
}

impl Factors {
    fn apply(self, values: &mut [f32], moments: &mut Moments, gradient: &[f32]) {
        let moments = moments.first.par_chunks_mut(PART).zip(moments.second.par_chunks_mut(PART));
        let parts = values.par_chunks_mut(PART).zip(moments).zip(gradient.par_chunks(PART));
        parts.for_each(|((values, (firsts, seconds)), gradient)| {
            for (((value, first), second), gradient) in values.iter_mut().zip(firsts).zip(seconds).zip(gradient) {
                let gradient = gradient * self.gradient;
                *first = BETA_1 * *first + (1.0 - BETA_1) * gradient;
                *second = BETA_2 * *second + (1.0 - BETA_2) * gradient * gradient;
                *value = *value * self.decay - self.rate * *first / ((*second * self.second).sqrt() + EPSILON);
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use candle_core::Device;

    use super::*;
    use crate::training::Objective;

    fn group(name: &'static str, at: f32, rate: f64, decay: f64) -> (Group, Var) {
        let var = Var::new(&[at], &Device::Cpu).unwrap();
        let variables = vec![("x".to_owned(), var.clone())];
        (Group { name, variables, learning_rate: rate, weight_decay: decay }, var)
    }

    fn value(var: &Var) -> f32 {
        var.to_vec1::<f32>().unwrap()[0]
    }

    fn loss(loss: Tensor, groups: &'static [&'static str]) -> StepLoss {
        StepLoss { objectives: vec![Objective { loss, groups }], task: 0.0, pruning: None }
    }

    #[test]
    fn the_first_steps_are_those_worked_out_by_hand() {
        // The first step is the rate's size whatever the gradient, and the decay comes off directly.
        let (group, var) = group("a", 2.0, 0.1, 0.5);
        let mut adam = AdamW::new(vec![group]);
        let square = || (var.as_tensor().sqr().unwrap() * 3.0).unwrap().sum_all().unwrap();
        adam.step(&loss(square(), &[]), 1.0, 1e9).unwrap();
        assert!((value(&var) - (2.0 * 0.95 - 0.1)).abs() < 1e-6, "{}", value(&var));
        // Gradients 12 and 10.8: m = 0.9 * 1.2 + 1.08 = 2.16 over 0.19, v = 0.144 * 0.999 + 0.11664 over 0.001999.
        adam.step(&loss(square(), &[]), 1.0, 1e9).unwrap();
        let step = 0.1 * (2.16 / 0.19) / ((0.144_f64 * 0.999 + 0.116_64) / 0.001_999).sqrt();
        assert!((f64::from(value(&var)) - (1.8 * 0.95 - step)).abs() < 1e-5, "{}", value(&var));
    }

    #[test]
    fn a_negative_rate_goes_up_and_an_objective_moves_its_groups_alone() {
        let ((down, x), (up, y)) = (group("down", 1.0, 0.1, 0.0), group("up", 1.0, -0.1, 0.0));
        let mut adam = AdamW::new(vec![down, up]);
        let product = || (x.as_tensor() * y.as_tensor()).unwrap().sum_all().unwrap();
        adam.step(&loss(product(), &[]), 0.5, 1e9).unwrap();
        assert!((value(&x) - 0.95).abs() < 1e-6 && (value(&y) - 1.05).abs() < 1e-6, "half the rate, each its way");
        adam.step(&loss(product(), &["up"]), 1.0, 1e9).unwrap();
        assert!((value(&x) - 0.95).abs() < 1e-6 && value(&y) > 1.1, "one of them alone");
    }

    #[test]
    fn what_is_no_number_ends_the_training() {
        let (group, var) = group("a", 0.0, 0.1, 0.0);
        let mut adam = AdamW::new(vec![group]);
        let bad = var.as_tensor().log().unwrap().sum_all().unwrap();
        let error = adam.step(&loss(bad, &[]), 1.0, 1.0).unwrap_err().to_string();
        assert!(error.contains("`a`"), "the group is named: {error}");
        assert_eq!(value(&var), 0.0, "nothing was moved");
    }
}
