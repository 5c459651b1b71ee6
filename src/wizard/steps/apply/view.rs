//! What carrying out and its end look like: the access path, the changes, the log, and what now.

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::{Modifier, Style};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, Borders, Paragraph};

use super::{ApplyStep, Phase};
use crate::apply::{Outcome, words};
use crate::journal::Records;
use crate::plan::State;
use crate::plan::readiness::Outcome as Who;
use crate::plan::words::counted;
use crate::text::seconds;
use crate::verify::Proved;
use crate::wizard::report;
use crate::wizard::ui::access_path::{self, Progress, Station};
use crate::wizard::ui::scroll::Scroll;
use crate::wizard::ui::text::{clean, fitted, wrapped};
use crate::wizard::ui::theme;

impl ApplyStep {
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
        let report = self.report.as_ref();
        let readiness = report.and_then(|report| report.readiness.as_ref());
        let nobody = readiness.is_some_and(|readiness| readiness.state == Who::NotReady);
        let from = self.plan.choices.connect_from;
        access_path::draw(
            frame,
            picture,
            from,
            !nobody && !self.awaits_proof(),
            |station| self.progress(station),
        );
        frame.render_widget(Paragraph::new(title), headline);
        self.draw_list(frame, list, spinner);
        self.draw_rest(frame, rest, records);
    }

    fn headline(&self, spinner: &str) -> (String, Style) {
        if let Some(report) = &self.report {
            let (text, style) = report::headline(&self.plan, report);
            // Nobody is told that people can connect before the simulator was asked.
            if self.awaits_proof() {
                let done = words::what_was_done(&self.plan, report).1;
                return (
                    format!("{spinner} {done} Asking AWS who can connect."),
                    theme::PLAIN,
                );
            }
            return (text, style);
        }
        if self.cancel.is_cancelled() {
            let text = "Stopping: what is under way is finished first; that may take some seconds.";
            return (format!("{spinner} {text}"), theme::WARN);
        }
        if self.verifying || self.only_looks() {
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
        let lines = rows.into_iter().map(|(_, line)| line).collect();
        Scroll::default().draw(frame, area, lines);
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
            Some(report) if !log => {
                let mut lines = report::lines(&self.plan, report, records, width);
                let mut proof = report::proof(self.claims(), width);
                // What does not work comes before what people would type, and after what was not done.
                if report.not_done().is_empty() && self.claims().iter().any(Proved::is_serious) {
                    std::mem::swap(&mut lines, &mut proof);
                }
                if !lines.is_empty() && !proof.is_empty() {
                    lines.push(Line::default());
                }
                lines.append(&mut proof);
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
pub(super) fn verdict(outcome: &Outcome) -> (&'static str, &'static str, Style) {
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
