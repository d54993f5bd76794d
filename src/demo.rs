//! The simulated city: the systems that the district does not own, on loopback, for one fixed story.
//!
//! Owns: the figures of 2020 as data, the records generated from them, the servers that show them.
//! Never: store, job, mail, source: it is the world outside, reached over HTTP only.
//! Reads next: `figures.rs`, `stories.rs`, `city.rs`.

mod access;
mod catalogue;
mod catalogue_words;
mod chance;
mod city;
mod codes;
mod dating;
mod documents;
mod fault;
mod figures;
mod malformed;
mod plan;
mod registers;
mod routes;
mod row;
mod stated;
mod stories;
mod story;
mod units;
mod workdays;
mod world;

pub use city::City;
pub use fault::Fault;
pub use figures::{DocumentFigures, DossierFigures, Figures, LevelFigures, TargetFigures, figures};
