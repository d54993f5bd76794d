//! One round of the post: everything that is due, over several connections at once.
//!
//! Owns: how many mails are under way, and so how many a killed process leaves in doubt.
//! Never: a byte to a relay before `sending` is committed.
//! Reads next: `books.rs`, `settle.rs`, `rest.rs`.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use chrono::TimeDelta;
use futures_util::StreamExt as _;
use futures_util::future::{BoxFuture, FutureExt as _};
use futures_util::stream::FuturesUnordered;

use super::books::{Books, Change};
use super::{log, rest, settle};
use crate::config::organisation::Address;
use crate::job::{App, JobError};
use crate::mail::transport::{Outcome, Parcel, Session};
use crate::store::outbox::{Claimed, MailStatus};
use crate::store::rests::Rest;

/// Mails that are `sending` for each connection, at most: the one on the wire, those that wait behind it, and those
/// whose outcome is not written yet. If the process dies, so many are in doubt. A round begins with one for each
/// connection and doubles while there is more to send: a morning's few mails leave few in doubt.
pub const IN_DOUBT: usize = 8;
/// How long a mail stands back that a relay hung up on, so that others go before it.
const STANDS_BACK: TimeDelta = TimeDelta::seconds(30);
/// For so long an outcome waits at most for others to be written with: a relay that is slow lets each be written alone.
const WRITES_WITHIN: Duration = Duration::from_millis(5);
/// Between two looks whether the pace lets another mail go.
const LOOK_AT_PACE: Duration = Duration::from_millis(20);

/// What happens next.
enum Event<'a> {
    Carried(Box<Carried<'a>>),
    /// The books were written, and so many mails asked for.
    Written(Result<Vec<Claimed>, JobError>, usize),
    Paced,
    /// What was held back is to be written.
    Due,
}

struct Carried<'a> {
    session: Session<'a>,
    claimed: Claimed,
    outcome: Outcome,
}

/// The books, as far as they are being written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Writing {
    Rests,
    /// Outcomes gather until [`Event::Due`].
    Gathers,
    /// They have gathered for long enough.
    Due,
    /// A commit is under way.
    Writes,
}

pub struct Round<'a> {
    app: &'a App,
    stop: &'a AtomicBool,
    under_way: FuturesUnordered<BoxFuture<'a, Event<'a>>>,
    on_the_wire: usize,
    idle: Vec<Session<'a>>,
    /// Claimed, not begun.
    ready: VecDeque<Claimed>,
    books: Books,
    is_pacing: bool,
    writing: Writing,
    /// Nothing more is due.
    is_dry: bool,
    /// Mails that may be `sending` for each connection, by now.
    reach: usize,
    rest: Option<Rest>,
    /// Why nothing more is tried.
    down: Option<String>,
    error: Option<JobError>,
    accepted: usize,
}

impl<'a> Round<'a> {
    pub fn new(app: &'a App, stop: &'a AtomicBool, rest: Option<Rest>) -> Self {
        let sessions = (0..app.transport.connections()).map(|_| app.transport.session());
        Self {
            app,
            stop,
            under_way: FuturesUnordered::new(),
            on_the_wire: 0,
            idle: sessions.collect(),
            ready: VecDeque::new(),
            books: Books::default(),
            is_pacing: false,
            writing: Writing::Rests,
            is_dry: false,
            reach: 1,
            rest,
            down: None,
            error: None,
            accepted: 0,
        }
    }

    /// Until nothing is under way any more:
    ///
    /// 1. Hand claimed mails to idle connections, one message for each recipient.
    /// 2. Write down what came of others, and claim more: `sending` is committed before the first byte.
    /// 3. Take note of what happens next.
    ///
    /// # Errors
    /// When the database refused a claim; what was sent is written all the same.
    pub async fn run(mut self) -> Result<usize, JobError> {
        loop {
            self.hand_out();
            self.keep_books();
            let Some(event) = self.under_way.next().await else {
                break;
            };
            self.note(event);
        }
        for session in self.idle {
            session.close().await;
        }
        self.error.map_or(Ok(self.accepted), Err)
    }

    /// Whether nothing may be begun any more.
    fn is_ending(&self) -> bool {
        self.stop.load(Ordering::Relaxed) || self.down.is_some() || self.error.is_some()
    }

    fn hand_out(&mut self) {
        while !self.is_ending() && !self.ready.is_empty() {
            // The last one that came back: its connection is open.
            let Some(session) = self.idle.pop() else {
                return;
            };
            let Some(claimed) = self.ready.pop_front() else {
                return;
            };
            self.on_the_wire += 1;
            self.under_way.push(carry(session, claimed).boxed());
        }
    }

    fn keep_books(&mut self) {
        if self.writing == Writing::Writes {
            return;
        }
        if self.is_ending() {
            let back = self.ready.drain(..).map(|Claimed { mail, .. }| {
                let next = mail.next_attempt_at;
                (mail, next)
            });
            self.books.given_back.extend(back);
        }
        let wanted = self.wanted();
        if wanted == 0 && (self.books.is_empty() || self.gathers()) {
            return;
        }
        let books = std::mem::take(&mut self.books);
        self.writing = Writing::Writes;
        let app = self.app;
        let write = async move { Event::Written(books.write(app, wanted).await, wanted) };
        self.under_way.push(write.boxed());
    }

