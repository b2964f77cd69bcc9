//! `tr_bert`: a policy before two layers, learned by reinforcement.
//!
//! Ye et al. 2021, "TR-BERT: Dynamic Token Reduction for Accelerating BERT Inference", NAACL, section 3.
//! <https://arxiv.org/abs/2105.11618>
//!
//! Eight times a text is run under actions that are drawn from the policy, the first token always kept. The reward is minus the
//! cross entropy and `alpha` times the share of tokens left, the mean over the gates; what a run got beyond the mean of its
//! text's eight is multiplied with minus the log-probability of its actions. In the first `guide` of the steps one of the
//! eight runs keeps instead the best tokens by guide scores, as many as the policy would: what the loss would change, to
//! first order, if a token's deep state were its state at the gate. In joint mode the second half of the epochs trains the
//! model too, towards the answers of the dense model.

use candle_core::D;
use candle_core::DType;
use candle_core::Tensor;
use candle_core::Var;

use crate::evaluation::Answer;
use crate::input::Sequence;
use crate::pruning::tr_bert_layers;
use crate::training::BatchRun;
use crate::training::Error;
use crate::training::Gate;
use crate::training::Group;
use crate::training::LayerView;
use crate::training::Learned;
use crate::training::Method;
use crate::training::MethodInfo;
use crate::training::Mode;
use crate::training::Objective;
use crate::training::PackedBatch;
use crate::training::Setting;
use crate::training::Setup;
use crate::training::Step;
use crate::training::StepLoss;
use crate::training::batches::uniform;
use crate::training::error::at;
use crate::training::losses;
use crate::training::methods::predictor::Maker;
use crate::training::methods::predictor::SoftTwoLayers;
use crate::training::methods::predictor::alive_rows;
use crate::training::methods::predictor::mask;
use crate::training::methods::predictor::named;
use crate::training::ops::sigmoid;
use crate::training::scalar;

pub(super) const INFO: MethodInfo = MethodInfo {
    id: "tr_bert",
    name: "TR-BERT",
    summary: "A policy before two layers, learned by reinforcement from eight runs of each text",
    paper: "Ye et al., TR-BERT: Dynamic Token Reduction for Accelerating BERT Inference, NAACL 2021",
    url: "https://arxiv.org/abs/2105.11618",
    deviations: "lengths count against each text's own instead of the padded one; guide scores are taken where the feed-forward \
                 block of a layer begins, three quarters up, at every step of the warm-up",
    modes: &[Mode::Frozen],
    epochs: 3,
    backbone_rate: 3e-5,
    settings: &[
        Setting { name: "alpha", default: 1.0, min: 0.0, max: 100.0, doc: "Weight of the tokens left in the reward" },
        Setting { name: "rollouts", default: 8.0, min: 2.0, max: 64.0, doc: "Times that each text is run" },
        Setting { name: "guide", default: 0.5, min: 0.0, max: 1.0, doc: "Share of the steps with a guided run" },
        Setting { name: "start", default: 1.5, min: -10.0, max: 10.0, doc: "Bias with which the policy begins" },
        Setting { name: "rate", default: 1e-3, min: 0.0, max: 1.0, doc: "Learning rate of the policy" },
    ],
    needs_teacher: true,
    build,
};

/// Share of the epochs, in joint mode, in which the policy alone is trained.
const POLICY_ALONE: f64 = 0.5;

/// How deep the states are that guide scores start from.
const GUIDE_DEPTH: f64 = 0.75;

pub(super) struct TrBert {
    /// With the layer that each stands before.
    gates: Vec<(usize, SoftTwoLayers)>,
    variables: Vec<(String, Var)>,
    layers: usize,
    alpha: f64,
    rollouts: usize,
    guide: f64,
    rate: f64,
    /// Epochs from this one on train the model too.
    joint_from: usize,
    trains_model: bool,
}

fn build(setup: &Setup<'_>) -> Result<Box<dyn Method>, Error> {
    Ok(Box::new(TrBert::new(setup).map_err(at("the policy"))?))
}

