//! The latency laboratory on a tiny model: what is counted, kept and marked. No timing decides a test.

use std::sync::Mutex;
use std::time::Duration;

use prunescope::cost;
use prunescope::engine::Removal;
use prunescope::figure::Body;
use prunescope::figure::charts::LatencyInput;
use prunescope::figure::charts::latency_figure;
use prunescope::figure::to_csv;
use prunescope::input::Sequence;
use prunescope::jobs::Ticket;
use prunescope::latency;
use prunescope::latency::Case;
use prunescope::latency::Error;
use prunescope::latency::LatencyReport;
use prunescope::latency::Layout;
use prunescope::latency::Measured;
use prunescope::latency::Plan;
use prunescope::latency::Rounds;
use prunescope::metrics::MIN_BLOCKS;
use prunescope::model::Model;
use prunescope::pruning::StrategySpec;

use crate::support::encoded_from_ids;
use crate::support::fixture_model;

fn plan(specs: &[&str], rounds: usize) -> Plan {
    let specs = specs.iter().map(|spec| StrategySpec::parse(spec).expect("a known strategy")).collect();
    Plan { rounds: Rounds::exactly(rounds), warm_up: 1, draws: 200, ..Plan::new(specs) }
}

fn measure(model: &Model, cases: &[Case], plan: &Plan) -> LatencyReport {
    latency::measure(&Ticket::detached(), model, cases, plan, &|_| {}).expect("a measurement")
}

fn shape(model: &Model, batch: usize, tokens: usize) -> Vec<Case> {
    latency::shapes(model, &[batch], &[tokens]).expect("texts that fit the model")
}

/// Texts of these lengths as one batch of a data set.
fn ragged(lengths: [u32; 4]) -> Vec<Case> {
    let texts: Vec<Sequence> =
        lengths.iter().map(|&length| encoded_from_ids(&(5..5 + length).collect::<Vec<u32>>())).collect();
    latency::buckets(&texts, lengths.len(), 1)
}

#[test]
fn every_case_layout_and_strategy_has_its_rounds() {
    let model = fixture_model("bert");
    let cases = latency::shapes(&model, &[1, 3], &[5, 9]).unwrap();
    let heard = Mutex::new(Vec::new());
    let plan = Plan { layouts: Layout::ALL.to_vec(), ..plan(&["first_k:retention=0.4", "dense"], MIN_BLOCKS) };
    let on_row = |row: &Measured| heard.lock().unwrap().push(row.clone());
    let report = latency::measure(&Ticket::detached(), &model, &cases, &plan, &on_row).unwrap();
    assert_eq!(report.rows.len(), 4 * 2 * 2, "cases, layouts, strategies");
    assert_eq!(*heard.lock().unwrap(), report.rows, "every row is told once it is finished");
    assert!(!report.partial, "nothing was stopped");
    for row in &report.rows {
        assert_eq!((row.blocks.len(), row.complete), (MIN_BLOCKS, true), "as many rounds as asked for");
        assert!(row.blocks.iter().flat_map(|block| [block.dense, block.pruned]).flatten().all(|secs| secs > 0.0));
        let mirrored: Vec<bool> = row.blocks.iter().map(|block| block.mirrored).collect();
        assert_eq!(mirrored, (0..MIN_BLOCKS).map(|round| round % 2 == 1).collect::<Vec<_>>(), "every second round");
        let ratio = row.dense.median_secs / row.pruned.median_secs;
        assert!((row.speedup.value().unwrap() - ratio).abs() < 1e-12, "the ratio of the medians shown");
        assert!(row.speedup.interval().is_some(), "enough rounds for an interval");
        let promised = ratio / row.flops_reduction;
        assert!((row.promise_kept.value().unwrap() - promised).abs() < 1e-12, "speed-up by FLOPs reduction");
    }
    let labels: Vec<String> = report.rows.iter().step_by(4).map(|row| row.case.label()).collect();
    assert_eq!(labels, ["1 × 5", "3 × 5", "1 × 9", "3 × 9"], "lengths, then batch sizes");
}

