//! Eight-bit products in the vector instructions of x86.
//!
//! The `unsafe` lines load and store arrays as long as a register, and enter code compiled for an instruction set after
//! asking the processor.

use std::arch::x86_64::__m256i;
use std::arch::x86_64::__m512i;
use std::arch::x86_64::_mm_loadu_si128;
use std::arch::x86_64::_mm256_cvtepi8_epi16;
use std::arch::x86_64::_mm256_loadu_si256;
use std::arch::x86_64::_mm256_storeu_si256;
use std::arch::x86_64::_mm512_loadu_si512;
use std::arch::x86_64::_mm512_storeu_si512;

use crate::tensor::int8::Int8Panels;
use crate::tensor::int8::Int8Rows;
use crate::tensor::int8::kernel::KernelKind;

/// The product with weights that lie as `kernel` wants them; `false` where that is the portable loop.
#[expect(
    unsafe_code,
    reason = "entering code compiled for a detected instruction set; over ten times the portable speed"
)]
pub(super) fn multiply(panels: &Int8Panels, rows: &Int8Rows, bias: &[f32], target: (&mut [f32], usize)) -> bool {
    match panels.kernel().kind() {
        // SAFETY: a kernel of this kind is only made after the processor said that it has AVX-512F, AVX-512BW and AVX-512VNNI.
        KernelKind::Avx512Vnni => unsafe { avx512_vnni::walk(panels, rows, bias, target) },
        // SAFETY: a kernel of this kind is only made after the processor said that it has AVX2 and AVX-VNNI.
        KernelKind::AvxVnni => unsafe { avx_vnni::walk(panels, rows, bias, target) },
        // SAFETY: a kernel of this kind is only made after the processor said that it has AVX2.
        KernelKind::Avx2 => unsafe { avx2::walk(panels, rows, bias, target) },
        KernelKind::Portable => return false,
    }
    true
}

mod avx512_vnni {
    use std::arch::x86_64::_mm512_dpbusd_epi32;
    use std::arch::x86_64::_mm512_set1_epi32;
    use std::arch::x86_64::_mm512_setzero_si512;

    use super::load_512;
    use super::store_512;
    use crate::tensor::int8::kernel::GROUP;
    use crate::tensor::int8::kernel::Line;

    walk!(
        12,
        [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11],
        32,
        bytes: [u8; GROUP],
        #[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
    );

    #[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
    #[inline(never)]
    fn tile<const HEIGHT: usize>(left: [&[[u8; GROUP]]; HEIGHT], panel: &[[Line; 2]], sums: &mut [[i32; 32]; HEIGHT]) {
        let mut rows = left;
        for row in &mut rows {
            *row = &row[..panel.len()];
        }
        let mut tile = [[_mm512_setzero_si512(); 2]; HEIGHT];
        for (k, line) in panel.iter().enumerate() {
            let (first, second) = (load_512(&line[0].0), load_512(&line[1].0));
            for i in 0..HEIGHT {
                let x = _mm512_set1_epi32(i32::from_le_bytes(rows[i][k]));
                tile[i][0] = _mm512_dpbusd_epi32(tile[i][0], x, first);
                tile[i][1] = _mm512_dpbusd_epi32(tile[i][1], x, second);
            }
        }
        for (sums, tile) in sums.iter_mut().zip(&tile) {
            let (halves, _) = sums.as_chunks_mut::<16>();
            for (half, tile) in halves.iter_mut().zip(tile) {
                store_512(half, *tile);
            }
        }
    }
}

