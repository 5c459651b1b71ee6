//! AWS partitions: the second field of every ARN.

use std::fmt;

/// A partition such as `aws`, `aws-cn` or `aws-us-gov`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Partition(String);

impl Partition {
    /// The partition named in an ARN (`arn:P:…`), when the text is one.
    pub fn of_arn(arn: &str) -> Option<Self> {
        let mut fields = arn.split(':');
        match (fields.next(), fields.next()) {
            (Some("arn"), Some(partition)) if partition.starts_with("aws") => {
                Some(Self(partition.to_owned()))
            }
            _ => None,
        }
    }

    /// The partition that a region code belongs to, by the prefixes of botocore's `partitions.json`.
    pub fn of_region(code: &str) -> Self {
        let name = [
            ("cn-", "aws-cn"),
            ("us-gov-", "aws-us-gov"),
            ("eusc-", "aws-eusc"),
            ("us-isob-", "aws-iso-b"),
            ("us-isof-", "aws-iso-f"),
            ("eu-isoe-", "aws-iso-e"),
            ("us-iso-", "aws-iso"),
        ]
        .into_iter()
        .find_map(|(prefix, name)| code.starts_with(prefix).then_some(name))
        .unwrap_or("aws");
        Self(name.to_owned())
    }

    /// Returns what stands for a partition in a template that somebody else fills in.
    pub(crate) fn placeholder(text: &str) -> Self {
        Self(text.to_owned())
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Default for Partition {
    fn default() -> Self {
        Self("aws".to_owned())
    }
}

impl fmt::Display for Partition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_partition_is_read_from_an_arn() {
        let of = |arn| Partition::of_arn(arn).map(|p| p.to_string());
        assert_eq!(of("arn:aws-cn:iam::1:role/x").as_deref(), Some("aws-cn"));
        assert_eq!(of("not an arn"), None);
        assert_eq!(of("arn:elsewhere:iam::1:role/x"), None);
    }

    #[test]
    fn regions_belong_to_their_partition() {
        for (code, partition) in [
            ("eu-west-1", "aws"),
            ("cn-north-1", "aws-cn"),
            ("us-gov-east-1", "aws-us-gov"),
            ("eusc-de-east-1", "aws-eusc"),
            ("us-iso-east-1", "aws-iso"),
            ("us-isob-east-1", "aws-iso-b"),
        ] {
            assert_eq!(Partition::of_region(code).as_str(), partition, "{code}");
        }
    }
}
