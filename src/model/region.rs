//! Regions and the instance tier that Systems Manager has in each.

use std::fmt;

use serde::Deserialize;

use super::Partition;

/// A region in which both SageMaker and Systems Manager are offered.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Region {
    /// `eu-west-1`.
    pub code: String,
    /// The name in the AWS console: `Europe (Ireland)`; the code again where it is not known.
    pub name: String,
    /// The heading it stands under: `Europe`.
    pub geography: String,
}

impl Region {
    /// The regions of a partition that are known to the program (`assets/regions.json`, from botocore's endpoint data).
    pub fn shipped(partition: &Partition) -> Vec<Self> {
        let all: serde_json::Map<String, serde_json::Value> =
            serde_json::from_str(include_str!("../../assets/regions.json")).unwrap_or_default();
        all.get(partition.as_str())
            .and_then(|list| serde_json::from_value(list.clone()).ok())
            .unwrap_or_default()
    }

    /// A region that AWS names but this program does not know yet.
    pub fn unknown(code: &str) -> Self {
        Self {
            code: code.to_owned(),
            name: code.to_owned(),
            geography: "Other".to_owned(),
        }
    }
}

/// Returns whether a text has the form of a region's code, `eu-west-1`, and may be used as part of a host name.
pub fn is_region_code(text: &str) -> bool {
    (5..=24).contains(&text.len())
        && text
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
}

/// The setting of Systems Manager that holds a region's instance tier, in the short form in which it is read.
pub const ACTIVATION_TIER: &str = "/ssm/managed-instance/activation-tier";

/// The setting's ARN, with which it is written. A partition, region or account may be what stands for one in a template.
pub fn activation_tier_arn(partition: impl fmt::Display, region: &str, account: &str) -> String {
    format!("arn:{partition}:ssm:{region}:{account}:servicesetting{ACTIVATION_TIER}")
}

/// The value of the setting `ACTIVATION_TIER`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Tier {
    Standard,
    Advanced,
    /// A value that this program does not know.
    Other(String),
}

impl Tier {
    pub fn from_value(value: &str) -> Self {
        match value {
            "standard" => Self::Standard,
            "advanced" => Self::Advanced,
            other => Self::Other(other.to_owned()),
        }
    }

    pub fn value(&self) -> &str {
        match self {
            Self::Standard => "standard",
            Self::Advanced => "advanced",
            Self::Other(value) => value,
        }
    }
}

impl fmt::Display for Tier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.value())
    }
}

/// What Systems Manager says of a region's tier.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TierSetting {
    pub tier: Tier,
    /// Nobody has set it.
    pub default: bool,
    /// A change of it is under way.
    pub pending: bool,
}

/// What asking a region for its tier gave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TierReading {
    Known {
        tier: Tier,
        /// True while nobody has set the value (`Status` is `Default`): undo resets instead of writing.
        default: bool,
        /// Whether a change of it is under way (`Status` is `PendingUpdate`), which takes some minutes.
        pending: bool,
    },
    /// The region does not take the credentials that others take: it is not enabled for the account, or the session token
    /// is of a version that only the default regions take.
    NotAccepted,
    /// A policy denies it; the text says which kind.
    Denied(String),
    /// It could not be read for another reason.
    Failed(String),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shipped_list_holds_every_region_of_each_partition_once() {
        for (region, count) in [
            ("us-east-1", 34),
            ("cn-north-1", 2),
            ("us-gov-west-1", 2),
            ("eusc-de-east-1", 1),
        ] {
            let partition = Partition::of_region(region);
            let list = Region::shipped(&partition);
            let mut codes: Vec<_> = list.iter().map(|r| r.code.as_str()).collect();
            codes.sort_unstable();
            codes.dedup();
            assert_eq!((list.len(), codes.len()), (count, count), "{partition}");
            assert!(codes.contains(&region));
            assert!(
                list.iter()
                    .all(|r| Partition::of_region(&r.code) == partition)
            );
        }
    }
}
