//! Instruction sets that hot loops are compiled for.

use std::sync::OnceLock;

/// An instruction set that this processor has: made here alone, after asking it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Isa(IsaKind);

/// Which loops an [`Isa`] stands for. To name one says nothing of the processor; to hold an `Isa` of it does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum IsaKind {
    /// 32 registers of 16 lanes.
    #[cfg(target_arch = "x86_64")]
    Avx512,
    /// 16 registers of 8 lanes with fused multiply-add.
    #[cfg(target_arch = "x86_64")]
    Avx2,
    /// Whatever the target guarantees.
    Portable,
}

impl Isa {
    /// The best one this processor has, within [`limit`]; asked once.
    pub(super) fn detect() -> Self {
        static BEST: OnceLock<Isa> = OnceLock::new();
        let allowed = |isa: &Self| limit().is_none_or(|limit| isa.level() <= limit);
        *BEST.get_or_init(|| Self::available().find(allowed).unwrap_or(Self(IsaKind::Portable)))
    }

    /// Which loops it stands for.
    pub(super) fn kind(self) -> IsaKind {
        self.0
    }

    /// All this processor has, best first.
    pub(super) fn available() -> impl Iterator<Item = Self> {
        #[cfg(target_arch = "x86_64")]
        let vector = {
            let avx2 = std::arch::is_x86_feature_detected!("avx2") && std::arch::is_x86_feature_detected!("fma");
            let avx512 = avx2 && std::arch::is_x86_feature_detected!("avx512f");
            [avx512.then_some(IsaKind::Avx512), avx2.then_some(IsaKind::Avx2)]
        };
        #[cfg(not(target_arch = "x86_64"))]
        let vector: [Option<IsaKind>; 0] = [];
        vector.into_iter().flatten().chain([IsaKind::Portable]).map(Self)
    }

    fn level(self) -> Level {
        match self.0 {
            #[cfg(target_arch = "x86_64")]
            IsaKind::Avx512 => Level::Avx512,
            #[cfg(target_arch = "x86_64")]
            IsaKind::Avx2 => Level::Avx2,
            IsaKind::Portable => Level::Portable,
        }
    }

    /// Its name, for people.
    fn label(self) -> &'static str {
        match self.0 {
            #[cfg(target_arch = "x86_64")]
            IsaKind::Avx512 => "AVX-512",
            #[cfg(target_arch = "x86_64")]
            IsaKind::Avx2 => "AVX2",
            IsaKind::Portable => "portable",
        }
    }
}

/// Processors by what they have, the lesser first; each has what those before it have, AVX-VNNI excepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Level {
    Portable,
    Avx2,
    AvxVnni,
    Avx512,
}

impl Level {
    /// `avx512`, `avxvnni`, `avx2` or `portable`.
    fn parse(name: &str) -> Option<Self> {
        match name {
            "avx512" => Some(Self::Avx512),
            "avxvnni" => Some(Self::AvxVnni),
            "avx2" => Some(Self::Avx2),
            "portable" => Some(Self::Portable),
            _ => None,
        }
    }
}

/// The variable that limits what is used.
const VARIABLE: &str = "PRUNESCOPE_INSTRUCTIONS";

/// What is used at most, whatever the processor has: the variable `PRUNESCOPE_INSTRUCTIONS` (`avx512`, `avxvnni`, `avx2`
/// or `portable`), for measuring and testing as on a lesser processor. What else it says is told by
/// [`check_instruction_limit`] before anything computes.
pub(super) fn limit() -> Option<Level> {
    std::env::var(VARIABLE).ok().and_then(|name| Level::parse(&name))
}

/// `PRUNESCOPE_INSTRUCTIONS` says something that is no instruction set.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{VARIABLE}: expected avx512, avxvnni, avx2 or portable, got {got:?}; unset it to use what the processor has")]
pub struct UnknownInstructions {
    /// What it says.
    pub got: String,
}

/// Whether the limit that the environment sets is one: a slip of the pen must not measure the wrong thing.
///
/// # Errors
/// [`UnknownInstructions`]; an empty variable sets no limit.
pub fn check_instruction_limit() -> Result<(), UnknownInstructions> {
    let Some(value) = std::env::var_os(VARIABLE).filter(|value| !value.is_empty()) else { return Ok(()) };
    let got = value.to_string_lossy().into_owned();
    if Level::parse(&got).is_some() { Ok(()) } else { Err(UnknownInstructions { got }) }
}

/// Name of the instruction set that products and sums are computed with on this processor: `AVX-512`, `AVX2` or
/// `portable`.
#[must_use]
pub fn instruction_set() -> &'static str {
    Isa::detect().label()
}
