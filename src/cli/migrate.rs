//! `dondoc migrate`: the database's schema brought up to date.
//!
//! Owns: saying what was applied.
//! Never: the changes (`migrations/`).
//! Reads next: `doctor.rs`.

use super::{Scope, output};
use crate::config::site;
use crate::store::Store;

pub async fn run(scope: &Scope) -> anyhow::Result<()> {
    let settings = site::read_site(&scope.site, &site::environment()).settings;
    let Some(settings) = settings else {
        anyhow::bail!("the settings cannot be read: see `dondoc check`");
    };
    let store = Store::of(&settings.database, &scope.site).await?;
    let pending = store.pending_migrations().await?;
    store.migrate().await?;
    if scope.json {
        return output::json(&serde_json::json!({ "applied": pending }));
    }
    for name in &pending {
        output::line(format!("applied {name}"))?;
    }
    output::line("the schema is up to date")
}
