//! One case: reads its files, runs them through the adapter, compares or blesses.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use http::{HeaderMap, HeaderName, HeaderValue};
use llm_core::provider::dialects::{Address, ReplyWriter, Spoken};
use llm_core::provider::frames::Framer;
use llm_core::provider::protocols::openai::{Parsed, Reply, WireError};
use llm_core::provider::{
    Adapter, Call, Endpoint, ErrorReply, ModelDefaults, WireRequest, vendors,
};
use llm_core::types::answer::{Answer, Gather};
use llm_core::types::event::StreamEvent;
use llm_core::types::failure::Failure;
use llm_core::types::raw::RawFields;
use serde::Deserialize;
use serde_json::{Value, json};
use url::Url;

use super::{dialects, show};

/// `call.json`.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct CallFile {
    /// The vendor's name.
    vendor: String,
    /// Another address than the vendor's.
    base_url: Option<String>,
    /// The name the provider knows the model by.
    model: String,
    defaults: Defaults,
    /// Whether to stream; as the client wishes when absent.
    stream: Option<bool>,
    /// The dialect the client speaks; that of `POST /v1/chat/completions` when absent.
    dialect: Option<String>,
    /// Forget the client's own bytes, as if it had spoken another protocol.
    typed: bool,
    /// Replace the conversation by itself, so that it is written anew.
    set_messages: bool,
    /// Top-level fields that must arrive as the very bytes the client sent.
    verbatim: Vec<String>,
    reply: ReplyFile,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Defaults {
    max_tokens: Option<u32>,
    temperature: Option<f64>,
    top_p: Option<f64>,
}

/// Status and headers of the provider's reply.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct ReplyFile {
    status: Option<u16>,
    headers: BTreeMap<String, String>,
}

pub(super) struct Case {
    adapter: Adapter,
    path: PathBuf,
    call: CallFile,
    client: Vec<u8>,
    /// The body of a whole reply.
    response: Option<Vec<u8>>,
    /// The body of a stream.
    stream: Option<Vec<u8>>,
}

const FILES: &[&str] = &[
    "client.json",
    "call.json",
    "upstream_request.json",
    "upstream_response.json",
    "upstream_response.txt",
    "upstream_stream.txt",
    "answer.json",
    "events.json",
    "client_response.json",
    "client_stream.txt",
];

#[expect(clippy::disallowed_methods, reason = "the cases are files")]
fn read(path: &Path) -> Option<Vec<u8>> {
    std::fs::read(path).ok()
}

impl Case {
    pub(super) fn read(adapter: Adapter, path: &Path) -> Self {
        let file = |name: &str| read(&path.join(name));
        let call =
            file("call.json").unwrap_or_else(|| panic!("{} has no call.json", path.display()));
        Self {
            adapter,
            path: path.to_owned(),
            call: serde_json::from_slice(&call)
                .unwrap_or_else(|error| panic!("{}: {error}", path.display())),
            client: file("client.json")
                .unwrap_or_else(|| panic!("{} has no client.json", path.display())),
            response: file("upstream_response.json").or_else(|| file("upstream_response.txt")),
            stream: file("upstream_stream.txt"),
        }
    }

    /// What is not as expected.
    pub(super) fn check(&self, bless: bool) -> Vec<String> {
        let mut complaints = self.strangers();
        let mut expect = |name: &str, got: Value| {
            complaints.extend(self.compare(name, &got, bless));
        };
        let parsed = RawFields::parse(&self.client)
            .map_err(|error| format!("{error:?}"))
            .map(|fields| self.speak(fields));
        let (parsed, mut writer) = match parsed {
            Ok(Ok(spoken)) => (spoken.parsed, spoken.writer),
            Ok(Err(WireError {
                param,
                message,
                missing,
                ..
            })) => {
                let refused = json!({"param": param, "message": message, "missing": missing});
                expect("upstream_request.json", json!({"refused": refused}));
                return complaints;
            }
            Err(error) => return vec![error],
        };
        let request = self.encode(parsed);
        expect("upstream_request.json", show::request(&request));
        if let Some(body) = &self.response {
            let answer = self.decode(body);
            expect("answer.json", show::answer(&answer));
            if let (Ok(answer), true) = (&answer, self.path.join("client_response.json").exists()) {
                let shown = client_response(&mut *writer, answer);
                expect("client_response.json", shown);
            }
        }
        if let Some(body) = &self.stream {
            let (events, failure) = self.events(&[body]);
            expect("events.json", show::events(&events, failure.as_ref()));
            let bytes: Vec<&[u8]> = body.chunks(1).collect();
            let shown = dialects::stream(&mut *writer, &events, failure.as_ref());
            if self.events(&bytes) != (events, failure) {
                complaints.push("the events depend on where the bytes are cut".to_owned());
            }
            complaints.extend(self.compare_text("client_stream.txt", &shown, bless));
        }
        if let Ok(request) = request {
            complaints.extend(self.verbatim(&request));
        }
        complaints
    }

    /// Files that nothing reads are mistakes in their names.
    fn strangers(&self) -> Vec<String> {
        let entries = std::fs::read_dir(&self.path).unwrap();
        entries
            .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
            .filter(|name| !FILES.contains(&name.as_str()))
            .map(|name| format!("{name} is not a file of a case"))
            .collect()
    }

