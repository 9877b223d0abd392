//! Writes a form as `multipart/form-data`: what is here as bytes, the rest as it arrives.

use bytes::Bytes;
use futures_util::StreamExt as _;
use futures_util::future::ready;
use futures_util::stream;
use http::HeaderValue;

use crate::provider::work::Upload;
use crate::types::upload::{Form, FormPiece, UploadBroken};

/// A form on the wire.
pub(crate) struct Encoded {
    /// The media type with the boundary.
    pub(crate) content_type: HeaderValue,
    /// What goes first.
    pub(crate) head: Vec<u8>,
    /// What follows while it arrives.
    pub(crate) rest: Option<Upload>,
}

impl Encoded {
    /// The form, with the model by the name its provider knows it by.
    pub(crate) fn of(form: &Form, upstream_model: &str) -> Self {
        let boundary = format!("llmcoop-{:032x}", rand::random::<u128>());
        let content_type = format!("multipart/form-data; boundary={boundary}");
        let mut writer = Writer {
            boundary,
            is_open: false,
        };
        let mut head = Vec::new();
        writer.write(&model(upstream_model), &mut head);
        for piece in form.kept().iter().filter(|piece| !is_model(piece)) {
            writer.write(piece, &mut head);
        }
        let rest = if form.is_whole() {
            writer.close(&mut head);
            None
        } else {
            Some(rest(form, writer))
        };
        Self {
            content_type: HeaderValue::try_from(content_type)
                .unwrap_or_else(|_| HeaderValue::from_static("multipart/form-data")),
            head,
            rest,
        }
    }
}

fn model(upstream_model: &str) -> FormPiece {
    FormPiece::Text {
        name: "model".to_owned(),
        value: upstream_model.to_owned(),
    }
}

fn is_model(piece: &FormPiece) -> bool {
    matches!(piece, FormPiece::Text { name, .. } if name == "model")
}

/// The pieces that follow, then the end.
fn rest(form: &Form, mut writer: Writer) -> Upload {
    form.rest()
        .map(|piece| piece.map(Some))
        .chain(stream::iter([Ok::<_, UploadBroken>(None)]))
        // What broke off has no end.
        .scan(false, |is_broken, piece| {
            let told = (!*is_broken).then_some(piece);
            *is_broken = told.as_ref().is_none_or(Result::is_err);
            ready(told)
        })
        .map(move |piece| {
            let mut out = Vec::new();
            match piece? {
                // Bytes of a file go through without a copy.
                Some(FormPiece::Data(bytes)) => return Ok(bytes),
                Some(piece) if is_model(&piece) => {}
                Some(piece) => writer.write(&piece, &mut out),
                None => writer.close(&mut out),
            }
            Ok(Bytes::from(out))
        })
        .boxed()
}

struct Writer {
    boundary: String,
    is_open: bool,
}

impl Writer {
    fn write(&mut self, piece: &FormPiece, out: &mut Vec<u8>) {
        let (name, filename, mime) = match piece {
            FormPiece::Data(bytes) => return out.extend_from_slice(bytes),
            FormPiece::Text { name, .. } => (name, None, None),
            FormPiece::File {
                name,
                filename,
                mime,
            } => (name, filename.as_deref(), mime.as_deref()),
        };
        self.separate(out);
        let mut header = format!("content-disposition: form-data; name=\"{}\"", quoted(name));
        if let FormPiece::File { .. } = piece {
            let filename = quoted(filename.unwrap_or("file"));
            header.push_str("; filename=\"");
            header.push_str(&filename);
            header.push_str("\"\r\ncontent-type: ");
            let mime = mime.filter(|mime| HeaderValue::from_str(mime).is_ok());
            header.push_str(mime.unwrap_or("application/octet-stream"));
        }
        header.push_str("\r\n\r\n");
        out.extend_from_slice(header.as_bytes());
        if let FormPiece::Text { value, .. } = piece {
            out.extend_from_slice(value.as_bytes());
        }
    }

    fn separate(&mut self, out: &mut Vec<u8>) {
        if self.is_open {
            out.extend_from_slice(b"\r\n");
        }
        self.is_open = true;
        out.extend_from_slice(format!("--{}\r\n", self.boundary).as_bytes());
    }

    fn close(&mut self, out: &mut Vec<u8>) {
        if self.is_open {
            out.extend_from_slice(b"\r\n");
        }
        out.extend_from_slice(format!("--{}--\r\n", self.boundary).as_bytes());
    }
}

/// A name that cannot end its quotes or its line, as browsers write it.
fn quoted(name: &str) -> String {
    name.replace('"', "%22")
        .replace('\r', "%0D")
        .replace('\n', "%0A")
}
