//! The accept loop by itself: readers that stall, and the cap on connections.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::routing::get;
use http::HeaderMap;
use llm_server::accept::{ConnectionLimits, Drained, Ending, serve};
use llm_server::workers::Workers;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;

const REQUEST: &[u8] = b"GET / HTTP/1.1\r\nhost: localhost\r\n\r\n";

fn limits() -> ConnectionLimits {
    ConnectionLimits {
        connections: 2,
        header_timeout: Duration::from_secs(30),
        write_stall: Duration::from_millis(50),
        grace: Duration::from_secs(30),
    }
}

/// Tells when it is dropped.
struct Told(Arc<Semaphore>);

impl Drop for Told {
    fn drop(&mut self) {
        self.0.add_permits(1);
    }
}

/// A body without an end.
fn endless(told: Told) -> Body {
    let piece = Bytes::from(vec![b'x'; 64 * 1024]);
    Body::from_stream(futures_util::stream::repeat_with(move || {
        let _kept = &told;
        Ok::<_, Infallible>(piece.clone())
    }))
}

#[tokio::test]
async fn a_reader_that_reads_nothing_is_cut_off() {
    let gone = Arc::new(Semaphore::new(0));
    let told = Arc::clone(&gone);
    let router = Router::new().route(
        "/",
        get(move || async move { endless(Told(Arc::clone(&told))) }),
    );
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (ending, workers) = (Ending::default(), Workers::here());
    let client = async {
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(REQUEST).await.unwrap();
        // Nothing is read; the server gives the reply up all the same.
        let _told = gone.acquire().await.unwrap();
        ending.stop.cancel();
        stream
    };
    let (drained, _stream) = tokio::join!(
        serve(listener, router, limits(), ending.clone(), &workers),
        client
    );
    assert_eq!(drained, Drained::Whole);
}

#[tokio::test]
async fn one_connection_too_many_waits_for_a_place() {
    let router = Router::new().route("/", get(|| async { "here" }));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (ending, workers) = (Ending::default(), Workers::here());
    let clients = async {
        let mut first = TcpStream::connect(address).await.unwrap();
        let second = TcpStream::connect(address).await.unwrap();
        // Both have their place once the first one is answered; the third connects and waits.
        first.write_all(REQUEST).await.unwrap();
        first.readable().await.unwrap();
        let mut third = TcpStream::connect(address).await.unwrap();
        third.write_all(REQUEST).await.unwrap();
        let mut buffer = [0; 12];
        let early = tokio::time::timeout(Duration::from_millis(50), third.read(&mut buffer)).await;
        assert!(early.is_err(), "answered without a place");
        drop(second);
        third.read_exact(&mut buffer).await.unwrap();
        assert_eq!(&buffer, b"HTTP/1.1 200");
        ending.stop.cancel();
    };
    let (drained, ()) = tokio::join!(
        serve(listener, router, limits(), ending.clone(), &workers),
        clients
    );
    assert_eq!(drained, Drained::Whole);
}

#[tokio::test]
async fn a_header_a_proxy_could_mistake_for_another_is_dropped() {
    let names = |headers: HeaderMap| async move {
        let mut names: Vec<&str> = headers.keys().map(http::HeaderName::as_str).collect();
        names.sort_unstable();
        names.join(" ")
    };
    let router = Router::new().route("/", get(names));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (ending, workers) = (Ending::default(), Workers::here());
    let client = async {
        let mut stream = TcpStream::connect(address).await.unwrap();
        let request = "GET / HTTP/1.1\r\nhost: localhost\r\nx_forwarded_for: 10.0.0.1\r\n\
            x-real-ip: 10.0.0.2\r\nX_Forwarded_For: 10.0.0.3\r\nconnection: close\r\n\r\n";
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut reply = String::new();
        stream.read_to_string(&mut reply).await.unwrap();
        ending.stop.cancel();
        reply
    };
    let (_, reply) = tokio::join!(
        serve(listener, router, limits(), ending.clone(), &workers),
        client
    );
    assert!(
        reply.ends_with("\r\n\r\nconnection host x-real-ip"),
        "{reply}"
    );
}

#[tokio::test(start_paused = true)]
async fn an_answer_may_take_longer_than_a_head() {
    let (asked, go) = (Arc::new(Semaphore::new(0)), Arc::new(Semaphore::new(0)));
    let (told, wait) = (Arc::clone(&asked), Arc::clone(&go));
    let answer = move || async move {
        told.add_permits(1);
        let _go = wait.acquire().await.unwrap();
        "at last"
    };
    let router = Router::new().route("/", get(answer));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (ending, workers) = (Ending::default(), Workers::here());
    let client = async {
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(REQUEST).await.unwrap();
        let _asked = asked.acquire().await.unwrap();
        tokio::time::advance(limits().header_timeout * 3).await;
        tokio::task::yield_now().await;
        go.add_permits(1);
        ending.stop.cancel();
        let mut reply = String::new();
        stream.read_to_string(&mut reply).await.unwrap();
        reply
    };
    let (_, reply) = tokio::join!(
        serve(listener, router, limits(), ending.clone(), &workers),
        client
    );
    assert!(reply.ends_with("at last"), "{reply:?}");
}
