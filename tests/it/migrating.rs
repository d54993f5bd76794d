//! Stories of the schema: migrations one by one, over data that was there before.

use migrations::Migrator;
use sea_orm::{ConnectionTrait, DatabaseConnection, Statement};
use sea_orm_migration::MigratorTrait;

use crate::app::{TestApp, write_site};
use crate::database::{Database, stories};
use crate::program::on_site;
use crate::rows::{code, dossier};
use crate::scripted::DOSSIERS;

/// A row for every table, written as soon as its migration has made it. Columns that came later stand in none.
const SAMPLES: [(&str, &str); 18] = [
    (
        "dossier",
        "INSERT INTO dossier (code, source, procedure, procedure_name, field, unit, level, channel, status, received_at, due_at, seen_at) VALUES ('H26.23.14-200504-0001', 'one-stop-shop', '1.004959', 'Khai sinh', 'Hộ tịch', '00118', 'ward', 'direct', 4, 1588554000, 1588932000, 1588932000)",
    ),
    (
        "dossier_history",
        "INSERT INTO dossier_history (code, source, until, unit, status, due_at) VALUES ('H26.23.14-200504-0001', 'one-stop-shop', 1588932000, '00118', 4, 1588932000)",
    ),
    (
        "dossier_twin",
        "INSERT INTO dossier_twin (code, source, seen_at) VALUES ('H26.23.14-200504-0001', 'exports', 1588932000)",
    ),
    (
        "daybook",
        "INSERT INTO daybook (day, unit, level, channel, received, early, on_time, late, withdrawn) VALUES ('2020-05-04', '00118', 'ward', 'direct', 1, 0, 0, 0, 0)",
    ),
    (
        "daybook_basis",
        "INSERT INTO daybook_basis (id, zone, edition) VALUES (1, 'Asia/Ho_Chi_Minh', 1)",
    ),
    (
        "entry",
        "INSERT INTO entry (records, code, source, attributes, seen_at) VALUES ('schools', 'TH-01', 'schools', '{}', 1588932000)",
    ),
    (
        "pull",
        "INSERT INTO pull (source, records, watermark) VALUES ('one-stop-shop', 'dossiers', 1588932000)",
    ),
    (
        "stated",
        "INSERT INTO stated (source, level, period_from, period_to, figures, as_of) VALUES ('one-stop-shop', 'ward', '2020-01-01', '2020-05-31', '{}', 1588932000)",
    ),
    (
        "quarantine",
        "INSERT INTO quarantine (source, records, hash, position, reason, raw, first_seen_at, last_seen_at) VALUES ('one-stop-shop', 'dossiers', 'a1', 7, 'code is missing', '{}', 1588932000, 1588932000)",
    ),
    (
        "finding",
        "INSERT INTO finding (source, position, code, message, count, rows, about, makes_unknown, found_at) VALUES ('one-stop-shop', 0, 'residual', 'ward: 167', 167, '[]', '{\"records\":\"dossiers\",\"level\":\"ward\",\"unit\":null}', false, 1588932000)",
    ),
    (
        "drop_file",
        "INSERT INTO drop_file (source, hash, records, name, rows, made_at, read_at) VALUES ('exports', 'a1', 'dossiers', 'ho-so.csv', 1, 1588932000, 1588932000)",
    ),
    (
        "schedule",
        "INSERT INTO schedule (job, cursor, fingerprint) VALUES ('pull-city', 1588932000, '0 6 * * *')",
    ),
    (
        "run",
        "INSERT INTO run (job, scheduled_for, trigger, status, reason, attempts, schedule, configuration, calendar) VALUES ('pull-city', 1588932000, 'schedule', 'succeeded', '', 1, '0 6 * * *', 'c0ffee', 'v1')",
    ),
    (
        "step",
        "INSERT INTO step (run_id, position, name, status, attempts, counts) VALUES (1, 1, 'pull one-stop-shop', 'succeeded', 1, '{}')",
    ),
    (
        "outbox",
        "INSERT INTO outbox (message_id, run_id, kind, post, sender, recipient, subject, body, status, attempts, next_attempt_at, ambiguities, created_at) VALUES ('m@longbien.example', 1, 'alert', 'head@00118', 'a@longbien.example', 'b@longbien.example', 'Quá hạn', {bytes}, 'accepted', 1, 1588932000, 0, 1588932000)",
    ),
    (
        "decision",
        "INSERT INTO decision (run_id, about, post, recipient, reason, told, message_id, decided_at) VALUES (1, 'dossier/H26.23.14-200504-0001', 'head@00118', 'b@longbien.example', 'overdue', 'k', 'm@longbien.example', 1588932000)",
    ),
    (
        "transition",
        "INSERT INTO transition (target, level, unit, to_status, reason, at, run_id) VALUES ('ward-on-time', 'ward', '00118', 'met', '', 1588932000, 1)",
    ),
    (
        "apology",
        "INSERT INTO apology (code, due_at, drafted_at, new_due, has_reason) VALUES ('H26.23.14-200504-0001', 1588932000, 1588932000, '2020-05-15', true)",
    ),
];

