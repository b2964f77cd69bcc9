//! A transfer as a table for the terminal.

use crate::cli::evaluate_view::signed_with_interval;
use crate::cli::evaluate_view::table;
use crate::cli::evaluate_view::with_interval;
use crate::export::Transferred;
use crate::figure::number;

/// One line for each setting and data set, and one for each group column below it.
pub(super) fn render(rows: &[Transferred]) -> String {
    let head =
        ["strategy", "data", "n", "measure", "dense [95%]", "pruned [95%]", "change [95%]", "kept", "FLOPs \u{f7}"];
    let mut lines = vec![head.map(str::to_owned)];
    let mut sources = Vec::new();
    for transferred in rows {
        let Transferred { row, calibrated_on, is_home } = transferred;
        let home = if *is_home == Some(true) { " (calibrated here)" } else { "" };
        lines.push([
            row.spec.short_name(),
            format!("{}{home}", row.data),
            row.quality.denominator.to_string(),
            row.quality.measure.label().to_lowercase(),
            with_interval(Some(&row.quality.dense)),
            with_interval(Some(&row.quality.pruned)),
            signed_with_interval(Some(&row.quality.change)),
            number::rate(row.retention),
            number::significant(row.flops_reduction),
        ]);
        for gap in &row.gaps {
            lines.push([
                String::new(),
                format!("  gap by {}", gap.column),
                String::new(),
                String::new(),
                with_interval(Some(&gap.dense)),
                with_interval(Some(&gap.pruned)),
                signed_with_interval(Some(&gap.change)),
                String::new(),
                String::new(),
            ]);
        }
        let source = match calibrated_on {
            Some(data) => format!("{}: calibrated on {data}", row.spec.short_name()),
            None => {
                format!("{}: set by hand, or its policy does not say where it was calibrated", row.spec.short_name())
            }
        };
        if !sources.contains(&source) {
            sources.push(source);
        }
    }
    format!("{}\n{}\n", table(&lines), sources.join("\n"))
}
