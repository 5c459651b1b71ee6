//! The proof that no simulator gives: a real activation, made with each SageMaker role and deleted at once. It writes, so
//! it happens on request alone; what it makes is found again by its tag, should it be cut off.

use std::sync::Arc;
use std::time::Duration;

use futures::stream::{self, StreamExt};
use tokio_util::sync::CancellationToken;

use super::preflight::{Need, Preflight};
use crate::account::{Account, AttemptSink, CallError, ErrorKind};
use crate::model::Denial;
use crate::plan::readiness::Readiness;
use crate::plan::{Plan, State, Target};
use crate::text::seconds;

/// How often a role is tried before it counts as refused; with the pauses, about a minute and a half.
const TRIES: u32 = 12;
const LONGEST_PAUSE: Duration = Duration::from_secs(10);
/// How often it is looked whether all has gone.
const MAX_READINGS: u32 = 5;
const BETWEEN_READINGS: Duration = Duration::from_secs(1);
const REGIONS_AT_ONCE: usize = 16;

/// What came of a role.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trial {
    /// Systems Manager made an activation with it.
    Works,
    /// Systems Manager still refused it after so many tries.
    Refused { tries: u32, why: String },
    /// Nobody knows; the sentence says why.
    Unknown(String),
}

impl Trial {
    /// Its word in the JSON output.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Works => "works",
            Self::Refused { .. } => "refused",
            Self::Unknown(_) => "unknown",
        }
    }

    /// Returns why it does not work, or is not known to; none where it works.
    pub fn why(&self) -> Option<&str> {
        match self {
            Self::Works => None,
            Self::Refused { why, .. } | Self::Unknown(why) => Some(why),
        }
    }
}

/// An activation of this program's that may still be there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RemainingActivation {
    pub region: String,
    /// None where it is not known whether there is one.
    pub id: Option<String>,
    pub why: String,
}

/// What a live check came to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Live {
    pub region: String,
    /// By role.
    pub trials: Vec<(String, Trial)>,
    /// What other checks had made, and was removed: region and ID.
    pub removed: Vec<(String, String)>,
    pub remaining: Vec<RemainingActivation>,
}

impl Live {
    /// Returns whether nothing was tried, and nothing found.
    pub fn is_empty(&self) -> bool {
        self.trials.is_empty() && self.removed.is_empty() && self.remaining.is_empty()
    }

    /// Takes back that containers can register under roles that were refused.
    pub fn take_back(&self, readiness: &mut Readiness) {
        for (role, trial) in &self.trials {
            if let Trial::Refused { why, .. } = trial {
                let why = format!("Systems Manager refused the role. {why}");
                readiness.deny(role, true, &why);
            }
        }
    }

    /// Returns whether every role works, and nothing was left behind.
    pub fn is_good(&self) -> bool {
        let works = |(_, trial): &(String, Trial)| *trial == Trial::Works;
        self.trials.iter().all(works) && self.remaining.is_empty()
    }
}

/// The SageMaker roles that a live check would try: those of which everything is in place.
pub fn roles(plan: &Plan) -> Vec<&str> {
    let in_place = |role: &str| {
        let mut items = plan.of_role(role);
        items.all(|item| matches!(item.state, State::InPlace(_)))
    };
    plan.items
        .iter()
        .filter_map(|item| match &item.target {
            Target::Trust { role } if in_place(role) => Some(role.as_str()),
            Target::Role { role }
                if plan.choices.sagemaker_roles.contains(role) && in_place(role) =>
            {
                Some(role.as_str())
            }
            _ => None,
        })
        .filter(|role| plan.role_arns.contains_key(*role))
        .collect()
}

/// Where sentences of what goes on are said.
pub type Say = Arc<dyn Fn(String) + Send + Sync>;

