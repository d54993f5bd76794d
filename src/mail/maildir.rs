//! A maildir, as far as its unread messages are concerned.
//!
//! Owns: which files are unread messages; reading one; marking it seen.
//! Never: another folder than `new` and `cur`; deleting.
//! Reads next: `bounce.rs`.

use std::ffi::OsString;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// Larger than any notice.
const LARGEST: u64 = 10 << 20;

/// The unread messages, in the order of their names.
///
/// # Errors
/// When the folder is not there or cannot be read.
pub fn unread(maildir: &Path) -> io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for folder in ["new", "cur"] {
        for entry in fs::read_dir(maildir.join(folder))? {
            let entry = entry?;
            let is_message = entry.file_type()?.is_file() && !is_hidden(&entry.file_name());
            if is_message && !is_seen(&entry.path()) {
                found.push(entry.path());
            }
        }
    }
    found.sort();
    Ok(found)
}

/// The bytes of a message; `None`: it is no notice, for it is too large.
///
/// # Errors
/// When it cannot be read.
pub fn read(message: &Path) -> io::Result<Option<Vec<u8>>> {
    if fs::metadata(message)?.len() > LARGEST {
        return Ok(None);
    }
    fs::read(message).map(Some)
}

/// Moves the message into `cur`, with the flag of what was seen.
///
/// # Errors
/// When it cannot be moved.
pub fn mark_seen(maildir: &Path, message: &Path) -> io::Result<()> {
    let name = name(message);
    let (base, flags) = name.split_once(":2,").unwrap_or((&name, ""));
    let mut flags: Vec<char> = flags.chars().chain(['S']).collect();
    flags.sort_unstable();
    flags.dedup();
    let flags: String = flags.into_iter().collect();
    fs::rename(
        message,
        maildir.join("cur").join(format!("{base}:2,{flags}")),
    )
}

fn is_hidden(name: &OsString) -> bool {
    name.to_string_lossy().starts_with('.')
}

fn is_seen(message: &Path) -> bool {
    name(message)
        .split_once(":2,")
        .is_some_and(|(_, flags)| flags.contains('S'))
}

fn name(message: &Path) -> String {
    let name = message.file_name().unwrap_or_default();
    name.to_string_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_seen_is_not_seen_again_and_other_folders_are_left_alone() {
        let site = tempfile::tempdir().unwrap();
        let maildir = site.path();
        for folder in ["new", "cur", "tmp", ".Sent"] {
            fs::create_dir(maildir.join(folder)).unwrap();
        }
        for file in [
            "new/1.a",
            "cur/2.a:2,F",
            "cur/3.a:2,S",
            "tmp/4.a",
            ".Sent/5.a",
            "new/.hidden",
        ] {
            fs::write(maildir.join(file), "x").unwrap();
        }
        let names = || -> Vec<String> {
            let unread = unread(maildir).unwrap();
            unread.iter().map(|path| name(path)).collect()
        };
        assert_eq!(names(), ["2.a:2,F", "1.a"]);
        for message in unread(maildir).unwrap() {
            mark_seen(maildir, &message).unwrap();
        }
        assert!(names().is_empty());
        assert!(maildir.join("cur/1.a:2,S").exists() && maildir.join("cur/2.a:2,FS").exists());
    }

    #[test]
    fn a_folder_that_is_no_maildir_is_an_error() {
        assert!(unread(Path::new("/nowhere")).is_err());
    }
}
