//! The bare reverse proxy: reads a request, parses its JSON, sends it on, relays the reply as it
//! comes. It does nothing else; what the gateway costs more is the price of everything it does.

use std::io::Write as _;
use std::net::Ipv4Addr;

use anyhow::{Context as _, Result};
use http_body_util::{BodyExt as _, Full};
use hyper::body::{Bytes, Incoming};
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::net::TcpListener;

type Upstream = Client<HttpConnector, Full<Bytes>>;

/// Serves until it is killed; prints its port.
pub(crate) fn run(upstream: &str) -> Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    runtime.block_on(serve(upstream.to_owned()))
}

async fn serve(upstream: String) -> Result<()> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    println!("{}", listener.local_addr()?.port());
    std::io::stdout().flush()?;
    let mut connector = HttpConnector::new();
    connector.set_nodelay(true);
    let client: Upstream = Client::builder(TokioExecutor::new()).build(connector);
    loop {
        let (stream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
        let (client, upstream) = (client.clone(), upstream.clone());
        tokio::spawn(async move {
            let service = service_fn(move |request| {
                let (client, upstream) = (client.clone(), upstream.clone());
                async move { relay(&client, &upstream, request).await }
            });
            // A client that leaves is not this program's failure.
            drop(
                hyper::server::conn::http1::Builder::new()
                    .serve_connection(TokioIo::new(stream), service)
                    .await,
            );
        });
    }
}

async fn relay(
    client: &Upstream,
    upstream: &str,
    request: Request<Incoming>,
) -> Result<Response<http_body_util::Either<Incoming, Full<Bytes>>>> {
    let path = request.uri().path().to_owned();
    let body = request.into_body().collect().await?.to_bytes();
    if !body.is_empty() && serde_json::from_slice::<serde_json::Value>(&body).is_err() {
        let refusal = Full::new(Bytes::from_static(b"not JSON"));
        return Ok(Response::builder()
            .status(StatusCode::BAD_REQUEST)
            .body(http_body_util::Either::Right(refusal))?);
    }
    let onward = Request::post(format!("http://{upstream}{path}"))
        .header("content-type", "application/json")
        .body(Full::new(body))?;
    let response = client.request(onward).await.context("upstream")?;
    Ok(response.map(http_body_util::Either::Left))
}
