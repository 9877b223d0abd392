//! The provider behind every side: answers in either protocol, at once, in a burst or in drips, as
//! the first word of the prompt says. Runs in the measuring process, so its own cost counts for
//! nobody.

use std::convert::Infallible;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use anyhow::Result;
use futures_util::stream::{self, StreamExt as _};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt as _, Full, StreamBody};
use hyper::body::{Bytes, Frame, Incoming};
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;

/// Pieces of a streamed answer.
const CHUNKS: usize = 100;
/// Between two pieces of a drip.
const PAUSE: Duration = Duration::from_millis(2);
/// Until a slow answer.
const SLOW: Duration = Duration::from_millis(300);

/// A provider on a loopback port, for the life of the process.
pub(crate) struct Provider {
    pub(crate) address: SocketAddr,
}

impl Provider {
    pub(crate) async fn start(port: u16) -> Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await?;
        let address = listener.local_addr()?;
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(async move {
                    drop(stream.set_nodelay(true));
                    drop(
                        hyper::server::conn::http1::Builder::new()
                            .serve_connection(TokioIo::new(stream), service_fn(answer))
                            .await,
                    );
                });
            }
        });
        Ok(Self { address })
    }
}

async fn answer(
    request: Request<Incoming>,
) -> Result<Response<UnsyncBoxBody<Bytes, Infallible>>, hyper::Error> {
    let dialect = if request.uri().path().ends_with("/messages") {
        Dialect::Anthropic
    } else {
        Dialect::OpenAi
    };
    let body = request.into_body().collect().await?.to_bytes();
    let says = |text: &str| body.windows(text.len()).any(|part| part == text.as_bytes());
    let is_streamed = says("\"stream\":true");
    if says("slow: ") {
        tokio::time::sleep(SLOW).await;
    }
    let (kind, body) = if !is_streamed {
        let whole = Full::new(Bytes::from(dialect.whole())).boxed_unsync();
        ("application/json", whole)
    } else if says("drip: ") {
        let drips = stream::iter(dialect.pieces()).then(|piece| async move {
            tokio::time::sleep(PAUSE).await;
            Ok(Frame::data(Bytes::from(piece)))
        });
        ("text/event-stream", StreamBody::new(drips).boxed_unsync())
    } else {
        let pieces = stream::iter(dialect.pieces());
        let burst = pieces.map(|piece| Ok(Frame::data(Bytes::from(piece))));
        ("text/event-stream", StreamBody::new(burst).boxed_unsync())
    };
    let mut response = Response::new(body);
    if let Ok(value) = kind.parse() {
        response.headers_mut().insert("content-type", value);
    }
    Ok(response)
}

#[derive(Clone, Copy)]
enum Dialect {
    OpenAi,
    Anthropic,
}

impl Dialect {
    /// About a kilobyte of completion.
    fn whole(self) -> String {
        let text = "All work and no play makes a dull day. ".repeat(20);
        match self {
            Self::OpenAi => format!(
                "{{\"id\":\"chatcmpl-1\",\"object\":\"chat.completion\",\"created\":1,\"model\":\"bench\",\
                 \"choices\":[{{\"index\":0,\"message\":{{\"role\":\"assistant\",\"content\":\"{text}\"}},\
                 \"finish_reason\":\"stop\"}}],\"usage\":{{\"prompt_tokens\":200,\"completion_tokens\":200,\
                 \"total_tokens\":400}}}}"
            ),
            Self::Anthropic => format!(
                "{{\"id\":\"msg_1\",\"type\":\"message\",\"role\":\"assistant\",\"model\":\"bench\",\
                 \"content\":[{{\"type\":\"text\",\"text\":\"{text}\"}}],\"stop_reason\":\"end_turn\",\
                 \"stop_sequence\":null,\"usage\":{{\"input_tokens\":200,\"output_tokens\":200}}}}"
            ),
        }
    }

    /// A streamed answer in its pieces, the end included.
    fn pieces(self) -> Vec<String> {
        let mut pieces = Vec::with_capacity(CHUNKS + 4);
        match self {
            Self::OpenAi => {
                let chunk = |delta: &str, finish: &str| {
                    format!(
                        "data: {{\"id\":\"chatcmpl-1\",\"object\":\"chat.completion.chunk\",\"created\":1,\
                         \"model\":\"bench\",\"choices\":[{{\"index\":0,\"delta\":{delta},\"finish_reason\":{finish}}}]}}\n\n"
                    )
                };
                pieces.push(chunk("{\"role\":\"assistant\",\"content\":\"\"}", "null"));
                for number in 0..CHUNKS {
                    pieces.push(chunk(
                        &format!("{{\"content\":\"word {number} \"}}"),
                        "null",
                    ));
                }
                pieces.push(chunk("{}", "\"stop\""));
                pieces.push(
                    "data: {\"id\":\"chatcmpl-1\",\"object\":\"chat.completion.chunk\",\"created\":1,\"model\":\"bench\",\
                     \"choices\":[],\"usage\":{\"prompt_tokens\":200,\"completion_tokens\":200,\"total_tokens\":400}}\n\n"
                        .to_owned(),
                );
                pieces.push("data: [DONE]\n\n".to_owned());
            }
            Self::Anthropic => {
                pieces.push(
                    "event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"id\":\"msg_1\",\
                     \"type\":\"message\",\"role\":\"assistant\",\"model\":\"bench\",\"content\":[],\"stop_reason\":null,\
                     \"stop_sequence\":null,\"usage\":{\"input_tokens\":200,\"output_tokens\":1}}}\n\n\
                     event: content_block_start\ndata: {\"type\":\"content_block_start\",\"index\":0,\
                     \"content_block\":{\"type\":\"text\",\"text\":\"\"}}\n\n"
                        .to_owned(),
                );
                for number in 0..CHUNKS {
                    pieces.push(format!(
                        "event: content_block_delta\ndata: {{\"type\":\"content_block_delta\",\"index\":0,\
                         \"delta\":{{\"type\":\"text_delta\",\"text\":\"word {number} \"}}}}\n\n"
                    ));
                }
                pieces.push(
                    "event: content_block_stop\ndata: {\"type\":\"content_block_stop\",\"index\":0}\n\n\
                     event: message_delta\ndata: {\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"end_turn\",\
                     \"stop_sequence\":null},\"usage\":{\"output_tokens\":200}}\n\n\
                     event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n"
                        .to_owned(),
                );
            }
        }
        pieces
    }
}
