//! What the guide looks like.

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, Borders, Paragraph};
use tokio::time::Instant;
use unicode_width::UnicodeWidthStr;

use super::GuidePage;
use crate::guide::{self, Instructions, StepStatus, Subject};
use crate::plan::{Item, Plan};
use crate::policy::deviation::Deviation;
use crate::text::Severity;
use crate::wizard::session::Session;
use crate::wizard::widget::diff;
use crate::wizard::widget::scroll::Scroll;
use crate::wizard::widget::text::{clean, mark, said, shortened, signed, wrap, wrapped};
use crate::wizard::widget::theme::{self, Sign};

/// From this width on all steps are listed beside the page.
const WIDE: u16 = 110;
const LIST_WIDTH: u16 = 40;
const READ_ONLY: &str = "This program changes nothing here.";

impl GuidePage {
    pub fn draw(&mut self, frame: &mut Frame, area: Rect, session: &Session) {
        let Some(context) = session.guide_context() else {
            return;
        };
        let steps = guide::steps(context.plan);
        let here = self.position(&steps);
        let statuses = &self.statuses[..];
        let spinner = if self.checking.is_empty() {
            " "
        } else {
            session.spinner
        };
        let head = head(here, statuses, spinner, area.width);
        let wide = area.width >= WIDE;
        let [top, strip, body] = Layout::vertical([
            Constraint::Length(u16::try_from(head.len()).unwrap_or(1)),
            Constraint::Length(u16::from(!wide)),
            Constraint::Fill(1),
        ])
        .areas(area);
        frame.render_widget(Paragraph::new(head), top);
        let page_area = if wide {
            let [list, page] =
                Layout::horizontal([Constraint::Length(LIST_WIDTH), Constraint::Fill(1)])
                    .areas(body);
            draw_list(frame, list, context.plan, &steps, statuses, here);
            page
        } else {
            frame.render_widget(signs(statuses, here, strip.width), strip);
            body
        };
        if let Some(page) = self.instructions(&context) {
            let item = steps.get(here).map(|item| &item.target);
            let trouble = item.and_then(|target| self.trouble.get(&Subject::of(target)));
            let width = page_area.width.saturating_sub(1);
            let account = context.plan.identity.account_label();
            let written = item.and_then(|target| self.written.get(target));
            let checked = item.and_then(|target| self.checked.get(&Subject::of(target)));
            let mut lines = self.lines(&page, trouble, checked, width);
            lines.extend(way(&page, &account, width));
            lines.extend(texts(&page, written, width));
            self.scroll.draw(frame, page_area, lines);
            self.scroll.set_cursor_on_top(frame, page_area);
        }
    }

    fn lines(
        &self,
        page: &Instructions,
        trouble: Option<&String>,
        checked: Option<&Instant>,
        width: u16,
    ) -> Vec<Line<'static>> {
        let mut lines = vec![Line::default()];
        for (text, style) in [
            (page.part.title(), theme::DIM),
            (page.goal.as_str(), theme::TITLE),
            (page.why.as_str(), theme::PLAIN),
            ("", theme::PLAIN),
        ] {
            lines.extend(wrapped(&clean(text), width, "", style));
        }
        lines.extend(signed(
            sign(&page.status),
            &page.sentence,
            width,
            theme::PLAIN,
        ));
        let mut warn = |text: &str| lines.extend(said(Severity::Warning, text, width));
        if let Some(why) = trouble {
            warn(&format!(
                "The last check failed, so this is older; v tries again. {why}"
            ));
        } else if self.auto && page.status == StepStatus::NotYet {
            let ago = checked.map_or_else(String::new, |at| {
                format!(", last {} s ago", at.elapsed().as_secs())
            });
            let text = format!("  It is checked by itself every 5 seconds{ago} (a stops that).");
            lines.extend(wrapped(&text, width, "  ", theme::DIM));
        }
        let mut warn = |text: &str| lines.extend(said(Severity::Warning, text, width));
        for text in page.hints.iter().chain(&page.warnings) {
            warn(text);
        }
        let back = if page.paste.is_some() {
            "The text below brings it back"
        } else {
            "It stands below"
        };
        let gone: Vec<&str> = page.lost.iter().map(|lost| lost.name.as_str()).collect();
        if !gone.is_empty() {
            warn(&format!(
                "Gone {}: {}. {back}; Space says that it was meant to go.",
                self.guide.since(),
                gone.join(", ")
            ));
        }
        if !page.let_go.is_empty() {
            warn(&format!(
                "Gone, and you said that it was meant to: {}. Space takes that back.",
                page.let_go.join(", ")
            ));
        }
        if !page.new.is_empty() {
            warn(&format!(
                "New {}: {}. If nobody meant it, take it out.",
                self.guide.since(),
                page.new.join(", ")
            ));
        }
        if let StepStatus::Differs(deviations) = &page.status {
            lines.extend(names(deviations, width));
        }
        lines
    }
}

