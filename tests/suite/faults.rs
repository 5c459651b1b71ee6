//! Faults on the wire: an HTTP client in front of the embedded account's that spoils chosen calls and notes all.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient,
    SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_runtime_api::http::StatusCode;
use aws_smithy_types::body::SdkBody;
use futures::future::BoxFuture;
use tokio::time::Instant;

/// What happens to a call.
#[derive(Clone, Debug)]
pub enum Fault {
    /// AWS answers with this status, code and message.
    Refused(u16, &'static str, &'static str),
    /// A page of a proxy.
    Html(u16),
    /// The connection breaks before the call arrives.
    Unreachable,
    /// The call takes effect; the answer never comes.
    LostReply,
    /// Nothing comes back.
    Hang,
    /// Something else of this kind, with status 200.
    Answer(&'static str, &'static str),
    /// The answer takes this long.
    Slow(Duration),
}

/// Where the program dies: at this call, counted from one, before or after it took effect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Death {
    pub call: usize,
    pub after: bool,
}

type Interference = Box<dyn FnMut() + Send>;
/// What somebody else does, to its end.
pub type Hook = BoxFuture<'static, ()>;

struct Rule {
    action: String,
    region: Option<String>,
    /// Calls that are let through first.
    skip: u32,
    left: u32,
    fault: Fault,
}

/// How fast calls of one service are answered, as a bucket of tokens. Faster ones are throttled.
struct Pace {
    per_second: f64,
    most: f64,
    left: f64,
    since: Instant,
}

impl Pace {
    /// Whether one more call is answered now.
    fn takes_one(&mut self) -> bool {
        let now = Instant::now();
        let refilled = (now - self.since).as_secs_f64() * self.per_second;
        self.left = (self.left + refilled).min(self.most);
        self.since = now;
        let takes = self.left >= 1.0;
        if takes {
            self.left -= 1.0;
        }
        takes
    }
}

#[derive(Default)]
struct Shared {
    rules: Mutex<Vec<Rule>>,
    /// Each with what it is about: a role, or one policy of a role.
    calls: Mutex<Vec<(String, String)>>,
    death: Mutex<Option<(Death, Interference)>>,
    interlude: Mutex<Option<(usize, Hook)>>,
    iam: Mutex<Option<Pace>>,
    throttled: AtomicUsize,
}

/// Rules and notes, shared by all connections.
#[derive(Clone)]
pub struct Faults {
    shared: Arc<Shared>,
    inner: SharedHttpClient,
}

impl Faults {
    pub fn before(inner: SharedHttpClient) -> Self {
        Self {
            shared: Arc::default(),
            inner,
        }
    }

    /// Spoils the next `times` calls of this action; `*` is every action, and `Action@region` one region's.
    pub fn add(&self, action: &str, times: u32, fault: Fault) {
        self.add_after(action, 0, times, fault);
    }

    /// The same, after letting `skip` calls through.
    pub fn add_after(&self, action: &str, skip: u32, times: u32, fault: Fault) {
        let (action, region) = match action.split_once('@') {
            Some((action, region)) => (action, Some(region.to_owned())),
            None => (action, None),
        };
        self.shared.rules.lock().unwrap().push(Rule {
            action: action.to_owned(),
            region,
            skip,
            left: times,
            fault,
        });
    }

    /// IAM answers so many calls a second, and `most` at once; the others it throttles.
    pub fn pace_iam(&self, per_second: u32, most: u32) {
        *self.shared.iam.lock().unwrap() = Some(Pace {
            per_second: per_second.into(),
            most: most.into(),
            left: most.into(),
            since: Instant::now(),
        });
    }

    /// How many calls were throttled for being too fast.
    pub fn throttled(&self) -> usize {
        self.shared.throttled.load(Ordering::SeqCst)
    }

    /// Does something at a call; the call is never answered then.
    pub fn die(&self, death: Death, deed: impl FnMut() + Send + 'static) {
        self.shared.calls.lock().unwrap().clear();
        *self.shared.death.lock().unwrap() = Some((death, Box::new(deed)));
    }

