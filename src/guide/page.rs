//! A step as a person needs it: what it is for, the way through the console in the console's own words, the nearest
//! link, and the exact text to paste.

use super::console::{self, Tab};
use super::{Part, Standing, Statement, extended};
use crate::model::{Region, Survey};
use crate::plan::{Item, Obstacle, Plan, State, Target, permission_set};
use crate::policy::Document;
use crate::policy::deviation;
use crate::policy::document::pretty;
use crate::policy::template::{CLIENT_POLICY, Place, SERVER_POLICY};
use crate::policy::trust;

/// One step.
#[derive(Clone, Debug)]
pub struct Page {
    pub part: Part,
    pub goal: String,
    /// What it is for, in two sentences.
    pub why: String,
    pub standing: Standing,
    /// The standing in a sentence.
    pub sentence: String,
    /// What to do in the console, in order. Empty where nothing can be done.
    pub way: Vec<String>,
    pub link: Option<String>,
    pub paste: Option<Paste>,
    /// What was there and is gone, in a few words each.
    pub lost: Vec<String>,
    pub warnings: Vec<String>,
}

/// A text to paste.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Paste {
    /// Whether it takes the place of all that is there; else it is added.
    pub whole: bool,
    pub text: String,
    /// A name for a file of it.
    pub file: String,
}

pub(super) fn page(
    item: &Item,
    plan: &Plan,
    survey: &Survey,
    standing: Standing,
    lost: &[Statement],
    arn: Option<&str>,
) -> Page {
    let desk = Desk {
        item,
        plan,
        survey,
        standing: &standing,
        lost,
        arn,
    };
    let paste = desk.paste();
    let way = desk.way(paste.is_some());
    let link = desk.link();
    Page {
        part: Part::of(&item.target, plan),
        goal: item.target.goal(),
        why: item.target.why().to_owned(),
        sentence: standing.sentence(item),
        way,
        link,
        paste,
        lost: lost.iter().map(deviation::name).collect(),
        warnings: item.warnings.clone(),
        standing,
    }
}

/// What a page is made of.
struct Desk<'a> {
    item: &'a Item,
    plan: &'a Plan,
    survey: &'a Survey,
    standing: &'a Standing,
    lost: &'a [Statement],
    arn: Option<&'a str>,
}

