//! What the `/commands` of a conversation do.
#![expect(
    clippy::unnecessary_wraps,
    reason = "the commands have one form, whether they can fail or not"
)]

use std::path::Path;

use llm_console::catalogue::Message;
use llm_console::input::Document;
use llm_console::lang::Lang;
use llm_console::report::{Halt, Report};
use llm_console::sink::Sink;
use llm_core::gateway::shapes::bill_json;
use serde_json::{Value, json};

use super::session::{Session, Totals};
use crate::ask::attach::Attachment;
use crate::ask::prompt::{Asking, read_text};
use crate::ask::{Pair, choice, options};
use crate::show::explain::{self, Level};
use crate::show::{text, usage};

/// Does what a command says, and what to tell about it.
type Act = fn(&mut Session, &str) -> Told;
type Told = Result<Option<Message>, Halt>;

/// Every command: its name and what it does. `/help` explains them.
const COMMANDS: &[(&str, Act)] = &[
    ("help", help),
    ("model", model),
    ("strategy", strategy),
    ("route", route),
    ("cooperate", cooperate),
    ("attach", attach),
    ("file", file),
    ("system", system),
    ("set", set),
    ("usage", totals),
    ("cost", totals),
    ("explain", explain_last),
    ("retry", retry),
    ("undo", undo),
    ("save", save),
    ("clear", clear),
    ("lang", lang),
];

impl Session {
    /// Does what a command says.
    pub(super) fn command(&mut self, name: &str, rest: &str) -> Result<(), Halt> {
        match COMMANDS.iter().find(|(known, _)| *known == name) {
            Some((_, act)) => {
                if let Some(message) = act(self, rest)? {
                    self.ui().note(message);
                }
                Ok(())
            }
            None => {
                let message = Message::new("cooperation.chat.unknown").with("name", name);
                let near = COMMANDS.iter().map(|(known, _)| *known);
                let report = Report::usage(message);
                Err(match llm_console::output::nearest(name, near) {
                    Some(near) => report.hint(format!("/{near}")),
                    None => report.hint("/help"),
                }
                .into())
            }
        }
    }

    fn limit(&self) -> u64 {
        self.backend.prompt_limit()
    }
}

fn help(_: &mut Session, _: &str) -> Told {
    Ok(Some(Message::new("cooperation.chat.help")))
}

/// `auto` or nothing leaves the choice to the router.
fn wish(rest: &str) -> Option<String> {
    (!matches!(rest, "" | "auto")).then(|| rest.to_owned())
}

fn model(session: &mut Session, rest: &str) -> Told {
    session.model = wish(rest);
    let name = session.model.as_deref().unwrap_or("auto").to_owned();
    Ok(Some(
        Message::new("cooperation.chat.model").with("name", name),
    ))
}

fn strategy(session: &mut Session, rest: &str) -> Told {
    session.strategy = wish(rest).map(|name| choice::wire_name(&name));
    let name = session.strategy.as_deref().unwrap_or("auto").to_owned();
    Ok(Some(
        Message::new("cooperation.chat.strategy").with("name", name),
    ))
}

fn route(session: &mut Session, rest: &str) -> Told {
    let message = match (rest, &session.last) {
        ("", None) => return Ok(Some(Message::new("cooperation.chat.nothing_yet"))),
        ("", Some(last)) => last.clone(),
        (question, _) => Asking::of_text(question.to_owned(), Vec::new()).message(),
    };
    let body = session.body(&message);
    let decided = session.backend.explain(&session.console, body);
    let route = session.runtime.block_on(decided)?;
    explain::show(session.ui(), Level::Brief, &route);
    Ok(None)
}

fn cooperate(session: &mut Session, rest: &str) -> Told {
    let mut words = rest.split_whitespace();
    let Some(mode) = words.next().filter(|mode| *mode != "off") else {
        session.cooperation = None;
        return Ok(Some(Message::new("cooperation.chat.alone")));
    };
    if mode != "auto" && llm_core::cooperation::modes::find(mode).is_none() {
        let message = format!("there is no cooperation mode named `{mode}`");
        return Err(Report::new("unknown_mode", message).into());
    }
    let models: Vec<&str> = words
        .flat_map(|word| word.split(','))
        .filter(|name| !name.is_empty())
        .collect();
    let mut wish = json!({ "mode": mode });
    if !models.is_empty() {
        wish["models"] = json!(models);
    }
    session.cooperation = Some(wish);
    Ok(Some(
        Message::new("cooperation.chat.together").with("mode", mode),
    ))
}

fn attach(session: &mut Session, rest: &str) -> Told {
    if rest.is_empty() {
        return Err(missing("/attach FILE"));
    }
    let attachment = Attachment::read(&session.console, rest, None, session.limit())?;
    session.attachments.push(attachment);
    Ok(Some(
        Message::new("cooperation.chat.attached").with("path", rest),
    ))
}

