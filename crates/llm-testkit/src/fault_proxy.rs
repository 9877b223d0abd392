//! A TCP proxy that spoils what a provider sends: late, in other pieces, not to the end, or wrong.
//!
//! It stands between the program under test and a [`ScriptedUpstream`](crate::upstream) or any
//! other server, knows nothing of what it carries, and counts bytes from the beginning of each
//! connection, replies only. The same faults do the same on every run; [`Faults::seeded`] chooses
//! some by a seed and the number of the connection, for tests that try many.
//!
//! ```no_run
//! # use llm_testkit::{fault_proxy::{FaultProxy, Faults}, upstream::ScriptedUpstream};
//! # async fn example() {
//! let upstream = ScriptedUpstream::start().await;
//! let proxy = FaultProxy::start(upstream.address());
//! proxy.set(Faults::none().split_at(100));
//! // … point the program under test at `proxy.base_url()` …
//! # }
//! ```

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use parking_lot::Mutex;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::sync::oneshot;
use tokio::task::JoinSet;

/// Between two pieces, so that a reader sees the first alone.
const GAP: Duration = Duration::from_millis(1);

/// What is done to the replies of one connection.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Faults {
    delay: Option<Duration>,
    split_at: Option<usize>,
    split_every: Option<usize>,
    flip: Option<usize>,
    end: Option<(usize, End)>,
}

/// How it ends before its time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    Cut,
    Reset,
    Stall,
}

impl Faults {
    /// Everything passes as it is.
    pub fn none() -> Self {
        Self::default()
    }

    /// Everything comes this much later.
    #[must_use]
    pub fn delay(self, delay: Duration) -> Self {
        let delay = Some(delay);
        Self { delay, ..self }
    }

    /// The first `at` bytes come in a piece of their own.
    #[must_use]
    pub fn split_at(self, at: usize) -> Self {
        let split_at = Some(at);
        Self { split_at, ..self }
    }

    /// Every piece has `size` bytes.
    #[must_use]
    pub fn split_every(self, size: usize) -> Self {
        let split_every = Some(size.max(1));
        Self {
            split_every,
            ..self
        }
    }

    /// One bit of the byte at `at` is wrong.
    #[must_use]
    pub fn flip(self, at: usize) -> Self {
        let flip = Some(at);
        Self { flip, ..self }
    }

    /// The connection is closed after `at` bytes.
    #[must_use]
    pub fn cut_at(self, at: usize) -> Self {
        let end = Some((at, End::Cut));
        Self { end, ..self }
    }

    /// The connection is reset after `at` bytes; those just before may be lost with it.
    #[must_use]
    pub fn reset_at(self, at: usize) -> Self {
        let end = Some((at, End::Reset));
        Self { end, ..self }
    }

    /// Nothing more comes after `at` bytes, and the connection stays.
    #[must_use]
    pub fn stall_at(self, at: usize) -> Self {
        let end = Some((at, End::Stall));
        Self { end, ..self }
    }

    /// Some fault within the first `length` bytes; the same for the same seed and connection.
    pub fn seeded(seed: u64, connection: u64, length: usize) -> Self {
        let mut state = seed ^ connection.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let mut below = |limit: usize| {
            // SplitMix64: small, and good enough to scatter a few choices.
            state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let mut mixed = state;
            mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            let limit = u64::try_from(limit.max(1)).unwrap_or(u64::MAX);
            usize::try_from((mixed ^ (mixed >> 31)) % limit).unwrap_or(0)
        };
        let (kind, at) = (below(7), below(length));
        let none = Self::none();
        match kind {
            0 => none,
            1 => none.split_every(1 + at % 64),
            2 => none.split_at(at),
            3 => none.cut_at(at),
            4 => none.reset_at(at),
            5 => none.stall_at(at),
            _ => none.flip(at),
        }
    }

    /// Whether everything arrives in the end, as it was sent.
    pub fn is_harmless(&self) -> bool {
        self.flip.is_none() && self.end.is_none()
    }
}

/// Chooses what is done, by the number of the connection.
type Choose = Arc<Mutex<Box<dyn Fn(u64) -> Faults + Send>>>;

/// A running proxy. Stops when dropped.
pub struct FaultProxy {
    address: SocketAddr,
    choose: Choose,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl FaultProxy {
    /// Starts one on a free port; nothing is spoiled yet.
    ///
    /// # Panics
    /// If there is no port or no thread for it.
    pub fn start(target: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free loopback port");
        let address = listener.local_addr().expect("the port just bound");
        listener
            .set_nonblocking(true)
            .expect("a non-blocking listener");
        let choose: Choose = Arc::new(Mutex::new(Box::new(|_| Faults::none())));
        let chosen = Arc::clone(&choose);
        let (stop, stopped) = oneshot::channel();
        let serve = move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .expect("a runtime for the fault proxy");
            runtime.block_on(async move {
                tokio::select! {
                    () = accept(listener, target, chosen) => {}
                    _ = stopped => {}
                }
            });
        };
        let thread = std::thread::Builder::new()
            .name("fault-proxy".to_owned())
            .spawn(serve)
            .expect("a thread for the fault proxy");
        Self {
            address,
            choose,
            stop: Some(stop),
            thread: Some(thread),
        }
    }

    /// What paths such as `/chat/completions` are appended to.
    pub fn base_url(&self) -> String {
        format!("http://{}/v1", self.address)
    }

    /// Does this to every connection that comes from now on.
    pub fn set(&self, faults: Faults) {
        self.choose(move |_| faults);
    }

