//! Candidates and registries for the tests of this module.

use std::sync::Arc;

use tokio::time::Instant;

use crate::types::clock::{Clock as _, SystemClock};
use crate::types::money::{Currency, Price};
use crate::types::plan::{Candidate, Fit, HealthSnapshot};
use crate::types::task::{Capabilities, Difficulty, Language, TaskName, TaskProfile};

/// A candidate nothing particular is known about.
pub(super) fn candidate(name: &str) -> Candidate {
    Candidate {
        deployment: name.into(),
        model: name.into(),
        provider: "provider".into(),
        tasks: Arc::from([]),
        capabilities: Capabilities::NONE,
        context: None,
        max_output: None,
        price: None,
        quality: None,
        weight: 1.0,
        priority: 0,
        fit: Fit::Untold,
        health: HealthSnapshot::default(),
    }
}

/// A candidate with task tags.
pub(super) fn tagged(name: &str, tags: &[&str]) -> Candidate {
    Candidate {
        tasks: tags.iter().map(|tag| (*tag).to_owned()).collect(),
        ..candidate(name)
    }
}

/// A price of whole units per million tokens.
pub(super) fn price(input: i64, output: i64, currency: Currency) -> Arc<Price> {
    Arc::new(Price {
        currency,
        input: input * 1_000_000,
        output: output * 1_000_000,
        ..Price::free()
    })
}

/// The registry of the earlier system, with the model its command line used by default.
/// Nothing has a price or a measured quality.
pub(super) fn earlier_registry() -> Vec<Candidate> {
    let text = [
        "text_generation",
        "summarization",
        "translation",
        "extraction",
    ];
    let reasoning = ["reasoning", "math", "logic", "code_debug"];
    let mut registry = vec![
        tagged(
            "qwen3_32b_router",
            &["routing", "analysis", "classification"],
        ),
        tagged("qwen3_32b_reasoning", &reasoning),
        tagged("qwen3_8b", &text),
        tagged(
            "qwen2_5_vl_72b",
            &["vision", "multimodal", "image_analysis", "chart_analysis"],
        ),
        tagged("qwen2_5_7b", &text),
        tagged("qwen3_32b", &reasoning),
    ];
    for candidate in &mut registry {
        candidate.capabilities = Capabilities::TOOLS.with(Capabilities::JSON);
    }
    registry[1].capabilities = registry[1].capabilities.with(Capabilities::REASONING);
    registry[3].capabilities = registry[3].capabilities.with(Capabilities::VISION);
    registry
}

/// A profile of a short general request.
pub(super) fn profile() -> TaskProfile {
    TaskProfile {
        task: TaskName::new(TaskName::GENERAL),
        task_is_given: false,
        clarity: 0.0,
        language: Language::English,
        difficulty: Difficulty::Low,
        input_tokens: 100,
        output_tokens: 200,
        needs: Capabilities::NONE,
        mentions: Capabilities::NONE,
        evidence: Vec::new(),
        cooperation: None,
    }
}

/// A moment to begin with.
pub(super) fn now() -> Instant {
    SystemClock.now()
}