impl TrBert {
    pub(super) fn new(setup: &Setup<'_>) -> candle_core::Result<Self> {
        let settings = setup.settings;
        let mut maker = Maker::new(setup.seed);
        let gates = tr_bert_layers(setup.shape.num_layers).into_iter().enumerate().map(|(gate, layer)| {
            let policy = maker.two_layers(&format!("gates.{gate}"), setup.shape.hidden)?;
            #[expect(clippy::cast_possible_truncation, reason = "weights are f32")]
            policy.bias().set(&Tensor::new(&[settings.get("start") as f32], policy.bias().device())?)?;
            Ok((layer, policy))
        });
        let gates = gates.collect::<candle_core::Result<_>>()?;
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "small counts")]
        let (rollouts, alone) =
            (settings.get("rollouts") as usize, (setup.epochs as f64 * POLICY_ALONE).ceil() as usize);
        Ok(Self {
            gates,
            variables: maker.finish(),
            layers: setup.shape.num_layers,
            alpha: settings.get("alpha"),
            rollouts,
            guide: settings.get("guide"),
            rate: settings.get("rate"),
            joint_from: if setup.mode == Mode::Joint { alone } else { usize::MAX },
            trains_model: false,
        })
    }
}

/// How actions are chosen.
enum Choice<'a, 'b> {
    /// Drawn; of the first so many texts, by guide scores.
    Drawn { step: &'a mut Step<'b>, guided: Option<&'a Guides> },
    /// As the strategy does.
    #[cfg(test)]
    Likelier,
}

/// Guide scores of the texts, gate by gate. Shape: `[gates]` of `[rows]`.
struct Guides(Vec<Vec<f32>>);

/// Actions of a policy, and how likely they were.
pub(super) struct Gates<'a, 'b, 'c> {
    method: &'a TrBert,
    choice: Choice<'b, 'c>,
    /// Minus the log-probability of a text's actions, the mean over tokens that were there, summed over gates. Shape:
    /// `[texts]`.
    surprise: Option<Tensor>,
}

#[cfg(test)]
impl<'a> Gates<'a, '_, '_> {
    pub(super) fn likelier(method: &'a TrBert) -> Self {
        Self { method, choice: Choice::Likelier, surprise: None }
    }
}

impl Gate for Gates<'_, '_, '_> {
    fn before(&mut self, view: &LayerView<'_>) -> Result<Option<Tensor>, Error> {
        let Some(gate) = self.method.gates.iter().position(|(layer, _)| *layer == view.layer) else { return Ok(None) };
        self.gates(gate, view).map(Some).map_err(at("the policy"))
    }
}

impl Gates<'_, '_, '_> {
    fn gates(&mut self, gate: usize, view: &LayerView<'_>) -> candle_core::Result<Tensor> {
        let logits = self.method.gates[gate].1.apply(&view.states.detach())?;
        let likely: Vec<f32> = sigmoid(&logits)?.to_dtype(DType::F32)?.to_vec1()?;
        let alive = alive_rows(view)?;
        let mut kept = match &mut self.choice {
            #[cfg(test)]
            Choice::Likelier => likely.iter().map(|&likely| likely >= 0.5).collect(),
            Choice::Drawn { step, guided } => {
                let mut kept: Vec<bool> =
                    likely.iter().map(|&likely| uniform(step.random) < f64::from(likely)).collect();
                if let Some(Guides(scores)) = guided {
                    follow(view.batch, &scores[gate], (&likely, &alive), &mut kept);
                }
                kept
            }
        };
        for (row, position) in view.batch.positions().enumerate() {
            kept[row] |= position == 0;
        }
        let kept = mask(&kept, view.states)?;
        let surprise = surprise(view.batch, &logits, &kept, &alive)?;
        self.surprise = Some(match self.surprise.take() {
            Some(sum) => (sum + surprise)?,
            None => surprise,
        });
        Ok(kept)
    }
}

/// In the texts that have guide scores, the best tokens by them, as many as the policy expects to keep. Shape: `[rows]` each;
/// `scores` are those of the first rows.
fn follow(batch: &PackedBatch, scores: &[f32], (likely, alive): (&[f32], &[bool]), kept: &mut [bool]) {
    for range in batch.bounds().ranges().take_while(|range| range.end <= scores.len()) {
        let mut rows: Vec<usize> = range.skip(1).filter(|&row| alive[row]).collect();
        let expected: f64 = rows.iter().map(|&row| f64::from(likely[row])).sum();
        rows.sort_by(|&a, &b| scores[b].total_cmp(&scores[a]).then(a.cmp(&b)));
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a count of tokens")]
        let count = expected.round() as usize;
        for (place, row) in rows.into_iter().enumerate() {
            kept[row] = place < count;
        }
    }
}

