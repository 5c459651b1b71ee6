//! A list in which several entries may be picked: moving, picking, filtering. What is picked survives filtering and
//! new entries; the cursor stays on its entry while others arrive.

use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::Arc;

use crossterm::event::{Event, KeyCode, KeyEvent};
use nucleo_matcher::pattern::{AtomKind, CaseMatching, Normalization, Pattern};
use nucleo_matcher::{Config, Matcher, Utf32Str};
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
    /// What the filter looks at.
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
    /// Those that the filter lets through, in their order.
    shown: Vec<Arc<Entry>>,
    /// A heading before each group: the place of its first entry in `shown`.
    headings: Vec<usize>,
    /// The entry that the cursor was left on, whether it is shown or not.
    cursor: Option<String>,
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
        self.refilter();
    }

    fn refilter(&mut self) {
        if self.has_filter() {
            let pattern = Pattern::new(
                self.filter.value(),
                CaseMatching::Ignore,
                Normalization::Smart,
                AtomKind::Substring,
            );
            let mut matcher = Matcher::new(Config::DEFAULT);
            let mut buffer = Vec::new();
            let mut passes = |entry: &&Arc<Entry>| {
                let haystack = Utf32Str::new(&entry.haystack, &mut buffer);
                pattern.score(haystack, &mut matcher).is_some()
            };
            self.shown = self
                .entries
                .iter()
                .filter(|entry| passes(entry))
                .cloned()
                .collect();
        } else {
            self.shown.clone_from(&self.entries);
        }
        self.headings.clear();
        let mut group = "";
        for (place, entry) in self.shown.iter().enumerate() {
            if entry.group != group {
                group = &entry.group;
                self.headings.push(place);
            }
        }
        self.find_cursor();
        self.count_hidden();
    }

    fn find_cursor(&mut self) {
        let place =
            |wanted: &dyn Fn(&Entry) -> bool| self.shown.iter().position(|entry| wanted(entry));
        let left = self
            .cursor
            .as_ref()
            .and_then(|id| place(&|entry| entry.id == *id));
        let start = || place(&|entry| entry.welcome);
        self.position = left
            .or_else(start)
            .or(if self.shown.is_empty() { None } else { Some(0) });
    }

    fn count_hidden(&mut self) {
        let shown = self
            .shown
            .iter()
            .filter(|entry| self.picked.contains(&entry.id));
        self.hidden = self.picked.len() - shown.count();
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
        self.find_cursor();
    }

    /// Whether there is nothing to pick from, whatever the filter.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The entries that the filter lets through, in their order.
    pub fn shown(&self) -> &[Arc<Entry>] {
        &self.shown
    }

    /// The entry under the cursor.
    pub fn current(&self) -> Option<&Entry> {
        self.shown.get(self.position?).map(AsRef::as_ref)
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
                self.cursor = self.current().map(|entry| entry.id.clone());
                self.toggle(position..position.saturating_add(1));
                return true;
            }
            Action::PickAll => {
                let is_picked = |entry: &Arc<Entry>| self.picked.contains(&entry.id);
                if !self.shown.iter().all(is_picked) {
                    // What is picked already is picked again, and by that not unpicked.
                    let shown = self.shown.iter().map(|entry| entry.id.clone());
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
        self.cursor = self.current().map(|entry| entry.id.clone());
        true
    }

    /// Picks those of the shown ones that are not picked, and unpicks the others. None of the hidden ones changes.
    fn toggle(&mut self, places: Range<usize>) {
        for entry in self
            .shown
            .get(clamped(places, self.shown.len()))
            .unwrap_or_default()
        {
            if !self.picked.remove(&entry.id) {
                self.picked.insert(entry.id.clone());
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
                let entry = self.shown.get(place)?;
                if is_heading {
                    return Some(Line::styled(entry.group.clone(), theme::TITLE));
                }
                let here = self.position == Some(place) && active;
                let mut spans = vec![
                    Span::styled(if here { "› " } else { "  " }, theme::ACCENT),
                    if self.picked.contains(&entry.id) {
                        Span::styled("[x] ", theme::GOOD)
                    } else {
                        Span::raw("[ ] ")
                    },
                ];
                spans.extend(line(entry, width).spans);
                let line = Line::from(spans);
                Some(if here {
                    line.patch_style(theme::TITLE)
                } else {
                    line
                })
            })
            .collect();
        frame.render_widget(Paragraph::new(lines), area);
        bar(frame, area, total, self.page, self.offset);
    }
}

