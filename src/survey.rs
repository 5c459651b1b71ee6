//! Reads the account: what is there, as streams and single answers. Writes nothing.

use std::collections::{BTreeMap, BTreeSet};

use futures::stream::{self, Stream, StreamExt};

use crate::account::{Account, CallError, ErrorKind};
use crate::model::{
    Choices, Identity, Partition, Quotas, Region, RoleReading, Survey, TierReading, Unread,
};
use crate::plan::{Content, Target, tier_content};
use crate::policy::template::{CLIENT_POLICY, SERVER_POLICY};

/// Regions read or changed side by side. Each has its own endpoint; the number bounds the open connections.
pub const REGIONS_AT_ONCE: usize = 40;
/// Roles read side by side, each with three calls at once, and as many more as its inline policies are known already:
/// IAM is one endpoint with unpublished limits.
const ROLES_AT_ONCE: usize = 2;
/// Single documents of roles that are read side by side.
const DOCUMENTS_AT_ONCE: usize = 6;

/// One role, with everything that the plan looks at.
///
/// # Errors
/// When any part of it cannot be read.
pub async fn role(account: &Account, name: &str) -> Result<RoleReading, CallError> {
    account.role(name, &[SERVER_POLICY, CLIENT_POLICY]).await
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

/// The tier of one region.
pub async fn tier(account: &Account, region: &str) -> TierReading {
    match account.tier(region).await {
        Ok((tier, default)) => TierReading::Known { tier, default },
        Err(error) => match error.kind {
            // The home region accepts these credentials, or the caller would not be known: so it is the region.
            ErrorKind::InvalidCredentials => TierReading::NotEnabled,
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

/// Roles by name and tiers by region, as they were found.
#[derive(Debug, Default)]
pub struct Readings {
    roles: BTreeMap<String, Result<RoleReading, Unread>>,
    tiers: BTreeMap<String, TierReading>,
}

/// Reads roles and tiers side by side.
pub async fn readings(account: &Account, roles: Vec<String>, regions: Vec<String>) -> Readings {
    let roles = stream::iter(roles)
        .map(|name| async move {
            let reading = role(account, &name).await;
            let reading = reading.map_err(|error| error.unread());
            (name, reading)
        })
        .buffer_unordered(ROLES_AT_ONCE)
        .collect::<BTreeMap<_, _>>();
    let tiers = tiers(account, regions).collect::<BTreeMap<_, _>>();
    let (roles, tiers) = futures::join!(roles, tiers);
    Readings { roles, tiers }
}

impl Readings {
    /// The survey for these choices, and no more than them. What is missing is read.
    pub async fn survey(
        mut self,
        account: &Account,
        identity: &Identity,
        quotas: Quotas,
        choices: &Choices,
    ) -> Survey {
        let wanted: BTreeSet<&String> = choices
            .sagemaker_roles
            .iter()
            .chain(&choices.user_roles)
            .collect();
        self.roles.retain(|name, _| wanted.contains(name));
        self.tiers
            .retain(|region, _| choices.regions.contains(region));
        let unread = wanted
            .into_iter()
            .filter(|name| !self.roles.contains_key(*name));
        let unread = unread.cloned().collect();
        let regions = choices
            .regions
            .iter()
            .filter(|region| !self.tiers.contains_key(*region));
        let missing = readings(account, unread, regions.cloned().collect()).await;
        self.roles.extend(missing.roles);
        self.tiers.extend(missing.tiers);
        Survey {
            identity: identity.clone(),
            quotas,
            roles: self.roles,
            tiers: self.tiers,
        }
    }
}

/// Everything that a plan for these choices needs, read anew.
pub async fn chosen(
    account: &Account,
    identity: &Identity,
    quotas: Quotas,
    choices: &Choices,
) -> Survey {
    let none = Readings::default();
    none.survey(account, identity, quotas, choices).await
}

/// What stands in one place of the account.
///
/// # Errors
/// When it cannot be read. That there is no such policy is no error.
pub async fn content(account: &Account, target: &Target) -> Result<Content, CallError> {
    match target {
        Target::Trust { role } => account.trust(role).await.map(Content::Text),
        Target::Policy { role, policy } => {
            let text = account.inline_policy(role, policy).await?;
            Ok(text.map_or(Content::Absent, Content::Text))
        }
        Target::Tier { region } => {
            let (tier, default) = account.tier(region).await?;
            Ok(tier_content(&tier, default))
        }
    }
}

/// What stands in several places; an error is the sentence that says why one could not be read.
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
