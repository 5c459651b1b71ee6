//! Who can connect: for each role that containers run under, whether they can register; for each role that people connect
//! with, whether they can open sessions; for each region, whether there are any. Pure: predicted from a plan, or derived from
//! what was read after it.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Item, Obstacle, Plan, State, Target};
use crate::policy::template::RolePolicy;

/// What an item counts as that is still to be changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Basis {
    /// As changed: what is asked for is how it will be.
    Planned,
    /// As it is: what is asked for is how it was found.
    Found,
}

/// The sum of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ReadinessLevel {
    /// Everybody can connect, with every role, in every region.
    Ready,
    /// Somebody can.
    Partly,
    /// Nobody can, as far as is known.
    NotReady,
}

/// A role, or a region.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Part {
    pub name: String,
    /// None where that is not known.
    pub ready: Option<bool>,
    /// Why it is not ready, or not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
}

impl Part {
    /// Takes one more condition in; the first that is not met says why.
    fn also(&mut self, ready: Option<bool>, why: Option<&str>) {
        let is_worse = match (self.ready, ready) {
            (_, Some(true)) | (Some(false), _) | (None, None) => false,
            (Some(true), _) | (None, Some(false)) => true,
        };
        if is_worse {
            self.ready = ready;
            self.why = why.map(str::to_owned);
        }
    }
}

/// Who can connect, and who cannot.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Readiness {
    pub state: ReadinessLevel,
    /// Roles whose containers can register, or cannot.
    pub containers: Vec<Part>,
    /// Roles with which people can open sessions to their own nodes, or cannot.
    pub people: Vec<Part>,
    /// Regions in which there are sessions, or are none.
    pub regions: Vec<Part>,
}

impl Readiness {
    /// None for a plan that puts something back: it leads nobody anywhere.
    pub fn of(plan: &Plan, basis: Basis) -> Option<Self> {
        Self::with(plan, basis, &BTreeSet::new())
    }

    /// The same, where other policies of some roles give what the policy that is asked for would.
    pub fn with(plan: &Plan, basis: Basis, given: &BTreeSet<(String, RolePolicy)>) -> Option<Self> {
        if plan.undoes.is_some() {
            return None;
        }
        let judged = plan.items.iter().map(|item| {
            let answer = if item.is_among(given) {
                (Some(true), None)
            } else {
                judged(item, basis)
            };
            (item.target.clone(), answer)
        });
        let mut readiness = Self::of_items(judged);
        for (role, policy, why) in &plan.unusable {
            readiness.deny(role, *policy == RolePolicy::Server, why);
        }
        Some(readiness)
    }

