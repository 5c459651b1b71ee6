//! A saved plan against one made anew: only what both want may be carried out.

use super::{Change, Difference, Item, Obstacle, Plan, State, Target};

/// A saved plan wants something that this program would not plan.
#[derive(Debug, thiserror::Error)]
#[error(
    "The plan wants {0} to become something that this program would not write. It was altered, or made by another \
     version. Nothing was changed. Plan again with \"plan --out FILE\"."
)]
pub struct Altered(String);

const PLAN_AGAIN: &str =
    "Plan again with \"plan --out FILE\", and look at it, before it is applied.";

impl Plan {
    /// This plan, made anew, held to the changes that were saved and looked at. What is no longer as the saved plan saw
    /// it is blocked, with the difference; what the saved plan did not have is blocked too.
    ///
    /// # Errors
    /// When from the same document something else was to be written: then nothing of the saved plan is to be trusted.
    pub fn restricted_to(mut self, saved: &[(Target, Change)]) -> Result<Self, Altered> {
        for (target, _) in saved {
            if self.items.iter().all(|item| item.target != *target) {
                return Err(Altered(target.to_string()));
            }
        }
        for item in &mut self.items {
            let agreed = saved.iter().find(|(target, _)| *target == item.target);
            let state = state(item, agreed.map(|(_, change)| change))?;
            if let Some(state) = state {
                item.state = state;
                item.warnings.clear();
            }
        }
        Ok(self)
    }
}

/// Returns what becomes of an item of the new plan; none when it stays as it is.
fn state(item: &Item, agreed: Option<&Change>) -> Result<Option<State>, Altered> {
    let (State::Change(now), agreed) = (&item.state, agreed) else {
        return Ok(None);
    };
    let blocked = |reason: &str, difference| {
        State::blocked(Obstacle::Changed, reason, PLAN_AGAIN).with_difference(difference)
    };
    match agreed {
        None => Ok(Some(blocked(
            "It has to be changed now, and the saved plan does not have that.",
            None,
        ))),
        Some(agreed) if !agreed.before().is_same(&now.before()) => Ok(Some(blocked(
            "What is there is no longer what the saved plan saw.",
            Some(Difference {
                expected: agreed.before(),
                found: now.before(),
            }),
        ))),
        Some(agreed) if !agreed.after().is_same(&now.after()) => {
            Err(Altered(item.target.to_string()))
        }
        Some(_) => Ok(None),
    }
}
