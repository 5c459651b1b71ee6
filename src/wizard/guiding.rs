//! The guide in the wizard: into it and out of it, looking at the account again, copying and writing its texts.

use super::Wizard;
use super::state::Load;
use super::steps::Step;
use super::steps::apply::ApplyStep;
use super::steps::guide::{GuideStep, Scene};
use super::tasks::Looked;
use super::ui::frame::Tone;
use super::ui::keys::Action;
use crate::account::{CallError, ErrorKind};
use crate::apply::{Aim, Job};
use crate::guide::{Standing, Subject};
use crate::model::{RoleReading, Survey, TierReading};
use crate::plan::{Item, Obstacle, Plan, State, Target};

impl Wizard {
    /// Into the guide, for what is chosen.
    pub(super) fn guide(&mut self) {
        let Some((plan, survey)) = self.known() else {
            return;
        };
        self.confirm = None;
        let earlier = self.guide.take().map(|earlier| earlier.guide);
        self.guide = Some(GuideStep::new(&plan, &survey, earlier.unwrap_or_default()));
        self.step = Step::Guide;
        self.take_in();
    }

    /// The plan with the reading that it was made from.
    fn known(&self) -> Option<(Plan, Survey)> {
        let survey = self.findings.survey()?;
        let plan = Plan::new(&survey, &self.choices());
        Some((plan, survey))
    }

    /// Does something with the guide and what it shows.
    pub(super) fn with_guide<T>(
        &mut self,
        work: impl FnOnce(&mut GuideStep, &Scene) -> T,
    ) -> Option<T> {
        let (plan, survey) = self.known()?;
        let scene = Scene {
            plan: &plan,
            survey: &survey,
            roles: &self.findings.roles,
        };
        Some(work(self.guide.as_mut()?, &scene))
    }

    /// Asks the guide something about what it shows.
    pub(super) fn of_guide<T>(&self, ask: impl FnOnce(&GuideStep, &Scene) -> T) -> Option<T> {
        let (plan, survey) = self.known()?;
        let scene = Scene {
            plan: &plan,
            survey: &survey,
            roles: &self.findings.roles,
        };
        Some(ask(self.guide.as_ref()?, &scene))
    }

    /// Whether the guide is open, or its end is shown.
    pub(super) fn is_guided(&self) -> bool {
        self.step == Step::Guide || self.apply.as_ref().is_some_and(ApplyStep::only_looks)
    }

    /// Remembers what is there now.
    pub(super) fn take_in(&mut self) {
        self.with_guide(|guide, scene| guide.look(scene.plan, scene.survey));
    }

    pub(super) fn act_in_guide(&mut self, action: Action) {
        match action {
            Action::Copy => self.copy_text(),
            Action::WriteText => self.write_text(),
            Action::Look => {
                self.with_guide(|guide, _| guide.look_now());
            }
            Action::AutoLook => {
                let auto = self.with_guide(|guide, _| {
                    guide.toggle_auto();
                    guide.auto
                });
                let text = if auto == Some(true) {
                    "Checks by itself every 5 seconds."
                } else {
                    "Checks only when you type v."
                };
                self.say(text, Tone::Plain);
            }
            Action::Toggle => {
                self.with_guide(|guide, scene| {
                    if let Some(item) = guide.item(scene.plan, scene.survey) {
                        guide.guide.tick(item, scene.survey);
                    }
                });
            }
            other => {
                self.with_guide(|guide, _| guide.scroll(other));
            }
        }
    }

    /// To the next step, or from the last one to the end.
    pub(super) fn next_page(&mut self) {
        let turned =
            self.with_guide(|guide, scene| guide.turn_page(true, scene.plan, scene.survey));
        if turned == Some(false) {
            self.finish_guide();
        }
    }

    /// To the step before, or from the first one out of the guide.
    pub(super) fn previous_page(&mut self) {
        let turned =
            self.with_guide(|guide, scene| guide.turn_page(false, scene.plan, scene.survey));
        if turned != Some(true) {
            self.step = Step::Preview;
        }
    }

    /// Reads everything once more, and shows what came of it.
    fn finish_guide(&mut self) {
        let (Some(account), Some((plan, survey))) = (self.account.clone(), self.known()) else {
            return;
        };
        let guide = self.guide.as_ref().map(|step| &step.guide);
        let ticked = guide
            .map(|guide| guide.ticked(&plan, &survey))
            .unwrap_or_default();
        let job = Job {
            continues: self.same_cut_off(&plan),
            only: None,
            aim: Aim::Look {
                quotas: self.findings.quotas,
                ticked,
            },
            plan,
        };
        let apply = ApplyStep::new(job);
        self.carry_out(account, &apply);
        self.apply = Some(apply);
        self.step = Step::Apply;
    }

    /// From the end back into the guide.
    pub(super) fn back_to_guide(&mut self) {
        if self.is_guided() {
            self.apply = None;
            self.step = Step::Guide;
            self.with_guide(|guide, _| guide.look_now());
        }
    }

