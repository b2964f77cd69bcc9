//! What a file holds as one number, by which results know it again.

use std::io::Read as _;
use std::path::PathBuf;

use sha2::Digest as _;
use sha2::Sha256;

use crate::disk::FileError;
use crate::disk::open_regular;

/// SHA-256 of bytes that are there already, in hex.
#[must_use]
pub fn hash_bytes(bytes: &[u8]) -> String {
    format!("{:x}", Sha256::digest(bytes))
}

/// SHA-256 of the files' bytes one after another, in hex; each file has at most `limit` bytes.
///
/// # Errors
/// If one of them is no regular file, is larger or cannot be read.
pub fn hash_files(paths: &[PathBuf], limit: u64) -> Result<String, FileError> {
    let mut hasher = Sha256::new();
    let mut buffer = vec![0; 1 << 18];
    for path in paths {
        let not_readable = |source| FileError::NotReadable { path: path.clone(), source };
        let (mut file, _) = open_regular(path, limit).map_err(not_readable)?;
        loop {
            let read = file.read(&mut buffer).map_err(|source| FileError::Read { path: path.clone(), source })?;
            if read == 0 {
                break;
            }
            hasher.update(&buffer[..read]);
        }
    }
    Ok(format!("{:x}", hasher.finalize()))
}
