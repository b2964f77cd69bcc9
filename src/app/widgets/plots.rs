//! Curves of a figure on `egui_plot`: zoomed, panned and read under a crosshair. What is drawn are the marks of the file's
//! figure ([`curves_marks`]); nothing here computes a series of its own.

use std::ops::RangeInclusive;

use egui::Color32;
use egui::EventFilter;
use egui::Id;
use egui::Key;
use egui::Pos2;
use egui::Response;
use egui::Shape;
use egui::Ui;
use egui::Vec2;
use egui::WidgetInfo;
use egui::accesskit::Role;
use egui_plot::AxisHints;
use egui_plot::ClosestElem;
use egui_plot::Cursor;
use egui_plot::GridInput;
use egui_plot::GridMark;
use egui_plot::LabelFormatterFn;
use egui_plot::Plot;
use egui_plot::PlotBounds;
use egui_plot::PlotConfig;
use egui_plot::PlotGeometry;
use egui_plot::PlotItem;
use egui_plot::PlotItemBase;
use egui_plot::PlotPoint;
use egui_plot::PlotTransform;
use egui_plot::PlotUi;

use crate::app::widgets::figure_view;
use crate::app::widgets::scene_painter;
use crate::app::widgets::scene_painter::narrow;
use crate::app::widgets::theme;
use crate::figure;
use crate::figure::Axis;
use crate::figure::CurvePoint;
use crate::figure::Curves;
use crate::figure::Page;
use crate::figure::PlotPart;
use crate::figure::Scale;
use crate::figure::Scene;
use crate::figure::TargetKind;
use crate::figure::axis_ticks;
use crate::figure::curves_marks;
use crate::figure::curves_ranges;

/// A step of the zoom by button or key.
const STEP: f64 = 1.25;
/// Room for the names of the vertical axis, in points.
const Y_AXIS: f32 = 44.0;
/// The same for the horizontal axis.
const X_AXIS: f32 = 20.0;
/// Room around the range of a file's figure, as a share of it.
const ROOM: f64 = 0.025;

/// What a plot tells of the frame it was drawn in.
pub(crate) struct Shown {
    /// The points that can be seen, each with its response.
    pub(crate) points: Vec<(TargetKind, Response)>,
    /// Values under the pointer, horizontal and vertical; those of a point where one is near.
    pub(crate) pointed: Option<(f64, f64)>,
    /// Whether the plot shows another part than a file does.
    pub(crate) is_zoomed: bool,
}

/// A change of the part that is seen.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Move {
    /// Closer, around the middle.
    In,
    /// Farther.
    Out,
    /// Back to what a file shows.
    Reset,
    /// By shares of the width and the height: right and up are positive.
    By(f64, f64),
}

/// Draws the curves in a room of this size, and moves as `asked`, by keys, wheel and drags. `id` remembers the part that is
/// seen; `label` names the points that can be reached.
pub(crate) fn curves_plot(
    ui: &mut Ui,
    id: Id,
    curves: &Curves,
    (size, asked): (Vec2, Option<Move>),
    label: impl Fn(TargetKind) -> Option<String>,
) -> Shown {
    let colors = theme::colors(ui);
    let page = Page::screen(f64::from(size.x), f64::from(size.y), colors.palette);
    let full = Part::whole(curves);
    let plot = axes(Plot::new(id).id(id).width(size.x).height(size.y), curves, size, page.font_size)
        .show_background(false)
        .set_margin_fraction(Vec2::ZERO)
        .grid_color(colors.line)
        .cursor_color(colors.muted)
        // A wheel turned over the plot zooms, as on a map; a drag pans.
        .allow_scroll(false);
    let visible = ui.clip_rect();
    let shown = plot.show(ui, |plot| {
        plot.add(Marks::of(curves, page, full));
        steer(plot, asked, (full, Part::limits(curves)), visible);
    });
    let transform = shown.transform;
    let enabled = ui.is_enabled();
    let name = format!("Plot of {} against {}. Arrow keys pan, + and − zoom, 0 resets", curves.y.label, curves.x.label);
    shown.response.widget_info(|| WidgetInfo::labeled(Role::Canvas, enabled, name.as_str()));
    if shown.response.has_focus() {
        let ring = egui::Stroke::new(1.5, colors.accent);
        ui.painter().rect_stroke(shown.response.rect, 3.0, ring, egui::StrokeKind::Outside);
    }
    let part = part_of(curves, &transform);
    let scene = within(curves_marks(curves, &part, &page, figure_view::metrics()), part.frame);
    let points = figure_view::interact(ui, &scene, Pos2::ZERO, id, label);
    let at =
        ui.ctx().pointer_hover_pos().filter(|at| shown.response.contains_pointer() && transform.frame().contains(*at));
    let pointed = at.map(|at| {
        let reach = ui.style().interaction.interact_radius;
        nearest(curves, &transform, at, reach).unwrap_or_else(|| {
            let value = transform.value_from_position(at);
            (value_at(&curves.x, value.x), value_at(&curves.y, value.y))
        })
    });
    Shown { points, pointed, is_zoomed: Part::of(transform.bounds()).is_other_than(full) }
}

