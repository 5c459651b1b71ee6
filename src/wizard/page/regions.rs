//! Choosing regions, with the instance tier found in each.

use std::sync::Arc;

use crossterm::event::{KeyCode, KeyEvent};
use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;

use crate::model::{Region, Tier, TierReading};
use crate::plan::not_accepted;
use crate::text::Severity;
use crate::wizard::effect::Effect;
use crate::wizard::session::{Findings, Session};
use crate::wizard::widget::keys::{Action, Binding, MOVES, hint};
use crate::wizard::widget::picker::{Entry, FILTERING, Picker};
use crate::wizard::widget::text::{clean, fitted, wrapped};
use crate::wizard::widget::theme;

/// What the admin has to know before saying yes (AWS Systems Manager pricing; SageMaker SSH Helper's figure of June
/// 2024).
const COST: &str = "The advanced tier costs about 0.007 US dollars per hour for each running hybrid node, and it counts \
                    for all hybrid nodes of this account in the region, not only SageMaker's.";

/// The step's own state.
#[derive(Debug, Default)]
pub struct RegionsPage {
    pub picker: Picker,
}

impl RegionsPage {
    pub fn bindings(&self) -> Vec<Binding> {
        if self.picker.is_filtering() {
            return FILTERING.to_vec();
        }
        let mut bindings = vec![
            hint(KeyCode::Char(' '), Action::Toggle, "pick"),
            hint(KeyCode::Enter, Action::Next, "go on"),
            hint(KeyCode::Esc, Action::Back, "back"),
            hint(KeyCode::Char('a'), Action::PickAll, "all"),
            hint(KeyCode::Char('i'), Action::Invert, "invert"),
            hint(KeyCode::Char('/'), Action::Filter, "filter"),
            hint(KeyCode::Char('r'), Action::Reload, "read again"),
        ];
        bindings.extend(MOVES);
        bindings
    }

    /// Brings the list up to date.
    pub fn rebuild(&mut self, findings: &Findings) {
        let home = findings
            .identity
            .ready()
            .map(|identity| identity.home_region.as_str());
        let entry = |region: &Region| {
            Arc::new(Entry {
                id: region.code.clone(),
                haystack: format!("{} {} {}", region.code, region.name, region.geography)
                    .to_lowercase(),
                group: region.geography.clone(),
                is_default_cursor: Some(region.code.as_str()) == home,
            })
        };
        self.picker
            .set_entries(findings.regions.iter().map(entry).collect());
    }

    pub fn handle(&mut self, action: Action, session: &Session) -> Vec<Effect> {
        match action {
            Action::Next if session.choices.regions.is_empty() => {
                let text = "Space picks a region; one at least.";
                vec![Effect::say(Severity::Warning, text)]
            }
            Action::Next => vec![Effect::Next],
            Action::Back if self.close() => Vec::new(),
            Action::Back => vec![Effect::Back],
            Action::Reload => vec![Effect::ReadTiers],
            other => {
                self.picker.act(other);
                Vec::new()
            }
        }
    }

    pub fn type_key(&mut self, key: KeyEvent) -> Vec<Effect> {
        self.picker.type_filter(key);
        Vec::new()
    }

    /// Closes what is open; whether anything was.
    fn close(&mut self) -> bool {
        let open = self.picker.has_filter();
        self.picker.clear_filter();
        open
    }

