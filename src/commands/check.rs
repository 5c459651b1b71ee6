//! What is in place and whether it works: what was found, what it breaks, what fixes it, and what proves it.

use std::collections::BTreeSet;
use std::sync::Arc;

use tokio_util::sync::CancellationToken;

use super::printer::{Printer, head, show_messages, show_proof, show_readiness};
use super::{CommandContext, Connected};
use crate::cli::{CheckArgs, Output};
use crate::exit::Exit;
use crate::messages::plan::GIVEN_BY_OTHERS;
use crate::messages::{checks, nodes as node_messages};
use crate::plan::checked::{
    Checked, LiveFile, NodeFile, ProofFile, RegionNodesFile, RemainingFile, TrialFile,
};
use crate::plan::readiness::{Basis, Readiness};
use crate::plan::{Finding, Plan, State};
use crate::policy::template::RolePolicy;
use crate::text::{counted, shell_word};
use crate::verify::CheckResult;
use crate::verify::live::{self, Live, Say, Trial};
use crate::verify::nodes::{self, InRegion, Nodes, Owner, Seen};
use crate::verify::proof;

pub(super) async fn check(
    mut context: CommandContext,
    arguments: &CheckArgs,
) -> Result<Exit, Exit> {
    let (known, plan) = context.plan(&arguments.wanted).await?;
    let region = match &arguments.live {
        None => None,
        Some(None) => Some(plan.home_or_first_region().to_owned()),
        Some(Some(named)) => Some(chosen(&context, &plan, "--live", named)?),
    };
    let node_regions = match &arguments.nodes {
        None => None,
        Some(named) if named.is_empty() => Some(plan.choices.regions.clone()),
        Some(named) => {
            let chosen = named
                .iter()
                .map(|region| chosen(&context, &plan, "--nodes", region));
            Some(chosen.collect::<Result<_, _>>()?)
        }
    };
    let proof = context.reading(proof::prove(&known.account, &plan)).await?;
    let fix_command = fix_command(&plan, &context.account);
    let mut readiness = proof::readiness(&plan, &proof);
    if context.output == Output::Text {
        show_findings(context.printer, &plan, &proof.given);
        if !proof.assertions.is_empty() {
            context.printer.print("");
        }
        show_proof(context.printer, &proof.assertions);
    }
    let nodes = match node_regions {
        None => None,
        Some(regions) => {
            let looking = nodes::look(&known.account, &plan, &regions);
            Some(context.reading(looking).await?)
        }
    };
    let (live, stopped) = match region {
        None => (None, false),
        Some(region) => {
            let (live, stopped) = context.try_live(&known, &plan, &region).await;
            (Some(live), stopped)
        }
    };
    if let (Some(readiness), Some(live)) = (&mut readiness, &live) {
        live.take_back(readiness);
    }
    let is_proven = !proof.assertions.iter().any(CheckResult::is_serious)
        && live.as_ref().is_none_or(Live::is_good);
    match context.output {
        Output::Json => {
            let live = live.as_ref().map(live_file);
            let text = plan.check_to_json(&Checked {
                given: &proof.given,
                readiness: readiness.as_ref(),
                fix_command: fix_command.as_deref(),
                proof: &proofs(&proof.assertions),
                live: live.as_ref(),
                nodes: nodes.as_ref().map(node_files).as_deref(),
            });
            let text = context.json(text)?;
            context.emit(&text)?;
        }
        Output::Text => {
            if let Some(nodes) = &nodes {
                show_nodes(context.printer, nodes);
            }
            if let Some(live) = &live {
                show_live(context.printer, live);
            }
            conclude(
                context.printer,
                &plan,
                readiness.as_ref(),
                fix_command.as_deref(),
                is_proven,
            );
        }
    }
    Ok(match Exit::of_plan(&plan) {
        _ if stopped => Exit::Interrupted,
        Exit::Done if !is_proven => Exit::NotVerified,
        exit => exit.unless_nobody_can(readiness.as_ref()),
    })
}

/// A region for a closer look has to be one of those that are checked.
fn chosen(
    context: &CommandContext,
    plan: &Plan,
    option: &str,
    named: &str,
) -> Result<String, Exit> {
    let regions = &plan.choices.regions;
    let found = regions.iter().find(|region| *region == named);
    found.cloned().ok_or_else(|| {
        let chosen = regions.join(", ");
        context.printer.print_err(&format!(
            "{option}: {named} is not one of the regions that are checked ({chosen}). Nothing was changed."
        ));
        Exit::Usage
    })
}

/// The command that makes the changes that can be made, given the flags that lead to the account.
fn fix_command(plan: &Plan, account: &[String]) -> Option<String> {
    // With a role that cannot be read, apply would not begin.
    (plan.unread_role().is_none() && plan.totals().changes > 0).then(|| {
        let mut words = vec!["sagemaker-ssh-setup".to_owned(), "apply".to_owned()];
        words.extend(account.iter().cloned());
        words.extend(plan.choices.arguments());
        let words: Vec<String> = words.iter().map(|word| shell_word(word)).collect();
        words.join(" ")
    })
}

impl CommandContext {
    /// Tries it for real. Interrupted, it makes nothing more, and deletes what it made; says whether it was.
    async fn try_live(&mut self, known: &Connected, plan: &Plan, region: &str) -> (Live, bool) {
        let printer = self.printer;
        printer.print("");
        let cancel = CancellationToken::new();
        let say: Say = Arc::new(move |text| printer.print(&format!("  {text}")));
        let work = live::check(&known.account, plan, region, &cancel, say);
        tokio::pin!(work);
        let mut listening = true;
        loop {
            tokio::select! {
                live = &mut work => return (live, cancel.is_cancelled()),
                stop = self.stops.recv(), if listening => {
                    listening = stop.is_some();
                    printer.print_err("Stopping: what was made is deleted first.");
                    cancel.cancel();
                }
            }
        }
    }
}

