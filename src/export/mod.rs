//! Results as CSV, JSON and Parquet, and the manifest.
