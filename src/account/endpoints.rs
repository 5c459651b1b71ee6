//! Which endpoints are in force that are not AWS's own, as the SDK finds them: `AWS_ENDPOINT_URL…`, `endpoint_url`, and
//! `services` of the profile.

use aws_types::SdkConfig;
use aws_types::service_config::ServiceConfigKey;

use super::CallError;
use crate::model::endpoint::{self, Endpoint};
use crate::text::clean;

/// The services that this program calls, and those that may hand out its credentials, each with its name for the
/// configuration.
const SERVICES: [(&str, &str); 6] = [
    ("STS", "STS"),
    ("IAM", "IAM"),
    ("Systems Manager", "SSM"),
    ("Identity Center", "SSO"),
    ("Identity Center's sign-in", "SSO OIDC"),
    ("AWS sign-in", "Signin"),
];
/// How many of them are always called.
const CALLED: usize = 3;

/// The endpoints that are not AWS's, each with the services that go there.
///
/// # Errors
/// When one of them is no address: the SDK would panic on it.
pub(super) fn of(sdk: &SdkConfig) -> Result<Vec<Endpoint>, CallError> {
    let general = sdk.endpoint_url().map(str::to_owned);
    let mut found: Vec<(String, Vec<&str>)> = Vec::new();
    for (number, (name, id)) in SERVICES.into_iter().enumerate() {
        let key = ServiceConfigKey::builder()
            .service_id(id)
            .env("AWS_ENDPOINT_URL")
            .profile("endpoint_url")
            .build();
        let own = key
            .ok()
            .and_then(|key| sdk.service_config()?.load_config(key));
        let url = own.or_else(|| general.clone());
        // The general one is named by the services that are always called.
        let url = url.filter(|url| number < CALLED || Some(url) != general.as_ref());
        let Some(url) = url.filter(|url| !endpoint::is_of_aws(url)) else {
            continue;
        };
        if !is_address(&url) {
            let url = clean(&endpoint::shown(&url));
            return Err(CallError::configuration(format!(
                "Requests to {name} were to go to \"{url}\" (AWS_ENDPOINT_URL, AWS_ENDPOINT_URL_{}, endpoint_url or services \
                 of the profile), which is no address such as https://aws.example.com.",
                id.to_uppercase().replace(' ', "_")
            )));
        }
        match found.iter_mut().find(|(known, _)| *known == url) {
            Some((_, services)) => services.push(name),
            None => found.push((url, vec![name])),
        }
    }
    let shown = found.into_iter().map(|(url, services)| Endpoint {
        services: services.join(", "),
        url: clean(&endpoint::shown(&url)),
    });
    Ok(shown.collect())
}

fn is_address(url: &str) -> bool {
    url.parse::<http::Uri>().is_ok_and(|uri| {
        let known = matches!(uri.scheme_str(), Some("http" | "https"));
        known && uri.host().is_some_and(|host| !host.is_empty())
    })
}
