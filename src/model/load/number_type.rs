//! How a number is stored in a file of weights.

use half::bf16;
use half::f16;

/// Number formats of weights; all become `f32`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::model) enum NumberType {
    F32,
    F16,
    Bf16,
}

impl NumberType {
    /// By its name in safetensors files.
    pub(in crate::model) fn find(name: &str) -> Option<Self> {
        match name {
            "F32" => Some(Self::F32),
            "F16" => Some(Self::F16),
            "BF16" => Some(Self::Bf16),
            _ => None,
        }
    }

    /// By the name of `PyTorch`'s storage class.
    pub(in crate::model) fn of_storage(class: &str) -> Option<Self> {
        match class {
            "FloatStorage" => Some(Self::F32),
            "HalfStorage" => Some(Self::F16),
            "BFloat16Storage" => Some(Self::Bf16),
            _ => None,
        }
    }

    pub(in crate::model) fn bytes(self) -> usize {
        match self {
            Self::F32 => 4,
            Self::F16 | Self::Bf16 => 2,
        }
    }

    /// Appends the little-endian numbers in `bytes`.
    pub(in crate::model) fn convert(self, bytes: &[u8], values: &mut Vec<f32>) {
        match self {
            Self::F32 => values.extend(bytes.as_chunks().0.iter().map(|&number| f32::from_le_bytes(number))),
            Self::F16 => values.extend(bytes.as_chunks().0.iter().map(|&number| f16::from_le_bytes(number).to_f32())),
            Self::Bf16 => {
                values.extend(bytes.as_chunks().0.iter().map(|&number| bf16::from_le_bytes(number).to_f32()));
            }
        }
    }
}
