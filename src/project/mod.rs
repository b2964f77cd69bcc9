//! The saved session.
