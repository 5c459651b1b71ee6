//! Entering and leaving the screen. There is one way back, for return, error, panic and signal alike, and it is taken
//! before anything is printed.

use std::fmt;
use std::io::{self, IsTerminal, Stdout, Write};
use std::mem::ManuallyDrop;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use crossterm::Command;
use crossterm::clipboard::CopyToClipboard;
use crossterm::event::{DisableBracketedPaste, EnableBracketedPaste, Event};
use crossterm::terminal::{
    BeginSynchronizedUpdate, Clear, ClearType, EndSynchronizedUpdate, EnterAlternateScreen,
    LeaveAlternateScreen, disable_raw_mode, enable_raw_mode,
};
use crossterm::{cursor, execute, queue};
use ratatui::Terminal;
use ratatui::backend::CrosstermBackend;
use rustix::process::Signal;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::mpsc::{self, UnboundedReceiver};

/// Whether the screen is ours at the moment.
static ENTERED: AtomicBool = AtomicBool::new(false);

/// Whether it is given back until the program goes on.
static SUSPENDED: AtomicBool = AtomicBool::new(false);

/// The screen. Dropping it restores the terminal.
pub struct Screen {
    /// Never dropped: ratatui would complain on stderr about a terminal that has gone, which panics when stderr has
    /// gone with it. All that its drop would do is done by `restore`.
    pub terminal: ManuallyDrop<Terminal<CrosstermBackend<Frames>>>,
}

/// Standard output, to which each frame goes in one piece, and as one update where the terminal knows that.
pub struct Frames {
    stdout: Stdout,
    frame: Vec<u8>,
}

impl Write for Frames {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.frame.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        let frame = std::mem::take(&mut self.frame);
        if frame.is_empty() {
            return Ok(());
        }
        let mut whole = Vec::with_capacity(frame.len() + 16);
        queue!(whole, BeginSynchronizedUpdate)?;
        whole.extend(frame);
        queue!(whole, EndSynchronizedUpdate)?;
        self.stdout.write_all(&whole)?;
        self.stdout.flush()
    }
}

/// Returns whether both ends of the conversation are a terminal.
pub fn is_interactive() -> bool {
    io::stdin().is_terminal() && io::stdout().is_terminal()
}

impl Screen {
    /// Takes the screen over.
    ///
    /// # Errors
    /// When the terminal cannot be set up; it is as before then.
    pub fn enter() -> io::Result<Self> {
        restore_on_panic();
        ENTERED.store(true, Ordering::SeqCst);
        let entered = take().and_then(|()| {
            let frames = Frames {
                stdout: io::stdout(),
                frame: Vec::new(),
            };
            Terminal::new(CrosstermBackend::new(frames))
        });
        match entered {
            Ok(terminal) => Ok(Self {
                terminal: ManuallyDrop::new(terminal),
            }),
            Err(error) => {
                restore();
                Err(error)
            }
        }
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        restore();
    }
}

/// Gives the terminal back. Doing it twice is harmless; a terminal that has gone cannot be given back.
fn restore() {
    if ENTERED.swap(false, Ordering::SeqCst) {
        let _ = execute!(
            io::stdout(),
            DisableBracketedPaste,
            LeaveAlternateScreen,
            cursor::Show
        );
        let _ = disable_raw_mode();
    }
}

/// A panic of the loop restores the terminal and is then reported. A panic of a task is only logged here: the loop
/// hears of it and ends in its own way, because something may still be under way beside it.
fn restore_on_panic() {
    let report = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |info| {
        tracing::error!(%info, "panic");
        if std::thread::current().name() == Some("main") {
            restore();
            report(info);
        }
    }));
}

type Take = dyn Fn(&str) -> io::Result<()> + Send + Sync;

/// Where copied texts go.
#[derive(Clone)]
pub struct Clipboard(Arc<Take>);

impl Clipboard {
    /// The terminal's, by OSC 52. Whether the terminal takes it cannot be known.
    pub fn of_terminal() -> Self {
        let tmux = std::env::var("TMUX").is_ok_and(|value| !value.is_empty());
        Self::to(move |text| {
            let mut out = io::stdout().lock();
            out.write_all(copying(text, tmux).as_bytes())?;
            out.flush()
        })
    }

    pub fn to(taken: impl Fn(&str) -> io::Result<()> + Send + Sync + 'static) -> Self {
        Self(Arc::new(taken))
    }

    /// Hands a text over.
    ///
    /// # Errors
    /// When the terminal cannot be written to.
    pub fn copy(&self, text: &str) -> io::Result<()> {
        (self.0)(text)
    }
}

impl fmt::Debug for Clipboard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Clipboard")
    }
}

/// Returns what asks a terminal to copy a text. tmux takes it as it is, or passes it on when it is wrapped, or neither,
/// by its options `set-clipboard` and `allow-passthrough`; so it is asked in both ways.
fn copying(text: &str, tmux: bool) -> String {
    let mut plain = String::new();
    // Writing to a string cannot fail.
    let _ = CopyToClipboard::to_clipboard_from(text).write_ansi(&mut plain);
    if tmux {
        let wrapped = plain.replace('\u{1b}', "\u{1b}\u{1b}");
        format!("{plain}\u{1b}Ptmux;{wrapped}\u{1b}\\")
    } else {
        plain
    }
}

/// Why the program is asked to end from outside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stop {
    Interrupt,
    Terminate,
    HangUp,
}

