//! The one place that calls unsafe code: matrix products through the `gemm` crate, behind checked views.

use gemm::Parallelism;

/// A read-only strided view: element `(r, c)` lies at `r * row_stride + c * col_stride`.
#[derive(Clone, Copy, Debug)]
pub struct View<'a> {
    /// The values viewed into.
    pub data: &'a [f32],
    /// Number of rows.
    pub rows: usize,
    /// Number of columns.
    pub cols: usize,
    /// Distance between rows.
    pub row_stride: usize,
    /// Distance between columns.
    pub col_stride: usize,
}

impl<'a> View<'a> {
    /// Rows of `cols` values, `row_stride` apart.
    #[must_use]
    pub fn rows(data: &'a [f32], rows: usize, cols: usize, row_stride: usize) -> Self {
        Self { data, rows, cols, row_stride, col_stride: 1 }
    }

    /// Rows become columns.
    #[must_use]
    pub fn transposed(self) -> Self {
        Self {
            data: self.data,
            rows: self.cols,
            cols: self.rows,
            row_stride: self.col_stride,
            col_stride: self.row_stride,
        }
    }

    fn is_inside(&self) -> bool {
        span(self.rows, self.cols, self.row_stride, self.col_stride).is_some_and(|span| span <= self.data.len())
    }
}

/// Values from the first to the last element of a strided view; `None` on overflow.
fn span(rows: usize, cols: usize, row_stride: usize, col_stride: usize) -> Option<usize> {
    if rows == 0 || cols == 0 {
        return Some(0);
    }
    let last = (rows - 1).checked_mul(row_stride)?.checked_add((cols - 1).checked_mul(col_stride)?)?;
    last.checked_add(1).filter(|&span| isize::try_from(span).is_ok())
}

/// `out = scale * lhs rhs`, or `out += scale * lhs rhs` where `accumulate`; `out` has rows of `rhs.cols` values,
/// `out_stride` apart. `parallel` spreads the work over rayon's pool.
///
/// # Panics
/// If the shapes do not fit together or reach outside their data: a mistake in this crate.
pub fn product(out: &mut [f32], out_stride: usize, lhs: View<'_>, rhs: View<'_>, options: ProductOptions) {
    let (rows, cols, inner) = (lhs.rows, rhs.cols, lhs.cols);
    assert_eq!(inner, rhs.rows, "inner sizes of a product");
    assert!(lhs.is_inside() && rhs.is_inside(), "operands inside their data");
    assert!(out_stride >= cols, "rows of the result do not overlap");
    assert!(span(rows, cols, out_stride, 1).is_some_and(|span| span <= out.len()), "result inside its data");
    let parallelism = if options.parallel { Parallelism::Rayon(0) } else { Parallelism::None };
    // Strides below `isize::MAX`: where they matter (more than one row or column) `span` has checked them.
    let stride = |value: usize| isize::try_from(value).unwrap_or(0);
    #[expect(
        unsafe_code,
        reason = "the crate offers raw pointers only; every element is inside its slice by the asserts above"
    )]
    // SAFETY: `out` is a unique borrow that no operand overlaps; each element the call touches, at
    // `r * row_stride + c * col_stride`, lies below `span <= len` of its slice, checked above without overflow; the values
    // of `out` are initialized, so that reading them is fine too.
    unsafe {
        gemm::gemm(
            rows,
            cols,
            inner,
            out.as_mut_ptr(),
            1,
            stride(out_stride),
            options.accumulate,
            lhs.data.as_ptr(),
            stride(lhs.col_stride),
            stride(lhs.row_stride),
            rhs.data.as_ptr(),
            stride(rhs.col_stride),
            stride(rhs.row_stride),
            1.0,
            options.scale,
            false,
            false,
            false,
            parallelism,
        );
    }
}

/// How a [`product`] is done.
#[derive(Clone, Copy, Debug)]
pub struct ProductOptions {
    /// Multiplies the product.
    pub scale: f32,
    /// Add to the result instead of replacing it.
    pub accumulate: bool,
    /// Use rayon's pool.
    pub parallel: bool,
}

impl ProductOptions {
    /// Replaces the result, on this thread.
    pub const PLAIN: Self = Self { scale: 1.0, accumulate: false, parallel: false };
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(count: usize, seed: usize) -> Vec<f32> {
        (0..count).map(|index| ((index * 37 + seed * 11) % 23) as f32 / 7.0 - 1.5).collect()
    }

    /// Every shape up to 9 in each direction, plain and transposed operands, with and without gaps between rows.
    #[test]
    fn products_equal_the_triple_loop() {
        for (rows, cols, inner) in (0..9).flat_map(|r| (0..9).flat_map(move |c| (0..9).map(move |i| (r, c, i)))) {
            for (gap, scale, accumulate) in [(0, 1.0, false), (3, 0.5, true)] {
                let (a, b) = (values((inner + gap) * rows, 1), values((inner + gap) * cols, 2));
                let lhs = View::rows(&a, rows, inner, inner + gap);
                let rhs = View::rows(&b, cols, inner, inner + gap).transposed();
                let before = values((cols + gap) * rows, 3);
                let mut out = before.clone();
                product(&mut out, cols + gap, lhs, rhs, ProductOptions { scale, accumulate, parallel: false });
                for (index, (&got, &old)) in out.iter().zip(&before).enumerate() {
                    let (r, c) = (index / (cols + gap), index % (cols + gap));
                    let dot = || (0..inner).map(|k| a[r * (inner + gap) + k] * b[c * (inner + gap) + k]).sum::<f32>();
                    let expected = if c >= cols { old } else { scale * dot() + if accumulate { old } else { 0.0 } };
                    assert!(
                        (got - expected).abs() < 1e-4,
                        "{rows}x{inner}x{cols} at {r},{c}: expected {expected}, got {got}"
                    );
                }
            }
        }
    }

    #[test]
    fn large_products_in_parallel_equal_those_on_one_thread() {
        let (rows, cols, inner) = (67, 129, 385);
        let (a, b) = (values(rows * inner, 1), values(cols * inner, 2));
        let (lhs, rhs) = (View::rows(&a, rows, inner, inner), View::rows(&b, cols, inner, inner).transposed());
        let (mut one, mut many) = (vec![0.0; rows * cols], vec![0.0; rows * cols]);
        product(&mut one, cols, lhs, rhs, ProductOptions::PLAIN);
        product(&mut many, cols, lhs, rhs, ProductOptions { parallel: true, ..ProductOptions::PLAIN });
        let worst = one.iter().zip(&many).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
        assert!(worst < 1e-3, "largest difference {worst}");
    }
}
