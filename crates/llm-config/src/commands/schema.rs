//! `llm-config schema`: the JSON Schema of the configuration file, for editors and checks.

use llm_console::program::Console;
use llm_console::report::Halt;
use llm_core::config::schema::json_schema;

/// Prints it.
pub(crate) fn run(console: &Console) -> Result<(), Halt> {
    console.ui.print_json(&json_schema())
}
