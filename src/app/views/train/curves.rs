//! The curves of a training.

use egui::Color32;
use egui::Ui;
use egui_plot::HLine;
use egui_plot::Legend;
use egui_plot::Line;
use egui_plot::Plot;
use egui_plot::PlotPoints;
use egui_plot::Points;

use crate::app::views::train::work::Standing;
use crate::app::widgets::theme;
use crate::figure::palette::series_style;
use crate::training::CurvePoint;

/// Draws losses beside what the dev set says.
pub(crate) fn curves_ui(ui: &mut Ui, standing: &Standing) {
    let is_wide = ui.available_width() > 700.0;
    let height = (ui.available_height() - 24.0).clamp(180.0, 420.0);
    if is_wide {
        ui.columns(2, |columns| {
            losses_ui(&mut columns[0], standing, height);
            dev_ui(&mut columns[1], standing, height);
        });
    } else {
        losses_ui(ui, standing, height);
        dev_ui(ui, standing, height);
    }
}

fn losses_ui(ui: &mut Ui, standing: &Standing, height: f32) {
    ui.weak("Loss of the training texts, by epoch");
    let task: Vec<[f64; 2]> = standing.curve.iter().map(|point| [point.epoch, point.task_loss]).collect();
    let pruning: Vec<[f64; 2]> =
        standing.curve.iter().filter_map(|point| Some([point.epoch, point.pruning_loss?])).collect();
    let (blue, orange) = (color(ui, "power_bert"), color(ui, "tome"));
    plot("train losses", height).show(ui, |plot| {
        plot.line(Line::new("task", PlotPoints::from(task)).color(blue).width(1.5));
        if !pruning.is_empty() {
            plot.line(Line::new("pruning term", PlotPoints::from(pruning)).color(orange).width(1.5));
        }
    });
}

fn dev_ui(ui: &mut Ui, standing: &Standing, height: f32) {
    ui.weak("Held-out texts, run by the engine as everybody runs the policy, by epoch");
    let of = |value: fn(&crate::training::DevPoint) -> f64| -> Vec<[f64; 2]> {
        let point = |point: &CurvePoint| Some([point.epoch, value(point.dev.as_ref()?)]);
        standing.curve.iter().filter_map(point).collect()
    };
    let series = [
        ("accuracy", of(|point| point.accuracy), color(ui, "ltp")),
        ("share of tokens kept", of(|point| point.retention), color(ui, "spatten")),
        ("share of FLOPs", of(|point| 1.0 / point.flops_reduction.max(1e-9)), color(ui, "evit")),
    ];
    let ink = theme::colors(ui).muted;
    plot("train dev", height).include_y(1.0).show(ui, |plot| {
        if standing.dense_accuracy.is_finite() {
            plot.hline(HLine::new("accuracy of dense", standing.dense_accuracy).color(ink).width(1.0));
        }
        for (name, points, color) in series {
            plot.line(Line::new(name, PlotPoints::from(points.clone())).color(color).width(1.5));
            plot.points(Points::new(name, PlotPoints::from(points)).color(color).radius(3.0));
        }
    });
}

fn plot(id: &'static str, height: f32) -> Plot<'static> {
    Plot::new(id).height(height).legend(Legend::default()).show_background(false).allow_scroll(false)
}

fn color(ui: &Ui, like: &str) -> Color32 {
    theme::color(series_style(like).stroke(theme::colors(ui).palette))
}
