//! How fast are other libraries' matrix products at the shapes of `../products.rs`? On one thread, GFLOP/s as the median of
//! 15 turns in which each candidate has its go. One JSON line a shape; `../results.py` puts ours beside them.
//!
//! `tract-linalg` packs the weight once, as ours do; its packing of the left side is timed, as it has to happen every time.
//! System libraries are loaded from where the command line says and called as `cblas_sgemm`.
//!
//! Usage: `cargo run --release -- [NAME=LIBRARY …]`, such as `OpenBLAS=libopenblas.so.0 BLIS=libblis.so.4`

use std::hint::black_box;
use std::time::Instant;

use anyhow::Context as _;
use anyhow::Result;
use anyhow::ensure;
use libloading::Library;
use tract_data::prelude::Tensor;
use tract_linalg::MmmDispatch;
use tract_linalg::mmm::AsInputValue;
use tract_linalg::mmm::FusedSpec;
use tract_linalg::mmm::MMMInputValue;
use tract_linalg::mmm::MatMatMul;

const ROWS: [usize; 5] = [12, 32, 128, 512, 4096];
const WEIGHTS: [(usize, usize); 3] = [(384, 384), (384, 1536), (1536, 384)];
const TURNS: usize = 15;

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

/// What is multiplied, and one way of doing so.
trait Rival {
    fn multiply(&mut self) -> Result<()>;
    /// The product. Shape: `[rows, columns]`.
    fn product(&self) -> Result<Vec<f32>>;
}

struct Tract {
    shape: Shape,
    kernel: Box<dyn MatMatMul>,
    weight: Box<dyn MMMInputValue>,
    left: Tensor,
    out: Tensor,
}

impl Tract {
    fn new(shape: Shape, left: &[f32], weight: &[f32]) -> Result<Self> {
        let Shape { rows, inner, columns } = shape;
        let kernel = MmmDispatch::native()
            .preferred_kernel(tract_data::prelude::DatumType::F32, Some(columns), Some(inner), Some(rows))
            .context("tract has no kernel")?;
        let weight = Tensor::from_shape(&[columns, inner], weight)?;
        let weight = kernel.packings()[0].0.prepare_one(&weight, 1, 0)?;
        let left = Tensor::from_shape(&[rows, inner], left)?;
        let out = Tensor::zero::<f32>(&[rows, columns])?;
        Ok(Self { shape, kernel, weight, left, out })
    }
}

impl Rival for Tract {
    fn multiply(&mut self) -> Result<()> {
        let left = self.kernel.packings()[0].1.prepare_one(&self.left, 1, 0)?;
        // SAFETY: `out` is `[rows, columns]` and outlives the call; both sides were packed for this kernel.
        unsafe {
            let store = self.kernel.c_view(Some(1), Some(0)).wrap(&self.out.view_mut());
            let product = FusedSpec::AddMatMul {
                a: AsInputValue::Borrowed(&*self.weight),
                b: AsInputValue::Borrowed(&*left),
                packing: 0,
            };
            self.kernel.run(self.shape.columns, self.shape.rows, &[product, FusedSpec::Store(store)])?;
        }
        black_box(&self.out);
        Ok(())
    }

    fn product(&self) -> Result<Vec<f32>> {
        Ok(self.out.try_as_plain_ram()?.as_slice::<f32>()?.to_vec())
    }
}

/// `cblas_sgemm(order, transpose a, transpose b, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc)`.
type Sgemm =
    unsafe extern "C" fn(i32, i32, i32, i32, i32, i32, f32, *const f32, i32, *const f32, i32, f32, *mut f32, i32);

struct Blas {
    shape: Shape,
    sgemm: Sgemm,
    left: Vec<f32>,
    weight: Vec<f32>,
    out: Vec<f32>,
}

impl Rival for Blas {
    fn multiply(&mut self) -> Result<()> {
        const ROW_MAJOR: i32 = 101;
        const AS_IT_IS: i32 = 111;
        const TRANSPOSED: i32 = 112;
        let of = |value: usize| i32::try_from(value);
        let (rows, inner, columns) = (of(self.shape.rows)?, of(self.shape.inner)?, of(self.shape.columns)?);
        let (left, weight, out) = (self.left.as_ptr(), self.weight.as_ptr(), self.out.as_mut_ptr());
        // SAFETY: the standard's signature; the slices are as long as the sizes and strides say.
        unsafe {
            (self.sgemm)(
                ROW_MAJOR, AS_IT_IS, TRANSPOSED, rows, columns, inner, 1.0, left, inner, weight, inner, 0.0, out,
                columns,
            );
        }
        black_box(&self.out);
        Ok(())
    }

