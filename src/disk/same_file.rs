//! Whether two paths lead to one file.

use std::fs;
use std::fs::Metadata;
use std::path::Path;

/// Whether two paths lead to one file, by whatever names or links: what is written to one would be read from the other.
///
/// Paths that lead nowhere are the same as nothing.
#[must_use]
pub fn same_file(one: &Path, other: &Path) -> bool {
    let (Ok(one_real), Ok(other_real)) = (fs::canonicalize(one), fs::canonicalize(other)) else { return false };
    one_real == other_real
        || matches!((fs::metadata(one_real), fs::metadata(other_real)), (Ok(a), Ok(b)) if has_same_identity(&a, &b) )
}

/// Whether both describe one file on disk, which hard links share; never where the system has no such identity.
#[cfg(unix)]
pub(super) fn has_same_identity(one: &Metadata, other: &Metadata) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    (one.dev(), one.ino()) == (other.dev(), other.ino())
}

/// Whether both describe one file on disk, which hard links share; never where the system has no such identity.
#[cfg(not(unix))]
pub(super) fn has_same_identity(_one: &Metadata, _other: &Metadata) -> bool {
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_the_same_by_every_name() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.csv");
        fs::write(&path, "x").unwrap();
        fs::write(folder.path().join("b.csv"), "x").unwrap();
        assert!(same_file(&path, &folder.path().join(".").join("a.csv")), "another spelling");
        assert!(!same_file(&path, &folder.path().join("b.csv")), "equal content is no identity");
        assert!(!same_file(&path, &folder.path().join("none.csv")), "what is not there is nothing's like");
    }

    #[cfg(unix)]
    #[test]
    fn links_of_both_kinds_lead_to_the_same_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.csv");
        fs::write(&path, "x").unwrap();
        for (name, is_hard) in [("soft.csv", false), ("hard.csv", true)] {
            let link = folder.path().join(name);
            if is_hard { fs::hard_link(&path, &link) } else { std::os::unix::fs::symlink(&path, &link) }.unwrap();
            assert!(same_file(&path, &link), "{name}");
        }
    }
}
