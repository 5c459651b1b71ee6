//! What the guide looks like.

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::{Modifier, Style};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, Borders, Paragraph};
use unicode_width::UnicodeWidthStr;

use super::{GuideStep, Scene};
use crate::guide::{self, Page, Standing, Subject};
use crate::plan::{Item, Plan};
use crate::policy::deviation::Deviation;
use crate::wizard::ui::scroll::Scroll;
use crate::wizard::ui::text::{clean, shortened, wrap, wrapped};
use crate::wizard::ui::{diff, theme};

/// From this width on all steps are listed beside the page.
const WIDE: u16 = 110;
const LIST_WIDTH: u16 = 40;
const READ_ONLY: &str = "This program changes nothing here.";

impl GuideStep {
    pub fn draw(&mut self, frame: &mut Frame, area: Rect, scene: &Scene, spinner: &str) {
        let steps = guide::steps(scene.plan);
        let here = self.position(&steps);
        let standings = self.standings();
        let spinner = if self.looking.is_empty() {
            " "
        } else {
            spinner
        };
        let head = head(here, standings, spinner, area.width);
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
            draw_list(frame, list, scene.plan, &steps, standings, here);
            page
        } else {
            frame.render_widget(signs(standings, here, strip.width), strip);
            body
        };
        if let Some(page) = self.page(scene) {
            let item = steps.get(here).map(|item| &item.target);
            let trouble = item.and_then(|target| self.trouble.get(&Subject::of(target)));
            let width = page_area.width.saturating_sub(1);
            let account = scene.plan.identity.account_label();
            let written = item.and_then(|target| self.written.get(target));
            let mut lines = self.lines(&page, trouble, width);
            lines.extend(way(&page, &account, width));
            lines.extend(texts(&page, written, width));
            self.scroll.draw(frame, page_area, lines);
        }
    }

    fn lines(&self, page: &Page, trouble: Option<&String>, width: u16) -> Vec<Line<'static>> {
        let mut lines = vec![Line::default()];
        let mut say = |text: &str, indent: &str, style: Style| {
            lines.extend(wrapped(&clean(text), width, indent, style));
        };
        let part = format!("{} {}", page.part as usize + 1, page.part.title());
        say(&part, "", theme::DIM);
        say(&page.goal, "", theme::TITLE);
        say(&page.why, "", theme::PLAIN);
        say("", "", theme::PLAIN);
        let (sign, style) = sign(&page.standing);
        say(&format!("{sign} {}", page.sentence), "  ", style);
        if let Some(why) = trouble {
            let text = format!("  The last check failed, so this is older; v tries again. {why}");
            say(&text, "  ", theme::WARN);
        } else if self.auto && page.standing == Standing::NotYet {
            let text = "  It is checked by itself every 5 seconds (a stops that).";
            say(text, "  ", theme::DIM);
        }
        for warning in &page.warnings {
            say(&format!("{} {warning}", theme::BLOCKED), "  ", theme::WARN);
        }
        let back = if page.paste.is_some() {
            "The text below brings it back"
        } else {
            "It stands below"
        };
        let gone: Vec<&str> = page.lost.iter().map(|lost| lost.name.as_str()).collect();
        if !gone.is_empty() {
            let text = format!(
                "{} Gone since the guide began: {}. {back}; Space says that it was meant to go.",
                theme::BLOCKED,
                gone.join(", ")
            );
            say(&text, "  ", theme::BAD);
        }
        if !page.new.is_empty() {
            let text = format!(
                "{} New since the guide began: {}. If nobody meant it, take it out.",
                theme::BLOCKED,
                page.new.join(", ")
            );
            say(&text, "  ", theme::WARN);
        }
        if let Standing::Differs(deviations) = &page.standing {
            lines.extend(names(deviations, width));
        }
        lines
    }
}

/// What to do in the console.
fn way(page: &Page, account: &str, width: u16) -> Vec<Line<'static>> {
    let mut lines = vec![Line::default()];
    if page.link.is_some() {
        let text = if page.in_account {
            format!("In the AWS console, signed in to {}:", clean(account))
        } else {
            "In the AWS console:".to_owned()
        };
        lines.extend(wrapped(&text, width, "", theme::DIM));
    }
    for (number, step) in (1..).zip(&page.way) {
        let text = format!("{number}. {}", clean(step));
        lines.extend(wrapped(&text, width, "   ", theme::PLAIN));
    }
    if let Some(link) = &page.link {
        lines.extend(wrapped(link, width, "", theme::ACCENT));
    }
    lines
}

