//! A list in which several entries may be picked: moving, picking, filtering. What is picked survives filtering and
//! new entries; the cursor stays on its entry while others arrive.

use std::collections::BTreeSet;
use std::sync::Arc;

use crossterm::event::{Event, KeyCode, KeyEvent};
use ratatui::Frame;
use ratatui::layout::{Position, Rect};
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;
use tui_input::Input;
use tui_input::backend::crossterm::EventHandler;

use super::keys::{self, Action, Binding, hint, quiet};
use super::scroll::{Scroll, moved};
use super::{text, theme};

/// The keys that are not typed while the filter is.
pub const FILTERING: [Binding; 4] = [
    hint(KeyCode::Enter, Action::Next, "keep the filter"),
    hint(KeyCode::Esc, Action::Back, "clear it"),
    quiet(KeyCode::Up, Action::Up, "up"),
    quiet(KeyCode::Down, Action::Down, "down"),
];

/// Back and filtering: what Esc does depends on whether a filter is kept, or another pane has the keys.
pub fn filter_bindings(picker: &Picker, in_other_pane: bool) -> [Binding; 2] {
    let back = match (picker.has_filter(), in_other_pane) {
        (true, _) => "clear the filter",
        (false, true) => "to the list",
        (false, false) => "back",
    };
    [
        hint(KeyCode::Esc, Action::Back, back),
        hint(KeyCode::Char('/'), Action::Filter, "filter"),
    ]
}

/// A line that can be picked.
#[derive(Clone, Debug)]
pub struct Entry {
    /// Stays the same when the list is made anew.
    pub id: String,
    /// What the filter looks at, in lower case.
    pub haystack: String,
    /// The heading it stands under; entries of one group have to be neighbours.
    pub group: String,
    /// Whether it is a good place for the cursor to start.
    pub is_default_cursor: bool,
}

/// A line of the list.
#[derive(Clone, Debug)]
enum ListRow {
    /// The name of the group that follows.
    Heading(String),
    Entry(Arc<Entry>),
}

impl ListRow {
    fn entry(&self) -> Option<&Entry> {
        match self {
            Self::Heading(_) => None,
            Self::Entry(entry) => Some(entry),
        }
    }
}

/// Such a list, and where its reader is.
#[derive(Debug, Default)]
pub struct Picker {
    entries: Vec<Arc<Entry>>,
    /// Those that the filter lets through, under their headings.
    rows: Vec<ListRow>,
    /// The entry that the cursor was left on, whether it is in the list or not.
    cursor: Option<String>,
    picked: BTreeSet<String>,
    filter: Input,
    filtering: bool,
    scroll: Scroll,
}

impl Picker {
    /// What there is to pick from, from now on.
    pub fn set_entries(&mut self, entries: Vec<Arc<Entry>>) {
        self.entries = entries;
        self.refilter();
    }

    fn refilter(&mut self) {
        let filter = self.filter.value().to_lowercase();
        let words: Vec<&str> = filter.split_whitespace().collect();
        self.rows.clear();
        let mut group = "";
        for entry in &self.entries {
            if !words.iter().all(|word| entry.haystack.contains(word)) {
                continue;
            }
            if entry.group != group {
                group = &entry.group;
                self.rows.push(ListRow::Heading(group.to_owned()));
            }
            self.rows.push(ListRow::Entry(Arc::clone(entry)));
        }
    }

    /// The row of the cursor: where it was left, else on the first entry that is good for it.
    fn position(&self) -> Option<usize> {
        let find = |wanted: &dyn Fn(&Entry) -> bool| {
            self.rows
                .iter()
                .position(|row| row.entry().is_some_and(wanted))
        };
        let left = self.cursor.as_ref();
        left.and_then(|id| find(&|entry| entry.id == *id))
            .or_else(|| find(&|entry| entry.is_default_cursor))
            .or_else(|| find(&|_| true))
    }

    pub fn is_filtering(&self) -> bool {
        self.filtering
    }

    /// Filters from an empty field.
    fn start_filter(&mut self) {
        self.clear_filter();
        self.filtering = true;
    }

