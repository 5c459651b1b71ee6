//! Carrying out, live, and what came of it. Ends in Done; failure uses the same layout.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use crossterm::event::KeyCode;
use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::{Modifier, Style};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, Borders, Paragraph};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::apply::{Aim, Event, Job, Outcome, Report, words};
use crate::journal::Records;
use crate::plan::words::counted;
use crate::plan::{Plan, State, Target};
use crate::text::seconds;
use crate::wizard::report;
use crate::wizard::ui::access_path::{self, Progress, Station};
use crate::wizard::ui::keys::{Action, Binding, MOVES, hint};
use crate::wizard::ui::scroll::{Scroll, bar};
use crate::wizard::ui::text::{clean, fitted, wrapped};
use crate::wizard::ui::theme;

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

/// The step's own state.
#[derive(Debug)]
pub struct ApplyStep {
    pub plan: Plan,
    job: Job,
    /// The run that made the last changes, for putting back and for going on.
    run: Option<String>,
    phases: BTreeMap<Target, Phase>,
    /// What some try of this run wrote, or may have written.
    may_be_ours: BTreeSet<Target>,
    /// What the try before came to, of the changes that are tried again.
    before_retry: BTreeMap<Target, Outcome>,
    log: Vec<(Duration, String, Style)>,
    began: Instant,
    pub report: Option<Report>,
    verifying: bool,
    pub cancel: CancellationToken,
    full_log: bool,
    follow: bool,
    scroll: Scroll,
}

