//! The guide in the wizard: into it and out of it, looking at the account again, copying and writing its texts.

use super::role_list::RoleList;
use super::state::Load;
use super::steps::Step;
use super::steps::apply::ApplyStep;
use super::steps::guide::{Asked, GuideStep, Handover, Scene};
use super::tasks::{Looked, Slot};
use super::ui::frame::Tone;
use super::ui::keys::Action;
use super::{Known, Wizard};
use crate::account::{CallError, ErrorKind};
use crate::apply::{Aim, Job};
use crate::guide::{self, Guide, Standing, Subject};
use crate::model::{RoleReading, TierReading};
use crate::plan::{Obstacle, State, Target};

impl Wizard {
    /// Into the guide, for what is chosen.
    pub(super) fn guide(&mut self) {
        self.refresh();
        let Some(known) = &self.known else {
            return;
        };
        self.confirm = None;
        let earlier = self.guide.take();
        let mut guide = earlier.map_or_else(Guide::default, |step| step.guide);
        guide.begin(&known.plan.choices);
        self.guide = Some(GuideStep::new(&known.plan, &known.survey, guide));
        self.step = Step::Guide;
        self.refresh();
    }

    /// Does something with the guide and what it shows.
    pub(super) fn with_guide<T>(
        &mut self,
        work: impl FnOnce(&mut GuideStep, &Scene) -> T,
    ) -> Option<T> {
        let scene = scene(self.known.as_ref()?, &self.findings.roles);
        Some(work(self.guide.as_mut()?, &scene))
    }

    /// Asks the guide something about what it shows.
    pub(super) fn of_guide<T>(&self, ask: impl FnOnce(&GuideStep, &Scene) -> T) -> Option<T> {
        let scene = scene(self.known.as_ref()?, &self.findings.roles);
        Some(ask(self.guide.as_ref()?, &scene))
    }

    /// Whether the guide is open, or its end is shown.
    pub(super) fn is_guided(&self) -> bool {
        self.step == Step::Guide || self.apply.as_ref().is_some_and(ApplyStep::only_looks)
    }

