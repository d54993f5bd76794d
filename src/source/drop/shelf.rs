//! Where files go: `done/2020-06-01/NAME` when they are stored, `bad/2020-06-01/NAME` with a report when they are not.
//!
//! Owns: that no file is ever overwritten, and the words of a report.
//! Never: a row of a file in a report.
//! Reads next: `../export/fault.rs`.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use chrono::NaiveDate;

use super::folder::Candidate;
use crate::source::SourceError;
use crate::source::export::ExportFault;

pub(super) async fn done(
    folder: &Path,
    file: &Candidate,
    day: NaiveDate,
) -> Result<(), SourceError> {
    put(folder, "done", (&file.path, &file.name), day, None).await
}

/// Moves a file of another kind of source to `done/DAY`.
pub(in crate::source) async fn put_away(
    folder: &Path,
    path: &Path,
    name: &str,
    day: NaiveDate,
) -> Result<(), SourceError> {
    put(folder, "done", (path, name), day, None).await
}

pub(super) async fn bad(
    folder: &Path,
    file: &Candidate,
    day: NaiveDate,
    fault: &ExportFault,
) -> Result<(), SourceError> {
    let report = report(&file.name, fault);
    put(folder, "bad", (&file.path, &file.name), day, Some(report)).await
}

async fn put(
    folder: &Path,
    shelf: &str,
    (path, name): (&Path, &str),
    day: NaiveDate,
    report: Option<String>,
) -> Result<(), SourceError> {
    let (from, name) = (path.to_owned(), name.to_owned());
    let to = folder.join(shelf).join(day.to_string());
    let moved =
        tokio::task::spawn_blocking(move || move_to(&from, &to, &name, report.as_deref())).await;
    let moved = moved.unwrap_or_else(|error| Err(io::Error::other(error)));
    moved.map_err(|cause| SourceError::Folder {
        folder: folder.join(shelf).display().to_string(),
        cause,
    })
}

/// Moves a file under a name that is free there. The report comes first: no bad file is without one.
fn move_to(from: &Path, folder: &Path, name: &str, report: Option<&str>) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    let to = free(folder, name)?;
    if let Some(report) = report {
        let mut beside = to.clone().into_os_string();
        beside.push(".report.txt");
        File::create(beside)?.write_all(report.as_bytes())?;
    }
    match fs::rename(from, &to) {
        // Somebody took it away meanwhile: what was to be done is done.
        Err(error) if error.kind() == io::ErrorKind::NotFound => fs::remove_file(&to),
        moved => moved,
    }
}

/// A name that is free, held by an empty file until the move: `NAME`, `NAME-2`, …
fn free(folder: &Path, name: &str) -> io::Result<PathBuf> {
    let (stem, extension) = match name.rsplit_once('.') {
        Some((stem, extension)) => (stem, format!(".{extension}")),
        None => (name, String::new()),
    };
    let numbered = (2..10_000).map(|number| format!("{stem}-{number}{extension}"));
    for name in std::iter::once(name.to_owned()).chain(numbered) {
        let path = folder.join(name);
        match File::options().write(true).create_new(true).open(&path) {
            Ok(_) => return Ok(path),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error),
        }
    }
    Err(io::Error::other(
        "ten thousand files of that name are there",
    ))
}

/// For the person who dropped the file, and for the one who maintains the source's file.
fn report(name: &str, fault: &ExportFault) -> String {
    let (what, remedy) = fault.in_vietnamese();
    format!(
        "{name}\n\nTệp này không đọc được, chưa có dòng nào được ghi nhận là đầy đủ.\n\
         Lý do: {what}.\nCách xử lý: {remedy}, rồi đặt tệp vào lại thư mục.\n\n\
         This file could not be read to its end.\nWhy: {fault}.\nWhat to do: {}; then put it back into the folder.\n",
        fault.remedy()
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_overwritten_and_a_bad_file_has_a_report() {
        let folder = tempfile::tempdir().unwrap();
        let shelf = folder.path().join("bad");
        for content in ["first", "second"] {
            let from = folder.path().join("ho-so.xlsx");
            fs::write(&from, content).unwrap();
            move_to(
                &from,
                &shelf,
                "ho-so.xlsx",
                Some(&report("ho-so.xlsx", &ExportFault::Password)),
            )
            .unwrap();
            assert!(!from.exists());
        }
        let read = |name: &str| fs::read_to_string(shelf.join(name)).unwrap();
        assert_eq!(read("ho-so.xlsx"), "first");
        assert_eq!(read("ho-so-2.xlsx"), "second");
        let report = read("ho-so-2.xlsx.report.txt");
        assert!(
            report.contains("mật khẩu") && report.contains("password"),
            "{report}"
        );
    }
}
