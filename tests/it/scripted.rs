//! The city's systems as a script: seven lists over real HTTP that say and fail as told.
//!
//! Owns: the world's side of HTTP in small stories; a line in front of it that can go bad.
//! Never: anything of the program itself; plausible data (that is `dondoc::demo`).
//! Reads next: `rows.rs`, `app.rs`.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::{Value, json};
use wiremock::matchers::any;
use wiremock::{Mock, MockServer, Request, ResponseTemplate};

use crate::line::Line;

pub const DOSSIERS: &str = "/one-stop-shop/dossiers";
pub const DOCUMENTS: &str = "/documents";
pub const STAFF: &str = "/registers/staff";
pub const SECRET: &str = "only-for-tests";

/// What a request meets instead of its list.
#[derive(Clone, Debug)]
pub enum Answer {
    Status(u16),
    /// This status with `Retry-After` in seconds.
    Wait(u16, u64),
    /// This body with status 200.
    Body(String),
    /// The list, but so late.
    Late(Duration),
}

/// A request as it came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    pub path: String,
    pub query: BTreeMap<String, String>,
}

impl Asked {
    /// The page asked for, from 1, whichever way the list is paged.
    pub fn page(&self) -> usize {
        let number = |name: &str| self.query.get(name)?.parse::<usize>().ok();
        let offset = number("skipCount").or(number("start")).unwrap_or(0);
        number("page").unwrap_or(offset / self.size() + 1)
    }

    fn size(&self) -> usize {
        let sizes = ["size", "maxResultCount", "length"];
        let size = sizes
            .iter()
            .find_map(|name| self.query.get(*name)?.parse().ok());
        size.unwrap_or(1000)
    }

    pub fn since(&self) -> Option<&str> {
        self.query.get("updatedFrom").map(String::as_str)
    }
}

#[derive(Clone, Debug)]
struct Trouble {
    path: &'static str,
    page: Option<usize>,
    /// How many more requests it hits; `None`: all.
    left: Option<usize>,
    answer: Answer,
}

#[derive(Default)]
struct Script {
    lists: BTreeMap<String, Vec<Value>>,
    troubles: Vec<Trouble>,
    /// Lists that become others once this page of them was shown.
    changes: Vec<(String, usize, Vec<Value>)>,
    /// Beyond its end a list shows its last page again, and states no total.
    repeats_last_page: bool,
    asked: Vec<Asked>,
    tokens: usize,
    valid: BTreeSet<String>,
}

pub struct ScriptedCity {
    // Held: the server stops with it.
    _server: MockServer,
    line: Line,
    script: Arc<Mutex<Script>>,
}

impl ScriptedCity {
    pub async fn start() -> Self {
        let server = MockServer::start().await;
        let script = Arc::new(Mutex::new(Script::default()));
        let told = Arc::clone(&script);
        Mock::given(any())
            .respond_with(move |request: &Request| told.lock().unwrap().respond(request))
            .mount(&server)
            .await;
        Self {
            line: Line::to(*server.address()).await,
            _server: server,
            script,
        }
    }

    /// Where the program reaches it: through the line.
    pub fn address(&self) -> SocketAddr {
        self.line.address
    }

    pub fn line(&self) -> &Line {
        &self.line
    }

    /// The list at `path` is this from now on.
    pub fn shows(&self, path: &str, rows: impl IntoIterator<Item = Value>) {
        let rows = rows.into_iter().collect();
        self.script().lists.insert(path.to_owned(), rows);
    }

    /// Once `page` of the list at `path` was shown, the list is this.
    pub fn changes_after_page(&self, path: &str, page: usize, rows: Vec<Value>) {
        self.script().changes.push((path.to_owned(), page, rows));
    }

    /// Every request for `path` meets `answer`, until `heal`.
    pub fn fails(&self, path: &'static str, answer: Answer) {
        self.trouble(path, None, None, answer);
    }

    /// Requests for this page meet `answer`, until `heal`.
    pub fn fails_on_page(&self, path: &'static str, page: usize, answer: Answer) {
        self.trouble(path, Some(page), None, answer);
    }

    /// One request for this page meets `answer`.
    pub fn fails_once_on_page(&self, path: &'static str, page: usize, answer: Answer) {
        self.trouble(path, Some(page), Some(1), answer);
    }

    /// The next `times` requests for `path` meet `answer`.
    pub fn fails_next(&self, path: &'static str, times: usize, answer: Answer) {
        self.trouble(path, None, Some(times), answer);
    }

    fn trouble(
        &self,
        path: &'static str,
        page: Option<usize>,
        left: Option<usize>,
        answer: Answer,
    ) {
        let trouble = Trouble {
            path,
            page,
            left,
            answer,
        };
        self.script().troubles.push(trouble);
    }

    pub fn heals(&self) {
        self.script().troubles.clear();
    }

