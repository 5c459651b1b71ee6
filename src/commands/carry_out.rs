//! Showing a plan, asking, and carrying it out with every event told as it happens.

use std::io::{BufRead, IsTerminal};

use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::printer::{
    Printer, in_the_background, show_foreign, show_plan, show_proof, show_readiness,
};
use super::{CommandContext, events};
use crate::account::Account;
use crate::apply::{self, Job, Outcome, Report, RunEvent};
use crate::cli::Output;
use crate::exit::Exit;
use crate::export::users;
use crate::messages::sum::{Asked, SumLine};
use crate::messages::{Severity, checks, outcome};
use crate::plan::Plan;
use crate::plan::readiness::Basis;
use crate::text::counted;
use crate::text::seconds;
use crate::verify::preflight::Preflight;
use crate::verify::proof;

/// Refuses at once where nobody could be asked, unless the answer is there already.
pub(super) fn may_be_asked(printer: Printer, yes: bool) -> Result<(), Exit> {
    if yes || (std::io::stdin().is_terminal() && std::io::stderr().is_terminal()) {
        return Ok(());
    }
    printer.print_err(
        "missing: --yes. Without a terminal nobody can be asked, and nothing was changed.",
    );
    Err(Exit::Usage)
}

impl CommandContext {
    /// Shows the plan, asks unless told not to, and carries it out.
    pub(super) async fn carry_out(
        mut self,
        account: &Account,
        job: Job,
        yes: bool,
    ) -> Result<Exit, Exit> {
        let plan = &job.plan;
        if !yes && !std::io::stdout().is_terminal() {
            // Who is asked has to see what about.
            self.printer = self.printer.aside();
        }
        show_plan(self.printer, plan);
        if self.output == Output::Json {
            events::blocked(plan);
        }
        if plan.totals().changes == 0 {
            return self.nothing_to_change(account, &job).await;
        }
        if !yes {
            self.warn(account, plan).await?;
            self.ask(&job).await?;
        }
        self.printer.print("");
        let (sender, mut happenings) = mpsc::unbounded_channel();
        let cancel = CancellationToken::new();
        let records = self.records.clone();
        let run = async {
            let report = apply::run(account, &job, &records, &cancel, &sender).await;
            drop(sender);
            report
        };
        let tell = async {
            let mut listening = true;
            loop {
                tokio::select! {
                    event = happenings.recv() => match event {
                        Some(event) => self.tell(&job.plan, &event),
                        None => return,
                    },
                    stop = self.stops.recv(), if listening => {
                        listening = stop.is_some();
                        self.printer.print_err("Stopping: what is under way is finished first.");
                        cancel.cancel();
                    }
                }
            }
        };
        let (mut report, ()) = futures::join!(run, tell);
        self.printer.print("");
        self.prove(account, &mut report, &cancel).await;
        let is_whole = self.output == Output::Text && !cancel.is_cancelled();
        if let Some((plan, readiness)) = report.for_users().filter(|_| is_whole) {
            self.printer
                .print("For those who connect (\"export users\" writes it into a file):");
            self.printer.print("");
            for line in users::sheet(plan, Some((readiness, Basis::Found))).lines() {
                self.printer.print(line);
            }
            self.printer.print("");
        }
        for line in outcome::plain(&job.plan, &report, &self.records) {
            self.printer.print(&line);
        }
        if self.output == Output::Json {
            events::finished(&job.plan, &report);
        }
        Ok(if cancel.is_cancelled() {
            Exit::Interrupted
        } else {
            Exit::of_report(&report)
        })
    }

    /// There is nothing to write; whether people can connect is said all the same.
    async fn nothing_to_change(&mut self, account: &Account, job: &Job) -> Result<Exit, Exit> {
        let plan = &job.plan;
        let outlook = self.reading(proof::outlook(account, plan)).await?;
        let readiness = outlook.map(|(readiness, _)| readiness);
        if let Some(readiness) = &readiness {
            show_readiness(self.printer, readiness, Basis::Found);
        }
        self.printer.print("");
        self.printer.print(if plan.totals().blocked > 0 {
            "There is nothing that can be changed."
        } else {
            "There is nothing to change."
        });
        let exit = Exit::of_nothing_to_write(plan).unless_nobody_can(readiness.as_ref());
        if self.output == Output::Json {
            events::nothing_to_do(Some(plan), readiness);
        }
        if plan.is_in_place() {
            apply::mark_resolved(job, &self.records).await;
        }
        Ok(exit)
    }

