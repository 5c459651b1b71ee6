//! The instance tier of each region, and the regions in which SageMaker is offered.

use aws_config::retry::RetryConfig;

use super::pages::{FEW, Pages};
use super::{Account, CallError, answer_of_aws};
use crate::model::region::{ACTIVATION_TIER, activation_tier_arn, is_region_code};
use crate::model::{Partition, Tier, TierSetting};

const SAGEMAKER_REGIONS: &str = "/aws/service/global-infrastructure/services/sagemaker/regions";
/// Regions that answer for the public parameters (Systems Manager User Guide), first choice first.
const PARAMETER_REGIONS: [&str; 17] = [
    "us-east-1",
    "us-east-2",
    "us-west-1",
    "us-west-2",
    "ap-east-1",
    "ap-south-1",
    "ap-northeast-1",
    "ap-northeast-2",
    "ap-southeast-1",
    "ap-southeast-2",
    "ca-central-1",
    "eu-central-1",
    "eu-west-1",
    "eu-west-2",
    "eu-west-3",
    "eu-north-1",
    "sa-east-1",
];

impl Account {
    /// A region's activation tier.
    ///
    /// # Errors
    /// `InvalidCredentials` where the region does not take these credentials.
    pub async fn tier(&self, region: &str) -> Result<TierSetting, CallError> {
        const ACTION: &str = "ssm:GetServiceSetting";
        let answer = self
            .to_ssm(
                self.ssm(region)
                    .get_service_setting()
                    .setting_id(ACTIVATION_TIER)
                    .customize(),
            )
            .send()
            .await
            .map_err(CallError::of(ACTION, Some(region)))?;
        let setting = answer
            .service_setting()
            .ok_or_else(|| CallError::not_aws(ACTION, "setting"))?;
        let value = setting
            .setting_value()
            .ok_or_else(|| CallError::not_aws(ACTION, "value"))?;
        Ok(TierSetting {
            tier: Tier::from_value(value),
            default: setting.status() == Some("Default"),
            pending: setting.status() == Some("PendingUpdate"),
        })
    }

    /// Sets a region's activation tier, in a single attempt.
    ///
    /// # Errors
    /// As AWS refuses it; see `CallError::may_have_taken_effect`.
    pub async fn write_tier(
        &self,
        region: &str,
        tier: &Tier,
        account: &str,
        partition: &Partition,
    ) -> Result<(), CallError> {
        const ACTION: &str = "ssm:UpdateServiceSetting";
        let call = self
            .ssm(region)
            .update_service_setting()
            .setting_id(activation_tier_arn(partition, region, account))
            .setting_value(tier.value());
        let call = self.to_ssm(call.customize().config_override(once()));
        answer_of_aws(ACTION, Some(region), call.send().await).map(drop)
    }

    /// Gives a region's activation tier back to the default that nobody has set, in a single attempt.
    ///
    /// # Errors
    /// As AWS refuses it; see `CallError::may_have_taken_effect`.
    pub async fn reset_tier(
        &self,
        region: &str,
        account: &str,
        partition: &Partition,
    ) -> Result<(), CallError> {
        const ACTION: &str = "ssm:ResetServiceSetting";
        let call = self
            .ssm(region)
            .reset_service_setting()
            .setting_id(activation_tier_arn(partition, region, account));
        let call = self.to_ssm(call.customize().config_override(once()));
        answer_of_aws(ACTION, Some(region), call.send().await).map(drop)
    }

    /// The codes of the partition's regions in which SageMaker is offered, by Systems Manager's public parameters.
    /// Empty for partitions that have none.
    ///
    /// # Errors
    /// When they cannot be read; the shipped list has to do then.
    pub async fn sagemaker_regions(&self, partition: &Partition) -> Result<Vec<String>, CallError> {
        const ACTION: &str = "ssm:GetParametersByPath";
        if *partition != Partition::default() {
            return Ok(Vec::new());
        }
        let home = self.home_region.as_str();
        let region = PARAMETER_REGIONS
            .into_iter()
            .find(|region| *region == home)
            .unwrap_or(PARAMETER_REGIONS[0]);
        let client = self.ssm(region);
        let (mut codes, mut pages) = (Vec::new(), Pages::of(ACTION, FEW));
        while !pages.have_ended() {
            let answer = self
                .to_ssm(
                    client
                        .get_parameters_by_path()
                        .path(SAGEMAKER_REGIONS)
                        .set_next_token(pages.token())
                        .customize(),
                )
                .send()
                .await
                .map_err(CallError::of(ACTION, Some(region)))?;
            // Pages may be empty and still have a successor.
            pages.turn(answer.parameters().len(), answer.next_token())?;
            // The list mixes partitions.
            codes.extend(
                answer
                    .parameters()
                    .iter()
                    .filter_map(|parameter| parameter.value())
                    .filter(|code| is_region_code(code) && Partition::of_region(code) == *partition)
                    .map(str::to_owned),
            );
        }
        Ok(codes)
    }
}

/// A single attempt: before a write is tried again, what is there has to be read and compared again.
pub(super) fn once() -> aws_sdk_ssm::config::Builder {
    aws_sdk_ssm::Config::builder().retry_config(RetryConfig::disabled())
}