async fn count(connection: &DatabaseConnection, table: &str) -> Option<i64> {
    let sql = Statement::from_string(
        connection.get_database_backend(),
        format!("SELECT COUNT(*) FROM {table}"),
    );
    let row = connection.query_one_raw(sql).await.ok()??;
    row.try_get_by_index(0).ok()
}

stories! {
    async fn every_migration_keeps_the_rows_that_were_there(database: &mut Database) {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("data")).unwrap();
        let connection = database.connect(folder.path()).await;
        let bytes = if database.is_postgres() {
            "'\\x00ff'"
        } else {
            "x'00ff'"
        };
        let mut written: Vec<&str> = Vec::new();
        let all = Migrator::migrations().len();
        for applied in 1..=all {
            Migrator::up(&connection, Some(1)).await.unwrap();
            for (table, insert) in &SAMPLES {
                let is_new = !written.contains(table) && count(&connection, table).await.is_some();
                if is_new {
                    connection
                        .execute_unprepared(&insert.replace("{bytes}", bytes))
                        .await
                        .unwrap();
                    written.push(table);
                }
            }
            for table in &written {
                assert_eq!(
                    count(&connection, table).await,
                    Some(1),
                    "{table} after migration {applied} of {all}"
                );
            }
        }
        assert_eq!(
            written.len(),
            SAMPLES.len(),
            "every sample found its table: {written:?}"
        );
        let moved = format!("outbox_body WHERE outbox_id = 1 AND body = {bytes} AND light IS NULL");
        assert_eq!(count(&connection, &moved).await, Some(1), "what the mail says");
        let pending = Migrator::get_pending_migrations(&connection).await.unwrap();
        assert_eq!(pending.len(), 0);
        Migrator::up(&connection, None).await.unwrap();
        connection.close().await.unwrap();

        // The program works on what came through.
        write_site(folder.path(), "127.0.0.1:1".parse().unwrap(), false);
        let runs = on_site(database, folder.path(), &["runs", "--json"]);
        assert_eq!(runs.json()[0]["job"], "pull-city", "{runs:?}");
        let mails = on_site(database, folder.path(), &["mail", "list", "--json"]);
        assert_eq!(mails.json()[0]["status"], "accepted", "{mails:?}");
    }

    async fn migrate_says_what_it_applied_and_then_nothing(database: &mut Database) {
        let folder = tempfile::tempdir().unwrap();
        write_site(folder.path(), "127.0.0.1:1".parse().unwrap(), false);
        let first = on_site(database, folder.path(), &["migrate", "--json"]);
        assert_eq!(first.code, Some(0), "{first:?}");
        let names = first.json()["applied"].as_array().unwrap().len();
        assert_eq!(names, Migrator::migrations().len());
        let second = on_site(database, folder.path(), &["migrate", "--json"]);
        assert_eq!(second.json()["applied"], serde_json::json!([]));
    }

    async fn a_site_opened_twice_migrates_once(app: &mut TestApp) {
        app.city.shows(DOSSIERS, [dossier(&code(1)).row()]);
        app.succeed("pull-city").await;
        app.reopen().await;
        assert_eq!(app.store.count_dossiers("one-stop-shop").await.unwrap(), 1);
        assert!(app.store.pending_migrations().await.unwrap().is_empty());
    }
}
