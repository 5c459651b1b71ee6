//! What an error text that somebody has met means: its causes, the likeliest first, what tells them apart, and the command.
//! Pure; the text goes nowhere.

mod cases;

use crate::model::RoleArn;
use crate::plan::readiness::{Basis, judged};
use crate::plan::{Item, Plan, State, Target};
use crate::policy::template::RolePolicy;
use crate::text::{clean, shell_word};
use crate::verify::CheckResult;
use crate::verify::nodes::{Nodes, Owner};
use crate::verify::proof::Proof;
use cases::{CASES, GENERAL};

/// More of a text than this is not looked at.
pub const LONGEST: usize = 64 * 1024;

/// A kind of error.
struct Case {
    title: &'static str,
    /// It is meant where all pieces of one of these stand in the text; letters and digits alone, in lower case.
    marks: &'static [&'static [&'static str]],
    /// The likeliest first.
    causes: &'static [Cause],
}

/// Why it may have come to it.
struct Cause {
    text: &'static str,
    /// What tells it from the others, and what to do.
    what_to_do: &'static str,
    /// A command, with `NODE`, `REGION` and `ROLE` to be filled in.
    command: Option<&'static str>,
    decided_by: Option<Decider>,
}

/// What of a check decides whether it is this.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Decider {
    Tier,
    Trust,
    ServerPolicy,
    ClientPolicy,
    Owner,
    /// The text itself, where it has one of these pieces.
    Words(&'static [&'static str]),
}

/// What a check says of a cause.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Judgement {
    /// The check shows it.
    ThisIsIt,
    /// The check rules it out for what was chosen.
    RuledOut,
    /// It was not checked, or a check cannot tell.
    Open,
}

impl Judgement {
    /// Its word in the JSON output.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ThisIsIt => "this-is-it",
            Self::RuledOut => "ruled-out",
            Self::Open => "open",
        }
    }
}

/// A cause, filled in for one text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Possible {
    pub text: &'static str,
    pub what_to_do: &'static str,
    pub command: Option<String>,
    pub judgement: Judgement,
}

/// What a text means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explanation {
    pub title: &'static str,
    /// The likeliest first; with checks, what they show first and what they rule out last.
    pub causes: Vec<Possible>,
}

/// What was checked.
#[derive(Clone, Copy, Debug)]
pub struct Checks<'a> {
    pub plan: &'a Plan,
    /// What the simulator said; none where it was not asked.
    pub proof: Option<&'a Proof>,
    pub nodes: Option<&'a Nodes>,
}

/// Finds out what a text is about, however it is wrapped, cut or named. None where nothing of it is known.
pub fn explain(text: &str, checks: Option<Checks<'_>>) -> Option<Explanation> {
    // What went wrong stands at the end of a log.
    let skipped = text.chars().count().saturating_sub(LONGEST);
    let text: String = text.chars().skip(skipped).collect();
    let squeezed = squeezed(&text);
    // The mark that takes most of the text tells best what it is about; of equal ones the first.
    let weight = |case: &Case| {
        let marks = case.marks.iter();
        let found = marks.filter(|mark| mark.iter().all(|piece| squeezed.contains(piece)));
        found
            .map(|mark| mark.iter().map(|piece| piece.len()).sum::<usize>())
            .max()
    };
    let best = |cases: &'static [Case]| {
        let known = cases.iter().filter_map(|case| Some((weight(case)?, case)));
        // Of equal ones the first.
        known
            .rev()
            .max_by_key(|(weight, _)| *weight)
            .map(|(_, case)| case)
    };
    // What says only that something ended is behind what says why.
    let case = best(CASES).or_else(|| best(GENERAL))?;
    let named = Named::of(&text);
    let plan = checks.map(|checks| checks.plan);
    let mut causes: Vec<Possible> = case
        .causes
        .iter()
        .map(|cause| Possible {
            text: cause.text,
            what_to_do: cause.what_to_do,
            command: cause.command.map(|command| named.fill(command, plan)),
            judgement: match (cause.decided_by, checks) {
                (Some(Decider::Words(words)), _)
                    if words.iter().any(|said| squeezed.contains(said)) =>
                {
                    Judgement::ThisIsIt
                }
                (Some(decider), Some(checks)) => decider.judge(checks, &named),
                _ => Judgement::Open,
            },
        })
        .collect();
    causes.sort_by_key(|cause| match cause.judgement {
        Judgement::ThisIsIt => 0,
        Judgement::Open => 1,
        Judgement::RuledOut => 2,
    });
    Some(Explanation {
        title: case.title,
        causes,
    })
}

