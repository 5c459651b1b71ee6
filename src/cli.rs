//! The command line: what it takes, and what the program's exit code says.

use std::io::Write;
use std::path::PathBuf;

use clap::Parser;

use crate::account::Source;
use crate::apply::Report;
use crate::log;
use crate::terminal::{self, Screen};
use crate::wizard::ui::theme::Look;
use crate::wizard::{self, Ending, Former, Options, input};

/// Prepares an AWS account for SageMaker SSH Helper: a wizard that reads what is there, shows what would change,
/// and changes nothing before you confirm it.
#[derive(Debug, Parser)]
#[command(version, after_help = after_help())]
pub struct Cli {
    /// Try it on an account embedded in the program: no AWS account, no network, nothing that lasts.
    #[cfg(feature = "demo")]
    #[arg(long, conflicts_with = "profile")]
    demo: bool,

    /// Use this profile of your AWS configuration.
    #[arg(long, value_name = "NAME")]
    profile: Option<String>,

    /// Draw with plain ASCII signs.
    #[arg(long)]
    ascii: bool,

    /// Panic on this key, to try how the terminal is restored.
    #[cfg(debug_assertions)]
    #[arg(long, hide = true, value_name = "KEY")]
    break_on: Option<char>,
}

const EXAMPLES: &str = "Examples:
  sagemaker-ssh-setup                  set up the account of your current AWS credentials
  sagemaker-ssh-setup --profile prod   the same with another profile
";

const EXIT_CODES: &str = "
Exit codes:
  0    done, or left without changing anything
  1    failed, or a check found something missing; nothing was changed
  3    partly applied
  4    applied, but not all of it was read back
  64   wrong usage, or no terminal
  130  interrupted";

fn after_help() -> String {
    let demo = if cfg!(feature = "demo") {
        "  sagemaker-ssh-setup --demo           try it without an AWS account\n"
    } else {
        ""
    };
    format!("{EXAMPLES}{demo}{EXIT_CODES}")
}

/// What the exit code says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// Done, nothing to do, or left on purpose.
    Done = 0,
    /// Failed; nothing was changed.
    Failed = 1,
    /// Some changes were made, others were not.
    Partly = 3,
    /// Every change was accepted, but not all was read back.
    NotVerified = 4,
    /// The command line is wrong, or there is no terminal.
    Usage = 64,
    /// Ctrl-C, SIGTERM or a closed terminal.
    Interrupted = 130,
}

impl From<Exit> for std::process::ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

impl Exit {
    /// The code for a run that came to its end.
    pub fn of_report(report: &Report) -> Self {
        let (done, total) = (report.done(), report.outcomes.len());
        if report.refused.is_none() && done == total && report.is_verified() {
            Self::Done
        } else if !report.may_have_changed_something() {
            Self::Failed
        } else if report.refused.is_none() && report.is_all_accepted() {
            Self::NotVerified
        } else {
            Self::Partly
        }
    }
}

/// Reads the command line. Help and errors are printed here; then there is nothing to run.
///
/// # Errors
/// With the exit code to end with.
pub fn parse() -> Result<Cli, Exit> {
    Cli::try_parse().map_err(|error| {
        let is_error = error.use_stderr();
        // Nobody reads it: then there is nobody to tell.
        let _ = error.print();
        if is_error { Exit::Usage } else { Exit::Done }
    })
}

/// Runs the wizard and prints what stays in the scrollback.
///
/// # Errors
/// When the terminal fails, or the embedded account cannot be built.
pub async fn run(cli: Cli) -> anyhow::Result<Exit> {
    if let Err(why) = usable_terminal() {
        say_error(why);
        return Ok(Exit::Usage);
    }
    #[cfg(feature = "demo")]
    let (source, former) = if cli.demo {
        let demo = crate::demo::Demo::start(crate::demo::Manner::LIFELIKE).await?;
        (demo.source(), Former::Demo)
    } else {
        chain()
    };
    #[cfg(not(feature = "demo"))]
    let (source, former) = chain();
    let options = Options {
        look: look(cli.ascii),
        profile: cli.profile,
        folder: std::env::current_dir().unwrap_or_else(|_| PathBuf::from(".")),
        former: former.clone(),
        #[cfg(debug_assertions)]
        break_on: cli.break_on,
        #[cfg(not(debug_assertions))]
        break_on: None,
    };
    let mut stops = terminal::stops()?;
    let (sender, mut receiver) = input::channel();
    let mut screen = Screen::enter()?;
    terminal::read_input(move |event| sender.send(event));
    let ending = wizard::run(
        &mut screen.terminal,
        &mut receiver,
        &mut stops,
        source,
        options,
    )
    .await;
    drop(screen);
    Ok(tell(&ending, &former))
}

/// AWS's own credential chain, and the log that keeps the former documents.
fn chain() -> (Source, Former) {
    let former = log::start().map_or(Former::NotKept, |path| {
        Former::InLog(path.display().to_string())
    });
    (Source::Chain, former)
}

/// Prints the plain lines and gives the exit code.
fn tell(ending: &Ending, former: &Former) -> Exit {
    match ending {
        Ending::Left { interrupted } => {
            say(&["Nothing was changed.".to_owned()]);
            if *interrupted {
                Exit::Interrupted
            } else {
                Exit::Done
            }
        }
        Ending::Ran {
            plan,
            report,
            interrupted,
        } => {
            say(&wizard::plain_report(plan, report, former));
            if *interrupted {
                Exit::Interrupted
            } else {
                Exit::of_report(report)
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

fn say(lines: &[String]) {
    let mut out = std::io::stdout().lock();
    for line in lines {
        // The terminal may be gone.
        let _ = writeln!(out, "{line}");
    }
}

fn say_error(text: &str) {
    let _ = writeln!(std::io::stderr(), "sagemaker-ssh-setup: {text}");
}

fn usable_terminal() -> Result<(), &'static str> {
    if !terminal::is_interactive() {
        return Err(
            "The wizard needs a terminal. Start it in one, without redirecting its input or output.",
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
    let set = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    let locale = ["LC_ALL", "LC_CTYPE", "LANG"]
        .into_iter()
        .find_map(set)
        .unwrap_or_default()
        .to_lowercase();
    Look {
        color: set("NO_COLOR").is_none(),
        unicode: !ascii && (locale.contains("utf-8") || locale.contains("utf8")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_well_formed() {
        Cli::command().debug_assert();
    }

    #[test]
    fn every_exit_code_is_explained_in_the_help() {
        for exit in [
            Exit::Done,
            Exit::Failed,
            Exit::Partly,
            Exit::NotVerified,
            Exit::Usage,
            Exit::Interrupted,
        ] {
            let code = format!("\n  {:<5}", exit as u8);
            assert!(after_help().contains(&code), "{exit:?}");
        }
    }
}
