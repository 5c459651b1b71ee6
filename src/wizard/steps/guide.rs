//! The guide through the console: one screen a step, with what a reading of the account says of it.

mod view;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Duration;

use crossterm::event::KeyCode;
use tokio::time::Instant;

use crate::guide::{self, Guide, Page, Standing, Subject};
use crate::model::Survey;
use crate::plan::{Item, Plan, Target};
use crate::wizard::role_list::RoleList;
use crate::wizard::ui::keys::{Action, Binding, MOVES, hint, quiet};
use crate::wizard::ui::scroll::Scroll;

/// Between two checks: often enough to feel attended to, seldom enough for an API whose limits are not published.
const PAUSE: Duration = Duration::from_secs(5);
/// After a check that failed.
const LONG_PAUSE: Duration = Duration::from_secs(10);

/// What the account is like, as far as it is read.
pub struct Scene<'a> {
    pub plan: &'a Plan,
    pub survey: &'a Survey,
    /// Roles that were listed or typed, by name.
    pub roles: &'a RoleList,
}

/// What a look was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Asked {
    /// Somebody came to this step.
    Quietly,
    /// To hear how it stands.
    Aloud,
    /// To hand this step's text over as it is now.
    HandOver(Target, Handover),
}

/// How a text is handed over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Handover {
    Copy,
    Write,
}

/// The step's own state.
#[derive(Debug)]
pub struct GuideStep {
    pub guide: Guide,
    /// How each step stands, in their order.
    standings: Vec<Standing>,
    /// None until everything was read once: the first step that is not done.
    current: Option<Target>,
    /// Whether the account is looked at again and again.
    pub auto: bool,
    looking: BTreeSet<Subject>,
    /// Somebody wants this step looked at now, and what for.
    asked: Option<Asked>,
    /// The same, while it is being looked at.
    awaited: Option<Asked>,
    /// Where texts were written.
    pub written: BTreeMap<Target, String>,
    /// Who is looked at next beside the current step.
    turn: VecDeque<Subject>,
    /// Why the last look failed, although an earlier one had not.
    trouble: BTreeMap<Subject, String>,
    next_look: Option<Instant>,
    scroll: Scroll,
}

impl GuideStep {
    /// `guide` is what an earlier visit remembers.
    pub fn new(plan: &Plan, survey: &Survey, guide: Guide) -> Self {
        let is_read = |item: &Item| guide.standing(item, survey) != Standing::Reading;
        let now = Instant::now();
        // What is being read for the first time is not asked for twice.
        let next_look = if plan.items.iter().all(is_read) {
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
            standings: Vec::new(),
            current: None,
            auto: true,
            looking: BTreeSet::new(),
            asked: None,
            awaited: None,
            written: BTreeMap::new(),
            turn,
            trouble: BTreeMap::new(),
            next_look: Some(next_look),
            scroll: Scroll::default(),
        }
    }

    /// Takes what was read in. The first time that everything is there, the guide stays where it is.
    pub fn look(&mut self, scene: &Scene) {
        self.guide.look(scene.plan, scene.survey);
        let steps = guide::steps(scene.plan).into_iter();
        let standings = steps.map(|item| self.guide.standing(item, scene.survey));
        self.standings = standings.collect();
        if self.current.is_none() && !self.standings.contains(&Standing::Reading) {
            self.current = self.item(scene).map(|item| item.target.clone());
        }
    }

    /// How each step stands, in their order.
    pub fn standings(&self) -> &[Standing] {
        &self.standings
    }

    fn position(&self, steps: &[&Item]) -> usize {
        let current = self.current.as_ref();
        let kept = current.and_then(|target| steps.iter().position(|item| item.target == *target));
        let to_do = || {
            let mut standings = self.standings.iter();
            standings.position(|standing| !standing.is_done())
        };
        kept.or_else(to_do).unwrap_or(0)
    }