impl ApplyStep {
    pub fn new(job: Job) -> Self {
        let plan = job.plan.clone();
        let phases = plan
            .changes()
            .filter(|(item, _)| job.means(&item.target))
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

    /// Whether nothing is carried out, and everything read.
    pub fn only_looks(&self) -> bool {
        matches!(self.job.aim, Aim::Look { .. })
    }

    /// What is carried out in this step.
    pub fn job(&self) -> &Job {
        &self.job
    }

    /// What was planned and what came of it, when it has ended.
    pub fn ended(&self) -> Option<(Box<Plan>, Box<Report>)> {
        let report = self.report.as_ref()?;
        Some((Box::new(self.plan.clone()), Box::new(report.clone())))
    }

    /// The run that can be put back from here: this one, or the one that this one was to put back and did not.
    pub fn undoable(&self) -> Option<&str> {
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
        self.verifying = false;
        self.cancel = CancellationToken::new();
        self.follow = true;
        self.note("Trying again what failed.", theme::TITLE);
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
            if self.only_looks() {
                bindings.push(hint(KeyCode::Esc, Action::Back, "back to the guide"));
            }
            if self.undoable().is_some() {
                bindings.push(hint(KeyCode::Char('u'), Action::Undo, "undo"));
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

    pub fn act(&mut self, action: Action) {
        match action {
            Action::FullLog => {
                self.full_log = !self.full_log;
                self.scroll.to_top();
            }
            Action::Follow => self.follow = !self.follow,
            _ => {
                if self.scroll.act(action) {
                    self.follow = false;
                }
            }
        }
    }

    fn note(&mut self, text: &str, style: Style) {
        self.log.push((self.began.elapsed(), clean(text), style));
    }

    /// Takes in what happened.
    pub fn on_event(&mut self, event: Event) {
        match event {
            Event::Started(target) => {
                self.note(&format!("{target}  reading, then writing"), theme::PLAIN);
                let phase = Phase::Running {
                    since: Instant::now(),
                    retries: 0,
                    waiting: false,
                };
                self.phases.insert(target, phase);
            }
            Event::Retry(target, retry) => {
                let waited = seconds(retry.waited);
                let text = format!(
                    "{target}  try {} after {waited}: {}",
                    retry.attempt, retry.reason
                );
                self.note(&text, theme::WARN);
                if let Some(Phase::Running { retries, .. }) = self.phases.get_mut(&target) {
                    *retries += 1;
                }
            }
            Event::Waiting(target) => {
                self.note(
                    &format!("{target}  not to be seen yet; looking again"),
                    theme::WARN,
                );
                if let Some(Phase::Running { waiting, .. }) = self.phases.get_mut(&target) {
                    *waiting = true;
                }
            }
            Event::Ended(target, outcome, took) => {
                let (_, words, style) = verdict(&outcome);
                let why = words::explanation(&outcome)
                    .map(|why| format!(" {why}"))
                    .unwrap_or_default();
                self.note(
                    &format!("{target}  {words} in {}.{why}", seconds(took)),
                    style,
                );
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
            Event::Verifying => {
                self.verifying = true;
                self.note("Reading everything once more.", theme::PLAIN);
            }
            Event::Finished(report) => self.finish(*report),
        }
    }

    fn finish(&mut self, mut report: Report) {
        for why in report.refused.iter().chain(&report.record_lost) {
            self.note(why, theme::BAD);
        }
        // Another try that wrote nothing leaves the run that did as the last one.
        self.run = report.run.take().or(self.run.take());
        report.run.clone_from(&self.run);
        self.note(
            &format!("Finished after {}.", seconds(report.took)),
            theme::TITLE,
        );
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
        if let Some(now) = report.verification.as_ref().filter(|_| self.only_looks()) {
            self.plan = now.clone();
        }
        self.report = Some(report);
        self.verifying = false;
        self.full_log = false;
        self.scroll.to_top();
    }

    fn progress(&self, station: Station) -> Progress {
        let mut progress = Progress::default();
        for item in self
            .plan
            .items
            .iter()
            .filter(|item| Station::of(&item.target) == station)
        {
            progress.total += 1;
            match (&item.state, self.phases.get(&item.target)) {
                (State::InPlace(_), _) => progress.ready += 1,
                (State::Blocked { .. }, _) => progress.blocked += 1,
                (State::Change(_), Some(Phase::Ended(outcome, _))) if outcome.is_done() => {
                    progress.ready += 1;
                }
                (State::Change(_), Some(Phase::Ended(..))) => progress.failed += 1,
                (State::Change(_), _) => {}
            }
        }
        progress
    }

    pub fn draw(&mut self, frame: &mut Frame, area: Rect, spinner: &str, records: &Records) {
        let picture_height = match (area.height, area.width) {
            // What is put back leads nobody anywhere.
            _ if self.plan.undoes.is_some() => 0,
            (..8, _) => 0,
            (14.., access_path::WIDTH..) => 4,
            (_, access_path::WIDTH..) => 1,
            _ => 2,
        };
        let rows = u16::try_from(self.phases.len()).unwrap_or(u16::MAX);
        let most = match (self.is_running(), area.height) {
            (true, _) => area.height.saturating_sub(picture_height + 4) / 2,
            // What came of it matters more than the list of what went well.
            (false, ..12) => 0,
            (false, _) => (area.height / 3).saturating_sub(2),
        };
        let list_height = if self.full_log { 0 } else { rows.min(most) };
        let (text, style) = self.headline(spinner);
        let title = wrapped(&text, area.width, "  ", style.add_modifier(Modifier::BOLD));
        let title_height = u16::try_from(title.len()).unwrap_or(1);
        let [picture, _, headline, list, rest] = Layout::vertical([
            Constraint::Length(picture_height),
            Constraint::Length(u16::from(area.height >= 18 && picture_height > 0)),
            Constraint::Length(title_height),
            Constraint::Length(list_height),
            Constraint::Fill(1),
        ])
        .areas(area);
        access_path::draw(frame, picture, self.plan.choices.connect_from, |station| {
            self.progress(station)
        });
        frame.render_widget(Paragraph::new(title), headline);
        self.draw_list(frame, list, spinner);
        self.draw_rest(frame, rest, records);
    }

    fn headline(&self, spinner: &str) -> (String, Style) {
        if let Some(report) = &self.report {
            return report::headline(&self.plan, report);
        }
        if self.cancel.is_cancelled() {
            let text = "Stopping: what is under way is finished first; that may take some seconds.";
            return (format!("{spinner} {text}"), theme::WARN);
        }
        if self.verifying {
            return (
                format!("{spinner} Reading everything once more."),
                theme::PLAIN,
            );
        }
        let ended_well =
            |phase: &&Phase| matches!(phase, Phase::Ended(outcome, _) if outcome.is_done());
        let done = self.phases.values().filter(ended_well).count();
        let changes = counted(self.phases.len(), "change");
        (format!("{spinner} {done} of {changes} done."), theme::PLAIN)
    }

    fn draw_list(&mut self, frame: &mut Frame, area: Rect, spinner: &str) {
        let width = usize::from(area.width);
        let mut rows: Vec<(u8, Line)> = self
            .plan
            .changes()
            .filter_map(|(item, _)| Some((&item.target, self.phases.get(&item.target)?)))
            .map(|(target, phase)| {
                let (rank, sign, text, style) = match phase {
                    Phase::Pending => (2, theme::DOT.to_owned(), "waits".to_owned(), theme::DIM),
                    Phase::Running {
                        since,
                        retries,
                        waiting,
                    } => {
                        let took = seconds(since.elapsed());
                        let again = if *retries > 0 {
                            format!(", retried {retries}")
                        } else {
                            String::new()
                        };
                        let what = if *waiting {
                            "waiting for AWS to show it"
                        } else {
                            "working"
                        };
                        (
                            1,
                            spinner.to_owned(),
                            format!("{what} {took}{again}"),
                            theme::ACCENT,
                        )
                    }
                    Phase::Ended(outcome, took) => {
                        let (sign, words, style) = verdict(outcome);
                        // What failed stands on top, what is done at the bottom.
                        let rank = if outcome.is_done() { 3 } else { 0 };
                        (
                            rank,
                            sign.to_owned(),
                            format!("{words} {}", seconds(*took)),
                            style,
                        )
                    }
                };
                let name_width = width.saturating_sub(34).max(10);
                let line = Line::from(vec![
                    Span::styled(format!("{sign} "), style),
                    Span::raw(fitted(&clean(&target.short()), name_width)),
                    Span::styled(format!(" {text}"), style),
                ]);
                (rank, line)
            })
            .collect();
        // When there is no room for all, those that matter now come first.
        if rows.len() > usize::from(area.height) {
            rows.sort_by_key(|(rank, _)| *rank);
        }
        let total = rows.len();
        let lines: Vec<_> = rows
            .into_iter()
            .map(|(_, line)| line)
            .take(usize::from(area.height))
            .collect();
        frame.render_widget(Paragraph::new(lines), area);
        bar(frame, area, total, usize::from(area.height), 0);
    }

    /// The log while it runs or on request; else what came of it.
    fn draw_rest(&mut self, frame: &mut Frame, area: Rect, records: &Records) {
        let log = self.is_running() || self.full_log;
        let block = Block::new()
            .borders(Borders::TOP)
            .border_style(theme::DIM)
            .title(Line::styled(
                if log { "Log " } else { "What now " },
                theme::DIM,
            ));
        let inner = block.inner(area);
        frame.render_widget(block, area);
        let width = inner.width.saturating_sub(1);
        let lines = match &self.report {
            Some(report) if !log => report::lines(&self.plan, report, records, width),
            _ => self.log_lines(width),
        };
        if self.is_running() && self.follow {
            self.scroll.to_bottom();
        }
        self.scroll.draw(frame, inner, lines);
    }

    fn log_lines(&self, width: u16) -> Vec<Line<'static>> {
        self.log
            .iter()
            .flat_map(|(at, text, style)| {
                wrapped(
                    &format!("{:>6}  {text}", seconds(*at)),
                    width,
                    "        ",
                    *style,
                )
            })
            .collect()
    }
}

/// Sign, words and colour of an end.
fn verdict(outcome: &Outcome) -> (&'static str, &'static str, Style) {
    match outcome {
        Outcome::Done => (theme::CHECK, "done and read back", theme::GOOD),
        Outcome::AlreadyThere => (theme::CHECK, "was there already", theme::GOOD),
        Outcome::NotSeenYet => (theme::UNKNOWN, "written, not seen yet", theme::WARN),
        Outcome::Stale { .. } => (theme::DIFFERS, "changed meanwhile", theme::WARN),
        Outcome::Overwritten { .. } => (theme::DIFFERS, "changed by others", theme::BAD),
        Outcome::Failed(_) => (theme::CROSS, "failed", theme::BAD),
        Outcome::Unknown(_) | Outcome::Unread(_) => (theme::UNKNOWN, "not certain", theme::BAD),
        Outcome::Skipped => (theme::DOT, "not begun", theme::DIM),
        Outcome::NotRecorded(_) => (theme::CROSS, "not recorded", theme::BAD),
    }
}
