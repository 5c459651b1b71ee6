//! Does it work? The policy simulator is asked afterwards about each role that has everything, and beforehand about what
//! would stand in the way of a plan.

use std::collections::BTreeSet;
use std::sync::OnceLock;

use super::claim::{self, Claim, Proved, Verdict};
use crate::account::Account;
use crate::model::Denial;
use crate::plan::readiness::{Basis, Readiness};
use crate::plan::{Item, Plan, State, Target};
use crate::policy::template::RolePolicy;

/// Asks about every chosen role of which everything is in place, in the plan's order.
pub async fn prove(account: &Account, plan: &Plan) -> Vec<Proved> {
    let is_in_place = |item: &Item| matches!(item.state, State::InPlace(_));
    let asked = claims(plan, is_in_place)
        .into_iter()
        .map(|(role, claims)| (role, claims, Vec::new()));
    ask(account, plan, asked.collect()).await
}

/// The roles whose policy is missing, or says something else, and to whom other policies give all that a connection needs.
pub async fn given_by_others(account: &Account, plan: &Plan) -> BTreeSet<(String, RolePolicy)> {
    let mut given = BTreeSet::new();
    for (item, _) in plan.changes().filter(|_| plan.undoes.is_none()) {
        let Target::Policy { role, policy } = &item.target else {
            continue;
        };
        let mut claims = of_policy(plan, *policy);
        claims.retain(|claim| claim.is_needed());
        let proved = ask(account, plan, vec![(role.clone(), claims, Vec::new())]).await;
        if !proved.is_empty() && proved.iter().all(|proved| proved.verdict == Verdict::True) {
            given.insert((role.clone(), *policy));
        }
    }
    given
}

/// Who can connect by what was found and by what the simulator says of it.
pub fn readiness(
    plan: &Plan,
    proved: &[Proved],
    given: &BTreeSet<(String, RolePolicy)>,
) -> Option<Readiness> {
    let mut readiness = Readiness::with(plan, Basis::Found, given)?;
    take_back(&mut readiness, proved);
    Some(readiness)
}

/// Takes back what the simulator denies, or will deny.
pub fn take_back(readiness: &mut Readiness, proved: &[Proved]) {
    for proved in proved.iter().filter(|proved| proved.is_an_obstacle()) {
        let why = proved.reason().unwrap_or_default();
        let is_about_containers = proved.claim.is_about_containers();
        readiness.deny(&proved.role, is_about_containers, &why);
    }
}

/// What will be wrong, or is not known, of the roles that a plan changes, although it was carried out: a boundary, a denial
/// or the organization takes back what the policies give, or another policy opens what has to stay closed.
pub async fn foresee(account: &Account, plan: &Plan) -> Vec<Proved> {
    if plan.undoes.is_some() {
        return Vec::new();
    }
    let will_be_in_place = |item: &Item| !matches!(item.state, State::Blocked { .. });
    let asked = claims(plan, will_be_in_place)
        .into_iter()
        .filter(|(role, _)| plan.of_role(role).any(|item| item.change().is_some()))
        .map(|(role, mut claims)| {
            claims.retain(|claim| claim.is_serious());
            let policies = policies_to_come(plan, &role);
            (role, claims, policies)
        });
    let mut wrong = ask(account, plan, asked.collect()).await;
    wrong.retain(|proved| match proved.verdict {
        Verdict::True | Verdict::Shared => false,
        Verdict::Wrong(Some(Denial::Boundary)) | Verdict::Doubtful | Verdict::Unknown(_) => true,
        // It may come from a policy that will be replaced, which the simulator still sees.
        Verdict::Wrong(Some(_)) => !is_replaced(plan, &proved.role, "\"Deny\""),
        Verdict::Wrong(None) => !is_replaced(plan, &proved.role, "\"Allow\""),
    });
    wrong
}

/// Asks about the claims of each role, one role after the other: the simulator is easily throttled.
async fn ask(
    account: &Account,
    plan: &Plan,
    roles: Vec<(String, Vec<Claim>, Vec<String>)>,
) -> Vec<Proved> {
    let (mut proved, refused) = (Vec::new(), OnceLock::new());
    for (role, claims, policies) in roles {
        let Some(arn) = plan.role_arns.get(&role) else {
            continue;
        };
        for (claim, verdict, actions) in
            claim::ask(account, plan, arn, &claims, &policies, &refused).await
        {
            let is_shared = verdict == Verdict::True && is_shared(plan, &role, claim);
            let verdict = if is_shared { Verdict::Shared } else { verdict };
            proved.push(Proved {
                role: role.clone(),
                claim,
                verdict,
                actions,
            });
        }
    }
    proved
}

/// Whether a claim about other people's nodes separates nobody: SageMaker opens all sessions of an execution role under one
/// name, so everybody who connects from Studio with it has one user ID.
fn is_shared(plan: &Plan, role: &String, claim: Claim) -> bool {
    let choices = &plan.choices;
    claim == Claim::StartsNobodyElsesSessions
        && choices.connect_from.uses_studio()
        && choices.sagemaker_roles.contains(role)
}

/// What has to be true of each role all of whose items are as asked for.
fn claims(plan: &Plan, counts: impl Fn(&Item) -> bool) -> Vec<(String, Vec<Claim>)> {
    let mut roles: Vec<(String, Vec<Claim>)> = Vec::new();
    for item in &plan.items {
        let Target::Policy { role, policy } = &item.target else {
            continue;
        };
        if !plan.of_role(role).all(&counts) {
            continue;
        }
        let claims = of_policy(plan, *policy);
        match roles.iter_mut().find(|(known, _)| known == role) {
            // A role that both are about, as from Studio: what holds for both is asked once.
            Some((_, known)) => known.extend(
                claims
                    .into_iter()
                    .filter(|claim| *claim != Claim::TagsNoNodes),
            ),
            None => roles.push((role.clone(), claims)),
        }
    }
    roles
}

fn of_policy(plan: &Plan, policy: RolePolicy) -> Vec<Claim> {
    match policy {
        RolePolicy::Server => Claim::OF_SAGEMAKER_ROLES.to_vec(),
        RolePolicy::Client => Claim::of_clients(plan.choices.shell_access).collect(),
    }
}

/// The documents of the policies that the plan writes to a role.
fn policies_to_come(plan: &Plan, role: &str) -> Vec<String> {
    plan.of_role(role)
        .filter_map(|item| match (&item.target, &item.state) {
            (Target::Policy { .. }, State::Change(change)) => change.after_text(),
            _ => None,
        })
        .map(str::to_owned)
        .collect()
}

/// Whether the plan replaces a policy of the role that may have statements of this effect.
fn is_replaced(plan: &Plan, role: &str, effect: &str) -> bool {
    plan.of_role(role)
        .any(|item| match (&item.target, &item.state) {
            (Target::Policy { .. }, State::Change(change)) => {
                let before = change.before_text();
                before.is_some_and(|text| text.contains(effect))
            }
            _ => false,
        })
}
