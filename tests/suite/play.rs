//! Plays key scripts through the wizard's real loop, on a screen in memory and a clock that jumps ahead whenever
//! everybody waits.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use crossterm::event::{Event, KeyCode, KeyEvent, KeyModifiers};
use ratatui::Terminal;
use ratatui::backend::{Backend, ClearType, TestBackend, WindowSize};
use ratatui::buffer::{Buffer, Cell};
use ratatui::layout::{Position, Size};
use ratatui::style::Color;
use sagemaker_ssh_setup::account::Source;
use sagemaker_ssh_setup::demo::{Demo, Seed, Timing};
use sagemaker_ssh_setup::journal::Records;
use sagemaker_ssh_setup::terminal::{Clipboard, JobSignal, Stop};
use sagemaker_ssh_setup::wizard::events::{self, EventSender, InputSender};
use sagemaker_ssh_setup::wizard::recording::Recording;
use sagemaker_ssh_setup::wizard::widget::theme::Look;
use sagemaker_ssh_setup::wizard::{self, Options, Start, WizardEnd, WizardExit};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::faults::Faults;

/// Longer than anything on the screen takes, on the test's clock.
const TIMEOUT: Duration = Duration::from_mins(5);

/// A screen in memory that tells when it was drawn.
struct Screen {
    inner: TestBackend,
    size: Arc<Mutex<(u16, u16)>>,
    look: Look,
    cursor: Option<Position>,
    drawn: watch::Sender<Drawn>,
}

/// What is on the screen.
#[derive(Clone)]
struct Drawn {
    cells: Buffer,
    /// Where the terminal's cursor stands; none where it is hidden.
    cursor: Option<Position>,
}

impl Screen {
    fn follow_size(&mut self) {
        let (width, height) = *self.size.lock().unwrap();
        let area = self.inner.buffer().area;
        if (area.width, area.height) != (width, height) {
            self.inner.resize(width, height);
        }
    }
}

type Never = <TestBackend as Backend>::Error;

impl Backend for Screen {
    type Error = Never;

    fn draw<'a, I: Iterator<Item = (u16, u16, &'a Cell)>>(
        &mut self,
        content: I,
    ) -> Result<(), Never> {
        self.follow_size();
        // The terminal may have shrunk since the frame was made.
        let (width, height) = *self.size.lock().unwrap();
        self.inner
            .draw(content.filter(|(x, y, _)| *x < width && *y < height))
    }

    fn hide_cursor(&mut self) -> Result<(), Never> {
        self.cursor = None;
        self.inner.hide_cursor()
    }

    fn show_cursor(&mut self) -> Result<(), Never> {
        self.inner.show_cursor()
    }

    fn get_cursor_position(&mut self) -> Result<Position, Never> {
        self.inner.get_cursor_position()
    }

    fn set_cursor_position<P: Into<Position>>(&mut self, position: P) -> Result<(), Never> {
        let position = position.into();
        self.cursor = Some(position);
        self.inner.set_cursor_position(position)
    }

    fn clear(&mut self) -> Result<(), Never> {
        self.inner.clear()
    }

    fn clear_region(&mut self, kind: ClearType) -> Result<(), Never> {
        self.inner.clear_region(kind)
    }

    fn size(&self) -> Result<Size, Never> {
        let (width, height) = *self.size.lock().unwrap();
        Ok(Size::new(width, height))
    }

    fn window_size(&mut self) -> Result<WindowSize, Never> {
        self.inner.window_size()
    }

    fn flush(&mut self) -> Result<(), Never> {
        self.follow_size();
        let cells = self.inner.buffer().clone();
        assert_readable(&cells, self.look);
        let cursor = self.cursor;
        self.drawn.send_replace(Drawn { cells, cursor });
        Ok(())
    }
}

/// A wizard that is being played.
pub struct Play {
    pub demo: Demo,
    pub faults: Faults,
    /// What was copied.
    pub copied: Arc<Mutex<Vec<String>>>,
    drawn: watch::Receiver<Drawn>,
    size: Arc<Mutex<(u16, u16)>>,
    input: Option<InputSender>,
    events: EventSender,
    run: JoinHandle<WizardEnd>,
    recording: Recording,
    /// The options with which the recording is played again.
    again: Options,
}

