//! The saved session: which model, which data, which text, which strategies. What the window undoes and the file keeps.
//!
//! Knows nothing about results, windows or threads. Start reading at [`Project`]; [`file`] holds the format on disk.

mod error;
mod file;
mod types;

pub use error::Error;
pub use file::SCHEMA;
pub use file::load;
pub use file::parse;
pub use file::read_text;
pub use file::render;
pub use file::save;
pub use types::DataSource;
pub use types::EntryId;
pub use types::Project;
pub use types::StrategyEntry;