    pub fn has_filter(&self) -> bool {
        !self.filter.value().is_empty()
    }

    pub fn clear_filter(&mut self) {
        self.filter.reset();
        self.filtering = false;
        self.refilter();
    }

    pub fn is_picked(&self, id: &str) -> bool {
        self.picked.contains(id)
    }

    pub fn pick(&mut self, id: &str) {
        self.picked.insert(id.to_owned());
    }

    pub fn unpick(&mut self, id: &str) {
        self.picked.remove(id);
    }

    /// The length of the longest ID that the filter lets through.
    pub fn longest(&self) -> usize {
        self.shown().map(|entry| entry.id.len()).max().unwrap_or(0)
    }

    /// The IDs that were seen when the list was last drawn, those nearest to the cursor first.
    pub fn in_sight(&self) -> Vec<String> {
        let position = self.position().unwrap_or(0);
        let rows = self.rows.iter().enumerate();
        let seen = rows.skip(self.scroll.offset()).take(self.scroll.page());
        let mut seen: Vec<(usize, String)> = seen
            .filter_map(|(number, row)| Some((number.abs_diff(position), row.entry()?.id.clone())))
            .collect();
        seen.sort_by_key(|(distance, _)| *distance);
        seen.into_iter().map(|(_, id)| id).collect()
    }

    /// Returns what is picked, sorted.
    pub fn picked(&self) -> impl Iterator<Item = &str> {
        self.picked.iter().map(String::as_str)
    }

    pub fn count(&self) -> usize {
        self.picked.len()
    }

    /// Puts the cursor on an entry.
    pub fn focus(&mut self, id: &str) {
        self.cursor = Some(id.to_owned());
    }

    /// Returns whether there is nothing to pick from, whatever the filter.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The entries that the filter lets through, in their order.
    pub fn shown(&self) -> impl Iterator<Item = &Entry> {
        self.rows.iter().filter_map(ListRow::entry)
    }

    /// Returns whether the filter lets nothing through, or there is nothing at all.
    pub fn shows_nothing(&self) -> bool {
        self.rows.is_empty()
    }

    /// The entry under the cursor.
    pub fn current(&self) -> Option<&Entry> {
        self.rows.get(self.position()?)?.entry()
    }

    /// Returns how many of the picked are not shown.
    fn hidden(&self) -> usize {
        let shown = self.shown().filter(|entry| self.is_picked(&entry.id));
        self.picked.len() - shown.count()
    }

    /// Moves or picks; whether the action was for this list.
    pub fn act(&mut self, action: Action) -> bool {
        match action {
            Action::Toggle => {
                if let Some(id) = self.current().map(|entry| entry.id.clone()) {
                    self.cursor = Some(id.clone());
                    self.toggle(vec![id]);
                }
            }
            Action::PickAll => {
                let ids = self.shown_ids();
                if ids.iter().all(|id| self.picked.contains(id)) {
                    self.toggle(ids);
                } else {
                    self.picked.extend(ids);
                }
            }
            Action::Invert => self.toggle(self.shown_ids()),
            Action::Filter => self.start_filter(),
            _ => return self.go(action),
        }
        true
    }

    fn go(&mut self, action: Action) -> bool {
        let ids = self.shown_ids();
        let current = self.current();
        let here = current.and_then(|entry| ids.iter().position(|id| *id == entry.id));
        let page = self.scroll.page();
        let Some(there) = moved(action, here.unwrap_or(0), ids.len(), page) else {
            return false;
        };
        // Where nothing is shown, the cursor stays where it was before.
        if let Some(id) = ids.into_iter().nth(there) {
            self.cursor = Some(id);
        }
        true
    }

    fn shown_ids(&self) -> Vec<String> {
        self.shown().map(|entry| entry.id.clone()).collect()
    }

    /// Picks those that are not picked, and unpicks the others.
    fn toggle(&mut self, ids: Vec<String>) {
        for id in ids {
            if !self.picked.remove(&id) {
                self.picked.insert(id);
            }
        }
    }

