//! Undo is a plan too: made from the record of a run and from what is there now. Pure.

use std::collections::BTreeMap;

use super::{Record, StepState};
use crate::model::{Choices, Identity, Tier};
use crate::plan::{Change, Content, Difference, Item, Obstacle, Plan, State, Target};

const PLAN_AGAIN: &str = "Try again when it can be read.";

/// What has to be put back of a run, and of those that it went on with.
#[derive(Clone, Debug)]
pub struct Reversal {
    /// The run that is put back.
    pub run: String,
    choices: Choices,
    /// The last change first.
    entries: Vec<Entry>,
}

#[derive(Clone, Debug)]
struct Entry {
    target: Target,
    former: Content,
    /// What the runs left there, or may have left.
    ours: Vec<Content>,
    /// Whether it is not known if the last of them wrote it.
    is_uncertain: bool,
    /// Whether an attempt of theirs may still take effect, whatever was seen.
    is_abandoned: bool,
}

impl Reversal {
    /// Returns what has to be put back of these runs, of which each goes on with the one before; none of no run.
    pub fn of(chain: &[&Record]) -> Option<Self> {
        let last = chain.last()?;
        let mut entries: Vec<Entry> = Vec::new();
        let steps = chain.iter().flat_map(|record| {
            let steps = record.steps.iter();
            steps.map(|step| (step, record.run.as_str()))
        });
        for (step, run) in steps {
            let Some(former) = step.written_over() else {
                continue;
            };
            let new = Entry {
                target: step.target.clone(),
                former: former.clone(),
                ours: step.left(run).collect(),
                is_uncertain: step.verdict() == StepState::Uncertain || step.abandoned,
                is_abandoned: step.abandoned,
            };
            let known = entries.iter_mut().find(|entry| entry.target == step.target);
            match known {
                Some(entry) => entry.go_on(new),
                None => entries.push(new),
            }
        }
        entries.reverse();
        Some(Self {
            run: last.run.clone(),
            choices: last.choices.clone(),
            entries,
        })
    }

    /// Returns whether it is not known of something if it was written.
    pub fn is_uncertain(&self) -> bool {
        self.entries.iter().any(|entry| entry.is_uncertain)
    }

    /// Returns whether a role that the runs made, or deleted, is there as somebody else's: nothing on it is theirs.
    fn is_another_role(&self, role: &str, now: &BTreeMap<Target, Result<Content, String>>) -> bool {
        let target = Target::Role {
            role: role.to_owned(),
        };
        let entry = self.entries.iter().find(|entry| entry.target == target);
        let found = now.get(&target).and_then(|found| found.as_ref().ok());
        let Some((entry, found)) = entry.zip(found.and_then(Content::role)) else {
            return false;
        };
        let ours = entry.ours.iter().chain([&entry.former]);
        !ours
            .filter_map(Content::role)
            .any(|ours| ours.maker().is_some() && ours.maker() == found.maker())
    }

    /// Returns what is in the place of an entry; of a role, without the policies that are put back before it.
    fn found(
        &self,
        entry: &Entry,
        now: &BTreeMap<Target, Result<Content, String>>,
    ) -> Option<Result<Content, String>> {
        let found = now.get(&entry.target)?.clone();
        let items = self.entries.iter().map(|entry| &entry.target);
        Some(found.map(|found| found.without_items(&entry.target, items)))
    }

    /// Returns what has to be read before the plan can be made.
    pub fn targets(&self) -> Vec<Target> {
        self.entries
            .iter()
            .map(|entry| entry.target.clone())
            .collect()
    }

    /// Returns what may have been written without showing yet: it is not known whether it was written, and what was
    /// there before is there now.
    pub fn may_still_arrive(&self, now: &BTreeMap<Target, Result<Content, String>>) -> Vec<Target> {
        let late = |entry: &&Entry| {
            let found = now.get(&entry.target);
            entry.is_uncertain
                && found.is_some_and(|found| {
                    found
                        .as_ref()
                        .is_ok_and(|found| found.is_same(&entry.former))
                })
        };
        let entries = self.entries.iter().filter(late);
        entries.map(|entry| entry.target.clone()).collect()
    }

