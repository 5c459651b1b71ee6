//! What the pages share: what was read, what is chosen, and the plan of both. Only the loop writes it.

use std::collections::BTreeMap;

use super::role_list::RoleList;
use crate::account::CallError;
use crate::journal::{Record, Records, to_continue};
use crate::model::{
    Choices, Endpoint, Identity, NodeReading, Quotas, Region, RoleReading, RoleSummary, Survey,
    TierReading,
};
use crate::plan::{Change, Plan, State, items_of_roles};
use crate::verify::Preflight;

/// Something that is asked for over the network.
#[derive(Clone, Debug)]
pub enum Load<T> {
    Waiting,
    Ready(T),
    Failed(CallError),
}

impl<T> Load<T> {
    pub fn ready(&self) -> Option<&T> {
        match self {
            Self::Ready(value) => Some(value),
            Self::Waiting | Self::Failed(_) => None,
        }
    }

    pub fn is_waiting(&self) -> bool {
        matches!(self, Self::Waiting)
    }
}

/// A plan, and the reading that it was made from.
#[derive(Debug)]
pub struct Planned {
    pub plan: Plan,
    pub survey: Survey,
}

/// What the guide works on.
pub struct GuideContext<'a> {
    pub plan: &'a Plan,
    pub survey: &'a Survey,
    /// Roles that were listed or typed, by name.
    pub roles: &'a RoleList,
}

/// What the pages share.
#[derive(Debug)]
pub struct Session {
    pub findings: Findings,
    pub choices: Choices,
    /// Made from the findings and the choices after each event; none before the caller is known.
    pub planned: Option<Planned>,
    /// Runs of this account that were cut off, and of which nobody has taken care yet.
    pub cut_off: Vec<Record>,
    /// Where the records of runs go.
    pub records: Records,
    /// Whether there is no question to confirm at the end, and the guide in its place.
    pub leads_to_guide: bool,
    /// The endpoints that were accepted although not everything is encrypted on the way to them.
    pub accepted_endpoints: Option<Vec<Endpoint>>,
    /// The sign of something that is waited for, or a blank.
    pub spinner: &'static str,
}

impl Session {
    pub fn new(records: Records, leads_to_guide: bool) -> Self {
        Self {
            findings: Findings::default(),
            choices: Choices::default(),
            planned: None,
            cut_off: Vec::new(),
            records,
            leads_to_guide,
            accepted_endpoints: None,
            spinner: " ",
        }
    }

    /// Makes the plan for these choices.
    pub fn plan_for(&mut self, choices: Choices) {
        self.planned = self.findings.survey().map(|survey| Planned {
            plan: Plan::new(&survey, &choices),
            survey,
        });
        self.choices = choices;
    }

    pub fn plan(&self) -> Option<&Plan> {
        self.planned.as_ref().map(|planned| &planned.plan)
    }

    /// Returns how many of the chosen roles and regions have not been read yet.
    pub fn still_reading(&self) -> usize {
        self.findings.still_reading(&self.choices)
    }

    /// The run that was cut off and wanted the same: the next one goes on with it.
    pub fn to_continue(&self, plan: &Plan) -> Option<String> {
        let same = to_continue(self.cut_off.iter(), &plan.choices);
        same.map(|record| record.run.clone())
    }

    /// Returns what the guide works on; none before the caller is known.
    pub fn guide_context(&self) -> Option<GuideContext<'_>> {
        let planned = self.planned.as_ref()?;
        Some(GuideContext {
            plan: &planned.plan,
            survey: &planned.survey,
            roles: &self.findings.roles,
        })
    }
}

/// The account, as far as it has been read.
#[derive(Debug)]
pub struct Findings {
    pub identity: Load<Identity>,
    /// Where the credentials come from that are used or waited for.
    pub credentials: Option<String>,
    pub quotas: Quotas,
    pub roles: RoleList,
    /// Whether the list of roles is complete.
    pub roles_end: Load<()>,
    /// Roles that were read closely, by name.
    pub readings: BTreeMap<String, Load<RoleReading>>,
    /// What the caller may do in general, by the policy simulator.
    pub preflight: Option<Preflight>,
    /// In the order shown.
    pub regions: Vec<Region>,
    pub tiers: BTreeMap<String, TierReading>,
    pub nodes: BTreeMap<String, NodeReading>,
}

