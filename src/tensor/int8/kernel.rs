//! Which loop computes eight-bit products on this processor, and how it wants weights to lie.

use std::sync::OnceLock;

use crate::tensor::isa;

/// Values of a sum that are taken together; rows are filled up to a multiple of it.
pub(super) const GROUP: usize = 4;

/// Bytes of a [`Line`].
pub(super) const LINE: usize = 64;

/// A cache line of weights: four values (a group) of 16 columns.
#[derive(Clone, Copy, Debug)]
#[repr(align(64))]
pub(super) struct Line(pub(super) [i8; LINE]);

/// A loop over eight-bit products that this processor can run: made here alone, after asking it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Kernel(KernelKind);

/// Which loop a [`Kernel`] stands for. To name one says nothing of the processor; to hold a `Kernel` of it does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum KernelKind {
    /// Four products and their sum in one instruction, 16 lanes (AVX-512 VNNI).
    #[cfg(target_arch = "x86_64")]
    Avx512Vnni,
    /// The same with 8 lanes (AVX-VNNI, in processors without AVX-512).
    #[cfg(target_arch = "x86_64")]
    AvxVnni,
    /// Two products of numbers widened to 16 bits and their sum in one instruction, 8 lanes.
    ///
    /// Eight-bit products exist here too, but their sums of two stop at 32,767, and `2 * 255 * 127` is more.
    #[cfg(target_arch = "x86_64")]
    Avx2,
    /// Whatever the target guarantees.
    Portable,
}

impl Kernel {
    /// The best one for this processor, within [`isa::limit`]; asked once.
    pub(super) fn detect() -> Self {
        static BEST: OnceLock<Kernel> = OnceLock::new();
        let allowed = |kernel: &Self| isa::limit().is_none_or(|limit| kernel.level() <= limit);
        *BEST.get_or_init(|| Self::available().find(allowed).unwrap_or(Self(KernelKind::Portable)))
    }

    /// Which loop it stands for.
    pub(super) fn kind(self) -> KernelKind {
        self.0
    }

    /// All that run on this processor, best first.
    pub(super) fn available() -> impl Iterator<Item = Self> {
        #[cfg(target_arch = "x86_64")]
        let vector = {
            let avx512 = std::arch::is_x86_feature_detected!("avx512f")
                && std::arch::is_x86_feature_detected!("avx512bw")
                && std::arch::is_x86_feature_detected!("avx512vnni");
            let avx2 = std::arch::is_x86_feature_detected!("avx2");
            let avx_vnni = avx2 && std::arch::is_x86_feature_detected!("avxvnni");
            [
                avx512.then_some(KernelKind::Avx512Vnni),
                avx_vnni.then_some(KernelKind::AvxVnni),
                avx2.then_some(KernelKind::Avx2),
            ]
        };
        #[cfg(not(target_arch = "x86_64"))]
        let vector: [Option<KernelKind>; 0] = [];
        vector.into_iter().flatten().chain([KernelKind::Portable]).map(Self)
    }

    fn level(self) -> isa::Level {
        match self.0 {
            #[cfg(target_arch = "x86_64")]
            KernelKind::Avx512Vnni => isa::Level::Avx512,
            #[cfg(target_arch = "x86_64")]
            KernelKind::AvxVnni => isa::Level::AvxVnni,
            #[cfg(target_arch = "x86_64")]
            KernelKind::Avx2 => isa::Level::Avx2,
            KernelKind::Portable => isa::Level::Portable,
        }
    }

    fn label(self) -> &'static str {
        match self.0 {
            #[cfg(target_arch = "x86_64")]
            KernelKind::Avx512Vnni => "AVX-512 VNNI",
            #[cfg(target_arch = "x86_64")]
            KernelKind::AvxVnni => "AVX-VNNI",
            #[cfg(target_arch = "x86_64")]
            KernelKind::Avx2 => "AVX2",
            KernelKind::Portable => "portable",
        }
    }

    /// Columns of a panel.
    pub(super) fn width(self) -> usize {
        match self.0 {
            #[cfg(target_arch = "x86_64")]
            KernelKind::Avx512Vnni => 32,
            #[cfg(target_arch = "x86_64")]
            KernelKind::AvxVnni | KernelKind::Avx2 => 16,
            KernelKind::Portable => 16,
        }
    }

    /// Whether activations are wanted in 16 bits each.
    pub(super) fn is_wide(self) -> bool {
        match self.0 {
            #[cfg(target_arch = "x86_64")]
            KernelKind::Avx2 => true,
            _ => false,
        }
    }

    /// Where a weight lies: which line, and which byte of it. `groups` is the number of groups in a sum.
    ///
    /// Within a panel and a group, the group's four values of one column lie side by side, then those of the next column;
    /// where sums are of two, its first two values of all columns and then the others.
    pub(super) fn place(self, groups: usize, output: usize, k: usize) -> (usize, usize) {
        let width = self.width();
        let (panel, column, within) = (output / width, output % width, k % GROUP);
        let byte =
            if self.is_wide() { within / 2 * width * 2 + column * 2 + within % 2 } else { column * GROUP + within };
        ((panel * groups + k / GROUP) * (width * GROUP / LINE) + byte / LINE, byte % LINE)
    }
}

/// Name of the instructions that eight-bit products are computed with on this processor: `AVX-512 VNNI`, `AVX-VNNI`,
/// `AVX2` or `portable`.
#[must_use]
pub fn int8_instruction_set() -> &'static str {
    Kernel::detect().label()
}
