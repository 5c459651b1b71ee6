//! What the terminal shows, cell by cell, and whether the next frame is nearer when a part of it is scrolled first.

use std::ops::Range;
use std::sync::Arc;

use ratatui::buffer::Cell;
use ratatui::style::{Color, Modifier};
use unicode_width::UnicodeWidthStr;

/// What can be seen of a blank besides its background.
const SEEN_ON_BLANKS: Modifier = Modifier::REVERSED
    .union(Modifier::UNDERLINED)
    .union(Modifier::CROSSED_OUT);
/// So many cells have to be saved, about as many as scrolling takes bytes.
const WORTH_IT: usize = 30;

/// So many lines a list moves at a key, at most, with the headings between its entries and the texts below it.
const FARTHEST: u16 = 4;

static BLANK: Place = Place::Cell(Cell::EMPTY);

/// A column and a line, from zero, and what is to be there.
pub(super) type Update<'a> = (u16, u16, &'a Cell);

/// Whether nothing is seen of a blank that is written so.
pub(super) fn leaves_blanks(bg: Color, modifier: Modifier) -> bool {
    bg == Color::Reset && !modifier.intersects(SEEN_ON_BLANKS)
}

/// Whether nothing is seen of a cell.
pub(super) fn is_blank(cell: &Cell) -> bool {
    cell.symbol() == " " && leaves_blanks(cell.bg, cell.modifier)
}

/// One place of the screen.
#[derive(Clone, Debug)]
enum Place {
    Cell(Cell),
    /// A symbol of several columns goes on.
    Tail,
}

impl Place {
    fn is_blank(&self) -> bool {
        matches!(self, Self::Cell(cell) if is_blank(cell))
    }

    fn looks_like(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Cell(one), Self::Cell(other)) => {
                one == other || (is_blank(one) && is_blank(other))
            }
            (Self::Tail, Self::Tail) => true,
            _ => false,
        }
    }
}

/// Lines, from zero, that move by some lines. What leaves them is gone, and blank lines come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Scroll {
    pub first: u16,
    pub last: u16,
    pub by: u16,
    pub up: bool,
}

type Row = Vec<Place>;

/// The screen. Places that nothing was written to are blank. Clones share the lines that stay the same.
#[derive(Clone, Debug, Default)]
pub(super) struct Shown {
    lines: Vec<Arc<Row>>,
}

impl Shown {
    fn line(&self, y: u16) -> Option<&Arc<Row>> {
        self.lines.get(usize::from(y))
    }

    fn place(&self, x: u16, y: u16) -> &Place {
        let place = self.line(y).and_then(|line| line.get(usize::from(x)));
        place.unwrap_or(&BLANK)
    }

    fn put(&mut self, x: u16, y: u16, place: Place) {
        let (x, y) = (usize::from(x), usize::from(y));
        if self.lines.len() <= y {
            self.lines.resize_with(y + 1, Arc::default);
        }
        let Some(line) = self.lines.get_mut(y).map(Arc::make_mut) else {
            return;
        };
        if line.len() <= x {
            line.resize_with(x + 1, || BLANK.clone());
        }
        if let Some(there) = line.get_mut(x) {
            *there = place;
        }
    }

    /// A symbol is written. One of several columns that loses a part to it is gone as a whole.
    pub(super) fn write(&mut self, (x, y, cell): Update) {
        let width = u16::try_from(cell.symbol().width()).unwrap_or(1);
        let end = x.saturating_add(width.max(1));
        let is_tail = |x: u16| matches!(self.place(x, y), Place::Tail);
        let before = (0..x).rev().take_while(|before| is_tail(before + 1));
        let after = (end..).take_while(|after| is_tail(*after));
        let gone: Vec<u16> = before.chain(after).collect();
        for x in gone {
            self.put(x, y, BLANK.clone());
        }
        self.put(x, y, Place::Cell(cell.clone()));
        for tail in x + 1..end {
            self.put(tail, y, Place::Tail);
        }
    }

    pub(super) fn is_blank(&self, mut columns: Range<u16>, y: u16) -> bool {
        columns.all(|x| self.place(x, y).is_blank())
    }

    /// What is written in these columns; none where a cell cannot be told.
    pub(super) fn text(
        &self,
        mut columns: Range<u16>,
        y: u16,
        can_be_told: impl Fn(&Cell) -> bool,
    ) -> Option<String> {
        columns.try_fold(String::new(), |text, x| match self.place(x, y) {
            Place::Cell(cell) if can_be_told(cell) => Some(text + cell.symbol()),
            Place::Cell(_) | Place::Tail => None,
        })
    }