impl Desk<'_> {
    fn obstacle(&self) -> Option<Obstacle> {
        match &self.item.state {
            State::Blocked { obstacle, .. } => Some(*obstacle),
            State::Change(_) | State::InPlace(_) => None,
        }
    }

    fn paste(&self) -> Option<Paste> {
        let target = &self.item.target;
        let file = match (target, self.obstacle()) {
            (Target::Tier { .. }, _) => return None,
            (Target::Trust { role }, _) => format!("trust-{role}.json"),
            (Target::Policy { role, .. }, Some(Obstacle::PermissionSet)) => {
                format!(
                    "permission-set-{}.json",
                    permission_set::name(role).unwrap_or(role)
                )
            }
            (Target::Policy { role, policy }, _) => format!("{policy}-{role}.json"),
        };
        let (whole, text) = match (&self.item.state, self.obstacle()) {
            (State::Change(change), _) => (true, change.after.text()?.to_owned()),
            // In place, but something else is gone: it comes back.
            (State::InPlace(_), _) if !self.lost.is_empty() => {
                (true, extended(target, self.survey)?.text().to_owned())
            }
            (
                State::Blocked { wanted, .. },
                Some(Obstacle::PermissionSet | Obstacle::OddPermissionSet),
            ) => (true, wanted.clone()?),
            (_, Some(Obstacle::Unread)) if *self.standing != Standing::Reading => {
                let whole = !matches!(target, Target::Trust { .. });
                (whole, self.unseen()?)
            }
            _ => return None,
        };
        let mut text = text;
        for statement in self
            .lost
            .iter()
            .filter(|_| self.obstacle() != Some(Obstacle::OddPermissionSet))
        {
            let document = Document::parse(text.as_str()).ok()?;
            let document = document.with_statement(&statement.clone().into()).ok()?;
            document.text().clone_into(&mut text);
        }
        let text = pretty(&text).trim_end().to_owned();
        Some(Paste { whole, text, file })
    }

    /// What is wanted where nothing can be read: the whole policy, or the statement alone.
    fn unseen(&self) -> Option<String> {
        let identity = &self.plan.identity;
        let place = Place {
            partition: &identity.partition,
            account: &identity.account,
        };
        let choices = &self.plan.choices;
        match &self.item.target {
            Target::Tier { .. } => None,
            Target::Trust { .. } => Some(place.trust_statement(choices.harden_trust).to_string()),
            Target::Policy { role, policy } if policy == SERVER_POLICY => {
                let guess = || {
                    let (partition, account) = (&identity.partition, &identity.account);
                    format!("arn:{partition}:iam::{account}:role/{role}")
                };
                let arn = self.arn.map_or_else(guess, str::to_owned);
                let policy = place.server_policy(&arn).ok()?;
                Some(policy.text().to_owned())
            }
            Target::Policy { .. } => {
                let policy = place.client_policy(choices.shell_access).ok()?;
                Some(policy.text().to_owned())
            }
        }
    }

    fn link(&self) -> Option<String> {
        let partition = &self.plan.identity.partition;
        let is_there = self
            .item
            .change()
            .is_some_and(|change| change.before.text().is_some());
        match (&self.item.target, self.obstacle()) {
            _ if *self.standing == Standing::Reading => None,
            (_, Some(Obstacle::OtherRole)) => None,
            (_, Some(Obstacle::RegionDisabled)) => console::account_page(partition),
            (_, Some(Obstacle::PermissionSet | Obstacle::OddPermissionSet)) => {
                console::identity_center(partition)
            }
            (_, Some(Obstacle::TrustQuota)) => console::iam_quotas(partition),
            (Target::Tier { region }, _) => console::fleet_manager(partition, region),
            (Target::Trust { role }, _) => console::role(partition, role, Tab::TrustRelationships),
            (Target::Policy { role, policy }, _) if is_there => {
                console::policy_editor(partition, role, policy)
            }
            (Target::Policy { role, .. }, _) => console::role(partition, role, Tab::Permissions),
        }
    }

    fn way(&self, pastes: bool) -> Vec<String> {
        match (&self.item.target, self.obstacle()) {
            _ if *self.standing == Standing::Reading => Vec::new(),
            (_, Some(Obstacle::OtherRole | Obstacle::Changed)) => self.only_way_out(),
            (Target::Tier { region }, Some(Obstacle::RegionDisabled)) => enable_region(region),
            (Target::Tier { region }, _) => self.tier(region),
            (Target::Trust { role }, obstacle) => self.trust(role, obstacle, pastes),
            (
                Target::Policy { role, .. },
                Some(obstacle @ (Obstacle::PermissionSet | Obstacle::OddPermissionSet)),
            ) => permission_set(role, obstacle),
            (Target::Policy { role, .. }, Some(Obstacle::InlineQuota)) => inline_quota(role),
            (Target::Policy { role, policy }, Some(Obstacle::OddDocument)) => vec![
                to_role(role),
                format!("On the tab Permissions open {policy}, and mend its JSON."),
            ],
            (Target::Policy { role, policy }, _) => self.policy(role, policy),
        }
    }

    fn only_way_out(&self) -> Vec<String> {
        match &self.item.state {
            State::Blocked { way_out, .. } => vec![way_out.clone()],
            State::Change(_) | State::InPlace(_) => Vec::new(),
        }
    }

    fn tier(&self, region: &str) -> Vec<String> {
        let shipped = Region::shipped(&self.plan.identity.partition);
        let known = shipped.into_iter().find(|known| known.code == region);
        let place = known.map_or_else(
            || region.to_owned(),
            |known| format!("{}, {region}", known.name),
        );
        let mut steps = vec![
            format!("Open Systems Manager in {place}, then Fleet Manager."),
            "Choose Account management, then Instance tier settings.".to_owned(),
        ];
        if *self.standing != Standing::InPlace {
            steps.push(
                "Choose Change account setting, and confirm the change from Standard-Tier to Advanced-Tier."
                    .to_owned(),
            );
        }
        steps
    }

    fn trust(&self, role: &str, obstacle: Option<Obstacle>, pastes: bool) -> Vec<String> {
        let edit = "Open the tab Trust relationships and choose Edit trust policy.".to_owned();
        let last = match obstacle {
            Some(Obstacle::TrustQuota) => return trust_quota(),
            Some(Obstacle::DeletedPrincipal) => {
                let gone = extended(&self.item.target, self.survey)
                    .map(|document| trust::deleted_principals(&document).join(", "));
                format!(
                    "Take out the principal {}: nobody has that ID any more, and AWS accepts no text with it. Choose Update \
                     policy; after that, this step shows the text to paste.",
                    gone.unwrap_or_default()
                )
            }
            Some(Obstacle::Denial) => {
                "A statement with the effect Deny keeps Systems Manager out. Ask whoever wrote it; if it may go, take it \
                 out and choose Update policy."
                    .to_owned()
            }
            Some(Obstacle::Unread) => {
                "Add the statement below to the list under \"Statement\", with a comma before it. Leave everything else as \
                 it is, and choose Update policy."
                    .to_owned()
            }
            Some(_) => "Mend what is said above, and choose Update policy.".to_owned(),
            None if pastes => {
                "Replace the whole text by the one below, which holds all of it, and choose Update policy.".to_owned()
            }
            None => return vec![to_role(role), "It stands on the tab Trust relationships.".to_owned()],
        };
        vec![to_role(role), edit, last]
    }

    fn policy(&self, role: &str, policy: &str) -> Vec<String> {
        let unread = self.obstacle() == Some(Obstacle::Unread);
        let is_there = self
            .item
            .change()
            .is_some_and(|change| change.before.text().is_some());
        if self.item.change().is_none() && !unread {
            return vec![
                to_role(role),
                format!("On the tab Permissions open {policy}."),
            ];
        }
        if is_there {
            return vec![
                to_role(role),
                format!("On the tab Permissions open {policy} and choose Edit."),
                "Choose JSON, replace the whole text by the one below, and choose Next, then Save changes."
                    .to_owned(),
            ];
        }
        let mut steps = vec![
            to_role(role),
            "On the tab Permissions choose Add permissions, then Create inline policy.".to_owned(),
            "Choose JSON, replace the whole text by the one below, and choose Next.".to_owned(),
            format!("As policy name type {policy}, and choose Create policy."),
        ];
        if unread {
            steps.push(format!(
                "Should there be a policy named {policy} already, edit that one instead."
            ));
        }
        if unread && policy == SERVER_POLICY {
            steps.push(
                "Compare the role's ARN in the text with the one in the role's Summary: it could not be read."
                    .to_owned(),
            );
        }
        steps
    }
}

