//! How long does a person wait? From a moved slider to the new ribbon, and how smooth frames stay while work goes on.
//!
//! The window is driven as a screen drives it: pointer and key events go in, a frame is drawn when the window asks for
//! one, jobs run on their threads and wake it. Only the graphics card is left out; turning shapes into triangles is
//! counted. Every line of the report gives median, 95th percentile and largest value over all frames or movements seen.

#![expect(clippy::print_stderr, reason = "quantiles that criterion does not report")]

use criterion::BenchmarkId;
use criterion::Criterion;
use criterion::criterion_group;
use criterion::criterion_main;
use egui::Event;
use egui::Modifiers;
use egui::PointerButton;
use egui::Pos2;
use egui::Rect;
use egui::accesskit::Role;
use prunescope::app::App;
use prunescope::app::Theme;
use prunescope::app::ViewKind;
use prunescope::app::WindowOptions;
use std::io::BufRead as _;
use std::io::BufReader;
use std::process::Child;
use std::process::Command;
use std::process::Stdio;
use std::sync::Arc;
use std::sync::Condvar;
use std::sync::Mutex;
use std::time::Duration;
use std::time::Instant;

/// Strategies and the value at which their first slider is found.
const STRATEGIES: [(&str, f64); 4] = [
    ("power_bert:retention=0.43", 0.43),
    ("ltp:theta_final=0.0061", 0.0061),
    ("tome:r=7", 7.0),
    ("ats:levels=0.57", 0.57),
];

/// Frames of a screen that shows sixty a second.
const FRAME: Duration = Duration::from_micros(16_667);

/// When the next frame is asked for.
#[derive(Default)]
struct Due {
    at: Mutex<Option<Instant>>,
    changed: Condvar,
}

impl Due {
    fn ask(&self, delay: Duration) {
        let Some(at) = Instant::now().checked_add(delay) else { return };
        let mut due = self.at.lock().expect("no panic while the lock is held");
        *due = Some(due.map_or(at, |before| before.min(at)));
        self.changed.notify_all();
    }

    fn clear(&self) {
        *self.at.lock().expect("no panic while the lock is held") = None;
    }

    /// Sleeps until a frame is due.
    fn wait(&self) {
        let mut due = self.at.lock().expect("no panic while the lock is held");
        loop {
            let left = due.map(|at| at.saturating_duration_since(Instant::now()));
            match left {
                Some(Duration::ZERO) => return,
                Some(left) => due = self.changed.wait_timeout(due, left).expect("no panic").0,
                None => due = self.changed.wait(due).expect("no panic"),
            }
        }
    }
}

/// A window and the screen it believes to be on.
struct Screen {
    ctx: egui::Context,
    app: App,
    opened: Instant,
    due: Arc<Due>,
}

impl Screen {
    fn open(options: &WindowOptions) -> Self {
        let ctx = egui::Context::default();
        let due = Arc::new(Due::default());
        let asked = Arc::clone(&due);
        ctx.set_request_repaint_callback(move |info| asked.ask(info.delay));
        let app = App::for_tests(&ctx, options).expect("a window");
        Self { ctx, app, opened: Instant::now(), due }
    }

    /// Draws one frame; whether what it shows is up to date, because nothing runs or waits any more.
    fn frame(&mut self, events: Vec<Event>) -> bool {
        self.due.clear();
        let input = egui::RawInput {
            screen_rect: Some(Rect::from_min_size(Pos2::ZERO, egui::vec2(1600.0, 1000.0))),
            time: Some(self.opened.elapsed().as_secs_f64()),
            events,
            ..egui::RawInput::default()
        };
        let mut is_current = false;
        let mut output = self.ctx.run_ui(input, |ui| {
            self.app.update(ui.ctx());
            is_current = !self.app.is_inspecting();
            self.app.show(ui);
        });
        let shapes = std::mem::take(&mut output.shapes);
        let triangles = self.ctx.tessellate(shapes, output.pixels_per_point);
        assert!(!triangles.is_empty(), "a frame shows something");
        output.drop_without_applying_deltas();
        is_current
    }

    /// Draws frames as they are asked for, until everything is up to date.
    fn settle(&mut self) {
        let mut quiet = 0;
        while quiet < 5 {
            quiet = if self.frame(Vec::new()) { quiet + 1 } else { 0 };
            std::thread::sleep(Duration::from_millis(2));
        }
    }

