//! Writes what a view shows: as an image, as vector graphics, or the numbers behind it.

use std::io;
use std::path::Path;

use crate::app::work::slot::Failure;
use crate::disk;
use crate::figure;
use crate::figure::Figure;
use crate::figure::ForeignText;
use crate::figure::Page;
use crate::figure::TextMetrics;
use crate::figure::palette::Theme;
use crate::jobs::Ticket;

/// What is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum ExportKind {
    /// An image.
    Png,
    /// Vector graphics.
    Svg,
    /// The numbers.
    Csv,
}

impl ExportKind {
    /// All of them.
    pub(crate) const ALL: [Self; 3] = [Self::Png, Self::Svg, Self::Csv];

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

/// Rows that a view lists, where it has no figure: they are written as CSV.
pub(crate) trait ListedRows: std::fmt::Debug + Send + Sync {
    /// All of them with a head.
    ///
    /// # Errors
    /// [`Failure::Cancelled`] when it was stopped.
    fn to_csv(&self, ticket: &Ticket) -> Result<Vec<u8>, Failure>;
}

/// Where and how it is written.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Target<'a> {
    /// What.
    pub(crate) kind: ExportKind,
    /// Where.
    pub(crate) path: &'a Path,
}

/// Why nothing was written.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// No image could be made.
    #[error(transparent)]
    Image {
        /// Why.
        source: figure::PngError,
    },
    /// No table could be made.
    #[error(transparent)]
    Table {
        /// Why.
        source: figure::DataError,
    },
    /// The file could not be written.
    #[error("{source}")]
    Write {
        /// Why.
        source: io::Error,
    },
}

/// Pixels per point: 300 dots per inch on a page.
const SCALE: f64 = 300.0 / 72.0;

/// The name the dialog proposes for a view of this word.
pub(crate) fn file_name(view: &str, kind: ExportKind) -> String {
    format!("{view}.{}", kind.extension())
}

/// Writes a figure. Files are light whatever the window: they go on paper and into documents.
pub(crate) fn export(figure: &Figure, target: &Target<'_>) -> Result<(), Error> {
    let bytes = render(figure, target.kind)?;
    disk::write_file(target.path, &bytes).map_err(|source| Error::Write { source })
}

/// The bytes of a file of this kind.
pub(crate) fn render(figure: &Figure, kind: ExportKind) -> Result<Vec<u8>, Error> {
    if kind == ExportKind::Csv {
        return figure::to_csv(figure).map_err(|source| Error::Table { source });
    }
    let foreign = if kind == ExportKind::Png { ForeignText::ThisMachine } else { ForeignText::Reader };
    let page = Page { foreign, ..Page::export(figure, Theme::Light) };
    let scene = figure::layout(figure, &page, &TextMetrics::bundled());
    match kind {
        ExportKind::Svg => Ok(figure::to_svg(&scene).into_bytes()),
        ExportKind::Png | ExportKind::Csv => figure::to_png(&scene, SCALE).map_err(|source| Error::Image { source }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_proposed_name_tells_view_and_kind() {
        assert_eq!(file_name("trade-off", ExportKind::Svg), "trade-off.svg", "view and extension");
    }
}