    /// Derived from what is known of each item: whether it is no hindrance, and else why.
    pub fn of_items<'a>(items: impl Iterator<Item = (Target, Judged<'a>)>) -> Self {
        let mut readiness = Self {
            state: ReadinessLevel::NotReady,
            containers: Vec::new(),
            people: Vec::new(),
            regions: Vec::new(),
        };
        // A new role comes before its policies, and counts for whatever they are for.
        let mut new_roles = Vec::new();
        for (target, (ready, why)) in items {
            let (parts, name) = match target {
                Target::Role { role } => {
                    new_roles.push((role, ready, why));
                    continue;
                }
                Target::Tier { region } => (&mut readiness.regions, region),
                Target::Policy {
                    role,
                    policy: RolePolicy::Client,
                } => (&mut readiness.people, role),
                Target::Trust { role }
                | Target::FullAccess { role }
                | Target::Policy { role, .. } => (&mut readiness.containers, role),
            };
            if let Some(part) = parts.iter_mut().find(|part| part.name == name) {
                part.also(ready, why);
            } else {
                parts.push(Part {
                    name,
                    ready,
                    why: why.map(str::to_owned),
                });
            }
        }
        for (role, ready, why) in new_roles {
            let parts = readiness.containers.iter_mut();
            let parts = parts.chain(&mut readiness.people);
            for part in parts.filter(|part| part.name == role) {
                // That there is no role is why it has no policy.
                if ready == Some(false) {
                    part.ready = Some(true);
                }
                part.also(ready, why);
            }
        }
        readiness.add_up();
        readiness
    }

    /// Returns what a plan leads to: as planned, or where there is nothing to change, as found.
    pub fn predicted(plan: &Plan) -> Option<(Self, Basis)> {
        let basis = if plan.totals().changes > 0 {
            Basis::Planned
        } else {
            Basis::Found
        };
        Self::of(plan, basis).map(|readiness| (readiness, basis))
    }

    /// Takes in that containers under a role cannot register all the same, or people with it cannot connect.
    pub fn deny(&mut self, role: &str, is_about_containers: bool, why: &str) {
        let parts = if is_about_containers {
            &mut self.containers
        } else {
            &mut self.people
        };
        for part in parts.iter_mut().filter(|part| part.name == role) {
            part.also(Some(false), Some(why));
        }
        self.add_up();
    }

    fn add_up(&mut self) {
        let lists = [&self.containers, &self.people, &self.regions];
        let is_ready = |part: &Part| part.ready == Some(true);
        self.state = if lists.iter().any(|list| !list.iter().any(is_ready)) {
            ReadinessLevel::NotReady
        } else if lists.iter().all(|list| list.iter().all(is_ready)) {
            ReadinessLevel::Ready
        } else {
            ReadinessLevel::Partly
        };
    }

    /// Returns whether somebody can connect, as far as is known.
    pub fn somebody_can(&self) -> bool {
        self.state != ReadinessLevel::NotReady
    }

    /// The heading.
    pub fn title(&self) -> &'static str {
        match self.state {
            ReadinessLevel::Ready => "Ready",
            ReadinessLevel::Partly => "Partly ready",
            ReadinessLevel::NotReady if self.is_certain() => "Not ready",
            ReadinessLevel::NotReady => "Not known",
        }
    }

    /// Returns whether one of the three sides is known to be ready nowhere.
    fn is_certain(&self) -> bool {
        let is_nowhere = |list: &&Vec<Part>| list.iter().all(|part| part.ready == Some(false));
        let lists = [&self.containers, &self.people, &self.regions];
        lists.iter().any(is_nowhere)
    }

    /// Heading and sentence.
    pub fn headline(&self, basis: Basis) -> String {
        let sentence = self.sentence(basis);
        if self.state == ReadinessLevel::NotReady && !self.is_certain() {
            // The sentence is the heading.
            return sentence.to_owned();
        }
        format!("{}. {sentence}", self.title())
    }

    /// Returns what it comes to for people, in a sentence.
    pub fn sentence(&self, basis: Basis) -> &'static str {
        match (self.state, basis) {
            (ReadinessLevel::NotReady, _) if !self.is_certain() => {
                "It is not known whether anybody can connect:"
            }
            (ReadinessLevel::Ready, Basis::Planned) => "After this, people can connect.",
            (ReadinessLevel::Ready, Basis::Found) => "People can connect.",
            (ReadinessLevel::Partly, Basis::Planned) => "After this, not everybody can connect:",
            (ReadinessLevel::Partly, Basis::Found) => "Not everybody can connect:",
            (ReadinessLevel::NotReady, Basis::Planned) => "After this, nobody can connect yet:",
            (ReadinessLevel::NotReady, Basis::Found) => "Nobody can connect yet:",
        }
    }

    /// Returns who cannot connect, and why, a sentence or two each.
    pub fn obstacles(&self) -> Vec<String> {
        let each = self.kept_out().into_iter();
        each.map(|(who, why)| format!("{who} {why}").trim_end().to_owned())
            .collect()
    }

    /// Returns who cannot connect, a sentence each, and why.
    pub fn kept_out(&self) -> Vec<(String, &str)> {
        let sides = [
            (
                &self.containers,
                "containers cannot register",
                "whether containers can register is not known",
            ),
            (
                &self.people,
                "nobody can connect with it",
                "whether people can connect with it is not known",
            ),
            (
                &self.regions,
                "no sessions there",
                "whether there are sessions is not known",
            ),
        ];
        let mut kept_out = Vec::new();
        for (parts, not, unknown) in sides {
            for part in parts.iter().filter(|part| part.ready != Some(true)) {
                let what = if part.ready.is_some() { not } else { unknown };
                let why = part.why.as_deref().unwrap_or_default();
                kept_out.push((format!("{}: {what}.", part.name), why));
            }
        }
        kept_out
    }
}

