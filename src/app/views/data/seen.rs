//! What the view's parts see.

use crate::app::base::seen;
use crate::app::views::data::work::DataWork;

/// The window, and the view's work.
pub(crate) type Seen<'a> = seen::Seen<'a, DataWork>;
