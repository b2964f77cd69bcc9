//! The command line from outside: every documented command, its output and its exit code.
#![expect(clippy::unwrap_used, reason = "the helpers of tests fail by panicking")]

mod support;

mod bench;
mod device;
mod evaluate;
mod evaluate_files;
mod evaluate_heads;
mod evaluate_latency;
mod field_cases;
mod help;
mod inspect;
mod instructions;
mod interrupt;
mod memory;
mod not_finite;
mod out;
mod pairs;
mod predict;
mod screenshot;
mod strategies;
mod terminal;
mod transfer;
mod tune;
mod verify;