fn permission_set(role: &str, obstacle: Obstacle) -> Vec<String> {
    let set = permission_set::name(role).unwrap_or("the set of this role");
    let mut steps = vec![
        "Open IAM Identity Center in its home region, signed in to the organization's management account or the delegated \
         administrator's."
            .to_owned(),
        format!("Under Multi-account permissions choose Permission sets, then {set}."),
    ];
    if obstacle == Obstacle::PermissionSet {
        steps.push(
            "Under Inline policy choose Edit, replace the whole text by the one below, which holds what is there, and \
             choose Save changes."
                .to_owned(),
        );
    } else {
        steps.insert(
            0,
            format!(
                "In this account open IAM, then Policies, Create policy, and paste the text below as JSON. As policy name \
                 type {CLIENT_POLICY}."
            ),
        );
        steps.push(format!(
            "Under Customer managed policies choose Attach policies, and type {CLIENT_POLICY}. The set's inline policy \
             cannot be extended: it is written in an older version of the policy language."
        ));
    }
    steps.push(
        "Identity Center then brings it to the role in each account that the set is assigned to; that can take some \
         minutes. The permissions name this account alone."
            .to_owned(),
    );
    steps
}

fn to_role(role: &str) -> String {
    format!("Open IAM, then Roles, then {role}.")
}

fn enable_region(region: &str) -> Vec<String> {
    vec![
        "Open the menu with the account's name at the top right, then Account.".to_owned(),
        format!("Under AWS Regions find {region}, choose Enable, and confirm with Enable region."),
        "Enabling can take from minutes to hours; after that, this step shows the way to the instance tier."
            .to_owned(),
    ]
}

fn trust_quota() -> Vec<String> {
    vec![
        "Open Service Quotas, then AWS services, then AWS Identity and Access Management (IAM)."
            .to_owned(),
        "Choose Role trust policy length, then Request increase at account level, and ask for 4096."
            .to_owned(),
        "When it is granted, this step shows the text to paste.".to_owned(),
    ]
}

fn inline_quota(role: &str) -> Vec<String> {
    vec![
        to_role(role),
        "On the tab Permissions open one of the inline policies, and copy its JSON.".to_owned(),
        "Under Policies choose Create policy, paste it, and create it. Attach it to the role with Add permissions, then \
         Attach policies."
            .to_owned(),
        "Then remove that inline policy from the role; after that, this step shows the text to paste.".to_owned(),
    ]
}
