//! Reads Rust as tokens: which modules a file declares and which paths it names, with lines.
//!
//! Tokens instead of text, so that comments and strings do not count and macro bodies do; tokens
//! instead of a syntax tree, because the rules ask about names only.

use std::str::FromStr as _;

use proc_macro2::{Delimiter, Ident, TokenStream, TokenTree};

/// A file of Rust, or the reason why it is none.
pub(super) type Parsed = Result<Source, String>;

/// What the rules want to know of a file.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Source {
    /// `mod name;` lines, without those of tests.
    pub(super) modules: Vec<Named>,
    /// Names that another path segment follows: `a` and `b` in `a::b::c`.
    pub(super) segments: Vec<Named>,
    /// Top-level modules of the own crate that are named, however they are reached.
    pub(super) tops: Vec<Named>,
}

/// A name and its line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Named {
    pub(super) name: String,
    pub(super) line: usize,
}

/// Reads a file of the module `path`, which is empty for the root of a crate.
pub(super) fn parse(text: &str, path: &[&str]) -> Parsed {
    let tokens = TokenStream::from_str(text).map_err(|error| error.to_string())?;
    let mut source = Source::default();
    let mut path: Vec<String> = path.iter().map(|&part| part.to_owned()).collect();
    source.read(tokens, &mut path);
    Ok(source)
}

impl Source {
    fn read(&mut self, tokens: TokenStream, path: &mut Vec<String>) {
        let tokens: Vec<TokenTree> = tokens.into_iter().collect();
        let mut at = 0;
        while let Some(token) = tokens.get(at) {
            match token {
                TokenTree::Ident(ident) if *ident == "mod" => {
                    at += self.module(&tokens, at, path);
                    continue;
                }
                TokenTree::Ident(ident) if *ident == "crate" && !is_path_end(&tokens, at) => {
                    self.tops(&tokens[at + 3..]);
                }
                TokenTree::Ident(ident) if *ident == "super" && !continues(&tokens, at) => {
                    self.tops_above(&tokens, at, path.len());
                }
                TokenTree::Ident(ident) if !is_path_end(&tokens, at) => {
                    self.segments.push(named(ident));
                }
                TokenTree::Group(group) => self.read(group.stream(), path),
                _ => {}
            }
            at += 1;
        }
    }

    /// `mod name;` or `mod name { … }` at `at`; how many tokens it takes.
    fn module(&mut self, tokens: &[TokenTree], at: usize, path: &mut Vec<String>) -> usize {
        let Some(TokenTree::Ident(name)) = tokens.get(at + 1) else {
            return 1;
        };
        if let Some(TokenTree::Group(body)) = tokens.get(at + 2) {
            path.push(name.to_string());
            self.read(body.stream(), path);
            path.pop();
            return 3;
        }
        if !is_for_tests(&tokens[..at]) {
            self.modules.push(named(name));
        }
        2
    }

    /// `super::super::…` at `at`, seen from a module `depth` levels down.
    fn tops_above(&mut self, tokens: &[TokenTree], at: usize, depth: usize) {
        let mut at = at;
        let mut climbed = 0;
        while matches!(tokens.get(at), Some(TokenTree::Ident(i)) if *i == "super")
            && !is_path_end(tokens, at)
        {
            climbed += 1;
            at += 3;
        }
        if climbed >= depth {
            self.tops(&tokens[at.min(tokens.len())..]);
        }
    }

    /// What follows `crate::`: a name, or a group of names.
    fn tops(&mut self, tokens: &[TokenTree]) {
        match tokens.first() {
            Some(TokenTree::Ident(ident)) => self.tops.push(named(ident)),
            Some(TokenTree::Group(group)) if group.delimiter() == Delimiter::Brace => {
                let tokens: Vec<TokenTree> = group.stream().into_iter().collect();
                let is_comma =
                    |token: &TokenTree| matches!(token, TokenTree::Punct(p) if p.as_char() == ',');
                for part in tokens.split(is_comma) {
                    if let Some(TokenTree::Ident(ident)) = part.first() {
                        self.tops.push(named(ident));
                    }
                }
            }
            _ => {}
        }
    }
}

fn named(ident: &Ident) -> Named {
    Named {
        name: ident.to_string(),
        line: ident.span().start().line,
    }
}

fn is_colons(tokens: &[TokenTree], at: usize) -> bool {
    let colon = |at| matches!(tokens.get(at), Some(TokenTree::Punct(p)) if p.as_char() == ':');
    colon(at) && colon(at + 1)
}

/// Whether no `::` follows.
fn is_path_end(tokens: &[TokenTree], at: usize) -> bool {
    !is_colons(tokens, at + 1)
}

/// Whether `::` goes before, so that this is not where a path begins.
fn continues(tokens: &[TokenTree], at: usize) -> bool {
    at >= 2 && is_colons(tokens, at - 2)
}

/// Whether the item that begins after these tokens carries `#[cfg(test)]`.
fn is_for_tests(before: &[TokenTree]) -> bool {
    // From the end: `pub(…)`, then attributes.
    let attributes = before.iter().rev().take_while(|token| match token {
        TokenTree::Punct(punct) => punct.as_char() == '#',
        TokenTree::Group(_) => true,
        TokenTree::Ident(ident) => *ident == "pub",
        TokenTree::Literal(_) => false,
    });
    attributes.into_iter().any(|token| {
        let text = token.to_string();
        text.replace(' ', "") == "[cfg(test)]"
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tops(text: &str, path: &[&str]) -> Vec<String> {
        let source = parse(text, path).expect("Rust");
        source
            .tops
            .into_iter()
            .map(|top| format!("{}:{}", top.line, top.name))
            .collect()
    }

    #[test]
    fn every_way_to_name_a_top_module_is_seen() {
        let text = "//! Not crate::doc::x.\n\
            use crate::types::{ids, chat};\n\
            use crate::{config::Config, store};\n\
            pub(crate) fn f() -> super::super::gateway::Call { g!(crate::telemetry::span()) }\n\
            // crate::comment::x\n\
            const TEXT: &str = \"crate::text::x\";\n\
            mod tests { use super::super::super::services::S; use super::super::sibling::S; }\n";
        assert_eq!(
            tops(text, &["provider", "health"]),
            [
                "2:types",
                "3:config",
                "3:store",
                "4:gateway",
                "4:telemetry",
                "7:services"
            ]
        );
        assert_eq!(
            tops("use super::routing::Ranked;", &["provider"]),
            ["1:routing"]
        );
        assert_eq!(
            tops("use super::{routing, store};", &["provider"]),
            ["1:routing", "1:store"]
        );
        assert!(tops("pub(super) struct A; use super::b::C;", &["a", "b"]).is_empty());
    }

    #[test]
    fn modules_of_tests_do_not_count() {
        let text = "mod a;\n#[cfg(test)]\nmod tests;\n#[path = \"x.rs\"]\npub(crate) mod b;\nmod c { mod d; }";
        let source = parse(text, &[]).expect("Rust");
        let modules: Vec<_> = source.modules.iter().map(|m| m.name.as_str()).collect();
        assert_eq!(modules, ["a", "b", "d"]);
        assert!(parse("fn f( {", &[]).is_err());
    }

    #[test]
    fn segments_are_names_that_a_path_goes_on_after() {
        let source = parse("static A: &[B] = &[&a::A, &b::c::D];", &[]).expect("Rust");
        let segments: Vec<_> = source.segments.iter().map(|s| s.name.as_str()).collect();
        assert_eq!(segments, ["a", "b", "c"]);
    }
}