/// Removes left-overs, tries each role, and reads back that nothing stays. Says in sentences what goes on. Cancelled, it
/// makes nothing more and ends; what was made is deleted first.
pub async fn check(
    account: &Account,
    plan: &Plan,
    region: &str,
    cancel: &CancellationToken,
    say: Say,
) -> Live {
    let mut live = Live {
        region: region.to_owned(),
        ..Live::default()
    };
    let retried = Arc::clone(&say);
    // What the SDK tries again by itself is said, too.
    let account = &account.observed_by(AttemptSink::new(move |retry| {
        let (reason, waited) = (&retry.reason, seconds(retry.waited));
        retried(format!(
            "AWS answered {reason}; try {} after {waited}.",
            retry.attempt
        ));
    }));
    let mut regions = plan.choices.regions.clone();
    if !regions.iter().any(|chosen| chosen == region) {
        regions.push(region.to_owned());
    }
    say("Looking for activations that an earlier check left behind.".to_owned());
    let cleaning = stream::iter(regions)
        .map(|region| async move {
            let cleaned = cleanup(account, &region, false).await;
            (region, cleaned)
        })
        .buffered(REGIONS_AT_ONCE)
        .collect::<Vec<(String, Cleanup)>>();
    let roles = roles(plan);
    let stopped = |mut live: Live| {
        let unknown = |role: &&str| {
            let why = "It was stopped before anything was made.".to_owned();
            ((*role).to_owned(), Trial::Unknown(why))
        };
        live.trials = roles.iter().map(unknown).collect();
        live
    };
    // Nothing of this check is there yet, so that whoever stops it need not wait.
    let cleaned = tokio::select! {
        cleaned = cleaning => cleaned,
        () = cancel.cancelled() => return stopped(live),
    };
    let mut blocker = None;
    for (swept_region, mut cleaned) in cleaned {
        for id in &cleaned.removed {
            say(format!(
                "Removed the activation {id} in {swept_region}, which another check had made."
            ));
        }
        if swept_region == region {
            blocker = cleaned.trouble().map(str::to_owned);
            if !roles.is_empty() && !cleaned.remains() {
                // It is said of each role.
                cleaned.end = Ok(());
            }
        }
        live.add(&swept_region, cleaned);
    }
    // What could not be deleted again, or found again, is not made.
    if blocker.is_none() {
        blocker = tokio::select! {
            blocker = may_not_delete(account, plan, region) => blocker,
            () = cancel.cancelled() => return stopped(live),
        };
    }
    if roles.is_empty() {
        say("No SageMaker role has everything in place, so there is none to try.".to_owned());
    }
    let mut made = Vec::new();
    for role in &roles {
        let trial = if let Some(why) = &blocker {
            Trial::Unknown(format!("Nothing was made. {why}"))
        } else {
            let name = name_for_systems_manager(plan, role);
            try_out(account, region, role, &name, cancel, &mut made, &say).await
        };
        live.trials.push(((*role).to_owned(), trial));
    }
    if !made.is_empty() {
        say("Reading back that nothing stayed behind.".to_owned());
        delete_created(account, region, made, &mut live).await;
    }
    live
}

/// Something that a try has made, or may have made.
#[derive(Debug)]
enum Created {
    /// Deleted, as AWS says.
    Deleted(String),
    /// There, and AWS did not say that it was deleted.
    Kept(String),
    /// Unknown there: the answer did not come.
    Unknown(String),
}

/// Deletes what is still there of what was made, and reads back that it has gone.
async fn delete_created(account: &Account, region: &str, made: Vec<Created>, live: &mut Live) {
    let mut own: Vec<String> = Vec::new();
    let mut lost = None;
    for one in made {
        match one {
            Created::Deleted(id) => own.push(id),
            // The list may not show it yet, so it is deleted by its name.
            Created::Kept(id) => {
                if let Err(why) = delete(account, region, &id).await {
                    live.remaining.push(RemainingActivation {
                        region: region.to_owned(),
                        id: Some(id.clone()),
                        why,
                    });
                }
                own.push(id);
            }
            Created::Unknown(why) => lost = Some(why),
        }
    }
    let mut cleaned = cleanup(account, region, lost.is_some()).await;
    let others = |id: &String| !own.contains(id);
    cleaned.removed.retain(others);
    let found_lost = !cleaned.removed.is_empty();
    if lost.is_some() {
        // What was found is what was lost.
        cleaned.removed.clear();
    }
    let known = |id: &String| {
        live.remaining
            .iter()
            .any(|left| left.id.as_ref() == Some(id))
    };
    if let Err((remaining, _)) = &mut cleaned.end {
        remaining.retain(|id| !known(id));
    }
    live.add(region, cleaned);
    if let Some(why) = lost.filter(|_| !found_lost) {
        live.remaining.push(RemainingActivation {
            region: region.to_owned(),
            id: None,
            why,
        });
    }
}

/// Deletes an activation, in several tries; or says why AWS did not.
async fn delete(account: &Account, region: &str, id: &str) -> Result<(), String> {
    let mut look = 1;
    loop {
        match account.delete_activation(region, id).await {
            Ok(()) => return Ok(()),
            Err(error) if look == MAX_READINGS || !error.is_passing() => {
                return Err(error.to_string());
            }
            Err(_) => tokio::time::sleep(BETWEEN_READINGS).await,
        }
        look += 1;
    }
}

impl Live {
    fn add(&mut self, region: &str, cleaned: Cleanup) {
        let removed = cleaned.removed.into_iter();
        self.removed
            .extend(removed.map(|id| (region.to_owned(), id)));
        if let Err((remaining, why)) = cleaned.end {
            let one = |id| RemainingActivation {
                region: region.to_owned(),
                id,
                why: why.clone(),
            };
            if remaining.is_empty() {
                self.remaining.push(one(None));
            }
            let known = remaining.into_iter().map(|id| one(Some(id)));
            self.remaining.extend(known);
        }
    }
}

/// What came of removing what this program made in a region.
#[derive(Debug)]
struct Cleanup {
    removed: Vec<String>,
    /// That nothing is left was read; or what AWS showed at last, and why it is not known to have gone.
    end: Result<(), (Vec<String>, String)>,
}

