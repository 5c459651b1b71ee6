//! Hybrid nodes: containers of SageMaker SSH Helper, and every other computer that was registered with Systems Manager.

/// What a running hybrid node costs an hour on the advanced tier, in US dollars (AWS Systems Manager pricing; SageMaker SSH
/// Helper's figure of June 2024).
const AN_HOUR: f64 = 0.00695;
/// The hours of a month, as AWS counts them.
const HOURS: f64 = 730.0;

/// A hybrid node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Node {
    /// `mi-` and 17 hexadecimal digits.
    pub id: String,
    pub name: String,
    /// The role that it was registered with, as that was named: with the path, without the first slash.
    pub role: String,
    pub online: bool,
    /// When it was last heard of, in seconds since 1970.
    pub last_ping: Option<i64>,
}

impl Node {
    /// The name of its role, without the path.
    pub fn role_name(&self) -> &str {
        self.role.rsplit('/').next().unwrap_or_default()
    }
}

/// How many hybrid nodes a region has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct NodeCount {
    pub all: usize,
    pub online: usize,
    /// False where there are more than were counted.
    pub is_complete: bool,
}

impl NodeCount {
    pub fn of(nodes: &[Node], is_complete: bool) -> Self {
        Self {
            all: nodes.len(),
            online: nodes.iter().filter(|node| node.online).count(),
            is_complete,
        }
    }

    /// Returns what the nodes that are online cost a month on the advanced tier, in whole US dollars.
    pub fn dollars_a_month(self) -> u64 {
        let nodes = u32::try_from(self.online).unwrap_or(u32::MAX);
        let dollars = (f64::from(nodes) * AN_HOUR * HOURS).round();
        // No account has so many nodes that it would not fit.
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
        let dollars = dollars as u64;
        dollars
    }

    /// Returns how many there are, in words.
    pub fn text(self) -> String {
        let more = if self.is_complete { "" } else { "more than " };
        match self.all {
            0 => "no hybrid node".to_owned(),
            1 => format!(
                "1 hybrid node, {}",
                if self.online == 1 {
                    "online"
                } else {
                    "not online"
                }
            ),
            all => format!("{more}{all} hybrid nodes, {} of them online", self.online),
        }
    }
}

/// How many hybrid nodes a region has, or the sentence that says why that is not known.
pub type NodeReading = Result<NodeCount, String>;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_nodes_cost_is_rounded_to_whole_dollars() {
        let count = |online| NodeCount {
            all: online,
            online,
            is_complete: true,
        };
        let dollars = [0, 1, 9, 1000].map(|online| count(online).dollars_a_month());
        assert_eq!(dollars, [0, 5, 46, 5073]);
    }
}