/// What differs, what is gone, and the text to paste.
fn texts(page: &Page, written: Option<&String>, width: u16) -> Vec<Line<'static>> {
    let mut lines = Vec::new();
    if let Standing::Differs(deviations) = &page.standing {
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
        lines.extend(wrapped(&text, width, "", theme::GOOD));
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

/// Where one is, how far things are, and that nothing is written.
fn head(here: usize, standings: &[Standing], spinner: &str, width: u16) -> Vec<Line<'static>> {
    let in_place = standings
        .iter()
        .filter(|standing| **standing == Standing::InPlace)
        .count();
    let by_hand = standings
        .iter()
        .filter(|standing| **standing == Standing::ByHand)
        .count();
    let mut left = format!(
        "{} of {} {} {in_place} in place",
        (here + 1).min(standings.len()),
        standings.len(),
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
            line.push_span(Span::styled(READ_ONLY, theme::GOOD));
            vec![line]
        }
        None => vec![left, Line::styled(READ_ONLY, theme::GOOD)],
    }
}

/// The sign of a standing, and its colour.
fn sign(standing: &Standing) -> (&'static str, Style) {
    match standing {
        Standing::Reading => (theme::DOT, theme::DIM),
        Standing::InPlace => (theme::CHECK, theme::GOOD),
        Standing::NotYet => (theme::TO_DO, theme::ACCENT),
        Standing::Differs(_) => (theme::DIFFERS, theme::WARN),
        Standing::Lost => (theme::DIFFERS, theme::BAD),
        Standing::Blocked => (theme::BLOCKED, theme::BAD),
        Standing::Unknown | Standing::Denied => (theme::UNKNOWN, theme::WARN),
        Standing::ByHand => (theme::BY_HAND, theme::WARN),
    }
}

/// One sign a step, as many as fit, with the current one among them.
fn signs(standings: &[Standing], here: usize, width: u16) -> Line<'static> {
    let room = (usize::from(width) / 2).max(1);
    let start = (here + 1).saturating_sub(room);
    let spans = standings
        .iter()
        .enumerate()
        .skip(start)
        .take(room)
        .flat_map(|(number, standing)| {
            let (sign, style) = sign(standing);
            let style = if number == here {
                style.add_modifier(Modifier::REVERSED)
            } else {
                style
            };
            [Span::styled(sign, style), Span::raw(" ")]
        });
    spans.collect()
}

/// A line of the list of steps.
enum Listed<'a> {
    Nothing,
    Part(guide::Part),
    Step(usize, &'a Item, &'a Standing),
}

/// All steps under their parts, scrolled so that the current one is seen.
fn draw_list(
    frame: &mut Frame,
    area: Rect,
    plan: &Plan,
    steps: &[&Item],
    standings: &[Standing],
    here: usize,
) {
    let block = Block::new()
        .borders(Borders::RIGHT)
        .border_style(theme::DIM);
    let inner = block.inner(area);
    frame.render_widget(block, area);
    let mut listed = vec![Listed::Nothing];
    let (mut current, mut part) = (0, None);
    for (number, (item, standing)) in steps.iter().zip(standings).enumerate() {
        let its_part = guide::Part::of(&item.target, plan);
        if part != Some(its_part) {
            part = Some(its_part);
            listed.push(Listed::Part(its_part));
        }
        if number == here {
            current = listed.len();
        }
        listed.push(Listed::Step(number, item, standing));
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
        Listed::Part(part) => {
            let title = format!("{} {}", *part as usize + 1, part.title());
            Line::styled(title, theme::DIM)
        }
        Listed::Step(number, item, standing) => {
            let (sign, style) = sign(standing);
            let is_here = *number == here;
            let name = shortened(&clean(&item.target.short()), room);
            Line::from(vec![
                Span::styled(if is_here { "› " } else { "  " }, theme::ACCENT),
                Span::styled(format!("{sign} "), style),
                Span::styled(name, if is_here { theme::TITLE } else { theme::PLAIN }),
            ])
        }
    }
}

/// Which statements differ.
fn names(deviations: &[Deviation], width: u16) -> Vec<Line<'static>> {
    if deviations.is_empty() {
        let text = "  It cannot be understood as a policy.";
        return wrapped(text, width, "  ", theme::WARN);
    }
    let line = |deviation: &Deviation| {
        let text = format!("  {}", clean(&deviation.sentence()));
        wrapped(&text, width, "    ", theme::WARN)
    };
    deviations.iter().flat_map(line).collect()
}

/// What differs in each of them.
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
        lines.extend(wrapped(&text, width, "  ", theme::WARN));
        lines.extend(diff::lines(found.as_deref(), wanted.as_deref(), width));
    }
    lines
}
