//! Does it work? The policy simulator is asked afterwards about each role that has everything, and beforehand about what
//! would stand in the way of a plan.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;
use std::time::Duration;

use super::assertion::{self, Assertion, CheckResult, Verdict};
use crate::account::Account;
use crate::model::Denial;
use crate::plan::readiness::{Basis, Readiness, judged};
use crate::plan::{Item, Plan, State, Target};
use crate::policy::template::RolePolicy;

/// What the simulator says of a plan's roles as they are.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Proof {
    /// What has to be true of the roles that can be used.
    pub assertions: Vec<CheckResult>,
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
    let asked = assertions(plan, |item| stands(item, Basis::Found))
        .into_iter()
        .map(|(role, assertions)| (role, assertions, Vec::new()));
    let mut proof = Proof {
        assertions: ask(account, plan, asked.collect(), &refused).await,
        given: BTreeSet::new(),
    };
    for item in plan
        .items
        .iter()
        .filter(|item| judged(item, Basis::Found).0 == Some(false) && is_there(plan, item))
    {
        let Target::Policy { role, policy } = &item.target else {
            continue;
        };
        let asked = vec![(role.clone(), of_policy(plan, *policy), Vec::new())];
        let proved = ask(account, plan, asked, &refused).await;
        if gives_all(&proved) {
            proof.given.insert((role.clone(), *policy));
            proof.assertions.extend(proved);
        }
    }
    proof
}

/// The same just after something was written: what no policy seems to allow yet is asked about again.
pub async fn prove_after_writes(account: &Account, plan: &Plan) -> Proof {
    let mut proof = prove(account, plan).await;
    for wait in LAG {
        let is_late = |proved: &CheckResult| {
            proved.is_an_obstacle() && proved.verdict == Verdict::Wrong(Some(Denial::NotAllowed))
        };
        if !proof.assertions.iter().any(is_late) {
            break;
        }
        tokio::time::sleep(wait).await;
        proof = prove(account, plan).await;
    }
    proof
}

/// Returns whether the needs of each policy of these items are met by whatever policies the role has; none where that
/// is not known.
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
        let mut assertions = of_policy(plan, *policy);
        assertions.retain(|assertion| assertion.is_needed());
        let asked = vec![(role.clone(), assertions, Vec::new())];
        let proved = ask(account, plan, asked, &refused).await;
        let answer = if gives_all(&proved) {
            Some(true)
        } else {
            proved
                .iter()
                .any(CheckResult::is_an_obstacle)
                .then_some(false)
        };
        met.insert((role.clone(), *policy), answer);
    }
    met
}

fn gives_all(proved: &[CheckResult]) -> bool {
    let mut needed = proved
        .iter()
        .filter(|proved| proved.assertion.is_needed())
        .peekable();
    needed.peek().is_some() && needed.all(|proved| proved.verdict == Verdict::True)
}

/// Returns whether an item is no hindrance.
fn stands(item: &Item, basis: Basis) -> bool {
    judged(item, basis).0 == Some(true)
}

/// Returns whether the item's role is there: of one that is to be made, the simulator knows nothing.
fn is_there(plan: &Plan, item: &Item) -> bool {
    item.target
        .role()
        .is_none_or(|role| !plan.is_to_be_made(role))
}

/// Returns who can connect by what was found and by what the simulator says of it.
pub fn readiness(plan: &Plan, proof: &Proof) -> Option<Readiness> {
    let mut readiness = Readiness::with(plan, Basis::Found, &proof.given)?;
    take_back(&mut readiness, &proof.assertions);
    Some(readiness)
}

/// Returns who can connect after a plan, or, where it changes nothing, by what was found; as the simulator sees it,
/// too.
pub async fn outlook(account: &Account, plan: &Plan) -> Option<(Readiness, Basis)> {
    let (mut readiness, basis) = Readiness::predicted(plan)?;
    if basis == Basis::Planned {
        take_back(&mut readiness, &foresee(account, plan).await);
    } else {
        readiness = self::readiness(plan, &prove(account, plan).await)?;
    }
    Some((readiness, basis))
}

/// Returns who can connect after a plan, without those to whom the simulator said that something will be denied.
pub fn predicted(plan: &Plan, foreseen: &[CheckResult]) -> Option<(Readiness, Basis)> {
    let (mut readiness, basis) = Readiness::predicted(plan)?;
    take_back(&mut readiness, foreseen);
    Some((readiness, basis))
}

