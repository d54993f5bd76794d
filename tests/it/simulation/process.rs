//! A process that plans, runs and delivers until it is killed, stopped, or the time is over.
//!
//! Owns: what the daemon does at a beat, in virtual time.
//! Never: planning, running or delivering: those are the program's.
//! Reads next: `judge.rs`.

use std::panic::{AssertUnwindSafe, resume_unwind};
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use dondoc::domain::decide::Occasion;
use dondoc::job::plan::Planner;
use dondoc::job::round::{self, Haste};
use dondoc::job::runner::Runner;
use dondoc::job::{App, JobError, deliver, run};
use dondoc::store::Store;
use dondoc::store::outbox::MailStatus;
use futures_util::FutureExt;
use tokio::task::JoinHandle;

use super::world::{Fault, Killed, World};

/// Runs under way at once.
const AT_ONCE: usize = 3;
/// What may be done to the program in a day, and in one of how many days.
const FAULTS: [(Fault, u32); 12] = [
    (Fault::Kill, 3),
    (Fault::KillInMail, 20),
    (Fault::Refuse, 4),
    (Fault::LoseAnswer, 6),
    (Fault::Lock, 12),
    (Fault::Gone, 20),
    (Fault::ClockBack, 25),
    (Fault::ClockForward, 25),
    (Fault::Suspend, 50),
    (Fault::Stop, 15),
    (Fault::Panic, 25),
    (Fault::Relay, u32::MAX),
];

/// What a site lives through.
pub struct Life {
    pub app: Arc<App>,
    pub world: Arc<World>,
    /// The same database, unseen by the world.
    pub store: Store,
    /// Every instant at which something is due, in order.
    pub dues: Vec<DateTime<Utc>>,
    pub days: TimeDelta,
}

impl Life {
    /// Lives until the time is over, then in calm until nothing waits any more.
    pub async fn live(&self) {
        self.world.state().is_calm = false;
        while !self.one_process().await {}
        self.world.calm_down();
        self.settle().await;
    }

    /// Whether the time is over.
    async fn one_process(&self) -> bool {
        let mut process = Process::new(self);
        let ended = AssertUnwindSafe(process.live(self)).catch_unwind().await;
        drop(process);
        if let Err(panic) = ended
            && !panic.is::<Killed>()
        {
            resume_unwind(panic);
        }
        self.world.revive();
        self.doubt().await;
        if self.is_over() {
            return true;
        }
        self.world.pass(match self.world.below(20) {
            0 => TimeDelta::days(1),
            1..=3 => TimeDelta::minutes(self.world.below(600).into()),
            _ => TimeDelta::seconds(self.world.below(60).into()),
        });
        false
    }

    fn is_over(&self) -> bool {
        self.world.state().lived >= self.days
    }

    /// Mails that were under way when the process ended: nobody knows.
    async fn doubt(&self) {
        let sending = self.store.mails(Some(MailStatus::Sending)).await.unwrap();
        let mut state = self.world.state();
        for mail in sending {
            let carried = state.carried.entry(mail.message_id).or_default();
            carried.doubts += 1;
            carried.waits = false;
        }
    }

    async fn settle(&self) {
        let high_water = self.world.state().high_water;
        self.world
            .pass(high_water - self.world.now() + TimeDelta::days(3));
        let mut process = Process::new(self);
        run::recover(&self.app).await.unwrap();
        for _ in 0..500 {
            for _ in 0..2 {
                process.beat().await.unwrap();
                process.runner.renew(&self.app).await.unwrap();
                process.finish().await.unwrap();
            }
            if self.is_at_rest().await {
                return;
            }
            self.world.pass(TimeDelta::hours(3));
        }
        panic!("after months of calm, something still waits");
    }

    async fn is_at_rest(&self) -> bool {
        let mails = self.store.mails(None).await.unwrap();
        let waits = |status| matches!(status, MailStatus::Queued | MailStatus::Sending);
        let waiting = self.store.waiting().await.unwrap();
        let asks = |occasion: &str| Occasion::parse(occasion).unwrap().asks_for_letter();
        !waiting.iter().any(|one| asks(&one.occasion))
            && self.store.queued_runs(0, 1).await.unwrap().is_empty()
            && self.store.running_jobs().await.unwrap().is_empty()
            && !mails.iter().any(|mail| waits(mail.status))
    }

    /// The next instant at which anything may happen.
    fn next_event(&self) -> DateTime<Utc> {
        let now = self.world.now();
        let due = self.dues[self.dues.partition_point(|at| *at <= now)];
        if self.world.state().has_open_mails() {
            due.min(now + TimeDelta::minutes(20))
        } else {
            due
        }
    }
}

