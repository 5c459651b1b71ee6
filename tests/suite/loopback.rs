//! The embedded account served over HTTP on this machine, for the built program with AWS's own credential chain.

use std::sync::{Arc, Mutex};

use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorSettings, SharedHttpClient, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponentsBuilder;
use aws_smithy_types::body::SdkBody;
use sagemaker_ssh_setup::demo::{Demo, Seed, Timing};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Runtime;

use super::faults::Faults;

/// An account that outlives the programs that change it.
pub struct Loopback {
    pub address: String,
    pub demo: Demo,
    pub faults: Faults,
    /// Every signature that arrived.
    pub signatures: Arc<Mutex<Vec<String>>>,
    runtime: Runtime,
}

impl Loopback {
    pub fn start() -> Self {
        Self::with(Seed::shipped().unwrap())
    }

    pub fn with(seed: Seed) -> Self {
        Self::behind(seed, |account| account)
    }

    /// The account behind something that stands in front of it.
    pub fn behind(seed: Seed, in_front: impl FnOnce(SharedHttpClient) -> SharedHttpClient) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .unwrap();
        let demo = Demo::with(seed, Timing::INSTANT);
        let faults = Faults::before(in_front(demo.http()));
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let signatures = Arc::<Mutex<Vec<String>>>::default();
        let connector = {
            let settings = HttpConnectorSettings::builder().build();
            let components = RuntimeComponentsBuilder::for_tests().build().unwrap();
            faults.http().http_connector(&settings, &components)
        };
        let noted = Arc::clone(&signatures);
        runtime.spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, connector.clone(), Arc::clone(&noted)));
            }
        });
        Self {
            address,
            demo,
            faults,
            signatures,
            runtime,
        }
    }

    /// Runs something on the account's own threads.
    pub fn block_on<T>(&self, work: impl Future<Output = T>) -> T {
        self.runtime.block_on(work)
    }
}

/// Answers the requests of one connection until it is closed, or breaks.
async fn serve(
    mut stream: TcpStream,
    connector: SharedHttpConnector,
    signatures: Arc<Mutex<Vec<String>>>,
) -> Option<()> {
    let mut unread = Vec::new();
    loop {
        let (head, body) = request(&mut stream, &mut unread).await?;
        let authorization = header(&head, "authorization").unwrap_or_default();
        let signature = authorization.split("Signature=").nth(1).unwrap_or_default();
        signatures.lock().unwrap().push(signature.to_owned());
        let mut request = HttpRequest::new(SdkBody::from(body));
        request.set_method("POST").unwrap();
        request.set_uri(aws_address(&authorization)?).unwrap();
        for name in ["x-amz-target", "content-type", "content-length"] {
            if let Some(value) = header(&head, name) {
                request.headers_mut().insert(name, value);
            }
        }
        // A broken connection is broken towards the program too.
        let answer = connector.call(request).await.ok()?;
        let body = answer.body().bytes().unwrap_or_default().to_vec();
        let mut text = format!(
            "HTTP/1.1 {} X\r\nContent-Length: {}\r\n",
            answer.status().as_u16(),
            body.len()
        );
        for name in ["content-type", "x-amzn-requestid"] {
            if let Some(value) = answer.headers().get(name) {
                text.extend([name, ": ", value, "\r\n"]);
            }
        }
        let mut bytes = (text + "\r\n").into_bytes();
        bytes.extend(body);
        stream.write_all(&bytes).await.ok()?;
    }
}

/// A request's head and body.
async fn request(stream: &mut TcpStream, unread: &mut Vec<u8>) -> Option<(String, Vec<u8>)> {
    loop {
        if let Some(end) = unread.windows(4).position(|bytes| bytes == b"\r\n\r\n") {
            let head = String::from_utf8_lossy(&unread[..end]).into_owned();
            let length: usize = header(&head, "content-length")
                .and_then(|length| length.parse().ok())
                .unwrap_or(0);
            let whole = end + 4 + length;
            if unread.len() >= whole {
                let body = unread[end + 4..whole].to_vec();
                unread.drain(..whole);
                return Some((head, body));
            }
        }
        if stream.read_buf(unread).await.ok()? == 0 {
            return None;
        }
    }
}

fn header(head: &str, wanted: &str) -> Option<String> {
    head.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case(wanted)
            .then(|| value.trim().to_owned())
    })
}

/// Where the request would have gone, by the scope that it was signed for.
fn aws_address(authorization: &str) -> Option<String> {
    let scope = authorization
        .split("Credential=")
        .nth(1)?
        .split(',')
        .next()?;
    let mut fields = scope.split('/').skip(2);
    let (region, service) = (fields.next()?, fields.next()?);
    Some(if service == "iam" {
        "https://iam.amazonaws.com/".to_owned()
    } else {
        format!("https://{service}.{region}.amazonaws.com/")
    })
}
