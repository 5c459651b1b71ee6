//! The guide through the console: one screen a step, with what a reading of the account says of it.

mod view;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Duration;

use crossterm::event::KeyCode;
use tokio::time::Instant;

use crate::guide::{self, Guide, Instructions, StepStatus, Subject};
use crate::messages::Message;
use crate::model::Survey;
use crate::plan::{Item, Obstacle, Plan, Target};
use crate::text::Severity;
use crate::wizard::dialog::Dialog;
use crate::wizard::effect::Effect;
use crate::wizard::session::{GuideContext, Session};
use crate::wizard::widget::keys::{Action, Binding, MOVES, hint, quiet};
use crate::wizard::widget::scroll::Scroll;

/// Between two checks: often enough to feel attended to, seldom enough for an API whose limits are not published.
const PAUSE: Duration = Duration::from_secs(5);
/// After a check that failed.
const LONG_PAUSE: Duration = Duration::from_secs(10);

/// Why the step that is shown is checked now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CheckReason {
    /// Somebody came to it.
    Navigation,
    /// Somebody wants to hear how it stands.
    UserRequest,
    /// Its text is wanted, and has to be made from what is there now.
    BeforeHandover(Target, Handover),
}

/// How a text is handed over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Handover {
    Copy,
    Write,
}

/// The step's own state.
#[derive(Debug)]
pub struct GuidePage {
    pub guide: Guide,
    /// How each step stands, in their order.
    statuses: Vec<StepStatus>,
    /// None until everything was read once: the first step that is not done.
    current: Option<Target>,
    /// Whether the account is checked again and again.
    auto: bool,
    /// What is being read.
    checking: BTreeSet<Subject>,
    /// Why this step is to be checked as soon as possible.
    asked: Option<CheckReason>,
    /// The same, while it is being checked.
    awaited: Option<CheckReason>,
    /// Where texts were written.
    pub written: BTreeMap<Target, String>,
    /// What is checked next beside the current step.
    turn: VecDeque<Subject>,
    /// Why the last check failed, although an earlier one had not.
    trouble: BTreeMap<Subject, String>,
    next_check: Option<Instant>,
    /// What is kept of an earlier guide has been looked for.
    pub is_loaded: bool,
    /// When the last check of each subject ended.
    checked: BTreeMap<Subject, Instant>,
    scroll: Scroll,
}

impl GuidePage {
    /// `guide` is what an earlier visit remembers.
    pub fn new(plan: &Plan, survey: &Survey, guide: Guide) -> Self {
        let is_read = |item: &Item| guide.status(item, survey) != StepStatus::Reading;
        let now = Instant::now();
        // What is being read for the first time is not asked for twice.
        let next_check = if plan.items.iter().all(is_read) {
            now
        } else {
            now + PAUSE
        };
        let mut turn = VecDeque::new();
        for item in guide::steps(plan) {
            let subject = Subject::of(&item.target);
            if !turn.contains(&subject) {
                turn.push_back(subject);
            }
        }
        Self {
            guide,
            statuses: Vec::new(),
            current: None,
            auto: true,
            checking: BTreeSet::new(),
            asked: None,
            awaited: None,
            written: BTreeMap::new(),
            turn,
            trouble: BTreeMap::new(),
            next_check: Some(next_check),
            is_loaded: false,
            checked: BTreeMap::new(),
            scroll: Scroll::default(),
        }
    }

    /// Takes what was read in. The first time that everything is there, the guide stays where it is.
    pub fn observe(&mut self, context: &GuideContext) {
        self.guide.observe(context.plan, context.survey);
        let steps = guide::steps(context.plan).into_iter();
        let statuses = steps.map(|item| self.guide.status(item, context.survey));
        self.statuses = statuses.collect();
        if self.current.is_none() && !self.statuses.contains(&StepStatus::Reading) {
            self.current = self.item(context).map(|item| item.target.clone());
        }
    }

    fn position(&self, steps: &[&Item]) -> usize {
        let current = self.current.as_ref();
        let kept = current.and_then(|target| steps.iter().position(|item| item.target == *target));
        let to_do = || {
            let mut statuses = self.statuses.iter();
            statuses.position(|status| !status.is_done())
        };
        kept.or_else(to_do).unwrap_or(0)
    }

