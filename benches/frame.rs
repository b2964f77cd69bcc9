//! How long does one frame of the window take? 512 tokens by 24 layers under four strategies, without a screen.
//!
//! The budget is 8 ms of CPU a frame. Building the shapes and turning them into triangles are both counted.

#![expect(clippy::cast_possible_truncation, reason = "a pointer position within a window")]

use criterion::Criterion;
use criterion::criterion_group;
use criterion::criterion_main;
use prunescope::app::App;
use std::hint::black_box;

const TOKENS: usize = 512;
const LAYERS: usize = 24;

fn frame(criterion: &mut Criterion) {
    for (name, fit) in [("scrolled", false), ("squeezed into the width", true)] {
        let ctx = egui::Context::default();
        let mut app = App::made_up(&ctx, TOKENS, LAYERS, fit).expect("a window on made-up runs");
        let mut time = 0.0;
        let mut draw = move || {
            time += 1.0 / 60.0;
            let size = egui::vec2(1600.0, 1000.0);
            // The pointer wanders over the ribbons, so that hovering is part of the frame.
            let pointer = egui::pos2(500.0 + (time * 240.0 % 500.0) as f32, 450.0);
            let input = egui::RawInput {
                screen_rect: Some(egui::Rect::from_min_size(egui::Pos2::ZERO, size)),
                time: Some(time),
                events: vec![egui::Event::PointerMoved(pointer)],
                ..egui::RawInput::default()
            };
            let mut output = ctx.run_ui(input, |ui| app.show(ui));
            let shapes = std::mem::take(&mut output.shapes);
            let triangles = ctx.tessellate(shapes, output.pixels_per_point);
            output.drop_without_applying_deltas();
            triangles.len()
        };
        // Fonts and sizes settle before anything is measured.
        for _ in 0..5 {
            draw();
        }
        criterion.bench_function(&format!("frame, {TOKENS} tokens x {LAYERS} layers, {name}"), |bencher| {
            bencher.iter(|| black_box(draw()));
        });
    }
}

criterion_group!(benches, frame);
criterion_main!(benches);