    /// Somebody else does something before this call, counted from one, is made.
    pub fn before_call(&self, call: usize, interlude: Hook) {
        self.shared.calls.lock().unwrap().clear();
        *self.shared.interlude.lock().unwrap() = Some((call, interlude));
    }

    /// Whether that call is still to come.
    pub fn is_to_come(&self) -> bool {
        self.shared.interlude.lock().unwrap().is_some()
    }

    /// Forgets all rules.
    pub fn clear(&self) {
        self.shared.rules.lock().unwrap().clear();
        *self.shared.interlude.lock().unwrap() = None;
        *self.shared.death.lock().unwrap() = None;
    }

    /// The actions called so far.
    pub fn calls(&self) -> Vec<String> {
        let calls = self.calls_with_subjects().into_iter();
        calls.map(|(action, _)| action).collect()
    }

    /// The same, each with what it was about: `role`, `role/policy`, or nothing.
    pub fn calls_with_subjects(&self) -> Vec<(String, String)> {
        self.shared.calls.lock().unwrap().clone()
    }

    /// The calls that change an account.
    pub fn writes(&self) -> Vec<String> {
        let reads = ["Get", "List", "Simulate", "Describe"];
        self.calls()
            .into_iter()
            .filter(|call| !reads.iter().any(|verb| call.starts_with(verb)))
            .collect()
    }

    pub fn http(&self) -> SharedHttpClient {
        SharedHttpClient::new(self.clone())
    }
}

impl std::fmt::Debug for Faults {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Faults")
    }
}

impl HttpClient for Faults {
    fn http_connector(
        &self,
        settings: &HttpConnectorSettings,
        components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        SharedHttpConnector::new(Connector {
            shared: Arc::clone(&self.shared),
            inner: self.inner.http_connector(settings, components),
        })
    }
}

#[derive(Clone)]
struct Connector {
    shared: Arc<Shared>,
    inner: SharedHttpConnector,
}

impl std::fmt::Debug for Connector {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Connector")
    }
}

impl Connector {
    fn fault_for(&self, action: &str, region: &str) -> Option<Fault> {
        let mut rules = self.shared.rules.lock().unwrap();
        let rule = rules.iter_mut().find(|rule| {
            rule.left > 0
                && (rule.action == action || rule.action == "*")
                && rule.region.as_deref().is_none_or(|wanted| wanted == region)
        })?;
        if rule.skip > 0 {
            rule.skip -= 1;
            return None;
        }
        rule.left -= 1;
        Some(rule.fault.clone())
    }

    /// Whether the program dies at this call, and how.
    fn death(&self, call: usize) -> Option<Death> {
        let death = self.shared.death.lock().unwrap();
        let (death, _) = death.as_ref()?;
        // Nothing of a dead program arrives.
        (call >= death.call).then_some(*death)
    }
}

impl HttpConnector for Connector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let (action, region, subject) = describe(&request);
        let number = {
            let mut calls = self.shared.calls.lock().unwrap();
            calls.push((action.clone(), subject));
            calls.len()
        };
        if let Some(death) = self.death(number) {
            let shared = Arc::clone(&self.shared);
            let last_call = (number == death.call && death.after).then(|| self.inner.call(request));
            return HttpConnectorFuture::new(async move {
                if let Some(last_call) = last_call {
                    last_call.await?;
                }
                if number == death.call
                    && let Some((_, deed)) = shared.death.lock().unwrap().as_mut()
                {
                    deed();
                }
                std::future::pending().await
            });
        }
        let interlude = {
            let mut interlude = self.shared.interlude.lock().unwrap();
            interlude.take_if(|(call, _)| *call == number)
        };
        if let Some((_, interlude)) = interlude {
            let this = self.clone();
            return HttpConnectorFuture::new(async move {
                interlude.await;
                this.answer(request, &action, &region).await
            });
        }
        self.answer(request, &action, &region)
    }
}

