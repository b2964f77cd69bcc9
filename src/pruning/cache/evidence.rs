//! What attention says about the entries of a cache, and how it adds up while a text grows.

/// How the query heads that share a KV head become one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GroupReduction {
    /// The mean over the group.
    Mean,
    /// The largest of the group.
    Max,
    /// The sum over the group.
    Sum,
}

impl GroupReduction {
    fn of(self, values: impl Iterator<Item = f32> + Clone) -> f32 {
        match self {
            Self::Mean => values.clone().sum::<f32>() / values.count().max(1) as f32,
            Self::Max => values.fold(f32::NEG_INFINITY, f32::max),
            Self::Sum => values.sum(),
        }
    }
}

/// Attention that each entry receives from new queries: summed over the queries, then reduced over the group.
///
/// Shape: `attention` `[heads, queries, entries]` → `[kv_heads][entries]`; a multiple of `kv_heads` heads.
#[must_use]
pub fn received(
    attention: &[f32],
    (heads, kv_heads, entries): (usize, usize, usize),
    group: GroupReduction,
) -> Vec<Vec<f32>> {
    let width = entries.max(1);
    let per_head = (attention.len() / heads.max(1)).max(1);
    let sums: Vec<Vec<f32>> = attention
        .chunks(per_head)
        .map(|head| {
            let mut sums = vec![0.0; entries];
            for row in head.chunks(width) {
                sums.iter_mut().zip(row).for_each(|(sum, value)| *sum += value);
            }
            sums
        })
        .collect();
    let group_size = (heads / kv_heads.max(1)).max(1);
    let reduce = |group_sums: &[Vec<f32>]| -> Vec<f32> {
        (0..entries).map(|entry| group.of(group_sums.iter().map(|sums| sums[entry]))).collect()
    };
    sums.chunks(group_size).map(reduce).collect()
}

/// Attention that the entries of one KV head have received so far; what stays carries its sum along.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct AttentionSums {
    sums: Vec<f32>,
    /// Queries that could see each entry.
    seen: Vec<u32>,
}

impl AttentionSums {
    /// Takes in what the last pass gave: the entries that were there, then its own. Shape: `received` `[entries]`.
    pub fn add(&mut self, received: &[f32]) {
        let before = self.sums.len();
        let queries = received.len().saturating_sub(before);
        self.sums.resize(received.len(), 0.0);
        self.seen.resize(received.len(), 0);
        for (sum, value) in self.sums.iter_mut().zip(received) {
            *sum += value;
        }
        for (entry, seen) in self.seen.iter_mut().enumerate() {
            // A query sees everything before it and itself.
            let unseen = entry.saturating_sub(before);
            *seen += u32::try_from(queries - unseen.min(queries)).unwrap_or(u32::MAX);
        }
    }

    /// Only these entries stay; ascending.
    pub fn keep(&mut self, entries: &[usize]) {
        self.sums = entries.iter().map(|&entry| self.sums[entry]).collect();
        self.seen = entries.iter().map(|&entry| self.seen[entry]).collect();
    }

    /// The sums. Shape: `[entries]`.
    #[must_use]
    pub fn sums(&self) -> &[f32] {
        &self.sums
    }

    /// The sums divided by the number of queries that could see each entry. Shape: `[entries]`.
    #[must_use]
    pub fn means(&self) -> Vec<f32> {
        self.sums.iter().zip(&self.seen).map(|(sum, &seen)| sum / seen.max(1) as f32).collect()
    }
}