    /// Where the control of this role is; of several the one with this value.
    fn find(&mut self, role: Role, value: Option<f64>) -> Rect {
        self.ctx.enable_accesskit();
        let mut found = None;
        for _ in 0..3 {
            let input = egui::RawInput {
                screen_rect: Some(Rect::from_min_size(Pos2::ZERO, egui::vec2(1600.0, 1000.0))),
                ..egui::RawInput::default()
            };
            let mut output = self.ctx.run_ui(input, |ui| self.app.show(ui));
            let nodes = output.platform_output.accesskit_update.take().map(|update| update.nodes).unwrap_or_default();
            let is_it = |node: &egui::accesskit::Node| {
                let near = |value: f64| node.numeric_value().is_some_and(|found| (found - value).abs() < 1e-6);
                node.role() == role && value.is_none_or(near)
            };
            found = nodes.iter().find(|(_, node)| is_it(node)).and_then(|(_, node)| node.bounds());
            output.drop_without_applying_deltas();
        }
        self.ctx.disable_accesskit();
        let found = found.expect("the control is on screen");
        #[expect(clippy::cast_possible_truncation, reason = "a position within a window")]
        let point = |x: f64, y: f64| egui::pos2(x as f32, y as f32);
        Rect::from_min_max(point(found.x0, found.y0), point(found.x1, found.y1))
    }

    fn press(&mut self, pos: Pos2, pressed: bool) {
        let button = PointerButton::Primary;
        let event = Event::PointerButton { pos, button, pressed, modifiers: Modifiers::NONE };
        self.frame(vec![Event::PointerMoved(pos), event]);
    }
}

fn words(tokens: usize) -> String {
    let words = ["the", "film", "was", "good", "and", "bad", "not", "so"];
    // Two tokens are special.
    let words: Vec<&str> = words.iter().copied().cycle().take(tokens - 2).collect();
    words.join(" ")
}

/// The view of that word.
fn view(word: &str) -> ViewKind {
    ViewKind::named(word).unwrap_or_else(|| panic!("there is no view {word:?}"))
}

fn options(tokens: usize, view: ViewKind) -> WindowOptions {
    WindowOptions {
        view: Some(view),
        theme: Some(Theme::Light),
        text: Some(words(tokens)),
        strategies: STRATEGIES.iter().map(|(spec, _)| (*spec).to_owned()).collect(),
        ..WindowOptions::default()
    }
}

fn report(name: &str, mut times: Vec<Duration>) {
    times.sort_unstable();
    let Some(&largest) = times.last() else { return };
    let at = |share: usize| times[(times.len() - 1) * share / 100].as_secs_f64() * 1e3;
    let (median, high, largest) = (at(50), at(95), largest.as_secs_f64() * 1e3);
    let count = times.len();
    eprintln!("{name}: median {median:.1} ms, 95th percentile {high:.1} ms, largest {largest:.1} ms ({count} seen)");
}

/// Moves the slider under the pressed pointer and draws frames until the ribbon of the new value is drawn.
fn move_slider(screen: &mut Screen, slider: Rect, step: &mut usize) -> Duration {
    loop {
        *step += 1;
        // Steps of the golden ratio are far from their neighbors and come back to no value soon.
        let share = (*step as f32 * 0.618_034).fract();
        let pos = egui::pos2(egui::lerp(slider.x_range(), share), slider.center().y);
        let started = Instant::now();
        screen.frame(vec![Event::PointerMoved(pos)]);
        let mut frames = 0;
        while screen.app.is_inspecting() {
            screen.due.wait();
            frames += 1;
            let is_current = screen.frame(Vec::new());
            // The first frame after the movement starts the run: one that is current at once has found a kept run.
            if is_current && frames > 1 {
                return started.elapsed();
            }
        }
    }
}

fn slider_to_ribbon(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("slider to ribbon, 128 tokens, four strategies");
    group.sample_size(20).measurement_time(Duration::from_secs(4)).warm_up_time(Duration::from_secs(1));
    for (spec, value) in STRATEGIES {
        let mut screen = Screen::open(&options(128, view("inspect")));
        screen.settle();
        let slider = screen.find(Role::Slider, Some(value));
        screen.press(slider.center(), true);
        screen.settle();
        let (mut step, mut times) = (0, Vec::new());
        group.bench_function(BenchmarkId::from_parameter(spec), |bencher| {
            bencher.iter_custom(|count| {
                let mut total = Duration::ZERO;
                for _ in 0..count {
                    let time = move_slider(&mut screen, slider, &mut step);
                    times.push(time);
                    total += time;
                }
                total
            });
        });
        report(&format!("slider to ribbon, {spec}"), times);
    }
    group.finish();
}

/// Draws sixty frames a second, the pointer wandering; every sixth frame gets a key where `types` is set.
fn frames(screen: &mut Screen, count: usize, types: bool) -> Vec<Duration> {
    let mut times = Vec::with_capacity(count);
    let mut next = Instant::now();
    for index in 0..count {
        std::thread::sleep(next.saturating_duration_since(Instant::now()));
        next = (next + FRAME).max(Instant::now());
        let wander = egui::pos2(500.0 + (index * 7 % 500) as f32, 450.0);
        let key = if index % 30 == 0 { " " } else { "a" };
        let events = match (types, index % 6) {
            (true, 0) => vec![Event::Text(key.to_owned())],
            (true, _) => Vec::new(),
            (false, _) => vec![Event::PointerMoved(wander)],
        };
        let started = Instant::now();
        screen.frame(events);
        times.push(started.elapsed());
    }
    times
}