/// Returns what to do in the console.
fn way(page: &Instructions, account: &str, width: u16) -> Vec<Line<'static>> {
    let mut lines = vec![Line::default()];
    if page.link.is_some() {
        let text = if page.in_account {
            format!("In the AWS console, signed in to {}:", clean(account))
        } else {
            "In the AWS console:".to_owned()
        };
        lines.extend(wrapped(&text, width, "", theme::DIM));
    }
    if let Some(link) = &page.link {
        lines.extend(wrapped(link, width, "", theme::TITLE));
    }
    for (number, step) in (1..).zip(&page.way) {
        let text = format!("{number}. {}", clean(step));
        lines.extend(wrapped(&text, width, "   ", theme::PLAIN));
    }
    if page.paste.is_some() {
        let text =
            "If the console shows an error in red, the text is not whole: copy it again with c.";
        lines.extend(wrapped(text, width, "   ", theme::DIM));
    }
    lines
}

/// Returns what differs, what is gone, and the text to paste.
fn texts(page: &Instructions, written: Option<&String>, width: u16) -> Vec<Line<'static>> {
    let mut lines = Vec::new();
    if let StepStatus::Differs(deviations) = &page.status {
        lines.extend(differences(deviations, width));
    }
    for lost in page.lost.iter().filter(|_| page.paste.is_none()) {
        lines.push(Line::default());
        let text = format!("What is gone: {}", clean(&lost.name));
        lines.extend(wrapped(&text, width, "", theme::DIM));
        lines.extend(as_it_is(&lost.text, width));
    }
    let Some(paste) = &page.paste else {
        return lines;
    };
    lines.push(Line::default());
    let what = if paste.whole {
        "The whole text to paste"
    } else {
        "The text to add"
    };
    let text = format!("{what} (c copies it, w writes it to a file):");
    lines.extend(wrapped(&text, width, "", theme::DIM));
    if paste
        .text
        .lines()
        .any(|line| line.width() > usize::from(width))
    {
        let text = "Lines that are longer than this screen are broken here; take it with c or w, not with the mouse.";
        lines.extend(wrapped(text, width, "", theme::DIM));
    }
    if let Some(path) = written {
        let text = format!("It was written to {}", clean(path));
        lines.extend(said(Severity::Good, &text, width));
    }
    lines.extend(as_it_is(&paste.text, width));
    lines
}

fn as_it_is(text: &str, width: u16) -> Vec<Line<'static>> {
    let text: Vec<String> = text.split('\n').map(clean).collect();
    wrap(&text.join("\n"), width, "")
        .into_iter()
        .map(Line::raw)
        .collect()
}

/// Returns where one is, how far things are, and that nothing is written.
fn head(here: usize, statuses: &[StepStatus], spinner: &str, width: u16) -> Vec<Line<'static>> {
    let in_place = statuses
        .iter()
        .filter(|status| **status == StepStatus::InPlace)
        .count();
    let by_hand = statuses
        .iter()
        .filter(|status| **status == StepStatus::ByHand)
        .count();
    let mut left = format!(
        "{} of {} {} {in_place} in place",
        (here + 1).min(statuses.len()),
        statuses.len(),
        theme::DOT
    );
    if by_hand > 0 {
        left = format!("{left} {} {by_hand} not checked", theme::DOT);
    }
    let left = Line::from(vec![
        Span::styled(left, theme::TITLE),
        Span::styled(format!(" {spinner}"), theme::DIM),
    ]);
    let gap = usize::from(width).checked_sub(left.width() + READ_ONLY.width() + 1);
    match gap {
        Some(gap) => {
            let mut line = left;
            line.push_span(Span::raw(" ".repeat(gap)));
            line.push_span(Span::raw(READ_ONLY));
            vec![line]
        }
        None => vec![left, Line::raw(READ_ONLY)],
    }
}

