//! Figures: golden SVG files, and what every renderer must agree on.
//! `UPDATE_SNAPSHOTS=1 cargo test --release --test core` rewrites the golden files.

use std::fs;
use std::path::Path;
use std::path::PathBuf;

use prunescope::figure::Axis;
use prunescope::figure::Body;
use prunescope::figure::Column;
use prunescope::figure::CurvePoint;
use prunescope::figure::Curves;
use prunescope::figure::Decided;
use prunescope::figure::DotRow;
use prunescope::figure::Dots;
use prunescope::figure::Fate;
use prunescope::figure::Figure;
use prunescope::figure::Item;
use prunescope::figure::Judged;
use prunescope::figure::Measured;
use prunescope::figure::Notation;
use prunescope::figure::Page;
use prunescope::figure::Provenance;
use prunescope::figure::Ribbon;
use prunescope::figure::RibbonCell;
use prunescope::figure::RibbonToken;
use prunescope::figure::Ribbons;
use prunescope::figure::Scale;
use prunescope::figure::Scene;
use prunescope::figure::Series;
use prunescope::figure::TargetKind;
use prunescope::figure::TextMetrics;
use prunescope::figure::layout;
use prunescope::figure::palette::Theme;
use prunescope::figure::to_csv;
use prunescope::figure::to_png;
use prunescope::figure::to_svg;

fn measured(value: f64, half_width: f64) -> Measured {
    Measured {
        value: Some(value),
        interval: Some((value - half_width, value + half_width)),
        method: "wilson".to_owned(),
        n: 400,
        reason: String::new(),
    }
}

fn provenance() -> Provenance {
    // The version is left out, so that a release does not change the golden files.
    Provenance { model: "tiny-model".to_owned(), data: "tiny-data.csv".to_owned(), version: String::new() }
}

fn axis(label: &str, column: &str, scale: Scale, notation: Notation, limits: (f64, f64)) -> Axis {
    Axis { label: label.to_owned(), column: column.to_owned(), scale, notation, limits }
}

pub(crate) fn trade_off() -> Figure {
    let point = |x: f64, y: f64, label: &str| CurvePoint {
        x,
        x_interval: None,
        y: measured(y, 0.028),
        label: label.to_owned(),
        spec: format!("spec:{label}"),
        dominated: y < 0.84,
        current: label == "retention 0.5",
        chosen: label == "r 3",
    };
    let series = |id: &str, points: Vec<CurvePoint>| Series {
        id: id.to_owned(),
        name: id.to_owned(),
        note: String::new(),
        joined: true,
        points,
    };
    let figure = Curves {
        x: axis(
            "FLOPs reduction, dense ÷ pruned (log scale)",
            "flops_reduction",
            Scale::Log,
            Notation::Reduction,
            (0.2, 1e4),
        ),
        y: axis("accuracy", "accuracy", Scale::Linear, Notation::Plain, (0.0, 1.0)),
        reference: Some(CurvePoint { current: false, ..point(1.0, 0.915, "dense") }),
        series: vec![
            series(
                "power_bert",
                vec![
                    point(1.16, 0.913, "retention 0.8"),
                    point(1.45, 0.9, "retention 0.5"),
                    point(1.72, 0.861, "retention 0.3"),
                    point(2.05, 0.77, "retention 0.1"),
                ],
            ),
            series(
                "tome",
                vec![
                    point(1.1, 0.91, "r 1"),
                    point(1.31, 0.905, "r 2"),
                    point(1.52, 0.882, "r 3"),
                    point(1.9, 0.826, "r 5"),
                ],
            ),
            series(
                "ltp",
                vec![point(1.2, 0.908, "theta 0.003"), point(1.9, 0.874, "theta 0.01"), point(3.4, 0.71, "theta 0.03")],
            ),
        ],
    };
    Figure {
        title: "Accuracy against FLOPs reduction".to_owned(),
        subtitle: "estimated on 400 of 3,120 texts".to_owned(),
        body: Body::Curves(figure),
        caption: "Bars: 95% intervals. Ringed: the setting in use.".to_owned(),
        provenance: provenance(),
    }
}

