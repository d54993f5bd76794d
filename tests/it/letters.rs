//! What readers get: subjects, text parts and pages of every letter, and the checks on templates and words.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use dondoc::config::problem::Problem;
use dondoc::domain::format::Language;
use dondoc::mail::render::{Rendered, Templates};
use dondoc::report::dossier::Line;
use dondoc::report::{Kind, Letter, Sample, samples, slips};

const LANGUAGES: [Language; 2] = [Language::Vi, Language::En];

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("templates")
}

fn templates() -> Templates {
    Templates::load(&folder()).unwrap_or_else(|problems| panic!("{}", told(&problems)))
}

fn told(problems: &[Problem]) -> String {
    problems
        .iter()
        .map(|problem| format!("{problem}\n"))
        .collect()
}

/// Every sample in both languages.
fn all(templates: &Templates) -> Vec<(String, Rendered)> {
    let samples = Kind::ALL.into_iter().flat_map(samples);
    samples
        .flat_map(|sample| LANGUAGES.map(|language| named(templates, &sample, language)))
        .collect()
}

fn named(templates: &Templates, sample: &Sample, language: Language) -> (String, Rendered) {
    let name = format!(
        "{}-{}-{language:?}",
        sample.letter.kind().as_str(),
        sample.name
    )
    .to_lowercase();
    (name, templates.render(&sample.letter, language).unwrap())
}

/// The page as a reader sees it: without head, comments and tags.
fn visible(html: &str) -> String {
    let body = &html[html.find("<body").unwrap()..];
    let mut text = String::new();
    let mut rest = body;
    while let Some(open) = rest.find('<') {
        text.push_str(&rest[..open]);
        text.push(' ');
        let end = if rest[open..].starts_with("<!--") {
            "-->"
        } else {
            ">"
        };
        rest = &rest[open + rest[open..].find(end).unwrap() + end.len()..];
    }
    text.replace("&nbsp;", " ")
        .replace("&#160;", " ")
        .replace("&#x27;", "'")
        .replace("&#x60;", "`")
        .replace("&#x3D;", "=")
        .replace("&quot;", "\"")
        .replace("&amp;", "&")
}

/// Runs of digits with what joins them: `26.631`, `99,67`, `H26.23.12-200515-0004`, `01/06/2020`.
fn numbers(text: &str) -> BTreeSet<String> {
    text.split(|c: char| !(c.is_alphanumeric() || ".,/:-".contains(c)))
        .map(|word| word.trim_matches(|c: char| !c.is_ascii_digit()).to_owned())
        .filter(|word| !word.is_empty())
        .collect()
}

#[test]
fn text_and_page_of_every_letter_have_the_same_numbers() {
    for (name, rendered) in all(&templates())
        .into_iter()
        .filter(|(name, _)| !name.contains("hostile"))
    {
        let (text, page) = (numbers(&rendered.text), numbers(&visible(&rendered.html)));
        let only_text: Vec<_> = text.difference(&page).collect();
        let only_page: Vec<_> = page.difference(&text).collect();
        assert!(
            only_text.is_empty() && only_page.is_empty(),
            "{name}: text {only_text:?}, page {only_page:?}"
        );
        assert!(text.len() >= 2, "{name}: {text:?}");
    }
}

#[test]
fn the_mails_read_as_they_should() {
    for (name, rendered) in all(&templates()) {
        insta::assert_snapshot!(
            name,
            format!("Subject: {}\n\n{}", rendered.subject, rendered.text)
        );
    }
}

#[test]
fn lines_of_the_text_part_are_short() {
    for (name, rendered) in all(&templates())
        .into_iter()
        .filter(|(name, _)| !name.contains("hostile"))
    {
        for line in rendered.text.lines() {
            assert!(line.chars().count() <= 78, "{name}: {line}");
            assert_eq!(line, line.trim_end(), "{name}");
        }
        assert!(
            rendered.text.ends_with('\n') && !rendered.text.contains("\n\n\n"),
            "{name}"
        );
    }
}

#[test]
fn pages_are_small_self_contained_and_say_their_language() {
    for (name, rendered) in all(&templates()) {
        let html = &rendered.html;
        assert!(html.len() < 80 * 1024, "{name}: {} bytes", html.len());
        let language = if name.ends_with("vi") {
            "<html lang=\"vi\""
        } else {
            "<html lang=\"en\""
        };
        assert!(
            html.contains(language) && html.contains("<title>"),
            "{name}"
        );
        // The only links are those of answers.
        let html = html.replace("href=\"https://dondoc.longbien.example/t/sample?answer", "");
        for foreign in ["src=", "<link", "@import", "url(", "<img", "href="] {
            assert!(!html.contains(foreign), "{name}: {foreign}");
        }
    }
}

