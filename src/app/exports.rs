//! Writes what a view shows: as an image, as vector graphics, or the numbers behind it.

use std::path::Path;

use crate::app::Session;
use crate::app::UiState;
use crate::app::ViewKind;
use crate::project::Project;

/// What is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ExportKind {
    /// An image.
    Png,
    /// Vector graphics.
    Svg,
    /// The numbers.
    Csv,
}

impl ExportKind {
    /// For the dialog.
    pub(crate) fn label(self) -> &'static str {
        match self {
            Self::Png => "PNG image",
            Self::Svg => "SVG graphics",
            Self::Csv => "CSV table",
        }
    }

    /// Of the file.
    pub(crate) fn extension(self) -> &'static str {
        match self {
            Self::Png => "png",
            Self::Svg => "svg",
            Self::Csv => "csv",
        }
    }
}

/// Where and how it is written.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Target<'a> {
    /// What.
    pub(crate) kind: ExportKind,
    /// Where.
    pub(crate) path: &'a Path,
    /// Whether the window is dark; exports are light all the same unless a view says otherwise.
    pub(crate) dark_mode: bool,
}

/// The name the dialog proposes.
pub(crate) fn file_name(view: ViewKind, kind: ExportKind) -> String {
    format!("{}.{}", view.word(), kind.extension())
}

/// Whether the view in front has anything to write.
pub(crate) fn can_export(_session: &Session, _state: &UiState) -> bool {
    false
}

/// Writes the view in front.
pub(crate) fn export(
    _project: &Project,
    _session: &Session,
    _state: &UiState,
    _target: &Target<'_>,
) -> Result<(), String> {
    Err("there is nothing to write yet".to_owned())
}
