//! A Markdown document for those who decide: what changes and why, each document before and after, what each
//! permission is for, how to put it back. Complete without the program at hand.

mod purposes;
mod security;

use jiff::Timestamp;
use serde_json::Value;

use crate::messages::plan::WHO_THEN;
use crate::model::new_role::FULL_ACCESS;
use crate::model::region::ACTIVATION_TIER;
use crate::plan::{Change, Content, Item, Plan, RoleDocument, State, Target};
use crate::policy::difference::difference;
use crate::policy::document::pretty;
use crate::policy::template::RolePolicy;
use crate::text::counted;
use crate::text::{clean, clean_json, clean_lines};
use purposes::purpose;

/// The document.
pub(super) fn document(plan: &Plan) -> String {
    let mut page = Page(String::new());
    let identity = &plan.identity;
    page.line("# SageMaker SSH Helper: the changes to this AWS account");
    page.line("");
    page.line("| | |");
    page.line("|---|---|");
    let endpoints = identity.endpoints.iter();
    for (label, value) in [
        ("Account", identity.account_label()),
        ("Partition", identity.partition.to_string()),
        ("Planned by", identity.arn.clone()),
        (
            "Program",
            format!("sagemaker-ssh-setup {}", env!("CARGO_PKG_VERSION")),
        ),
        ("Plan", super::fingerprint(plan)),
        (
            "Made",
            Timestamp::now().strftime("%Y-%m-%d %H:%M UTC").to_string(),
        ),
        ("SageMaker roles", plan.choices.sagemaker_roles.join(", ")),
        ("User roles", plan.choices.user_roles.join(", ")),
        ("Regions", plan.choices.regions.join(", ")),
        (
            "Connect from",
            plan.choices.connect_from.as_str().to_owned(),
        ),
        ("Items", plan.totals_line("·")),
    ]
    .into_iter()
    .chain(endpoints.map(|endpoint| ("Endpoint", endpoint.label())))
    {
        page.line(&format!("| {label} | {} |", plain(&value)));
    }
    page.line("");
    page.line(
        "For whoever decides about it; set-up.sh, main.tf and template.json are for whoever carries it out, and name the same plan.",
    );
    page.section("What it is for");
    page.line(
        "SageMaker SSH Helper opens SSH sessions into SageMaker training jobs, endpoints, notebooks and Studio over AWS \
         Systems Manager, without any inbound network port. A SageMaker container registers as a hybrid node under its \
         SageMaker role; a person opens a session to that node with a role of their own. Existing trust policies are \
         extended by one statement and never replaced.",
    );
    page.line("");
    page.line(&plan.sentence());
    page.section("What changes");
    if plan.totals().changes == 0 {
        page.line("Nothing.");
    }
    for (number, (item, change)) in plan.changes().enumerate() {
        page.change(number + 1, item, change, &identity.account);
    }
    rest(plan, &mut page);
    page.section("What a session is worth");
    security::worth(plan, &mut page);
    page.section("Each statement that is written");
    security::statements(plan, &mut page);
    page.section("What each permission is for");
    permissions(plan, &mut page);
    page.section("The options");
    security::options(plan, &mut page);
    page.section("How one person is kept out of another's session");
    page.line(
        "The client policy allows `ssm:StartSession` and `ssm:SendCommand` on hybrid nodes only under the condition that \
         the node's tag `SSHOwner` equals `${aws:userid}`, the caller's unique ID. The node gets that tag when it registers, \
         from the person who started the job. Whoever may change tags of hybrid nodes (`ssm:AddTagsToResource` on them) \
         or start a job with somebody else's ID as owner can get around that; the policies here give neither to user \
         roles.",
    );
    page.line("");
    page.line(
        "**To note:** for a session of a role that ID is the role's ID and the session's name. People who share a user role \
         and may choose the name of their session could take somebody else's. Where that matters, give each person a \
         role, let IAM Identity Center name the sessions, or require the name in the user role's trust policy with \
         `sts:RoleSessionName`. Of the roles of this plan:",
    );
    security::sharing(plan, &mut page);
    page.section("What is logged, and what to watch");
    security::logged(&mut page);
    page.section("What it costs");
    page.line(
        "The advanced-instances tier is charged: about 0.007 US dollars per hour for each running hybrid node, counting \
         all hybrid nodes of the account in that region, not only SageMaker's. IAM changes cost nothing.",
    );
    page.section("How to put it back");
    put_back(plan, &mut page);
    page.0
}

