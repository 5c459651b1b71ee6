//! Where requests go when the configuration names another place than AWS's own.

use std::net::{IpAddr, Ipv6Addr};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The ends of AWS's own host names, in all partitions.
const OF_AWS: [&str; 10] = [
    ".amazonaws.com",
    ".amazonaws.com.cn",
    ".amazonaws.eu",
    ".api.aws",
    ".api.amazonwebservices.com.cn",
    ".api.amazonwebservices.eu",
    ".c2s.ic.gov",
    ".sc2s.sgov.gov",
    ".csp.hci.ic.gov",
    ".cloud.adc-e.uk",
];

/// Where requests to a service go, because the environment or the profile says so.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Endpoint {
    /// Which services go there, in words: "STS, IAM, Systems Manager".
    pub services: String,
    /// Scheme, host, port and path; without a user's name and password.
    pub url: String,
}

impl Endpoint {
    /// Returns whether what is sent and answered can be read and forged on the way: plain HTTP to another computer.
    pub fn is_insecure(&self) -> bool {
        !is_https(&self.url) && !host(&self.url).is_some_and(|host| is_loopback(&host))
    }

    /// `http://10.0.0.7:5000 (STS, IAM, Systems Manager)`.
    pub fn label(&self) -> String {
        format!("{} ({})", self.url, self.services)
    }
}

/// Returns what can be read and forged on the way, in a sentence with the consequence; none where everything is
/// encrypted, or stays on this computer.
pub fn insecurity(endpoints: &[Endpoint]) -> Option<String> {
    let insecure = endpoints.iter().filter(|endpoint| endpoint.is_insecure());
    let urls: Vec<&str> = insecure.map(|endpoint| endpoint.url.as_str()).collect();
    (!urls.is_empty()).then(|| {
        format!(
            "Requests go to {} over plain HTTP. They are signed, but whoever is on the way can read the session token and \
             all documents, and can forge what is shown here, and so what would be written.",
            urls.join(", ")
        )
    })
}

/// Returns whether it is one of AWS's own hosts, over an encrypted connection.
pub fn is_of_aws(url: &str) -> bool {
    let of_aws = |host: String| OF_AWS.into_iter().any(|end| host.ends_with(end));
    is_https(url) && host(url).is_some_and(of_aws)
}

fn is_https(url: &str) -> bool {
    let scheme = url.split_once("://").map(|(scheme, _)| scheme);
    scheme.is_some_and(|scheme| scheme.eq_ignore_ascii_case("https"))
}

/// A URL as far as it can be shown: without a user's name and password, and without a query.
pub fn shown(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else {
        return url.to_owned();
    };
    let rest = rest.split(['?', '#']).next().unwrap_or_default();
    let (authority, path) = rest
        .find('/')
        .map_or((rest, ""), |slash| rest.split_at(slash));
    let host = without_user(authority);
    format!("{scheme}://{host}{}", path.trim_end_matches('/'))
}

/// Host and port, without a user's name and password.
fn without_user(authority: &str) -> &str {
    let host = authority.rsplit_once('@');
    host.map_or(authority, |(_, host)| host)
}

/// Returns whether requests go to this computer or to this link.
pub fn is_near(url: &str) -> bool {
    host(url).is_some_and(|host| match host.parse() {
        Ok(IpAddr::V6(ip)) if ip.to_ipv4_mapped().is_none() => {
            ip.is_loopback() || ip.is_unicast_link_local() || is_metadata(ip)
        }
        Ok(ip) => is_loopback(&host) || v4(ip).is_some_and(|ip| ip.is_link_local()),
        Err(_) => is_loopback(&host),
    })
}

/// Returns whether a host is this computer.
fn is_loopback(host: &str) -> bool {
    match host.parse::<IpAddr>() {
        Ok(ip) => v4(ip).map_or(ip.is_loopback(), |ip| ip.is_loopback()),
        Err(_) => host == "localhost" || host.ends_with(".localhost"),
    }
}

