//! Strategies with trained weights: predictors against a straight evaluation in double precision, decisions by hand.

use prunescope::pruning::Action;
use prunescope::pruning::Decision;
use prunescope::pruning::LayerEvidence;
use prunescope::pruning::LayerInput;
use prunescope::pruning::Pruner;
use prunescope::pruning::SequencePruner;
use prunescope::pruning::StrategySpec;
use prunescope::pruning::dynamic_vit_layers;
use prunescope::pruning::tr_bert_layers;
use prunescope::tensor::ModelShape;
use std::sync::Arc;

use crate::strategy_support::example;
use crate::strategy_support::text;
use crate::support::weights::LEARNED;
use crate::support::weights::Named;
use crate::support::weights::folder;
use crate::support::weights::learned_spec;
use crate::support::weights::made_up;
use crate::support::weights::numbers;

const SHAPE: ModelShape =
    ModelShape { num_layers: 6, hidden: 16, num_heads: 2, head_dim: 8, intermediate: 32, reads_mean: false };
const TOKENS: usize = 13;

/// Weights in double precision.
struct Reference(Vec<Named>);

impl Reference {
    fn of(&self, name: &str) -> Vec<f64> {
        let found = self.0.iter().find(|tensor| tensor.name == name);
        let found = found.unwrap_or_else(|| panic!("{name} is not there"));
        found.values.iter().map(|&value| f64::from(value)).collect()
    }

    fn dense(&self, name: &str, row: &[f64]) -> Vec<f64> {
        let (weight, bias) = (self.of(&format!("{name}.weight")), self.of(&format!("{name}.bias")));
        let product = |out: usize| row.iter().zip(&weight[out * row.len()..]).map(|(x, w)| x * w).sum::<f64>();
        bias.iter().enumerate().map(|(out, bias)| product(out) + bias).collect()
    }

    fn norm(&self, name: &str, row: &[f64]) -> Vec<f64> {
        let (weight, bias) = (self.of(&format!("{name}.weight")), self.of(&format!("{name}.bias")));
        let mean = row.iter().sum::<f64>() / row.len() as f64;
        let variance = row.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / row.len() as f64;
        let scaled = row.iter().map(|x| (x - mean) / (variance + 1e-5).sqrt());
        scaled.zip(weight).zip(bias).map(|((x, w), b)| x * w + b).collect()
    }
}

fn gelu(row: Vec<f64>) -> Vec<f64> {
    row.into_iter().map(|x| 0.5 * x * (1.0 + candle_core::cpu::erf::erf_f64(x / 2.0_f64.sqrt()))).collect()
}

fn sigmoid(x: f64) -> f64 {
    1.0 / (1.0 + (-x).exp())
}

/// The rows of a text's states that go into a layer.
fn states(seed: u64) -> Vec<f32> {
    numbers(TOKENS * SHAPE.hidden, seed).into_iter().map(|value| 1.5 * value).collect()
}

fn rows(states: &[f32]) -> Vec<Vec<f64>> {
    states.chunks(SHAPE.hidden).map(|row| row.iter().map(|&value| f64::from(value)).collect()).collect()
}

fn all() -> Vec<u32> {
    (0..).take(TOKENS).collect()
}

fn build(spec: &StrategySpec) -> Arc<dyn Pruner> {
    spec.build(&SHAPE).unwrap_or_else(|err| panic!("{spec}: {err}"))
}

fn ask(sequence: &mut dyn SequencePruner, layer: usize, orig: &[u32], states: &[f32]) -> Decision {
    sequence.decide_on_input(&LayerInput { layer, orig, states })
}

/// Scores and survivors of a decision are what was worked out, and enough of both kinds were seen.
fn check(what: &str, decision: &Decision, expected: &[f64], stays: impl Fn(usize) -> bool) -> usize {
    assert_eq!(decision.importance.len(), expected.len(), "{what}: a score a row");
    for (row, (got, expected)) in decision.importance.iter().zip(expected).enumerate() {
        assert!((f64::from(*got) - expected).abs() < 2e-5, "{what}, row {row}: {got} instead of {expected}");
    }
    let kept: Vec<usize> = (0..expected.len()).filter(|&row| stays(row)).collect();
    match &decision.action {
        Action::KeepAll => assert_eq!(kept.len(), expected.len(), "{what}: all stay"),
        Action::Keep(rows) => assert_eq!(rows, &kept, "{what}: those stay"),
        other => panic!("{what}: {other:?}"),
    }
    kept.len()
}

