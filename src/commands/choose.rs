//! From flags to choices. What is missing is named with the flag that gives it; nothing is guessed.

use std::collections::BTreeSet;

use super::{CommandContext, Connected};
use crate::account::Account;
use crate::cli::Wanted;
use crate::exit::Exit;
use crate::model::new_role::{bad_name, is_policy_arn};
use crate::model::region::is_region_code;
use crate::model::{
    Choices, ConnectFrom, Identity, NewRole, Partition, Purpose, Region, RoleArn, Trusted,
    TrustedKind, TypedRole,
};
use crate::plan::Plan;
use crate::survey;
use crate::text::did_you_mean;

impl Wanted {
    /// Returns what is missing, by flag. Connected before anything is asked of AWS.
    fn missing(&self) -> Vec<String> {
        if self.same_as.is_some() {
            return Vec::new();
        }
        let connect_from = self.connect_from();
        let mut missing = Vec::new();
        if self.sagemaker_roles.is_empty() && self.new.sagemaker_roles.is_empty() {
            missing.push(
                "--sagemaker-role ROLE, the role that SageMaker runs under (or --new-sagemaker-role NAME, to make one)"
                    .to_owned(),
            );
        }
        let has_user_role = !self.user_roles.is_empty() || !self.new.user_roles.is_empty();
        if connect_from.uses_user_roles() && !has_user_role {
            missing.push(
                "--user-role ROLE, the role that people have when they connect (or --new-user-role NAME, to make one, or \
                 --connect-from studio)"
                    .to_owned(),
            );
        }
        if self.regions.iter().all(String::is_empty) {
            missing.push("--regions A,B, the regions in which people will connect".to_owned());
        }
        missing
    }

    fn connect_from(&self) -> ConnectFrom {
        self.connect_from
            .map_or(ConnectFrom::default(), ConnectFrom::from)
    }
}

impl CommandContext {
    /// Makes sure that everything was said that has to be.
    pub(super) fn complete(&self, wanted: &Wanted) -> Result<(), Exit> {
        if wanted.same_as.is_none()
            && !wanted.connect_from().uses_user_roles()
            && !(wanted.user_roles.is_empty() && wanted.new.user_roles.is_empty())
        {
            self.printer.print_err(
                "A user role says nothing when people connect from Studio, where they come with the SageMaker role. \
                 Leave it out, or say --connect-from both.",
            );
            return Err(Exit::Usage);
        }
        let missing = wanted.missing();
        for what in &missing {
            self.printer.print_err(&format!("missing: {what}"));
        }
        if missing.is_empty() {
            Ok(())
        } else {
            self.printer
                .print_err("Without a command, a wizard asks for all of this.");
            Err(Exit::Usage)
        }
    }

    /// The choices, held against the account that they are for.
    pub(super) async fn choices(
        &mut self,
        known: &Connected,
        wanted: &Wanted,
    ) -> Result<Choices, Exit> {
        if let Some(run) = &wanted.same_as {
            return self.same_as(run, known);
        }
        let (account, identity) = (known.account.clone(), known.identity.clone());
        let chosen = self.reading(chosen(&account, &identity, wanted)).await?;
        chosen.map_err(|why| {
            self.printer.print_err(&why);
            Exit::Usage
        })
    }

    /// A role that was given by its ARN has to have that ARN, with its path.
    pub(super) fn same_arns(&self, wanted: &Wanted, plan: &Plan) -> Result<(), Exit> {
        let words = wanted.sagemaker_roles.iter().chain(&wanted.user_roles);
        for typed in words.filter_map(|word| word.parse::<RoleArn>().ok()) {
            let (name, typed) = (&typed.name, typed.to_string());
            if let Some(arn) = plan.role_arns.get(name).filter(|arn| **arn != typed) {
                self.printer.print_err(&format!(
                    "There is no role {typed}. The role {name} is {arn}; its name alone is enough."
                ));
                return Err(Exit::Usage);
            }
        }
        Ok(())
    }

    fn same_as(&self, run: &str, known: &Connected) -> Result<Choices, Exit> {
        let identity = &known.identity;
        let runs = known.runs.as_ref().map_err(|error| {
            self.printer
                .print_err(&format!("The records cannot be read: {error}."));
            Exit::Failed
        })?;
        let record = if run == "last" {
            runs.latest(&identity.account)
        } else {
            let found = runs.find(run);
            found.filter(|record| record.account == identity.account && record.undoes.is_none())
        };
        record.map(|record| record.choices.clone()).ok_or_else(|| {
            let which = if run == "last" {
                String::new()
            } else {
                format!(" {run}")
            };
            self.printer.print_err(&format!(
                "There is no run{which} that set anything up in the account {}. \"runs\" lists what is recorded.",
                identity.account
            ));
            Exit::Failed
        })
    }
}

async fn chosen(
    account: &Account,
    identity: &Identity,
    wanted: &Wanted,
) -> Result<Choices, String> {
    let connect_from = wanted.connect_from();
    let new_roles = new_roles(wanted, identity)?;
    let (words, flag) = (&wanted.sagemaker_roles, "--sagemaker-role");
    let mut sagemaker_roles = roles(account, flag, words, identity).await?;
    let mut user_roles = roles(account, "--user-role", &wanted.user_roles, identity).await?;
    for new in &new_roles {
        // IAM does not tell names apart by case.
        let is_same = |name: &String| name.to_lowercase() == new.name.to_lowercase();
        let is_chosen = |names: &[String]| names.iter().any(is_same);
        if is_chosen(&sagemaker_roles) || is_chosen(&user_roles) {
            return Err(format!("The role {} is asked for twice.", new.name));
        }
        let names = if new.is_sagemaker() {
            &mut sagemaker_roles
        } else {
            &mut user_roles
        };
        names.push(new.name.clone());
    }
    Ok(Choices {
        connect_from,
        sagemaker_roles,
        user_roles,
        regions: regions(account, &wanted.regions, &identity.partition).await?,
        harden_trust: wanted.harden_trust,
        shell_access: wanted.shell_access,
        new_roles,
    })
}

