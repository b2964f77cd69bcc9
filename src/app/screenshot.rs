//! `--screenshot`: waits until the window has settled, saves what it shows, closes.

use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::time::Duration;

use egui::ColorImage;
use egui::ViewportCommand;

use crate::disk;

/// What became of the picture; shared between the window and whoever opened it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Outcome(Arc<Mutex<Option<String>>>);

impl Outcome {
    fn fail(&self, text: String) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(text);
    }

    /// The error, if there was one.
    pub(crate) fn into_result(self) -> anyhow::Result<()> {
        match self.0.lock().unwrap_or_else(PoisonError::into_inner).take() {
            Some(text) => Err(anyhow::anyhow!("{text}")),
            None => Ok(()),
        }
    }
}

/// Frames without work before the picture is taken: fonts are loaded, scroll bars and sizes have settled.
const QUIET_FRAMES: u32 = 8;
/// Pause between frames while work runs.
const BUSY_PAUSE: Duration = Duration::from_millis(500);

/// Takes one picture.
#[derive(Debug)]
pub(crate) struct Screenshot {
    path: PathBuf,
    outcome: Outcome,
    quiet: u32,
    is_asked: bool,
    picture: Arc<Mutex<Option<Arc<ColorImage>>>>,
}

impl Screenshot {
    /// To be saved at `path`.
    pub(crate) fn new(path: PathBuf, outcome: Outcome) -> Self {
        Self { path, outcome, quiet: 0, is_asked: false, picture: Arc::default() }
    }

    /// Called once a frame with whether anything still runs.
    pub(crate) fn tick(&mut self, ctx: &egui::Context, is_busy: bool) {
        let picture = self.picture.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(image) = picture {
            if let Err(err) = save_png(&image, &self.path) {
                self.outcome.fail(format!("picture cannot be written: {err}, {}", self.path.display()));
            }
            ctx.send_viewport_cmd(ViewportCommand::Close);
            return;
        }
        self.quiet = if is_busy { 0 } else { self.quiet + 1 };
        if self.quiet >= QUIET_FRAMES && !self.is_asked {
            self.is_asked = true;
            let slot = Arc::clone(&self.picture);
            let wake = ctx.clone();
            ctx.request_screenshot(move |image| {
                *slot.lock().unwrap_or_else(PoisonError::into_inner) = Some(image);
                wake.request_repaint();
            });
        }
        // Drawing takes time that measured work should have.
        ctx.request_repaint_after(if is_busy { BUSY_PAUSE } else { Duration::ZERO });
    }
}

fn save_png(image: &ColorImage, path: &Path) -> std::io::Result<()> {
    let [width, height] = image.size;
    let to_u32 = |value: usize| u32::try_from(value).map_err(std::io::Error::other);
    let size = resvg::tiny_skia::IntSize::from_wh(to_u32(width)?, to_u32(height)?)
        .ok_or_else(|| std::io::Error::other("the window has no area"))?;
    let bytes = image.pixels.iter().flat_map(|pixel| [pixel.r(), pixel.g(), pixel.b(), 255]).collect();
    let map = resvg::tiny_skia::Pixmap::from_vec(bytes, size)
        .ok_or_else(|| std::io::Error::other("the picture has the wrong size"))?;
    let png = map.encode_png().map_err(std::io::Error::other)?;
    disk::write_file(path, &png)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_is_written_as_png_and_a_bad_folder_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let image = ColorImage::filled([5, 3], egui::Color32::RED);
        let path = folder.path().join("out.png");
        save_png(&image, &path).unwrap();
        let bytes = std::fs::read(&path).unwrap();
        assert_eq!(&bytes[..8], b"\x89PNG\r\n\x1a\n", "the signature of PNG");
        assert_eq!(&bytes[16..24], [0, 0, 0, 5, 0, 0, 0, 3], "width and height in the header");
        assert!(save_png(&image, &folder.path().join("no/such/folder.png")).is_err(), "no such folder");
    }
}
