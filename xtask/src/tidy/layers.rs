//! Inside `llm-core`, a module imports from layers below its own only.

use super::{Findings, rust};
use crate::workspace::Tree;

/// The top modules and their layers. Modules of one layer never import each other.
const LAYERS: &[(&str, u8)] = &[
    ("types", 0),
    ("telemetry", 1),
    ("config", 2),
    ("provider", 3),
    ("routing", 3),
    ("cooperation", 3),
    ("store", 3),
    ("gateway", 4),
    ("services", 5),
];

const SOURCES: &str = "crates/llm-core/src/";

fn layer(module: &str) -> Option<u8> {
    let found = LAYERS.iter().find(|(name, _)| *name == module);
    found.map(|(_, layer)| *layer)
}

pub(super) fn check(tree: &Tree, findings: &mut Findings) {
    for (path, text) in tree.ending(".rs") {
        let Some(module) = path
            .strip_prefix(SOURCES)
            .and_then(|path| path.strip_suffix(".rs"))
        else {
            continue;
        };
        let module: Vec<&str> = module.split('/').collect();
        // The root is nothing but the list of modules.
        let (Some(&own), true) = (module.first(), module != ["lib"]) else {
            continue;
        };
        let Some(own_layer) = layer(own) else {
            findings.add(
                path,
                1,
                format!("give `{own}` a place in the layer table of `xtask/src/tidy/layers.rs`"),
            );
            continue;
        };
        match rust::parse(text, &module) {
            Err(error) => findings.add(path, 1, format!("this is not Rust: {error}")),
            Ok(source) => {
                for top in source.tops.iter().filter(|top| top.name != own) {
                    if layer(&top.name).is_none_or(|layer| layer >= own_layer) {
                        let advice = format!(
                            "`{own}` (layer {own_layer}) must not import from `{}`; move what both need to a layer below",
                            top.name,
                        );
                        findings.add(path, top.line, advice);
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::lines;
    use super::*;

    #[test]
    fn imports_upwards_and_sideways_are_found() {
        let found = lines(
            check,
            &[
                (
                    "crates/llm-core/src/lib.rs",
                    "pub mod types; pub use crate::gateway::Gateway;",
                ),
                (
                    "crates/llm-core/src/types/plan.rs",
                    "use super::money::Price;\nuse crate::config::Config;",
                ),
                (
                    "crates/llm-core/src/routing.rs",
                    "use crate::types::plan::Plan;\nuse super::provider::Call;",
                ),
                (
                    "crates/llm-core/src/store/backends/memory.rs",
                    "use crate::{config::X, routing::Y};",
                ),
                (
                    "crates/llm-core/src/gateway/call.rs",
                    "use crate::provider::Call; use crate::types::x;",
                ),
                ("crates/llm-core/src/extra.rs", ""),
                ("crates/llm-core/src/config.rs", "fn broken( {"),
                ("crates/llm-server/src/lib.rs", "use crate::services::X;"),
            ],
        );
        let places: Vec<_> = found
            .iter()
            .map(|line| line.split(": ").next().unwrap_or_default())
            .collect();
        assert_eq!(
            places,
            [
                "crates/llm-core/src/config.rs:1",
                "crates/llm-core/src/extra.rs:1",
                "crates/llm-core/src/routing.rs:2",
                "crates/llm-core/src/store/backends/memory.rs:1",
                "crates/llm-core/src/types/plan.rs:2",
            ],
            "{found:#?}"
        );
    }
}
