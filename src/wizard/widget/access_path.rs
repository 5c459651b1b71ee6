//! The way of an SSH session as a picture: whose role lets it through where, and what of it is ready.
//!
//! ```text
//! ╭──────────╮ ╭───────────╮ ╭─────────────────╮ ╭──────────────╮ ╭────────────────╮
//! │ Computer ├▶│ User role ├▶│ Systems Manager ├▶│ Hybrid node  │◀┤ SageMaker role │
//! │          │ │ ✓ 1/1     │ │ 1/2             │ │              │ │ 0/2            │
//! ╰──────────╯ ╰───────────╯ ╰─────────────────╯ ╰──────────────╯ ╰────────────────╯
//! ```

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Paragraph, Wrap};
use unicode_width::UnicodeWidthStr;

use super::theme;
use crate::model::Choices;
use crate::model::ConnectFrom;
use crate::plan::Target;
use crate::policy::template::RolePolicy;

/// The columns that the picture needs at least.
pub const WIDTH: u16 = 73;
const NODE: &str = "Hybrid node";

/// A station of the way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Station {
    Start,
    ClientRole,
    SystemsManager,
    Node,
    SageMakerRole,
}

impl Station {
    /// The station that an item of the plan makes ready.
    pub fn of(target: &Target, choices: &Choices) -> Self {
        match target {
            Target::Tier { .. } => Self::SystemsManager,
            Target::Policy {
                policy: RolePolicy::Client,
                ..
            } => Self::ClientRole,
            Target::Role { role } if !choices.sagemaker_roles.contains(role) => Self::ClientRole,
            Target::Role { .. }
            | Target::FullAccess { .. }
            | Target::Trust { .. }
            | Target::Policy { .. } => Self::SageMakerRole,
        }
    }
}

/// How far a station is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    pub ready: usize,
    pub total: usize,
    pub failed: usize,
    /// What this program cannot do here.
    pub blocked: usize,
}

impl Progress {
    fn is_ready(self) -> bool {
        self.total > 0 && self.ready == self.total
    }

    fn style(self, leads_on: bool) -> Style {
        if self.failed > 0 {
            theme::BAD
        } else if self.is_ready() && !leads_on {
            theme::PLAIN
        } else if self.is_ready() {
            theme::GOOD
        } else if self.blocked > 0 {
            theme::WARN
        } else {
            theme::PLAIN
        }
    }

    /// The sign, with its blank, and the count beside it.
    fn remark(self) -> (&'static str, String) {
        let sign = match self {
            Self { total: 0, .. } => return ("", String::new()),
            Self { failed: 1.., .. } => "✗ ",
            Self { ready, total, .. } if ready == total => "✓ ",
            Self { blocked: 1.., .. } => "! ",
            _ => "",
        };
        (sign, format!("{}/{}", self.ready, self.total))
    }
}

/// Draws the way; nothing of it is green where it leads nobody on. Needs four lines and `WIDTH` columns; with less it is words, on as many lines as there are.
pub fn draw(
    frame: &mut Frame,
    area: Rect,
    from: ConnectFrom,
    leads_on: bool,
    progress: impl Fn(Station) -> Progress,
) {
    let (start, client) = match from {
        ConnectFrom::Laptop => ("Computer", "User role"),
        ConnectFrom::Studio => ("Studio", "Studio role"),
        ConnectFrom::Both => ("People", "Their roles"),
    };
    // Nodes come and go; all that can be said is whether everything around them is ready.
    let around = [
        Station::ClientRole,
        Station::SystemsManager,
        Station::SageMakerRole,
    ]
    .map(&progress);
    let node_ready = leads_on && around.iter().all(|p| p.is_ready() || p.total == 0);
    let node = Progress {
        ready: usize::from(node_ready),
        total: 1,
        ..Progress::default()
    };
    let [client_progress, manager_progress, sagemaker_progress] = around;
    let stations = [
        (start, Progress::default(), ""),
        (client, client_progress, "▶"),
        ("Systems Manager", manager_progress, "▶"),
        (NODE, node, "▶"),
        ("SageMaker role", sagemaker_progress, "◀"),
    ];
    // Two columns of frame, two of air where there is room, and one for each arrow.
    let names: usize = stations.iter().map(|(name, ..)| name.width()).sum();
    let width = |air: usize| names + stations.len() * (2 + air) + stations.len() - 1;
    let air = usize::from(usize::from(area.width) >= width(2));
    if area.height < 4 || usize::from(area.width) < width(0) {
        let mut spans = Vec::new();
        for (name, progress, arrow) in stations {
            let (sign, count) = if name == NODE {
                ("", String::new())
            } else {
                progress.remark()
            };
            let arrow = match arrow {
                "▶" => " → ",
                "◀" => " ← ",
                _ => "",
            };
            spans.push(Span::styled(arrow, theme::DIM));
            spans.push(Span::raw(name));
            if !count.is_empty() {
                // Without a blank between them, no line ends between sign and count.
                let sign = format!(" {}", sign.trim_end());
                spans.push(Span::styled(sign, progress.style(leads_on)));
                spans.push(Span::raw(count));
            }
        }
        let words = Paragraph::new(Line::from(spans)).wrap(Wrap { trim: true });
        frame.render_widget(words, area);
        return;
    }
    let mut rows: [Vec<Span>; 4] = Default::default();
    for (number, (name, progress, arrow)) in stations.iter().enumerate() {
        let inner = name.width() + 2 * air;
        let blank = " ".repeat(air);
        let style = progress.style(leads_on);
        let leaves = number < 3;
        let remark = if *name == NODE {
            let prepared = ("✓ ", "prepared".to_owned());
            Some(prepared).filter(|_| node_ready).unwrap_or_default()
        } else {
            progress.remark()
        };
        let pad = |text: &str| " ".repeat(inner.saturating_sub(text.width() + air));
        let gap = if number == 0 { "" } else { " " };
        let incoming = match (number, *arrow) {
            (0, _) => "",
            (_, "◀") => "◀",
            _ => "▶",
        };
        let (left, right) = (
            if *arrow == "◀" { "┤" } else { "│" },
            if leaves { "├" } else { "│" },
        );
        let [top, middle, note_row, bottom] = &mut rows;
        top.push(Span::styled(format!("{gap}╭{}╮", "─".repeat(inner)), style));
        middle.push(Span::styled(incoming.to_owned(), theme::DIM));
        middle.push(Span::styled(left, style));
        middle.push(Span::raw(format!("{blank}{name}{}", pad(name))));
        middle.push(Span::styled(right, style));
        let (sign, count) = remark;
        note_row.push(Span::styled(format!("{gap}│{blank}{sign}"), style));
        note_row.push(Span::raw(format!(
            "{count}{}",
            pad(&format!("{sign}{count}"))
        )));
        note_row.push(Span::styled("│", style));
        bottom.push(Span::styled(format!("{gap}╰{}╯", "─".repeat(inner)), style));
    }
    frame.render_widget(Paragraph::new(rows.map(Line::from).to_vec()), area);
}