#[test]
fn transkimmer_is_its_papers_network() {
    let reference = Reference(made_up("transkimmer", &SHAPE, 3));
    let pruner = build(&learned_spec("transkimmer", &SHAPE, 3, ""));
    let mut sequence = pruner.begin(&text(TOKENS));
    let mut kept = 0;
    for layer in 0..SHAPE.num_layers {
        assert!(pruner.decides_on_input(layer), "before every layer, the first one too");
        let states = states(layer as u64 + 50);
        let probability = |row: &Vec<f64>| {
            let name = |part: &str| format!("layers.{layer}.{part}");
            let inner = reference.dense(&name("dense"), &reference.norm(&name("norm_in"), row));
            let inner = gelu(reference.norm(&name("norm_out"), &inner));
            let out = reference.dense(&name("output"), &inner);
            out[1].exp() / (out[0].exp() + out[1].exp())
        };
        let mut expected: Vec<f64> = rows(&states).iter().map(probability).collect();
        expected[0] = 1.0;
        let decision = ask(&mut *sequence, layer, &all(), &states);
        kept += check(&format!("layer {layer}"), &decision, &expected, |row| expected[row] >= 0.5);
        assert_eq!(decision.threshold, Some(0.5), "the larger output");
    }
    assert!(kept > 10 && kept < 6 * TOKENS - 10, "{kept} of {} stay: both answers were seen", 6 * TOKENS);
    let each = 16 * 16 + 2 * 16;
    assert_eq!(pruner.input_macs(0, TOKENS, &SHAPE), 12 * each, "d^2 + 2 d for each token but the first");
    assert!(pruner.restores(), "a skipped token shows its last state");
}

#[test]
fn adapler_shares_out_and_compares_with_the_even_share() {
    let reference = Reference(made_up("adapler", &SHAPE, 4));
    let (eta, theta) = (reference.of("eta"), reference.of("theta"));
    for (settings, scale) in [("", 1.0), (",scale=0.6", 0.6)] {
        let pruner = build(&learned_spec("adapler", &SHAPE, 4, settings));
        let mut sequence = pruner.begin(&text(TOKENS));
        let mut kept = 0;
        for layer in 0..SHAPE.num_layers {
            let states = states(layer as u64 + 70);
            let logit = |row: &Vec<f64>| {
                let inner = gelu(reference.dense(&format!("layers.{layer}.hidden"), row));
                reference.dense(&format!("layers.{layer}.output"), &inner)[0]
            };
            let mut expected: Vec<f64> = rows(&states).iter().map(|row| logit(row).exp()).collect();
            let total: f64 = expected.iter().sum();
            expected = expected.iter().map(|share| share / total).collect();
            if layer > 0 {
                expected[0] *= theta[layer - 1].max(0.001);
                let total: f64 = expected.iter().sum();
                expected = expected.iter().map(|share| share / total).collect();
            }
            let threshold = scale * eta[layer] / TOKENS as f64;
            let decision = ask(&mut *sequence, layer, &all(), &states);
            let stays = |row: usize| row == 0 || expected[row] >= threshold;
            kept += check(&format!("layer {layer}, scale {scale}"), &decision, &expected, stays);
        }
        assert!(kept > 10 && kept < 6 * TOKENS - 10, "{kept} stay: both answers were seen");
        assert_eq!(pruner.input_macs(2, 5, &SHAPE), 5 * (32 * 16 + 32), "32 d + 32 for each token");
    }
}

