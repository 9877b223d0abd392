//! The bodies of work besides chat, read: everything we act on is checked here, once; every other
//! field is kept as the bytes it was.
//!
//! Of our own fields those that say how to choose are read: `strategy`, `models`, `fallbacks`,
//! `preferences` and `llm_cooperation`. Forms carry none of them.

use serde_json::value::RawValue;

use crate::gateway::asked::fields::Fields;
use crate::gateway::asked::wishes::Wishes;
use crate::gateway::error::GatewayError;
use crate::provider::protocols::openai::REFUSED_FIELDS;
use crate::types::code::Code;
use crate::types::plan::{AUTO, Preferences};
use crate::types::raw::RawFields;
use crate::types::tokens;
use crate::types::upload::Form;
use crate::types::work::{
    Embeddings, Images, Inputs, Rerank, Speech, Transcript, TranscriptFormat, Work, WorkTask,
};

/// Our own fields of these bodies. They never reach a provider.
pub const OWN_FIELDS: &[&str] = &[
    "fallbacks",
    "llm_cooperation",
    "models",
    "preferences",
    "strategy",
];

/// Most inputs of one call.
const MAX_INPUTS: usize = 2_048;

/// Most documents of one ranking.
const MAX_DOCUMENTS: usize = 10_000;

/// Most pictures of one call.
const MAX_IMAGES: u32 = 16;

/// Most dimensions of a vector.
const MAX_DIMENSIONS: u32 = 65_536;

/// Work that is asked for.
#[derive(Debug)]
pub struct WorkAsked {
    /// What is asked.
    pub work: Work,
    /// A model, alias or route, or `auto`.
    pub model: String,
    /// How to choose.
    pub preferences: Preferences,
    /// The end user.
    pub user: Option<String>,
    /// What the caller should know.
    pub warnings: Vec<String>,
}

/// A body on the way to becoming work.
struct Body {
    wire: RawFields,
    fields: Fields,
    wishes: Wishes,
}

impl Body {
    fn open(mut wire: RawFields) -> Result<Self, GatewayError> {
        for (name, _) in wire.iter() {
            check_name(name)?;
        }
        let mut own = RawFields::default();
        for name in OWN_FIELDS {
            if let Some(raw) = wire.remove(name) {
                own.set(name, raw);
            }
        }
        let wishes = Wishes::read(&mut Fields::new(own))?;
        if wishes.cooperation.is_some() {
            let message = "models cooperate on conversations only";
            return Err(GatewayError::invalid("llm_cooperation", message));
        }
        Ok(Self {
            fields: Fields::new(wire.clone()),
            wire,
            wishes,
        })
    }

    /// A text that must be there and say something.
    fn words(&mut self, name: &str) -> Result<String, GatewayError> {
        let text = self.fields.required_text(name)?;
        if text.trim().is_empty() {
            return Err(
                GatewayError::new(Code::EmptyQuery, format!("`{name}` is empty")).with_param(name),
            );
        }
        Ok(text)
    }

    /// A list or other value, as it is.
    fn raw(&self, name: &str) -> Result<&RawValue, GatewayError> {
        let found = self.wire.get(name).filter(|raw| raw.get() != "null");
        found.ok_or_else(|| {
            GatewayError::new(Code::MissingField, format!("`{name}` is missing")).with_param(name)
        })
    }

    fn close(mut self, task: WorkTask) -> Result<WorkAsked, GatewayError> {
        let model = self.fields.text("model")?;
        let user = self.fields.text("user")?;
        Ok(WorkAsked {
            work: Work {
                task,
                wire: self.wire,
            },
            model: named(model),
            preferences: self.wishes.preferences,
            user,
            warnings: self.wishes.warnings,
        })
    }
}

/// The body of an embeddings request.
pub fn embeddings(body: RawFields) -> Result<WorkAsked, GatewayError> {
    let mut body = Body::open(body)?;
    let inputs = inputs(body.raw("input")?.get()).ok_or_else(|| {
        body.fields
            .wrong("input", "a text, or a list of texts or tokens")
    })?;
    if inputs.is_empty() || inputs.len() > MAX_INPUTS {
        let must = format!("a list of 1 to {MAX_INPUTS} inputs");
        return Err(body.fields.wrong("input", must));
    }
    let has_empty = match &inputs {
        Inputs::Texts(texts) => texts.iter().any(String::is_empty),
        Inputs::Tokens(counts) => counts.contains(&0),
    };
    if has_empty {
        let message = "an input is empty";
        return Err(GatewayError::new(Code::EmptyQuery, message).with_param("input"));
    }
    let dimensions = body.fields.whole("dimensions", 1, MAX_DIMENSIONS)?;
    let base64 = match body.fields.text("encoding_format")?.as_deref() {
        None | Some("float") => false,
        Some("base64") => true,
        Some(_) => {
            let must = "`float` or `base64`";
            return Err(body.fields.wrong("encoding_format", must));
        }
    };
    body.close(WorkTask::Embeddings(Embeddings {
        inputs,
        dimensions,
        base64,
    }))
}

