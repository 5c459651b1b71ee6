//! How long the wizard takes from an event to its frame, through its real loop, on a screen of 200 columns and 60 lines.
//! `cargo bench --bench wizard`
#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::time::Duration;

use crossterm::event::{Event, KeyCode, KeyEvent};
use divan::Bencher;
use ratatui::Terminal;
use ratatui::backend::{Backend, ClearType, CrosstermBackend, TestBackend, WindowSize};
use ratatui::buffer::{Buffer, Cell};
use ratatui::layout::{Position, Size};
use sagemaker_ssh_setup::demo::{Demo, Seed, SeedRole, Timing};
use sagemaker_ssh_setup::journal::Records;
use sagemaker_ssh_setup::terminal::Clipboard;
use sagemaker_ssh_setup::wizard::events::{self, InputSender};
use sagemaker_ssh_setup::wizard::widget::theme::Look;
use sagemaker_ssh_setup::wizard::{self, Options, Start};
use serde_json::json;
use tokio::runtime::Runtime;
use tokio::sync::watch;

const SIZE: (u16, u16) = (200, 60);

fn main() {
    divan::main();
}

/// A screen that is written as to a terminal, and can be read.
struct Screen {
    shown: TestBackend,
    terminal: CrosstermBackend<std::io::Sink>,
    drawn: watch::Sender<Buffer>,
}

type Never = <TestBackend as Backend>::Error;

impl Backend for Screen {
    type Error = Never;

    fn draw<'a, I: Iterator<Item = (u16, u16, &'a Cell)>>(
        &mut self,
        content: I,
    ) -> Result<(), Never> {
        let cells: Vec<_> = content.collect();
        self.terminal.draw(cells.iter().copied()).unwrap();
        self.shown.draw(cells.into_iter())
    }

    fn hide_cursor(&mut self) -> Result<(), Never> {
        self.shown.hide_cursor()
    }

    fn show_cursor(&mut self) -> Result<(), Never> {
        self.shown.show_cursor()
    }

    fn get_cursor_position(&mut self) -> Result<Position, Never> {
        self.shown.get_cursor_position()
    }

    fn set_cursor_position<P: Into<Position>>(&mut self, position: P) -> Result<(), Never> {
        self.shown.set_cursor_position(position)
    }

    fn clear(&mut self) -> Result<(), Never> {
        self.shown.clear()
    }

    fn clear_region(&mut self, kind: ClearType) -> Result<(), Never> {
        self.shown.clear_region(kind)
    }

    fn size(&self) -> Result<Size, Never> {
        self.shown.size()
    }

    fn window_size(&mut self) -> Result<WindowSize, Never> {
        self.shown.window_size()
    }

    fn flush(&mut self) -> Result<(), Never> {
        self.drawn.send_replace(self.shown.buffer().clone());
        Ok(())
    }
}

/// A wizard that runs.
struct Play {
    runtime: Runtime,
    drawn: watch::Receiver<Buffer>,
    input: InputSender,
}

impl Play {
    /// On an account with this many roles that SageMaker may assume, and as many that people have.
    fn new(roles: usize) -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        let (drawn_sender, drawn) = watch::channel(Buffer::default());
        let (events, mut receiver) = events::channel();
        let input = events.input();
        let demo = Demo::with(seed(roles), Timing::INSTANT);
        let screen = Screen {
            shown: TestBackend::new(SIZE.0, SIZE.1),
            terminal: CrosstermBackend::new(std::io::sink()),
            drawn: drawn_sender,
        };
        let options = Options {
            look: Look {
                color: true,
                unicode: true,
            },
            profile: None,
            folder: std::env::temp_dir(),
            records: Records::in_memory(),
            start: Start::SetUp,
            clipboard: Clipboard::to(|_| Ok(())),
            insecure_endpoint: false,
            recording: None,
            break_on: None,
        };
        runtime.spawn(async move {
            let mut terminal = Terminal::new(screen).unwrap();
            wizard::run(&mut terminal, &mut receiver, demo.source(), options).await
        });
        let mut play = Self {
            runtime,
            drawn,
            input,
        };
        play.wait("Admin/console");
        play
    }

    fn wait(&mut self, text: &str) -> &mut Self {
        let shows = |buffer: &Buffer| {
            let symbols = buffer.content().iter().map(ratatui::buffer::Cell::symbol);
            symbols.collect::<String>().contains(text)
        };
        let waiting = self.drawn.wait_for(shows);
        self.runtime.block_on(waiting).map(drop).unwrap();
        self
    }

    fn key(&mut self, code: KeyCode) -> &mut Self {
        self.input.send(vec![Event::Key(KeyEvent::from(code))]);
        self
    }

    /// Lets everything that was begun come to its end.
    fn settle(&mut self) -> &mut Self {
        let pause = async { tokio::time::sleep(Duration::from_secs(1)).await };
        self.runtime.block_on(pause);
        self
    }

    /// To the list of SageMaker roles, all of them there.
    fn at_roles(roles: usize) -> Self {
        let mut play = Self::new(roles);
        play.key(KeyCode::Enter).key(KeyCode::Enter);
        play.wait("Which roles do SageMaker").settle();
        play
    }

    /// To the preview for so many roles of each kind.
    fn at_preview(roles: usize) -> Self {
        let mut play = Self::at_roles(roles);
        let pick = KeyCode::Char('a');
        play.key(pick)
            .key(KeyCode::Enter)
            .wait("Which roles do people");
        play.key(pick).key(KeyCode::Enter).wait("In which");
        play.key(pick)
            .key(KeyCode::Enter)
            .wait("hardened trust")
            .settle();
        play
    }

    /// An event, and the frame that comes of it.
    fn frame(&mut self, event: Event) {
        self.drawn.mark_unchanged();
        self.input.send(vec![event]);
        self.runtime.block_on(self.drawn.changed()).unwrap();
    }

    /// Draws everything once more.
    fn redraw(&mut self) {
        self.frame(Event::Resize(SIZE.0, SIZE.1));
    }
}