/// What was found, a line each, with what it breaks.
fn show_findings(printer: Printer, plan: &Plan, given: &BTreeSet<(String, RolePolicy)>) {
    head(printer, plan);
    for item in &plan.items {
        let (word, what) = match (item.finding(), &item.state) {
            (Finding::InPlace, _) => ("in place", String::new()),
            (Finding::Missing, State::Change(change)) => ("missing", change.sentence()),
            (Finding::Differs, State::Change(change)) => ("differs", change.sentence()),
            (Finding::Unknown, _) => ("unknown", item.summary()),
            (finding, State::Blocked { reason, remedy, .. }) => {
                let is_there = finding == Finding::Differs;
                let word = if is_there { "differs" } else { "blocked" };
                (word, format!("{reason} {remedy}"))
            }
            (_, State::Change(_) | State::InPlace(_)) => ("blocked", item.summary()),
        };
        printer.print(format!("{word:<10}{}  {what}", item.target).trim_end());
        if item.is_among(given) {
            printer.print(&format!("          {GIVEN_BY_OTHERS}"));
        } else if let Some(impact) = item.impact() {
            printer.print(&format!("          {impact}"));
        }
        for warning in &item.warnings {
            printer.print(&format!("          ! {warning}"));
        }
    }
}

/// Which hybrid nodes are there, and whose.
fn show_nodes(printer: Printer, nodes: &Nodes) {
    printer.print("");
    printer.print("By the hybrid nodes that are there:");
    show_messages(printer, &node_messages::lines(nodes));
}

/// What a real activation showed.
fn show_live(printer: Printer, live: &Live) {
    if live.is_empty() {
        return;
    }
    printer.print("");
    printer.print(&format!("By a real activation in {}:", live.region));
    show_messages(printer, &checks::live(live));
}

fn conclude(
    printer: Printer,
    plan: &Plan,
    readiness: Option<&Readiness>,
    fix_command: Option<&str>,
    is_proven: bool,
) {
    if let Some(readiness) = readiness {
        show_readiness(printer, readiness, Basis::Found);
    }
    printer.print("");
    if plan.is_in_place() {
        printer.print(if is_proven {
            "Everything is in place."
        } else {
            "Every setting is in place, and that is not enough: what was asked or tried above says why."
        });
    } else {
        let (in_place, all) = (plan.totals().in_place, plan.items.len());
        printer.print(&format!(
            "{in_place} of {all} in place. \"plan\" with the same options shows every difference."
        ));
    }
    if let Some(command) = fix_command {
        let changes = counted(plan.totals().changes, "change");
        printer.print(&if plan.totals().blocked > 0 {
            format!("To make the {changes} that can be made:")
        } else {
            "To fix it:".to_owned()
        });
        printer.print(&format!("  {command}"));
    }
}

/// The proof in its public form.
fn proofs(proved: &[CheckResult]) -> Vec<ProofFile> {
    let one = |proved: &CheckResult| ProofFile {
        role: proved.role.clone(),
        assertion: proved.assertion.id(),
        verdict: proved.verdict.as_str(),
        reason: proved.reason(),
        actions: proved.actions.clone(),
    };
    proved.iter().map(one).collect()
}

/// The hybrid nodes in their public form.
fn node_files(nodes: &Nodes) -> Vec<RegionNodesFile> {
    let node = |seen: &Seen| {
        let owner = seen.owner.as_ref().ok();
        NodeFile {
            id: seen.node.id.clone(),
            name: seen.node.name.clone(),
            role: seen.node.role.clone(),
            online: seen.node.online,
            last_ping: seen.node.last_ping,
            owner: owner.cloned().flatten(),
            owner_kind: owner.map_or("unknown", |tag| Owner::of(tag.as_deref()).as_str()),
        }
    };
    let one = |(region, found): (&String, &Result<InRegion, String>)| {
        let known = found.as_ref().ok();
        let count = known.map(|found| found.count).unwrap_or_default();
        RegionNodesFile {
            region: region.clone(),
            unknown: found.as_ref().err().cloned(),
            all: count.all,
            online: count.online,
            complete: count.is_complete,
            nodes: known.map_or_else(Vec::new, |found| found.nodes.iter().map(node).collect()),
            further: known.map_or(0, |found| found.further),
        }
    };
    nodes.iter().map(one).collect()
}

/// The live check in its public form.
fn live_file(live: &Live) -> LiveFile {
    let trial = |(role, trial): &(String, Trial)| TrialFile {
        role: role.clone(),
        verdict: trial.as_str(),
        reason: trial.why().map(str::to_owned),
    };
    let activation = |region: &String, id: Option<&String>| RemainingFile {
        region: region.clone(),
        id: id.cloned(),
    };
    let removed = live.removed.iter();
    let remaining = live.remaining.iter();
    LiveFile {
        region: live.region.clone(),
        roles: live.trials.iter().map(trial).collect(),
        removed: removed
            .map(|(region, id)| activation(region, Some(id)))
            .collect(),
        remaining: remaining
            .map(|left| activation(&left.region, left.id.as_ref()))
            .collect(),
    }
}
