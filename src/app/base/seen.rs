//! What the parts of a view see while they draw: the window, and the view's own work.

use std::cell::Cell;
use std::ops::Deref;

use crate::app::View;
use crate::app::work::data_runs::RunRequest;

/// The window, the work of type `W`, and what buttons ask of that work.
pub(crate) struct Seen<'a, W> {
    view: &'a View<'a>,
    /// The view's work.
    pub(crate) work: &'a W,
    asked: Cell<Option<RunRequest>>,
}

impl<'a, W> Seen<'a, W> {
    /// Nothing is asked for yet.
    pub(crate) fn new(view: &'a View<'a>, work: &'a W) -> Self {
        Self { view, work, asked: Cell::new(None) }
    }

    /// Asks for work, which begins with the next frame.
    pub(crate) fn ask(&self, request: RunRequest) {
        self.asked.set(Some(request));
    }

    /// What was asked for while the view was drawn.
    pub(crate) fn asked(self) -> Option<RunRequest> {
        self.asked.take()
    }
}

impl<'a, W> Deref for Seen<'a, W> {
    type Target = View<'a>;

    fn deref(&self) -> &View<'a> {
        self.view
    }
}
