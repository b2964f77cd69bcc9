//! What attention can tell about tokens, and which part of it is asked for.

/// Which evidence a strategy asks for; the engine computes no more than that.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct EvidenceNeeds {
    /// [`SequenceEvidence::column_sums`].
    pub column_sums: bool,
    /// [`SequenceEvidence::diagonal_sums`].
    pub diagonal_sums: bool,
    /// [`SequenceEvidence::cls_row`].
    pub cls_row: bool,
    /// [`SequenceEvidence::row_entropies`].
    pub row_entropies: bool,
    /// [`SequenceEvidence::attention_probs`].
    pub attention_probs: bool,
    /// [`SequenceEvidence::mean_keys`].
    pub mean_keys: bool,
    /// [`SequenceEvidence::value_norms`].
    pub value_norms: bool,
    /// [`SequenceEvidence::hidden`].
    pub hidden: bool,
}

impl EvidenceNeeds {
    /// Nothing.
    pub const NONE: Self = Self {
        column_sums: false,
        diagonal_sums: false,
        cls_row: false,
        row_entropies: false,
        attention_probs: false,
        mean_keys: false,
        value_norms: false,
        hidden: false,
    };
}

impl EvidenceNeeds {
    /// What either asks for.
    #[must_use]
    pub fn union(self, other: Self) -> Self {
        Self {
            column_sums: self.column_sums || other.column_sums,
            diagonal_sums: self.diagonal_sums || other.diagonal_sums,
            cls_row: self.cls_row || other.cls_row,
            row_entropies: self.row_entropies || other.row_entropies,
            attention_probs: self.attention_probs || other.attention_probs,
            mean_keys: self.mean_keys || other.mean_keys,
            value_norms: self.value_norms || other.value_norms,
            hidden: self.hidden || other.hidden,
        }
    }

    /// Whether everything that `other` asks for is asked for here.
    #[must_use]
    pub fn covers(self, other: Self) -> bool {
        self.union(other) == self
    }
}

/// What one sequence's attention in one layer says about its tokens.
///
/// Each part is empty unless it was asked for through [`EvidenceNeeds`]. `tokens` is the number of rows
/// that entered this layer's attention.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SequenceEvidence {
    /// Attention received: `sum over heads and queries of A[h, q, k]`. Shape: `[tokens]`.
    pub column_sums: Vec<f32>,
    /// Attention each token pays itself: `sum over heads of A[h, k, k]`. Shape: `[tokens]`.
    pub diagonal_sums: Vec<f32>,
    /// Attention given by the first token (`[CLS]`): `mean over heads of A[h, 0, k]`. Shape: `[tokens]`.
    pub cls_row: Vec<f32>,
    /// How spread out each token's own attention is: `sum over heads of -sum_k A[h, q, k] ln A[h, q, k]`, in nats.
    /// Shape: `[tokens]`.
    pub row_entropies: Vec<f32>,
    /// Attention probabilities. Shape: `[heads, query, key]`.
    pub attention_probs: Vec<f32>,
    /// Keys averaged over heads. Shape: `[tokens, head_dim]`.
    pub mean_keys: Vec<f32>,
    /// L2 norm of each token's value vector, heads concatenated. Shape: `[tokens]`.
    pub value_norms: Vec<f32>,
    /// Hidden states after attention, residual and (post-LN models) layer norm: hook point P2.
    /// Shape: `[tokens, hidden]`.
    pub hidden: Vec<f32>,
}
