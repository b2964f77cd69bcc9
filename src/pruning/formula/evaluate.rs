//! Values of a formula for all living tokens at once.

use crate::pruning::LayerEvidence;
use crate::pruning::formula::Formula;
use crate::pruning::formula::Function;
use crate::pruning::formula::Vector;
use crate::pruning::formula::parse::Node;
use crate::pruning::formula::parse::Operator;
use crate::pruning::rows::importance;
use crate::tensor::Evidence;
use crate::tensor::ModelShape;

/// What the vectors are made of in one layer of one text.
pub(in crate::pruning) struct Values<'a> {
    pub(in crate::pruning) layer: &'a LayerEvidence<'a>,
    pub(in crate::pruning) shape: &'a ModelShape,
    /// Per original position, whether the tokenizer added it. Shape: `[n0]`.
    pub(in crate::pruning) special: &'a [bool],
}

impl Formula {
    /// The score of every living token. Shape: `[n]`. Computed in `f64`; what is no number stays none.
    pub(in crate::pruning) fn scores(&self, values: &Values<'_>) -> Vec<f32> {
        #[expect(clippy::cast_possible_truncation, reason = "scores are f32 throughout")]
        let scores = values.of(&self.root).into_iter().map(|score| score as f32).collect();
        scores
    }
}

impl Values<'_> {
    fn of(&self, node: &Node) -> Vec<f64> {
        let n = self.layer.num_tokens();
        match node {
            Node::Number(number) => vec![*number; n],
            Node::Vector(vector) => self.vector(*vector),
            Node::Negate(part) => self.of(part).into_iter().map(|value| -value).collect(),
            Node::Binary(operator, left, right) => {
                let apply = |(a, b): (f64, f64)| match operator {
                    Operator::Add => a + b,
                    Operator::Subtract => a - b,
                    Operator::Multiply => a * b,
                    Operator::Divide => a / b,
                };
                self.of(left).into_iter().zip(self.of(right)).map(apply).collect()
            }
            Node::Call(function, arguments) => {
                call(*function, arguments.iter().map(|argument| self.of(argument)).collect())
            }
        }
    }

    fn vector(&self, vector: Vector) -> Vec<f64> {
        let (n, heads) = (self.layer.num_tokens(), self.shape.num_heads as f64);
        let n0 = self.special.len();
        let of = |kind: Evidence| self.layer.evidence.of(kind).iter().map(|&value| f64::from(value));
        let positions = self.layer.orig.iter().map(|&position| f64::from(position));
        let widen = |values: Vec<f32>| values.into_iter().map(f64::from).collect();
        match vector {
            Vector::ColumnMean => of(Evidence::ColumnSums).map(|sum| sum / (heads * n as f64)).collect(),
            Vector::ColumnSum => of(Evidence::ColumnSums).collect(),
            Vector::Diagonal => of(Evidence::DiagonalSums).map(|sum| sum / heads).collect(),
            Vector::ClsRow => of(Evidence::ClsRow).collect(),
            Vector::RowEntropy => of(Evidence::RowEntropies).map(|sum| sum / heads).collect(),
            Vector::ColumnEntropy => widen(importance::column_entropy(self.layer.evidence, self.shape.num_heads, 1.0)),
            Vector::ValueNorm => of(Evidence::ValueNorms).collect(),
            Vector::ValueWeighted => widen(importance::value_weighted(self.layer.evidence, Evidence::HeadValueL1, n)),
            Vector::KeySimilarity => mean_cosines(self.layer.evidence.of(Evidence::MeanKeys), n),
            Vector::HiddenNorm => norms(self.layer.evidence.of(Evidence::Hidden), n),
            Vector::Position => positions.collect(),
            Vector::RelativePosition => {
                let last = n0.saturating_sub(1).max(1) as f64;
                positions.map(|position| position / last).collect()
            }
            Vector::IsSpecial => {
                let is_special = |&position: &u32| self.special.get(position as usize) == Some(&true);
                self.layer.orig.iter().map(|position| if is_special(position) { 1.0 } else { 0.0 }).collect()
            }
            Vector::Layer => vec![self.layer.layer as f64; n],
            Vector::Alive => vec![n as f64; n],
            Vector::Tokens => vec![n0 as f64; n],
        }
    }
}

