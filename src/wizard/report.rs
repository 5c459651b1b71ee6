//! What came of a run or of a guide, as lines of its last screen.

use ratatui::style::Style;
use ratatui::text::Line;

use super::widget::text::{clean, said, wrapped};
use super::widget::{diff, theme};
use crate::apply::Report;
use crate::export::users;
use crate::guide::verify::Verified;
use crate::journal::Records;
use crate::messages::{Message, checks};
use crate::model::ConnectFrom;
use crate::plan::readiness::{Basis, Readiness, ReadinessLevel};
use crate::plan::{Difference, Plan, State, Target};
use crate::text::Severity;
use crate::verify::CheckResult;
use crate::verify::live::Live;

/// The sheet for those who connect, where there is anybody who can.
pub fn sheet(plan: &Plan, readiness: &Readiness) -> Option<String> {
    let somebody_can = readiness.somebody_can();
    somebody_can.then(|| users::sheet(plan, Some((readiness, Basis::Found))))
}

/// Lines of one screen.
struct Body {
    lines: Vec<Line<'static>>,
    width: u16,
}

impl Body {
    fn new(width: u16) -> Self {
        Self {
            lines: Vec::new(),
            width,
        }
    }

    fn messages(&mut self, messages: &[Message]) {
        for message in messages {
            self.tell(message.severity, &message.text);
        }
    }

    /// A sentence with the sign that says how good the news is.
    fn tell(&mut self, severity: Severity, text: &str) {
        self.lines.extend(said(severity, text, self.width));
    }

    fn say(&mut self, text: &str, style: Style) {
        self.lines
            .extend(wrapped(&clean(text), self.width, "  ", style));
    }

    /// What was expected and what was found, where somebody else had a hand in it.
    fn differ(&mut self, target: &Target, expected: Option<&str>, found: Option<&str>) {
        if let Target::Tier { .. } = target {
            let value = |text: Option<&str>| text.unwrap_or("nothing").to_owned();
            let text = format!("  expected {}, found {}", value(expected), value(found));
            return self.say(&text, theme::DIM);
        }
        self.say(
            "  What differs (- as it was expected, + as it is now):",
            theme::DIM,
        );
        self.lines
            .extend(diff::indented(expected, found, self.width));
    }
}

/// The body of Done: what failed and why, what people do next, how to put it back.
pub fn lines(plan: &Plan, report: &Report, records: &Records, width: u16) -> Vec<Line<'static>> {
    let mut page = Body::new(width);
    for why in report.refused.iter().chain(&report.record_lost) {
        page.tell(Severity::Error, why);
    }
    for (target, outcome) in &report.outcomes {
        if let Some(why) = outcome.explanation(target) {
            page.tell(Severity::Error, &format!("{}: {why}", target.short()));
        }
        let change = plan.change_of(target);
        if let Some((expected, found)) = change.and_then(|change| outcome.differing(change)) {
            page.differ(target, expected, found);
        }
    }
    let explained = report.not_done();
    for item in report
        .unverified()
        .into_iter()
        .filter(|item| !explained.contains(&&item.target))
    {
        let what = match &item.state {
            State::Blocked { reason, .. } => format!("not read back. {reason}"),
            State::Change(_) | State::InPlace(_) => {
                "the last reading does not show it in place.".to_owned()
            }
        };
        page.tell(
            Severity::Warning,
            &format!("{}: {what}", item.target.short()),
        );
    }
    if let Some(readiness) = report
        .readiness
        .as_ref()
        .filter(|who| who.state != ReadinessLevel::Ready)
    {
        page.say(readiness.sentence(Basis::Found), theme::TITLE);
        for obstacle in readiness.obstacles() {
            page.tell(Severity::Warning, &obstacle);
        }
    }
    if explained.is_empty() && report.is_verified() && report.for_users().is_some() {
        next_steps(plan, &mut page);
    }
    for item in &plan.items {
        blocked(&item.target, &item.state, &mut page);
        for warning in item.warnings.iter().filter(|_| {
            // Something may still arrive.
            plan.undoes.is_some() && matches!(item.state, State::InPlace(_))
        }) {
            page.tell(
                Severity::Warning,
                &format!("{}: {warning}", item.target.short()),
            );
        }
    }
    undo(plan, report, records, &mut page);
    page.lines
}

