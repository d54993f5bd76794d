//! What a round has to write down, in as few commits as may be.
//!
//! Owns: outcomes, claims given back, the relay's rest, and new claims, all in one transaction.
//! Never: giving up before what the server said is written: it is known nowhere else.
//! Reads next: `round.rs`.

use std::time::Duration;

use chrono::{DateTime, Utc};

use crate::job::{App, JobError, alarm};
use crate::store::Write;
use crate::store::outbox::{Claimed, Mail, Settled};
use crate::store::rests::Rest;

/// Waits of a delivery whose database does not let it write.
const FIRST_WAIT_TO_WRITE: Duration = Duration::from_secs(1);
const LONGEST_WAIT_TO_WRITE: Duration = Duration::from_secs(30);

#[derive(Debug, Default)]
pub struct Books {
    pub ended: Vec<(Mail, Settled)>,
    /// Mails that had no attempt, and from when on they may have one.
    pub given_back: Vec<(Mail, DateTime<Utc>)>,
    pub rest: Option<Change>,
}

/// What happens to the relay's rest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    Begins(Rest),
    Ends(Rest),
}

impl Books {
    pub fn is_empty(&self) -> bool {
        self.ended.is_empty() && self.given_back.is_empty() && self.rest.is_none()
    }

    /// Whether there are but outcomes of mails in it.
    pub fn may_wait(&self) -> bool {
        self.given_back.is_empty() && self.rest.is_none()
    }

    /// Writes all of it, and takes up to `wanted` more mails in the same transaction.
    ///
    /// # Errors
    /// When no mail could be taken; what is in the books is written all the same.
    pub async fn write(mut self, app: &App, wanted: usize) -> Result<Vec<Claimed>, JobError> {
        let mut claimed = Vec::new();
        let Err(error) = self.attempt(app, wanted, &mut claimed).await else {
            return Ok(claimed);
        };
        // A commit that was not answered may stand all the same. Nothing of these mails was sent.
        let back = |Claimed { mail, .. }| {
            let next = mail.next_attempt_at;
            (mail, next)
        };
        self.given_back.extend(claimed.into_iter().map(back));
        if !self.is_empty() {
            self.write_surely(app).await;
        }
        Err(error)
    }

    async fn attempt(
        &self,
        app: &App,
        wanted: usize,
        claimed: &mut Vec<Claimed>,
    ) -> Result<(), JobError> {
        let write = app.store.write().await?;
        self.enter(app, &write).await?;
        if wanted > 0 {
            *claimed = write.claim_mails(app.clock.now(), wanted as u64).await?;
        }
        Ok(write.commit().await?)
    }

    async fn enter(&self, app: &App, write: &Write) -> Result<(), JobError> {
        let now = app.clock.now();
        for (mail, settled) in &self.ended {
            if !write.settle_mail(mail, settled, now).await? {
                let id = mail.id;
                tracing::error!(id, %settled.status, "another process has taken this mail over");
                continue;
            }
            alarm::of_mail(app, write, mail, settled.status, now).await?;
        }
        for (mail, next) in &self.given_back {
            write.unclaim_mail(mail, *next).await?;
        }
        match &self.rest {
            None => {}
            Some(Change::Begins(rest)) => {
                write.begin_rest(rest).await?;
                alarm::of_rest(app, write, rest, now).await?;
            }
            Some(Change::Ends(rest)) => {
                write.end_rest().await?;
                alarm::of_rest_over(app, write, rest, now).await?;
            }
        }
        Ok(())
    }

    async fn write_surely(&self, app: &App) {
        let mut wait = FIRST_WAIT_TO_WRITE;
        while let Err(error) = self.attempt(app, 0, &mut Vec::new()).await {
            let mails = self.ended.len() + self.given_back.len();
            tracing::error!(mails, %error, "what became of mails cannot be written; it is tried again");
            app.clock.sleep(wait).await;
            wait = (wait * 2).min(LONGEST_WAIT_TO_WRITE);
        }
    }
}
