//! What the command line tells the window.

use std::borrow::Cow;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;
use std::time::Instant;

use crate::app::Theme;
use crate::app::ViewKind;
use crate::data::ReadOptions;
use crate::model::LoadOptions;

impl FromStr for Theme {
    type Err = UnknownWord;

    fn from_str(word: &str) -> Result<Self, UnknownWord> {
        match word {
            "system" => Ok(Self::System),
            "light" => Ok(Self::Light),
            "dark" => Ok(Self::Dark),
            _ => Err(UnknownWord { got: word.to_owned(), expected: "light, dark, system".into() }),
        }
    }
}

/// A word on the command line that names nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown word {got:?}, expected one of: {expected}")]
pub struct UnknownWord {
    /// As typed.
    pub got: String,
    /// The words there are.
    pub expected: Cow<'static, str>,
}

/// Where times are told, and from when they count.
#[derive(Clone, Copy, Debug)]
pub struct Timing {
    /// When the process started.
    pub started: Instant,
    /// Takes one line.
    pub tell: fn(&str),
}

/// How the window opens. Every part that is `None` or empty comes from the last session, else from the sample.
#[derive(Clone, Debug, Default)]
pub struct WindowOptions {
    /// A checkpoint folder or the name of a bundled model.
    pub model: Option<PathBuf>,
    /// How the model computes.
    pub load: LoadOptions,
    /// A data set.
    pub data: Option<PathBuf>,
    /// How its rows are read.
    pub read: ReadOptions,
    /// A table of identity terms, whose groups join those of the data set.
    pub lexicon: Option<PathBuf>,
    /// The text to look at.
    pub text: Option<String>,
    /// The second text to look at, beside [`Self::text`].
    pub text_pair: Option<String>,
    /// Strategy specs as typed; they replace the session's.
    pub strategies: Vec<String>,
    /// A session file.
    pub session: Option<PathBuf>,
    /// Which view is in front.
    pub view: Option<ViewKind>,
    /// Light or dark.
    pub theme: Option<Theme>,
    /// Zoom factor, 1 = 100%.
    pub zoom: Option<f32>,
    /// Inner size of the window in points.
    pub size: Option<[f32; 2]>,
    /// Save a picture here once nothing runs any more, then close.
    pub screenshot: Option<PathBuf>,
    /// Tell when the window and the first ribbons were on screen.
    pub timing: Option<Timing>,
    /// Takes one line that the command line should show.
    pub tell: Option<fn(&str)>,
    /// At most this many rows are evaluated.
    pub row_limit: Option<usize>,
    /// Seed of the order in which rows are evaluated; otherwise the session's.
    pub seed: Option<u64>,
    /// The folder that the session is kept in; without one it is neither restored nor saved.
    pub state_folder: Option<PathBuf>,
    /// Work on the data set that is estimated to take longer starts only when asked for; otherwise a minute.
    pub longest_unasked: Option<Duration>,
    /// Forget the last session.
    pub start_empty: bool,
}

impl WindowOptions {
    /// Whether the window opens only to be photographed: nothing restored, nothing saved, nothing animated.
    #[must_use]
    pub fn is_screenshot(&self) -> bool {
        self.screenshot.is_some()
    }
}
