//! One look at a source: a page of each of its lists, as it came and as it would be stored. Nothing is stored.
//!
//! Owns: what a look tells.
//! Never: printing, waiting: one attempt tells.
//! Reads next: `step/pull.rs`.

use std::time::Duration;

use serde::Serialize;

use super::App;
use super::step::pull;
use crate::config::sources::edxml::Reach;
use crate::config::sources::{Access, Pull, Source};
use crate::domain::reject::Reject;
use crate::source::mapping::Mapping;
use crate::source::mapping::sample::Sample;
use crate::source::{Ask, Connection, Next, RawPage, SourceError};

/// What a list of a source shows.
#[derive(Debug, Serialize)]
pub struct Look {
    pub records: String,
    /// What was asked, without secrets.
    pub asked: String,
    /// Why there is nothing to see.
    pub error: Option<String>,
    /// Rows of the page.
    pub rows: usize,
    /// All rows, as the source says.
    pub total: Option<u64>,
    /// Whether the list goes on after the page.
    pub goes_on: bool,
    pub rejected: usize,
    /// The first rows.
    pub samples: Vec<Sample>,
    /// Every row of the page that does not fit.
    pub rejects: Vec<Refused>,
}

#[derive(Debug, Serialize)]
pub struct Refused {
    pub position: u64,
    pub code: Option<String>,
    pub reason: String,
}

/// Fetches one page of each list of `source`, and shows its first `rows` rows.
pub async fn at(app: &App, source: &Source, rows: usize) -> Vec<Look> {
    let source = &once(source);
    let mut connection = match pull::open(app, source) {
        Ok(connection) => connection,
        Err(error) => return vec![nothing("", String::new(), error.to_string())],
    };
    let mut looks = Vec::new();
    for list in &source.pulls {
        looks.push(look(app, source, &mut connection, list, rows).await);
    }
    looks
}

fn once(source: &Source) -> Source {
    let mut source = source.clone();
    match &mut source.access {
        Access::Http(access) => access.attempts = 1,
        Access::Drop(access) => access.settle = Duration::ZERO,
        Access::Edxml(access) => match &mut access.reach {
            Reach::Folder(folder) => folder.settle = Duration::ZERO,
            Reach::Endpoint(access) => access.attempts = 1,
        },
    }
    source
}

async fn look(
    app: &App,
    source: &Source,
    connection: &mut Connection<'_>,
    list: &Pull,
    rows: usize,
) -> Look {
    let ask = Ask {
        pull: list,
        since: None,
        position: None,
        now: app.clock.now(),
    };
    let asked = connection.shown(&ask);
    let mut page = match connection.page(&ask).await {
        Ok(page) => page,
        Err(error) => return nothing(&list.records, told(asked), error.to_string()),
    };
    match pull::joined(app, source, list, &mut page).await {
        Ok(rejects) => {
            let mut look = seen(app, list, told(asked), &page, rows);
            look.rejected += rejects.len();
            look.rejects.extend(rejects.into_iter().map(refused));
            look
        }
        Err(error) => nothing(&list.records, told(asked), error.to_string()),
    }
}

fn told(asked: Result<String, SourceError>) -> String {
    asked.unwrap_or_else(|error| error.to_string())
}

fn seen(app: &App, list: &Pull, asked: String, page: &RawPage, rows: usize) -> Look {
    let mapping = Mapping::new(list, pull::place(app, app.clock.now()));
    let mut rejects = mapping.map(&page.rows, page.first).rejects;
    pull::say_where(page, &mut rejects);
    let rejects: Vec<Refused> = rejects.into_iter().map(refused).collect();
    Look {
        records: list.records.clone(),
        asked,
        error: None,
        rows: page.rows.len(),
        total: page.total,
        goes_on: matches!(page.next, Next::At(_)),
        rejected: rejects.len(),
        samples: page
            .rows
            .iter()
            .take(rows)
            .map(|row| mapping.sample(row))
            .collect(),
        rejects,
    }
}

fn refused(reject: Reject) -> Refused {
    Refused {
        position: reject.position,
        code: reject.code,
        reason: reject.reason,
    }
}

fn nothing(records: &str, asked: String, error: String) -> Look {
    Look {
        records: records.to_owned(),
        asked,
        error: Some(error),
        rows: 0,
        total: None,
        goes_on: false,
        rejected: 0,
        samples: Vec::new(),
        rejects: Vec::new(),
    }
}

impl Look {
    /// In a few words: `1000 rows of 2480, 3 rejected`.
    #[must_use]
    pub fn summary(&self) -> String {
        if let Some(error) = &self.error {
            return error.clone();
        }
        let total = match self.total {
            Some(total) => format!(" of {total}"),
            None if self.goes_on => ", and more".to_owned(),
            None => String::new(),
        };
        format!("{} rows{total}, {} rejected", self.rows, self.rejected)
    }
}
