//! How the operations besides chat are written and read, protocol by protocol.
//!
//! The adapters here are as pure as those of conversations. A whole reply is read into the body a
//! client is answered, in the dialect clients speak: `OpenAI`'s, and for rankings the one Jina and
//! Cohere share. A reply that is passed on as it arrives (sound, plain text) is not read at all.

use std::time::Duration;

use bytes::Bytes;
use futures_util::stream::BoxStream;

use super::vendors::Vendor;
use super::{Endpoint, WireRequest};
use crate::types::failure::Failure;
use crate::types::raw::RawFields;
use crate::types::task::Capabilities;
use crate::types::upload::UploadBroken;
use crate::types::usage::Usage;
use crate::types::work::{Measure, Work};

/// Speaks the operations besides chat in one protocol.
pub trait WorkAdapter: Send + Sync {
    /// What it carries for a vendor, whatever the model.
    fn carries(&self, vendor: &Vendor) -> Capabilities;

    /// Writes a call. Work the protocol cannot carry is refused with
    /// [`Unsupported`](crate::types::failure::FailureKind::Unsupported), never thinned out.
    fn encode(&self, call: &WorkCall<'_>) -> Result<WorkRequest, Failure>;

    /// What to ask next, where a reply says that the work is not done yet.
    fn pending(&self, _call: &WorkCall<'_>, _body: &[u8]) -> Result<Option<Pending>, Failure> {
        Ok(None)
    }

    /// Reads a whole successful reply. One without what was asked for in it is a failure.
    fn decode(&self, call: &WorkCall<'_>, body: &[u8]) -> Result<WorkReply, Failure>;
}

/// An adapter as a protocol hands it out.
pub type WorkSpeaker = &'static dyn WorkAdapter;

/// Work to be written.
#[derive(Clone, Copy, Debug)]
pub struct WorkCall<'a> {
    /// Where it goes.
    pub endpoint: &'a Endpoint,
    /// The name the provider knows the model by.
    pub upstream_model: &'a str,
    /// What is asked.
    pub work: &'a Work,
}

/// Bytes of a body that arrive while they are sent.
pub type Upload = BoxStream<'static, Result<Bytes, UploadBroken>>;

/// A request with the part of its body that is not here yet.
pub struct WorkRequest {
    /// The request; its body is what goes first.
    pub wire: WireRequest,
    /// What follows it.
    pub upload: Option<Upload>,
}

impl From<WireRequest> for WorkRequest {
    fn from(wire: WireRequest) -> Self {
        Self { wire, upload: None }
    }
}

/// Work that is not done yet.
#[derive(Clone, Debug)]
pub struct Pending {
    /// Asks for it again.
    pub request: WireRequest,
    /// After so long.
    pub after: Duration,
}

/// A whole reply.
#[derive(Clone, Debug, Default)]
pub struct WorkReply {
    /// The body a client is answered; who served it is the gateway's to add.
    pub body: RawFields,
    /// Tokens, as the provider counted them.
    pub usage: Usage,
    /// What else was done.
    pub measure: Measure,
}