    /// The plan that puts everything back that is still as the runs left it.
    pub fn plan(
        &self,
        identity: &Identity,
        now: &BTreeMap<Target, Result<Content, String>>,
    ) -> Plan {
        Plan {
            identity: identity.clone(),
            choices: self.choices.clone(),
            undoes: Some(self.run.clone()),
            items: roles_last_standing(
                self.entries
                    .iter()
                    .map(|entry| entry.item(self.found(entry, now).as_ref()))
                    .collect(),
                |role| self.is_another_role(role, now),
            ),
            inline_sizes: Vec::new(),
            role_arns: BTreeMap::new(),
            facts: BTreeMap::new(),
            unusable: Vec::new(),
            nodes: BTreeMap::new(),
        }
    }
}

/// A role that a run made is not deleted while something on it is left alone; and on a role that is another one by now, everything
/// is left alone.
fn roles_last_standing(mut items: Vec<Item>, is_another: impl Fn(&str) -> bool) -> Vec<Item> {
    for item in &mut items {
        let is_role = matches!(item.target, Target::Role { .. });
        let is_on_another = !is_role && item.target.role().is_some_and(&is_another);
        if let (State::Change(_), true) = (&item.state, is_on_another) {
            item.state = State::blocked(
                Obstacle::Changed,
                "The role that has this name now is not the one that the run made, so it is left alone.",
                "Look at the role in the IAM console.",
            );
        }
    }
    let left_alone: Vec<Target> = items
        .iter()
        .filter(|item| matches!(item.state, State::Blocked { .. }))
        .map(|item| item.target.clone())
        .collect();
    for item in &mut items {
        let Target::Role { role } = &item.target else {
            continue;
        };
        let deletes =
            matches!(&item.state, State::Change(change) if change.after() == Content::Absent);
        let other = left_alone
            .iter()
            .find(|other| **other != item.target && other.role() == Some(role.as_str()));
        if let (true, Some(other)) = (deletes, other) {
            item.state = State::blocked(
                Obstacle::Changed,
                format!("The role stays, because {other} is left alone."),
                "What else the run gave it is taken away. Should it go all the same, delete it in the IAM console.",
            );
        }
    }
    items
}

impl Entry {
    /// Takes in what a later run did in the same place. What it found there goes back, unless it found what the earlier
    /// run had left, or had found itself: then somebody else wrote in between, and that must not be lost.
    fn go_on(&mut self, later: Self) {
        let found = &later.former;
        let is_ours = self.ours.iter().any(|ours| ours.is_same(found));
        if is_ours || found.is_same(&self.former) {
            for ours in later.ours {
                // Runs that go on with each other leave the same, each of them.
                if !self.ours.contains(&ours) {
                    self.ours.push(ours);
                }
            }
            // Two that are not certain may both arrive, one after the other.
            self.is_abandoned |= later.is_abandoned || self.is_uncertain && later.is_uncertain;
            self.is_uncertain = later.is_uncertain || self.is_abandoned;
        } else {
            *self = later;
        }
    }