    /// Whether what is in the books may wait for more: a commit costs as much for many outcomes as for one.
    fn gathers(&mut self) -> bool {
        let is_busy = self.on_the_wire > 0 || !self.ready.is_empty();
        if self.is_ending() || !is_busy || !self.books.may_wait() || self.writing == Writing::Due {
            return false;
        }
        if self.writing == Writing::Rests {
            self.writing = Writing::Gathers;
            let wait = tokio::time::sleep(WRITES_WITHIN).map(|()| Event::Due);
            self.under_way.push(wait.boxed());
        }
        true
    }

    /// How many mails to claim now.
    fn wanted(&mut self) -> usize {
        if self.is_dry || self.is_ending() {
            return 0;
        }
        let connections = self.idle.len() + self.on_the_wire;
        let claimed = self.on_the_wire + self.ready.len();
        let room = (connections * self.reach).saturating_sub(claimed);
        match self.app.transport.pace() {
            None if self.ready.len() * 2 > connections * self.reach => 0,
            None => room,
            Some(_) if claimed >= connections => 0,
            Some(pace) if pace.may_go() => 1,
            Some(_) => {
                self.look_at_pace_again();
                0
            }
        }
    }

    fn look_at_pace_again(&mut self) {
        if !std::mem::replace(&mut self.is_pacing, true) {
            let wait = tokio::time::sleep(LOOK_AT_PACE).map(|()| Event::Paced);
            self.under_way.push(wait.boxed());
        }
    }

    fn note(&mut self, event: Event<'a>) {
        match event {
            Event::Paced => self.is_pacing = false,
            Event::Due if self.writing == Writing::Gathers => self.writing = Writing::Due,
            Event::Due => {}
            Event::Written(Ok(mails), wanted) => {
                self.writing = Writing::Rests;
                self.is_dry |= mails.len() < wanted;
                if wanted > 0 && self.app.transport.pace().is_none() {
                    self.reach = (self.reach * 2).min(IN_DOUBT);
                }
                self.ready.extend(mails);
            }
            Event::Written(Err(error), _) => {
                self.writing = Writing::Rests;
                self.error = Some(error);
            }
            Event::Carried(carried) => self.note_outcome(*carried),
        }
    }

    fn note_outcome(&mut self, carried: Carried<'a>) {
        let Carried {
            session,
            claimed,
            outcome,
        } = carried;
        self.on_the_wire -= 1;
        let now = self.app.clock.now();
        let Some(settled) = settle(&claimed.mail, &outcome, now) else {
            drop(session);
            return self.go_without(claimed, &outcome);
        };
        let mail = claimed.mail;
        if (session.is_open() || settled.status == MailStatus::Accepted)
            && let Some(rest) = self.rest.take()
        {
            let lasted = (now - rest.since).num_seconds();
            tracing::warn!(relay = rest.relay, lasted, "the relay takes mails again");
            self.books.rest = Some(Change::Ends(rest));
        }
        log(&mail, &settled);
        self.accepted += usize::from(settled.status == MailStatus::Accepted);
        self.books.ended.push((mail, settled));
        self.idle.push(session);
    }

    /// The mail had no attempt: another connection may take it, unless the relay hung up at this very mail.
    fn go_without(&mut self, claimed: Claimed, outcome: &Outcome) {
        if matches!(outcome, Outcome::Down { at_message, .. } if *at_message) {
            let next = self.app.clock.now() + STANDS_BACK;
            self.books.given_back.push((claimed.mail, next));
        } else {
            self.ready.push_front(claimed);
        }
        self.lose_connection(outcome.reply());
    }

    /// One connection less. A relay may have enough of them; with the last one it is away, and the queue rests.
    fn lose_connection(&mut self, cause: &str) {
        self.idle.retain(Session::is_open);
        if self.on_the_wire > 0 || !self.idle.is_empty() {
            tracing::debug!(cause, "a connection is given up; others go on");
            return;
        }
        let (relay, now) = (self.app.transport.destination(), self.app.clock.now());
        let rest = rest::after(self.rest.as_ref(), relay, cause.to_owned(), now);
        if rest.failures == 1 {
            let relay = &rest.relay;
            tracing::error!(
                relay,
                cause,
                "the relay takes no mails: they wait, and keep their attempts"
            );
        }
        self.down = Some(cause.to_owned());
        self.books.rest = Some(Change::Begins(rest));
    }
}

async fn carry(mut session: Session<'_>, claimed: Claimed) -> Event<'_> {
    let outcome = {
        let Claimed { mail, body } = &claimed;
        let (from, to) = (
            Address::new(mail.sender.clone()),
            Address::new(mail.recipient.clone()),
        );
        let parcel = Parcel {
            from: &from,
            to: &to,
            message_id: &mail.message_id,
            bytes: &body.whole,
            light: body.light.as_deref(),
        };
        session.send(&parcel).await
    };
    Event::Carried(Box::new(Carried {
        session,
        claimed,
        outcome,
    }))
}
