//! What was probably done in place of a step: the usual mistakes, told from what was read anyway.

use super::{Extended, Guide, StepStatus, extended, is_of_permission_set, reading};
use crate::model::{RoleReading, Survey, Tier, TierReading};
use crate::plan::{Item, Plan, Target};
use crate::policy::template::{Place, RolePolicy};
use crate::policy::{Document, deviation, meaning};

/// Two names of which one may be the other mistyped.
const MISTYPED: usize = 3;

impl Guide {
    /// Returns a sentence for each mistake that explains why the step is not in place.
    pub(super) fn hints(&self, item: &Item, plan: &Plan, survey: &Survey) -> Vec<String> {
        match (&item.target, self.status(item, survey)) {
            (Target::Tier { region }, StepStatus::NotYet) => self.other_regions(region, survey),
            (Target::Policy { role, policy }, status) => match status {
                StepStatus::NotYet if !is_of_permission_set(&item.target, survey) => {
                    let mut hints = under_another_name(role, *policy, plan, survey);
                    hints.extend(self.on_another_role(role, *policy, plan, survey));
                    hints
                }
                StepStatus::Differs(_) => the_other_policy(&item.target, *policy, plan, survey)
                    .into_iter()
                    .collect(),
                _ => Vec::new(),
            },
            (target @ Target::Trust { .. }, _) => self.gone_again(target, survey),
            _ => Vec::new(),
        }
    }

    /// Returns statements that others added since the guide began, and that are gone again.
    fn gone_again(&self, target: &Target, survey: &Survey) -> Vec<String> {
        let gone = self.added_and_gone(target, survey).into_iter();
        gone.map(|statement| {
            format!(
                "Somebody added {} since the guide began, and it is gone again. The text below brings it back, should a paste \
                 have taken it out.",
                deviation::name(statement)
            )
        })
        .collect()
    }

    /// Returns regions in which the tier was turned on since the guide began, and which are not chosen.
    fn other_regions(&self, region: &str, survey: &Survey) -> Vec<String> {
        let is_on = |tier: &TierReading| matches!(tier, TierReading::Known { tier, .. } if *tier == Tier::Advanced);
        let turned_on = survey.tiers.iter().filter(|(other, now)| {
            let before = self.first_tiers.get(*other);
            *other != region && is_on(now) && before.is_some_and(|before| !is_on(before))
        });
        turned_on
            .filter(|(other, _)| !self.choices.regions.contains(other))
            .map(|(other, _)| {
                format!(
                    "In {other} the tier was turned on since the guide began: that is another region. The console has to show \
                     {region} at the top right."
                )
            })
            .collect()
    }

    /// Returns other chosen roles that got the policy since the guide began, and are not to have it.
    fn on_another_role(
        &self,
        role: &str,
        policy: RolePolicy,
        plan: &Plan,
        survey: &Survey,
    ) -> Vec<String> {
        let chosen = plan.choices.sagemaker_roles.iter();
        let chosen = chosen.chain(&plan.choices.user_roles);
        let mut hints = Vec::new();
        for other in chosen.filter(|other| *other != role) {
            let target = Target::Policy {
                role: other.clone(),
                policy,
            };
            let is_planned = plan.items.iter().any(|item| item.target == target);
            let now = reading(&target, survey);
            let has_it = now.is_some_and(|now| now.inline.contains_key(policy.name()));
            let before = self.first_policies.get(other);
            let before = before.is_some_and(|before| before.contains_key(policy.name()));
            if has_it && !before && !is_planned {
                hints.push(format!(
                    "{other} has got a policy of this name since the guide began: that is another role. Delete it there."
                ));
            }
        }
        hints
    }
}

fn wanted(role: &str, policy: RolePolicy, plan: &Plan) -> Option<Document> {
    let place = Place::of(&plan.identity);
    match policy {
        RolePolicy::Server => place.server_policy(&plan.role_arn(role)).ok(),
        RolePolicy::Client => place.client_policy(plan.choices.shell_access).ok(),
    }
}

/// Returns policies of the role that say what is wanted under another name, or have nearly that name.
fn under_another_name(role: &str, policy: RolePolicy, plan: &Plan, survey: &Survey) -> Vec<String> {
    let target = Target::Policy {
        role: role.to_owned(),
        policy,
    };
    let (Some(reading), Some(wanted)) = (reading(&target, survey), wanted(role, policy, plan))
    else {
        return Vec::new();
    };
    let says_it =
        |text: &str| Document::parse(text).is_ok_and(|document| meaning::same(&document, &wanted));
    let mut hints = Vec::new();
    let others = reading.inline.iter();
    for (name, text) in others.filter(|(name, _)| RolePolicy::named(name).is_none()) {
        let is_near =
            strsim::damerau_levenshtein(&name.to_lowercase(), &policy.name().to_lowercase())
                <= MISTYPED;
        if says_it(text) {
            hints.push(format!(
                "The role has an inline policy {name} that says the same: it works like this, and only its name differs. \
                 Create it once more under the right name, and delete that one."
            ));
        } else if is_near {
            hints.push(format!(
                "The role has an inline policy {name}: nearly the name, and its text differs. Create it once more under the \
                 right name with the text below, and delete that one."
            ));
        }
    }
    hints.extend(by_managed_policy(reading, &says_it));
    hints
}

fn by_managed_policy(reading: &RoleReading, says_it: &dyn Fn(&str) -> bool) -> Vec<String> {
    let attached = reading.attached.iter();
    let same = attached.filter(|policy| policy.document.as_deref().is_some_and(says_it));
    same.map(|policy| {
        format!(
            "The attached policy {} says the same: it works like this. This program knows it only as an inline policy of the \
             name below, or a managed one of that name.",
            policy.name
        )
    })
    .collect()
}

/// Returns that the text of the other policy stands under this one's name.
fn the_other_policy(
    target: &Target,
    policy: RolePolicy,
    plan: &Plan,
    survey: &Survey,
) -> Option<String> {
    let role = target.role()?;
    let found = match extended(target, survey) {
        Extended::There(document) => document,
        _ => Document::parse(reading(target, survey)?.inline.get(policy.name())?.as_str()).ok()?,
    };
    let other = match policy {
        RolePolicy::Server => RolePolicy::Client,
        RolePolicy::Client => RolePolicy::Server,
    };
    let other_text = wanted(role, other, plan)?;
    meaning::same(&found, &other_text).then(|| {
        format!(
            "This is the text of {}. The right one stands below.",
            other.name()
        )
    })
}