impl Connector {
    /// What comes of a call: what a rule says, or what the account answers.
    fn answer(&self, request: HttpRequest, action: &str, region: &str) -> HttpConnectorFuture {
        let json = request.headers().get("x-amz-target").is_some();
        let is_iam = request.uri().contains("://iam.");
        if is_iam
            && let Some(pace) = self.shared.iam.lock().unwrap().as_mut()
            && !pace.takes_one()
        {
            self.shared.throttled.fetch_add(1, Ordering::SeqCst);
            let refused = refused(json, 400, "Throttling", "Rate exceeded");
            return HttpConnectorFuture::ready(Ok(refused));
        }
        match self.fault_for(action, region) {
            None => self.inner.call(request),
            Some(Fault::Refused(status, code, message)) => {
                HttpConnectorFuture::ready(Ok(refused(json, status, code, message)))
            }
            Some(Fault::Html(status)) => {
                let page = "<html><body>\u{1b}[31mSign in to the network</body></html>";
                let mut page = answer(status, "text/html", page.to_owned());
                page.headers_mut().remove("x-amzn-requestid");
                HttpConnectorFuture::ready(Ok(page))
            }
            Some(Fault::Answer(kind, body)) => {
                HttpConnectorFuture::ready(Ok(answer(200, kind, body.to_owned())))
            }
            Some(Fault::Unreachable) => HttpConnectorFuture::ready(Err(broken())),
            Some(Fault::LostReply) => {
                let inner = self.inner.call(request);
                HttpConnectorFuture::new(async move {
                    inner.await?;
                    Err(broken())
                })
            }
            Some(Fault::Slow(time)) => {
                let inner = self.inner.call(request);
                HttpConnectorFuture::new(async move {
                    tokio::time::sleep(time).await;
                    inner.await
                })
            }
            Some(Fault::Hang) => HttpConnectorFuture::new(async {
                tokio::time::sleep(Duration::from_hours(1)).await;
                Err(broken())
            }),
        }
    }
}

/// The action of a request, its region, and the role that it is about.
fn describe(request: &HttpRequest) -> (String, String, String) {
    let host = request.uri().split("://").nth(1).unwrap_or_default();
    let region = host.split('.').nth(1).unwrap_or_default().to_owned();
    let body = String::from_utf8_lossy(request.body().bytes().unwrap_or_default()).into_owned();
    let field = |name: &str| {
        let mut pairs = body.split('&').filter_map(|pair| pair.split_once('='));
        pairs.find_map(|(key, value)| (key == name).then(|| value.to_owned()))
    };
    let subject = [field("RoleName"), field("PolicyName")];
    let subject: Vec<String> = subject.into_iter().flatten().collect();
    let action = match request.headers().get("x-amz-target") {
        Some(target) => target.rsplit('.').next().unwrap().to_owned(),
        None => field("Action").unwrap_or_else(|| "?".to_owned()),
    };
    (action, region, subject.join("/"))
}

fn broken() -> ConnectorError {
    ConnectorError::io(
        std::io::Error::new(std::io::ErrorKind::ConnectionReset, "connection reset").into(),
    )
}

fn refused(json: bool, status: u16, code: &str, message: &str) -> HttpResponse {
    if json {
        let body = serde_json::json!({"__type": code, "message": message}).to_string();
        answer(status, "application/x-amz-json-1.1", body)
    } else {
        let body = format!(
            "<ErrorResponse><Error><Type>Sender</Type><Code>{code}</Code><Message>{message}</Message></Error></ErrorResponse>"
        );
        answer(status, "text/xml", body)
    }
}

fn answer(status: u16, kind: &'static str, body: String) -> HttpResponse {
    let mut response =
        HttpResponse::new(StatusCode::try_from(status).unwrap(), SdkBody::from(body));
    response.headers_mut().insert("content-type", kind);
    response
        .headers_mut()
        .insert("x-amzn-requestid", "11111111-2222-3333-4444-555555555555");
    response
}