    pub fn repeats_its_last_page(&self) {
        self.script().repeats_last_page = true;
    }

    /// No token that was given is valid any more.
    pub fn forgets_its_tokens(&self) {
        self.script().valid.clear();
    }

    pub fn tokens_given(&self) -> usize {
        self.script().tokens
    }

    /// Takes note of nothing before now.
    pub fn forget_what_was_asked(&self) {
        self.script().asked.clear();
    }

    /// The requests for `path`, in order.
    pub fn asked(&self, path: &str) -> Vec<Asked> {
        let script = self.script();
        script
            .asked
            .iter()
            .filter(|asked| asked.path == path)
            .cloned()
            .collect()
    }

    /// The pages of `path` that were asked for, in order.
    pub fn pages_asked(&self, path: &str) -> Vec<usize> {
        self.asked(path).iter().map(Asked::page).collect()
    }

    fn script(&self) -> std::sync::MutexGuard<'_, Script> {
        self.script.lock().unwrap()
    }
}

impl Script {
    fn respond(&mut self, request: &Request) -> ResponseTemplate {
        let asked = Asked {
            path: request.url.path().to_owned(),
            query: request.url.query_pairs().into_owned().collect(),
        };
        self.asked.push(asked.clone());
        let answer = self.trouble_for(&asked);
        match answer {
            Some(Answer::Status(status)) => ResponseTemplate::new(status),
            Some(Answer::Wait(status, seconds)) => ResponseTemplate::new(status)
                .insert_header("retry-after", seconds.to_string().as_str()),
            Some(Answer::Body(body)) => ResponseTemplate::new(200).set_body_string(body),
            Some(Answer::Late(delay)) => self.true_answer(request, &asked).set_delay(delay),
            None => self.true_answer(request, &asked),
        }
    }

    fn trouble_for(&mut self, asked: &Asked) -> Option<Answer> {
        let hits = |trouble: &&mut Trouble| {
            asked.path.starts_with(trouble.path)
                && trouble.page.is_none_or(|page| page == asked.page())
                && trouble.left != Some(0)
        };
        let trouble = self.troubles.iter_mut().rev().find(hits)?;
        trouble.left = trouble.left.map(|left| left - 1);
        Some(trouble.answer.clone())
    }

    fn true_answer(&mut self, request: &Request, asked: &Asked) -> ResponseTemplate {
        if asked.path == "/token" {
            return self.token(request);
        }
        let bearer = header(request, "authorization");
        let token = bearer.strip_prefix("Bearer ").unwrap_or_default();
        if !self.valid.contains(token) {
            return ResponseTemplate::new(401);
        }
        let shown = self.list(asked);
        let due = |(path, page, _): &mut (String, usize, Vec<Value>)| {
            *path == asked.path && *page == asked.page()
        };
        for (path, _, rows) in self.changes.extract_if(.., due) {
            self.lists.insert(path, rows);
        }
        ResponseTemplate::new(200).set_body_json(shown)
    }

    fn token(&mut self, request: &Request) -> ResponseTemplate {
        if header(request, "authorization") != basic() {
            return ResponseTemplate::new(401);
        }
        self.tokens += 1;
        let token = format!("token-{}", self.tokens);
        self.valid.insert(token.clone());
        let body = json!({ "access_token": token, "token_type": "Bearer", "expires_in": 3600 });
        ResponseTemplate::new(200).set_body_json(body)
    }

    fn list(&self, asked: &Asked) -> Value {
        let rows = self.lists.get(&asked.path).map_or(&[][..], Vec::as_slice);
        let changed = |row: &&Value| {
            let since = asked.since();
            since.is_none_or(|since| row["NgayCapNhat"].as_str().unwrap_or_default() >= since)
        };
        let rows: Vec<&Value> = rows.iter().filter(changed).collect();
        let last = rows.len().div_ceil(asked.size()).max(1);
        let page = if self.repeats_last_page {
            asked.page().min(last)
        } else {
            asked.page()
        };
        let shown: Vec<&Value> = rows
            .iter()
            .skip((page - 1) * asked.size())
            .take(asked.size())
            .copied()
            .collect();
        let total = (!self.repeats_last_page).then_some(rows.len());
        match asked.path.as_str() {
            DOCUMENTS => json!({ "totalCount": total, "items": shown }),
            path if path.starts_with("/registers") => {
                json!({ "recordsTotal": total, "data": shown })
            }
            _ => json!({ "error_code": "0", "total": total, "data": shown }),
        }
    }
}

fn header<'a>(request: &'a Request, name: &str) -> &'a str {
    let value = request.headers.get(name);
    value
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default()
}

/// `dondoc:only-for-tests`
fn basic() -> &'static str {
    "Basic ZG9uZG9jOm9ubHktZm9yLXRlc3Rz"
}
