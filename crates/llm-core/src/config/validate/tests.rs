//! One configuration for each mistake, and one without any.

use super::*;
use crate::config::testing::Place;
use crate::types::code::Code;

const KNOWN: KnownNames<'_> = KnownNames {
    vendors: &[
        "openai",
        "deepseek",
        "demo",
        "aigcbest",
        "openai-compatible",
    ],
    strategies: &["auto", "cost", "quality", "priority"],
    modes: &["voting", "parallel"],
    integrators: &["majority", "voting"],
};

fn findings(text: &str) -> Findings {
    validate(&Place::new().user(text).load().unwrap(), &KNOWN)
}

fn texts(list: &[ConfigError]) -> Vec<String> {
    list.iter().map(ToString::to_string).collect()
}

/// Asserts that a file has exactly one error, at a line and key, with these words.
fn wrong(text: &str, line: u32, key: &str, words: &str) {
    let errors = findings(text).errors;
    assert_eq!(errors.len(), 1, "{text}\n{:#?}", texts(&errors));
    let error = &errors[0];
    assert_eq!(error.code, Code::ConfigInvalid);
    assert_eq!(
        (error.line, error.key.as_deref()),
        (Some(line), Some(key)),
        "{error}"
    );
    assert!(error.to_string().contains(words), "{words}: {error}");
    assert!(error.file.is_some());
}

const BASE: &str = "[providers.openai]\n[models.m]\nprovider = \"openai\"\n";

#[test]
fn a_sound_configuration_has_no_findings() {
    let found = findings(
        "schema_version = 1\ndefault_provider = \"openai\"\n[providers.openai]\n[providers.local]\nkind = \"openai-compatible\"\nbase_url = \"http://127.0.0.1:8000/v1\"\nheaders = { x-team = \"a\" }\n[models.m]\npath = \"gpt-6.1-sol\"\nprice = { input = 2, output = 10, date = \"2026-11-22\" }\ntemperature = 0\n[models.n]\nprovider = \"local\"\ncapabilities = [\"vision\", \"tools\"]\n[aliases]\na = \"m\"\nb = \"a\"\nr2 = \"r\"\n[routes.r]\nmodels = [\"a\", \"n\"]\nstrategy = \"cost\"\nmode = \"voting\"\nintegrate = \"majority\"\njudge = \"m\"\nmax_cost = \"0.02 USD\"\n[tasks.math]\nprimary = [\"m\"]\n[routing]\ndefault_model = \"cooperate/voting\"\n[keys.ci]\ndigest = \"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\"\nscopes = [\"inference\"]\nexpires = \"2027-01-01T00:00:00Z\"\nmodels = [\"m\"]\n[server]\nops_listen = \"127.0.0.1:9090\"\ncors_origins = [\"https://app.example\"]\n",
    );
    assert_eq!(texts(&found.errors), [""; 0]);
    assert_eq!(texts(&found.warnings), [""; 0]);
}

#[test]
fn nothing_and_the_demo_are_sound() {
    for demo in [false, true] {
        let options = crate::config::load::LoadOptions {
            demo,
            ..Default::default()
        };
        let loaded = Place::new().load_with(&options).unwrap();
        let found = validate(&loaded, &KNOWN);
        assert_eq!(texts(&found.errors), [""; 0]);
        assert_eq!(texts(&found.warnings), [""; 0]);
    }
}

