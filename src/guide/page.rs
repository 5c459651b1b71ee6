//! A step as a person needs it: what it is for, the way through the console in the console's own words, the nearest
//! link, and the exact text to paste.

use serde_json::Value;

use super::console::{self, Tab};
use super::{
    Extended, Part, Paste, Since, Statement, StepStatus, extended, is_of_permission_set, reading,
};
use crate::model::new_role::{FULL_ACCESS, TAG};
use crate::model::{NewRole, Region, Survey};
use crate::plan::{Change, Item, Obstacle, Plan, State, Target, permission_set, replaced};
use crate::policy::deviation;
use crate::policy::document::pretty;
use crate::policy::template::{CLIENT_POLICY, RolePolicy};
use crate::policy::trust;

/// One step.
#[derive(Clone, Debug)]
pub struct Instructions {
    pub part: Part,
    pub goal: String,
    /// What it is for, in two sentences.
    pub why: String,
    pub status: StepStatus,
    /// The status in a sentence.
    pub sentence: String,
    /// Whether it is done in the account itself, and not in the organization's.
    pub in_account: bool,
    /// What to do in the console, in order. Empty where nothing can be done.
    pub way: Vec<String>,
    pub link: Option<String>,
    pub paste: Option<Paste>,
    /// What was there and is gone.
    pub lost: Vec<Lost>,
    /// What came since the guide began, and not for its sake, in a few words each.
    pub new: Vec<String>,
    /// What is gone, and was meant to go, in a few words each.
    pub let_go: Vec<String>,
    /// Sentences about what was probably done instead.
    pub hints: Vec<String>,
    pub warnings: Vec<String>,
}

/// A statement that is gone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lost {
    /// In a few words.
    pub name: String,
    pub text: String,
}

pub(super) fn page(
    item: &Item,
    plan: &Plan,
    survey: &Survey,
    status: StepStatus,
    since: Since,
    arn: Option<&str>,
) -> Instructions {
    let lost = &since.lost[..];
    let back: Vec<&Statement> = lost.iter().chain(&since.added_and_gone).copied().collect();
    let draft = Draft {
        item,
        plan,
        survey,
        status: &status,
        back: &back,
        arn,
    };
    let paste = draft.paste();
    let way = draft.way(paste.is_some());
    let link = draft.link();
    let gone = |statement: &&Statement| Lost {
        name: deviation::name(statement),
        text: pretty(&Value::from((*statement).clone()).to_string()),
    };
    Instructions {
        part: Part::of(&item.target, plan),
        goal: item.target.goal(),
        why: item.target.why().to_owned(),
        sentence: status.sentence(item),
        in_account: !draft.is_of_permission_set(),
        way,
        link,
        paste,
        lost: lost.iter().map(gone).collect(),
        new: since.new,
        let_go: since.let_go,
        hints: since.hints,
        // What does not let Systems Manager in is said already where it differs, and so is what is gone; what would be
        // replaced is the reader's own where it came since.
        warnings: if matches!(
            (&item.target, &status),
            (
                Target::Trust { .. },
                StepStatus::Differs(_) | StepStatus::Lost
            )
        ) {
            Vec::new()
        } else {
            let own = since.is_own.then(|| draft.replacement()).flatten();
            let others = item.warnings.iter();
            let others = others.filter(|warning| Some(*warning) != own.as_ref());
            others.cloned().collect()
        },
        status,
    }
}

/// What a page is made of.
pub(super) struct Draft<'a> {
    pub(super) item: &'a Item,
    pub(super) plan: &'a Plan,
    pub(super) survey: &'a Survey,
    pub(super) status: &'a StepStatus,
    /// Statements that the text to paste brings back.
    pub(super) back: &'a [&'a Statement],
    pub(super) arn: Option<&'a str>,
}

