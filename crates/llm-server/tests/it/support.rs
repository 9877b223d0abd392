//! A server in this process: its configuration, its provider, and a client that holds every reply
//! against the published description of the API.

use std::path::PathBuf;
use std::sync::{Arc, LazyLock, Once};
use std::time::Duration;

use llm_core::config::environment::Environment;
use llm_core::config::load::{self, LoadOptions};
use llm_core::gateway::runtime::Runtime;
use llm_server::accept::Drained;
use llm_server::app::{App, Options, Sources};
use llm_server::{instruments, openapi, serve};
use llm_testkit::builders::config_toml;
use llm_testkit::http::{self, Request, Response};
use llm_testkit::upstream::ScriptedUpstream;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

/// A running server. Cut off when dropped.
pub(crate) struct TestServer {
    pub(crate) app: Arc<App>,
    pub(crate) origin: String,
    pub(crate) upstream: ScriptedUpstream,
    directory: TempDir,
    running: JoinSet<Drained>,
}

/// A server about to be started.
pub(crate) struct Setup {
    models: Vec<&'static str>,
    toml: String,
    toml_of: Option<fn(&str) -> String>,
    options: Options,
    demo: bool,
}

impl Setup {
    /// A provider with these models.
    pub(crate) fn models(models: &[&'static str]) -> Self {
        Self {
            models: models.to_vec(),
            toml: String::new(),
            // A test that wants its files looked at says so.
            options: Options {
                look_every: Duration::from_hours(1),
                ..Options::default()
            },
            toml_of: None,
            demo: false,
        }
    }

    /// The built-in simulated models.
    pub(crate) fn demo() -> Self {
        Self {
            demo: true,
            ..Self::models(&[])
        }
    }

    /// More configuration.
    pub(crate) fn toml(mut self, toml: &str) -> Self {
        self.toml.push_str(toml);
        self
    }

    /// More configuration that refers to the provider's origin.
    pub(crate) fn toml_of(mut self, write: fn(&str) -> String) -> Self {
        self.toml_of = Some(write);
        self
    }

    /// Streams send their head after this, whether the answer has begun or not.
    pub(crate) fn stream_grace(mut self, grace: Duration) -> Self {
        self.options.stream_grace = grace;
        self
    }

    /// Silent streams say that they are alive this often.
    pub(crate) fn keep_alive(mut self, every: Duration) -> Self {
        self.options.keep_alive = every;
        self
    }

    /// The files of the configuration are looked at this often.
    pub(crate) fn look_every(mut self, every: Duration) -> Self {
        self.options.look_every = every;
        self
    }

    pub(crate) async fn start(self) -> TestServer {
        listen_to_logs();
        let upstream = ScriptedUpstream::start().await;
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("config.toml");
        let text = format!(
            "{}\n{}\n{}",
            config_toml(&upstream.base_url(), &self.models),
            self.toml,
            self.toml_of
                .map_or_else(String::new, |write| write(&upstream.origin()))
        );
        write(&path, &text);
        let demo = self.demo;
        let home = directory.path().to_owned();
        let loader = move || {
            let environment = Environment::empty(&home).with_home(&home);
            let options = LoadOptions {
                config: (!demo).then(|| path.clone()),
                demo,
                ..LoadOptions::default()
            };
            load::load(environment, &options)
        };
        let loaded = loader().unwrap_or_else(|errors| panic!("{errors}"));
        let sources = Sources {
            loader: Box::new(loader),
            with_prompts: true,
            metrics: instruments::install(),
            runtime: Runtime::standard(Duration::from_secs(3)),
            options: self.options,
        };
        let app = App::start(sources, &loaded).unwrap_or_else(|errors| panic!("{errors}"));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let origin = format!("http://{}", listener.local_addr().unwrap());
        let mut running = JoinSet::new();
        running.spawn(serve::serve(listener, Arc::clone(&app)));
        TestServer {
            app,
            origin,
            upstream,
            directory,
            running,
        }
    }
}

impl TestServer {
    pub(crate) fn url(&self, path: &str) -> String {
        format!("{}{path}", self.origin)
    }

    /// Where its files are.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    /// Changes its configuration file.
    pub(crate) fn rewrite(&self, change: impl FnOnce(String) -> String) {
        let path = self.path("config.toml");
        let text = read(&path);
        write(&path, &change(text));
    }

    /// Waits until it has drained.
    pub(crate) async fn ended(&mut self) -> Drained {
        self.running.join_next().await.unwrap().unwrap()
    }

    pub(crate) fn get(&self, path: &str) -> Request {
        http::get(self.url(path))
    }

    pub(crate) fn post(&self, path: &str, body: &Value) -> Request {
        http::post(self.url(path), body)
    }

    pub(crate) fn delete(&self, path: &str) -> Request {
        Request::new("DELETE", self.url(path))
    }

    /// A GET whose JSON reply has this status and is as described.
    pub(crate) async fn get_json(&self, path: &str, status: u16) -> Value {
        let mut response = self.get(path).send().await;
        checked("get", path, status, &mut response).await
    }

