//! What the window is made of: one frame, what commands do, undo, saving, pictures. The only room that knows all others.

pub(crate) mod app;
pub(crate) mod apply;
pub(crate) mod autosave;
pub(crate) mod defaults;
pub(crate) mod opening;
pub(crate) mod perform;
pub(crate) mod run;
pub(crate) mod screenshot;
pub(crate) mod shell;
pub(crate) mod shortcuts;
pub(crate) mod synthetic;
pub(crate) mod timing;
pub(crate) mod undo;
pub(crate) mod walk;
