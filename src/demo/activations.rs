//! The embedded account's hybrid activations.

use std::sync::{Mutex, MutexGuard, PoisonError};

use serde_json::{Map, Value, json};

/// All activations of the account.
#[derive(Debug, Default)]
pub(super) struct Activations {
    held: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    made: u64,
    list: Vec<(String, Value)>,
}

impl Activations {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The answer to `CreateActivation`, for a role that may be used.
    pub(super) fn create(&self, region: &str, request: &Value) -> Value {
        let mut held = self.lock();
        held.made += 1;
        let id = format!("{:08x}-0000-4000-8000-000000000000", held.made);
        let mut activation = Map::from_iter([
            ("ActivationId".to_owned(), json!(id)),
            ("RegistrationsCount".to_owned(), json!(0)),
            ("Expired".to_owned(), json!(false)),
            ("CreatedDate".to_owned(), json!(1_706_695_810.0)),
        ]);
        for field in [
            "Description",
            "DefaultInstanceName",
            "IamRole",
            "RegistrationLimit",
            "ExpirationDate",
            "Tags",
        ] {
            if let Some(value) = request.get(field) {
                activation.insert(field.to_owned(), value.clone());
            }
        }
        let answer =
            json!({"ActivationId": id, "ActivationCode": format!("Code{:016}", held.made)});
        held.list.push((region.to_owned(), activation.into()));
        answer
    }

    /// Returns whether there was such an activation.
    pub(super) fn delete(&self, region: &str, id: &str) -> bool {
        let mut held = self.lock();
        let before = held.list.len();
        held.list
            .retain(|(place, activation)| place != region || activation["ActivationId"] != id);
        held.list.len() < before
    }

    /// The answer to `DescribeActivations`.
    pub(super) fn describe(&self, region: &str, request: &Value) -> Value {
        let filters = request.get("Filters").and_then(Value::as_array);
        let meant = |activation: &Value| {
            filters.into_iter().flatten().all(|filter| {
                let field = match filter["FilterKey"].as_str() {
                    Some("ActivationIds") => "ActivationId",
                    Some(key) => key,
                    None => return false,
                };
                let values = filter["FilterValues"].as_array();
                values.is_some_and(|values| values.contains(&activation[field]))
            })
        };
        let start = request["NextToken"]
            .as_str()
            .and_then(|token| token.parse().ok());
        let start: usize = start.unwrap_or(0);
        let size = request["MaxResults"]
            .as_u64()
            .and_then(|n| usize::try_from(n).ok());
        let held = self.lock();
        let all = held.list.iter().filter(|(place, _)| place == region);
        let all: Vec<&Value> = all
            .map(|(_, activation)| activation)
            .filter(|found| meant(found))
            .collect();
        let end = start + size.unwrap_or(50);
        let page: Vec<_> = all.iter().skip(start).take(end - start).collect();
        let next = (end < all.len()).then(|| end.to_string());
        json!({"ActivationList": page, "NextToken": next})
    }

    /// Each with its region.
    pub(super) fn all(&self) -> Vec<(String, Value)> {
        self.lock().list.clone()
    }
}