/// The body of a ranking request.
pub fn rerank(body: RawFields) -> Result<WorkAsked, GatewayError> {
    let mut body = Body::open(body)?;
    let query = body.words("query")?;
    let documents = documents(body.raw("documents")?.get()).ok_or_else(|| {
        let must = "a list of texts, or of objects with a `text`";
        body.fields.wrong("documents", must)
    })?;
    if documents.is_empty() || documents.len() > MAX_DOCUMENTS {
        let must = format!("a list of 1 to {MAX_DOCUMENTS} documents");
        return Err(body.fields.wrong("documents", must));
    }
    let top_n = body.fields.whole("top_n", 1, usize::MAX)?;
    let return_documents = body.fields.flag("return_documents")?.unwrap_or(false);
    body.close(WorkTask::Rerank(Rerank {
        query,
        documents,
        top_n,
        return_documents,
    }))
}

/// The body of a speech request.
pub fn speech(body: RawFields) -> Result<WorkAsked, GatewayError> {
    let mut body = Body::open(body)?;
    let input = body.words("input")?;
    // A voice of one's own is an object, which only a provider of this dialect understands.
    let voice = body
        .wire
        .get("voice")
        .and_then(|raw| serde_json::from_str(raw.get()).ok());
    let format = body.fields.text("response_format")?;
    body.close(WorkTask::Speech(Speech {
        input,
        voice,
        format,
    }))
}

/// The body of a request for pictures.
pub fn images(body: RawFields) -> Result<WorkAsked, GatewayError> {
    let mut body = Body::open(body)?;
    let prompt = body.words("prompt")?;
    let images = Images {
        prompt,
        n: body.fields.whole("n", 1, MAX_IMAGES)?,
        size: body.fields.text("size")?,
        response_format: body.fields.text("response_format")?,
        stream: body.fields.flag("stream")?.unwrap_or(false),
    };
    body.close(WorkTask::Images(images))
}

/// A form with a recording.
pub fn transcript(form: Form, in_english: bool) -> WorkAsked {
    let streams = form.text("stream") == Some("true");
    let format = match form.text("response_format") {
        Some("text" | "srt" | "vtt") => TranscriptFormat::Passed,
        _ if streams => TranscriptFormat::Passed,
        _ => TranscriptFormat::Json,
    };
    of_form(form, |form| {
        WorkTask::Transcript(Transcript {
            in_english,
            format,
            form,
        })
    })
}

/// A form with pictures to change.
pub fn image_edits(form: Form) -> WorkAsked {
    of_form(form, WorkTask::ImageEdits)
}

fn of_form(form: Form, task: impl FnOnce(Form) -> WorkTask) -> WorkAsked {
    let model = named(form.text("model").map(str::to_owned));
    let user = form.text("user").map(str::to_owned);
    WorkAsked {
        work: Work {
            task: task(form),
            wire: RawFields::default(),
        },
        model,
        preferences: Preferences::default(),
        user,
        warnings: Vec::new(),
    }
}

/// Refuses the name of a field with which callers of other gateways say where a request goes.
pub fn check_name(name: &str) -> Result<(), GatewayError> {
    if !REFUSED_FIELDS.contains(&name) {
        return Ok(());
    }
    let message = format!("`{name}` is not accepted: the configuration says where calls go");
    Err(GatewayError::invalid(name, message))
}

/// Bytes of text to embed.
pub(super) fn text_bytes(inputs: &Inputs) -> usize {
    match inputs {
        Inputs::Texts(texts) => texts.iter().map(String::len).sum(),
        Inputs::Tokens(_) => 0,
    }
}

/// Estimated tokens of what is asked; none where sound or pictures are.
pub(super) fn input_tokens(work: &Work) -> u64 {
    match &work.task {
        WorkTask::Embeddings(asked) => match &asked.inputs {
            Inputs::Texts(texts) => texts.iter().map(|text| tokens::of_text(text)).sum(),
            Inputs::Tokens(counts) => counts.iter().map(|count| *count as u64).sum(),
        },
        WorkTask::Rerank(asked) => {
            let query = tokens::of_text(&asked.query);
            // The query is read with each of them.
            let of_one = |document: &String| tokens::of_text(document) + query;
            asked.documents.iter().map(of_one).sum()
        }
        _ => 0,
    }
}

fn named(model: Option<String>) -> String {
    model
        .filter(|model| !model.trim().is_empty())
        .unwrap_or_else(|| AUTO.to_owned())
}

fn inputs(json: &str) -> Option<Inputs> {
    if json.starts_with('"') {
        return Some(Inputs::Texts(vec![serde_json::from_str(json).ok()?]));
    }
    if let Ok(texts) = serde_json::from_str::<Vec<String>>(json) {
        return Some(Inputs::Texts(texts));
    }
    if let Ok(tokens) = serde_json::from_str::<Vec<u32>>(json) {
        return Some(Inputs::Tokens(vec![tokens.len()]));
    }
    let lists: Vec<Vec<u32>> = serde_json::from_str(json).ok()?;
    Some(Inputs::Tokens(lists.iter().map(Vec::len).collect()))
}

fn documents(json: &str) -> Option<Vec<String>> {
    #[derive(serde::Deserialize)]
    #[serde(untagged)]
    enum Document {
        Text(String),
        Object { text: String },
    }
    let documents: Vec<Document> = serde_json::from_str(json).ok()?;
    let text = |document| match document {
        Document::Text(text) | Document::Object { text } => text,
    };
    Some(documents.into_iter().map(text).collect())
}
