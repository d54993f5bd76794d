//! Mails: templates into text and HTML, those into a message, and a message to a relay or a folder.
//!
//! Owns: `templates/`, the wire form of a message, what a relay's answer means.
//! Never: deciding who hears what (`domain::decide`), the clock, the outbox (`store`).
//! Reads next: `render.rs`, `message.rs`, `transport.rs`.

pub mod attachment;
pub mod bounce;
mod announce;
mod dots;
mod eml;
pub mod render;
mod load;
mod lint;
pub mod maildir;
mod pages;
pub mod message;
pub mod slip;
mod features;
mod joined;
mod pace;
mod relay;
mod reply;
mod secure;
pub mod transport;

pub use render::Templates;
pub use transport::Transport;
