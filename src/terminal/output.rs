//! What goes to the terminal for a frame: the cells that changed, in as few bytes as they can be said. Over a slow line
//! that is what a person waits for.

use std::io::{self, Write};
use std::iter::Peekable;

use crossterm::cursor::{MoveRight, MoveTo};
use crossterm::queue;
use crossterm::style::Print;
use ratatui::backend::{Backend, ClearType, CrosstermBackend, WindowSize};
use ratatui::buffer::Cell;
use ratatui::layout::{Position, Size};
use ratatui::style::{Color, Modifier};
use unicode_width::UnicodeWidthStr;

use super::shown::{Scroll, Shown, Update, is_blank, leaves_blanks};

/// So many blanks in a row are erased instead of written; going there and on takes as many bytes.
const MANY_BLANKS: u16 = 10;
/// So many columns are sooner written again than passed over.
const FEW_COLUMNS: u16 = 3;
/// Bold and dim are taken back together.
const INTENSITY: Modifier = Modifier::BOLD.union(Modifier::DIM);
/// The modifiers that are used, with the codes of ECMA-48's SGR.
const ATTRIBUTES: [(Modifier, &str); 6] = [
    (Modifier::BOLD, "1"),
    (Modifier::DIM, "2"),
    (Modifier::ITALIC, "3"),
    (Modifier::UNDERLINED, "4"),
    (Modifier::REVERSED, "7"),
    (Modifier::CROSSED_OUT, "9"),
];

/// A terminal behind a writer.
#[derive(Debug)]
pub struct Output<W: Write> {
    inner: CrosstermBackend<W>,
    can_edit: bool,
    is_cursor_hidden: bool,
    shown: Shown,
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
        leaves_blanks(self.bg, self.modifier)
    }

    /// Whether a cell looks as it has to when it is written with it.
    fn writes(self, cell: &Cell) -> bool {
        Self::of(cell) == self || (is_blank(cell) && self.leaves_blanks())
    }

    fn become_pen(&mut self, wanted: Self, out: &mut impl Write) -> io::Result<()> {
        let mut codes = Vec::new();
        let gone = self.modifier.difference(wanted.modifier);
        if INTENSITY.contains(gone) && !gone.is_empty() {
            codes.push("22".to_owned());
            self.modifier.remove(INTENSITY);
        } else if !gone.is_empty() {
            codes.push("0".to_owned());
            *self = Self::PLAIN;
        }
        for (modifier, code) in ATTRIBUTES {
            if wanted.modifier.difference(self.modifier).contains(modifier) {
                codes.push(code.to_owned());
            }
        }
        if wanted.fg != self.fg {
            codes.push(color(wanted.fg, 30));
        }
        if wanted.bg != self.bg {
            codes.push(color(wanted.bg, 40));
        }
        *self = wanted;
        if codes.is_empty() {
            return Ok(());
        }
        write!(out, "\u{1b}[{}m", codes.join(";"))
    }
}

/// The code of a colour; those of the foreground begin with 30, of the background with 40.
fn color(color: Color, first: u8) -> String {
    let (colors, bright) = (first, first + 60);
    let code = match color {
        Color::Reset => first + 9,
        Color::Black => colors,
        Color::Red => colors + 1,
        Color::Green => colors + 2,
        Color::Yellow => colors + 3,
        Color::Blue => colors + 4,
        Color::Magenta => colors + 5,
        Color::Cyan => colors + 6,
        Color::Gray => colors + 7,
        Color::DarkGray => bright,
        Color::LightRed => bright + 1,
        Color::LightGreen => bright + 2,
        Color::LightYellow => bright + 3,
        Color::LightBlue => bright + 4,
        Color::LightMagenta => bright + 5,
        Color::LightCyan => bright + 6,
        Color::White => bright + 7,
        Color::Indexed(number) => return format!("{};5;{number}", first + 8),
        Color::Rgb(red, green, blue) => return format!("{};2;{red};{green};{blue}", first + 8),
    };
    code.to_string()
}