struct Process {
    app: Arc<App>,
    world: Arc<World>,
    planner: Planner,
    runner: Runner,
    post: Option<JoinHandle<Result<usize, JobError>>>,
}

impl Drop for Process {
    fn drop(&mut self) {
        if let Some(post) = &self.post {
            post.abort();
        }
    }
}

impl Process {
    fn new(life: &Life) -> Self {
        Self {
            app: Arc::clone(&life.app),
            world: Arc::clone(&life.world),
            planner: Planner::default(),
            runner: Runner::new("simulated".to_owned(), AT_ONCE, life.world.clone()),
            post: None,
        }
    }

    /// Until the time is over or it is told to stop.
    async fn live(&mut self, life: &Life) {
        let world = &life.world;
        while let Err(error) = run::recover(&self.app).await {
            world.note(format!("cannot start: {error}"));
            world.pass(TimeDelta::seconds(5));
        }
        let running = life.store.running_jobs().await.unwrap();
        assert!(
            running.is_empty(),
            "left running by the process before: {running:?}"
        );
        let mut day = world.now();
        while !life.is_over() && !world.is_dead() {
            if let Err(error) = self.beat().await {
                world.note(format!("this beat failed: {error}"));
                world.pass(TimeDelta::seconds(1));
            }
            if !self.runner.is_idle() {
                self.go_on_a_little().await;
                continue;
            }
            if let Err(error) = self.finish_one().await {
                self.world.note(format!("the delivery broke off: {error}"));
            }
            let wait = life.next_event() - world.now();
            world.pass(wait);
            if world.now() - day >= TimeDelta::days(1) || world.now() < day {
                day = world.now();
                if self.suffer() {
                    return self.stop().await;
                }
            }
        }
    }

    /// As `daemon.rs`.
    async fn beat(&mut self) -> Result<(), JobError> {
        let now = self.world.now();
        self.world.state().tick = now;
        self.planner.tick(&self.app, now).await?;
        self.runner.reap(&self.app).await?;
        self.runner.start_ready(&self.app).await?;
        round::write(&self.app, Haste::Gathers).await?;
        self.deliver().await?;
        if self.world.chance(4) {
            self.runner.renew(&self.app).await?;
        }
        Ok(())
    }

    async fn deliver(&mut self) -> Result<(), JobError> {
        if let Some(post) = self.post.take_if(|post| post.is_finished())
            && let Ok(result) = post.await
        {
            result?;
        }
        if self.post.is_none() {
            let app = Arc::clone(&self.app);
            self.post = Some(tokio::spawn(async move { deliver::drain(&app).await }));
        }
        Ok(())
    }

    fn is_idle(&self) -> bool {
        self.runner.is_idle() && self.post.as_ref().is_none_or(JoinHandle::is_finished)
    }

    async fn go_on_a_little(&mut self) {
        match self.world.below(5) {
            0 => self
                .world
                .pass(TimeDelta::seconds(self.world.below(90).into())),
            _ => {
                if let Err(error) = self.finish_one().await {
                    self.world.note(format!("an end is not written: {error}"));
                }
            }
        }
    }

    /// Waits for a run to end, or else for the delivery.
    async fn finish_one(&mut self) -> Result<(), JobError> {
        if self.runner.next_ended(&self.app).await?.is_none()
            && let Some(post) = self.post.take()
            && let Ok(result) = post.await
        {
            result?;
        }
        Ok(())
    }

    async fn finish(&mut self) -> Result<(), JobError> {
        while !self.is_idle() {
            self.finish_one().await?;
        }
        Ok(())
    }

    /// A day's faults. Whether the process is told to stop.
    fn suffer(&mut self) -> bool {
        let mut stops = false;
        for (fault, one_in) in FAULTS {
            if !self.world.chance(one_in) {
                continue;
            }
            self.world.arm(fault);
            let hours = |world: &World| TimeDelta::minutes(world.below(9 * 60).into());
            match fault {
                Fault::ClockBack => self.world.step(-hours(&self.world)),
                Fault::ClockForward => self.world.step(hours(&self.world)),
                Fault::Suspend => self.world.pass(TimeDelta::days(1)),
                Fault::Stop => stops = true,
                _ => {}
            }
        }
        stops
    }

    /// As `daemon.rs` after SIGTERM, with or without time to end what runs.
    async fn stop(&mut self) {
        self.world.note("stopping");
        let deadline = if self.world.chance(2) {
            Duration::ZERO
        } else {
            Duration::from_secs(60)
        };
        if let Err(error) = self.runner.drain(&self.app, deadline).await {
            self.world.note(format!("not drained: {error}"));
        }
    }
}
