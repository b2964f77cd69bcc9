//! How fast is a dense pass, and does pruning pay? `MiniLM`-L6 shapes; candle's `BertModel` on the same weights beside it.
//!
//! Throughput is in FLOPs of useful work: the dense pass's for dense, the counted ones for pruned runs.

#![expect(clippy::cast_possible_truncation, reason = "made-up token ids below 21,000")]

use candle_core::DType;
use candle_core::Device;
use candle_core::Tensor;
use candle_nn::VarBuilder;
use candle_transformers::models::bert::BertModel;
use candle_transformers::models::bert::Config;
use criterion::BenchmarkId;
use criterion::Criterion;
use criterion::Throughput;
use criterion::criterion_group;
use criterion::criterion_main;
use prunescope::cost::dense_macs;
use prunescope::engine::RunDetail;
use prunescope::engine::run;
use prunescope::jobs::Ticket;
use prunescope::model::Checkpoint;
use prunescope::model::Encoded;
use prunescope::model::SAMPLE_MODEL;
use prunescope::model::Token;
use prunescope::model::find_model;
use prunescope::pruning::Pruner;
use prunescope::pruning::StrategySpec;
use std::hint::black_box;
use std::sync::Arc;

const SHAPES: [(usize, usize); 6] = [(1, 32), (1, 128), (1, 512), (32, 32), (32, 128), (8, 512)];

fn texts(batch: usize, tokens: usize) -> Vec<Encoded> {
    let token = |id: u32| Token { id, piece: String::new(), start: 0, end: 0, segment: 0, special: false, word: None };
    let id = |sequence: usize, index: usize| 1000 + ((sequence * 7919 + index * 104_729) % 20_000) as u32;
    let text = |sequence: usize| {
        let mut tokens: Vec<Token> = (0..tokens).map(|index| token(id(sequence, index))).collect();
        tokens[0].special = true;
        Encoded { text: Arc::from(""), text_pair: None, full_length: tokens.len(), tokens }
    };
    (0..batch).map(text).collect()
}

fn strategy(spec: &str, checkpoint: &Checkpoint) -> Arc<dyn Pruner> {
    let spec = StrategySpec::parse(spec).expect("a known strategy");
    spec.build(&checkpoint.model.config.shape).expect("a strategy that fits the model")
}

fn dense(criterion: &mut Criterion) {
    let checkpoint = Checkpoint::load(&find_model(SAMPLE_MODEL).expect("the sample model")).expect("it loads");
    let pruner = strategy("dense", &checkpoint);
    let mut group = criterion.benchmark_group("dense");
    for (batch, tokens) in SHAPES {
        let texts = texts(batch, tokens);
        let refs: Vec<&Encoded> = texts.iter().collect();
        group.throughput(Throughput::Elements(2 * batch as u64 * dense_macs(&checkpoint.model, tokens)));
        group.bench_function(BenchmarkId::from_parameter(format!("{batch}x{tokens}")), |bencher| {
            bencher.iter(|| {
                run(&Ticket::detached(), &checkpoint.model, black_box(&refs), &*pruner, RunDetail::Counts)
                    .expect("a run")
            });
        });
    }
    group.finish();
}

fn candle(criterion: &mut Criterion) {
    let folder = find_model(SAMPLE_MODEL).expect("the sample model");
    let checkpoint = Checkpoint::load(&folder).expect("it loads");
    let config = std::fs::read_to_string(folder.join("config.json")).expect("a configuration");
    let config: Config = serde_json::from_str(&config).expect("a BERT configuration");
    let weights = std::fs::read(folder.join("model.safetensors")).expect("the weights");
    let weights = VarBuilder::from_buffered_safetensors(weights, DType::F32, &Device::Cpu).expect("safetensors");
    let model = BertModel::load(weights, &config).expect("a BERT model");
    let mut group = criterion.benchmark_group("candle");
    for (batch, tokens) in SHAPES {
        let ids: Vec<u32> =
            texts(batch, tokens).iter().flat_map(|text| text.tokens.iter().map(|token| token.id)).collect();
        let ids = Tensor::from_vec(ids, (batch, tokens), &Device::Cpu).expect("ids");
        let types = ids.zeros_like().expect("types");
        group.throughput(Throughput::Elements(2 * batch as u64 * dense_macs(&checkpoint.model, tokens)));
        group.bench_function(BenchmarkId::from_parameter(format!("{batch}x{tokens}")), |bencher| {
            bencher.iter(|| model.forward(black_box(&ids), &types, None).expect("a pass"));
        });
    }
    group.finish();
}

fn pruned(criterion: &mut Criterion) {
    let checkpoint = Checkpoint::load(&find_model(SAMPLE_MODEL).expect("the sample model")).expect("it loads");
    let mut group = criterion.benchmark_group("pruned");
    for (batch, tokens) in [(1, 128), (32, 128)] {
        let texts = texts(batch, tokens);
        let refs: Vec<&Encoded> = texts.iter().collect();
        for spec in [
            "power_bert:retention=0.5",
            "power_bert:retention=0.25",
            "ltp",
            "spatten",
            "entropy",
            "ats",
            "tome",
            "evit",
        ] {
            let pruner = strategy(spec, &checkpoint);
            let outcomes =
                run(&Ticket::detached(), &checkpoint.model, &refs, &*pruner, RunDetail::Counts).expect("a run");
            group
                .throughput(Throughput::Elements(2 * outcomes.iter().map(|outcome| outcome.trace.macs()).sum::<u64>()));
            group.bench_function(BenchmarkId::new(spec, format!("{batch}x{tokens}")), |bencher| {
                bencher.iter(|| {
                    run(&Ticket::detached(), &checkpoint.model, black_box(&refs), &*pruner, RunDetail::Counts)
                        .expect("a run")
                });
            });
        }
    }
    group.finish();
}

criterion_group! {
    name = benches;
    config = Criterion::default().sample_size(10).warm_up_time(std::time::Duration::from_millis(500)).measurement_time(std::time::Duration::from_secs(2));
    targets = dense, candle, pruned
}
criterion_main!(benches);
