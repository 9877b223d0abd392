//! The bare names of the earlier programs, in `.env` and in the environment: aliases of the lowest
//! rank, above what is built in and below every file.
//!
//! A name without our prefix may be meant for somebody else, so a value that makes no sense is
//! passed over with a warning. The provider they describe is called `default`.

use super::error::ConfigError;
use super::key::KeyPath;
use super::source::{Layer, Origin};
use super::tree::Node;
use super::values;
use super::variables::Variables;

/// The provider that `BASE_URL` and `API_KEY` describe.
pub const PROVIDER: &str = "default";

/// The vendor the earlier program called where nothing named another address.
const EARLIER_VENDOR: &str = "aigcbest";

/// The names and what each sets. The first of several names for one key wins.
pub const NAMES: &[(&str, &str)] = &[
    ("BASE_URL", "providers.default.base_url"),
    ("API_KEY", "providers.default.api_key"),
    ("MODEL", "routing.default_model"),
    ("LOG_LEVEL", "logging.level"),
    ("SERVER_HOST", "server.host"),
    ("SERVER_PORT", "server.port"),
    ("PORT", "server.port"),
    ("ENABLE_METRICS", "server.metrics"),
    ("METRICS_PORT", "server.ops_listen"),
    ("MAX_CONCURRENT_REQUESTS", "limits.max_concurrent_requests"),
    ("REQUEST_TIMEOUT", "limits.total_ms"),
];

/// Reads the names. The provider is left out when something else configures providers;
/// `is_known` tells the names of models there are.
pub(super) fn read(
    variables: &Variables,
    with_provider: bool,
    is_known: &dyn Fn(&str) -> bool,
    warnings: &mut Vec<ConfigError>,
) -> Node {
    let mut tree = Node::empty(Origin::BUILT_IN);
    for (name, key) in NAMES {
        let Some((text, origin)) = variables.get(name) else {
            continue;
        };
        let Ok(path) = KeyPath::parse(key) else {
            continue;
        };
        if path.names().first() == Some(&"providers") || tree.get(&path).is_some() {
            continue;
        }
        match translated(name, &path, text) {
            Ok(value) => tree.put(&path, Node::new(value, &origin, &path)),
            Err(what) => warnings.push(
                ConfigError::invalid(format!("{name} is ignored: {what}")).from_origin(&origin),
            ),
        }
    }
    if with_provider && add_provider(&mut tree, variables, warnings) {
        add_model(&mut tree, variables, is_known);
    }
    tree
}

fn translated(name: &str, path: &KeyPath, text: &str) -> Result<toml::Value, String> {
    let value = match name {
        "LOG_LEVEL" => match text.to_ascii_lowercase().as_str() {
            level @ ("error" | "warn" | "info" | "debug" | "trace") => level.to_owned(),
            "warning" => "warn".to_owned(),
            "critical" | "fatal" => "error".to_owned(),
            _ => return Err(format!("`{text}` is not a log level")),
        },
        "METRICS_PORT" => match text.parse::<u16>() {
            Ok(port) => format!("127.0.0.1:{port}"),
            Err(_) => return Err(format!("`{text}` is not a port")),
        },
        "REQUEST_TIMEOUT" => match text.parse::<f64>() {
            Ok(seconds) if seconds > 0.0 && seconds < 1e6 => format!("{:.0}", seconds * 1000.0),
            _ => return Err(format!("`{text}` is not a number of seconds")),
        },
        _ => text.to_owned(),
    };
    values::parse(path, &value).map_err(|error| error.message.clone())
}

fn add_provider(tree: &mut Node, variables: &Variables, warnings: &mut Vec<ConfigError>) -> bool {
    let key = variables.get("API_KEY");
    let mut address = variables.get("BASE_URL");
    if let (Some((_, from)), Some((_, key_from))) = (&address, &key)
        && from.layer == Layer::Dotenv
        && key_from.layer != Layer::Dotenv
    {
        // Whoever wrote the directory's `.env` would choose where the user's own key is sent.
        warnings.push(
            ConfigError::invalid(
                "BASE_URL is ignored: the API_KEY of the environment is not sent to an address that a .env file names",
            )
            .from_origin(from)
            .with_hint("set both in one place, or add the provider with `llm-config add-provider`"),
        );
        address = None;
    }
    let Some((_, origin)) = address.as_ref().or(key.as_ref()) else {
        return false;
    };
    let provider = KeyPath::of(["providers", PROVIDER]);
    let mut put = |name: &str, value: toml::Value, origin: &Origin| {
        let path = provider.child(name);
        tree.put(&path, Node::new(value, origin, &path));
    };
    let kind = kind_of_address(address.as_ref().map(|(url, _)| *url));
    put("kind", kind.into(), origin);
    if let Some((url, origin)) = &address {
        put("base_url", (*url).into(), origin);
    }
    if let Some((secret, origin)) = &key {
        put("api_key", (*secret).into(), origin);
        if address.is_none() {
            warnings.push(
                ConfigError::invalid(
                    "API_KEY is used for aigcbest, the address where BASE_URL names none",
                )
                .from_origin(origin),
            );
        }
    }
    true
}

