//! Ctrl-Z, a stop from outside, and `fg`: the wizard under a shell with job control.

use rustix::process::Signal;

use super::program::{Run, send};

/// A shell in a terminal, with the wizard on the embedded account as its foreground job.
fn shell() -> Run {
    let path = std::env::var("PATH").unwrap();
    let arguments = ["--norc", "--noprofile", "-i"];
    let mut run = Run::start_program("bash", &arguments, &[("PATH", &path), ("PS1", "shell> ")]);
    run.wait("shell>");
    let program = env!("CARGO_BIN_EXE_sagemaker-ssh-setup");
    run.keys(&format!("{program} --demo\r"));
    run.wait("Admin/console");
    run
}

/// The shell's job, found among all processes.
fn job(run: &Run) -> u32 {
    let shell = run.id();
    let processes = std::fs::read_dir("/proc").unwrap();
    let numbers = processes.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok());
    let parent = |id: u32| -> Option<u32> {
        let stat = std::fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
        let (_, rest) = stat.rsplit_once(')')?;
        rest.split_whitespace().nth(1)?.parse().ok()
    };
    let mut jobs = numbers.filter(|id| parent(*id) == Some(shell));
    jobs.next().unwrap()
}

#[test]
fn ctrl_z_suspends_and_fg_brings_everything_back() {
    let mut run = shell();
    for _ in 0..2 {
        run.keys("\x1a").wait("Stopped");
        run.assert_shell_has_the_screen();
        // The shell has the terminal, and leaves its traces on it.
        run.keys("stty -a | grep -q ' icanon' && echo $((40+2))nd\r")
            .wait("42nd");
        // What is on the shell's screen now must not be taken for what comes.
        run.keys("clear\r").gone("42nd").wait("shell>");
        run.keys("fg\r").wait("Signed in as").wait("go on");
    }
    run.keys("\r").wait("My own computer");
    // As a letter it means nothing: nothing was confirmed, and nothing was left.
    run.keys("\x03").wait("Nothing was changed.");
}

#[test]
fn a_stop_from_outside_gives_the_terminal_back_and_a_continuation_takes_it_again() {
    let mut run = shell();
    let job = job(&run);
    send(job, Signal::TSTP);
    run.wait("Stopped");
    run.assert_shell_has_the_screen();
    run.keys("stty -a | grep -q ' icanon' && echo $((40+2))nd\r")
        .wait("42nd");
    run.keys("clear\r").gone("42nd").wait("shell>");
    run.keys("fg\r").wait("Signed in as");
    run.keys("\r").wait("My own computer");
    // A stop that no program sees: what the shell did to the terminal is undone all the same.
    send(job, Signal::STOP);
    run.wait("Stopped")
        .keys("fg\r")
        .gone("Stopped")
        .wait("My own computer");
    run.keys("\x1b")
        .wait("Signed in as")
        .keys("\x03")
        .wait("Nothing was changed.");
}

#[test]
fn what_is_being_applied_waits_while_it_is_suspended_and_no_record_is_lost() {
    let mut run = shell();
    run.walk_to_confirm().confirm();
    run.keys("\x1a").wait("Stopped");
    run.keys("echo $((40+2))nd\r").wait("42nd");
    run.keys("fg\r")
        .gone("42nd")
        .wait("Ready. 4 changes written and read back");
    run.keys("q").wait("Read back     4 in place · 0 not yet");
}

#[test]
fn without_a_shell_ctrl_z_stops_nothing_and_ctrl_l_draws_anew() {
    let mut run = Run::start(&["--demo"], &[]);
    run.wait("Admin/console")
        .keys("\x1a")
        .wait("There is no shell");
    let drawn = run.raw.len();
    run.keys("\x0c");
    // Everything is written once more, the parts that have not changed as well.
    run.until("a whole screen", |run| {
        String::from_utf8_lossy(&run.raw[drawn..]).contains("Signed in as")
    });
    run.keys("\r").wait("My own computer");
}
