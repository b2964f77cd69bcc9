//! What the pointer is over and what is pinned.

use crate::project::EntryId;

/// A cell of a survival ribbon.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct CellRef {
    /// Whose ribbon.
    pub(crate) entry: EntryId,
    /// Zero-based layer.
    pub(crate) layer: usize,
    /// Column: original position; columns of `n0` and above are fused tokens.
    pub(crate) column: usize,
}

/// Something that stands for a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Hovered {
    /// A word or piece of the text, in no ribbon in particular.
    Token(usize),
    /// A cell.
    Cell(CellRef),
}

impl Hovered {
    /// The column it belongs to.
    pub(crate) fn column(self) -> usize {
        match self {
            Self::Token(column) => column,
            Self::Cell(cell) => cell.column,
        }
    }
}

/// Double-buffered: what was set while one frame was drawn is seen by every panel of the next, whatever their order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Hover {
    shown: Option<Hovered>,
    next: Option<Hovered>,
}

impl Hover {
    /// What every panel shows as hovered.
    pub(crate) fn get(&self) -> Option<Hovered> {
        self.shown
    }

    /// The hovered column.
    pub(crate) fn column(&self) -> Option<usize> {
        self.shown.map(Hovered::column)
    }

    /// Seen from the next frame on.
    pub(crate) fn set(&mut self, hovered: Hovered) {
        self.next = Some(hovered);
    }

    /// Ends a frame; whether another one must be drawn to show the change.
    pub(crate) fn flip(&mut self) -> bool {
        let changed = self.shown != self.next;
        self.shown = self.next.take();
        changed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hover_is_seen_one_frame_later_and_passes() {
        let mut hover = Hover::default();
        hover.set(Hovered::Token(4));
        assert_eq!(hover.column(), None, "not yet in the frame that set it");
        assert!(hover.flip(), "the next frame differs");
        assert_eq!(hover.column(), Some(4), "seen now");
        assert!(hover.flip(), "nothing was hovered since");
        assert_eq!(hover.column(), None, "gone");
        assert!(!hover.flip(), "nothing changes any more");
    }
}
