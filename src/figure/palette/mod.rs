//! Colors, markers and dashes: the same in the window and in every exported file.
//!
//! Strategies carry the colors of Okabe and Ito 2008, "Color Universal Design"
//! (<https://jfly.uni-koeln.de/color/>), each with a marker of its own, so that color never stands alone.
//! Plain `[u8; 3]`; no window types.

mod oklch;
mod parts;
mod ramp;
mod series;
mod theme;

pub use parts::Part;
pub use ramp::DIVERGING_HUES;
pub use ramp::diverging;
pub use ramp::ink_on;
pub use ramp::sequential;
pub use series::Dash;
pub use series::Marker;
pub use series::SeriesStyle;
pub use series::series_style;
pub use theme::Theme;
pub use theme::contrast;
pub use theme::mix;

/// Red, green and blue of sRGB.
pub type Rgb = [u8; 3];
