//! What an evaluation rests on: model, data, how they are read and in which order, all by content.

use std::sync::Arc;

use crate::data::Dataset;
use crate::data::Sample;
use crate::data::SampleKind;
use crate::evaluation::HeadKind;
use crate::evaluation::ModelInfo;
use crate::figure::number;
use crate::model::Checkpoint;
use crate::project::Project;

/// Results of the same basis belong together: each of them is of a beginning of the same order of rows, and measures are
/// about the same class.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct EvaluationKey {
    /// Everything that decides about a result beside the strategy, a line for each part.
    text: Arc<str>,
    /// The class of interest, as named: what measures are about, and no part of a result.
    positive: Option<Arc<str>>,
    seed: u64,
}

impl EvaluationKey {
    /// What an evaluation would rest on now; `None` where the project names no data set.
    pub(crate) fn of(project: &Project, checkpoint: &Checkpoint, dataset: &Dataset) -> Option<Self> {
        let model = ModelInfo::of(checkpoint);
        let source = project.data.as_ref()?;
        let seed = project.seed;
        let lexicon = source.lexicon.as_ref().map(|path| path.display().to_string()).unwrap_or_default();
        let parts = [
            model.weights_hash,
            model.tokenizer_hash,
            model.precision.to_owned(),
            model.device,
            model.labels.join("\u{1f}"),
            model.max_tokens.to_string(),
            dataset.hash.clone(),
            // Options are plain values, which always become text.
            serde_json::to_string(&source.reading().options).unwrap_or_default(),
            lexicon,
            seed.to_string(),
        ];
        // Nothing for classes, so that results of earlier versions are found again.
        let head = (model.head != HeadKind::Classifier).then(|| format!("{:?}", model.head));
        let parts: Vec<String> = parts.into_iter().chain(head).collect();
        let positive = source.options.positive.as_deref().map(Arc::from);
        Some(Self { text: parts.join("\n").into(), positive, seed })
    }

    /// Something to tell results apart by.
    #[cfg(test)]
    pub(crate) fn for_tests(name: &str) -> Self {
        Self { text: name.into(), positive: None, seed: 0 }
    }

    /// The same with another class of interest.
    #[cfg(test)]
    pub(crate) fn about(&self, positive: &str) -> Self {
        Self { positive: Some(positive.into()), ..self.clone() }
    }

    /// Whether runs on the one are runs on the other: measures may be about different classes.
    pub(crate) fn has_same_runs(&self, other: &Self) -> bool {
        self.text == other.text
    }

    /// The class of interest, as named.
    pub(crate) fn positive(&self) -> Option<&str> {
        self.positive.as_deref()
    }

    /// All of it, to make keys of.
    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// Of the order of rows.
    pub(crate) fn seed(&self) -> u64 {
        self.seed
    }
}

/// What is to be evaluated in the end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Goal {
    /// Of what.
    pub(crate) key: EvaluationKey,
    /// At most so many rows.
    pub(crate) rows: usize,
}

impl Goal {
    /// What the project asks for; `None` where it names no data set.
    pub(crate) fn of(project: &Project, checkpoint: &Checkpoint, dataset: &Dataset) -> Option<Self> {
        let rows = dataset.examples.len();
        let key = EvaluationKey::of(project, checkpoint, dataset)?;
        Some(Self { key, rows: project.row_limit.unwrap_or(rows).min(rows) })
    }
}

/// "measured on all 3,120 texts" or "estimated on 399 of 3,120 texts, drawn at random by cluster (thread), …"; says what was
/// left out, and where the data set is itself a part of its file.
pub(crate) fn basis_line(used: usize, sample: &Sample, of_file: &Sample) -> String {
    let rows = number::count(sample.rows);
    let mut line = match &sample.kind {
        SampleKind::Drawn { of, clusters, .. } => {
            let by = clusters.as_ref().map(|clusters| format!(" by cluster ({})", clusters.column)).unwrap_or_default();
            format!("estimated on {rows} of {} texts, drawn at random{by}, stratified by label", number::count(*of))
        }
        SampleKind::All | SampleKind::First => format!("measured on all {} texts", number::count(used)),
    };
    if used < sample.rows {
        let left_out = number::count(sample.rows - used);
        line = format!("{line}; {left_out} left out, their labels or texts cannot be used");
    }
    match of_file.kind {
        SampleKind::All => line,
        SampleKind::First | SampleKind::Drawn { .. } => format!("{line}; the data set is {of_file}"),
    }
}
