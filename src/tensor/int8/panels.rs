//! Weights in eight bits, and products with them.

use crate::tensor::int8::Int8Error;
use crate::tensor::int8::Int8Rows;
use crate::tensor::int8::kernel::GROUP;
use crate::tensor::int8::kernel::Kernel;
use crate::tensor::int8::kernel::LINE;
use crate::tensor::int8::kernel::Line;
use crate::tensor::int8::portable;
#[cfg(target_arch = "x86_64")]
use crate::tensor::int8::x86;
use crate::tensor::rows;

/// Added to activations.
const ZERO: i32 = 128;

/// The longest sum whose 32 bits cannot overflow: each product is at most 255 (an activation of 127, stored 128 higher)
/// times 127.
const LONGEST_SUM: usize = i32::MAX as usize / ((127 + ZERO as usize) * 127);

/// A right-hand side `[inner, outputs]` in eight bits.
#[derive(Clone, Debug)]
pub struct Int8Panels {
    inner: usize,
    outputs: usize,
    kernel: Kernel,
    /// As the kernel wants them ([`Kernel::place`]), filled up with zeros to whole groups and panels.
    lines: Vec<Line>,
    /// What a weight of 1 stands for. Shape: `[outputs]`, filled up to whole panels.
    scales: Vec<f32>,
    /// 128 times the sum of each column. Shape: as `scales`.
    corrections: Vec<i32>,
}

impl Int8Panels {
    /// Rounds a weight matrix as checkpoints store it. Shape: `weight` `[outputs, inner]`, row-major.
    ///
    /// # Errors
    /// [`Int8Error`] for weights that are not finite, and for sums longer than 32 bits can hold.
    pub fn from_weight(weight: &[f32], outputs: usize, inner: usize) -> Result<Self, Int8Error> {
        Self::for_kernel(Kernel::detect(), weight, outputs, inner)
    }

    pub(super) fn for_kernel(kernel: Kernel, weight: &[f32], outputs: usize, inner: usize) -> Result<Self, Int8Error> {
        if inner > LONGEST_SUM {
            return Err(Int8Error::TooWide { expected: LONGEST_SUM, got: inner });
        }
        let (groups, columns) = (inner.div_ceil(GROUP), outputs.next_multiple_of(kernel.width()));
        let mut lines = vec![Line([0; LINE]); columns * groups * GROUP / LINE];
        let (mut scales, mut corrections) = (vec![1.0; columns], vec![0; columns]);
        for (output, row) in weight.chunks_exact(inner.max(1)).enumerate() {
            let largest = rows::largest_size(row);
            if !largest.is_finite() {
                return Err(Int8Error::NotFinite { row: output, got: largest });
            }
            let scale = rows::step(largest);
            let mut sum = 0;
            for (k, value) in row.iter().enumerate() {
                #[expect(clippy::cast_possible_truncation, reason = "a whole number from -127 to 127")]
                let rounded = (value / scale).round() as i8;
                let (line, byte) = kernel.place(groups, output, k);
                lines[line].0[byte] = rounded;
                sum += i32::from(rounded);
            }
            scales[output] = scale;
            corrections[output] = ZERO * sum;
        }
        Ok(Self { inner, outputs, kernel, lines, scales, corrections })
    }

    /// Number of columns of a product.
    #[must_use]
    pub fn outputs(&self) -> usize {
        self.outputs
    }

    /// Length of the sums.
    #[must_use]
    pub fn inner(&self) -> usize {
        self.inner
    }

    /// The loop that these weights are laid out for.
    #[cfg(any(test, target_arch = "x86_64"))]
    pub(super) fn kernel(&self) -> Kernel {
        self.kernel
    }

    pub(super) fn lines(&self) -> &[Line] {
        &self.lines
    }

    /// The weights that the rounded ones stand for. Shape: `[outputs, inner]`, row-major.
    #[must_use]
    pub fn to_weight(&self) -> Vec<f32> {
        let groups = self.inner.div_ceil(GROUP);
        let value = |output: usize, k: usize| {
            let (line, byte) = self.kernel.place(groups, output, k);
            f32::from(self.lines[line].0[byte]) * self.scales[output]
        };
        (0..self.outputs).flat_map(|output| (0..self.inner).map(move |k| value(output, k))).collect()
    }

    /// `output = rows * self + bias`, on the calling thread.
    ///
    /// Shape: `bias` `[outputs]` or empty; `output` row `i` starts at `i * stride` and is `[outputs]` long.
    pub fn multiply(&self, rows: &Int8Rows, bias: &[f32], output: &mut [f32], stride: usize) {
        #[cfg(target_arch = "x86_64")]
        if x86::multiply(self, rows, bias, (&mut *output, stride)) {
            return;
        }
        portable::walk(self, rows, bias, (output, stride));
    }

    /// From sums to values, for one row and the columns of one panel; `output` begins with the row.
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "must be compiled with the instruction set of the loop around it")]
    pub(super) fn write<const WIDTH: usize>(
        &self,
        sums: &[i32; WIDTH],
        row_scale: f32,
        panel: usize,
        bias: &[f32],
        output: &mut [f32],
    ) {
        let first = panel * WIDTH;
        let (scales, corrections) = (&self.scales[first..][..WIDTH], &self.corrections[first..][..WIDTH]);
        let mut values = [0.0; WIDTH];
        for (value, (sum, (scale, correction))) in
            values.iter_mut().zip(sums.iter().zip(scales.iter().zip(corrections)))
        {
            *value = (sum - correction) as f32 * (row_scale * scale);
        }
        let used = (self.outputs - first).min(WIDTH);
        if !bias.is_empty() {
            values.iter_mut().zip(&bias[first..][..used]).for_each(|(value, bias)| *value += bias);
        }
        let out = &mut output[first..][..used];
        match out.first_chunk_mut::<WIDTH>() {
            // A length that the compiler knows.
            Some(out) => *out = values,
            None => out.copy_from_slice(&values[..used]),
        }
    }
}
