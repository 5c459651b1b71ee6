//! Entering and leaving the screen. There is one way back, for return, error, panic and signal alike, and it is taken
//! before anything is printed.

mod output;
mod shown;

use std::fmt;
use std::io::{self, BufWriter, IsTerminal, Stdout, Write};
use std::mem::ManuallyDrop;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crossterm::Command;
use crossterm::clipboard::CopyToClipboard;
use crossterm::event::{DisableBracketedPaste, EnableBracketedPaste, Event};
use crossterm::terminal::{
    Clear, ClearType, EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode, enable_raw_mode,
};
use crossterm::{cursor, execute};
use ratatui::Terminal;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::mpsc::{self, UnboundedReceiver};

pub use output::Output;

/// More than the bytes of most frames, so that each arrives as a whole.
const FRAME: usize = 64 * 1024;

/// Whether the screen is ours at the moment.
static ENTERED: AtomicBool = AtomicBool::new(false);

/// The screen. Dropping it restores the terminal.
pub struct Screen {
    /// Never dropped: ratatui would complain on stderr about a terminal that has gone, which panics when stderr has
    /// gone with it. All that its drop would do is done by `restore`.
    pub terminal: ManuallyDrop<Terminal<Output<BufWriter<Stdout>>>>,
}

/// Whether both ends of the conversation are a terminal.
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
        let entered = enable_raw_mode()
            .and_then(|()| {
                execute!(
                    io::stdout(),
                    EnterAlternateScreen,
                    // Not every terminal has another screen to begin on.
                    Clear(ClearType::All),
                    EnableBracketedPaste,
                    cursor::Hide
                )
            })
            .and_then(|()| {
                let can_edit = output::can_edit(|name| std::env::var(name).ok());
                let writer = BufWriter::with_capacity(FRAME, io::stdout());
                Terminal::new(Output::new(writer, can_edit))
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

/// What asks a terminal to copy a text. tmux takes it as it is, or passes it on when it is wrapped, or neither, by its
/// options `set-clipboard` and `allow-passthrough`; so it is asked in both ways.
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

/// Hands what is typed over until the terminal has gone, or nobody wants it any more.
///
/// On a thread of its own: reading from a terminal that was closed can go round in circles inside crossterm, and must
/// not keep the runtime from finishing what is under way. The thread ends with the program.
pub fn read_input(hand_over: impl Fn(Event) -> bool + Send + 'static) {
    std::thread::spawn(move || {
        while let Ok(event) = crossterm::event::read() {
            if !hand_over(event) {
                return;
            }
        }
    });
}

/// Requests from outside to end.
///
/// # Errors
/// When the signals cannot be listened to.
pub fn stops() -> io::Result<UnboundedReceiver<Stop>> {
    let (sender, receiver) = mpsc::unbounded_channel();
    for (kind, stop) in [
        (SignalKind::interrupt(), Stop::Interrupt),
        (SignalKind::terminate(), Stop::Terminate),
        (SignalKind::hangup(), Stop::HangUp),
    ] {
        let (mut signals, sender) = (signal(kind)?, sender.clone());
        tokio::spawn(async move {
            while signals.recv().await.is_some() {
                if sender.send(stop).is_err() {
                    return;
                }
            }
        });
    }
    Ok(receiver)
}
