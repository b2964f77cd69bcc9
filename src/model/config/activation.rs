//! The point-wise functions that configurations name.

use crate::disk::Fields;
use crate::disk::quoted;
use crate::model::Activation;
use crate::model::Error;

/// One of the point-wise functions, or `default` where the field is absent.
pub(super) fn activation_or(fields: &Fields<'_>, key: &'static str, default: Activation) -> Result<Activation, Error> {
    let Some(value) = fields.get(key) else { return Ok(default) };
    let name = value.as_str().unwrap_or_default();
    let known = ACTIVATIONS.iter().find(|(known, _)| *known == name).map(|(_, activation)| *activation);
    known.ok_or_else(|| {
        let names = ACTIVATIONS.iter().map(|(name, _)| *name).collect::<Vec<_>>();
        fields.refuse(key, format!("one of {}", quoted(&names))).into()
    })
}

/// Names that checkpoints use for the functions we have.
const ACTIVATIONS: [(&str, Activation); 10] = [
    ("gelu", Activation::Gelu),
    ("gelu_python", Activation::Gelu),
    ("gelu_new", Activation::GeluTanh),
    ("gelu_fast", Activation::GeluTanh),
    ("gelu_pytorch_tanh", Activation::GeluTanh),
    ("gelu_accurate", Activation::GeluTanh),
    ("relu", Activation::Relu),
    ("silu", Activation::Silu),
    ("swish", Activation::Silu),
    ("tanh", Activation::Tanh),
];
