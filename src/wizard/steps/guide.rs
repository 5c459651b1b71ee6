//! The guide through the console: one screen a step, with what a reading of the account says of it.

mod view;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Duration;

use crossterm::event::KeyCode;
use tokio::time::Instant;

use crate::guide::{self, Guide, Page, Standing, Subject};
use crate::model::Survey;
use crate::plan::{Item, Plan, Target};
use crate::wizard::state::ListedRole;
use crate::wizard::ui::keys::{Action, Binding, MOVES, hint, quiet};
use crate::wizard::ui::scroll::Scroll;

/// Between two checks: often enough to feel attended to, seldom enough for an API whose limits are not published.
const PAUSE: Duration = Duration::from_secs(5);
/// After a check that failed.
const LONG_PAUSE: Duration = Duration::from_secs(20);

/// What the account is like, as far as it is read.
pub struct Scene<'a> {
    pub plan: &'a Plan,
    pub survey: &'a Survey,
    /// Roles that were listed or typed, by name.
    pub roles: &'a BTreeMap<String, ListedRole>,
}

/// The step's own state.
#[derive(Debug)]
pub struct GuideStep {
    pub guide: Guide,
    /// None until everything was read once: the first step that is not done.
    current: Option<Target>,
    /// Whether the account is looked at again and again.
    pub auto: bool,
    looking: BTreeSet<Subject>,
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
            current: None,
            auto: true,
            looking: BTreeSet::new(),
            turn,
            trouble: BTreeMap::new(),
            next_look: Some(next_look),
            scroll: Scroll::default(),
        }
    }

    /// Takes what was read in. The first time that everything is there, the guide stays where it is.
    pub fn look(&mut self, plan: &Plan, survey: &Survey) {
        self.guide.look(plan, survey);
        let is_read = |item: &Item| self.guide.standing(item, survey) != Standing::Reading;
        if self.current.is_none() && plan.items.iter().all(is_read) {
            self.current = self.item(plan, survey).map(|item| item.target.clone());
        }
    }

    fn position(&self, steps: &[&Item], survey: &Survey) -> usize {
        let current = self.current.as_ref();
        let kept = current.and_then(|target| steps.iter().position(|item| item.target == *target));
        let to_do = |item: &&Item| !self.guide.standing(item, survey).is_done();
        kept.or_else(|| steps.iter().position(to_do)).unwrap_or(0)
    }

    /// The item of the step that is shown.
    pub fn item<'a>(&self, plan: &'a Plan, survey: &Survey) -> Option<&'a Item> {
        let steps = guide::steps(plan);
        steps.get(self.position(&steps, survey)).copied()
    }

    pub fn page(&self, scene: &Scene) -> Option<Page> {
        let item = self.item(scene.plan, scene.survey)?;
        let role = item.target.role().and_then(|name| scene.roles.get(name));
        let arn = role.map(|role| role.summary.arn.as_str());
        Some(self.guide.page(item, scene.plan, scene.survey, arn))
    }

    pub fn is_last(&self, plan: &Plan, survey: &Survey) -> bool {
        let steps = guide::steps(plan);
        self.position(&steps, survey) + 1 >= steps.len()
    }

    /// Goes to the step before or after; false where there is none.
    pub fn turn_page(&mut self, on: bool, plan: &Plan, survey: &Survey) -> bool {
        let steps = guide::steps(plan);
        let here = self.position(&steps, survey);
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
        self.next_look = Some(Instant::now());
        true
    }

    /// When the account is looked at again.
    pub fn next_look(&self) -> Option<Instant> {
        self.next_look.filter(|_| self.looking.is_empty())
    }

    /// What is to be looked at now: the subject of this step, and in turn another one.
    pub fn begin_looking(&mut self, current: Option<Subject>) -> Vec<Subject> {
        self.next_look = None;
        let mut subjects: Vec<Subject> = current.into_iter().collect();
        self.turn.rotate_left(1.min(self.turn.len()));
        let in_turn = self.turn.iter().find(|other| !subjects.contains(other));
        subjects.extend(in_turn.cloned());
        self.looking.extend(subjects.iter().cloned());
        subjects
    }

    /// A look has ended; `trouble` says why it told nothing new.
    pub fn end_looking(&mut self, subject: &Subject, trouble: Option<String>) {
        self.looking.remove(subject);
        match trouble {
            Some(why) => self.trouble.insert(subject.clone(), why),
            None => self.trouble.remove(subject),
        };
        if self.looking.is_empty() && self.auto {
            let pause = if self.trouble.is_empty() {
                PAUSE
            } else {
                LONG_PAUSE
            };
            self.next_look = Some(Instant::now() + pause);
        }
    }

    /// Looks at the current step as soon as possible.
    pub fn look_now(&mut self) {
        self.next_look = Some(Instant::now());
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
        let next = if self.is_last(scene.plan, scene.survey) {
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
        match page.map(|page| page.standing) {
            Some(Standing::Unread) => {
                bindings.push(hint(KeyCode::Char(' '), Action::Toggle, "tick by hand"));
            }
            Some(Standing::ByHand) => {
                bindings.push(hint(KeyCode::Char(' '), Action::Toggle, "untick"));
            }
            _ => {}
        }
        bindings.push(hint(KeyCode::Down, Action::Down, "read on"));
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
