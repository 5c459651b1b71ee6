//! What goes to the terminal for a frame: the cells that changed, in as few bytes as they can be said. Over a slow line
//! that is what a person waits for.

use std::collections::BTreeSet;
use std::io::{self, Write};
use std::iter::Peekable;

use crossterm::queue;
use crossterm::style::{Attribute, Print, SetAttribute, SetBackgroundColor, SetForegroundColor};
use ratatui::backend::{Backend, ClearType, CrosstermBackend, IntoCrossterm, WindowSize};
use ratatui::buffer::Cell;
use ratatui::layout::{Position, Size};
use ratatui::style::{Color, Modifier};
use unicode_width::UnicodeWidthStr;

/// So many blanks in a row are erased instead of written; going there and on takes as many bytes.
const MANY_BLANKS: u16 = 14;
/// So many columns are sooner written than passed over.
const SHORT_GAP: u16 = 8;
/// What can be seen of a blank besides its background.
const SEEN_ON_BLANKS: Modifier = Modifier::REVERSED
    .union(Modifier::UNDERLINED)
    .union(Modifier::CROSSED_OUT);
/// Bold and dim are taken back together.
const INTENSITY: Modifier = Modifier::BOLD.union(Modifier::DIM);
/// The modifiers that are used, with their attributes.
const ATTRIBUTES: [(Modifier, Attribute); 6] = [
    (Modifier::BOLD, Attribute::Bold),
    (Modifier::DIM, Attribute::Dim),
    (Modifier::ITALIC, Attribute::Italic),
    (Modifier::UNDERLINED, Attribute::Underlined),
    (Modifier::REVERSED, Attribute::Reverse),
    (Modifier::CROSSED_OUT, Attribute::CrossedOut),
];

/// A terminal behind a writer.
#[derive(Debug)]
pub struct Output<W: Write> {
    inner: CrosstermBackend<W>,
    can_erase: bool,
    is_cursor_hidden: bool,
    /// The places, line and column, where something is to be seen.
    seen: BTreeSet<(u16, u16)>,
    /// Those of them where a symbol of several columns begins.
    wide: BTreeSet<(u16, u16)>,
}

/// How the terminal writes at the moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Pen {
    fg: Color,
    bg: Color,
    modifier: Modifier,
}

impl Pen {
    const PLAIN: Self = Self {
        fg: Color::Reset,
        bg: Color::Reset,
        modifier: Modifier::empty(),
    };

    fn of(cell: &Cell) -> Self {
        Self {
            fg: cell.fg,
            bg: cell.bg,
            modifier: cell.modifier,
        }
    }

    /// Whether a blank that is written with it is nothing but blank.
    fn leaves_blanks(self) -> bool {
        self.bg == Color::Reset && !self.modifier.intersects(SEEN_ON_BLANKS)
    }

    fn become_pen(&mut self, wanted: Self, out: &mut impl Write) -> io::Result<()> {
        let gone = self.modifier.difference(wanted.modifier);
        if INTENSITY.contains(gone) && !gone.is_empty() {
            queue!(out, SetAttribute(Attribute::NormalIntensity))?;
            self.modifier.remove(INTENSITY);
        } else if !gone.is_empty() {
            queue!(out, SetAttribute(Attribute::Reset))?;
            *self = Self::PLAIN;
        }
        for (modifier, attribute) in ATTRIBUTES {
            if wanted.modifier.difference(self.modifier).contains(modifier) {
                queue!(out, SetAttribute(attribute))?;
            }
        }
        if wanted.fg != self.fg {
            queue!(out, SetForegroundColor(wanted.fg.into_crossterm()))?;
        }
        if wanted.bg != self.bg {
            queue!(out, SetBackgroundColor(wanted.bg.into_crossterm()))?;
        }
        *self = wanted;
        Ok(())
    }
}