/// What may be different from the usual.
pub struct Setup {
    pub size: (u16, u16),
    pub timing: Timing,
    pub seed: Option<Seed>,
    pub look: Look,
    pub profile: Option<String>,
    /// Another source of credentials than the embedded account.
    pub source: Option<Source>,
    pub folder: std::path::PathBuf,
    pub records: Records,
    pub start: Start,
}

impl Default for Setup {
    fn default() -> Self {
        Self {
            size: (80, 24),
            timing: Timing::REALISTIC,
            seed: None,
            look: Look {
                color: true,
                unicode: true,
            },
            profile: None,
            source: None,
            folder: std::env::temp_dir(),
            records: Records::in_memory(),
            start: Start::SetUp,
        }
    }
}

/// A wizard over the shipped account, which answers at once.
pub fn prompt() -> Play {
    Setup {
        timing: Timing::INSTANT,
        ..Setup::default()
    }
    .start()
}

impl Setup {
    pub fn at(size: (u16, u16)) -> Self {
        Self {
            size,
            ..Self::default()
        }
    }

    /// Starts the wizard, after `prepare` has set up what shall go wrong.
    pub fn start_with(self, prepare: impl FnOnce(&Faults)) -> Play {
        let seed = self.seed.unwrap_or_else(|| Seed::shipped().unwrap());
        let demo = Demo::with(seed, self.timing);
        let faults = Faults::before(demo.http());
        prepare(&faults);
        let source = self
            .source
            .unwrap_or_else(|| demo.source_through(faults.http()));
        let size = Arc::new(Mutex::new(self.size));
        let inner = TestBackend::new(self.size.0, self.size.1);
        let cells = inner.buffer().clone();
        let (drawn_sender, drawn) = watch::channel(Drawn {
            cells,
            cursor: None,
        });
        let backend = Screen {
            inner,
            size: Arc::clone(&size),
            look: self.look,
            cursor: None,
            drawn: drawn_sender,
        };
        let copied = Arc::new(Mutex::new(Vec::new()));
        let recording = Recording::default();
        let clipboard = Arc::clone(&copied);
        let options = Options {
            look: self.look,
            profile: self.profile,
            folder: self.folder,
            records: self.records,
            start: self.start,
            clipboard: Clipboard::to(move |text| {
                clipboard.lock().unwrap().push(text.to_owned());
                Ok(())
            }),
            insecure_endpoint: false,
            recording: Some(recording.clone()),
            break_on: Some('#'),
        };
        let again = Options {
            recording: None,
            records: Records::in_memory(),
            clipboard: Clipboard::to(|_| Ok(())),
            ..options.clone()
        };
        let (events, mut receiver) = events::channel();
        let input = events.input();
        let run = tokio::spawn(async move {
            let mut terminal = Terminal::new(backend).unwrap();
            wizard::run(&mut terminal, &mut receiver, source, options).await
        });
        Play {
            demo,
            faults,
            copied,
            drawn,
            size,
            input: Some(input),
            events,
            run,
            recording,
            again,
        }
    }

    pub fn start(self) -> Play {
        self.start_with(|_| {})
    }
}

impl Play {
    /// What is on the screen, without blanks at the ends of lines; durations are made the same.
    pub fn screen(&self) -> String {
        masked(&text(&self.drawn.borrow().cells))
    }

    /// The screen to which the recording of this wizard leads when it is played again, without any answer of AWS.
    pub async fn replayed(&self) -> String {
        let (width, height) = *self.size.lock().unwrap();
        let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
        let line = Faults::before(self.demo.http());
        let source = self.demo.source_through(line.http());
        let steps = self.recording.steps();
        wizard::replay(&mut terminal, steps, source, self.again.clone()).await;
        assert_eq!(line.calls(), Vec::<String>::new());
        masked(&text(terminal.backend().buffer()))
    }

