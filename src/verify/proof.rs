//! Does it work? The policy simulator is asked afterwards about each role that has everything, and beforehand about what
//! would stand in the way of a plan.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;
use std::time::Duration;

use super::claim::{self, Claim, Proved, Verdict};
use crate::account::Account;
use crate::model::Denial;
use crate::plan::readiness::{Basis, Readiness, judged};
use crate::plan::{Item, Plan, State, Target};
use crate::policy::template::RolePolicy;

/// What the simulator says of a plan's roles as they are.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Proof {
    /// What has to be true of the roles that can be used.
    pub claims: Vec<Proved>,
    /// The policies that are not in place, and that other policies of the role make up for.
    pub given: BTreeSet<(String, RolePolicy)>,
}

/// Waits before the simulator is asked once more what it denied: it may not have heard yet of what was just written.
const LAG: [Duration; 2] = [Duration::from_secs(2), Duration::from_secs(4)];

/// Asks about every chosen role of which everything is in place, in the plan's order, and whether other policies make up for
/// those that are not.
pub async fn prove(account: &Account, plan: &Plan) -> Proof {
    if plan.undoes.is_some() {
        return Proof::default();
    }
    let refused = OnceLock::new();
    let asked = claims(plan, |item| stands(item, Basis::Found))
        .into_iter()
        .map(|(role, claims)| (role, claims, Vec::new()));
    let mut proof = Proof {
        claims: ask(account, plan, asked.collect(), &refused).await,
        given: BTreeSet::new(),
    };
    for item in plan
        .items
        .iter()
        .filter(|item| judged(item, Basis::Found).0 == Some(false))
    {
        let Target::Policy { role, policy } = &item.target else {
            continue;
        };
        let asked = vec![(role.clone(), of_policy(plan, *policy), Vec::new())];
        let proved = ask(account, plan, asked, &refused).await;
        if gives_all(&proved) {
            proof.given.insert((role.clone(), *policy));
            proof.claims.extend(proved);
        }
    }
    proof
}

/// The same just after something was written: what no policy seems to allow yet is asked about again.
pub async fn prove_after_writes(account: &Account, plan: &Plan) -> Proof {
    let mut proof = prove(account, plan).await;
    for wait in LAG {
        let is_late = |proved: &Proved| {
            proved.is_an_obstacle() && proved.verdict == Verdict::Wrong(Some(Denial::NotAllowed))
        };
        if !proof.claims.iter().any(is_late) {
            break;
        }
        tokio::time::sleep(wait).await;
        proof = prove(account, plan).await;
    }
    proof
}

/// Whether the needs of each policy of these items are met by whatever policies the role has; none where that is not known.
pub async fn needs_met(
    account: &Account,
    plan: &Plan,
    items: &[&Item],
) -> BTreeMap<(String, RolePolicy), Option<bool>> {
    let (mut met, refused) = (BTreeMap::new(), OnceLock::new());
    for item in items {
        let Target::Policy { role, policy } = &item.target else {
            continue;
        };
        let mut claims = of_policy(plan, *policy);
        claims.retain(|claim| claim.is_needed());
        let asked = vec![(role.clone(), claims, Vec::new())];
        let proved = ask(account, plan, asked, &refused).await;
        let answer = if gives_all(&proved) {
            Some(true)
        } else {
            proved.iter().any(Proved::is_an_obstacle).then_some(false)
        };
        met.insert((role.clone(), *policy), answer);
    }
    met
}

fn gives_all(proved: &[Proved]) -> bool {
    let mut needed = proved
        .iter()
        .filter(|proved| proved.claim.is_needed())
        .peekable();
    needed.peek().is_some() && needed.all(|proved| proved.verdict == Verdict::True)
}

/// Whether an item is no hindrance.
fn stands(item: &Item, basis: Basis) -> bool {
    judged(item, basis).0 == Some(true)
}

/// Who can connect by what was found and by what the simulator says of it.
pub fn readiness(plan: &Plan, proof: &Proof) -> Option<Readiness> {
    let mut readiness = Readiness::with(plan, Basis::Found, &proof.given)?;
    take_back(&mut readiness, &proof.claims);
    Some(readiness)
}

/// Who can connect after a plan, or, where it changes nothing, by what was found; as the simulator sees it, too.
pub async fn outlook(account: &Account, plan: &Plan) -> Option<(Readiness, Basis)> {
    let (mut readiness, basis) = Readiness::predicted(plan)?;
    if basis == Basis::Planned {
        take_back(&mut readiness, &foresee(account, plan).await);
    } else {
        readiness = self::readiness(plan, &prove(account, plan).await)?;
    }
    Some((readiness, basis))
}

/// Takes back what the simulator denies, or will deny.
pub fn take_back(readiness: &mut Readiness, proved: &[Proved]) {
    for proved in proved.iter().filter(|proved| proved.is_an_obstacle()) {
        let why = proved.reason().unwrap_or_default();
        let is_about_containers = proved.claim.is_about_containers();
        readiness.deny(&proved.role, is_about_containers, &why);
    }
}

/// What will be wrong, or is not known, of a plan's roles, although it was carried out: a boundary, a denial or the organization
/// takes back what the policies give, or another policy opens what has to stay closed.
pub async fn foresee(account: &Account, plan: &Plan) -> Vec<Proved> {
    if plan.undoes.is_some() {
        return Vec::new();
    }
    let asked = claims(plan, |item| stands(item, Basis::Planned))
        .into_iter()
        .map(|(role, mut claims)| {
            claims.retain(|claim| claim.is_serious());
            let policies = policies_to_come(plan, &role);
            (role, claims, policies)
        });
    let mut wrong = ask(account, plan, asked.collect(), &OnceLock::new()).await;
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
    refused: &OnceLock<String>,
) -> Vec<Proved> {
    let mut proved = Vec::new();
    for (role, claims, policies) in roles {
        let Some(arn) = plan.role_arns.get(&role) else {
            continue;
        };
        for (claim, verdict, actions) in
            claim::ask(account, plan, arn, &claims, &policies, refused).await
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
