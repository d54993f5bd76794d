//! The simulated city: the systems that the district does not own, on loopback, for one fixed story.
//!
//! Owns: the figures of 2020 as data, the records generated from them, the servers that show them.
//! Never: store, job, mail, source: it is the world outside, reached over HTTP only.
//! Reads next: `figures.rs`, `stories.rs`, `city.rs`.

pub mod endless;
mod figures;
mod units;
mod workdays;
mod chance;
mod catalogue_words;
mod catalogue;
mod plan;
mod dating;
mod codes;
mod story;
mod turns;
mod stories;
mod row;
mod malformed;
mod documents;
mod registers;
mod stated;
mod world;
mod access;
mod fault;
mod routes;
mod city;

pub use city::City;
pub use fault::Fault;
pub use figures::{
    DocumentFigures, DossierFigures, DossierLevels, Figures, LevelFigures, TargetFigures, figures,
};
