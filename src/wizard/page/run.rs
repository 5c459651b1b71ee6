//! Carrying out, live, and what came of it. Success and failure end in the same layout.

pub(super) mod layout;
mod view;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use crossterm::event::KeyCode;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::simulator::Simulator;
use super::step::Step;
use crate::apply::{Job, Outcome, Report, RunEvent};
use crate::plan::readiness::Readiness;
use crate::plan::{Plan, Target};
use crate::text::seconds;
use crate::verify::live::{self, Live};
use crate::verify::proof::Proof;
use crate::wizard::effect::Effect;
use crate::wizard::report;
use crate::wizard::widget::keys::{Action, Binding, MOVES, hint, quiet};
use crate::wizard::widget::scroll::Scroll;
use crate::wizard::widget::text::clean;

/// Where a change is.
#[derive(Clone, Debug)]
enum Phase {
    Pending,
    Running {
        since: Instant,
        retries: u32,
        waiting: bool,
    },
    Ended(Outcome, Duration),
}

/// The page's own state.
#[derive(Debug)]
pub struct RunPage {
    pub plan: Plan,
    job: Job,
    /// The run that made the last changes, for putting back and for going on.
    run: Option<String>,
    phases: BTreeMap<Target, Phase>,
    /// What some try of this run wrote, or may have written.
    may_be_ours: BTreeSet<Target>,
    /// What the try before came to, of the changes that are tried again.
    before_retry: BTreeMap<Target, Outcome>,
    log: Vec<(Duration, String)>,
    began: Instant,
    pub report: Option<Report>,
    /// What the policy simulator says of what is in place; empty until it has answered.
    simulator: Simulator,
    /// What a real activation showed, where one was asked for.
    pub live: Option<Live>,
    verifying: bool,
    pub cancel: CancellationToken,
    full_log: bool,
    follow: bool,
    scroll: Scroll,
}

impl RunPage {
    pub fn new(job: Job) -> Self {
        let plan = job.plan.clone();
        let phases = plan
            .changes()
            .filter(|(item, _)| job.includes(&item.target))
            .map(|(item, _)| (item.target.clone(), Phase::Pending))
            .collect();
        Self {
            plan,
            job,
            run: None,
            phases,
            may_be_ours: BTreeSet::new(),
            before_retry: BTreeMap::new(),
            log: Vec::new(),
            began: Instant::now(),
            report: None,
            simulator: Simulator::default(),
            live: None,
            verifying: false,
            cancel: CancellationToken::new(),
            full_log: false,
            follow: true,
            scroll: Scroll::default(),
        }
    }

    pub fn is_running(&self) -> bool {
        self.report.is_none()
    }

    /// The changes that did not end well, for another try.
    pub fn failed(&self) -> Vec<Target> {
        let failed = |phase: &Phase| match phase {
            Phase::Ended(outcome, _) => !outcome.is_done(),
            Phase::Pending => true,
            Phase::Running { .. } => false,
        };
        self.phases
            .iter()
            .filter(|(_, phase)| failed(phase))
            .map(|(target, _)| target.clone())
            .collect()
    }

    /// The job that is carried out.
    pub fn job(&self) -> &Job {
        &self.job
    }

    /// Returns what was planned and what came of it, when it has ended.
    pub fn ended(&self) -> Option<(Box<Plan>, Box<Report>)> {
        let report = self.report.as_ref()?;
        Some((Box::new(self.plan.clone()), Box::new(report.clone())))
    }

    /// The last reading, where something of it can be tried for real.
    fn to_try_live(&self) -> Option<&Plan> {
        let report = self.report.as_ref()?;
        let now = report.verification.as_ref()?;
        let may = self.plan.undoes.is_none();
        (may && !live::roles(now).is_empty()).then_some(now)
    }

    /// The policy simulator is asked now.
    pub fn ask_simulator(&mut self) {
        self.simulator = Simulator::Asked;
    }

    fn readiness(&self) -> Option<&Readiness> {
        self.report.as_ref()?.readiness.as_ref()
    }

    fn awaits_proof(&self) -> bool {
        self.simulator.is_awaited(self.readiness())
    }

