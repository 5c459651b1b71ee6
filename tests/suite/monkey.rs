//! A monkey at the keyboard: keys, pastes, resizes and signals at random, while answers arrive in random order and some
//! of them are bad. It must not break the program, and nothing may be written that was not asked about on the screen.
//!
//! A failing run names its seed; `MONKEY_SEED=… cargo test monkey` plays that run again.

use std::panic::AssertUnwindSafe;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use futures::FutureExt;
use proptest::prelude::Rng;
use proptest::test_runner::{RngAlgorithm, TestRng};
use sagemaker_ssh_setup::demo::Timing;
use sagemaker_ssh_setup::wizard::{Start, WizardExit};

use super::faults::Fault;
use super::play::{Play, Setup};

/// What the monkeys do in one test run, at least. `MONKEY_STEPS` asks for more.
const DEEDS: usize = 500;
/// The first of the seeds that are the same each time.
const FIRST_SEED: u64 = 1;
/// What it does in one wizard, unless that ends before.
const AT_ONCE: usize = 800;

/// Likely keys stand several times: a monkey that only types rubbish sees nothing but the first step.
const KEYS: [&str; 58] = [
    "<enter>",
    "<enter>",
    "<enter>",
    "<enter>",
    "<enter>",
    "<enter>",
    "<enter>",
    "<space>",
    "<space>",
    "<space>",
    "<space>",
    "<space>",
    "<esc>",
    "<esc>",
    "<down>",
    "<down>",
    "<down>",
    "<up>",
    "<up>",
    "<tab>",
    "<end>",
    "<pgdn>",
    "<backspace>",
    "y",
    "y",
    "y",
    "n",
    "a",
    "i",
    "/",
    "t",
    "p",
    "r",
    "u",
    "g",
    "G",
    "j",
    "k",
    "m",
    "e",
    "w",
    "c",
    "v",
    "d",
    "h",
    "s",
    "l",
    "f",
    "q",
    "?",
    "A",
    "x",
    "1",
    ":",
    "é",
    "日",
    "\u{202e}",
    "\u{7}",
];

const PASTES: [&str; 5] = [
    "arn:aws:iam::123456789012:role/service-role/AmazonSageMaker-ExecutionRole-20240131T101010",
    "Admin\nAnalyst\nno role at all\n",
    "\u{1b}[2J\u{1b}]52;c;AAAA\u{7}\u{202e}gnirts",
    "",
    "yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy",
];

struct Monkey {
    chance: TestRng,
    /// The last of what it did, to be told when it broke something.
    history: Vec<String>,
}

impl Monkey {
    fn new(seed: u64) -> Self {
        let mut bytes = [0; 32];
        bytes[..8].copy_from_slice(&seed.to_le_bytes());
        Self {
            chance: TestRng::from_seed(RngAlgorithm::ChaCha, &bytes),
            history: Vec::new(),
        }
    }

    fn below(&mut self, bound: u64) -> u64 {
        self.chance.next_u64() % bound
    }

    fn of<'a, T>(&mut self, list: &'a [T]) -> &'a T {
        let place = self.below(list.len() as u64);
        &list[usize::try_from(place).unwrap()]
    }

    fn size(&mut self) -> (u16, u16) {
        let (width, height) = (1 + self.below(300), 1 + self.below(100));
        (
            u16::try_from(width).unwrap(),
            u16::try_from(height).unwrap(),
        )
    }

    fn random_fault(&mut self) -> (&'static str, u32, Fault) {
        let calls = [
            "GetRole",
            "PutRolePolicy",
            "GetServiceSetting",
            "ListRoles",
            "UpdateAssumeRolePolicy",
            "*",
        ];
        let faults = [
            Fault::Refused(400, "Throttling", "Rate exceeded"),
            Fault::Refused(403, "AccessDenied", "no"),
            Fault::Refused(500, "ServiceFailure", "no"),
            Fault::Html(200),
            Fault::Unreachable,
            Fault::LostReply,
            Fault::Slow(Duration::from_secs(3)),
        ];
        let call = *self.of(&calls);
        (
            call,
            1 + u32::try_from(self.below(3)).unwrap(),
            self.of(&faults).clone(),
        )
    }

    /// Does something; what it says yes to.
    async fn act(&mut self, play: &mut Play) -> Yes {
        let mut yes = Yes::default();
        match self.below(100) {
            0..=87 => {
                let key = *self.of(&KEYS);
                self.history.push(key.to_owned());
                let area = play.cells().area;
                // On a tiny screen the question may not be seen whole, and its answer not told from other keys here.
                let is_tiny = area.width < 40 || area.height < 12;
                let screen = play.screen();
                yes = Yes {
                    to_changes: key == "y" && (is_tiny || asks(&screen, key)),
                    to_activations: key == "c" && (is_tiny || screen.contains("This creates ")),
                };
                play.keys(key).await;
            }
            88..=89 => {
                let text = *self.of(&PASTES);
                self.history.push(format!("paste {text:?}"));
                play.paste(text).await;
            }
            90..=93 => {
                let (width, height) = self.size();
                self.history.push(format!("{width}x{height}"));
                play.resize(width, height).await;
            }
            94 => {
                let (call, times, fault) = self.random_fault();
                self.history.push(format!("{call} {fault:?} x {times}"));
                play.faults.add(call, times, fault);
            }
            _ => {
                let time = Duration::from_millis(self.below(700));
                self.history.push(format!("{time:?}"));
                tokio::time::sleep(time).await;
                play.settle().await;
            }
        }
        yes
    }
}

/// What the monkey has said yes to.
#[derive(Clone, Copy, Default)]
struct Yes {
    to_changes: bool,
    to_activations: bool,
}

