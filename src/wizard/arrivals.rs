//! From messages of tasks to findings.

use super::overlay::Overlay;
use super::state::{ListedRole, Load};
use super::tasks::Message;
use super::ui::frame::Tone;
use super::{Ending, Wizard};
use crate::account::{Account, CallError};
use crate::apply;
use crate::model::{Identity, Partition, Region, RoleReading};

impl Wizard {
    pub(super) fn on_message(&mut self, message: Message) {
        match message {
            Message::Connected(connection) => match *connection {
                Ok(account) => self.on_connected(account),
                Err(error) => self.findings.identity = Load::Failed(error),
            },
            Message::Identity(answer) => self.on_identity(*answer),
            Message::Quotas(quotas) => self.findings.quotas = quotas,
            Message::RolesPage(page) => {
                for summary in page {
                    self.findings
                        .roles
                        .insert(summary.name.clone(), ListedRole::new(summary));
                }
            }
            Message::RolesEnd(end) => {
                self.findings.roles_end = match end {
                    Ok(()) => Load::Ready(()),
                    Err(error) => Load::Failed(error),
                }
            }
            Message::Regions(regions) => self.on_regions(regions),
            Message::Tier(region, reading) => {
                self.findings.tiers.insert(region, reading);
            }
            Message::Role(name, reading) => self.on_role(name, *reading),
            Message::Profiles(answer) => {
                if let Some(Overlay::Profiles(profiles)) = &mut self.overlay {
                    profiles.names = match answer {
                        Ok(list) => Load::Ready(list),
                        Err(error) => Load::Failed(error),
                    };
                }
            }
            Message::Apply(event) => self.on_apply(*event),
            Message::Saved(Ok(path)) => {
                self.say(format!("The plan is in {}.", path.display()), Tone::Good);
            }
            Message::Saved(Err(why)) => {
                self.say(format!("The plan could not be saved: {why}"), Tone::Bad);
            }
            Message::Panicked(task) => self.ending = Some(Ending::Broken(task)),
        }
    }

    fn on_connected(&mut self, account: Account) {
        self.tasks.identity(account.clone());
        self.tasks.roles(&account);
        // The partition is known for certain only with the identity; the region tells it well enough to begin with.
        let partition = Partition::of_region(account.home_region());
        self.tasks.regions(account.clone(), partition);
        self.account = Some(account);
    }

    fn on_identity(&mut self, answer: Result<Identity, CallError>) {
        let identity = match answer {
            Ok(identity) => identity,
            Err(error) => {
                self.findings.identity = Load::Failed(error);
                return;
            }
        };
        let guessed = Partition::of_region(&identity.home_region);
        if let (true, Some(account)) = (guessed != identity.partition, self.account.clone()) {
            self.findings.regions.clear();
            self.findings.tiers.clear();
            self.tasks.regions(account, identity.partition.clone());
        }
        self.findings.identity = Load::Ready(identity);
    }

    fn on_regions(&mut self, regions: Vec<Region>) {
        for region in regions {
            if self
                .findings
                .regions
                .iter()
                .all(|known| known.code != region.code)
            {
                self.findings.regions.push(region);
            }
        }
        let unread = self
            .findings
            .regions
            .iter()
            .filter(|region| !self.findings.tiers.contains_key(&region.code));
        let unread = unread.map(|region| region.code.clone()).collect();
        if let Some(account) = &self.account {
            self.tasks.tiers(account, unread);
        }
    }

    fn on_role(&mut self, name: String, reading: Result<RoleReading, CallError>) {
        let load = match reading {
            Ok(reading) => {
                // What was typed, or has changed since the list came, is now known better.
                if let Some(listed) = self.findings.roles.get_mut(&name) {
                    let mut summary = listed.summary.clone();
                    summary.path.clone_from(&reading.path);
                    summary.arn.clone_from(&reading.arn);
                    summary.trust.clone_from(&reading.trust);
                    *listed = ListedRole::new(summary);
                }
                Load::Ready(reading)
            }
            Err(error) => Load::Failed(error),
        };
        self.findings.readings.insert(name, load);
    }

    fn on_apply(&mut self, event: apply::Event) {
        let Some(apply) = &mut self.apply else {
            return;
        };
        apply.on_event(event);
        if let (Some(report), true) = (&apply.report, self.leaving) {
            self.ending = Some(Ending::Ran {
                plan: Box::new(apply.plan.clone()),
                report: Box::new(report.clone()),
                interrupted: true,
            });
        }
    }
}
