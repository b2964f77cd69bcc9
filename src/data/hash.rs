//! The fingerprint of a file.

use std::io;
use std::io::Read as _;
use std::path::Path;

use sha2::Digest as _;
use sha2::Sha256;

/// SHA-256 of a file's bytes in lower-case hex.
pub(super) fn sha256_of_file(path: &Path) -> io::Result<String> {
    let mut file = std::fs::File::open(path)?;
    let mut hasher = Sha256::new();
    let mut block = vec![0; 1 << 16];
    loop {
        let len = file.read(&mut block)?;
        if len == 0 {
            break;
        }
        hasher.update(&block[..len]);
    }
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let hex = |byte: u8| [char::from(DIGITS[usize::from(byte >> 4)]), char::from(DIGITS[usize::from(byte & 15)])];
    Ok(hasher.finalize().into_iter().flat_map(hex).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Source: FIPS 180-2, appendix B.1: SHA-256 of "abc".
    #[test]
    fn the_hash_is_sha_256() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("abc");
        std::fs::write(&path, "abc").unwrap();
        let expected = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(sha256_of_file(&path).unwrap(), expected, "the published digest of \"abc\"");
    }
}
