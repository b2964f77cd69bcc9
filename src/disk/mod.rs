//! Writing files so that nobody ever sees half of one: the only writer of the crate, for results, sessions and exports.
//!
//! A file is written beside its target under a fresh name, synced and renamed ([`write_file`], [`UnfinishedFile`]);
//! several appear together as far as a file system allows ([`put_together`]). A folder of results belongs to one run at a
//! time ([`FolderLock`]). Settings and weights are read through [`read_regular`] and [`open_regular`], which take regular
//! files of a stated size and nothing that blocks or never ends. Knows nothing of what the files hold.

mod folder_lock;
mod regular_file;
mod same_file;
mod whole_file;

pub use folder_lock::FolderLock;
pub use folder_lock::LockError;
pub use regular_file::FileKind;
pub use regular_file::ReadError;
pub use regular_file::open_regular;
pub use regular_file::read_regular;
pub use regular_file::read_regular_text;
pub use same_file::same_file;
pub use whole_file::UnfinishedFile;
pub use whole_file::put_together;
pub use whole_file::remove_leftovers;
pub use whole_file::write_file;
