//! The program in a pseudo-terminal, with what it costs as Linux counts it.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::io::{Read, Write};
use std::path::PathBuf;
use std::sync::mpsc::{Receiver, channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};

/// Longer than anything takes here.
const TIMEOUT: Duration = Duration::from_mins(2);
/// A frame comes in pieces no further apart than this.
const BURST: Duration = Duration::from_millis(4);

pub struct Terminal {
    child: Box<dyn Child + Send + Sync>,
    _master: Box<dyn MasterPty + Send>,
    keyboard: Box<dyn Write + Send>,
    output: Receiver<(Instant, Vec<u8>)>,
    screen: vt100::Parser,
    started: Instant,
}

/// What one frame took from its cause to its last byte, and how long it was.
pub struct Frame {
    pub took: Duration,
    pub bytes: usize,
}

impl Drop for Terminal {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Terminal {
    pub fn start(
        program: &str,
        arguments: &[&str],
        environment: &[(String, String)],
        folder: &PathBuf,
        (cols, rows): (u16, u16),
    ) -> Self {
        let size = PtySize {
            rows,
            cols,
            pixel_width: 0,
            pixel_height: 0,
        };
        let pty = native_pty_system().openpty(size).unwrap();
        let cells = |count| std::num::NonZero::<u16>::new(count).unwrap();
        let mut command = CommandBuilder::new(program);
        command.args(arguments);
        command.env_clear();
        command.cwd(folder);
        for (name, value) in environment {
            command.env(name, value);
        }
        let mut reader = pty.master.try_clone_reader().unwrap();
        let keyboard = pty.master.take_writer().unwrap();
        let (sender, output) = channel();
        std::thread::spawn(move || {
            let mut buffer = [0; 16384];
            while let Ok(count @ 1..) = reader.read(&mut buffer) {
                if sender
                    .send((Instant::now(), buffer[..count].to_vec()))
                    .is_err()
                {
                    return;
                }
            }
        });
        let started = Instant::now();
        let child = pty.slave.spawn_command(command).unwrap();
        drop(pty.slave);
        Self {
            child,
            _master: pty.master,
            keyboard,
            output,
            screen: vt100::Parser::new(cells(rows), cells(cols), 0),
            started,
        }
    }

    /// Waits until a text stands on the screen; how long after the start that was.
    pub fn wait(&mut self, text: &str) -> Duration {
        loop {
            if self.screen.screen().contents().contains(text) {
                return self.started.elapsed();
            }
            match self.output.recv_timeout(TIMEOUT) {
                Ok((_, bytes)) => self.screen.process(&bytes),
                Err(error) => panic!(
                    "waited for {text:?}: {error}; the screen:\n{}",
                    self.screen.screen().contents()
                ),
            }
        }
    }

    pub fn keys(&mut self, keys: &str) {
        self.keyboard.write_all(keys.as_bytes()).unwrap();
    }

    /// Takes in what comes until nothing has come for a while. How many bytes that was.
    pub fn quiet(&mut self, pause: Duration) -> usize {
        let mut count = 0;
        while let Ok((_, bytes)) = self.output.recv_timeout(pause) {
            self.screen.process(&bytes);
            count += bytes.len();
        }
        count
    }

    /// The frame that comes of a key.
    pub fn frame(&mut self, key: &str) -> Frame {
        let start = Instant::now();
        self.keys(key);
        let (mut last, bytes) = self.output.recv_timeout(TIMEOUT).unwrap();
        self.screen.process(&bytes);
        let mut count = bytes.len();
        while let Ok((at, bytes)) = self.output.recv_timeout(BURST) {
            self.screen.process(&bytes);
            (last, count) = (at, count + bytes.len());
        }
        Frame {
            took: last - start,
            bytes: count,
        }
    }

    /// How many bytes come of a key; it may be none.
    pub fn bytes_for(&mut self, key: &str) -> usize {
        self.keys(key);
        self.quiet(BURST * 10)
    }

    pub fn contents(&self) -> String {
        self.screen.screen().contents()
    }

    fn id(&self) -> u32 {
        self.child.process_id().unwrap()
    }

    /// A field of `/proc/PID/status`, in the unit that stands there.
    pub fn status(&self, field: &str) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.id())).unwrap();
        number(&status, field)
    }

    /// Time on a processor so far, of all threads that live.
    pub fn cpu(&self) -> Duration {
        let times = self.of_threads("schedstat", |text| {
            text.split_whitespace().next().unwrap().parse().unwrap()
        });
        Duration::from_nanos(times.values().sum())
    }

    /// How often a thread was taken up or put down while this time passes; one that ends counts once.
    pub fn wake_ups(&self, time: Duration) -> u64 {
        let switches = || {
            self.of_threads("status", |text| {
                number(text, "voluntary_ctxt_switches") + number(text, "nonvoluntary_ctxt_switches")
            })
        };
        let before = switches();
        std::thread::sleep(time);
        let after = switches();
        let ended = before.keys().filter(|thread| !after.contains_key(*thread));
        let woken = after
            .iter()
            .map(|(thread, count)| count - before.get(thread).copied().unwrap_or(0));
        woken.sum::<u64>() + u64::try_from(ended.count()).unwrap()
    }

    /// A number of each thread.
    fn of_threads(&self, file: &str, count: impl Fn(&str) -> u64) -> BTreeMap<OsString, u64> {
        let threads = std::fs::read_dir(format!("/proc/{}/task", self.id())).unwrap();
        threads
            .filter_map(|thread| {
                let thread = thread.unwrap();
                // It may have ended since.
                let text = std::fs::read_to_string(thread.path().join(file)).ok()?;
                Some((thread.file_name(), count(&text)))
            })
            .collect()
    }
}

fn number(status: &str, field: &str) -> u64 {
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix(field)?.strip_prefix(':'));
    line.unwrap()
        .split_whitespace()
        .next()
        .unwrap()
        .parse()
        .unwrap()
}

/// The most memory that a process has resident, in kB, as long as it lives. What Linux itself counts begins with the
/// memory of whoever starts it.
pub fn watch_memory(id: u32) -> JoinHandle<u64> {
    std::thread::spawn(move || {
        let mut most = 0;
        while let Ok(status) = std::fs::read_to_string(format!("/proc/{id}/status")) {
            if !status.contains("VmHWM:") {
                break;
            }
            most = number(&status, "VmHWM");
            std::thread::sleep(Duration::from_millis(3));
        }
        most
    })
}
