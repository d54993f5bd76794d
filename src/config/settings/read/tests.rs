use std::path::Path;

use secrecy::ExposeSecret;

use chrono_tz::Tz;

use crate::config::document::{Document, Documents};
use crate::config::layers::Layers;
use crate::config::layers::{DEFAULT, LOCAL};
use crate::config::secret::SecretSource;
use crate::config::settings::{Confidence, Delivery, Language, Security, Settings, settings};

fn read(local: &str, variables: &[(&str, &str)]) -> Result<Settings, Vec<String>> {
    let default = include_str!("../../../../tests/fixtures/config/base/config/default.toml");
    let mut documents = Documents::default();
    documents.keep(Document::new(DEFAULT, default));
    documents.keep(Document::new(LOCAL, local));
    let variables: Vec<_> = variables
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect();
    let lines = |problems: Vec<crate::config::Problem>| {
        problems.iter().map(ToString::to_string).collect::<Vec<_>>()
    };
    let layers = Layers::lay(&documents, &variables).map_err(lines)?;
    let settings = settings(&layers);
    let problems = layers.into_problems();
    if problems.is_empty() {
        Ok(settings.unwrap())
    } else {
        Err(lines(problems))
    }
}

#[test]
fn the_environment_goes_before_the_local_file_which_goes_before_the_defaults() {
    let local = "[site]\nname = \"B\"\nlanguage = \"en\"\n";
    let settings = read(
        local,
        &[
            ("DONDOC__SITE__NAME", "C"),
            ("HOME", "/"),
            ("DONDOC_LOG", "info"),
        ],
    )
    .unwrap();
    assert_eq!(settings.site.name, "C");
    assert_eq!(settings.site.language, Language::En);
    assert_eq!(settings.site.zone, Tz::Asia__Ho_Chi_Minh);
}

#[test]
fn the_environment_is_text_until_its_setting_says_otherwise() {
    let variables = [
        ("DONDOC__CREDENTIALS__CITY__ID", "00123"),
        ("DONDOC__CREDENTIALS__CITY__SECRET", "true"),
        ("DONDOC__SITE__SIMULATED", "true"),
        ("DONDOC__MAIL__ALLOWED_DOMAINS", "A.example, b.example"),
        ("DONDOC__RULES__CONFIDENCE", "99"),
        ("DONDOC__ENDPOINTS__OTHER", "https://x.example/"),
        ("DONDOC__SITE__NOW", "2020-06-01T07:30:00+07:00"),
    ];
    let settings = read("", &variables).unwrap();
    let city = &settings.credentials["city"];
    assert_eq!(city.id, "00123");
    assert!(
        matches!(&city.secret, SecretSource::Value(secret) if secret.expose_secret() == "true")
    );
    assert!(settings.site.simulated);
    assert_eq!(settings.mail.allowed_domains, ["a.example", "b.example"]);
    assert_eq!(settings.rules.confidence, Confidence::P99);
    assert_eq!(settings.endpoints["other"], "https://x.example");
    assert_eq!(
        settings.site.now.unwrap().to_rfc3339(),
        "2020-06-01T07:30:00+07:00"
    );
}

#[test]
fn an_instant_may_stand_with_or_without_quotes() {
    for now in ["2020-06-01T07:30:00+07:00", "\"2020-06-01T07:30:00+07:00\""] {
        let settings = read(&format!("[site]\nnow = {now}\n"), &[]).unwrap();
        assert_eq!(
            settings.site.now.unwrap().to_rfc3339(),
            "2020-06-01T07:30:00+07:00",
            "{now}"
        );
    }
}

#[test]
fn a_relay_has_the_usual_port_and_keeps_its_password_to_itself() {
    let local =
        "[mail.delivery]\nkind = \"smtp\"\nhost = \"mail.thu.example\"\nusername = \"dondoc\"\n";
    let settings = read(local, &[("DONDOC__MAIL__DELIVERY__PASSWORD", "s3cret")]).unwrap();
    let Delivery::Smtp(relay) = &settings.mail.delivery else {
        panic!("a relay")
    };
    assert_eq!((relay.port, relay.security), (587, Security::Starttls));
    let password = relay
        .password
        .as_ref()
        .unwrap()
        .reveal(Path::new("."))
        .unwrap();
    assert_eq!(password.expose_secret(), "s3cret");
    assert!(!format!("{settings:?}").contains("s3cret"));
}

#[test]
fn an_address_with_a_password_may_come_from_the_environment_only() {
    let url = "postgres://dondoc:s3cret@db.thu.example/dondoc";
    let settings = read("", &[("DONDOC__DATABASE__URL", url)]).unwrap();
    assert_eq!(settings.database.url.expose_secret(), url);
    assert!(!format!("{settings:?}").contains("s3cret"));
    let refused = read(&format!("[database]\nurl = \"{url}\"\n"), &[]).unwrap_err();
    assert_eq!(
        refused,
        [
            "config/local.toml:2:7: the address of the database holds a password (help: set the address in \
          DONDOC__DATABASE__URL instead, and leave it out of the file)"
        ]
    );
}

#[test]
fn a_problem_with_a_variable_names_the_variable() {
    let variables = [
        ("DONDOC__SITE__ZONE", "Asia/Hanoi"),
        ("DONDOC__MAIL__FORM", "x"),
        ("DONDOC__SITE__NAME", " "),
    ];
    assert_eq!(
        read("", &variables).unwrap_err(),
        [
            "environment:1:1: DONDOC__MAIL__FORM: names no setting (help: did you mean DONDOC__MAIL__FROM?)",
            "environment:1:1: DONDOC__SITE__NAME: ` ` is not a valid `name` (help: write the administration's name \
             as it stands in mails)",
            "environment:1:1: DONDOC__SITE__ZONE: `Asia/Hanoi` is not a valid `zone` (help: did you mean \
             `Asia/Ho_Chi_Minh`?)",
        ]
    );
}

#[test]
fn a_secret_that_the_environment_gives_badly_is_not_shown() {
    let refused = read("", &[("DONDOC__DATABASE__URL", "mysql://u:s3cret@h/d")]).unwrap_err();
    assert!(!refused.join("\n").contains("s3cret"), "{refused:?}");
}
