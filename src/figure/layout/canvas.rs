//! A page being filled from top to bottom.

use std::ops::Range;

use super::super::describe::Provenance;
use super::super::foreign;
use super::super::one_line;
use super::super::palette::Dash;
use super::super::palette::Marker;
use super::super::palette::Rgb;
use super::super::palette::SeriesStyle;
use super::super::palette::Theme;
use super::super::scene::Align;
use super::super::scene::Item;
use super::super::scene::Paint;
use super::super::scene::Pos;
use super::super::scene::Rect;
use super::super::scene::Scene;
use super::super::scene::Stroke;
use super::super::scene::Target;
use super::super::scene::TargetKind;
use super::super::scene::Text;
use super::super::scene::pos;
use super::super::shortened;
use super::super::text_metrics::TextMetrics;
use super::super::text_metrics::Weight;
use super::Page;

/// Characters of a name that goes over several lines: names come from files and can be of any length.
const LONGEST: usize = 400;

/// How a marker is drawn.
#[derive(Clone, Copy, Debug)]
pub(super) struct MarkerLook {
    /// Half its size in points.
    pub(super) radius: f64,
    /// 1, or less where it steps back.
    pub(super) opacity: f64,
    /// Whether its inside is left open.
    pub(super) hollow: bool,
}

/// Collects items; `cursor` is the next free line from the top.
pub(super) struct Canvas<'a> {
    pub(super) page: &'a Page,
    pub(super) metrics: &'a TextMetrics,
    pub(super) cursor: f64,
    /// Room left and right.
    pub(super) margin: f64,
    width: f64,
    head_height: f64,
    items: Vec<Item>,
    targets: Vec<Target>,
    legend: Range<usize>,
}

impl<'a> Canvas<'a> {
    pub(super) fn new(page: &'a Page, metrics: &'a TextMetrics) -> Self {
        let margin = if page.framed { 12.0 } else { 4.0 };
        Self {
            page,
            metrics,
            cursor: margin,
            margin,
            width: page.width,
            head_height: 0.0,
            items: Vec::new(),
            targets: Vec::new(),
            legend: 0..0,
        }
    }

    pub(super) fn theme(&self) -> Theme {
        self.page.theme
    }

    pub(super) fn font_size(&self) -> f64 {
        self.page.font_size
    }

    /// Height of a line of text.
    pub(super) fn line_height(&self) -> f64 {
        (self.page.font_size * 1.4).round()
    }

    /// Right edge of the drawing area.
    pub(super) fn right(&self) -> f64 {
        self.width - self.margin
    }

    /// Makes the page wider, where its content cannot be narrower; by whole points, so that pixels stay where they are.
    pub(super) fn widen(&mut self, width: f64) {
        self.width = self.width.max(width.ceil());
    }

    /// What stands above the cursor stays in view when the rest scrolls.
    pub(super) fn end_head(&mut self) {
        self.head_height = self.cursor;
    }

    /// What `draw` draws is the legend.
    pub(super) fn legend(&mut self, draw: impl FnOnce(&mut Self)) {
        let start = self.items.len();
        draw(self);
        self.legend = start..self.items.len();
    }

    pub(super) fn push(&mut self, item: Item) {
        self.items.push(item);
    }

    pub(super) fn target(&mut self, kind: TargetKind, rect: Rect) {
        self.targets.push(Target { kind, rect });
    }

    pub(super) fn text_width(&self, text: &str) -> f64 {
        self.metrics.width(&one_line(text), self.page.font_size, Weight::Regular)
    }

    pub(super) fn text(&mut self, at: Pos, content: &str, align: Align, rgb: Rgb) {
        self.text_with(at, content, align, (rgb.into(), self.page.font_size, Weight::Regular));
    }

    pub(super) fn text_with(&mut self, at: Pos, content: &str, align: Align, look: (Paint, f64, Weight)) {
        let (paint, size, weight) = look;
        if !content.is_empty() {
            let content = one_line(content).into_owned();
            self.items.push(Item::Text(Text { at, content, size, weight, paint, align }));
        }
    }

    pub(super) fn line(&mut self, from: Pos, to: Pos, stroke: Stroke) {
        self.items.push(Item::Line { points: vec![from, to], stroke });
    }

    /// Text on as many lines as it needs from `left` to the right edge; the cursor is the base of the last one.
    /// Returns where that one ends.
    pub(super) fn wrapped(&mut self, left: f64, content: &str, look: (Paint, f64, Weight)) -> f64 {
        let lines = self.metrics.wrap_in(&shortened(content, LONGEST), (look.1, look.2), self.right() - left);
        for (index, line) in lines.iter().enumerate() {
            self.cursor += if index == 0 { 0.0 } else { self.line_height() };
            self.text_with(pos(left, self.cursor), line, Align::Start, look);
        }
        left + lines.last().map_or(0.0, |line| self.metrics.width(line, look.1, look.2))
    }

