use std::cell::RefCell;
use std::num::NonZero;
use std::rc::Rc;

use proptest::prelude::*;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use super::*;

const AREA: Rect = Rect::new(0, 0, 40, 10);

/// Column, line, text and its style.
type Piece = (u16, u16, String, Style);

/// Texts of all widths, and stretches of blanks, in all styles.
fn pieces(most: usize) -> impl Strategy<Value = Vec<Piece>> {
    let text = prop_oneof![
        "[a-z]{1,8}",
        (1usize..40).prop_map(|count| " ".repeat(count)),
        Just("héé 語 ✓".to_owned()),
    ];
    let color = prop_oneof![
        4 => Just(Color::Reset),
        1 => Just(Color::Cyan),
        1 => Just(Color::DarkGray)
    ];
    let modifier = prop_oneof![
        4 => Just(Modifier::empty()),
        2 => Just(Modifier::BOLD),
        1 => Just(Modifier::REVERSED),
        1 => Just(Modifier::UNDERLINED | Modifier::BOLD),
        1 => Just(Modifier::DIM | Modifier::ITALIC)
    ];
    let style = (color.clone(), color, modifier)
        .prop_map(|(fg, bg, modifier)| Style::reset().fg(fg).bg(bg).add_modifier(modifier));
    prop::collection::vec((0..AREA.width, 0..AREA.height, text, style), 0..most)
}

/// How a frame comes of the one before.
#[derive(Clone, Debug)]
enum Change {
    New,
    /// Some lines move by one.
    Moved {
        lines: (u16, u16),
        by: u16,
        up: bool,
    },
}

/// Frames, each of what stays of the one before and of new pieces.
fn frames() -> impl Strategy<Value = Vec<Vec<Piece>>> {
    let line = || 0..AREA.height;
    let moved = (line(), line(), 1u16..6, any::<bool>());
    let moved = moved.prop_map(|(one, other, by, up)| Change::Moved {
        lines: (one.min(other), one.max(other)),
        by,
        up,
    });
    let change = prop_oneof![
        1 => (Just(Change::New), pieces(40)),
        3 => (moved, pieces(4)),
    ];
    prop::collection::vec(change, 1..6).prop_map(|changes| {
        let mut frame: Vec<Piece> = Vec::new();
        let mut frames = Vec::new();
        for (change, new) in changes {
            match change {
                Change::New => frame.clear(),
                Change::Moved { lines, by, up } => move_lines(&mut frame, lines, by, up),
            }
            frame.extend(new);
            frames.push(frame.clone());
        }
        frames
    })
}

fn move_lines(frame: &mut Vec<Piece>, (first, last): (u16, u16), by: u16, up: bool) {
    frame.retain_mut(|(_, y, ..)| {
        if !(first..=last).contains(y) {
            return true;
        }
        let there = if up { y.checked_sub(by) } else { Some(*y + by) };
        *y = there.unwrap_or(u16::MAX);
        (first..=last).contains(y)
    });
}

fn buffer(pieces: &[Piece]) -> Buffer {
    let mut buffer = Buffer::empty(AREA);
    for (x, y, text, style) in pieces {
        buffer.set_string(*x, *y, text, *style);
    }
    // What is written over half of a wide symbol is not to be seen.
    for y in 0..AREA.height {
        for x in 1..AREA.width {
            if buffer[(x - 1, y)].symbol().width() > 1 {
                buffer[(x, y)].reset();
            }
        }
    }
    buffer
}

/// What a terminal shows of it, cell by cell; of a blank only what can be seen.
fn shown(terminal: &vt100::Parser) -> Vec<String> {
    let cells = (0..AREA.height).flat_map(|y| (0..AREA.width).map(move |x| (y, x)));
    cells
        .map(|(y, x)| {
            let cell = terminal.screen().cell(y, x).unwrap();
            let (text, bg) = (cell.contents(), cell.bgcolor());
            let on_blanks = (bg, cell.inverse(), cell.underline());
            if text.trim().is_empty() && !cell.is_wide_continuation() {
                return format!("blank {on_blanks:?}");
            }
            let style = (cell.fgcolor(), cell.bold(), cell.italic(), cell.dim());
            format!("{text} {style:?} {on_blanks:?}")
        })
        .collect()
}

fn terminal() -> vt100::Parser {
    let size = |n| NonZero::<u16>::new(n).unwrap();
    vt100::Parser::new(size(AREA.height), size(AREA.width), 0)
}

/// What was written, to be taken out.
#[derive(Clone, Default)]
struct Written(Rc<RefCell<Vec<u8>>>);

impl Written {
    fn take(&self) -> Vec<u8> {
        self.0.take()
    }
}

