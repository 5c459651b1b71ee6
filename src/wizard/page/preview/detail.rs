//! An item of the preview in its four views: in words, the difference, the new document, the API call.

use ratatui::text::{Line, Span};

use crate::plan::{Change, Item, Plan, State, Target};
use crate::policy::document::pretty;
use crate::text::{Severity, counted};
use crate::wizard::widget::diff;
use crate::wizard::widget::text::{clean, said, signed, wrap, wrapped};
use crate::wizard::widget::theme::{self, Sign};

/// How an item is shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum View {
    #[default]
    Words,
    Difference,
    Document,
    Call,
}

impl View {
    pub(super) fn next(self) -> Self {
        match self {
            Self::Words => Self::Difference,
            Self::Difference => Self::Document,
            Self::Document => Self::Call,
            Self::Call => Self::Words,
        }
    }

    pub(super) fn title(self) -> &'static str {
        match self {
            Self::Words => "1/4 In words",
            Self::Difference => "2/4 Difference",
            Self::Document => "3/4 The new document",
            Self::Call => "4/4 The API call",
        }
    }
}

/// The sign and colour of an item's state.
pub(super) fn sign(item: &Item) -> Sign {
    match item.state {
        State::Change(ref change) if change.replaces() => (theme::DIFFERS, theme::WARN),
        State::Change(_) => (theme::TO_DO, theme::ACCENT),
        State::InPlace(_) => (theme::CHECK, theme::GOOD),
        State::Blocked { .. } => (theme::BLOCKED, theme::BAD),
    }
}

/// An item as it is viewed.
pub(super) fn lines(item: &Item, view: View, plan: &Plan, width: u16) -> Vec<Line<'static>> {
    match (view, item.change()) {
        (View::Words, _) => in_words(item, plan, width),
        (_, None) => not_to_change(item, width),
        (View::Difference, Some(change)) => {
            let mut lines = admitted(change, plan, width);
            lines.extend(difference(item, change, width));
            lines
        }
        (View::Document, Some(change)) => text_lines(&document(item, change), width),
        (View::Call, Some(change)) => call(item, change, width),
    }
}

/// Several regions in one: what happens to all of them, or each after the other.
pub(super) fn of_regions(
    items: &[&Item],
    view: View,
    plan: &Plan,
    width: u16,
) -> Vec<Line<'static>> {
    if view != View::Words {
        let each = items.iter().flat_map(|item| {
            let name = Line::styled(clean(&item.target.short()), theme::TITLE);
            let lines = lines(item, view, plan, width);
            std::iter::once(name).chain(lines).chain([Line::default()])
        });
        return each.collect();
    }
    let mut lines = Vec::new();
    let of = |is: fn(&State) -> bool| {
        let regions = items.iter().filter(move |item| is(&item.state));
        let names = regions.filter_map(|item| match &item.target {
            Target::Tier { region } => Some(region.as_str()),
            Target::Role { .. }
            | Target::FullAccess { .. }
            | Target::Trust { .. }
            | Target::Policy { .. } => None,
        });
        names.collect::<Vec<_>>()
    };
    for (sign, what, regions) in [
        (
            (theme::TO_DO, theme::ACCENT),
            "Turn on the advanced-instances tier in",
            of(|state| matches!(state, State::Change(_))),
        ),
        (
            (theme::CHECK, theme::GOOD),
            "On already in",
            of(|state| matches!(state, State::InPlace(_))),
        ),
        (
            (theme::BLOCKED, theme::BAD),
            "Cannot be done in",
            of(|state| matches!(state, State::Blocked { .. })),
        ),
    ] {
        if !regions.is_empty() {
            let text = format!(
                "{what} {}: {}.",
                counted(regions.len(), "region"),
                regions.join(", ")
            );
            lines.extend(signed(sign, &text, width, theme::PLAIN));
        }
    }
    lines.push(Line::default());
    let why = items.first().map_or("", |item| item.target.why());
    let about = plan.about_all_nodes();
    for text in [Some(why), about.as_deref()].into_iter().flatten() {
        lines.extend(wrapped(&clean(text), width, "", theme::PLAIN));
        lines.push(Line::default());
    }
    lines.extend(wrapped("Space shows each of them.", width, "", theme::DIM));
    lines
}

