//! Laws of every page: no text leaves it, no two texts overlap, and the legend stands alone; with inputs that nobody
//! tidied.

use prunescope::figure::Body;
use prunescope::figure::Figure;
use prunescope::figure::Item;
use prunescope::figure::Page;
use prunescope::figure::Provenance;
use prunescope::figure::Rect;
use prunescope::figure::Scene;
use prunescope::figure::Text;
use prunescope::figure::TextMetrics;
use prunescope::figure::layout;
use prunescope::figure::palette::Theme;
use prunescope::figure::to_png;

use crate::figures::all;

const STRATEGIES: usize = 12;

fn long_name(index: usize) -> String {
    format!("power_bert copy {index} · retention 0.4, schedule linear, protect_special true, seed 12345678901234567890")
}

fn unbroken(length: usize) -> String {
    "a_file_name_without_a_single_blank-".chars().cycle().take(length).collect()
}

/// Twelve strategies with long names, file names without a blank, captions of a paragraph, words of other scripts.
fn extreme(figure: &Figure) -> Figure {
    let mut figure = figure.clone();
    figure.title = format!("{} by {}", figure.title, unbroken(90));
    figure.subtitle = format!("estimated on 400 of 3,120 texts of {}", unbroken(150));
    figure.caption = format!("{} {}", figure.caption, "Another sentence of a caption that goes on. ".repeat(12));
    figure.provenance = Provenance {
        model: unbroken(180),
        data: format!("{} 男性的数据集.csv", unbroken(120)),
        version: "prunescope".into(),
    };
    let notes = vec![format!("Not shown: {} groups ({})", 40, "a group of people 12, ".repeat(40)), unbroken(300)];
    match &mut figure.body {
        Body::Curves(curves) => {
            curves.y.label = format!("{} of {}", curves.y.label, unbroken(80));
            let one = curves.series[0].clone();
            curves.series = (0..STRATEGIES)
                .map(|index| {
                    let mut series = one.clone();
                    series.name = long_name(index);
                    for point in &mut series.points {
                        // Values far apart and far from round.
                        point.x = point.x.powi(3) * (1.0 + index as f64 / 7.0);
                        point.y.value = point.y.value.map(|value| value * 31.0 + index as f64);
                        point.y.interval = None;
                    }
                    series
                })
                .collect();
            curves.y.limits = (0.0, 100.0);
        }
        Body::Dots(dots) => {
            dots.group_label = format!("Column {}", unbroken(60));
            dots.strategy_name = format!("{} {}", long_name(0), unbroken(120));
            dots.strategy_note = format!("score only, no adaptation, {}", unbroken(140));
            dots.measure.label = format!("a measure whose definition is {} (lower is better)", unbroken(40));
            dots.notes = notes;
            for (index, row) in dots.rows.iter_mut().enumerate() {
                row.label = format!("{} {} 女性", unbroken(60), index);
                row.count = 1_234_567;
                row.dense.value = row.dense.value.map(|value| value * 17.3);
            }
        }
        Body::Ribbons(ribbons) => {
            ribbons.tokens[3].text = unbroken(200);
            ribbons.tokens[5].text = "非常长的一个词".repeat(2);
            let one = ribbons.ribbons[0].clone();
            ribbons.ribbons = (0..STRATEGIES)
                .map(|index| {
                    let name = format!("{} {}", long_name(index), unbroken(100));
                    let note = format!("score only, no adaptation, {}", unbroken(90));
                    let summary = format!("{} {}", one.summary, "of a class with a long name ".repeat(8));
                    prunescope::figure::Ribbon { name, note, summary, ..one.clone() }
                })
                .collect();
        }
        Body::Speedups(chart) => {
            chart.notes = notes;
            let (begin, one) = (chart.rows[0].clone(), chart.rows[1].clone());
            chart.rows = (0..STRATEGIES)
                .map(|index| prunescope::figure::SpeedupRow { name: long_name(index), ..one.clone() })
                .collect();
            chart.rows.insert(0, begin);
            for row in &mut chart.rows {
                row.case = format!("batch 1024 × 512 tokens, packed, {}", unbroken(160));
                row.time.median *= 1e4;
            }
            chart.rows[3].speed_up.value = Some(0.012_345);
            chart.rows[4].flops_reduction = Some(321.5);
        }
    }
    figure
}

fn text(item: &Item) -> Option<&Text> {
    match item {
        Item::Text(text) => Some(text),
        _ => None,
    }
}

fn texts(scene: &Scene) -> Vec<&Text> {
    scene.items.iter().filter_map(text).collect()
}

