//! What clients of every dialect are told of the streams of the cases.

use llm_core::provider::dialects::{DIALECTS, Dialect, Ending, Fault, ReplyWriter};
use llm_core::provider::protocols::openai::ReplyHead;
use llm_core::types::event::StreamEvent;
use llm_core::types::failure::Failure;
use llm_core::types::raw::RawFields;
use serde_json::json;

use super::case::gathered;

/// The dialect of a name.
pub(super) fn find(name: &str) -> Option<Dialect> {
    DIALECTS
        .iter()
        .copied()
        .find(|dialect| dialect.name() == name)
}

/// The head of every reply.
pub(super) fn head() -> ReplyHead {
    ReplyHead {
        id: "chatcmpl-golden".to_owned(),
        created: 1_790_000_000,
        model: "public-name".to_owned(),
    }
}

/// A stream as the client sees it, told as the server tells it: what ends the answers comes last.
pub(super) fn stream(
    writer: &mut dyn ReplyWriter,
    events: &[StreamEvent],
    failure: Option<&Failure>,
) -> String {
    let mut out = Vec::new();
    if !events.is_empty() {
        writer.begin(head(), &mut out);
    }
    let is_finish = |event: &&StreamEvent| matches!(event, StreamEvent::Finish { .. });
    for event in events.iter().filter(|event| !is_finish(event)) {
        writer.event(event, &mut out);
    }
    let finishes: Vec<StreamEvent> = events.iter().filter(is_finish).cloned().collect();
    let own = RawFields::default();
    let ending = Ending {
        finishes: &finishes,
        usage: gathered(events).usage,
        own: &own,
    };
    let ended = match failure {
        None => writer.end(&ending, &mut out),
        Some(failure) => Err(failure.clone()),
    };
    if let Err(failure) = ended {
        let row = failure.kind.code().row();
        let object = json!({
            "message": failure.message, "code": row.name, "request_id": "req_golden",
        });
        let fault = Fault {
            row,
            object: &object,
        };
        writer.failed(&fault, &mut out);
    }
    out.concat()
}
