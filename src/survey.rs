//! Reads the account: what is there, as streams and single answers. Writes nothing.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use futures::stream::{self, Stream, StreamExt};
use tokio::time::Instant;

use crate::account::{Account, CallError, ErrorKind};
use crate::backoff::growing_waits;
use crate::model::{
    Choices, Identity, NodeCount, NodeReading, Partition, Region, RoleReading, RoleSummary, Survey,
    TierReading, TierSetting, Unread, UnreadCause,
};
use crate::plan::role_document::{RoleDocument, is_full_access};
use crate::plan::{Content, Target, tier_content};
use crate::policy::template::RolePolicy;
use crate::policy::{Document, trust};
use crate::text::did_you_mean;

/// Regions read or changed side by side. Each has its own endpoint; the number bounds the open connections.
pub const REGIONS_AT_ONCE: usize = 40;
/// Hybrid nodes of a region that are counted; fifty a call.
const MOST_COUNTED: usize = 1000;
/// Roles read side by side, each with three calls at once: IAM is one endpoint with unpublished limits.
const ROLES_AT_ONCE: usize = 2;
/// Single documents of roles that are read side by side.
const DOCUMENTS_AT_ONCE: usize = 6;

/// Why a plan is not gone on with.
#[derive(Debug, thiserror::Error)]
pub enum AnotherAccount {
    #[error(transparent)]
    NotKnown(#[from] CallError),
    #[error(
        "The plan is for the account {planned}, but the credentials now belong to {now}. Nothing was changed."
    )]
    Other { planned: String, now: String },
}

/// Makes sure that the credentials still belong to the account of a plan: they may have been renewed for another one.
///
/// # Errors
/// When they belong to another account, or that cannot be asked.
pub async fn same_account(account: &Account, planned: &Identity) -> Result<(), AnotherAccount> {
    let now = account.identity().await?;
    if now.account == planned.account && now.partition == planned.partition {
        Ok(())
    } else {
        Err(AnotherAccount::Other {
            planned: planned.account.clone(),
            now: now.account,
        })
    }
}

/// One role, with everything that the plan looks at. A reading that contradicts what was written less than a minute ago
/// is made again, see [`RecentWrites`](crate::account::RecentWrites).
///
/// # Errors
/// When any part of it cannot be read.
pub async fn role(account: &Account, name: &str) -> Result<RoleReading, CallError> {
    let mut wait = ConsistencyWait::default();
    loop {
        let managed = RolePolicy::BOTH.map(RolePolicy::name);
        let reading = account.role(name, &managed).await;
        let doubtful = match &reading {
            Ok(reading) => role_doubtful_until(account, reading),
            // A role that was just made does not show everywhere at once.
            Err(error) if error.kind == ErrorKind::NotFound => {
                let role = name.to_owned();
                doubtful_until(account, &Target::Role { role }, None)
            }
            Err(_) => None,
        };
        if !wait.wait(doubtful).await {
            return reading;
        }
    }
}

fn role_doubtful_until(account: &Account, reading: &RoleReading) -> Option<Instant> {
    let role = || reading.name.clone();
    let policies = RolePolicy::BOTH.map(|policy| {
        let target = Target::Policy {
            role: role(),
            policy,
        };
        (target, reading.inline.get(policy.name()))
    });
    let whole = RoleDocument::of_reading(reading).text();
    let mut attached = reading.attached.iter().map(|policy| &policy.arn);
    let full_access = attached.find(|arn| is_full_access(arn));
    let whole = [
        (Target::Role { role: role() }, Some(&whole)),
        (Target::FullAccess { role: role() }, full_access),
        (Target::Trust { role: role() }, Some(&reading.trust)),
    ];
    whole
        .into_iter()
        .chain(policies)
        .filter_map(|(target, text)| doubtful_until(account, &target, text.map(String::as_str)))
        .max()
}

/// The waits of somebody who reads again until what is read may be believed.
struct ConsistencyWait(Box<dyn Iterator<Item = Duration> + Send>);

