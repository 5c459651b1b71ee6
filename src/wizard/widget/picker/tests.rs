use super::*;

fn entries(ids: &[&str]) -> Vec<Arc<Entry>> {
    ids.iter()
        .map(|id| {
            Arc::new(Entry {
                id: (*id).to_owned(),
                haystack: id.to_lowercase(),
                group: String::new(),
                is_default_cursor: *id != "a",
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
    picker.shown().map(|entry| entry.id.as_str()).collect()
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
    picker.start_filter();
    type_text(&mut picker, "z");
    picker.act(Action::Toggle);
    picker.act(Action::Up);
    assert!(picker.current().is_none());
    assert_eq!(picker.count(), 0);
    picker.clear_filter();
    assert_eq!(picker.current().unwrap().id, "d");
}

#[test]
fn every_part_of_a_name_is_found_and_every_word_has_to_be() {
    let mut picker = picker(&["AmazonSageMaker-ExecutionRole-20240131T101010", "Other"]);
    for (text, found) in [
        ("20240131T101010", 1),
        ("131t", 1),
        ("execution amazon", 1),
        ("amazon other", 0),
        (" ", 2),
    ] {
        picker.start_filter();
        type_text(&mut picker, text);
        assert_eq!(shown(&picker).len(), found, "{text}");
        picker.clear_filter();
    }
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
    assert_eq!(picker.hidden(), 1);
    picker.act(Action::Invert);
    assert_eq!(picker.picked().collect::<Vec<_>>(), ["apple"]);
    picker.act(Action::Toggle);
    picker.act(Action::PickAll);
    assert_eq!(picker.count(), 3, "one of them was picked before");
    picker.act(Action::PickAll);
    assert_eq!(picker.picked().collect::<Vec<_>>(), ["apple"]);
    picker.type_filter(KeyEvent::from(KeyCode::Esc));
    assert_eq!(shown(&picker).len(), 3);
    assert_eq!(picker.hidden(), 0);
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
    assert_eq!(shown(&picker).len(), 2);
}

#[test]
fn every_group_stands_under_its_heading_and_the_cursor_passes_over_it() {
    let groups = ["", "", "A", "B", "B", "C"];
    let grouped = |(number, group): (usize, &&str)| {
        Arc::new(Entry {
            id: number.to_string(),
            haystack: number.to_string(),
            group: (*group).to_owned(),
            is_default_cursor: true,
        })
    };
    let mut picker = Picker::default();
    picker.set_entries(groups.iter().enumerate().map(grouped).collect());
    let text = |row: &ListRow| match row {
        ListRow::Heading(group) => group.clone(),
        ListRow::Entry(entry) => entry.id.clone(),
    };
    let rows: Vec<_> = picker.rows.iter().map(text).collect();
    assert_eq!(rows, ["0", "1", "A", "2", "B", "3", "4", "C", "5"]);
    let mut passed = Vec::new();
    for _ in 0..6 {
        passed.push(picker.current().unwrap().id.clone());
        picker.act(Action::Down);
    }
    assert_eq!(passed, ["0", "1", "2", "3", "4", "5"]);
    // Of a group that the filter hides, the heading goes with it.
    picker.start_filter();
    type_text(&mut picker, "5");
    let rows: Vec<_> = picker.rows.iter().map(text).collect();
    assert_eq!(rows, ["C", "5"]);
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
