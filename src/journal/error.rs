//! Why a run cannot be recorded.

/// Why a run cannot be recorded, and so must not begin or go on.
#[derive(Clone, Debug, thiserror::Error)]
pub enum JournalError {
    #[error(
        "There is no place for the record of the run: neither HOME nor XDG_STATE_HOME is set. Nothing was changed."
    )]
    Nowhere,
    #[error(
        "The record of the run cannot be written in {folder}: {why}. Without it nothing is changed. Make room there, or \
         set XDG_STATE_HOME to another folder."
    )]
    Begin { folder: String, why: String },
    #[error(
        "Another run is going on in the account {account}{run}. Wait until it has ended; nothing was changed."
    )]
    Busy { account: String, run: String },
    #[error("The record of the run cannot be written any more: {0}.")]
    Write(String),
}
