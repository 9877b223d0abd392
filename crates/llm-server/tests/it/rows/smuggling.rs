//! Requests that two parsers could read differently: refused, answered once, and never sent on.

use super::{CHAT, replies};
use crate::support::Setup;

/// Lengths that are none.
const LENGTHS: [&str; 14] = [
    "+2",
    "-2",
    "2 2",
    "0x2",
    "2,3",
    "2;3",
    "2.0",
    "1e1",
    "\u{b2}",
    "99999999999999999999999",
    "2\x0b",
    "\"2\"",
    "two",
    "2_0",
];

/// Two lengths.
const PAIRS: [(&str, &str); 5] = [("2", "3"), ("2", "0"), ("0", "2"), ("2", "+2"), ("2", "")];

/// Codings that are not known, or not the last.
const CODINGS: [&str; 12] = [
    "xchunked",
    "chunked, identity",
    "chunked, gzip",
    "gzip",
    "identity",
    "cow",
    "chunked-",
    "\"chunked\"",
    "chunked;q=1",
    "chunked\x0b",
    "chunke",
    "chunked\r\ntransfer-encoding: identity",
];

/// Names and values that are none.
const HEADERS: [&str; 13] = [
    "content-length : 2\r\n",
    " content-length: 2\r\n",
    "content-length\t: 2\r\n",
    "content length: 2\r\n",
    "content-length: 2\r\n folded\r\n",
    "x: a\r\n\tfolded\r\ncontent-length: 2\r\n",
    "x: a\rb\r\ncontent-length: 2\r\n",
    "x: a\0b\r\ncontent-length: 2\r\n",
    "x\0: a\r\ncontent-length: 2\r\n",
    ": a\r\ncontent-length: 2\r\n",
    "no colon\r\ncontent-length: 2\r\n",
    "(x): a\r\ncontent-length: 2\r\n",
    "x@y: a\r\ncontent-length: 2\r\n",
];

/// Chunks whose size is none, or not theirs.
const CHUNKS: [&str; 14] = [
    "x\r\n{}\r\n0\r\n\r\n",
    "-2\r\n{}\r\n0\r\n\r\n",
    "+2\r\n{}\r\n0\r\n\r\n",
    "0x2\r\n{}\r\n0\r\n\r\n",
    "2 2\r\n{}\r\n0\r\n\r\n",
    "\r\n{}\r\n0\r\n\r\n",
    "ffffffffffffffffff\r\n{}\r\n0\r\n\r\n",
    "2\n{}\r\n0\r\n\r\n",
    "2\r{}\r\n0\r\n\r\n",
    "2\r\n{}0\r\n\r\n",
    "1\r\n{}\r\n0\r\n\r\n",
    "2\r\n{}\n0\r\n\r\n",
    "g\r\n{}\r\n0\r\n\r\n",
    "2,2\r\n{}\r\n0\r\n\r\n",
];

/// First lines that are none.
const LINES: [&str; 10] = [
    "POST /v1/chat/completions HTTP/1.1 x",
    "POST  /v1/chat/completions HTTP/1.1",
    "POST /v1/chat/completions HTTP/9.9",
    "POST /v1/chat/completions http/1.1",
    "POST /v1/chat/completions",
    "PO ST /v1/chat/completions HTTP/1.1",
    "POST\t/v1/chat/completions\tHTTP/1.1",
    "POST /v1/chat/completions\0 HTTP/1.1",
    "\0POST /v1/chat/completions HTTP/1.1",
    "POST /v1/chat/completions HTTP/1.1\rx",
];

/// The head of a request and its body; `HOST` stands for where the server is.
fn vectors() -> Vec<(String, &'static str)> {
    let with = |headers: String, body| {
        let head = format!(
            "POST {CHAT} HTTP/1.1\r\nhost: HOST\r\ncontent-type: application/json\r\n{headers}\r\n"
        );
        (head, body)
    };
    let lengths = LENGTHS.map(|length| with(format!("content-length: {length}\r\n"), "{}"));
    let pairs = PAIRS.map(|(one, two)| {
        let headers = format!("content-length: {one}\r\ncontent-length: {two}\r\n");
        with(headers, "{}")
    });
    let codings = CODINGS.map(|coding| {
        let headers = format!("transfer-encoding: {coding}\r\n");
        with(headers, "2\r\n{}\r\n0\r\n\r\n")
    });
    let headers = HEADERS.map(|header| with(header.to_owned(), "{}"));
    let chunks = CHUNKS.map(|body| with("transfer-encoding: chunked\r\n".to_owned(), body));
    let lines = LINES.map(|line| {
        let rest = "host: HOST\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n";
        (format!("{line}\r\n{rest}"), "{}")
    });
    let all = lengths.into_iter().chain(pairs).chain(codings);
    all.chain(headers).chain(chunks).chain(lines).collect()
}

/// What a smuggler hopes is read as the next request.
const NEXT: &str = "GET /livez HTTP/1.1\r\nhost: HOST\r\nx-smuggled: yes\r\n\r\n";

#[tokio::test]
async fn t04_what_two_parsers_could_read_differently_is_refused_once_and_ends_the_connection() {
    let server = Setup::models(&["small"]).start().await;
    server.upstream.on_anything().reply_text("four");
    let vectors = vectors();
    assert!(vectors.len() >= 60, "{} vectors", vectors.len());
    for (head, body) in vectors {
        let sent = format!("{head}{body}{NEXT}").replace("HOST", server.authority());
        let reply = server.raw(sent.as_bytes()).await;
        let status: Option<u16> = reply.get(9..12).and_then(|status| status.parse().ok());
        // Closed without a word is a refusal too.
        assert!(
            reply.is_empty() || status.is_some_and(|status| (400..600).contains(&status)),
            "{head:?} {body:?}: {reply}"
        );
        assert!(replies(&reply) <= 1, "{head:?} {body:?}: {reply}");
    }
    assert_eq!(server.upstream.attempts().len(), 0);
    server.ask("small", 200).await;
}

#[tokio::test]
async fn t04_a_length_beside_a_coding_never_makes_two_requests_of_one() {
    let server = Setup::models(&["small"]).start().await;
    server.upstream.on_anything().reply_text("four");
    let smuggled = crate::support::question("smuggled").to_string();
    let hidden = format!(
        "POST {CHAT} HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{smuggled}",
        smuggled.len()
    );
    for headers in [
        "content-length: 5\r\ntransfer-encoding: chunked\r\n",
        "transfer-encoding: chunked\r\ncontent-length: 5\r\n",
        "transfer-encoding: Chunked\r\ncontent-length: 500\r\n",
    ] {
        let sent = format!(
            "POST {CHAT} HTTP/1.1\r\nhost: {}\r\ncontent-type: application/json\r\n{headers}\r\n0\r\n\r\n{hidden}",
            server.authority()
        );
        let mut stream = server.connect().await;
        tokio::io::AsyncWriteExt::write_all(&mut stream, sent.as_bytes())
            .await
            .unwrap();
        tokio::io::AsyncWriteExt::shutdown(&mut stream)
            .await
            .unwrap();
        let reply = crate::support::until_closed(&mut stream).await;
        assert!(replies(&reply) <= 1, "{headers:?}: {reply}");
    }
    assert_eq!(server.upstream.attempts().len(), 0);
}
