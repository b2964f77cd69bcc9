//! What a figure says, where it goes, how it is written.
//!
//! A [`Figure`] says *what*; [`layout()`] says *where* and gives a [`Scene`]; [`to_svg`], [`to_png`] and the window only
//! read the scene, so that a file shows what the window shows. [`charts`] makes figures from results.
//! Knows nothing about windows: colors are plain `[u8; 3]`, lengths are points.

pub mod charts;
mod data;
mod decided;
mod describe;
pub mod fonts;
mod foreign;
mod layout;
pub mod number;
mod one_line;
pub mod palette;
mod render;
mod scene;
mod speedup_chart;
mod text_metrics;

pub use data::Error as DataError;
pub use data::to_csv;
pub use decided::Decided;
pub use decided::Judged;
pub use describe::Axis;
pub use describe::Body;
pub use describe::Column;
pub use describe::CurvePoint;
pub use describe::Curves;
pub use describe::DotRow;
pub use describe::Dots;
pub use describe::Fate;
pub use describe::Figure;
pub use describe::Measured;
pub use describe::Notation;
pub use describe::Provenance;
pub use describe::Ribbon;
pub use describe::RibbonCell;
pub use describe::RibbonToken;
pub use describe::Ribbons;
pub use describe::Scale;
pub use describe::Series;
pub use foreign::ForeignText;
pub use foreign::MachineFonts;
pub use foreign::script_name;
pub use foreign::typing_limits;
pub use layout::Page;
pub use layout::PlotPart;
pub use layout::axis_ticks;
pub use layout::curves_legend;
pub use layout::curves_marks;
pub use layout::curves_ranges;
pub use layout::layout;
pub use one_line::is_harmless;
pub use one_line::one_line;
pub use one_line::shortened;
pub use render::PngError;
pub use render::to_png;
pub use render::to_svg;
pub use scene::Align;
pub use scene::Item;
pub use scene::Paint;
pub use scene::Pos;
pub use scene::Rect;
pub use scene::Scene;
pub use scene::Stroke;
pub use scene::Target;
pub use scene::TargetKind;
pub use scene::Text;
pub use scene::hatch_lines;
pub use scene::pos;
pub use speedup_chart::SpeedupChart;
pub use speedup_chart::SpeedupRow;
pub use speedup_chart::TimeBar;
pub use speedup_chart::percents;
pub use text_metrics::TextMetrics;
pub use text_metrics::Weight;