/// `-[d ln p + (1 - d) ln(1 - p)]` of each text's actions, the mean over tokens that were there. Shape: `[texts]`.
fn surprise(batch: &PackedBatch, logits: &Tensor, kept: &Tensor, alive: &[bool]) -> candle_core::Result<Tensor> {
    // ln p = -softplus(-x), ln(1 - p) = -softplus(x).
    let softplus = |x: &Tensor| x.relu()? + (x.abs()?.neg()?.exp()? + 1.0)?.log()?;
    let of_rows = ((kept * softplus(&logits.neg()?)?)? + (kept.affine(-1.0, 1.0)? * softplus(logits)?)?)?;
    // The first token is no choice.
    let chosen: Vec<bool> = batch.positions().zip(alive).map(|(position, &alive)| alive && position > 0).collect();
    let chosen = mask(&chosen, logits)?;
    let counts = batch.sum_by_text(&chosen)?.maximum(1.0)?;
    batch.sum_by_text(&(of_rows * chosen)?)? / counts
}

/// Adds a variable of zeros where a layer's feed-forward block begins, so that the loss has a gradient there.
struct Probe {
    layers: Vec<usize>,
    deep: usize,
    zeros: Option<Var>,
    deep_states: Option<Tensor>,
    /// Inputs of the gates' layers.
    states: Vec<Tensor>,
}

impl Gate for Probe {
    fn before(&mut self, view: &LayerView<'_>) -> Result<Option<Tensor>, Error> {
        if self.layers.contains(&view.layer) {
            self.states.push(view.states.detach());
        }
        Ok(None)
    }

    fn change(&mut self, view: &LayerView<'_>) -> Result<Option<Tensor>, Error> {
        if view.layer != self.deep {
            return Ok(None);
        }
        let zeros = view.states.zeros_like().and_then(|zeros| Var::from_tensor(&zeros)).map_err(at("guide scores"))?;
        let states = (view.states.detach() + zeros.as_tensor()).map_err(at("guide scores"))?;
        self.zeros = Some(zeros);
        self.deep_states = Some(view.states.detach());
        Ok(Some(states))
    }
}

impl TrBert {
    /// `|<dLoss/dh, h - h_t>|` for each gate's layer `t`, with `h` deep in the model.
    fn guides(&self, step: &Step<'_>) -> Result<Guides, Error> {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a layer")]
        let deep = ((self.layers as f64 * GUIDE_DEPTH) as usize).min(self.layers - 1);
        let layers = self.gates.iter().map(|(layer, _)| *layer).collect();
        let mut probe = Probe { layers, deep, zeros: None, deep_states: None, states: Vec::new() };
        let run = step.model.run_batch(step.texts, &mut probe)?;
        let gradients = step.task_loss(&run.logits)?.backward().map_err(at("guide scores"))?;
        let (Some(zeros), Some(deep)) = (probe.zeros, probe.deep_states) else { return Ok(Guides(Vec::new())) };
        let of_gate = |states: &Tensor| {
            let Some(gradient) = gradients.get(zeros.as_tensor()) else { return deep.zeros_like()?.sum(D::Minus1) };
            (gradient * (&deep - states)?)?.sum(D::Minus1)?.abs()
        };
        let scores = probe.states.iter().map(|states| of_gate(states)?.to_dtype(DType::F32)?.to_vec1());
        Ok(Guides(scores.collect::<candle_core::Result<_>>().map_err(at("guide scores"))?))
    }

    /// What each run got: minus its loss and `alpha` times the share of tokens left. Shape: `[runs]`.
    fn rewards(&self, step: &Step<'_>, run: &BatchRun, answers: &[&Answer]) -> Result<Vec<f64>, Error> {
        let logits = run.logits.detach();
        let loss = |(text, answer): (usize, &&Answer)| {
            let logits = logits.narrow(0, text, 1).map_err(at("the reward"))?;
            scalar(&losses::task(&logits, &[*answer], step.head)?)
        };
        let losses = answers.iter().enumerate().map(loss).collect::<Result<Vec<_>, Error>>()?;
        let left = self.left(run).map_err(at("the reward"))?;
        Ok(losses.into_iter().zip(left).map(|(loss, left)| -loss - self.alpha * left).collect())
    }

