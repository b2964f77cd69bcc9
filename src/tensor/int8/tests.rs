//! Every loop against the definition, and against each other bit for bit.

use crate::tensor::int8::Int8Panels;
use crate::tensor::int8::Int8Rows;
use crate::tensor::int8::kernel::Kernel;
use crate::tensor::int8::kernel::KernelKind;
use crate::tensor::panels::RowsRef;

fn numbers(count: usize, seed: usize) -> Vec<f32> {
    (0..count).map(|i| ((i * 7919 + seed * 104_729) % 2003) as f32 / 1001.5 - 1.0).collect()
}

fn quantized(kernel: Kernel, x: &[f32], inner: usize) -> Int8Rows {
    let mut rows = Int8Rows::default();
    // What was there before must not matter.
    rows.quantize_for(kernel, RowsRef { data: &[1.0; 70], stride: 7, rows: 10 }, 7);
    rows.quantize_for(kernel, RowsRef { data: x, stride: inner, rows: x.len() / inner }, inner);
    rows
}

fn product(panels: &Int8Panels, x: &[f32], bias: &[f32]) -> Vec<f32> {
    let rows = quantized(panels.kernel(), x, panels.inner());
    let mut out = vec![f32::NAN; x.len() / panels.inner() * panels.outputs()];
    panels.multiply(&rows, bias, &mut out, panels.outputs());
    out
}

/// Whole sums in 64 bits and one rounding a step, from rounded values: the definition, without 128s.
fn definition(x: &[f32], weight: &[f32], bias: &[f32], inner: usize) -> Vec<f32> {
    let scale = |values: &[f32]| {
        let largest = values.iter().fold(0.0_f32, |largest, value| largest.max(value.abs()));
        if largest > 0.0 { largest / 127.0 } else { 1.0 }
    };
    #[expect(clippy::cast_possible_truncation, reason = "from -127 to 127")]
    let whole = |value: f32| value as i64;
    let mut all = Vec::new();
    for x in x.chunks_exact(inner) {
        let row_scale = scale(x);
        for (output, w) in weight.chunks_exact(inner).enumerate() {
            let unit = scale(w);
            let one =
                |(x, w): (&f32, &f32)| whole((x * (1.0 / row_scale)).round_ties_even()) * whole((w / unit).round());
            let sum: i64 = x.iter().zip(w).map(one).sum();
            all.push(sum as f32 * (row_scale * unit) + bias.get(output).unwrap_or(&0.0));
        }
    }
    all
}

/// Checks every loop that runs here, on rows with and without a bias.
fn check(x: &[f32], weight: &[f32], outputs: usize, inner: usize) {
    let rows = x.len() / inner;
    for bias in [numbers(outputs, 3), Vec::new()] {
        let expected = definition(x, weight, &bias, inner);
        for kernel in Kernel::available() {
            let panels = Int8Panels::for_kernel(kernel, weight, outputs, inner).expect("weights that fit");
            assert_eq!(product(&panels, x, &bias), expected, "{kernel:?} {rows}x{inner}x{outputs}: the same bits");
            #[cfg(target_arch = "x86_64")]
            if kernel.kind() == KernelKind::Portable {
                // The portable loop's weights lie as those of AVX-VNNI.
                let mut out = vec![f32::NAN; rows * outputs];
                let left = quantized(kernel, x, inner);
                let ran = super::x86::multiply_as_avx512(&panels, &left, &bias, (&mut out, outputs));
                assert!(!ran || out == expected, "AVX-VNNI's loop {rows}x{inner}x{outputs}: the same bits");
            }
        }
    }
}

#[test]
fn every_loop_equals_the_definition_for_every_small_shape() {
    for rows in 1..=26 {
        for outputs in [1, 2, 15, 16, 17, 31, 32, 33, 70] {
            for inner in [1, 2, 3, 4, 5, 7, 8, 31, 64] {
                check(&numbers(rows * inner, 1), &numbers(outputs * inner, 2), outputs, inner);
            }
        }
    }
}

#[test]
fn every_loop_equals_the_definition_at_a_models_shapes() {
    for (rows, inner, outputs) in [(13, 384, 384), (7, 1536, 390)] {
        check(&numbers(rows * inner, 1), &numbers(outputs * inner, 2), outputs, inner);
    }
}

#[test]
fn the_largest_values_do_not_saturate() {
    // Two products of 255 and 127 are more than 16 bits hold.
    for sign in [1.0, -1.0] {
        for inner in [2, 3, 4, 96] {
            let alternating: Vec<f32> = (0..inner).map(|k| if k % 3 == 0 { -sign } else { sign }).collect();
            for x in [vec![1.0; inner], vec![-1.0; inner], alternating] {
                check(&x, &vec![sign; 17 * inner], 17, inner);
            }
        }
    }
}

