//! A reader of mails with a browser: follows the links of a letter to the real listener, and fills in its form.
//!
//! Owns: the listener of a story; what came back.
//! Never: deciding what a page should say.
//! Reads next: `answers.rs`.

use std::net::SocketAddr;
use std::time::Duration;

use dondoc::web::Door;
use reqwest::header::{CONTENT_TYPE, HeaderMap};
use reqwest::{Client, Method, StatusCode};

use crate::app::{TestApp, Town};
use crate::letters_sent::Sent;

/// How readers reach the listener, as letters say it.
const URL: &str = "http://dondoc.longbien.example";

pub struct Browser {
    door: Door,
    client: Client,
}

/// An answer over HTTP.
#[derive(Debug)]
pub struct Shown {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub text: String,
}

impl Shown {
    /// Empty where there is none.
    pub fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .map_or("", |value| value.to_str().unwrap())
    }
}

impl Browser {
    /// Letters of the site hold links from now on, and its listener answers them.
    pub async fn at<T: Town>(app: &mut TestApp<T>) -> Self {
        let listen = free_address().await;
        let text = format!("\n[web]\nlisten = \"{listen}\"\nurl = \"{URL}\"\n");
        app.add("config/local.toml", &text).await;
        let site = app.second().await;
        let mut door = Door::new(&site);
        door.keep(&site).await;
        assert_eq!(door.address(), Some(listen));
        Self {
            door,
            client: client(),
        }
    }

    /// The links of a letter, with the answers that they choose.
    pub fn links(&self, letter: &Sent) -> Vec<(String, String)> {
        let words = letter.text.split_whitespace();
        let links = words.filter_map(|word| word.strip_prefix(URL));
        let links: Vec<(String, String)> = links
            .map(|link| {
                let (_, answer) = link.split_once("?answer=").expect("an answer");
                (answer.to_owned(), link.to_owned())
            })
            .collect();
        assert_eq!(links.len(), 4, "{}", letter.text);
        let html = letter.html.replace("&#x3D;", "=");
        for (_, link) in &links {
            assert!(html.contains(link.as_str()), "both parts have {link}");
        }
        links
    }

    /// The page of a letter, whatever is chosen there.
    pub fn link(&self, letter: &Sent) -> String {
        let (_, link) = self.links(letter).remove(0);
        link.split_once('?').expect("an answer").0.to_owned()
    }

    /// Follows one link of a letter.
    pub async fn open(&self, letter: &Sent, answer: &str) -> Shown {
        let links = self.links(letter);
        let (_, link) = links.iter().find(|(word, _)| word == answer).unwrap();
        self.ask(Method::GET, link, &[]).await
    }

    /// Sends the form of a letter's page.
    pub async fn answer(&self, letter: &Sent, form: &[(&str, &str)]) -> Shown {
        self.ask(Method::POST, &self.link(letter), form).await
    }

    /// As `answer`, with what a browser says besides.
    pub async fn answer_with(
        &self,
        letter: &Sent,
        form: &[(&str, &str)],
        name: &str,
        value: &str,
    ) -> Shown {
        let request = self.request(Method::POST, &self.link(letter), form);
        shown(request.header(name, value)).await
    }

    pub async fn ask(&self, method: Method, path: &str, form: &[(&str, &str)]) -> Shown {
        shown(self.request(method, path, form)).await
    }

    fn request(
        &self,
        method: Method,
        path: &str,
        form: &[(&str, &str)],
    ) -> reqwest::RequestBuilder {
        let address = self.door.address().unwrap();
        let request = self
            .client
            .request(method, format!("http://{address}{path}"));
        if form.is_empty() {
            return request;
        }
        let body = form_urlencoded::Serializer::new(String::new())
            .extend_pairs(form)
            .finish();
        request
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(body)
    }
}

async fn shown(request: reqwest::RequestBuilder) -> Shown {
    let answer = request.send().await.unwrap();
    Shown {
        status: answer.status(),
        headers: answer.headers().clone(),
        text: answer.text().await.unwrap(),
    }
}

/// Asks until somebody answers there.
pub async fn until_it_answers(at: SocketAddr, method: Method, path: &str) -> Shown {
    let client = client();
    for _ in 0..300 {
        let request = client.request(method.clone(), format!("http://{at}{path}"));
        if request.try_clone().unwrap().send().await.is_ok() {
            return shown(request).await;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("nobody answers at {at}");
}

fn client() -> Client {
    // The client wants to know how it would encrypt, though it never does here.
    let _ = rustls::crypto::ring::default_provider().install_default();
    Client::builder().build().unwrap()
}

pub async fn free_address() -> SocketAddr {
    let taken = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    taken.local_addr().unwrap()
}
