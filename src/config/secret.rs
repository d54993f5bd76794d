//! Where a secret comes from; it is read when it is needed, not when the files are checked.
//!
//! Owns: secret files and secrets given by the environment.
//! Never: showing a secret, in `Debug` neither.
//! Reads next: `layers.rs`.

use std::fs;
use std::path::{Path, PathBuf};

use secrecy::SecretString;

/// A file that holds the secret alone (relative to the site), or the value that the environment gave.
#[derive(Clone, Debug)]
pub enum SecretSource {
    File(PathBuf),
    Value(SecretString),
}

#[derive(Debug, thiserror::Error)]
pub enum SecretError {
    #[error(
        "the secret file `{file}` cannot be read: {error}; put the secret alone in that file, readable by this program only"
    )]
    Unreadable {
        file: PathBuf,
        error: std::io::Error,
    },
    #[error("the secret file `{file}` is empty; put the secret alone in that file")]
    Empty { file: PathBuf },
}

impl SecretSource {
    /// The secret itself, without the line break at the end of its file.
    ///
    /// # Errors
    /// When the file cannot be read or is empty.
    pub fn reveal(&self, site: &Path) -> Result<SecretString, SecretError> {
        let file = match self {
            Self::Value(secret) => return Ok(secret.clone()),
            Self::File(file) => file,
        };
        let text =
            fs::read_to_string(site.join(file)).map_err(|error| SecretError::Unreadable {
                file: file.clone(),
                error,
            })?;
        match text.trim_end_matches(['\r', '\n']) {
            "" => Err(SecretError::Empty { file: file.clone() }),
            secret => Ok(SecretString::from(secret)),
        }
    }
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret;

    use super::*;

    #[test]
    fn a_secret_file_gives_its_line_and_a_missing_one_says_what_to_do() {
        let site = tempfile::tempdir().unwrap();
        fs::write(site.path().join("city"), " s3cret \r\n").unwrap();
        let secret = SecretSource::File("city".into())
            .reveal(site.path())
            .unwrap();
        assert_eq!(
            secret.expose_secret(),
            " s3cret ",
            "only the line break is taken off"
        );

        let missing = SecretSource::File("nothing".into())
            .reveal(site.path())
            .unwrap_err();
        let said = missing.to_string();
        assert!(
            said.starts_with("the secret file `nothing` cannot be read: "),
            "{said}"
        );
        assert!(
            said.ends_with("put the secret alone in that file, readable by this program only"),
            "{said}"
        );
    }

    #[test]
    fn debug_output_never_shows_a_secret() {
        let source = SecretSource::Value(SecretString::from("s3cret"));
        assert!(!format!("{source:?}").contains("s3cret"));
    }
}
