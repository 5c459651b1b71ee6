//! A list in which several entries may be picked: moving, picking, filtering. What is picked survives filtering and
//! new entries; the cursor stays on its entry while others arrive.

use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::Arc;

use crossterm::event::{Event, KeyCode, KeyEvent};
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;
use tui_input::Input;
use tui_input::backend::crossterm::EventHandler;

use super::keys::Action;
use super::scroll::bar;
use super::{text, theme};

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
    pub welcome: bool,
}

/// Such a list, and where its reader is.
#[derive(Debug, Default)]
pub struct Picker {
    entries: Vec<Arc<Entry>>,
    /// Those that the filter lets through: their places in `entries`, in order.
    shown: Vec<usize>,
    /// A heading before each group: the place of its first entry in `shown`.
    headings: Vec<usize>,
    /// The entry that the cursor was left on, whether it is in the list or not.
    cursor: Option<String>,
    /// The place of that entry in `entries`.
    left_on: Option<usize>,
    /// Where the cursor is in `shown`: where it was left, else on the first welcome one.
    position: Option<usize>,
    picked: BTreeSet<String>,
    /// How often something was picked or unpicked.
    picks: u64,
    /// How many of the picked are not shown.
    hidden: usize,
    filter: Input,
    filtering: bool,
    offset: usize,
    page: usize,
}

impl Picker {
    /// What there is to pick from, from now on.
    pub fn set_entries(&mut self, entries: Vec<Arc<Entry>>) {
        self.entries = entries;
        self.find_entry();
        self.refilter();
    }

    fn refilter(&mut self) {
        self.shown.clear();
        if self.has_filter() {
            let filter = self.filter.value().to_lowercase();
            let words: Vec<&str> = filter.split_whitespace().collect();
            for (number, entry) in self.entries.iter().enumerate() {
                if words.iter().all(|word| entry.haystack.contains(word)) {
                    self.shown.push(number);
                }
            }
        } else {
            self.shown.extend(0..self.entries.len());
        }
        let mut headings = Vec::new();
        let mut group = "";
        for (place, entry) in self.shown().enumerate() {
            if entry.group != group {
                group = &entry.group;
                headings.push(place);
            }
        }
        self.headings = headings;
        self.find_cursor();
        self.count_hidden();
    }

    /// Finds the entry that the cursor was left on.
    fn find_entry(&mut self) {
        let entries = &self.entries;
        let place = |id: &String| entries.iter().position(|entry| entry.id == *id);
        self.left_on = self.cursor.as_ref().and_then(place);
    }

    /// Finds the cursor among what is shown.
    fn find_cursor(&mut self) {
        let left_on = self.left_on;
        let left = left_on.and_then(|number| self.shown.binary_search(&number).ok());
        let first = || self.shown().position(|entry| entry.welcome);
        let any = (!self.shown.is_empty()).then_some(0);
        self.position = left.or_else(first).or(any);
    }

    fn count_hidden(&mut self) {
        if self.picked.is_empty() {
            self.hidden = 0;
            return;
        }
        let shown = self.shown().filter(|entry| self.picked.contains(&entry.id));
        self.hidden = self.picked.len() - shown.count();
    }

    /// The cursor is left where it is.
    fn leave_cursor(&mut self) {
        // Where nothing is shown, it stays where it was before.
        if let Some(entry) = self.current() {
            self.cursor = Some(entry.id.clone());
            self.left_on = self
                .position
                .and_then(|place| self.shown.get(place).copied());
        }
    }

    fn entry(&self, place: usize) -> Option<&Entry> {
        let number = *self.shown.get(place)?;
        self.entries.get(number).map(AsRef::as_ref)
    }

    pub fn is_filtering(&self) -> bool {
        self.filtering
    }

    pub fn start_filter(&mut self) {
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
        self.picks += 1;
        self.count_hidden();
    }

    /// What is picked, sorted.
    pub fn picked(&self) -> impl Iterator<Item = &str> {
        self.picked.iter().map(String::as_str)
    }

    pub fn count(&self) -> usize {
        self.picked.len()
    }

    /// A number that changes with what is picked.
    pub fn picks(&self) -> u64 {
        self.picks
    }

    /// Puts the cursor on an entry.
    pub fn focus(&mut self, id: &str) {
        self.cursor = Some(id.to_owned());
        self.find_entry();
        self.find_cursor();
    }

    /// Whether there is nothing to pick from, whatever the filter.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The entries that the filter lets through, in their order.
    pub fn shown(&self) -> impl Iterator<Item = &Entry> {
        let entries = self
            .shown
            .iter()
            .filter_map(|number| self.entries.get(*number));
        entries.map(AsRef::as_ref)
    }

    /// Whether the filter lets nothing through, or there is nothing at all.
    pub fn shows_nothing(&self) -> bool {
        self.shown.is_empty()
    }

    /// The entry under the cursor.
    pub fn current(&self) -> Option<&Entry> {
        self.entry(self.position?)
    }

