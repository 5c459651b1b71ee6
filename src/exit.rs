//! What the exit code says.

use crate::apply::Report;
use crate::guide::verify::GuideResult;
use crate::plan::readiness::Readiness;
use crate::plan::{Finding, Item, Plan};

/// The exit codes, one place for all faces.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// Done, nothing to do, or left on purpose.
    Done = 0,
    /// Failed; nothing was changed.
    Failed = 1,
    /// There are changes to make (`plan`, `check`, `guide`).
    Changes = 2,
    /// Some of what was wanted is done, the rest is not.
    Partly = 3,
    /// Every change was accepted, but not all was read back.
    NotVerified = 4,
    /// The command line is wrong, or there is no terminal.
    Usage = 64,
    /// Ctrl-C, SIGTERM or a closed terminal.
    Interrupted = 130,
}

impl From<Exit> for std::process::ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

impl Exit {
    pub const ALL: [Self; 7] = [
        Self::Done,
        Self::Failed,
        Self::Changes,
        Self::Partly,
        Self::NotVerified,
        Self::Usage,
        Self::Interrupted,
    ];

    /// Returns what it means, for the help.
    pub fn meaning(self) -> &'static str {
        match self {
            Self::Done => "done, nothing to do, or left without changing anything",
            Self::Failed => "failed or declined; nothing was changed",
            Self::Changes => "there are changes to make (plan, check, guide)",
            Self::Partly => "partly applied",
            Self::NotVerified => {
                "applied, but not all of it was read back, ticked by hand (guide), or not proven (check)"
            }
            Self::Usage => "wrong usage, or no terminal",
            Self::Interrupted => "interrupted: Ctrl-C, SIGTERM or a closed terminal",
        }
    }

    /// The code for a plan or a check: whether there is anything to change, or something that cannot be.
    pub fn of_plan(plan: &Plan) -> Self {
        let differs = |item: &Item| matches!(item.finding(), Finding::Missing | Finding::Differs);
        if plan.items.iter().any(differs) {
            Self::Changes
        } else {
            Self::of_nothing_to_write(plan)
        }
    }

    /// The code for a plan that changes nothing: whether that is because all is in place.
    pub fn of_nothing_to_write(plan: &Plan) -> Self {
        if plan.is_in_place() {
            Self::Done
        } else {
            Self::Failed
        }
    }

    /// The same, but where everything is in place and nobody can connect all the same.
    #[must_use]
    pub fn unless_nobody_can(self, readiness: Option<&Readiness>) -> Self {
        let nobody = readiness.is_some_and(|readiness| !readiness.somebody_can());
        if self == Self::Done && nobody {
            Self::NotVerified
        } else {
            self
        }
    }

    /// The code for the end of a guide; the plan is the last reading's.
    pub fn of_guide(result: &GuideResult) -> Self {
        match Self::of_plan(&result.plan) {
            Self::Done if !result.lost.is_empty() => Self::Changes,
            Self::Failed if result.is_done_by_hand() => Self::NotVerified,
            exit => exit,
        }
    }

    /// The code for a run that came to its end.
    pub fn of_report(report: &Report) -> Self {
        let recorded = report.record_lost.is_none();
        let readiness = report.readiness.as_ref();
        let nobody = readiness.is_some_and(|readiness| !readiness.somebody_can());
        if report.is_complete() && report.not_done().is_empty() && recorded {
            // Everything is there, and the simulator knows that it does not work.
            if nobody {
                Self::NotVerified
            } else {
                Self::Done
            }
        } else if !report.may_have_changed_something() {
            Self::Failed
        } else if report.refused.is_none() && report.blocked.is_empty() && report.is_all_accepted()
        {
            Self::NotVerified
        } else {
            Self::Partly
        }
    }
}
