//! Asking a person for the code of an MFA device.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::oneshot;

/// A code that is wanted. Dropping it, and all its clones, answers that there is none.
#[derive(Clone)]
pub struct CodeRequest {
    /// The serial number or ARN of the device.
    pub serial: String,
    /// The profile that asks for it.
    pub profile: String,
    reply: Arc<Mutex<Option<oneshot::Sender<String>>>>,
}

impl CodeRequest {
    /// Hands the code over.
    pub fn answer(self, code: &str) {
        let mut reply = self.reply.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(reply) = reply.take() {
            // Whoever wanted it may have gone.
            let _ = reply.send(code.trim().to_owned());
        }
    }
}

impl fmt::Debug for CodeRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CodeRequest({})", self.profile)
    }
}

/// Takes requests for codes to where a person is. The default one asks nobody.
#[derive(Clone, Default)]
pub struct CodePrompt(Option<Arc<dyn Fn(CodeRequest) + Send + Sync>>);

impl CodePrompt {
    pub fn new(ask: impl Fn(CodeRequest) + Send + Sync + 'static) -> Self {
        Self(Some(Arc::new(ask)))
    }

    /// The code; none where nobody can be asked, or nobody answered.
    pub(super) async fn code(&self, profile: &str, serial: &str) -> Option<String> {
        let ask = self.0.as_ref()?;
        let (reply, answer) = oneshot::channel();
        ask(CodeRequest {
            serial: serial.to_owned(),
            profile: profile.to_owned(),
            reply: Arc::new(Mutex::new(Some(reply))),
        });
        answer.await.ok().filter(|code| !code.is_empty())
    }
}

impl fmt::Debug for CodePrompt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CodePrompt")
    }
}
