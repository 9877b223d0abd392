//! `--server`: questions asked through a real gateway in this process, over a real socket.

use std::net::TcpListener;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use llm_core::config::environment::Environment;
use llm_core::config::load::{self, LoadOptions};
use llm_core::gateway::runtime::Runtime;
use llm_server::app::{App, Options, Sources};
use llm_server::{instruments, serve};
use llm_testkit::env::{Finished, TestEnvironment};
use llm_testkit::reply::Reply;
use llm_testkit::upstream::{ScriptedUpstream, refused_url};
use serde_json::{Value, json};
use tokio::sync::oneshot;

use crate::support::{PROGRAM, Place};

/// A gateway with the configuration of a place. Ends when dropped.
pub(crate) struct Served {
    place: Place,
    origin: String,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Served {
    pub(crate) fn models(models: &[&str], toml: &str) -> Self {
        let place = Place::with(models, toml);
        let home = place.environment.home();
        let config = place.environment.config_dir().join("config.toml");
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let origin = format!("http://{}", listener.local_addr().unwrap());
        let (stop, stopped) = oneshot::channel();
        let thread = std::thread::spawn(move || {
            let loader = move || {
                let options = LoadOptions {
                    config: Some(config.clone()),
                    ..LoadOptions::default()
                };
                load::load(Environment::empty(&home).with_home(&home), &options)
            };
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .unwrap();
            runtime.block_on(async {
                let loaded = loader().unwrap();
                let sources = Sources {
                    loader: Box::new(loader),
                    with_prompts: true,
                    metrics: instruments::install(),
                    runtime: Runtime::standard(Duration::from_secs(3)),
                    options: Options::default(),
                };
                let app = App::start(sources, &loaded).unwrap();
                let listener = tokio::net::TcpListener::from_std(listener).unwrap();
                tokio::select! {
                    _ = serve::serve(listener, Arc::clone(&app)) => {}
                    _ = stopped => {}
                }
            });
        });
        Self {
            place,
            origin,
            stop: Some(stop),
            thread: Some(thread),
        }
    }

    /// Runs the program in a place that has no configuration of its own.
    pub(crate) fn run(&self, arguments: &[&str]) -> Finished {
        let empty = TestEnvironment::new();
        let run = empty.command(PROGRAM).args(arguments);
        run.args(&["--server", &self.origin]).run()
    }

    pub(crate) fn upstream(&self) -> &ScriptedUpstream {
        &self.place.upstream
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        drop(self.stop.take());
        let _ended = self.thread.take().map(JoinHandle::join);
    }
}

#[test]
fn questions_are_answered_as_they_are_here() {
    let served = Served::models(&["small"], "[models.small.price]\ninput = 1\noutput = 2\n");
    let reply = Reply::pieces(["It ", "is 4."]).usage(1000, 500);
    served.upstream().on("small").reply(reply);
    let run = served.run(&["query", "2+2", "-s", "be brief", "-u", "--explain"]);
    run.assert_code(0);
    assert_eq!(run.stdout, "It is 4.\n");
    assert!(run.stderr.contains("auto → small via scripted"), "{run}");
    assert!(run.stderr.contains("1000 in / 500 out"), "{run}");
    assert!(run.stderr.contains("$0.002 billed"), "{run}");
    let sent = served.upstream().attempts()[0].json();
    assert_eq!(sent["messages"][0]["content"], "be brief");
    for arguments in [
        &["query", "2+2", "--json"][..],
        &["query", "2+2", "--json", "--explain=json"],
    ] {
        let answer = served.run(arguments).json();
        assert_eq!(answer["text"], "It is 4.");
        assert_eq!(answer["finish_reason"], "stop");
        assert_eq!(answer["cost"]["amount"], "0.002");
        assert_eq!(answer["route"].is_object(), arguments.len() > 3);
    }
}

#[test]
fn failures_keep_their_codes_and_exit_codes() {
    let served = Served::models(&["small"], "[limits]\nretries = 0\n");
    for (reply, exit, code) in [
        (Reply::error(401), 4, "upstream_auth"),
        (Reply::error(429), 6, "upstream_rate_limited"),
        (Reply::error(500), 5, "upstream_error"),
        (
            Reply::pieces(["a", "b"]).cut_after(1),
            5,
            "upstream_stream_interrupted",
        ),
        (Reply::hang(), 7, "deadline_exceeded"),
    ] {
        served.upstream().on("small").reply(reply);
        let arguments = [
            "query",
            "hi",
            "-m",
            "small",
            "--format",
            "jsonl",
            "--timeout",
            "2s",
        ];
        let run = served.run(&arguments);
        assert_eq!(run.code, Some(exit), "{code}: {run}");
        let last: Value = serde_json::from_str(run.stdout.lines().last().unwrap()).unwrap();
        assert_eq!(last["type"], "run.failed");
        assert_eq!(last["error"]["code"], code, "{run}");
    }
    let run = served.run(&["query", "hi", "-m", "smal", "--json"]);
    run.assert_code(2);
    assert_eq!(run.json()["error"]["code"], "model_not_found");
}

#[test]
fn a_gateway_that_is_none_is_told_apart() {
    let environment = TestEnvironment::new();
    let run = |server: &str| {
        let run = environment.run(PROGRAM, &["query", "hi", "--server", server, "--json"]);
        (run.code, run.json()["error"]["code"].clone())
    };
    assert_eq!(run(&refused_url()), (Some(5), json!("server_unreachable")));
    assert_eq!(run("ftp://host"), (Some(2), json!("invalid_usage")));
    let other = ScriptedUpstream::start_now();
    other.on_anything().reply(Reply::html());
    assert_eq!(run(&other.origin()), (Some(5), json!("server_unreachable")));
}

#[test]
fn its_key_is_sent_and_its_refusal_understood() {
    let served = Served::models(&["small"], "[auth]\nmode = \"required\"\n");
    let run = served.run(&["query", "hi", "--json"]);
    run.assert_code(4);
    assert_eq!(run.json()["error"]["code"], "invalid_api_key");
    let gateway = ScriptedUpstream::start_now();
    gateway.on_anything().reply(Reply::html());
    let environment = TestEnvironment::new();
    environment.write("key", "llmc_file_0123456789\n");
    let server = gateway.origin();
    for (arguments, key) in [
        (&["query", "hi"][..], "llmc_env_0123456789"),
        (
            &["query", "hi", "--server-key-file", "key"],
            "llmc_file_0123456789",
        ),
    ] {
        let run = environment.command(PROGRAM).args(arguments);
        let run = run.args(&["--server", &server]);
        let run = run.env("LLMCOOP_SERVER_KEY", "llmc_env_0123456789").run();
        assert!(!run.to_string().contains(key), "{run}");
        assert!(gateway.attempts().last().unwrap().carried_key(key), "{key}");
    }
}

#[test]
fn several_models_work_there_and_tell_of_it() {
    let served = Served::models(&["a", "b", "c"], "");
    for (model, text) in [("a", "Answer: 4"), ("b", "Answer: 4"), ("c", "Answer: 5")] {
        served.upstream().on(model).reply_text(text);
    }
    let arguments = [
        "cooperate",
        "-q",
        "2+2?",
        "--mode",
        "voting",
        "-m",
        "a,b,c",
        "--no-early-stop",
    ];
    let run = served.run(&[&arguments[..], &["--format", "jsonl"]].concat());
    run.assert_code(0);
    let events: Vec<Value> = run
        .stdout
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let of = |kind: &str| events.iter().filter(|event| event["type"] == kind).count();
    assert_eq!(
        (of("vote.cast"), of("model.started"), of("run.completed")),
        (3, 3, 1)
    );
    assert!(
        events
            .iter()
            .zip(0..)
            .all(|(event, number)| event["seq"] == number)
    );
    let last = events.last().unwrap();
    assert_eq!(last["result"]["text"], "Answer: 4");
    assert_eq!(last["result"]["cooperation"]["tally"]["winner"], "4");
    let run = served.run(&[&arguments[..], &["--show", "votes"]].concat());
    assert!(run.stdout.contains("66.7%"), "{run}");
}

#[test]
fn decisions_and_services_are_made_there() {
    let served = Served::models(&["small"], "");
    let run = served.run(&["route", "What is 2+2?", "--json"]);
    assert_eq!(run.json()["steps"][0]["model"], "small");
    assert!(served.upstream().attempts().is_empty());
    let fields = json!({
        "analysis": "grew", "main_points": ["one"], "conclusions": [], "tone": "plain",
    });
    served
        .upstream()
        .on("small")
        .reply_text(&fields.to_string());
    let run = served.run(&["service", "document-analysis", "-q", "Revenue grew."]);
    run.assert_code(0);
    assert!(run.stdout.contains("main points:\n  - one"), "{run}");
}

#[test]
fn an_interrupt_here_stops_the_call_there() {
    let served = Served::models(&["small"], "");
    let reply = Reply::pieces(["so ", "far", "!"]).stall_after(2);
    served.upstream().on("small").reply(reply);
    let empty = TestEnvironment::new();
    let run = empty
        .command(PROGRAM)
        .args(&["query", "hi", "--server", &served.origin]);
    let run = run.start();
    run.wait_for_stdout("so far");
    run.interrupt();
    let run = run.wait();
    run.assert_code(130);
    assert_eq!(run.stdout, "so far\n");
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    runtime
        .unwrap()
        .block_on(served.upstream().wait_for_abort());
}
