//! Starts the wizard, and prints what stays in the scrollback.

use std::io::Write;
use std::path::PathBuf;

use super::{StartError, Visit, place};
use crate::account::Source;
use crate::apply::words;
use crate::cli::{Common, Output, Wanted};
use crate::exit::Exit;
use crate::journal::Records;
use crate::model::TypedRole;
use crate::plan::{Item, Obstacle, State};
use crate::terminal::{self, Clipboard, Screen};
use crate::text;
use crate::verify::live::Live;
use crate::verify::words::tried;
use crate::wizard::ui::theme::Look;
use crate::wizard::{self, Chosen, Ending, Options, Signals, Start, input};

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
    let mut visit = Visit::new(common, Output::Text)?;
    let chosen = match chosen(&mut visit, wanted).await {
        Ok(chosen) => chosen,
        Err(exit) => return Ok(exit),
    };
    let start = Start::Guide(Some(chosen));
    enter(common, visit.source, visit.records, start, None).await
}

/// What the command line says, held against the account. What may not be read is no hindrance; what is not there is.
async fn chosen(visit: &mut Visit, wanted: &Wanted) -> Result<Chosen, Exit> {
    let (_, plan) = visit.plan(wanted).await?;
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
        visit.people.complain(&item.summary());
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
        break_on,
    };
    let mut signals = Signals {
        stops: terminal::stops()?,
        jobs: terminal::job_signals()?,
    };
    let (sender, mut receiver) = input::channel();
    let mut screen = Screen::enter()?;
    let stamps = sender.clone();
    terminal::read_input(
        move || stamps.stamp(),
        move |screen, events| sender.send_stamped(screen, events),
    );
    let ending = wizard::run(
        &mut screen.terminal,
        &mut receiver,
        &mut signals,
        source,
        options,
    )
    .await;
    drop(screen);
    Ok(tell(&ending, &records, look))
}

/// Prints the plain lines and gives the exit code.
fn tell(ending: &Ending, records: &Records, look: Look) -> Exit {
    match ending {
        Ending::Left {
            interrupted,
            guided,
        } => {
            let text = if *guided {
                "This program changed nothing. What was done in the console stays; \"check\" says what is in place."
            } else {
                "Nothing was changed."
            };
            say(&[text.to_owned()], look);
            if *interrupted {
                Exit::Interrupted
            } else {
                Exit::Done
            }
        }
        Ending::Ran {
            plan,
            report,
            live,
            interrupted,
        } => {
            let mut lines = words::plain(plan, report, records);
            lines.extend(live.iter().flat_map(tried));
            say(&lines, look);
            match Exit::of_report(report) {
                _ if *interrupted => Exit::Interrupted,
                Exit::Done if !live.as_ref().is_none_or(Live::is_good) => Exit::NotVerified,
                exit => exit,
            }
        }
        Ending::Broken { task, applying } => {
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
            "The wizard needs a terminal. Start it in one, without redirecting its input or output; for scripts there \
             are the commands that --help lists.",
        );
    }
    if std::env::var("TERM").is_ok_and(|term| term == "dumb") {
        return Err(
            "The wizard cannot draw on this terminal (TERM=dumb). Start it in another one.",
        );
    }
    Ok(())
}

/// What the terminal can show, by `NO_COLOR` and the locale.
fn look(ascii: bool) -> Look {
    let no_color = std::env::var("NO_COLOR").is_ok_and(|value| !value.is_empty());
    Look {
        color: !no_color,
        unicode: !ascii && text::locale_is_utf8(),
    }
}
