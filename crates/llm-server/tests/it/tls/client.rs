//! Certificates made for a test, and a client that trusts one of them.

use std::sync::Arc;

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper_util::rt::{TokioExecutor, TokioIo};
use rcgen::{CertificateParams, KeyPair};
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use serde_json::Value;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use crate::support::TestServer;

/// A certificate of this machine and its key.
pub(crate) struct Certificate {
    pub(crate) pem: String,
    pub(crate) key: String,
    pub(crate) der: CertificateDer<'static>,
}

impl Certificate {
    pub(crate) fn new() -> Self {
        Self::until(2100)
    }

    /// Valid until May of this year.
    pub(crate) fn until(year: i32) -> Self {
        let names = ["localhost".to_owned(), "127.0.0.1".to_owned()];
        let mut params = CertificateParams::new(names).unwrap();
        params.not_after = rcgen::date_time_ymd(year, 5, 6);
        let key = KeyPair::generate().unwrap();
        let certificate = params.self_signed(&key).unwrap();
        Self {
            pem: certificate.pem(),
            key: key.serialize_pem(),
            der: certificate.der().clone(),
        }
    }
}

/// Connects, trusting these certificates and nothing else.
pub(crate) async fn connect(
    server: &TestServer,
    trusted: &[&Certificate],
    protocol: &str,
) -> TlsStream<TcpStream> {
    let mut roots = RootCertStore::empty();
    for one in trusted {
        roots.add(one.der.clone()).unwrap();
    }
    let mut config = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = vec![protocol.as_bytes().to_vec()];
    let name = ServerName::try_from("localhost").unwrap();
    let connector = TlsConnector::from(Arc::new(config));
    let stream = connector
        .connect(name, server.connect().await)
        .await
        .unwrap();
    assert_eq!(
        stream.get_ref().1.alpn_protocol(),
        Some(protocol.as_bytes())
    );
    stream
}

/// The certificate a new connection is shown.
pub(crate) async fn shown(
    server: &TestServer,
    trusted: &[&Certificate],
) -> CertificateDer<'static> {
    let stream = connect(server, trusted, "http/1.1").await;
    let shown = stream.get_ref().1.peer_certificates().unwrap();
    shown[0].clone().into_owned()
}

/// Asks over HTTP/2; status and JSON.
pub(crate) async fn ask_h2(stream: TlsStream<TcpStream>, path: &str, body: &Value) -> (u16, Value) {
    let (mut sender, connection) =
        hyper::client::conn::http2::handshake(TokioExecutor::new(), TokioIo::new(stream))
            .await
            .unwrap();
    let request = hyper::Request::post(format!("https://localhost{path}"))
        .header("content-type", "application/json")
        .body(Full::new(Bytes::from(body.to_string())))
        .unwrap();
    let answer = async {
        let response = sender.send_request(request).await.unwrap();
        let status = response.status().as_u16();
        assert_eq!(response.version(), http::Version::HTTP_2);
        let bytes = response.into_body().collect().await.unwrap().to_bytes();
        drop(sender);
        (status, serde_json::from_slice(&bytes).unwrap())
    };
    tokio::join!(answer, connection).0
}
