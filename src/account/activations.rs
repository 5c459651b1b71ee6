//! Hybrid activations that this program makes to try a role out, and deletes at once.

use std::time::{Duration, SystemTime};

use aws_sdk_ssm::primitives::DateTime;
use aws_sdk_ssm::types::{DescribeActivationsFilter, DescribeActivationsFilterKeys, Tag};

use super::pages::{MANY, Pages};
use super::ssm::once;
use super::{Account, CallError, ErrorKind, answer_of_aws};

/// The name and the tag by which they are found again.
const NAME: &str = "sagemaker-ssh-setup-check";
const TAG: (&str, &str) = ("sagemaker-ssh-setup", "check");
/// How long nobody may have deleted it before AWS does not take it any more.
const LIFE: Duration = Duration::from_mins(45);
/// `DescribeActivations` gives at most so many a page.
const A_PAGE: i32 = 50;

impl Account {
    /// Makes a real activation with a role, named with its path as `service-role/Name`, in a single attempt; gives its ID.
    /// Its code is not kept: nobody can register a node with it.
    ///
    /// # Errors
    /// `UnusableRole` when Systems Manager may not assume the role, or IAM has not spread that it may.
    pub async fn create_activation(&self, region: &str, role: &str) -> Result<String, CallError> {
        const ACTION: &str = "ssm:CreateActivation";
        let (key, value) = TAG;
        let tag = Tag::builder().key(key).value(value).build();
        let tag = tag.map_err(|_| CallError::not_aws(ACTION, "tag"))?;
        let answer = self
            .to_ssm(
                self.ssm(region)
                    .create_activation()
                    .iam_role(role)
                    .default_instance_name(NAME)
                    .description(
                        "Made by sagemaker-ssh-setup to try the role out. It can be deleted.",
                    )
                    .registration_limit(1)
                    .expiration_date(DateTime::from(SystemTime::now() + LIFE))
                    .tags(tag)
                    .customize()
                    .config_override(once()),
            )
            .send()
            .await
            .map_err(CallError::of(ACTION, Some(region)))?;
        let id = answer.activation_id();
        id.map(str::to_owned)
            .ok_or_else(|| CallError::not_aws(ACTION, "activation ID"))
    }

    /// Deletes an activation. That it is not there any more is no error.
    ///
    /// # Errors
    /// As AWS refuses it.
    pub async fn delete_activation(&self, region: &str, id: &str) -> Result<(), CallError> {
        const ACTION: &str = "ssm:DeleteActivation";
        let call = self.ssm(region).delete_activation().activation_id(id);
        let call = self.to_ssm(call.customize());
        match answer_of_aws(ACTION, Some(region), call.send().await) {
            Err(error) if error.kind == ErrorKind::NotFound => Ok(()),
            deleted => deleted.map(drop),
        }
    }

    /// The IDs of the activations in a region that this program made, by their name and tag.
    ///
    /// # Errors
    /// When they cannot be listed.
    pub async fn own_activations(&self, region: &str) -> Result<Vec<String>, CallError> {
        const ACTION: &str = "ssm:DescribeActivations";
        let client = self.ssm(region);
        let by_name = DescribeActivationsFilter::builder()
            .filter_key(DescribeActivationsFilterKeys::DefaultInstanceName)
            .filter_values(NAME)
            .build();
        let (mut ids, mut pages) = (Vec::new(), Pages::of(ACTION, MANY));
        while !pages.have_ended() {
            let answer = self
                .to_ssm(
                    client
                        .describe_activations()
                        .filters(by_name.clone())
                        .max_results(A_PAGE)
                        .set_next_token(pages.token())
                        .customize(),
                )
                .send()
                .await;
            let answer = answer_of_aws(ACTION, Some(region), answer)?;
            pages.turn(answer.activation_list().len(), answer.next_token())?;
            let own = answer.activation_list().iter().filter(|activation| {
                let has_tag = |tag: &Tag| (tag.key(), tag.value()) == TAG;
                activation.tags().iter().any(has_tag)
            });
            ids.extend(own.filter_map(|own| own.activation_id()).map(str::to_owned));
        }
        Ok(ids)
    }
}
