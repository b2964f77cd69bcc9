//! What a ribbon is drawn from.

use crate::app::views::inspect::columns::Columns;
use crate::app::work::text_runs::RibbonRun;
use crate::project::EntryId;

/// What a ribbon is drawn from.
pub(crate) struct RibbonView<'a> {
    /// Whose it is.
    pub(crate) entry: EntryId,
    /// Its name, for screen readers.
    pub(crate) name: &'a str,
    /// The run.
    pub(crate) run: &'a RibbonRun,
    /// The columns shared by all.
    pub(crate) columns: &'a Columns,
    /// Horizontal scale, below 1 when the text is squeezed.
    pub(crate) scale: f32,
    /// Height of a row.
    pub(crate) row: f32,
    /// Whether the run belongs to the present settings.
    pub(crate) is_current: bool,
}
