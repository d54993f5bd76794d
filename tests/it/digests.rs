//! Stories of the report to the leaders.

use crate::app::TestApp;
use crate::database::stories;
use crate::rows::{code, dossier, dossiers, resolved};
use crate::scripted::{Answer, DOSSIERS};

stories! {
    async fn a_leader_has_one_digest_a_day(app: &mut TestApp) {
        app.city.shows(DOSSIERS, dossiers(5));
        app.succeed("pull-city").await;
        app.succeed("weekly-digest").await;
        app.succeed("weekly-digest").await;
        app.at("2020-06-01 16:00");
        app.succeed("weekly-digest").await;
        let posts: Vec<String> = app.sent().await.into_iter().map(|sent| sent.post).collect();
        assert_eq!(
            posts,
            ["chair@004", "vice-chair@004"],
            "one each, however often it runs"
        );
        app.at("2020-06-08 07:00");
        app.succeed("weekly-digest").await;
        assert_eq!(app.sent().await.len(), 4);
    }

    async fn one_leader_in_two_posts_has_one_digest(app: &mut TestApp) {
        app.edit("config/organisation.toml", "\"phochutich@", "\"chutich@")
            .await;
        app.succeed("pull-city").await;
        app.succeed("weekly-digest").await;
        assert_eq!(app.sent().await.len(), 1);
    }

    async fn the_digest_says_what_changed_since_the_last_one(app: &mut TestApp) {
        app.city.shows(DOSSIERS, resolved("00139", 210, 0));
        app.succeed("pull-city").await;
        app.succeed("weekly-digest").await;
        let first = app.sent_to("chair@004").await.remove(0);
        assert!(
            first.text.contains("Đây là báo cáo đầu tiên"),
            "{}",
            first.text
        );

        app.at("2020-06-08 06:00");
        app.succeed("pull-city").await;
        app.at("2020-06-08 07:00");
        app.succeed("weekly-digest").await;
        let quiet = app.sent_to("chair@004").await.remove(1);
        let changes = section(&quiet.text, "Thay đổi");
        assert!(!changes.contains("Bồ Đề"), "{changes}");

        let mut rows = resolved("00139", 190, 20);
        rows.extend([
            dossier(&code(1)).due("20200609").row(),
            dossier(&code(2)).due("20200610").row(),
        ]);
        app.city.shows(DOSSIERS, rows);
        app.at("2020-06-15 06:00");
        app.succeed("pull-city").await;
        app.at("2020-06-15 07:00");
        app.succeed("weekly-digest").await;
        let third = app.sent_to("chair@004").await.remove(2);
        let changes = section(&third.text, "Thay đổi");
        assert!(
            changes.contains("Bồ Đề"),
            "the ward that began to lag: {changes}"
        );
        assert!(
            changes.contains("(trước 0, nay 2)"),
            "two more are overdue: {changes}"
        );
    }

    async fn a_digest_of_old_figures_says_so(app: &mut TestApp) {
        app.city.shows(DOSSIERS, resolved("00139", 210, 0));
        app.succeed("pull-city").await;
        app.city.fails("/", Answer::Status(503));
        app.at("2020-06-08 06:00");
        app.run("pull-city").await;
        app.at("2020-06-08 07:00");
        app.succeed("weekly-digest").await;
        let mail = app.sent_to("chair@004").await.remove(0);
        assert!(
            mail.subject.contains("0/10") || !mail.subject.contains("10/10"),
            "{}",
            mail.subject
        );
        assert!(
            mail.text.contains("01/06/2020"),
            "when the data were read: {}",
            mail.text
        );
    }

    async fn a_digest_names_nobody(app: &mut TestApp) {
        app.city
            .shows(DOSSIERS, [dossier(&code(1)).due("20200520").row()]);
        app.succeed("pull-city").await;
        app.succeed("weekly-digest").await;
        let mail = app.sent_to("chair@004").await.remove(0);
        assert!(mail.codes().contains(&code(1)));
        assert!(!mail.text.contains("Planted") && !mail.html.contains("Planted"));
    }
}

/// The text under the heading that begins with `title`.
fn section<'t>(text: &'t str, title: &str) -> &'t str {
    let from = text.find(&format!("== {title}")).expect(title);
    let rest = &text[from + 3..];
    &rest[..rest.find("\n==").unwrap_or(rest.len())]
}
