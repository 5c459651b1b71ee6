//! What goes to the terminal for a frame: the cells that changed, in as few bytes as they can be said. Over a slow line
//! that is what a person waits for.

use std::io::{self, Write};

use crossterm::queue;
use crossterm::style::{Attribute, Print, SetAttribute, SetBackgroundColor, SetForegroundColor};
use ratatui::backend::{Backend, ClearType, CrosstermBackend, IntoCrossterm, WindowSize};
use ratatui::buffer::Cell;
use ratatui::layout::{Position, Size};
use ratatui::style::{Color, Modifier};

/// So many blanks in a row are erased instead of written; going there and on takes as many bytes.
const MANY_BLANKS: u16 = 14;
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
    is_cursor_hidden: bool,
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

fn is_blank(cell: &Cell) -> bool {
    cell.symbol() == " " && Pen::of(cell).leaves_blanks()
}

impl<W: Write> Output<W> {
    pub fn new(writer: W) -> Self {
        Self {
            inner: CrosstermBackend::new(writer),
            is_cursor_hidden: false,
        }
    }
}

impl<W: Write> Backend for Output<W> {
    type Error = io::Error;

    fn draw<'a, I: Iterator<Item = (u16, u16, &'a Cell)>>(&mut self, content: I) -> io::Result<()> {
        let out = &mut self.inner;
        let mut pen = Pen::PLAIN;
        // Where the next symbol would be written.
        let mut at = None;
        let mut cells = content.peekable();
        while let Some((x, y, cell)) = cells.next() {
            let mut blanks = 0;
            if is_blank(cell) {
                blanks = 1;
                let follows = |next: &(u16, u16, &Cell), blanks| {
                    (next.0, next.1) == (x + blanks, y) && is_blank(next.2)
                };
                while cells.next_if(|next| follows(next, blanks)).is_some() {
                    blanks += 1;
                }
            }
            if at != Some((x, y)) {
                queue!(out, crossterm::cursor::MoveTo(x, y))?;
            }
            if blanks == 0 {
                pen.become_pen(Pen::of(cell), out)?;
                queue!(out, Print(cell.symbol()))?;
                at = Some((x + 1, y));
                continue;
            }
            if !pen.leaves_blanks() {
                pen.become_pen(Pen::PLAIN, out)?;
            }
            if blanks < MANY_BLANKS {
                write!(out, "{:width$}", "", width = usize::from(blanks))?;
                at = Some((x + blanks, y));
            } else {
                // ECMA-48's ECH: erases so many characters and stays where it is.
                write!(out, "\u{1b}[{blanks}X")?;
                at = Some((x, y));
            }
        }
        if pen != Pen::PLAIN {
            queue!(out, SetAttribute(Attribute::Reset))?;
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
        self.inner.clear()
    }

    fn clear_region(&mut self, region: ClearType) -> io::Result<()> {
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
    use std::num::NonZero;

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

    fn drawn<B: Backend>(backend: &mut B, from: &Buffer, to: &Buffer) {
        assert!(backend.draw(from.diff(to).into_iter()).is_ok());
    }

    proptest! {
        #[test]
        fn it_shows_what_the_plain_way_shows(frames in prop::collection::vec(pieces(), 1..5)) {
            let (mut ours, mut plain) = (terminal(), terminal());
            let mut before = Buffer::empty(AREA);
            for pieces in &frames {
                let after = buffer(pieces);
                let (mut short, mut long) = (Vec::new(), Vec::new());
                drawn(&mut Output::new(&mut short), &before, &after);
                drawn(&mut CrosstermBackend::new(&mut long), &before, &after);
                ours.process(&short);
                plain.process(&long);
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
        let (mut short, mut long) = (Vec::new(), Vec::new());
        drawn(&mut Output::new(&mut short), &before, &after);
        drawn(&mut CrosstermBackend::new(&mut long), &before, &after);
        assert!(
            short.len() * 2 < long.len(),
            "{} of {}",
            short.len(),
            long.len()
        );
    }

    #[test]
    fn nothing_is_written_when_nothing_changed() {
        let (mut bytes, blank) = (Vec::new(), Buffer::empty(AREA));
        let mut output = Output::new(&mut bytes);
        drawn(&mut output, &blank, &blank);
        output.hide_cursor().unwrap();
        output.hide_cursor().unwrap();
        assert_eq!(bytes, b"\x1b[?25l");
    }
}