#[test]
fn a_very_long_letter_stays_small_and_names_every_dossier() {
    let sample = samples(Kind::Overdue).remove(1);
    let Letter::Overdue(mut letter) = sample.letter else {
        panic!("an overdue letter")
    };
    let line = letter.posts[0].late[0].clone();
    let coded = |number: usize| Line {
        code: format!("H26.23.12-200515-{number:04}"),
        ..line.clone()
    };
    letter.posts[0].late = (0..300).map(coded).collect();
    letter.posts[0].soon = (300..400).map(coded).collect();
    let rendered = templates()
        .render(&Letter::Overdue(letter), Language::Vi)
        .unwrap();
    assert!(rendered.html.len() < 80 * 1024, "{}", rendered.html.len());
    for number in 0..400 {
        let code = format!("H26.23.12-200515-{number:04}");
        assert!(rendered.html.contains(&code) && rendered.text.contains(&code));
    }
}

#[test]
fn nothing_a_source_says_becomes_markup_a_line_or_a_template() {
    for (name, rendered) in all(&templates())
        .into_iter()
        .filter(|(name, _)| name.contains("hostile"))
    {
        assert!(
            !rendered.html.contains("<script") && !rendered.html.contains("<b>"),
            "{name}"
        );
        assert!(rendered.html.contains("&lt;script&gt;"), "{name}");
        let text = rendered
            .text
            .split_whitespace()
            .collect::<Vec<_>>()
            .join(" ");
        assert!(
            text.contains("<script>alert('x')</script> \"Ngọc\" & {{labels.late}} {n}"),
            "{name}"
        );
        assert_eq!(rendered.subject.lines().count(), 1, "{name}");
        let turned = |text: &str| text.contains('\u{202e}') || text.contains('\u{202c}');
        assert!(
            !turned(&rendered.text) && !turned(&rendered.html) && !turned(&rendered.subject),
            "{name}"
        );
    }
}

#[test]
fn the_same_letter_is_the_same_mail() {
    let templates = templates();
    assert_eq!(all(&templates), all(&self::templates()));
    assert_eq!(all(&templates), all(&templates));
}

/// A site whose templates differ from the shipped ones by one edit.
fn edited(file: &str, from: &str, to: &str) -> Vec<String> {
    let site = tempfile::tempdir().unwrap();
    copy(&folder(), &site.path().join("templates"));
    let path = site.path().join("templates").join(file);
    let text = fs::read_to_string(&path).unwrap_or_default();
    assert!(text.contains(from), "{file} has no {from}");
    fs::write(&path, text.replacen(from, to, 1)).unwrap();
    problems(site.path())
}