/// AVX-VNNI has the instruction of AVX-512 VNNI under another name and encoding; tests run the loop with either.
macro_rules! vnni_256 {
    ($name:ident, $dot:ident, $feature:literal) => {
        mod $name {
            use std::arch::x86_64::$dot;
            use std::arch::x86_64::_mm256_set1_epi32;
            use std::arch::x86_64::_mm256_setzero_si256;

            use super::load_256;
            use super::store_256;
            use crate::tensor::int8::kernel::GROUP;
            use crate::tensor::int8::kernel::Line;

            walk!(6, [1, 2, 3, 4, 5], 16, bytes: [u8; GROUP], #[target_feature(enable = $feature)]);

            #[target_feature(enable = $feature)]
            #[inline(never)]
            fn tile<const HEIGHT: usize>(
                left: [&[[u8; GROUP]]; HEIGHT],
                panel: &[[Line; 1]],
                sums: &mut [[i32; 16]; HEIGHT],
            ) {
                let mut rows = left;
                for row in &mut rows {
                    *row = &row[..panel.len()];
                }
                let mut tile = [[_mm256_setzero_si256(); 2]; HEIGHT];
                for (k, [line]) in panel.iter().enumerate() {
                    let (halves, _) = line.0.as_chunks::<32>();
                    let (first, second) = (load_256(&halves[0]), load_256(&halves[1]));
                    for i in 0..HEIGHT {
                        let x = _mm256_set1_epi32(i32::from_le_bytes(rows[i][k]));
                        tile[i][0] = $dot(tile[i][0], x, first);
                        tile[i][1] = $dot(tile[i][1], x, second);
                    }
                }
                for (sums, tile) in sums.iter_mut().zip(&tile) {
                    let (halves, _) = sums.as_chunks_mut::<8>();
                    for (half, tile) in halves.iter_mut().zip(tile) {
                        store_256(half, *tile);
                    }
                }
            }
        }
    };
}

vnni_256!(avx_vnni, _mm256_dpbusd_avx_epi32, "avx2,avxvnni");
#[cfg(test)]
vnni_256!(avx_vnni_as_avx512, _mm256_dpbusd_epi32, "avx2,avx512f,avx512vl,avx512vnni");

mod avx2 {
    use std::arch::x86_64::_mm256_add_epi32;
    use std::arch::x86_64::_mm256_madd_epi16;
    use std::arch::x86_64::_mm256_set1_epi32;
    use std::arch::x86_64::_mm256_setzero_si256;

    use super::store_256;
    use super::widen;
    use crate::tensor::int8::kernel::Line;

    walk!(6, [1, 2, 3, 4, 5], 16, pairs: [[u8; 4]; 2], #[target_feature(enable = "avx2")]);

    #[target_feature(enable = "avx2")]
    #[inline(never)]
    fn tile<const HEIGHT: usize>(left: [&[[[u8; 4]; 2]]; HEIGHT], panel: &[[Line; 1]], sums: &mut [[i32; 16]; HEIGHT]) {
        let mut rows = left;
        for row in &mut rows {
            *row = &row[..panel.len()];
        }
        let mut tile = [[_mm256_setzero_si256(); 2]; HEIGHT];
        for (k, [line]) in panel.iter().enumerate() {
            let (quarters, _) = line.0.as_chunks::<16>();
            for pair in 0..2 {
                let (first, second) = (widen(&quarters[2 * pair]), widen(&quarters[2 * pair + 1]));
                for i in 0..HEIGHT {
                    let x = _mm256_set1_epi32(i32::from_le_bytes(rows[i][k][pair]));
                    tile[i][0] = _mm256_add_epi32(tile[i][0], _mm256_madd_epi16(x, first));
                    tile[i][1] = _mm256_add_epi32(tile[i][1], _mm256_madd_epi16(x, second));
                }
            }
        }
        for (sums, tile) in sums.iter_mut().zip(&tile) {
            let (halves, _) = sums.as_chunks_mut::<8>();
            for (half, tile) in halves.iter_mut().zip(tile) {
                store_256(half, *tile);
            }
        }
    }
}

#[target_feature(enable = "avx512f")]
#[inline]
#[expect(unsafe_code, reason = "loads take pointers")]
fn load_512(values: &[i8; 64]) -> __m512i {
    // SAFETY: the array has the 64 bytes that are read; the load asks for no alignment.
    unsafe { _mm512_loadu_si512(values.as_ptr().cast()) }
}

#[target_feature(enable = "avx512f")]
#[inline]
#[expect(unsafe_code, reason = "stores take pointers")]
fn store_512(values: &mut [i32; 16], sums: __m512i) {
    // SAFETY: the array has the 64 bytes that are written; the store asks for no alignment.
    unsafe { _mm512_storeu_si512(values.as_mut_ptr().cast(), sums) }
}

#[target_feature(enable = "avx2")]
#[inline]
#[expect(unsafe_code, reason = "loads take pointers")]
fn load_256(values: &[i8; 32]) -> __m256i {
    // SAFETY: the array has the 32 bytes that are read; the load asks for no alignment.
    unsafe { _mm256_loadu_si256(values.as_ptr().cast()) }
}

/// Eight-bit numbers as 16-bit ones.
#[target_feature(enable = "avx2")]
#[inline]
#[expect(unsafe_code, reason = "loads take pointers")]
fn widen(values: &[i8; 16]) -> __m256i {
    // SAFETY: the array has the 16 bytes that are read; the load asks for no alignment.
    _mm256_cvtepi8_epi16(unsafe { _mm_loadu_si128(values.as_ptr().cast()) })
}

#[target_feature(enable = "avx2")]
#[inline]
#[expect(unsafe_code, reason = "stores take pointers")]
fn store_256(values: &mut [i32; 8], sums: __m256i) {
    // SAFETY: the array has the 32 bytes that are written; the store asks for no alignment.
    unsafe { _mm256_storeu_si256(values.as_mut_ptr().cast(), sums) }
}

/// The loop of AVX-VNNI in the encoding of AVX-512, for processors that have only that; `false` without it.
#[cfg(test)]
#[expect(unsafe_code, reason = "entering code compiled for a detected instruction set")]
pub(super) fn multiply_as_avx512(
    panels: &Int8Panels,
    rows: &Int8Rows,
    bias: &[f32],
    target: (&mut [f32], usize),
) -> bool {
    let has = std::arch::is_x86_feature_detected!("avx2")
        && std::arch::is_x86_feature_detected!("avx512f")
        && std::arch::is_x86_feature_detected!("avx512vl")
        && std::arch::is_x86_feature_detected!("avx512vnni");
    if has {
        // SAFETY: the processor has just said that it has what the code is compiled for.
        unsafe { avx_vnni_as_avx512::walk(panels, rows, bias, target) }
    }
    has
}