fn call(function: Function, mut arguments: Vec<Vec<f64>>) -> Vec<f64> {
    let rest = arguments.split_off(1.min(arguments.len()));
    let first = arguments.pop().unwrap_or_default();
    let pointwise = |apply: fn(f64) -> f64| first.iter().map(|&value| apply(value)).collect();
    // What is no number stays none: `f64::min` would pass over it.
    let fold = |apply: fn(f64, f64) -> f64| {
        let step = |sofar: Vec<f64>, next: &Vec<f64>| {
            sofar
                .iter()
                .zip(next)
                .map(|(&a, &b)| if a.is_nan() || b.is_nan() { f64::NAN } else { apply(a, b) })
                .collect()
        };
        rest.iter().fold(first.clone(), step)
    };
    match function {
        Function::Min => fold(f64::min),
        Function::Max => fold(f64::max),
        Function::Pow => fold(f64::powf),
        Function::Abs => pointwise(f64::abs),
        Function::Sqrt => pointwise(f64::sqrt),
        Function::Ln => pointwise(f64::ln),
        Function::Exp => pointwise(f64::exp),
        Function::Zscore => zscores(&first),
        Function::Rank => ranks(&first),
        Function::Share => {
            let sum: f64 = first.iter().sum();
            first.iter().map(|value| value / sum).collect()
        }
        Function::Mean => vec![mean(&first); first.len()],
    }
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len().max(1) as f64
}

/// Distance from the mean in standard deviations of these values themselves; 0 where all are equal.
fn zscores(values: &[f64]) -> Vec<f64> {
    let mean = mean(values);
    let variance = values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / values.len().max(1) as f64;
    let all_equal = values.windows(2).all(|pair| pair[0] == pair[1]);
    values.iter().map(|value| if all_equal { 0.0 } else { (value - mean) / variance.sqrt() }).collect()
}

/// 0 for the smallest to 1 for the largest; equal values share the mean of their places, a single one has 0.
fn ranks(values: &[f64]) -> Vec<f64> {
    let rank = |value: &f64| {
        if value.is_nan() {
            return f64::NAN;
        }
        let below = values.iter().filter(|other| *other < value).count() as f64;
        let equal = values.iter().filter(|other| *other == value).count() as f64;
        (below + (equal - 1.0) / 2.0) / (values.len() as f64 - 1.0).max(1.0)
    };
    values.iter().map(rank).collect()
}

/// Mean cosine of each row with every other; 0 where there is no other. Shape: `[rows, width]` → `[rows]`.
fn mean_cosines(rows: &[f32], count: usize) -> Vec<f64> {
    let width = rows.len() / count.max(1);
    let unit: Vec<Vec<f64>> = rows
        .chunks_exact(width.max(1))
        .map(|row| {
            let length = length(row);
            row.iter().map(|&part| if length > 0.0 { f64::from(part) / length } else { 0.0 }).collect()
        })
        .collect();
    let mut sum = vec![0.0; width];
    for row in &unit {
        for (sum, part) in sum.iter_mut().zip(row) {
            *sum += part;
        }
    }
    let dot = |one: &[f64], other: &[f64]| one.iter().zip(other).map(|(a, b)| a * b).sum::<f64>();
    let others = count.saturating_sub(1).max(1) as f64;
    unit.iter().map(|row| (dot(row, &sum) - dot(row, row)) / others).collect()
}

fn norms(rows: &[f32], count: usize) -> Vec<f64> {
    rows.chunks_exact((rows.len() / count.max(1)).max(1)).map(length).collect()
}