#[test]
fn tr_bert_asks_its_policy_before_two_layers() {
    assert_eq!((tr_bert_layers(12), tr_bert_layers(6)), (vec![1, 6], vec![1, 3]), "1 and L / 2, as in the paper");
    assert_eq!((tr_bert_layers(3), tr_bert_layers(2), tr_bert_layers(1)), (vec![1, 2], vec![1], vec![]), "small ones");
    let reference = Reference(made_up("tr_bert", &SHAPE, 5));
    let pruner = build(&learned_spec("tr_bert", &SHAPE, 5, ""));
    let asks: Vec<usize> = (0..6).filter(|&layer| pruner.decides_on_input(layer)).collect();
    assert_eq!((asks, pruner.idle_layers()), (vec![1, 3], 1), "where the gates stand");
    let mut sequence = pruner.begin(&text(TOKENS));
    for (gate, layer) in [(0, 1), (1, 3)] {
        let states = states(layer as u64 + 90);
        let probability = |row: &Vec<f64>| {
            let inner = gelu(reference.dense(&format!("gates.{gate}.hidden"), row));
            sigmoid(reference.dense(&format!("gates.{gate}.output"), &inner)[0])
        };
        let expected: Vec<f64> = rows(&states).iter().map(probability).collect();
        let decision = ask(&mut *sequence, layer, &all(), &states);
        let kept = check(&format!("gate {gate}"), &decision, &expected, |row| row == 0 || expected[row] >= 0.5);
        assert!(kept > 1 && kept < TOKENS, "gate {gate}: {kept} stay: both answers were seen");
    }
}

#[test]
fn dynamic_vit_sees_every_token_beside_all_others() {
    assert_eq!(dynamic_vit_layers(12), [3, 6, 9], "as in the paper");
    assert_eq!((dynamic_vit_layers(6), dynamic_vit_layers(2)), (vec![1, 3, 4], vec![1]), "quarters of the depth");
    let reference = Reference(made_up("dynamic_vit", &SHAPE, 6));
    let pruner = build(&learned_spec("dynamic_vit", &SHAPE, 6, ",retention=0.6"));
    let mut sequence = pruner.begin(&text(TOKENS));
    // floor(12 * 0.6), floor(12 * 0.36), floor(12 * 0.216), and the first token.
    for (stage, (layer, count)) in [(1, 8), (3, 5), (4, 3)].into_iter().enumerate() {
        let states = states(layer as u64 + 30);
        let name = |part: &str| format!("stages.{stage}.{part}");
        let embed = |row: &Vec<f64>| gelu(reference.dense(&name("embed"), &reference.norm(&name("norm"), row)));
        let z: Vec<Vec<f64>> = rows(&states).iter().skip(1).map(embed).collect();
        let mean = |channel: usize| z.iter().map(|z| z[channel]).sum::<f64>() / z.len() as f64;
        let global: Vec<f64> = (8..16).map(mean).collect();
        let probability = |z: &Vec<f64>| {
            let both: Vec<f64> = z[..8].iter().chain(&global).copied().collect();
            let inner = gelu(reference.dense(&name("mix"), &both));
            let out = reference.dense(&name("output"), &gelu(reference.dense(&name("narrow"), &inner)));
            out[0].exp() / (out[0].exp() + out[1].exp())
        };
        let expected: Vec<f64> = std::iter::once(1.0).chain(z.iter().map(probability)).collect();
        let mut ranked: Vec<usize> = (1..TOKENS).collect();
        ranked.sort_by(|&a, &b| expected[b].total_cmp(&expected[a]));
        let decision = ask(&mut *sequence, layer, &all(), &states);
        let stays = |row: usize| row == 0 || ranked[..count - 1].contains(&row);
        assert_eq!(check(&format!("stage {stage}"), &decision, &expected, stays), count, "stage {stage}");
    }
    let each = 16 * 16 + 16 * 16 / 2 + 16 * 16 / 8 + 16 / 2;
    assert_eq!(pruner.input_macs(1, 10, &SHAPE), 9 * each, "the papers' own sum, for each token but the first");
}

