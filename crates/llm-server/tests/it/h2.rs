//! HTTP/2 frame by frame: what the server lets one connection do, and a client that opens streams only
//! to reset them.

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::support::{Setup, TestServer};

const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0";

const RST_STREAM: u8 = 3;
const SETTINGS: u8 = 4;
const GOAWAY: u8 = 7;
const WINDOW_UPDATE: u8 = 8;

struct Frame {
    kind: u8,
    payload: Vec<u8>,
}

async fn begin(server: &TestServer) -> TcpStream {
    let mut stream = server.connect().await;
    stream.write_all(PREFACE).await.unwrap();
    stream
}

async fn read(stream: &mut TcpStream) -> Frame {
    let mut head = [0; 9];
    stream.read_exact(&mut head).await.unwrap();
    let length = number(&head[..3]);
    let mut payload = vec![0; length];
    stream.read_exact(&mut payload).await.unwrap();
    Frame {
        kind: head[3],
        payload,
    }
}

fn number(bytes: &[u8]) -> usize {
    bytes
        .iter()
        .fold(0, |sum, byte| sum << 8 | usize::from(*byte))
}

fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
    let mut bytes = length[1..].to_vec();
    bytes.extend([kind, flags]);
    bytes.extend(stream.to_be_bytes());
    bytes.extend(payload);
    bytes
}

#[tokio::test]
async fn the_server_says_what_one_connection_may_do() {
    let server = Setup::demo().start().await;
    let mut stream = begin(&server).await;
    let settings = read(&mut stream).await;
    assert_eq!(settings.kind, SETTINGS);
    let said = |id: usize| {
        let pairs = settings.payload.chunks(6);
        let mut pairs = pairs.map(|pair| (number(&pair[..2]), number(&pair[2..])));
        pairs.find(|pair| pair.0 == id).map(|pair| pair.1)
    };
    assert_eq!(said(3), Some(100), "streams at once");
    assert_eq!(said(4), Some(64 * 1024), "window of a stream");
    assert_eq!(said(6), Some(64 * 1024), "size of a head");
    let window = loop {
        let frame = read(&mut stream).await;
        if frame.kind == WINDOW_UPDATE {
            break number(&frame.payload);
        }
    };
    assert_eq!(window + 65_535, 1024 * 1024, "window of a connection");
}

#[tokio::test]
async fn a_client_that_opens_streams_only_to_reset_them_is_sent_away() {
    let server = Setup::demo().start().await;
    let mut stream = begin(&server).await;
    // GET http://localhost/livez, in HPACK.
    let head = b"\x82\x86\x01\x09localhost\x04\x06/livez";
    let mut flood = Vec::new();
    for number in (1..400).step_by(2) {
        flood.extend(frame(1, 0b101, number, head));
        flood.extend(frame(RST_STREAM, 0, number, &8_u32.to_be_bytes()));
    }
    stream.write_all(&flood).await.unwrap();
    let reason = loop {
        let frame = read(&mut stream).await;
        if frame.kind == GOAWAY {
            break number(&frame.payload[4..8]);
        }
    };
    assert_eq!(reason, 0xb, "ENHANCE_YOUR_CALM");
    assert_eq!(server.get("/livez").send().await.status, 200);
}
