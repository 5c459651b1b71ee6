//! A limit for what one answer may hold, so that nothing that answers can fill the memory.

use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient,
    SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use http_body_util::Limited;

/// The most bytes of an answer. The largest of AWS's that this program asks for, a page of 1,000 roles, has about 2 MB.
const LARGEST: usize = 10_000_000;

/// An HTTP client whose answers end with an error where they are too large, over another one.
#[derive(Clone, Debug)]
pub(super) struct Bounded<T>(T);

impl Bounded<SharedHttpClient> {
    pub(super) fn over(inner: SharedHttpClient) -> SharedHttpClient {
        SharedHttpClient::new(Self(inner))
    }
}

impl HttpClient for Bounded<SharedHttpClient> {
    fn http_connector(
        &self,
        settings: &HttpConnectorSettings,
        components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        SharedHttpConnector::new(Bounded(self.0.http_connector(settings, components)))
    }
}

impl HttpConnector for Bounded<SharedHttpConnector> {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let answer = self.0.call(request);
        HttpConnectorFuture::new(async move {
            let bounded = |body| SdkBody::from_body_1_x(Limited::new(body, LARGEST));
            Ok(answer.await?.map(bounded))
        })
    }
}
