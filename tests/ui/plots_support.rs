//! A window on the sample model and a small data set, for the trade-off and fairness views.

use std::io::Write as _;
use std::path::PathBuf;
use std::time::Duration;
use std::time::Instant;

use egui_kittest::Harness;
use prunescope::app::App;
use prunescope::app::Theme;
use prunescope::app::ViewKind;
use prunescope::app::WindowOptions;

/// Sixty short texts in two large groups, a small one and one of three.
pub(crate) fn small_data(folder: &tempfile::TempDir) -> PathBuf {
    let path = folder.path().join("small.csv");
    let mut file = std::fs::File::create(&path).expect("a file in the test's folder");
    writeln!(file, "id,text,label,gender").expect("a line written");
    let (good, bad) = (["lovely", "great", "a joy", "fine", "superb"], ["awful", "a bore", "bad", "poor", "dull"]);
    for index in 0..90_usize {
        let gender = match index {
            0..=2 => "agender",
            3..=16 => "nonbinary",
            index if index % 2 == 0 => "women",
            _ => "men",
        };
        let is_good = index % 4 < 2;
        let (label, word, other) = if is_good {
            ("positive", good[index % 5], bad[index % 3])
        } else {
            ("negative", bad[index % 5], good[index % 3])
        };
        // The word that counts stands early, late, or behind its opposite, so that strategies differ.
        let text = match index % 3 {
            0 => format!("{word}, that is what film {index} was for the {gender} crowd that came to see it"),
            1 => format!("The {gender} crowd came to see film {index}, and after two hours they found it {word}"),
            _ => format!(
                "Film {index} was said to be {other}, but for the {gender} crowd it was anything but that: {word}"
            ),
        };
        writeln!(file, "t{index},\"{text}\",{label},{gender}").expect("a line written");
    }
    path
}

/// A window that shows `view` on the small data with two strategies.
pub(crate) fn options(view: ViewKind, data: PathBuf) -> WindowOptions {
    WindowOptions {
        view: Some(view),
        data: Some(data),
        theme: Some(Theme::Light),
        strategies: vec!["power_bert:retention=0.5".to_owned(), "first_k:retention=0.5".to_owned()],
        ..WindowOptions::default()
    }
}

/// A window, opened at its first frame.
pub(crate) struct Window {
    options: WindowOptions,
    app: Option<App>,
}

impl Window {
    /// Whether anything runs.
    pub(crate) fn is_busy(&self) -> bool {
        self.app.as_ref().is_none_or(App::is_busy)
    }

    /// The window itself, once it is open.
    pub(crate) fn app(&mut self) -> &mut App {
        self.app.as_mut().expect("an open window")
    }
}

/// Opens a window of this size.
pub(crate) fn open(options: WindowOptions, size: [f32; 2]) -> Harness<'static, Window> {
    let draw = |ui: &mut egui::Ui, window: &mut Window| {
        let app = window.app.get_or_insert_with(|| App::for_tests(ui.ctx(), &window.options).expect("a window"));
        app.update(ui.ctx());
        // Edge to edge, as in the real window: the harness's own frame would leave a margin.
        let whole = egui::UiBuilder::new().max_rect(ui.ctx().content_rect());
        let mut ui = ui.new_child(whole);
        ui.set_clip_rect(ui.max_rect());
        app.show(&mut ui);
    };
    Harness::builder()
        .allow_missing_glyphs()
        .with_size(size)
        .with_max_steps(64)
        .build_ui_state(draw, Window { options, app: None })
}

/// Steps until nothing runs any more and the views have drawn what came. A sheet that has grown stands still five frames
/// later: lists, columns, the scrolled part and the sheet around it each take their new size from the frame before.
pub(crate) fn settle(harness: &mut Harness<'_, Window>) {
    let deadline = Instant::now() + Duration::from_mins(5);
    let mut quiet = 0;
    while quiet < 6 {
        assert!(Instant::now() < deadline, "the window did not settle");
        harness.step();
        quiet = if harness.state().is_busy() { 0 } else { quiet + 1 };
        if quiet == 0 {
            std::thread::yield_now();
        }
    }
}