/// Whether an item is no hindrance, none where that is not known, and else why.
pub type Judged<'a> = (Option<bool>, Option<&'a str>);

/// Returns how an item counts.
pub(crate) fn judged(item: &Item, basis: Basis) -> Judged<'_> {
    match &item.state {
        // Without its hardening, the role works all the same.
        State::InPlace(_)
        | State::Blocked {
            obstacle: Obstacle::NotHardened,
            ..
        } => (Some(true), None),
        State::Change(_) if basis == Basis::Planned => (Some(true), None),
        State::Change(_) => {
            let what = match item.target {
                Target::Tier { .. } => "The advanced-instances tier is not on.",
                Target::Role { .. } => "There is no such role yet.",
                Target::FullAccess { .. } => {
                    "AmazonSageMakerFullAccess is not attached: no job runs under the role without permissions for its data, \
                     image and log."
                }
                Target::Trust { .. } => "Systems Manager may not assume the role.",
                Target::Policy { .. } => "Its policy is missing, or says something else.",
            };
            (Some(false), Some(what))
        }
        State::Blocked {
            obstacle, reason, ..
        } if obstacle.is_unread() => (None, Some(reason)),
        State::Blocked { reason, .. } => (Some(false), Some(reason)),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::model::{Choices, Identity, Partition};
    use crate::plan::{Change, Edit, TierValue};

    const PEOPLE: [&str; 3] = ["Containers", "People", "eu-west-1"];

    fn identity() -> Identity {
        Identity {
            account: "123456789012".into(),
            arn: "arn:aws:iam::123456789012:user/admin".into(),
            user_id: "AIDAEXAMPLE".into(),
            partition: Partition::default(),
            alias: None,
            credentials: String::new(),
            home_region: "eu-west-1".into(),
            region_configured: true,
            endpoints: Vec::new(),
        }
    }

    /// The ways in which an item can stand.
    const STATES: [&str; 5] = ["in place", "change", "blocked", "denied", "not hardened"];

    fn state(target: &Target, word: &str) -> State {
        let blocked = |obstacle| State::blocked(obstacle, "Because.", "Do something.");
        match (word, target) {
            ("in place", _) => State::InPlace("There.".to_owned()),
            ("blocked", _) => blocked(Obstacle::OtherRole),
            ("denied", _) => blocked(Obstacle::ReadDenied),
            ("not hardened", _) => blocked(Obstacle::NotHardened),
            (_, Target::Tier { region }) => State::Change(Change {
                edit: Edit::Tier {
                    region: region.clone(),
                    before: TierValue::Default("standard".to_owned()),
                    after: TierValue::Set("advanced".to_owned()),
                },
                puts_back: false,
            }),
            (_, Target::Role { role }) => State::Change(Change {
                edit: Edit::Role {
                    role: role.clone(),
                    before: None,
                    after: Some("{}".to_owned()),
                },
                puts_back: false,
            }),
            (_, Target::FullAccess { role }) => State::Change(Change {
                edit: Edit::FullAccess {
                    role: role.clone(),
                    before: None,
                    after: Some("arn".to_owned()),
                },
                puts_back: false,
            }),
            (_, Target::Trust { role }) => State::Change(Change {
                edit: Edit::Trust {
                    role: role.clone(),
                    before: "{}".to_owned(),
                    after: "{ }".to_owned(),
                },
                puts_back: false,
            }),
            (_, Target::Policy { role, policy }) => State::Change(Change {
                edit: Edit::Policy {
                    role: role.clone(),
                    policy: *policy,
                    before: None,
                    after: Some("{}".to_owned()),
                },
                puts_back: false,
            }),
        }
    }

    fn plan(states: &[(Target, &str)]) -> Plan {
        let items = states.iter().map(|(target, word)| Item {
            target: target.clone(),
            state: state(target, word),
            warnings: Vec::new(),
        });
        Plan {
            identity: identity(),
            choices: Choices::default(),
            undoes: None,
            items: items.collect(),
            inline_sizes: Vec::new(),
            role_arns: BTreeMap::new(),
            facts: BTreeMap::new(),
            unusable: Vec::new(),
            nodes: BTreeMap::new(),
        }
    }

    fn targets() -> [Target; 4] {
        let [containers, people, region] = PEOPLE.map(str::to_owned);
        [
            Target::Tier { region },
            Target::Trust {
                role: containers.clone(),
            },
            Target::Policy {
                role: containers,
                policy: RolePolicy::Server,
            },
            Target::Policy {
                role: people,
                policy: RolePolicy::Client,
            },
        ]
    }

    #[test]
    fn nobody_is_ready_where_one_of_the_three_sides_is_not_whatever_the_states() {
        let good = |word: &str, basis| match word {
            "in place" | "not hardened" => true,
            "change" => basis == Basis::Planned,
            _ => false,
        };
        let mut seen = 0;
        for basis in [Basis::Planned, Basis::Found] {
            for number in 0..STATES.len().pow(4) {
                let words: Vec<&str> = (0..4)
                    .map(|place| STATES[number / STATES.len().pow(place) % STATES.len()])
                    .collect();
                let states: Vec<_> = targets().into_iter().zip(words.clone()).collect();
                let readiness = Readiness::of(&plan(&states), basis).unwrap();
                let all = words.iter().all(|word| good(word, basis));
                // With one of each, somebody can connect only where everybody can.
                let expected = if all {
                    ReadinessLevel::Ready
                } else {
                    ReadinessLevel::NotReady
                };
                assert_eq!(readiness.state, expected, "{words:?} {basis:?}");
                assert_eq!(readiness.obstacles().is_empty(), all, "{words:?}");
                seen += 1;
            }
        }
        assert_eq!(seen, 1250);
    }

    #[test]
    fn some_can_connect_where_one_of_two_roles_or_regions_is_ready() {
        let mut states: Vec<_> = targets().into_iter().zip(["in place"; 4]).collect();
        let other = Target::Tier {
            region: "us-east-1".to_owned(),
        };
        states.push((other, "blocked"));
        let readiness = Readiness::of(&plan(&states), Basis::Found).unwrap();
        assert_eq!(readiness.state, ReadinessLevel::Partly);
        assert_eq!(
            readiness.obstacles(),
            ["us-east-1: no sessions there. Because."]
        );
    }

    #[test]
    fn a_role_that_the_simulator_denies_is_not_ready() {
        let states: Vec<_> = targets().into_iter().zip(["in place"; 4]).collect();
        let mut readiness = Readiness::of(&plan(&states), Basis::Found).unwrap();
        assert_eq!(readiness.state, ReadinessLevel::Ready);
        readiness.deny("People", false, "A boundary takes it back.");
        assert_eq!(readiness.state, ReadinessLevel::NotReady);
        assert_eq!(
            readiness.obstacles(),
            ["People: nobody can connect with it. A boundary takes it back."]
        );
    }

    #[test]
    fn what_is_not_known_is_called_so_and_a_certain_no_comes_first() {
        let words = ["in place", "denied", "blocked", "in place"];
        let states: Vec<_> = targets().into_iter().zip(words).collect();
        let readiness = Readiness::of(&plan(&states), Basis::Found).unwrap();
        assert_eq!(readiness.containers[0].ready, Some(false));
        let words = ["in place", "denied", "in place", "in place"];
        let states: Vec<_> = targets().into_iter().zip(words).collect();
        let readiness = Readiness::of(&plan(&states), Basis::Found).unwrap();
        assert_eq!(readiness.containers[0].ready, None);
        assert_eq!(readiness.state, ReadinessLevel::NotReady);
    }
}
