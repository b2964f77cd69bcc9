//! Which matrix product is fastest at an encoder's shapes? Ours, packed once, beside crates that pack at every call.
//!
//! One thread each, as in the engine, whose parallelism is over rows. GFLOP/s, the median of 15 turns in which each
//! candidate has its go. `cargo bench --bench products`; `-- --ours` leaves the crates out, for runs with
//! `PRUNESCOPE_INSTRUCTIONS=avx2` (or `portable`), which limit ours alone.

#![expect(unsafe_code, reason = "the other crates' entry points take pointers")]
#![expect(clippy::print_stdout, reason = "the result of a program")]

use std::hint::black_box;
use std::time::Instant;

use prunescope::tensor::Int8Error;
use prunescope::tensor::Int8Panels;
use prunescope::tensor::Int8Rows;
use prunescope::tensor::Panels;
use prunescope::tensor::RowsRef;
use prunescope::tensor::instruction_set;
use prunescope::tensor::int8_instruction_set;

const ROWS: [usize; 5] = [12, 32, 128, 512, 4096];
const WEIGHTS: [(usize, usize); 3] = [(384, 384), (384, 1536), (1536, 384)];
const NAMES: [&str; 4] = ["ours", "ours int8", "gemm 0.19", "matrixmultiply 0.3"];

/// `[rows, inner] x [inner, columns]`, the weight as checkpoints store it: `[columns, inner]`.
#[derive(Clone, Copy)]
struct Shape {
    rows: usize,
    inner: usize,
    columns: usize,
}

fn numbers(count: usize, seed: usize) -> Vec<f32> {
    (0..count).map(|i| ((i * 7919 + seed * 104_729) % 2003) as f32 / 1001.5 - 1.0).collect()
}

fn with_gemm(shape: &Shape, left: &[f32], weight: &[f32], out: &mut [f32]) {
    let (rows, inner, columns) = (shape.rows, shape.inner, shape.columns);
    let stride = |value: usize| isize::try_from(value).expect("a small number");
    // SAFETY: the three slices have `rows * inner`, `columns * inner` and `rows * columns` values, as the strides say.
    unsafe {
        gemm::gemm(
            rows,
            columns,
            inner,
            out.as_mut_ptr(),
            1,
            stride(columns),
            false,
            left.as_ptr(),
            1,
            stride(inner),
            weight.as_ptr(),
            stride(inner),
            1,
            0.0,
            1.0,
            false,
            false,
            false,
            gemm::Parallelism::None,
        );
    }
}

fn with_matrixmultiply(shape: &Shape, left: &[f32], weight: &[f32], out: &mut [f32]) {
    let (rows, inner, columns) = (shape.rows, shape.inner, shape.columns);
    let stride = |value: usize| isize::try_from(value).expect("a small number");
    // SAFETY: as above.
    unsafe {
        matrixmultiply::sgemm(
            rows,
            inner,
            columns,
            1.0,
            left.as_ptr(),
            stride(inner),
            1,
            weight.as_ptr(),
            1,
            stride(inner),
            0.0,
            out.as_mut_ptr(),
            stride(columns),
            1,
        );
    }
}

/// What each candidate needs for one shape.
struct Bench {
    shape: Shape,
    left: Vec<f32>,
    weight: Vec<f32>,
    packed: Panels,
    rounded: Int8Panels,
    quantized: Int8Rows,
    out: Vec<f32>,
}

impl Bench {
    fn new(shape: Shape) -> Result<Self, Int8Error> {
        let Shape { rows, inner, columns } = shape;
        let (left, weight) = (numbers(rows * inner, 1), numbers(columns * inner, 2));
        let packed = Panels::from_weight(&weight, columns, inner);
        let rounded = Int8Panels::from_weight(&weight, columns, inner)?;
        let quantized = Int8Rows::default();
        Ok(Self { shape, left, weight, packed, rounded, quantized, out: vec![0.0; rows * columns] })
    }

    /// Seconds of one product.
    fn time(&mut self, candidate: &str) -> f64 {
        let Shape { rows, inner, columns } = self.shape;
        let input = RowsRef { data: &self.left, stride: inner, rows };
        let repeats = (4096 / rows).max(1);
        let started = Instant::now();
        for _ in 0..repeats {
            let out = black_box(&mut *self.out);
            match candidate {
                "ours" => self.packed.multiply(input, &[], out, columns),
                "ours int8" => {
                    self.quantized.quantize(input, inner);
                    self.rounded.multiply(&self.quantized, &[], out, columns);
                }
                "gemm 0.19" => with_gemm(&self.shape, &self.left, &self.weight, out),
                _ => with_matrixmultiply(&self.shape, &self.left, &self.weight, out),
            }
        }
        started.elapsed().as_secs_f64() / repeats as f64
    }
}

fn main() -> Result<(), Int8Error> {
    let turns = if std::env::args().any(|word| word == "--bench") { 15 } else { 1 };
    let names = if std::env::args().any(|word| word == "--ours") { &NAMES[..2] } else { &NAMES[..] };
    println!("ours: f32 with {}, int8 with {}", instruction_set(), int8_instruction_set());
    println!("rows x inner x columns: {}, GFLOP/s on one thread", names.join(", "));
    for ((inner, columns), rows) in WEIGHTS.into_iter().flat_map(|weight| ROWS.map(|rows| (weight, rows))) {
        let mut bench = Bench::new(Shape { rows, inner, columns })?;
        let mut times = vec![Vec::with_capacity(turns); names.len()];
        for _ in 0..turns {
            for (name, times) in names.iter().zip(&mut times) {
                times.push(bench.time(name));
            }
        }
        let flops = 2.0 * (rows * inner * columns) as f64;
        let speed = |times: &mut Vec<f64>| {
            times.sort_by(f64::total_cmp);
            format!("{:7.1}", flops / times[times.len() / 2] / 1e9)
        };
        let speeds: Vec<String> = times.iter_mut().map(speed).collect();
        println!("{rows:4} x {inner:4} x {columns:4}: {}", speeds.join(" "));
    }
    Ok(())
}
