//! Stories of mails that were refused or came back.

use std::fs;

use dondoc::job::bounces::Bounces;
use dondoc::job::deliver;
use dondoc::store::outbox::{MailKind, MailStatus};

use crate::app::{TestApp, instant};
use crate::database::stories;
use crate::letters_sent::Sent;
use crate::mails::{deliver_at, mail, put};
use crate::relay::{Act, Manner, ScriptedRelay};
use crate::rows::{code, dossier};
use crate::scripted::DOSSIERS;

const HEAD: &str = "head@00118";
const OPERATOR: &str = "operator@004";
const DEPUTY: &str = "pho.ngocthuy@longbien.example";

/// A site whose notices arrive in `data/notices`, and whose ward 00118 has a deputy.
async fn site(app: &mut TestApp, relay: &ScriptedRelay) {
    app.deliver_to(relay).await;
    for folder in ["new", "cur", "tmp"] {
        fs::create_dir_all(app.folder().join("data/notices").join(folder)).unwrap();
    }
    let maildir = "\n[mail.bounces]\nmaildir = \"data/notices\"\n";
    app.add("config/local.toml", maildir).await;
}

async fn with_deputy(app: &mut TestApp) {
    let title = "title = \"Chủ tịch UBND phường Ngọc Thụy\"";
    let deputy = format!(
        "deputies = [{{ address = \"{DEPUTY}\", title = \"Phó Chủ tịch UBND phường Ngọc Thụy\", \
         title_en = \"Deputy chair of Ngọc Thụy\" }}]\n{title}"
    );
    app.edit("config/organisation.toml", title, &deputy).await;
}

async fn an_alert(app: &mut TestApp) -> Sent {
    let late = dossier(&code(1)).unit("00118").due("20200529").row();
    app.city.shows(DOSSIERS, vec![late]);
    app.succeed("overdue-alerts").await;
    app.sent_to(HEAD).await.remove(0)
}

/// What a relay writes when it gives a mail back.
fn notice(envelope: &str, recipient: &str, action: &str, returned: &str) -> String {
    format!(
        "From: MAILER-DAEMON@relay.example\r\nTo: dondoc@longbien.example\r\nSubject: Undelivered\r\n\
         MIME-Version: 1.0\r\nContent-Type: multipart/report; report-type=delivery-status; boundary=\"X\"\r\n\r\n\
         --X\r\nContent-Type: text/plain\r\n\r\nSorry.\r\n\
         --X\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; relay.example\r\n{envelope}\r\n\
         Final-Recipient: rfc822; {recipient}\r\nAction: {action}\r\nStatus: 5.1.1\r\n\
         Diagnostic-Code: smtp; 550 5.1.1 <{recipient}>: unknown\r\n\r\n\
         --X\r\nContent-Type: text/rfc822-headers\r\n\r\nMessage-ID: <{returned}>\r\n\r\n--X--\r\n"
    )
}

fn arrives(app: &TestApp, name: &str, text: &str) {
    fs::write(app.folder().join("data/notices/new").join(name), text).unwrap();
}

