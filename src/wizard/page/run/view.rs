//! How a run and its end are drawn: the access path, the changes, the log, and what now.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};

use super::layout::{self, Summary};
use super::{Phase, RunPage};
use crate::apply::Outcome;
use crate::journal::Records;
use crate::messages::{Message, outcome};
use crate::plan::State;
use crate::text::{Severity, counted, seconds};
use crate::verify::CheckResult;
use crate::wizard::report;
use crate::wizard::session::Session;
use crate::wizard::widget::access_path::{Progress, Station};
use crate::wizard::widget::frame::framed;
use crate::wizard::widget::scroll::Scroll;
use crate::wizard::widget::text::{clean, fitted, wrapped};
use crate::wizard::widget::theme;

impl RunPage {
    fn progress(&self, station: Station) -> Progress {
        let mut progress = Progress::default();
        for item in self
            .plan
            .items
            .iter()
            .filter(|item| Station::of(&item.target, &self.plan.choices) == station)
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

    pub fn draw(&mut self, frame: &mut Frame, area: Rect, session: &Session) {
        // What is put back leads nobody anywhere.
        let from = self.plan.choices.connect_from;
        let connect_from = self.plan.undoes.is_none().then_some(from);
        let picture_height = layout::picture_height(area, connect_from.is_some());
        let rows = u16::try_from(self.phases.len()).unwrap_or(u16::MAX);
        let most = match (self.is_running(), area.height) {
            (true, _) => area.height.saturating_sub(picture_height + 4) / 2,
            // What came of it matters more than the list of what went well.
            (false, ..12) => 0,
            (false, _) => (area.height / 3).saturating_sub(2),
        };
        let summary = Summary {
            headline: self.headline(),
            is_waiting: self.is_running() || self.awaits_proof(),
            connect_from,
            may_be_green: !self.awaits_proof() && layout::somebody_can(self.readiness()),
            rows: if self.full_log { 0 } else { rows.min(most) },
        };
        let progress = |station| self.progress(station);
        let (list, rest) = layout::draw_head(frame, area, &summary, session.spinner, progress);
        self.draw_list(frame, list, session.spinner);
        self.draw_rest(frame, rest, &session.records);
    }

    pub fn headline(&self) -> Message {
        if let Some(report) = &self.report {
            // Nobody is told that people can connect before the simulator was asked.
            if self.awaits_proof() {
                let done = outcome::what_was_done(&self.plan, report).text;
                let text = format!("{done} Asking AWS who can connect.");
                return Message::new(Severity::Info, text);
            }
            return outcome::headline(&self.plan, report);
        }
        if self.cancel.is_cancelled() {
            let text = "Stopping: what is under way is finished first; that may take some seconds.";
            return Message::new(Severity::Warning, text);
        }
        if self.verifying {
            return Message::new(Severity::Info, "Reading everything once more.");
        }
        let ended_well =
            |phase: &&Phase| matches!(phase, Phase::Ended(outcome, _) if outcome.is_done());
        let done = self.phases.values().filter(ended_well).count();
        let changes = counted(self.phases.len(), "change");
        Message::new(Severity::Info, format!("{done} of {changes} done."))
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
                            theme::PLAIN,
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
                    Span::raw(format!(" {text}")),
                ]);
                (rank, line)
            })
            .collect();
        // When there is no room for all, those that matter now come first.
        if rows.len() > usize::from(area.height) {
            rows.sort_by_key(|(rank, _)| *rank);
        }
        let lines = rows.into_iter().map(|(_, line)| line).collect();
        Scroll::default().draw(frame, area, lines);
    }

    /// The log while it runs or on request; else what came of it.
    fn draw_rest(&mut self, frame: &mut Frame, area: Rect, records: &Records) {
        let log = self.is_running() || self.full_log;
        let inner = framed(frame, area, if log { "Log" } else { "What now" });
        let width = inner.width.saturating_sub(1);
        let lines = match &self.report {
            Some(report) if !log => {
                let assertions = self.simulator.assertions();
                // What does not work comes before what people would type, and after what was not done.
                let proof_first =
                    report.not_done().is_empty() && assertions.iter().any(CheckResult::is_serious);
                let came = report::lines(&self.plan, report, records, width);
                let mut lines =
                    layout::in_order(came, report::proof(assertions, width), proof_first);
                if let Some(live) = &self.live {
                    lines.push(Line::default());
                    lines.extend(report::live(live, width));
                }
                lines
            }
            _ => self.log_lines(width),
        };
        if self.is_running() && self.follow {
            self.scroll.to_bottom();
        }
        self.scroll.draw(frame, inner, lines);
        if self.scroll.offset() > 0 {
            self.scroll.set_cursor_on_top(frame, inner);
        }
    }

    fn log_lines(&self, width: u16) -> Vec<Line<'static>> {
        self.log
            .iter()
            .flat_map(|(at, text)| {
                let text = format!("{:>6}  {text}", seconds(*at));
                wrapped(&text, width, "        ", theme::PLAIN)
            })
            .collect()
    }
}

/// Sign, words and colour of an end.
pub(super) fn verdict(outcome: &Outcome) -> (&'static str, &'static str, Style) {
    match outcome {
        Outcome::Done => (theme::CHECK, "done and read back", theme::GOOD),
        Outcome::AlreadyThere => (theme::CHECK, "was there already", theme::GOOD),
        Outcome::NotSeenYet => (theme::UNKNOWN, "written, not seen yet", theme::WARN),
        Outcome::Stale { .. } => (theme::DIFFERS, "changed meanwhile", theme::WARN),
        Outcome::Overwritten { .. } => (theme::DIFFERS, "changed by others", theme::BAD),
        Outcome::Failed(_) => (theme::CROSS, "failed", theme::BAD),
        Outcome::Unknown(_) | Outcome::Unread(_) => (theme::UNKNOWN, "not certain", theme::BAD),
        Outcome::Skipped | Outcome::NotBegun(_) => (theme::DOT, "not begun", theme::DIM),
        Outcome::NotRecorded(_) => (theme::CROSS, "not recorded", theme::BAD),
    }
}