    pub fn title(&self) -> &'static str {
        if self.is_running() || self.awaits_proof() {
            Step::Apply.title()
        } else {
            self.readiness()
                .map_or_else(|| self.end(), Readiness::title)
        }
    }

    /// The heading of an end that says nothing of who can connect.
    fn end(&self) -> &'static str {
        match (self.failed().is_empty(), &self.plan.undoes) {
            (true, Some(_)) => "Put back",
            (false, Some(_)) => "Not all put back",
            (_, None) if self.cancel.is_cancelled() => "Stopped",
            (true, None) => "Not read back",
            (false, None) => "Not all done",
        }
    }

    /// Takes in what the policy simulator says of what was read last.
    pub fn on_proof(&mut self, proof: Proof) {
        if let Some(report) = &mut self.report {
            report.prove(&proof);
        }
        self.simulator = Simulator::Answered(proof);
    }

    /// Takes in what a real activation showed.
    pub fn on_live(&mut self, live: Live) {
        if let Some(report) = &mut self.report {
            report.try_live(&live);
        }
        self.live = Some(live);
    }

    /// The sheet for those who connect, where there is anybody who can.
    fn sheet(&self) -> Option<String> {
        let (plan, readiness) = self.report.as_ref()?.for_users()?;
        report::sheet(plan, readiness)
    }

    /// The run that can be put back from here: this one, or the one that this one was to put back and did not.
    fn undoable(&self) -> Option<&str> {
        let report = self.report.as_ref()?;
        if report.may_have_changed_something() {
            return self.run.as_deref();
        }
        self.plan.undoes.as_deref()
    }

    /// Prepares for carrying out once more what did not end well, going on with the run that has begun.
    pub fn begin_again(&mut self) {
        let targets = self.failed();
        for target in &targets {
            if let Some(Phase::Ended(outcome, _)) =
                self.phases.insert(target.clone(), Phase::Pending)
            {
                self.before_retry.insert(target.clone(), outcome);
            }
        }
        self.job.only = Some(targets);
        self.job.continues = self.run.clone().or(self.job.continues.take());
        self.report = None;
        self.simulator = Simulator::default();
        self.live = None;
        self.verifying = false;
        self.cancel = CancellationToken::new();
        self.follow = true;
        self.note("Trying again what failed.");
    }

    pub fn bindings(&self) -> Vec<Binding> {
        let mut bindings = Vec::new();
        if let Some(report) = &self.report {
            bindings.push(hint(KeyCode::Enter, Action::Quit, "finish"));
            bindings.push(hint(KeyCode::Char('q'), Action::Quit, "finish"));
            if !self.failed().is_empty() || report.refused.is_some() {
                bindings.push(hint(
                    KeyCode::Char('r'),
                    Action::RetryFailed,
                    "retry what failed",
                ));
            }
            if self.to_try_live().is_some() {
                bindings.push(hint(KeyCode::Char('x'), Action::Live, "try it for real"));
            }
            if self.plan.undoes.is_none() {
                bindings.push(hint(KeyCode::Char('n'), Action::Nodes, "hybrid nodes"));
            }
            if self.undoable().is_some() {
                let label = if self.plan.undoes.is_some() {
                    "redo"
                } else {
                    "undo"
                };
                bindings.push(hint(KeyCode::Char('u'), Action::Undo, label));
            }
            if self.sheet().is_some() {
                bindings.push(hint(KeyCode::Char('w'), Action::WriteText, "sheet"));
                bindings.push(quiet(KeyCode::Char('c'), Action::Copy, "copy the sheet"));
            }
        }
        bindings.push(hint(
            KeyCode::Char('l'),
            Action::FullLog,
            if self.full_log { "summary" } else { "full log" },
        ));
        if self.is_running() {
            bindings.push(hint(
                KeyCode::Char('f'),
                Action::Follow,
                if self.follow {
                    "stop following"
                } else {
                    "follow"
                },
            ));
        }
        bindings.extend(MOVES);
        bindings
    }

    pub fn handle(&mut self, action: Action) -> Vec<Effect> {
        let effect = match action {
            Action::RetryFailed => Some(Effect::Retry),
            Action::Undo => self.undoable().map(|run| Effect::Undo(run.to_owned())),
            Action::Live => {
                let plan = self.to_try_live();
                plan.map(|plan| Effect::AskLive(Box::new(plan.clone())))
            }
            Action::Nodes => Some(Effect::LookForNodes(Box::new(self.plan.clone()))),
            Action::Copy => self.sheet().map(Effect::copy),
            Action::WriteText => {
                let account = self.plan.identity.account.clone();
                let write = |text| Effect::WriteSheet { account, text };
                self.sheet().map(write)
            }
            Action::FullLog => {
                self.full_log = !self.full_log;
                self.scroll.to_top();
                None
            }
            Action::Follow => {
                self.follow = !self.follow;
                None
            }
            other => {
                if self.scroll.act(other) {
                    self.follow = false;
                }
                None
            }
        };
        effect.into_iter().collect()
    }

    fn note(&mut self, text: &str) {
        self.log.push((self.began.elapsed(), clean(text)));
    }

    /// Takes in what happened.
    pub fn on_event(&mut self, event: RunEvent) {
        match event {
            RunEvent::Started(target) => {
                self.note(&format!("{target}  reading, then writing"));
                let phase = Phase::Running {
                    since: Instant::now(),
                    retries: 0,
                    waiting: false,
                };
                self.phases.insert(target, phase);
            }
            RunEvent::Retry(target, retry) => {
                let waited = seconds(retry.waited);
                let text = format!(
                    "{target}  try {} after {waited}: {}",
                    retry.attempt, retry.reason
                );
                self.note(&text);
                if let Some(Phase::Running { retries, .. }) = self.phases.get_mut(&target) {
                    *retries += 1;
                }
            }
            RunEvent::Waiting(target) => {
                self.note(&format!("{target}  not to be seen yet; looking again"));
                if let Some(Phase::Running { waiting, .. }) = self.phases.get_mut(&target) {
                    *waiting = true;
                }
            }
            RunEvent::Ended(target, outcome, took) => {
                let (_, words, _) = view::verdict(&outcome);
                let why = outcome
                    .explanation(&target)
                    .map(|why| format!(" {why}"))
                    .unwrap_or_default();
                self.note(&format!("{target}  {words} in {}.{why}", seconds(took)));
                // What an earlier try wrote without seeing it has now been seen.
                let is_ours = self.may_be_ours.contains(&target);
                let outcome = match (outcome, self.before_retry.remove(&target)) {
                    (Outcome::AlreadyThere, _) if is_ours => Outcome::Done,
                    // Another try that wrote nothing takes nothing of the earlier one back.
                    (outcome, Some(earlier)) if is_ours && !outcome.may_have_written() => earlier,
                    (outcome, _) => outcome,
                };
                if outcome.may_have_written() {
                    self.may_be_ours.insert(target.clone());
                }
                self.phases.insert(target, Phase::Ended(outcome, took));
            }
            RunEvent::Verifying => {
                self.verifying = true;
                self.note("Reading everything once more.");
            }
            RunEvent::Finished(report) => self.finish(*report),
        }
    }

    fn finish(&mut self, mut report: Report) {
        for why in report.refused.iter().chain(&report.record_lost) {
            self.note(why);
        }
        // Another try that wrote nothing leaves the run that did as the last one.
        self.run = report.run.take().or(self.run.take());
        report.run.clone_from(&self.run);
        self.note(&format!("Finished after {}.", seconds(report.took)));
        // After another try the report is about all of the plan, not only about what was tried again.
        report.outcomes = self
            .plan
            .changes()
            .filter(|(item, _)| self.phases.contains_key(&item.target))
            .map(|(item, _)| {
                let outcome = match self.phases.get(&item.target) {
                    Some(Phase::Ended(outcome, _)) => outcome.clone(),
                    // What an earlier try came to, and this one did not.
                    _ => self
                        .before_retry
                        .get(&item.target)
                        .cloned()
                        .unwrap_or(Outcome::Skipped),
                };
                (item.target.clone(), outcome)
            })
            .collect();
        self.report = Some(report);
        self.verifying = false;
        self.full_log = false;
        self.scroll.to_top();
    }
}