fn v4(ip: IpAddr) -> Option<std::net::Ipv4Addr> {
    match ip {
        IpAddr::V4(ip) => Some(ip),
        IpAddr::V6(ip) => ip.to_ipv4_mapped(),
    }
}

/// The addresses of instance metadata and of pod identity: `fd00:ec2::254`, `fd00:ec2::23`.
fn is_metadata(ip: Ipv6Addr) -> bool {
    ip.segments().starts_with(&[0xfd00, 0xec2])
}

/// The host of a URL, in small letters; none where there is none.
fn host(url: &str) -> Option<String> {
    let (_, rest) = url.split_once("://")?;
    let authority = rest.split(['/', '?', '#', '\\']).next().unwrap_or_default();
    let host = without_user(authority);
    let host = match host.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or_default(),
        None => host.split(':').next().unwrap_or_default(),
    };
    Some(host.trim_end_matches('.').to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_on_this_computer_or_link_is_known() {
        for near in [
            "http://localhost:1338/latest",
            "http://LOCALHOST./",
            "http://169.254.170.2/v2/credentials",
            "http://169.254.170.23/v1",
            "http://169.254.169.254/latest/api/token",
            "http://[fd00:ec2::254]/latest",
            "http://[fd00:ec2::23]:80/v1",
            "http://[::1]:8080/",
            "http://[fe80::1]/",
            "http://[::ffff:127.0.0.1]/",
            "http://[::ffff:169.254.169.254]/",
            "http://127.0.0.53?x",
            "http://user@127.0.0.1:1/",
        ] {
            assert!(is_near(near), "{near}");
        }
        for far in [
            "https://sts.eu-west-1.amazonaws.com/",
            "http://localhost.example.com/",
            "http://10.0.0.1/",
            "http://127.0.0.1.example.com/",
            "http://localhost@example.com/",
            "http://[2001:db8::1]/",
            "localhost",
            "",
        ] {
            assert!(!is_near(far), "{far}");
        }
    }

    #[test]
    fn what_can_be_read_and_forged_on_the_way_is_known() {
        let insecure = |url: &str| {
            let (url, services) = (url.to_owned(), String::new());
            Endpoint { services, url }.is_insecure()
        };
        for url in [
            "http://10.0.0.1:5000",
            "HTTP://aws.example.com",
            "http://localhost.example.com",
            "http://169.254.10.10",
            "http://iam.amazonaws.com",
            "localhost",
        ] {
            assert!(insecure(url), "{url}");
        }
        for url in [
            "https://10.0.0.1",
            "HTTPS://aws.example.com",
            "http://localhost:4566",
            "http://127.0.0.1:5000/x",
            "http://[::1]:5000",
        ] {
            assert!(!insecure(url), "{url}");
        }
    }

    #[test]
    fn the_hosts_of_aws_are_known() {
        for url in [
            "https://sts.eu-west-1.amazonaws.com",
            "https://iam.cn-north-1.amazonaws.com.cn/",
            "https://vpce-1.sts.us-east-1.vpce.amazonaws.com:443",
            "https://ssm.eu-west-1.api.aws",
        ] {
            assert!(is_of_aws(url), "{url}");
        }
        for url in [
            "http://sts.eu-west-1.amazonaws.com",
            "https://amazonaws.com.example.com",
            "https://sts.amazonaws.com@example.com",
            "https://example.com/.amazonaws.com",
            "https://example.com\\.amazonaws.com",
            "https://notamazonaws.com",
        ] {
            assert!(!is_of_aws(url), "{url}");
        }
    }

    #[test]
    fn a_password_is_not_shown() {
        assert_eq!(
            shown("https://me:secret@aws.example.com:8443/path/?token=1"),
            "https://aws.example.com:8443/path"
        );
        assert_eq!(shown("http://127.0.0.1:5000/"), "http://127.0.0.1:5000");
        assert_eq!(shown("nonsense"), "nonsense");
    }
}
