//! What a figure says, where it goes, how it is written.
