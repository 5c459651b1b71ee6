//! Links into the AWS console, as near to the place as it has addresses for (seen in public repositories and in AWS's
//! user guides; not a documented interface). None for partitions whose console is not known.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::model::Partition;

/// Everything but what RFC 3986 calls unreserved.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// A tab of a role's page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tab {
    Permissions,
    TrustRelationships,
}

/// The console's host name without a region, and the region where IAM's console of the partition is.
fn host(partition: &Partition) -> Option<(&'static str, &'static str)> {
    match partition.as_str() {
        "aws" => Some(("console.aws.amazon.com", "us-east-1")),
        "aws-cn" => Some(("console.amazonaws.cn", "cn-north-1")),
        "aws-us-gov" => Some(("console.amazonaws-us-gov.com", "us-gov-west-1")),
        _ => None,
    }
}

/// Fleet Manager, where the instance tier is found under Settings.
pub fn fleet_manager(partition: &Partition, region: &str) -> Option<String> {
    let (host, _) = host(partition)?;
    Some(format!(
        "https://{region}.{host}/systems-manager/fleet-manager/managed-nodes?region={region}"
    ))
}

/// A role's page.
pub fn role(partition: &Partition, role: &str, tab: Tab) -> Option<String> {
    let section = match tab {
        Tab::Permissions => "permissions",
        Tab::TrustRelationships => "trust_relationships",
    };
    iam(
        partition,
        &format!("roles/details/{}?section={section}", encoded(role)),
    )
}

/// Where a role is made.
pub fn create_role(partition: &Partition) -> Option<String> {
    iam(partition, "roles/create")
}

/// The editor of a role's inline policy.
pub fn policy_editor(partition: &Partition, role: &str, policy: &str) -> Option<String> {
    let (role, policy) = (encoded(role), encoded(policy));
    iam(
        partition,
        &format!("roles/details/{role}/editPolicy/{policy}?step=addPermissions"),
    )
}

/// Identity Center in its home region; without one, in the region that the browser was last in.
pub fn identity_center(partition: &Partition, region: Option<&str>) -> Option<String> {
    let (host, _) = host(partition)?;
    Some(match region {
        Some(region) => format!("https://{region}.{host}/singlesignon/home?region={region}"),
        None => format!("https://{host}/singlesignon/"),
    })
}

/// IAM's quotas.
pub fn iam_quotas(partition: &Partition) -> Option<String> {
    let (host, region) = host(partition)?;
    Some(format!(
        "https://{region}.{host}/servicequotas/home/services/iam/quotas"
    ))
}

/// The account's page, where regions are enabled. Only the partition `aws` has regions to enable.
pub fn account_page(partition: &Partition) -> Option<String> {
    (partition.as_str() == "aws")
        .then(|| "https://console.aws.amazon.com/billing/home#/account".to_owned())
}

fn iam(partition: &Partition, place: &str) -> Option<String> {
    let (host, region) = host(partition)?;
    Some(format!(
        "https://{region}.{host}/iam/home?region={region}#/{place}"
    ))
}

fn encoded(name: &str) -> String {
    utf8_percent_encode(name, RESERVED).to_string()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn each_partition_has_its_own_console() {
        let of = |region: &str| Partition::of_region(region);
        assert_eq!(
            fleet_manager(&of("eu-west-1"), "eu-west-1").unwrap(),
            "https://eu-west-1.console.aws.amazon.com/systems-manager/fleet-manager/managed-nodes?region=eu-west-1"
        );
        assert_eq!(
            fleet_manager(&of("cn-north-1"), "cn-northwest-1").unwrap(),
            "https://cn-northwest-1.console.amazonaws.cn/systems-manager/fleet-manager/managed-nodes?region=cn-northwest-1"
        );
        assert_eq!(
            role(&of("us-gov-east-1"), "R", Tab::TrustRelationships).unwrap(),
            "https://us-gov-west-1.console.amazonaws-us-gov.com/iam/home?region=us-gov-west-1#/roles/details/R?section=trust_relationships"
        );
        assert_eq!(
            policy_editor(&of("eu-west-1"), "R", "P").unwrap(),
            "https://us-east-1.console.aws.amazon.com/iam/home?region=us-east-1#/roles/details/R/editPolicy/P?step=addPermissions"
        );
        assert_eq!(
            identity_center(&of("cn-north-1"), None).unwrap(),
            "https://console.amazonaws.cn/singlesignon/"
        );
        assert_eq!(
            identity_center(&of("eu-west-1"), Some("eu-west-1")).unwrap(),
            "https://eu-west-1.console.aws.amazon.com/singlesignon/home?region=eu-west-1"
        );
        assert_eq!(account_page(&of("cn-north-1")), None);
        assert_eq!(fleet_manager(&of("eusc-de-east-1"), "eusc-de-east-1"), None);
    }

    #[test]
    fn every_name_that_a_role_may_have_survives_in_a_link() {
        let link = role(&Partition::default(), "a+b=c,d.e@f-g_h", Tab::Permissions).unwrap();
        assert!(
            link.ends_with("#/roles/details/a%2Bb%3Dc%2Cd.e%40f-g_h?section=permissions"),
            "{link}"
        );
    }
}