/// The legend over a plot, as in a file.
pub(crate) fn legend_ui(ui: &mut Ui, curves: &Curves) {
    let page = figure_view::page(ui, 0.0);
    let scene = figure::curves_legend(curves, &page, figure_view::metrics());
    let size = egui::vec2(narrow(scene.width), narrow(scene.height));
    let (rect, _) = ui.allocate_exact_size(size, egui::Sense::hover());
    scene_painter::paint(&ui.painter_at(rect.intersect(ui.clip_rect())), &scene, rect.min);
}

/// Values along both axes as `egui_plot` holds them: logarithms where the axis has ratios.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Part {
    x: (f64, f64),
    y: (f64, f64),
}

impl Part {
    fn of(bounds: &PlotBounds) -> Self {
        let ([x_low, y_low], [x_high, y_high]) = (bounds.min(), bounds.max());
        Self { x: (x_low, x_high), y: (y_low, y_high) }
    }

    /// What a file shows: where a plot begins and what it goes back to.
    fn whole(curves: &Curves) -> Self {
        let [x, y] = curves_ranges(curves);
        let of = |axis: &Axis, (low, high): (f64, f64)| (placed(axis, low), placed(axis, high));
        Self { x: of(&curves.x, x), y: of(&curves.y, y) }.with_room()
    }

    /// A little more on every side: a plot cuts what lies beyond it, and a point at the edge of the scale has a size.
    fn with_room(self) -> Self {
        let wider = |(low, high): (f64, f64)| {
            let room = (high - low) * ROOM;
            (low - room, high + room)
        };
        Self { x: wider(self.x), y: wider(self.y) }
    }

    /// The widest part that makes sense: what the axes allow.
    fn limits(curves: &Curves) -> Self {
        let of = |axis: &Axis| (placed(axis, axis.limits.0), placed(axis, axis.limits.1));
        Self { x: of(&curves.x), y: of(&curves.y) }.with_room()
    }

    /// This part, brought back into the limits and to a width that can be told apart.
    fn held_in(self, limits: Self, full: Self) -> Self {
        let hold = |part: (f64, f64), limits: (f64, f64), full: (f64, f64)| {
            let widest = limits.1 - limits.0;
            let width = (part.1 - part.0).min(widest).max((full.1 - full.0).min(widest) * 1e-3);
            // Not `clamp`: at full width, rounding may put the lower bound above the upper one.
            let middle = f64::midpoint(part.0, part.1).min(limits.1 - width / 2.0).max(limits.0 + width / 2.0);
            (middle - width / 2.0, middle + width / 2.0)
        };
        Self { x: hold(self.x, limits.x, full.x), y: hold(self.y, limits.y, full.y) }
    }

    fn is_other_than(self, other: Self) -> bool {
        let differs = |one: (f64, f64), other: (f64, f64)| {
            let tolerance = (other.1 - other.0) * 1e-6;
            (one.0 - other.0).abs() > tolerance || (one.1 - other.1).abs() > tolerance
        };
        differs(self.x, other.x) || differs(self.y, other.y)
    }

