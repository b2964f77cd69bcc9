//! One folder per view and one line in [`VIEWS`]: whatever the window does with views it finds there.

pub(crate) mod collection;
pub(crate) mod data;
pub(crate) mod fairness;
pub(crate) mod inspect;
pub(crate) mod latency;
pub(crate) mod thresholds;
pub(crate) mod trade_off;
pub(crate) mod train;

use crate::app::base::view_class::ViewClass;
use crate::app::base::view_kind::ViewInfo;

/// A view's names, and how it begins.
type Row = (&'static ViewInfo, fn() -> Box<dyn ViewClass>);

/// Every view, in the order of the tabs.
const VIEWS: &[Row] = &[
    (&inspect::INFO, || Box::<inspect::InspectView>::default()),
    (&trade_off::INFO, || Box::<trade_off::TradeOffView>::default()),
    (&fairness::INFO, || Box::<fairness::FairnessView>::default()),
    (&latency::INFO, || Box::<latency::LatencyView>::default()),
    (&data::INFO, || Box::<data::DataView>::default()),
    (&thresholds::INFO, || Box::<thresholds::ThresholdsView>::default()),
    (&train::INFO, || Box::<train::TrainView>::default()),
];
