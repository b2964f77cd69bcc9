//! What intervals and tests rest on, in words that window, command line and files share.

use crate::evaluation::Prepared;
use crate::metrics::ENOUGH_CLUSTERS;
use crate::metrics::MIN_CLUSTERS;

impl Prepared {
    /// Clusters that the labelled items fall into, or all where nothing is labelled; `None` where the data set names none.
    #[must_use]
    pub fn clusters(&self) -> Option<usize> {
        let needs_labels = self.main_measure().needs_labels();
        let counts = |item: &usize| !needs_labels || self.label(*item).is_some();
        self.clustering((0..self.len()).filter(counts)).map(|clustering| clustering.count())
    }

    /// The clusters and their column, and what their number does to intervals; `None` where the data set names none.
    #[must_use]
    pub fn cluster_line(&self) -> Option<String> {
        let (count, column) = (self.clusters()?, self.index.cluster_column.as_ref()?);
        let note = match count {
            few if few < MIN_CLUSTERS => format!("; with fewer than {MIN_CLUSTERS} no interval can be given"),
            few if few < ENOUGH_CLUSTERS => "; few clusters, so read intervals with care".to_owned(),
            _ => String::new(),
        };
        Some(format!("intervals and tests over {count} clusters of column {column}{note}"))
    }
}