    /// The item of the step that is shown.
    fn item<'a>(&self, context: &GuideContext<'a>) -> Option<&'a Item> {
        let steps = guide::steps(context.plan);
        steps.get(self.position(&steps)).copied()
    }

    fn instructions(&self, context: &GuideContext) -> Option<Instructions> {
        let item = self.item(context)?;
        let role = item.target.role().and_then(|name| context.roles.get(name));
        let arn = role.map(|role| role.summary.arn.as_str());
        Some(self.guide.page(item, context.plan, context.survey, arn))
    }

    fn is_last(&self, context: &GuideContext) -> bool {
        let steps = guide::steps(context.plan);
        self.position(&steps) + 1 >= steps.len()
    }

    /// Goes to the step before or after; false where there is none.
    fn turn_page(&mut self, on: bool, context: &GuideContext) -> bool {
        let steps = guide::steps(context.plan);
        let here = self.position(&steps);
        let there = if on {
            here.checked_add(1)
        } else {
            here.checked_sub(1)
        };
        let Some(item) = there.and_then(|there| steps.get(there)) else {
            return false;
        };
        self.current = Some(item.target.clone());
        self.scroll.to_top();
        if self.auto {
            self.ask(CheckReason::Navigation);
        }
        true
    }

    /// Returns when the account is checked again: at once where somebody asked, unless just that is under way; else
    /// when it is time and nothing is under way.
    pub fn next_check(&self, context: &GuideContext) -> Option<Instant> {
        let current = self.subject(context);
        let is_under_way = current.is_some_and(|subject| self.checking.contains(&subject));
        if self.asked.is_some() && !is_under_way {
            return Some(Instant::now());
        }
        self.next_check.filter(|_| self.checking.is_empty())
    }

    /// The subjects to check now: that of this step, and, where nobody asked, in turn another one.
    pub fn begin_check(&mut self, context: &GuideContext) -> Vec<Subject> {
        let mut subjects: Vec<Subject> = self.subject(context).into_iter().collect();
        if let Some(asked) = self.asked.take() {
            self.awaited = Some(asked);
        } else {
            self.next_check = None;
            self.turn.rotate_left(1.min(self.turn.len()));
            let in_turn = self.turn.iter().find(|other| !subjects.contains(other));
            subjects.extend(in_turn.cloned());
            subjects.extend(self.likely_elsewhere(context));
        }
        self.checking.extend(subjects.iter().cloned());
        subjects
    }

    /// The region that the console most likely shows where the tier does not come on in the one that it has to be.
    fn likely_elsewhere(&self, context: &GuideContext) -> Option<Subject> {
        let item = self.item(context)?;
        let Target::Tier { region } = &item.target else {
            return None;
        };
        item.change()?;
        let home = &context.plan.identity.home_region;
        let likely = [home.as_str(), "us-east-1"].into_iter();
        let mut likely = likely.filter(|other| other != region);
        let other = likely.find(|other| context.survey.tiers.contains_key(*other))?;
        Some(Subject::Region(other.to_owned()))
    }

    /// A check has ended; `trouble` says why it told nothing new. Gives what it was asked for.
    pub fn end_check(
        &mut self,
        subject: &Subject,
        trouble: Option<String>,
        context: &GuideContext,
    ) -> Option<CheckReason> {
        self.checking.remove(subject);
        self.checked.insert(subject.clone(), Instant::now());
        match trouble {
            Some(why) => self.trouble.insert(subject.clone(), why),
            None => self.trouble.remove(subject),
        };
        let current = self.subject(context);
        if self.checking.is_empty() && self.auto {
            let is_troubled = current
                .as_ref()
                .is_some_and(|subject| self.trouble.contains_key(subject));
            let pause = if is_troubled { LONG_PAUSE } else { PAUSE };
            self.next_check = Some(Instant::now() + pause);
        }
        self.awaited.take_if(|_| current.as_ref() == Some(subject))
    }

    /// Returns whether the size limits of the account are in the way of this step.
    pub fn waits_for_quota(&self, context: &GuideContext) -> bool {
        let is_quota = |item: &Item| {
            item.is_blocked_by(Obstacle::TrustQuota) || item.is_blocked_by(Obstacle::InlineQuota)
        };
        self.item(context).is_some_and(is_quota)
    }

    /// The subject of the step that is shown.
    fn subject(&self, context: &GuideContext) -> Option<Subject> {
        let item = self.item(context)?;
        Some(Subject::of(&item.target))
    }

    /// Returns whether the account is checked again and again.
    pub fn is_automatic(&self) -> bool {
        self.auto
    }

    /// Checks the current step as soon as possible.
    pub fn ask(&mut self, reason: CheckReason) {
        self.asked = Some(reason);
    }

    pub fn handle(&mut self, action: Action, session: &Session) -> Vec<Effect> {
        let Some(context) = session.guide_context() else {
            return Vec::new();
        };
        match action {
            Action::Next if !self.turn_page(true, &context) => return vec![Effect::VerifyGuide],
            Action::Back if !self.turn_page(false, &context) => return vec![Effect::Back],
            Action::Next | Action::Back => {}
            Action::Copy => return self.hand_over(Handover::Copy, &context),
            Action::WriteText => return self.hand_over(Handover::Write, &context),
            Action::CopyLink => {
                let link = self.instructions(&context).and_then(|page| page.link);
                return link.map(Effect::copy).into_iter().collect();
            }
            Action::Check => {
                self.ask(CheckReason::UserRequest);
                return vec![Effect::say(Severity::Info, "Checking.")];
            }
            Action::AutoCheck => {
                self.auto = !self.auto;
                self.next_check = self.auto.then(Instant::now);
                let text = if self.auto {
                    "Checks by itself every 5 seconds."
                } else {
                    "Checks only when you type v."
                };
                return vec![Effect::say(Severity::Info, text)];
            }
            Action::Toggle => {
                if let Some(item) = self.item(&context) {
                    let lost = self.guide.lost_names(&item.target, context.survey);
                    if !lost.is_empty() {
                        let dialog = Dialog::let_go(item.target.clone(), lost);
                        return vec![Effect::Open(Box::new(dialog))];
                    }
                    self.guide.tick(item, context.survey);
                }
            }
            other => drop(self.scroll.act(other)),
        }
        Vec::new()
    }

    /// Hands this step's text over. What holds others' statements is read again first: pasted, an older text would lose
    /// what came since.
    fn hand_over(&mut self, how: Handover, context: &GuideContext) -> Vec<Effect> {
        let (Some(page), Some(item)) = (self.instructions(context), self.item(context)) else {
            return Vec::new();
        };
        if page.paste.is_some_and(|paste| paste.holds_others) {
            self.ask(CheckReason::BeforeHandover(item.target.clone(), how));
            return vec![Effect::say(Severity::Info, "Reading once more first.")];
        }
        self.deliver(&item.target, how, false, context)
            .into_iter()
            .collect()
    }

    /// Hands the text of a step over, if that step is still shown.
    fn deliver(
        &self,
        target: &Target,
        how: Handover,
        is_older: bool,
        context: &GuideContext,
    ) -> Option<Effect> {
        self.item(context).filter(|item| item.target == *target)?;
        let page = self.instructions(context)?;
        Some(match (how, page.paste, page.link) {
            (Handover::Copy, Some(paste), _) => Effect::Copy {
                text: paste.text,
                is_older,
            },
            (Handover::Copy, None, Some(text)) => Effect::Copy { text, is_older },
            (Handover::Write, Some(paste), _) => Effect::WritePaste(target.clone(), paste),
            (Handover::Copy | Handover::Write, None, _) => {
                let text = "There is nothing to paste here any more.";
                Effect::say(Severity::Warning, text)
            }
        })
    }

    /// Says what a check was asked for, and what has changed since these statuses.
    pub fn after_check(
        &self,
        reason: Option<CheckReason>,
        trouble: Option<String>,
        before: &[(Target, StepStatus)],
        context: &GuideContext,
    ) -> Vec<Effect> {
        let mut effects = Vec::new();
        match (reason, trouble) {
            (Some(CheckReason::UserRequest), Some(why)) => {
                effects.push(Effect::say(Severity::Warning, why));
            }
            (Some(CheckReason::UserRequest), None) => {
                let page = self.instructions(context);
                effects.extend(page.map(|page| Effect::say(Severity::Info, page.sentence)));
            }
            (Some(CheckReason::BeforeHandover(target, how)), trouble) => {
                effects.extend(self.deliver(&target, how, trouble.is_some(), context));
            }
            (Some(CheckReason::Navigation) | None, _) => {}
        }
        let shown = self.item(context).map(|item| &item.target);
        for (target, now) in self.read_statuses(context) {
            let before = before.iter().find(|(other, _)| *other == target);
            let was = before.map(|(_, was)| was);
            let message = was.and_then(|was| turn(was, &now, &target, shown == Some(&target)));
            effects.extend(message.map(Effect::Say));
        }
        effects
    }

    /// Returns how each item stands that was read.
    pub fn read_statuses(&self, context: &GuideContext) -> Vec<(Target, StepStatus)> {
        let targets = guide::steps(context.plan).into_iter();
        targets
            .map(|item| item.target.clone())
            .zip(self.statuses.iter().cloned())
            .filter(|(_, status)| *status != StepStatus::Reading)
            .collect()
    }

    pub fn bindings(&self, session: &Session) -> Vec<Binding> {
        let Some(context) = session.guide_context() else {
            return Vec::new();
        };
        let page = self.instructions(&context);
        let next = if self.is_last(&context) {
            "finish"
        } else {
            "next"
        };
        let mut bindings = vec![
            hint(KeyCode::Enter, Action::Next, next),
            hint(KeyCode::Esc, Action::Back, "back"),
        ];
        let has_text = page.as_ref().is_some_and(|page| page.paste.is_some());
        let has_link = page.as_ref().is_some_and(|page| page.link.is_some());
        if has_text {
            bindings.push(hint(KeyCode::Char('c'), Action::Copy, "copy"));
            bindings.push(hint(KeyCode::Char('w'), Action::WriteText, "write"));
            bindings.push(hint(KeyCode::Char('l'), Action::CopyLink, "copy link"));
        } else if has_link {
            bindings.push(hint(KeyCode::Char('c'), Action::Copy, "copy link"));
        }
        bindings.push(hint(KeyCode::Char('v'), Action::Check, "check"));
        let auto = if self.auto {
            "stop checking by itself"
        } else {
            "check by itself"
        };
        bindings.push(quiet(KeyCode::Char('a'), Action::AutoCheck, auto));
        let space = page.and_then(|page| match page.status {
            _ if !page.lost.is_empty() => Some("it was meant to go"),
            _ if !page.let_go.is_empty() => Some("it was not meant to go"),
            StepStatus::Denied => Some("tick by hand"),
            StepStatus::ByHand => Some("untick"),
            _ => None,
        });
        bindings.extend(space.map(|label| hint(KeyCode::Char(' '), Action::Toggle, label)));
        bindings.push(hint(KeyCode::PageDown, Action::PageDown, "read on"));
        bindings.extend([
            quiet(KeyCode::Right, Action::Next, next),
            quiet(KeyCode::Char('n'), Action::Next, next),
            quiet(KeyCode::Left, Action::Back, "back"),
            quiet(KeyCode::Char('p'), Action::Back, "back"),
        ]);
        bindings.extend(MOVES);
        bindings
    }
}