    /// A key while the filter is being typed.
    pub fn type_filter(&mut self, key: KeyEvent) {
        match keys::find(&FILTERING, &key) {
            Some(Action::Next) => self.filtering = false,
            Some(Action::Back) => self.clear_filter(),
            Some(action) => drop(self.act(action)),
            None => {
                let changed = self.filter.handle_event(&Event::Key(key));
                if changed.is_some_and(|change| change.value) {
                    self.refilter();
                }
            }
        }
    }

    /// A paste while the filter is being typed.
    pub fn paste(&mut self, pasted: &str) {
        for c in pasted.chars().filter(|c| !c.is_control()).take(200) {
            self.filter.handle(tui_input::InputRequest::InsertChar(c));
        }
        self.refilter();
    }

    /// The line above the list: what is picked, what of it the filter hides, `more`, and the filter, in which the
    /// terminal's cursor stands while it is typed.
    pub fn draw_head(&self, frame: &mut Frame, area: Rect, noun: &str, more: &str) {
        let all = crate::text::counted(self.entries.len(), noun);
        let mut spans = vec![Span::styled(
            format!("{} picked of {all}", self.count()),
            theme::DIM,
        )];
        let hidden = self.hidden();
        if hidden > 0 {
            spans.push(Span::styled(
                format!(" · {hidden} of the picked not shown"),
                theme::PLAIN,
            ));
        }
        spans.push(Span::styled(more.to_owned(), theme::DIM));
        let mut cursor = None;
        if self.filtering || self.has_filter() {
            let before: usize = spans.iter().map(Span::width).sum::<usize>() + 4;
            let room = usize::from(area.width).saturating_sub(before + 1);
            let (shown, column) = text::field(&self.filter, room);
            spans.push(Span::styled("  / ", theme::KEY));
            spans.push(Span::raw(shown));
            cursor = u16::try_from(before + column).ok();
        }
        frame.render_widget(Line::from(spans), area);
        if let (true, Some(column)) = (self.filtering, cursor) {
            let x = area
                .x
                .saturating_add(column)
                .min(area.right().saturating_sub(1));
            frame.set_cursor_position(Position::new(x, area.y));
        }
    }

    /// Draws the list, with the terminal's cursor on the line that the keys act on. `line` gives an entry's text for the
    /// columns that are left after the box.
    pub fn draw(
        &mut self,
        frame: &mut Frame,
        area: Rect,
        active: bool,
        line: impl Fn(&Entry, usize) -> Line<'static>,
    ) {
        let position = self.position();
        let cursor = position.unwrap_or(0);
        // A heading above the cursor is shown with it.
        let above = cursor.saturating_sub(1);
        let first = match self.rows.get(above) {
            Some(ListRow::Heading(_)) => above,
            Some(ListRow::Entry(_)) | None => cursor,
        };
        self.scroll.show(first..=cursor, area.height);
        let window = self.scroll.window(self.rows.len(), area.height);
        // The box takes six columns, and the bar one.
        let width = usize::from(area.width).saturating_sub(7);
        let rows = self.rows.iter().enumerate();
        let rows = rows.skip(window.start).take(window.len());
        let lines: Vec<Line> = rows
            .map(|(number, row)| match row {
                ListRow::Heading(group) => Line::styled(group.clone(), theme::TITLE),
                ListRow::Entry(entry) => {
                    let here = position == Some(number) && active;
                    let mut spans = vec![
                        text::mark(here),
                        if self.picked.contains(&entry.id) {
                            Span::styled("[x] ", theme::TITLE)
                        } else {
                            Span::raw("[ ] ")
                        },
                    ];
                    spans.extend(line(entry, width).spans);
                    Line::from(spans)
                }
            })
            .collect();
        frame.render_widget(Paragraph::new(lines), area);
        self.scroll.draw_bar(frame, area, self.rows.len());
        if let (true, false, Some(position)) = (active, self.filtering, position) {
            self.scroll.set_cursor(frame, area, position);
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;
