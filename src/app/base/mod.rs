//! What every view and panel may see: commands and the queue they go into, what is looked at, what is shared.

pub(crate) mod command;
pub(crate) mod options;
pub(crate) mod path_field;
pub(crate) mod queue;
pub(crate) mod seen;
pub(crate) mod selection;
pub(crate) mod session;
pub(crate) mod state;
pub(crate) mod view_class;
pub(crate) mod view_kind;