fn clamped(places: Range<usize>, length: usize) -> Range<usize> {
    places.start.min(length)..places.end.min(length)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn entries(ids: &[&str]) -> Vec<Arc<Entry>> {
        ids.iter()
            .map(|id| {
                Arc::new(Entry {
                    id: (*id).to_owned(),
                    haystack: (*id).to_owned(),
                    group: String::new(),
                    welcome: *id != "a",
                })
            })
            .collect()
    }

    fn picker(ids: &[&str]) -> Picker {
        let mut picker = Picker::default();
        picker.set_entries(entries(ids));
        picker
    }

    fn type_text(picker: &mut Picker, text: &str) {
        for c in text.chars() {
            picker.type_filter(KeyEvent::from(KeyCode::Char(c)));
        }
    }

    fn shown(picker: &Picker) -> Vec<&str> {
        picker
            .shown()
            .iter()
            .map(|entry| entry.id.as_str())
            .collect()
    }

    #[test]
    fn the_cursor_starts_on_a_welcome_entry_and_stays_on_its_own_while_others_arrive() {
        let mut picker = picker(&["a", "c", "d"]);
        assert_eq!(picker.current().unwrap().id, "c");
        picker.act(Action::Down);
        picker.set_entries(entries(&["a", "b", "c", "d"]));
        assert_eq!(picker.current().unwrap().id, "d");
        // Filtered away and back again.
        picker.start_filter();
        type_text(&mut picker, "b");
        assert_eq!(picker.current().unwrap().id, "b");
        picker.clear_filter();
        assert_eq!(picker.current().unwrap().id, "d");
    }

    #[test]
    fn moving_stops_at_both_ends() {
        let mut picker = picker(&["b", "c"]);
        for _ in 0..5 {
            picker.act(Action::Down);
        }
        assert_eq!(picker.current().unwrap().id, "c");
        picker.act(Action::Top);
        picker.act(Action::Up);
        assert_eq!(picker.current().unwrap().id, "b");
    }

    #[test]
    fn what_is_picked_survives_a_filter_and_all_means_all_that_is_visible() {
        let mut picker = picker(&["apple", "berry", "cherry"]);
        picker.act(Action::Toggle);
        picker.start_filter();
        type_text(&mut picker, "RRY");
        assert_eq!(shown(&picker), ["berry", "cherry"]);
        picker.act(Action::PickAll);
        assert_eq!(
            picker.picked().collect::<Vec<_>>(),
            ["apple", "berry", "cherry"]
        );
        assert_eq!(picker.hidden, 1);
        picker.act(Action::Invert);
        assert_eq!(picker.picked().collect::<Vec<_>>(), ["apple"]);
        picker.act(Action::Toggle);
        picker.act(Action::PickAll);
        assert_eq!(picker.count(), 3, "one of them was picked before");
        picker.act(Action::PickAll);
        assert_eq!(picker.picked().collect::<Vec<_>>(), ["apple"]);
        picker.type_filter(KeyEvent::from(KeyCode::Esc));
        assert_eq!(picker.shown().len(), 3);
        assert_eq!(picker.hidden, 0);
        assert!(!picker.is_filtering());
    }

    #[test]
    fn a_filter_that_is_taken_back_shows_everything_again() {
        let mut picker = picker(&["apple", "berry"]);
        picker.start_filter();
        picker.paste("ber\u{7}");
        assert_eq!(shown(&picker), ["berry"]);
        for _ in 0..3 {
            picker.type_filter(KeyEvent::from(KeyCode::Backspace));
        }
        assert_eq!(picker.shown().len(), 2);
    }

    #[test]
    fn every_line_is_a_heading_or_an_entry_in_its_group() {
        let groups = ["", "", "A", "B", "B", "C"];
        let grouped = |(number, group): (usize, &&str)| {
            Arc::new(Entry {
                id: number.to_string(),
                haystack: number.to_string(),
                group: (*group).to_owned(),
                welcome: true,
            })
        };
        let mut picker = Picker::default();
        picker.set_entries(groups.iter().enumerate().map(grouped).collect());
        let lines: Vec<_> = (0..9).map(|line| picker.place_of(line)).collect();
        let (heading, entry) = (true, false);
        assert_eq!(
            lines,
            [
                (0, entry),
                (1, entry),
                (2, heading),
                (2, entry),
                (3, heading),
                (3, entry),
                (4, entry),
                (5, heading),
                (5, entry)
            ]
        );
        for (line, (place, is_heading)) in lines.into_iter().enumerate() {
            if !is_heading {
                assert_eq!(picker.line_of(place), line);
            }
        }
    }

    #[test]
    fn an_empty_list_does_nothing() {
        let mut picker = Picker::default();
        for action in [
            Action::Down,
            Action::Toggle,
            Action::PickAll,
            Action::Bottom,
        ] {
            picker.act(action);
        }
        assert!(picker.current().is_none());
        assert_eq!(picker.count(), 0);
    }
}
