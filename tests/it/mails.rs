//! Mails put straight into the outbox, for stories of their way out of it.
//!
//! Owns: what such a mail is; asking what became of all of them.
//! Never: how the program makes mails.
//! Reads next: `bounds.rs`, `away.rs`.

use chrono::{DateTime, Utc};
use dondoc::job::{App, deliver};
use dondoc::store::Store;
use dondoc::store::outbox::{MailKind, MailStatus, NewMail};

use crate::app::TestApp;

/// The `n`th mail, a short one.
pub fn mail(n: usize, kind: MailKind, at: DateTime<Utc>) -> NewMail {
    NewMail {
        message_id: format!("{n}@longbien.example"),
        run_id: None,
        kind,
        post: "head@00118".into(),
        sender: "dondoc@longbien.example".into(),
        recipient: format!("head{n}@longbien.example"),
        subject: format!("Mail {n}"),
        body: format!("Message-ID: <{n}@longbien.example>\r\nDate: Mon, 1 Jun 2020 07:30:00 +0700\r\nSubject: Mail {n}\r\n\r\nBody.\r\n")
            .into_bytes(),
        light: None,
        created_at: at,
        status: MailStatus::Queued,
    }
}

/// Alerts `0..count`, due at once.
pub async fn queue(app: &App, count: usize) {
    let at = app.clock.now();
    put(&app.store, (0..count).map(|n| mail(n, MailKind::Alert, at))).await;
}

pub async fn put(store: &Store, mails: impl IntoIterator<Item = NewMail>) {
    let write = store.write().await.unwrap();
    for mail in mails {
        assert!(write.queue_mail(mail).await.unwrap());
    }
    write.commit().await.unwrap();
}

pub async fn deliver_at(app: &mut TestApp, at: &str) -> usize {
    app.at(at);
    deliver::drain(app).await.unwrap()
}

/// Status and attempts of every mail, oldest first.
pub async fn standing(app: &App) -> Vec<(MailStatus, i32)> {
    let mails = app.store.mails(None).await.unwrap();
    mails
        .iter()
        .map(|mail| (mail.status, mail.attempts))
        .collect()
}
