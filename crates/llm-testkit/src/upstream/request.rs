//! Reads HTTP/1.1 requests off a socket, and notices when the client leaves.

use std::io;

use bytes::{Buf as _, Bytes, BytesMut};
use tokio::io::AsyncReadExt as _;
use tokio::net::tcp::ReadHalf;

/// Most bytes kept of what a client sends at once; far above what any test sends.
const LIMIT: usize = 64 * 1024 * 1024;

/// A request as it was read.
pub(super) struct Request {
    pub(super) method: String,
    pub(super) target: String,
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: Bytes,
}

impl Request {
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        let mut headers = self.headers.iter();
        let (_, value) = headers.find(|(n, _)| n.eq_ignore_ascii_case(name))?;
        Some(value)
    }
}

/// The receiving side of a connection.
pub(super) struct Reader<'a> {
    half: ReadHalf<'a>,
    buffer: BytesMut,
}

impl<'a> Reader<'a> {
    pub(super) fn new(half: ReadHalf<'a>) -> Self {
        let buffer = BytesMut::new();
        Self { half, buffer }
    }

    /// The next request, or `None` where the client is gone or sends something else than HTTP.
    pub(super) async fn next(&mut self) -> Option<Request> {
        let mut request = loop {
            match parse_head(&mut self.buffer) {
                Ok(Some(request)) => break request,
                Ok(None) => self.fill().await.ok()?,
                Err(_) => return None,
            }
        };
        request.body = match (
            request.header("transfer-encoding"),
            request.header("content-length"),
        ) {
            (Some(coding), _) if coding.eq_ignore_ascii_case("chunked") => {
                self.chunked().await.ok()?
            }
            (_, Some(length)) => self.exactly(length.trim().parse().ok()?).await.ok()?,
            _ => Bytes::new(),
        };
        Some(request)
    }

    /// Returns once the client has closed its side or the connection broke.
    pub(super) async fn closed(&mut self) {
        while self.fill().await.is_ok() {}
    }

    async fn exactly(&mut self, length: usize) -> io::Result<Bytes> {
        while self.buffer.len() < length {
            self.fill().await?;
        }
        Ok(self.buffer.split_to(length).freeze())
    }

    async fn chunked(&mut self) -> io::Result<Bytes> {
        let mut body = BytesMut::new();
        loop {
            let size = loop {
                match httparse::parse_chunk_size(&self.buffer) {
                    Ok(httparse::Status::Complete((used, size))) => {
                        self.buffer.advance(used);
                        break usize::try_from(size).map_err(io::Error::other)?;
                    }
                    Ok(httparse::Status::Partial) => self.fill().await?,
                    Err(error) => return Err(io::Error::other(error.to_string())),
                }
            };
            // Every chunk, the empty last one too, ends with CR LF. Trailers are not supported.
            let chunk = self.exactly(size + 2).await?;
            body.extend_from_slice(&chunk[..size]);
            if size == 0 {
                return Ok(body.freeze());
            }
        }
    }

    /// Reads more; the end of the stream is an error.
    async fn fill(&mut self) -> io::Result<()> {
        if self.buffer.len() > LIMIT {
            return Err(io::Error::other("the client sends without end"));
        }
        match self.half.read_buf(&mut self.buffer).await? {
            0 => Err(io::ErrorKind::UnexpectedEof.into()),
            _ => Ok(()),
        }
    }
}

fn parse_head(buffer: &mut BytesMut) -> Result<Option<Request>, httparse::Error> {
    let mut headers = [httparse::EMPTY_HEADER; 128];
    let mut head = httparse::Request::new(&mut headers);
    let httparse::Status::Complete(used) = head.parse(buffer)? else {
        return Ok(None);
    };
    let text = |value: &[u8]| String::from_utf8_lossy(value).into_owned();
    let request = Request {
        method: head.method.unwrap_or_default().to_owned(),
        target: head.path.unwrap_or_default().to_owned(),
        headers: head
            .headers
            .iter()
            .map(|h| (h.name.to_owned(), text(h.value)))
            .collect(),
        body: Bytes::new(),
    };
    buffer.advance(used);
    Ok(Some(request))
}
