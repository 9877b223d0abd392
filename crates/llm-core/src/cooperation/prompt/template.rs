//! The prompts of a pipeline's stages as users write them.
//!
//! `{query}` is the question, `{previous}` the last result; `{{` and `}}` are braces. A template
//! is read once, from left to right: what is put in is never read again, so braces in a question
//! or an answer are just text.

use std::fmt;

/// What is wrong with a template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TemplateError {
    /// There is no placeholder of this name.
    Unknown(String),
    /// A `{` that is not closed.
    Unclosed,
    /// A `}` without a `{`.
    Stray,
}

impl fmt::Display for TemplateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown(name) => write!(
                f,
                "there is no placeholder `{{{name}}}`; use `{{query}}` and `{{previous}}`, and `{{{{` for a brace"
            ),
            Self::Unclosed => f.write_str("a `{` is not closed; write `{{` for a brace"),
            Self::Stray => f.write_str("a `}` closes nothing; write `}}` for a brace"),
        }
    }
}

impl std::error::Error for TemplateError {}

/// Whether a template can be filled in.
pub fn check(template: &str) -> Result<(), TemplateError> {
    render(template, "", "").map(drop)
}

/// The template with the question and the last result put in.
pub fn render(template: &str, query: &str, previous: &str) -> Result<String, TemplateError> {
    let mut out = String::with_capacity(template.len() + query.len() + previous.len());
    let mut rest = template;
    while let Some(at) = rest.find(['{', '}']) {
        out.push_str(&rest[..at]);
        let brace = &rest[at..=at];
        rest = &rest[at + 1..];
        if let Some(after) = rest.strip_prefix(brace) {
            out.push_str(brace);
            rest = after;
            continue;
        }
        if brace == "}" {
            return Err(TemplateError::Stray);
        }
        let end = rest.find(['{', '}']).unwrap_or(rest.len());
        if !rest[end..].starts_with('}') {
            return Err(TemplateError::Unclosed);
        }
        match rest[..end].trim() {
            "query" => out.push_str(query),
            "previous" => out.push_str(previous),
            name => return Err(TemplateError::Unknown(name.to_owned())),
        }
        rest = &rest[end + 1..];
    }
    out.push_str(rest);
    Ok(out)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn placeholders_are_filled_in_once() {
        let filled = render(
            "Q: {query}\nBefore: { previous }",
            "a {previous} b",
            "{query}",
        );
        assert_eq!(filled.unwrap(), "Q: a {previous} b\nBefore: {query}");
        assert_eq!(render("{{query}} {{}}", "x", "y").unwrap(), "{query} {}");
    }

    #[test]
    fn what_cannot_be_filled_in_is_named() {
        assert_eq!(
            check("{previous_result}").unwrap_err().to_string(),
            "there is no placeholder `{previous_result}`; use `{query}` and `{previous}`, and `{{` for a brace"
        );
        assert_eq!(check("a { b"), Err(TemplateError::Unclosed));
        assert_eq!(check("{query {previous}"), Err(TemplateError::Unclosed));
        assert_eq!(check("a } b"), Err(TemplateError::Stray));
        assert_eq!(check("{}"), Err(TemplateError::Unknown(String::new())));
    }

    proptest! {
        #[test]
        fn data_comes_through_as_it_was(query in ".*", previous in ".*") {
            let filled = render("<{query}|{previous}>", &query, &previous).unwrap();
            prop_assert_eq!(filled, format!("<{query}|{previous}>"));
        }

        #[test]
        fn a_text_with_its_braces_doubled_is_itself(text in "[a-z{}]{0,20}") {
            let doubled = text.replace('{', "{{").replace('}', "}}");
            prop_assert_eq!(render(&doubled, "q", "p").unwrap(), text);
        }

        #[test]
        fn any_template_is_filled_in_or_refused(template in "[a-z{}]{0,30}") {
            let _either = check(&template);
        }
    }
}