/// Terminals that have ECMA-48's ECH, by the beginning of `TERM` (terminfo's `ech`). Those that do not tell, and GNU
/// screen, which does not have it, get blanks.
const ERASING: [&str; 10] = [
    "xterm",
    "tmux",
    "linux",
    "vt220",
    "rxvt",
    "alacritty",
    "foot",
    "ghostty",
    "konsole",
    "wezterm",
];

/// Whether the terminal is known to erase a number of characters, by `TERM`, `TMUX` and GNU screen's `STY`.
pub fn can_erase(variable: impl Fn(&str) -> Option<String>) -> bool {
    let is_set = |name| variable(name).is_some_and(|value| !value.is_empty());
    let term = variable("TERM").unwrap_or_default();
    let is_known = ERASING.iter().any(|known| term.starts_with(known));
    !is_set("STY") && (is_set("TMUX") || is_known)
}

fn is_blank(cell: &Cell) -> bool {
    cell.symbol() == " " && Pen::of(cell).leaves_blanks()
}

impl<W: Write> Output<W> {
    /// Blanks are erased only where the terminal can do so (see `can_erase`).
    pub fn new(writer: W, can_erase: bool) -> Self {
        Self {
            inner: CrosstermBackend::new(writer),
            can_erase,
            is_cursor_hidden: false,
            seen: BTreeSet::new(),
            wide: BTreeSet::new(),
        }
    }

    /// The screen is empty.
    fn forget(&mut self) {
        self.seen.clear();
        self.wide.clear();
    }

    /// The place after the blanks that begin at a place, and whether all of them are to be written: half of a wide
    /// symbol is better overwritten than erased. Those between them that are blank already are included, unless that
    /// is longer than going on from there.
    fn end_of_blanks<'a>(
        &mut self,
        (x, y): (u16, u16),
        cells: &mut Peekable<impl Iterator<Item = (u16, u16, &'a Cell)>>,
    ) -> (u16, bool) {
        let mut end = x + 1;
        let gap = if self.can_erase { u16::MAX } else { SHORT_GAP };
        let seen = &self.seen;
        let follows = |next: &(u16, u16, &Cell), end| {
            next.1 == y
                && next.0 >= end
                && next.0 - end <= gap
                && is_blank(next.2)
                && seen.range((y, end)..(y, next.0)).next().is_none()
        };
        while let Some(next) = cells.next_if(|next| follows(next, end)) {
            end = next.0 + 1;
        }
        let mut has_wide = false;
        for place in (x..end).map(|x| (y, x)) {
            self.seen.remove(&place);
            has_wide |= self.wide.remove(&place);
        }
        (end, has_wide || !self.can_erase)
    }
}

impl<W: Write> Backend for Output<W> {
    type Error = io::Error;