    /// Returns why the region under the cursor cannot be set up, or else what the tier costs.
    fn note(&self, findings: &Findings, width: u16) -> Vec<Line<'static>> {
        let current = self
            .picker
            .current()
            .and_then(|entry| findings.tiers.get(&entry.id));
        match current {
            Some(TierReading::Denied(why) | TierReading::Failed(why)) => {
                wrapped(&clean(why), width, "", theme::WARN)
            }
            Some(TierReading::NotAccepted) => {
                let (reason, _) = not_accepted(findings.quotas);
                wrapped(reason, width, "", theme::WARN)
            }
            Some(TierReading::Known { .. }) | None => {
                let mut lines = wrapped(COST, width, "", theme::DIM);
                let here = self.picker.current().map(|entry| entry.id.clone());
                let nodes = here.and_then(|code| Some((findings.nodes.get(&code)?, code)));
                if let Some((nodes, code)) = nodes {
                    let text = match nodes {
                        Ok(count) if count.online > 0 => format!(
                            "{code} has {}: about {} US dollars a month on that tier.",
                            count.text(),
                            count.dollars_a_month()
                        ),
                        Ok(count) => format!("{code} has {}.", count.text()),
                        Err(why) => format!("How many {code} has is not known. {why}"),
                    };
                    lines.extend(wrapped(&clean(&text), width, "", theme::PLAIN));
                }
                lines
            }
        }
    }

    pub fn draw(&mut self, frame: &mut Frame, area: Rect, session: &Session) {
        let (findings, spinner) = (&session.findings, session.spinner);
        let cost = self.note(findings, area.width);
        let cost_height = if area.height >= 12 {
            u16::try_from(cost.len()).unwrap_or(0) + 1
        } else {
            0
        };
        let [question, head, list, note] = Layout::vertical([
            Constraint::Length(1),
            Constraint::Length(1),
            Constraint::Fill(1),
            Constraint::Length(cost_height),
        ])
        .areas(area);
        frame.render_widget(Line::raw("In which regions will people connect?"), question);
        let mut line = self.picker.head("region");
        if findings.tiers.len() < findings.regions.len() {
            let count = findings.regions.len() - findings.tiers.len();
            line.push_span(Span::styled(
                format!(" · {count} still being read {spinner}"),
                theme::DIM,
            ));
        }
        frame.render_widget(line, head);
        if self.picker.is_empty() {
            let text = if findings.identity.ready().is_some() {
                "No regions are known for this partition.".to_owned()
            } else {
                format!("{spinner} Looking up the regions.")
            };
            frame.render_widget(
                Paragraph::new(wrapped(&text, list.width, "", theme::WARN)),
                list,
            );
        } else if self.picker.shows_nothing() {
            frame.render_widget(
                Line::styled("Nothing matches the filter. Esc clears it.", theme::WARN),
                list,
            );
        }
        self.picker.draw(frame, list, true, |entry, width| {
            row(&entry.id, width, findings, spinner)
        });
        let [_, note] = Layout::vertical([
            Constraint::Length(u16::from(cost_height > 0)),
            Constraint::Fill(1),
        ])
        .areas(note);
        frame.render_widget(Paragraph::new(cost), note);
    }
}

fn row(code: &str, width: usize, findings: &Findings, spinner: &str) -> Line<'static> {
    let Some(region) = findings.regions.iter().find(|region| region.code == code) else {
        return Line::raw(code.to_owned());
    };
    let home = findings
        .identity
        .ready()
        .is_some_and(|identity| identity.region_configured && identity.home_region == code);
    let has_version_1_tokens = findings.quotas.has_version_1_tokens;
    let reading = findings.tiers.get(code);
    let (verdict, style) = verdict(reading, has_version_1_tokens, spinner);
    let style_of_name = if style == theme::DIM {
        theme::DIM
    } else {
        theme::PLAIN
    };
    let name = if home {
        format!("{} (yours)", name(region))
    } else {
        name(region)
    };
    let code = fitted(code, 15.min(width));
    let name_width = width.saturating_sub(15 + 22).min(34);
    Line::from(vec![
        Span::styled(code, style_of_name),
        Span::styled(fitted(&name, name_width), style_of_name),
        Span::styled(format!(" {}", clean(&verdict)), style),
    ])
}

fn name(region: &Region) -> String {
    if region.name == region.code {
        String::new()
    } else {
        region.name.clone()
    }
}

fn verdict(
    reading: Option<&TierReading>,
    has_version_1_tokens: bool,
    spinner: &str,
) -> (String, Style) {
    match reading {
        None => (spinner.to_owned(), theme::PLAIN),
        Some(TierReading::Known {
            tier: Tier::Advanced,
            ..
        }) => (format!("{} advanced, in place", theme::CHECK), theme::GOOD),
        Some(TierReading::Known { tier, .. }) => {
            (format!("{} {tier}", theme::TO_DO), theme::ACCENT)
        }
        Some(TierReading::NotAccepted) => {
            let why = if has_version_1_tokens {
                "not accepted"
            } else {
                "not enabled"
            };
            (format!("{} {why}", theme::BLOCKED), theme::DIM)
        }
        Some(TierReading::Denied(_)) => (format!("{} denied", theme::BLOCKED), theme::WARN),
        Some(TierReading::Failed(_)) => (format!("{} not read", theme::CROSS), theme::BAD),
    }
}
