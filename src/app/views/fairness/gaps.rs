//! How far groups lie apart, in sentences.

use crate::evaluation::Estimate;
use crate::evaluation::Extreme;
use crate::evaluation::Gap;
use crate::evaluation::joined;
use crate::figure::number;

/// Gaps of dense and pruned with their intervals: to all texts first, then largest minus smallest with what chance alone
/// makes of it, then the worst groups. All groups that tie are named. Groups under 30 stay out. Source: statistics.md c.2.
pub(crate) fn gap_lines(gap: &Gap) -> Vec<String> {
    let (dense, pruned) = (&gap.dense, &gap.pruned);
    let mut lines = Vec::new();
    if dense.between.value().is_none() || pruned.between.value().is_none() {
        return vec!["No gap is given: it takes two groups with at least 30 examples".to_owned()];
    }
    if !gap.measure.needs_labels() {
        return agreement_lines(gap);
    }
    let furthest = |value: &Estimate, groups: &[String]| {
        let each = if groups.len() > 1 { " each" } else { "" };
        format!("{} ({}{each})", joined(groups), rate(value))
    };
    lines.push(format!(
        "Largest distance of a group to all texts: dense {}, pruned {}",
        furthest(&dense.to_overall, &dense.furthest),
        furthest(&pruned.to_overall, &pruned.furthest),
    ));
    let chance =
        dense.between_by_chance.map(|chance| format!("; equal groups: about {} by chance", number::rate(chance)));
    lines.push(format!(
        "Largest minus smallest: dense {}, pruned {}{}",
        rate(&dense.between),
        rate(&pruned.between),
        chance.unwrap_or_default(),
    ));
    if let (Some(before), Some(after)) = (gap.worst(true), gap.worst(false)) {
        lines.push(match after.value.reason() {
            Some(reason) => format!("The worst group is not given: {reason}"),
            None => format!("Worst: dense {}, pruned {}", extreme(before), extreme(after)),
        });
    }
    lines
}

/// Of pruned alone: dense agrees with itself in every group.
fn agreement_lines(gap: &Gap) -> Vec<String> {
    let pruned = &gap.pruned;
    let each = if pruned.furthest.len() > 1 { " each" } else { "" };
    let chance =
        pruned.between_by_chance.map(|chance| format!("; equal groups: about {} by chance", number::rate(chance)));
    let mut lines = vec![
        format!(
            "Largest distance of a group to all texts: {} ({}{each})",
            joined(&pruned.furthest),
            rate(&pruned.to_overall)
        ),
        format!("Largest minus smallest: {}{}", rate(&pruned.between), chance.unwrap_or_default()),
    ];
    lines.push(match pruned.lowest.value.reason() {
        Some(reason) => format!("The worst group is not given: {reason}"),
        None => format!("Worst: {}", extreme(&pruned.lowest)),
    });
    lines
}

fn extreme(extreme: &Extreme) -> String {
    let each = if extreme.groups.len() > 1 { " each" } else { "" };
    format!("{} ({}{each})", extreme.names(), rate(&extreme.value))
}

fn rate(estimate: &Estimate) -> String {
    let value = estimate.value().map(number::rate).unwrap_or_default();
    estimate.interval().map_or_else(|| value.clone(), |ends| format!("{value} {}", number::interval(ends)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evaluation::Measure;
    use crate::evaluation::Spread;
    use crate::evaluation::SpreadChange;

    fn extreme_of(groups: &[&str], value: f64) -> Extreme {
        let groups = groups.iter().map(|&group| group.to_owned()).collect();
        Extreme { groups, value: Estimate::with_interval(value, (value - 0.05, value + 0.05), "bootstrap-max-t", 3) }
    }

    fn gap() -> Gap {
        let spread = || Spread {
            to_overall: Estimate::with_interval(0.012, (0.0, 0.05), "bootstrap-max-t", 3),
            furthest: ["Sikh", "Hindu", "Jewish"].map(str::to_owned).to_vec(),
            between: Estimate::with_interval(0.02, (0.0, 0.07), "bootstrap-max-t", 3),
            between_by_chance: Some(0.08),
            between_bias: None,
            ratio: Estimate::plain(0.9, 3),
            lowest: extreme_of(&["Sikh", "Hindu"], 0.88),
            highest: extreme_of(&["atheist"], 0.9),
        };
        let nothing = || Estimate::plain(0.0, 3);
        Gap {
            measure: Measure::Accuracy,
            dense: spread(),
            pruned: spread(),
            change: SpreadChange { to_overall: nothing(), between: nothing(), ratio: nothing() },
            worst_loss: extreme_of(&["Sikh"], 0.01),
            left_out: Vec::new(),
        }
    }

    #[test]
    fn gaps_name_all_groups_that_tie_with_an_interval_and_what_chance_makes() {
        let lines = gap_lines(&gap());
        assert!(lines[0].contains("dense Sikh, Hindu and Jewish (0.012 [0.000, 0.050] each)"), "{}", lines[0]);
        assert!(
            lines[1].contains("dense 0.020 [0.000, 0.070]") && lines[1].ends_with("about 0.080 by chance"),
            "{}",
            lines[1]
        );
        assert!(lines[2].starts_with("Worst: dense Sikh and Hindu (0.880 [0.830, 0.930] each)"), "{}", lines[2]);
    }

    #[test]
    fn a_worst_group_that_is_not_given_says_why() {
        let mut gap = gap();
        gap.pruned.lowest = Extreme {
            groups: Vec::new(),
            value: Estimate::undefined("1 of 3 groups has fewer than 30 examples: x (12)", 2),
        };
        let lines = gap_lines(&gap);
        assert_eq!(
            lines[2], "The worst group is not given: 1 of 3 groups has fewer than 30 examples: x (12)",
            "the reason"
        );
        gap.dense.between = Estimate::undefined("1 of 1 groups have a value, a gap needs two", 1);
        let lines = gap_lines(&gap);
        assert!(lines.len() == 1 && lines[0].starts_with("No gap"), "{lines:?}");
    }
}
