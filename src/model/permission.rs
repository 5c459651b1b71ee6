//! Whether somebody may do something, as far as can be known.

/// What the policy simulator says of an action on a resource.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Permission {
    Allowed,
    Denied(Denial),
    /// Nobody knows; the sentence says why.
    Unknown(String),
}

/// What stands against it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Denial {
    /// No policy allows it.
    NotAllowed,
    /// A policy denies it.
    Explicit,
    /// A service control policy of the organization. The simulator is known to be wrong here now and then.
    Organization,
    /// The permissions boundary.
    Boundary,
}
