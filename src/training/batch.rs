//! Texts of a step, one after the other.

use candle_core::DType;
use candle_core::Device;
use candle_core::Result;
use candle_core::Tensor;

use crate::input::Sequence;
use crate::tensor::CuSeqlens;

/// Texts packed into rows: row `bounds.range(text).start + position` is a token. No padding.
#[derive(Clone, Debug)]
pub struct PackedBatch {
    bounds: CuSeqlens,
    ids: Vec<u32>,
    segments: Vec<u32>,
    special: Vec<bool>,
}

impl PackedBatch {
    /// Packs texts in their order.
    #[must_use]
    pub fn new(texts: &[&Sequence]) -> Self {
        let units = || texts.iter().flat_map(|text| &text.units);
        Self {
            bounds: CuSeqlens::from_lengths(texts.iter().map(|text| text.units.len())),
            ids: units().map(|unit| unit.id).collect(),
            segments: units().map(|unit| unit.segment).collect(),
            special: units().map(|unit| unit.special).collect(),
        }
    }

    /// Which rows belong to which text.
    #[must_use]
    pub fn bounds(&self) -> &CuSeqlens {
        &self.bounds
    }

    /// Number of texts.
    #[must_use]
    pub fn texts(&self) -> usize {
        self.bounds.batch()
    }

    /// Number of rows: the tokens of all texts.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.bounds.total()
    }

    /// The token of each row, as the vocabulary counts. Shape: `[rows]`.
    #[must_use]
    pub fn ids(&self) -> &[u32] {
        &self.ids
    }

    /// The text of a pair that each row belongs to. Shape: `[rows]`.
    #[must_use]
    pub fn segments(&self) -> &[u32] {
        &self.segments
    }

    /// Whether a row was added by the tokenizer. Shape: `[rows]`.
    #[must_use]
    pub fn special(&self) -> &[bool] {
        &self.special
    }

    /// The position of each row in its text. Shape: `[rows]`.
    pub fn positions(&self) -> impl Iterator<Item = usize> + '_ {
        self.bounds.ranges().flat_map(|range| 0..range.len())
    }

    /// The text of each row. Shape: `[rows]`.
    pub fn text_of_rows(&self) -> impl Iterator<Item = usize> + '_ {
        self.bounds.ranges().enumerate().flat_map(|(text, range)| range.map(move |_| text))
    }

    /// Whether each row is the first of its text: `[CLS]`, which most heads read. Shape: `[rows]`.
    #[must_use]
    pub fn firsts(&self) -> Vec<bool> {
        self.positions().map(|position| position == 0).collect()
    }

    /// 1 over the tokens of each row's text: the mean of the scores there, and what relative thresholds are measured in.
    /// Shape: `[rows]`.
    ///
    /// # Errors
    /// What candle says.
    pub fn even_share(&self, dtype: DType) -> Result<Tensor> {
        let shares: Vec<f64> =
            self.bounds.ranges().flat_map(|range| std::iter::repeat_n(1.0 / range.len() as f64, range.len())).collect();
        Tensor::from_vec(shares, self.rows(), &Device::Cpu)?.to_dtype(dtype)
    }

    /// Sums over the rows of each text. Shape: `[rows, …]` → `[texts, …]`.
    ///
    /// # Errors
    /// What candle says.
    pub fn sum_by_text(&self, rows: &Tensor) -> Result<Tensor> {
        let texts: Vec<u32> = self.text_of_rows().map(|text| u32::try_from(text).unwrap_or(u32::MAX)).collect();
        let texts = Tensor::from_vec(texts, self.rows(), rows.device())?;
        let mut shape = rows.dims().to_vec();
        if let Some(count) = shape.first_mut() {
            *count = self.texts();
        }
        Tensor::zeros(shape, rows.dtype(), rows.device())?.index_add(&texts, rows, 0)
    }

    /// A number of each text for each of its rows. Shape: `[texts]` → `[rows]`.
    ///
    /// # Errors
    /// What candle says.
    pub fn to_rows(&self, texts: &Tensor) -> Result<Tensor> {
        let index: Vec<u32> = self.text_of_rows().map(|text| u32::try_from(text).unwrap_or(u32::MAX)).collect();
        texts.index_select(&Tensor::from_vec(index, self.rows(), texts.device())?, 0)
    }

    /// Gates with 1 where `open` says so. Shape: `gates` and `open` `[rows]`.
    ///
    /// # Errors
    /// What candle says.
    pub fn opened(&self, gates: &Tensor, open: &[bool]) -> Result<Tensor> {
        let free: Vec<f32> = open.iter().map(|&open| f32::from(u8::from(!open))).collect();
        let free = Tensor::from_vec(free, self.rows(), gates.device())?.to_dtype(gates.dtype())?;
        (gates * &free)? + free.affine(-1.0, 1.0)?
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn batch() -> PackedBatch {
        let (one, two) = (Sequence::made_up([7, 8]), Sequence::made_up([9, 3, 4]));
        PackedBatch::new(&[&one, &two])
    }

    #[test]
    fn rows_know_their_text_and_their_place() {
        let batch = batch();
        assert_eq!((batch.texts(), batch.rows(), batch.ids()), (2, 5, &[7, 8, 9, 3, 4][..]), "packed");
        assert_eq!(batch.positions().collect::<Vec<_>>(), [0, 1, 0, 1, 2], "positions");
        assert_eq!(batch.text_of_rows().collect::<Vec<_>>(), [0, 0, 1, 1, 1], "texts");
        assert_eq!(batch.firsts(), [true, false, true, false, false], "first rows");
        assert_eq!(batch.special(), [true, false, true, false, false], "as the sequences say");
    }

    #[test]
    fn numbers_go_from_rows_to_texts_and_back() {
        let batch = batch();
        let rows = Tensor::new(&[1.0_f64, 2.0, 3.0, 4.0, 5.0], &Device::Cpu).unwrap();
        let sums = batch.sum_by_text(&rows).unwrap();
        assert_eq!(sums.to_vec1::<f64>().unwrap(), [3.0, 12.0], "sums");
        assert_eq!(batch.to_rows(&sums).unwrap().to_vec1::<f64>().unwrap(), [3.0, 3.0, 12.0, 12.0, 12.0], "back");
        let even = batch.even_share(DType::F64).unwrap();
        assert_eq!(batch.sum_by_text(&even).unwrap().to_vec1::<f64>().unwrap(), [1.0, 1.0], "shares of a text");
        let opened = batch.opened(&(rows * 0.0).unwrap(), &batch.firsts()).unwrap();
        assert_eq!(opened.to_vec1::<f64>().unwrap(), [1.0, 0.0, 1.0, 0.0, 0.0], "first rows stay");
    }
}
