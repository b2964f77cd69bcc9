//! Which rows of the packed states stay: the strategies for encoders, and what they share.
//!
//! A strategy is one file here and one line in the list below (and its `mod`). What they share: scores ([`importance`]),
//! how many rows a layer keeps (`schedule`) and which ones those are (`top_k`).

use crate::pruning::StrategyInfo;

pub mod importance;
pub(super) mod schedule;
mod top_k;

mod acc;
mod ats;
mod dense;
mod entropy;
mod evit;
mod first_k;
mod formula;
mod idf;
mod learned;
mod length_adaptive;
mod ltmp;
pub(super) mod ltp;
mod norm_based;
mod pairs;
mod power_bert;
mod random;
mod rollout;
mod spatten;
mod stop_words;
mod tome;
mod value_aware;
mod zero_tprune;

pub use learned::dynamic_vit_layers;
pub use learned::tr_bert_layers;
pub(super) use schedule::round_up;
pub(super) use top_k::rank;

/// Every strategy, controls first: the order in which they are listed everywhere.
pub(super) fn all() -> Vec<StrategyInfo> {
    vec![
        dense::info(),
        random::info(),
        first_k::info(),
        stop_words::info(),
        idf::info(),
        power_bert::info(),
        length_adaptive::info(),
        ltp::info(),
        spatten::info(),
        entropy::info(),
        ats::info(),
        tome::info(),
        evit::info(),
        value_aware::info(),
        norm_based::info(),
        rollout::info(),
        acc::info(),
        zero_tprune::info(),
        ltmp::info(),
        formula::info(),
        learned::transkimmer(),
        learned::adapler(),
        learned::tr_bert(),
        learned::top(),
        learned::dynamic_vit(),
        learned::a_vit(),
    ]
}
