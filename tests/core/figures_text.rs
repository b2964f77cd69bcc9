//! Text in files: outlines of the bundled font, and other fonts only for what it lacks.

use prunescope::figure::Figure;
use prunescope::figure::ForeignText;
use prunescope::figure::Item;
use prunescope::figure::MachineFonts;
use prunescope::figure::Page;
use prunescope::figure::Scene;
use prunescope::figure::TextMetrics;
use prunescope::figure::layout;
use prunescope::figure::palette::Theme;
use prunescope::figure::to_png;
use prunescope::figure::to_svg;
use resvg::tiny_skia::Pixmap;
use resvg::tiny_skia::Transform;
use resvg::usvg;

use crate::figures::all;
use crate::figures::trade_off;

fn scene(figure: &Figure, foreign: ForeignText) -> Scene {
    layout(figure, &Page { foreign, ..Page::export(figure, Theme::Light) }, &TextMetrics::bundled())
}

/// Draws an SVG as a reader without a single font would.
fn without_fonts(svg: &str, scale: f32, (width, height): (u32, u32)) -> Pixmap {
    let tree = usvg::Tree::from_str(svg, &usvg::Options::default()).expect("readable");
    let mut pixmap = Pixmap::new(width, height).expect("some area");
    // Points are 4/3 of the reader's own pixels.
    let factor = scale * 0.75;
    resvg::render(&tree, Transform::from_scale(factor, factor), &mut pixmap.as_mut());
    pixmap
}

#[test]
fn svg_files_ask_for_no_font_and_look_like_the_image() {
    for (name, figure) in all() {
        let scene = scene(&figure, ForeignText::Reader);
        let svg = to_svg(&scene);
        for word in ["<text", "font-family", "font-size"] {
            assert!(!svg.contains(word), "{name} says {word}");
        }
        assert!(svg.len() < 400_000, "{name}: glyphs are used again, {} bytes", svg.len());
        assert_eq!(svg, to_svg(&scene), "{name}: same scene, same bytes");
        let image = Pixmap::decode_png(&to_png(&scene, 2.0).unwrap()).unwrap();
        let read = without_fonts(&svg, 2.0, (image.width(), image.height()));
        let differing = image.pixels().iter().zip(read.pixels()).filter(|(one, other)| {
            let parts = [(one.red(), other.red()), (one.green(), other.green()), (one.blue(), other.blue())];
            parts.into_iter().any(|(one, other)| one.abs_diff(other) > 8)
        });
        let share = differing.count() as f64 / image.pixels().len() as f64;
        assert!(share < 0.002, "{name}: {share} of the pixels differ without fonts");
    }
}

/// A figure with words that the bundled font lacks.
fn foreign() -> Figure {
    Figure { subtitle: "estimated on 男性 and नमस्ते, 400 of 3,120 texts".to_owned(), ..trade_off() }
}

fn contents(scene: &Scene) -> Vec<String> {
    let texts = scene.items.iter().filter_map(|item| match item {
        Item::Text(text) => Some(text.content.clone()),
        _ => None,
    });
    texts.collect()
}

#[test]
fn what_the_bundled_font_lacks_is_left_to_the_reader_and_said_once() {
    let scene = scene(&foreign(), ForeignText::Reader);
    let svg = to_svg(&scene);
    assert_eq!(svg.matches("<text").count(), 2, "one run for each word");
    assert!(svg.contains(">男性</text>") && svg.contains(">नमस्ते</text>"), "readable");
    let said = "2 words in scripts the bundled font lacks (Han, Devanagari) use the reader's own fonts.";
    let count = contents(&scene).iter().filter(|text| *text == said).count();
    assert_eq!(count, 1, "said once: {:?}", contents(&scene));
    let plain = contents(&self::scene(&trade_off(), ForeignText::Reader));
    assert!(!plain.iter().any(|text| text.contains("bundled font")), "nothing to say of Latin");
}

#[test]
fn the_image_says_which_words_it_could_not_draw() {
    let scene = scene(&foreign(), ForeignText::ThisMachine);
    let said = contents(&scene).join(" ");
    let fonts = MachineFonts::shared();
    let covered = ["男性", "नमस्ते"].into_iter().filter(|word| fonts.covers(word)).count();
    let (drawn, lost) = ("fonts of the machine that wrote this file", "as boxes: the machine that wrote this file");
    assert_eq!(said.contains(drawn), covered > 0, "what is drawn is said: {said}");
    assert_eq!(said.contains(lost), covered < 2, "what cannot be drawn is said: {said}");
    // Without a font for it here, what was asked above is all there is to see.
    if fonts.covers("男性") {
        let (with, without) = (to_png(&scene, 2.0).unwrap(), to_svg(&scene));
        let image = Pixmap::decode_png(&with).unwrap();
        let boxes = without_fonts(&without, 2.0, (image.width(), image.height()));
        assert_ne!(image.data(), boxes.data(), "drawn with a font of this machine");
        assert!(said.contains("use fonts of the machine that wrote this file"), "and said: {said}");
    }
    // Below the text itself nothing moves: only the note differs.
    let reader = self::scene(&foreign(), ForeignText::Reader);
    let both = scene.items.iter().zip(&reader.items).take_while(|(one, other)| one == other).count();
    assert!(both + 4 >= scene.items.len(), "files agree up to the note: {both} of {}", scene.items.len());
}