/// Returns what a guide leaves open; what people do next, where that is nothing.
pub fn after_a_guide(verified: &Verified, width: u16) -> Vec<Line<'static>> {
    let mut page = Body::new(width);
    let result = match verified {
        Ok(result) => result,
        Err(why) => {
            page.tell(Severity::Error, why);
            return page.lines;
        }
    };
    for (target, name) in &result.lost {
        let text = format!(
            "{}: gone since the guide began: {name}. The guide brings it back.",
            target.short()
        );
        page.tell(Severity::Error, &text);
    }
    for (target, name) in &result.let_go {
        let text = format!(
            "{}: gone, and you said that it was meant to: {name}.",
            target.short()
        );
        page.tell(Severity::Warning, &text);
    }
    for item in result.open() {
        let short = item.target.short();
        let what = match &item.state {
            State::Blocked { reason, .. } if result.ticked.contains(&item.target) => {
                format!("ticked by hand, not checked. {reason}")
            }
            State::Blocked { reason, .. } => format!("{reason} The guide shows what to do."),
            State::Change(_) | State::InPlace(_) => "not in place yet.".to_owned(),
        };
        page.tell(Severity::Warning, &format!("{short}: {what}"));
    }
    let in_place = result.plan.items.iter();
    for item in in_place.filter(|item| matches!(item.state, State::InPlace(_))) {
        for warning in &item.warnings {
            page.tell(
                Severity::Warning,
                &format!("{}: {warning}", item.target.short()),
            );
        }
    }
    if result.is_done_by_hand() {
        next_steps(&result.plan, &mut page);
    }
    page.lines
}

fn blocked(target: &Target, state: &State, page: &mut Body) {
    let State::Blocked {
        reason,
        remedy,
        difference,
        ..
    } = state
    else {
        return;
    };
    let text = format!("{}: {reason} {remedy}", target.short());
    page.tell(Severity::Warning, &text);
    if let Some(Difference { expected, found }) = difference {
        page.differ(target, expected.text(), found.text());
    }
}

/// Returns what the policy simulator says.
pub fn proof(proved: &[CheckResult], width: u16) -> Vec<Line<'static>> {
    let mut page = Body::new(width);
    if !proved.is_empty() {
        page.say("By AWS's policy simulator:", theme::TITLE);
    }
    page.messages(&checks::proof(proved));
    page.lines
}

/// Returns what a real activation showed.
pub fn live(live: &Live, width: u16) -> Vec<Line<'static>> {
    let mut page = Body::new(width);
    let text = format!("By a real activation in {}:", live.region);
    page.say(&text, theme::TITLE);
    page.messages(&checks::live(live));
    page.lines
}

/// What people type next.
fn next_steps(plan: &Plan, page: &mut Body) {
    if let Some((role, others)) = ready_user_roles(plan).split_first() {
        page.say(
            "On their computer people add this to ~/.aws/config:",
            theme::TITLE,
        );
        for line in users::profile(plan, role) {
            page.say(&format!("  {line}"), theme::PLAIN);
        }
        for text in users::about_profile(plan, role) {
            page.say(&text.replace('`', ""), theme::PLAIN);
        }
        if !others.is_empty() {
            let others: Vec<&str> = others.iter().map(|role| role.as_str()).collect();
            let text = format!(
                "(each with the role that they have; the others are {})",
                others.join(", ")
            );
            page.say(&text, theme::PLAIN);
        }
        page.say("and connect with:", theme::PLAIN);
        page.say(
            "  AWS_PROFILE=sagemaker-ssh sm-ssh connect NAME.training.sagemaker",
            theme::PLAIN,
        );
        page.say(
            "A sheet for them, with what to install and what to look at: w writes it, c copies it.",
            theme::PLAIN,
        );
    }
    if plan.choices.connect_from != ConnectFrom::Laptop {
        page.say("In SageMaker Studio people connect with:", theme::TITLE);
        page.say("  sm-ssh connect NAME.training.sagemaker", theme::PLAIN);
    }
}

/// The chosen user roles that people can now connect with.
fn ready_user_roles(plan: &Plan) -> Vec<&String> {
    let blocked = |role: &str| {
        let mut items = plan.of_role(role);
        items.any(|item| matches!(item.state, State::Blocked { .. }))
    };
    let roles = plan.choices.user_roles.iter().filter(|role| !blocked(role));
    roles
        .filter(|role| plan.role_arns.contains_key(*role))
        .collect()
}

/// How to put it back, and where the record is.
fn undo(plan: &Plan, report: &Report, records: &Records, page: &mut Body) {
    let Some(run) = report
        .run
        .as_ref()
        .filter(|_| report.may_have_changed_something())
    else {
        return;
    };
    page.lines.push(Line::default());
    let what = if plan.undoes.is_some() {
        "To redo it: press u"
    } else {
        "To undo it: press u"
    };
    if let Some(path) = records.path(run) {
        page.say(&format!("{what}, or later"), theme::TITLE);
        page.say(&format!("  sagemaker-ssh-setup undo {run}"), theme::PLAIN);
        let path = path.display();
        page.say("The record, with every former document:", theme::DIM);
        page.say(&format!("  {path}"), theme::DIM);
    } else {
        page.say(&format!("{what}."), theme::TITLE);
        page.say(
            "The demo account and the record of this run are forgotten when you leave.",
            theme::DIM,
        );
    }
}