/// A file, and the line, key and words of its one error. `@` stands for [`BASE`].
type Case = (&'static str, u32, &'static str, &'static str);

const NAMES: &[Case] = &[
    (
        "[providers.x]\nkind = \"opanai\"\n",
        2,
        "providers.x.kind",
        "did you mean `openai`",
    ),
    ("[providers.mine]\n", 1, "providers.mine", "no `kind` says"),
    (
        "[providers.x]\nkind = \"openai-compatible\"\n",
        1,
        "providers.x",
        "has no address",
    ),
    (
        "[providers.openai]\n[models.m]\nprovider = \"opnai\"\n",
        3,
        "models.m.provider",
        "did you mean `openai`",
    ),
    (
        "[providers.openai]\n[providers.deepseek]\n[models.m]\n",
        3,
        "models.m",
        "there are several",
    ),
    (
        "default_provider = \"gone\"\n",
        1,
        "default_provider",
        "there is no provider `gone`",
    ),
    (
        "@[[models.m.deployments]]\nprovider = \"gone\"\n",
        5,
        "models.m.deployments[0].provider",
        "no provider",
    ),
    (
        "@[aliases]\na = \"mm\"\n",
        5,
        "aliases.a",
        "there is no model `mm`",
    ),
    (
        "@[routes.r]\nmodels = [\"m\", \"mn\"]\n",
        5,
        "routes.r.models[1]",
        "did you mean `m`",
    ),
    (
        "@[routes.r]\njudge = \"r\"\n",
        5,
        "routes.r.judge",
        "is a route",
    ),
    (
        "@[routes.r]\nstrategy = \"csot\"\n",
        5,
        "routes.r.strategy",
        "did you mean `cost`",
    ),
    (
        "@[routes.r]\nmode = \"vote\"\n",
        5,
        "routes.r.mode",
        "one of voting, parallel",
    ),
    (
        "@[routes.r]\nintegrate = \"x\"\n",
        5,
        "routes.r.integrate",
        "no integration strategy",
    ),
    (
        "@[routing]\nstrategy = \"x\"\n",
        5,
        "routing.strategy",
        "one of auto, cost, quality, priority",
    ),
    (
        "@[routing]\ndefault_model = \"x\"\n",
        5,
        "routing.default_model",
        "no model `x`",
    ),
    (
        "@[cooperation]\njudge = \"x\"\n",
        5,
        "cooperation.judge",
        "no model",
    ),
    ("@[routes.m]\n", 2, "models.m", "there is a route `m` too"),
];

#[test]
fn names_that_lead_nowhere() {
    for (text, line, key, words) in NAMES {
        wrong(&text.replace('@', BASE), *line, key, words);
    }
}

#[test]
fn aliases_in_a_circle() {
    let errors = findings(&format!("{BASE}[aliases]\na = \"b\"\nb = \"a\"\n")).errors;
    assert_eq!(errors.len(), 2);
    assert!(errors.iter().all(|error| error.message.contains("circle")));
}

const VALUES: &[Case] = &[
    (
        "@temperature = 2.1\n",
        4,
        "models.m.temperature",
        "not between 0 and 2",
    ),
    ("@top_p = -0.1\n", 4, "models.m.top_p", "not between"),
    ("@quality = 1.5\n", 4, "models.m.quality", "not between"),
    ("@quality = nan\n", 4, "models.m.quality", "not between"),
    ("@max_tokens = 0\n", 4, "models.m.max_tokens", "above 0"),
    (
        "@max_tokens = 9\ncontext = 8\n",
        4,
        "models.m.max_tokens",
        "whole context",
    ),
    (
        "@capabilities = [\"visoin\"]\n",
        4,
        "models.m.capabilities[0]",
        "did you mean `vision`",
    ),
    (
        "@price = { input = 1, output = 1, currency = \"dollars\" }\n",
        4,
        "models.m.price.currency",
        "three-letter",
    ),
    (
        "@price = { input = 1, output = 1, date = \"yesterday\" }\n",
        4,
        "models.m.price.date",
        "not a date",
    ),
    (
        "[routing]\nhealth_threshold = 2\n",
        2,
        "routing.health_threshold",
        "not between",
    ),
    (
        "[cooperation]\nmax_cost = \"much\"\n",
        2,
        "cooperation.max_cost",
        "not an amount of money",
    ),
    (
        "[cooperation]\nmembers = 20\n",
        2,
        "cooperation.members",
        "max_members",
    ),
    (
        "[limits]\nconnect_ms = 0\n",
        2,
        "limits.connect_ms",
        "above 0",
    ),
    (
        "[limits]\nbackoff_ms = 20000\n",
        2,
        "limits.backoff_ms",
        "max_backoff_ms",
    ),
    (
        "[server]\nhost = \"not a host\"\n",
        2,
        "server.host",
        "not an address",
    ),
    (
        "[server]\nops_listen = \"9090\"\n",
        2,
        "server.ops_listen",
        "HOST:PORT",
    ),
    (
        "[server.tls]\ncert = \"c.pem\"\n",
        2,
        "server.tls.cert",
        "needs `key`",
    ),
    (
        "[server]\ntls = { cert = \"c.pem\", key = \" \" }\n",
        2,
        "server.tls.key",
        "is empty",
    ),
    (
        "[server]\ncors_origins = [\"app.example/x\"]\n",
        2,
        "server.cors_origins[0]",
        "not an origin",
    ),
    (
        "[logging]\nformat = \"xml\"\n",
        2,
        "logging.format",
        "one of pretty, json",
    ),
];

#[test]
fn values_out_of_range() {
    for (text, line, key, words) in VALUES {
        wrong(&text.replace('@', BASE), *line, key, words);
    }
}

#[test]
fn addresses_that_cannot_or_must_not_be_used() {
    let base = |url: &str| format!("[providers.openai]\nbase_url = \"{url}\"\n");
    let key = "providers.openai.base_url";
    wrong(&base("api.example/v1"), 2, key, "is not a URL");
    wrong(&base("ftp://api.example"), 2, key, "`ftp` addresses");
    wrong(
        &base("https://me:pass@api.example/v1"),
        2,
        key,
        "name or password",
    );
    wrong(&base("https://api.example/v1?key=1"), 2, key, "has a `?`");
    let text = findings(&base("https://me:hunter2@api.example/v1")).errors[0].to_string();
    assert!(!text.contains("hunter2"), "{text}");
    assert!(
        findings(&base("http://api.example/v1")).warnings[0]
            .message
            .contains("not encrypted")
    );
    for fine in [
        "http://127.0.0.1:1/v1",
        "http://ollama:11434",
        "http://10.0.0.5/v1",
        "demo://local",
    ] {
        let found = findings(&base(fine));
        assert!(
            found.errors.is_empty() && found.warnings.is_empty(),
            "{fine}"
        );
    }
    wrong(
        "[providers.openai]\nproxy = \"nowhere\"\n",
        2,
        "providers.openai.proxy",
        "not a proxy",
    );
}

#[test]
fn gateway_keys() {
    let digest = "0".repeat(64);
    wrong(
        "[keys.k]\ndigest = \"short\"\n",
        2,
        "keys.k.digest",
        "llm-server keys create",
    );
    wrong(
        &format!("[keys.k]\ndigest = \"{digest}\"\nscopes = [\"root\"]\n"),
        3,
        "keys.k.scopes[0]",
        "one of inference, admin",
    );
    wrong(
        &format!("[keys.k]\ndigest = \"{digest}\"\nexpires = \"soon\"\n"),
        3,
        "keys.k.expires",
        "not a time",
    );
}

#[test]
fn what_is_odd_but_works_is_a_warning() {
    let warned = |text: &str, words: &str| {
        let found = findings(text);
        assert_eq!(texts(&found.errors), [""; 0], "{text}");
        let all = texts(&found.warnings);
        assert!(
            all.iter().any(|warning| warning.contains(words)),
            "{words}: {all:#?}"
        );
    };
    warned(&format!("{BASE}[aliases]\nm = \"m\"\n"), "is never used");
    warned(
        &format!("{BASE}[tasks.math]\nprimary = [\"gone\"]\n"),
        "passed over",
    );
    warned(
        &format!("{BASE}disabled = true\n[routes.r]\nmodels = [\"m\"]\n"),
        "every model of this route is disabled",
    );
    warned(
        "[providers.openai]\napi_key = \"sk-0123456789abcdef\"\n",
        "a file that is not for keys",
    );
    warned(
        "[providers.openai]\nheaders = { authorization = \"Bearer x\" }\n",
        "looks like a credential",
    );
    warned(
        "[providers.openai]\n[models.\"gpt-6.1-sol\"]\nprice = { input = 0.002, output = 0.01 }\n",
        "list price (2 and 10)",
    );
}

#[test]
fn a_price_that_jumps_is_told() {
    let load = |price: &str| {
        let text = format!("[providers.openai]\n[models.m]\nprice = {price}\n");
        Place::new().user(&text).load().unwrap()
    };
    let old = load("{ input = 1, output = 2 }").config;
    assert_eq!(price_jumps(&old, &load("{ input = 1, output = 19 }")), []);
    let jumps = price_jumps(&old, &load("{ input = 0.001, output = 2 }"));
    assert!(jumps[0].to_string().contains("config.toml:3:"), "{jumps:?}");
    assert_eq!(
        price_jumps(
            &old,
            &load("{ input = 9, output = 90, currency = \"CNY\" }")
        ),
        []
    );
}

#[test]
fn keys_that_cannot_be_had_are_errors_and_doubtful_ones_warnings() {
    let check = |place: &Place| check_secrets(&place.load().unwrap());
    let place = Place::new().user("[providers.openai]\napi_key = { env = \"GONE\" }\n[models.a]\nprovider = \"openai\"\n[models.b]\nprovider = \"openai\"\n");
    let found = check(&place);
    assert_eq!(found.errors.len(), 1, "once for a provider");
    assert_eq!(found.errors[0].code, Code::MissingCredential);
    let found = check(&place.with("GONE", "YOUR_API_KEY"));
    assert!(found.errors.is_empty() && found.warnings[0].message.contains("placeholder"));
    let found =
        check(&Place::new().user("[providers.openai]\n[models.a]\nprovider = \"openai\"\n"));
    assert!(
        found.warnings[0]
            .to_string()
            .contains("or set OPENAI_API_KEY"),
        "{:?}",
        found.warnings
    );
}