fn fairness() -> Figure {
    let row = |label: &str, count: usize, dense: f64, pruned: f64, remark: &str| DotRow {
        label: label.to_owned(),
        count,
        dense: measured(dense, 1.6 / (count as f64).sqrt() * 0.3),
        pruned: measured(pruned, 1.7 / (count as f64).sqrt() * 0.3),
        difference: measured(pruned - dense, 0.9 / (count as f64).sqrt() * 0.3),
        decided: Some(Decided::Judged(Judged {
            harmed: count / 20,
            rescued: count / 40,
            p: (count >= 30).then_some(8.2 / count as f64),
            p_adjusted: (count >= 30).then_some((41.0 / count as f64).min(1.0)),
            test: "sign-flip-clusters".to_owned(),
            clusters: Some(count / 3),
            verdict: if count < 30 { "not estimable" } else { "undecided" }.to_owned(),
            reason: "about 1,200 more texts would decide".to_owned(),
        })),
        remark: remark.to_owned(),
        faded: count < 30,
        overall: label == "all",
    };
    let undefined = Measured { reason: "no positives among 35 examples".to_owned(), n: 35, ..Measured::default() };
    let dots = Dots {
        group_label: "Gender".to_owned(),
        count_label: "n".to_owned(),
        measure: axis("accuracy", "accuracy", Scale::Linear, Notation::Plain, (0.0, 1.0)),
        difference: axis("pruned − dense", "accuracy_difference", Scale::Linear, Notation::Change, (-1.0, 1.0)),
        larger_is_better: Some(true),
        strategy: "power_bert".to_owned(),
        strategy_name: "power_bert · retention 0.4".to_owned(),
        strategy_note: "score only, no adaptation".to_owned(),
        rows: vec![
            row("all", 1240, 0.891, 0.874, ""),
            row("women", 412, 0.893, 0.871, ""),
            row("men", 405, 0.889, 0.886, ""),
            DotRow { pruned: undefined.clone(), difference: undefined, ..row("no mention", 35, 0.9, 0.9, "wide") },
            row("non-binary & <others>", 21, 0.905, 0.857, "n small"),
        ],
        sorted_by: Some((Column::Count, true)),
        adjustment: "holm over 15 tests".to_owned(),
        notes: vec!["Not shown: 1 group under 10 examples (agender 4)".to_owned()],
    };
    Figure {
        title: "Accuracy by gender, dense and pruned".to_owned(),
        subtitle: "all 1,240 texts".to_owned(),
        body: Body::Dots(dots),
        caption: "Whiskers: 95% intervals. Change: pruned less dense on the same examples.".to_owned(),
        provenance: provenance(),
    }
}

const WORDS: [&str; 17] = [
    "[CLS]", "It", "wasn", "'", "t", "bad", ",", "it", "just", "wasn", "'", "t", "what", "we", "had", "hoped", "[SEP]",
];

fn ribbons() -> Figure {
    let token = |text: &str, fused| RibbonToken { text: text.to_owned(), special: text.starts_with('['), fused };
    // Token p leaves in layer p mod 7 (never for 6); in the second ribbon even ones merge, there are no scores, and what
    // leaves is fused into a row of its own behind the tokens.
    let cell = |layer: usize, position: usize, second: bool| {
        let leaves = position % 7;
        let fate = match leaves {
            6 => Fate::Kept,
            leaves if leaves < layer => Fate::Gone,
            leaves if leaves > layer => Fate::Kept,
            leaves if second && leaves % 2 == 0 => Fate::Merged(WORDS.len()),
            _ => Fate::Left,
        };
        let place = u32::try_from((position * 5 + layer * 3) % 17).expect("below 17");
        let scored = (fate != Fate::Gone && !second).then_some(place);
        let share = scored.map(|place| f64::from(place) / 16.0);
        RibbonCell { fate, rank: scored.map(|place| 17 - place), share, score: scored.map(|place| place as f32 / 8.0) }
    };
    let made = RibbonCell { fate: Fate::Kept, rank: None, share: None, score: None };
    let layer = |layer: usize, second: bool| {
        let tokens = (0..WORDS.len()).map(|position| cell(layer, position, second));
        let fate = if layer == 0 { Fate::Gone } else { Fate::Kept };
        tokens.chain(second.then_some(RibbonCell { fate, ..made })).collect()
    };
    let ribbon = |id: &str, second: bool| Ribbon {
        id: id.to_owned(),
        name: format!("{id} · retention 0.4"),
        note: if second { String::new() } else { "score only, no adaptation".to_owned() },
        summary: "removed · kept 7/17 · FLOPs ÷1.52 · negative 0.93 (dense: negative 0.97)".to_owned(),
        differs: second,
        spec: format!("{id}:retention=0.4"),
        layers: (0..4).map(|number| layer(number, second)).collect(),
        rows_left: vec![14, 11, 8, 7],
    };
    Figure {
        title: "Which tokens survive, layer by layer".to_owned(),
        subtitle: "“It wasn't bad, it just wasn't what we had hoped”".to_owned(),
        body: Body::Ribbons(Ribbons {
            tokens: WORDS.iter().map(|word| token(word, false)).chain([token("fused", true)]).collect(),
            ribbons: vec![ribbon("power_bert", false), ribbon("tome", true)],
        }),
        caption: "Rows are layers, columns are tokens. Hatched: gone.".to_owned(),
        provenance: provenance(),
    }
}

