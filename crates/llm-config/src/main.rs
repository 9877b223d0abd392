//! The `llm-config` program: everything is in the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    llm_config::cli::main()
}
