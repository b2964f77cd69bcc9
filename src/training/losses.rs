//! What training makes small.

use candle_core::D;
use candle_core::Tensor;

use crate::evaluation::Answer;
use crate::model::HeadKind;
use crate::model::Scale;
use crate::training::Error;
use crate::training::error::at;
use crate::training::ops;

/// Minus the logarithm of the probability of a class.
///
/// Shape: `logits` `[labels]` → scalar. Unit: nats.
///
/// # Errors
/// [`Error::Value`] if there is no such class.
pub fn cross_entropy(logits: &Tensor, class: usize) -> Result<Tensor, Error> {
    let labels = logits.elem_count();
    if class >= labels {
        return Err(no_class(class, labels));
    }
    log_probabilities(logits).and_then(|logs| logs.get(class)?.neg()).map_err(at("the cross entropy"))
}

/// How far a student's distribution is from its teacher's: `T² KL(softmax(teacher / T) ‖ softmax(student / T))`.
///
/// No gradient goes to the teacher. Shape: `[labels]` each → scalar. Unit: nats.
/// Source: Hinton, Vinyals and Dean 2015, "Distilling the Knowledge in a Neural Network", section 2,
/// <https://arxiv.org/abs/1503.02531>; the factor keeps gradients of one size as the temperature changes.
///
/// # Errors
/// [`Error::Shape`] if they have different classes, [`Error::Value`] if the temperature is not above 0.
pub fn distillation(student: &Tensor, teacher: &Tensor, temperature: f64) -> Result<Tensor, Error> {
    if student.dims() != teacher.dims() {
        let (expected, got) = (student.dims().to_vec(), teacher.dims().to_vec());
        return Err(Error::Shape { what: "logits of the teacher", expected, got });
    }
    if !(temperature.is_finite() && temperature > 0.0) {
        let expected = "a number above 0".to_owned();
        return Err(Error::Value { what: "the temperature of the distillation", expected, got: temperature });
    }
    let divergence = || {
        let teacher = log_probabilities(&(teacher.detach() / temperature)?)?;
        let student = log_probabilities(&(student / temperature)?)?;
        (teacher.exp()? * (&teacher - student)?)?.sum_all()? * (temperature * temperature)
    };
    divergence().map_err(at("the distillation"))
}

/// The share of tokens that go on, the mean over layers and tokens: what a penalty on length makes small.
///
/// Shape: `shares` `[layers]` of `[tokens]` → scalar, 0 to 1.
///
/// # Errors
/// [`Error::Step`] if there are none, or they have different lengths.
pub fn retention(shares: &[Tensor]) -> Result<Tensor, Error> {
    Tensor::stack(shares, 0).and_then(|shares| shares.mean_all()).map_err(at("the retention"))
}

/// The loss of a batch against what should be answered, the mean over texts: cross entropy of classes, binary cross entropy
/// of labels (their mean), squared error of numbers.
///
/// Shape: `logits` `[texts, labels]` → scalar.
///
/// # Errors
/// [`Error::Value`] for an answer that this head cannot give.
pub(super) fn task(logits: &Tensor, answers: &[&Answer], head: HeadKind) -> Result<Tensor, Error> {
    let labels = logits.dims().last().copied().unwrap_or(0);
    let mut wanted = Vec::with_capacity(answers.len() * labels);
    for answer in answers {
        let mut row = vec![0.0; labels];
        let said: &[usize] = match answer {
            Answer::Class(class) => std::slice::from_ref(class),
            Answer::Labels(said) => said,
            Answer::Value(value) => {
                row.fill(*value);
                &[]
            }
        };
        for &label in said {
            *row.get_mut(label).ok_or_else(|| no_class(label, labels))? = 1.0;
        }
        wanted.extend(row);
    }
    let loss = || {
        let wanted = Tensor::from_vec(wanted, (answers.len(), labels), logits.device())?.to_dtype(logits.dtype())?;
        match head {
            HeadKind::Classifier => (log_probabilities(logits)? * wanted)?.sum(D::Minus1)?.mean_all()?.neg(),
            HeadKind::MultiLabel => binary(logits, &wanted),
            HeadKind::Regression(scale) => {
                let found = if scale == Scale::Sigmoid { ops::sigmoid(logits)? } else { logits.clone() };
                (found - wanted)?.sqr()?.mean_all()
            }
        }
    };
    loss().map_err(at("the loss"))
}