/// Takes back what the simulator denies, or will deny.
fn take_back(readiness: &mut Readiness, proved: &[CheckResult]) {
    for proved in proved.iter().filter(|proved| proved.is_an_obstacle()) {
        let why = proved.reason().unwrap_or_default();
        let is_about_containers = proved.assertion.is_about_containers();
        readiness.deny(&proved.role, is_about_containers, &why);
    }
}

/// Returns what will be wrong, or is not known, of a plan's roles, although it was carried out: a boundary, a denial or
/// the organization takes back what the policies give, or another policy opens what has to stay closed.
pub async fn foresee(account: &Account, plan: &Plan) -> Vec<CheckResult> {
    if plan.undoes.is_some() {
        return Vec::new();
    }
    let asked = assertions(plan, |item| {
        stands(item, Basis::Planned) && is_there(plan, item)
    })
    .into_iter()
    .map(|(role, mut assertions)| {
        assertions.retain(|assertion| assertion.is_serious());
        let policies = policies_to_come(plan, &role);
        (role, assertions, policies)
    });
    let mut wrong = ask(account, plan, asked.collect(), &OnceLock::new()).await;
    wrong.retain(|proved| match proved.verdict {
        Verdict::True | Verdict::Shared => false,
        Verdict::Wrong(Some(Denial::Boundary)) | Verdict::Inconclusive | Verdict::Unknown(_) => {
            true
        }
        // It may come from a policy that will be replaced, which the simulator still sees.
        Verdict::Wrong(Some(_)) => !is_replaced(plan, &proved.role, "\"Deny\""),
        Verdict::Wrong(None) => !is_replaced(plan, &proved.role, "\"Allow\""),
    });
    wrong
}

/// Asks about the assertions of each role, one role after the other: the simulator is easily throttled.
async fn ask(
    account: &Account,
    plan: &Plan,
    roles: Vec<(String, Vec<Assertion>, Vec<String>)>,
    refused: &OnceLock<String>,
) -> Vec<CheckResult> {
    let mut proved = Vec::new();
    for (role, assertions, policies) in roles {
        let Some(arn) = plan.role_arns.get(&role) else {
            continue;
        };
        for (assertion, verdict, actions) in
            assertion::ask(account, plan, arn, &assertions, &policies, refused).await
        {
            let is_shared = verdict == Verdict::True && is_shared(plan, &role, assertion);
            let verdict = if is_shared { Verdict::Shared } else { verdict };
            proved.push(CheckResult {
                role: role.clone(),
                assertion,
                verdict,
                actions,
            });
        }
    }
    proved
}

/// Returns whether an assertion about other people's nodes separates nobody: SageMaker opens all sessions of an
/// execution role under one name, so everybody who connects from Studio with it has one user ID.
fn is_shared(plan: &Plan, role: &String, assertion: Assertion) -> bool {
    let choices = &plan.choices;
    assertion == Assertion::StartsNobodyElsesSessions
        && choices.connect_from.uses_studio()
        && choices.sagemaker_roles.contains(role)
}

/// Returns what has to be true of each role all of whose items are as asked for.
fn assertions(plan: &Plan, counts: impl Fn(&Item) -> bool) -> Vec<(String, Vec<Assertion>)> {
    let mut roles: Vec<(String, Vec<Assertion>)> = Vec::new();
    for item in &plan.items {
        let Target::Policy { role, policy } = &item.target else {
            continue;
        };
        if !plan.of_role(role).all(&counts) {
            continue;
        }
        let assertions = of_policy(plan, *policy);
        match roles.iter_mut().find(|(known, _)| known == role) {
            // A role that both are about, as from Studio: what holds for both is asked once.
            Some((_, known)) => known.extend(
                assertions
                    .into_iter()
                    .filter(|assertion| *assertion != Assertion::TagsNoNodes),
            ),
            None => roles.push((role.clone(), assertions)),
        }
    }
    roles
}

fn of_policy(plan: &Plan, policy: RolePolicy) -> Vec<Assertion> {
    match policy {
        RolePolicy::Server => Assertion::OF_SAGEMAKER_ROLES.to_vec(),
        RolePolicy::Client => Assertion::of_clients(plan.choices.shell_access).collect(),
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

/// Returns whether the plan replaces a policy of the role that may have statements of this effect.
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