    /// Labels of an axis, centered at their places, on the cursor's line; those that would touch another or leave the page
    /// are left out.
    pub(super) fn tick_labels(&mut self, labels: &[(f64, String)], (left, right): (f64, f64)) {
        let (gap, ink) = (self.font_size() * 0.5, self.theme().muted());
        let mut free = left;
        for (x, label) in labels {
            let half = self.text_width(label) / 2.0;
            if x - half >= free && x + half <= right {
                self.text(pos(*x, self.cursor), label, Align::Middle, ink);
                free = x + half + gap;
            }
        }
    }

    /// As much of an axis's label as there is room for: without brackets, without what follows a comma, else cut.
    pub(super) fn fitting(&self, label: &str, room: f64) -> String {
        let part = |end: &str| label.split(end).next().unwrap_or(label);
        let fits = [label, part(" ("), part(",")].into_iter().find(|choice| self.text_width(choice) <= room);
        fits.map_or_else(|| self.metrics.fit(part(","), self.font_size(), room), str::to_owned)
    }

    /// Draws a strategy's marker.
    pub(super) fn marker(&mut self, center: Pos, style: SeriesStyle, look: MarkerLook) {
        let theme = self.theme();
        let edge = Paint { rgb: style.stroke(theme), opacity: look.opacity };
        let inside = if look.hollow { theme.background() } else { style.fill(theme) };
        // A faded marker still covers the line behind it: its inside is mixed with the ground, not made clear.
        let inside = super::super::palette::mix(theme.background(), inside, look.opacity);
        let stroke = Stroke::solid(edge, if style.marker.is_stroked() { look.radius * 0.45 } else { 1.0 });
        let scaled = |(x, y): (f64, f64)| pos(center.x + look.radius * x, center.y + look.radius * y);
        if style.marker == Marker::Circle {
            self.push(Item::Circle { center, radius: look.radius, fill: Some(inside.into()), stroke: Some(stroke) });
            return;
        }
        for shape in style.marker.outline() {
            let points: Vec<Pos> = shape.into_iter().map(scaled).collect();
            self.push(if style.marker.is_stroked() {
                Item::Line { points, stroke: stroke.clone() }
            } else {
                Item::Polygon { points, fill: Some(inside.into()), stroke: Some(stroke.clone()) }
            });
        }
    }

    /// Title and subtitle.
    pub(super) fn heading(&mut self, title: &str, subtitle: &str) {
        let (size, margin, theme) = (self.font_size(), self.margin, self.theme());
        let width = self.right() - margin;
        for line in self.metrics.wrap_in(title, (size * 1.3, Weight::Medium), width) {
            self.cursor += if self.cursor > margin { size * 1.7 } else { size * 1.3 };
            let look = (theme.ink().into(), size * 1.3, Weight::Medium);
            self.text_with(pos(margin, self.cursor), &line, Align::Start, look);
        }
        for line in self.metrics.wrap(subtitle, size, width) {
            self.cursor += self.line_height();
            self.text(pos(margin, self.cursor), &line, Align::Start, theme.muted());
        }
        self.cursor += self.line_height();
    }

    /// Remarks below a plot, one paragraph each.
    pub(super) fn notes(&mut self, notes: &[String]) {
        let (size, margin, theme) = (self.font_size(), self.margin, self.theme());
        // A table may be wider than the page and scroll; its notes are read without.
        let width = self.right().min(self.page.width - margin) - margin - 8.0;
        self.cursor += size * 0.5;
        for note in notes {
            for line in self.metrics.wrap(note, size, width) {
                self.cursor += self.line_height();
                self.text(pos(margin + 4.0, self.cursor), &line, Align::Start, theme.muted());
            }
        }
        self.cursor += size * 0.5;
    }

    /// Caption and provenance.
    pub(super) fn footer(&mut self, caption: &str, provenance: &Provenance) {
        let (size, margin, theme) = (self.font_size() * 0.88, self.margin, self.theme());
        let width = self.right() - margin;
        self.cursor += size;
        let made_by = [&provenance.model, &provenance.data, &provenance.version].map(|part| shortened(part, LONGEST));
        let made_by = made_by.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" · ");
        let texts = self.items.iter().filter_map(|item| match item {
            Item::Text(text) => Some((text.content.as_str(), text.weight)),
            _ => None,
        });
        let below = [caption, &made_by].map(|text| (text, Weight::Regular));
        let foreign = foreign::note(texts.chain(below), self.metrics, self.page.foreign).unwrap_or_default();
        for text in [caption, &foreign, &made_by] {
            for line in self.metrics.wrap(text, size, width) {
                self.cursor += size * 1.35;
                let look = (theme.muted().into(), size, Weight::Regular);
                self.text_with(pos(margin, self.cursor), &line, Align::Start, look);
            }
        }
        self.cursor += size * 0.5;
    }

    pub(super) fn finish(self, title: &str, description: &str) -> Scene {
        Scene {
            width: self.width,
            height: self.cursor + self.margin,
            background: self.page.theme.background(),
            title: title.to_owned(),
            description: description.to_owned(),
            head_height: self.head_height,
            items: self.items,
            targets: self.targets,
            legend: self.legend,
        }
    }
}

/// A dash pattern for a line of this width, in points.
pub(super) fn dashes(dash: Dash, width: f64) -> Vec<f64> {
    dash.pattern().iter().map(|length| length * width).collect()
}