#[test]
fn parts_of_the_time_add_up_to_it() {
    let model = fixture_model("bert");
    for layout in Layout::ALL {
        let plan = Plan { layouts: vec![layout], ..plan(&["tome:r=4", "power_bert:retention=0.4"], 20) };
        for row in &measure(&model, &shape(&model, 8, 60), &plan).rows {
            for timing in [&row.dense, &row.pruned] {
                assert!((timing.parts.total() - timing.median_secs).abs() <= 1e-9, "parts are those of the median");
                // How large the share is depends on the machine's other work, and decides nothing here.
                let share = timing.accounted;
                assert!(share > 0.0 && share <= 1.0, "{}: spans account for {share} of the wall clock", row.spec);
            }
            let gap: f64 = row.gap.labelled().iter().map(|(_, secs)| secs).sum();
            assert!((gap - row.gap.gap_secs).abs() <= 1e-9, "the gap's terms add up");
            let promised = row.dense.median_secs / row.flops_reduction;
            assert!((row.gap.promised_secs - promised).abs() <= 1e-9, "promised is dense time by FLOPs reduction");
        }
    }
}

#[test]
fn work_is_counted_by_the_closed_form() {
    let model = fixture_model("bert");
    let report =
        measure(&model, &shape(&model, 3, 10), &plan(&["dense", "first_k:retention=0.3,schedule=constant"], 1));
    let dense = 3 * cost::dense_macs(&model, 10);
    // One round in three of ten tokens stays from layer 1 on: ceil(0.3 * 10) = 3 of 10.
    let pruned = 3 * cost::schedule_macs(&model, 10, &[10, 3, 3]);
    for (row, macs) in report.rows.iter().zip([dense, pruned]) {
        assert_eq!((row.dense.work.macs(), row.pruned.work.macs()), (dense, macs), "{}", row.spec);
        assert!((row.flops_reduction - dense as f64 / macs as f64).abs() < 1e-12, "{}", row.spec);
        let layer = |attention: usize, feed_forward: usize| cost::model_layer_macs(&model, 0, attention, feed_forward);
        assert_eq!(row.dense.work.attention, 3 * 3 * layer(10, 0), "attention of three layers and texts");
        assert_eq!(row.dense.work.feed_forward, 3 * 3 * layer(0, 10), "feed-forward of three layers and texts");
    }
    assert_eq!(report.rows[1].pruned.rows_per_layer, [10.0, 10.0, 3.0], "rows that entered each layer");
    assert_eq!(report.rows[0].speedup.interval(), None, "one round gives no interval");
}

#[test]
fn padding_costs_time_but_counts_no_work() {
    let model = fixture_model("bert");
    let plan = Plan { layouts: Layout::ALL.to_vec(), ..plan(&["first_k:retention=0.5"], 1) };
    let report = measure(&model, &ragged([17, 20, 25, 30]), &plan);
    let [packed, padded] = &report.rows[..] else { panic!("one row for each layout") };
    assert_eq!(packed.dense.work, padded.dense.work, "the same outcomes");
    assert_eq!(packed.pruned.work, padded.pruned.work, "the same outcomes");
    // 17 + 20 + 25 + 30 = 92 rows of 4 * 30 = 120 in every layer.
    for row in [packed, padded] {
        assert!((row.dense.padding_share - 28.0 / 120.0).abs() < 1e-12, "got {}", row.dense.padding_share);
        assert!(row.pruned.padding_share > 0.0 && row.pruned.padding_share < 1.0, "got {}", row.pruned.padding_share);
    }
    let equal = measure(&model, &shape(&model, 4, 9), &plan);
    assert_eq!(equal.rows[0].dense.padding_share, 0.0, "texts of one length need no padding");
}

#[test]
fn a_masked_strategy_is_caught() {
    let model = fixture_model("bert");
    let specs = ["dense", "ltp:theta_final=0.5,protect=cls,removal=mask", "first_k:retention=0.4", "tome:r=2"];
    let report = measure(&model, &shape(&model, 2, 20), &plan(&specs, 1));
    let badges: Vec<Removal> = report.rows.iter().map(|row| row.removal).collect();
    assert_eq!(badges, [Removal::None, Removal::Masked, Removal::Removed, Removal::Merged], "read off the shapes");
    assert_eq!(report.rows[1].pruned.rows_per_layer, [20.0; 3], "masked rows are still computed");
    assert!(report.rows[1].flops_reduction <= 1.0, "and nothing is saved: {}", report.rows[1].flops_reduction);
}