    /// When the account has to be looked at again; none while nobody watches.
    pub(super) fn next_look(&self) -> Option<tokio::time::Instant> {
        let guide = self.guide.as_ref().filter(|_| self.step == Step::Guide)?;
        guide.next_look()
    }

    pub(super) fn look_again(&mut self) {
        let Some(account) = self.account.clone() else {
            return;
        };
        let subjects = self.with_guide(|guide, scene| {
            let item = guide.item(scene.plan, scene.survey);
            let is_quota = item.is_some_and(|item| {
                matches!(
                    item.state,
                    State::Blocked {
                        obstacle: Obstacle::TrustQuota | Obstacle::InlineQuota,
                        ..
                    }
                )
            });
            let current = item.map(|item| Subject::of(&item.target));
            (guide.begin_looking(current), is_quota)
        });
        let Some((subjects, is_quota)) = subjects else {
            return;
        };
        if is_quota {
            self.tasks.quotas(account.clone());
        }
        for subject in subjects {
            self.tasks.look(account.clone(), subject);
        }
    }

    /// What a look at a subject has shown. Where it has failed, what was seen before still counts, and is said to be old.
    pub(super) fn on_looked(&mut self, subject: &Subject, looked: Looked) {
        let before = self.standings();
        let trouble = match (subject, looked) {
            (Subject::Region(region), Looked::Tier(reading)) => self.on_tier(region, reading),
            (Subject::Role(role), Looked::Role(reading)) => self.on_role_again(role, *reading),
            _ => None,
        };
        if let Some(guide) = &mut self.guide {
            guide.end_looking(subject, trouble);
        }
        self.take_in();
        self.tell_what_turned(&before);
    }

    fn on_tier(&mut self, region: &str, reading: TierReading) -> Option<String> {
        let known = self.findings.tiers.get(region);
        match (known, reading) {
            (Some(TierReading::Known { .. }), TierReading::Failed(why)) => Some(why),
            (_, reading) => {
                self.findings.tiers.insert(region.to_owned(), reading);
                None
            }
        }
    }

    fn on_role_again(
        &mut self,
        role: &str,
        reading: Result<RoleReading, CallError>,
    ) -> Option<String> {
        let is_known = matches!(self.findings.readings.get(role), Some(Load::Ready(_)));
        match reading {
            Err(error) if is_known && !tells_something(&error.kind) => Some(error.to_string()),
            reading => {
                self.on_role(role.to_owned(), reading);
                None
            }
        }
    }

    /// Whether each item that was read is in place.
    fn standings(&self) -> Vec<(Target, bool)> {
        let standings = self.of_guide(|guide, scene| {
            let standing = |item: &Item| guide.guide.standing(item, scene.survey);
            let items = scene.plan.items.iter();
            items
                .filter(|item| standing(item) != Standing::Reading)
                .map(|item| (item.target.clone(), standing(item) == Standing::InPlace))
                .collect()
        });
        standings.unwrap_or_default()
    }

    /// Says what came true, and what was undone.
    fn tell_what_turned(&mut self, before: &[(Target, bool)]) {
        let shown = self.of_guide(|guide, scene| {
            let item = guide.item(scene.plan, scene.survey);
            item.map(|item| item.target.clone())
        });
        let shown = shown.flatten();
        for (target, is_in_place) in self.standings() {
            let Some((_, was)) = before.iter().find(|(other, _)| *other == target) else {
                continue;
            };
            let is_shown = shown.as_ref() == Some(&target);
            match (*was, is_in_place) {
                (false, true) if is_shown => {
                    self.say("In place. Enter goes on.", Tone::Good);
                }
                (false, true) => self.say(format!("In place: {}.", target.short()), Tone::Good),
                (true, false) => {
                    self.say(
                        format!("No longer in place: {}.", target.short()),
                        Tone::Warn,
                    );
                }
                _ => {}
            }
        }
    }

    fn copy_text(&mut self) {
        let page = self.of_guide(GuideStep::page).flatten();
        let Some(page) = page else {
            return;
        };
        let (what, text) = match (page.paste, page.link) {
            (Some(paste), _) => ("text", paste.text),
            (None, Some(link)) => ("link", link),
            (None, None) => return,
        };
        match self.options.clipboard.copy(&text) {
            Ok(()) => self.say(
                format!(
                    "The {what} was sent to the terminal ({} characters); not every terminal takes it.",
                    text.chars().count()
                ),
                Tone::Plain,
            ),
            Err(error) => self.say(format!("It could not be copied: {error}"), Tone::Bad),
        }
    }

    fn write_text(&mut self) {
        let page = self.of_guide(GuideStep::page).flatten();
        if let Some(paste) = page.and_then(|page| page.paste) {
            let folder = self.options.folder.clone();
            self.tasks.write_text(folder, paste);
        }
    }
}

/// Whether an error says something of the account, and not only of the way there.
fn tells_something(kind: &ErrorKind) -> bool {
    matches!(kind, ErrorKind::Denied { .. } | ErrorKind::NotFound)
}
