//! The unattended face: each command is a few lines over the rooms below. Standard output carries what was asked for;
//! with JSON nothing else, and what is for people goes to standard error.

mod audit;
mod carry_out;
mod check;
mod choose;
mod events;
mod explain;
mod guides;
mod interactive;
mod printer;
mod runs;
mod schema;
mod set_up;
mod undo;

use std::time::Duration;

use tokio::sync::mpsc::UnboundedReceiver;

use crate::account::{Account, CallError, RecentWrites, Source};
use crate::cli::{self, Cli, Command, Common, Output};
use crate::exit::Exit;
use crate::journal::{Records, Runs};
use crate::log;
use crate::messages::record as record_messages;
use crate::model::endpoint::insecurity;
use crate::model::{Endpoint, Identity};
use crate::survey;
use crate::terminal::{self, Stop};
use crate::wizard::Start;
use printer::Printer;

/// Why a command could not even begin.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    #[error(transparent)]
    Io(#[from] std::io::Error),
    #[cfg(feature = "demo")]
    #[error("the demo account's description cannot be read: {0}")]
    Demo(#[from] serde_json::Error),
}

/// Runs what the command line asks for.
///
/// # Errors
/// When the terminal fails, or the embedded account cannot be built.
pub async fn run(cli: Cli) -> Result<Exit, StartError> {
    terminal::outlive_full_files()?;
    let common = cli.common;
    match cli.command {
        None => {
            #[cfg(debug_assertions)]
            let break_on = cli.break_on;
            #[cfg(not(debug_assertions))]
            let break_on = None;
            interactive::run(&common, Start::SetUp, break_on).await
        }
        Some(Command::Guide(arguments)) => interactive::guide(&common, &arguments.wanted).await,
        Some(Command::Schema { document }) => {
            printer::emit(schema::of(document).map_err(std::io::Error::from)?)?;
            Ok(Exit::Done)
        }
        Some(Command::Completions { shell }) => {
            printer::emit(cli::completions(shell))?;
            Ok(Exit::Done)
        }
        Some(Command::Man { folder }) => {
            std::fs::create_dir_all(&folder)?;
            for (file, page) in cli::manual()? {
                std::fs::write(folder.join(file), page)?;
            }
            Ok(Exit::Done)
        }
        Some(Command::Runs(arguments)) => {
            let (_, records) = place(&common)?;
            Ok(runs::run(&records, &arguments, &common))
        }
        Some(Command::Plan(arguments)) => {
            let context = CommandContext::new(&common, arguments.printed.output)?;
            Ok(over(set_up::plan(context, &arguments).await))
        }
        Some(Command::Check(arguments)) => {
            let mut context = CommandContext::new(&common, arguments.printed.output)?;
            context.writes_unasked = arguments.live.is_some();
            Ok(over(if arguments.all {
                audit::all(context).await
            } else {
                check::check(context, &arguments).await
            }))
        }
        Some(Command::Explain(arguments)) => {
            let context = CommandContext::new(&common, arguments.printed.output)?;
            Ok(over(explain::explain(context, &arguments).await))
        }
        Some(Command::Apply(arguments)) => {
            let mut context = CommandContext::new(&common, arguments.printed.output)?;
            context.writes_unasked = arguments.yes;
            Ok(over(set_up::apply(context, &arguments).await))
        }
        Some(Command::Export(arguments)) => {
            // The file goes to standard output, unless a folder is named.
            let context = CommandContext::new(&common, Output::Json)?;
            Ok(over(set_up::export(context, &arguments).await))
        }
        Some(Command::Undo(arguments)) => {
            let mut context = CommandContext::new(&common, arguments.printed.output)?;
            context.writes_unasked = arguments.yes;
            Ok(over(undo::run(context, &arguments).await))
        }
    }
}

/// A command that ended early has said why.
fn over(ended: Result<Exit, Exit>) -> Exit {
    ended.unwrap_or_else(|exit| exit)
}

/// Where the account is, and where its records are kept.
// Only the embedded account can fail here.
#[cfg_attr(not(feature = "demo"), allow(clippy::unnecessary_wraps))]
fn place(common: &Common) -> Result<(Source, Records), StartError> {
    #[cfg(feature = "demo")]
    if common.demo {
        let demo = crate::demo::Demo::start(crate::demo::Timing::REALISTIC)?;
        return Ok((demo.source(), Records::in_memory()));
    }
    #[cfg(not(feature = "demo"))]
    let _ = common;
    log::start();
    Ok((Source::Chain, Records::of_user()))
}

/// A command's way into the account.
struct CommandContext {
    source: Source,
    profile: Option<String>,
    /// The flags that lead to this account.
    account: Vec<String>,
    records: Records,
    printer: Printer,
    output: Output,
    stops: UnboundedReceiver<Stop>,
    /// Plain HTTP to another computer is accepted.
    insecure_endpoint: bool,
    /// Something may be written without a question.
    writes_unasked: bool,
    /// What was written in the account less than a minute ago, once the account is known.
    recent: RecentWrites,
}

/// A reading that takes longer than this is explained.
const LONG: Duration = Duration::from_secs(2);

/// What every command reads first.
struct Connected {
    account: Account,
    identity: Identity,
    /// What is recorded on this computer, or why it cannot be read.
    runs: std::io::Result<Runs>,
}

impl CommandContext {
    fn new(common: &Common, output: Output) -> Result<Self, StartError> {
        let (source, records) = place(common)?;
        Ok(Self {
            source,
            profile: common.profile.clone(),
            account: common.account(),
            records,
            printer: Printer::new(output, common.ascii),
            output,
            stops: terminal::stops()?,
            insecure_endpoint: common.insecure_endpoint,
            writes_unasked: false,
            recent: RecentWrites::default(),
        })
    }

    /// Waits for something that may be given up at any moment: nothing is changed by it.
    async fn reading<T>(&mut self, work: impl Future<Output = T>) -> Result<T, Exit> {
        tokio::pin!(work);
        let mut is_long = std::pin::pin!(tokio::time::sleep(LONG));
        let mut told = self.recent.is_empty();
        loop {
            tokio::select! {
                done = &mut work => return Ok(done),
                Some(_) = self.stops.recv() => {
                    self.printer.print_err("Interrupted. Nothing was changed.");
                    return Err(Exit::Interrupted);
                }
                () = &mut is_long, if !told => {
                    told = true;
                    self.printer.print_err(
                        "Waiting for AWS: what was written less than a minute ago may not show everywhere yet.",
                    );
                }
            }
        }
    }

    /// Finds out whose account it is, and says what was left unfinished there.
    async fn known(&mut self) -> Result<Connected, Exit> {
        let (source, profile) = (self.source.clone(), self.profile.clone());
        let prompt = printer::code_prompt(self.printer);
        let connecting = Box::pin(async move {
            let account = source.connect_asking(profile.as_deref(), &prompt).await?;
            Ok::<_, CallError>(account)
        });
        let account = self
            .reading(connecting)
            .await?
            .map_err(|error| self.failed(&error))?;
        self.is_secure_enough(account.endpoints())?;
        let reading = Box::pin(async move {
            let identity = account.identity().await?;
            Ok::<_, CallError>((account, identity))
        });
        let (account, identity) = self
            .reading(reading)
            .await?
            .map_err(|error| self.failed(&error))?;
        let records = self.records.clone();
        let runs = self.reading(async move { records.read().await }).await?;
        if let Ok(runs) = &runs {
            runs.note_recent_writes(&identity.account, account.recent_writes());
        }
        self.recent = account.recent_writes().clone();
        let known = Connected {
            account,
            identity,
            runs,
        };
        self.mention_cut_off(&known).await;
        Ok(known)
    }

    /// Makes sure that what is written without a question does not follow from what somebody on the way may have forged, unless
    /// that was accepted.
    fn is_secure_enough(&self, endpoints: &[Endpoint]) -> Result<(), Exit> {
        match insecurity(endpoints) {
            Some(why) if self.writes_unasked && !self.insecure_endpoint => {
                self.printer.print_err(&format!(
                    "missing: --insecure-endpoint. {why} Nothing was asked for, and nothing was changed."
                ));
                Err(Exit::Usage)
            }
            _ => Ok(()),
        }
    }

    fn failed(&self, error: &impl std::fmt::Display) -> Exit {
        self.printer.print_err(&error.to_string());
        Exit::Failed
    }

    /// Says which runs in this account were cut off, and how to go on.
    async fn mention_cut_off(&self, known: &Connected) {
        let runs = match &known.runs {
            Ok(runs) => runs,
            Err(error) => {
                let text = format!("The records of earlier runs cannot be read: {error}.");
                return self.printer.print_err(&text);
            }
        };
        if let Some(trouble) = runs.trouble() {
            self.printer.print_err(&trouble);
        }
        for record in runs.cut_off(&known.identity.account) {
            let uncertain = record.uncertain_targets();
            let found = survey::contents(&known.account, uncertain).await;
            for message in record_messages::cut_off(record, Some(&found)) {
                self.printer.print_err(&message.text);
            }
            let run = &record.run;
            self.printer.print_err(&match &record.undoes {
                Some(undone) => format!("To finish it: undo {undone}."),
                None if record.may_have_written() => {
                    format!("To finish it: apply --same-as {run}. To undo it: undo {run}.")
                }
                None => format!("To finish it: apply --same-as {run}."),
            });
        }
    }
}
