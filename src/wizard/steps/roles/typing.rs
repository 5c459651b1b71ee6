//! Roles that are typed or pasted, with what is wrong with them.

use crossterm::event::{Event, KeyEvent};
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use tui_input::backend::crossterm::EventHandler;
use tui_input::{Input, InputRequest};

use crate::model::arn::is_role_name;
use crate::model::{Identity, RoleArn};
use crate::wizard::ui::text::{clean, wrapped};
use crate::wizard::ui::theme;

/// More than this is no list of roles.
const LONGEST_PASTE: usize = 4096;

/// The field and what is wrong with its contents.
#[derive(Debug, Default)]
pub(super) struct Typing {
    input: Input,
    error: Option<String>,
}

impl Typing {
    pub(super) fn key(&mut self, key: KeyEvent) {
        self.error = None;
        self.input.handle_event(&Event::Key(key));
    }

    /// Several roles may be pasted at once, a line each.
    pub(super) fn paste(&mut self, text: &str) {
        self.error = None;
        for c in text
            .chars()
            .map(|c| if c.is_control() { ' ' } else { c })
            .take(LONGEST_PASTE)
        {
            self.input.handle(InputRequest::InsertChar(c));
        }
    }

    /// The roles that were typed; none, and an error on the screen, when one of them is not right.
    pub(super) fn take(&mut self, identity: Option<&Identity>) -> Vec<RoleArn> {
        let words: Vec<&str> = self
            .input
            .value()
            .split([' ', ',', ';'])
            .filter(|word| !word.is_empty())
            .collect();
        let words = if words.is_empty() { vec![""] } else { words };
        match words
            .into_iter()
            .map(|word| read_role(word, identity))
            .collect()
        {
            Ok(roles) => roles,
            Err(error) => {
                self.error = Some(error);
                Vec::new()
            }
        }
    }

    pub(super) fn draw(&self, frame: &mut Frame, area: Rect) {
        let error = self.error.as_deref().unwrap_or_default();
        let width = area.width.clamp(20, 90);
        let error = wrapped(error, width.saturating_sub(4), "", theme::BAD);
        let height = 5 + u16::try_from(error.len()).unwrap_or(0);
        let inner = crate::wizard::ui::frame::window(
            frame,
            width,
            height,
            "Type or paste a role's ARN or name",
        );
        let room = usize::from(inner.width).saturating_sub(4);
        let skip = self.input.visual_scroll(room);
        let shown: String = clean(self.input.value())
            .chars()
            .skip(skip)
            .take(room)
            .collect();
        let mut lines = vec![
            Line::default(),
            Line::from(vec![
                Span::styled(" > ", theme::ACCENT),
                Span::raw(shown),
                Span::styled("█", theme::ACCENT),
            ]),
        ];
        lines.extend(error.into_iter().map(|line| {
            let mut line = line;
            line.spans.insert(0, Span::raw(" "));
            line
        }));
        frame.render_widget(ratatui::widgets::Paragraph::new(lines), inner);
    }
}

/// A role as it was typed: an ARN of this account, or a name.
fn read_role(word: &str, identity: Option<&Identity>) -> Result<RoleArn, String> {
    let role = match (is_role_name(word), identity) {
        (true, Some(identity)) => RoleArn {
            partition: identity.partition.clone(),
            account: identity.account.clone(),
            path: "/".to_owned(),
            name: word.to_owned(),
        },
        _ => word.parse::<RoleArn>().map_err(|error| error.to_string())?,
    };
    match identity {
        Some(identity) if identity.account != role.account => Err(format!(
            "This role belongs to the account {}, and you are signed in to {}.",
            role.account, identity.account
        )),
        Some(identity) if identity.partition != role.partition => Err(format!(
            "This role belongs to the partition {}, and you are signed in to {}.",
            role.partition, identity.partition
        )),
        _ => Ok(role),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::model::Partition;

    fn identity() -> Identity {
        Identity {
            account: "123456789012".into(),
            arn: "arn:aws:sts::123456789012:assumed-role/Admin/me".into(),
            user_id: "AROA:me".into(),
            partition: Partition::default(),
            alias: None,
            credentials: String::new(),
            home_region: "eu-west-1".into(),
            region_configured: true,
        }
    }

    #[test]
    fn a_typed_role_is_an_arn_of_this_account_or_a_name() {
        let read = |word: &str| read_role(word, Some(&identity())).map(|role| role.to_string());
        assert_eq!(
            read("Simple").unwrap(),
            "arn:aws:iam::123456789012:role/Simple"
        );
        let arn = "arn:aws:iam::123456789012:role/service-role/Deep";
        assert_eq!(read(arn).unwrap(), arn);
        assert!(
            read("arn:aws:iam::999999999999:role/x")
                .unwrap_err()
                .contains("999999999999")
        );
        assert!(
            read("arn:aws-cn:iam::123456789012:role/x")
                .unwrap_err()
                .contains("aws-cn")
        );
        assert!(
            read("no role at all!")
                .unwrap_err()
                .contains("arn:aws:iam::123456789012:role/")
        );
    }
}
