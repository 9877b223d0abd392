//! The accept loop by itself: readers that stall, and the cap on connections.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::routing::get;
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
