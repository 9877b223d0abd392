//! TLS: both protocols, certificates that are replaced, clients that do it wrong, files that are wrong.

mod client;

use std::time::Duration;

use llm_testkit::env::TestEnvironment;
use llm_testkit::gate::Gate;
use llm_testkit::reply::Reply;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use crate::support::{Setup, TestServer, question, streamed, until_closed};
use client::{Certificate, ask_h2, connect, shown};

const PROGRAM: &str = env!("CARGO_BIN_EXE_llm-server");
const CHAT: &str = "/v1/chat/completions";
const TLS: &str = "\n[server.tls]\ncert = \"tls.pem\"\nkey = \"tls.key\"\n";

fn setup(certificate: &Certificate) -> Setup {
    Setup::models(&["small"])
        .toml(TLS)
        .file("tls.pem", &certificate.pem)
        .file("tls.key", &certificate.key)
}

fn replace(server: &TestServer, certificate: &Certificate) {
    server.write("tls.pem", &certificate.pem);
    server.write("tls.key", &certificate.key);
}

fn head(method: &str, path: &str, length: usize) -> String {
    format!(
        "{method} {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\
         content-type: application/json\r\ncontent-length: {length}\r\n\r\n"
    )
}

#[tokio::test]
async fn both_protocols_are_spoken_over_tls() {
    let certificate = Certificate::new();
    let server = setup(&certificate).start().await;
    server.upstream.on("small").reply_text("four");
    let stream = connect(&server, &[&certificate], "h2").await;
    let (status, body) = ask_h2(stream, CHAT, &question("small")).await;
    assert_eq!(status, 200, "{body}");
    assert_eq!(body["choices"][0]["message"]["content"], "four");

    let mut stream = connect(&server, &[&certificate], "http/1.1").await;
    let request = head("GET", "/livez", 0);
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut reply = String::new();
    stream.read_to_string(&mut reply).await.unwrap();
    assert!(reply.starts_with("HTTP/1.1 200 "), "{reply}");
}

#[tokio::test]
async fn a_reload_changes_the_certificate_of_new_connections_and_an_open_stream_goes_on() {
    let (old, new) = (Certificate::new(), Certificate::new());
    let server = setup(&old).start().await;
    let gate = Gate::new();
    server
        .upstream
        .on("small")
        .reply(Reply::pieces(["fo", "ur"]).hold_before(1, &gate));
    let mut stream = connect(&server, &[&old], "http/1.1").await;
    let body = streamed("small").to_string();
    let request = head("POST", CHAT, body.len()) + &body;
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut text = Vec::new();
    while !String::from_utf8_lossy(&text).contains("\"fo\"") {
        assert_ne!(stream.read_buf(&mut text).await.unwrap(), 0);
    }
    replace(&server, &new);
    assert_eq!(
        shown(&server, &[&old]).await,
        old.der,
        "not before a reload"
    );
    server.app.reload().await.unwrap();
    assert_eq!(shown(&server, &[&new]).await, new.der);
    gate.open();
    stream.read_to_end(&mut text).await.unwrap();
    assert!(String::from_utf8_lossy(&text).contains("[DONE]"));
}

#[tokio::test]
async fn a_wrong_certificate_fails_the_reload_and_the_old_one_stays() {
    let (old, new) = (Certificate::new(), Certificate::new());
    let server = setup(&old).start().await;
    server.write("tls.key", &new.key);
    let Err(errors) = server.app.reload().await else {
        panic!("a key of another certificate was taken");
    };
    let text = errors.to_string();
    assert!(text.contains("tls.key: does not belong to"), "{text}");
    assert!(text.contains("server.tls.key"), "{text}");
    assert_eq!(shown(&server, &[&old]).await, old.der);
}

#[tokio::test]
async fn a_renewed_certificate_is_noticed_without_being_told() {
    let (old, new) = (Certificate::new(), Certificate::new());
    let server = setup(&old)
        .look_every(Duration::from_millis(1))
        .start()
        .await;
    // Half renewed, as between two steps of a tool that renews, is no reason to stop.
    server.write("tls.pem", &new.pem);
    for _ in 0..3 {
        assert_eq!(shown(&server, &[&old, &new]).await, old.der);
    }
    server.write("tls.key", &new.key);
    let renewed = async { while shown(&server, &[&old, &new]).await != new.der {} };
    tokio::time::timeout(Duration::from_secs(30), renewed)
        .await
        .unwrap();
}

#[tokio::test]
async fn plain_text_on_the_tls_port_gets_no_answer_and_harms_nobody() {
    let certificate = Certificate::new();
    let server = setup(&certificate).start().await;
    let reply = server.raw(head("GET", "/livez", 0).as_bytes()).await;
    assert!(!reply.contains("HTTP/1.1"), "{reply}");
    assert_eq!(shown(&server, &[&certificate]).await, certificate.der);
}

