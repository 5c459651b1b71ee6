//! A long line to the embedded account: every answer takes as long as over a real one, and when it came is noted.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient,
    SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;

/// What went over the line.
#[derive(Clone, Default)]
pub struct Log(Arc<Mutex<Vec<(Instant, Instant)>>>);

impl Log {
    pub fn calls(&self) -> usize {
        self.0.lock().unwrap().len()
    }

    /// How many answers were waited for one after another: the most calls of which none began before another ended.
    pub fn in_sequence(&self) -> usize {
        let mut calls = self.0.lock().unwrap().clone();
        calls.sort_by_key(|(_, end)| *end);
        let (mut count, mut free) = (0, None);
        for (start, end) in calls {
            if free.is_none_or(|free| start >= free) {
                (count, free) = (count + 1, Some(end));
            }
        }
        count
    }
}

/// The account behind the line.
#[derive(Clone)]
pub struct Line {
    inner: SharedHttpClient,
    latency: Duration,
    log: Log,
    pages: Pages,
}

/// Pages of the list of roles, by the request: the embedded account takes its time for the long ones.
type Pages = Arc<Mutex<HashMap<Vec<u8>, Vec<u8>>>>;

impl Line {
    pub fn new(inner: SharedHttpClient, latency: Duration, log: Log) -> Self {
        Self {
            inner,
            latency,
            log,
            pages: Pages::default(),
        }
    }
}

impl fmt::Debug for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Line")
    }
}

impl HttpClient for Line {
    fn http_connector(
        &self,
        settings: &HttpConnectorSettings,
        components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        SharedHttpConnector::new(Connector {
            account: self.inner.http_connector(settings, components),
            line: self.clone(),
        })
    }
}

#[derive(Clone, Debug)]
struct Connector {
    account: SharedHttpConnector,
    line: Line,
}

impl HttpConnector for Connector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let this = self.clone();
        HttpConnectorFuture::new(async move {
            let start = Instant::now();
            let body = request.body().bytes().unwrap_or_default().to_vec();
            let is_list = body.starts_with(b"Action=ListRoles&");
            let page = this.line.pages.lock().unwrap().get(&body).cloned();
            let answer = match page.filter(|_| is_list) {
                Some(page) => {
                    let mut answer =
                        HttpResponse::new(http::StatusCode::OK.into(), SdkBody::from(page));
                    answer.headers_mut().insert("content-type", "text/xml");
                    answer
                        .headers_mut()
                        .insert("x-amzn-requestid", "00000000-0000-0000-0000-000000000000");
                    answer
                }
                None => this.account.call(request).await?,
            };
            if is_list && answer.status().is_success() {
                let page = answer.body().bytes().unwrap_or_default().to_vec();
                this.line.pages.lock().unwrap().insert(body, page);
            }
            tokio::time::sleep_until((start + this.line.latency).into()).await;
            let mut log = this.line.log.0.lock().unwrap();
            log.push((start, Instant::now()));
            drop(log);
            Ok(answer)
        })
    }
}
