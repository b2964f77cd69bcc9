//! What `train` tells and prints.

use std::fmt::Write as _;

use serde_json::json;

use crate::cli::train::TrainArgs;
use crate::training::CurvePoint;
use crate::training::DevPoint;
use crate::training::METHODS;
use crate::training::TrainEvent;
use crate::training::Trained;
use crate::training::TrainingData;

/// The methods with their settings, below the help.
pub(super) fn methods_help() -> String {
    let mut help = "Methods:\n".to_owned();
    for method in METHODS {
        let modes = method.modes.iter().map(|mode| mode.id()).collect::<Vec<_>>().join(", ");
        let _infallible = writeln!(help, "  {:<16} {} [{modes}]", method.id, method.summary);
        for setting in method.settings {
            let _infallible = writeln!(help, "      {:<14} {} [{}]", setting.name, setting.doc, setting.default);
        }
    }
    help.push_str(
        "\nExamples:\n  prunescope train --data reviews.csv --learn ltp --out my-policy\n  prunescope evaluate --data test.csv --strategy @my-policy --out results",
    );
    help
}

/// What is learned from, and what decides.
pub(super) fn data_line(data: &TrainingData) -> String {
    let held_out = if data.dev_hash.is_some() { "" } else { ", held out of the same file" };
    let (mean, longest) = data.tokens();
    format!(
        "{} texts to learn from ({mean:.1} tokens in the mean, {longest} at most), {} to decide by{held_out}",
        data.train.len(),
        data.dev.1.len()
    )
}

/// A point of the curve at which the dev set was run.
pub(super) fn point_line(point: &CurvePoint, event: &TrainEvent<'_>) -> String {
    let mut line = format!("step {} of {}: task loss {:.4}", point.step, event.steps, point.task_loss);
    if let Some(pruning) = point.pruning_loss {
        let _infallible = write!(line, ", pruning {pruning:.4}");
    }
    if let Some(dev) = &point.dev {
        let _infallible = write!(line, "; dev {}", dev_text(dev, event.dense_accuracy));
    }
    if let Some(left) = event.left {
        let _infallible = write!(line, "; about {} s left", left.as_secs());
    }
    line
}

fn dev_text(dev: &DevPoint, dense: f64) -> String {
    format!(
        "accuracy {:.4} (dense {dense:.4}), {:.2}x fewer FLOPs, {:.3} of tokens kept",
        dev.accuracy, dev.flops_reduction, dev.retention
    )
}

/// What was learned, for people.
pub(super) fn table(args: &TrainArgs, trained: &Trained, best: &DevPoint) -> String {
    let spec = trained.spec.as_ref().map(ToString::to_string).unwrap_or_default();
    let out = args.out.display();
    format!(
        "{spec}\ndev set, by which it was chosen: {}\n\nuse it as --strategy @{out}\n",
        dev_text(best, trained.dense_accuracy)
    )
}

/// What was learned, for programs.
pub(super) fn json(args: &TrainArgs, trained: &Trained, best: &DevPoint) -> String {
    let document = json!({
        "schema": 1,
        "spec": trained.spec.as_ref().map(ToString::to_string),
        "policy": args.out.join("policy.json").display().to_string(),
        "partial": trained.is_stopped,
        "dev": {
            "accuracy": best.accuracy,
            "accuracy_dense": trained.dense_accuracy,
            "accuracy_change": best.accuracy_change,
            "retention": best.retention,
            "flops_reduction": best.flops_reduction,
        },
    });
    format!("{document:#}\n")
}
