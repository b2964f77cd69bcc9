//! The command line from outside: every documented command, its output and its exit code.

mod support;

mod inspect;
