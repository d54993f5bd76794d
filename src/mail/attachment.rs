//! Files that go with a mail, and what stands in their place where the mail would be too large.
//!
//! Owns: where the files lie on disk; the note that names them.
//! Never: sending; a name that leaves its folder.
//! Reads next: `message.rs`.

use std::fmt::Write as _;
use std::io;
use std::path::{Path, PathBuf};

use crate::domain::format::Language;

use super::eml;
use super::render::Rendered;

/// Under the site's folder, one folder for each mail.
const FOLDER: &str = "data/attachments";

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attachment {
    /// As the reader sees it, in any language.
    pub name: String,
    /// `application/pdf`
    pub content_type: String,
    pub bytes: Vec<u8>,
}

/// Writes the files of a mail durably below `site`. Do it before the mail is committed: a note may name them.
///
/// # Errors
/// When one of them cannot be written.
pub async fn keep(site: &Path, message_id: &str, files: &[Attachment]) -> io::Result<()> {
    for (path, file) in paths(message_id, files).into_iter().zip(files) {
        let (path, bytes) = (site.join(path), file.bytes.clone());
        let work = tokio::task::spawn_blocking(move || eml::replace(&path, &bytes));
        work.await.map_err(io::Error::other)??;
    }
    Ok(())
}

/// Where the files lie, relative to the site. Two of the same name get two places.
#[must_use]
pub fn paths(message_id: &str, files: &[Attachment]) -> Vec<PathBuf> {
    let folder = Path::new(FOLDER).join(safe(message_id));
    let mut names: Vec<String> = Vec::new();
    for file in files {
        let name = safe(&file.name);
        let place = names.len() + 1;
        let taken = names.iter().any(|other| other.eq_ignore_ascii_case(&name));
        names.push(if taken {
            format!("{place}-{name}")
        } else {
            name
        });
    }
    names.into_iter().map(|name| folder.join(name)).collect()
}

/// The letter with a note in place of its files.
#[must_use]
pub fn noted(
    rendered: &Rendered,
    message_id: &str,
    files: &[Attachment],
    language: Language,
) -> Rendered {
    let intro = match language {
        Language::Vi => {
            "Các tệp sau quá lớn nên không gửi kèm thư này; tệp được lưu tại máy chủ của phần mềm:"
        }
        Language::En => {
            "These files are too large to go with this mail; they lie on the program's server:"
        }
    };
    let lines: Vec<String> = paths(message_id, files)
        .iter()
        .zip(files)
        .map(|(path, file)| {
            let size = size(file.bytes.len(), language);
            format!("{} ({size}): {}", one_line(&file.name), path.display())
        })
        .collect();
    let mut text = format!("{}\n\n{intro}\n", rendered.text.trim_end());
    let mut html = format!("<p>{}</p><ul>", escaped(intro));
    for line in &lines {
        let _ = writeln!(text, "- {line}");
        let _ = write!(html, "<li>{}</li>", escaped(line));
    }
    html.push_str("</ul>");
    let end = rendered
        .html
        .rfind("</body>")
        .unwrap_or(rendered.html.len());
    let (before, after) = rendered.html.split_at(end);
    Rendered {
        subject: rendered.subject.clone(),
        text,
        html: format!("{before}{html}{after}"),
    }
}

/// `1,2 MB`
fn size(bytes: usize, language: Language) -> String {
    let (tenths, unit) = match bytes {
        0..1_000_000 => (bytes.div_ceil(100), "kB"),
        _ => (bytes.div_ceil(100_000), "MB"),
    };
    let point = match language {
        Language::Vi => ',',
        Language::En => '.',
    };
    format!("{}{point}{} {unit}", tenths / 10, tenths % 10)
}

/// A name without what leads elsewhere.
fn safe(name: &str) -> String {
    let kept = |c: char| {
        if c.is_control() || "/\\:<>\"|?*".contains(c) {
            '_'
        } else {
            c
        }
    };
    let name: String = name.chars().map(kept).collect();
    match name.trim().trim_start_matches('.') {
        "" => "_".to_owned(),
        name => name.to_owned(),
    }
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(name: &str, bytes: usize) -> Attachment {
        Attachment {
            name: name.to_owned(),
            content_type: "application/pdf".to_owned(),
            bytes: vec![b'x'; bytes],
        }
    }

    #[tokio::test]
    async fn files_lie_where_the_note_says_and_nowhere_else() {
        let site = tempfile::tempdir().unwrap();
        let files = [
            file("Phiếu xin lỗi.pdf", 1_234_567),
            file("../../x", 5),
            file("Phiếu xin lỗi.pdf", 7),
        ];
        keep(site.path(), "3f2a@longbien.example", &files)
            .await
            .unwrap();
        let rendered = Rendered {
            subject: "s".into(),
            text: "Kính gửi\n".into(),
            html: "<html><body>Kính gửi</body></html>".into(),
        };
        let noted = noted(&rendered, "3f2a@longbien.example", &files, Language::Vi);
        let folder = "data/attachments/3f2a@longbien.example";
        assert!(noted.text.contains(&format!(
            "- Phiếu xin lỗi.pdf (1,3 MB): {folder}/Phiếu xin lỗi.pdf\n"
        )));
        assert!(
            noted
                .text
                .contains(&format!("- ../../x (0,1 kB): {folder}/_.._x\n")),
            "{}",
            noted.text
        );
        assert!(
            noted
                .text
                .contains(&format!("{folder}/3-Phiếu xin lỗi.pdf"))
        );
        assert!(noted.html.ends_with("</li></ul></body></html>"));
        for (path, file) in paths("3f2a@longbien.example", &files).iter().zip(&files) {
            assert_eq!(std::fs::read(site.path().join(path)).unwrap(), file.bytes);
        }
        assert_eq!(
            std::fs::read_dir(site.path().join(folder)).unwrap().count(),
            3
        );
    }

    #[test]
    fn a_hostile_name_is_text_in_html() {
        let files = [file("<script>&.pdf", 1)];
        let rendered = Rendered {
            subject: String::new(),
            text: String::new(),
            html: "<p>x".into(),
        };
        let noted = noted(&rendered, "a@b.example", &files, Language::En);
        assert!(
            noted.html.starts_with("<p>x<p>") && noted.html.contains("&lt;script&gt;&amp;.pdf")
        );
    }
}
