//! What is set up in an account of which nothing is known: `check --all`.

use schemars::JsonSchema;
use serde::Serialize;

use super::CommandContext;
use super::printer::{Printer, account_lines};
use crate::cli::Output;
use crate::exit::Exit;
use crate::model::{Survey, TierReading};
use crate::plan::{Finding, Plan, Target};
use crate::policy::template::RolePolicy;
use crate::survey;
use crate::text::{clean_json, counted};
use crate::verify::audit::{self, Leftover, RoleRow};
use crate::verify::proof;

/// For so many policies at most the simulator is asked whether the role's other policies take them back, or make up for them.
const ASKED_ABOUT: usize = 40;

/// What was found, in its public form.
#[derive(Serialize, JsonSchema)]
pub(super) struct AuditFile {
    #[schemars(extend("const" = "sagemaker-ssh-setup/audit"))]
    format: &'static str,
    #[schemars(extend("const" = 1))]
    version: u64,
    account: String,
    /// Why roles that people have could not be looked for; null where they were.
    incomplete: Option<String>,
    roles: Vec<RoleFile>,
    regions: Vec<RegionFile>,
    leftovers: Vec<LeftoverFile>,
}

#[derive(Serialize, JsonSchema)]
struct RoleFile {
    name: String,
    /// Whether SageMaker may assume it.
    sagemaker: bool,
    #[schemars(extend("enum" = ["in-place", "missing", "differs", "blocked", "unknown", null]))]
    trust: Option<&'static str>,
    /// `by-others`: other policies of the role give all that is needed.
    #[schemars(extend("enum" = ["in-place", "missing", "differs", "blocked", "unknown", "by-others", "denied", null]))]
    server: Option<&'static str>,
    #[schemars(extend("enum" = ["in-place", "missing", "differs", "blocked", "unknown", "by-others", "denied", null]))]
    client: Option<&'static str>,
}

#[derive(Serialize, JsonSchema)]
struct RegionFile {
    name: String,
    /// `advanced`, `standard`, another value, or null where it is not known.
    tier: Option<String>,
    /// Null where they are not known.
    nodes: Option<usize>,
    online: Option<usize>,
}

#[derive(Serialize, JsonSchema)]
struct LeftoverFile {
    role: String,
    #[schemars(extend("enum" = ["older-policy", "unconditioned-pass-role", "codebuild-trust", "rewrites-trust"]))]
    kind: &'static str,
    what: String,
}

pub(super) async fn all(mut context: CommandContext) -> Result<Exit, Exit> {
    let known = context.known().await?;
    let reading = survey::all(&known.account, &known.identity);
    let read = context.reading(reading).await?;
    let (survey, incomplete) = read.map_err(|error| context.failed(&error))?;
    let choices = audit::choices(&survey);
    let plan = Plan::new(&survey, &choices);
    let leftovers = audit::leftovers(survey.roles.values().flatten(), &choices);
    // What is in place first: that it works matters most.
    let mut asked = audit::items(&survey, &plan);
    asked.retain(|item| matches!(item.target, Target::Policy { .. }));
    asked.sort_by_key(|item| item.finding() != Finding::InPlace);
    let not_asked = asked.len().saturating_sub(ASKED_ABOUT);
    asked.truncate(ASKED_ABOUT);
    let asking = proof::needs_met(&known.account, &plan, &asked);
    let met = context.reading(asking).await?;
    let rows = audit::rows(&survey, &plan, &met);
    match context.output {
        Output::Json => {
            let text = json(&survey, &rows, &leftovers, incomplete);
            let text = context.json(text)?;
            context.emit(&text)?;
        }
        Output::Text => show(
            context.printer,
            &plan,
            &survey,
            &rows,
            &leftovers,
            incomplete.as_deref(),
        ),
    }
    if not_asked > 0 {
        context.printer.print_err(&format!(
            "For {} more AWS was not asked whether the role's other policies take it back, or make up for it.",
            counted(not_asked, "policy")
        ));
    }
    Ok(match somebody_can_connect(&survey, &rows) {
        Some(true) => Exit::Done,
        Some(false) => Exit::Changes,
        None => Exit::Failed,
    })
}

