//! Systems behind HTTP and JSON.
//!
//! Owns: one request from its beginning to its rows: sign-in, pace, attempts, waiting.
//! Never: a request that changes anything at the source.
//! Reads next: `http/request.rs`, `http/paging.rs`, `mapping.rs`.

mod answer;
mod client;
mod decode;
mod fill;
mod paging;
mod request;
mod sign_in;

use std::time::Duration;

use backon::{BackoffBuilder, ExponentialBackoff, ExponentialBuilder};
use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use chrono_tz::Tz;
use reqwest::{Client, RequestBuilder};
use secrecy::ExposeSecret;
use serde_json::Value;
use tokio::time::{Interval, MissedTickBehavior, interval};

pub use client::ping;
pub use sign_in::Identity;

use self::answer::Answer;
use self::fill::Fill;
use self::paging::{Found, Mark};
use self::request::Order;
use self::sign_in::{Desk, Pass};
use super::{Ask, RawPage, Retry, SourceError};
use crate::config::sources::http::template::Slot;
use crate::config::sources::http::{HttpAccess, HttpListing, SignIn, Success};
use crate::config::sources::{Listing, Report, Stated};
use crate::domain::period::Period;

/// The longest wait that a source may ask for with `Retry-After`.
const LONGEST_WAIT: Duration = Duration::from_secs(120);

/// A source of this kind, opened for a run.
#[derive(Debug)]
pub struct Connection<'a> {
    client: Client,
    /// The source's name, for the log.
    name: &'a str,
    access: &'a HttpAccess,
    base: String,
    identity: Option<Identity>,
    pass: Option<Pass>,
    pace: Option<Interval>,
    zone: Tz,
}

impl<'a> Connection<'a> {
    /// # Errors
    /// When the client cannot be built.
    pub fn open(
        name: &'a str,
        access: &'a HttpAccess,
        base: &str,
        identity: Option<Identity>,
        zone: Tz,
    ) -> Result<Self, SourceError> {
        Ok(Self {
            client: client::client(access.timeout)?,
            name,
            access,
            base: base.trim_end_matches('/').to_owned(),
            identity,
            pass: None,
            pace: access.pace.map(pace),
            zone,
        })
    }

    pub(super) async fn page(&mut self, ask: &Ask<'_>) -> Result<RawPage, SourceError> {
        let Listing::Http(listing) = &ask.pull.listing;
        let mark = Mark::read(ask.position, listing);
        let order = self.order(ask, listing, &mark);
        let mut answer = self.ask(&order, listing.success.as_ref(), ask.now).await?;
        let total = answer.total(listing.total.as_ref());
        let leads_to = self.leads_to(&answer, listing)?;
        let rows = answer.take_rows(&listing.rows)?;
        let found = Found {
            rows: &rows,
            total,
            leads_to,
        };
        let next = mark.after(&listing.paging, found);
        let next = next.map_err(|lost| SourceError::Body {
            url: answer.shown,
            what: lost.to_string(),
        })?;
        Ok(RawPage {
            rows,
            first: mark.rows,
            total,
            next,
        })
    }

    fn order<'r>(&self, ask: &Ask<'_>, listing: &'r HttpListing, mark: &Mark) -> Order<'r> {
        let (mut parameters, mut fill) = mark.asks(&listing.paging);
        if let Some((how, since)) = ask.pull.since.as_ref().zip(ask.since) {
            let local = since.with_timezone(&self.zone);
            let written = local.format(&how.format).to_string();
            let named = how.parameter.clone();
            parameters.extend(named.map(|name| (name, written.clone())));
            fill.put(Slot::Since, written);
        }
        let is_link = listing.paging.follows_links();
        let link = mark.to.as_ref().filter(|_| is_link).map(fill::shown);
        Order {
            request: &listing.request,
            parameters,
            fill,
            link,
        }
    }

    /// Where the next page is, in words that may be kept.
    fn leads_to(
        &self,
        answer: &Answer,
        listing: &HttpListing,
    ) -> Result<Option<Value>, SourceError> {
        let leads_to = answer.leads_to(&listing.paging)?;
        Ok(match leads_to {
            Some(Value::String(link)) if listing.paging.follows_links() => {
                let kept = request::kept(&link, &self.base, self.access, &listing.request);
                Some(Value::String(kept))
            }
            other => other,
        })
    }

    pub(super) fn shown(&self, ask: &Ask<'_>) -> Result<String, SourceError> {
        let Listing::Http(listing) = &ask.pull.listing;
        let mark = Mark::read(ask.position, listing);
        self.order(ask, listing, &mark)
            .shown(&self.base, self.access)
    }

    pub(super) async fn stated(
        &mut self,
        stated: &Stated,
        period: Period,
        now: DateTime<Utc>,
    ) -> Result<Vec<Value>, SourceError> {
        let Report::Http(report) = &stated.report;
        let mut parameters = Vec::new();
        let mut fill = Fill::default();
        for (slot, name, day) in [
            (Slot::From, &report.from, period.from),
            (Slot::To, &report.to, period.to),
        ] {
            let written = written(day, &report.day_format);
            parameters.extend(name.clone().map(|name| (name, written.clone())));
            fill.put(slot, written);
        }
        let order = Order {
            request: &report.request,
            parameters,
            fill,
            link: None,
        };
        let mut answer = self.ask(&order, report.success.as_ref(), now).await?;
        answer.take_rows(&report.rows)
    }