    fn moved(self, by: Move, full: Self) -> Self {
        let scaled = |part: (f64, f64), factor: f64| {
            let (middle, half) = (f64::midpoint(part.0, part.1), (part.1 - part.0) / 2.0 * factor);
            (middle - half, middle + half)
        };
        let shifted = |part: (f64, f64), share: f64| {
            let by = (part.1 - part.0) * share;
            (part.0 + by, part.1 + by)
        };
        match by {
            Move::In => Self { x: scaled(self.x, 1.0 / STEP), y: scaled(self.y, 1.0 / STEP) },
            Move::Out => Self { x: scaled(self.x, STEP), y: scaled(self.y, STEP) },
            Move::Reset => full,
            Move::By(right, up) => Self { x: shifted(self.x, right), y: shifted(self.y, up) },
        }
    }
}

/// Moves the part that is seen by what was asked, by the wheel and by keys.
fn steer(plot: &mut PlotUi<'_>, asked: Option<Move>, (full, limits): (Part, Part), visible: egui::Rect) {
    let asked = asked.or_else(|| key_move(plot));
    match asked {
        Some(Move::Reset) => {
            plot.set_auto_bounds(true);
            return;
        }
        Some(by) => set_part(plot, Part::of(&plot.plot_bounds()).moved(by, full).held_in(limits, full)),
        None => {}
    }
    // Where the plot does not fit into the page, the wheel is left to the page.
    let is_whole = visible.contains_rect(plot.response().rect);
    let wheel = plot.ctx().input(|input| input.smooth_scroll_delta().y);
    if plot.response().contains_pointer() && is_whole && wheel != 0.0 && asked.is_none() {
        plot.zoom_bounds_around_hovered(Vec2::splat((wheel / 200.0).exp()));
        plot.ctx().input_mut(|input| input.smooth_scroll_delta = Vec2::ZERO);
    } else if asked.is_none() && !plot.auto_bounds().any() {
        let now = Part::of(&plot.plot_bounds());
        let held = now.held_in(limits, full);
        if held.is_other_than(now) {
            set_part(plot, held);
        }
    }
}

fn set_part(plot: &mut PlotUi<'_>, part: Part) {
    plot.set_plot_bounds_x(part.x.0..=part.x.1);
    plot.set_plot_bounds_y(part.y.0..=part.y.1);
}

/// What the keys ask of a plot that has the keyboard.
fn key_move(plot: &PlotUi<'_>) -> Option<Move> {
    let response = plot.response();
    if !response.has_focus() {
        return None;
    }
    let filter = EventFilter { horizontal_arrows: true, vertical_arrows: true, ..EventFilter::default() };
    plot.ctx().memory_mut(|memory| memory.set_focus_lock_filter(response.id, filter));
    let moves = [
        (Key::ArrowLeft, Move::By(-0.1, 0.0)),
        (Key::ArrowRight, Move::By(0.1, 0.0)),
        (Key::ArrowDown, Move::By(0.0, -0.1)),
        (Key::ArrowUp, Move::By(0.0, 0.1)),
        (Key::Plus, Move::In),
        (Key::Equals, Move::In),
        (Key::Minus, Move::Out),
        (Key::Num0, Move::Reset),
        (Key::Home, Move::Reset),
    ];
    let is_pressed = |key| plot.ctx().input(|input| input.key_pressed(key) && !input.modifiers.command);
    moves.into_iter().find(|(key, _)| is_pressed(*key)).map(|(_, by)| by)
}

