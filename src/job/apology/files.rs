//! A slip as two files that only their owner reads.
//!
//! Owns: their names, and that each is there whole or not at all.
//! Never: what stands in them.
//! Reads next: `../../mail/slip.rs`.

use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use super::ApologyError;
use crate::job::{App, JobError};
use crate::report::apology::Slip;

/// Where slips lie unless the command says otherwise, from the site's folder on.
pub const FOLDER: &str = "data/apologies";

/// Writes `CODE.txt` and `CODE.html` into `folder`.
pub(super) fn write(
    app: &App,
    folder: &Path,
    slip: &Slip,
) -> Result<(PathBuf, PathBuf), ApologyError> {
    let rendered = app
        .templates
        .slips(std::slice::from_ref(slip))
        .map_err(|error| JobError::Missing(format!("the apology slip: {error}")))?;
    let name = file_name(&slip.code);
    let (text, html) = (
        folder.join(format!("{name}.txt")),
        folder.join(format!("{name}.html")),
    );
    for (path, content) in [(&text, &rendered.text), (&html, &rendered.html)] {
        write_whole(path, content.as_bytes()).map_err(|cause| ApologyError::File {
            path: path.clone(),
            cause,
        })?;
    }
    Ok((text, html))
}

/// A code may hold anything: no file leaves its folder.
fn file_name(code: &str) -> String {
    let is_plain = |c: char| c.is_alphanumeric() || "._-".contains(c);
    let name: String = code
        .chars()
        .map(|c| if is_plain(c) { c } else { '_' })
        .take(100)
        .collect();
    name.trim_start_matches('.').to_owned()
}

fn write_whole(path: &Path, bytes: &[u8]) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    let part = part_of(path);
    // What an older process left behind may be readable for others.
    match fs::remove_file(&part) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&part)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(&part, path)
}

fn part_of(path: &Path) -> PathBuf {
    let mut part = path.as_os_str().to_owned();
    part.push(".part");
    part.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_of_a_file_stays_in_its_folder() {
        for (code, name) in [
            ("H26.23.12-200615-0004", "H26.23.12-200615-0004"),
            ("../../etc/passwd", "_.._etc_passwd"),
            ("a b/c\r\n", "a_b_c__"),
        ] {
            assert_eq!(file_name(code), name);
        }
    }
}
