//! The hybrid nodes of a region, and whose they are.

use aws_sdk_ssm::types::{
    InstanceInformation, InstanceInformationStringFilter, PingStatus, ResourceTypeForTagging,
};

use super::pages::{MANY, Pages};
use super::{Account, CallError};
use crate::model::Node;
use crate::text::clean;

/// The tag by which the client policy knows whose a node is (SageMaker SSH Helper).
const OWNER: &str = "SSHOwner";
/// `DescribeInstanceInformation` gives at most so many a page.
const A_PAGE: i32 = 50;

impl Account {
    /// The first hybrid nodes of a region, at most about so many, and whether those are all.
    ///
    /// # Errors
    /// Mostly for lack of the permission.
    pub async fn hybrid_nodes(
        &self,
        region: &str,
        most: usize,
    ) -> Result<(Vec<Node>, bool), CallError> {
        const ACTION: &str = "ssm:DescribeInstanceInformation";
        let client = self.ssm(region);
        let hybrid = InstanceInformationStringFilter::builder()
            .key("ResourceType")
            .values("ManagedInstance")
            .build()
            .map_err(|_| CallError::not_aws(ACTION, "filter"))?;
        let (mut nodes, mut pages) = (Vec::new(), Pages::of(ACTION, MANY));
        while !pages.have_ended() {
            if nodes.len() >= most {
                return Ok((nodes, false));
            }
            let answer = self
                .to_ssm(
                    client
                        .describe_instance_information()
                        .filters(hybrid.clone())
                        .max_results(A_PAGE)
                        .set_next_token(pages.token())
                        .customize(),
                )
                .send()
                .await
                .map_err(CallError::of(ACTION, Some(region)))?;
            let page = answer.instance_information_list();
            pages.turn(page.len(), answer.next_token())?;
            nodes.extend(page.iter().map(node));
        }
        Ok((nodes, true))
    }

    /// Whose a hybrid node is, by its tag; none where it has no such tag.
    ///
    /// # Errors
    /// Mostly for lack of the permission, or because it is gone.
    pub async fn node_owner(&self, region: &str, id: &str) -> Result<Option<String>, CallError> {
        const ACTION: &str = "ssm:ListTagsForResource";
        let answer = self
            .to_ssm(
                self.ssm(region)
                    .list_tags_for_resource()
                    .resource_type(ResourceTypeForTagging::ManagedInstance)
                    .resource_id(id)
                    .customize(),
            )
            .send()
            .await
            .map_err(CallError::of(ACTION, Some(region)))?;
        let tag = answer.tag_list().iter().find(|tag| tag.key() == OWNER);
        Ok(tag.map(|tag| clean(tag.value())))
    }
}

fn node(found: &InstanceInformation) -> Node {
    Node {
        id: clean(found.instance_id().unwrap_or_default()),
        name: clean(found.name().unwrap_or_default()),
        role: clean(found.iam_role().unwrap_or_default()),
        online: found.ping_status() == Some(&PingStatus::Online),
        last_ping: found
            .last_ping_date_time()
            .map(aws_sdk_ssm::primitives::DateTime::secs),
    }
}