#[test]
fn a_vit_stops_when_the_scores_of_a_token_add_up() {
    let reference = Reference(made_up("a_vit", &SHAPE, 7));
    let (direction, shift) = (reference.of("halting.weight"), reference.of("halting.bias"));
    let pruner = build(&learned_spec("a_vit", &SHAPE, 7, ",epsilon=0.1"));
    assert!(!pruner.decides_on_input(0) && pruner.decides_on_input(1), "nothing has been added up before layer 1");
    let mut sequence = pruner.begin(&text(TOKENS));
    let mut left = [1.0; TOKENS];
    let mut orig: Vec<u32> = all();
    for layer in 1..SHAPE.num_layers {
        let states = &states(layer as u64 + 10)[..orig.len() * SHAPE.hidden];
        for (row, &position) in rows(states).iter().zip(&orig) {
            let product: f64 = row.iter().zip(&direction).map(|(x, w)| x * w).sum();
            left[position as usize] -= sigmoid(product + shift[layer - 1]);
        }
        let expected: Vec<f64> = orig.iter().map(|&position| left[position as usize]).collect();
        let decision = ask(&mut *sequence, layer, &orig, states);
        let stays = |row: usize| orig[row] == 0 || expected[row] >= 0.1;
        check(&format!("layer {layer}"), &decision, &expected, stays);
        orig = (0..orig.len()).filter(|&row| stays(row)).map(|row| orig[row]).collect();
    }
    assert!(orig.len() > 1 && orig.len() < TOKENS, "{orig:?} are left: some stopped and some did not");
}

/// Weights of `top`: the open bins and gates of each layer.
fn top(bins: &[[f32; 4]], layers: &[f32]) -> StrategySpec {
    let tensors = [
        Named { name: "bins".to_owned(), shape: vec![bins.len(), 4], values: bins.concat() },
        Named { name: "layers".to_owned(), shape: vec![layers.len()], values: layers.to_vec() },
    ];
    let (_folder, path) = folder(&tensors, "top");
    StrategySpec::parse(&format!("top:pruner=@{}", path.display())).expect("a spec")
}

#[test]
fn top_keeps_the_open_ranks_of_the_layer_before() {
    let shape = ModelShape { num_layers: 3, hidden: 4, num_heads: 2, head_dim: 2, intermediate: 8, reads_mean: false };
    // strategies.md section 8: column means .2350 .1900 .2400 .1950 .1400, so that 2 > 3 > 1 > 4 without the first token.
    for (bins, expected) in [
        ([1.0, 1.0, 1.0, 0.0], vec![0, 1, 2, 3]),
        ([1.0, 0.0, 0.0, 0.0], vec![0, 2]),
        ([0.0, 1.0, 0.0, 1.0], vec![0, 3, 4]),
        ([0.0, 0.0, 0.0, 0.0], vec![0]),
    ] {
        let pruner = top(&[[1.0; 4], [1.0; 4], bins], &[1.0, 1.0, 1.0]).build(&shape).expect("it fits");
        assert_eq!(pruner.idle_layers(), 1, "attention of layer 1 is looked at");
        let mut sequence = pruner.begin(&text(5));
        let (evidence, orig) = (example(), [0, 1, 2, 3, 4]);
        let decided = sequence.decide(&LayerEvidence { layer: 1, orig: &orig, evidence: &evidence });
        assert_eq!(decided, Decision::keep_all(), "nothing happens after attention");
        let decision = ask(&mut *sequence, 2, &orig, &[0.0; 20]);
        assert_eq!(decision.action, Action::Keep(expected.clone()), "bins {bins:?}");
        for (got, expected) in decision.importance.iter().zip([0.2350, 0.1900, 0.2400, 0.1950, 0.1400]) {
            assert!((got - expected).abs() < 1e-6, "column means: {got} instead of {expected}");
        }
    }
    let closed = top(&[[0.0; 4], [0.0; 4], [1.0; 4]], &[1.0, 0.0, 1.0]).build(&shape).expect("it fits");
    assert_eq!(closed.idle_layers(), usize::MAX, "layer 0 has no attention before it, the gate of layer 1 is off");
}

#[test]
fn even_contributions_are_on_the_threshold_and_stay() {
    let mut tensors = made_up("adapler", &SHAPE, 1);
    for tensor in &mut tensors {
        tensor.values.fill(f32::from(u8::from(tensor.shape.len() == 1 && !tensor.name.contains('.'))));
    }
    let (_folder, path) = folder(&tensors, "adapler");
    let decide = |scale: f64| {
        let spec = StrategySpec::parse(&format!("adapler:scale={scale},pruner=@{}", path.display())).expect("a spec");
        ask(&mut *build(&spec).begin(&text(4)), 2, &[0, 1, 2, 3], &[1.0; 64])
    };
    let even = decide(1.0);
    assert_eq!((even.importance, even.action), (vec![0.25; 4], Action::KeepAll), "1/4 against 1/4");
    assert_eq!(decide(1.001).action, Action::Keep(vec![0]), "a little more, and only the first token is left");
}

