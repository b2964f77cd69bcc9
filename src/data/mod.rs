//! Texts, labels and groups: readers, the authored data set, identity lexicons. No tensors, no models.
//!
//! Start at [`read`]: it opens a CSV, TSV, JSON Lines or Parquet file, finds the columns by name, and gives a
//! [`Dataset`]. A file too large to hold is a [`DataStream`]: read once for its [`DatasetIndex`], a few bytes a row, and again in
//! chunks for its texts. [`Rows`] is the stream underneath both, one [`Record`] at a time.
//! One bad row never ends a reading: it is skipped, counted and kept as a [`SkippedRow`] with its reason.
//!
//! Knows nothing about class names of a model beyond what [`match_labels`] is told, and never prints.

mod bands;
mod bytes;
mod columns;
mod content;
mod dataset;
mod dataset_index;
mod dates;
mod delimited;
mod delimiter;
mod draw;
mod drawn_sample;
mod encoding;
mod error;
mod example;
mod examples;
mod fields;
mod file_facts;
mod group_cells;
mod groups;
mod hash;
mod json_document;
mod json_lines;
mod json_value;
mod label;
mod label_answer;
mod label_set;
mod lexicon;
mod lines;
mod memberships;
mod missing;
mod options;
mod parquet_leaf;
mod parquet_pages;
mod parquet_rows;
mod read;
mod record;
mod report;
mod rows;
mod sample;
mod skips;
mod stream;
mod synthetic;

pub use content::Content;
pub use dataset::Dataset;
pub use dataset_index::DatasetIndex;
pub use dataset_index::LISTED_ROWS;
pub use dataset_index::LabelValue;
pub use draw::DrawOrder;
pub use draw::sample_warning;
pub use drawn_sample::Clusters;
pub use drawn_sample::Sample;
pub use drawn_sample::SampleKind;
pub use error::Error;
pub use example::Example;
pub use example::GroupColumn;
pub use example::SkippedRow;
pub use label::NO_LABEL;
pub use label::label_index;
pub use label::mapped_label;
pub use label::parse_label_map;
pub use label_answer::label_names;
pub use label_answer::parse_number;
pub use label_answer::says_nothing;
pub use label_set::Mismatch;
pub use label_set::match_labels;
pub use lexicon::LEXICON_COLUMN;
pub use lexicon::Lexicon;
pub use lexicon::Mention;
pub use memberships::Memberships;
pub use options::MAX_RECORD_BYTES;
pub use options::MAX_SKIPPED;
pub use options::ReadOptions;
pub use options::Take;
pub use read::read;
pub use read::read_with;
pub use record::Cell;
pub use record::Record;
pub use report::GroupFacts;
pub use report::ReadReport;
pub use rows::Failure;
pub use rows::Rows;
pub use sample::find_sample_data;
pub use stream::ChunkSize;
pub use stream::Chunks;
pub use stream::DataStream;
pub use synthetic::SAMPLE_SEED;
pub use synthetic::to_csv as synthetic_csv;
