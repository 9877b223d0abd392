//! A provider that answers at once with a fixed completion, and remembers when it was first asked.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Instant;

use anyhow::Result;
use http_body_util::{BodyExt as _, Full};
use hyper::body::{Bytes, Incoming};
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;
use tokio::sync::watch;

/// A provider on a loopback port, for the life of the process.
pub(crate) struct Upstream {
    pub(crate) address: SocketAddr,
    /// When the latest connection sent its first byte.
    asked: watch::Receiver<Option<Instant>>,
}

impl Upstream {
    pub(crate) async fn start() -> Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let (sender, asked) = watch::channel(None);
        let sender = Arc::new(sender);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let sender = Arc::clone(&sender);
                tokio::spawn(async move {
                    drop(stream.set_nodelay(true));
                    if stream.readable().await.is_ok() {
                        sender.send_replace(Some(Instant::now()));
                    }
                    drop(
                        hyper::server::conn::http1::Builder::new()
                            .serve_connection(TokioIo::new(stream), service_fn(answer))
                            .await,
                    );
                });
            }
        });
        Ok(Self { address, asked })
    }

    /// The first byte of the next connection after `since`.
    pub(crate) async fn first_byte_after(&self, since: Instant) -> Result<Instant> {
        let mut asked = self.asked.clone();
        let moment = asked
            .wait_for(|moment| moment.is_some_and(|moment| moment > since))
            .await?;
        Ok(moment.unwrap_or(since))
    }
}

async fn answer(request: Request<Incoming>) -> Result<Response<Full<Bytes>>, hyper::Error> {
    let body = request.into_body().collect().await?.to_bytes();
    let wants_stream = body.windows(13).any(|part| part == b"\"stream\":true");
    let (kind, text) = if wants_stream {
        ("text/event-stream", STREAM.to_owned())
    } else {
        ("application/json", whole())
    };
    let mut response = Response::new(Full::new(Bytes::from(text)));
    if let Ok(value) = kind.parse() {
        response.headers_mut().insert("content-type", value);
    }
    Ok(response)
}

/// About a kilobyte of completion.
fn whole() -> String {
    let text = "All work and no play makes a dull day. ".repeat(20);
    format!(
        "{{\"id\":\"chatcmpl-1\",\"object\":\"chat.completion\",\"created\":1,\"model\":\"bench\",\
         \"choices\":[{{\"index\":0,\"message\":{{\"role\":\"assistant\",\"content\":\"{text}\"}},\
         \"finish_reason\":\"stop\"}}],\"usage\":{{\"prompt_tokens\":200,\"completion_tokens\":200,\
         \"total_tokens\":400}}}}"
    )
}

const STREAM: &str = "data: {\"id\":\"c\",\"object\":\"chat.completion.chunk\",\"created\":1,\
\"model\":\"bench\",\"choices\":[{\"index\":0,\"delta\":{\"role\":\"assistant\",\"content\":\"hi\"},\
\"finish_reason\":null}]}\n\ndata: {\"id\":\"c\",\"object\":\"chat.completion.chunk\",\"created\":1,\
\"model\":\"bench\",\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n\
data: [DONE]\n\n";
