//! Framing: dialects, limits, and that cuts between chunks make no difference.

use std::convert::Infallible;

use bytes::Bytes;
use futures_util::StreamExt as _;
use futures_util::future::FutureExt as _;
use proptest::prelude::*;

use super::*;

/// The frames of `chunks`, and whether the stream was accepted to its end.
fn frames(framing: Framing, max: usize, chunks: &[&[u8]]) -> (Vec<Frame>, bool) {
    let mut framer = Framer::new(framing, max);
    let mut out = Vec::new();
    for chunk in chunks {
        if framer.push(chunk, &mut out).is_err() {
            return (out, false);
        }
    }
    let ok = framer.finish(&mut out).is_ok();
    (out, ok)
}

fn data(text: &str) -> Vec<String> {
    let (frames, ok) = frames(Framing::Sse, 1000, &[text.as_bytes()]);
    assert!(ok, "{text:?}");
    frames.into_iter().map(|frame| frame.data).collect()
}

#[test]
fn every_dialect_of_event_streams_is_read() {
    assert_eq!(data("data: a\n\ndata: b\n\n"), ["a", "b"]);
    assert_eq!(data("data: a\r\n\r\ndata: b\r\n\r\n"), ["a", "b"]);
    assert_eq!(data("data: a\r\rdata: b\r\r"), ["a", "b"]);
    assert_eq!(data("data:a\n\n"), ["a"]);
    assert_eq!(data("data:  a\n\n"), [" a"]);
    assert_eq!(data("\u{feff}data: a\n\n"), ["a"]);
    assert_eq!(data(": comment\n\n:\ndata: a\n\n"), ["a"]);
    assert_eq!(data("data: a\ndata\ndata: c\n\n"), ["a\n\nc"]);
    assert_eq!(data("id: 1\nretry: 5\nunknown: x\ndata: a\n\n"), ["a"]);
    assert_eq!(data("data: a\n"), ["a"]);
    assert_eq!(data("data: a"), ["a"]);
    assert_eq!(data("\n\n\r\n"), Vec::<String>::new());
    assert_eq!(data(""), Vec::<String>::new());
    assert_eq!(data("data: line\u{2028}sep\n\n"), ["line\u{2028}sep"]);
}

#[test]
fn the_event_name_belongs_to_its_event_only() {
    let body = b"event: error\ndata: 1\n\ndata: 2\nevent: late\n\nevent: lost\n\ndata: 3\n\n";
    let (frames, _) = frames(Framing::Sse, 100, &[body]);
    let names: Vec<_> = frames.iter().map(|frame| frame.event.as_str()).collect();
    assert_eq!(names, ["error", "late", ""]);
}

#[test]
fn a_document_in_place_of_a_stream_is_handed_over_whole() {
    let body = "\r\n{\n  \"error\": \"no\"\n}\n";
    assert_eq!(data(body), [body.trim()]);
    assert_eq!(data("<html>\n\n</html>"), ["<html>\n\n</html>"]);
    assert_eq!(data("\u{feff}[1]"), ["[1]"]);
}

#[test]
fn json_lines_need_no_final_line_end_and_skip_blank_ones() {
    let body = b"\xEF\xBB\xBF{\"a\":1}\r\n\n  \n{\"b\":\r2}";
    let (frames, ok) = frames(Framing::JsonLines, 100, &[body]);
    let data: Vec<_> = frames.iter().map(|frame| frame.data.as_str()).collect();
    assert!(ok);
    assert_eq!(data, ["{\"a\":1}", "{\"b\":\r2}"]);
}

#[test]
fn an_event_beyond_the_limit_is_refused_before_it_fills_the_memory() {
    let limit = 64;
    let mut framer = Framer::new(Framing::Sse, limit);
    let mut out = Vec::new();
    let refused = (0..1000).position(|_| framer.push(b"data: 0123456789", &mut out).is_err());
    assert!(refused.is_some());
    assert!(framer.held.len() <= limit);

    let lines = b"data: 0123456789\n".repeat(10);
    let (_, ok) = frames(Framing::Sse, limit, &[&lines]);
    assert!(!ok, "many lines of one event");
    let (_, ok) = frames(Framing::Sse, limit, &[&b" ".repeat(limit + 1)]);
    assert!(!ok, "blank space without end");
    let (_, ok) = frames(Framing::Sse, limit, &[&b"\n".repeat(limit + 1)]);
    assert!(ok, "line ends are nothing");
    let (events, ok) = frames(Framing::Sse, limit, &[&b"data: x\n\n".repeat(1000)]);
    assert!(ok);
    assert_eq!(events.len(), 1000);
}

