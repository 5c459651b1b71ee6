//! How far the policy simulator has been asked about what was read last.

use crate::plan::readiness::Readiness;
use crate::verify::CheckResult;
use crate::verify::proof::Proof;

/// Whether AWS has been asked, and what it said.
#[derive(Debug, Default)]
pub enum Simulator {
    #[default]
    NotAsked,
    Asked,
    Answered(Proof),
}

impl Simulator {
    /// Returns what it says of each assertion; empty until it has answered.
    pub fn assertions(&self) -> &[CheckResult] {
        match self {
            Self::Answered(proof) => &proof.assertions,
            Self::NotAsked | Self::Asked => &[],
        }
    }

    /// Returns whether it depends on an answer that is still to come that people can connect.
    pub fn is_awaited(&self, readiness: Option<&Readiness>) -> bool {
        let may_connect = readiness.is_some_and(crate::plan::readiness::Readiness::somebody_can);
        matches!(self, Self::Asked) && may_connect
    }
}
