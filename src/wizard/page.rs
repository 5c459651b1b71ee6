//! The pages, and which of them is shown. A page says which keys work on it, answers an action with effects, and draws
//! itself; the pages on which something is chosen keep it while others are shown.

pub mod account;
pub mod confirm;
pub mod connect_from;
pub mod guide;
pub mod guide_end;
pub mod preview;
pub mod regions;
pub mod roles;
pub mod run;
mod simulator;
mod step;

use crossterm::event::KeyEvent;
use ratatui::Frame;
use ratatui::layout::Rect;

use super::effect::Effect;
use super::session::{Findings, Session};
use super::widget::keys::{Action, Binding};
use crate::model::{Choices, NewRole};
use crate::plan::Plan;
use crate::text::Severity;
use account::AccountPage;
use confirm::ConfirmPage;
use connect_from::ConnectFromPage;
use guide::GuidePage;
use guide_end::GuideEndPage;
use preview::PreviewPage;
use regions::RegionsPage;
use roles::{RolesPage, Side};
use run::RunPage;
pub use step::Step;

/// The pages on which something is chosen.
#[derive(Debug)]
pub struct Forms {
    pub account: AccountPage,
    pub connect_from: ConnectFromPage,
    pub sagemaker_roles: RolesPage,
    pub user_roles: RolesPage,
    pub regions: RegionsPage,
    pub preview: PreviewPage,
}

/// A page. Those that follow from a plan own what they show; the others are in [`Forms`].
#[derive(Debug)]
pub enum Page {
    Account,
    ConnectFrom,
    Roles(Side),
    Regions,
    Preview,
    Confirm(Box<ConfirmPage>),
    Guide(Box<GuidePage>),
    GuideEnd(Box<GuideEndPage>),
    Run(Box<RunPage>),
}

/// All pages, and the one that is shown.
#[derive(Debug)]
pub struct Pages {
    pub forms: Forms,
    pub shown: Page,
}

impl Default for Forms {
    fn default() -> Self {
        Self {
            account: AccountPage::default(),
            connect_from: ConnectFromPage::default(),
            sagemaker_roles: RolesPage::new(Side::SageMaker),
            user_roles: RolesPage::new(Side::User),
            regions: RegionsPage::default(),
            preview: PreviewPage::default(),
        }
    }
}

impl Forms {
    pub fn roles(&self, side: Side) -> &RolesPage {
        match side {
            Side::SageMaker => &self.sagemaker_roles,
            Side::User => &self.user_roles,
        }
    }

    fn roles_mut(&mut self, side: Side) -> &mut RolesPage {
        match side {
            Side::SageMaker => &mut self.sagemaker_roles,
            Side::User => &mut self.user_roles,
        }
    }

    /// Returns what is chosen so far.
    pub fn choices(&self, findings: &Findings) -> Choices {
        let names = |page: &RolesPage| page.picker.picked().map(str::to_owned).collect();
        let regions = findings.regions.iter().map(|region| region.code.clone());
        let connect_from = self.connect_from.choice;
        Choices {
            connect_from,
            sagemaker_roles: names(&self.sagemaker_roles),
            user_roles: if connect_from.uses_user_roles() {
                names(&self.user_roles)
            } else {
                Vec::new()
            },
            regions: regions
                .filter(|code| self.regions.picker.is_picked(code))
                .collect(),
            harden_trust: self.preview.harden_trust,
            shell_access: self.preview.shell_access,
            new_roles: self
                .new_roles()
                .filter(|new| self.is_picked(new))
                .cloned()
                .collect(),
        }
    }

    /// Chooses what was chosen before; roles of before are forgotten.
    pub fn choose(&mut self, choices: &Choices) {
        self.forget_roles();
        self.regions = RegionsPage::default();
        self.connect_from.choice = choices.connect_from;
        self.preview.harden_trust = choices.harden_trust;
        self.preview.shell_access = choices.shell_access;
        for name in &choices.sagemaker_roles {
            self.sagemaker_roles.picker.pick(name);
        }
        for name in &choices.user_roles {
            self.user_roles.picker.pick(name);
        }
        for code in &choices.regions {
            self.regions.picker.pick(code);
        }
        for new in &choices.new_roles {
            self.make(new, None);
        }
    }

    /// The roles that are to be made, whether they are picked or not.
    pub fn new_roles(&self) -> impl Iterator<Item = &NewRole> {
        let pages = [&self.sagemaker_roles, &self.user_roles];
        pages.into_iter().flat_map(RolesPage::new_roles)
    }

    fn is_picked(&self, new: &NewRole) -> bool {
        let side = Side::of(new);
        self.roles(side).picker.is_picked(&new.name)
    }

    /// Returns whether the role of this name is one to be made.
    pub fn makes(&self, name: &str) -> bool {
        self.new_roles().any(|new| new.name == name)
    }

