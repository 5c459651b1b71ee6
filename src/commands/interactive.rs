//! Starts the wizard, and prints what stays in the scrollback.

use std::io::Write;
use std::path::PathBuf;
use std::sync::Arc;

use super::{CommandContext, StartError, place};
use crate::account::Source;
use crate::cli::{Common, Output, Wanted};
use crate::exit::Exit;
use crate::journal::Records;
use crate::messages::{checks, guide as guide_messages, outcome};
use crate::model::TypedRole;
use crate::plan::{Item, Obstacle, State};
use crate::terminal::{self, Clipboard, Screen};
use crate::text;
use crate::verify::live::Live;
use crate::wizard::events::{self, Event, EventSender};
use crate::wizard::widget::theme::Look;
use crate::wizard::{self, Chosen, Options, Start, WizardExit};

/// The wizard from its beginning, to the end that `start` names.
pub(super) async fn run(
    common: &Common,
    start: Start,
    break_on: Option<char>,
) -> Result<Exit, StartError> {
    if let Some(exit) = without_terminal() {
        return Ok(exit);
    }
    let (source, records) = place(common)?;
    enter(common, source, records, start, break_on).await
}

/// The guide: for the choices of the command line, or where it makes none, from the wizard's beginning.
pub(super) async fn guide(common: &Common, wanted: &Wanted) -> Result<Exit, StartError> {
    if *wanted == Wanted::default() {
        return run(common, Start::Guide(None), None).await;
    }
    if let Some(exit) = without_terminal() {
        return Ok(exit);
    }
    let mut context = CommandContext::new(common, Output::Text)?;
    let chosen = match chosen(&mut context, wanted).await {
        Ok(chosen) => chosen,
        Err(exit) => return Ok(exit),
    };
    let start = Start::Guide(Some(chosen));
    enter(common, context.source, context.records, start, None).await
}

/// Returns what the command line says, held against the account. What may not be read is no hindrance; what is not
/// there is.
async fn chosen(context: &mut CommandContext, wanted: &Wanted) -> Result<Chosen, Exit> {
    let (_, plan) = context.plan(wanted).await?;
    let is_not_there = |item: &&Item| {
        matches!(
            item.state,
            State::Blocked {
                obstacle: Obstacle::NotFound,
                ..
            }
        )
    };
    if let Some(item) = plan.items.iter().find(is_not_there) {
        context.printer.print_err(&item.summary());
        return Err(Exit::Failed);
    }
    let words = wanted.sagemaker_roles.iter().chain(&wanted.user_roles);
    Ok(Chosen {
        arns: words
            .filter(|word| word.trim().starts_with("arn:"))
            .filter_map(|word| TypedRole::read(word, None).ok())
            .collect(),
        choices: plan.choices,
    })
}

async fn enter(
    common: &Common,
    source: Source,
    records: Records,
    start: Start,
    break_on: Option<char>,
) -> Result<Exit, StartError> {
    let look = look(common.ascii);
    let options = Options {
        look,
        profile: common.profile.clone(),
        folder: std::env::current_dir().unwrap_or_else(|_| PathBuf::from(".")),
        records: records.clone(),
        start,
        clipboard: Clipboard::of_terminal(),
        insecure_endpoint: common.insecure_endpoint,
        recording: None,
        break_on,
    };
    let (sender, mut receiver) = events::channel();
    pass_signals_on(&sender)?;
    let mut screen = Screen::enter()?;
    let input = Arc::new(sender.input());
    let stamps = Arc::clone(&input);
    terminal::read_input(
        move || stamps.stamp(),
        move |screen, inputs| input.send_stamped(screen, inputs),
    );
    let end = wizard::run(&mut screen.terminal, &mut receiver, source, options).await;
    drop(screen);
    let exit = tell(&end.exit, &records, look);
    let written = end.written.iter();
    let written: Vec<String> = written
        .map(|text| format!("Written       {text}"))
        .collect();
    say(&written, look);
    Ok(exit)
}

/// Signals are events like any other.
fn pass_signals_on(events: &EventSender) -> Result<(), StartError> {
    let (mut stops, mut jobs) = (terminal::stops()?, terminal::job_signals()?);
    let sender = events.clone();
    tokio::spawn(async move {
        while let Some(stop) = stops.recv().await {
            sender.send(Event::Stop(stop));
        }
    });
    let sender = events.clone();
    tokio::spawn(async move {
        while let Some(job) = jobs.recv().await {
            sender.send(Event::Job(job));
        }
    });
    Ok(())
}

