//! What lies in a folder: files of a list that are complete, in the order in which they are read.
//!
//! Owns: the order (the day a name states, else of the last change; within a day the time), and when a file is
//! complete: nobody changed it for a while, or while we waited.
//! Never: opening what is still being written.
//! Reads next: `dated.rs`, `shelf.rs`.

use std::fs::{self, File, Metadata};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::time::Duration;

use chrono::{DateTime, NaiveDate, NaiveTime, TimeDelta, Utc};
use chrono_tz::Tz;
use globset::{GlobBuilder, GlobSet, GlobSetBuilder};
use sha2::{Digest, Sha256};
use unicode_normalization::UnicodeNormalization;

use super::dated;
use crate::source::SourceError;
use crate::source::moment::local;

/// How a folder is looked into.
#[derive(Clone, Copy, Debug)]
pub(super) struct Look<'a> {
    pub folder: &'a Path,
    pub settle: Duration,
    pub zone: Tz,
    pub now: DateTime<Utc>,
}

/// A file that may be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Candidate {
    pub path: PathBuf,
    pub name: String,
    pub hash: String,
    pub made_at: DateTime<Utc>,
    size: u64,
    modified: DateTime<Utc>,
    order: (NaiveDate, Option<NaiveTime>, DateTime<Utc>, String),
}

/// The complete files whose names fit, oldest first. Files that changed a moment ago are waited for once.
pub(super) async fn complete(
    look: &Look<'_>,
    patterns: &[String],
) -> Result<Vec<Candidate>, SourceError> {
    let names = patterns_of(patterns)?;
    let mut files = scan(look, &names)?;
    let is_young =
        |file: &Candidate| look.now - file.modified < settle(look) || file.modified > look.now;
    if !look.settle.is_zero() && files.iter().any(is_young) {
        tokio::time::sleep(look.settle).await;
        let again = scan(look, &names)?;
        let unchanged = |file: &Candidate| again.iter().any(|later| later.same_as(file));
        files.retain(unchanged);
    }
    files.sort_by(|a, b| a.order.cmp(&b.order));
    let hashed = tokio::task::spawn_blocking(move || hashed(files)).await;
    hashed.map_err(|error| SourceError::Folder {
        folder: look.folder.display().to_string(),
        cause: io::Error::other(error),
    })
}

fn settle(look: &Look<'_>) -> TimeDelta {
    TimeDelta::from_std(look.settle).unwrap_or(TimeDelta::MAX)
}

fn patterns_of(patterns: &[String]) -> Result<GlobSet, SourceError> {
    let mut set = GlobSetBuilder::new();
    let refused = |error: globset::Error| SourceError::Settings(error.to_string());
    for pattern in patterns {
        let mut glob = GlobBuilder::new(pattern);
        set.add(glob.case_insensitive(true).build().map_err(refused)?);
    }
    set.build().map_err(refused)
}

fn scan(look: &Look<'_>, names: &GlobSet) -> Result<Vec<Candidate>, SourceError> {
    let failed = |cause| SourceError::Folder {
        folder: look.folder.display().to_string(),
        cause,
    };
    let mut files = Vec::new();
    for entry in fs::read_dir(look.folder).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        // Names that come from a Mac are decomposed.
        let name: String = entry.file_name().to_string_lossy().nfc().collect();
        if is_passing(&name) || !names.is_match(&name) {
            continue;
        }
        // A file that was taken away meanwhile is none.
        let Some(metadata) = entry.metadata().ok().filter(Metadata::is_file) else {
            continue;
        };
        files.extend(Candidate::new(entry.path(), name, &metadata, look.zone));
    }
    Ok(files)
}

/// Names that programs give to what they have not finished, and to their locks.
fn is_passing(name: &str) -> bool {
    let lower = name.to_lowercase();
    let ends = [
        ".part",
        ".partial",
        ".tmp",
        ".crdownload",
        ".download",
        ".filepart",
        ".report.txt",
    ];
    lower.starts_with("~$") || lower.starts_with('.') || ends.iter().any(|end| lower.ends_with(end))
}