impl Cleanup {
    fn trouble(&self) -> Option<&str> {
        let trouble = self.end.as_ref().err();
        trouble.map(|(_, why)| why.as_str())
    }

    /// Returns whether AWS showed something at last.
    fn remains(&self) -> bool {
        self.end.as_ref().is_err_and(|(ids, _)| !ids.is_empty())
    }
}

/// Deletes this program's activations in a region, and reads back that they have gone. What may still arrive is looked for
/// several times.
async fn cleanup(account: &Account, region: &str, may_arrive: bool) -> Cleanup {
    let mut seen: Vec<String> = Vec::new();
    let mut end = Ok(());
    for look in 0..MAX_READINGS {
        if look > 0 {
            tokio::time::sleep(BETWEEN_READINGS).await;
        }
        match account.own_activations(region).await {
            Ok(ids) if ids.is_empty() => {
                end = Ok(());
                if !may_arrive {
                    break;
                }
            }
            Ok(ids) => {
                let mut why = "AWS still shows it after it was deleted.".to_owned();
                for id in &ids {
                    if let Err(error) = account.delete_activation(region, id).await {
                        why = error.to_string();
                    }
                    if !seen.contains(id) {
                        seen.push(id.clone());
                    }
                }
                end = Err((ids, why));
            }
            Err(error) => {
                let gives_up = !error.is_passing();
                let remaining = end.err().map(|(ids, _)| ids).unwrap_or_default();
                end = Err((remaining, error.to_string()));
                if gives_up {
                    break;
                }
            }
        }
    }
    let remains = |id: &String| end.as_ref().is_err_and(|(ids, _)| ids.contains(id));
    seen.retain(|id| !remains(id));
    Cleanup { removed: seen, end }
}

/// Returns why this identity could not delete what it would make; none where that is allowed, or not known.
async fn may_not_delete(account: &Account, plan: &Plan, region: &str) -> Option<String> {
    let need = Need {
        action: "ssm:DeleteActivation",
        resource: "*".to_owned(),
    };
    let there = [("aws:RequestedRegion", region)];
    let preflight = Preflight::within(account, &plan.identity, vec![need], &there).await;
    // About the organization's policies the simulator is not always right.
    let denied = preflight.denied(|denial| denial != Denial::Organization);
    (!denied.is_empty()).then(|| {
        "By the policy simulator, this identity may not call ssm:DeleteActivation, and what is made has to be deleted \
         again."
            .to_owned()
    })
}

/// `service-role/Name`: how SageMaker SSH Helper hands a role to Systems Manager.
fn name_for_systems_manager(plan: &Plan, role: &str) -> String {
    let arn = plan.role_arns.get(role);
    let after = arn.and_then(|arn| arn.split_once(":role/"));
    after.map_or_else(|| role.to_owned(), |(_, name)| name.to_owned())
}

/// Tries one role until it is taken, refused for good, or given up. What it made, or may have made, is added.
async fn try_out(
    account: &Account,
    region: &str,
    role: &str,
    name: &str,
    cancel: &CancellationToken,
    made: &mut Vec<Created>,
    say: &Say,
) -> Trial {
    for attempt in 1..=TRIES {
        if cancel.is_cancelled() {
            break;
        }
        say(format!("Creating an activation with {role} in {region}."));
        let error = match account.create_activation(region, name).await {
            Ok(id) => {
                say(format!(
                    "Systems Manager made the activation {id}; deleting it."
                ));
                // Whether it has gone is read back for all of them.
                made.push(match account.delete_activation(region, &id).await {
                    Ok(()) => Created::Deleted(id),
                    Err(error) => {
                        say(error.sentence());
                        Created::Kept(id)
                    }
                });
                return Trial::Works;
            }
            Err(error) => error,
        };
        if error.may_have_taken_effect() {
            made.push(Created::Unknown(error.sentence()));
        }
        let is_waiting = error.kind == ErrorKind::UnusableRole;
        let again = is_waiting || matches!(error.kind, ErrorKind::Throttled | ErrorKind::Busy);
        if !again {
            return Trial::Unknown(error.to_string());
        }
        if attempt == TRIES {
            return given_up(is_waiting, &error);
        }
        let pause = LONGEST_PAUSE.min(Duration::from_secs(1 << (attempt - 1).min(5)));
        let what = if is_waiting {
            "Systems Manager does not accept the role yet. IAM needs a while to spread what was changed."
        } else {
            "AWS asks for patience."
        };
        say(format!(
            "{what} Try {} of {TRIES} follows in {} s.",
            attempt + 1,
            pause.as_secs()
        ));
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            () = cancel.cancelled() => {}
        }
    }
    let why = "It was stopped before Systems Manager accepted the role.".to_owned();
    Trial::Unknown(why)
}

fn given_up(was_refused: bool, error: &CallError) -> Trial {
    if was_refused {
        Trial::Refused {
            tries: TRIES,
            why: error.to_string(),
        }
    } else {
        Trial::Unknown(error.to_string())
    }
}
