//! Parse, run, exit code; nothing else.

use std::process::ExitCode;
use std::time::Duration;

use sagemaker_ssh_setup::commands::StartError;
use sagemaker_ssh_setup::exit::Exit;
use sagemaker_ssh_setup::{cli, commands};

/// How long cancelled tasks may take to go away.
const SHUTDOWN_TIMEOUT: Duration = Duration::from_millis(200);

/// How long a thread for files and names is kept: it must not wake up to end while a person reads.
const KEEP_ALIVE: Duration = Duration::from_secs(1);

/// The work is waiting for answers; CloudShell has one processor, a workstation many.
const WORKERS: usize = 2;

fn main() -> ExitCode {
    let cli = match cli::parse() {
        Ok(cli) => cli,
        Err(exit) => return exit.into(),
    };
    let exit = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(WORKERS)
        .thread_keep_alive(KEEP_ALIVE)
        .enable_all()
        .build()
        .map_err(StartError::from)
        .and_then(|runtime| {
            let exit = runtime.block_on(commands::run(cli));
            runtime.shutdown_timeout(SHUTDOWN_TIMEOUT);
            exit
        });
    match exit {
        Ok(exit) => exit.into(),
        Err(error) => {
            use std::io::Write;
            let _ = writeln!(std::io::stderr(), "sagemaker-ssh-setup: {error}");
            Exit::Failed.into()
        }
    }
}