    /// Whether a symbol of several columns has a part in these columns.
    pub(super) fn has_wide(&self, columns: Range<u16>, y: u16) -> bool {
        let mut tails = columns.start..columns.end.saturating_add(1);
        tails.any(|x| matches!(self.place(x, y), Place::Tail))
    }

    /// What makes it look like another one, in the order of reading.
    pub(super) fn updates_to<'a>(&self, next: &'a Self) -> Vec<Update<'a>> {
        let mut updates = Vec::new();
        for y in 0..self.height().max(next.height()) {
            for x in self.differing(y, next, y) {
                // The rest of a symbol comes with its beginning.
                if let Place::Cell(cell) = next.place(x, y) {
                    updates.push((x, y, cell));
                }
            }
        }
        updates
    }

    pub(super) fn scroll(&mut self, scroll: Scroll) {
        let (first, last) = (usize::from(scroll.first), usize::from(scroll.last));
        if self.lines.len() <= last {
            self.lines.resize_with(last + 1, Arc::default);
        }
        let Some(lines) = self.lines.get_mut(first..=last) else {
            return;
        };
        let by = usize::from(scroll.by).min(lines.len());
        let come = if scroll.up {
            lines.rotate_left(by);
            lines.len() - by..lines.len()
        } else {
            lines.rotate_right(by);
            0..by
        };
        for line in lines.get_mut(come).into_iter().flatten() {
            *line = Arc::default();
        }
    }

    /// What is to be scrolled on the way to another screen; none where it is not worth it.
    pub(super) fn scroll_to(&self, next: &Self) -> Option<Scroll> {
        let height = self.height().max(next.height());
        let count = |from: &Self, y: u16| from.differing(y, next, y).count();
        let as_it_is: Vec<usize> = (0..height).map(|y| count(self, y)).collect();
        if as_it_is.iter().sum::<usize>() <= WORTH_IT {
            return None;
        }
        let nothing = Self::default();
        let on_blank: Vec<usize> = (0..height).map(|y| count(&nothing, y)).collect();
        let at = |counts: &[usize], y: u16| counts.get(usize::from(y)).copied().unwrap_or(0);
        let mut best = (WORTH_IT, None);
        for (by, up) in (1..=FARTHEST).flat_map(|by| [(by, true), (by, false)]) {
            // Counted from where the lines come to, so that both directions are the same.
            let line = |place: u16| if up { place } else { height - 1 - place };
            // The place from which on scrolling saves most, and how much; what comes blank is not counted yet.
            let mut run = (0, 0);
            for place in 0..height.saturating_sub(by) {
                let (here, from) = (line(place), line(place + by));
                let (start, before) = if run.1 > 0 { run } else { (place, 0) };
                let most = before + at(&as_it_is, here);
                let differing = self.differing(from, next, here).take(most).count();
                run = (start, most - differing);
                let blank = || (place + 1..=place + by).map(line);
                let saved = run.1 + blank().map(|y| at(&as_it_is, y)).sum::<usize>();
                let lost = blank().map(|y| at(&on_blank, y)).sum::<usize>();
                if saved > lost + best.0 {
                    let (one, other) = (line(start), from);
                    let scroll = Scroll {
                        first: one.min(other),
                        last: one.max(other),
                        by,
                        up,
                    };
                    best = (saved - lost, Some(scroll));
                }
            }
        }
        best.1
    }

    /// The columns in which a line differs from one of another screen.
    fn differing<'a>(
        &'a self,
        line: u16,
        next: &'a Self,
        next_line: u16,
    ) -> impl Iterator<Item = u16> + 'a {
        let (now, then) = (self.line(line), next.line(next_line));
        let is_shared = match (now, then) {
            (Some(now), Some(then)) => Arc::ptr_eq(now, then),
            (None, None) => true,
            _ => false,
        };
        let row = |line: Option<&'a Arc<Row>>| line.map_or(&[][..], |line| line.as_slice());
        let (now, then) = (row(now), row(then));
        let columns = if is_shared {
            0
        } else {
            now.len().max(then.len())
        };
        let differs = move |x: usize| {
            let (now, then) = (now.get(x), then.get(x));
            !now.unwrap_or(&BLANK).looks_like(then.unwrap_or(&BLANK))
        };
        let columns = (0..columns).filter(move |x| differs(*x));
        columns.map_while(|x| u16::try_from(x).ok())
    }

    fn height(&self) -> u16 {
        u16::try_from(self.lines.len()).unwrap_or(u16::MAX)
    }
}