fn seed(roles: usize) -> Seed {
    let trust = |principal: serde_json::Value| {
        json!({"Version": "2012-10-17", "Statement": [
            {"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"}
        ]})
    };
    let role = |name: String, trust: &serde_json::Value| SeedRole {
        last_used: None,
        description: format!("What {name} is for"),
        name,
        path: "/".to_owned(),
        trust: trust.clone(),
        inline: BTreeMap::new(),
        attached: Vec::new(),
        boundary: None,
    };
    let sagemaker = trust(json!({"Service": "sagemaker.amazonaws.com"}));
    let people = trust(json!({"AWS": "arn:aws:iam::123456789012:root"}));
    let mut seed = Seed::shipped().unwrap();
    seed.roles = (0..roles)
        .flat_map(|number| {
            [
                role(format!("Team-{number:05}-ExecutionRole"), &sagemaker),
                role(format!("Team-{number:05}-Developers"), &people),
            ]
        })
        .collect();
    seed
}

#[divan::bench]
fn redraw_the_first_step(bencher: Bencher) {
    let mut play = Play::new(10);
    play.settle();
    bencher.bench_local(|| play.redraw());
}

#[divan::bench(args = [10, 5_000, 50_000])]
fn redraw_roles(bencher: Bencher, roles: usize) {
    let mut play = Play::at_roles(roles);
    bencher.bench_local(|| play.redraw());
}

#[divan::bench(args = [10, 5_000, 50_000])]
fn move_in_roles(bencher: Bencher, roles: usize) {
    let mut play = Play::at_roles(roles);
    let mut keys = [KeyCode::Down, KeyCode::Up].into_iter().cycle();
    bencher.bench_local(|| {
        let key = keys.next().unwrap();
        play.frame(Event::Key(KeyEvent::from(key)));
    });
}

#[divan::bench(args = [10, 5_000, 50_000])]
fn type_into_the_filter_of_roles(bencher: Bencher, roles: usize) {
    let mut play = Play::at_roles(roles);
    play.frame(Event::Key(KeyEvent::from(KeyCode::Char('/'))));
    let (letters, back) = ("012".chars().map(KeyCode::Char), [KeyCode::Backspace; 3]);
    let mut keys = letters.chain(back).cycle();
    bencher.bench_local(|| {
        let key = keys.next().unwrap();
        play.frame(Event::Key(KeyEvent::from(key)));
    });
}

#[divan::bench(args = [1, 10, 100])]
fn redraw_the_preview_of_roles(bencher: Bencher, roles: usize) {
    let mut play = Play::at_preview(roles);
    bencher.bench_local(|| play.redraw());
}

#[divan::bench(args = [1, 10, 100])]
fn redraw_the_last_question(bencher: Bencher, roles: usize) {
    let mut play = Play::at_preview(roles);
    play.key(KeyCode::Enter).wait("Confirm").settle();
    bencher.bench_local(|| play.redraw());
}

#[divan::bench(args = [1, 10, 100])]
fn redraw_the_guide_for_roles(bencher: Bencher, roles: usize) {
    let mut play = Play::at_preview(roles);
    play.key(KeyCode::Enter).wait("Go back").settle();
    play.key(KeyCode::Char('m')).wait("Guide").settle();
    bencher.bench_local(|| play.redraw());
}
