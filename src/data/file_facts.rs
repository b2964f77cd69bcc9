//! What a file says of itself.

/// What a file says of itself.
#[derive(Clone, Debug, Default)]
pub(super) struct FileFacts {
    /// How it is written, for a person.
    pub(super) format: String,
    /// Name and type of columns that are there and cannot be read.
    pub(super) unread: Vec<(String, String)>,
    /// Columns whose numbers have names, with these.
    pub(super) class_names: Vec<(String, Vec<String>)>,
}
