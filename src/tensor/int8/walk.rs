//! The loops around the sums of one tile, compiled for each instruction set.

/// The loops over strips of rows and panels, at most `$tallest` rows by `$width` columns; `tile`, beside it, makes the sums
/// of one strip and panel from the rows' `$form`.
///
/// A macro and not a generic function, because `tile` must be compiled with the instruction set and on its own: inlined
/// into its caller it loses its registers.
macro_rules! walk {
    ($tallest:literal, [$($height:literal),*], $width:literal, $form:ident: $group:ty, $(#[$feature:meta])*) => {
        /// As few strips of rows as there can be, alike in height.
        $(#[$feature])*
        pub(in crate::tensor::int8) fn walk(
            panels: &$crate::tensor::int8::Int8Panels,
            rows: &$crate::tensor::int8::Int8Rows,
            bias: &[f32],
            (output, stride): (&mut [f32], usize),
        ) {
            let count = rows.scales.len();
            let mut strips = count.div_ceil($tallest);
            let mut row = 0;
            while row < count {
                let height = (count - row).div_ceil(strips);
                match height {
                    $($height => strip::<$height>(panels, rows, row, bias, (&mut *output, stride)),)*
                    _ => strip::<$tallest>(panels, rows, row, bias, (&mut *output, stride)),
                }
                row += height;
                strips -= 1;
            }
        }

        $(#[$feature])*
        fn strip<const HEIGHT: usize>(
            panels: &$crate::tensor::int8::Int8Panels,
            rows: &$crate::tensor::int8::Int8Rows,
            row: usize,
            bias: &[f32],
            (output, stride): (&mut [f32], usize),
        ) {
            const LINES: usize = $width * $crate::tensor::int8::kernel::GROUP / $crate::tensor::int8::kernel::LINE;
            let groups = rows.groups;
            let mut left: [&[$group]; HEIGHT] = [&[]; HEIGHT];
            for (i, line) in left.iter_mut().enumerate() {
                *line = &rows.$form[(row + i) * groups..][..groups];
            }
            for (panel, lines) in panels.lines().chunks_exact((groups * LINES).max(1)).enumerate() {
                let mut sums = [[0; $width]; HEIGHT];
                tile::<HEIGHT>(left, lines.as_chunks::<LINES>().0, &mut sums);
                for (i, sums) in sums.iter().enumerate() {
                    let out = &mut output[(row + i) * stride..];
                    panels.write::<$width>(sums, rows.scales[row + i], panel, bias, out);
                }
            }
        }
    };
}
