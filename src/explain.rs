//! What an error text that somebody has met means: its causes, the likeliest first, what tells them apart, and the command.
//! Pure; the text goes nowhere.

mod cases;

use std::collections::BTreeSet;

use crate::model::RoleArn;
use crate::plan::readiness::{Basis, judged};
use crate::plan::{Item, Plan, State, Target};
use crate::policy::template::RolePolicy;
use crate::text::clean;
use crate::verify::Proved;
use crate::verify::nodes::{Nodes, Owner};
use cases::CASES;

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
    pub fn word(self) -> &'static str {
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
    pub given: &'a BTreeSet<(String, RolePolicy)>,
    pub proved: &'a [Proved],
    pub nodes: Option<&'a Nodes>,
}

/// Finds out what a text is about, however it is wrapped, cut or named. None where nothing of it is known.
pub fn explain(text: &str, checks: Option<Checks<'_>>) -> Option<Explanation> {
    let text: String = text.chars().take(LONGEST).collect();
    let squeezed = squeezed(&text);
    // The mark that takes most of the text tells best what it is about; of equal ones the first.
    let weight = |case: &Case| {
        let marks = case.marks.iter();
        let found = marks.filter(|mark| mark.iter().all(|piece| squeezed.contains(piece)));
        found
            .map(|mark| mark.iter().map(|piece| piece.len()).sum::<usize>())
            .max()
    };
    let mut best: Option<(usize, &Case)> = None;
    for case in CASES {
        if let Some(weight) = weight(case)
            && best.is_none_or(|(known, _)| weight > known)
        {
            best = Some((weight, case));
        }
    }
    let (_, case) = best?;
    let named = Named::of(&text);
    let to_fill = named.or_chosen(checks);
    let mut causes: Vec<Possible> = case
        .causes
        .iter()
        .map(|cause| Possible {
            text: cause.text,
            what_to_do: cause.what_to_do,
            command: cause.command.map(|command| to_fill.fill(command)),
            judgement: match (cause.decided_by, checks) {
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
    role: Option<String>,
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
            role: words.iter().find_map(role),
        }
    }

    /// What a text does not name is as it was chosen.
    fn or_chosen(&self, checks: Option<Checks<'_>>) -> Self {
        let plan = checks.map(|checks| checks.plan);
        let region = plan.map(|plan| plan.home_or_first_region().to_owned());
        let role = plan.and_then(|plan| plan.choices.sagemaker_roles.first().cloned());
        Self {
            node: self.node.clone(),
            region: self.region.clone().or(region),
            role: self.role.clone().or(role),
        }
    }

    /// A command with what is known of it filled in; what is not stays in capitals.
    fn fill(&self, command: &str) -> String {
        let value = |word: &str| match word {
            "NODE" => self.node.as_deref(),
            "REGION" => self.region.as_deref(),
            "ROLE" => self.role.as_deref(),
            _ => None,
        };
        let filled = command.split_inclusive([' ', '=']).map(|part| {
            let word = part.trim_end_matches([' ', '=']);
            let end = part.get(word.len()..).unwrap_or_default();
            value(word).map_or_else(|| part.to_owned(), |value| clean(value) + end)
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
            (Self::Trust, Target::Trust { .. })
            | (
                Self::ServerPolicy,
                Target::Policy {
                    policy: RolePolicy::Server,
                    ..
                },
            )
            | (
                Self::ClientPolicy,
                Target::Policy {
                    policy: RolePolicy::Client,
                    ..
                },
            ) => true,
            _ => false,
        };
        let is_denied = |item: &Item| {
            let role = item.target.role();
            checks.proved.iter().any(|proved| {
                Some(proved.role.as_str()) == role
                    && proved.is_an_obstacle()
                    && proved.claim.is_about_containers() == (self == Self::ServerPolicy)
                    && matches!(self, Self::ServerPolicy | Self::ClientPolicy)
            })
        };
        let items: Vec<&Item> = checks.plan.items.iter().filter(is_meant).collect();
        let is_good = |item: &&Item| {
            let stands = matches!(item.state, State::InPlace(_)) || item.is_among(checks.given);
            stands && !is_denied(item)
        };
        let is_unread = |item: &&Item| judged(item, Basis::Found).0.is_none();
        if items.is_empty() {
            Judgement::Open
        } else if items.iter().all(is_good) {
            Judgement::RuledOut
        } else if items.iter().any(|item| !is_good(item) && !is_unread(item)) {
            Judgement::ThisIsIt
        } else {
            Judgement::Open
        }
    }
}

/// Whether nodes have an owner that keeps its user ID: of the node that is named, where one is.
fn judge_owner(checks: Checks<'_>, named: &Named) -> Judgement {
    let regions = checks
        .nodes
        .into_iter()
        .flat_map(|nodes| nodes.values().flatten());
    let seen = regions.flat_map(|found| &found.nodes);
    let seen = seen.filter(|seen| match &named.node {
        Some(node) => seen.node.id == *node,
        None => seen.node.online,
    });
    let owners: Vec<Owner> = seen
        .filter_map(|seen| seen.owner.as_ref().ok())
        .map(|tag| Owner::of(tag.as_deref()))
        .collect();
    if owners.iter().any(|owner| *owner != Owner::Person) {
        Judgement::ThisIsIt
    } else {
        // That somebody's user ID is a good one does not say that it is the reader's.
        Judgement::Open
    }
}

/// The explanation in plain lines.
pub fn lines(explanation: &Explanation) -> Vec<String> {
    let mut lines = vec![explanation.title.to_owned()];
    for (number, cause) in explanation.causes.iter().enumerate() {
        lines.push(String::new());
        let judgement = match cause.judgement {
            Judgement::ThisIsIt => "THIS IS IT, by the check: ",
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
pub const UNKNOWN: &str = "This text is not one that this program knows. What it can do instead: \"sagemaker-ssh-setup check\" says \
                           what is in place in the account, and \"check --nodes\" which nodes are there and whose they are.";

#[cfg(test)]
mod tests;
