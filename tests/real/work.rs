//! The official client against the gateway with simulated models: embeddings, sound and pictures.

use std::net::TcpListener;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use llm_core::config::environment::Environment;
use llm_core::config::load::{self, LoadOptions};
use llm_core::gateway::runtime::Runtime;
use llm_server::app::{App, Options, Sources};
use llm_server::{instruments, serve};
use llm_testkit::env::TestEnvironment;
use llm_testkit::{cache, sdk};
use serde_json::{Value, json};
use tokio::sync::oneshot;

/// Runs a script against a gateway with simulated models.
fn against_the_demonstration(script: &str) -> Value {
    let environment = TestEnvironment::new();
    let home = environment.home();
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free loopback port");
    listener
        .set_nonblocking(true)
        .expect("a non-blocking listener");
    let address = listener.local_addr().expect("the port just bound");
    let (stop, stopped) = oneshot::channel::<()>();
    let serving = std::thread::spawn(move || {
        let loader = move || {
            let options = LoadOptions {
                demo: true,
                ..LoadOptions::default()
            };
            load::load(Environment::empty(&home).with_home(&home), &options)
        };
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .expect("a runtime");
        runtime.block_on(async {
            let loaded = loader().expect("the demonstration");
            let sources = Sources {
                loader: Box::new(loader),
                with_prompts: false,
                metrics: instruments::install(),
                runtime: Runtime::standard(Duration::from_secs(3)),
                options: Options::default(),
            };
            let app = App::start(sources, &loaded).expect("a gateway");
            let listener = tokio::net::TcpListener::from_std(listener).expect("a listener");
            tokio::select! {
                _ = serve::serve(listener, Arc::clone(&app)) => {}
                _ = stopped => {}
            }
        });
    });
    let script = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("real/clients")
        .join(script);
    let mut command = sdk::python();
    command.arg(script).arg(format!("http://{address}/v1"));
    let printed = cache::run(&mut command).expect("the client's script");
    drop(stop);
    serving.join().expect("a gateway that ended well");
    serde_json::from_str(&printed).unwrap_or_else(|error| panic!("{error}: {printed}"))
}

#[test]
fn the_python_client_embeds_speaks_listens_and_draws() {
    let seen = against_the_demonstration("work.py");
    assert_eq!(seen["vectors"], json!([16, 16]));
    assert_eq!(seen["floats"], true);
    assert_eq!(seen["embedding_tokens"], 4);
    assert_eq!(seen["sound"], json!(["audio/wav", "RIFF", true]));
    for name in ["text", "translated", "plain"] {
        let text = seen[name].as_str().unwrap_or_default();
        assert!(text.starts_with("[simulated] "), "{name}: {seen}");
    }
    assert_eq!(seen["pictures"], json!(["PNG", "PNG"]));
    assert_eq!(seen["edited"], 1);
    let refused = json!(["BadRequestError", 400, "no_candidate", "model"]);
    assert_eq!(seen["error"], refused);
}
