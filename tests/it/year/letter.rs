//! A letter as its reader understands it: which dossier stands in it, and as what.
//!
//! Owns: reading the text part.
//! Never: what should stand there.
//! Reads next: `town.rs`.

use crate::letters_sent::{Sent, codes};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mark {
    New,
    Worse,
    Broken,
    Reminder,
    Soon,
    Over,
}

#[derive(Clone, Debug)]
pub struct Entry {
    pub code: String,
    pub mark: Mark,
    /// How something came to its end.
    pub how: String,
}

/// Every dossier that the letter names.
pub fn entries(sent: &Sent) -> Vec<Entry> {
    // A sentence may go over several lines; a list's own lines do not.
    let text = sent.text.replace("\r\n", "\n");
    let mut entries = Vec::new();
    for paragraph in text.split("\n\n") {
        let joined = paragraph.replace('\n', " ");
        let how = [
            "Đã giải quyết xong:",
            "Tạm dừng tính thời hạn:",
            "Đã hẹn lại ngày trả:",
            "Không còn ở đơn vị",
        ];
        if how.iter().any(|how| joined.contains(how)) {
            entries.extend(over(&joined, &how));
            continue;
        }
        let Some(line) = paragraph.lines().find(|line| {
            line.split_once(". ").is_some_and(|(number, rest)| {
                number.trim().parse::<u32>().is_ok() && rest.starts_with("H26")
            })
        }) else {
            assert!(
                codes(&joined).is_empty(),
                "a dossier stands outside the lists: {joined}"
            );
            continue;
        };
        let code = codes(line).pop_first().expect("a code");
        // A long heading goes over two lines; the procedure's name comes after it.
        let heading = joined.split("Đăng ký khai sinh").next().unwrap_or_default();
        entries.push(Entry {
            code,
            mark: mark(heading),
            how: String::new(),
        });
    }
    entries
}

fn mark(line: &str) -> Mark {
    let ends = |end: &str| line.trim_end().ends_with(end);
    match () {
        () if line.contains("- Còn ") || line.contains("- Đến hạn hôm nay") => Mark::Soon,
        () if ends("- Mới") => Mark::New,
        () if ends("- Nhắc lại") => Mark::Reminder,
        () if ends("- Quá ngày đã hẹn xong") => Mark::Broken,
        () if ends("- Quá hạn thêm") => Mark::Worse,
        () => panic!("what is this line? {line}"),
    }
}

/// Sentences of what is over, each with its codes.
fn over(text: &str, how: &[&str]) -> Vec<Entry> {
    let mut starts: Vec<(usize, &str)> = how
        .iter()
        .filter_map(|how| Some((text.find(how)?, *how)))
        .collect();
    starts.sort_unstable();
    let ends = starts.iter().skip(1).map(|(at, _)| *at).chain([text.len()]);
    let sentences = starts.iter().zip(ends);
    sentences
        .flat_map(|((from, how), to)| {
            let how = (*how).to_owned();
            codes(&text[*from..to]).into_iter().map(move |code| Entry {
                code,
                mark: Mark::Over,
                how: how.clone(),
            })
        })
        .collect()
}