/// Grid and names of both axes are those of the file's figure, for the part that is seen.
fn axes<'a>(plot: Plot<'a>, curves: &'a Curves, size: Vec2, font_size: f64) -> Plot<'a> {
    let lengths = [f64::from(size.x - Y_AXIS), f64::from(size.y - X_AXIS)];
    let [x_marks, y_marks] = [(&curves.x, lengths[0], true), (&curves.y, lengths[1], false)];
    let marks = move |(axis, length, is_horizontal): (&'a Axis, f64, bool), part: (f64, f64)| {
        let range = (value_at(axis, part.0), value_at(axis, part.1));
        let is_possible = |(value, _): &(f64, String)| (axis.limits.0..=axis.limits.1).contains(value);
        let ticks = axis_ticks(axis, range, (length, font_size), is_horizontal).into_iter().filter(is_possible);
        ticks.map(move |(value, text)| (placed(axis, value), text)).collect::<Vec<_>>()
    };
    let spaced = move |axis: (&'a Axis, f64, bool)| {
        move |input: GridInput| -> Vec<GridMark> {
            let (low, high) = input.bounds;
            // Of the same weight, whatever their distance.
            let mark = |(value, _)| GridMark { value, step_size: high - low };
            marks(axis, (low, high)).into_iter().map(mark).collect()
        }
    };
    let named = move |axis: (&'a Axis, f64, bool)| {
        move |mark: GridMark, range: &RangeInclusive<f64>| -> String {
            let known = marks(axis, (*range.start(), *range.end()));
            let text = known.into_iter().find(|(value, _)| (value - mark.value).abs() < mark.step_size * 1e-9);
            text.map_or_else(String::new, |(_, text)| text)
        }
    };
    let font = theme::regular(narrow(font_size));
    let x_axis = AxisHints::new_x().formatter(named(x_marks)).min_thickness(X_AXIS).tick_label_font(font.clone());
    let y_axis = AxisHints::new_y().formatter(named(y_marks)).min_thickness(Y_AXIS).tick_label_font(font);
    plot.x_grid_spacer(spaced(x_marks))
        .y_grid_spacer(spaced(y_marks))
        .custom_x_axes(vec![x_axis])
        .custom_y_axes(vec![y_axis])
}

/// Where an axis puts a value: by its logarithm where equal distances are equal ratios.
fn placed(axis: &Axis, value: f64) -> f64 {
    match axis.scale {
        Scale::Linear => value,
        Scale::Log => value.max(1e-12).ln(),
    }
}

/// The value that stands at a place.
fn value_at(axis: &Axis, place: f64) -> f64 {
    match axis.scale {
        Scale::Linear => place,
        Scale::Log => place.exp(),
    }
}

/// The part of the plane that `egui_plot` shows.
fn part_of(curves: &Curves, transform: &PlotTransform) -> PlotPart {
    let (frame, seen) = (transform.frame(), Part::of(transform.bounds()));
    let [left, top] = [frame.left(), frame.top()].map(f64::from);
    let [width, height] = [frame.width(), frame.height()].map(f64::from);
    let values = |axis: &Axis, (low, high): (f64, f64)| (value_at(axis, low), value_at(axis, high));
    PlotPart {
        frame: figure::Rect::new(left, top, width, height),
        x: values(&curves.x, seen.x),
        y: values(&curves.y, seen.y),
    }
}

/// A scene whose targets are those that can be seen.
fn within(mut scene: Scene, frame: figure::Rect) -> Scene {
    let is_inside =
        |at: figure::Pos| (frame.x..=frame.right()).contains(&at.x) && (frame.y..=frame.bottom()).contains(&at.y);
    scene.targets.retain(|target| is_inside(target.rect.center()));
    scene
}

/// All points of a figure, the reference first.
fn all_points(curves: &Curves) -> impl Iterator<Item = &CurvePoint> {
    curves.reference.iter().chain(curves.series.iter().flat_map(|series| &series.points))
}

/// The point next to a place on the screen, if one is within reach: its values are exact, those of a pointer are not.
fn nearest(curves: &Curves, transform: &PlotTransform, at: Pos2, reach: f32) -> Option<(f64, f64)> {
    let places = all_points(curves).filter_map(|point| Some((point.x, point.y.value?)));
    let distance = |&(x, y): &(f64, f64)| {
        transform.position_from_point(&PlotPoint::new(placed(&curves.x, x), placed(&curves.y, y))).distance(at)
    };
    let near = places.map(|values| (distance(&values), values)).filter(|(distance, _)| *distance <= reach);
    near.min_by(|one, other| one.0.total_cmp(&other.0)).map(|(_, values)| values)
}

/// Everything that stands for numbers, as a file draws it.
struct Marks<'a> {
    base: PlotItemBase,
    curves: &'a Curves,
    page: Page,
    full: Part,
    /// Where the crosshair stands still.
    places: Vec<PlotPoint>,
}

