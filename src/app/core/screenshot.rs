//! `--screenshot`: waits until the window has settled, saves what it shows, closes.

use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::time::Duration;

use egui::ColorImage;
use egui::ViewportCommand;

use crate::app::WindowOptions;
use crate::disk;

/// What became of the picture; shared between the window and whoever opened it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Outcome(Arc<Mutex<Option<String>>>);

impl Outcome {
    /// Something that was asked for is not in the picture.
    pub(crate) fn fail(&self, text: String) {
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
    size: Option<[f32; 2]>,
    tell: Option<fn(&str)>,
    quiet: u32,
    is_asked: bool,
    picture: Arc<Mutex<Option<Arc<ColorImage>>>>,
}

impl Screenshot {
    /// To be saved at `path`.
    pub(crate) fn new(path: PathBuf, options: &WindowOptions, outcome: Outcome) -> Self {
        let WindowOptions { size, tell, .. } = options;
        Self { path, outcome, size: *size, tell: *tell, quiet: 0, is_asked: false, picture: Arc::default() }
    }

    /// Called once a frame with whether anything still runs. `missing` names what was asked for and cannot be seen; the
    /// picture is written nevertheless, as it shows why.
    pub(crate) fn tick(&mut self, ctx: &egui::Context, is_busy: bool, missing: impl FnOnce() -> Vec<String>) {
        let picture = self.picture.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(image) = picture {
            let missing = missing();
            if !missing.is_empty() {
                self.outcome.fail(missing.join("; "));
            }
            let native = ctx.native_pixels_per_point().unwrap_or(1.0);
            if let (Some(note), Some(tell)) = (size_note(self.size, image.size, native), self.tell) {
                tell(&note);
            }
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

/// Why a picture that is no PNG is not taken: its name would lie.
pub(crate) fn check_ending(path: &Path) -> anyhow::Result<()> {
    let is_png = path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("png"));
    anyhow::ensure!(is_png, "--screenshot writes PNG; expected a path that ends in .png, got {}", path.display());
    Ok(())
}

/// What to say where the screen gave less than was asked for.
fn size_note(asked: Option<[f32; 2]>, got: [usize; 2], pixels_per_point: f32) -> Option<String> {
    let [width, height] = asked?.map(|side| side * pixels_per_point);
    let is_smaller = got[0] as f32 + 1.0 < width || got[1] as f32 + 1.0 < height;
    is_smaller
        .then(|| format!("--size asks for {width:.0}x{height:.0} pixels, but the screen gave {}x{}", got[0], got[1]))
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
    fn only_png_is_written_and_a_smaller_screen_is_said() {
        for (name, expected) in [("a.png", true), ("a.PNG", true), ("a.jpg", false), ("a", false), ("png", false)] {
            assert_eq!(check_ending(Path::new(name)).is_ok(), expected, "{name}");
        }
        let note = size_note(Some([6000.0, 4000.0]), [2000, 1400], 1.0);
        assert!(note.is_some_and(|note| note.contains("6000x4000") && note.contains("2000x1400")), "both sizes");
        assert_eq!(size_note(Some([800.0, 500.0]), [1600, 1000], 2.0), None, "as asked, on a dense screen");
        assert_eq!(size_note(None, [10, 10], 1.0), None, "nothing was asked for");
    }

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
