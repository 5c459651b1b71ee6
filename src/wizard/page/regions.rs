//! Choosing regions, with the instance tier found in each.

use std::sync::Arc;

use crossterm::event::{KeyCode, KeyEvent};
use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;

use crate::model::{Region, Tier, TierReading};
use crate::plan::not_accepted;
use crate::text::{Severity, counted};
use crate::wizard::effect::Effect;
use crate::wizard::session::{Findings, Load, Session};
use crate::wizard::widget::keys::{Action, Binding, MOVES, hint};
use crate::wizard::widget::picker::{Entry, FILTERING, Picker, filter_bindings};
use crate::wizard::widget::text::{clean, fitted, said, wrapped};
use crate::wizard::widget::theme::{self, Sign};

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
        ];
        bindings.extend(filter_bindings(&self.picker, false));
        bindings.extend([
            hint(KeyCode::Char('a'), Action::PickAll, "all"),
            hint(KeyCode::Char('i'), Action::Invert, "invert"),
            hint(KeyCode::Char('r'), Action::Reload, "read again"),
        ]);
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
            Action::PickAll => {
                self.picker.act(action);
                vec![self.say_how_many(&session.findings)]
            }
            other => {
                self.picker.act(other);
                Vec::new()
            }
        }
    }

    /// Returns how many are picked now, and in how many of them nothing can be changed.
    fn say_how_many(&self, findings: &Findings) -> Effect {
        let count = self.picker.count();
        let is_refused = |code: &&str| {
            let reading = findings.tiers.get(*code);
            matches!(
                reading,
                Some(TierReading::NotAccepted | TierReading::Denied(_))
            )
        };
        let refused = self.picker.picked().filter(is_refused).count();
        let text = match (count, refused) {
            (0, _) => "Nothing is picked any more.".to_owned(),
            (_, 0) => format!("{} picked.", counted(count, "region")),
            (_, refused) => format!(
                "{} picked; in {refused} of them nothing can be changed here.",
                counted(count, "region")
            ),
        };
        Effect::say(Severity::Info, text)
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
                said(Severity::Warning, why, width)
            }
            Some(TierReading::NotAccepted) => {
                let (reason, _) = not_accepted(findings.quotas);
                said(Severity::Warning, reason, width)
            }
            Some(TierReading::Known { .. }) | None => {
                let mut lines = wrapped(COST, width, "", theme::PLAIN);
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
        let unread = findings.regions.len().saturating_sub(findings.tiers.len());
        let more = match unread {
            0 => String::new(),
            count => format!(" · {count} still being read {spinner}"),
        };
        self.picker.draw_head(frame, head, "region", &more);
        if self.picker.is_empty() {
            let text = if findings.identity.ready().is_some() {
                "No regions are known for this partition.".to_owned()
            } else {
                format!("Looking up the regions. {spinner}")
            };
            frame.render_widget(
                Paragraph::new(wrapped(&text, list.width, "", theme::PLAIN)),
                list,
            );
        } else if self.picker.shows_nothing() {
            frame.render_widget(
                Line::raw("Nothing matches the filter. Esc clears it."),
                list,
            );
        }
        self.picker.draw(frame, list, true, |entry, width| {
            row(&entry.id, width, session)
        });
        let [_, note] = Layout::vertical([
            Constraint::Length(u16::from(cost_height > 0)),
            Constraint::Fill(1),
        ])
        .areas(note);
        frame.render_widget(Paragraph::new(cost), note);
    }
}

/// Where the words of the tier stand: behind the longest code, and the longest name with a mark where there is room.
const CODE_WIDTH: usize = 15;
const VERDICT_WIDTH: usize = 21;
const LONGEST_NAME: usize = 44;

fn row(code: &str, width: usize, session: &Session) -> Line<'static> {
    let findings = &session.findings;
    let Some(region) = findings.regions.iter().find(|region| region.code == code) else {
        return Line::raw(code.to_owned());
    };
    let has_version_1_tokens = findings.quotas.has_version_1_tokens;
    let reading = findings.tiers.get(code);
    let ((sign, color), word) = verdict(reading, has_version_1_tokens, session.spinner);
    let is_refused = matches!(reading, Some(TierReading::NotAccepted));
    let style = if is_refused { theme::DIM } else { theme::PLAIN };
    let mark = marks(code, session).join(", ");
    let name = match (name(region), mark.as_str()) {
        (name, "") => name,
        (name, mark) => format!("{name} ({mark})"),
    };
    let code = fitted(code, CODE_WIDTH.min(width));
    let name_width = width
        .saturating_sub(CODE_WIDTH + VERDICT_WIDTH)
        .min(LONGEST_NAME);
    Line::from(vec![
        Span::styled(code, style),
        Span::styled(fitted(&name, name_width), style),
        Span::styled(format!(" {sign} "), color),
        Span::styled(word, style),
    ])
}

/// Returns what suggests a region: it is the caller's, or a chosen role was last used there.
fn marks(code: &str, session: &Session) -> Vec<&'static str> {
    let findings = &session.findings;
    let is_home = findings
        .identity
        .ready()
        .is_some_and(|identity| identity.region_configured && identity.home_region == code);
    let was_used = session.choices.roles().any(|role| {
        let reading = findings.readings.get(role).and_then(Load::ready);
        let used = reading.and_then(|reading| reading.last_used.as_ref());
        used.is_some_and(|used| used.region == code)
    });
    let marks = [(is_home, "yours"), (was_used, "last used")];
    marks
        .into_iter()
        .filter_map(|(is, mark)| is.then_some(mark))
        .collect()
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
    spinner: &'static str,
) -> (Sign, String) {
    let (sign, word) = match reading {
        None => ((spinner, theme::PLAIN), "reading"),
        Some(TierReading::Known {
            tier: Tier::Advanced,
            ..
        }) => ((theme::CHECK, theme::GOOD), "advanced, in place"),
        Some(TierReading::Known { tier, .. }) => {
            return ((theme::TO_DO, theme::ACCENT), tier.to_string());
        }
        Some(TierReading::NotAccepted) if has_version_1_tokens => {
            ((theme::BLOCKED, theme::WARN), "not accepted")
        }
        Some(TierReading::NotAccepted) => ((theme::BLOCKED, theme::WARN), "not enabled"),
        Some(TierReading::Denied(_)) => ((theme::BLOCKED, theme::WARN), "denied"),
        Some(TierReading::Failed(_)) => ((theme::CROSS, theme::BAD), "not read"),
    };
    (sign, word.to_owned())
}