fn check(name: &str, scene: &Scene, metrics: &TextMetrics) {
    let texts = texts(scene);
    let rects: Vec<Rect> = texts.iter().map(|text| text.rect(metrics)).collect();
    for (text, rect) in texts.iter().zip(&rects) {
        let is_inside = rect.x >= -0.1
            && rect.right() <= scene.width + 0.1
            && rect.y >= -0.1
            && rect.bottom() <= scene.height + 0.1;
        assert!(is_inside, "{name}: leaves the page of {} by {}: {rect:?} {text:?}", scene.width, scene.height);
    }
    for (index, (text, rect)) in texts.iter().zip(&rects).enumerate() {
        for (other, other_rect) in texts.iter().zip(&rects).skip(index + 1) {
            let what = (&text.content, rect, &other.content, other_rect);
            assert!(!rect.overlaps(other_rect), "{name} at {}: two texts overlap: {what:?}", scene.width);
        }
    }
    assert!(!scene.legend.is_empty(), "{name}: a legend");
    let legend: Vec<Rect> = scene.items[scene.legend.clone()].iter().map(|item| item.bounds(metrics)).collect();
    let corners: Vec<_> = legend
        .iter()
        .flat_map(|rect| {
            [prunescope::figure::pos(rect.x, rect.y), prunescope::figure::pos(rect.right(), rect.bottom())]
        })
        .collect();
    let legend = Rect::about(&corners);
    for (index, item) in scene.items.iter().enumerate().filter(|(index, _)| !scene.legend.contains(index)) {
        let bounds = item.bounds(metrics);
        assert!(!bounds.overlaps(&legend), "{name} at {}: item {index} meets the legend: {item:?}", scene.width);
    }
}

#[test]
fn no_text_leaves_the_page_or_overlaps_whatever_the_names() {
    let metrics = TextMetrics::bundled();
    for (name, figure) in all() {
        for (name, figure) in [(name.to_owned(), figure.clone()), (format!("extreme {name}"), extreme(&figure))] {
            let export = Page::export(&figure, Theme::Light);
            check(&name, &layout(&figure, &export, &metrics), &metrics);
            for width in [380.0, 640.0, 1200.0] {
                check(
                    &format!("{name}, in the window"),
                    &layout(&figure, &Page::screen(width, 420.0, Theme::Dark), &metrics),
                    &metrics,
                );
            }
            if std::env::var_os("KEEP_IMAGES").is_some() {
                let png = to_png(&layout(&figure, &export, &metrics), 2.0).unwrap();
                std::fs::write(format!("/tmp/law_{}.png", name.replace(' ', "_")), png).unwrap();
            }
        }
    }
}

/// What stands in a legend must be read in full: two strategies may differ in their last letter alone.
#[test]
fn names_in_a_legend_are_whole() {
    let metrics = TextMetrics::bundled();
    let (_, figure) = all().into_iter().find(|(name, _)| *name == "trade_off").expect("the trade-off");
    let figure = extreme(&figure);
    let scene = layout(&figure, &Page::export(&figure, Theme::Light), &metrics);
    let said: Vec<&str> = texts(&scene).iter().map(|text| text.content.as_str()).collect();
    let said = said.join(" ");
    for index in 0..STRATEGIES {
        assert!(said.contains(&long_name(index)), "whole: {:?} in {said}", long_name(index));
    }
}

/// File names, groups and tokens may hold what turns lines around, and be of any length.
#[test]
fn nothing_of_a_stranger_acts_in_a_figure() {
    let metrics = TextMetrics::bundled();
    for (name, mut figure) in all() {
        let evil = format!("evil\u{202e}\u{1b}[2J\n\u{200b}{}", unbroken(20_000));
        figure.provenance.data.clone_from(&evil);
        match &mut figure.body {
            Body::Curves(curves) => curves.series[0].name.clone_from(&evil),
            Body::Dots(dots) => dots.rows[1].label.clone_from(&evil),
            Body::Ribbons(ribbons) => ribbons.tokens[2].text.clone_from(&evil),
            Body::Speedups(chart) => chart.rows[1].name.clone_from(&evil),
        }
        let scene = layout(&figure, &Page::export(&figure, Theme::Light), &metrics);
        check(name, &scene, &metrics);
        let said: Vec<&str> = texts(&scene).iter().map(|text| text.content.as_str()).collect();
        for hidden in ['\u{202e}', '\u{1b}', '\u{200b}', '\n'] {
            assert!(!said.concat().contains(hidden), "{name}: {hidden:?} is written out");
        }
        assert!(said.iter().any(|text| text.contains("evil\\u{202e}")), "{name}: and can be seen");
        assert!(scene.height < 3000.0, "{name}: a long name is cut, {}", scene.height);
    }
}