    /// Picks a role that is to be made, in place of another one of its side where that is named. All have the same boundary.
    pub fn make(&mut self, new: &NewRole, before: Option<&str>) {
        let side = Side::of(new);
        self.roles_mut(side).set_new_role(new, before);
        for page in [&mut self.sagemaker_roles, &mut self.user_roles] {
            page.set_boundary(new.boundary.as_deref());
        }
    }

    /// Forgets the roles: they belong to an account, and regions do not.
    pub fn forget_roles(&mut self) {
        self.sagemaker_roles = RolesPage::new(Side::SageMaker);
        self.user_roles = RolesPage::new(Side::User);
    }

    /// Takes a role out of what is picked, on both sides.
    pub fn unpick_role(&mut self, name: &str) {
        self.sagemaker_roles.unpick(name);
        self.user_roles.unpick(name);
    }

    pub fn picked_roles(&self) -> Vec<String> {
        let sagemaker = self.sagemaker_roles.picker.picked();
        let picked = sagemaker.chain(self.user_roles.picker.picked());
        picked.map(str::to_owned).collect()
    }

    pub fn has_picks(&self) -> bool {
        let pickers = [
            &self.sagemaker_roles.picker,
            &self.user_roles.picker,
            &self.regions.picker,
        ];
        pickers.into_iter().any(|picker| picker.count() > 0)
    }
}

impl Page {
    /// The page of a step on which something is chosen; none for what a plan leads to.
    pub fn form(step: Step) -> Option<Self> {
        match step {
            Step::Account => Some(Self::Account),
            Step::ConnectFrom => Some(Self::ConnectFrom),
            Step::SageMakerRoles => Some(Self::Roles(Side::SageMaker)),
            Step::UserRoles => Some(Self::Roles(Side::User)),
            Step::Regions => Some(Self::Regions),
            Step::Preview => Some(Self::Preview),
            Step::Confirm | Step::Guide | Step::Apply => None,
        }
    }

    /// The step that it belongs to.
    pub fn step(&self) -> Step {
        match self {
            Self::Account => Step::Account,
            Self::ConnectFrom => Step::ConnectFrom,
            Self::Roles(Side::SageMaker) => Step::SageMakerRoles,
            Self::Roles(Side::User) => Step::UserRoles,
            Self::Regions => Step::Regions,
            Self::Preview => Step::Preview,
            Self::Confirm(_) => Step::Confirm,
            Self::Guide(_) | Self::GuideEnd(_) => Step::Guide,
            Self::Run(_) => Step::Apply,
        }
    }

    /// Its title: a run's and a guide's say how they ended.
    pub fn title(&self) -> &'static str {
        if let Self::GuideEnd(end) = self {
            end.title()
        } else if let Self::Run(run) = self {
            run.title()
        } else {
            self.step().title()
        }
    }

    /// Returns whether it has come to its end.
    pub fn has_ended(&self) -> bool {
        let is_over = |end: &GuideEndPage| end.verified().is_some();
        self.guide_end().is_some_and(is_over) || matches!(self, Self::Run(run) if !run.is_running())
    }

    /// How good the news is at its end; none before that.
    pub fn end(&self) -> Option<Severity> {
        let severity = match self {
            Self::GuideEnd(end) => end.headline().severity,
            Self::Run(run) => run.headline().severity,
            _ => return None,
        };
        self.has_ended().then_some(severity)
    }

    pub fn confirm_mut(&mut self) -> Option<&mut ConfirmPage> {
        let Self::Confirm(confirm) = self else {
            return None;
        };
        Some(confirm)
    }

    pub fn guide_end(&self) -> Option<&GuideEndPage> {
        let Self::GuideEnd(end) = self else {
            return None;
        };
        Some(end)
    }
}

impl Pages {
    /// The run that is shown, or that a question lies over.
    pub fn run(&self) -> Option<&RunPage> {
        let page = match &self.shown {
            Page::Confirm(confirm) => &confirm.under,
            shown => shown,
        };
        let Page::Run(run) = page else {
            return None;
        };
        Some(run)
    }

    pub fn run_mut(&mut self) -> Option<&mut RunPage> {
        let page = match &mut self.shown {
            Page::Confirm(confirm) => &mut confirm.under,
            shown => shown,
        };
        let Page::Run(run) = page else {
            return None;
        };
        Some(run)
    }

    pub fn guide(&self) -> Option<&GuidePage> {
        match &self.shown {
            Page::Guide(guide) => Some(guide),
            Page::GuideEnd(end) => Some(end.guide()),
            Page::Account
            | Page::ConnectFrom
            | Page::Roles(_)
            | Page::Regions
            | Page::Preview
            | Page::Confirm(_)
            | Page::Run(_) => None,
        }
    }

    /// The guide that is shown, or that the end of it lies over: what it asked for still arrives there.
    pub fn guide_mut(&mut self) -> Option<&mut GuidePage> {
        match &mut self.shown {
            Page::Guide(guide) => Some(guide),
            Page::GuideEnd(end) => Some(end.guide_mut()),
            Page::Account
            | Page::ConnectFrom
            | Page::Roles(_)
            | Page::Regions
            | Page::Preview
            | Page::Confirm(_)
            | Page::Run(_) => None,
        }
    }