    fn compare(&self, name: &str, got: &Value, bless: bool) -> Option<String> {
        let path = self.path.join(name);
        let expected = read(&path).map(|bytes| serde_json::from_slice::<Value>(&bytes));
        if matches!(&expected, Some(Ok(expected)) if expected == got) {
            return None;
        }
        let got = serde_json::to_string_pretty(got).unwrap();
        if bless {
            #[expect(clippy::disallowed_methods, reason = "expectations are files")]
            std::fs::write(&path, format!("{got}\n")).unwrap();
            return None;
        }
        let expected = match expected {
            None => "nothing: there is no such file".to_owned(),
            Some(Err(error)) => error.to_string(),
            Some(Ok(expected)) => serde_json::to_string_pretty(&expected).unwrap(),
        };
        Some(format!("{name}\nexpected {expected}\ngot {got}"))
    }

    /// Compares a text where the case has one, or writes it there.
    fn compare_text(&self, name: &str, got: &str, bless: bool) -> Option<String> {
        let path = self.path.join(name);
        let expected = String::from_utf8(read(&path)?).unwrap();
        if expected == got {
            return None;
        }
        if bless {
            #[expect(clippy::disallowed_methods, reason = "expectations are files")]
            std::fs::write(&path, got).unwrap();
            return None;
        }
        Some(format!("{name}\nexpected {expected}\ngot {got}"))
    }

    /// Reads the client's body in the dialect it speaks.
    fn speak(&self, fields: RawFields) -> Result<Spoken, WireError> {
        let name = self.call.dialect.as_deref().unwrap_or("openai");
        let dialect = dialects::find(name)
            .unwrap_or_else(|| panic!("{}: no dialect {name}", self.path.display()));
        let streams = self.call.stream.unwrap_or(false);
        let address = Address {
            streams,
            events: streams,
            ..Address::default()
        };
        dialect.read(fields, &address)
    }

    /// The body of the provider's stream and how it is read, where the case has one.
    pub(super) fn stream(&self) -> Option<&[u8]> {
        self.stream.as_deref()
    }

    fn encode(&self, parsed: Parsed) -> Result<WireRequest, Failure> {
        let mut request = parsed.request;
        if self.call.typed {
            request.wire = RawFields::default();
        }
        if self.call.set_messages {
            request.set_messages(request.messages.clone());
        }
        let vendor = vendors::find(&self.call.vendor)
            .unwrap_or_else(|| panic!("{}: no vendor {}", self.path.display(), self.call.vendor));
        let base_url = self.call.base_url.as_deref().unwrap_or(vendor.base_url);
        let endpoint = Endpoint {
            base_url: Url::parse(base_url).unwrap(),
            vendor,
            headers: HeaderMap::new(),
        };
        let defaults = &self.call.defaults;
        self.adapter.encode(&Call {
            endpoint: &endpoint,
            upstream_model: &self.call.model,
            request: &request,
            defaults: ModelDefaults {
                max_tokens: defaults.max_tokens,
                temperature: defaults.temperature,
                top_p: defaults.top_p,
            },
            stream: self.call.stream.unwrap_or(request.stream),
        })
    }

    fn decode(&self, body: &[u8]) -> Result<Answer, Failure> {
        let status = self.call.reply.status.unwrap_or(200);
        if (200..300).contains(&status) {
            return self.adapter.decode(body);
        }
        let mut headers = HeaderMap::new();
        for (name, value) in &self.call.reply.headers {
            headers.insert(
                HeaderName::try_from(name).unwrap(),
                HeaderValue::try_from(value).unwrap(),
            );
        }
        Err(self.adapter.decode_error(&ErrorReply {
            status,
            headers: &headers,
            body,
        }))
    }

    pub(super) fn events(&self, chunks: &[&[u8]]) -> (Vec<StreamEvent>, Option<Failure>) {
        let mut framer = Framer::new(self.adapter.framing(), 1024 * 1024);
        let mut decoder = self.adapter.stream_decoder();
        let mut events = Vec::new();
        let mut run = || -> Result<(), Failure> {
            let mut frames = Vec::new();
            for chunk in chunks {
                let pushed = framer.push(chunk, &mut frames);
                for frame in frames.drain(..) {
                    decoder.frame(&frame, &mut events)?;
                }
                pushed?;
            }
            framer.finish(&mut frames)?;
            for frame in frames.drain(..) {
                decoder.frame(&frame, &mut events)?;
            }
            decoder.end(&mut events)
        };
        let failure = run().err();
        (events, failure)
    }

    /// Fields that are not the very bytes the client sent.
    fn verbatim(&self, request: &WireRequest) -> Vec<String> {
        let sent = RawFields::parse(&request.body).unwrap();
        let client = RawFields::parse(&self.client).unwrap();
        let text =
            |fields: &RawFields, name: &str| fields.get(name).map(|raw| raw.get().to_owned());
        self.call
            .verbatim
            .iter()
            .filter(|name| client.get(name).is_none() || text(&sent, name) != text(&client, name))
            .map(|name| format!("{name} did not arrive as it was sent"))
            .collect()
    }
}

/// The answer as a client of ours would see it.
fn client_response(writer: &mut dyn ReplyWriter, answer: &Answer) -> Value {
    let head = dialects::head();
    let own = RawFields::default();
    let reply = Reply {
        head: &head,
        answer,
        own: &own,
    };
    match writer.whole(&reply) {
        Ok(text) => serde_json::from_str(&text).unwrap(),
        Err(failure) => json!({"failure": failure.message}),
    }
}

/// What the events of a stream add up to.
pub(super) fn gathered(events: &[StreamEvent]) -> Answer {
    let mut gather = Gather::default();
    for event in events {
        gather.push(event);
    }
    gather.finish()
}
