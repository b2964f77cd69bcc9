//! What attention can tell about tokens, and which part of it is asked for.

use crate::tensor::ModelShape;

/// Makes the kinds of evidence from one list, so that none is missing in [`Evidence::ALL`] or without a shape.
macro_rules! kinds {
    ($($(#[doc = $doc:literal])+ $kind:ident: $shape:ident of $source:ident, $words:literal;)+) => {
        /// One kind of evidence.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        #[repr(u8)]
        pub enum Evidence {
            $($(#[doc = $doc])+ $kind,)+
        }

        impl Evidence {
            /// Every kind.
            pub const ALL: [Self; [$(Self::$kind),+].len()] = [$(Self::$kind),+];

            /// How its values lie.
            #[must_use]
            pub const fn shape(self) -> EvidenceShape {
                match self {
                    $(Self::$kind => EvidenceShape::$shape,)+
                }
            }

            /// What it is read off.
            #[must_use]
            pub const fn source(self) -> EvidenceSource {
                match self {
                    $(Self::$kind => EvidenceSource::$source,)+
                }
            }

            /// In words, for messages.
            #[must_use]
            pub const fn words(self) -> &'static str {
                match self {
                    $(Self::$kind => $words,)+
                }
            }
        }
    };
}

kinds! {
    /// Attention received: `sum over heads and queries of A[h, q, k]`.
    ColumnSums: Keys of Attention, "attention received";
    /// Attention each token pays itself: `sum over heads of A[h, k, k]`.
    DiagonalSums: Queries of Attention, "attention to itself";
    /// Attention given by the first token (`[CLS]`): `mean over heads of A[h, 0, k]`.
    ClsRow: Keys of Attention, "attention from the first token";
    /// How spread out each token's own attention is: `sum over heads of -sum_k A[h, q, k] ln A[h, q, k]`, in nats.
    RowEntropies: Queries of Attention, "attention entropies";
    /// Attention probabilities `A`.
    AttentionProbs: HeadsQueriesKeys of Attention, "attention probabilities";
    /// Attention received in each head: `sum over queries of A[h, q, k]`.
    HeadColumnSums: HeadsKeys of Attention, "attention received in each head";
    /// Keys averaged over heads, before any rotation, so that they compare content.
    MeanKeys: TokensHeadDim of Projections, "mean keys";
    /// L2 norm of each token's value vector, heads concatenated.
    ValueNorms: Keys of Projections, "value norms";
    /// L1 norm of each token's value vector in each head; heads that share values have the same.
    HeadValueL1: HeadsKeys of Projections, "sizes of the heads' values";
    /// L2 norm of each token's value vector in each head; heads that share values have the same.
    HeadValueL2: HeadsKeys of Projections, "lengths of the heads' values";
    /// How alike a token's contributions through two heads are: `f_h(x_k) . f_g(x_k)`, where `f_h` is the head's value
    /// vector after its part of the output projection, without that projection's bias.
    OutputGrams: TokensHeadsHeads of Projections, "products of the heads' outputs";
    /// Hidden states after attention, residual and (post-LN models) layer norm: hook point P2.
    Hidden: TokensHidden of States, "hidden states";
}

/// How the values of one kind lie, for a sequence of `tokens` rows that entered a layer's attention.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EvidenceShape {
    /// One number for each token as a key: if it is read off attention, every query adds its part. Shape: `[tokens]`.
    Keys,
    /// One number for each token as a query. Shape: `[tokens]`.
    Queries,
    /// One number for each head and token as a key: if it is read off attention, every query adds its part.
    /// Shape: `[heads, tokens]`.
    HeadsKeys,
    /// Shape: `[heads, query, key]`.
    HeadsQueriesKeys,
    /// Shape: `[tokens, heads, heads]`.
    TokensHeadsHeads,
    /// Shape: `[tokens, head_dim]`.
    TokensHeadDim,
    /// Shape: `[tokens, hidden]`.
    TokensHidden,
}

impl EvidenceShape {
    /// Number of values.
    #[must_use]
    pub fn count(self, tokens: usize, model: &ModelShape) -> usize {
        match self {
            Self::Keys | Self::Queries => tokens,
            Self::HeadsKeys => model.num_heads * tokens,
            Self::HeadsQueriesKeys => model.num_heads * tokens * tokens,
            Self::TokensHeadsHeads => tokens * model.num_heads * model.num_heads,
            Self::TokensHeadDim => tokens * model.head_dim,
            Self::TokensHidden => tokens * model.hidden,
        }
    }

    /// Whether it grows with the square of the length.
    #[must_use]
    pub const fn is_square(self) -> bool {
        matches!(self, Self::HeadsQueriesKeys)
    }

    /// Whether it is a digest, small beside the states: what is kept for other runs, and looked at for numbers that are
    /// none. Whole matrices and states are neither, nor are products of heads, of which there are as many as states.
    #[must_use]
    pub const fn is_digest(self) -> bool {
        !matches!(self, Self::HeadsQueriesKeys | Self::TokensHidden | Self::TokensHeadsHeads)
    }
}

/// What evidence is read off, and with it when in a layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EvidenceSource {
    /// Queries, keys and values, before attention.
    Projections,
    /// The probabilities, while attention is computed.
    Attention,
    /// The states after attention, residual and norm.
    States,
}

/// Which kinds of evidence a strategy asks for; the engine computes no more than that.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct EvidenceSet(u32);

impl EvidenceSet {
    /// Nothing.
    pub const NONE: Self = Self(0);

    /// These kinds.
    #[must_use]
    pub const fn of<const N: usize>(kinds: [Evidence; N]) -> Self {
        let (mut set, mut index) = (Self::NONE, 0);
        while index < N {
            set = set.with(kinds[index]);
            index += 1;
        }
        set
    }

    /// Every kind there is.
    #[must_use]
    pub const fn all() -> Self {
        Self::of(Evidence::ALL)
    }

    /// These and one more.
    #[must_use]
    pub const fn with(self, kind: Evidence) -> Self {
        Self(self.0 | 1 << kind as u32)
    }

    /// These and one more, if it is wanted.
    #[must_use]
    pub const fn with_if(self, kind: Evidence, is_wanted: bool) -> Self {
        Self(self.0 | (is_wanted as u32) << kind as u32)
    }

    /// These without one.
    #[must_use]
    pub const fn without(self, kind: Evidence) -> Self {
        Self(self.0 & !(1 << kind as u32))
    }

    /// Whether a kind is asked for.
    #[must_use]
    pub const fn contains(self, kind: Evidence) -> bool {
        self.0 & 1 << kind as u32 != 0
    }

    /// Whether nothing is asked for.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// What either asks for.
    #[must_use]
    pub const fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether everything that `other` asks for is asked for here.
    #[must_use]
    pub const fn covers(self, other: Self) -> bool {
        other.0 & !self.0 == 0
    }

    /// The kinds of these that are read off one source.
    #[must_use]
    pub fn from(self, source: EvidenceSource) -> Self {
        self.iter().filter(|kind| kind.source() == source).collect()
    }

    /// Its kinds, in the order of [`Evidence::ALL`].
    pub fn iter(self) -> impl Iterator<Item = Evidence> {
        Evidence::ALL.into_iter().filter(move |&kind| self.contains(kind))
    }
}

impl FromIterator<Evidence> for EvidenceSet {
    fn from_iter<I: IntoIterator<Item = Evidence>>(kinds: I) -> Self {
        kinds.into_iter().fold(Self::NONE, Self::with)
    }
}

/// What one sequence's attention in one layer says about its tokens, by kind.
///
/// A kind is empty unless it was asked for through an [`EvidenceSet`]; its values lie as [`Evidence::shape`] says.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SequenceEvidence {
    values: [Vec<f32>; Evidence::ALL.len()],
}

