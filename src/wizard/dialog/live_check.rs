//! The live check over Done: what it would do and whether to, what it is doing, and what it came to.

use crossterm::event::KeyCode;
use ratatui::Frame;
use ratatui::layout::{Constraint, Layout};
use ratatui::text::Line;
use ratatui::widgets::Paragraph;
use tokio_util::sync::CancellationToken;

use super::close;
use crate::plan::Plan;
use crate::text::counted;
use crate::verify::live::{self, Live};
use crate::wizard::effect::Effect;
use crate::wizard::report;
use crate::wizard::widget::frame::window;
use crate::wizard::widget::keys::{Action, Binding, MOVES, hint, quiet};
use crate::wizard::widget::scroll::Scroll;
use crate::wizard::widget::text::{clean, wrapped};
use crate::wizard::widget::theme;

/// A live check, from the question to its end.
#[derive(Debug)]
pub struct LiveCheck {
    pub plan: Plan,
    pub region: String,
    phase: CheckPhase,
    scroll: Scroll,
}

#[derive(Debug)]
enum CheckPhase {
    Asking,
    Running {
        said: Vec<String>,
        cancel: CancellationToken,
    },
    Ended(Live),
}

impl LiveCheck {
    pub fn new(plan: Plan) -> Self {
        Self {
            region: plan.home_or_first_region().to_owned(),
            plan,
            phase: CheckPhase::Asking,
            scroll: Scroll::default(),
        }
    }

    /// Begins it; cancelling the token ends it early.
    pub fn begin(&mut self) -> CancellationToken {
        let cancel = CancellationToken::new();
        self.phase = CheckPhase::Running {
            said: Vec::new(),
            cancel: cancel.clone(),
        };
        cancel
    }

    pub fn is_asking(&self) -> bool {
        matches!(self.phase, CheckPhase::Asking)
    }

    pub fn is_running(&self) -> bool {
        matches!(self.phase, CheckPhase::Running { .. })
    }

    /// Makes nothing more; what was made is still deleted.
    pub fn stop(&mut self) {
        if let CheckPhase::Running { cancel, .. } = &self.phase {
            cancel.cancel();
        }
    }

    pub fn on_said(&mut self, text: String) {
        if let CheckPhase::Running { said, .. } = &mut self.phase {
            said.push(text);
            self.scroll.to_bottom();
        }
    }

    pub fn on_end(&mut self, live: Live) {
        self.phase = CheckPhase::Ended(live);
        self.scroll.to_top();
    }

    pub fn bindings(&self) -> Vec<Binding> {
        let mut bindings = Vec::new();
        match &self.phase {
            CheckPhase::Asking => {
                let create = hint(KeyCode::Char('c'), Action::Next, "create and delete it");
                bindings.push(create);
                bindings.extend(close("leave it"));
            }
            CheckPhase::Running { .. } => bindings.extend(close("stop")),
            CheckPhase::Ended(_) => {
                bindings.extend(close("close"));
                bindings.push(quiet(KeyCode::Enter, Action::Back, "close"));
            }
        }
        bindings.extend(MOVES);
        bindings
    }

    pub fn handle(&mut self, action: Action) -> Vec<Effect> {
        match (&self.phase, action) {
            (CheckPhase::Asking, Action::Next) => vec![Effect::TryLive],
            (CheckPhase::Running { .. }, Action::Back) => {
                self.stop();
                Vec::new()
            }
            (CheckPhase::Asking | CheckPhase::Ended(_), Action::Back) => vec![Effect::CloseDialog],
            (_, action) => {
                self.scroll.act(action);
                Vec::new()
            }
        }
    }

    pub fn draw(&mut self, frame: &mut Frame, spinner: &str) {
        // Two columns of border, one for the bar.
        let width = frame.area().width.min(76).saturating_sub(3);
        // What is asked for stays in sight: a yes counts wherever the rest is scrolled to.
        let mut asked = Vec::new();
        let lines = match &self.phase {
            CheckPhase::Asking => {
                asked = self.asked(width);
                self.question(width)
            }
            CheckPhase::Running { said, cancel } => running(said, cancel, spinner, width),
            CheckPhase::Ended(live) => {
                let mut lines = report::live(live, width);
                lines.push(Line::default());
                lines.push(Line::styled("Esc closes this.", theme::DIM));
                lines
            }
        };
        let height = u16::try_from(asked.len() + lines.len() + 2).unwrap_or(u16::MAX);
        let height = height.min(frame.area().height.saturating_sub(2));
        let place = window(frame, 76, height, "Try it for real");
        let heading = Constraint::Length(u16::try_from(asked.len()).unwrap_or(u16::MAX));
        let [heading, rest] = Layout::vertical([heading, Constraint::Fill(1)]).areas(place);
        frame.render_widget(Paragraph::new(asked), heading);
        self.scroll.draw(frame, rest, lines);
    }

    fn asked(&self, width: u16) -> Vec<Line<'static>> {
        let count = live::roles(&self.plan).len();
        let text = format!(
            "This creates {} in {} and deletes {} at once:",
            counted(count, "activation"),
            self.region,
            if count == 1 { "it" } else { "them" },
        );
        wrapped(&clean(&text), width, "", theme::TITLE)
    }

    /// Returns what belongs to what is asked, and may be scrolled.
    fn question(&self, width: u16) -> Vec<Line<'static>> {
        let say = |text: &str, style| wrapped(&clean(text), width, "", style);
        let mut lines = Vec::new();
        for role in live::roles(&self.plan) {
            lines.extend(say(&format!("  with the role {role}"), theme::PLAIN));
        }
        lines.push(Line::default());
        lines.extend(say(
            "It is what a SageMaker container does first, and proves what no simulator can: that Systems Manager takes the \
             role. Each allows one node, expires within the hour, and its code is kept nowhere. Nothing stays, and nothing \
             is charged. What another such check has left in the chosen regions is removed, too.",
            theme::PLAIN,
        ));
        lines.push(Line::default());
        lines.extend(say(
            "You need ssm:CreateActivation, DescribeActivations, DeleteActivation and AddTagsToResource, and iam:PassRole \
             on the role. IAM may need a minute to spread what was changed; that is waited for.",
            theme::DIM,
        ));
        lines.push(Line::default());
        lines.extend(say("c    create and delete it", theme::PLAIN));
        lines.extend(say("Esc  leave it", theme::PLAIN));
        lines
    }
}

fn running(
    said: &[String],
    cancel: &CancellationToken,
    spinner: &str,
    width: u16,
) -> Vec<Line<'static>> {
    let mut lines: Vec<Line> = said
        .iter()
        .flat_map(|text| wrapped(&clean(text), width, "  ", theme::PLAIN))
        .collect();
    lines.push(Line::default());
    let text = if cancel.is_cancelled() {
        "Stopping: what was made is deleted first."
    } else {
        "Esc stops it; what was made is deleted first."
    };
    lines.push(Line::styled(format!("{spinner} {text}"), theme::DIM));
    lines
}
