//! `power_bert`: how many tokens each layer keeps, found by a soft extract.
//!
//! Goyal et al. 2020, "PoWER-BERT: Accelerating BERT Inference via Progressive Word-vector Elimination", ICML, section 3.
//! <https://arxiv.org/abs/2001.08950>
//!
//! A token of rank `r` by attention received from others passes layer `l` with the weight `w_l[r]`, from 0 to 1; a penalty on
//! the weights, larger in deeper layers, makes them small where they do not matter. What they sum up to is the configuration.

use candle_core::DType;
use candle_core::Tensor;
use candle_core::Var;

use crate::training::Error;
use crate::training::Gate;
use crate::training::Group;
use crate::training::LayerView;
use crate::training::Learned;
use crate::training::Method;
use crate::training::MethodInfo;
use crate::training::Mode;
use crate::training::Setting;
use crate::training::Setup;
use crate::training::Step;
use crate::training::StepLoss;
use crate::training::error::at;

pub(super) const INFO: MethodInfo = MethodInfo {
    id: "power_bert",
    name: "PoWER-BERT",
    summary: "How many tokens each layer keeps, found by weights on their ranks (the configuration search)",
    paper: "Goyal et al., PoWER-BERT: Accelerating BERT Inference via Progressive Word-vector Elimination, ICML 2020",
    url: "https://arxiv.org/abs/2001.08950",
    deviations: "ranks are relative to the text's length, in 32 steps, so that the result is a share for every length; a \
                 weight counts the token as a key instead of scaling its state; the first token stays; the model is not \
                 trained before or after the search",
    modes: &[Mode::Frozen],
    epochs: 2,
    backbone_rate: 2e-5,
    settings: &[
        Setting { name: "lambda", default: 0.3, min: 0.0, max: 100.0, doc: "Weight of the penalty" },
        Setting { name: "rate", default: 0.01, min: 0.0, max: 10.0, doc: "Learning rate of the weights" },
        Setting {
            name: "distill",
            default: 0.5,
            min: 0.0,
            max: 1.0,
            doc: "Share of the task loss that is the distance from the dense model instead of from the labels",
        },
    ],
    needs_teacher: true,
    build,
};

/// Steps of relative rank.
const RANKS: usize = 32;

struct PowerBert {
    /// Shape: `[layers, RANKS]`.
    weights: Var,
    lambda: f64,
    rate: f64,
    distill: f64,
    layers: usize,
}

fn build(setup: &Setup<'_>) -> Result<Box<dyn Method>, Error> {
    let layers = setup.model.num_layers();
    let ones = Tensor::ones((layers, RANKS), DType::F32, setup.model.device());
    Ok(Box::new(PowerBert {
        weights: ones.and_then(|ones| Var::from_tensor(&ones)).map_err(at("the weights of ranks"))?,
        lambda: setup.settings.get("lambda"),
        rate: setup.settings.get("rate"),
        distill: setup.settings.get("distill"),
        layers,
    }))
}

struct Extract<'a> {
    method: &'a PowerBert,
}

impl Gate for Extract<'_> {
    fn after(&mut self, view: &LayerView<'_>) -> Result<Option<Tensor>, Error> {
        let (Some(scores), Some(diagonal)) = (view.scores, view.diagonal) else { return Ok(None) };
        let gates = || {
            let from_others: Vec<f32> = (scores - diagonal)?.to_vec1()?;
            let steps = Tensor::from_vec(steps(&from_others, view), view.batch.rows(), scores.device())?;
            let gates = self.method.weights.get(view.layer)?.index_select(&steps, 0)?;
            view.batch.opened(&gates, &view.batch.firsts())
        };
        gates().map(Some).map_err(at("the gates"))
    }
}

/// The step of each row's rank in its text: the most attended token has rank 0, of equals the first. Shape: `[rows]`.
fn steps(scores: &[f32], view: &LayerView<'_>) -> Vec<u32> {
    let mut steps = vec![0; scores.len()];
    for range in view.batch.bounds().ranges() {
        let tokens = range.len();
        let mut order: Vec<usize> = range.collect();
        order.sort_by(|&one, &other| scores[other].total_cmp(&scores[one]).then(one.cmp(&other)));
        for (rank, row) in order.into_iter().enumerate() {
            steps[row] = u32::try_from(rank * RANKS / tokens).unwrap_or(0);
        }
    }
    steps
}

impl PowerBert {
    /// `sum_l l mean_r w_l[r] / sum_l l` with `l` from 1.
    fn penalty(&self) -> candle_core::Result<Tensor> {
        let depths: Vec<f32> = (1..=self.layers).map(|layer| layer as f32).collect();
        let all: f32 = depths.iter().sum();
        let depths = Tensor::from_vec(depths, self.layers, self.weights.device())?;
        (self.weights.mean(1)? * depths)?.sum_all()? / f64::from(all)
    }
}

impl Method for PowerBert {
    fn groups(&self) -> Vec<Group> {
        let variables = vec![("ranks".to_owned(), self.weights.clone())];
        vec![Group { name: "ranks", variables, learning_rate: self.rate, weight_decay: 0.0 }]
    }

    fn loss(&mut self, step: &mut Step<'_>) -> Result<StepLoss, Error> {
        let run = step.model.run_batch(step.texts, &mut Extract { method: self })?;
        let task = step.mixed_loss(&run.logits, self.distill)?;
        let penalty = self.penalty().map_err(at("the penalty"))?;
        StepLoss::sum(&task, Some((&penalty, self.lambda)))
    }

    fn after_step(&mut self) -> Result<(), Error> {
        let clamped = self.weights.as_tensor().clamp(0.0, 1.0).map_err(at("the weights of ranks"))?;
        self.weights.set(&clamped).map_err(at("the weights of ranks"))
    }

    /// The mean weight of each layer, forced not to rise.
    fn learned(&self) -> Result<Learned, Error> {
        let means: Vec<f32> =
            self.weights.mean(1).and_then(|means| means.to_vec1()).map_err(at("the weights of ranks"))?;
        let mut most = 1.0_f32;
        let falling = means.iter().map(|&mean| {
            // Nothing is kept of a text only where no token is, which is no retention.
            most = most.min(mean).max(1e-3);
            most.to_string()
        });
        let list = falling.collect::<Vec<_>>().join(",");
        Ok(Learned { spec: format!("power_bert:retentions=[{list}],protect=cls"), tensors: Vec::new() })
    }
}