    fn product(&self) -> Result<Vec<f32>> {
        Ok(self.out.clone())
    }
}

/// A system library, told to use one thread.
fn load(path: &str) -> Result<(Library, Sgemm)> {
    // SAFETY: the libraries named are BLAS libraries, whose initialization has no preconditions; the functions have the
    // signatures that their headers give; the library is kept for as long as the function.
    unsafe {
        let library = Library::new(path)?;
        let mut is_single = false;
        if let Ok(set) = library.get::<unsafe extern "C" fn(i32)>(b"openblas_set_num_threads\0") {
            set(1);
            is_single = true;
        }
        if let Ok(set) = library.get::<unsafe extern "C" fn(i64)>(b"bli_thread_set_num_threads\0") {
            set(1);
            is_single = true;
        }
        ensure!(is_single, "no known way to ask for one thread");
        let sgemm = *library.get::<Sgemm>(b"cblas_sgemm\0")?;
        Ok((library, sgemm))
    }
}

/// Compares a few rows with the definition.
fn check(rival: &dyn Rival, shape: Shape, left: &[f32], weight: &[f32]) -> Result<()> {
    let product = rival.product()?;
    for row in [0, shape.rows / 2, shape.rows - 1] {
        for column in 0..shape.columns {
            let left = &left[row * shape.inner..][..shape.inner];
            let right = &weight[column * shape.inner..][..shape.inner];
            let expected: f64 = left.iter().zip(right).map(|(a, b)| f64::from(*a) * f64::from(*b)).sum();
            let got = product[row * shape.columns + column];
            ensure!((f64::from(got) - expected).abs() < 1e-2, "row {row}, column {column}: {got}, expected {expected}");
        }
    }
    Ok(())
}

/// Seconds of one product.
fn time(rival: &mut dyn Rival, rows: usize) -> Result<f64> {
    let repeats = (4096 / rows).max(1);
    let started = Instant::now();
    for _ in 0..repeats {
        rival.multiply()?;
    }
    Ok(started.elapsed().as_secs_f64() / repeats as f64)
}

fn main() -> Result<()> {
    let mut libraries = Vec::new();
    for argument in std::env::args().skip(1) {
        let (name, path) = argument.split_once('=').context("expected NAME=LIBRARY")?;
        match load(path) {
            Ok((library, sgemm)) => libraries.push((name.to_owned(), library, sgemm)),
            Err(err) => eprintln!("LEFT OUT: {name}: {path}: {err:#}"),
        }
    }
    for ((inner, columns), rows) in WEIGHTS.into_iter().flat_map(|weight| ROWS.map(|rows| (weight, rows))) {
        let shape = Shape { rows, inner, columns };
        let (left, weight) = (numbers(rows * inner, 1), numbers(columns * inner, 2));
        let tract = Tract::new(shape, &left, &weight)?;
        let mut rivals: Vec<(&str, Box<dyn Rival>)> = vec![("tract-linalg", Box::new(tract))];
        for (name, _, sgemm) in &libraries {
            let out = vec![0.0; rows * columns];
            let blas = Blas { shape, sgemm: *sgemm, left: left.clone(), weight: weight.clone(), out };
            rivals.push((name, Box::new(blas)));
        }
        let mut times = vec![Vec::with_capacity(TURNS); rivals.len()];
        for (name, rival) in &mut rivals {
            rival.multiply()?;
            check(&**rival, shape, &left, &weight).with_context(|| (*name).to_owned())?;
        }
        for _ in 0..TURNS {
            for ((_, rival), times) in rivals.iter_mut().zip(&mut times) {
                times.push(time(&mut **rival, rows)?);
            }
        }
        let flops = 2.0 * (rows * inner * columns) as f64;
        let mut speeds = serde_json::Map::new();
        for ((name, _), times) in rivals.iter().zip(&mut times) {
            times.sort_by(f64::total_cmp);
            speeds.insert((*name).to_owned(), (flops / times[TURNS / 2] / 1e9).into());
        }
        println!("{}", serde_json::json!({ "rows": rows, "inner": inner, "columns": columns, "gflops": speeds }));
    }
    Ok(())
}
