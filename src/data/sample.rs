//! Where the authored data set lies.

use std::path::Path;
use std::path::PathBuf;

/// Path of the set below a folder that holds sample data.
const SAMPLE_DATA: &str = "sample_data/identity-sentiment.csv";

/// Finds `sample_data/identity-sentiment.csv`: beside the folder that `PRUNESCOPE_MODELS` names, beside the executable or up
/// to three folders above it, or in the repository that the program was built from. `None` where it is in none of them.
#[must_use]
pub fn find_sample_data() -> Option<PathBuf> {
    let models = std::env::var_os("PRUNESCOPE_MODELS").map(PathBuf::from);
    let executable = std::env::current_exe().ok();
    find_in(&candidates(models.as_deref(), executable.as_deref()))
}

fn candidates(models: Option<&Path>, executable: Option<&Path>) -> Vec<PathBuf> {
    let mut roots = Vec::new();
    if let Some(models) = models {
        roots.push(models.to_path_buf());
        roots.extend(models.parent().map(Path::to_path_buf));
    }
    if let Some(executable) = executable {
        roots.extend(executable.ancestors().skip(1).take(4).map(Path::to_path_buf));
    }
    roots.push(PathBuf::from(env!("CARGO_MANIFEST_DIR")));
    roots
}

fn find_in(roots: &[PathBuf]) -> Option<PathBuf> {
    roots.iter().map(|root| root.join(SAMPLE_DATA)).find(|path| path.is_file())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_set_is_found_in_the_repository() {
        let found = find_sample_data();
        assert!(found.is_some_and(|path| path.ends_with(SAMPLE_DATA)), "the committed file");
    }

    #[test]
    fn the_set_beside_the_executable_comes_before_the_repository() {
        let folder = tempfile::tempdir().unwrap();
        let bin = folder.path().join("bin");
        std::fs::create_dir_all(folder.path().join("sample_data")).unwrap();
        std::fs::write(folder.path().join(SAMPLE_DATA), "id,text\n").unwrap();
        let found = find_in(&candidates(None, Some(&bin.join("prunescope"))));
        assert_eq!(found, Some(folder.path().join(SAMPLE_DATA)), "one folder above the executable");
    }

    #[test]
    fn nothing_is_found_where_nothing_lies() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(find_in(&[folder.path().to_path_buf()]), None, "an empty folder");
    }
}
