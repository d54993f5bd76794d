//! Systems behind HTTP and JSON.
//!
//! Owns: a connection, and what a page of a list is made of.
//! Never: a request that changes anything at the source.
//! Reads next: `http/paging.rs`, `http/request.rs`, `http/ask.rs`, `mapping.rs`.

mod answer;
mod applicant;
mod ask;
mod client;
mod decode;
mod fill;
mod hook;
mod paging;
mod request;
mod sign_in;

use std::time::Duration;

use chrono::{DateTime, NaiveDate, Utc};
use chrono_tz::Tz;
use reqwest::Client;
use serde_json::Value;
use tokio::time::{Interval, MissedTickBehavior, interval};

pub(super) use ask::Reception;
pub(super) use client::next_of;
pub use client::{ping, sample};
pub(super) use fill::shown;
pub use hook::post;
pub use sign_in::Identity;

use self::answer::Answer;
use self::fill::Fill;
use self::paging::{Found, Mark};
use self::request::Order;
use self::sign_in::Pass;
use super::{Ask, Origin, RawPage, SourceError};
use crate::config::sources::http::template::Slot;
use crate::config::sources::http::{HttpAccess, HttpListing, OneRequest, Request};
use crate::config::sources::{Listing, Report, Stated};
use crate::domain::period::Period;

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
        self.page_of(listing(ask)?, ask).await
    }

    /// The next page of a list that `ask` need not know.
    pub(super) async fn page_of(
        &mut self,
        listing: &HttpListing,
        ask: &Ask<'_>,
    ) -> Result<RawPage, SourceError> {
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
            origin: Origin::System,
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
        let link = mark.to.as_ref().map(fill::shown);
        let link = link.filter(|_| listing.paging.follows_links());
        if link.is_some() {
            parameters.clear();
        }
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
                let kept = request::kept(&link, &self.base, self.access, &listing.request)?;
                Some(Value::String(kept))
            }
            other => other,
        })
    }

    pub(super) fn shown(&self, ask: &Ask<'_>) -> Result<String, SourceError> {
        self.shown_of(listing(ask)?, ask)
    }

    pub(super) fn shown_of(
        &self,
        listing: &HttpListing,
        ask: &Ask<'_>,
    ) -> Result<String, SourceError> {
        let mark = Mark::read(ask.position, listing);
        self.order(ask, listing, &mark)
            .shown(&self.base, self.access)
    }

    /// One thing of a list, by its name.
    pub(super) async fn one<R: Reception>(
        &mut self,
        one: &OneRequest,
        id: &str,
        reception: &R,
        now: DateTime<Utc>,
    ) -> Result<R::Got, SourceError> {
        let mut fill = Fill::default();
        fill.put(Slot::Id, fill::segment(id));
        let path = fill.text(&one.path).unwrap_or_default();
        fill.put(Slot::Id, id);
        let request = Request {
            path,
            ..one.request.clone()
        };
        let order = Order {
            request: &request,
            parameters: Vec::new(),
            fill,
            link: None,
        };
        self.ask_for(&order, reception, now).await
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
}

/// The list's own part, if it is of this kind.
fn listing<'a>(ask: &Ask<'a>) -> Result<&'a HttpListing, SourceError> {
    match &ask.pull.listing {
        Listing::Http(listing) => Ok(listing),
        Listing::Drop(_) | Listing::Edxml(_) => Err(SourceError::Settings(
            "this list is not behind HTTP".to_owned(),
        )),
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