    /// Does what is chosen by the number of a connection, counted from 0 since the start.
    pub fn choose(&self, choose: impl Fn(u64) -> Faults + Send + 'static) {
        *self.choose.lock() = Box::new(choose);
    }
}

impl Drop for FaultProxy {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
            && !std::thread::panicking()
        {
            panic!("the fault proxy panicked");
        }
    }
}

async fn accept(listener: TcpListener, target: SocketAddr, choose: Choose) {
    let listener = tokio::net::TcpListener::from_std(listener).expect("a listener");
    let mut connections = JoinSet::new();
    for number in 0.. {
        let (client, _) = listener.accept().await.expect("a connection");
        let faults = (choose.lock())(number);
        // A target that is gone shows as a connection that is closed at once.
        connections.spawn(async move { carry(client, target, faults).await.ok() });
        while connections.try_join_next().is_some() {}
    }
}

/// Carries a connection until either side ends it.
async fn carry(client: TcpStream, target: SocketAddr, faults: Faults) -> io::Result<()> {
    let server = TcpStream::connect(target).await?;
    client.set_nodelay(true)?;
    server.set_nodelay(true)?;
    let (mut from_client, to_client) = client.into_split();
    let (from_server, mut to_server) = server.into_split();
    tokio::select! {
        // Whoever ends the request side has left.
        _ = tokio::io::copy(&mut from_client, &mut to_server) => Ok(()),
        result = spoil(from_server, to_client, faults) => result,
    }
}

async fn spoil(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, faults: Faults) -> io::Result<()> {
    let mut buffer = vec![0; 64 * 1024];
    let mut passed = 0;
    loop {
        let end = faults.end.map_or(usize::MAX, |(at, _)| at);
        if passed >= end {
            return finish(&to, faults.end).await;
        }
        let count = from.read(&mut buffer).await?;
        if count == 0 {
            return to.shutdown().await;
        }
        if let Some(delay) = faults.delay {
            tokio::time::sleep(delay).await;
        }
        let mut rest = &mut buffer[..count.min(end - passed)];
        while !rest.is_empty() {
            let (piece, more) = rest.split_at_mut(faults.piece(passed).min(rest.len()));
            if let Some(at) = faults.flip.and_then(|at| at.checked_sub(passed))
                && let Some(byte) = piece.get_mut(at)
            {
                *byte ^= 1;
            }
            to.write_all(piece).await?;
            passed += piece.len();
            if faults.split_every.is_some() || faults.split_at == Some(passed) {
                tokio::time::sleep(GAP).await;
            }
            rest = more;
        }
    }
}

impl Faults {
    /// Most bytes that go in one piece after so many.
    fn piece(&self, passed: usize) -> usize {
        let every = self.split_every.unwrap_or(usize::MAX);
        match self.split_at.and_then(|at| at.checked_sub(passed)) {
            Some(left @ 1..) => left.min(every),
            _ => every,
        }
    }
}

async fn finish(to: &OwnedWriteHalf, end: Option<(usize, End)>) -> io::Result<()> {
    match end {
        Some((_, End::Stall)) => std::future::pending().await,
        // Closing a socket that does not linger sends a reset instead of an orderly end.
        Some((_, End::Reset)) => to.as_ref().set_zero_linger(),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http;
    use crate::reply::Reply;
    use crate::upstream::ScriptedUpstream;

    const BODY: &str = "0123456789 naïve 文字 0123456789";

    async fn reply(proxy: &FaultProxy) -> Result<Vec<u8>, http::Broken> {
        let mut response = http::get(format!("{}/x", proxy.base_url()))
            .try_send()
            .await?;
        response.bytes().await
    }

    #[tokio::test]
    async fn what_is_only_cut_up_arrives_whole_and_the_rest_does_not() {
        let upstream = ScriptedUpstream::start().await;
        upstream
            .on_anything()
            .reply(Reply::body("text/plain", BODY).header("connection", "close"));
        let proxy = FaultProxy::start(upstream.address());
        for harmless in [
            Faults::none(),
            Faults::none().split_every(1),
            Faults::none().split_at(20),
            Faults::none().delay(Duration::from_millis(1)),
        ] {
            proxy.set(harmless);
            assert!(harmless.is_harmless());
            assert_eq!(
                reply(&proxy).await.unwrap(),
                BODY.as_bytes(),
                "{harmless:?}"
            );
        }
        for harmful in [
            Faults::none().cut_at(0),
            Faults::none().cut_at(30),
            Faults::none().reset_at(30),
        ] {
            proxy.set(harmful);
            assert!(reply(&proxy).await.is_err(), "{harmful:?}");
        }
        proxy.set(Faults::none().stall_at(30));
        let stalled = tokio::time::timeout(Duration::from_millis(50), reply(&proxy)).await;
        assert!(stalled.is_err());
        let whole = b"HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-type: text/plain\r\ncontent-length: 38\r\n\r\n";
        proxy.set(Faults::none().flip(whole.len()));
        let flipped = reply(&proxy).await.unwrap();
        let wrong = flipped.iter().zip(BODY.as_bytes()).filter(|(a, b)| a != b);
        assert_eq!((flipped.len(), wrong.count()), (BODY.len(), 1));
    }

    #[test]
    fn a_seed_always_chooses_the_same_and_something_of_everything() {
        let chosen = |seed| (0..200).map(move |n| Faults::seeded(seed, n, 500));
        assert!(chosen(1).eq(chosen(1)));
        assert!(!chosen(1).eq(chosen(2)));
        let harmless = chosen(1).filter(Faults::is_harmless).count();
        assert!((20..180).contains(&harmless), "{harmless}");
    }
}
