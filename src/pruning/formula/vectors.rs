//! What a formula may name: vectors with one number a token, and functions of them.

use crate::tensor::Evidence;
use crate::tensor::EvidenceSet;

/// Makes vectors or functions from one list, so that none is without a name or a definition.
macro_rules! vectors {
    ($($vector:ident $name:literal $needs:expr, $range:literal, $doc:literal;)+) => {
        /// A vector with one number for each token that is still there.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[expect(missing_docs, reason = "`doc` says what each is, once")]
        pub enum Vector {
            $($vector,)+
        }

        impl Vector {
            /// Every vector, in the order they are listed to people.
            pub const ALL: [Self; [$(Self::$vector),+].len()] = [$(Self::$vector),+];

            /// As it is written in a formula.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$vector => $name,)+
                }
            }

            /// What it is, in a sentence, with its unit.
            #[must_use]
            pub const fn doc(self) -> &'static str {
                match self {
                    $(Self::$vector => $doc,)+
                }
            }

            /// The numbers it takes.
            #[must_use]
            pub const fn range(self) -> &'static str {
                match self {
                    $(Self::$vector => $range,)+
                }
            }

            /// The evidence it is made of.
            #[must_use]
            pub const fn needs(self) -> EvidenceSet {
                match self {
                    $(Self::$vector => $needs,)+
                }
            }
        }
    };
}

vectors! {
    ColumnMean "column_mean" EvidenceSet::of([Evidence::ColumnSums]), "0 to 1, sum 1",
        "Attention received: the mean over heads and living queries of A[h,q,k]";
    ColumnSum "column_sum" EvidenceSet::of([Evidence::ColumnSums]), "0 to heads \u{d7} n",
        "Attention received: the sum over heads and living queries of A[h,q,k]";
    Diagonal "diagonal" EvidenceSet::of([Evidence::DiagonalSums]), "0 to 1",
        "Attention a token pays itself: the mean over heads of A[h,k,k]";
    ClsRow "cls_row" EvidenceSet::of([Evidence::ClsRow]), "0 to 1, sum 1",
        "Attention that the first token ([CLS]) pays: the mean over heads of A[h,0,k]";
    RowEntropy "row_entropy" EvidenceSet::of([Evidence::RowEntropies]), "0 to ln n, in nats",
        "How spread out the attention is that a token pays: Shannon's entropy of its row, mean over heads";
    ColumnEntropy "column_entropy" EvidenceSet::of([Evidence::AttentionProbs]), "0 to ln n, in nats",
        "How spread out the attention is that a token receives: Shannon's entropy of its column in the mean over heads, \
         brought to sum 1; needs the whole attention matrices";
    ValueNorm "value_norm" EvidenceSet::of([Evidence::ValueNorms]), "0 and more",
        "Length (L2) of a token's value vector, heads side by side";
    ValueWeighted "value_weighted" EvidenceSet::of([Evidence::HeadColumnSums, Evidence::HeadValueL1]), "0 and more",
        "Attention received weighed by values in each head: the mean over heads of (sum over queries of A[h,q,k]) \u{d7} \
         the L1 norm of the head's value vector";
    KeySimilarity "key_similarity" EvidenceSet::of([Evidence::MeanKeys]), "\u{2212}1 to 1",
        "How alike a token is to the others: the mean cosine of its key, heads averaged, with every other living key";
    HiddenNorm "hidden_norm" EvidenceSet::of([Evidence::Hidden]), "0 and more",
        "Length (L2) of a token's state after attention, residual and norm";
    Position "position" EvidenceSet::NONE, "0 to n0 \u{2212} 1",
        "Where the token stands in the text, special tokens counted, whatever has left before it";
    RelativePosition "relative_position" EvidenceSet::NONE, "0 to 1",
        "Where the token stands as a share of the text: position \u{f7} (n0 \u{2212} 1)";
    IsSpecial "is_special" EvidenceSet::NONE, "0 or 1",
        "1 for tokens that the tokenizer added: [CLS], [SEP], <s>";
    Layer "layer" EvidenceSet::NONE, "0 to layers \u{2212} 1",
        "The layer that decides, counted from 0 as in start";
    Alive "n" EvidenceSet::NONE, "1 to n0",
        "Tokens that are still there";
    Tokens "n0" EvidenceSet::NONE, "1 and more",
        "Tokens of the text, special ones counted";
}

impl Vector {
    pub(super) fn find(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|vector| vector.name() == name)
    }
}

/// A function of a formula. Those that look at all living tokens together keep one number a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "`doc` says what each is, once")]
pub enum Function {
    Min,
    Max,
    Abs,
    Sqrt,
    Ln,
    Exp,
    Pow,
    Zscore,
    Rank,
    Share,
    Mean,
}

impl Function {
    /// Every function, in the order they are listed to people.
    pub const ALL: [Self; 11] = [
        Self::Min,
        Self::Max,
        Self::Abs,
        Self::Sqrt,
        Self::Ln,
        Self::Exp,
        Self::Pow,
        Self::Zscore,
        Self::Rank,
        Self::Share,
        Self::Mean,
    ];

    /// As it is written in a formula.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Min => "min",
            Self::Max => "max",
            Self::Abs => "abs",
            Self::Sqrt => "sqrt",
            Self::Ln => "ln",
            Self::Exp => "exp",
            Self::Pow => "pow",
            Self::Zscore => "zscore",
            Self::Rank => "rank",
            Self::Share => "share",
            Self::Mean => "mean",
        }
    }

    /// With its arguments.
    #[must_use]
    pub const fn usage(self) -> &'static str {
        match self {
            Self::Min => "min(x, y, \u{2026})",
            Self::Max => "max(x, y, \u{2026})",
            Self::Abs => "abs(x)",
            Self::Sqrt => "sqrt(x)",
            Self::Ln => "ln(x)",
            Self::Exp => "exp(x)",
            Self::Pow => "pow(x, y)",
            Self::Zscore => "zscore(x)",
            Self::Rank => "rank(x)",
            Self::Share => "share(x)",
            Self::Mean => "mean(x)",
        }
    }

    /// What it gives, in a sentence.
    #[must_use]
    pub const fn doc(self) -> &'static str {
        match self {
            Self::Min => "The smallest of its arguments, token by token",
            Self::Max => "The largest of its arguments, token by token",
            Self::Abs => "The size of a number without its sign",
            Self::Sqrt => "The square root; no number below 0",
            Self::Ln => "The natural logarithm; no number at 0 and below",
            Self::Exp => "e to the power of x",
            Self::Pow => "x to the power of y",
            Self::Zscore => "x less its mean over the living tokens, in standard deviations; 0 where all are equal",
            Self::Rank => {
                "0 for the smallest of the living tokens to 1 for the largest, equal ones share their mean rank"
            }
            Self::Share => "x \u{f7} the sum of x over the living tokens",
            Self::Mean => "The mean of x over the living tokens",
        }
    }

    /// How many arguments it takes; `None` for two and more.
    pub(super) const fn arguments(self) -> Option<usize> {
        match self {
            Self::Min | Self::Max => None,
            Self::Pow => Some(2),
            Self::Abs | Self::Sqrt | Self::Ln | Self::Exp | Self::Zscore | Self::Rank | Self::Share | Self::Mean => {
                Some(1)
            }
        }
    }

    pub(super) fn find(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|function| function.name() == name)
    }
}
