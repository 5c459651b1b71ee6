//! What came of a run, in words: for the Done screen, and for the plain lines that stay after leaving.

use ratatui::style::Style;

use super::Former;
use super::ui::text::clean;
use super::ui::theme;
use crate::apply::{Outcome, Report};
use crate::model::ConnectFrom;
use crate::plan::words::counted;
use crate::plan::{Plan, State, Target};

/// The first line of Done.
pub fn headline(report: &Report) -> (String, Style) {
    let (done, total) = (report.done(), report.outcomes.len());
    if report.refused.is_some() && !report.may_have_changed_something() {
        return ("Nothing was changed.".to_owned(), theme::BAD);
    }
    if done < total {
        let text = format!(
            "{} {done} of {} done.",
            theme::CROSS,
            counted(total, "change")
        );
        return (text, theme::BAD);
    }
    if report.verification.is_none() {
        let text = format!(
            "{} {} done; stopped before the last reading.",
            theme::CHECK,
            counted(total, "change")
        );
        return (text, theme::WARN);
    }
    let unverified = report.unverified().len();
    if !report.is_verified() {
        let items = counted(unverified, "item");
        let text = if total == 0 {
            format!(
                "{} Nothing was written, and {items} could not be found in place.",
                theme::UNKNOWN
            )
        } else {
            format!(
                "{} Written, but the last reading does not show {items} in place.",
                theme::UNKNOWN
            )
        };
        return (text, theme::WARN);
    }
    let blocked = report.blocked.len();
    let (rest, style) = if blocked > 0 {
        let items = counted(blocked, "item");
        (format!(" {items} could not be done here."), theme::WARN)
    } else {
        (String::new(), theme::GOOD)
    };
    let text = match (report.written(), total, blocked) {
        (0, _, 0) => "Everything is in place. Nothing was written.".to_owned(),
        (0, ..) => "Nothing was written.".to_owned(),
        (written, _, _) if written < total => {
            let there = total - written;
            format!(
                "Done: {} written and read back, {there} there already.",
                counted(written, "change")
            )
        }
        (written, ..) => format!(
            "Done: {} written and read back.",
            counted(written, "change")
        ),
    };
    (format!("{} {text}{rest}", theme::CHECK), style)
}

/// Why a change did not end well, and what to do.
pub fn explanation(outcome: &Outcome) -> Option<String> {
    match outcome {
        Outcome::Done | Outcome::AlreadyThere => None,
        Outcome::NotSeenYet => {
            Some("AWS accepted it and does not show it yet. IAM may take some minutes; try again then.".to_owned())
        }
        Outcome::Stale { found: Some(_) } => Some(
            "Somebody changed it after the preview. Nothing was written. Start again to see what is there now."
                .to_owned(),
        ),
        Outcome::Stale { found: None } => Some(
            "Somebody deleted it after the preview. Nothing was written. Start again to see what is there now."
                .to_owned(),
        ),
        Outcome::Overwritten { .. } => Some(
            "It was written, or may have been, and then somebody wrote something else. Look at it in the console, and start \
             again."
                .to_owned(),
        ),
        Outcome::Failed(error) => Some(format!("{} {} It was not changed.", error.sentence(), error.advice())),
        Outcome::Unknown(error) => Some(format!(
            "{} {} The account does not show the change, but it may still arrive. Try again in a minute.",
            error.sentence(),
            error.advice()
        )),
        Outcome::Skipped => Some("The run was stopped before it.".to_owned()),
    }
}

/// The body of Done: what failed and why, what people do next, how to put it back.
pub fn lines(plan: &Plan, report: &Report, former: &Former) -> Vec<(String, Style)> {
    let mut lines = Vec::new();
    if let Some(why) = &report.refused {
        lines.push((clean(why), theme::BAD));
    }
    for (target, outcome) in &report.outcomes {
        if let Some(why) = explanation(outcome) {
            lines.push((clean(&format!("{}: {why}", target.short())), theme::BAD));
        }
    }
    let explained = report.not_done();
    for item in report
        .unverified()
        .into_iter()
        .filter(|item| !explained.contains(&&item.target))
    {
        let text = match &item.state {
            State::Blocked { reason, .. } => {
                format!("{}: not read back. {reason}", item.target.short())
            }
            State::Change(_) | State::InPlace(_) => {
                format!(
                    "{}: the last reading does not show it in place.",
                    item.target.short()
                )
            }
        };
        lines.push((clean(&text), theme::WARN));
    }
    if report.not_done().is_empty() && report.is_verified() {
        lines.extend(next_steps(plan));
    }
    for item in &plan.items {
        if let State::Blocked {
            reason, way_out, ..
        } = &item.state
        {
            lines.push((
                clean(&format!("{}: {reason} {way_out}", item.target.short())),
                theme::WARN,
            ));
        }
    }
    let put_back = put_back(plan, report);
    if !put_back.is_empty() {
        lines.push((String::new(), theme::PLAIN));
        lines.push(("To put it back:".to_owned(), theme::TITLE));
        let of_tier = plan
            .changes()
            .any(|(item, _)| matches!(item.target, Target::Tier { .. }));
        lines.extend(
            put_back
                .into_iter()
                .map(|line| (format!("  {}", clean(&line)), theme::PLAIN)),
        );
        if of_tier {
            let text = "A tier goes back only while the region has at most 1,000 hybrid nodes, and Session Manager does \
                        not reach them any more then.";
            lines.push((text.to_owned(), theme::DIM));
        }
        lines.push((clean(&kept(former)), theme::DIM));
    }
    lines
}