struct Page(String);

impl Page {
    fn line(&mut self, text: &str) {
        self.0.push_str(text);
        self.0.push('\n');
    }

    fn section(&mut self, title: &str) {
        self.line("");
        self.line(&format!("## {title}"));
        self.line("");
    }

    /// A block that shows a text as it stands, whatever is in it; what cannot be shown as an escape.
    fn block(&mut self, language: &str, text: &str) {
        let longest = text
            .split(|c| c != '`')
            .map(str::len)
            .max()
            .unwrap_or_default();
        let fence = "`".repeat(longest.max(2) + 1);
        self.line("");
        self.line(&format!("{fence}{language}"));
        let text = clean_json(text.replace("\r\n", "\n"));
        self.line(text.trim_end_matches('\n'));
        self.line(&fence);
    }

    fn change(&mut self, number: usize, item: &Item, change: &Change, account: &str) {
        let target = &item.target;
        self.line(&format!("### {number}. {}", plain(&change.sentence())));
        self.line("");
        self.line(target.why());
        for warning in &item.warnings {
            self.line("");
            self.line(&format!("**To note:** {}", plain(warning)));
        }
        if change.replaces() {
            for name in security::gone(change) {
                self.line("");
                self.line(&format!("**Gone:** {}", plain(&name)));
            }
        }
        let (before, after) = (change.before_text(), change.after_text());
        if let Target::Tier { .. } | Target::FullAccess { .. } = target {
            let unset = match target {
                Target::FullAccess { .. } => "not attached",
                _ => "not set",
            };
            let value = |text: Option<&str>| clean(text.unwrap_or(unset));
            self.line("");
            self.line(&format!("From `{}` to `{}`.", value(before), value(after)));
        } else {
            self.line("");
            self.line("The difference:");
            let lines = difference(before, after);
            let lines = lines
                .iter()
                .map(|line| format!("{} {}", line.sign(), line.text()));
            self.block("diff", &lines.collect::<Vec<_>>().join("\n"));
            let admitted = change.admitted().into_iter();
            let admitted: Vec<String> = admitted
                .map(|(change, admitted)| {
                    clean(&format!("{} {}", change.sign(), admitted.text(account)))
                })
                .collect();
            if !admitted.is_empty() {
                self.line("");
                self.line(WHO_THEN);
                self.block("diff", &admitted.join("\n"));
            }
            for (label, text) in [("Before:", before), ("After:", after)] {
                self.line("");
                match text {
                    Some(text) => {
                        self.line(label);
                        self.block("json", &pretty(text));
                    }
                    None if matches!(target, Target::Role { .. }) => {
                        self.line(&format!("{label} there is no role of this name."));
                    }
                    None => self.line(&format!("{label} the role has no policy of this name.")),
                }
            }
        }
        self.line("");
        self.line("The API call:");
        let call = change.api_call().replace("as below", "as above");
        self.block("text", &clean_lines(&call));
        self.line("");
    }
}

/// What is in place already, and what cannot be done.
fn rest(plan: &Plan, page: &mut Page) {
    let items = |wanted: fn(&State) -> bool| {
        let items: Vec<&Item> = plan
            .items
            .iter()
            .filter(|item| wanted(&item.state))
            .collect();
        items
    };
    let in_place = items(|state| matches!(state, State::InPlace(_)));
    if !in_place.is_empty() {
        page.section("What is in place already");
        for item in in_place {
            page.line(&format!("- {}", plain(&item.summary())));
        }
    }
    let blocked = items(|state| matches!(state, State::Blocked { .. }));
    if !blocked.is_empty() {
        page.section("What cannot be done");
        for item in blocked {
            if let State::Blocked {
                reason,
                remedy,
                wanted,
                ..
            } = &item.state
            {
                let short = item.target.short();
                page.line(&format!(
                    "- {}",
                    plain(&format!("{short}: {reason} {remedy}"))
                ));
                if let Some(document) = wanted {
                    page.block("json", &pretty(document));
                    page.line("");
                }
            }
        }
    }
}

