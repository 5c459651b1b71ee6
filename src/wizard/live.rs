//! The live check in the wizard: asked about, begun, ended.

use super::Wizard;
use super::overlay::{LiveCheck, NodesView, Overlay};
use super::steps::apply::ApplyStep;
use crate::verify::live::Live;

impl Wizard {
    /// The live check that is open.
    pub(super) fn live_check(&mut self) -> Option<&mut LiveCheck> {
        match &mut self.overlay {
            Some(Overlay::Live(live)) => Some(live),
            _ => None,
        }
    }

    /// Asks whether to try for real what is in place.
    pub(super) fn ask_about_live(&mut self) {
        let plan = self.apply.as_ref().and_then(ApplyStep::to_try_live);
        if let Some(plan) = plan.cloned() {
            self.overlay = Some(Overlay::Live(Box::new(LiveCheck::new(plan))));
            self.questions += 1;
        }
    }

    /// Looks for real nodes, and whose they are.
    pub(super) fn look_for_nodes(&mut self) {
        let plan = self.apply.as_ref().map(|apply| apply.plan.clone());
        if let (Some(account), Some(plan)) = (self.account.clone(), plan) {
            self.overlay = Some(Overlay::Nodes(NodesView::default()));
            self.tasks.nodes(account, plan);
        }
    }

    pub(super) fn try_live(&mut self) {
        let Some(account) = self.account.clone() else {
            return;
        };
        let Some(live) = self.live_check() else {
            return;
        };
        let cancel = live.begin();
        let (plan, region) = (live.plan.clone(), live.region.clone());
        self.tasks.live(account, plan, region, cancel);
    }

    pub(super) fn on_live(&mut self, live: Live) {
        if let Some(apply) = &mut self.apply {
            apply.on_live(live.clone());
        }
        if let Some(open) = self.live_check() {
            open.on_end(live);
        }
        if self.leaving {
            self.ran(true);
        }
    }
}