impl Yes {
    fn covers(self, write: &str) -> bool {
        if write.ends_with("Activation") {
            self.to_activations
        } else {
            self.to_changes
        }
    }
}

/// Whether this key says yes to a question that is on the screen.
fn asks(screen: &str, key: &str) -> bool {
    let has = |texts: &[&str]| texts.iter().any(|text| screen.contains(text));
    key == "y" && has(&["y    Apply ", "y    Put back ", "y apply", "y put it back"])
}

/// One wizard, until it ends or the monkey has had enough. Gives how much it did, and whether anything was written.
async fn play(seed: u64) -> (usize, bool) {
    let mut monkey = Monkey::new(seed);
    let start = if monkey.below(5) == 0 {
        Start::Guide(None)
    } else {
        Start::SetUp
    };
    let read_only = start != Start::SetUp;
    let timing = if monkey.below(2) == 0 {
        Timing::REALISTIC
    } else {
        Timing::INSTANT
    };
    let folder = super::cut_off::Folder::new("monkey");
    std::fs::create_dir_all(&folder.0).unwrap();
    let mut play = Setup {
        timing,
        start,
        folder: folder.0.clone(),
        ..Setup::default()
    }
    .start();
    let (mut deeds, mut said, mut written) = (0, Yes::default(), 0);
    while deeds < AT_ONCE && !play.has_ended() {
        deeds += 1;
        let yes = monkey.act(&mut play).await;
        said.to_changes |= yes.to_changes;
        said.to_activations |= yes.to_activations;
        let writes = play.faults.writes();
        for write in &writes[written..] {
            assert!(
                said.covers(write) && !read_only,
                "{write} without a question: {:?}",
                monkey.tail()
            );
        }
        written = writes.len();
        let screen = play.screen();
        // Nothing that the monkey or the account sent moves the cursor or turns the text round.
        assert!(
            !screen
                .chars()
                .any(|c| (c.is_control() && c != '\n') || c == '\u{202e}'),
            "{screen:?}"
        );
        // Back at the choices, another run needs another yes.
        let is_over = ["Step 1/", "Step 2/", "Step 3/", "Step 4/", "Step 5/"];
        if is_over.iter().any(|step| screen.contains(step)) {
            said = Yes::default();
        }
    }
    let ended = play.has_ended();
    play.close_terminal();
    let ending = AssertUnwindSafe(play.ending()).catch_unwind().await;
    match ending {
        Ok(WizardExit::Broken { task, .. }) => panic!("{task} broke after {:?}", monkey.tail()),
        Ok(_) => {}
        Err(panic) => panic!("{panic:?} after {:?} (ended: {ended})", monkey.tail()),
    }
    (deeds, written > 0)
}

impl Monkey {
    fn tail(&self) -> &[String] {
        &self.history[self.history.len().saturating_sub(30)..]
    }
}

/// Plays one wizard after another, until the monkeys together have done enough. Gives the wizards, and those that wrote.
fn play_on(first: u64, step: usize, deeds: &AtomicUsize, enough: usize) -> (u64, u64) {
    let (mut plays, mut wrote) = (0, 0);
    let mut seed = first;
    while deeds.load(Ordering::SeqCst) < enough {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .start_paused(true)
            .build()
            .unwrap();
        let played = std::panic::catch_unwind(AssertUnwindSafe(|| runtime.block_on(play(seed))));
        let Ok((count, has_written)) = played else {
            panic!("MONKEY_SEED={seed} plays this again");
        };
        deeds.fetch_add(count, Ordering::SeqCst);
        plays += 1;
        wrote += u64::from(has_written);
        seed += step as u64;
    }
    (plays, wrote)
}

#[test]
fn a_monkey_at_the_keyboard_breaks_nothing_and_writes_nothing_unasked() {
    let number = |name: &str| {
        std::env::var(name)
            .ok()
            .map(|text| text.parse::<u64>().unwrap())
    };
    if let Some(seed) = number("MONKEY_SEED") {
        play_on(seed, 1, &AtomicUsize::new(0), 1);
        return;
    }
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    let now = now.unwrap().as_secs();
    let enough = number("MONKEY_STEPS").map_or(DEEDS, |deeds| usize::try_from(deeds).unwrap());
    let mut wrote = 0;
    // Mostly the same seeds each time, and some that nobody has tried.
    for (first, enough) in [(FIRST_SEED, enough * 4 / 5), (now, enough / 5)] {
        wrote += monkeys(first, enough);
    }
    assert!(wrote > 0, "the monkey never came to a write");
}

/// Lets one monkey a processor play from this seed on, until they have done enough; how many wizards wrote something.
fn monkeys(first: u64, enough: usize) -> u64 {
    let deeds = AtomicUsize::new(0);
    let count = std::thread::available_parallelism()
        .map_or(1, usize::from)
        .min(4);
    let done: Vec<(u64, u64)> = std::thread::scope(|scope| {
        let monkeys: Vec<_> = (0..count)
            .map(|number| {
                let deeds = &deeds;
                scope.spawn(move || play_on(first + number as u64, count, deeds, enough))
            })
            .collect();
        monkeys
            .into_iter()
            .map(|monkey| monkey.join().unwrap())
            .collect()
    });
    let (plays, wrote) = done
        .iter()
        .fold((0, 0), |sum, one| (sum.0 + one.0, sum.1 + one.1));
    let deeds = deeds.into_inner();
    println!("{deeds} deeds in {plays} wizards from seed {first}; {wrote} of them wrote something");
    assert!(deeds >= enough);
    wrote
}
