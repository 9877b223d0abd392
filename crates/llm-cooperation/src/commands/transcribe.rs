//! `transcribe FILE`: what is said in a recording, as text or subtitles.

use clap::{Args, ValueEnum};
use llm_console::program::Console;
use llm_console::report::Halt;
use llm_core::types::upload::FormPiece;

use crate::local::block_on;
use crate::run::Backend;
use crate::work::{self, Job, Outcome, WorkerFlags};

/// Which recording, and how.
#[derive(Debug, Args)]
pub(crate) struct TranscribeArgs {
    /// The recording; - is standard input
    #[arg(value_name = "FILE")]
    file: String,
    /// Write it down in English, whatever language is spoken
    #[arg(long)]
    translate: bool,
    /// The language that is spoken, such as en or zh
    #[arg(long, value_name = "CODE", conflicts_with = "translate")]
    language: Option<String>,
    /// Words that help to understand it, such as names
    #[arg(long, value_name = "TEXT")]
    hint: Option<String>,
    /// In which form
    #[arg(long = "as", value_name = "FORM", value_enum, default_value = "text")]
    form: Form,
    #[command(flatten)]
    worker: WorkerFlags,
}

/// The form of a transcript.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Form {
    /// Plain text
    Text,
    /// Subtitles as in .srt files
    Srt,
    /// Subtitles as in .vtt files
    Vtt,
}

/// Transcribes.
pub(crate) fn run(args: &TranscribeArgs, console: &Console) -> Result<(), Halt> {
    let as_json = work::wants_json(console)?;
    let backend = Backend::open(console)?;
    let bytes = work::read_file(console, &args.file)?;
    let job = Job::Form(args.path(), args.pieces(bytes));
    block_on(async {
        match work::run(&backend, console, job).await? {
            Outcome::Bytes(bytes) => work::write(console, bytes).await,
            Outcome::Json(reply) if as_json => console.ui.print_json(&reply),
            Outcome::Json(reply) => {
                let mut sink = console.ui.sink()?;
                sink.text(reply["text"].as_str().unwrap_or_default())?;
                sink.finish_answer()
            }
        }
    })?
}

impl TranscribeArgs {
    fn path(&self) -> &'static str {
        if self.translate {
            "/v1/audio/translations"
        } else {
            "/v1/audio/transcriptions"
        }
    }

    fn pieces(&self, bytes: Vec<u8>) -> Vec<FormPiece> {
        let form = match self.form {
            // The text is in the JSON, together with what it cost.
            Form::Text => None,
            Form::Srt => Some("srt"),
            Form::Vtt => Some("vtt"),
        };
        let fields = [
            ("model", Some(self.worker.model())),
            ("language", self.language.as_deref()),
            ("prompt", self.hint.as_deref()),
            ("response_format", form),
        ];
        let texts = fields.into_iter().filter_map(|(name, value)| {
            Some(FormPiece::Text {
                name: name.to_owned(),
                value: value?.to_owned(),
            })
        });
        let name = self.file.rsplit(['/', '\\']).next().unwrap_or_default();
        let file = FormPiece::File {
            name: "file".to_owned(),
            filename: Some(if self.file == "-" { "recording" } else { name }.to_owned()),
            mime: mime_guess::from_path(name).first_raw().map(str::to_owned),
        };
        texts.chain([file, FormPiece::Data(bytes.into())]).collect()
    }
}
