//! Messages as files: one `.eml` each, complete or absent.
//!
//! Owns: the name of a message's file and writing it durably.
//! Never: overwriting another message; a half-written `.eml`.
//! Reads next: `transport.rs`.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

/// A folder that cannot be written.
#[derive(Debug, thiserror::Error)]
#[error("cannot write {path}: {source}")]
pub struct FolderError {
    path: String,
    source: io::Error,
}

/// Writes `bytes` to `<message-id>.eml` in `folder` and answers its path. The same Message-ID is the
/// same file, so a repeated delivery changes nothing.
///
/// # Errors
/// When the folder or the file cannot be written; then the old file, if any, still stands.
pub async fn write(folder: &Path, message_id: &str, bytes: &[u8]) -> Result<PathBuf, FolderError> {
    let path = folder.join(file_name(message_id));
    let (target, content) = (path.clone(), bytes.to_vec());
    in_background(path.clone(), move || replace(&target, &content))
        .await
        .map(|()| path)
}

/// Writes and removes a file.
///
/// # Errors
/// When the folder cannot be written.
pub async fn probe(folder: &Path) -> Result<String, FolderError> {
    let path = folder.join(".probe");
    let target = path.clone();
    in_background(path, move || {
        replace(&target, b"").and_then(|()| fs::remove_file(&target))
    })
    .await?;
    Ok(format!("{} can be written", folder.display()))
}

async fn in_background(
    path: PathBuf,
    work: impl FnOnce() -> io::Result<()> + Send + 'static,
) -> Result<(), FolderError> {
    let done = tokio::task::spawn_blocking(work).await;
    done.unwrap_or_else(|error| Err(io::Error::other(error)))
        .map_err(|source| FolderError {
            path: path.display().to_string(),
            source,
        })
}

/// Temporary file, fsync, rename, fsync of the folder: after a power cut the file is whole or absent.
pub(super) fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(folder)?;
    let temporary = path.with_extension("part");
    let mut file = File::create(&temporary)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(&temporary, path)?;
    sync_folder(folder)
}

#[cfg(unix)]
fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

/// Elsewhere a folder cannot be opened as a file, and renames are journalled.
#[cfg(not(unix))]
fn sync_folder(_folder: &Path) -> io::Result<()> {
    Ok(())
}

/// Keeps what our own Message-IDs are made of; anything else becomes `_`, so no id leaves the folder.
fn file_name(message_id: &str) -> String {
    let bare = message_id.trim_start_matches('<').trim_end_matches('>');
    let safe = |c: char| {
        if c.is_ascii_alphanumeric() || "@.-".contains(c) {
            c
        } else {
            '_'
        }
    };
    let name: String = bare.chars().map(safe).collect();
    format!("{}.eml", name.trim_start_matches('.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_of_a_file_stays_in_its_folder() {
        for (id, name) in [
            ("3f2a@longbien.example", "3f2a@longbien.example.eml"),
            ("<3f2a@longbien.example>", "3f2a@longbien.example.eml"),
            ("../../etc/passwd", "_.._etc_passwd.eml"),
            ("a b\r\nc", "a_b__c.eml"),
        ] {
            assert_eq!(file_name(id), name, "{id}");
        }
    }

    #[tokio::test]
    async fn the_same_message_is_the_same_file() {
        let folder = tempfile::tempdir().unwrap();
        let outbox = folder.path().join("mail/out");
        let first = write(&outbox, "<a@b.example>", b"one").await.unwrap();
        let second = write(&outbox, "a@b.example", b"two").await.unwrap();
        assert_eq!(first, second);
        assert_eq!(fs::read(&first).unwrap(), b"two");
        let names: Vec<_> = fs::read_dir(&outbox)
            .unwrap()
            .map(|entry| entry.unwrap().file_name())
            .collect();
        assert_eq!(names, ["a@b.example.eml"], "nothing else is left behind");
    }

    #[tokio::test]
    async fn a_folder_that_cannot_be_made_is_an_error_that_names_it() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file");
        fs::write(&file, "").unwrap();
        let error = write(&file.join("out"), "a@b", b"")
            .await
            .unwrap_err()
            .to_string();
        assert!(error.contains("out/a@b.eml"), "{error}");
    }

    #[tokio::test]
    async fn a_probe_leaves_nothing() {
        let folder = tempfile::tempdir().unwrap();
        assert!(
            probe(folder.path())
                .await
                .unwrap()
                .ends_with("can be written")
        );
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    }
}