fn is_advanced(tier: &TierReading) -> bool {
    matches!(tier, TierReading::Known { tier, .. } if tier.value() == "advanced")
}

/// Returns whether anybody can, by what was read; none where it depends on what could not be read.
fn somebody_can_connect(survey: &Survey, rows: &[RoleRow]) -> Option<bool> {
    let can = survey.tiers.values().any(is_advanced)
        && rows.iter().any(RoleRow::takes_containers)
        && rows.iter().any(RoleRow::lets_people_connect);
    let is_unread =
        |tier: &TierReading| matches!(tier, TierReading::Denied(_) | TierReading::Failed(_));
    let is_incomplete =
        survey.tiers.values().any(is_unread) || survey.roles.values().any(Result::is_err);
    match (can, is_incomplete) {
        (true, _) => Some(true),
        (false, false) => Some(false),
        (false, true) => None,
    }
}

fn word(
    row: &RoleRow,
    finding: Option<Finding>,
    policy: Option<RolePolicy>,
) -> Option<&'static str> {
    let finding = finding?;
    if policy.is_some_and(|policy| row.given.contains(&policy)) {
        return Some("by-others");
    }
    if policy.is_some_and(|policy| row.denied.contains(&policy)) {
        return Some("denied");
    }
    Some(match finding {
        Finding::InPlace => "in-place",
        Finding::Missing => "missing",
        Finding::Differs => "differs",
        Finding::Blocked => "blocked",
        Finding::Unknown => "unknown",
    })
}

fn show(
    printer: Printer,
    plan: &Plan,
    survey: &Survey,
    rows: &[RoleRow],
    leftovers: &[Leftover],
    incomplete: Option<&str>,
) {
    account_lines(printer, plan);
    printer.print("");
    if let Some(why) = incomplete {
        printer.print(&format!(
            "! Only roles that SageMaker may assume were looked at. {why}"
        ));
    }
    show_roles(printer, rows);
    printer.print("");
    show_regions(printer, survey);
    if !leftovers.is_empty() {
        printer.print("");
        printer.print("What older set-ups have left behind; this program does not touch it:");
        for Leftover { role, kind } in leftovers {
            printer.print(&format!("! {role}: {}", kind.sentence()));
        }
    }
    printer.print("");
    printer.print(&conclusion(survey, rows));
    printer.print("\"check\" with some of these roles says of each what is missing, and proves what is there.");
}

fn show_roles(printer: Printer, rows: &[RoleRow]) {
    if rows.is_empty() {
        printer.print("There is no role that SageMaker may assume, and none with a policy of SageMaker SSH Helper.");
        return;
    }
    let width = rows
        .iter()
        .map(|row| row.role.chars().count())
        .max()
        .unwrap_or(0)
        .max(4);
    printer.print(&format!(
        "{:<width$}  of         trust     server     client",
        "role"
    ));
    for row in rows {
        let of = if row.is_sagemaker {
            "SageMaker"
        } else {
            "people"
        };
        let cell = |finding, policy| {
            word(row, finding, policy).map_or_else(|| "-".to_owned(), |word| word.replace('-', " "))
        };
        printer.print(&format!(
            "{:<width$}  {of:<9}  {:<8}  {:<9}  {}",
            row.role,
            cell(row.trust, None),
            cell(row.server, Some(RolePolicy::Server)),
            cell(row.client, Some(RolePolicy::Client)),
        ));
    }
}

