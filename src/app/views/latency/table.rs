//! All numbers of a measurement as a sortable table.

use std::cmp::Ordering;

use egui::RichText;
use egui::ScrollArea;
use egui::Ui;
use egui_extras::Column;
use egui_extras::TableBuilder;

use crate::app::widgets::marker;
use crate::app::widgets::sort_head::Head;
use crate::app::widgets::sort_head::aligned;
use crate::app::widgets::sort_head::sort_head;
use crate::app::widgets::theme;
use crate::figure::SpeedupChart;
use crate::figure::SpeedupRow;
use crate::figure::TimeBar;
use crate::figure::number;
use crate::figure::percents;

/// A column of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum SortColumn {
    Case,
    Strategy,
    Tokens,
    Dense,
    Pruned,
    SpeedUp,
    Flops,
    PromiseKept,
    TokensPerSecond,
}

impl SortColumn {
    const ALL: [Self; 9] = [
        Self::Case,
        Self::Strategy,
        Self::Tokens,
        Self::Dense,
        Self::Pruned,
        Self::SpeedUp,
        Self::Flops,
        Self::PromiseKept,
        Self::TokensPerSecond,
    ];

    fn label(self) -> &'static str {
        match self {
            Self::Case => "Case",
            Self::Strategy => "Strategy",
            Self::Tokens => "Tokens",
            Self::Dense => "Dense",
            Self::Pruned => "Pruned",
            Self::SpeedUp => "Speed-up",
            Self::Flops => "FLOPs",
            Self::PromiseKept => "Promise kept",
            Self::TokensPerSecond => "Tokens/s",
        }
    }

    fn definition(self) -> &'static str {
        match self {
            Self::Case => "Texts in a batch × tokens of each, and how their rows lie in memory",
            Self::Strategy => "Strategy and the value of its dial",
            Self::Tokens => {
                "Read off the real row counts: removed rows are not computed any more, merged rows become one, masked rows \
                 are still computed and save nothing"
            }
            Self::Dense => {
                "Wall-clock time of the dense passes taken in turn with this strategy's: median, and 5th to 95th percentile"
            }
            Self::Pruned => "Wall-clock time of a pass with this strategy: median, and 5th to 95th percentile",
            Self::SpeedUp => {
                "Dense median ÷ pruned median, with a 95% bootstrap interval over the rounds. An interval that holds 1 shows \
                 no measurable difference"
            }
            Self::Flops => {
                "FLOPs of the dense pass ÷ FLOPs of this one, from the real row counts, no padding on either side"
            }
            Self::PromiseKept => "Speed-up ÷ FLOPs reduction: 100% if time falls in proportion to the counted work",
            Self::TokensPerSecond => "Tokens of the texts ÷ median time of a pass",
        }
    }

    /// Whether values stand at the right.
    fn is_number(self) -> bool {
        !matches!(self, Self::Case | Self::Strategy | Self::Tokens)
    }

    fn width(self) -> f32 {
        match self {
            Self::Case => 172.0,
            Self::Strategy => 178.0,
            Self::Tokens => 72.0,
            Self::Dense | Self::Pruned => 140.0,
            Self::SpeedUp => 146.0,
            Self::Flops => 60.0,
            Self::PromiseKept => 92.0,
            Self::TokensPerSecond => 76.0,
        }
    }
}

/// Draws the table; a click on a head sorts, another turns the order, a third goes back to the order of the cases.
pub(crate) fn table_ui(ui: &mut Ui, sorted_by: &mut Option<(SortColumn, bool)>, chart: &SpeedupChart) {
    let rows = sorted(&chart.rows, *sorted_by);
    let row_height = 24.0;
    ScrollArea::horizontal().auto_shrink(false).show(ui, |ui| {
        let mut table = TableBuilder::new(ui).striped(true).auto_shrink(false);
        for column in SortColumn::ALL {
            table = table.column(Column::initial(column.width()).at_least(48.0).clip(true));
        }
        let table = table.header(row_height, |mut header| {
            for column in SortColumn::ALL {
                header.col(|ui| head_ui(ui, column, sorted_by));
            }
        });
        table.body(|body| {
            body.rows(row_height, rows.len(), |mut row| {
                let shown = rows[row.index()];
                for column in SortColumn::ALL {
                    row.col(|ui| cell_ui(ui, column, shown));
                }
            });
        });
    });
}

