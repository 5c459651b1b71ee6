//! The end of a guide: everything is read once more, and nothing is written.

use std::collections::BTreeSet;

use super::{Guide, StepStatus};
use crate::account::Account;
use crate::plan::readiness::Readiness;
use crate::plan::{Item, Plan, State, Target};
use crate::survey::{self, AnotherAccount};
use crate::verify::proof::{self, Proof};

/// What the last reading of a guide shows.
#[derive(Clone, Debug)]
pub struct GuideResult {
    /// The plan, made anew from that reading.
    pub plan: Plan,
    /// Who can connect, as far as that is known.
    pub readiness: Option<Readiness>,
    /// Items that were ticked by hand and may not be read.
    pub ticked: BTreeSet<Target>,
    /// Statements that were there before and are gone, in a few words each.
    pub lost: Vec<(Target, String)>,
    /// Those that somebody says were meant to go.
    pub let_go: Vec<(Target, String)>,
}

/// The last reading of a guide, or the sentence that says why there was none.
pub type Verified = Result<GuideResult, String>;

impl GuideResult {
    /// The items that are not in place by that reading.
    pub fn open(&self) -> Vec<&Item> {
        let items = self.plan.items.iter();
        items
            .filter(|item| !matches!(item.state, State::InPlace(_)))
            .collect()
    }

    /// Returns whether everything is in place, and nothing that was there is gone.
    pub fn is_complete(&self) -> bool {
        self.open().is_empty() && self.lost.is_empty()
    }

    /// Returns whether everything is in place or ticked by hand, and nothing that was there is gone.
    pub fn is_done_by_hand(&self) -> bool {
        let is_ticked = |item: &&Item| self.ticked.contains(&item.target);
        self.open().iter().all(is_ticked) && self.lost.is_empty()
    }

    /// Adds what the policy simulator says of that reading.
    pub fn prove(&mut self, proof: &Proof) {
        self.readiness = proof::readiness(&self.plan, proof);
    }
}

/// Reads everything that a guide was about.
///
/// # Errors
/// When the credentials now belong to another account, or that cannot be asked.
pub async fn verify(
    account: &Account,
    plan: &Plan,
    guide: &Guide,
) -> Result<GuideResult, AnotherAccount> {
    survey::same_account(account, &plan.identity).await?;
    let survey = survey::chosen(account, &plan.identity, &plan.choices).await;
    let plan = Plan::new(&survey, &plan.choices);
    let is_ticked = |item: &&Item| guide.status(item, &survey) == StepStatus::ByHand;
    let ticked = plan.items.iter().filter(is_ticked);
    let ticked = ticked.map(|item| item.target.clone()).collect();
    let (mut lost, mut let_go) = (Vec::new(), Vec::new());
    for Item { target, .. } in &plan.items {
        let names = guide.lost_names(target, &survey).into_iter();
        lost.extend(names.map(|name| (target.clone(), name)));
        let names = guide.let_go_names(target, &survey).into_iter();
        let_go.extend(names.map(|name| (target.clone(), name)));
    }
    let mut result = GuideResult {
        plan,
        readiness: None,
        ticked,
        lost,
        let_go,
    };
    result.prove(&Proof::default());
    Ok(result)
}
