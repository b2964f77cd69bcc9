//! The keys that ranking strategies share, and how many tokens they keep in each layer.

use crate::pruning::BuildContext;
use crate::pruning::Dial;
use crate::pruning::Error;
use crate::pruning::KeyKind;
use crate::pruning::KeySpec;
use crate::pruning::SequenceInfo;
use crate::pruning::StrategySpec;
use crate::pruning::Value;

/// A share of tokens: above 0, at most 1.
pub(super) const SHARE: KeyKind = KeyKind::Float { min: 0.0, min_included: false, max: 1.0, logarithmic: false };

/// A layer index; a value past the model's last layer means "never".
pub(super) const LAYER: KeyKind = KeyKind::Int { min: 0, max: 127 };

const PROTECT: KeyKind = KeyKind::Choice(&["none", "cls", "special"]);

/// Counts are rounded up, but not because of the last bits of a product such as `0.55 * 20 = 11.000000000000002`.
const ROUNDING_SLACK: f64 = 1e-9;

/// `retention`, `schedule`, `start`, `retentions`, `protect`; `mass`, `threshold`, `cap` and `budget`, which are written only
/// where they are set; then the strategy's own keys.
pub(super) fn shared_keys(own: Vec<KeySpec>) -> Vec<KeySpec> {
    let word = |word: &str| Value::Word(word.to_owned());
    let schedules = KeyKind::Choice(&["linear", "geometric", "constant", "step"]);
    let mut keys = vec![
        KeySpec::new("retention", SHARE, Value::Float(0.5), "Kept ÷ original tokens after the last layer"),
        KeySpec::new("schedule", schedules, word("linear"), "How retention falls from 1 over the layers"),
        KeySpec::new("start", LAYER, Value::Int(1), "First layer (0-based) that may remove tokens"),
        KeySpec {
            name: "retentions",
            kind: KeyKind::FloatPerLayer { min: f64::MIN_POSITIVE, max: 1.0 },
            default: None,
            doc: "The whole schedule, one number a layer; replaces retention, schedule and start",
            replaces: &["retention", "schedule", "start", "cap"],
        },
        protect_key("special"),
        KeySpec {
            name: "mass",
            kind: SHARE,
            default: None,
            doc: "Keep the best tokens until they hold this share of all scores (top-p); replaces retention",
            replaces: &["retention", "retentions", "threshold"],
        },
        KeySpec {
            name: "threshold",
            kind: KeyKind::FloatOrPerLayer { min: 0.0, max: 10.0 },
            default: None,
            doc: "Keep the tokens whose score is at least this many times the mean score; replaces retention",
            replaces: &["retention", "retentions", "mass"],
        },
        cap_key(
            "At most this share of tokens after the last layer, falling as schedule says, whatever else keeps more",
        ),
        KeySpec::unset(
            "budget",
            KeyKind::Choice(&["entropy"]),
            "A layer keeps more than scheduled where attention is more spread out than in the layers before it",
        ),
    ];
    keys.extend(own);
    keys
}

/// The key `cap`.
pub(super) fn cap_key(doc: &'static str) -> KeySpec {
    KeySpec::unset("cap", SHARE, doc)
}

/// The key `protect`.
pub(super) fn protect_key(default: &str) -> KeySpec {
    KeySpec::new("protect", PROTECT, Value::Word(default.to_owned()), "Tokens that are never removed")
}

/// The key `protect` of strategies whose method never removes the first token.
pub(super) fn protect_always_first() -> KeySpec {
    let words = KeyKind::Choice(&["cls", "special"]);
    KeySpec::new("protect", words, Value::Word("cls".to_owned()), "Tokens that are never removed")
}

/// The dial of every strategy with shared keys.
pub(super) fn retention_dial() -> Dial {
    float_dial("retention", &[0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3, 0.2, 0.1])
}

/// A dial over real numbers.
pub(super) fn float_dial(key: &'static str, values: &[f64]) -> Dial {
    Dial { key, values: values.iter().map(|value| Value::Float(*value)).collect() }
}

/// Which tokens are never removed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Protect {
    /// None.
    Nothing,
    /// The first token, which the classifier head reads.
    Cls,
    /// Every special token, and the first one in any case.
    Special,
}

impl Protect {
    pub(super) fn from_spec(spec: &StrategySpec) -> Result<Self, Error> {
        Ok(match spec.word("protect")? {
            "none" => Self::Nothing,
            "cls" => Self::Cls,
            _ => Self::Special,
        })
    }

    /// Per original position, whether the token is protected. Shape: `[n0]`.
    pub(super) fn mask(self, sequence: &SequenceInfo) -> Vec<bool> {
        let special = sequence.is_special.iter().enumerate();
        special
            .map(|(position, &special)| match self {
                Self::Nothing => false,
                Self::Cls => position == 0,
                Self::Special => position == 0 || special,
            })
            .collect()
    }
}