    fn draw<'a, I: Iterator<Item = (u16, u16, &'a Cell)>>(&mut self, content: I) -> io::Result<()> {
        let mut pen = Pen::PLAIN;
        // Where the next symbol would be written.
        let mut at = None;
        let mut cells = content.peekable();
        while let Some((x, y, cell)) = cells.next() {
            if at != Some((x, y)) {
                queue!(self.inner, crossterm::cursor::MoveTo(x, y))?;
            }
            if !is_blank(cell) {
                pen.become_pen(Pen::of(cell), &mut self.inner)?;
                queue!(self.inner, Print(cell.symbol()))?;
                let width = u16::try_from(cell.symbol().width()).unwrap_or(1);
                self.seen
                    .extend((x..x.saturating_add(width)).map(|x| (y, x)));
                if width == 1 {
                    self.wide.remove(&(y, x));
                } else {
                    self.wide.insert((y, x));
                }
                // Terminals do not agree on how wide some symbols are.
                at = (width == 1).then_some((x + 1, y));
                continue;
            }
            let (end, to_write) = self.end_of_blanks((x, y), &mut cells);
            if !pen.leaves_blanks() {
                pen.become_pen(Pen::PLAIN, &mut self.inner)?;
            }
            let count = usize::from(end - x);
            if end - x < MANY_BLANKS || to_write {
                write!(self.inner, "{:count$}", "")?;
                at = Some((end, y));
            } else {
                // ECMA-48's ECH: erases so many characters and stays where it is.
                write!(self.inner, "\u{1b}[{count}X")?;
                at = Some((x, y));
            }
        }
        if pen != Pen::PLAIN {
            queue!(self.inner, SetAttribute(Attribute::Reset))?;
        }
        Ok(())
    }

    fn hide_cursor(&mut self) -> io::Result<()> {
        if std::mem::replace(&mut self.is_cursor_hidden, true) {
            return Ok(());
        }
        self.inner.hide_cursor()
    }

    fn show_cursor(&mut self) -> io::Result<()> {
        self.is_cursor_hidden = false;
        self.inner.show_cursor()
    }

    fn get_cursor_position(&mut self) -> io::Result<Position> {
        self.inner.get_cursor_position()
    }

    fn set_cursor_position<P: Into<Position>>(&mut self, position: P) -> io::Result<()> {
        self.inner.set_cursor_position(position)
    }

    fn clear(&mut self) -> io::Result<()> {
        self.forget();
        self.inner.clear()
    }

    fn clear_region(&mut self, region: ClearType) -> io::Result<()> {
        if region == ClearType::All {
            self.forget();
        }
        self.inner.clear_region(region)
    }

    fn size(&self) -> io::Result<Size> {
        self.inner.size()
    }

    fn window_size(&mut self) -> io::Result<WindowSize> {
        self.inner.window_size()
    }

    fn flush(&mut self) -> io::Result<()> {
        Backend::flush(&mut self.inner)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::cell::RefCell;
    use std::num::NonZero;
    use std::rc::Rc;

    use proptest::prelude::*;
    use ratatui::buffer::Buffer;
    use ratatui::layout::Rect;
    use ratatui::style::Style;

    use super::*;

    const AREA: Rect = Rect::new(0, 0, 40, 4);

    /// Texts of all widths, and stretches of blanks, in all styles.
    fn pieces() -> impl Strategy<Value = Vec<(u16, u16, String, Style)>> {
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
        prop::collection::vec((0..AREA.width, 0..AREA.height, text, style), 0..12)
    }

    fn buffer(pieces: &[(u16, u16, String, Style)]) -> Buffer {
        let mut buffer = Buffer::empty(AREA);
        for (x, y, text, style) in pieces {
            buffer.set_string(*x, *y, text, *style);
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

    proptest! {
        #[test]
        fn it_shows_what_the_plain_way_shows(
            frames in prop::collection::vec(pieces(), 1..5),
            can_erase: bool,
        ) {
            let (mut ours, mut plain) = (terminal(), terminal());
            let (short, long) = (Written::default(), Written::default());
            let mut output = Output::new(short.clone(), can_erase);
            let mut backend = CrosstermBackend::new(long.clone());
            let mut before = Buffer::empty(AREA);
            for pieces in &frames {
                let after = buffer(pieces);
                drawn(&mut output, &before, &after);
                drawn(&mut backend, &before, &after);
                ours.process(&short.take());
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
        let (short, long) = (Written::default(), Written::default());
        drawn(&mut Output::new(short.clone(), true), &before, &after);
        drawn(&mut CrosstermBackend::new(long.clone()), &before, &after);
        let (short, long) = (short.take().len(), long.take().len());
        assert!(short * 2 < long, "{short} of {long}");
    }

    #[test]
    fn words_that_go_are_erased_with_the_blanks_between_them() {
        let text = (0, 0, "so many words in a row".to_owned(), Style::new());
        let (before, after) = (buffer(&[text]), Buffer::empty(AREA));
        let written = Written::default();
        drawn(&mut Output::new(written.clone(), true), &before, &after);
        assert_eq!(written.take(), b"\x1b[1;1H\x1b[22X");
    }

    #[test]
    fn only_a_terminal_that_is_known_to_erase_is_asked_to() {
        let asked = |set: &[(&str, &str)]| {
            let set: Vec<_> = set
                .iter()
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
                .collect();
            can_erase(|name| {
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
}
