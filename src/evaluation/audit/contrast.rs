//! Two settings beside each other on the same items: what differs between them, and whether that is more than chance.

use crate::evaluation::Measure;
use crate::evaluation::Prepared;
use crate::evaluation::StrategyRun;
use crate::evaluation::audit::compare::compare;
use crate::evaluation::audit::resample::Draws;
use crate::evaluation::audit::slice::Slice;
use crate::evaluation::audit::summary::summary_measures;
use crate::jobs::Cancelled;
use crate::jobs::Ticket;
use crate::metrics::Estimate;
use crate::model::HeadKind;

/// One setting less another, item by item.
#[derive(Clone, Debug, PartialEq)]
pub struct Contrast {
    /// What the model's outputs mean.
    pub head: HeadKind,
    /// The second setting less the first, paired over the items, with 95% intervals.
    pub changes: Vec<(Measure, Estimate)>,
    /// Labelled items that the first setting gets right and the second wrong.
    pub lost: usize,
    /// Labelled items that the first setting gets wrong and the second right.
    pub won: usize,
    /// Share of items, labelled or not, that the two predict differently.
    pub differing: Estimate,
    /// Two-sided mid-p of "equally accurate"; `None` without labels.
    pub p: Option<f64>,
    /// The test behind it: `mcnemar-mid-p`, or `sign-flip-clusters` where the data set names clusters.
    pub test: &'static str,
}

/// Contrasts two runs over the same prepared items.
///
/// # Errors
/// [`Cancelled`] if the ticket says so.
pub fn contrast(
    ticket: &Ticket,
    prepared: &Prepared,
    (one, other): (&StrategyRun, &StrategyRun),
) -> Result<Contrast, Cancelled> {
    let slice = Slice::all(prepared, one, other);
    let compared = compare(ticket, &slice, summary_measures(prepared.head), Draws::SCREEN)?;
    let turned = slice.accuracy_changes();
    let differing = Slice::unlabelled(prepared, one, other).changed();
    Ok(Contrast {
        head: prepared.head,
        changes: compared.into_iter().map(|row| (row.measure, row.change)).collect(),
        lost: turned.counts.harmed,
        won: turned.counts.rescued,
        differing: differing.rate(),
        p: (turned.counts.n > 0).then(|| turned.p(Draws::SCREEN.seed)),
        test: turned.test(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::ReadOptions;
    use crate::engine::Removal;
    use crate::evaluation::Answer;
    use crate::evaluation::ExampleResult;
    use crate::evaluation::Results;
    use crate::evaluation::prepare;
    use crate::evaluation::summarize;
    use crate::model::Checkpoint;
    use crate::pruning::StrategySpec;
    use std::path::Path;
    use std::time::Duration;

    #[test]
    fn a_contrast_with_dense_is_the_summary_and_turns_round() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("texts.csv");
        let row =
            |index: usize| format!("{} film {index},{},t{}", "good ".repeat(1 + index % 7), index % 2, index % 24);
        let rows: Vec<String> = (0..96).map(row).collect();
        std::fs::write(&path, format!("text,label,thread\n{}\n", rows.join("\n"))).unwrap();
        let fixture = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/bert");
        let checkpoint = Checkpoint::load(&fixture).unwrap();
        for cluster in [None, Some("thread".to_owned())] {
            let options = ReadOptions { cluster_column: cluster.clone(), ..ReadOptions::default() };
            let dataset = crate::data::read(&path, &options).unwrap();
            let ticket = Ticket::detached();
            let (prepared, _) = prepare(&ticket, &checkpoint, &dataset, None).unwrap();
            // One in `every` texts is predicted wrongly.
            let run = |spec: &str, every: usize| {
                let mut results = Results::default();
                for item in 0..prepared.len() {
                    let label = prepared.label(item).unwrap();
                    let prediction = if item % every == 0 { 1 - label } else { label };
                    let mut probabilities = vec![0.25, 0.25];
                    probabilities[prediction] = 0.75;
                    let result = ExampleResult {
                        answer: Answer::Class(prediction),
                        logits: Vec::new(),
                        outputs: probabilities,
                        tokens: 4,
                        tokens_kept: 2,
                        retention_mean: 0.5,
                        macs: 5,
                        dense_macs: 9,
                    };
                    results.push(&result, Some(label));
                }
                let spec = StrategySpec::parse(spec).unwrap();
                StrategyRun { spec, results, removal: Removal::Removed, duration: Duration::ZERO }
            };
            let (dense, few, fewer) =
                (run("dense", 5), run("first_k:retention=0.5", 7), run("first_k:retention=0.3", 4));
            let summary = summarize(&prepared, &dense, &few);
            let against_dense = contrast(&ticket, &prepared, (&dense, &few)).unwrap();
            assert_eq!(against_dense.changes[0], (Measure::Accuracy, summary.accuracy_change), "{cluster:?}");
            assert_eq!((against_dense.lost, against_dense.won), (summary.harmed, summary.rescued), "{cluster:?}");
            assert_eq!(against_dense.differing, summary.flips, "{cluster:?}");
            assert_eq!((against_dense.p, against_dense.test), (Some(summary.p), summary.test), "{cluster:?}");

            let [there, back] =
                [(&few, &fewer), (&fewer, &few)].map(|pair| contrast(&ticket, &prepared, pair).unwrap());
            assert!(there.lost + there.won > 0, "the two differ on something: {there:?}");
            assert_eq!((there.lost, there.won, there.p), (back.won, back.lost, back.p), "{cluster:?} turned round");
            let change = |contrast: &Contrast| contrast.changes[0].1.value().unwrap();
            assert_eq!(change(&there), -change(&back), "{cluster:?} turned round");
            let expected = (there.won as f64 - there.lost as f64) / 96.0;
            assert!((change(&there) - expected).abs() < 1e-12, "won less lost ÷ n");
            assert_eq!(there.test, if cluster.is_some() { "sign-flip-clusters" } else { "mcnemar-mid-p" });
        }
    }
}
