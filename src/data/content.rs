//! What an example shows a model.

use std::sync::Arc;

/// One text, or two that are read together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Content {
    /// One text.
    Text(Arc<str>),
    /// Two texts: a premise and a hypothesis, a question and a passage.
    Pair(Arc<str>, Arc<str>),
}

impl Content {
    /// The text, the first one of a pair.
    #[must_use]
    pub fn text(&self) -> &str {
        match self {
            Self::Text(text) | Self::Pair(text, _) => text,
        }
    }

    /// The second text of a pair.
    #[must_use]
    pub fn text_pair(&self) -> Option<&str> {
        match self {
            Self::Text(_) => None,
            Self::Pair(_, second) => Some(second),
        }
    }

    /// All texts, in order.
    pub fn texts(&self) -> impl Iterator<Item = &str> {
        std::iter::once(self.text()).chain(self.text_pair())
    }
}

impl From<&str> for Content {
    fn from(text: &str) -> Self {
        Self::Text(text.into())
    }
}