#[test]
fn rows_may_lie_apart_on_both_sides() {
    let (inner, outputs, rows) = (21, 50, 9);
    let (wide, weight) = (numbers(rows * 30, 6), numbers(outputs * inner, 7));
    let dense: Vec<f32> = wide.chunks_exact(30).flat_map(|row| row[..inner].to_vec()).collect();
    let expected = definition(&dense, &weight, &[], inner);
    for kernel in Kernel::available() {
        let panels = Int8Panels::for_kernel(kernel, &weight, outputs, inner).expect("weights that fit");
        let mut left = Int8Rows::default();
        left.quantize_for(kernel, RowsRef { data: &wide, stride: 30, rows }, inner);
        let mut out = vec![f32::NAN; rows * 64];
        panels.multiply(&left, &[], &mut out, 64);
        for (row, (out, expected)) in out.chunks_exact(64).zip(expected.chunks_exact(outputs)).enumerate() {
            assert_eq!(out[..outputs], *expected, "{kernel:?}: row {row}");
            assert!(out[outputs..].iter().all(|value| value.is_nan()), "{kernel:?}: nothing else is written");
        }
    }
}

#[test]
fn rounding_stays_within_half_a_step() {
    let weight = numbers(40 * 50, 5);
    for kernel in Kernel::available() {
        let back = Int8Panels::for_kernel(kernel, &weight, 40, 50).expect("weights that fit").to_weight();
        for (weight, back) in weight.chunks_exact(50).zip(back.chunks_exact(50)) {
            let step = weight.iter().fold(0.0_f32, |largest, w| largest.max(w.abs())) / 127.0;
            for (a, b) in weight.iter().zip(back) {
                assert!((a - b).abs() <= step * 0.501, "{kernel:?}: {a} became {b}, a step is {step}");
            }
        }
    }
}

#[test]
fn rows_of_zeros_and_zero_weights_give_the_bias() {
    for kernel in Kernel::available() {
        let panels = Int8Panels::for_kernel(kernel, &[0.0; 6], 2, 3).expect("weights that fit");
        let got = product(&panels, &[0.0, 0.0, 0.0, 1.0, -2.0, 3.0], &[0.5, -0.5]);
        assert_eq!(got, [0.5, -0.5, 0.5, -0.5], "{kernel:?}: nothing but the bias");
    }
}

#[test]
fn activations_that_are_no_numbers_make_their_row_none() {
    let (inner, outputs) = (21, 50);
    let weight = numbers(outputs * inner, 7);
    for kernel in Kernel::available() {
        let panels = Int8Panels::for_kernel(kernel, &weight, outputs, inner).expect("weights that fit");
        for bad in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
            let clean = numbers(3 * inner, 8);
            let expected = product(&panels, &clean, &[0.5; 50]);
            let mut x = clean;
            x[inner + 20] = bad;
            let got = product(&panels, &x, &[0.5; 50]);
            assert_eq!(got[..outputs], expected[..outputs], "{kernel:?}: the row before is as it was");
            assert!(got[outputs..2 * outputs].iter().all(|value| value.is_nan()), "{kernel:?}: {bad} became a number");
            assert_eq!(got[2 * outputs..], expected[2 * outputs..], "{kernel:?}: and the row after");
        }
    }
}

#[test]
fn the_smallest_rows_and_weights_give_no_nan() {
    for kernel in Kernel::available() {
        for size in [1e-45_f32, 1e-40, 3e-37, 1e-36] {
            let panels = Int8Panels::for_kernel(kernel, &[1.0, 0.0, -1.0, 0.5], 2, 2).expect("weights that fit");
            let got = product(&panels, &[size, 0.0, 0.0, 0.0], &[]);
            assert!((got[0] - size).abs() <= f32::MIN_POSITIVE, "{kernel:?}: {size} became {}", got[0]);
            assert_eq!(got[2..], [0.0; 2], "{kernel:?}: a row of zeros");
            let tiny = Int8Panels::for_kernel(kernel, &[size, -size], 1, 2).expect("weights that fit");
            for (back, weight) in tiny.to_weight().iter().zip([size, -size]) {
                assert!((back - weight).abs() <= f32::MIN_POSITIVE, "{kernel:?}: weight {weight} became {back}");
            }
        }
    }
}

#[test]
fn weights_that_are_no_numbers_and_sums_that_overflow_are_refused() {
    for kernel in Kernel::available() {
        let refused = |weight: &[f32], outputs, inner| {
            Int8Panels::for_kernel(kernel, weight, outputs, inner).expect_err("refused").to_string()
        };
        for bad in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
            let message = refused(&[1.0, 2.0, 3.0, bad], 2, 2);
            assert!(message.starts_with("expected finite weights, got ") && message.contains("row 1"), "{message}");
        }
        // 255 * 127 * 66,311 = 2,147,481,735 is the last that fits 2,147,483,647.
        let message = refused(&vec![1.0; 66_312], 1, 66_312);
        assert!(
            message.contains("66311 inputs at most, got 66312") && message.contains("--precision f32"),
            "{message}"
        );
    }
}

#[test]
fn the_longest_sums_are_exact() {
    let inner = 66_311;
    for kernel in Kernel::available() {
        let panels = Int8Panels::for_kernel(kernel, &vec![1.0; inner], 1, inner).expect("the longest that fits");
        for sign in [1.0, -1.0] {
            let x = vec![sign; inner];
            assert_eq!(product(&panels, &x, &[]), definition(&x, &vec![1.0; inner], &[], inner), "{kernel:?}: {sign}");
        }
    }
}
