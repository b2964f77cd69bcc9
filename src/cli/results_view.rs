//! Tables of strategies at matched budgets, as Markdown.

use crate::cli::results::ResultsArgs;
use crate::cli::results::Section;
use crate::evaluation::Budgeted;
use crate::evaluation::Estimate;
use crate::evaluation::Matched;
use crate::evaluation::ModelInfo;
use crate::evaluation::Summary;
use crate::figure::number;

/// The whole page.
pub(super) fn markdown(args: &ResultsArgs, model: &ModelInfo, sections: &[Section]) -> String {
    let mut lines = vec!["# Every strategy at the same budgets".to_owned(), String::new()];
    lines.push(format!("Made by `{}`.", command_line()));
    lines.push(format!(
        "Model: {} ({} layers), weights `sha256:{}`, {}.",
        model.path.file_name().unwrap_or_default().to_string_lossy(),
        model.layers,
        model.weights_hash.get(..16).unwrap_or(&model.weights_hash),
        model.precision,
    ));
    lines.push(
        "Each strategy's dial is solved on the calibration texts; everything in the tables is measured on the other file. \
         FLOPs ÷ is the dense model's cost without padding ÷ the strategy's own, its own work counted; beside it the dense \
         cost with every text padded to the longest of the file. Accuracy with Wilson's 95% interval; the difference from \
         dense is paired, with the interval of Bonett and Price (over clusters where the file names them), and p is mid-p of \
         the paired test, not adjusted for the number of rows."
            .to_owned(),
    );
    for section in sections {
        lines.push(String::new());
        lines.extend(section_lines(args, section));
    }
    lines.push(String::new());
    lines.join("\n")
}

fn command_line() -> String {
    let words: Vec<String> = std::env::args_os().skip(1).map(|word| word.to_string_lossy().into_owned()).collect();
    format!("prunescope {}", words.join(" "))
}

fn section_lines(args: &ResultsArgs, section: &Section) -> Vec<String> {
    let Section { calibration: (calibration, texts), dataset, table } = section;
    let dense = &table.dense;
    let mut lines = vec![
        format!("## {}", dataset.name),
        String::new(),
        format!(
            "{}, `sha256:{}`; calibrated on {texts} texts of {calibration}, seed {}; padded to {} tokens.",
            dataset.sample,
            dataset.hash.get(..16).unwrap_or(&dataset.hash),
            args.seed,
            table.prepared.longest,
        ),
        format!("Dense: accuracy {}.", interval(&dense.accuracy)),
    ];
    for &share in &args.budget {
        let rows = table.rows.iter().filter(|row| row.budget.is_some_and(|budget| budget.share == share));
        lines.push(String::new());
        lines.push(format!("### {share} of dense FLOPs"));
        lines.push(String::new());
        lines.extend(rows_lines(rows));
    }
    if table.rows.iter().any(|row| row.budget.is_none()) {
        lines.push(String::new());
        lines.push("### Policies as they are".to_owned());
        lines.push(String::new());
        lines.extend(rows_lines(table.rows.iter().filter(|row| row.budget.is_none())));
    }
    lines
}

fn rows_lines<'a>(rows: impl Iterator<Item = &'a Budgeted>) -> Vec<String> {
    let mut lines = vec![
        "| strategy | FLOPs ÷ | padded ÷ | share on calibration | accuracy | difference from dense | p | note |"
            .to_owned(),
        "| --- | ---: | ---: | ---: | --- | --- | ---: | --- |".to_owned(),
    ];
    for row in rows {
        lines.push(match &row.summary {
            Ok(summary) => row_line(row, summary),
            Err(error) => format!("| {} | | | | | | | {} |", row.asked.id(), cell(&error.to_string())),
        });
    }
    lines
}

fn row_line(row: &Budgeted, summary: &Summary) -> String {
    let matched = row.matched.as_ref();
    let achieved = matched.map_or_else(String::new, |matched| format!("{:.4}", matched.achieved));
    let notes = [matched.and_then(Matched::note), row.asked.info().note().map(str::to_owned)];
    let notes: Vec<String> = notes.into_iter().flatten().collect();
    let name = if row.budget.is_some() { row.asked.id().to_owned() } else { row.asked.short_name() };
    format!(
        "| {} | {:.2} | {:.2} | {achieved} | {} | {} | {} | {} |",
        cell(&name),
        summary.flops_reduction,
        summary.flops_reduction_padded,
        interval(&summary.accuracy),
        interval(&summary.accuracy_change),
        number::significant(summary.p),
        cell(&notes.join("; ")),
    )
}

fn interval(estimate: &Estimate) -> String {
    let Some(value) = estimate.value() else { return "-".to_owned() };
    let interval = estimate.interval().map_or_else(String::new, |(low, high)| format!(" [{low:.4}, {high:.4}]"));
    format!("{value:.4}{interval}")
}

/// Text that does not break a table.
fn cell(text: &str) -> String {
    text.replace('|', "\\|").replace('\n', " ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_keep_a_table_whole() {
        assert_eq!(cell("a|b\nc"), "a\\|b c", "bars are escaped, breaks are blanks");
    }
}
