//! The HTTP client of a connection: one pool of connections for everything, through the environment's proxy. What is on
//! this computer or this link, such as the credentials of a container or an instance, never goes through a proxy: it would
//! see the keys, and could answer with keys of its own.

use aws_smithy_http_client::proxy::ProxyConfig;
use aws_smithy_http_client::tls::{Provider, TlsContext, TrustStore, rustls_provider::CryptoMode};
use aws_smithy_http_client::{Builder, Connector};
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient,
    SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;

use crate::model::endpoint::is_near;

/// `HTTPS_PROXY` and its kin are honoured, as in the AWS CLI. Without certificates of its own, the system's are trusted, or
/// those of `SSL_CERT_FILE`.
///
/// # Errors
/// When the certificates cannot be used.
pub(super) fn client(ca_bundle: Option<Vec<u8>>) -> Result<SharedHttpClient, String> {
    let trusted = ca_bundle.map(|pem| TrustStore::empty().with_pem_certificate(pem));
    let context = |store| TlsContext::builder().with_trust_store(store).build();
    let tls = trusted.map(context).transpose();
    let tls = tls.map_err(|error| error.to_string())?;
    Ok(SharedHttpClient::new(Routed {
        proxied: through(ProxyConfig::from_env(), tls.clone()),
        direct: through(ProxyConfig::disabled(), tls),
    }))
}

/// The certificates of a PEM file that can be trusted; empty where there are none. Others would end the program later.
pub(super) fn usable_certificates(pem: &[u8]) -> Vec<u8> {
    const END: &str = "-----END CERTIFICATE-----";
    let text = String::from_utf8_lossy(pem);
    let blocks = text.split_inclusive(END);
    let usable = blocks.filter(|block| {
        let certificate = CertificateDer::from_pem_slice(block.as_bytes());
        certificate.is_ok_and(|certificate| RootCertStore::empty().add(certificate).is_ok())
    });
    usable.collect::<String>().into_bytes()
}

fn through(proxy: ProxyConfig, tls: Option<TlsContext>) -> SharedHttpClient {
    Builder::new().build_with_connector_fn(move |settings, components| {
        let mut builder = Connector::builder().proxy_config(proxy.clone());
        if let Some(settings) = settings {
            builder = builder.connector_settings(settings.clone());
        }
        builder.set_sleep_impl(
            components.and_then(aws_sdk_sts::config::RuntimeComponents::sleep_impl),
        );
        let mut builder = builder.tls_provider(Provider::Rustls(CryptoMode::AwsLc));
        if let Some(tls) = &tls {
            builder = builder.tls_context(tls.clone());
        }
        builder.build()
    })
}

/// Two clients, of which the request's host decides. The one that no request needs is never set up.
#[derive(Clone, Debug)]
struct Routed {
    proxied: SharedHttpClient,
    direct: SharedHttpClient,
}

impl HttpClient for Routed {
    fn http_connector(
        &self,
        settings: &HttpConnectorSettings,
        components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        SharedHttpConnector::new(RoutedConnector {
            clients: self.clone(),
            settings: settings.clone(),
            components: components.clone(),
        })
    }
}

#[derive(Debug)]
struct RoutedConnector {
    clients: Routed,
    settings: HttpConnectorSettings,
    components: RuntimeComponents,
}

impl HttpConnector for RoutedConnector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let client = if is_near(request.uri()) {
            &self.clients.direct
        } else {
            &self.clients.proxied
        };
        // A client keeps the connectors that it made, and so their connections.
        let connector = client.http_connector(&self.settings, &self.components);
        connector.call(request)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn certificates_that_nobody_can_use_are_left_out() {
        let good = include_str!("../../tests/cases/24-tls-inspection-ca-bundle/ca.pem");
        let cut = good.replacen("MII", "MIJ", 1);
        assert!(!usable_certificates(good.as_bytes()).is_empty());
        let both = format!("# ours\n{cut}\n{good}");
        let usable = String::from_utf8(usable_certificates(both.as_bytes()));
        assert_eq!(usable.unwrap_or_default().matches("BEGIN").count(), 1);
        for none in [
            "",
            "-----BEGIN CERTIFICATE-----\n!!\n-----END CERTIFICATE-----\n",
            &cut,
        ] {
            assert_eq!(usable_certificates(none.as_bytes()), b"", "{none}");
        }
    }
}