fn file(session: &mut Session, rest: &str) -> Told {
    if rest.is_empty() {
        return Err(missing("/file FILE"));
    }
    let words = read_text(&session.console, &format!("@{rest}"), session.limit())?;
    let prompt = llm_console::input::Prompt {
        before: vec![Document::new(rest, words)],
        ..Default::default()
    };
    session.documents.push(prompt.text().trim_end().to_owned());
    Ok(Some(
        Message::new("cooperation.chat.attached").with("path", rest),
    ))
}

fn system(session: &mut Session, rest: &str) -> Told {
    if rest.is_empty() {
        session.system = None;
        return Ok(Some(Message::new("cooperation.chat.no_system")));
    }
    session.system = Some(if rest.starts_with('@') {
        read_text(&session.console, rest, session.limit())?
    } else {
        rest.to_owned()
    });
    Ok(Some(Message::new("cooperation.chat.system")))
}

fn set(session: &mut Session, rest: &str) -> Told {
    let pair = Pair::parse(rest).map_err(Report::usage)?;
    options::check(&pair)?;
    if pair.value.trim().is_empty() {
        session.options.remove(&pair.key);
    } else {
        session.options.insert(pair.key.clone(), pair.json());
    }
    let options = Value::Object(session.options.clone());
    Ok(Some(
        Message::new("cooperation.chat.options").with("options", options),
    ))
}

fn totals(session: &mut Session, _: &str) -> Told {
    let ui = session.ui();
    let Totals {
        answers,
        input,
        output,
        bill,
    } = &session.totals;
    let cost = if *answers == 0 {
        String::new()
    } else {
        usage::cost(ui, &bill_json(bill))
    };
    let message = Message::new("cooperation.chat.totals")
        .with("n", answers)
        .with("input", input)
        .with("output", output)
        .with("cost", cost);
    Ok(Some(message))
}

fn explain_last(session: &mut Session, _: &str) -> Told {
    match &session.route {
        Some(route) => {
            explain::show(session.ui(), Level::Full, route);
            Ok(None)
        }
        None => Ok(Some(Message::new("cooperation.chat.nothing_yet"))),
    }
}

/// Asks the last question again; an answer it had is taken back first.
fn retry(session: &mut Session, _: &str) -> Told {
    let Some(last) = session.last.clone() else {
        return Ok(Some(Message::new("cooperation.chat.nothing_yet")));
    };
    let place = session.messages.len().saturating_sub(2);
    if session.messages.get(place) == Some(&last) {
        session.messages.truncate(place);
    }
    session.answer(last)?;
    Ok(None)
}

fn undo(session: &mut Session, _: &str) -> Told {
    let left = session.messages.len().saturating_sub(2);
    session.messages.truncate(left);
    session.last = None;
    Ok(Some(
        Message::new("cooperation.chat.undone").with("n", left / 2),
    ))
}

/// Saves the conversation: as JSON where the name ends so, else as Markdown.
fn save(session: &mut Session, rest: &str) -> Told {
    if rest.is_empty() {
        return Err(missing("/save FILE"));
    }
    let path = Path::new(rest);
    let is_json = path.extension().is_some_and(|end| end == "json");
    let written = if is_json {
        format!(
            "{:#}\n",
            json!({ "system": session.system, "messages": session.messages })
        )
    } else {
        markdown(session)
    };
    let mut sink = Sink::file(path)?;
    sink.own(&written)?;
    sink.finish()?;
    Ok(Some(
        Message::new("cooperation.chat.saved").with("path", rest),
    ))
}

fn markdown(session: &Session) -> String {
    let mut parts = Vec::new();
    if let Some(system) = &session.system {
        parts.push(format!("## system\n\n{system}\n"));
    }
    for message in &session.messages {
        let words = match &message["content"] {
            Value::Array(parts) => parts.iter().map(|part| text(part, "text")).collect(),
            content => content.as_str().unwrap_or_default().to_owned(),
        };
        parts.push(format!(
            "## {}\n\n{}\n",
            text(message, "role"),
            words.trim_end()
        ));
    }
    parts.join("\n")
}

fn clear(session: &mut Session, _: &str) -> Told {
    session.messages.clear();
    session.attachments.clear();
    session.documents.clear();
    session.last = None;
    session.route = None;
    Ok(Some(Message::new("cooperation.chat.cleared")))
}

fn lang(session: &mut Session, rest: &str) -> Told {
    match Lang::from_tag(rest).filter(|lang| Lang::OFFERED.contains(lang)) {
        Some(lang) => {
            session.console.ui.lang = lang;
            Ok(Some(Message::new("cooperation.chat.welcome")))
        }
        None => Err(missing("/lang en, /lang zh")),
    }
}

fn missing(usage: &str) -> Halt {
    Report::usage(Message::new("cooperation.chat.missing").with("usage", usage)).into()
}