fn problems(site: &Path) -> Vec<String> {
    match Templates::load(&site.join("templates")) {
        Ok(_) => Vec::new(),
        Err(problems) => problems.iter().map(ToString::to_string).collect(),
    }
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap().map(Result::unwrap) {
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

/// `NEXT` is the line on which `edit` stands, `LINE` the last heading at or above it.
fn placed(problem: &str, file: &str, edit: &str) -> String {
    let text = fs::read_to_string(folder().join(file)).unwrap();
    let next = text[..text.find(edit).unwrap()].lines().count().max(1)
        + usize::from(!edit.starts_with('"'));
    let heading = text.lines().take(next).collect::<Vec<_>>();
    let line = heading
        .iter()
        .rposition(|line| line.starts_with('['))
        .unwrap()
        + 1;
    problem
        .replace("NEXT", &next.to_string())
        .replace("LINE", &line.to_string())
}

#[test]
fn a_slip_in_the_words_has_a_place_and_a_remedy() {
    let words = "words/vi.toml";
    for (from, to, problem) in [
        (
            "met                 = \"Đạt\"",
            "mett                = \"Đạt\"",
            &[
                "templates/words/vi.toml:NEXT:1: unknown key `mett` in `status` (help: did you mean `met`?)",
            ][..],
        ),
        (
            "\"{late} quá hạn, {soon} sắp đến hạn\"",
            "\"{late} quá hạn, {son} sắp đến hạn\"",
            &[
                "templates/words/vi.toml:NEXT:17: `{soon}` is missing (help: write `{soon}` where it belongs)",
                "templates/words/vi.toml:NEXT:34: nothing fills `{son}` here (help: did you mean `{soon}`?)",
            ],
        ),
        (
            "[status]",
            "[statuses]",
            &[
                "templates/words/vi.toml:LINE:2: unknown key `statuses` (help: did you mean `status`?)",
            ],
        ),
        (
            "\"Đạt\"",
            "\"\"",
            &[
                "templates/words/vi.toml:NEXT:23: `met` must be one line of text that is not empty (help: write `met = \"…\"`, or leave the key out if it is optional)",
            ],
        ),
    ] {
        let found = edited(words, from, to);
        let expected: Vec<String> = problem
            .iter()
            .map(|problem| placed(problem, words, from))
            .collect();
        assert_eq!(found, expected, "{to}");
    }
}

#[test]
fn a_slip_in_a_template_has_a_place_and_a_reason() {
    for (file, from, to, problem) in [
        (
            "overdue/body.txt.hbs",
            "{{letter.ask}}",
            "{{letter.aks}}",
            "templates/overdue/body.txt.hbs:6:1: `letter.aks` is nothing that can stand here (help: see templates/README.md for what a letter has)",
        ),
        (
            "partials/post.txt.hbs",
            "{{#if has_told}}",
            "{{#if told}}",
            "`told` is neither true nor false",
        ),
        (
            "partials/post.txt.hbs",
            "{{#if has_told}}",
            "{{#if hastold}}",
            "`hastold` is neither true nor false",
        ),
        (
            "partials/dossiers.mjml.hbs",
            "{{procedure}}",
            "{{procedur}}",
            "templates/partials/dossiers.mjml.hbs:7:10: `procedur` is nothing that can stand here",
        ),
        (
            "partials/dossiers.mjml.hbs",
            "{{procedure}}",
            "{{{procedure}}}",
            "templates/partials/dossiers.mjml.hbs:7:10: `{{{` prints without escaping (help: write `{{…}}`)",
        ),
        (
            "digest/body.mjml.hbs",
            "<mj-column>",
            "<mj-colum>",
            "templates/digest/body.mjml.hbs:6:7: `mj-colum` is not an MJML tag that can stand here (help: did you mean `mj-column`?)",
        ),
        (
            "digest/body.mjml.hbs",
            "{{#each letter.summary}}",
            "{{#each letter.sumary}}",
            "letter.sumary",
        ),
        (
            "digest/body.mjml.hbs",
            "{{/each}}",
            "{{/if}}",
            "templates/digest/body.mjml.hbs:",
        ),
        ("digest/body.mjml.hbs", "{{> point}}", "{{> pint}}", "pint"),
        (
            "digest/body.mjml.hbs",
            "</mj-column>",
            "",
            "the MJML is malformed",
        ),
        (
            "digest/subject.txt.hbs",
            "[{{tag}}] {{title}}: {{result}}",
            " ",
            "templates/digest/subject.txt.hbs:1:1: the subject is empty",
        ),
    ] {
        let found = edited(file, from, to);
        assert!(
            found.iter().any(|found| found.contains(problem)),
            "{to}: {found:#?}"
        );
        assert!(
            found.iter().all(|found| found.starts_with("templates/")),
            "{to}: {found:#?}"
        );
    }
}

#[test]
fn a_missing_or_a_strange_file_is_named() {
    let site = tempfile::tempdir().unwrap();
    copy(&folder(), &site.path().join("templates"));
    let templates = site.path().join("templates");
    fs::rename(
        templates.join("digest/body.txt.hbs"),
        templates.join("digest/boddy.txt.hbs"),
    )
    .unwrap();
    fs::write(templates.join("partials/note.hbs"), "x").unwrap();
    let found = problems(site.path());
    assert_eq!(found.len(), 3, "{found:#?}");
    assert!(
        found[0]
            .starts_with("templates/digest/boddy.txt.hbs:1:1: `boddy.txt.hbs` is not a template"),
        "{found:#?}"
    );
    assert!(
        found[1].starts_with(
            "templates/digest/body.txt.hbs:1:1: `templates/digest/body.txt.hbs` is missing"
        ),
        "{found:#?}"
    );
    assert!(
        found[2].starts_with("templates/partials/note.hbs:1:1: `note.hbs` is not a template"),
        "{found:#?}"
    );
}

#[test]
fn slips_read_as_the_form_does() {
    let [filled_in, blank, _] = slips();
    let rendered = |slip| templates().slips(&[slip]).unwrap();
    insta::assert_snapshot!("apology-filled-in", rendered(filled_in).text);
    insta::assert_snapshot!("apology-blank", rendered(blank.clone()).text);
    insta::assert_snapshot!("apology-blank-page", visible(&rendered(blank).html));
}

#[test]
fn text_and_page_of_a_slip_have_the_same_numbers() {
    for slip in slips().into_iter().take(2) {
        let rendered = templates().slips(&[slip]).unwrap();
        let page = numbers(&visible(&rendered.html));
        assert_eq!(numbers(&rendered.text), page);
        assert!(page.len() > 5, "{page:?}");
    }
}

#[test]
fn slips_are_pages_of_their_own_that_load_nothing_and_run_nothing() {
    let html = templates().slips(&slips()).unwrap().html;
    assert_eq!(html.matches("<article").count(), slips().len());
    assert_eq!(
        html.matches("<strong>DỰ THẢO</strong>").count(),
        slips().len()
    );
    for foreign in [
        "src=", "<link", "@import", "url(", "<img", "href=", "<script",
    ] {
        assert!(!html.contains(foreign), "{foreign}");
    }
    assert!(html.contains("&lt;script&gt;") && !html.contains('\u{202e}'));
    assert!(html.contains("size: A4") && html.contains("Liberation Serif"));
}

#[test]
fn a_slip_leaves_number_day_and_signature_to_a_pen() {
    for slip in slips().into_iter().take(2) {
        let text = templates().slips(&[slip]).unwrap().text;
        assert!(text.contains("Số: ......../PXL-........\n"));
        assert!(text.contains("................, ngày ...... tháng ...... năm ..........\n"));
        assert!(text.contains("THỦ TRƯỞNG CƠ QUAN, ĐƠN VỊ\n"));
        for line in text.lines() {
            assert!(line.chars().count() <= 78, "{line}");
        }
    }
}