/// Terminals that erase characters (ECMA-48's ECH, terminfo's `ech`) and scroll a part of the screen (DECSTBM, terminfo's
/// `csr`), by the beginning of `TERM`. Those that do not tell, and GNU screen, which does not have ECH, get plain cells.
const EDITING: [&str; 10] = [
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

/// Whether the terminal is known to edit what it shows, by `TERM`, `TMUX` and GNU screen's `STY`.
pub fn can_edit(variable: impl Fn(&str) -> Option<String>) -> bool {
    let is_set = |name| variable(name).is_some_and(|value| !value.is_empty());
    let term = variable("TERM").unwrap_or_default();
    let is_known = EDITING.iter().any(|known| term.starts_with(known));
    !is_set("STY") && (is_set("TMUX") || is_known)
}

impl<W: Write> Output<W> {
    /// Blanks are erased and lines scrolled only where the terminal can do so (see `can_edit`).
    pub fn new(writer: W, can_edit: bool) -> Self {
        Self {
            inner: CrosstermBackend::new(writer),
            can_edit,
            is_cursor_hidden: false,
            shown: Shown::default(),
        }
    }

    /// Scrolls a part of the screen, and leaves the cursor anywhere.
    fn scroll(&mut self, scroll: Scroll) -> io::Result<()> {
        // Lines of the terminal begin with one.
        let (first, last) = (scroll.first + 1, scroll.last + 1);
        // At the edge of the part that DECSTBM has set, LF and RI move it. The terminal is raw: LF is nothing but that.
        let (edge, index) = if scroll.up {
            (last, "\n")
        } else {
            (first, "\u{1b}M")
        };
        let moves = index.repeat(scroll.by.into());
        let out = &mut self.inner;
        write!(out, "\u{1b}[{first};{last}r\u{1b}[{edge}H{moves}\u{1b}[r")?;
        self.shown.scroll(scroll);
        Ok(())
    }

    /// The place after the blanks that begin at a place, and whether all of them are to be written: half of a wide
    /// symbol is better overwritten than erased. Those between them that are blank already are included, unless that
    /// is longer than going on from there.
    fn end_of_blanks<'a>(
        &self,
        (x, y): (u16, u16),
        cells: &mut Peekable<impl Iterator<Item = Update<'a>>>,
    ) -> (u16, bool) {
        let mut end = x + 1;
        let gap = if self.can_edit { u16::MAX } else { FEW_COLUMNS };
        let follows = |next: &Update, end| {
            next.1 == y
                && next.0 >= end
                && next.0 - end <= gap
                && is_blank(next.2)
                && self.shown.is_blank(end..next.0, y)
        };
        while let Some(next) = cells.next_if(|next| follows(next, end)) {
            end = next.0 + 1;
        }
        (end, !self.can_edit || self.shown.has_wide(x..end, y))
    }

    /// Goes to a place. What is between may be written again, if that is shorter.
    fn go(
        &mut self,
        at: Option<(u16, u16)>,
        (x, y): (u16, u16),
        pen: Pen,
        next: &Shown,
    ) -> io::Result<()> {
        let here = at.filter(|at| at.1 == y && at.0 <= x).map(|at| at.0);
        let Some(here) = here else {
            return queue!(self.inner, MoveTo(x, y));
        };
        let between = if x - here <= FEW_COLUMNS {
            next.text(here..x, y, |cell| pen.writes(cell))
        } else {
            None
        };
        if let Some(text) = between {
            self.inner.write_all(text.as_bytes())
        } else {
            queue!(self.inner, MoveRight(x - here))
        }
    }

    /// Writes what is different in the next frame.
    fn write(&mut self, next: &Shown) -> io::Result<()> {
        let mut pen = Pen::PLAIN;
        // Where the next symbol would be written.
        let mut at = None;
        let mut cells = self.shown.updates_to(next).into_iter().peekable();
        while let Some((x, y, cell)) = cells.next() {
            self.go(at, (x, y), pen, next)?;
            if !is_blank(cell) {
                pen.become_pen(Pen::of(cell), &mut self.inner)?;
                queue!(self.inner, Print(cell.symbol()))?;
                // Terminals do not agree on how wide some symbols are.
                at = (cell.symbol().width() == 1).then_some((x + 1, y));
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
        if pen == Pen::PLAIN {
            return Ok(());
        }
        write!(self.inner, "\u{1b}[m")
    }
}

impl<W: Write> Backend for Output<W> {
    type Error = io::Error;

    fn draw<'a, I: Iterator<Item = (u16, u16, &'a Cell)>>(&mut self, content: I) -> io::Result<()> {
        let mut next = self.shown.clone();
        for update in content {
            next.write(update);
        }
        if self.can_edit
            && let Some(scroll) = self.shown.scroll_to(&next)
        {
            self.scroll(scroll)?;
        }
        self.write(&next)?;
        self.shown = next;
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
        self.shown = Shown::default();
        self.inner.clear()
    }

    fn clear_region(&mut self, region: ClearType) -> io::Result<()> {
        if region == ClearType::All {
            self.shown = Shown::default();
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
mod tests;
