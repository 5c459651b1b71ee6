//! What is listed for a choice.

use super::{Answer, Slot, Tasks};
use crate::account::{Account, Source};

impl Tasks {
    /// The profiles of the AWS configuration.
    pub fn profiles(&mut self, source: Source) {
        self.start(Slot::Profiles, |out| async move {
            out.send(Answer::Profiles(source.profiles().await));
        });
    }

    /// The IAM users, for the choice of who may assume a new role.
    pub fn users(&mut self, account: Account) {
        self.start(Slot::Users, |out| async move {
            out.send(Answer::Users(account.users().await));
        });
    }
}
