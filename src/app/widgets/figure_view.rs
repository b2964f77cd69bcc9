//! A figure inside the window: laid out once per size, painted every frame, its points reachable by pointer and keyboard.

use std::sync::Arc;
use std::sync::LazyLock;

use egui::Id;
use egui::Response;
use egui::Sense;
use egui::Ui;
use egui::WidgetInfo;
use egui::accesskit::Role;

use crate::app::widgets::scene_painter;
use crate::app::widgets::theme;
use crate::figure::Figure;
use crate::figure::Page;
use crate::figure::Scene;
use crate::figure::TargetKind;
use crate::figure::TextMetrics;
use crate::figure::layout;

/// Measures of the fonts in figures, read once.
pub(crate) fn metrics() -> &'static TextMetrics {
    static METRICS: LazyLock<TextMetrics> = LazyLock::new(TextMetrics::default);
    &METRICS
}

/// A figure made for a key, and its layout for a page; both are made again only when key or page change.
#[derive(Clone, Debug)]
pub(crate) struct FigureMemo<K> {
    made: Option<(K, Arc<Figure>)>,
    placed: Option<(Page, Arc<Scene>)>,
}

impl<K> Default for FigureMemo<K> {
    fn default() -> Self {
        Self { made: None, placed: None }
    }
}

/// What is remembered only to save time makes no difference.
impl<K> PartialEq for FigureMemo<K> {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl<K: PartialEq> FigureMemo<K> {
    /// The figure for `key`, made by `make` if it is not the one at hand.
    pub(crate) fn figure(&mut self, key: K, make: impl FnOnce() -> Figure) -> Arc<Figure> {
        match &self.made {
            Some((made_for, figure)) if *made_for == key => Arc::clone(figure),
            _ => {
                let figure = Arc::new(make());
                self.made = Some((key, Arc::clone(&figure)));
                self.placed = None;
                figure
            }
        }
    }

    /// The layout of the figure at hand for `page`.
    pub(crate) fn scene(&mut self, page: Page) -> Option<Arc<Scene>> {
        let (_, figure) = self.made.as_ref()?;
        if let Some((placed_for, scene)) = &self.placed
            && *placed_for == page
        {
            return Some(Arc::clone(scene));
        }
        let scene = Arc::new(layout(figure, &page, metrics()));
        self.placed = Some((page, Arc::clone(&scene)));
        Some(scene)
    }
}

/// The theme figures use for what is being drawn.
pub(crate) fn page(ui: &Ui, height: f32) -> Page {
    // Whole points, so that a change of a fraction does not lay everything out again.
    Page::screen(f64::from(ui.available_width().floor()), f64::from(height.floor()), theme::colors(ui).palette)
}

/// The same for a figure that scrolls: beside it stands the bar.
pub(crate) fn page_beside_bar(ui: &Ui, height: f32) -> Page {
    let width = ui.available_width() - ui.spacing().scroll.allocated_width();
    Page::screen(f64::from(width.floor()), f64::from(height.floor()), theme::colors(ui).palette)
}

/// Gives each target of a scene that `label` names a response of its own, in drawing order.
pub(crate) fn interact(
    ui: &Ui,
    scene: &Scene,
    origin: egui::Pos2,
    id: Id,
    label: impl Fn(TargetKind) -> Option<String>,
) -> Vec<(TargetKind, Response)> {
    let enabled = ui.is_enabled();
    let mut responses = Vec::new();
    for target in &scene.targets {
        let area = scene_painter::rect_at(target.rect, origin);
        // What lies beyond the sides is still reached by keyboard, and comes into view then.
        let seen = ui.clip_rect();
        if area.bottom() < seen.top() || area.top() > seen.bottom() {
            continue;
        }
        let Some(text) = label(target.kind) else { continue };
        let response = ui.interact(area, id.with(target.kind), Sense::click());
        response.widget_info(|| WidgetInfo::labeled(Role::Button, enabled, text.as_str()));
        if response.gained_focus() && !matches!(target.kind, TargetKind::Row(_)) {
            ui.scroll_to_rect(area, None);
        }
        if response.has_focus() {
            let ring = egui::Stroke::new(1.5, theme::colors(ui).accent);
            ui.painter().rect_stroke(area, 3.0, ring, egui::StrokeKind::Outside);
        }
        responses.push((target.kind, response));
    }
    responses
}