/// The files with their hashes; one that cannot be read is passed over, and is there at the next look.
fn hashed(files: Vec<Candidate>) -> Vec<Candidate> {
    let read = |mut file: Candidate| match hash(&file.path) {
        Ok(hash) => {
            file.hash = hash;
            Some(file)
        }
        Err(error) => {
            tracing::warn!(file = file.name, %error, "cannot be read yet");
            None
        }
    };
    files.into_iter().filter_map(read).collect()
}

fn hash(path: &Path) -> io::Result<String> {
    let mut file = File::open(path)?;
    let mut digest = Sha256::new();
    let mut bytes = vec![0; 128 * 1024];
    loop {
        match file.read(&mut bytes)? {
            0 => break,
            read => digest.update(&bytes[..read]),
        }
    }
    Ok(digest
        .finalize()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect())
}

impl Candidate {
    fn new(path: PathBuf, name: String, metadata: &Metadata, zone: Tz) -> Option<Self> {
        let modified: DateTime<Utc> = metadata.modified().ok()?.into();
        let stated = dated::stated(&name);
        let day = stated.map_or_else(
            || modified.with_timezone(&zone).date_naive(),
            |(day, _)| day,
        );
        let end = day.and_hms_opt(23, 59, 59).and_then(|end| local(end, zone));
        Some(Self {
            order: (
                day,
                stated.and_then(|(_, time)| time),
                modified,
                name.clone(),
            ),
            path,
            name,
            hash: String::new(),
            made_at: end.map_or(modified, |end| end.min(modified)),
            size: metadata.len(),
            modified,
        })
    }

    fn same_as(&self, other: &Self) -> bool {
        (&self.path, self.size, self.modified) == (&other.path, other.size, other.modified)
    }

    /// Whether the file is still the one that was looked at.
    pub(super) fn is_unchanged(&self) -> bool {
        let now = fs::metadata(&self.path);
        now.is_ok_and(|now| {
            now.len() == self.size
                && now
                    .modified()
                    .is_ok_and(|at| DateTime::<Utc>::from(at) == self.modified)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn complete_files_come_in_the_order_of_their_days() {
        let folder = tempfile::tempdir().unwrap();
        let now: DateTime<Utc> = "2020-06-03T00:00:00Z".parse().unwrap();
        for (name, modified) in [
            ("ho-so-2020-06-02.csv", "2020-06-02T01:00:00Z"),
            ("HO-SO-01.06.2020.CSV", "2020-06-02T02:00:00Z"),
            ("ho-so.csv", "2020-05-31T02:00:00Z"),
            ("~$ho-so.csv", "2020-05-31T02:00:00Z"),
            ("ho-so.csv.part", "2020-05-31T02:00:00Z"),
            ("khac.csv", "2020-05-31T02:00:00Z"),
        ] {
            let path = folder.path().join(name);
            fs::write(&path, name).unwrap();
            let at: DateTime<Utc> = modified.parse().unwrap();
            File::options()
                .write(true)
                .open(&path)
                .unwrap()
                .set_modified(at.into())
                .unwrap();
        }
        let look = Look {
            folder: folder.path(),
            settle: Duration::from_secs(30),
            zone: chrono_tz::Asia::Ho_Chi_Minh,
            now,
        };
        let files = complete(&look, &["ho-so*.csv".to_owned()]).await.unwrap();
        let names: Vec<&str> = files.iter().map(|file| file.name.as_str()).collect();
        assert_eq!(
            names,
            ["ho-so.csv", "HO-SO-01.06.2020.CSV", "ho-so-2020-06-02.csv"]
        );
        assert_eq!(
            files[1].made_at.to_rfc3339(),
            "2020-06-01T16:59:59+00:00",
            "the end of its day"
        );
        assert!(files[0].is_unchanged());
        fs::write(&files[0].path, "more than before").unwrap();
        assert!(!files[0].is_unchanged());
    }

    #[tokio::test]
    async fn a_folder_that_is_not_there_is_an_error() {
        let look = Look {
            folder: Path::new("/nowhere/at/all"),
            settle: Duration::ZERO,
            zone: chrono_tz::UTC,
            now: DateTime::UNIX_EPOCH,
        };
        let error = complete(&look, &["*".to_owned()]).await.unwrap_err();
        assert!(error.to_string().contains("/nowhere/at/all"), "{error}");
    }
}
