//! Printing: where what is for people goes, and how a plan is shown to them in plain lines.

use std::io::{self, BufRead, IsTerminal, Write};

use tokio::sync::oneshot;

use crate::account::CodePrompt;
use crate::cli::Output;
use crate::messages::plan::WHO_THEN;
use crate::messages::{Message, Severity, checks};
use crate::model::endpoint::insecurity;
use crate::plan::readiness::{Basis, Readiness};
use crate::plan::{Change, Difference, Item, Plan, State, Target};
use crate::policy::difference::difference;
use crate::text::{self, clean};
use crate::verify::CheckResult;

/// Says things to printer.
#[derive(Clone, Copy, Debug)]
pub(super) struct Printer {
    /// Standard output belongs to a program.
    aside: bool,
    unicode: bool,
}

impl Printer {
    pub(super) fn new(output: Output, ascii: bool) -> Self {
        Self {
            aside: output == Output::Json,
            unicode: !ascii && text::locale_is_utf8(),
        }
    }

    /// What was asked for, or what goes on.
    pub(super) fn print(self, line: &str) {
        let line = self.fit(line);
        // Nobody may be reading any more.
        if self.aside {
            let _ = writeln!(std::io::stderr(), "{line}");
        } else {
            let _ = writeln!(std::io::stdout(), "{line}");
        }
    }

    /// What went wrong, or has to be known besides.
    pub(super) fn print_err(self, line: &str) {
        let _ = writeln!(std::io::stderr(), "sagemaker-ssh-setup: {}", self.fit(line));
    }

    /// The same, but aside: standard output goes elsewhere than to those who are asked.
    pub(super) fn aside(self) -> Self {
        Self {
            aside: true,
            ..self
        }
    }

    /// A question, without a line break.
    pub(super) fn ask(self, question: &str) {
        let mut out = std::io::stderr();
        let _ = write!(out, "{} ", self.fit(question));
        let _ = out.flush();
    }

    fn fit(self, line: &str) -> String {
        let line = clean(line);
        if self.unicode {
            line
        } else {
            text::ascii(&line)
        }
    }
}

/// Asks for the code of an MFA device at the terminal; without one, nobody is asked.
pub(super) fn code_prompt(printer: Printer) -> CodePrompt {
    if !io::stdin().is_terminal() || !io::stderr().is_terminal() {
        return CodePrompt::default();
    }
    CodePrompt::new(move |request| {
        printer.ask(&format!(
            "The profile {} asks for the code of the MFA device {}:",
            request.profile, request.serial
        ));
        // A thread of its own: nobody may ever answer.
        std::thread::spawn(move || {
            let mut line = String::new();
            if io::stdin().lock().read_line(&mut line).is_ok() {
                request.answer(&line);
            }
        });
    })
}

/// Reads what a person or another program may never give, in a thread of its own.
pub(super) fn in_the_background<T: Send + 'static>(
    read: impl FnOnce() -> T + Send + 'static,
) -> oneshot::Receiver<T> {
    let (sender, receiver) = oneshot::channel();
    std::thread::spawn(move || sender.send(read()));
    receiver
}

/// Returns what is for a program.
///
/// # Errors
/// When it cannot be written. That nobody reads it any more is no error.
pub(super) fn emit(text: impl AsRef<[u8]>) -> io::Result<()> {
    let mut out = io::stdout();
    let written = out.write_all(text.as_ref()).and_then(|()| out.flush());
    match written {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        written => written,
    }
}

/// The plan, item by item, with every difference.
pub(super) fn show_plan(printer: Printer, plan: &Plan) {
    head(printer, plan);
    if plan.undoes.is_none() {
        printer.print(&format!("Options       {}", plan.options()));
    }
    printer.print(&plan.totals_line("·"));
    for item in &plan.items {
        show_item(printer, plan, item);
    }
    for size in &plan.inline_sizes {
        if size.now != size.after {
            printer.print(&format!(
                "Inline policies of {}: {} of {} characters now, {} afterwards.",
                size.role, size.now, size.quota, size.after
            ));
        }
    }
}

/// Who can connect, who cannot, and why.
pub(super) fn show_readiness(printer: Printer, readiness: &Readiness, basis: Basis) {
    printer.print("");
    printer.print(&readiness.headline(basis));
    for obstacle in readiness.obstacles() {
        printer.print(&format!("! {obstacle}"));
    }
}