fn length(row: &[f32]) -> f64 {
    row.iter().map(|&part| f64::from(part).powi(2)).sum::<f64>().sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tensor::SequenceEvidence;

    const SHAPE: ModelShape =
        ModelShape { num_layers: 4, hidden: 4, num_heads: 2, head_dim: 2, intermediate: 8, reads_mean: false };

    /// Three of four tokens are left, in layer 2.
    fn scores(text: &str) -> Vec<f32> {
        let evidence = SequenceEvidence::default()
            .with(Evidence::ColumnSums, vec![3.0, 2.0, 1.0])
            .with(Evidence::DiagonalSums, vec![0.5, 1.0, 0.0])
            .with(Evidence::MeanKeys, vec![1.0, 0.0, 0.0, 2.0, 3.0, 0.0]);
        let layer = LayerEvidence { layer: 2, orig: &[0, 2, 3], evidence: &evidence };
        let values = Values { layer: &layer, shape: &SHAPE, special: &[true, false, false, true] };
        Formula::parse(text).unwrap_or_else(|mistake| panic!("{mistake}")).scores(&values)
    }

    #[test]
    fn vectors_are_what_their_definitions_say() {
        let table: [(&str, [f32; 3]); 9] = [
            ("column_sum", [3.0, 2.0, 1.0]),
            ("column_mean", [0.5, 2.0 / 6.0, 1.0 / 6.0]),
            ("diagonal", [0.25, 0.5, 0.0]),
            ("position", [0.0, 2.0, 3.0]),
            ("relative_position", [0.0, 2.0 / 3.0, 1.0]),
            ("is_special", [1.0, 0.0, 1.0]),
            ("layer + 10*n + 100*n0", [432.0; 3]),
            // Directions (1,0), (0,1), (1,0): cosines 0 and 1; 0 and 0; 1 and 0.
            ("key_similarity", [0.5, 0.0, 0.5]),
            ("2 - -layer", [4.0; 3]),
        ];
        for (text, expected) in table {
            assert_eq!(scores(text), expected, "{text}");
        }
    }

    #[test]
    fn functions_and_precedence_are_those_of_arithmetic() {
        let table: [(&str, [f32; 3]); 11] = [
            ("1 + 2 * 3 - 4 / 8", [6.5; 3]),
            ("(1 + 2) * 3", [9.0; 3]),
            ("10 - 3 - 2", [5.0; 3]),
            ("min(column_sum, 2, position)", [0.0, 2.0, 1.0]),
            ("max(column_sum, min(position, 2.5))", [3.0, 2.0, 2.5]),
            ("pow(column_sum, 2) + abs(-1)", [10.0, 5.0, 2.0]),
            ("sqrt(4) + ln(exp(1e0))", [3.0; 3]),
            ("rank(column_sum)", [1.0, 0.5, 0.0]),
            ("rank(is_special)", [0.75, 0.0, 0.75]),
            ("share(column_sum) * 6 + mean(column_sum)", [5.0, 4.0, 3.0]),
            ("zscore(layer)", [0.0; 3]),
        ];
        for (text, expected) in table {
            let got = scores(text);
            let apart = got.iter().zip(expected).map(|(got, expected)| (got - expected).abs()).fold(0.0, f32::max);
            assert!(apart < 1e-6, "{text}: {got:?}, expected {expected:?}");
        }
        // Mean 2, variance 2/3.
        let expected = [1.5_f32.sqrt(), 0.0, -1.5_f32.sqrt()];
        let got = scores("zscore(column_sum)");
        assert!(got.iter().zip(expected).all(|(got, expected)| (got - expected).abs() < 1e-6), "{got:?}");
    }

    #[test]
    fn what_is_no_number_is_not_hidden() {
        assert!(scores("min(ln(-1), 3)").iter().all(|score| score.is_nan()), "a minimum does not hide it");
        assert!(scores("1/position")[0].is_infinite(), "a division by zero");
        assert!(scores("rank(sqrt(-position))")[1].is_nan(), "nor does a rank");
    }
}