    pub(super) fn act_in_guide(&mut self, action: Action) {
        match action {
            Action::Copy => self.hand_over(Handover::Copy),
            Action::WriteText => self.hand_over(Handover::Write),
            Action::CopyLink => {
                let page = self.of_guide(GuideStep::page).flatten();
                if let Some(link) = page.and_then(|page| page.link) {
                    self.copy(&link, false);
                }
            }
            Action::Look => {
                self.say("Checking.", Tone::Plain);
                self.with_guide(|guide, _| guide.ask(Asked::Aloud));
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
                    if let Some(item) = guide.item(scene) {
                        guide.guide.tick(item, scene.plan, scene.survey);
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
        let turned = self.with_guide(|guide, scene| guide.turn_page(true, scene));
        if turned == Some(false) {
            self.finish_guide();
        }
    }

    /// To the step before, or from the first one out of the guide.
    pub(super) fn previous_page(&mut self) {
        let turned = self.with_guide(|guide, scene| guide.turn_page(false, scene));
        if turned != Some(true) {
            self.step = Step::Preview;
        }
    }

    /// Reads everything once more, and shows what came of it.
    fn finish_guide(&mut self) {
        let (Some(account), Some(plan)) = (self.account.clone(), self.plan().cloned()) else {
            return;
        };
        let guide = self.guide.as_ref().map(|step| step.guide.clone());
        let job = Job {
            continues: self.same_cut_off(&plan),
            only: None,
            aim: Aim::Look(guide.unwrap_or_default()),
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
            self.tasks.stop(&Slot::Apply);
            self.apply = None;
            self.step = Step::Guide;
            self.with_guide(|guide, _| guide.ask(Asked::Quietly));
        }
    }

    /// When the account has to be looked at again; none while nobody watches.
    pub(super) fn next_look(&self) -> Option<tokio::time::Instant> {
        if self.step != Step::Guide {
            return None;
        }
        let current = self.looked_at();
        self.guide.as_ref()?.next_look(current.as_ref())
    }

    /// The subject of the step that is shown.
    fn looked_at(&self) -> Option<Subject> {
        let subject = self.of_guide(|guide, scene| {
            let item = guide.item(scene);
            item.map(|item| Subject::of(&item.target))
        });
        subject.flatten()
    }

    pub(super) fn look_again(&mut self) {
        let subjects = self.with_guide(|guide, scene| {
            let item = guide.item(scene);
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
        let (Some((subjects, is_quota)), Some(account)) = (subjects, self.account.clone()) else {
            // Nothing can be looked at: then nothing is to be waited for.
            self.guide = None;
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
        let current = self.looked_at();
        let guide = self.guide.as_mut();
        let asked =
            guide.and_then(|guide| guide.end_looking(subject, current.as_ref(), trouble.clone()));
        self.refresh();
        match asked {
            Some(Asked::Aloud) => self.tell_standing(trouble),
            Some(Asked::HandOver(target, how)) => self.deliver(&target, how, trouble.is_some()),
            Some(Asked::Quietly) | None => {}
        }
        self.tell_what_turned(&before);
    }

    /// Says how the step stands that was asked about.
    fn tell_standing(&mut self, trouble: Option<String>) {
        let page = self.of_guide(GuideStep::page).flatten();
        match (trouble, page) {
            (Some(why), _) => self.say(why, Tone::Warn),
            (None, Some(page)) => self.say(page.sentence, Tone::Plain),
            (None, None) => {}
        }
    }

    fn on_tier(&mut self, region: &str, reading: TierReading) -> Option<String> {
        let known = self.findings.tiers.get(region);
        match (known, reading) {
            (Some(TierReading::Known { .. }), TierReading::Failed(why)) => Some(why),
            // It was enabled a moment ago: rather the credentials have changed.
            (Some(TierReading::Known { .. }), TierReading::NotAccepted) => Some(format!(
                "AWS does not accept these credentials in {region}."
            )),
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

    /// How each item stands that was read.
    fn standings(&self) -> Vec<(Target, Standing)> {
        let standings = self.of_guide(|guide, scene| {
            let targets = guide::steps(scene.plan).into_iter();
            let targets = targets.map(|item| item.target.clone());
            let standings = guide.standings();
            targets
                .zip(standings.iter().cloned())
                .filter(|(_, standing)| *standing != Standing::Reading)
                .collect()
        });
        standings.unwrap_or_default()
    }

    /// Says what came true, what was undone, and what is gone.
    fn tell_what_turned(&mut self, before: &[(Target, Standing)]) {
        let shown = self.of_guide(|guide, scene| {
            let item = guide.item(scene);
            item.map(|item| item.target.clone())
        });
        let shown = shown.flatten();
        for (target, now) in self.standings() {
            let Some((_, was)) = before.iter().find(|(other, _)| *other == target) else {
                continue;
            };
            let short = target.short();
            let (text, tone) = match (was, &now) {
                (was, now) if was == now => continue,
                (_, Standing::InPlace) if shown.as_ref() == Some(&target) => {
                    ("In place. Enter goes on.".to_owned(), Tone::Good)
                }
                (_, Standing::InPlace) => (format!("In place: {short}."), Tone::Good),
                (_, Standing::Lost) => (
                    format!("{short}: something that was there before is gone."),
                    Tone::Bad,
                ),
                (Standing::InPlace, Standing::Denied | Standing::Unknown) => {
                    (format!("Can no longer be checked: {short}."), Tone::Warn)
                }
                (Standing::InPlace, _) => (format!("No longer in place: {short}."), Tone::Warn),
                (Standing::ByHand, Standing::NotYet | Standing::Differs(_) | Standing::Blocked) => {
                    (
                        format!("Can be read now, and is not in place: {short}."),
                        Tone::Warn,
                    )
                }
                _ => continue,
            };
            self.say(text, tone);
        }
    }

    /// Hands this step's text over. What holds others' statements is read again first: pasted, an older text would lose
    /// what came since.
    fn hand_over(&mut self, how: Handover) {
        let page = self.of_guide(GuideStep::page).flatten();
        let target = self.of_guide(|guide, scene| {
            let item = guide.item(scene);
            item.map(|item| item.target.clone())
        });
        let (Some(page), Some(target)) = (page, target.flatten()) else {
            return;
        };
        if page.paste.is_some_and(|paste| paste.holds_others) {
            self.say("Reading once more first.", Tone::Plain);
            self.with_guide(|guide, _| guide.ask(Asked::HandOver(target, how)));
        } else {
            self.deliver(&target, how, false);
        }
    }

    /// Hands the text of a step over, if that step is still shown.
    fn deliver(&mut self, target: &Target, how: Handover, is_older: bool) {
        let page = self.of_guide(|guide, scene| {
            let item = guide.item(scene);
            item.filter(|item| item.target == *target)
                .and_then(|_| guide.page(scene))
        });
        let Some(page) = page.flatten() else {
            return;
        };
        match (how, page.paste, page.link) {
            (Handover::Copy, Some(paste), _) => self.copy(&paste.text, is_older),
            (Handover::Copy, None, Some(link)) => self.copy(&link, is_older),
            (Handover::Write, Some(paste), _) => {
                let folder = self.options.folder.clone();
                self.tasks.write_text(folder, target.clone(), paste);
            }
            (Handover::Copy | Handover::Write, None, _) => {
                self.say("There is nothing to paste here any more.", Tone::Warn);
            }
        }
    }

    pub(super) fn copy(&mut self, text: &str, is_older: bool) {
        let count = text.chars().count();
        match self.options.clipboard.copy(text) {
            Ok(()) if is_older => self.say(
                "Sent to the terminal, but it could not be read again: compare it first.",
                Tone::Warn,
            ),
            Ok(()) => self.say(
                format!("Sent to the terminal: {count} characters. Not every terminal takes it."),
                Tone::Plain,
            ),
            Err(error) => self.say(format!("It could not be copied: {error}"), Tone::Bad),
        }
    }

    /// The text of a step is in a file, or why it is not.
    pub(super) fn on_written(&mut self, target: Target, written: Result<String, String>) {
        match (written, &mut self.guide) {
            (Ok(path), Some(guide)) => {
                guide.written.insert(target, path);
                self.say(
                    "It is in a file; which one stands above the text.",
                    Tone::Good,
                );
            }
            (Ok(path), None) => self.say(format!("It is in {path}."), Tone::Good),
            (Err(why), _) => self.say(format!("It could not be written: {why}"), Tone::Bad),
        }
    }
}

fn scene<'a>(known: &'a Known, roles: &'a RoleList) -> Scene<'a> {
    Scene {
        plan: &known.plan,
        survey: &known.survey,
        roles,
    }
}

/// Whether an error says something of the account, and not only of the way there.
fn tells_something(kind: &ErrorKind) -> bool {
    matches!(kind, ErrorKind::Denied { .. } | ErrorKind::NotFound)
}

/// Waits for the next look; for ever where there is none.
pub(super) async fn time_has_come(time: Option<tokio::time::Instant>) {
    match time {
        Some(time) => tokio::time::sleep_until(time).await,
        None => std::future::pending().await,
    }
}
