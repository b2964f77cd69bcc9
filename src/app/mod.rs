//! The window: one state, and views over it.
//!
//! A frame is [`App::update`] (poll jobs, apply commands, feed the undoer) and then [`App::show`] (read-only
//! `View` plus the mutable `UiState`, panels that draw and send commands). Nothing here computes: what grows with
//! tokens, layers, data or runs happens in a job. Start reading at [`App`]; `apply.rs` is the only code that changes the
//! project.

mod base;
mod core;
mod panels;
mod views;
mod widgets;
mod work;

pub use base::command::Environment;
pub use base::command::UiCommand;
pub use base::options::Timing;
pub use base::options::WindowOptions;
pub use base::view_kind::ViewInfo;
pub use base::view_kind::ViewKind;
pub use core::app::App;
pub use core::run::run;
pub use widgets::theme::Theme;

pub(crate) use base::queue::CommandQueue;
pub(crate) use base::queue::Edit;
pub(crate) use base::queue::Request;
pub(crate) use base::session::Session;
pub(crate) use base::state::UiState;
pub(crate) use base::state::View;
