//! A scripted provider on a loopback port, for tests over real sockets.
//!
//! Runs on a thread of its own, so that it serves async tests, tests that block on a child process,
//! and tests with paused time alike. It writes HTTP/1.1 itself, because tests need what servers
//! avoid: cuts, resets, half-closed connections, replies that are no HTTP. What is said is a
//! [`Reply`]; what was seen is a list of [`Attempt`]s. Nothing here sleeps: a reply is held back by
//! a [`Gate`](crate::gate::Gate) the test opens.
//!
//! ```no_run
//! # use llm_testkit::{reply::Reply, upstream::ScriptedUpstream};
//! # async fn example() {
//! let upstream = ScriptedUpstream::start().await;
//! upstream.on("small").reply_text("hi").usage(3, 2);
//! upstream.on("busy").reply(Reply::error(429).retry_after(2)).then(Reply::text("at last"));
//! upstream.on("slow").reply(Reply::pieces(["a", "b"]).stall_after(1));
//! // … point the program under test at `upstream.base_url()` …
//! let attempt = upstream.wait_for_abort().await;
//! assert_eq!(attempt.model(), "slow");
//! # }
//! ```

mod connection;
mod request;

use std::future::{Ready, ready};
use std::net::{SocketAddr, TcpListener};
use std::thread::JoinHandle;

use tokio::sync::oneshot;
use tokio::task::JoinSet;

use crate::attempt::{Attempt, End, Log};
use crate::reply::Reply;
use crate::script::{Key, Script, Scripts};

/// A scripted provider. Stops when dropped.
pub struct ScriptedUpstream {
    address: SocketAddr,
    scripts: Scripts,
    log: Log,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl ScriptedUpstream {
    /// Starts one on a free port.
    pub fn start() -> Ready<Self> {
        ready(Self::start_now())
    }

    /// Starts one on a free port, from a test that is not async.
    pub fn start_now() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free loopback port");
        let address = listener.local_addr().expect("the port just bound");
        listener
            .set_nonblocking(true)
            .expect("a non-blocking listener");
        let (stop, stopped) = oneshot::channel();
        let (scripts, log) = (Scripts::default(), Log::new());
        let stage = connection::Stage {
            scripts: scripts.clone(),
            log: log.clone(),
        };
        let serve = move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .expect("a runtime for the scripted provider");
            runtime.block_on(async move {
                tokio::select! {
                    () = accept(listener, stage) => {}
                    _ = stopped => {}
                }
            });
        };
        let thread = std::thread::Builder::new()
            .name("scripted-upstream".to_owned())
            .spawn(serve)
            .expect("a thread for the scripted provider");
        Self {
            address,
            scripts,
            log,
            stop: Some(stop),
            thread: Some(thread),
        }
    }

    /// What paths such as `/chat/completions` are appended to.
    pub fn base_url(&self) -> String {
        format!("http://{}/v1", self.address)
    }

    /// Scheme, host and port.
    pub fn origin(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Writes the script of a model, in place of any it had.
    pub fn on(&self, model: &str) -> Script {
        self.scripts.script(Key::Model(model.to_owned()))
    }

    /// Writes the script of a path such as `/v1/messages`, which goes before those of models.
    pub fn on_path(&self, path: &str) -> Script {
        self.scripts.script(Key::Path(path.to_owned()))
    }

    /// Writes the script of every request that has no other.
    pub fn on_anything(&self) -> Script {
        self.scripts.script(Key::Anything)
    }

    /// Answers the next request with this, whatever it is. Comes before all scripts.
    pub fn next(&self, reply: Reply) -> &Self {
        self.scripts.queue(reply);
        self
    }

    /// Every request so far, in the order they arrived.
    pub fn attempts(&self) -> Vec<Attempt> {
        self.log.all()
    }

    /// Every request so far that named this model.
    pub fn attempts_of(&self, model: &str) -> Vec<Attempt> {
        let mut attempts = self.attempts();
        attempts.retain(|attempt| attempt.model() == model);
        attempts
    }

    /// Waits until `count` requests have arrived.
    pub async fn wait_for_attempts(&self, count: usize) -> Vec<Attempt> {
        let found = |all: &[Attempt]| (all.len() >= count).then(|| all.to_vec());
        self.log.wait(&format!("{count} requests"), found).await
    }

    /// Waits until a client has left before its reply was over; the first such request.
    pub async fn wait_for_abort(&self) -> Attempt {
        self.wait_for_aborts(1).await.remove(0)
    }

    /// Waits until `count` requests have been abandoned by their clients.
    pub async fn wait_for_aborts(&self, count: usize) -> Vec<Attempt> {
        let found = |all: &[Attempt]| {
            let abandoned = all.iter().filter(|attempt| attempt.is_abandoned());
            let abandoned: Vec<_> = abandoned.cloned().collect();
            (abandoned.len() >= count).then_some(abandoned)
        };
        self.log
            .wait(&format!("{count} abandoned requests"), found)
            .await
    }

    /// Waits until no exchange is under way any more.
    pub async fn wait_until_idle(&self) -> Vec<Attempt> {
        let found = |all: &[Attempt]| {
            let idle = all.iter().all(|attempt| attempt.end != End::Open);
            idle.then(|| all.to_vec())
        };
        self.log.wait("the end of all requests", found).await
    }
}

impl Drop for ScriptedUpstream {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
            && !std::thread::panicking()
        {
            panic!("the scripted provider panicked");
        }
    }
}

/// A base URL nobody listens at: connections to it are refused.
pub fn refused_url() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free loopback port");
    let address = listener.local_addr().expect("the port just bound");
    format!("http://{address}/v1")
}

async fn accept(listener: TcpListener, stage: connection::Stage) {
    let listener = tokio::net::TcpListener::from_std(listener).expect("a listener");
    let mut connections = JoinSet::new();
    for number in 0.. {
        let (stream, _) = listener.accept().await.expect("a connection");
        connections.spawn(connection::serve(stream, number, stage.clone()));
        while connections.try_join_next().is_some() {}
    }
}

#[cfg(test)]
mod tests;
