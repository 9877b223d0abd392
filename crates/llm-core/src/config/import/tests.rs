//! Files of the earlier program, read and taken over.

use super::*;
use crate::config::edit::{Action, Editor};
use crate::config::paths::Scope;
use crate::config::testing::Place;

const API_CONFIGS: &str = r#"{
  "global": { "base_url": "https://api2.aigcbest.top/v1", "api_key": "global-key-0001" },
  "models": {
    "custom_model": {
      "model_path": "provider/model-name", "api_base_url": "https://api2.aigcbest.top/v1",
      "api_key": "global-key-0001", "supported_tasks": ["text_generation"], "max_tokens": 4096, "temperature": 0.7
    },
    "other": {
      "model_path": "x", "api_base_url": "https://other.example/v1", "api_key": "other-key-0002",
      "supported_tasks": [], "max_tokens": 100, "temperature": 0.1, "enable_thinking": true, "max_model_len": 32768
    }
  }
}"#;

fn shown(imported: &Imported, key: &str) -> Option<String> {
    let node = imported.tree.get(&KeyPath::parse(key).unwrap())?;
    Some(node.exposed().to_string())
}

#[test]
fn the_earlier_file_becomes_a_provider_and_its_models() {
    let imported = read(API_CONFIGS, Path::new("/w/api_configs.json")).unwrap();
    assert_eq!(imported.format, Format::ApiConfigs);
    let shown = |key| shown(&imported, key);
    assert_eq!(shown("providers.default.kind").unwrap(), "\"aigcbest\"");
    assert_eq!(
        shown("models.custom_model.provider").unwrap(),
        "\"default\""
    );
    assert_eq!(
        shown("models.custom_model.base_url"),
        None,
        "said once, by the provider"
    );
    assert_eq!(shown("models.custom_model.api_key"), None);
    assert_eq!(
        shown("models.other.base_url").unwrap(),
        "\"https://other.example/v1\""
    );
    assert_eq!(shown("models.other.api_key").unwrap(), "\"other-key-0002\"");
    assert_eq!(shown("models.other.context").unwrap(), "32768");
    let unmapped: Vec<_> = imported.unmapped.iter().map(ToString::to_string).collect();
    assert_eq!(
        unmapped,
        ["/w/api_configs.json: models.other.enable_thinking: has no counterpart here"]
    );
    assert!(!format!("{imported:?}").contains("key-000"));
}

#[test]
fn an_import_is_taken_over_once_and_keys_go_to_the_owners_file() {
    let place = Place::new();
    let imported = read(API_CONFIGS, Path::new("/w/api_configs.json")).unwrap();
    let import = |replace: bool| {
        let loaded = place.load().unwrap();
        let editor = Editor::new(&loaded, &Scope::User).unwrap();
        editor.import(&imported, replace).unwrap()
    };
    assert_eq!(import(false).written.len(), 2);
    assert!(import(false).written.is_empty(), "again changes nothing");
    let loaded = place.load().unwrap();
    loaded.is_configured().unwrap();
    let key = |model: &str| {
        let deployment = &loaded.config.deployments(model).unwrap()[0];
        loaded
            .credential(deployment)
            .unwrap()
            .unwrap()
            .secret
            .expose()
            .to_owned()
    };
    assert_eq!(key("custom_model"), "global-key-0001");
    assert_eq!(key("other"), "other-key-0002");
    let config =
        std::io::read_to_string(std::fs::File::open(place.target().config).unwrap()).unwrap();
    assert!(!config.contains("key-000"), "{config}");
    let place = place.user("[models.other]\npath = \"mine\"\n");
    let loaded = place.load().unwrap();
    let editor = Editor::new(&loaded, &Scope::User).unwrap();
    let done = editor.import(&imported, false).unwrap();
    let other = done
        .changes
        .iter()
        .find(|change| change.key == "models.other")
        .unwrap();
    assert_eq!(other.action, Action::Kept);
    assert_eq!(
        place.load().unwrap().config.models["other"].path.as_deref(),
        Some("mine")
    );
}