/// Letters and digits alone, in lower case: what wrapping, quotes and frames do not change.
fn squeezed(text: &str) -> String {
    let kept = text.chars().filter(char::is_ascii_alphanumeric);
    kept.map(|c| c.to_ascii_lowercase()).collect()
}

/// What a text names.
#[derive(Debug, Default)]
struct Named {
    node: Option<String>,
    region: Option<String>,
    /// Whoever acted, and what was acted on.
    roles: Vec<String>,
}

impl Named {
    fn of(text: &str) -> Self {
        let is_part = |c: char| c.is_ascii_alphanumeric() || "-_:/+=,.@".contains(c);
        let words: Vec<&str> = text
            .split(|c| !is_part(c))
            .filter(|word| !word.is_empty())
            .collect();
        let node = |word: &&str| {
            let (_, id) = word.rsplit_once("mi-")?;
            let id: String = id.chars().take_while(char::is_ascii_hexdigit).collect();
            (id.len() == 17).then(|| format!("mi-{id}"))
        };
        let region = |word: &&str| {
            let in_arn = word
                .starts_with("arn:")
                .then(|| word.split(':').nth(3))
                .flatten();
            let in_host = word
                .contains("amazonaws.com")
                .then(|| word.split('.').nth(1))
                .flatten();
            let region = in_arn
                .or(in_host)
                .filter(|region| region.matches('-').count() >= 2)?;
            Some(region.to_owned())
        };
        let role = |word: &&str| {
            if let Ok(arn) = word.trim_end_matches(['.', ',', ':']).parse::<RoleArn>() {
                return Some(arn.name);
            }
            let (_, session) = word.split_once(":assumed-role/")?;
            session.split('/').next().map(str::to_owned)
        };
        Self {
            node: words.iter().find_map(node),
            region: words.iter().find_map(region),
            roles: words.iter().filter_map(role).collect(),
        }
    }

    /// A command with what is known of it filled in: what the text names, or what was chosen. The rest stays in capitals.
    fn fill(&self, command: &str, plan: Option<&Plan>) -> String {
        let chosen = plan.map(|plan| {
            let arguments = plan.choices.arguments();
            let words: Vec<String> = arguments.iter().map(|word| shell_word(word)).collect();
            words.join(" ")
        });
        let value = |word: &str| match word {
            "NODE" => self.node.clone(),
            "REGION" => {
                let chosen = || plan.map(|plan| plan.home_or_first_region().to_owned());
                self.region.clone().or_else(chosen)
            }
            // What was acted on stands last.
            "ROLE" => self.roles.last().cloned(),
            "CHOICES" => chosen.clone(),
            _ => None,
        };
        let filled = command.split_inclusive([' ', '=']).map(|part| {
            let word = part.trim_end_matches([' ', '=']);
            let end = part.get(word.len()..).unwrap_or_default();
            value(word).map_or_else(|| part.to_owned(), |value| clean(&value) + end)
        });
        filled.collect()
    }
}

