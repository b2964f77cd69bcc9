//! Opens the window.

use crate::app::App;
use crate::app::WindowOptions;
use crate::app::core::screenshot;

/// Names the window to the system, and the folder that it keeps its session in.
const APP_ID: &str = "prunescope";

/// Opens the window and returns when it is closed.
///
/// # Errors
/// When there is no display, no graphics, a wrong option, a picture that cannot be written
/// or that lacks what was asked for.
pub fn run(mut options: WindowOptions) -> anyhow::Result<()> {
    if let Some(path) = &options.screenshot {
        screenshot::check_ending(path)?;
    }
    if !has_display() {
        anyhow::bail!(
            "no display: neither DISPLAY nor WAYLAND_DISPLAY is set; on a machine without a screen run it under `xvfb-run -a`, \
             or use the subcommands `inspect` and `evaluate`"
        );
    }
    let size = options.size.unwrap_or([1600.0, 1000.0]);
    let mut viewport = egui::ViewportBuilder::default()
        .with_title("prunescope")
        .with_app_id(APP_ID)
        .with_inner_size(size)
        .with_min_inner_size([720.0, 480.0])
        .with_drag_and_drop(true);
    if options.is_screenshot() {
        viewport = viewport.with_resizable(false).with_decorations(false).with_position([0.0, 0.0]);
    }
    if options.state_folder.is_none() {
        options.state_folder = eframe::storage_dir(APP_ID);
    }
    let native = eframe::NativeOptions {
        viewport,
        persist_window: !options.is_screenshot(),
        // A path that holds nothing and is never written to: a picture must not depend on the last session.
        persistence_path: options.is_screenshot().then(std::path::PathBuf::new),
        dithering: !options.is_screenshot(),
        ..Default::default()
    };
    let outcome = screenshot::Outcome::default();
    let report = outcome.clone();
    eframe::run_native(APP_ID, native, Box::new(move |creation| Ok(Box::new(App::new(creation, &options, report)?))))
        .map_err(|err| anyhow::anyhow!("the window could not be opened: {err}"))?;
    outcome.into_result()
}

/// Whether a window can be asked for at all; on other systems than Linux that shows only when it is tried.
fn has_display() -> bool {
    let is_set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    !cfg!(all(unix, not(target_os = "macos"))) || is_set("DISPLAY") || is_set("WAYLAND_DISPLAY")
}
