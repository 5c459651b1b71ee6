//! Faults on the wire: an HTTP client in front of the embedded account's that spoils chosen calls and notes all.

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
}

struct Rule {
    action: String,
    region: Option<String>,
    left: u32,
    fault: Fault,
}

#[derive(Default)]
struct Shared {
    rules: Mutex<Vec<Rule>>,
    calls: Mutex<Vec<String>>,
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
        let (action, region) = match action.split_once('@') {
            Some((action, region)) => (action, Some(region.to_owned())),
            None => (action, None),
        };
        self.shared.rules.lock().unwrap().push(Rule {
            action: action.to_owned(),
            region,
            left: times,
            fault,
        });
    }

    /// The actions called so far.
    pub fn calls(&self) -> Vec<String> {
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
        rule.left -= 1;
        Some(rule.fault.clone())
    }
}

impl HttpConnector for Connector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let (action, region) = describe(&request);
        self.shared.calls.lock().unwrap().push(action.clone());
        let json = request.headers().get("x-amz-target").is_some();
        match self.fault_for(&action, &region) {
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
            Some(Fault::Hang) => HttpConnectorFuture::new(async {
                tokio::time::sleep(Duration::from_hours(1)).await;
                Err(broken())
            }),
        }
    }
}

fn describe(request: &HttpRequest) -> (String, String) {
    let host = request.uri().split("://").nth(1).unwrap_or_default();
    let region = host.split('.').nth(1).unwrap_or_default().to_owned();
    let action = if let Some(target) = request.headers().get("x-amz-target") {
        target.rsplit('.').next().unwrap().to_owned()
    } else {
        let body = String::from_utf8_lossy(request.body().bytes().unwrap_or_default()).into_owned();
        body.split('&')
            .find_map(|pair| pair.strip_prefix("Action="))
            .unwrap_or("?")
            .to_owned()
    };
    (action, region)
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
