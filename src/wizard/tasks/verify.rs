//! Asking the policy simulator, looking for nodes, and making a real activation, beside the loop.

use std::sync::Arc;

use tokio_util::sync::CancellationToken;

use super::{Answer, REST, Slot, Tasks};
use crate::account::Account;
use crate::guide::verify::GuideResult;
use crate::guide::{self, Guide};
use crate::journal::{GuideRecord, Records};
use crate::model::Identity;
use crate::plan::Plan;
use crate::verify::preflight::{self, Preflight};
use crate::verify::{live, nodes, proof};

impl Tasks {
    /// Looks for a guide that was begun before in this account.
    pub fn find_guide(&mut self, records: Records, identity: Identity) {
        self.start(Slot::GuideRecord, |out| async move {
            let found = tokio::task::spawn_blocking(move || records.open_guide(&identity)).await;
            out.send(Answer::GuideFound(found.ok().flatten().map(Box::new)));
        });
    }

    /// Keeps what was there when a guide began.
    pub fn keep_guide(&mut self, records: Records, record: GuideRecord) {
        self.start(Slot::GuideRecord, |out| async move {
            if let Err(error) = records.keep_guide(record).await {
                out.send(Answer::GuideNotKept(error.to_string()));
            }
        });
    }

    /// Reads everything once more at the end of a guide. Where all is in place, the run that was cut off and wanted the same
    /// is not spoken of again.
    pub fn guide_end(
        &mut self,
        account: Account,
        plan: Plan,
        guide: Guide,
        records: Records,
        continues: Option<String>,
    ) {
        self.start(Slot::GuideEnd, |out| async move {
            let verified = guide::verify::verify(&account, &plan, &guide).await;
            let is_complete = verified.as_ref().is_ok_and(GuideResult::is_complete);
            if let Some(record) = guide.record.clone().filter(|_| is_complete) {
                records.end_guide(record).await;
            }
            if let Some(run) = continues.filter(|_| is_complete) {
                records.mark_resolved(&run, false).await;
            }
            let verified = verified.map_err(|error| error.to_string());
            out.send(Answer::GuideEnd(Box::new(verified)));
        });
    }

    /// Looks for the nodes of the chosen roles, and whose they are.
    pub fn nodes(&mut self, account: Account, plan: Plan) {
        self.start(Slot::Nodes, |out| async move {
            let regions = plan.choices.regions.clone();
            out.send(Answer::Nodes(nodes::look(&account, &plan, &regions).await));
        });
    }

    /// Asks what the caller may do in general.
    pub fn general_preflight(&mut self, account: Account, identity: Identity) {
        self.start(Slot::GeneralPreflight, |out| async move {
            let needs = preflight::general_needs(&identity);
            let preflight = Preflight::of(&account, &identity, needs).await;
            out.send(Answer::GeneralPreflight(preflight));
        });
    }

    /// Asks whether the caller may do what a plan needs.
    pub fn preflight(&mut self, account: Account, plan: Plan) {
        self.start(Slot::Preflight, |out| async move {
            let preflight = Preflight::of_plan(&account, &plan).await;
            out.send(Answer::Preflight(preflight));
        });
    }

    /// Asks what will not work although the plan was carried out.
    pub fn foresee(&mut self, account: Account, plan: Plan) {
        self.start(Slot::Foresight, |out| async move {
            out.send(Answer::Foreseen(proof::foresee(&account, &plan).await));
        });
    }

    /// The same, once a person rests on the preview.
    pub fn foresee_at_rest(&mut self, account: Account, plan: Plan) {
        self.start(Slot::Foresight, |out| async move {
            tokio::time::sleep(REST).await;
            out.send(Answer::Foreseen(proof::foresee(&account, &plan).await));
        });
    }

    /// Asks whether what is in place works.
    pub fn prove(&mut self, account: Account, plan: Plan) {
        self.start(Slot::Proof, |out| async move {
            out.send(Answer::Proof(
                proof::prove_after_writes(&account, &plan).await,
            ));
        });
    }

    /// Tries what is in place for real.
    pub fn live(
        &mut self,
        account: Account,
        plan: Plan,
        region: String,
        cancel: CancellationToken,
    ) {
        self.start(Slot::Live, |out| async move {
            let said = out.clone();
            let say: live::Say = Arc::new(move |text| said.send(Answer::LiveSaid(text)));
            let live = live::check(&account, &plan, &region, &cancel, say).await;
            out.send(Answer::Live(Box::new(live)));
        });
    }
}