impl Decider {
    fn judge(self, checks: Checks<'_>, named: &Named) -> Judgement {
        if self == Self::Owner {
            return judge_owner(checks, named);
        }
        let is_meant = |item: &&Item| match (self, &item.target) {
            (Self::Tier, Target::Tier { region }) => {
                named.region.as_ref().is_none_or(|named| named == region)
            }
            (Self::Trust, Target::Role { role } | Target::Trust { role })
            | (
                Self::ServerPolicy,
                Target::Policy {
                    role,
                    policy: RolePolicy::Server,
                },
            )
            | (
                Self::ClientPolicy,
                Target::Policy {
                    role,
                    policy: RolePolicy::Client,
                },
            ) => named.roles.is_empty() || named.roles.contains(role),
            _ => false,
        };
        let judged = |item: &Item| match (checks.proof, &item.state) {
            (_, State::InPlace(_)) if self.is_denied(item, checks.proof) => Judgement::ThisIsIt,
            (_, State::InPlace(_)) => Judgement::RuledOut,
            (Some(proof), _) if item.is_among(&proof.given) => Judgement::RuledOut,
            // Other policies may make up for one that is missing: only the simulator knows.
            (None, _) if matches!(item.target, Target::Policy { .. }) => Judgement::Open,
            _ if judged(item, Basis::Found).0 == Some(false) => Judgement::ThisIsIt,
            _ => Judgement::Open,
        };
        let judgements: Vec<Judgement> = checks
            .plan
            .items
            .iter()
            .filter(is_meant)
            .map(judged)
            .collect();
        if judgements.contains(&Judgement::ThisIsIt) {
            Judgement::ThisIsIt
        } else if judgements.is_empty() || judgements.contains(&Judgement::Open) {
            Judgement::Open
        } else {
            Judgement::RuledOut
        }
    }

    /// Returns whether the simulator says that what is in place does not do.
    fn is_denied(self, item: &Item, proof: Option<&Proof>) -> bool {
        let is_of_this = |proved: &&CheckResult| {
            Some(proved.role.as_str()) == item.target.role()
                && proved.assertion.is_about_containers() == (self == Self::ServerPolicy)
        };
        let mut assertions = proof
            .into_iter()
            .flat_map(|proof| &proof.assertions)
            .filter(is_of_this);
        matches!(self, Self::ServerPolicy | Self::ClientPolicy)
            && assertions.any(CheckResult::is_an_obstacle)
    }
}

/// Returns whether the node that is named has an owner that keeps its user ID. Of others nobody knows whether they are
/// meant.
fn judge_owner(checks: Checks<'_>, named: &Named) -> Judgement {
    let regions = checks
        .nodes
        .into_iter()
        .flat_map(|nodes| nodes.values().flatten());
    let mut seen = regions.flat_map(|found| &found.nodes);
    let seen = seen.find(|seen| Some(&seen.node.id) == named.node.as_ref());
    let owner = seen.and_then(|seen| seen.owner.as_ref().ok());
    match owner.map(|tag| Owner::of(tag.as_deref())) {
        None | Some(Owner::Person) => Judgement::Open,
        // From Studio it is one's own.
        Some(Owner::Shared) if checks.plan.choices.connect_from.uses_studio() => Judgement::Open,
        Some(_) => Judgement::ThisIsIt,
    }
}

/// The explanation in plain lines.
pub fn lines(explanation: &Explanation) -> Vec<String> {
    let mut lines = vec![explanation.title.to_owned()];
    for (number, cause) in explanation.causes.iter().enumerate() {
        lines.push(String::new());
        let judgement = match cause.judgement {
            Judgement::ThisIsIt => "THIS IS IT: ",
            Judgement::RuledOut => "Ruled out by the check: ",
            Judgement::Open => "",
        };
        lines.push(format!("{}. {judgement}{}", number + 1, cause.text));
        if cause.judgement != Judgement::RuledOut {
            lines.push(format!("   {}", cause.what_to_do));
            lines.extend(
                cause
                    .command
                    .iter()
                    .map(|command| format!("     {command}")),
            );
        }
    }
    lines
}

/// What is said of a text that is not known.
pub const UNKNOWN: &str = "This text is not one that this program knows. What it can do instead: \"sagemaker-ssh-setup check --all\" says \
                           what is in place in the account, and \"check\" with roles and regions whether it works.";

#[cfg(test)]
mod tests;