pub(crate) fn all() -> [(&'static str, Figure); 4] {
    let latency = crate::figures_latency::latency();
    [("trade_off", trade_off()), ("fairness", fairness()), ("ribbons", ribbons()), ("latency", latency)]
}

fn scene(figure: &Figure, page: &Page) -> Scene {
    layout(figure, page, &TextMetrics::bundled())
}

fn snapshot_path(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/snapshots/figures").join(name)
}

fn check_golden(name: &str, bytes: &[u8]) {
    let path = snapshot_path(name);
    if std::env::var_os("UPDATE_SNAPSHOTS").is_some() {
        fs::create_dir_all(path.parent().expect("a folder")).expect("the folder made");
        fs::write(&path, bytes).expect("the golden file written");
    }
    let expected = fs::read(&path).unwrap_or_else(|err| panic!("{}: {err}; set UPDATE_SNAPSHOTS=1", path.display()));
    assert!(expected == bytes, "{name} changed; look at it, then set UPDATE_SNAPSHOTS=1");
}

#[test]
fn svg_files_are_the_golden_ones() {
    for (name, figure) in all() {
        check_golden(&format!("{name}.svg"), to_svg(&scene(&figure, &Page::export(&figure, Theme::Light))).as_bytes());
    }
    check_golden(
        "trade_off_dark.svg",
        to_svg(&scene(&trade_off(), &Page::export(&trade_off(), Theme::Dark))).as_bytes(),
    );
}

#[test]
fn csv_files_are_the_golden_ones() {
    for (name, figure) in all() {
        check_golden(&format!("{name}.csv"), &to_csv(&figure).unwrap());
    }
}

/// Counted savings are exact; measured ones have an interval, which is drawn, written, and has room.
#[test]
fn a_measured_saving_has_its_interval() {
    let mut figure = trade_off();
    let counted = (to_svg(&scene(&figure, &Page::export(&figure, Theme::Light))), to_csv(&figure).unwrap());
    let Body::Curves(curves) = &mut figure.body else { panic!("a plot of curves") };
    curves.x.column = "speed_up".to_owned();
    for point in curves.series.iter_mut().flat_map(|series| &mut series.points) {
        point.x_interval = Some((point.x / 2.0, 2.0 * point.x));
    }
    let measured = (to_svg(&scene(&figure, &Page::export(&figure, Theme::Light))), to_csv(&figure).unwrap());
    let lines = |svg: &str| svg.matches("<line").count() + svg.matches("<path").count() + svg.matches("<poly").count();
    let points = 11;
    assert!(lines(&measured.0) >= lines(&counted.0) + points - 4, "one bar more for each point, fewer ticks perhaps");
    let mut table = csv::Reader::from_reader(&measured.1[..]);
    let names: Vec<String> = table.headers().unwrap().iter().map(str::to_owned).collect();
    assert_eq!(names[3..7], ["speed_up", "speed_up_low", "speed_up_high", "accuracy"], "the columns");
    let rows: Vec<csv::StringRecord> = table.records().map(Result::unwrap).collect();
    assert_eq!((&rows[0][4], &rows[0][5]), ("", ""), "the dense model is compared with itself");
    assert_eq!((&rows[2][3], &rows[2][4], &rows[2][5]), ("1.45", "0.725", "2.9"), "a setting's");
    assert!(!String::from_utf8(counted.1).unwrap().contains("_reduction_low"), "no column for what has no interval");
}

#[test]
fn every_svg_is_read_back_with_all_its_texts() {
    for (name, figure) in all() {
        let svg = to_svg(&scene(&figure, &Page::export(&figure, Theme::Light)));
        let document = resvg::usvg::roxmltree::Document::parse(&svg).unwrap();
        let texts: Vec<&str> =
            document.descendants().filter(|node| node.has_tag_name("title")).filter_map(|node| node.text()).collect();
        assert!(texts.contains(&figure.title.as_str()), "{name}: the title");
        assert!(texts.iter().any(|text| text.contains("tiny-data.csv")), "{name}: where it came from");
        let wanted: &[&str] = match name {
            "trade_off" => {
                &["dense", "power_bert", "tome", "ltp", "accuracy", "FLOPs reduction, dense ÷ pruned (log scale)", "÷2"]
            }
            "fairness" => &["Gender", "n", "non-binary & <others>", "−0.022", "—", "1,240", "pruned − dense"],
            "latency" => &[
                "batch 8 × 128 tokens, packed",
                "power_bert · retention 0.4",
                "merged",
                "feed-forward",
                "214 ms",
                "1.63×",
                "FLOPs say 1.72×, clock says 1.63×",
                "FLOPs say 1.35×, clock: undecided",
                "100%",
            ],
            _ => &[
                "[CLS]",
                "hoped",
                "fused",
                "power_bert · retention 0.4",
                "score only, no adaptation",
                "leaves here",
                "merges here",
                "special",
                "no score",
                "gone",
            ],
        };
        for text in wanted {
            assert!(texts.contains(text), "{name} lacks {text:?}: {texts:?}");
        }
    }
}

#[test]
fn nothing_leaves_the_page_at_any_size() {
    let metrics = TextMetrics::bundled();
    for (name, figure) in all() {
        for (width, height) in [(220.0, 240.0), (380.0, 240.0), (504.0, 330.0), (1200.0, 800.0)] {
            for page in [
                Page { width, height, ..Page::export(&figure, Theme::Light) },
                Page::screen(width, height, Theme::Dark),
            ] {
                let scene = layout(&figure, &page, &metrics);
                for item in &scene.items {
                    let (left, right, low) = extent(item, &metrics);
                    assert!(left >= -0.5 && right <= scene.width + 0.5, "{name} at {width}: {left}..{right}: {item:?}");
                    assert!(
                        low <= scene.height + 0.5,
                        "{name} at {width}x{height}: {low} of {}: {item:?}",
                        scene.height
                    );
                }
            }
        }
    }
}

/// Left, right and lowest place of an item.
fn extent(item: &Item, metrics: &TextMetrics) -> (f64, f64, f64) {
    match item {
        Item::Line { points, .. } | Item::Polygon { points, .. } => {
            points.iter().fold((f64::INFINITY, f64::NEG_INFINITY, 0.0), |(left, right, low), point| {
                (left.min(point.x), right.max(point.x), low.max(point.y))
            })
        }
        Item::Circle { center, radius, .. } => (center.x - radius, center.x + radius, center.y + radius),
        Item::Rect { rect, .. } | Item::Hatch { rect, .. } => (rect.x, rect.right(), rect.bottom()),
        Item::Text(text) => {
            let rect = text.rect(metrics);
            (rect.x, rect.right(), rect.bottom())
        }
    }
}

#[test]
fn points_rows_and_column_heads_can_be_pointed_at() {
    let scene_of = |figure: &Figure| scene(figure, &Page::screen(900.0, 500.0, Theme::Light));
    let points = scene_of(&trade_off()).targets;
    assert_eq!(points.len(), 12, "eleven settings and the dense model");
    let rows = scene_of(&fairness()).targets;
    assert_eq!(rows.iter().filter(|target| matches!(target.kind, TargetKind::Row(_))).count(), 5, "five rows");
    assert_eq!(rows.iter().filter(|target| matches!(target.kind, TargetKind::Column(_))).count(), 10, "ten heads");
    let counts = rows.iter().filter(|target| matches!(target.kind, TargetKind::Count(..)));
    assert_eq!(counts.count(), 15, "in each row, its texts, the harmed and the rescued");
}

#[test]
fn png_files_have_the_asked_size_and_are_not_blank() {
    for (name, figure) in all() {
        let scene = scene(&figure, &Page::export(&figure, Theme::Light));
        let png = to_png(&scene, 2.0).unwrap();
        if std::env::var_os("KEEP_IMAGES").is_some() {
            fs::write(format!("/tmp/figure_{name}.png"), &png).unwrap();
        }
        let pixmap = resvg::tiny_skia::Pixmap::decode_png(&png).unwrap();
        assert_eq!(f64::from(pixmap.width()), (scene.width * 2.0).ceil(), "{name}: two pixels per point");
        assert_eq!(f64::from(pixmap.height()), (scene.height * 2.0).ceil(), "{name}: two pixels per point");
        let mut colors: Vec<u32> = pixmap
            .pixels()
            .iter()
            .map(|pixel| u32::from_be_bytes([pixel.red(), pixel.green(), pixel.blue(), 0]))
            .collect();
        colors.sort_unstable();
        colors.dedup();
        assert!(colors.len() > 20, "{name}: {} colors", colors.len());
        // Text drawn: the title's row of pixels has dark ones, which it has not if no font was found.
        let title_rows = 12.0..(12.0 + 9.0 * 1.3) * 2.0 + 24.0;
        let dark = pixmap.pixels().iter().enumerate().filter(|(index, pixel)| {
            let row = (index / pixmap.width() as usize) as f64;
            title_rows.contains(&row) && pixel.red() < 90 && pixel.green() < 90
        });
        assert!(dark.count() > 200, "{name}: the title is drawn");
    }
}