fn head_ui(ui: &mut Ui, column: SortColumn, sorted_by: &mut Option<(SortColumn, bool)>) {
    let head = Head { label: column.label(), definition: column.definition(), is_number: column.is_number() };
    sort_head(ui, head, column, sorted_by);
}

fn cell_ui(ui: &mut Ui, column: SortColumn, row: &SpeedupRow) {
    aligned(ui, column.is_number(), |ui| {
        if column == SortColumn::Strategy {
            marker::marker(ui, &row.id);
        }
        let (value, detail) = cell(column, row);
        // From the right: the detail stands behind its value.
        if column.is_number() && !detail.is_empty() {
            ui.label(RichText::new(&detail).small().weak());
        }
        let text = RichText::new(value);
        let response =
            ui.label(if column == SortColumn::SpeedUp { text.font(theme::medium(theme::BODY)) } else { text });
        if column == SortColumn::Strategy {
            response.on_hover_text(&row.spec);
        } else if column == SortColumn::SpeedUp && !row.remark.is_empty() {
            response.on_hover_text(&row.remark);
        }
    });
}

/// What stands in a cell: value and detail.
fn cell(column: SortColumn, row: &SpeedupRow) -> (String, String) {
    let range = |time: &TimeBar| number::duration_range(time.low, time.high);
    let undefined = || "—".to_owned();
    match column {
        SortColumn::Case => (row.case.clone(), String::new()),
        SortColumn::Strategy => (row.name.clone(), String::new()),
        SortColumn::Tokens => (row.removal.clone(), String::new()),
        SortColumn::Dense => (number::duration(row.dense.median), range(&row.dense)),
        SortColumn::Pruned => (number::duration(row.time.median), range(&row.time)),
        SortColumn::SpeedUp => {
            let ends = row.speed_up.interval.map(number::times_interval).unwrap_or_default();
            (row.speed_up.value.map_or_else(undefined, number::times), ends)
        }
        SortColumn::Flops => (row.flops_reduction.map_or_else(undefined, number::reduction), String::new()),
        SortColumn::PromiseKept => {
            let kept = row.promise_kept().map(|kept| format!("{:.0}%", kept * 100.0));
            (kept.unwrap_or_else(undefined), row.promise_interval().map(percents).unwrap_or_default())
        }
        SortColumn::TokensPerSecond => (number::rounded_count(row.tokens_per_second), String::new()),
    }
}

/// The pruned rows in the order wanted.
fn sorted(rows: &[SpeedupRow], by: Option<(SortColumn, bool)>) -> Vec<&SpeedupRow> {
    let mut pruned: Vec<&SpeedupRow> = rows.iter().filter(|row| !row.is_dense()).collect();
    if let Some((column, descending)) = by {
        pruned.sort_by(|one, other| {
            let order = compare(column, one, other);
            if descending { order.reverse() } else { order }
        });
    }
    pruned
}

fn compare(column: SortColumn, one: &SpeedupRow, other: &SpeedupRow) -> Ordering {
    let value = |row: &SpeedupRow| match column {
        SortColumn::Case | SortColumn::Strategy | SortColumn::Tokens => None,
        SortColumn::Dense => Some(row.dense.median),
        SortColumn::Pruned => Some(row.time.median),
        SortColumn::SpeedUp => row.speed_up.value,
        SortColumn::Flops => row.flops_reduction,
        SortColumn::PromiseKept => row.promise_kept(),
        SortColumn::TokensPerSecond => Some(row.tokens_per_second),
    };
    match column {
        SortColumn::Case => one.case.cmp(&other.case),
        SortColumn::Strategy => one.name.cmp(&other.name),
        SortColumn::Tokens => one.removal.cmp(&other.removal),
        _ => value(one).unwrap_or(f64::NEG_INFINITY).total_cmp(&value(other).unwrap_or(f64::NEG_INFINITY)),
    }
}
