//! Which rows of a file were taken, and how.

/// Which rows of a file results rest on, for a person.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sample {
    /// Rows taken.
    pub rows: usize,
    /// How they were chosen.
    pub kind: SampleKind,
}

/// How the rows of a [`Sample`] were chosen.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum SampleKind {
    /// All of them.
    #[default]
    All,
    /// The first ones of the file, which may be sorted.
    First,
    /// At random.
    Drawn {
        /// Usable rows of the file.
        of: usize,
        /// Of the order.
        seed: u64,
        /// Whole clusters, where the file names any.
        clusters: Option<Clusters>,
    },
}

/// The clusters of a sample; rows without a cluster count as one each.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Clusters {
    /// In the sample.
    pub taken: usize,
    /// In the file.
    pub of: usize,
    /// The column that names them.
    pub column: String,
}

impl std::fmt::Display for Sample {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let rows = self.rows;
        match &self.kind {
            SampleKind::All => write!(f, "all {rows} texts"),
            SampleKind::First => write!(f, "the first {rows} texts of the file, not drawn"),
            SampleKind::Drawn { of, seed, clusters } => {
                write!(f, "{rows} of {of} texts, drawn at random")?;
                if let Some(Clusters { taken, of, column }) = clusters {
                    write!(f, " by whole clusters ({taken} of {of}, column {column})")?;
                }
                write!(f, ", in proportion within labels and groups, seed {seed}")
            }
        }
    }
}