fn bench_frames(criterion: &mut Criterion, name: &str, screen: &mut Screen, types: bool) {
    let mut group = criterion.benchmark_group("frames");
    group.sample_size(10).measurement_time(Duration::from_secs(5)).warm_up_time(Duration::from_secs(1));
    let mut times = Vec::new();
    group.bench_function(name, |bencher| {
        bencher.iter_custom(|count| {
            let count = usize::try_from(count).expect("a count of frames");
            let seen = frames(screen, count, types);
            let total = seen.iter().sum();
            times.extend(seen);
            total
        });
    });
    group.finish();
    report(&format!("frames, {name}"), times);
}

fn typing(criterion: &mut Criterion) {
    let mut screen = Screen::open(&options(480, view("inspect")));
    screen.settle();
    let field = screen.find(Role::MultilineTextInput, None);
    // A long text is taller than what is seen of it: its first line is always there.
    let start = field.left_top() + egui::vec2(20.0, 8.0);
    screen.press(start, true);
    screen.press(start, false);
    screen.settle();
    screen.frame(vec![Event::Text("a".to_owned())]);
    screen.frame(Vec::new());
    assert!(screen.app.is_inspecting(), "a key starts a run");
    bench_frames(criterion, "typing into 480 tokens and more, ten keys a second", &mut screen, true);
}

fn during_sweep(criterion: &mut Criterion) {
    let mut screen = Screen::open(&options(128, view("trade-off")));
    while !screen.app.is_running(view("trade-off")) {
        screen.frame(Vec::new());
    }
    bench_frames(criterion, "the trade-off view while its sweep runs", &mut screen, false);
    let key = |pressed| Event::Key {
        key: egui::Key::Num1,
        physical_key: None,
        pressed,
        repeat: false,
        modifiers: Modifiers::COMMAND,
    };
    screen.frame(vec![key(true), key(false)]);
    bench_frames(criterion, "the inspect view while a sweep runs", &mut screen, false);
    let slider = screen.find(Role::Slider, Some(STRATEGIES[0].1));
    screen.press(slider.center(), true);
    let mut step = 0;
    let times = (0..40).map(|_| move_slider(&mut screen, slider, &mut step)).collect();
    assert!(screen.app.is_running(view("trade-off")), "the sweep lasted as long as the measurement");
    report("slider to ribbon while a sweep runs", times);
}

/// A display without a screen, gone once dropped.
struct Display {
    server: Child,
    name: String,
}

impl Display {
    /// `None` where there is no Xvfb.
    fn open() -> Option<Self> {
        let mut command = Command::new("Xvfb");
        command.args(["-displayfd", "1", "-screen", "0", "1600x1000x24"]).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut server = command.spawn().ok()?;
        let mut number = String::new();
        BufReader::new(server.stdout.take()?).read_line(&mut number).ok()?;
        Some(Self { server, name: format!(":{}", number.trim()) })
    }
}

impl Drop for Display {
    fn drop(&mut self) {
        drop(self.server.kill());
        drop(self.server.wait());
    }
}

/// Opens the window and reads on stderr when its first ribbon was on screen.
fn open_window(display: &str) -> Duration {
    let mut command = Command::new(env!("CARGO_BIN_EXE_prunescope"));
    command.args(["--timing", "--start-empty", "--view", "inspect", "--size", "1600x1000"]);
    command.env("DISPLAY", display).env_remove("WAYLAND_DISPLAY").stderr(Stdio::piped());
    let mut child = command.spawn().expect("the program starts");
    let lines = BufReader::new(child.stderr.take().expect("its stderr")).lines();
    let mut said = lines.map_while(Result::ok);
    let line = said.find(|line| line.starts_with("first ribbon")).expect("the first ribbon was seen");
    drop(child.kill());
    drop(child.wait());
    let passed = line.split_whitespace().find_map(|word| word.parse().ok()).expect("a number of milliseconds");
    Duration::from_millis(passed)
}

fn start_to_ribbon(criterion: &mut Criterion) {
    let Some(display) = Display::open() else {
        eprintln!("start to first ribbon: left out, Xvfb is not installed");
        return;
    };
    let mut group = criterion.benchmark_group("start");
    group.sample_size(10).measurement_time(Duration::from_secs(5)).warm_up_time(Duration::from_secs(1));
    let mut times = Vec::new();
    group.bench_function("from the process's start to the first ribbon on screen", |bencher| {
        bencher.iter_custom(|count| {
            let seen: Vec<Duration> = (0..count).map(|_| open_window(&display.name)).collect();
            times.extend(seen.iter().copied());
            seen.iter().sum()
        });
    });
    group.finish();
    report("start to first ribbon, software graphics", times);
}

criterion_group!(benches, slider_to_ribbon, typing, during_sweep, start_to_ribbon);
criterion_main!(benches);