/// What the policy simulator says of roles of which everything is in place.
pub(super) fn show_proof(printer: Printer, proved: &[CheckResult]) {
    if proved.is_empty() {
        return;
    }
    printer.print("By AWS's policy simulator:");
    show_messages(printer, &checks::proof(proved));
}

/// A line a message, behind a word for how good the news is.
pub(super) fn show_messages(printer: Printer, messages: &[Message]) {
    for Message { severity, text } in messages {
        let word = match severity {
            Severity::Good => "good",
            Severity::Error => "BAD",
            Severity::Info | Severity::Warning => "note",
            Severity::Unknown => "unknown",
        };
        printer.print(&format!("{word:<10}{text}"));
    }
}

/// Whose account it is, and what a plan for it is about.
pub(super) fn head(printer: Printer, plan: &Plan) {
    account_lines(printer, plan);
    if let Some(run) = &plan.undoes {
        printer.print(&format!("Putting back  the run {run}"));
    }
}

/// Whose account it is.
pub(super) fn account_lines(printer: Printer, plan: &Plan) {
    printer.print(&format!("Account       {}", plan.identity.account_label()));
    printer.print(&format!("Signed in as  {}", plan.identity.arn));
    printer.print(&format!("Credentials   {}", plan.identity.credentials));
    for endpoint in &plan.identity.endpoints {
        printer.print(&format!("Endpoint      {}", endpoint.label()));
    }
    if let Some(warning) = insecurity(&plan.identity.endpoints) {
        printer.print(&format!("! {warning}"));
    }
}

fn show_item(printer: Printer, plan: &Plan, item: &Item) {
    let undo = plan.undoes.is_some();
    printer.print("");
    let id = &item.target;
    match &item.state {
        State::InPlace(found) if undo => printer.print(&format!("= {id}: {found}")),
        State::InPlace(found) => printer.print(&format!("= {id}: in place. {found}")),
        State::Change(change) => {
            printer.print(&format!("{} {id}: {}", change.sign(), change.sentence()));
            if let Target::Tier { region } = id
                && let Some(about) = plan.about_nodes(region)
            {
                printer.print(&format!("    {about}"));
            }
            show_difference(printer, id, change.before_text(), change.after_text());
            show_admitted(printer, plan, change);
        }
        State::Blocked {
            reason,
            remedy,
            difference,
            wanted,
            ..
        } => {
            printer.print(&format!("! {id}: blocked. {reason} {remedy}"));
            if let (Some(document), None, false) = (wanted, difference, undo) {
                show_difference(printer, id, None, Some(document));
            }
            if let Some(Difference { expected, found }) = difference {
                show_foreign(printer, id, expected.text(), found.text());
            }
        }
    }
    for warning in &item.warnings {
        printer.print(&format!("    ! {warning}"));
    }
}

/// Everybody whom a trust policy lets in afterwards, those included that the difference leaves out.
fn show_admitted(printer: Printer, plan: &Plan, change: &Change) {
    let admitted = change.admitted();
    if !admitted.is_empty() {
        printer.print(&format!("    {WHO_THEN}"));
    }
    for (change, admitted) in admitted {
        let text = admitted.text(&plan.identity.account);
        printer.print(&format!("    {} {text}", change.sign()));
    }
}

/// Somebody else's hand: what was expected, and what was found.
pub(super) fn show_foreign(
    printer: Printer,
    target: &Target,
    expected: Option<&str>,
    found: Option<&str>,
) {
    printer.print("    What differs (- as it was expected, + as it is now):");
    show_difference(printer, target, expected, found);
}

/// Lines with `-` and `+`, statement by statement.
pub(super) fn show_difference(
    printer: Printer,
    target: &Target,
    before: Option<&str>,
    after: Option<&str>,
) {
    if let Target::Tier { .. } = target {
        for (sign, value) in [('-', before), ('+', after)] {
            printer.print(&format!("    {sign} {}", value.unwrap_or("not set")));
        }
        return;
    }
    for line in difference(before, after) {
        printer.print(&format!("    {} {}", line.sign(), line.text()));
    }
}
