//! Point-wise functions in a form that compilers vectorize: no branches, no calls.
//!
//! `FUSED` asks for fused multiply-adds, to be set where the processor has them: elsewhere each would be a call.

#![expect(clippy::inline_always, reason = "must be compiled with the instruction set of the loop around it")]

/// `a * b + c`, with one rounding or two.
#[inline(always)]
fn multiply_add<const FUSED: bool>(a: f32, b: f32, c: f32) -> f32 {
    if FUSED { a.mul_add(b, c) } else { a * b + c }
}

/// `e^x`, for `x` from -87 to 88; smaller arguments give 0 or a number below 2e-38.
///
/// Range: relative error below 3e-7.
/// Source: `2^n * p(r)` with `r = x - n ln 2` in two parts (Cody and Waite 1980), `p` the Taylor polynomial of degree 6.
#[inline(always)]
#[must_use]
pub fn exp<const FUSED: bool>(x: f32) -> f32 {
    /// 1.5 * 2^23: adding it leaves the nearest whole number in the low bits.
    const ROUNDER: f32 = 12_582_912.0;
    const LN_2_HIGH: f32 = 0.693_359_4;
    const LN_2_LOW: f32 = -2.121_944_4e-4;
    let x = x.clamp(-87.3, 88.0);
    let shifted = multiply_add::<FUSED>(x, std::f32::consts::LOG2_E, ROUNDER);
    let n = shifted - ROUNDER;
    let r = multiply_add::<FUSED>(n, -LN_2_LOW, multiply_add::<FUSED>(n, -LN_2_HIGH, x));
    let mut p = 1.0 / 720.0;
    for coefficient in [1.0 / 120.0, 1.0 / 24.0, 1.0 / 6.0, 0.5, 1.0, 1.0] {
        p = multiply_add::<FUSED>(p, r, coefficient);
    }
    // The low bits of `shifted` hold n in two's complement; moved into the exponent field they multiply by 2^n.
    let exponent = shifted.to_bits() << 23;
    f32::from_bits(p.to_bits().wrapping_add(exponent))
}

/// `x Phi(x)` with the error function.
///
/// Range: absolute error below 1e-6.
/// Source: Hendrycks and Gimpel 2016, <https://arxiv.org/abs/1606.08415>; the error function by Abramowitz and Stegun
/// 1964, formula 7.1.26 (error below 1.5e-7), written for the tail so that large negative arguments do not cancel.
#[inline(always)]
#[must_use]
pub fn gelu<const FUSED: bool>(x: f32) -> f32 {
    let size = x.abs();
    let t = 1.0 / (1.0 + 0.327_591_1 * std::f32::consts::FRAC_1_SQRT_2 * size);
    let mut tail = 1.061_405_4;
    for coefficient in [-1.453_152, 1.421_413_7, -0.284_496_72, 0.254_829_6] {
        tail = multiply_add::<FUSED>(tail, t, coefficient);
    }
    let upper = 0.5 * tail * t * exp::<FUSED>(-0.5 * x * x);
    x.max(0.0) - size * upper
}

/// Hyperbolic tangent; absolute error below 3e-7.
#[inline(always)]
#[must_use]
pub fn tanh<const FUSED: bool>(x: f32) -> f32 {
    let e = exp::<FUSED>(-2.0 * x.abs());
    ((1.0 - e) / (1.0 + e)).copysign(x)
}

/// The tanh approximation of GELU (`gelu_new`, `gelu_pytorch_tanh`).
///
/// Source: Hendrycks and Gimpel 2016, section 2.
#[inline(always)]
#[must_use]
pub fn gelu_tanh<const FUSED: bool>(x: f32) -> f32 {
    const SQRT_2_OVER_PI: f32 = 0.797_884_6;
    0.5 * x * (1.0 + tanh::<FUSED>(SQRT_2_OVER_PI * (x + 0.044_715 * x * x * x)))
}

/// `x * sigmoid(x)`.
#[inline(always)]
#[must_use]
pub fn silu<const FUSED: bool>(x: f32) -> f32 {
    x / (1.0 + exp::<FUSED>(-x))
}

/// The derivative of [`gelu`]: `Phi(x) + x phi(x)`, the tail as there.
#[inline(always)]
#[must_use]
pub fn gelu_slope<const FUSED: bool>(x: f32) -> f32 {
    /// One over the square root of 2 pi.
    const DENSITY: f32 = 0.398_942_3;
    let size = x.abs();
    let t = 1.0 / (1.0 + 0.327_591_1 * std::f32::consts::FRAC_1_SQRT_2 * size);
    let mut tail = 1.061_405_4;
    for coefficient in [-1.453_152, 1.421_413_7, -0.284_496_72, 0.254_829_6] {
        tail = multiply_add::<FUSED>(tail, t, coefficient);
    }
    let bell = exp::<FUSED>(-0.5 * x * x);
    let upper = 0.5 * tail * t * bell;
    let below = if x < 0.0 { upper } else { 1.0 - upper };
    multiply_add::<FUSED>(x * DENSITY, bell, below)
}

