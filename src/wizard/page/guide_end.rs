//! The end of a guide: everything is read once more, and what came of it is shown. Nothing is written.

use crossterm::event::KeyCode;
use ratatui::Frame;
use ratatui::layout::Rect;

use super::guide::{CheckReason, GuidePage};
use super::run::layout::{self, Summary};
use super::simulator::Simulator;
use super::step::Step;
use crate::guide::verify::Verified;
use crate::messages::Message;
use crate::messages::guide as messages;
use crate::plan::readiness::Readiness;
use crate::plan::{Item, Plan, State};
use crate::text::Severity;
use crate::verify::CheckResult;
use crate::verify::proof::Proof;
use crate::wizard::effect::Effect;
use crate::wizard::report;
use crate::wizard::session::Session;
use crate::wizard::widget::access_path::{Progress, Station};
use crate::wizard::widget::frame::framed;
use crate::wizard::widget::keys::{Action, Binding, MOVES, hint, quiet};
use crate::wizard::widget::scroll::Scroll;

/// The page's own state.
#[derive(Debug)]
pub struct GuideEndPage {
    /// The plan that the guide led through.
    planned: Plan,
    /// The guide, to go back to.
    guide: GuidePage,
    /// None while everything is being read.
    verified: Option<Verified>,
    simulator: Simulator,
    scroll: Scroll,
}

impl GuideEndPage {
    pub fn new(planned: Plan, guide: GuidePage) -> Self {
        Self {
            planned,
            guide,
            verified: None,
            simulator: Simulator::default(),
            scroll: Scroll::default(),
        }
    }

    pub fn planned(&self) -> &Plan {
        &self.planned
    }

    pub fn verified(&self) -> Option<&Verified> {
        self.verified.as_ref()
    }

    pub fn guide(&self) -> &GuidePage {
        &self.guide
    }

    pub fn guide_mut(&mut self) -> &mut GuidePage {
        &mut self.guide
    }

    /// Back into the guide, which looks again at once.
    pub fn into_guide(self) -> GuidePage {
        let mut guide = self.guide;
        guide.ask(CheckReason::Navigation);
        guide
    }

    /// Everything was read; the simulator is asked now.
    pub fn on_verified(&mut self, verified: Verified) {
        if verified.is_ok() {
            self.simulator = Simulator::Asked;
        }
        self.verified = Some(verified);
    }

    pub fn on_proof(&mut self, proof: Proof) {
        if let Some(Ok(result)) = &mut self.verified {
            result.prove(&proof);
        }
        self.simulator = Simulator::Answered(proof);
    }

    fn readiness(&self) -> Option<&Readiness> {
        self.verified.as_ref()?.as_ref().ok()?.readiness.as_ref()
    }

    fn awaits_proof(&self) -> bool {
        self.simulator.is_awaited(self.readiness())
    }

    pub fn title(&self) -> &'static str {
        let is_complete = matches!(&self.verified, Some(Ok(result)) if result.is_complete());
        if is_complete && !self.awaits_proof() {
            self.readiness().map_or("Done", Readiness::title)
        } else {
            Step::Guide.title()
        }
    }

    /// The sheet for those who connect, where there is anybody who can.
    fn sheet(&self) -> Option<String> {
        let result = self.verified.as_ref()?.as_ref().ok()?;
        report::sheet(&result.plan, result.readiness.as_ref()?)
    }

    pub fn bindings(&self) -> Vec<Binding> {
        let mut bindings = vec![hint(KeyCode::Esc, Action::Back, "back to the guide")];
        if let Some(verified) = &self.verified {
            bindings.push(hint(KeyCode::Enter, Action::Quit, "finish"));
            bindings.push(hint(KeyCode::Char('q'), Action::Quit, "finish"));
            if verified.is_err() {
                bindings.push(hint(KeyCode::Char('r'), Action::Reload, "read again"));
            }
            bindings.push(hint(KeyCode::Char('n'), Action::Nodes, "hybrid nodes"));
            if self.sheet().is_some() {
                bindings.push(hint(KeyCode::Char('w'), Action::WriteText, "sheet"));
                bindings.push(quiet(KeyCode::Char('c'), Action::Copy, "copy the sheet"));
            }
        }
        bindings.extend(MOVES);
        bindings
    }

    pub fn handle(&mut self, action: Action) -> Vec<Effect> {
        match action {
            Action::Back => vec![Effect::Back],
            Action::Reload => vec![Effect::VerifyGuide],
            Action::Nodes => vec![Effect::LookForNodes(Box::new(self.shown_plan().clone()))],
            Action::Copy => self.sheet().map(Effect::copy).into_iter().collect(),
            Action::WriteText => {
                let account = self.planned.identity.account.clone();
                let write = |text| Effect::WriteSheet { account, text };
                self.sheet().map(write).into_iter().collect()
            }
            other => {
                self.scroll.act(other);
                Vec::new()
            }
        }
    }

    /// The plan of the last reading, or the one that the guide led through.
    fn shown_plan(&self) -> &Plan {
        match &self.verified {
            Some(Ok(result)) => &result.plan,
            Some(Err(_)) | None => &self.planned,
        }
    }

    fn progress(&self, station: Station) -> Progress {
        let mut progress = Progress::default();
        let plan = self.shown_plan();
        let of_station = |item: &&Item| Station::of(&item.target, &plan.choices) == station;
        for item in plan.items.iter().filter(of_station) {
            progress.total += 1;
            match item.state {
                State::InPlace(_) => progress.ready += 1,
                State::Blocked { .. } => progress.blocked += 1,
                State::Change(_) => {}
            }
        }
        progress
    }

    pub fn headline(&self) -> Message {
        match &self.verified {
            None => Message::new(Severity::Info, "Reading everything once more."),
            Some(verified) if self.awaits_proof() => {
                let found = messages::what_was_found(verified).text;
                Message::new(
                    Severity::Info,
                    format!("{found} Asking AWS who can connect."),
                )
            }
            Some(verified) => messages::headline(verified),
        }
    }

    pub fn draw(&mut self, frame: &mut Frame, area: Rect, session: &Session) {
        let summary = Summary {
            headline: self.headline(),
            is_waiting: self.verified.is_none() || self.awaits_proof(),
            connect_from: Some(self.planned.choices.connect_from),
            may_be_green: !self.awaits_proof() && layout::somebody_can(self.readiness()),
            rows: 0,
        };
        let progress = |station| self.progress(station);
        let (_, rest) = layout::draw_head(frame, area, &summary, session.spinner, progress);
        let inner = framed(frame, rest, "What now");
        let width = inner.width.saturating_sub(1);
        let lines = match &self.verified {
            None => Vec::new(),
            Some(verified) => {
                let open = report::after_a_guide(verified, width);
                // What does not work comes before what people would type.
                let is_complete = matches!(verified, Ok(result) if result.is_done_by_hand());
                let is_serious = self
                    .simulator
                    .assertions()
                    .iter()
                    .any(CheckResult::is_serious);
                let proof = report::proof(self.simulator.assertions(), width);
                layout::in_order(open, proof, is_complete && is_serious)
            }
        };
        self.scroll.draw(frame, inner, lines);
        if self.scroll.offset() > 0 {
            self.scroll.set_cursor_on_top(frame, inner);
        }
    }
}