#[test]
fn only_the_heads_rows_are_counted_where_only_they_are_computed() {
    let model = fixture_model("bert");
    let all = measure(&model, &shape(&model, 2, 12), &plan(&["dense"], 1));
    let head = Plan { head_rows_only: true, ..plan(&["dense"], 1) };
    let head = measure(&model, &shape(&model, 2, 12), &head);
    let saved = all.rows[0].dense.work.macs() - head.rows[0].dense.work.macs();
    // In the last layer 11 of 12 rows go without query, attention output and feed-forward block, and their attention.
    let shape = &model.config.shape;
    let (d, ff) = (shape.hidden as u64, shape.intermediate as u64);
    let expected = 2 * (11 * (2 * d * d + 2 * d * ff) + 2 * 11 * 12 * d);
    assert_eq!(saved, expected, "worked out from the layer's products");
    assert_eq!(head.rows[0].removal, Removal::None, "no token left");
}

#[test]
fn a_stop_keeps_finished_rounds_and_marks_them() {
    let model = fixture_model("bert");
    let cases = latency::shapes(&model, &[2], &[8, 9, 10]).unwrap();
    let ticket = Ticket::detached();
    let on_row = |row: &Measured| {
        if row.case.label() == "2 × 9" {
            ticket.cancel();
        }
    };
    let report = latency::measure(&ticket, &model, &cases, &plan(&["dense"], 3), &on_row).unwrap();
    let labels: Vec<String> = report.rows.iter().map(|row| row.case.label()).collect();
    assert_eq!(labels, ["2 × 8", "2 × 9"], "what was finished before the stop");
    assert!(report.partial, "and that something is missing");
    ticket.cancel();
    let nothing = latency::measure(&ticket, &model, &cases, &plan(&["dense"], 3), &|_| {}).unwrap();
    assert!(nothing.rows.is_empty() && nothing.partial, "stopped before anything");
}

#[test]
fn threads_and_time_are_those_of_the_plan() {
    let model = fixture_model("bert");
    let rounds = Rounds { at_least: 2, at_most: 5, time: Duration::from_hours(1) };
    let plan = Plan { threads: Some(1), rounds, ..plan(&["dense"], 1) };
    let report = measure(&model, &shape(&model, 1, 4), &plan);
    assert_eq!(report.machine.threads, 1, "a pool of its own");
    assert_eq!(report.rows[0].blocks.len(), 5, "an hour is more than five rounds need");
    let plan = Plan { rounds: Rounds { time: Duration::ZERO, ..rounds }, ..plan };
    assert_eq!(measure(&model, &shape(&model, 1, 4), &plan).rows[0].blocks.len(), 2, "no time, no more than needed");
}

#[test]
fn bad_plans_are_refused_before_anything_runs() {
    let model = fixture_model("bert");
    let too_long = latency::shapes(&model, &[1], &[64, 65]).unwrap_err();
    assert!(matches!(too_long, Error::TooLong { expected: 64, got: 65 }), "got {too_long}");
    let misfit = plan(&["power_bert:retentions=[1,0.5]"], 1);
    let refused = latency::measure(&Ticket::detached(), &model, &shape(&model, 1, 4), &misfit, &|_| {}).unwrap_err();
    assert!(matches!(refused, Error::Build { layers: 3, .. }), "got {refused}");
}

/// The figure says what every figure says of a method, and of the machine what the numbers rest on.
#[test]
fn the_figure_says_which_methods_only_score_and_where_it_was_measured() {
    let model = fixture_model("bert");
    let report = measure(&model, &shape(&model, 1, 8), &plan(&["ltp:theta_final=0.01", "tome:r=2"], MIN_BLOCKS));
    let basis = report.machine.summary();
    for part in [&report.machine.cpu, &report.machine.precision.to_owned(), &format!("{} of ", report.machine.threads)]
    {
        assert!(basis.contains(part.as_str()), "device, precision and threads: {part:?} in {basis:?}");
    }
    let notes = vec!["The machine was busy".to_owned()];
    let figure = latency_figure(&LatencyInput { rows: &report.rows, basis, notes, provenance: Default::default() });
    let Body::Speedups(chart) = &figure.body else { panic!("a latency figure") };
    let said = "Score only, no adaptation: ltp · theta final 0.01.";
    assert_eq!(chart.notes, ["The machine was busy", said], "in words below the rows");
    let rows: Vec<(&str, &str)> = chart.rows.iter().map(|row| (row.id.as_str(), row.note.as_str())).collect();
    assert_eq!(rows, [("dense", ""), ("ltp", "score only, no adaptation"), ("tome", "")], "and with its row");
    assert!(chart.rows[1].sentence().ends_with("score only, no adaptation"), "read aloud");
    let table = String::from_utf8(to_csv(&figure).unwrap()).unwrap();
    assert!(table.lines().nth(2).is_some_and(|line| line.ends_with(",\"score only, no adaptation\"")), "{table}");
}