    fn item(&self, now: Option<&Result<Content, String>>) -> Item {
        let state = match now {
            Some(Ok(found)) => self.state(found),
            Some(Err(why)) => State::unread(why, PLAN_AGAIN),
            None => State::unread("It has not been read.", PLAN_AGAIN),
        };
        let mut warnings = Vec::new();
        let advanced = Tier::Advanced;
        let goes_off = self.former.text() != Some(advanced.value());
        if let (Target::Tier { .. }, State::Change(_), true) = (&self.target, &state, goes_off) {
            warnings.push(
                "AWS refuses this while the region has more than 1,000 hybrid nodes, and Session Manager reaches no \
                 hybrid node of the region any more then."
                    .to_owned(),
            );
        }
        if let (Target::Role { .. }, State::Change(_), Content::Text(_)) =
            (&self.target, &state, &self.former)
        {
            warnings.push(
                "The role gets a new ID: people lose the hybrid nodes that they own with the former one.".to_owned(),
            );
        }
        if let (State::Change(_), true) = (&state, self.is_abandoned) {
            warnings.push(
                "An attempt of the run got no answer, and may still arrive after this. Should it, undo puts it back once \
                 more."
                    .to_owned(),
            );
        }
        if let (State::InPlace(_), true) = (&state, self.is_uncertain) {
            warnings.push(
                "It is not certain whether the run wrote this; AWS shows what was there before. Should it still arrive, undo \
                 puts it back."
                    .to_owned(),
            );
        }
        Item {
            target: self.target.clone(),
            state,
            warnings,
        }
    }

    fn state(&self, found: &Content) -> State {
        if found.is_same(&self.former) {
            return State::InPlace("It is as it was before the run.".to_owned());
        }
        if self.ours.iter().any(|ours| ours.is_same(found)) {
            let back = Change::of(&self.target, found.clone(), self.former.clone(), true);
            if let Some(back) = back {
                return State::Change(back);
            }
        }
        if let (Target::Role { .. }, Content::Text(_)) = (&self.target, &self.former) {
            return State::blocked(
                Obstacle::Changed,
                "Somebody made a role of this name after the run, and a role that is there is never taken over.",
                "Should the former one be wanted all the same, the record of the run has it.",
            );
        }
        if let (Target::Role { .. }, Some(ours)) = (&self.target, self.ours.last()) {
            let what = what_was_added(ours, found);
            let maker = |content: &Content| content.role()?.maker().map(str::to_owned);
            let remedy = if maker(ours) == maker(found) {
                "What else the run gave it is taken away. Should it go all the same, delete it in the IAM console."
            } else {
                "It is left alone with all that is on it. Look at the role in the IAM console."
            };
            return State::blocked(
                Obstacle::Changed,
                format!("The role is no longer as the run left it ({what}), so it stays."),
                remedy,
            )
            .with_difference(Some(Difference {
                expected: ours.clone(),
                found: found.clone(),
            }));
        }
        let reason = match (&self.target, found) {
            (Target::Tier { .. }, _) => "The tier was changed after the run, so it is left alone.",
            (Target::Trust { .. }, Content::Absent) => {
                "The role was deleted after the run, so nothing is put back."
            }
            (_, Content::Absent) => "The policy was deleted after the run, so nothing is put back.",
            _ => "Somebody changed it after the run, so it is left alone.",
        };
        let expected = self.ours.last().cloned();
        State::blocked(
            Obstacle::Changed,
            reason,
            "Should the former value be wanted all the same, the record of the run has it.",
        )
        .with_document(self.former.text().map(str::to_owned))
        .with_difference(expected.map(|expected| Difference {
            expected,
            found: found.clone(),
        }))
    }
}

/// Returns in a few words what somebody did to a role since a run left it.
fn what_was_added(ours: &Content, found: &Content) -> String {
    let (Some(ours), Some(found)) = (ours.role(), found.role()) else {
        return "it cannot be compared".to_owned();
    };
    let mut parts = Vec::new();
    let names = |names: &[String]| names.join(", ");
    if !found.inline_policies.is_empty() {
        parts.push(format!(
            "inline policies: {}",
            names(&found.inline_policies)
        ));
    }
    if !found.attached_policies.is_empty() {
        parts.push(format!(
            "attached policies: {}",
            names(&found.attached_policies)
        ));
    }
    if !found.does_the_same(&ours) {
        parts.push("another trust policy or permissions boundary".to_owned());
    }
    if found.maker() != ours.maker() {
        parts.push("without the run's tag, so that it may be another one".to_owned());
    }
    if parts.is_empty() {
        parts.push("another path or description".to_owned());
    }
    parts.join("; ")
}
