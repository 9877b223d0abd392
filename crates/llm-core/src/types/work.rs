//! What is asked of models besides conversations: embeddings, rankings, speech, transcripts,
//! pictures.
//!
//! [`Work`] is to these what a chat request is to conversations. Its typed fields are what we act
//! on; the client's own fields travel beside them as the bytes they were.

use std::fmt;
use std::time::Duration;

use super::raw::RawFields;
use super::task::Capabilities;
use super::upload::Form;

/// What can be asked besides a conversation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Operation {
    /// Texts as vectors.
    Embeddings,
    /// Documents by how well they answer a query.
    Rerank,
    /// Text as sound.
    Speech,
    /// Sound as text.
    Transcription,
    /// Sound as English text.
    Translation,
    /// Text as pictures.
    Images,
    /// Pictures changed by a text.
    ImageEdits,
}

/// Each operation with the ability it needs, whose name it shares.
const OPERATIONS: [(Operation, Capabilities, &str); 7] = [
    (
        Operation::Embeddings,
        Capabilities::EMBEDDINGS,
        "embeddings",
    ),
    (Operation::Rerank, Capabilities::RERANK, "rerank"),
    (Operation::Speech, Capabilities::SPEECH, "speech"),
    (
        Operation::Transcription,
        Capabilities::TRANSCRIPTION,
        "transcription",
    ),
    (
        Operation::Translation,
        Capabilities::SPEECH_TRANSLATION,
        "speech_translation",
    ),
    (
        Operation::Images,
        Capabilities::IMAGE_GENERATION,
        "image_generation",
    ),
    (
        Operation::ImageEdits,
        Capabilities::IMAGE_EDITING,
        "image_editing",
    ),
];

impl Operation {
    /// All of them.
    pub fn all() -> impl Iterator<Item = Self> {
        OPERATIONS.iter().map(|row| row.0)
    }

    /// The name in the books, in machine output, and of the ability it needs.
    pub fn name(self) -> &'static str {
        OPERATIONS[self as usize].2
    }

    /// What a model must be able to do.
    pub fn needs(self) -> Capabilities {
        OPERATIONS[self as usize].1
    }
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// One piece of work.
#[derive(Debug)]
pub struct Work {
    /// What is asked.
    pub task: WorkTask,
    /// The client's own fields when the body was JSON, as the bytes it sent, without ours.
    ///
    /// A provider of the same dialect receives these; the typed fields are views of them.
    pub wire: RawFields,
}

/// What is asked, with everything we act on.
#[derive(Debug)]
pub enum WorkTask {
    /// Texts as vectors.
    Embeddings(Embeddings),
    /// Documents by how well they answer a query.
    Rerank(Rerank),
    /// Text as sound.
    Speech(Speech),
    /// Sound as text, as it was said or in English.
    Transcript(Transcript),
    /// Text as pictures.
    Images(Images),
    /// Pictures changed by a text.
    ImageEdits(Form),
}

/// Texts as vectors.
#[derive(Clone, Debug, PartialEq)]
pub struct Embeddings {
    /// What to embed.
    pub inputs: Inputs,
    /// How long the vectors should be.
    pub dimensions: Option<u32>,
    /// Whether vectors are wanted as base64 of little-endian 32-bit floats.
    pub base64: bool,
}

/// What to embed.
#[derive(Clone, Debug, PartialEq)]
pub enum Inputs {
    /// Texts.
    Texts(Vec<String>),
    /// Texts cut into tokens by the caller: how many tokens each. Only a provider of the same
    /// dialect can be sent them, as the bytes they are.
    Tokens(Vec<usize>),
}

impl Inputs {
    /// How many.
    pub fn len(&self) -> usize {
        match self {
            Self::Texts(texts) => texts.len(),
            Self::Tokens(counts) => counts.len(),
        }
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// Documents by how well they answer a query.
#[derive(Clone, Debug, PartialEq)]
pub struct Rerank {
    /// What is looked for.
    pub query: String,
    /// Among these, by their text.
    pub documents: Vec<String>,
    /// How many of the best are wanted; all when absent.
    pub top_n: Option<usize>,
    /// Whether results repeat their document.
    pub return_documents: bool,
}

/// Text as sound.
#[derive(Clone, Debug, PartialEq)]
pub struct Speech {
    /// What to say.
    pub input: String,
    /// In which voice.
    pub voice: Option<String>,
    /// In which format: `mp3`, `wav`, `pcm`, …
    pub format: Option<String>,
}

/// Sound as text.
#[derive(Debug)]
pub struct Transcript {
    /// Whether it is wanted in English, whatever was said.
    pub in_english: bool,
    /// The form the text is wanted in.
    pub format: TranscriptFormat,
    /// The recording and the fields beside it.
    pub form: Form,
}

/// The form a transcript is wanted in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TranscriptFormat {
    /// A JSON object.
    #[default]
    Json,
    /// Text of a kind (plain, subtitles) or events, which are passed on as they arrive.
    Passed,
}

/// Text as pictures.
#[derive(Clone, Debug, PartialEq)]
pub struct Images {
    /// What to draw.
    pub prompt: String,
    /// How many pictures.
    pub n: Option<u32>,
    /// How large, such as `1024x1024`.
    pub size: Option<String>,
    /// `url` or `b64_json`.
    pub response_format: Option<String>,
    /// Whether drafts are wanted as events while it is drawn.
    pub stream: bool,
}

impl Work {
    /// What it is.
    pub fn operation(&self) -> Operation {
        match &self.task {
            WorkTask::Embeddings(_) => Operation::Embeddings,
            WorkTask::Rerank(_) => Operation::Rerank,
            WorkTask::Speech(_) => Operation::Speech,
            WorkTask::Transcript(transcript) if transcript.in_english => Operation::Translation,
            WorkTask::Transcript(_) => Operation::Transcription,
            WorkTask::Images(_) => Operation::Images,
            WorkTask::ImageEdits(_) => Operation::ImageEdits,
        }
    }

    /// Whether the reply is passed on as it arrives, whatever is in it.
    pub fn is_streamed(&self) -> bool {
        match &self.task {
            WorkTask::Speech(_) => true,
            WorkTask::Transcript(transcript) => transcript.format == TranscriptFormat::Passed,
            WorkTask::Images(images) => images.stream,
            WorkTask::ImageEdits(form) => form.text("stream") == Some("true"),
            WorkTask::Embeddings(_) | WorkTask::Rerank(_) => false,
        }
    }

    /// The form with its files, where there is one.
    pub fn form(&self) -> Option<&Form> {
        match &self.task {
            WorkTask::Transcript(transcript) => Some(&transcript.form),
            WorkTask::ImageEdits(form) => Some(form),
            _ => None,
        }
    }
}

/// How much was done, in units other than tokens. What is not known is zero.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Measure {
    /// Pictures made.
    pub images: u64,
    /// Sound heard.
    pub heard: Duration,
    /// Characters said.
    pub characters: u64,
    /// Rankings made.
    pub searches: u64,
}
