//! candle's `BertModel` on the sample model's weights, at the shapes of `benches/dense.rs`: what the engine is compared with.
//!
//! Throughput is in FLOPs of useful work.

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
use prunescope::latency::shapes;
use prunescope::model::Checkpoint;
use prunescope::model::SAMPLE_MODEL;
use prunescope::model::find_model;
use std::hint::black_box;

const SHAPES: [(usize, usize); 6] = [(1, 32), (1, 128), (1, 512), (32, 32), (32, 128), (8, 512)];

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
        let texts = shapes(&checkpoint.model, &[batch], &[tokens]).expect("texts that fit the model").remove(0).batches;
        let ids: Vec<u32> = texts[0].iter().flat_map(|text| text.units.iter().map(|token| token.id)).collect();
        let ids = Tensor::from_vec(ids, (batch, tokens), &Device::Cpu).expect("ids");
        let types = ids.zeros_like().expect("types");
        group.throughput(Throughput::Elements(2 * batch as u64 * dense_macs(&checkpoint.model, tokens)));
        group.bench_function(BenchmarkId::from_parameter(format!("{batch}x{tokens}")), |bencher| {
            bencher.iter(|| model.forward(black_box(&ids), &types, None).expect("a pass"));
        });
    }
    group.finish();
}

criterion_group! {
    name = benches;
    config = Criterion::default().sample_size(10).warm_up_time(std::time::Duration::from_millis(500)).measurement_time(std::time::Duration::from_secs(2));
    targets = candle
}
criterion_main!(benches);