    /// The page alone: without the lines above and below, and without the rail.
    pub fn body(&self) -> String {
        let screen = self.screen();
        let lines: Vec<&str> = screen.lines().collect();
        // The rail ends with a line from top to bottom.
        let rail = if self.size.lock().unwrap().0 >= 100 {
            20
        } else {
            0
        };
        let body = lines
            .get(2..lines.len().saturating_sub(2))
            .unwrap_or_default();
        let body = body.iter().map(|line| {
            let line: String = line.chars().skip(rail).collect();
            line.trim_end().to_owned()
        });
        body.collect::<Vec<_>>().join("\n")
    }

    /// What speech and braille follow: the line of the terminal's cursor from there on, and the status line.
    pub fn spoken(&self) -> String {
        let Drawn { cells, cursor } = self.drawn.borrow().clone();
        let screen = text(&cells);
        let lines: Vec<&str> = screen.lines().collect();
        let line = cursor.map(|cursor| {
            let line = lines
                .get(usize::from(cursor.y))
                .copied()
                .unwrap_or_default();
            line.chars().skip(usize::from(cursor.x)).collect::<String>()
        });
        let status = lines.len().checked_sub(2).and_then(|row| lines.get(row));
        let status = status.copied().unwrap_or_default().trim();
        let line = masked(line.as_deref().unwrap_or("(no cursor)"));
        format!("{}\n    {}", line.trim_end(), masked(status))
            .trim_end()
            .to_owned()
    }

    /// The screen's cells.
    pub fn cells(&self) -> Buffer {
        self.drawn.borrow().cells.clone()
    }

    /// Waits until a text stands on the screen.
    pub async fn wait(&mut self, wanted: &str) -> &mut Self {
        self.wait_until(wanted, true).await
    }

    /// Waits until a text has left the screen.
    pub async fn gone(&mut self, unwanted: &str) -> &mut Self {
        self.wait_until(unwanted, false).await
    }

    async fn wait_until(&mut self, wanted: &str, there: bool) -> &mut Self {
        let waiting = self
            .drawn
            .wait_for(|drawn| text(&drawn.cells).contains(wanted) == there);
        let met = matches!(tokio::time::timeout(TIMEOUT, waiting).await, Ok(Ok(_)));
        assert!(
            met,
            "waited for {wanted:?} to be there: {there}; the screen:\n{}",
            self.screen()
        );
        self
    }

    /// Types keys: names in angle brackets, everything else as it stands. `{text}` waits until the text stands on the
    /// screen, `{!text}` until it has left it.
    pub async fn keys(&mut self, script: &str) -> &mut Self {
        let mut rest = script;
        while !rest.is_empty() {
            if let Some((wanted, behind)) = rest.strip_prefix('{').and_then(|r| r.split_once('}')) {
                match wanted.strip_prefix('!') {
                    Some(unwanted) => self.gone(unwanted).await,
                    None => self.wait(wanted).await,
                };
                rest = behind;
                continue;
            }
            let (typed, behind) = rest.split_at(rest.find('{').unwrap_or(rest.len()));
            for key in keys(typed) {
                self.input.as_ref().unwrap().send(vec![Event::Key(key)]);
            }
            self.settle().await;
            rest = behind;
        }
        self
    }

    /// The same, all at once: as a slow line delivers them, or a terminal that has no brackets around a paste.
    pub async fn keys_at_once(&mut self, script: &str) -> &mut Self {
        let keys = keys(script).into_iter().map(Event::Key).collect();
        self.input.as_ref().unwrap().send(keys);
        self.settle().await;
        self
    }

    pub async fn paste(&mut self, text: &str) -> &mut Self {
        self.input
            .as_ref()
            .unwrap()
            .send(vec![Event::Paste(text.to_owned())]);
        self.settle().await;
        self
    }

    pub async fn resize(&mut self, width: u16, height: u16) -> &mut Self {
        *self.size.lock().unwrap() = (width, height);
        self.input
            .as_ref()
            .unwrap()
            .send(vec![Event::Resize(width, height)]);
        self.settle().await;
        self
    }