    /// The share of each text's tokens after a gate, the mean over gates. Shape: `[texts]`.
    fn left(&self, run: &BatchRun) -> candle_core::Result<Vec<f64>> {
        let even = run.batch.even_share(run.logits.dtype())?;
        let mut sums = vec![0.0; run.batch.texts()];
        for (layer, _) in &self.gates {
            let shares = run.batch.sum_by_text(&(run.entering[*layer].detach() * &even)?)?;
            for (sum, share) in sums.iter_mut().zip(shares.to_dtype(DType::F64)?.to_vec1::<f64>()?) {
                *sum += share / self.gates.len() as f64;
            }
        }
        Ok(sums)
    }
}

impl Method for TrBert {
    fn groups(&self) -> Vec<Group> {
        let variables = self.variables.clone();
        vec![Group { name: "policy", variables, learning_rate: self.rate, weight_decay: 0.01 }]
    }

    fn begin_epoch(&mut self, epoch: usize) -> Result<(), Error> {
        self.trains_model = epoch >= self.joint_from;
        Ok(())
    }

    fn loss(&mut self, step: &mut Step<'_>) -> Result<StepLoss, Error> {
        let is_guided = (step.step as f64) < self.guide * step.steps as f64;
        let guides = if is_guided { Some(self.guides(step)?) } else { None };
        // All runs side by side: the texts once for each.
        let texts: Vec<&Sequence> = step.texts.iter().copied().cycle().take(step.texts.len() * self.rollouts).collect();
        let answers: Vec<&Answer> = step.answers.iter().copied().cycle().take(texts.len()).collect();
        let model = step.model;
        let choice = Choice::Drawn { step: &mut *step, guided: guides.as_ref() };
        let mut gates = Gates { method: self, choice, surprise: None };
        let run = model.run_batch(&texts, &mut gates)?;
        let surprise = gates.surprise.take();
        let rewards = self.rewards(step, &run, &answers)?;
        let policy = || self.policy_loss(&run, &rewards, surprise.as_ref(), step.texts.len());
        let policy = policy().map_err(at("the policy"))?;
        let task = match step.teacher.filter(|_| self.trains_model) {
            Some(teacher) => {
                let many = || Tensor::cat(&vec![teacher; self.rollouts], 0);
                losses::batch_distillation(&run.logits, &many().map_err(at("the loss"))?, step.head)?
            }
            None => losses::task(&run.logits, &answers, step.head)?.detach(),
        };
        let loss = (&policy + &task).map_err(at("the loss"))?;
        let left = self.left(&run).map_err(at("the reward"))?;
        let mean = left.iter().sum::<f64>() / left.len().max(1) as f64;
        Ok(StepLoss { objectives: vec![Objective { loss, groups: &[] }], task: scalar(&task)?, pruning: Some(mean) })
    }

    fn learned(&self) -> Result<Learned, Error> {
        Ok(Learned { spec: "tr_bert:pruner=@pruner.safetensors".to_owned(), tensors: named(&self.variables) })
    }
}

impl TrBert {
    /// The mean over runs of what each got beyond the mean of its text, times its surprise. Scalar.
    fn policy_loss(
        &self,
        run: &BatchRun,
        rewards: &[f64],
        surprise: Option<&Tensor>,
        texts: usize,
    ) -> candle_core::Result<Tensor> {
        let logits = &run.logits;
        let Some(surprise) = surprise else { return Tensor::zeros((), logits.dtype(), logits.device()) };
        let mean = |text: usize| rewards.iter().skip(text).step_by(texts).sum::<f64>() / self.rollouts as f64;
        let means: Vec<f64> = (0..texts).map(mean).collect();
        let beyond: Vec<f64> = rewards.iter().enumerate().map(|(run, reward)| reward - means[run % texts]).collect();
        let beyond = Tensor::from_vec(beyond, rewards.len(), logits.device())?.to_dtype(surprise.dtype())?;
        (surprise * beyond)?.mean_all()
    }
}