/// What people type next.
fn next_steps(plan: &Plan) -> Vec<(String, Style)> {
    let region = plan
        .choices
        .regions
        .first()
        .map_or(plan.identity.home_region.as_str(), String::as_str);
    let mut lines = Vec::new();
    if let Some((arn, others)) = ready_user_roles(plan).split_first() {
        lines.push((
            "On their computer people add this to ~/.aws/config:".to_owned(),
            theme::TITLE,
        ));
        for line in [
            "[profile sagemaker-ssh]".to_owned(),
            format!("role_arn = {arn}"),
            "source_profile = default".to_owned(),
            format!("region = {region}"),
        ] {
            lines.push((format!("  {}", clean(&line)), theme::PLAIN));
        }
        if !others.is_empty() {
            let others: Vec<&str> = others.iter().map(|arn| arn.as_str()).collect();
            let text = format!(
                "(each with the role that they have; the others are {})",
                others.join(", ")
            );
            lines.push((clean(&text), theme::DIM));
        }
        lines.push(("and connect with:".to_owned(), theme::PLAIN));
        lines.push((
            "  AWS_PROFILE=sagemaker-ssh sm-ssh connect NAME.training.sagemaker".to_owned(),
            theme::PLAIN,
        ));
    }
    if plan.choices.connect_from != ConnectFrom::Laptop {
        lines.push((
            "In SageMaker Studio people connect with:".to_owned(),
            theme::TITLE,
        ));
        lines.push((
            "  sm-ssh connect NAME.training.sagemaker".to_owned(),
            theme::PLAIN,
        ));
    }
    lines
}

/// The ARNs of the chosen user roles that people can now connect with.
fn ready_user_roles(plan: &Plan) -> Vec<&String> {
    let blocked = |role: &str| {
        plan.items.iter().any(|item| {
            item.target.role() == Some(role) && matches!(item.state, State::Blocked { .. })
        })
    };
    let roles = plan.choices.user_roles.iter().filter(|role| !blocked(role));
    roles.filter_map(|role| plan.role_arns.get(role)).collect()
}

/// One AWS CLI command for each change that was, or may have been, made.
fn put_back(plan: &Plan, report: &Report) -> Vec<String> {
    let made = |target: &Target| {
        let mut outcomes = report.outcomes.iter();
        outcomes.any(|(ended, outcome)| ended == target && outcome.may_have_written())
    };
    plan.changes()
        .filter(|(item, _)| made(&item.target))
        .map(|(item, change)| item.target.put_back(change))
        .collect()
}

/// Where the former documents are.
fn kept(former: &Former) -> String {
    match former {
        Former::InLog(path) => format!("The former documents are in the log file {path}."),
        Former::NotKept => {
            "The log file could not be written, so nothing has kept the former documents."
                .to_owned()
        }
        Former::Demo => "The embedded account is forgotten when you leave.".to_owned(),
    }
}

/// About ten plain lines for the scrollback.
pub fn plain(plan: &Plan, report: &Report, former: &Former) -> Vec<String> {
    let (headline, _) = headline(report);
    let mut lines = vec![
        format!("Account       {}", plan.identity.account_label()),
        format!("Signed in as  {}", plan.identity.arn),
        format!("Result        {headline}"),
    ];
    let verified = match &report.verification {
        Some(now) => format!("after the run: {}", now.totals().line("·")),
        None => "not read again".to_owned(),
    };
    lines.push(format!("Verification  {verified}"));
    let mut shown = 0;
    for (target, outcome) in &report.outcomes {
        if shown < 4 && !outcome.is_done() {
            let why = explanation(outcome).unwrap_or_default();
            lines.push(format!("Not done      {target}: {why}"));
            shown += 1;
        }
    }
    let put_back = put_back(plan, report);
    for line in put_back.iter().take(4) {
        lines.push(format!("Put back      {line}"));
    }
    if let Some(more) = put_back.len().checked_sub(4).filter(|more| *more > 0) {
        let place = if matches!(former, Former::InLog(_)) {
            "more in the log"
        } else {
            "more"
        };
        lines.push(format!("              and {more} {place}"));
    }
    if !put_back.is_empty() {
        lines.push(format!("Former        {}", kept(former)));
    }
    lines.iter().map(|line| clean(line)).collect()
}