impl Default for ConsistencyWait {
    fn default() -> Self {
        Self(Box::new(growing_waits()))
    }
}

impl ConsistencyWait {
    /// Waits before a further reading; false when what was read may be believed.
    async fn wait(&mut self, doubtful_until: Option<Instant>) -> bool {
        let Some(until) = doubtful_until else {
            return false;
        };
        let wait = self.0.next().unwrap_or_default();
        tokio::time::sleep_until(until.min(Instant::now() + wait)).await;
        true
    }
}

/// Until when what was found is not to be believed, because this program wrote something else a moment ago.
pub(crate) fn doubtful_until(
    account: &Account,
    target: &Target,
    found: Option<&str>,
) -> Option<Instant> {
    let recent = account.recent_writes();
    recent.doubtful_until(&target.to_string(), found)
}

/// The tier of each region, in the order in which the answers arrive.
pub fn tiers(
    account: &Account,
    regions: Vec<String>,
) -> impl Stream<Item = (String, TierReading)> + Send + 'static {
    let account = account.clone();
    stream::iter(regions)
        .map(move |region| {
            let account = account.clone();
            async move {
                let reading = tier(&account, &region).await;
                (region, reading)
            }
        })
        .buffer_unordered(REGIONS_AT_ONCE)
}

/// Returns how many hybrid nodes each region has, in the order in which the answers arrive.
pub fn node_counts(
    account: &Account,
    regions: Vec<String>,
) -> impl Stream<Item = (String, NodeReading)> + Send + 'static {
    let account = account.clone();
    stream::iter(regions)
        .map(move |region| {
            let account = account.clone();
            async move {
                let nodes = account.hybrid_nodes(&region, MOST_COUNTED).await;
                let count = nodes.map(|(nodes, is_complete)| NodeCount::of(&nodes, is_complete));
                (region, count.map_err(|error| error.sentence()))
            }
        })
        .buffer_unordered(REGIONS_AT_ONCE)
}

/// The tier of one region.
pub async fn tier(account: &Account, region: &str) -> TierReading {
    let target = Target::Tier {
        region: region.to_owned(),
    };
    let mut wait = ConsistencyWait::default();
    let answer = loop {
        let answer = account.tier(region).await;
        let value = answer.as_ref().map(|setting| setting.tier.value());
        let doubtful = value
            .ok()
            .and_then(|value| doubtful_until(account, &target, Some(value)));
        if !wait.wait(doubtful).await {
            break answer;
        }
    };
    match answer {
        Ok(TierSetting {
            tier,
            default,
            pending,
        }) => TierReading::Known {
            tier,
            default,
            pending,
        },
        Err(error) => match error.kind {
            // The home region accepts these credentials, or the caller would not be known: so it is the region.
            ErrorKind::InvalidCredentials => TierReading::NotAccepted,
            ErrorKind::Denied { .. } => TierReading::Denied(error.sentence()),
            _ => TierReading::Failed(error.sentence()),
        },
    }
}

/// Regions that AWS names for SageMaker and that the program was not shipped with. Empty where AWS cannot be asked:
/// the shipped list has to do then.
pub async fn further_regions(account: &Account, partition: &Partition) -> Vec<Region> {
    let shipped = Region::shipped(partition);
    let named = account
        .sagemaker_regions(partition)
        .await
        .unwrap_or_default();
    let mut further: Vec<Region> = named
        .iter()
        .filter(|code| shipped.iter().all(|region| region.code != **code))
        .map(|code| Region::unknown(code))
        .collect();
    further.sort_by(|a, b| a.code.cmp(&b.code));
    further.dedup();
    further
}

/// The caller, with the account's alias where it has one that may be read.
pub async fn with_alias(account: &Account, identity: &Identity) -> Identity {
    let alias = match &identity.alias {
        Some(alias) => Some(alias.clone()),
        None => account.alias().await.unwrap_or_default(),
    };
    Identity {
        alias,
        ..identity.clone()
    }
}

