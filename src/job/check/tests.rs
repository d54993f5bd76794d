//! Every folder of `tests/fixtures/config` is a site: the base with some files replaced. An accepted one has
//! no problems; `expected.txt` of a rejected one holds every line that `dondoc check` prints about it.

use std::fs;
use std::path::{Path, PathBuf};

use chrono::NaiveDate;

use super::{Findings, check};

const FIXTURES: &str = "tests/fixtures/config";
const MAILS: [&str; 4] = ["digest", "notice", "overdue", "ward-lag"];

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).to_owned()
}

fn day(text: &str) -> NaiveDate {
    text.trim().parse().unwrap()
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap().map(Result::unwrap) {
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), &target).unwrap();
        }
    }
}

/// A site with mails and the secret that its settings name.
fn site(folders: &[&Path]) -> tempfile::TempDir {
    let site = tempfile::tempdir().unwrap();
    for mail in MAILS {
        fs::create_dir_all(site.path().join("templates").join(mail)).unwrap();
    }
    fs::create_dir_all(site.path().join("config/secrets")).unwrap();
    fs::write(site.path().join("config/secrets/city"), "s3cret\n").unwrap();
    for folder in folders {
        copy(folder, site.path());
    }
    site
}

fn cases(kind: &str) -> Vec<PathBuf> {
    let mut cases: Vec<PathBuf> = fs::read_dir(repository().join(FIXTURES).join(kind))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    cases.sort();
    cases
}

fn findings(case: &Path) -> Findings {
    let site = site(&[&repository().join(FIXTURES).join("base"), case]);
    let today = fs::read_to_string(case.join("today.txt")).unwrap_or("2020-06-01".to_owned());
    let variables = fs::read_to_string(case.join("environment.txt")).unwrap_or_default();
    let variables: Vec<(String, String)> = variables
        .lines()
        .filter_map(|line| line.split_once('='))
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect();
    check(site.path(), day(&today), &variables)
}

fn lines(findings: &Findings) -> String {
    let problems = findings
        .problems
        .iter()
        .map(|problem| format!("{problem}\n"));
    let warnings = findings
        .warnings
        .iter()
        .map(|warning| format!("warning: {warning}\n"));
    problems.chain(warnings).collect()
}

#[test]
fn every_accepted_site_is_accepted() {
    for case in cases("accepted") {
        let expected = fs::read_to_string(case.join("expected.txt")).unwrap_or_default();
        assert_eq!(lines(&findings(&case)), expected, "{}", case.display());
    }
}

#[test]
fn every_rejected_site_is_rejected_with_exactly_these_words() {
    for case in cases("rejected") {
        let found = findings(&case);
        assert!(!found.problems.is_empty(), "{} is accepted", case.display());
        if std::env::var_os("WRITE_EXPECTED").is_some() {
            fs::write(case.join("expected.txt"), lines(&found)).unwrap();
        }
        let expected = fs::read_to_string(case.join("expected.txt")).unwrap();
        assert_eq!(lines(&found), expected, "{}", case.display());
    }
}

fn shipped() -> tempfile::TempDir {
    let site = site(&[]);
    copy(&repository().join("config"), &site.path().join("config"));
    copy(&repository().join("jobs"), &site.path().join("jobs"));
    // A developer's own.
    let _ = fs::remove_file(site.path().join("config/local.toml"));
    fs::write(site.path().join("config/secrets/city"), "s3cret\n").unwrap();
    site
}

#[test]
fn the_shipped_files_are_valid_in_2020() {
    assert_eq!(lines(&check(shipped().path(), day("2020-06-01"), &[])), "");
}

#[test]
fn the_shipped_files_are_valid_after_the_reform_and_warn_of_the_posts_that_are_gone() {
    let found = check(shipped().path(), day("2026-11-24"), &[]);
    assert_eq!(
        lines(&found),
        "warning: jobs/ward-lag.toml:17:15: nobody is vice-chair of 004 on 2026-11-24, when that unit does not exist \
         (help: write posts of units that exist then: `00118`, `00127`, `00136`, `00145`)\n\
         warning: jobs/ward-lag.toml:17:29: nobody is chair of 004 on 2026-11-24, when that unit does not exist \
         (help: write posts of units that exist then: `00118`, `00127`, `00136`, `00145`)\n\
         warning: jobs/weekly-digest.toml:17:7: nobody is chair of 004 on 2026-11-24, when that unit does not exist \
         (help: write posts of units that exist then: `00118`, `00127`, `00136`, `00145`)\n\
         warning: jobs/weekly-digest.toml:17:16: nobody is vice-chair of 004 on 2026-11-24, when that unit does not exist \
         (help: write posts of units that exist then: `00118`, `00127`, `00136`, `00145`)\n"
    );
}

#[test]
fn a_secret_that_is_not_there_yet_is_a_warning() {
    let site = shipped();
    fs::remove_file(site.path().join("config/secrets/city")).unwrap();
    let found = check(site.path(), day("2020-06-01"), &[]);
    assert_eq!(found.problems, []);
    let said = found.warnings[0].to_string();
    assert!(
        said.starts_with(
            "config/default.toml:41:15: the secret file `config/secrets/city` cannot be read: "
        ),
        "{said}"
    );
}

#[test]
fn a_folder_that_is_not_a_site_is_told_once() {
    let empty = tempfile::tempdir().unwrap();
    let found = check(empty.path(), day("2020-06-01"), &[]);
    assert_eq!(
        lines(&found),
        format!(
            "config/default.toml:1:1: `{}` is not a site: it has no config/default.toml (help: run `dondoc demo` for \
             a sample site, or copy config/, jobs/ and templates/ from the repository)\n",
            empty.path().display()
        )
    );
}