/// Every action that the changed documents allow for our sake, with what it is for.
fn permissions(plan: &Plan, page: &mut Page) {
    let mut actions: Vec<(String, String)> = Vec::new();
    for (item, change) in plan.changes() {
        let who = match &item.target {
            Target::Tier { .. } => continue,
            Target::Role { .. } => "those whom the trust policy of the new role lets in",
            Target::FullAccess { .. } => "jobs under the new role",
            Target::Trust { .. } => "Systems Manager",
            Target::Policy { policy, .. } => match policy {
                RolePolicy::Server => "SageMaker containers",
                RolePolicy::Client => "people who connect",
            },
        };
        let given = match &item.target {
            // One statement is added, and it allows this.
            Target::Role { .. } | Target::Trust { .. } => vec!["sts:AssumeRole".to_owned()],
            Target::FullAccess { .. } => vec![FULL_ACCESS.to_owned()],
            Target::Tier { .. } | Target::Policy { .. } => {
                granted(change.after_text().unwrap_or_default())
            }
        };
        for action in given {
            let entry = (who.to_owned(), action);
            if !actions.contains(&entry) {
                actions.push(entry);
            }
        }
    }
    if actions.is_empty() {
        page.line("No permission is added.");
        return;
    }
    page.line("| who | permission | what for |");
    page.line("|---|---|---|");
    for (who, action) in actions {
        let purpose = purpose(&action).unwrap_or_default();
        page.line(&format!("| {who} | `{}` | {purpose} |", cell(&action)));
    }
}

/// The trust policy of a role that is made.
fn trust_of_new(change: &Change) -> Option<String> {
    RoleDocument::parse(change.after_text()?).map(|document| document.trust())
}

/// The actions that a document allows.
fn granted(text: &str) -> Vec<String> {
    let document: Value = serde_json::from_str(text).unwrap_or_default();
    let list = |value: Option<&Value>| match value {
        Some(Value::Array(list)) => list.clone(),
        Some(value) => vec![value.clone()],
        None => Vec::new(),
    };
    let statements = list(document.get("Statement"));
    let allowed = statements
        .iter()
        .filter(|statement| statement.get("Effect").and_then(Value::as_str) == Some("Allow"));
    let actions = allowed.flat_map(|statement| list(statement.get("Action")));
    actions
        .filter_map(|action| action.as_str().map(str::to_owned))
        .collect()
}

/// The AWS CLI command that puts each change back.
fn put_back(plan: &Plan, page: &mut Page) {
    let changes: Vec<_> = plan.changes().collect();
    if changes.is_empty() {
        page.line("There is nothing to put back.");
        return;
    }
    page.line(&format!(
        "`sagemaker-ssh-setup undo` puts a run of the program back from its record. Without it, {} with the AWS CLI, the \
         last first. A tier goes back only while the region has at most 1,000 hybrid nodes.",
        counted(changes.len(), "call")
    ));
    let commands: Vec<String> = changes
        .iter()
        .rev()
        .map(|(item, change)| {
            let former = former_file(&item.target);
            match (&item.target, &change.before()) {
            (Target::Tier { region }, Content::Text(value)) => format!(
                "aws ssm update-service-setting --region {region} --setting-id {ACTIVATION_TIER} --setting-value {value}"
            ),
            (Target::Tier { region }, _) => {
                format!("aws ssm reset-service-setting --region {region} --setting-id {ACTIVATION_TIER}")
            }
            (Target::Role { role }, _) => format!("aws iam delete-role --role-name={role}"),
            (Target::FullAccess { role }, _) => {
                let arn = change.after_text().unwrap_or_default();
                format!("aws iam detach-role-policy --role-name={role} --policy-arn {arn}")
            }
            (Target::Trust { role }, _) => format!(
                "aws iam update-assume-role-policy --role-name={role} --policy-document file://{former}"
            ),
            (Target::Policy { role, policy }, Content::Absent) => {
                format!("aws iam delete-role-policy --role-name={role} --policy-name {policy}")
            }
            (Target::Policy { role, policy }, _) => format!(
                "aws iam put-role-policy --role-name={role} --policy-name {policy} --policy-document file://{former}"
            ),
        }})
        .collect();
    page.block("sh", &clean_lines(&commands.join("\n")));
    if !commands.iter().any(|command| command.contains("file://")) {
        return;
    }
    page.line("");
    page.line(
        "Each of these files holds the document that stands above under \"Before\"; the exported folder has them beside this one.",
    );
}

