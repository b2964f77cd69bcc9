//! Writing files so that nobody ever sees half of one: the only writer of the crate, for results, sessions and exports.
//!
//! A file is written beside its target under a fresh name, synced and renamed ([`write_file`], [`UnfinishedFile`]);
//! several appear together as far as a file system allows ([`put_together`]). A folder of results belongs to one run at a
//! time ([`FolderLock`]). Settings and weights are read through [`read_regular`] and [`open_regular`], which take regular
//! files of a stated size and nothing that blocks or never ends; files of settings field by field through [`Fields`]. Knows
//! nothing of what the files are for.

mod file_error;
mod folder_lock;
mod hash;
mod regular_file;
mod same_file;
mod settings;
mod whole_file;

pub use file_error::FileError;
pub use file_error::quoted;
pub use folder_lock::FolderLock;
pub use folder_lock::LockError;
pub use hash::hash_bytes;
pub use hash::hash_files;
pub use regular_file::FileKind;
pub use regular_file::ReadError;
pub use regular_file::open_regular;
pub use regular_file::read_regular;
pub use regular_file::read_regular_text;
pub use same_file::same_file;
pub use settings::Fields;
pub use settings::positive;
pub use settings::read_json_object;
pub use settings::read_small_file;
pub use whole_file::UnfinishedFile;
pub use whole_file::put_together;
pub use whole_file::remove_leftovers;
pub use whole_file::write_file;