/// The roles that are to be made.
fn new_roles(wanted: &Wanted, identity: &Identity) -> Result<Vec<NewRole>, String> {
    let mut assumed_by: Vec<Trusted> = Vec::new();
    for word in wanted
        .new
        .assumed_by
        .iter()
        .flat_map(|word| Trusted::separated(word))
    {
        let who = Trusted::read(&word, &identity.partition, &identity.account);
        let who = who.map_err(|why| format!("--assumed-by \"{word}\": {why}"))?;
        if !assumed_by.contains(&who) {
            assumed_by.push(who);
        }
    }
    let is_user = |who: &Trusted| who.kind() == TrustedKind::User;
    let is_everybody = |who: &Trusted| who.kind() == TrustedKind::Account;
    if wanted.new.own_session_names && !assumed_by.iter().any(is_user) {
        return Err(
            "--own-session-names is about IAM users, and --assumed-by names none. Everybody else would be locked out by it."
                .to_owned(),
        );
    }
    if wanted.new.own_session_names && assumed_by.iter().any(is_everybody) {
        return Err(
            "--own-session-names does not go with \"account\": everybody whom IAM lets could come in under any name, IAM users too."
                .to_owned(),
        );
    }
    let boundary = wanted.new.permissions_boundary.as_deref().map(str::trim);
    if let Some(arn) = boundary.filter(|arn| !is_policy_arn(arn)) {
        return Err(format!(
            "--permissions-boundary \"{arn}\": this is not the ARN of a managed policy. It looks like \
             arn:aws:iam::123456789012:policy/Boundary."
        ));
    }
    let sagemaker = Purpose::Sagemaker {
        full_access: !wanted.new.without_full_access,
    };
    let people = Purpose::People {
        assumed_by,
        own_session_names: wanted.new.own_session_names,
    };
    let of = |names: &[String], flag: &str, purpose: &Purpose| {
        let role = |name: &String| match bad_name(name.trim()) {
            Some(why) => Err(format!("{flag} \"{name}\": {why}")),
            None => Ok(NewRole {
                name: name.trim().to_owned(),
                purpose: purpose.clone(),
                boundary: boundary.map(str::to_owned),
            }),
        };
        names.iter().map(role).collect::<Result<Vec<_>, _>>()
    };
    let new = of(
        &wanted.new.sagemaker_roles,
        "--new-sagemaker-role",
        &sagemaker,
    )?;
    let people = of(&wanted.new.user_roles, "--new-user-role", &people)?;
    if new.is_empty() && people.is_empty() && boundary.is_some() {
        return Err(
            "--permissions-boundary is for roles that are to be made, and none is.".to_owned(),
        );
    }
    Ok(new.into_iter().chain(people).collect())
}

/// Names of roles of this account, each once.
async fn roles(
    account: &Account,
    flag: &str,
    words: &[String],
    identity: &Identity,
) -> Result<Vec<String>, String> {
    let mut names: Vec<String> = Vec::new();
    for word in separated(account, words).await {
        let role = TypedRole::read(&word, Some(identity));
        let name = role
            .map_err(|why| format!("{flag} \"{word}\": {why}"))?
            .name;
        if !names.contains(&name) {
            names.push(name);
        }
    }
    Ok(names)
}

/// The words, with those taken apart that are several roles with commas between them. A comma may be part of a role's name, so a
/// word that is the name of a role stays one.
async fn separated(account: &Account, words: &[String]) -> Vec<String> {
    let mut separated = Vec::new();
    for word in words {
        let is_one = !word.contains(',') || account.role_arn(word.trim()).await.is_ok();
        if is_one {
            separated.push(word.clone());
        } else {
            let parts = word.split(',').map(str::trim);
            separated.extend(parts.filter(|part| !part.is_empty()).map(str::to_owned));
        }
    }
    separated
}

/// Says that there is no such region, and which one was most likely meant.
fn no_region(code: &str, known: &BTreeSet<String>, partition: &Partition) -> String {
    let nearest = match did_you_mean(code, known.iter().map(String::as_str)) {
        nearest if nearest.is_empty() => " A region looks like eu-west-1.".to_owned(),
        nearest => nearest,
    };
    format!("SageMaker has no region {code} in the partition {partition}.{nearest}")
}

/// Codes of regions of this partition, each once.
async fn regions(
    account: &Account,
    words: &[String],
    partition: &Partition,
) -> Result<Vec<String>, String> {
    let shipped = Region::shipped(partition);
    let mut known: BTreeSet<String> = shipped.into_iter().map(|region| region.code).collect();
    let wanted: BTreeSet<String> = words
        .iter()
        .map(|word| word.trim().to_owned())
        .filter(|word| !word.is_empty())
        .collect();
    if !wanted.is_subset(&known) {
        // AWS may have opened one since.
        let further = survey::further_regions(account, partition).await;
        known.extend(further.into_iter().map(|region| region.code));
    }
    let wrong = wanted
        .iter()
        .filter(|code| !is_region_code(code) || !known.contains(*code));
    let wrong: Vec<String> = wrong
        .map(|code| no_region(code, &known, partition))
        .collect();
    if !wrong.is_empty() {
        return Err(wrong.join(" "));
    }
    Ok(wanted.into_iter().collect())
}