    /// The plan of what was read last, at the end of a run or a guide.
    pub fn last_reading(&self) -> Option<&Plan> {
        if let Some(end) = self.shown.guide_end() {
            return Some(&end.verified()?.as_ref().ok()?.plan);
        }
        self.run()?.report.as_ref()?.verification.as_ref()
    }

    /// The roles in sight, those nearest to the cursor first.
    pub fn roles_in_sight(&self) -> Vec<String> {
        match self.shown {
            Page::Roles(side) => self.forms.roles(side).in_sight(),
            _ => Vec::new(),
        }
    }

    /// Returns whether letters are typed into a field.
    pub fn is_typing(&self) -> bool {
        match &self.shown {
            Page::Roles(side) => self.forms.roles(*side).is_typing(),
            Page::Regions => self.forms.regions.picker.is_filtering(),
            Page::Account
            | Page::ConnectFrom
            | Page::Preview
            | Page::Confirm(_)
            | Page::Guide(_)
            | Page::GuideEnd(_)
            | Page::Run(_) => false,
        }
    }

    /// Returns whether a key that was typed before the page was drawn must not count: it could confirm something, or
    /// end it.
    pub fn is_asking(&self) -> bool {
        match &self.shown {
            Page::Confirm(_) => true,
            Page::GuideEnd(end) => end.verified().is_some(),
            Page::Account
            | Page::ConnectFrom
            | Page::Roles(_)
            | Page::Regions
            | Page::Preview
            | Page::Guide(_)
            | Page::Run(_) => false,
        }
    }

    pub fn bindings(&self, session: &Session) -> Vec<Binding> {
        let forms = &self.forms;
        match &self.shown {
            Page::Account => AccountPage::bindings(session),
            Page::ConnectFrom => ConnectFromPage::bindings(),
            Page::Roles(side) => forms.roles(*side).bindings(session),
            Page::Regions => forms.regions.bindings(),
            Page::Preview => forms.preview.bindings(session),
            Page::Confirm(confirm) => confirm.bindings(),
            Page::Guide(guide) => guide.bindings(session),
            Page::GuideEnd(end) => end.bindings(),
            Page::Run(run) => run.bindings(),
        }
    }

    pub fn handle(&mut self, action: Action, session: &Session) -> Vec<Effect> {
        let forms = &mut self.forms;
        match &mut self.shown {
            Page::Account => forms.account.handle(action, session),
            Page::ConnectFrom => forms.connect_from.handle(action),
            Page::Roles(side) => forms.roles_mut(*side).handle(action, session),
            Page::Regions => forms.regions.handle(action, session),
            Page::Preview => forms.preview.handle(action, session),
            Page::Confirm(confirm) => confirm.handle(action),
            Page::Guide(guide) => guide.handle(action, session),
            Page::GuideEnd(end) => end.handle(action),
            Page::Run(run) => run.handle(action),
        }
    }

    /// A key while letters are typed.
    pub fn type_key(&mut self, key: KeyEvent, session: &Session) -> Vec<Effect> {
        if let Page::Roles(side) = self.shown {
            self.forms.roles_mut(side).type_key(key, session)
        } else if matches!(self.shown, Page::Regions) {
            self.forms.regions.type_key(key)
        } else {
            Vec::new()
        }
    }

    /// A pasted text: into the field that is open, or nowhere.
    pub fn paste(&mut self, text: &str) {
        if let Page::Roles(side) = self.shown {
            self.forms.roles_mut(side).paste(text);
        } else if self.is_typing() {
            self.forms.regions.picker.paste(text);
        }
    }

    /// Brings the list that is shown up to date.
    pub fn rebuild(&mut self, findings: &Findings) {
        if let Page::Roles(side) = self.shown {
            self.forms.roles_mut(side).rebuild(findings);
        } else if matches!(self.shown, Page::Regions) {
            self.forms.regions.rebuild(findings);
        }
    }

    pub fn draw(&mut self, frame: &mut Frame, area: Rect, session: &Session) {
        let forms = &mut self.forms;
        match &mut self.shown {
            Page::Account => forms.account.draw(frame, area, session),
            Page::ConnectFrom => forms.connect_from.draw(frame, area),
            Page::Roles(side) => forms.roles_mut(*side).draw(frame, area, session),
            Page::Regions => forms.regions.draw(frame, area, session),
            Page::Preview => forms.preview.draw(frame, area, session),
            Page::Confirm(confirm) => confirm.draw(frame, area, session.spinner),
            Page::Guide(guide) => guide.draw(frame, area, session),
            Page::GuideEnd(end) => end.draw(frame, area, session),
            Page::Run(run) => run.draw(frame, area, session),
        }
    }
}
