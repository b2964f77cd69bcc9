//! Which device computes.

use std::fmt;
use std::str::FromStr;

use candle_core::Device;

use crate::model::device::Error;

/// Where a model computes, as users name it: `cpu`, `candle`, `cuda`, `cuda:1`, `metal`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum DeviceChoice {
    /// This crate's own kernels on the processor.
    #[default]
    Cpu,
    /// candle's kernels on the processor; there to be compared with.
    Candle,
    /// An NVIDIA GPU by number.
    Cuda(usize),
    /// An Apple GPU by number.
    Metal(usize),
}

impl DeviceChoice {
    /// Opens the device; `None` for [`Self::Cpu`], which needs none.
    ///
    /// # Errors
    /// [`Error::NotBuilt`] if the program cannot use such devices, [`Error::NotThere`] if the machine has none.
    pub fn open(self) -> Result<Option<Device>, Error> {
        let opened = match self {
            Self::Cpu => return Ok(None),
            Self::Candle => Ok(Device::Cpu),
            Self::Cuda(_) if !cfg!(feature = "cuda") => return Err(Error::NotBuilt { feature: "cuda" }),
            Self::Metal(_) if !cfg!(feature = "metal") => return Err(Error::NotBuilt { feature: "metal" }),
            Self::Cuda(number) => Device::new_cuda(number),
            Self::Metal(number) => Device::new_metal(number),
        };
        opened.map(Some).map_err(|source| Error::NotThere { device: self.to_string(), source: Box::new(source) })
    }
}

impl fmt::Display for DeviceChoice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Cpu => write!(f, "cpu"),
            Self::Candle => write!(f, "candle"),
            Self::Cuda(number) => write!(f, "cuda:{number}"),
            Self::Metal(number) => write!(f, "metal:{number}"),
        }
    }
}

impl FromStr for DeviceChoice {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let unknown = || Error::UnknownName { got: text.to_owned() };
        let (name, number) = match text.split_once(':') {
            Some((name, number)) => (name, Some(number.parse().map_err(|_not_a_number| unknown())?)),
            None => (text, None),
        };
        match (name, number) {
            ("cpu", None) => Ok(Self::Cpu),
            ("candle", None) => Ok(Self::Candle),
            ("cuda", number) => Ok(Self::Cuda(number.unwrap_or(0))),
            ("metal", number) => Ok(Self::Metal(number.unwrap_or(0))),
            _ => Err(unknown()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn devices_are_read_as_they_are_written() {
        for (text, expected) in [
            ("cpu", DeviceChoice::Cpu),
            ("candle", DeviceChoice::Candle),
            ("cuda:1", DeviceChoice::Cuda(1)),
            ("metal:0", DeviceChoice::Metal(0)),
        ] {
            assert_eq!(text.parse::<DeviceChoice>().ok(), Some(expected), "{text} is read");
            assert_eq!(expected.to_string(), text, "{text} is written");
        }
        assert_eq!("cuda".parse::<DeviceChoice>().ok(), Some(DeviceChoice::Cuda(0)), "the first one");
        for text in ["", "gpu", "cpu:0", "cuda:", "cuda:x", "candle:1", "CUDA"] {
            let error = text.parse::<DeviceChoice>().expect_err(text).to_string();
            assert!(error.contains(&format!("{text:?}")) && error.contains("cuda:N"), "{error}");
        }
    }

    #[test]
    fn a_device_that_was_not_built_in_names_its_feature() {
        if !cfg!(feature = "cuda") {
            let error = DeviceChoice::Cuda(0).open().expect_err("not built in").to_string();
            assert!(error.ends_with("cargo build --release --features cuda"), "{error}");
        }
        if !cfg!(feature = "metal") {
            let error = DeviceChoice::Metal(0).open().expect_err("not built in").to_string();
            assert!(error.ends_with("cargo build --release --features metal"), "{error}");
        }
    }
}