/// A change of the program's place among the jobs of its shell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JobSignal {
    /// The program is to stop (SIGTSTP), until its shell brings it back.
    Suspend,
    /// It goes on (SIGCONT); the shell may have changed the terminal in between.
    Continue,
}

/// Signals of job control.
///
/// # Errors
/// When they cannot be listened to.
pub fn job_signals() -> io::Result<UnboundedReceiver<JobSignal>> {
    listen([
        (Signal::TSTP.as_raw(), JobSignal::Suspend),
        (Signal::CONT.as_raw(), JobSignal::Continue),
    ])
}

fn listen<T: Copy + Send + 'static, const N: usize>(
    signals: [(i32, T); N],
) -> io::Result<UnboundedReceiver<T>> {
    let (sender, receiver) = mpsc::unbounded_channel();
    for (number, meaning) in signals {
        let (mut signals, sender) = (signal(SignalKind::from_raw(number))?, sender.clone());
        tokio::spawn(async move {
            while signals.recv().await.is_some() {
                if sender.send(meaning).is_err() {
                    return;
                }
            }
        });
    }
    Ok(receiver)
}

/// Asks for the whole job to be stopped, as the terminal does on Ctrl-Z where it is not in raw mode; false where no shell
/// could bring it back.
pub fn request_suspend() -> bool {
    let group = rustix::process::getpgrp();
    // A shell with job control gives each job a group of its own, within its session.
    let has_shell = rustix::process::getsid(None).is_ok_and(|session| session != group);
    has_shell && rustix::process::kill_process_group(group, Signal::TSTP).is_ok()
}

/// Gives the terminal back and stops the program. A thread may still run for a moment after this, so nothing may touch the
/// terminal before `take_again`; false when the screen was not ours.
pub fn suspend() -> bool {
    let is_ours = ENTERED.load(Ordering::SeqCst);
    if is_ours {
        restore();
        SUSPENDED.store(true, Ordering::SeqCst);
        let _ = rustix::process::kill_process(rustix::process::getpid(), Signal::STOP);
    }
    is_ours
}

/// Takes the terminal again, whatever its modes are now, when the program goes on. Everything has to be drawn anew after it.
pub fn take_again() {
    let was_suspended = SUSPENDED.swap(false, Ordering::SeqCst);
    if ENTERED.fetch_or(was_suspended, Ordering::SeqCst) || was_suspended {
        // Raw mode counts as entered still; it is entered anew from the modes that are remembered.
        let _ = disable_raw_mode();
        if let Err(error) = take() {
            tracing::error!(%error, "the terminal cannot be taken again");
        }
    }
}

/// Raw mode, and the other screen.
fn take() -> io::Result<()> {
    enable_raw_mode()?;
    execute!(
        io::stdout(),
        EnterAlternateScreen,
        // Not every terminal has another screen to begin on.
        Clear(ClearType::All),
        EnableBracketedPaste,
        cursor::Hide
    )
}

/// Hands what is typed over until the terminal has gone, or nobody wants it any more. Events that come together are handed
/// over together, so that a text that was pasted can be told from keys.
///
/// On a thread of its own: reading from a terminal that was closed can go round in circles inside crossterm, and must
/// not keep the runtime from finishing what is under way. The thread ends with the program.
///
/// `stamp` is taken when the first of them has come: what is drawn while the rest is waited for is no answer to it.
pub fn read_input<S>(
    stamp: impl Fn() -> S + Send + 'static,
    hand_over: impl Fn(S, Vec<Event>) -> bool + Send + 'static,
) {
    std::thread::spawn(move || {
        while let Ok(first) = crossterm::event::read() {
            let stamp = stamp();
            let Ok(burst) = read_burst(first) else {
                return;
            };
            if !hand_over(stamp, burst) {
                return;
            }
        }
    });
}

/// From so many events on, more are waited for: nobody types as fast.
const FAST: usize = 3;
/// How long the rest of a text may take to come.
const GAP: Duration = Duration::from_millis(25);

/// How long events may be held back, however fast they come.
const LONGEST: Duration = Duration::from_millis(250);

/// An event, and those that come together with it.
fn read_burst(first: Event) -> io::Result<Vec<Event>> {
    let began = Instant::now();
    let mut burst = vec![first];
    loop {
        let wait = if burst.len() < FAST {
            Duration::ZERO
        } else {
            GAP
        };
        if began.elapsed() > LONGEST || !crossterm::event::poll(wait)? {
            return Ok(burst);
        }
        burst.push(crossterm::event::read()?);
    }
}

/// Returns where a file may not grow any more (`ulimit -f`), the write fails from now on as on a full disk, and is told
/// as such; the signal would end the program in the middle of a change.
///
/// # Errors
/// When the signal cannot be taken.
pub fn outlive_full_files() -> io::Result<()> {
    // It stays taken when nobody listens.
    signal(SignalKind::from_raw(Signal::XFSZ.as_raw())).map(drop)
}

/// Requests from outside to end.
///
/// # Errors
/// When the signals cannot be listened to.
pub fn stops() -> io::Result<UnboundedReceiver<Stop>> {
    listen([
        (Signal::INT.as_raw(), Stop::Interrupt),
        (Signal::TERM.as_raw(), Stop::Terminate),
        (Signal::HUP.as_raw(), Stop::HangUp),
    ])
}