impl Default for Findings {
    fn default() -> Self {
        Self {
            identity: Load::Waiting,
            credentials: None,
            quotas: Quotas::default(),
            roles: RoleList::default(),
            roles_end: Load::Waiting,
            readings: BTreeMap::new(),
            preflight: None,
            regions: Vec::new(),
            tiers: BTreeMap::new(),
            nodes: BTreeMap::new(),
        }
    }
}

/// What a role of the list needs, in a word.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RoleState {
    /// Not asked for yet.
    Unread,
    Reading,
    InPlace,
    /// Something of ours is there with other contents.
    Differs,
    ToDo,
    Blocked(String),
    Failed(String),
}

impl Findings {
    /// The reading that a plan is made of; none before the caller is known.
    pub fn survey(&self) -> Option<Survey> {
        let roles = self
            .readings
            .iter()
            .filter_map(|(name, load)| {
                let reading = match load {
                    Load::Ready(reading) => Ok(reading.clone()),
                    Load::Failed(error) => Err(error.unread()),
                    Load::Waiting => return None,
                };
                Some((name.clone(), reading))
            })
            .collect();
        Some(Survey {
            identity: self.identity.ready()?.clone(),
            quotas: self.quotas,
            roles,
            tiers: self.tiers.clone(),
            nodes: self.nodes.clone(),
        })
    }

    /// A policy that allows what the caller lacks in general.
    pub fn missing_policy(&self) -> Option<String> {
        self.preflight.as_ref().and_then(Preflight::missing_policy)
    }

    /// Returns how many of the chosen roles and regions have not been read yet.
    pub fn still_reading(&self, choices: &Choices) -> usize {
        let roles = choices.roles();
        let unread = |name: &&String| self.readings.get(*name).is_none_or(Load::is_waiting);
        let regions = choices
            .regions
            .iter()
            .filter(|region| !self.tiers.contains_key(*region));
        roles.filter(unread).count() + regions.count()
    }

    /// Returns what one role needs under these choices, of which only the options and the access path matter.
    pub fn role_state(
        &self,
        role: &RoleSummary,
        as_sagemaker: bool,
        choices: &Choices,
    ) -> RoleState {
        let reading = match self.readings.get(&role.name) {
            None => return RoleState::Unread,
            Some(Load::Waiting) => return RoleState::Reading,
            Some(Load::Failed(error)) => return RoleState::Failed(error.sentence()),
            Some(Load::Ready(reading)) => reading,
        };
        let Some(identity) = self.identity.ready() else {
            return RoleState::Unread;
        };
        let survey = Survey {
            identity: identity.clone(),
            quotas: self.quotas,
            roles: BTreeMap::from([(role.name.clone(), Ok(reading.clone()))]),
            tiers: BTreeMap::new(),
            nodes: BTreeMap::new(),
        };
        let (sagemaker_roles, user_roles) = if as_sagemaker {
            (vec![role.name.clone()], vec![])
        } else {
            (vec![], vec![role.name.clone()])
        };
        let choices = Choices {
            sagemaker_roles,
            user_roles,
            ..choices.clone()
        };
        let items = items_of_roles(&survey, &choices);
        let blocked = items.iter().find_map(|item| match &item.state {
            State::Blocked { reason, .. } => Some(reason.clone()),
            State::Change(_) | State::InPlace(_) => None,
        });
        if let Some(reason) = blocked {
            RoleState::Blocked(reason)
        } else if items.iter().all(|item| item.change().is_none()) {
            RoleState::InPlace
        } else if items
            .iter()
            .any(|item| item.change().is_some_and(Change::replaces))
        {
            RoleState::Differs
        } else {
            RoleState::ToDo
        }
    }
}