    pub async fn job_signal(&mut self, signal: JobSignal) -> &mut Self {
        self.events.send(events::Event::Job(signal));
        self.settle().await;
        self
    }

    pub async fn stop(&mut self, stop: Stop) -> &mut Self {
        self.events.send(events::Event::Stop(stop));
        self.settle().await;
        self
    }

    /// Whether the wizard has come to its end.
    pub fn has_ended(&self) -> bool {
        self.run.is_finished()
    }

    /// The terminal goes away.
    pub fn close_terminal(&mut self) {
        self.input = None;
    }

    /// Lets the loop take in all that was sent, without letting time pass.
    pub async fn settle(&mut self) {
        for _ in 0..100 {
            tokio::task::yield_now().await;
        }
    }

    /// The end of the wizard.
    pub async fn ending(self) -> WizardExit {
        self.end().await.exit
    }

    /// The same, with the files that it wrote.
    pub async fn end(self) -> WizardEnd {
        tokio::time::timeout(TIMEOUT, self.run)
            .await
            .unwrap()
            .unwrap()
    }

    /// Picks the first roles and goes to the regions.
    pub async fn walk_to_regions(&mut self) -> &mut Self {
        self.keys("{User ID}<enter><enter>").await;
        self.keys("{Recommender}<space><enter>").await;
        self.keys("{DataEngineer}<space><enter>{In which}").await
    }

    /// Picks the first of everything and goes to the last question.
    pub async fn walk_to_confirm(&mut self) -> &mut Self {
        self.keys("{Admin/console}<enter><enter>").await;
        self.keys("{Recommender}<space>").await;
        self.keys("{to set up}<enter>").await;
        self.keys("{DataEngineer}<space>").await;
        self.keys("{to set up}<enter>").await;
        self.keys("{standard}{!still being read}<space><enter>")
            .await;
        self.keys("{4 to change}<enter>{Go back}").await;
        // Until AWS has answered, a yes does not count.
        self.gone("Asking AWS").await
    }
}

/// On a narrower screen a word may be cut off behind its sign.
const NARROW: usize = 60;
/// What boxes are drawn with.
const LINES: &str = "│╭╮╰╯─├┤▶◀ ";

/// Every screen that is ever drawn can be read on any palette: text has the terminal's own foreground; colour is for signs alone,
/// and a word stands beside each.
fn assert_readable(buffer: &Buffer, look: Look) {
    let width = usize::from(buffer.area.width).max(1);
    for (y, row) in buffer.content.chunks(width).enumerate() {
        for (x, cell) in row.iter().enumerate() {
            assert_eq!(
                cell.bg,
                Color::Reset,
                "a background at {x}, {y}:\n{}",
                text(buffer)
            );
            if cell.fg == Color::Reset {
                continue;
            }
            let known = [Color::Green, Color::Yellow, Color::Red, Color::Cyan];
            let symbol = cell.symbol();
            let is_sign = !symbol.chars().any(char::is_alphanumeric) || !look.unicode;
            let is_line = LINES.contains(symbol);
            // Beside the marks of a list and of a difference may stand any text.
            let is_mark = "›+-".contains(symbol);
            let is_word = |cell: &Cell| {
                let mut letters = cell.symbol().chars();
                letters.any(|c| c.is_alphanumeric() || is_mark && !c.is_whitespace())
            };
            let reach = if is_mark {
                row.len()
            } else {
                (x + 8).min(row.len())
            };
            let behind = row.get(x + 1..reach).unwrap_or_default();
            // A window may lie over its words.
            let is_covered = behind
                .iter()
                .any(|cell| LINES.contains(cell.symbol()) && cell.symbol() != " ");
            assert!(
                look.color && known.contains(&cell.fg) && is_sign,
                "{symbol:?} is {:?} at {x}, {y}:\n{}",
                cell.fg,
                text(buffer)
            );
            assert!(
                is_line || is_covered || width < NARROW || behind.iter().any(is_word),
                "{symbol:?} has no word beside it at {x}, {y}:\n{}",
                text(buffer)
            );
        }
    }
}

