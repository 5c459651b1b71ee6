//! Showing a plan, asking, and carrying it out with every event told as it happens.

use std::io::{BufRead, IsTerminal};

use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::say::{People, in_the_background, show_foreign, show_plan, show_proof, show_readiness};
use super::{Visit, events};
use crate::account::Account;
use crate::apply::{self, Event, Job, Outcome, Report, words};
use crate::cli::Output;
use crate::exit::Exit;
use crate::export::users;
use crate::plan::Plan;
use crate::plan::readiness::{Basis, Readiness};
use crate::plan::words::counted;
use crate::text::seconds;
use crate::verify::preflight::{self, Preflight};
use crate::verify::proof;
use crate::verify::words::{self as permissions, Answer};

impl Visit {
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
            self.people = self.people.aside();
        }
        show_plan(self.people, plan);
        if self.output == Output::Json {
            events::blocked(plan);
        }
        if plan.totals().changes == 0 {
            return self.nothing_to_change(account, &job).await;
        }
        if !yes {
            self.warn(account, plan).await?;
            self.ask(plan).await?;
        }
        self.people.say("");
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
                        self.people.complain("Stopping: what is under way is finished first.");
                        cancel.cancel();
                    }
                }
            }
        };
        let (mut report, ()) = futures::join!(run, tell);
        self.people.say("");
        self.prove(account, &mut report, &cancel).await;
        let is_whole = self.output == Output::Text && !cancel.is_cancelled();
        if let Some((plan, readiness)) = report.for_users().filter(|_| is_whole) {
            self.people
                .say("For those who connect (\"export users\" writes it into a file):");
            self.people.say("");
            for line in users::sheet(plan, Some((readiness, Basis::Found))).lines() {
                self.people.say(line);
            }
            self.people.say("");
        }
        for line in words::plain(&job.plan, &report, &self.records) {
            self.people.say(&line);
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
            show_readiness(self.people, readiness, Basis::Found);
        }
        self.people.say("");
        self.people.say(if plan.totals().blocked > 0 {
            "There is nothing that can be changed."
        } else {
            "There is nothing to change."
        });
        let exit = Exit::of_nothing_to_write(plan).unless_nobody_can(readiness.as_ref());
        if self.output == Output::Json {
            events::nothing_to_do(Some(plan), readiness);
        }
        if plan.is_in_place() {
            apply::settle(job, &self.records).await;
        }
        Ok(exit)
    }

    /// Says before the question what the caller may not do, and what will not work.
    async fn warn(&mut self, account: &Account, plan: &Plan) -> Result<(), Exit> {
        let needs = preflight::needs(plan);
        let asked = Preflight::of(account, &plan.identity, needs);
        let foreseen = proof::foresee(account, plan);
        let (preflight, foreseen) = self
            .reading(async { futures::join!(asked, foreseen) })
            .await?;
        if let Some((mut readiness, basis)) = Readiness::predicted(plan) {
            proof::take_back(&mut readiness, &foreseen);
            show_readiness(self.people, &readiness, basis);
        }
        self.people.say("");
        for (_, text) in permissions::sentences(&preflight) {
            self.people.say(&text);
        }
        if let Some(policy) = preflight.missing_policy() {
            self.people.say("This policy does:");
            for line in policy.lines() {
                self.people.say(line);
            }
        }
        for (answer, text) in permissions::foreseen(&foreseen) {
            let sign = if answer == Answer::Denied { "!" } else { "?" };
            self.people.say(&format!("{sign} {text}"));
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
                self.people.complain("Stopped before AWS was asked whether it works.");
                cancel.cancel();
                return;
            }
        };
        show_proof(self.people, &proof.claims);
        report.prove(&proof);
        self.people.say("");
    }

    /// Asks at the terminal. Nothing but a yes is a yes.
    async fn ask(&mut self, plan: &Plan) -> Result<(), Exit> {
        if !std::io::stdin().is_terminal() || !std::io::stderr().is_terminal() {
            self.people.complain(
                "missing: --yes. Without a terminal nobody can be asked, and nothing was changed.",
            );
            return Err(Exit::Usage);
        }
        let verb = if plan.undoes.is_some() {
            "Put back"
        } else {
            "Apply"
        };
        if let Some(about) = plan.about_all_nodes() {
            self.people.say("");
            self.people.say(&about);
        }
        // What was typed before the question is no answer to it.
        let _ = rustix::termios::tcflush(std::io::stdin(), rustix::termios::QueueSelector::IFlush);
        self.people.ask(&format!(
            "{verb} {} in the account {}? Type yes:",
            counted(plan.totals().changes, "change"),
            plan.identity.account_label()
        ));
        let answer = in_the_background(|| {
            let mut line = String::new();
            let read = std::io::stdin().lock().read_line(&mut line);
            read.map(|_| line).unwrap_or_default()
        });
        let answer = self.reading(answer).await?.unwrap_or_default();
        if ["y", "yes"].contains(&answer.trim().to_lowercase().as_str()) {
            Ok(())
        } else {
            self.people.say("Nothing was changed.");
            Err(Exit::Failed)
        }
    }

    fn tell(&self, plan: &Plan, event: &Event) {
        match self.output {
            Output::Text => tell_people(self.people, plan, event),
            Output::Json => events::tell(plan, event),
        }
    }
}

fn tell_people(people: People, plan: &Plan, event: &Event) {
    match event {
        Event::Started(_) | Event::Finished(_) => {}
        Event::Retry(target, retry) => people.say(&format!(
            "  again    {target}: try {} after {}, {}",
            retry.attempt,
            seconds(retry.waited),
            retry.reason
        )),
        Event::Waiting(target) => {
            people.say(&format!(
                "  waiting  {target}: not to be seen yet; looking again"
            ));
        }
        Event::Ended(target, outcome, took) => {
            match (words::explanation(target, outcome), outcome) {
                (None, Outcome::AlreadyThere) => {
                    people.say(&format!("  there    {target}: was there already"));
                }
                (None, _) => people.say(&format!("  done     {target} in {}", seconds(*took))),
                (Some(why), Outcome::Skipped) => people.say(&format!("  skipped  {target}: {why}")),
                (Some(why), _) => people.say(&format!("  FAILED   {target}: {why}")),
            }
            let change = plan.change_of(target);
            if let Some((expected, found)) = change.and_then(|change| outcome.differing(change)) {
                show_foreign(people, target, expected, found);
            }
        }
        Event::Verifying => people.say("  reading everything once more"),
    }
}
