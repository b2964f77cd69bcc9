//! What can go wrong on a device.

/// Why a model does not run on a device.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No device of that name.
    #[error("unknown device {got:?}; known are cpu, candle, cuda, cuda:N, metal and metal:N")]
    UnknownName {
        /// As typed.
        got: String,
    },
    /// The program was built without support for it.
    #[error("this program was built without {feature}; build it with: cargo build --release --features {feature}")]
    NotBuilt {
        /// The feature of the crate that is missing.
        feature: &'static str,
    },
    /// The machine has no such device, or its driver does not answer.
    #[error("cannot use device {device}")]
    NotThere {
        /// As typed.
        device: String,
        /// What candle says.
        source: Box<candle_core::Error>,
    },
    /// Weights in eight bits are for this crate's own kernels.
    #[error("device {device} computes in f32; {got} runs on cpu only")]
    Precision {
        /// As typed.
        device: String,
        /// The model's precision.
        got: &'static str,
    },
    /// A family whose attention is not written for devices.
    #[error("device {device} does not compute {family:?} models; they run on cpu")]
    Family {
        /// As typed.
        device: String,
        /// `model_type`.
        family: &'static str,
    },
    /// A step failed on the device.
    #[error("the device failed at {step}")]
    Step {
        /// What was being computed.
        step: &'static str,
        /// What candle says.
        source: Box<candle_core::Error>,
    },
}

/// Names the step that fails.
pub(super) fn at(step: &'static str) -> impl Fn(candle_core::Error) -> Error {
    move |source| Error::Step { step, source: Box::new(source) }
}