impl Draft<'_> {
    pub(super) fn obstacle(&self) -> Option<Obstacle> {
        match &self.item.state {
            State::Blocked { obstacle, .. } => Some(*obstacle),
            State::Change(_) | State::InPlace(_) => None,
        }
    }

    /// Returns whether the item is to be changed, and is there already in another form.
    fn replaces(&self) -> bool {
        self.item.change().is_some_and(Change::replaces)
    }

    /// Returns what is said of a policy that is replaced.
    fn replacement(&self) -> Option<String> {
        let change = self.item.change()?;
        Some(replaced(change.before_text()?, change.after_text()?))
    }

    pub(super) fn is_of_permission_set(&self) -> bool {
        is_of_permission_set(&self.item.target, self.survey)
    }

    fn link(&self) -> Option<String> {
        let partition = &self.plan.identity.partition;
        match (&self.item.target, self.obstacle()) {
            _ if *self.status == StepStatus::Reading => None,
            (_, Some(Obstacle::OtherRole | Obstacle::NotFound)) => None,
            (_, Some(Obstacle::RegionDisabled)) => console::account_page(partition),
            (_, Some(Obstacle::TrustQuota)) => console::iam_quotas(partition),
            (Target::Tier { region }, _) => console::fleet_manager(partition, region),
            (Target::Role { .. }, None) if self.item.change().is_some() => {
                console::create_role(partition)
            }
            (Target::Role { role } | Target::Trust { role }, _) => {
                console::role(partition, role, Tab::TrustRelationships)
            }
            (Target::Policy { .. }, _) if self.is_of_permission_set() => {
                console::identity_center(partition, self.identity_center_region().as_deref())
            }
            (Target::Policy { role, policy }, _) if self.replaces() => {
                console::policy_editor(partition, role, policy.name())
            }
            (Target::FullAccess { role } | Target::Policy { role, .. }, _) => {
                console::role(partition, role, Tab::Permissions)
            }
        }
    }

    fn way(&self, pastes: bool) -> Vec<String> {
        match (&self.item.target, self.obstacle()) {
            _ if *self.status == StepStatus::Reading => Vec::new(),
            (
                _,
                Some(
                    Obstacle::OtherRole
                    | Obstacle::NotFound
                    | Obstacle::Changed
                    | Obstacle::NameTaken,
                ),
            ) => self.only_way_out(),
            (Target::Tier { region }, Some(Obstacle::RegionDisabled)) => self.enable_region(region),
            (Target::Tier { region }, _) => self.tier(region),
            (Target::Role { role }, _) => self.new_role(role),
            (Target::FullAccess { role }, _) => full_access(role, self.item.change().is_some()),
            (Target::Trust { role }, obstacle) => self.trust(role, obstacle, pastes),
            (Target::Policy { role, .. }, _) if self.is_of_permission_set() => {
                self.permission_set(role)
            }
            (Target::Policy { role, .. }, Some(Obstacle::InlineQuota)) => inline_quota(role),
            (Target::Policy { role, policy }, _) => self.policy(role, *policy),
        }
    }

    fn only_way_out(&self) -> Vec<String> {
        match &self.item.state {
            State::Blocked { remedy, .. } => vec![remedy.clone()],
            State::Change(_) | State::InPlace(_) => Vec::new(),
        }
    }

    fn enable_region(&self, region: &str) -> Vec<String> {
        if console::account_page(&self.plan.identity.partition).is_none() {
            return self.only_way_out();
        }
        vec![
            "Open the menu with the account's name at the top right, then Account.".to_owned(),
            format!("Under AWS Regions find {region}, choose Enable, and confirm with Enable region."),
            "Enabling can take from minutes to hours; after that, this step shows the way to the instance tier."
                .to_owned(),
        ]
    }

    fn tier(&self, region: &str) -> Vec<String> {
        let shipped = Region::shipped(&self.plan.identity.partition);
        let known = shipped.into_iter().find(|known| known.code == region);
        let place = known.map_or_else(
            || region.to_owned(),
            |known| format!("{}, {region}", known.name),
        );
        let mut steps = vec![format!(
            "Open Systems Manager, then Fleet Manager. The console has to show {place}, at the top right."
        )];
        if *self.status == StepStatus::InPlace {
            steps.push("Choose Settings; the instance tier stands there.".to_owned());
            return steps;
        }
        steps.push(
            "Choose Settings, then Change instance tier settings (in older consoles Account management, then Instance tier \
             settings, then Change account setting)."
                .to_owned(),
        );
        steps.push("Accept what the dialog says, and choose Change setting.".to_owned());
        steps
    }

    fn new_role(&self, role: &str) -> Vec<String> {
        if self.item.change().is_none() {
            return vec![to_role(role)];
        }
        let new = self.plan.choices.new_role(role);
        let permissions = if new.is_some_and(NewRole::has_full_access) {
            format!("Under Add permissions tick {FULL_ACCESS}.")
        } else {
            "Under Add permissions tick nothing.".to_owned()
        };
        let boundary = new.and_then(|new| new.boundary.as_ref()).map(|arn| {
            format!(
                "On the same page open Set permissions boundary, choose Use a permissions boundary, and pick {arn}."
            )
        });
        let first = [
            "Open IAM, then Roles, then Create role.".to_owned(),
            "Choose Custom trust policy, replace the whole text by the one below, and choose Next."
                .to_owned(),
            permissions,
        ];
        let last = [
            format!("Choose Next, and as role name type {role}."),
            format!(
                "Under Tags choose Add new tag, with the key {TAG} and the value by-hand: by that the role is known as the one \
                 that is asked for. Then choose Create role."
            ),
        ];
        first.into_iter().chain(boundary).chain(last).collect()
    }

    fn trust(&self, role: &str, obstacle: Option<Obstacle>, pastes: bool) -> Vec<String> {
        let edit = "Open the tab Trust relationships and choose Edit trust policy.".to_owned();
        let last = match obstacle {
            Some(Obstacle::TrustQuota) => return trust_quota(),
            Some(Obstacle::DeletedPrincipal) => {
                let gone = match extended(&self.item.target, self.survey) {
                    Extended::There(document) => trust::deleted_principals(&document).join(", "),
                    _ => String::new(),
                };
                format!(
                    "Take out the principal {gone}: nobody has that ID any more, and AWS accepts no text with it. Where a \
                     statement names nobody else, take the statement out. Choose Update policy; after that, this step \
                     shows the text to paste."
                )
            }
            Some(Obstacle::Denial) => {
                "A statement with the effect Deny keeps Systems Manager out. Ask whoever wrote it; if it may go, take it \
                 out and choose Update policy."
                    .to_owned()
            }
            Some(Obstacle::Unread | Obstacle::ReadDenied) => {
                "Add the statement below to the list under \"Statement\", with a comma before it. Leave everything else as \
                 it is, and choose Update policy."
                    .to_owned()
            }
            None | Some(Obstacle::NotHardened) if pastes => {
                "Replace the whole text by the one below, which holds all of it, and choose Update policy.".to_owned()
            }
            Some(_) => "Mend what is said above, and choose Update policy.".to_owned(),
            None if !self.back.is_empty() => {
                "Add what is gone again, and choose Update policy.".to_owned()
            }
            None => return vec![to_role(role), "It stands on the tab Trust relationships.".to_owned()],
        };
        vec![to_role(role), edit, last]
    }

    fn policy(&self, role: &str, policy: RolePolicy) -> Vec<String> {
        let unread = matches!(
            self.obstacle(),
            Some(Obstacle::Unread | Obstacle::ReadDenied)
        );
        if self.item.change().is_none() && !unread {
            return vec![
                to_role(role),
                format!("On the tab Permissions expand {policy} (the + before it)."),
            ];
        }
        if self.replaces() {
            return vec![
                to_role(role),
                format!("On the tab Permissions expand {policy} (the + before it) and choose Edit."),
                "Choose JSON, replace the whole text by the one below, and choose Next, then Save changes."
                    .to_owned(),
            ];
        }
        let mut steps = vec![to_role(role)];
        if unread && policy == RolePolicy::Server {
            steps.push(
                "Compare the role's ARN in the text with the one in the role's Summary: it could not be read, and stands there \
                 without the role's path."
                    .to_owned(),
            );
        }
        steps.extend([
            "On the tab Permissions choose Add permissions, then Create inline policy.".to_owned(),
            "Choose JSON, replace the whole text by the one below, and choose Next.".to_owned(),
            format!("As policy name type {policy}, and choose Create policy."),
        ]);
        if unread {
            steps.push(format!(
                "Should there be a policy named {policy} already, edit that one instead."
            ));
        }
        steps
    }

    /// The home region of Identity Center, where the role's path names it.
    fn identity_center_region(&self) -> Option<String> {
        let path = &reading(&self.item.target, self.survey)?.path;
        let region = path.strip_prefix("/aws-reserved/sso.amazonaws.com/")?;
        let region = region.trim_end_matches('/');
        (!region.is_empty()).then(|| region.to_owned())
    }

    fn permission_set(&self, role: &str) -> Vec<String> {
        let set = permission_set::name(role).unwrap_or("the set of this role");
        let home = self.identity_center_region().map_or_else(
            || "its home region".to_owned(),
            |region| format!("the region {region}"),
        );
        let mut steps = vec![
            format!(
                "Open IAM Identity Center in {home}, signed in to the organization's management account or the delegated \
                 administrator's."
            ),
            format!("Under Multi-account permissions choose Permission sets, then {set}."),
        ];
        match (self.status, self.obstacle()) {
            (StepStatus::InPlace, _) => {
                steps.push("It stands under Inline policy.".to_owned());
                return steps;
            }
            (_, Some(Obstacle::UnextendablePermissionSet)) => {
                steps.insert(
                    0,
                    format!(
                        "In each account that the set is assigned to, open IAM, then Policies, Create policy, and paste the \
                         text below as JSON. As policy name type {CLIENT_POLICY}."
                    ),
                );
                steps.push(format!(
                    "The set's inline policy cannot be extended. Under Customer managed policies choose Attach policies, and \
                     type {CLIENT_POLICY}."
                ));
            }
            (_, Some(Obstacle::Unread | Obstacle::ReadDenied)) => steps.push(
                "Under Inline policy choose Edit. Add the statements of the text below to what is there; where there is \
                 nothing, paste it whole. Choose Save changes."
                    .to_owned(),
            ),
            _ => steps.push(
                "Under Inline policy choose Edit. The text below holds what the role has in this account; if the set has the \
                 same, replace the whole text by it. If the set has more, add the statements that it lacks instead. Choose \
                 Save changes."
                    .to_owned(),
            ),
        }
        steps.push(
            "Identity Center brings it to the role in each account that the set is assigned to, which can take some \
             minutes. Should the set be shown as out of date for this account, reapply it."
                .to_owned(),
        );
        steps
    }
}

fn full_access(role: &str, is_missing: bool) -> Vec<String> {
    if !is_missing {
        return vec![
            to_role(role),
            "It stands on the tab Permissions.".to_owned(),
        ];
    }
    vec![
        to_role(role),
        "On the tab Permissions choose Add permissions, then Attach policies.".to_owned(),
        format!("Find {FULL_ACCESS}, tick it, and choose Add permissions."),
    ]
}

fn to_role(role: &str) -> String {
    format!("Open IAM, then Roles, then {role}.")
}

fn trust_quota() -> Vec<String> {
    vec![
        "Open Service Quotas, then AWS services, then AWS Identity and Access Management (IAM)."
            .to_owned(),
        "Choose Role trust policy length, then Request increase at account level, and ask for at least as many characters as \
         are named above."
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
