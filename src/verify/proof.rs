//! Does it work? The policy simulator is asked afterwards about each role that has everything, and beforehand about what
//! would stand in the way of a plan.

use futures::stream::{self, StreamExt};

use super::claim::{Claim, Proved, Verdict};
use crate::account::Account;
use crate::model::Denial;
use crate::plan::readiness::{Basis, Readiness};
use crate::plan::{Item, Plan, State, Target};
use crate::policy::template::RolePolicy;

/// The simulator is easily throttled.
const AT_ONCE: usize = 2;

/// Asks about every chosen role of which everything is in place, in the plan's order.
pub async fn prove(account: &Account, plan: &Plan) -> Vec<Proved> {
    let is_in_place = |item: &Item| matches!(item.state, State::InPlace(_));
    let claims = claims(plan, is_in_place)
        .into_iter()
        .map(|(role, claim)| (role, claim, Vec::new()))
        .collect();
    ask(account, plan, claims).await
}

/// Who can connect by what was found and by what the simulator says of it.
pub fn readiness(plan: &Plan, proved: &[Proved]) -> Option<Readiness> {
    let mut readiness = Readiness::of(plan, Basis::Found)?;
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
    let claims = claims(plan, will_be_in_place)
        .into_iter()
        .filter(|(_, claim)| claim.is_serious())
        .filter(|(role, _)| plan.of_role(role).any(|item| item.change().is_some()))
        .map(|(role, claim)| {
            let policies = policies_to_come(plan, &role);
            (role, claim, policies)
        })
        .collect();
    let mut wrong = ask(account, plan, claims).await;
    wrong.retain(|proved| match proved.verdict {
        Verdict::True | Verdict::Shared => false,
        Verdict::Wrong(Some(Denial::Boundary)) | Verdict::Doubtful | Verdict::Unknown(_) => true,
        // It may come from a policy that will be replaced, which the simulator still sees.
        Verdict::Wrong(Some(_)) => !is_replaced(plan, &proved.role, "\"Deny\""),
        Verdict::Wrong(None) => !is_replaced(plan, &proved.role, "\"Allow\""),
    });
    wrong
}

async fn ask(
    account: &Account,
    plan: &Plan,
    claims: Vec<(String, Claim, Vec<String>)>,
) -> Vec<Proved> {
    stream::iter(claims)
        .map(|(role, claim, policies)| async move {
            let verdict = match plan.role_arns.get(&role) {
                Some(arn) => {
                    let verdict = claim.ask(account, plan, arn, &policies).await;
                    if verdict == Verdict::True && is_shared(plan, &role, claim) {
                        Verdict::Shared
                    } else {
                        verdict
                    }
                }
                None => Verdict::Unknown("The role was not read.".to_owned()),
            };
            Proved {
                role,
                claim,
                verdict,
            }
        })
        .buffered(AT_ONCE)
        .collect()
        .await
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
fn claims(plan: &Plan, counts: impl Fn(&Item) -> bool) -> Vec<(String, Claim)> {
    let mut claims = Vec::new();
    for item in &plan.items {
        let Target::Policy { role, policy } = &item.target else {
            continue;
        };
        if !plan.of_role(role).all(&counts) || !plan.role_arns.contains_key(role) {
            continue;
        }
        let of_policy: &[Claim] = match policy {
            RolePolicy::Server => &Claim::OF_SAGEMAKER_ROLES,
            RolePolicy::Client => &Claim::OF_CLIENTS,
        };
        claims.extend(of_policy.iter().map(|claim| (role.clone(), *claim)));
    }
    claims
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