/// Returns what came true, was undone, or is gone.
fn turn(was: &StepStatus, now: &StepStatus, target: &Target, is_shown: bool) -> Option<Message> {
    let short = target.short();
    let (severity, text) = match (was, now) {
        (was, now) if was == now => return None,
        (_, StepStatus::InPlace) if is_shown => {
            (Severity::Good, "In place. Enter goes on.".to_owned())
        }
        (_, StepStatus::InPlace) => (Severity::Good, format!("In place: {short}.")),
        (_, StepStatus::Lost) if is_shown => (
            Severity::Error,
            "Something that was there before is gone.".to_owned(),
        ),
        (_, StepStatus::Lost) => (
            Severity::Error,
            format!("Something that was there before is gone: {short}."),
        ),
        (StepStatus::InPlace, StepStatus::Denied | StepStatus::Unknown) => (
            Severity::Warning,
            format!("Can no longer be checked: {short}."),
        ),
        (StepStatus::InPlace, _) => (Severity::Warning, format!("No longer in place: {short}.")),
        (StepStatus::ByHand, StepStatus::NotYet | StepStatus::Differs(_) | StepStatus::Blocked) => {
            (
                Severity::Warning,
                format!("Can be read now, and is not in place: {short}."),
            )
        }
        _ => return None,
    };
    Some(Message::new(severity, text))
}