    /// Moves or picks; whether the action was for this list.
    pub fn act(&mut self, action: Action) -> bool {
        let position = self.position.unwrap_or(0);
        let page = self.page.saturating_sub(1).max(1);
        let target = match action {
            Action::Up => position.saturating_sub(1),
            Action::Down => position.saturating_add(1),
            Action::PageUp => position.saturating_sub(page),
            Action::PageDown => position.saturating_add(page),
            Action::Top => 0,
            Action::Bottom => usize::MAX,
            Action::Toggle => {
                self.leave_cursor();
                self.toggle(position..position.saturating_add(1));
                return true;
            }
            Action::PickAll => {
                if !self.shown().all(|entry| self.picked.contains(&entry.id)) {
                    let shown: Vec<String> = self.shown().map(|entry| entry.id.clone()).collect();
                    self.picked.extend(shown);
                    self.picks += 1;
                    return true;
                }
                self.toggle(0..self.shown.len());
                return true;
            }
            Action::Invert => {
                self.toggle(0..self.shown.len());
                return true;
            }
            Action::Filter => {
                self.start_filter();
                return true;
            }
            _ => return false,
        };
        let target = target.min(self.shown.len().saturating_sub(1));
        self.position = (!self.shown.is_empty()).then_some(target);
        self.leave_cursor();
        true
    }

    /// Picks those of the shown ones that are not picked, and unpicks the others. None of the hidden ones changes.
    fn toggle(&mut self, places: Range<usize>) {
        let ids: Vec<String> = places
            .map_while(|place| self.entry(place).map(|entry| entry.id.clone()))
            .collect();
        for id in ids {
            if !self.picked.remove(&id) {
                self.picked.insert(id);
            }
        }
        self.picks += 1;
    }

    /// A key while the filter is being typed. Enter keeps the filter, Esc clears it; arrows still move.
    pub fn type_filter(&mut self, key: KeyEvent) {
        match key.code {
            KeyCode::Enter => self.filtering = false,
            KeyCode::Esc => self.clear_filter(),
            KeyCode::Up => drop(self.act(Action::Up)),
            KeyCode::Down => drop(self.act(Action::Down)),
            _ => {
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

    /// The line above the list: the filter, what is picked, and what of it the filter hides.
    pub fn head(&self, noun: &str) -> Line<'static> {
        let all = crate::plan::words::counted(self.entries.len(), noun);
        let mut spans = vec![Span::styled(
            format!("{} picked of {all}", self.count()),
            theme::DIM,
        )];
        if self.hidden > 0 {
            spans.push(Span::styled(
                format!(" · {} of the picked not shown", self.hidden),
                theme::WARN,
            ));
        }
        if self.filtering || self.has_filter() {
            spans.push(Span::styled("  / ", theme::KEY));
            spans.push(Span::raw(text::clean(self.filter.value())));
            if self.filtering {
                spans.push(Span::styled("█", theme::ACCENT));
            }
        }
        Line::from(spans)
    }

    /// The line of the entry at a place, after the headings before it.
    fn line_of(&self, place: usize) -> usize {
        place + self.headings.partition_point(|heading| *heading <= place)
    }

    /// The entry that stands in a line, or the one whose heading does.
    fn place_of(&self, line: usize) -> (usize, bool) {
        let before = self
            .headings
            .iter()
            .enumerate()
            .take_while(|(number, place)| *place + number <= line)
            .count();
        let is_heading = before.checked_sub(1).is_some_and(|last| {
            self.headings
                .get(last)
                .is_some_and(|place| place + last == line)
        });
        let headings = if is_heading { before - 1 } else { before };
        (line - headings, is_heading)
    }

    /// Draws the list. `line` gives an entry's text for the columns that are left after the box.
    pub fn draw(
        &mut self,
        frame: &mut Frame,
        area: Rect,
        active: bool,
        line: impl Fn(&Entry, usize) -> Line<'static>,
    ) {
        self.page = usize::from(area.height);
        let total = self.shown.len() + self.headings.len();
        let cursor = self.line_of(self.position.unwrap_or(0));
        // A heading above the cursor is shown with it.
        let first = match cursor.checked_sub(1) {
            Some(above) if self.place_of(above).1 => above,
            _ => cursor,
        };
        self.offset = self
            .offset
            .min(first)
            .max((cursor + 1).saturating_sub(self.page));
        self.offset = self.offset.min(total.saturating_sub(self.page));
        // The box takes six columns, and the bar one.
        let width = usize::from(area.width).saturating_sub(7);
        let end = self.offset.saturating_add(self.page).min(total);
        let lines: Vec<Line> = (self.offset..end)
            .filter_map(|number| {
                let (place, is_heading) = self.place_of(number);
                let entry = self.entry(place)?;
                if is_heading {
                    return Some(Line::styled(entry.group.clone(), theme::TITLE));
                }
                let here = self.position == Some(place) && active;
                let mut spans = vec![
                    // Only this moves with the cursor: over a slow line a moved name would be felt.
                    Span::styled(if here { "› " } else { "  " }, theme::KEY),
                    if self.picked.contains(&entry.id) {
                        Span::styled("[x] ", theme::GOOD)
                    } else {
                        Span::raw("[ ] ")
                    },
                ];
                spans.extend(line(entry, width).spans);
                Some(Line::from(spans))
            })
            .collect();
        frame.render_widget(Paragraph::new(lines), area);
        bar(frame, area, total, self.page, self.offset);
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;
