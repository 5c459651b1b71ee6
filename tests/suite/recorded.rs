//! What the embedded account answers, held against recorded answers of an independent implementation
//! (`tests/recorded/record.py` makes them with moto).

use std::collections::BTreeMap;

use aws_smithy_runtime_api::client::http::{HttpClient, HttpConnector, HttpConnectorSettings};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponentsBuilder;
use aws_smithy_types::body::SdkBody;
use percent_encoding::{NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use sagemaker_ssh_setup::demo::{Demo, Seed, Timing};
use serde::Deserialize;

use super::documents::content;

#[derive(Deserialize)]
struct Recorded {
    seed: Seed,
    answers: Vec<Answer>,
}

#[derive(Deserialize)]
struct Answer {
    service: String,
    action: String,
    fields: BTreeMap<String, String>,
    status: u16,
    body: String,
}

/// What each implementation makes up for itself.
const OWN: [&str; 6] = [
    "RoleId",
    "CreateDate",
    "RequestId",
    "Marker",
    "Message",
    "message",
];

/// The texts of an answer, by the names of the elements that lead to them. Documents are compared by content.
fn texts(body: &str) -> BTreeMap<String, Vec<String>> {
    let document = roxmltree::Document::parse(body).unwrap();
    let mut texts: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for node in document.descendants().filter(roxmltree::Node::is_element) {
        let name = node.tag_name().name();
        let is_leaf = node.children().all(|child| !child.is_element());
        if !is_leaf || OWN.contains(&name) || node.text().is_none() {
            continue;
        }
        let text = percent_decode_str(node.text().unwrap())
            .decode_utf8()
            .unwrap();
        let text = if text.starts_with('{') {
            content(&text).to_string()
        } else {
            text.into_owned()
        };
        let path = node.ancestors().filter(roxmltree::Node::is_element);
        let mut path: Vec<_> = path.map(|node| node.tag_name().name()).collect();
        path.reverse();
        texts.entry(path.join("/")).or_default().push(text);
    }
    for list in texts.values_mut() {
        list.sort();
    }
    texts
}

async fn answer(demo: &Demo, asked: &Answer) -> (u16, String) {
    let encoded = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
    let fields = asked.fields.iter();
    let fields = fields.map(|(name, value)| format!("&{name}={}", encoded(value)));
    let body = format!(
        "Action={}&Version=2010-05-08{}",
        asked.action,
        fields.collect::<String>()
    );
    let mut request = HttpRequest::new(SdkBody::from(body));
    let host = format!("https://{}.amazonaws.com/", asked.service);
    request.set_uri(host).unwrap();
    let settings = HttpConnectorSettings::builder().build();
    let components = RuntimeComponentsBuilder::for_tests().build().unwrap();
    let connector = demo.http().http_connector(&settings, &components);
    let answer = connector.call(request).await.unwrap();
    let body = String::from_utf8(answer.body().bytes().unwrap().to_vec());
    (answer.status().as_u16(), body.unwrap())
}

#[tokio::test(start_paused = true)]
async fn the_embedded_account_answers_as_another_implementation_of_iam_does() {
    let recorded: Recorded =
        serde_json::from_str(include_str!("../recorded/answers.json")).unwrap();
    assert!(recorded.answers.len() > 20);
    let demo = Demo::with(recorded.seed, Timing::INSTANT);
    for asked in &recorded.answers {
        let call = format!("{} {:?}", asked.action, asked.fields);
        let (status, body) = answer(&demo, asked).await;
        assert_eq!(status, asked.status, "{call}: {body}");
        let (ours, theirs) = (texts(&body), texts(&asked.body));
        for (path, text) in &ours {
            // AWS's documentation shows it in every list; moto leaves it out of some.
            if path.ends_with("/IsTruncated") && !theirs.contains_key(path) {
                assert_eq!(*text, ["false"], "{call}");
                continue;
            }
            assert_eq!(Some(text), theirs.get(path), "{call}: {path}");
        }
        // What it leaves out is nothing that this program reads.
        let left_out = theirs.keys().filter(|path| !ours.contains_key(*path));
        for path in left_out {
            let name = path.rsplit('/').next().unwrap();
            let is_unread = [
                "PolicyId",
                "Path",
                "AttachmentCount",
                "PermissionsBoundaryUsageCount",
                "IsAttachable",
                "UpdateDate",
            ]
            .contains(&name);
            assert!(is_unread, "{call}: {path} is missing");
        }
    }
}