fn text(buffer: &Buffer) -> String {
    let width = usize::from(buffer.area.width).max(1);
    let lines = buffer.content.chunks(width).map(|row| {
        let line: String = row.iter().map(Cell::symbol).collect();
        line.trim_end().to_owned()
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// Durations depend on the SDK's random waits, and the IDs of runs on the day.
fn masked(text: &str) -> String {
    let text = &without_times(&without_runs(text));
    let mut out = String::new();
    let chars: Vec<char> = text.chars().collect();
    for (i, c) in chars.iter().enumerate() {
        let seconds = chars.get(i + 1..i + 3) == Some(&[' ', 's'])
            && !chars.get(i + 3).is_some_and(|c| c.is_alphabetic());
        let tenth = c.is_ascii_digit() && seconds;
        let whole = c.is_ascii_digit()
            && chars.get(i + 1) == Some(&'.')
            && chars.get(i + 3..i + 5) == Some(&[' ', 's']);
        out.push(if tenth || whole { '#' } else { *c });
    }
    out
}

/// Days of today and times of day, made the same; the days of the embedded account are before 2026.
fn without_times(text: &str) -> String {
    let is = |part: &[char], form: &str| {
        part.len() == form.len()
            && part
                .iter()
                .zip(form.chars())
                .all(|(c, wanted)| match wanted {
                    '0' => c.is_ascii_digit(),
                    wanted => *c == wanted,
                })
    };
    let chars: Vec<char> = text.chars().collect();
    let mut out = String::new();
    let mut at = 0;
    while at < chars.len() {
        let part = |length: usize| chars.get(at..at + length).unwrap_or_default();
        let is_today = is(part(10), "0000-00-00") && part(4) >= &['2', '0', '2', '6'][..];
        let is_alone = at == 0 || !chars[at - 1].is_ascii_digit();
        if is_alone && is_today {
            out.push_str("YYYY-MM-DD");
            at += 10;
        } else if is_alone
            && is(part(5), "00:00")
            && !chars.get(at + 5).is_some_and(char::is_ascii_digit)
        {
            out.push_str("hh:mm");
            at += 5;
        } else {
            out.push(chars[at]);
            at += 1;
        }
    }
    out
}

/// The IDs of runs, `20240131-101010`, made the same.
fn without_runs(text: &str) -> String {
    let chars: Vec<char> = text.chars().collect();
    let is_run = |at: usize| {
        chars.get(at..at + 15).is_some_and(|id| {
            let digits = |part: &[char]| part.iter().all(char::is_ascii_digit);
            digits(&id[..8]) && id[8] == '-' && digits(&id[9..])
        })
    };
    let mut out = String::new();
    let mut at = 0;
    while let Some(c) = chars.get(at) {
        if is_run(at) {
            out.push_str("YYYYMMDD-hhmmss");
            at += 15;
        } else {
            out.push(*c);
            at += 1;
        }
    }
    out
}

fn keys(script: &str) -> Vec<KeyEvent> {
    let mut keys = Vec::new();
    let mut rest = script;
    while let Some(c) = rest.chars().next() {
        let (key, length) = match rest.strip_prefix('<').and_then(|r| r.split_once('>')) {
            Some((name, _)) => (named(name), name.len() + 2),
            None => (KeyEvent::from(KeyCode::Char(c)), c.len_utf8()),
        };
        keys.push(key);
        rest = &rest[length..];
    }
    keys
}

fn named(name: &str) -> KeyEvent {
    match name {
        "enter" => KeyCode::Enter.into(),
        "esc" => KeyCode::Esc.into(),
        "space" => KeyCode::Char(' ').into(),
        "up" => KeyCode::Up.into(),
        "down" => KeyCode::Down.into(),
        "tab" => KeyCode::Tab.into(),
        "end" => KeyCode::End.into(),
        "pgup" => KeyCode::PageUp.into(),
        "pgdn" => KeyCode::PageDown.into(),
        "backspace" => KeyCode::Backspace.into(),
        "ctrl-c" => KeyEvent::new(KeyCode::Char('c'), KeyModifiers::CONTROL),
        other => panic!("no key is called {other}"),
    }
}
