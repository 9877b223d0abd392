//! The remarks of the core about its own edits, in the language of the reader.

use llm_console::catalogue::{Message, Say};

/// Remarks that are always the same, and their texts.
const FIXED: &[(&str, &str)] = &[
    ("a reference takes its place", "config.note_reference"),
    (
        "the key was for the former address",
        "config.note_former_address",
    ),
    ("the name is taken", "config.note_taken"),
    (
        "simulated models do not stand beside real ones",
        "config.note_demo_off",
    ),
    (
        "it is there already and differs; --replace takes the imported one",
        "config.note_differs",
    ),
    ("secret", "config.note_secret"),
];

/// A remark about a model that the preset did not take over: this, the provider, the rest.
const ON_OTHER: (&str, &str) = ("it is on ", "; --replace takes the preset's");

/// What to say for a remark; a value, such as the end of a key, is the same in every language.
pub(crate) fn said(note: &str) -> Say {
    if let Some((_, key)) = FIXED.iter().find(|(text, _)| *text == note) {
        return Message::new(key).into();
    }
    let other = note
        .strip_prefix(ON_OTHER.0)
        .and_then(|rest| rest.strip_suffix(ON_OTHER.1));
    match other {
        Some(provider) => Message::new("config.note_other_provider")
            .with("provider", provider)
            .into(),
        None => note.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The sources of the core that make remarks; a text that is reworded there is found here.
    const SOURCES: &[&str] = &[
        include_str!("../../llm-core/src/config/edit/credentials.rs"),
        include_str!("../../llm-core/src/config/edit/entries.rs"),
        include_str!("../../llm-core/src/config/edit/import.rs"),
        include_str!("../../llm-core/src/config/edit/preset.rs"),
    ];

    #[test]
    fn every_remark_is_still_made() {
        let parts = [ON_OTHER.0, ON_OTHER.1];
        for text in FIXED.iter().map(|(text, _)| *text).chain(parts) {
            assert!(SOURCES.iter().any(|source| source.contains(text)), "{text}");
        }
    }

    #[test]
    fn a_value_stays_as_it_is() {
        assert_eq!(said("…cdef"), Say::from("…cdef"));
        assert_ne!(said("the name is taken"), Say::from("the name is taken"));
    }
}