/// Prints the plain lines and gives the exit code.
fn tell(wizard_exit: &WizardExit, records: &Records, look: Look) -> Exit {
    // Nothing is promised of what ends with the program, or was not kept.
    let is_kept = |guide: &str| {
        let guides = records.guides().map(|guides| guides.records);
        let mut guides = guides.unwrap_or_default().into_iter();
        records.last() && guides.any(|record| record.guide == guide)
    };
    let way_back = |guide: &String| is_kept(guide).then(|| way_back(guide));
    match wizard_exit {
        WizardExit::Left {
            interrupted,
            guided,
            kept,
        } => {
            let text = if *guided {
                "This program changed nothing. What was done in the console stays; \"check\" says what is in place."
            } else {
                "Nothing was changed."
            };
            let kept = kept.iter().filter(|_| *guided);
            let lines = std::iter::once(text.to_owned()).chain(kept.filter_map(way_back));
            say(&lines.collect::<Vec<_>>(), look);
            if *interrupted {
                Exit::Interrupted
            } else {
                Exit::Done
            }
        }
        WizardExit::Ran {
            plan,
            report,
            live,
            interrupted,
        } => {
            let mut lines = outcome::plain(plan, report, records);
            for message in live.iter().flat_map(checks::live) {
                lines.push(format!("Tried         {}", message.text));
            }
            say(&lines, look);
            match Exit::of_report(report) {
                _ if *interrupted => Exit::Interrupted,
                Exit::Done if !live.as_ref().is_none_or(Live::is_good) => Exit::NotVerified,
                exit => exit,
            }
        }
        WizardExit::Guided {
            plan,
            verified,
            kept,
            interrupted,
        } => {
            let mut lines = guide_messages::plain(plan, verified);
            lines.extend(kept.as_ref().and_then(way_back));
            say(&lines, look);
            match &**verified {
                _ if *interrupted => Exit::Interrupted,
                Ok(result) => Exit::of_guide(result),
                Err(_) => Exit::Failed,
            }
        }
        WizardExit::Broken { task, applying } => {
            say_error(&format!(
                "The program broke while it was busy with {task}. What it has changed by then is in the account; start it \
                 again to see. The log file has the details."
            ));
            if *applying {
                Exit::Partly
            } else {
                Exit::Failed
            }
        }
    }
}

/// How what a guide has led to is put back.
fn way_back(guide: &str) -> String {
    format!("To undo       by hand; \"sagemaker-ssh-setup undo {guide}\" shows how")
}

fn say(lines: &[String], look: Look) {
    let mut out = std::io::stdout().lock();
    for line in lines {
        let line = if look.unicode {
            line.clone()
        } else {
            text::ascii(line)
        };
        // The terminal may be gone.
        let _ = writeln!(out, "{line}");
    }
}

fn say_error(text: &str) {
    let _ = writeln!(std::io::stderr(), "sagemaker-ssh-setup: {text}");
}

/// Says why there is nothing to draw on, and how to end then.
fn without_terminal() -> Option<Exit> {
    let why = usable_terminal().err()?;
    say_error(why);
    Some(Exit::Usage)
}

fn usable_terminal() -> Result<(), &'static str> {
    if !terminal::is_interactive() {
        return Err(
            "This needs a terminal, without a redirected input or output. Without one, these do the same in plain lines: \
             plan, apply, check, export, runs and undo; --help lists them.",
        );
    }
    if std::env::var("TERM").is_ok_and(|term| term == "dumb") {
        return Err(
            "This terminal cannot be drawn on (TERM=dumb). These do the same in plain lines: plan, apply, check, export, runs \
             and undo; --help lists them.",
        );
    }
    Ok(())
}

/// Returns what the terminal can show, by `NO_COLOR` and the locale.
fn look(ascii: bool) -> Look {
    let no_color = std::env::var("NO_COLOR").is_ok_and(|value| !value.is_empty());
    Look {
        color: !no_color,
        unicode: !ascii && text::locale_is_utf8(),
    }
}