impl SequenceEvidence {
    /// The values of a kind.
    #[must_use]
    pub fn of(&self, kind: Evidence) -> &[f32] {
        &self.values[kind as usize]
    }

    /// The values of a kind, to be filled in.
    pub fn of_mut(&mut self, kind: Evidence) -> &mut Vec<f32> {
        &mut self.values[kind as usize]
    }

    /// The same with these values of a kind.
    #[must_use]
    pub fn with(mut self, kind: Evidence, values: Vec<f32>) -> Self {
        *self.of_mut(kind) = values;
        self
    }

    /// Only these kinds, copied.
    #[must_use]
    pub fn only(&self, kinds: EvidenceSet) -> Self {
        kinds.iter().fold(Self::default(), |copy, kind| copy.with(kind, self.of(kind).to_vec()))
    }

    /// The kinds that have values.
    #[must_use]
    pub fn kinds(&self) -> EvidenceSet {
        Evidence::ALL.into_iter().filter(|&kind| !self.of(kind).is_empty()).collect()
    }

    /// Number of values, all kinds together.
    #[must_use]
    pub fn num_values(&self) -> usize {
        self.values.iter().map(Vec::len).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_holds_what_was_put_in_and_nothing_else() {
        for kind in Evidence::ALL {
            let alone = EvidenceSet::of([kind]);
            assert_eq!(alone.iter().collect::<Vec<_>>(), [kind], "{kind:?} alone");
            assert_eq!(alone.without(kind), EvidenceSet::NONE, "{kind:?} leaves");
            assert!(EvidenceSet::all().covers(alone) && !alone.covers(EvidenceSet::all()), "{kind:?} is one of all");
            assert_eq!(EvidenceSet::NONE.with_if(kind, false), EvidenceSet::NONE, "{kind:?} is not wanted");
            assert_eq!(EvidenceSet::NONE.with_if(kind, true), alone, "{kind:?} is wanted");
            assert_eq!(alone.from(kind.source()), alone, "{kind:?} comes from its source");
        }
        let two = EvidenceSet::of([Evidence::Hidden, Evidence::ColumnSums]);
        assert_eq!(two.iter().collect::<Vec<_>>(), [Evidence::ColumnSums, Evidence::Hidden], "in order");
        assert!(EvidenceSet::NONE.is_empty() && !two.is_empty(), "emptiness");
        assert_eq!(size_of::<EvidenceSet>(), 4, "a set is passed in a register");
    }

    #[test]
    fn every_kind_has_a_place_and_words_of_its_own() {
        let model =
            ModelShape { num_layers: 1, hidden: 12, num_heads: 3, head_dim: 4, intermediate: 5, reads_mean: false };
        let full = Evidence::ALL.into_iter().fold(SequenceEvidence::default(), |evidence, kind| {
            let count = kind.shape().count(7, &model);
            assert!(count >= 7, "{kind:?}: something for each of 7 tokens");
            evidence.with(kind, vec![f32::from(kind as u8); count])
        });
        for kind in Evidence::ALL {
            assert!(full.of(kind).iter().all(|&value| value == f32::from(kind as u8)), "{kind:?} has its own values");
            let same = Evidence::ALL.into_iter().filter(|other| other.words() == kind.words()).count();
            assert_eq!(same, 1, "{kind:?}: words that no other kind has");
        }
        assert_eq!(full.kinds(), EvidenceSet::all(), "all have values");
        let one = full.only(EvidenceSet::of([Evidence::MeanKeys]));
        assert_eq!((one.kinds().iter().count(), one.num_values()), (1, 28), "7 keys of width 4");
    }
}