/// The vendor an address belongs to; the earlier program's own where there is none.
pub(super) fn kind_of_address(address: Option<&str>) -> &'static str {
    match address {
        Some(url) if !is_earlier_vendor(url) => "openai-compatible",
        _ => EARLIER_VENDOR,
    }
}

fn is_earlier_vendor(address: &str) -> bool {
    url::Url::parse(address)
        .ok()
        .and_then(|url| url.host_str().map(str::to_owned))
        .is_some_and(|host| host == "aigcbest.top" || host.ends_with(".aigcbest.top"))
}

/// `MODEL` may name one that only the address knows.
fn add_model(tree: &mut Node, variables: &Variables, is_known: &dyn Fn(&str) -> bool) {
    let Some((name, origin)) = variables.get("MODEL").filter(|(name, _)| !is_known(name)) else {
        return;
    };
    let model = KeyPath::of(["models", name]);
    for (key, value) in [("provider", PROVIDER), ("path", name)] {
        let path = model.child(key);
        tree.put(&path, Node::new(value.into(), &origin, &path));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::dotenv::DotEnv;
    use crate::config::environment::Environment;

    fn reading(process: &[(&str, &str)], dotenv: &str) -> (String, Vec<String>) {
        let environment = process
            .iter()
            .fold(Environment::empty("/w"), |env, (name, value)| {
                env.with(name, value)
            });
        let (dotenv, warnings) = DotEnv::parse(dotenv, "/w/.env".into());
        assert_eq!(warnings, []);
        let variables = Variables {
            environment,
            dotenv,
        };
        let mut warnings = Vec::new();
        let tree = read(&variables, true, &|name| name == "qwen3_8b", &mut warnings);
        let text = toml::to_string(&tree.exposed()).unwrap();
        (text, warnings.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn every_documented_name_works_and_the_process_wins() {
        let (text, warnings) = reading(
            &[("LOG_LEVEL", "WARNING"), ("SERVER_PORT", "9001")],
            "BASE_URL=http://localhost:8000/v1\nAPI_KEY=k\nMODEL=mine\nLOG_LEVEL=DEBUG\nSERVER_HOST=0.0.0.0\nSERVER_PORT=8080\nENABLE_METRICS=false\nMETRICS_PORT=9090\nMAX_CONCURRENT_REQUESTS=100\nREQUEST_TIMEOUT=60.0\n",
        );
        assert!(warnings.is_empty(), "{warnings:?}");
        let table: toml::Table = toml::from_str(&text).unwrap();
        let expected: toml::Table = toml::from_str(
            "[providers.default]\nkind = \"openai-compatible\"\nbase_url = \"http://localhost:8000/v1\"\napi_key = \"k\"\n[models.mine]\nprovider = \"default\"\npath = \"mine\"\n[routing]\ndefault_model = \"mine\"\n[logging]\nlevel = \"warn\"\n[server]\nhost = \"0.0.0.0\"\nport = 9001\nmetrics = false\nops_listen = \"127.0.0.1:9090\"\n[limits]\nmax_concurrent_requests = 100\ntotal_ms = 60000\n",
        )
        .unwrap();
        assert_eq!(table, expected);
    }

    #[test]
    fn the_earlier_vendor_is_known_by_its_address_and_is_the_default() {
        let (text, _) = reading(&[], "BASE_URL=https://api2.aigcbest.top/v1\nAPI_KEY=k\n");
        assert!(text.contains("kind = \"aigcbest\""), "{text}");
        let (text, warnings) = reading(&[("API_KEY", "k")], "");
        assert!(text.contains("kind = \"aigcbest\""), "{text}");
        assert!(
            warnings[0].contains("aigcbest"),
            "said, not silent: {warnings:?}"
        );
        let (text, _) = reading(
            &[],
            "BASE_URL=https://aigcbest.top.evil.example/v1\nAPI_KEY=k\n",
        );
        assert!(text.contains("kind = \"openai-compatible\""), "{text}");
    }

    #[test]
    fn the_users_key_is_never_joined_with_an_address_of_a_dotenv_file() {
        let (text, warnings) = reading(
            &[("API_KEY", "users-key")],
            "BASE_URL=https://evil.example/v1\nAPI_KEY=theirs\n",
        );
        assert!(!text.contains("evil"), "{text}");
        assert!(
            warnings[0].starts_with("/w/.env:1: BASE_URL is ignored"),
            "{warnings:?}"
        );
        let (text, _) = reading(&[("BASE_URL", "https://mine.example/v1")], "API_KEY=k\n");
        assert!(
            text.contains("mine.example"),
            "the user's own address is kept: {text}"
        );
    }

    #[test]
    fn a_value_that_makes_no_sense_is_passed_over_with_a_warning() {
        let (text, warnings) = reading(&[("PORT", "tcp://10.0.0.1:80"), ("LOG_LEVEL", "loud")], "");
        assert_eq!(text, "");
        assert_eq!(warnings.len(), 2, "{warnings:?}");
        assert!(warnings[0].starts_with("environment variable LOG_LEVEL: LOG_LEVEL is ignored"));
    }

    #[test]
    fn every_name_sets_a_key_that_exists() {
        for (name, key) in NAMES {
            let path = KeyPath::parse(key).unwrap();
            assert!(crate::config::schema::at(&path).is_some(), "{name}");
        }
    }
}