impl Write for Written {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.borrow_mut().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn drawn<B: Backend>(backend: &mut B, from: &Buffer, to: &Buffer) {
    assert!(backend.draw(from.diff(to).into_iter()).is_ok());
}

/// What is written for a frame after another one.
fn written(before: &Buffer, after: &Buffer) -> Vec<u8> {
    written_by(true, before, after)
}

fn written_by(can_edit: bool, before: &Buffer, after: &Buffer) -> Vec<u8> {
    let written = Written::default();
    let mut output = Output::new(written.clone(), can_edit);
    drawn(&mut output, &Buffer::empty(AREA), before);
    written.take();
    drawn(&mut output, before, after);
    written.take()
}

proptest! {
    #[test]
    fn it_shows_what_the_plain_way_shows(
        frames in frames(),
        can_edit: bool,
    ) {
        let mut ours = terminal();
        let (short, long) = (Written::default(), Written::default());
        let mut output = Output::new(short.clone(), can_edit);
        let mut before = Buffer::empty(AREA);
        for pieces in &frames {
            let after = buffer(pieces);
            drawn(&mut output, &before, &after);
            ours.process(&short.take());
            // The same on an empty screen, in the plain way.
            let mut plain = terminal();
            drawn(&mut CrosstermBackend::new(long.clone()), &Buffer::empty(AREA), &after);
            plain.process(&long.take());
            prop_assert_eq!(shown(&ours), shown(&plain));
            before = after;
        }
    }
}

#[test]
fn a_cursor_that_moves_to_another_line_takes_half_the_bytes() {
    let bold = Style::new().add_modifier(Modifier::BOLD);
    let line = |y, style| (0, y, format!("{:38}", "› [ ] Role"), style);
    let before = buffer(&[line(0, bold), line(1, Style::new())]);
    let after = buffer(&[line(0, Style::new()), line(1, bold)]);
    let long = Written::default();
    drawn(&mut CrosstermBackend::new(long.clone()), &before, &after);
    let (short, long) = (written(&before, &after).len(), long.take().len());
    assert!(short * 2 < long, "{short} of {long}");
}

/// A list with what frames it, from this entry on.
fn list(from: usize) -> Vec<Piece> {
    let name = [
        "Analyst",
        "DataScientist",
        "glue-etl",
        "LegacyNotebook",
        "Admin",
        "lambda",
    ];
    let entries = (2..8).zip(name.into_iter().cycle().skip(from));
    let entry = |(y, name): (u16, &str)| (2, y, format!("[ ] {name:30}"), Style::new());
    let mut pieces: Vec<Piece> = entries.map(entry).collect();
    for y in [0, 1, 8, 9] {
        pieces.push((0, y, format!("a line that stays, {y}"), Style::new()));
    }
    pieces
}

#[test]
fn a_list_that_scrolls_sends_the_line_that_comes() {
    for (before, after, moves) in [
        (0, 1, "8H\n"),
        (1, 0, "3H\x1bM"),
        (0, 2, "8H\n\n"),
        (2, 0, "3H\x1bM\x1bM"),
    ] {
        let (before, after) = (buffer(&list(before)), buffer(&list(after)));
        let text = String::from_utf8(written(&before, &after)).unwrap();
        let all = written(&Buffer::empty(AREA), &after).len();
        assert!(
            text.starts_with(&format!("\x1b[3;8r\x1b[{moves}\x1b[r")),
            "{text:?}"
        );
        assert!(text.len() * 2 < all, "{} of {all}: {text:?}", text.len());
        // Where that is not known of the terminal, every line is written.
        let text = String::from_utf8(written_by(false, &before, &after)).unwrap();
        assert!(!text.contains("\x1b[3;8r"), "{text:?}");
    }
}

#[test]
fn words_that_go_are_erased_with_the_blanks_between_them() {
    let text = (0, 0, "so many words in a row".to_owned(), Style::new());
    let (before, after) = (buffer(&[text]), Buffer::empty(AREA));
    assert_eq!(written(&before, &after), b"\x1b[1;1H\x1b[22X");
}

#[test]
fn only_a_terminal_that_is_known_to_edit_is_asked_to() {
    let asked = |set: &[(&str, &str)]| {
        let set: Vec<_> = set
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        can_edit(|name| {
            let found = set.iter().find(|(other, _)| other == name);
            found.map(|(_, value)| value.clone())
        })
    };
    assert!(asked(&[("TERM", "xterm-256color")]));
    assert!(asked(&[
        ("TERM", "screen-256color"),
        ("TMUX", "/tmp/tmux,1,0")
    ]));
    assert!(!asked(&[("TERM", "screen")]));
    assert!(!asked(&[("TERM", "xterm-256color"), ("STY", "1.pts-0")]));
    assert!(!asked(&[("TERM", "vt100")]));
    assert!(!asked(&[]));
}

#[test]
fn nothing_is_written_when_nothing_changed() {
    let (written, blank) = (Written::default(), Buffer::empty(AREA));
    let mut output = Output::new(written.clone(), true);
    drawn(&mut output, &blank, &blank);
    output.hide_cursor().unwrap();
    output.hide_cursor().unwrap();
    assert_eq!(written.take(), b"\x1b[?25l");
}
