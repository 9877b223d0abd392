//! The same for the operations besides chat: every protocol writes what it says it carries, refuses
//! the rest, and takes nothing else for an answer.

use proptest::prelude::*;

use super::super::PROTOCOLS;
use super::super::testing::{VENDOR, endpoint};
use super::NO_ANSWERS;
use crate::provider::work::{WorkCall, WorkReply, WorkRequest, WorkSpeaker};
use crate::types::failure::{Failure, FailureKind};
use crate::types::raw::RawFields;
use crate::types::upload::{Form, FormPiece};
use crate::types::work::{
    Embeddings, Images, Inputs, Operation, Rerank, Speech, Transcript, TranscriptFormat, Work,
    WorkTask,
};

fn work(operation: Operation) -> Work {
    let form = || {
        Form::whole(vec![
            FormPiece::File {
                name: "file".into(),
                filename: Some("a.mp3".into()),
                mime: None,
            },
            FormPiece::Data("sound".into()),
        ])
    };
    let transcript = |in_english| {
        WorkTask::Transcript(Transcript {
            in_english,
            format: TranscriptFormat::Json,
            form: form(),
        })
    };
    let task = match operation {
        Operation::Embeddings => WorkTask::Embeddings(Embeddings {
            inputs: Inputs::Texts(vec!["a".into(), "b".into()]),
            dimensions: None,
            base64: false,
        }),
        Operation::Rerank => WorkTask::Rerank(Rerank {
            query: "q".into(),
            documents: vec!["a".into(), "b".into()],
            top_n: None,
            return_documents: false,
        }),
        Operation::Speech => WorkTask::Speech(Speech {
            input: "hello".into(),
            voice: None,
            format: None,
        }),
        Operation::Transcription => transcript(false),
        Operation::Translation => transcript(true),
        Operation::Images => WorkTask::Images(Images {
            prompt: "a cat".into(),
            n: None,
            size: None,
            response_format: None,
            stream: false,
        }),
        Operation::ImageEdits => WorkTask::ImageEdits(form()),
    };
    Work {
        task,
        wire: RawFields::default(),
    }
}

fn speakers() -> impl Iterator<Item = (&'static str, WorkSpeaker)> {
    PROTOCOLS
        .iter()
        .filter_map(|adapter| Some((adapter.name(), adapter.work(&VENDOR)?)))
}

fn write(speaker: WorkSpeaker, model: &str, work: &Work) -> Result<WorkRequest, Failure> {
    let endpoint = endpoint("https://provider.test/v1");
    speaker.encode(&WorkCall {
        endpoint: &endpoint,
        upstream_model: model,
        work,
    })
}

fn read(speaker: WorkSpeaker, work: &Work, body: &[u8]) -> Result<WorkReply, Failure> {
    let endpoint = endpoint("https://provider.test/v1");
    let call = WorkCall {
        endpoint: &endpoint,
        upstream_model: "m",
        work,
    };
    speaker.decode(&call, body)
}

#[test]
fn what_is_carried_is_written_and_the_rest_refused() {
    assert!(speakers().count() >= 3);
    for (name, speaker) in speakers() {
        for operation in Operation::all() {
            let work = work(operation);
            let written = write(speaker, "model-x", &work);
            if speaker.carries(&VENDOR).has(operation.needs()) {
                let request = written.unwrap_or_else(|failure| panic!("{name}: {failure}"));
                let body = String::from_utf8(request.wire.body.to_vec()).unwrap();
                let sent = format!("{}{body}", request.wire.url);
                assert!(sent.contains("model-x"), "{name} {operation}: {sent}");
                assert!(request.upload.is_none(), "all of it is here");
                assert_eq!(request.wire.auth, VENDOR.auth, "{name}");
            } else {
                let failure = written.err().unwrap();
                assert_eq!(failure.kind, FailureKind::Unsupported, "{name} {operation}");
            }
        }
    }
}

#[test]
fn a_models_name_never_changes_where_work_goes() {
    for (_, speaker) in speakers() {
        for operation in Operation::all() {
            let work = work(operation);
            let Ok(plain) = write(speaker, "m", &work) else {
                continue;
            };
            for name in ["../../x", "a/b", "?k=v", "#f", "\r\nx: y", "\"\r\n--b"] {
                let url = write(speaker, name, &work).unwrap().wire.url;
                let places = |url: &url::Url| url.path_segments().unwrap().count();
                assert_eq!(url.origin(), plain.wire.url.origin());
                assert_eq!(url.query(), plain.wire.url.query());
                assert_eq!(places(&url), places(&plain.wire.url), "{url}");
            }
        }
    }
}

#[test]
fn what_is_no_answer_is_a_failure() {
    for (name, speaker) in speakers() {
        for operation in Operation::all() {
            for body in NO_ANSWERS {
                let answer = read(speaker, &work(operation), body.as_bytes());
                assert!(answer.is_err(), "{name} {operation} took {body:?}");
            }
        }
    }
}

proptest! {
    #[test]
    fn no_bytes_are_too_strange_to_be_read(body in prop::collection::vec(any::<u8>(), 0..200)) {
        for (_, speaker) in speakers() {
            for operation in Operation::all() {
                // Whatever comes of it, nothing panics.
                let _read = read(speaker, &work(operation), &body);
            }
        }
    }
}