    /// Asks until there is an answer, as often as the source's file allows.
    async fn ask(
        &mut self,
        order: &Order<'_>,
        success: Option<&Success>,
        now: DateTime<Utc>,
    ) -> Result<Answer, SourceError> {
        let mut delays = delays(self.access.attempts);
        let mut now = now;
        loop {
            let error = match self.ask_signed_in(order, success, now).await {
                Ok(answer) => return Ok(answer),
                Err(error) => error,
            };
            let Retry::Later(asked) = error.retry() else {
                return Err(error);
            };
            let Some(delay) = delays.next() else {
                return Err(error);
            };
            let delay = asked.map_or(delay, |asked| asked.min(LONGEST_WAIT).max(delay));
            tracing::warn!(source = self.name, %error, ?delay, "asking again");
            tokio::time::sleep(delay).await;
            now += TimeDelta::from_std(delay).unwrap_or_default();
        }
    }

    /// One request; a token or session that was refused is renewed once.
    async fn ask_signed_in(
        &mut self,
        order: &Order<'_>,
        success: Option<&Success>,
        now: DateTime<Utc>,
    ) -> Result<Answer, SourceError> {
        self.pass = self.pass.take().filter(|pass| pass.is_valid(now));
        let had_pass = self.pass.is_some();
        self.sign_in(now).await?;
        match self.ask_once(order, success, now).await {
            Err(error) if had_pass && self.may_have_expired(&error) => {
                self.pass = None;
                self.sign_in(now).await?;
                self.ask_once(order, success, now).await
            }
            answer => answer,
        }
    }

    /// A session that ended is told by the body, with a status that says success.
    fn may_have_expired(&self, error: &SourceError) -> bool {
        match error {
            SourceError::Status { status: 401, .. } => true,
            SourceError::NoSuccess { .. } => matches!(self.access.sign_in, SignIn::Session { .. }),
            _ => false,
        }
    }

    async fn ask_once(
        &mut self,
        order: &Order<'_>,
        success: Option<&Success>,
        now: DateTime<Utc>,
    ) -> Result<Answer, SourceError> {
        if let Some(pace) = &mut self.pace {
            pace.tick().await;
        }
        let session = self.pass.as_ref().filter(|_| self.is_session());
        let fill = match session {
            Some(pass) => order.fill.with(Slot::Session, pass.secret.expose_secret()),
            None => order.fill.clone(),
        };
        let url = order.url(&self.base, self.access, &fill)?;
        let shown = format!("{}{}", self.base, order.request.path);
        let request = order.build(&self.client, url, self.access, &fill);
        let response = client::send(self.signed(request), &shown, now).await?;
        let answer = decode::answer(response, &shown, self.access.max_body).await?;
        answer.succeeded(success)?;
        Ok(answer)
    }

    fn is_session(&self) -> bool {
        matches!(self.access.sign_in, SignIn::Session { .. })
    }

    /// The request with what shows who asks.
    fn signed(&self, request: RequestBuilder) -> RequestBuilder {
        let identity = self.identity.as_ref();
        match (&self.access.sign_in, identity, &self.pass) {
            (SignIn::Basic { .. }, Some(Identity { id, secret, .. }), _) => {
                request.basic_auth(id, Some(secret.expose_secret()))
            }
            (SignIn::Bearer { header, .. }, Some(Identity { secret, .. }), _) => match header {
                Some(header) => request.header(header, secret.expose_secret()),
                None => request.bearer_auth(secret.expose_secret()),
            },
            (SignIn::ClientCredentials { .. }, _, Some(pass)) => {
                request.bearer_auth(pass.secret.expose_secret())
            }
            _ => request,
        }
    }

    async fn sign_in(&mut self, now: DateTime<Utc>) -> Result<(), SourceError> {
        let Some(credential) = self
            .access
            .sign_in
            .credential()
            .filter(|_| self.pass.is_none())
        else {
            return Ok(());
        };
        let Some(identity) = &self.identity else {
            let what = format!("source {} needs the credential `{credential}`", self.name);
            return Err(SourceError::Settings(what));
        };
        let desk = Desk {
            client: &self.client,
            base: &self.base,
            identity,
            now,
        };
        self.pass = desk.pass(&self.access.sign_in).await?;
        Ok(())
    }
}

fn written(day: NaiveDate, format: &str) -> String {
    day.format(format).to_string()
}

/// Ticks at once, and then not before `gap` has passed.
fn pace(gap: Duration) -> Interval {
    let mut pace = interval(gap);
    pace.set_missed_tick_behavior(MissedTickBehavior::Delay);
    pace
}

fn delays(attempts: u32) -> ExponentialBackoff {
    ExponentialBuilder::default()
        .with_min_delay(Duration::from_millis(200))
        .with_max_delay(Duration::from_secs(20))
        .with_max_times(attempts.saturating_sub(1) as usize)
        .with_jitter()
        .build()
}
