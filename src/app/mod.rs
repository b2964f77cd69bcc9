//! The window: one state, four views over it.
//!
//! A frame is [`App::update`] (poll jobs, apply commands, feed the undoer) and then [`App::show`] (read-only
//! `View` plus the mutable `UiState`, panels that draw and send commands). Nothing here computes: what grows with
//! tokens, layers, data or runs happens in a job. Start reading at [`App`]; `apply.rs` is the only code that changes the
//! project.

mod apply;
mod autosave;
mod basis;
mod chooser;
mod command;
mod data_sheet;
mod defaults;
mod edit;
mod examples;
mod exports;
mod fairness_gaps;
mod fairness_work;
mod figure_view;
mod file_work;
mod files;
mod ground;
mod growth;
mod history;
mod inspect_figure;
mod inspect_work;
mod latency_plan;
mod latency_settings;
mod latency_work;
mod listing;
mod messages;
mod opening;
mod options;
mod panels;
mod perform;
mod plots;
mod recent_work;
mod result_files;
mod results;
mod run;
mod scene_painter;
mod screenshot;
mod selection;
mod session;
mod sheet_work;
mod shell;
mod shortcuts;
mod state;
mod sweep_plan;
mod sweep_work;
mod synthetic;
mod theme;
mod timing;
mod widgets;
mod workers;

pub use command::Environment;
pub use command::UiCommand;
pub use options::Theme;
pub use options::WindowOptions;
pub use run::run;
pub use shell::App;
pub use state::ViewKind;
pub use timing::Timing;

pub(crate) use edit::CommandQueue;
pub(crate) use edit::Edit;
pub(crate) use edit::Request;
pub(crate) use session::Session;
pub(crate) use state::UiState;
pub(crate) use state::View;