/// Everything that a plan for these choices needs, read anew and side by side. Quotas that may not be read are AWS's own; nodes are
/// not counted.
pub async fn chosen(account: &Account, identity: &Identity, choices: &Choices) -> Survey {
    let names = choices.roles();
    let names: BTreeSet<String> = names.cloned().collect();
    let roles = stream::iter(names)
        .map(|name| async move {
            let reading = role(account, &name).await;
            (name, reading.map_err(|error| error.unread()))
        })
        .buffer_unordered(ROLES_AT_ONCE)
        .collect::<BTreeMap<_, _>>();
    let tiers = tiers(account, choices.regions.clone());
    let tiers = Box::pin(tiers.collect::<BTreeMap<_, _>>());
    let identity = with_alias(account, identity);
    let (identity, quotas, mut roles, tiers) =
        futures::join!(identity, account.quotas(), roles, tiers);
    name_nearest(account, choices, &mut roles).await;
    Survey {
        identity,
        quotas: quotas.unwrap_or_default(),
        roles,
        tiers,
        nodes: BTreeMap::new(),
    }
}

/// Adds to each role that should be there and is not the name that was most likely meant, and refuses the name of a new one that
/// differs from another only by case; where the roles may be listed.
async fn name_nearest(
    account: &Account,
    choices: &Choices,
    roles: &mut BTreeMap<String, Result<RoleReading, Unread>>,
) {
    let missing = roles
        .iter_mut()
        .filter_map(|(name, reading)| match reading {
            Err(unread) if unread.cause == UnreadCause::NotFound => Some((name, unread)),
            _ => None,
        });
    let missing: Vec<_> = missing.collect();
    if missing.is_empty() {
        return;
    }
    let mut pages = Box::pin(account.roles());
    let mut names = Vec::new();
    while let Some(Ok(page)) = pages.next().await {
        names.extend(page.into_iter().map(|role| role.name));
    }
    for (name, unread) in missing {
        if choices.new_role(name).is_some() {
            // IAM does not tell names apart by case, and finds a role by its exact name alone.
            let is_same = |other: &&String| other.to_lowercase() == name.to_lowercase();
            if let Some(other) = names.iter().find(is_same) {
                unread.cause = UnreadCause::Other;
                unread.why = format!(
                    "There is a role {other}, and IAM does not tell names apart by case. Give the new role another name."
                );
            }
            continue;
        }
        let nearest = did_you_mean(name, names.iter().map(String::as_str));
        unread.why.push_str(&nearest);
    }
}

/// Everything in the account that may have to do with SageMaker SSH Helper; where all roles may not be read at once, those that
/// SageMaker may assume, with the sentence that says why.
///
/// # Errors
/// When not even the roles can be listed.
pub async fn all(
    account: &Account,
    identity: &Identity,
) -> Result<(Survey, Option<String>), CallError> {
    let managed = RolePolicy::BOTH.map(RolePolicy::name);
    let roles = async {
        match account.all_roles(&managed).await {
            Ok(roles) => {
                let by_name = roles.into_iter().map(|role| (role.name.clone(), Ok(role)));
                Ok((by_name.collect(), None))
            }
            Err(error) => sagemaker_roles(account)
                .await
                .map(|roles| (roles, Some(error.sentence()))),
        }
    };
    let regions = async {
        let mut regions = Region::shipped(&identity.partition);
        regions.extend(further_regions(account, &identity.partition).await);
        let codes: Vec<String> = regions.into_iter().map(|region| region.code).collect();
        let tiers = Box::pin(tiers(account, codes.clone()).collect::<BTreeMap<_, _>>());
        let nodes = Box::pin(node_counts(account, codes).collect::<BTreeMap<_, _>>());
        futures::join!(tiers, nodes)
    };
    let identity = with_alias(account, identity);
    let (identity, quotas, roles, (tiers, nodes)) =
        futures::join!(identity, account.quotas(), roles, regions);
    let (roles, incomplete) = roles?;
    let survey = Survey {
        identity,
        quotas: quotas.unwrap_or_default(),
        roles,
        tiers,
        nodes,
    };
    Ok((survey, incomplete))
}

