//! The only place that writes to stdout and stderr.

use std::io;
use std::io::IsTerminal as _;
use std::io::Write as _;

/// Writes results to stdout at once.
pub(super) fn print(text: &str) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    stdout.write_all(text.as_bytes())?;
    stdout.flush()
}

/// Tells something on stderr. Nobody reads stderr? Then there is nobody to tell.
pub(super) fn warn(line: &str) {
    drop(writeln!(io::stderr().lock(), "{line}"));
}

/// As [`warn`], while a bar may stand in the last line of the terminal: it is drawn again below.
pub(super) fn warn_over_progress(line: &str) {
    let clear = if stderr_is_terminal() { "\r\u{1b}[2K" } else { "" };
    drop(writeln!(io::stderr().lock(), "{clear}{line}"));
}

/// Whether stdout may be decorated: a terminal, and `NO_COLOR` not set (<https://no-color.org>).
pub(super) fn stdout_is_decorated() -> bool {
    io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
}

/// Whether somebody watches stderr.
pub(super) fn stderr_is_terminal() -> bool {
    io::stderr().is_terminal()
}

/// Counts with a unit: `41.2 MFLOPs`.
pub(super) fn flops_text(flops: u64) -> String {
    let value = flops as f64;
    let units = [(1e12, "TFLOPs"), (1e9, "GFLOPs"), (1e6, "MFLOPs"), (1e3, "kFLOPs")];
    match units.iter().find(|(unit, _)| value >= *unit) {
        Some((unit, name)) => format!("{} {name}", three_digits(value / unit)),
        None => format!("{flops} FLOPs"),
    }
}

/// Three significant digits for values of 1 and more.
pub(super) fn three_digits(value: f64) -> String {
    let decimals = if value >= 99.95 {
        0
    } else if value >= 9.995 {
        1
    } else {
        2
    };
    format!("{value:.decimals$}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_written_with_three_digits_and_a_unit() {
        let expected = [
            (0, "0 FLOPs"),
            (999, "999 FLOPs"),
            (1_500, "1.50 kFLOPs"),
            (41_230_000, "41.2 MFLOPs"),
            (412_300_000, "412 MFLOPs"),
            (22_350_000_000, "22.4 GFLOPs"),
        ];
        for (flops, text) in expected {
            assert_eq!(flops_text(flops), text, "text of {flops}");
        }
    }
}