fn in_folder(app: &TestApp, folder: &str) -> Vec<String> {
    let entries = fs::read_dir(app.folder().join("data/notices").join(folder)).unwrap();
    let mut names: Vec<String> = entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

async fn look(app: &TestApp) -> (usize, usize) {
    let looked = Bounces::default().look(app).await.unwrap();
    (looked.matched, looked.left)
}

stories! {
    async fn a_relay_that_offers_it_is_asked_for_notices(app: &mut TestApp) {
        let manner = Manner { extensions: &["SIZE 1000000", "DSN"], ..Manner::default() };
        let relay = ScriptedRelay::with_manner(manner, []).await;
        app.deliver_to(&relay).await;
        put(&app.store, [mail(1, MailKind::Alert, instant("2020-06-01 07:30"))]).await;
        deliver::drain(app).await.unwrap();
        let commands = relay.commands();
        let said = |verb: &str| commands.iter().find(|said| said.starts_with(verb)).unwrap().as_str();
        let id = app.store.mails(None).await.unwrap()[0].id;
        let size = app.store.mail_body(id).await.unwrap().whole.len();
        let mail = format!("MAIL FROM:<dondoc@longbien.example> SIZE={size} RET=HDRS ENVID=1@longbien.example");
        assert_eq!(said("MAIL"), mail);
        assert_eq!(said("RCPT"), "RCPT TO:<head1@longbien.example> NOTIFY=FAILURE,DELAY");
    }

    async fn a_mail_that_comes_back_is_told_to_the_operator_and_goes_to_the_deputy_once(app: &mut TestApp) {
        let relay = ScriptedRelay::start([]).await;
        site(app, &relay).await;
        with_deputy(app).await;
        let first = an_alert(app).await;
        assert_eq!(first.status, MailStatus::Accepted);
        let envelope = format!("Original-Envelope-Id: {}\r\n", first.message_id);
        let text = notice(&envelope, &first.recipient, "failed", "other@longbien.example");
        for name in ["1.relay", "2.relay"] {
            arrives(app, name, &text);
            assert_eq!(look(app).await, (1, 0));
            deliver::drain(app).await.unwrap();
        }
        assert_eq!(in_folder(app, "cur"), ["1.relay:2,S", "2.relay:2,S"]);
        let sent = app.sent_to(HEAD).await;
        assert_eq!(sent.len(), 2, "the mail and one copy");
        assert_eq!(sent[0].status, MailStatus::Bounced);
        assert!(sent[0].reply.contains("5.1.1") && !sent[0].reply.contains(&first.recipient), "{}", sent[0].reply);
        let copy = &sent[1];
        assert_eq!((copy.recipient.as_str(), copy.status), (DEPUTY, MailStatus::Accepted));
        assert_ne!(copy.message_id, first.message_id);
        assert_eq!((&copy.text, &copy.subject), (&first.text, &first.subject));
        let told = app.sent_to(OPERATOR).await;
        assert_eq!(told.len(), 1, "once");
        assert!(told[0].text.contains(HEAD) && told[0].text.contains("Phó Chủ tịch"), "{}", told[0].text);
        assert!(!told[0].text.contains(&first.recipient));

        // The deputy's address is wrong too: the operator hears of it, and nobody else gets the letter.
        let text = notice("", DEPUTY, "failed", &copy.message_id);
        arrives(app, "3.relay", &text);
        assert_eq!(look(app).await, (1, 0));
        deliver::drain(app).await.unwrap();
        assert_eq!((app.sent_to(HEAD).await.len(), app.sent_to(OPERATOR).await.len()), (2, 2));
    }

    async fn a_refused_address_is_followed_up_the_same_day(app: &mut TestApp) {
        let relay = ScriptedRelay::start([Act::Recipient(550)]).await;
        site(app, &relay).await;
        with_deputy(app).await;
        assert_eq!(an_alert(app).await.status, MailStatus::Rejected);
        let to: Vec<_> = relay.received().into_iter().map(|mail| mail.to).collect();
        assert_eq!(to.len(), 2, "{to:?}");
        assert!(to.contains(&DEPUTY.to_owned()), "{to:?}");
        assert_eq!(app.sent_to(OPERATOR).await.len(), 1);
    }

    async fn a_mail_that_may_have_arrived_is_told_to_the_operator_and_is_the_deputy_s_once_it_comes_back(app: &mut TestApp) {
        let relay = ScriptedRelay::start([Act::Drop("."), Act::Drop(".")]).await;
        site(app, &relay).await;
        with_deputy(app).await;
        let first = an_alert(app).await;
        assert_eq!(first.status, MailStatus::Queued, "an alert is sent once more");
        assert!(app.sent_to(OPERATOR).await.is_empty());
        let later = app.clock.now() + chrono::TimeDelta::minutes(6);
        app.go_to(later);
        deliver::drain(app).await.unwrap();
        deliver::drain(app).await.unwrap();
        assert_eq!(app.sent_to(HEAD).await[0].status, MailStatus::Ambiguous);
        let told = app.sent_to(OPERATOR).await;
        assert_eq!((told.len(), app.sent_to(HEAD).await.len()), (1, 1), "told once, copied to nobody");
        let says = "không rõ thư đã đến nơi hay chưa";
        assert!(told[0].text.contains(says) && told[0].text.contains("mail retry"), "{}", told[0].text);

        let envelope = format!("Original-Envelope-Id: {}\r\n", first.message_id);
        arrives(app, "1.relay", &notice(&envelope, &first.recipient, "failed", "other@longbien.example"));
        assert_eq!(look(app).await, (1, 0));
        deliver::drain(app).await.unwrap();
        let sent = app.sent_to(HEAD).await;
        assert_eq!((sent.len(), sent[1].recipient.as_str()), (2, DEPUTY));
        assert_eq!(app.sent_to(OPERATOR).await.len(), 2, "now it is known");
    }

    async fn each_mail_that_may_have_arrived_is_told_also_on_one_day(app: &mut TestApp) {
        let relay = ScriptedRelay::start([Act::Drop("."), Act::Drop(".")]).await;
        site(app, &relay).await;
        put(&app.store, (1..=2).map(|n| mail(n, MailKind::Digest, instant("2020-06-01 07:30")))).await;
        deliver_at(app, "2020-06-01 07:30").await;
        deliver_at(app, "2020-06-01 07:31").await;
        let told = app.sent_to(OPERATOR).await;
        let names = |n: usize| told.iter().filter(|mail| mail.text.contains(&format!("mail retry {n}"))).count();
        assert_eq!((told.len(), names(1), names(2)), (2, 1, 1));
    }

    async fn without_a_deputy_the_operator_hears_that_nobody_got_it(app: &mut TestApp) {
        let relay = ScriptedRelay::start([Act::Recipient(550)]).await;
        site(app, &relay).await;
        an_alert(app).await;
        let told = app.sent_to(OPERATOR).await;
        assert_eq!((told.len(), app.sent().await.len()), (1, 2));
        assert!(told[0].text.contains("không có"), "{}", told[0].text);
    }

    async fn a_digest_that_comes_back_goes_to_nobody_else(app: &mut TestApp) {
        let relay = ScriptedRelay::start([]).await;
        site(app, &relay).await;
        with_deputy(app).await;
        put(&app.store, [mail(1, MailKind::Digest, instant("2020-06-01 07:30"))]).await;
        deliver::drain(app).await.unwrap();
        arrives(app, "1.relay", &notice("", "head1@longbien.example", "failed", "1@longbien.example"));
        assert_eq!(look(app).await, (1, 0));
        deliver::drain(app).await.unwrap();
        let mails = app.store.mails(None).await.unwrap();
        let posts: Vec<_> = mails.iter().map(|mail| (mail.post.as_str(), mail.status)).collect();
        assert_eq!(posts, [(HEAD, MailStatus::Bounced), (OPERATOR, MailStatus::Accepted)]);
    }

    async fn a_delay_is_noted_and_a_stranger_s_notice_is_left_where_it_lies(app: &mut TestApp) {
        let relay = ScriptedRelay::start([]).await;
        site(app, &relay).await;
        put(&app.store, [mail(1, MailKind::Alert, instant("2020-06-01 07:30"))]).await;
        deliver::drain(app).await.unwrap();
        let ours = "1@longbien.example";
        let to = "head1@longbien.example";
        arrives(app, "1.delayed", &notice("", to, "delayed", ours));
        arrives(app, "2.unknown", &notice("", to, "failed", "77@longbien.example"));
        arrives(app, "3.letter", "Subject: Undelivered\r\n\r\nNo notice at all.\r\n");
        let two = notice("", "a@longbien.example", "failed", ours).replace("Final-Recipient: rfc822; a@longbien.example\r\n",
            "Final-Recipient: rfc822; a@longbien.example\r\nAction: failed\r\n\r\nFinal-Recipient: rfc822; b@longbien.example\r\n");
        arrives(app, "4.others", &two);
        assert_eq!(look(app).await, (1, 3));
        assert_eq!(look(app).await, (0, 3), "left, and counted again by the next process");
        assert_eq!(in_folder(app, "new"), ["2.unknown", "3.letter", "4.others"]);
        let about = app.store.mails(None).await.unwrap().remove(0);
        assert_eq!(about.status, MailStatus::Accepted);
        let reply = about.reply.unwrap();
        assert!(reply.contains("queued as 4F2A; delayed: 5.1.1"), "{reply}");
        deliver_at(app, "2020-06-01 08:30").await;
        assert_eq!(app.store.mails(None).await.unwrap().len(), 1, "nobody is told");
    }

    async fn a_refused_mail_to_the_operator_is_followed_by_no_mail(app: &mut TestApp) {
        let relay = ScriptedRelay::start([Act::Recipient(550)]).await;
        site(app, &relay).await;
        let refused = dondoc::store::outbox::NewMail {
            post: OPERATOR.into(),
            ..mail(1, MailKind::Alert, instant("2020-06-01 07:30"))
        };
        put(&app.store, [refused]).await;
        deliver_at(app, "2020-06-01 07:30").await;
        deliver_at(app, "2020-06-01 08:30").await;
        assert_eq!(app.store.mails(None).await.unwrap().len(), 1);
    }
}
