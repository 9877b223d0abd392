//! One connection of the scripted provider: requests in, steps out, byte for byte.

use std::fmt::Write as _;
use std::io;

use bytes::Bytes;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;
use tokio::net::tcp::WriteHalf;

use super::request::{Reader, Request};
use crate::attempt::{End, Exchange, Log, Seen};
use crate::reply::steps::{Asked, Head, Step};
use crate::reply::{Fault, Reply};
use crate::script::Scripts;

/// What every connection shares.
#[derive(Clone)]
pub(super) struct Stage {
    pub(super) scripts: Scripts,
    pub(super) log: Log,
}

/// What becomes of the connection after an exchange.
enum After {
    /// It serves the next request.
    Keep,
    /// It is closed.
    Close,
    /// Its sending side is closed; it ends when the client leaves.
    Linger,
}

/// Serves requests until either side has had enough.
pub(super) async fn serve(mut stream: TcpStream, number: usize, stage: Stage) {
    // Without this, a piece would wait for the acknowledgement of the one before.
    let _best_effort = stream.set_nodelay(true);
    let (receiving, mut writer) = stream.split();
    let mut reader = Reader::new(receiving);
    while let Some(request) = reader.next().await {
        let asked = Asked::of(&request.target, &request.body);
        let path = request.target.split('?').next().unwrap_or_default();
        let reply = stage.scripts.answer(&request.method, path, &asked);
        let keep = !request
            .header("connection")
            .is_some_and(|value| value.eq_ignore_ascii_case("close"));
        let exchange = stage.log.begin(seen(request, number));
        let after = tokio::select! {
            biased;
            after = play(&mut writer, &reply, &asked, &exchange) => after,
            () = reader.closed() => return,
        };
        match after {
            Ok(After::Keep) if keep => {}
            Ok(After::Linger) => return reader.closed().await,
            // An error means that the client is gone.
            Ok(After::Keep | After::Close) | Err(_) => return,
        }
    }
}

fn seen(request: Request, connection: usize) -> Seen {
    Seen {
        connection,
        method: request.method,
        target: request.target,
        headers: request.headers,
        body: request.body,
    }
}

async fn play(
    writer: &mut WriteHalf<'_>,
    reply: &Reply,
    asked: &Asked,
    exchange: &Exchange,
) -> io::Result<After> {
    let mut chunked = false;
    for step in reply.steps(asked, exchange.number) {
        match step {
            Step::Sleep(time) => tokio::time::sleep(time).await,
            Step::Pass(gate) => gate.pass().await,
            Step::Head(head) => {
                chunked = head.length.is_none();
                writer.write_all(head_text(&head).as_bytes()).await?;
            }
            Step::Data(bytes) => {
                write_piece(writer, &bytes, chunked).await?;
                exchange.sent(bytes.len());
            }
            Step::Wire(bytes) => {
                writer.write_all(&bytes).await?;
                exchange.sent(bytes.len());
                exchange.end(End::Complete);
                return Ok(After::Close);
            }
            Step::Fail(fault) => {
                exchange.end(End::Broken);
                return fail(writer, fault).await;
            }
        }
    }
    if chunked {
        writer.write_all(b"0\r\n\r\n").await?;
    }
    exchange.end(End::Complete);
    Ok(After::Keep)
}

async fn fail(writer: &mut WriteHalf<'_>, fault: Fault) -> io::Result<After> {
    match fault {
        Fault::Cut => Ok(After::Close),
        Fault::Reset => {
            // Closing a socket that does not linger sends a reset instead of an orderly end.
            writer.as_ref().set_zero_linger()?;
            Ok(After::Close)
        }
        Fault::HalfClose => {
            writer.shutdown().await?;
            Ok(After::Linger)
        }
    }
}

fn head_text(head: &Head) -> String {
    let reason = http::StatusCode::from_u16(head.status).ok();
    let reason = reason
        .and_then(|status| status.canonical_reason())
        .unwrap_or("Scripted");
    let mut text = format!("HTTP/1.1 {} {reason}\r\n", head.status);
    let framing = match head.length {
        Some(length) => ("content-length".to_owned(), length.to_string()),
        None => ("transfer-encoding".to_owned(), "chunked".to_owned()),
    };
    let own = |name: &str| {
        head.headers
            .iter()
            .any(|(n, _)| n.eq_ignore_ascii_case(name))
    };
    let framing = (!own(&framing.0)).then_some(framing);
    for (name, value) in head.headers.iter().chain(framing.as_ref()) {
        // Writing to a string cannot fail.
        let _ = write!(text, "{name}: {value}\r\n");
    }
    text + "\r\n"
}

async fn write_piece(writer: &mut WriteHalf<'_>, bytes: &Bytes, chunked: bool) -> io::Result<()> {
    if !chunked {
        return writer.write_all(bytes).await;
    }
    // In one write, so that a client never sees the frame without its content.
    let mut framed = format!("{:x}\r\n", bytes.len()).into_bytes();
    framed.extend_from_slice(bytes);
    framed.extend_from_slice(b"\r\n");
    writer.write_all(&framed).await
}