/// The roles that SageMaker may assume, each read closely.
async fn sagemaker_roles(
    account: &Account,
) -> Result<BTreeMap<String, Result<RoleReading, Unread>>, CallError> {
    let mut pages = Box::pin(account.roles());
    let mut names = Vec::new();
    while let Some(page) = pages.next().await {
        let is_sagemaker = |role: &RoleSummary| {
            let trust = Document::parse(role.trust.as_str());
            trust.is_ok_and(|trust| trust::is_sagemaker_role(&trust))
        };
        names.extend(page?.into_iter().filter(is_sagemaker).map(|role| role.name));
    }
    let readings = stream::iter(names).map(|name| async move {
        let reading = role(account, &name).await;
        (name, reading.map_err(|error| error.unread()))
    });
    Ok(readings.buffer_unordered(ROLES_AT_ONCE).collect().await)
}

/// Returns what stands in one place of the account. A reading that contradicts what was written there less than a
/// minute ago is made again.
///
/// # Errors
/// When it cannot be read. That there is no such policy is no error.
pub async fn content(account: &Account, target: &Target) -> Result<Content, CallError> {
    let mut wait = ConsistencyWait::default();
    loop {
        let found = content_now(account, target).await?;
        let doubtful = doubtful_until(account, target, found.text());
        if !wait.wait(doubtful).await {
            return Ok(found);
        }
    }
}

/// Returns what a single reading shows.
///
/// # Errors
/// As [`content`].
pub async fn content_now(account: &Account, target: &Target) -> Result<Content, CallError> {
    account.ready().await?;
    match target {
        Target::Role { role } => match account.role(role, &[]).await {
            Ok(reading) => Ok(Content::Text(RoleDocument::of_reading(&reading).text())),
            Err(error) if error.kind == ErrorKind::NotFound => Ok(Content::Absent),
            Err(error) => Err(error),
        },
        Target::FullAccess { role } => {
            let arns = account.attached_arns(role).await?.into_iter();
            let arn = arns.into_iter().find(|arn| is_full_access(arn));
            Ok(arn.map_or(Content::Absent, Content::Text))
        }
        Target::Trust { role } => account.trust(role).await.map(Content::Text),
        Target::Policy { role, policy } => {
            let text = account.inline_policy(role, policy.name()).await?;
            Ok(text.map_or(Content::Absent, Content::Text))
        }
        Target::Tier { region } => {
            let setting = account.tier(region).await?;
            Ok(tier_content(&setting.tier, setting.default))
        }
    }
}

/// Returns what stands in several places; an error is the sentence that says why one could not be read.
pub async fn contents(
    account: &Account,
    targets: Vec<Target>,
) -> BTreeMap<Target, Result<Content, String>> {
    let found = |target: Target| async move {
        let content = match content(account, &target).await {
            // The role is gone, and its trust with it.
            Err(error) if error.kind == ErrorKind::NotFound => Ok(Content::Absent),
            content => content.map_err(|error| error.to_string()),
        };
        (target, content)
    };
    let (of_roles, of_regions): (Vec<_>, Vec<_>) = targets
        .into_iter()
        .partition(|target| target.role().is_some());
    let of_roles = stream::iter(of_roles)
        .map(found)
        .buffer_unordered(DOCUMENTS_AT_ONCE)
        .collect::<BTreeMap<_, _>>();
    let of_regions = stream::iter(of_regions)
        .map(found)
        .buffer_unordered(REGIONS_AT_ONCE)
        .collect::<BTreeMap<_, _>>();
    let (mut contents, tiers) = futures::join!(of_roles, of_regions);
    contents.extend(tiers);
    contents
}
