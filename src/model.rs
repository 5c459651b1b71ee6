//! The words of the program: plain values without I/O. Every other room speaks in these.

pub mod arn;
pub mod choices;
pub mod endpoint;
pub mod identity;
pub mod new_role;
mod node;
pub mod partition;
mod permission;
pub mod region;
pub mod role;
pub mod survey;

pub use arn::{RoleArn, RoleArnError, TypedRole};
pub use choices::{Choices, ConnectFrom};
pub use endpoint::Endpoint;
pub use identity::{Identity, Principal};
pub use new_role::{NewRole, Purpose, Trusted, TrustedKind};
pub use node::{Node, NodeCount, NodeReading};
pub use partition::Partition;
pub use permission::{Denial, Permission};
pub use region::{Region, Tier, TierReading, TierSetting};
pub use role::{AttachedPolicy, LastUsed, RoleKind, RoleReading, RoleSummary};
pub use survey::{Quotas, Survey, Unread, UnreadCause};