/// Regions that are set up, have nodes, or could not be read; the others are counted.
fn show_regions(printer: Printer, survey: &Survey) {
    printer.print(&format!("{:<15} {:<14} hybrid nodes", "region", "tier"));
    let mut plain = 0;
    for (region, tier) in &survey.tiers {
        let nodes = survey.nodes.get(region);
        let count = nodes.and_then(|nodes| nodes.as_ref().ok());
        let tier_word = match tier {
            TierReading::Known { tier, .. } => tier.value().to_owned(),
            TierReading::NotAccepted => "not enabled".to_owned(),
            TierReading::Denied(_) => "denied".to_owned(),
            TierReading::Failed(_) => "not read".to_owned(),
        };
        let is_standard = matches!(tier, TierReading::Known { .. } if !is_advanced(tier));
        let without_nodes = count.is_some_and(|count| count.all == 0);
        if is_standard && without_nodes || matches!(tier, TierReading::NotAccepted) {
            plain += 1;
            continue;
        }
        let nodes = match count {
            Some(count) if count.all == 0 => "none".to_owned(),
            Some(count) => {
                let more = if count.is_complete { "" } else { "more than " };
                format!("{more}{}, {} online", count.all, count.online)
            }
            None => "not known".to_owned(),
        };
        printer.print(&format!("{region:<15} {tier_word:<14} {nodes}"));
    }
    if plain > 0 {
        printer.print(&format!(
            "{} more without the tier and without nodes, or not enabled.",
            counted(plain, "region")
        ));
    }
}

fn conclusion(survey: &Survey, rows: &[RoleRow]) -> String {
    let named = |is_meant: fn(&RoleRow) -> bool| {
        let names = rows
            .iter()
            .filter(|row| is_meant(row))
            .map(|row| row.role.as_str());
        names.collect::<Vec<_>>().join(", ")
    };
    let tiers = survey.tiers.iter().filter(|(_, tier)| is_advanced(tier));
    let regions: Vec<&str> = tiers.map(|(region, _)| region.as_str()).collect();
    if somebody_can_connect(survey, rows).is_none() {
        return "Whether anybody can connect is not known: not everything could be read."
            .to_owned();
    }
    if somebody_can_connect(survey, rows) == Some(true) {
        format!(
            "By these documents people can connect with {}, to containers under {}, in {}.",
            named(RoleRow::lets_people_connect),
            named(RoleRow::takes_containers),
            regions.join(", ")
        )
    } else {
        let mut missing = Vec::new();
        for (is_missing, what) in [
            (
                !rows.iter().any(RoleRow::takes_containers),
                "no role whose containers can register",
            ),
            (
                !rows.iter().any(RoleRow::lets_people_connect),
                "no role that people can connect with",
            ),
            (regions.is_empty(), "no region with the advanced tier"),
        ] {
            if is_missing {
                missing.push(what);
            }
        }
        format!("Nobody can connect: there is {}.", missing.join(", "))
    }
}

fn json(
    survey: &Survey,
    rows: &[RoleRow],
    leftovers: &[Leftover],
    incomplete: Option<String>,
) -> Result<String, serde_json::Error> {
    let role = |row: &RoleRow| RoleFile {
        name: row.role.clone(),
        sagemaker: row.is_sagemaker,
        trust: word(row, row.trust, None),
        server: word(row, row.server, Some(RolePolicy::Server)),
        client: word(row, row.client, Some(RolePolicy::Client)),
    };
    let region = |(region, tier): (&String, &TierReading)| {
        let nodes = survey
            .nodes
            .get(region)
            .and_then(|nodes| nodes.as_ref().ok());
        RegionFile {
            name: region.clone(),
            tier: match tier {
                TierReading::Known { tier, .. } => Some(tier.value().to_owned()),
                _ => None,
            },
            nodes: nodes.map(|count| count.all),
            online: nodes.map(|count| count.online),
        }
    };
    let leftover = |leftover: &Leftover| LeftoverFile {
        role: leftover.role.clone(),
        kind: leftover.kind.as_str(),
        what: leftover.kind.sentence(),
    };
    let file = AuditFile {
        format: "sagemaker-ssh-setup/audit",
        version: 1,
        account: survey.identity.account.clone(),
        incomplete,
        roles: rows.iter().map(role).collect(),
        regions: survey.tiers.iter().map(region).collect(),
        leftovers: leftovers.iter().map(leftover).collect(),
    };
    serde_json::to_string_pretty(&file).map(|text| clean_json(text + "\n"))
}