    /// The item of the step that is shown.
    pub fn item<'a>(&self, scene: &Scene<'a>) -> Option<&'a Item> {
        let steps = guide::steps(scene.plan);
        steps.get(self.position(&steps)).copied()
    }

    pub fn page(&self, scene: &Scene) -> Option<Page> {
        let item = self.item(scene)?;
        let role = item.target.role().and_then(|name| scene.roles.get(name));
        let arn = role.map(|role| role.summary.arn.as_str());
        Some(self.guide.page(item, scene.plan, scene.survey, arn))
    }

    pub fn is_last(&self, scene: &Scene) -> bool {
        let steps = guide::steps(scene.plan);
        self.position(&steps) + 1 >= steps.len()
    }

    /// Goes to the step before or after; false where there is none.
    pub fn turn_page(&mut self, on: bool, scene: &Scene) -> bool {
        let steps = guide::steps(scene.plan);
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
            self.ask(Asked::Quietly);
        }
        true
    }

    /// When the account is looked at again: at once where somebody asked, unless just that is under way; else when it is
    /// time and nothing is under way.
    pub fn next_look(&self, current: Option<&Subject>) -> Option<Instant> {
        let is_under_way = current.is_some_and(|subject| self.looking.contains(subject));
        if self.asked.is_some() && !is_under_way {
            return Some(Instant::now());
        }
        self.next_look.filter(|_| self.looking.is_empty())
    }

    /// What is to be looked at now: the subject of this step, and, where nobody asked, in turn another one.
    pub fn begin_looking(&mut self, current: Option<Subject>) -> Vec<Subject> {
        let mut subjects: Vec<Subject> = current.into_iter().collect();
        if let Some(asked) = self.asked.take() {
            self.awaited = Some(asked);
        } else {
            self.next_look = None;
            self.turn.rotate_left(1.min(self.turn.len()));
            let in_turn = self.turn.iter().find(|other| !subjects.contains(other));
            subjects.extend(in_turn.cloned());
        }
        self.looking.extend(subjects.iter().cloned());
        subjects
    }

    /// A look has ended; `trouble` says why it told nothing new. Gives what it was asked for.
    pub fn end_looking(
        &mut self,
        subject: &Subject,
        current: Option<&Subject>,
        trouble: Option<String>,
    ) -> Option<Asked> {
        self.looking.remove(subject);
        match trouble {
            Some(why) => self.trouble.insert(subject.clone(), why),
            None => self.trouble.remove(subject),
        };
        if self.looking.is_empty() && self.auto {
            let is_troubled = current.is_some_and(|subject| self.trouble.contains_key(subject));
            let pause = if is_troubled { LONG_PAUSE } else { PAUSE };
            self.next_look = Some(Instant::now() + pause);
        }
        self.awaited.take_if(|_| current == Some(subject))
    }

    /// Looks at the current step as soon as possible.
    pub fn ask(&mut self, what_for: Asked) {
        self.asked = Some(what_for);
    }

    /// Begins or stops looking again and again.
    pub fn toggle_auto(&mut self) {
        self.auto = !self.auto;
        self.next_look = self.auto.then(Instant::now);
    }

    pub fn scroll(&mut self, action: Action) {
        self.scroll.act(action);
    }

    pub fn bindings(&self, scene: &Scene) -> Vec<Binding> {
        let page = self.page(scene);
        let next = if self.is_last(scene) {
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
            bindings.push(quiet(KeyCode::Char('l'), Action::CopyLink, "copy the link"));
        } else if has_link {
            bindings.push(hint(KeyCode::Char('c'), Action::Copy, "copy link"));
        }
        bindings.push(hint(KeyCode::Char('v'), Action::Look, "check"));
        let auto = if self.auto {
            "stop checking by itself"
        } else {
            "check by itself"
        };
        bindings.push(quiet(KeyCode::Char('a'), Action::AutoLook, auto));
        let space = page.and_then(|page| match page.standing {
            _ if !page.lost.is_empty() => Some("it was meant to go"),
            Standing::Denied => Some("tick by hand"),
            Standing::ByHand => Some("untick"),
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
