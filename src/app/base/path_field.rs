//! A path that is being typed, where the system has no dialog.

use crate::app::work::chooser::Purpose;
use crate::app::work::file_work::ListingKey;

/// A path that is being typed.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct PathField {
    /// What it is asked for.
    pub(crate) purpose: Purpose,
    /// As typed.
    pub(crate) text: String,
    /// The offered name the arrow keys are on.
    pub(crate) selected: Option<usize>,
    /// Enter was pressed; the answer waits for what is known of the path.
    pub(crate) is_sent: bool,
    /// Asks for the keyboard, with the cursor at the end.
    pub(crate) wants_focus: bool,
}

impl PathField {
    /// A field that starts with this text.
    pub(crate) fn new(purpose: Purpose, mut text: String) -> Self {
        let is_folder = !purpose.writes();
        if is_folder && !text.is_empty() && !text.ends_with(std::path::is_separator) {
            text.push(std::path::MAIN_SEPARATOR);
        }
        Self { purpose, text, selected: None, is_sent: false, wants_focus: true }
    }

    /// What has to be known about the path.
    pub(crate) fn listing_key(&self) -> ListingKey {
        (self.text.clone(), self.purpose)
    }

    /// Types another text.
    pub(crate) fn set_text(&mut self, text: String) {
        self.text = text;
        self.selected = None;
        self.wants_focus = true;
    }
}
