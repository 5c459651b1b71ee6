//! The state of a region's instance tier.

use super::{Change, Content, Edit, Item, Obstacle, State, Target, TierValue};
use crate::model::{Quotas, Tier, TierReading};

pub(super) fn tier(region: &str, reading: Option<&TierReading>, quotas: Quotas) -> Item {
    let state = match reading {
        Some(TierReading::Known {
            tier: Tier::Advanced,
            ..
        }) => State::InPlace("The advanced-instances tier is on here already.".to_owned()),
        Some(TierReading::Known { tier, default, .. }) => State::Change(Change {
            edit: Edit::Tier {
                region: region.to_owned(),
                before: if *default {
                    TierValue::Default(tier.value().to_owned())
                } else {
                    TierValue::Set(tier.value().to_owned())
                },
                after: TierValue::Set(Tier::Advanced.value().to_owned()),
            },
            puts_back: false,
        }),
        Some(TierReading::NotAccepted) => {
            let (reason, remedy) = not_accepted(quotas);
            State::blocked(Obstacle::RegionDisabled, reason, remedy)
        }
        Some(TierReading::Denied(why)) => State::blocked(
            Obstacle::ReadDenied,
            why,
            "Whoever looks after the account's policies can allow Systems Manager in this region, or leave the region out.",
        ),
        Some(TierReading::Failed(why)) => {
            State::unread(why, "Read the regions again, or leave this region out.")
        }
        None => State::unread(
            "The tier of this region has not been read yet.",
            "Wait for the reading, or read the regions again.",
        ),
    };
    let is_pending = matches!(reading, Some(TierReading::Known { pending: true, .. }));
    let pending = is_pending.then(|| {
        "AWS says that a change of this tier is under way (PendingUpdate); it takes some minutes."
            .to_owned()
    });
    Item {
        target: Target::Tier {
            region: region.to_owned(),
        },
        state,
        warnings: pending.into_iter().collect(),
    }
}

/// Returns why a region does not take credentials that others take, and the ways out, the likelier one first.
pub(crate) fn not_accepted(quotas: Quotas) -> (&'static str, &'static str) {
    if quotas.has_version_1_tokens {
        (
            "This region does not accept the credentials that others accept. Most likely the session token is of version 1, \
             which only the default regions take; or the region is not enabled for the account.",
            "Sign in through a regional STS endpoint (AWS_STS_REGIONAL_ENDPOINTS=regional), or let an administrator choose \
             tokens of version 2 in the IAM console under Account settings, Security Token Service. Where the region is not \
             enabled: console, Account, AWS Regions. Then read the regions again.",
        )
    } else {
        (
            "This region does not accept the credentials that others accept. Most likely it is not enabled for the account; \
             or the session token is of version 1, which only the default regions take.",
            "An administrator enables it in the console under Account, AWS Regions. Where it is enabled, sign in through a \
             regional STS endpoint (AWS_STS_REGIONAL_ENDPOINTS=regional), which gives tokens that all regions take. Then \
             read the regions again.",
        )
    }
}

/// The value of a tier, and whether nobody has set it.
pub(crate) fn tier_content(tier: &Tier, default: bool) -> Content {
    let value = tier.value().to_owned();
    if default {
        Content::Default(value)
    } else {
        Content::Text(value)
    }
}
