//! Pure functions over slices: no model, no data types.
//!
//! Every function gives an [`Estimate`]: a value with its interval and the method behind it, or the reason why there
//! is none. A rate without a denominator is never 0, 1/2 or NaN. Intervals are two-sided at 95% unless a function
//! takes a confidence.
//!
//! Start at [`wilson`] for one rate, [`bonett_price`] for the change of a rate on the same examples, and [`auc`] for
//! ranks. Where examples come in clusters, [`clustered_rate`] and [`clustered_change`] take their place; [`Hits`] and
//! [`Changes`] choose between them. Knows nothing about groups by name, models or files.

mod auc;
mod bias_auc;
mod bootstrap;
mod classification;
mod clusters;
mod estimate;
mod interval;
mod label_sets;
mod losses;
mod max_t;
mod multiple;
mod normal;
mod null_range;
mod odds;
mod paired;
mod poisson;
mod power;
mod ratio;
mod regression;
mod sample;
mod size;
mod student;
mod verdict;

pub use auc::AucChange;
pub use auc::auc;
pub use auc::auc_change;
pub use auc::auc_change_over;
pub use auc::auc_over;
pub use bias_auc::BIAS_POWER;
pub use bias_auc::BiasAuc;
pub use bias_auc::bias_auc;
pub use bias_auc::bias_auc_change;
pub use bias_auc::power_mean;
pub use bootstrap::Bootstrap;
pub use bootstrap::EXPORT_DRAWS;
pub use bootstrap::Resampler;
pub use bootstrap::SCREEN_DRAWS;
pub use bootstrap::bca_interval;
pub use bootstrap::percentile_interval;
pub use classification::ClassCounts;
pub use classification::Confusion;
pub use classification::accuracy;
pub use classification::balanced_accuracy;
pub use classification::f1;
pub use clusters::Cluster;
pub use clusters::Clustering;
pub use clusters::ENOUGH_CLUSTERS;
pub use clusters::MIN_CLUSTERS;
pub use clusters::clustered_change;
pub use clusters::clustered_rate;
pub use clusters::effective_size;
pub use clusters::sign_flip_p;
pub use estimate::Estimate;
pub use interval::bonett_price;
pub use interval::bonett_price_at;
pub use interval::newcombe;
pub use interval::wilson;
pub use interval::wilson_interval;
pub use label_sets::LabelCounts;
pub use losses::Brier;
pub use losses::CALIBRATION_BINS;
pub use losses::Calibration;
pub use losses::CalibrationBins;
pub use losses::LogLoss;
pub use losses::brier;
pub use losses::ece;
pub use losses::log_loss;
pub use max_t::MaxT;
pub use multiple::benjamini_hochberg;
pub use multiple::benjamini_yekutieli;
pub use multiple::holm;
pub use normal::normal_cdf;
pub use normal::normal_quantile;
pub use normal::two_sided_z;
pub use null_range::range_under_equality;
pub use odds::average_odds_difference;
pub use odds::demographic_parity_difference;
pub use odds::difference_between;
pub use odds::difference_to_overall;
pub use odds::ends_of;
pub use odds::equal_opportunity_difference;
pub use odds::equalized_odds_difference;
pub use odds::largest_of;
pub use odds::ratio_between;
pub use odds::ratio_to_overall;
pub use odds::widest;
pub use paired::Discordant;
pub use paired::mcnemar_exact;
pub use paired::mcnemar_mid_p;
pub use poisson::poisson;
pub use power::USUAL_POWER;
pub use power::detectable_difference;
pub use power::paired_sample_size;
pub use ratio::MIN_BLOCKS;
pub use ratio::median;
pub use ratio::quantile_of;
pub use ratio::ratio_of_medians;
pub use regression::Pair;
pub use regression::mean_absolute_error;
pub use regression::pearson;
pub use regression::root_mean_squared_error;
pub use regression::spearman;
pub use sample::Changes;
pub use sample::Hits;
pub use size::SizeClass;
pub use verdict::ACCURACY_TOLERANCE;
pub use verdict::RATE_TOLERANCE;
pub use verdict::Verdict;
