//! A list in which several entries may be picked: moving, picking, filtering. What is picked survives filtering and
//! new entries; the cursor stays on its entry while others arrive.

use std::collections::BTreeSet;

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

/// The state of such a list.
#[derive(Debug, Default)]
pub struct Picker {
    cursor: Option<String>,
    picked: BTreeSet<String>,
    filter: Input,
    filtering: bool,
    offset: usize,
    page: usize,
}

impl Picker {
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
    }

    pub fn is_picked(&self, id: &str) -> bool {
        self.picked.contains(id)
    }

    pub fn pick(&mut self, id: &str) {
        self.picked.insert(id.to_owned());
    }

    /// What is picked, sorted.
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

    /// The entries that the filter lets through, in their order.
    pub fn visible<'a>(&self, entries: &'a [Entry]) -> Vec<&'a Entry> {
        let pattern = Pattern::new(
            self.filter.value(),
            CaseMatching::Ignore,
            Normalization::Smart,
            AtomKind::Substring,
        );
        let mut matcher = Matcher::new(Config::DEFAULT);
        let mut buffer = Vec::new();
        entries
            .iter()
            .filter(|entry| {
                pattern
                    .score(Utf32Str::new(&entry.haystack, &mut buffer), &mut matcher)
                    .is_some()
            })
            .collect()
    }

    /// The entry under the cursor: the one it was left on, else the first welcome one.
    pub fn current<'a>(&self, entries: &'a [Entry]) -> Option<&'a Entry> {
        let visible = self.visible(entries);
        self.position(&visible)
            .and_then(|position| visible.get(position).copied())
    }

    fn position(&self, visible: &[&Entry]) -> Option<usize> {
        let kept = self
            .cursor
            .as_ref()
            .and_then(|id| visible.iter().position(|entry| entry.id == *id));
        kept.or_else(|| visible.iter().position(|entry| entry.welcome))
            .or(if visible.is_empty() { None } else { Some(0) })
    }

    /// Moves or picks; whether the action was for this list.
    pub fn act(&mut self, action: Action, entries: &[Entry]) -> bool {
        let visible = self.visible(entries);
        let position = self.position(&visible).unwrap_or(0);
        let page = self.page.saturating_sub(1).max(1);
        let target = match action {
            Action::Up => position.saturating_sub(1),
            Action::Down => position.saturating_add(1),
            Action::PageUp => position.saturating_sub(page),
            Action::PageDown => position.saturating_add(page),
            Action::Top => 0,
            Action::Bottom => usize::MAX,
            Action::Toggle => {
                if let Some(entry) = visible.get(position) {
                    self.cursor = Some(entry.id.clone());
                    if !self.picked.remove(&entry.id) {
                        self.picked.insert(entry.id.clone());
                    }
                }
                return true;
            }
            Action::PickAll => {
                let all = visible.iter().all(|entry| self.picked.contains(&entry.id));
                for entry in &visible {
                    if all {
                        self.picked.remove(&entry.id);
                    } else {
                        self.picked.insert(entry.id.clone());
                    }
                }
                return true;
            }
            Action::Invert => {
                for entry in &visible {
                    if !self.picked.remove(&entry.id) {
                        self.picked.insert(entry.id.clone());
                    }
                }
                return true;
            }
            Action::Filter => {
                self.start_filter();
                return true;
            }
            _ => return false,
        };
        let target = target.min(visible.len().saturating_sub(1));
        self.cursor = visible.get(target).map(|entry| entry.id.clone());
        true
    }

    /// A key while the filter is being typed. Enter keeps the filter, Esc clears it; arrows still move.
    pub fn type_filter(&mut self, key: KeyEvent, entries: &[Entry]) {
        match key.code {
            KeyCode::Enter => self.filtering = false,
            KeyCode::Esc => self.clear_filter(),
            KeyCode::Up => drop(self.act(Action::Up, entries)),
            KeyCode::Down => drop(self.act(Action::Down, entries)),
            _ => {
                self.filter.handle_event(&Event::Key(key));
            }
        }
    }

    /// A paste while the filter is being typed.
    pub fn paste(&mut self, pasted: &str) {
        for c in pasted.chars().filter(|c| !c.is_control()).take(200) {
            self.filter.handle(tui_input::InputRequest::InsertChar(c));
        }
    }

    /// The line above the list: the filter, what is picked, and what of it the filter hides.
    pub fn head(&self, entries: &[Entry], noun: &str) -> Line<'static> {
        let visible = self.visible(entries);
        let mut spans = vec![Span::styled(
            format!(
                "{} picked of {}",
                self.count(),
                crate::plan::words::counted(entries.len(), noun)
            ),
            theme::DIM,
        )];
        let hidden = self
            .picked
            .iter()
            .filter(|id| visible.iter().all(|entry| entry.id != **id))
            .count();
        if hidden > 0 {
            spans.push(Span::styled(
                format!(" · {hidden} of the picked not shown"),
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

    /// Draws the list. `line` gives an entry's text for the columns that are left after the box.
    pub fn draw(
        &mut self,
        frame: &mut Frame,
        area: Rect,
        entries: &[Entry],
        active: bool,
        line: impl Fn(&Entry, usize) -> Line<'static>,
    ) {
        let visible = self.visible(entries);
        let position = self.position(&visible);
        self.page = usize::from(area.height);
        // Headings take lines of their own.
        let mut rows: Vec<(Option<usize>, &str)> = Vec::new();
        let mut group = "";
        for (number, entry) in visible.iter().enumerate() {
            if entry.group != group {
                group = &entry.group;
                rows.push((None, group));
            }
            rows.push((Some(number), ""));
        }
        let cursor_row = rows
            .iter()
            .position(|(number, _)| number.is_some() && *number == position)
            .unwrap_or(0);
        let first = if rows
            .get(cursor_row.saturating_sub(1))
            .is_some_and(|(number, _)| number.is_none())
        {
            cursor_row.saturating_sub(1)
        } else {
            cursor_row
        };
        self.offset = self
            .offset
            .min(first)
            .max((cursor_row + 1).saturating_sub(self.page));
        self.offset = self.offset.min(rows.len().saturating_sub(self.page));
        // The box takes six columns, and the bar one.
        let width = usize::from(area.width).saturating_sub(7);
        let lines: Vec<Line> = rows
            .iter()
            .skip(self.offset)
            .take(self.page)
            .map(|(number, heading)| {
                let Some((number, entry)) = number.and_then(|n| Some((n, visible.get(n)?))) else {
                    return Line::styled((*heading).to_owned(), theme::TITLE);
                };
                let here = Some(number) == position;
                let mut spans = vec![
                    Span::styled(if here && active { "› " } else { "  " }, theme::ACCENT),
                    if self.picked.contains(&entry.id) {
                        Span::styled("[x] ", theme::GOOD)
                    } else {
                        Span::raw("[ ] ")
                    },
                ];
                spans.extend(line(entry, width).spans);
                let line = Line::from(spans);
                if here && active {
                    line.patch_style(theme::TITLE)
                } else {
                    line
                }
            })
            .collect();
        frame.render_widget(Paragraph::new(lines), area);
        bar(frame, area, rows.len(), self.page, self.offset);
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn entries(ids: &[&str]) -> Vec<Entry> {
        ids.iter()
            .map(|id| Entry {
                id: (*id).to_owned(),
                haystack: (*id).to_owned(),
                group: String::new(),
                welcome: *id != "a",
            })
            .collect()
    }

    fn type_text(picker: &mut Picker, text: &str, entries: &[Entry]) {
        for c in text.chars() {
            picker.type_filter(KeyEvent::from(KeyCode::Char(c)), entries);
        }
    }

    #[test]
    fn the_cursor_starts_on_a_welcome_entry_and_stays_on_its_own_while_others_arrive() {
        let mut picker = Picker::default();
        let few = entries(&["a", "c", "d"]);
        assert_eq!(picker.current(&few).unwrap().id, "c");
        picker.act(Action::Down, &few);
        assert_eq!(
            picker.current(&entries(&["a", "b", "c", "d"])).unwrap().id,
            "d"
        );
    }

    #[test]
    fn moving_stops_at_both_ends() {
        let mut picker = Picker::default();
        let list = entries(&["b", "c"]);
        for _ in 0..5 {
            picker.act(Action::Down, &list);
        }
        assert_eq!(picker.current(&list).unwrap().id, "c");
        picker.act(Action::Top, &list);
        picker.act(Action::Up, &list);
        assert_eq!(picker.current(&list).unwrap().id, "b");
    }

    #[test]
    fn what_is_picked_survives_a_filter_and_all_means_all_that_is_visible() {
        let mut picker = Picker::default();
        let list = entries(&["apple", "berry", "cherry"]);
        picker.act(Action::Toggle, &list);
        picker.start_filter();
        type_text(&mut picker, "RRY", &list);
        assert_eq!(picker.visible(&list).len(), 2);
        picker.act(Action::PickAll, &list);
        assert_eq!(
            picker.picked().collect::<Vec<_>>(),
            ["apple", "berry", "cherry"]
        );
        picker.act(Action::Invert, &list);
        assert_eq!(picker.picked().collect::<Vec<_>>(), ["apple"]);
        picker.type_filter(KeyEvent::from(KeyCode::Esc), &list);
        assert_eq!(picker.visible(&list).len(), 3);
        assert!(!picker.is_filtering());
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
            picker.act(action, &[]);
        }
        assert!(picker.current(&[]).is_none());
        assert_eq!(picker.count(), 0);
    }
}
