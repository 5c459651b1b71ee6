//! The sum of a plan for whoever decides, on one screen: what is created, replaced and deleted, by name; as whom, in which
//! account, with which options; what it costs; how to undo it. The wizard's question and `apply`'s show the same lines.

use crate::apply::Job;
use crate::journal::Records;
use crate::model::Tier;
use crate::model::new_role::FULL_ACCESS;
use crate::plan::{Change, Edit, Plan};
use crate::policy::admitted::Admitted;
use crate::policy::meaning;
use crate::policy::template::RolePolicy;

/// A kind of change and everything that it is made on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SumLine {
    /// `+` for what is new, `~` for what takes the place of something, `-` for what is deleted.
    pub sign: &'static str,
    pub text: String,
}

/// So many places of one kind of change are named; the plan above the question, or before it, names all.
const MOST_NAMED: usize = 6;

/// Something else to know, behind its label.
pub type Fact = (&'static str, String);

impl Plan {
    /// Returns what is written, one line for each kind of change, roles before regions.
    pub fn sum(&self) -> Vec<SumLine> {
        let mut kinds: Vec<(&'static str, String, Vec<String>)> = Vec::new();
        let (tiers, of_roles): (Vec<_>, Vec<_>) = self
            .changes()
            .map(|(_, change)| change)
            .partition(|change| matches!(change.edit, Edit::Tier { .. }));
        for change in of_roles.into_iter().chain(tiers) {
            let (what, name) = (kind(change), name(change));
            match kinds.iter_mut().find(|(_, known, _)| *known == what) {
                Some((.., names)) => names.push(name),
                None => kinds.push((change.sign(), what, vec![name])),
            }
        }
        let line = |(sign, what, names): (&'static str, String, Vec<String>)| {
            // What takes the place of something is named in any case.
            let most = if sign == "+" { MOST_NAMED } else { usize::MAX };
            let first = names.get(..most.min(names.len())).unwrap_or(&names);
            let more = match names.len() - first.len() {
                0 => String::new(),
                more => format!(" and {more} more"),
            };
            let text = format!("{what} {}{more}", first.join(", "));
            SumLine { sign, text }
        };
        kinds.into_iter().map(line).collect()
    }
}

impl Job {
    /// Returns what else has to be known before it is confirmed, where it is asked.
    pub fn facts(&self, asked: Asked, records: &Records) -> Vec<Fact> {
        let (plan, identity) = (&self.plan, &self.plan.identity);
        let (who, credentials) = (identity.who(), &identity.credentials);
        let who = format!("{who} ({credentials}) in {}", identity.account_label());
        let mut facts = vec![("As", who)];
        if let Some(run) = &self.continues {
            let text = format!("with the run {run}; both are put back together.");
            facts.push(("Goes on", text));
        }
        if plan.undoes.is_none() {
            facts.push(("Options", plan.options()));
        }
        facts.push(("Cost", plan.cost()));
        let label = if plan.undoes.is_some() {
            "To redo"
        } else {
            "To undo"
        };
        let command = "\"sagemaker-ssh-setup undo\"";
        let how = match (asked, records.last()) {
            (Asked::InWizard, true) => format!("u afterwards, or later {command}."),
            (Asked::InWizard, false) => "u afterwards, until you leave.".to_owned(),
            (Asked::ByCommand, true) => format!("{command}."),
            (Asked::ByCommand, false) => {
                "not needed: nothing here outlives the program.".to_owned()
            }
        };
        facts.push((label, how));
        facts
    }
}

/// Who asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asked {
    InWizard,
    ByCommand,
}

impl Plan {
    /// Returns which of the two options are on, as far as they matter to what is written.
    pub fn options(&self) -> String {
        let changes = |is: fn(&Edit) -> bool| self.changes().any(|(_, change)| is(&change.edit));
        let client = |edit: &Edit| {
            matches!(
                edit,
                Edit::Policy {
                    policy: RolePolicy::Client,
                    ..
                }
            )
        };
        let shells = match (changes(client), self.choices.shell_access) {
            (false, _) => None,
            (true, true) => Some("plain shells are allowed (shell access)"),
            (true, false) => Some("no plain shells"),
        };
        let is_of_systems_manager = |edit: &Edit| match edit {
            Edit::Trust { .. } => true,
            Edit::Role { after, .. } => after
                .as_ref()
                .is_some_and(|document| document.contains("ssm.amazonaws.com")),
            Edit::Tier { .. } | Edit::FullAccess { .. } | Edit::Policy { .. } => false,
        };
        let trust = match (changes(is_of_systems_manager), self.choices.harden_trust) {
            (false, _) => None,
            (true, true) => Some("the new trust statement has conditions (hardened)"),
            (true, false) => Some("the new trust statement has no conditions"),
        };
        let said: Vec<&str> = shells.into_iter().chain(trust).collect();
        if said.is_empty() {
            return "none that matters to this.".to_owned();
        }
        format!("{}.", said.join("; "))
    }

    /// Returns what it costs.
    fn cost(&self) -> String {
        match self.about_all_nodes() {
            Some(about) => about,
            None if self.regions_to_change().next().is_some() => crate::plan::PRICE.to_owned(),
            None => "nothing by itself: no tier changes.".to_owned(),
        }
    }
}

/// Returns what a change does, without what it is made on.
fn kind(change: &Change) -> String {
    match &change.edit {
        Edit::Tier { after, .. } if after.text() == Tier::Advanced.value() => {
            "Turn on the advanced-instances tier in".to_owned()
        }
        Edit::Tier { after, .. } => format!("Set the tier back to {} in", after.text()),
        Edit::Role { after: None, .. } => "Delete the role".to_owned(),
        Edit::Role { .. } if change.puts_back => "Make again the role".to_owned(),
        Edit::Role { .. } => "Make the role".to_owned(),
        Edit::FullAccess { after: None, .. } => format!("Detach {FULL_ACCESS} from"),
        Edit::FullAccess { .. } => format!("Attach {FULL_ACCESS} to"),
        Edit::Trust { .. } if change.puts_back => "Put the former trust policy back on".to_owned(),
        Edit::Trust { .. } => "Add one statement to the trust of".to_owned(),
        Edit::Policy {
            policy,
            before,
            after,
            ..
        } => {
            let policy = match policy {
                RolePolicy::Server => "server policy",
                RolePolicy::Client => "client policy",
            };
            match (before, after) {
                (_, None) => format!("Delete the {policy} of"),
                _ if change.puts_back => format!("Put the former {policy} back on"),
                (Some(_), _) => format!("Replace the {policy} of"),
                (None, _) => format!("Create the {policy} on"),
            }
        }
    }
}

/// Returns what a change is made on, and what is gone then.
fn name(change: &Change) -> String {
    match &change.edit {
        Edit::Tier { region, .. } => region.clone(),
        Edit::Policy {
            role,
            before,
            after,
            ..
        } if !change.puts_back => {
            let gone = meaning::gone(before.as_deref(), after.as_deref());
            match gone.filter(|gone| !gone.is_empty()) {
                Some(gone) => format!("{role} (gone: {})", meaning::named(&gone)),
                None => role.clone(),
            }
        }
        Edit::Role {
            role,
            after: Some(_),
            ..
        } => format!("{role} (assumed by {})", assumed_by(change)),
        Edit::Role { role, .. }
        | Edit::FullAccess { role, .. }
        | Edit::Trust { role, .. }
        | Edit::Policy { role, .. } => role.clone(),
    }
}

/// Everybody who may assume a role that is made, in short.
fn assumed_by(change: &Change) -> String {
    let short = |who: Admitted| {
        let condition = if who.condition.is_some() && !who.is_service() {
            " under a fixed name"
        } else {
            ""
        };
        let name = match who.principal.rsplit([' ', '/', ':']).next() {
            Some("root") => "everybody whom IAM lets",
            Some("sagemaker.amazonaws.com") => "SageMaker",
            Some("ssm.amazonaws.com") => "Systems Manager",
            Some(name) => name,
            None => &who.principal,
        };
        format!("{name}{condition}")
    };
    let admitted = change.admitted().into_iter();
    let names: Vec<String> = admitted.map(|(_, who)| short(who)).collect();
    names.join(", ")
}
