//! What faults, floods, repetitions and reloads do to a running server; where there is a row of the
//! fault matrix its id is in the name.

mod clients;
mod overload;
mod reload;
mod repeated;

/// Where chat completions are asked for.
const CHAT: &str = "/v1/chat/completions";

/// Two keys that may ask.
fn two_keys() -> String {
    use llm_core::gateway::auth::digest;
    use llm_core::types::secret::Secret;
    let key = |name: &str| {
        let digest = digest(&Secret::new(name)).to_hex();
        format!("\n[keys.{name}]\ndigest = \"{digest}\"\nscopes = [\"inference\"]\n")
    };
    format!("{}{}", key("flood"), key("quiet"))
}