fn in_words(item: &Item, plan: &Plan, width: u16) -> Vec<Line<'static>> {
    // Paragraphs, each followed by an empty line.
    let mut parts = Vec::new();
    let paragraph = |text: &str| wrapped(&clean(text), width, "", theme::PLAIN);
    match &item.state {
        State::Change(change) => {
            parts.push(wrapped(&clean(&change.sentence()), width, "", theme::TITLE));
            parts.push(paragraph(item.target.why()));
            parts.extend(item.target.with_options(&plan.choices).map(paragraph));
        }
        State::InPlace(found) => {
            parts.push(said(Severity::Good, &format!("In place. {found}"), width));
        }
        State::Blocked {
            reason,
            remedy,
            wanted,
            ..
        } => {
            parts.push(said(
                Severity::Warning,
                &format!("Blocked. {reason}"),
                width,
            ));
            parts.push(paragraph(remedy));
            if wanted.is_some() {
                parts.push(wrapped("d shows the document.", width, "", theme::DIM));
            }
        }
    }
    if let Target::Tier { region } = &item.target {
        parts.extend(plan.about_nodes(region).as_deref().map(paragraph));
    }
    for warning in &item.warnings {
        parts.push(said(Severity::Warning, warning, width));
    }
    if let Some(change) = item.change() {
        parts.push(diff::admitted(change, &plan.identity.account, width));
    }
    let size = item
        .target
        .role()
        .and_then(|role| plan.inline_sizes.iter().find(|size| size.role == role));
    if let (Some(size), Target::Policy { .. }) = (size, &item.target) {
        let text = format!(
            "Inline policies of this role: {} of {} characters now, {} after the plan.",
            size.now, size.quota, size.after
        );
        parts.push(wrapped(&text, width, "", theme::DIM));
    }
    parts.retain(|part| !part.is_empty());
    parts.join(&Line::default())
}

/// Everybody whom a trust policy lets in afterwards.
fn admitted(change: &Change, plan: &Plan, width: u16) -> Vec<Line<'static>> {
    let mut lines = diff::admitted(change, &plan.identity.account, width);
    if !lines.is_empty() {
        lines.push(Line::default());
    }
    lines
}

fn not_to_change(item: &Item, width: u16) -> Vec<Line<'static>> {
    let mut lines = wrapped(
        &clean(&format!("Nothing is written here. {}", item.summary())),
        width,
        "",
        theme::PLAIN,
    );
    if let State::Blocked {
        wanted: Some(document),
        remedy,
        ..
    } = &item.state
    {
        lines.extend(wrapped(&clean(remedy), width, "", theme::PLAIN));
        lines.push(Line::default());
        lines.extend(text_lines(&pretty(document), width));
    }
    lines
}

fn difference(item: &Item, change: &Change, width: u16) -> Vec<Line<'static>> {
    match &item.target {
        Target::Tier { .. } => {
            let value = |sign, color, text: Option<&str>| {
                let text = text.unwrap_or("not set").to_owned();
                Line::from(vec![Span::styled(sign, color), Span::raw(text)])
            };
            vec![
                value("- ", theme::BAD, change.before_text()),
                value("+ ", theme::GOOD, change.after_text()),
            ]
        }
        Target::FullAccess { .. } => {
            let sign = |sign, color, text: Option<&str>| {
                text.map(|text| {
                    let text = Span::raw(clean(text));
                    Line::from(vec![Span::styled(sign, color), text])
                })
            };
            let before = sign("- ", theme::BAD, change.before_text());
            let after = sign("+ ", theme::GOOD, change.after_text());
            before.into_iter().chain(after).collect()
        }
        Target::Role { .. } | Target::Trust { .. } | Target::Policy { .. } => {
            diff::lines(change.before_text(), change.after_text(), width)
        }
    }
}

fn document(item: &Item, change: &Change) -> String {
    let text = change.after_text().unwrap_or_default();
    match item.target {
        Target::Tier { .. } | Target::FullAccess { .. } => text.to_owned(),
        Target::Role { .. } | Target::Trust { .. } | Target::Policy { .. } => pretty(text),
    }
}

fn call(item: &Item, change: &Change, width: u16) -> Vec<Line<'static>> {
    let mut lines = text_lines(&change.api_call(), width);
    if !matches!(item.target, Target::Tier { .. } | Target::FullAccess { .. }) {
        lines.push(Line::default());
        lines.extend(text_lines(&document(item, change), width));
    }
    lines
}

fn text_lines(text: &str, width: u16) -> Vec<Line<'static>> {
    wrap(text, width, "  ").into_iter().map(Line::raw).collect()
}
