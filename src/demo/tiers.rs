//! The embedded account's instance tiers: one setting of Systems Manager in each region.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde_json::{Value, json};

use crate::model::Partition;
use crate::model::region::{ACTIVATION_TIER, activation_tier_arn};

/// The regions in which somebody has set the tier.
#[derive(Debug, Default)]
pub(super) struct Tiers(Mutex<BTreeMap<String, String>>);

impl Tiers {
    /// Regions in which advanced instances are on.
    pub(super) fn advanced_in(regions: &[String]) -> Self {
        let tiers = regions
            .iter()
            .map(|region| (region.clone(), "advanced".to_owned()));
        Self(Mutex::new(tiers.collect()))
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, String>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns what somebody has set; none where it is the default.
    pub(super) fn of(&self, region: &str) -> Option<String> {
        self.lock().get(region).cloned()
    }

    pub(super) fn set(&self, region: &str, value: &str) {
        self.lock().insert(region.to_owned(), value.to_owned());
    }

    pub(super) fn reset(&self, region: &str) {
        self.lock().remove(region);
    }

    /// The answer to `GetServiceSetting`.
    pub(super) fn setting(&self, region: &str, account: &str) -> Value {
        let value = self.of(region);
        json!({"ServiceSetting": {
            "SettingId": ACTIVATION_TIER,
            "SettingValue": value.as_deref().unwrap_or("standard"),
            "LastModifiedDate": 1_706_695_810.0,
            "LastModifiedUser": "System",
            "ARN": activation_tier_arn(Partition::of_region(region).as_str(), region, account),
            "Status": if value.is_some() { "Customized" } else { "Default" },
        }})
    }
}
