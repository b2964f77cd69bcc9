//! What drawn samples are statements about, by simulation.

use prunescope::data::Dataset;
use prunescope::data::DatasetIndex;
use prunescope::data::DrawOrder;
use prunescope::data::Example;
use prunescope::metrics;
use prunescope::metrics::Clustering;

/// Clusters of one to nine rows, sorted by label. Three of four clusters are wholly right or wholly wrong, more of label
/// one than of label zero, and large ones more often than small ones.
struct Population {
    index: DatasetIndex,
    right: Vec<bool>,
}

fn population() -> Population {
    let (mut examples, mut right) = (Vec::new(), Vec::new());
    for cluster in 0..400_usize {
        let label = usize::from(cluster < 150);
        let size = 1 + (cluster * 7) % 9;
        let is_right = (cluster * 37 + 11) % 100 < 45 + 20 * label + 3 * size;
        for row in 0..size {
            let example = Example {
                id: String::new(),
                content: "x".into(),
                label: Some(label.to_string()),
                groups: Vec::new(),
                cluster: Some(cluster.to_string()),
            };
            examples.push(example);
            right.push(if cluster % 4 == 0 { (row + cluster) % 3 > 0 } else { is_right });
        }
    }
    let cluster_column = Some("cluster".to_owned());
    let rows = examples.len();
    Population { index: DatasetIndex::of(&Dataset { examples, cluster_column, ..Dataset::default() }, rows), right }
}

#[test]
fn rates_of_drawn_samples_center_on_the_file_and_their_intervals_cover_it() {
    let Population { index, right } = population();
    let rate_of = |rows: &[u32]| rows.iter().filter(|&&row| right[row as usize]).count() as f64 / rows.len() as f64;
    let truth = rate_of(DrawOrder::new(&index, 0).rows());
    for wanted in [300, 900] {
        let (mut rates, mut covered) = (Vec::new(), 0);
        for seed in 0..400 {
            let order = DrawOrder::new(&index, seed);
            let drawn = &order.rows()[..order.prefix(wanted)];
            let clustering = Clustering::of(drawn.iter().map(|&row| index.cluster(row as usize).unwrap()));
            let sums = clustering.sums(drawn.iter().map(|&row| Some(i64::from(right[row as usize]))));
            let estimate = metrics::clustered_rate(&sums);
            let rate = estimate.value().unwrap();
            assert!((rate - rate_of(drawn)).abs() < 1e-12, "a plain rate, without weights");
            let (low, high) = estimate.interval().unwrap();
            covered += usize::from(low <= truth && truth <= high);
            rates.push(rate);
        }
        let mean = rates.iter().sum::<f64>() / rates.len() as f64;
        let sd = (rates.iter().map(|rate| (rate - mean).powi(2)).sum::<f64>() / rates.len() as f64).sqrt();
        // The mean of 400 draws is known to sd / 20.
        assert!((mean - truth).abs() < 4.0 * sd / 20.0 + 0.003, "{wanted} rows: mean {mean}, sd {sd}, file {truth}");
        let share = f64::from(u32::try_from(covered).unwrap()) / 400.0;
        assert!(share > 0.93, "{wanted} rows: {share} of the 95% intervals hold the file's rate");
    }
    let first: Vec<u32> = (0..300).collect();
    assert!((rate_of(&first) - truth).abs() > 0.05, "the first rows of this file mislead: {}", rate_of(&first));
}
