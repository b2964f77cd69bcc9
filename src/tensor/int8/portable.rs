//! The loop for processors without any of the others' instructions, and what the others are compared with.

use crate::tensor::int8::kernel::GROUP;
use crate::tensor::int8::kernel::Line;

walk!(4, [1, 2, 3], 16, bytes: [u8; GROUP],);

fn tile<const HEIGHT: usize>(left: [&[[u8; GROUP]]; HEIGHT], panel: &[[Line; 1]], sums: &mut [[i32; 16]; HEIGHT]) {
    for (k, [line]) in panel.iter().enumerate() {
        let (weights, _) = line.0.as_chunks::<GROUP>();
        for (row, sums) in left.iter().zip(sums.iter_mut()) {
            let x = row[k].map(i32::from);
            for (sum, w) in sums.iter_mut().zip(weights) {
                *sum += (0..GROUP).map(|k| x[k] * i32::from(w[k])).sum::<i32>();
            }
        }
    }
}