    /// A POST whose JSON reply has this status and is as described.
    pub(crate) async fn post_json(&self, path: &str, body: &Value, status: u16) -> Value {
        let mut response = self.post(path, body).send().await;
        checked("post", path, status, &mut response).await
    }

    /// The origin's host and port.
    pub(crate) fn authority(&self) -> &str {
        self.origin.strip_prefix("http://").unwrap()
    }

    /// A connection to write exact bytes on.
    pub(crate) async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.authority()).await.unwrap()
    }

    /// Everything that comes back for exact bytes until the server closes the connection.
    pub(crate) async fn raw(&self, bytes: &[u8]) -> String {
        let mut stream = self.connect().await;
        // The server may close before it has read everything.
        let _closed = stream.write_all(bytes).await;
        until_closed(&mut stream).await
    }

    /// A chat completion of one question.
    pub(crate) async fn ask(&self, model: &str, status: u16) -> Value {
        self.post_json("/v1/chat/completions", &question(model), status)
            .await
    }
}

/// What is left to read until the server closes the connection.
pub(crate) async fn until_closed(stream: &mut TcpStream) -> String {
    let mut bytes = Vec::new();
    // A reset after the reply is a close too.
    let _reset = stream.read_to_end(&mut bytes).await;
    String::from_utf8_lossy(&bytes).into_owned()
}

/// The body of a chat completion of one question.
pub(crate) fn question(model: &str) -> Value {
    json!({ "model": model, "messages": [{ "role": "user", "content": "What is 2+2?" }] })
}

/// The same, streamed.
pub(crate) fn streamed(model: &str) -> Value {
    let mut body = question(model);
    body["stream"] = json!(true);
    body
}

/// Lets every place that logs know from the start that somebody listens: one that is first reached
/// by another test at the moment a test begins to listen would otherwise stay silent for it.
fn listen_to_logs() {
    static LISTENING: Once = Once::new();
    LISTENING.call_once(|| {
        tracing_subscriber::fmt()
            .with_max_level(tracing::level_filters::LevelFilter::TRACE)
            .with_writer(std::io::sink)
            .init();
    });
}

/// Its JSON, after its status, its ids and its shape have been looked at.
pub(crate) async fn checked(
    method: &str,
    path: &str,
    status: u16,
    response: &mut Response,
) -> Value {
    let request_id = response.header("x-request-id").to_owned();
    assert!(request_id.starts_with("req_"), "{request_id}");
    let found = response.status;
    let body = response.json().await;
    assert_eq!(found, status, "{method} {path}: {body:#}");
    if status >= 400 {
        assert_eq!(body["error"]["request_id"], request_id.as_str());
    }
    conforms(method, path, status, &body);
    body
}

/// Fails unless a body is as the description says.
pub(crate) fn conforms(method: &str, path: &str, status: u16, body: &Value) {
    static DOCUMENT: LazyLock<Value> = LazyLock::new(openapi::document);
    let path = path.split('?').next().unwrap();
    let paths = DOCUMENT["paths"].as_object().unwrap();
    let operation = paths
        .iter()
        .find(|(template, _)| fits(template, path))
        .map(|(_, entry)| &entry[method]);
    let key = if status == 200 { "200" } else { "default" };
    let schema = match operation {
        Some(operation) if !operation.is_null() => {
            &operation["responses"][key]["content"]["application/json"]["schema"]
        }
        // What fits no endpoint fails like any other.
        _ => &json!({ "$ref": "#/components/schemas/ErrorBody" }),
    };
    validate(&DOCUMENT, schema, body, &format!("{method} {path}"));
}

/// Fails unless a chunk of a stream is as the description says.
pub(crate) fn chunk_conforms(chunk: &Value) {
    static DOCUMENT: LazyLock<Value> = LazyLock::new(openapi::document);
    let schema = json!({ "$ref": "#/components/schemas/ChatCompletionChunk" });
    validate(&DOCUMENT, &schema, chunk, "a chunk");
}

fn validate(document: &Value, schema: &Value, body: &Value, what: &str) {
    let whole = json!({ "components": document["components"], "allOf": [schema] });
    let validator = jsonschema::validator_for(&whole).unwrap();
    let errors: Vec<String> = validator
        .iter_errors(body)
        .map(|error| format!("{} at {}", error, error.instance_path()))
        .collect();
    assert!(errors.is_empty(), "{what}: {errors:#?}\n{body:#}");
}

fn fits(template: &str, path: &str) -> bool {
    match template.split_once('{') {
        Some((fixed, _)) => path.starts_with(fixed),
        None => template == path,
    }
}

#[expect(clippy::disallowed_methods, reason = "tests own their files")]
fn write(path: &std::path::Path, text: &str) {
    std::fs::write(path, text).unwrap();
}

#[expect(clippy::disallowed_methods, reason = "tests own their files")]
fn read(path: &std::path::Path) -> String {
    std::fs::read_to_string(path).unwrap()
}