/// The sign of a status, and its colour.
fn sign(status: &StepStatus) -> Sign {
    match status {
        StepStatus::Reading => (theme::DOT, theme::DIM),
        StepStatus::InPlace => (theme::CHECK, theme::GOOD),
        StepStatus::NotYet | StepStatus::Elsewhere => (theme::TO_DO, theme::ACCENT),
        StepStatus::Differs(_) => (theme::DIFFERS, theme::WARN),
        StepStatus::Lost => (theme::DIFFERS, theme::BAD),
        StepStatus::Blocked => (theme::BLOCKED, theme::BAD),
        StepStatus::Unknown | StepStatus::Denied => (theme::UNKNOWN, theme::WARN),
        StepStatus::ByHand => (theme::BY_HAND, theme::WARN),
    }
}

/// One sign a step, as many as fit, with the current one among them.
fn signs(statuses: &[StepStatus], here: usize, width: u16) -> Line<'static> {
    let room = (usize::from(width) / 2).max(1);
    let start = (here + 1).saturating_sub(room);
    let spans = statuses
        .iter()
        .enumerate()
        .skip(start)
        .take(room)
        .flat_map(|(number, status)| {
            // Without a word beside them, they have no colour.
            let style = if number == here {
                theme::CURSOR
            } else {
                theme::PLAIN
            };
            [Span::styled(sign(status).0, style), Span::raw(" ")]
        });
    spans.collect()
}

/// A line of the list of steps.
enum Listed<'a> {
    Nothing,
    Part(guide::Part),
    Step(usize, &'a Item, &'a StepStatus),
}

/// All steps under their parts, scrolled so that the current one is seen.
fn draw_list(
    frame: &mut Frame,
    area: Rect,
    plan: &Plan,
    steps: &[&Item],
    statuses: &[StepStatus],
    here: usize,
) {
    let block = Block::new()
        .borders(Borders::RIGHT)
        .border_style(theme::DIM);
    let inner = block.inner(area);
    frame.render_widget(block, area);
    let mut listed = vec![Listed::Nothing];
    let (mut current, mut part) = (0, None);
    for (number, (item, status)) in steps.iter().zip(statuses).enumerate() {
        let its_part = guide::Part::of(&item.target, plan);
        if part != Some(its_part) {
            part = Some(its_part);
            listed.push(Listed::Part(its_part));
        }
        if number == here {
            current = listed.len();
        }
        listed.push(Listed::Step(number, item, status));
    }
    let mut scroll = Scroll::default();
    scroll.show(current..=current, inner.height);
    let window = scroll.window(listed.len(), inner.height);
    let room = usize::from(inner.width).saturating_sub(6);
    let shown = listed.into_iter().skip(window.start).take(window.len());
    let lines: Vec<Line> = shown.map(|listed| list_line(&listed, here, room)).collect();
    frame.render_widget(Paragraph::new(lines), inner);
}

fn list_line(listed: &Listed, here: usize, room: usize) -> Line<'static> {
    match listed {
        Listed::Nothing => Line::default(),
        Listed::Part(part) => Line::styled(part.title(), theme::DIM),
        Listed::Step(number, item, status) => {
            let (sign, style) = sign(status);
            let is_here = *number == here;
            let name = shortened(&clean(&item.target.short()), room);
            Line::from(vec![
                mark(is_here),
                Span::styled(format!("{sign} "), style),
                Span::styled(name, if is_here { theme::TITLE } else { theme::PLAIN }),
            ])
        }
    }
}

/// Which statements differ.
fn names(deviations: &[Deviation], width: u16) -> Vec<Line<'static>> {
    if deviations.is_empty() {
        return said(
            Severity::Warning,
            "It cannot be understood as a policy.",
            width,
        );
    }
    let line = |deviation: &Deviation| {
        let text = format!("  {}", clean(&deviation.sentence()));
        wrapped(&text, width, "  ", theme::PLAIN)
    };
    deviations.iter().flat_map(line).collect()
}

/// Returns what differs in each of them.
fn differences(deviations: &[Deviation], width: u16) -> Vec<Line<'static>> {
    let mut lines = Vec::new();
    for deviation in deviations {
        let (found, wanted) = deviation.texts();
        // What is missing altogether stands in the text to paste.
        if found.is_none() {
            continue;
        }
        if lines.is_empty() {
            lines.push(Line::default());
            let text = "What differs (- as it is, + as it has to be):";
            lines.extend(wrapped(text, width, "", theme::DIM));
        }
        let text = clean(&deviation.sentence());
        lines.extend(wrapped(&text, width, "  ", theme::PLAIN));
        lines.extend(diff::lines(found.as_deref(), wanted.as_deref(), width));
    }
    lines
}