    /// Says before the question what the caller may not do, and what will not work.
    async fn warn(&mut self, account: &Account, plan: &Plan) -> Result<(), Exit> {
        let asked = Preflight::of_plan(account, plan);
        let foreseen = proof::foresee(account, plan);
        let (preflight, foreseen) = self
            .reading(async { futures::join!(asked, foreseen) })
            .await?;
        match proof::predicted(plan, &foreseen) {
            // What cannot be written leads nobody anywhere.
            Some((readiness, _)) if preflight.is_refused() && readiness.somebody_can() => {
                self.printer.print("");
                self.printer.print(checks::NOT_ALL_MAY_BE_WRITTEN);
            }
            Some((readiness, basis)) => show_readiness(self.printer, &readiness, basis),
            None => {}
        }
        self.printer.print("");
        for message in checks::preflight(&preflight) {
            self.printer.print(&message.text);
        }
        if let Some(policy) = preflight.missing_policy() {
            self.printer.print("This policy does:");
            for line in policy.lines() {
                self.printer.print(line);
            }
        }
        for message in checks::foreseen(&foreseen) {
            let is_certain = message.severity == Severity::Error;
            let sign = if is_certain { "!" } else { "?" };
            self.printer.print(&format!("{sign} {}", message.text));
        }
        Ok(())
    }

    /// Asks AWS whether what was read last works, and says what it says. Whoever stops the run gets no answer to that.
    async fn prove(&mut self, account: &Account, report: &mut Report, cancel: &CancellationToken) {
        let (Some(now), Some(_), false) = (
            &report.verification,
            &report.readiness,
            cancel.is_cancelled(),
        ) else {
            return;
        };
        let proof = proof::prove_after_writes(account, now);
        let proof = tokio::select! {
            proof = proof => proof,
            Some(_) = self.stops.recv() => {
                self.printer.print_err("Stopped before AWS was asked whether it works.");
                cancel.cancel();
                return;
            }
        };
        show_proof(self.printer, &proof.assertions);
        report.prove(&proof);
        self.printer.print("");
    }

    /// Asks at the terminal, below the sum. Nothing but the whole word is a yes.
    async fn ask(&mut self, job: &Job) -> Result<(), Exit> {
        may_be_asked(self.printer, false)?;
        let plan = &job.plan;
        let verb = if plan.undoes.is_some() {
            "Put back"
        } else {
            "Apply"
        };
        self.printer.print("");
        for SumLine { sign, text } in plan.sum() {
            self.printer.print(&format!("{sign} {text}"));
        }
        let blocked = plan.totals().blocked;
        if blocked > 0 {
            let items = counted(blocked, "item");
            self.printer.print(&format!(
                "! {items} cannot be done and will be left alone; why stands above."
            ));
        }
        for (label, text) in job.facts(Asked::ByCommand, &self.records) {
            self.printer.print(&format!("{label:<14}{text}"));
        }
        if let Some(strangers) = plan.let_in_from_elsewhere() {
            self.printer.print(&format!("! {strangers}"));
        }
        // What was typed before the question is no answer to it.
        let _ = rustix::termios::tcflush(std::io::stdin(), rustix::termios::QueueSelector::IFlush);
        self.printer.ask(&format!(
            "{verb} {} in the account {}? Type the whole word yes:",
            counted(plan.totals().changes, "change"),
            plan.identity.account_label()
        ));
        let answer = in_the_background(|| {
            let mut line = String::new();
            let read = std::io::stdin().lock().read_line(&mut line);
            read.map(|_| line).unwrap_or_default()
        });
        let answer = self.reading(answer).await?.unwrap_or_default();
        if answer.trim() == "yes" {
            Ok(())
        } else {
            self.printer.print("Nothing was changed.");
            Err(Exit::Failed)
        }
    }

    fn tell(&self, plan: &Plan, event: &RunEvent) {
        match self.output {
            Output::Text => tell_people(self.printer, plan, event),
            Output::Json => events::tell(plan, event),
        }
    }
}

fn tell_people(printer: Printer, plan: &Plan, event: &RunEvent) {
    match event {
        RunEvent::Started(_) | RunEvent::Finished(_) => {}
        RunEvent::Retry(target, retry) => printer.print(&format!(
            "  again    {target}: try {} after {}, {}",
            retry.attempt,
            seconds(retry.waited),
            retry.reason
        )),
        RunEvent::Waiting(target) => {
            printer.print(&format!(
                "  waiting  {target}: not to be seen yet; looking again"
            ));
        }
        RunEvent::Ended(target, outcome, took) => {
            match (outcome.explanation(target), outcome) {
                (None, Outcome::AlreadyThere) => {
                    printer.print(&format!("  there    {target}: was there already"));
                }
                (None, _) => printer.print(&format!("  done     {target} in {}", seconds(*took))),
                (Some(why), Outcome::Skipped | Outcome::NotBegun(_)) => {
                    printer.print(&format!("  skipped  {target}: {why}"));
                }
                (Some(why), _) => printer.print(&format!("  FAILED   {target}: {why}")),
            }
            let change = plan.change_of(target);
            if let Some((expected, found)) = change.and_then(|change| outcome.differing(change)) {
                show_foreign(printer, target, expected, found);
            }
        }
        RunEvent::Verifying => printer.print("  reading everything once more"),
    }
}