/// Retention per layer.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::pruning) struct RetentionSchedule {
    /// Kept ÷ original tokens after each layer. Shape: `[layers]`. Range: above 0, at most 1.
    per_layer: Vec<f64>,
    rounding: Rounding,
    /// The layer from which on tokens may leave although nothing is scheduled, because their scores say so.
    open_from: Option<usize>,
}

/// How a share of tokens becomes a count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Rounding {
    Up,
    /// To the nearest count, halves to the even one.
    Nearest,
}

impl RetentionSchedule {
    /// From the shared keys.
    ///
    /// # Errors
    /// [`Error::LayerCount`] if `retentions` does not have one number a layer.
    pub(in crate::pruning) fn from_context(context: &BuildContext<'_>) -> Result<Self, Error> {
        if let Some(per_layer) = context.per_layer("retentions")? {
            return Ok(Self { per_layer, rounding: Rounding::Up, open_from: None });
        }
        let BuildContext { spec, shape } = *context;
        let start = usize::try_from(spec.int("start")?).unwrap_or(usize::MAX);
        let is_open = spec.get("mass").or(spec.get("threshold")).is_some();
        let retention = if is_open { 1.0 } else { spec.float("retention")? };
        let retention = spec.float("cap").map_or(retention, |cap| cap.min(retention));
        let schedule = spec.word("schedule")?;
        let layers = 0..shape.num_layers;
        let at = |layer| at_layer(schedule, retention, start, layer, shape.num_layers);
        Ok(Self { per_layer: layers.map(at).collect(), rounding: Rounding::Up, open_from: is_open.then_some(start) })
    }

    /// `share` after the last layer, falling linearly from layer `start` on.
    pub(super) fn linear(share: f64, start: usize, num_layers: usize) -> Self {
        let at = |layer| at_layer("linear", share, start, layer, num_layers);
        Self { per_layer: (0..num_layers).map(at).collect(), rounding: Rounding::Up, open_from: None }
    }

    /// One retention for each layer; counts are rounded to the nearest one, halves to even.
    pub(super) fn rounded_to_nearest(per_layer: Vec<f64>) -> Self {
        Self { per_layer, rounding: Rounding::Nearest, open_from: None }
    }

    /// Kept ÷ original tokens after each layer. Shape: `[layers]`.
    pub(in crate::pruning) fn into_shares(self) -> Vec<f64> {
        self.per_layer
    }

    /// Retention after `layer`; 1 past the end.
    pub(super) fn retention(&self, layer: usize) -> f64 {
        self.per_layer.get(layer).copied().unwrap_or(1.0)
    }

    /// Whether tokens may leave in `layer`.
    pub(super) fn may_remove(&self, layer: usize) -> bool {
        self.is_scheduled(layer) || self.open_from.is_some_and(|start| layer >= start)
    }

    /// Whether `layer` has a count of its own.
    pub(super) fn is_scheduled(&self, layer: usize) -> bool {
        self.retention(layer) < 1.0
    }

    /// Layers before the first in which tokens may leave.
    pub(super) fn idle_layers(&self) -> usize {
        (0..self.per_layer.len()).take_while(|&layer| !self.may_remove(layer)).count()
    }

    /// Tokens to keep after `layer` of `n0` original ones: `ceil(retention * n0)`, at least 1.
    pub(super) fn count(&self, layer: usize, n0: usize) -> usize {
        self.count_times(layer, n0, 1.0)
    }

    /// [`Self::count`] for a retention that is `factor` times as large, at most 1.
    pub(super) fn count_times(&self, layer: usize, n0: usize, factor: f64) -> usize {
        let share = (self.retention(layer) * factor).min(1.0) * n0 as f64;
        let count = match self.rounding {
            Rounding::Up => round_up(share),
            Rounding::Nearest => to_count(share.round_ties_even()),
        };
        count.max(1)
    }
}

/// Rounds a share of a count up to a count.
pub(in crate::pruning) fn round_up(share: f64) -> usize {
    to_count((share - ROUNDING_SLACK).ceil())
}

/// Rounds a share of a count down to a count.
pub(in crate::pruning) fn round_down(share: f64) -> usize {
    to_count((share + ROUNDING_SLACK).floor())
}

fn to_count(rounded: f64) -> usize {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a rounded share of a row count")]
    let count = rounded.max(0.0) as usize;
    count
}

/// Retention after `layer`: 1 before `start`; from there on, with `t` running from `1/(L - start)` to 1 in the last layer,
/// `linear` is `1 - (1 - r) t`, `geometric` is `r^t`, `constant` is `r`, and `step` is 1 while `t` is at most one half,
/// then `r`.
fn at_layer(schedule: &str, retention: f64, start: usize, layer: usize, num_layers: usize) -> f64 {
    if layer < start {
        return 1.0;
    }
    let progress = (layer - start + 1) as f64 / (num_layers - start) as f64;
    match schedule {
        "linear" => 1.0 - (1.0 - retention) * progress,
        "geometric" => retention.powf(progress),
        "step" if progress <= 0.5 => 1.0,
        _ => retention,
    }
}