impl<'a> Marks<'a> {
    fn of(curves: &'a Curves, page: Page, full: Part) -> Self {
        let place =
            |point: &CurvePoint| Some(PlotPoint::new(placed(&curves.x, point.x), placed(&curves.y, point.y.value?)));
        let places = all_points(curves).filter_map(place).collect();
        Self { base: PlotItemBase::new("marks".to_owned()), curves, page, full, places }
    }
}

impl PlotItem for Marks<'_> {
    fn shapes(&self, _: &Ui, transform: &PlotTransform, shapes: &mut Vec<Shape>) {
        let scene = curves_marks(self.curves, &part_of(self.curves, transform), &self.page, figure_view::metrics());
        scene_painter::shapes(&scene, Pos2::ZERO, shapes);
    }

    fn initialize(&mut self, _: RangeInclusive<f64>) {}

    fn color(&self) -> Color32 {
        Color32::TRANSPARENT
    }

    fn geometry(&self) -> PlotGeometry<'_> {
        PlotGeometry::Points(&self.places)
    }

    fn bounds(&self) -> PlotBounds {
        PlotBounds::from_min_max([self.full.x.0, self.full.y.0], [self.full.x.1, self.full.y.1])
    }

    fn base(&self) -> &PlotItemBase {
        &self.base
    }

    fn base_mut(&mut self) -> &mut PlotItemBase {
        &mut self.base
    }

    /// The crosshair goes to the point; what is said of it stands beside the plot and in the point's own tooltip.
    fn on_hover(
        &self,
        _: &Response,
        elem: ClosestElem,
        _: &mut Vec<Shape>,
        cursors: &mut Vec<Cursor>,
        _: &PlotConfig<'_>,
        _: Option<&LabelFormatterFn<'_>>,
    ) {
        if let Some(place) = self.places.get(elem.index) {
            cursors.extend([Cursor::Vertical { x: place.x }, Cursor::Horizontal { y: place.y }]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FULL: Part = Part { x: (0.0, 2.0), y: (0.8, 0.9) };
    const LIMITS: Part = Part { x: (-1.6, 9.2), y: (0.0, 1.0) };

    #[test]
    fn moves_zoom_around_the_middle_pan_by_shares_and_come_back() {
        let near = FULL.moved(Move::In, FULL);
        assert!((near.x.1 - near.x.0 - 1.6).abs() < 1e-12 && (near.x.0 - 0.2).abs() < 1e-12, "closer: {near:?}");
        assert!(!near.moved(Move::Out, FULL).is_other_than(FULL), "out undoes in");
        let right = FULL.moved(Move::By(0.1, -0.5), FULL);
        assert!(!right.is_other_than(Part { x: (0.2, 2.2), y: (0.75, 0.85) }), "right and down: {right:?}");
        assert_eq!(right.moved(Move::Reset, FULL), FULL, "all of it");
    }

    #[test]
    fn a_part_stays_where_values_can_be_and_wide_enough_to_be_told_apart() {
        let far = Part { x: (-100.0, 100.0), y: (-3.0, 0.5) };
        assert_eq!(far.held_in(LIMITS, FULL), Part { x: LIMITS.x, y: LIMITS.y }, "no accuracy beyond 0 and 1");
        let beside = Part { x: (9.0, 11.0), y: (0.9, 1.1) }.held_in(LIMITS, FULL);
        assert!(!beside.is_other_than(Part { x: (7.2, 9.2), y: (0.8, 1.0) }), "pushed back whole: {beside:?}");
        let point = Part { x: (1.0, 1.0), y: (0.85, 0.85) }.held_in(LIMITS, FULL);
        assert!((point.x.1 - point.x.0 - 2e-3).abs() < 1e-9, "a thousandth of the whole: {point:?}");
        assert!(!FULL.held_in(LIMITS, FULL).is_other_than(FULL), "what is in order stays");
        let widest = Part { x: (-7.5, 15.1), y: (-1.0, 2.0) }.held_in(LIMITS, FULL);
        assert!(!widest.is_other_than(LIMITS), "bounds that rounding has crossed do no harm: {widest:?}");
    }
}
