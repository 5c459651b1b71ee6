//! Who is calling, and what the account is called.

use super::{Account, CallError};
use crate::model::{Identity, Partition};
use crate::text::clean;

impl Account {
    /// Asks STS who these credentials belong to. The call needs no permission. What is told is safe to be shown.
    ///
    /// # Errors
    /// When there are no usable credentials, or AWS cannot be reached.
    pub async fn identity(&self) -> Result<Identity, CallError> {
        const ACTION: &str = "sts:GetCallerIdentity";
        self.ready().await?;
        let answer = self
            .to_sts(self.sts.get_caller_identity().customize())
            .send()
            .await
            .map_err(CallError::of(ACTION, None))?;
        let is_number = |text: &&str| text.len() == 12 && text.bytes().all(|b| b.is_ascii_digit());
        let account = answer
            .account()
            .filter(is_number)
            .ok_or_else(|| CallError::not_aws(ACTION, "account number"))?;
        let arn = answer
            .arn()
            .ok_or_else(|| CallError::not_aws(ACTION, "ARN"))?;
        let of_arn = arn.split(':').nth(4).unwrap_or_default();
        if of_arn != account {
            return Err(CallError::other_account(ACTION, account, of_arn));
        }
        let _ = self.number.set(account.to_owned());
        let partition =
            Partition::of_arn(arn).ok_or_else(|| CallError::not_aws(ACTION, "usable ARN"))?;
        Ok(Identity {
            account: account.to_owned(),
            arn: clean(arn),
            user_id: clean(answer.user_id().unwrap_or_default()),
            partition,
            alias: None,
            credentials: self.credentials.label(),
            home_region: self.home_region.clone(),
            region_configured: self.region_configured,
            endpoints: self.endpoints.clone(),
        })
    }
}