/// How far a batch is from its teacher, the mean over texts: Kullback and Leibler of classes or of each label, squared error
/// of numbers. No gradient goes to the teacher. Shape: `[texts, labels]` each → scalar.
pub(super) fn batch_distillation(logits: &Tensor, teacher: &Tensor, head: HeadKind) -> Result<Tensor, Error> {
    let loss = || {
        let teacher = teacher.detach();
        match head {
            HeadKind::Classifier => {
                let (teacher, student) = (log_probabilities(&teacher)?, log_probabilities(logits)?);
                (teacher.exp()? * (&teacher - student)?)?.sum(D::Minus1)?.mean_all()
            }
            HeadKind::MultiLabel => {
                let wanted = ops::sigmoid(&teacher)?;
                binary(logits, &wanted)? - binary(&teacher, &wanted)?
            }
            HeadKind::Regression(_) => (logits - teacher)?.sqr()?.mean_all(),
        }
    };
    loss().map_err(at("the distillation"))
}

/// `-w ln sigmoid(x) - (1 - w) ln(1 - sigmoid(x))`, the mean over everything, without overflow: `max(x, 0) - w x + ln(1 +
/// e^-|x|)`.
fn binary(logits: &Tensor, wanted: &Tensor) -> candle_core::Result<Tensor> {
    let tail = (logits.abs()?.neg()?.exp()? + 1.0)?.log()?;
    ((logits.relu()? - (logits * wanted)?)? + tail)?.mean_all()
}

fn no_class(class: usize, labels: usize) -> Error {
    let expected = format!("below {labels}, the classes of the model");
    Error::Value { what: "the class", expected, got: class as f64 }
}

/// Shape: `[…, labels]` → `[…, labels]`.
fn log_probabilities(logits: &Tensor) -> candle_core::Result<Tensor> {
    let shifted = logits.broadcast_sub(&logits.detach().max_keepdim(D::Minus1)?)?;
    shifted.broadcast_sub(&shifted.exp()?.sum_keepdim(D::Minus1)?.log()?)
}

#[cfg(test)]
mod tests {
    use candle_core::Device;

    use super::*;

    fn logits(values: &[f64]) -> Tensor {
        Tensor::new(values, &Device::Cpu).unwrap()
    }

    fn scalar(loss: Result<Tensor, Error>) -> f64 {
        loss.unwrap().to_scalar().unwrap()
    }

    #[test]
    fn losses_are_what_is_worked_out_by_hand() {
        // softmax(0, ln 3) = (1/4, 3/4).
        let student = logits(&[0.0, 3.0_f64.ln()]);
        assert!((scalar(cross_entropy(&student, 1)) - (4.0_f64 / 3.0).ln()).abs() < 1e-12, "-ln(3/4)");
        assert!((scalar(cross_entropy(&logits(&[0.0, 900.0]), 0)) - 900.0).abs() < 1e-9, "no overflow");
        // Teacher (1/2, 1/2): 1/2 ln(2) + 1/2 ln(2/3).
        let teacher = logits(&[5.0, 5.0]);
        let expected = 0.5 * (2.0_f64.ln() + (2.0_f64 / 3.0).ln());
        assert!((scalar(distillation(&student, &teacher, 1.0)) - expected).abs() < 1e-12, "Kullback and Leibler");
        // At T = 2 the student is softmax(0, ln 3 / 2) = (1, sqrt 3) / (1 + sqrt 3); times T² = 4.
        let root = 3.0_f64.sqrt();
        let expected = 2.0 * ((1.0 + root).ln() * 2.0 - 4.0_f64.ln() - root.ln());
        assert!((scalar(distillation(&student, &teacher, 2.0)) - expected).abs() < 1e-12, "at temperature 2");
        assert_eq!(scalar(retention(&[logits(&[1.0, 1.0]), logits(&[1.0, 0.0])])), 0.75, "three of four");
    }

    #[test]
    fn what_makes_no_sense_is_refused() {
        let two = logits(&[0.0, 1.0]);
        let said = |loss: Result<Tensor, Error>| loss.unwrap_err().to_string();
        assert_eq!(said(cross_entropy(&two, 2)), "the class is 2; expected below 2, the classes of the model", "class");
        let other = distillation(&two, &logits(&[0.0]), 1.0);
        assert_eq!(said(other), "logits of the teacher have the shape [1]; expected [2]", "classes");
        let cold = distillation(&two, &two, 0.0);
        assert_eq!(said(cold), "the temperature of the distillation is 0; expected a number above 0", "temperature");
        assert!(retention(&[]).is_err(), "no layers");
    }
}
