//! A database that refuses what a story names, until it does not.
//!
//! Owns: the mood.
//! Never: chance.
//! Reads next: `outages.rs`.

use std::sync::{Arc, Mutex};

use dondoc::job::App;
use dondoc::store::Observer;

/// Refuses every statement in which this stands.
#[derive(Default)]
pub struct Moody(Mutex<Option<&'static str>>);

impl Moody {
    /// `app` on a database in its hands.
    pub fn under(app: App) -> (App, Arc<Self>) {
        let moody = Arc::new(Self::default());
        let store = app.store.observed_by(moody.clone());
        (App { store, ..app }, moody)
    }

    pub fn refuses(&self, words: &'static str) {
        *self.0.lock().unwrap() = Some(words);
    }

    pub fn relents(&self) {
        *self.0.lock().unwrap() = None;
    }
}

impl Observer for Moody {
    fn before(&self, sql: &str) -> Result<(), String> {
        match *self.0.lock().unwrap() {
            Some(words) if sql.contains(words) => Err("the database is in a bad mood".to_owned()),
            _ => Ok(()),
        }
    }
}