/// The name of the file with a former document; no two have the same.
pub(super) fn former_file(target: &Target) -> String {
    match target {
        Target::Tier { region } => format!("tier-{region}.former.txt"),
        Target::Role { role } => format!("role-{role}.former.json"),
        Target::FullAccess { role } => format!("attached-{role}.former.txt"),
        Target::Trust { role } => format!("trust-{role}.former.json"),
        Target::Policy { role, policy } => format!("{policy}-{role}.former.json"),
    }
}

/// Text of unknown origin as text, and never as Markdown: no emphasis, link, picture, HTML or cell of its own.
fn plain(text: &str) -> String {
    let text = clean(text);
    let mut plain = String::new();
    let mut before = ' ';
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        let after = rest.peek().copied().unwrap_or(' ');
        let acts = match c {
            '\\' | '`' | '*' | '[' | ']' | '<' | '>' | '|' | '~' => true,
            // Within a word it is no emphasis, and names are full of them.
            '_' => !(before.is_alphanumeric() && after.is_alphanumeric()),
            '&' => after == '#' || after.is_alphanumeric(),
            '!' => after == '[',
            // Addresses become links by themselves.
            ':' => after == '/',
            '.' => plain.to_ascii_lowercase().ends_with("www"),
            _ => false,
        };
        if acts {
            plain.push('\\');
        }
        plain.push(c);
        before = c;
    }
    plain
}

/// Code in a table's cell.
fn cell(text: &str) -> String {
    clean(text).replace('|', "\\|")
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::model::Partition;
    use crate::policy::template::Place;

    #[test]
    fn every_permission_of_the_policies_has_its_purpose_and_no_other_is_named() {
        let partition = Partition::default();
        let place = Place {
            partition: &partition,
            account: "123456789012",
        };
        let mut given: Vec<String> = Vec::new();
        for document in [
            place
                .server_policy("arn:aws:iam::123456789012:role/R")
                .unwrap(),
            place.client_policy(true).unwrap(),
        ] {
            given.extend(granted(document.text()));
        }
        given.push("sts:AssumeRole".to_owned());
        for action in &given {
            assert!(purpose(action).is_some(), "{action}");
        }
        for (action, _) in purposes::PURPOSES {
            assert!(given.iter().any(|given| given == action), "{action}");
        }
    }

    #[test]
    fn what_aws_says_is_text_and_no_markdown() {
        for (said, shown) in [
            (
                "Signed in as arn:aws:iam::1:user/a_b (a & b)!",
                "Signed in as arn:aws:iam::1:user/a_b (a & b)!",
            ),
            (
                "![x](http://evil.example/p.png)",
                r"\!\[x\](http\://evil.example/p.png)",
            ),
            (
                "<script> a|b &lt; *c* _d_",
                r"\<script\> a\|b \&lt; \*c\* \_d\_",
            ),
            ("www.evil.example `x` \\", r"www\.evil.example \`x\` \\"),
        ] {
            assert_eq!(plain(said), shown);
        }
    }

    #[test]
    fn a_document_cannot_leave_its_block() {
        let mut page = Page(String::new());
        page.block("json", "a ``` b ```` c");
        assert!(page.0.contains("\n`````json\n") && page.0.ends_with("\n`````\n"));
    }
}