#[test]
fn without_weights_the_way_to_them_is_named() {
    for id in LEARNED {
        let error = StrategySpec::parse(id).expect("a spec").build(&SHAPE).expect_err("no weights").to_string();
        let expected = format!("prunescope train --learn {id}");
        assert!(error.contains(&expected) && error.contains(&format!("{id}:pruner=@FILE")), "{error}");
    }
}

#[test]
fn weights_that_do_not_fit_are_refused_by_file_and_tensor() {
    for id in LEARNED {
        let tensors = made_up(id, &SHAPE, 2);
        let build = |tensors: &[Named], strategy: &str| {
            let (folder, path) = folder(tensors, strategy);
            let text = format!("{id}:pruner=@{}", path.display());
            let built = StrategySpec::parse(&text).and_then(|spec| spec.build(&SHAPE));
            drop(folder);
            built.map(|_| ()).map_err(|error| error.to_string())
        };
        assert_eq!(build(&tensors, id), Ok(()), "{id}: as they should be");
        for index in 0..tensors.len() {
            let name = &tensors[index].name;
            let mut fewer = tensors.clone();
            fewer.remove(index);
            let error = build(&fewer, id).expect_err("a tensor is missing");
            assert!(error.contains(&format!("{name:?}")) && error.contains("no such tensor"), "{id}: {error}");
            let mut longer = tensors.clone();
            longer[index].shape[0] += 1;
            let row = longer[index].shape[1..].iter().product::<usize>();
            longer[index].values.extend(std::iter::repeat_n(0.0, row));
            let error = build(&longer, id).expect_err("a tensor is too long");
            let shape = format!("got {:?}", longer[index].shape);
            assert!(error.contains(&format!("{name:?}")) && error.contains(&shape), "{id}: {error}");
            assert!(error.contains("pruner.safetensors"), "{id}: the file: {error}");
            let mut broken = tensors.clone();
            broken[index].values[0] = f32::NAN;
            let error = build(&broken, id).expect_err("a number that is none");
            assert!(error.contains(&format!("{name:?}")) && error.contains("NaN as number 1"), "{id}: {error}");
        }
        let error = build(&tensors, "another").expect_err("made for another");
        assert!(error.contains(id) && error.contains("\"another\""), "{error}");
    }
    let (_folder, path) = folder(&[], "transkimmer");
    std::fs::write(&path, "no weights").expect("a file");
    let error = StrategySpec::parse(&format!("transkimmer:pruner=@{}", path.display())).expect_err("no safetensors");
    assert!(
        error.to_string().contains("no safetensors file") && error.to_string().contains("pruner.safetensors"),
        "{error}"
    );
    let error = StrategySpec::parse("transkimmer:pruner=7").expect_err("no file").to_string();
    assert!(error.contains("@FILE.safetensors"), "{error}");
}

#[test]
fn a_policy_folder_holds_its_weights() {
    for id in LEARNED {
        let (folder, path) = folder(&made_up(id, &SHAPE, 2), id);
        let policy = format!("{{\"schema\": 1, \"spec\": \"{id}:pruner=@pruner.safetensors\"}}");
        std::fs::write(folder.path().join("policy.json"), policy).expect("a file");
        let own = StrategySpec::parse(&format!("{id}:pruner=@{}", path.display())).expect("a spec");
        for written in [folder.path().to_owned(), folder.path().join("policy.json")] {
            let read = StrategySpec::parse_or_read(&format!("@{}", written.display())).expect("a policy");
            assert_eq!(read, own, "{id}: found beside the policy, known by content");
        }
        let direct = StrategySpec::parse(&format!("{id}:pruner=@{}", folder.path().display())).expect("a folder");
        assert_eq!(direct, own, "{id}: the folder stands for the weights in it");
        let text = own.to_string();
        assert!(text.contains("pruner=@sha256:") && !text.contains("safetensors"), "{id}: no path in {text}");
        assert_eq!(StrategySpec::parse(&own.with_paths()).expect("with paths"), own, "{id}");
    }
}
