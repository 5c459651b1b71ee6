//! Parts of the question: what is warned of, what cannot be done, and the documents of an undoing.

use ratatui::text::{Line, Span};

use super::SHOWN;
use crate::messages::Message;
use crate::plan::readiness::Readiness;
use crate::plan::{Difference, Plan, State, Target};
use crate::text::{Severity, counted};
use crate::wizard::widget::diff;
use crate::wizard::widget::text::{clean, said, wrapped};
use crate::wizard::widget::theme::{self, Sign};

/// A line that goes on elsewhere.
pub(super) fn ending_in_dots(mut line: Line<'static>, width: u16) -> Line<'static> {
    let Some(last) = line.spans.pop() else {
        return line;
    };
    let room = usize::from(width).saturating_sub(line.width() + 1);
    let text: String = last.content.chars().take(room).collect();
    line.push_span(Span::styled(format!("{text}…"), last.style));
    line
}

/// The first of those who cannot connect, without the reasons: the sum below them has to be in sight.
pub(super) fn kept_out(readiness: &Readiness, width: u16) -> Vec<Line<'static>> {
    let all = readiness.kept_out();
    let mut lines = Vec::new();
    for (who, _) in all.iter().take(SHOWN) {
        lines.extend(said(Severity::Warning, who, width));
    }
    let more = all.len().saturating_sub(SHOWN);
    if more > 0 {
        lines.extend(wrapped(
            &format!("and {more} more."),
            width,
            "  ",
            theme::PLAIN,
        ));
    }
    lines
}

/// All of those who cannot connect, with the reasons.
pub(super) fn obstacles(readiness: &Readiness, width: u16) -> Vec<Line<'static>> {
    let each = readiness.obstacles().into_iter();
    each.flat_map(|text| said(Severity::Warning, &text, width))
        .collect()
}

pub(super) fn sign_of(sign: &'static str) -> Sign {
    let color = match sign {
        "+" => theme::ACCENT,
        "-" => theme::BAD,
        _ => theme::WARN,
    };
    (sign, color)
}

/// Returns what cannot be done, and that there is nothing to do.
pub(super) fn situation(plan: &Plan) -> Option<Message> {
    let totals = plan.totals();
    let items = counted(totals.blocked, "item");
    let (severity, text) = match (totals.changes, totals.blocked, &plan.undoes) {
        (1.., 0, _) => return None,
        (1.., _, None) => {
            let text = "cannot be done and will be left alone; the preview says why.";
            (Severity::Warning, format!("{items} {text}"))
        }
        (1.., _, Some(_)) => {
            let text = "cannot be put back and will be left alone; why stands below.";
            (Severity::Warning, format!("{items} {text}"))
        }
        (0, 0, None) => {
            let text = "Everything is in place. There is nothing to write.";
            (Severity::Good, text.to_owned())
        }
        (0, 0, Some(_)) => {
            let text = "Everything is as it was before the run. There is nothing to put back.";
            (Severity::Good, text.to_owned())
        }
        (0, _, None) => {
            let text = "cannot be done here; the preview says why.";
            (
                Severity::Warning,
                format!("There is nothing to write. {items} {text}"),
            )
        }
        (0, _, Some(_)) => {
            let text = "cannot be put back; why stands below.";
            (
                Severity::Warning,
                format!("There is nothing to write. {items} {text}"),
            )
        }
    };
    Some(Message::new(severity, text))
}

/// Of an undoing, which has no preview: what is left alone, and the documents.
pub(super) fn documents(plan: &Plan, width: u16) -> Vec<Line<'static>> {
    let mut lines = Vec::new();
    for item in &plan.items {
        lines.extend(left_alone(&item.target, &item.state, width));
    }
    for (item, change) in plan
        .changes()
        .filter(|(item, _)| item.target.role().is_some())
    {
        lines.push(Line::default());
        lines.push(Line::styled(
            clean(&format!("{}:", item.target.short())),
            theme::DIM,
        ));
        let account = &plan.identity.account;
        lines.extend(diff::admitted(change, account, width));
        let (before, after) = (change.before_text(), change.after_text());
        lines.extend(diff::indented(before, after, width));
    }
    lines
}

/// Each warning once, with the items that it is about.
pub(super) fn warned(plan: &Plan) -> Vec<(String, &String)> {
    let mut warnings: Vec<(String, &String)> = Vec::new();
    for item in plan
        .items
        .iter()
        .filter(|item| plan.undoes.is_some() || item.change().is_some())
    {
        for warning in &item.warnings {
            let name = item.target.short();
            match warnings.iter_mut().find(|(_, known)| *known == warning) {
                Some((names, _)) => *names = format!("{names}, {name}"),
                None => warnings.push((name, warning)),
            }
        }
    }
    warnings
}

fn left_alone(target: &Target, state: &State, width: u16) -> Vec<Line<'static>> {
    let State::Blocked {
        reason,
        remedy,
        difference,
        ..
    } = state
    else {
        return Vec::new();
    };
    let text = format!("{}: {reason} {remedy}", target.short());
    let mut lines = vec![Line::default()];
    lines.extend(said(Severity::Warning, &text, width));
    if let Some(Difference { expected, found }) = difference {
        let text = "  What differs (- as the run left it, + as it is now):";
        lines.extend(wrapped(text, width, "  ", theme::DIM));
        lines.extend(diff::indented(expected.text(), found.text(), width));
    }
    lines
}