#[test]
fn text_that_is_not_utf8_is_refused_not_replaced() {
    let (frames, ok) = frames(Framing::Sse, 100, &[b"data: ok\n\ndata: \xE4\xBD\n\n"]);
    assert!(!ok);
    assert_eq!(frames.len(), 1);
}

/// Pieces that streams are made of, well-formed and not.
fn pieces() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        Just("data: {\"x\":\"你好\"}".to_owned()),
        Just("data:".to_owned()),
        Just("event: delta".to_owned()),
        Just(": ping".to_owned()),
        Just("\n".to_owned()),
        Just("\r".to_owned()),
        Just("\r\n".to_owned()),
        Just("\u{feff}".to_owned()),
        "[ -~é你]{0,12}",
    ];
    proptest::collection::vec(piece, 0..24).prop_map(|pieces| pieces.concat().into_bytes())
}

fn cut<'a>(body: &'a [u8], cuts: &[prop::sample::Index]) -> Vec<&'a [u8]> {
    let mut places: Vec<usize> = cuts.iter().map(|cut| cut.index(body.len() + 1)).collect();
    places.sort_unstable();
    let mut chunks = Vec::new();
    let mut from = 0;
    for place in places {
        chunks.push(&body[from..place]);
        from = place;
    }
    chunks.push(&body[from..]);
    chunks
}

/// Events as another implementation reads them; it wants every event to end with a blank line.
fn oracle(body: Vec<u8>) -> Vec<(String, String)> {
    let chunks = futures_util::stream::iter([Ok::<_, Infallible>(Bytes::from(body))]);
    sse_stream::SseStream::from_bytes_stream(chunks)
        .filter_map(|event| {
            let event = event.expect("generated streams are well-formed");
            let named = event
                .data
                .map(|data| (event.event.unwrap_or_default(), data));
            std::future::ready(named)
        })
        .collect()
        .now_or_never()
        .expect("all bytes are there")
}

proptest! {
    #[test]
    fn frames_do_not_depend_on_where_the_bytes_are_cut(
        body in pieces(),
        cuts in proptest::collection::vec(any::<prop::sample::Index>(), 0..12),
        max in prop_oneof![Just(20_usize), Just(1000)],
        json in any::<bool>(),
    ) {
        let framing = if json { Framing::JsonLines } else { Framing::Sse };
        let whole = frames(framing, max, &[&body]);
        prop_assert_eq!(&frames(framing, max, &cut(&body, &cuts)), &whole);
        let bytes: Vec<&[u8]> = body.chunks(1).collect();
        prop_assert_eq!(&frames(framing, max, &bytes), &whole);
    }

    #[test]
    fn what_was_written_is_read(
        texts in proptest::collection::vec("[^\r\n]{0,20}", 1..6),
        end in prop_oneof![Just("\n"), Just("\r\n"), Just("\r")],
    ) {
        let body: String = texts.iter().flat_map(|text| ["data: ", text.as_str(), end, end]).collect();
        prop_assert_eq!(data(&body), texts);
    }

    #[test]
    fn another_implementation_reads_the_same(
        events in proptest::collection::vec(
            ("[a-z]{0,5}", proptest::collection::vec("[^\r\n]{0,8}", 0..4), any::<bool>()), 0..6),
        end in prop_oneof![Just("\n"), Just("\r\n"), Just("\r")],
    ) {
        let mut body = String::new();
        for (name, lines, comment) in events {
            if comment {
                body.extend([": still here", end]);
            }
            if !name.is_empty() {
                body.extend(["event: ", &name, end]);
            }
            for line in lines {
                body.extend(["data: ", &line, end]);
            }
            body.push_str(end);
        }
        let (ours, ok) = frames(Framing::Sse, 10_000, &[body.as_bytes()]);
        prop_assert!(ok);
        let ours: Vec<_> = ours.into_iter().map(|frame| (frame.event, frame.data)).collect();
        prop_assert_eq!(ours, oracle(body.into_bytes()));
    }
}