#[tokio::test(start_paused = true)]
async fn a_handshake_that_stalls_is_closed_and_holds_up_nobody() {
    let certificate = Certificate::new();
    let server = setup(&certificate).start().await;
    let mut stalled = Vec::new();
    for first in [&b""[..], b"\x16\x03\x01"] {
        let mut stream = server.connect().await;
        stream.write_all(first).await.unwrap();
        stalled.push(stream);
    }
    assert_eq!(shown(&server, &[&certificate]).await, certificate.der);
    let closed = async {
        for stream in &mut stalled {
            assert_eq!(until_closed(stream).await, "");
        }
    };
    tokio::time::timeout(Duration::from_secs(11), closed)
        .await
        .unwrap();
}

#[tokio::test]
async fn the_program_says_https_and_healthcheck_and_check_know_it() {
    let environment = TestEnvironment::new();
    let certificate = Certificate::until(2090);
    environment.write("tls.pem", &certificate.pem);
    environment.write("tls.key", &certificate.key);
    let tls = ["--demo", "--tls-cert", "tls.pem", "--tls-key", "tls.key"];
    let server = environment.serve(PROGRAM, &[&tls[..], &["--port", "0"]].concat());
    assert!(
        server.origin().starts_with("https://"),
        "{}",
        server.origin()
    );
    let port = server.origin().rsplit(':').next().unwrap().to_owned();
    let healthy = [&tls[..], &["--port", &port, "healthcheck", "--ready"]].concat();
    let health = environment.run(PROGRAM, &healthy);
    health.assert_code(0);
    assert!(health.stderr.contains("https://"), "{health}");
    let plain = environment.run(PROGRAM, &["--demo", "--port", &port, "healthcheck"]);
    plain.assert_code(5);
    let end = server.stop();
    end.assert_code(0);

    let check = [&tls[..], &["check", "--no-network"]].concat();
    let human = environment.run(PROGRAM, &check);
    human.assert_code(0);
    assert!(human.stderr.contains("valid until 2090-05-06"), "{human}");
    let machine = environment.run(PROGRAM, &[&check[..], &["--json"]].concat());
    let json = machine.json();
    assert_eq!(json["server"]["tls"]["expires"], "2090-05-06T00:00:00Z");
    assert!(json["server"]["descriptors"].is_u64(), "{json}");
}

#[test]
fn wrong_files_are_named_and_nothing_is_served() {
    let environment = TestEnvironment::new();
    let (one, other) = (Certificate::new(), Certificate::new());
    environment.write("good.pem", &one.pem);
    environment.write("good.key", &one.key);
    environment.write("other.key", &other.key);
    environment.write("empty", "");
    for (certificate, key, words) in [
        ("gone.pem", "good.key", "gone.pem: there is no such file"),
        ("good.pem", "gone.key", "gone.key: there is no such file"),
        (
            "good.pem",
            "other.key",
            "other.key: does not belong to the certificate",
        ),
        ("empty", "good.key", "empty: holds no certificate"),
        ("good.pem", "empty", "empty: holds no private key"),
        ("good.key", "good.key", "good.key: holds no certificate"),
        ("good.pem", "good.pem", "good.pem: holds no private key"),
        (".", "good.key", "cannot be read"),
    ] {
        let arguments = [
            "--demo",
            "--port",
            "0",
            "--tls-cert",
            certificate,
            "--tls-key",
            key,
        ];
        let check = [&arguments[..], &["check", "--no-network"]].concat();
        for run in [
            environment.run(PROGRAM, &arguments),
            environment.run(PROGRAM, &check),
        ] {
            run.assert_code(3);
            assert!(run.stderr.contains(words), "{words}: {run}");
            assert!(!run.to_string().contains("PRIVATE KEY"), "{run}");
        }
    }
    let half = environment.run(
        PROGRAM,
        &["--demo", "--port", "0", "--tls-cert", "good.pem"],
    );
    half.assert_code(3);
    assert!(half.stderr.contains("needs `key` beside it"), "{half}");
}

#[cfg(unix)]
#[test]
fn a_key_others_can_read_and_a_certificate_that_ends_are_warned_about() {
    use std::os::unix::fs::PermissionsExt as _;

    let environment = TestEnvironment::new();
    let ended = Certificate::until(2001);
    environment.write("tls.pem", &ended.pem);
    let key = environment.write("tls.key", &ended.key);
    let arguments = [
        "--demo",
        "--tls-cert",
        "tls.pem",
        "--tls-key",
        "tls.key",
        "check",
        "--no-network",
    ];
    for (mode, is_told) in [(0o644, true), (0o640, false)] {
        std::fs::set_permissions(&key, std::fs::Permissions::from_mode(mode)).unwrap();
        let run = environment.run(PROGRAM, &arguments);
        run.assert_code(0);
        assert_eq!(
            run.stderr.contains("can be read by other users"),
            is_told,
            "{run}"
        );
        assert!(
            run.stderr.contains("no longer valid since 2001-05-06"),
            "{run}"
        );
    }
}