#[test]
fn the_export_shape_is_read_back() {
    let text = r#"{"default_openai_config": {"base_url": "https://gw.example/v1", "api_key": "k"}, "models": {"m": {"model_path": "p", "tasks": ["math"]}}}"#;
    let imported = read(text, Path::new("/w/export.json")).unwrap();
    assert_eq!(imported.format, Format::Export);
    assert_eq!(
        shown(&imported, "providers.default.kind").unwrap(),
        "\"openai-compatible\""
    );
    assert_eq!(shown(&imported, "models.m.tasks").unwrap(), "[\"math\"]");
    assert_eq!(
        shown(&imported, "models.m.provider").unwrap(),
        "\"default\""
    );
}

#[test]
fn what_this_program_exports_in_the_earlier_shape_it_reads() {
    let place = Place::new()
        .user("default_provider = \"default\"\n[providers.default]\nkind = \"openai-compatible\"\nbase_url = \"https://gw.example/v1\"\n[models.m]\npath = \"p\"\ntasks = [\"math\"]\nmax_tokens = 7\ntemperature = 0.5\n")
        .secrets("[providers.default]\napi_key = \"the-key-0003\"\n");
    let options = crate::config::export::ExportOptions {
        with_secrets: true,
        resolved: false,
    };
    let text = crate::config::export::earlier_json(&place.load().unwrap(), options).unwrap();
    let imported = read(text.expose(), Path::new("/w/e.json")).unwrap();
    assert_eq!(imported.unmapped, []);
    assert_eq!(shown(&imported, "models.m.path").unwrap(), "\"p\"");
    assert_eq!(shown(&imported, "models.m.max_tokens").unwrap(), "7");
    assert_eq!(shown(&imported, "models.m.api_key"), None, "the provider's");
    assert_eq!(
        shown(&imported, "providers.default.api_key").unwrap(),
        "\"the-key-0003\""
    );
}

#[test]
fn a_dotenv_file_is_taken_over_with_vendors_and_without_strangers() {
    let imported = read(
        "# mine\nBASE_URL=https://gw.example/v1\nAPI_KEY=k\nDEEPSEEK_API_KEY=d\nSERVER_PORT=9\nDATABASE=x\n",
        Path::new("/w/API_Key_DeepSeek.env"),
    )
    .unwrap();
    assert_eq!(imported.format, Format::Dotenv);
    assert_eq!(
        shown(&imported, "providers.default.base_url").unwrap(),
        "\"https://gw.example/v1\""
    );
    assert_eq!(
        shown(&imported, "providers.deepseek.api_key").unwrap(),
        "\"d\""
    );
    assert_eq!(shown(&imported, "server.port").unwrap(), "9");
    assert_eq!(imported.unmapped.len(), 1);
    assert!(imported.unmapped[0].message.starts_with("DATABASE"));
}

#[test]
fn what_is_neither_is_refused_with_its_place() {
    let broken = read("{\n  \"models\": ,\n", Path::new("/w/x.json")).unwrap_err();
    assert!(broken.to_string().starts_with("/w/x.json:2:"), "{broken}");
    assert!(read("{\"a\": 1}", Path::new("/w/x.json")).is_err());
    assert!(read("a = \n", Path::new("/w/x.toml")).is_err());
    assert_eq!(
        read("[server]\nport = 1\n", Path::new("/w/x.toml"))
            .unwrap()
            .format,
        Format::Toml
    );
}

#[test]
fn files_of_the_earlier_program_are_found() {
    let place = Place::new()
        .work_file("api_configs.json", "{}")
        .work_file("other.json", "{}");
    assert_eq!(
        find_earlier(&place.work()),
        [place.work().join("api_configs.json")]
    );
}

#[test]
fn a_file_learns_its_version_once_and_its_former_text_is_kept() {
    let place = Place::new().user("# mine\n[server]\nport = 1\n");
    let migrate = || {
        let loaded = place.load().unwrap();
        Editor::new(&loaded, &Scope::User)
            .unwrap()
            .migrate()
            .unwrap()
    };
    let done = migrate();
    assert_eq!(done.written.len(), 2);
    let read = |path: &Path| std::io::read_to_string(std::fs::File::open(path).unwrap()).unwrap();
    assert_eq!(read(&done.written[1]), "# mine\n[server]\nport = 1\n");
    assert!(read(&done.written[0]).contains("schema_version = 1\n"));
    assert!(migrate().is_unchanged());
}