/// The derivative of [`gelu_tanh`].
#[inline(always)]
#[must_use]
pub fn gelu_tanh_slope<const FUSED: bool>(x: f32) -> f32 {
    const SQRT_2_OVER_PI: f32 = 0.797_884_6;
    let inner = tanh::<FUSED>(SQRT_2_OVER_PI * (x + 0.044_715 * x * x * x));
    let slope = SQRT_2_OVER_PI * (1.0 + 3.0 * 0.044_715 * x * x);
    0.5 * (1.0 + inner) + 0.5 * x * (1.0 - inner * inner) * slope
}

/// The derivative of [`silu`].
#[inline(always)]
#[must_use]
pub fn silu_slope<const FUSED: bool>(x: f32) -> f32 {
    let sigmoid = 1.0 / (1.0 + exp::<FUSED>(-x));
    sigmoid * (1.0 + x * (1.0 - sigmoid))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `erf` in double precision: Taylor series below 2.5, continued fraction of `erfc` above.
    fn erf(x: f64) -> f64 {
        let size = x.abs();
        let value = if size < 2.5 {
            let (mut term, mut sum) = (size, size);
            for k in 1..80 {
                term *= -size * size / f64::from(k);
                sum += term / f64::from(2 * k + 1);
            }
            sum * 2.0 / std::f64::consts::PI.sqrt()
        } else {
            let mut fraction = size;
            for k in (1..80).rev() {
                fraction = size + f64::from(k) / 2.0 / fraction;
            }
            1.0 - (-size * size).exp() / fraction / std::f64::consts::PI.sqrt()
        };
        value.copysign(x)
    }

    fn worst(from: f32, to: f32, got: fn(f32) -> f32, expected: impl Fn(f64) -> f64, relative: bool) -> (f64, f32) {
        let steps = 200_000;
        (0..=steps).fold((0.0, 0.0), |(worst, at), step| {
            let x = from + (to - from) * step as f32 / steps as f32;
            let reference = expected(f64::from(x));
            let error = (f64::from(got(x)) - reference).abs() / if relative { reference.abs() } else { 1.0 };
            if error > worst { (error, x) } else { (worst, at) }
        })
    }

    #[test]
    fn the_reference_error_function_is_right() {
        // Abramowitz and Stegun, table 7.1.
        for (x, expected) in
            [(0.5, 0.520_499_877_8), (1.0, 0.842_700_792_9), (2.0, 0.995_322_265_0), (3.0, 0.999_977_909_5)]
        {
            assert!((erf(x) - expected).abs() < 1e-10, "erf({x})");
        }
    }

    #[test]
    fn functions_keep_their_promised_errors() {
        let check = |name: &str, (error, at): (f64, f32), bound: f64| {
            assert!(error < bound, "{name}: error {error} at {at}, promised {bound}");
        };
        check("exp", worst(-87.0, 88.0, exp::<true>, f64::exp, true), 3e-7);
        check("exp", worst(-87.0, 88.0, exp::<false>, f64::exp, true), 3e-7);
        check("gelu", worst(-12.0, 12.0, gelu::<true>, |x| 0.5 * x * (1.0 + erf(x / 2_f64.sqrt())), false), 1e-6);
        check("gelu", worst(-12.0, 12.0, gelu::<false>, |x| 0.5 * x * (1.0 + erf(x / 2_f64.sqrt())), false), 1e-6);
        check("tanh", worst(-12.0, 12.0, tanh::<true>, f64::tanh, false), 3e-7);
        check("tanh", worst(-12.0, 12.0, tanh::<false>, f64::tanh, false), 3e-7);
        let by_tanh =
            |x: f64| 0.5 * x * (1.0 + ((2.0 / std::f64::consts::PI).sqrt() * (x + 0.044715 * x * x * x)).tanh());
        check("gelu_tanh", worst(-12.0, 12.0, gelu_tanh::<true>, by_tanh, false), 2e-6);
        check("gelu_tanh", worst(-12.0, 12.0, gelu_tanh::<false>, by_tanh, false), 2e-6);
        check("silu", worst(-20.0, 20.0, silu::<true>, |x| x / (1.0 + (-x).exp()), false), 2e-6);
        check("silu", worst(-20.0, 20.0, silu::<false>, |x| x / (1.0 + (-x).exp()), false), 2e-6);
    }

    #[test]
    fn extremes_stay_finite() {
        assert!(exp::<true>(-1e9) < 2e-38 && exp::<true>(f32::NEG_INFINITY) < 2e-38, "far below");
        assert!(gelu::<true>(-50.0).abs() < 1e-30, "nothing passes far below");
        assert_eq!(gelu::<true>(50.0), 50.0, "everything passes far above");
        assert_eq!(tanh::<true>(40.0), 1.0, "saturated");
        assert!(silu::<true>(-100.0).abs() < 1e-6, "silu far below");
    }
}
