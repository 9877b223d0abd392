//! What is typed: one line, a block between `"""`, or a `/command`.

use llm_console::report::Report;
use rustyline::DefaultEditor;
use rustyline::error::ReadlineError;

/// Begins and ends a block of several lines.
const BLOCK: &str = "\"\"\"";

/// Something that was typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Typed {
    /// Nothing to act on.
    Nothing,
    /// The user leaves.
    End,
    /// Something to ask.
    Question(String),
    /// A command and what follows it.
    Command(String, String),
}

/// The keyboard. What is typed is remembered until the end of the conversation only.
pub(super) struct Keyboard {
    editor: DefaultEditor,
}

impl Keyboard {
    /// Takes the terminal.
    pub(super) fn open() -> Result<Self, Report> {
        DefaultEditor::new()
            .map(|editor| Self { editor })
            .map_err(|error| unreadable(&error))
    }

    /// Waits for something.
    pub(super) fn read(&mut self, prompt: &str) -> Result<Typed, Report> {
        let Some(first) = self.line(prompt)? else {
            return Ok(Typed::End);
        };
        let Some(first) = first else {
            return Ok(Typed::Nothing);
        };
        let mut text = first;
        if let Some(begun) = text.trim_start().strip_prefix(BLOCK) {
            let Some(block) = self.block(begun)? else {
                return Ok(Typed::Nothing);
            };
            text = block;
            return Ok(question(text));
        }
        if !text.trim().is_empty() {
            // A full history loses its oldest line, which is no failure.
            let _remembered = self.editor.add_history_entry(text.as_str());
        }
        Ok(typed(text))
    }

    /// The lines up to the end of a block; `None` when it was given up.
    fn block(&mut self, begun: &str) -> Result<Option<String>, Report> {
        let mut text = begun.to_owned();
        loop {
            if let Some(end) = text.find(BLOCK) {
                text.truncate(end);
                return Ok(Some(text.trim_matches('\n').to_owned()));
            }
            match self.line("... ")? {
                Some(Some(line)) => {
                    text.push('\n');
                    text.push_str(&line);
                }
                Some(None) | None => return Ok(None),
            }
        }
    }

    /// One line; nothing inside for Ctrl-C, nothing at all for Ctrl-D.
    #[expect(
        clippy::option_option,
        reason = "leaving and giving up a line are two things"
    )]
    fn line(&mut self, prompt: &str) -> Result<Option<Option<String>>, Report> {
        match self.editor.readline(prompt) {
            Ok(line) => Ok(Some(Some(line))),
            Err(ReadlineError::Interrupted) => Ok(Some(None)),
            Err(ReadlineError::Eof) => Ok(None),
            Err(error) => Err(unreadable(&error)),
        }
    }
}

fn unreadable(error: &ReadlineError) -> Report {
    Report::new(
        "input_unreadable",
        format!("the terminal cannot be read: {error}"),
    )
}

fn typed(text: String) -> Typed {
    let Some(command) = text.trim().strip_prefix('/') else {
        return question(text);
    };
    let (name, rest) = command
        .split_once(char::is_whitespace)
        .unwrap_or((command, ""));
    Typed::Command(name.to_lowercase(), rest.trim().to_owned())
}

fn question(text: String) -> Typed {
    if text.trim().is_empty() {
        Typed::Nothing
    } else {
        Typed::Question(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_begin_with_a_slash() {
        let read = |text: &str| typed(text.to_owned());
        assert_eq!(
            read("/Model  qwen3_8b "),
            Typed::Command("model".into(), "qwen3_8b".into())
        );
        assert_eq!(read(" /help"), Typed::Command("help".into(), String::new()));
        assert_eq!(read("1/2?"), Typed::Question("1/2?".into()));
        assert_eq!(read("  "), Typed::Nothing);
    }
}
