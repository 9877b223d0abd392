//! The answer of a run on standard output, in pieces or whole, and everything about it on standard
//! error.

use llm_console::catalogue::Message;
use llm_console::exit;
use llm_console::output::Format;
use llm_console::progress::{Line, Progress};
use llm_console::report::{Halt, Report};
use llm_console::sink::Sink;
use llm_console::ui::{Ui, Verbosity};
use serde_json::{Value, json};

use super::explain::{self, Level};
use super::extract::Which;
use super::live::Live;
use super::members::{self, What};
use super::records::Records;
use super::text;
use super::usage::{self, UsageFormat};
use crate::run::{Done, End, Reader};

/// The formats of an answer.
pub(crate) const FORMATS: &[Format] = &[Format::Text, Format::Md, Format::Json, Format::Jsonl];

/// Where thoughts go.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Thoughts {
    /// To standard error where that is a terminal
    #[default]
    Auto,
    /// To standard output, before the answer
    Show,
    /// Nowhere
    Hide,
}

/// What the flags say about showing an answer.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Wish {
    /// Piece by piece, as it arrives.
    pub(crate) in_pieces: bool,
    /// These code blocks only.
    pub(crate) extract: Option<Which>,
    /// Where thoughts go.
    pub(crate) thoughts: Thoughts,
    /// The decision.
    pub(crate) explain: Option<Level>,
    /// The line about tokens and cost.
    pub(crate) usage: Option<UsageFormat>,
    /// Whether events have pieces of text.
    pub(crate) deltas: bool,
    /// What of a cooperation is printed.
    pub(crate) what: What,
}

/// Shows an answer.
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is something else that has happened"
)]
pub(crate) struct AnswerReader<'a> {
    ui: &'a Ui,
    wish: Wish,
    out: Out,
    /// A sign that something is being waited for.
    waiting: Option<(Progress, Line)>,
    /// The members at work.
    live: Option<Live>,
    has_printed: bool,
    has_explained: bool,
    has_whispered: bool,
    /// Who is answering, for events.
    member: String,
    /// Whether several models work on it.
    pub(crate) cooperates: bool,
}

/// What the answer is written to.
enum Out {
    /// Text.
    Text(Sink),
    /// Events.
    Records(Records),
    /// One JSON document, at the end.
    Document,
}

impl<'a> AnswerReader<'a> {
    /// An answer as text on standard output, whatever the shared flags say.
    pub(crate) fn open_text(ui: &'a Ui, wish: Wish) -> Self {
        Self::to(ui, wish, Out::Text(Sink::stdout(!ui.raw)))
    }

    /// Opens the output, so that a wrong path is found before anything is paid for.
    pub(crate) fn open(ui: &'a Ui, wish: Wish) -> Result<Self, Report> {
        let out = match ui.format(Format::Text, FORMATS)? {
            Format::Json => Out::Document,
            Format::Jsonl => Out::Records(Records::new(ui.sink()?, wish.deltas)),
            _ => Out::Text(ui.sink()?),
        };
        Ok(Self::to(ui, wish, out))
    }

    fn to(ui: &'a Ui, wish: Wish, out: Out) -> Self {
        Self {
            ui,
            wish,
            out,
            waiting: None,
            live: None,
            has_printed: false,
            has_explained: false,
            has_whispered: false,
            member: String::new(),
            cooperates: false,
        }
    }

    /// Whether events are written.
    pub(crate) fn writes_events(&self) -> bool {
        matches!(self.out, Out::Records(_))
    }

    /// Whether the answer is shown as it arrives.
    pub(crate) fn shows_pieces(&self) -> bool {
        matches!(self.out, Out::Text(_))
            && self.wish.in_pieces
            && self.wish.extract.is_none()
            && self.wish.what == What::Final
    }

    /// Shows members at work, until the answer is printed.
    pub(crate) fn watch(&mut self) {
        self.live = Some(Live::new(self.ui));
    }

    /// Shows that a model is being waited for, until there is something to show.
    pub(crate) fn wait(&mut self) {
        let progress = Progress::new(self.ui);
        let task = progress.task(&self.ui.say(&Message::new("cooperation.ask.waiting")));
        self.waiting = Some((progress, task));
    }

    /// Prints the end of a run.
    pub(crate) fn end(mut self, end: End) -> Result<(), Halt> {
        self.stop_waiting();
        if self.has_whispered {
            self.ui.whisper("\n");
        }
        match end {
            End::Done(done) => self.done(&done),
            End::Failed(failed) => {
                self.last_record(json!({ "type": "run.failed", "error": failed.error }))?;
                self.break_off()?;
                Err(failed.report.into())
            }
            End::Interrupted => {
                self.last_record(json!({ "type": "run.cancelled" }))?;
                let ui = self.ui;
                self.break_off()?;
                ui.note(Message::new("cooperation.ask.interrupted"));
                Err(Halt::Exit(exit::INTERRUPTED))
            }
        }
    }

    fn done(mut self, done: &Done) -> Result<(), Halt> {
        self.explain(done.route.as_ref());
        let (ui, wish) = (self.ui, self.wish);
        let verdict = verdict(done);
        let printed = match self.out {
            Out::Document => ui.print_json(&document(done, wish.explain.is_some())),
            Out::Records(mut records) => {
                let result = document(done, wish.explain.is_some());
                records.write(&json!({
                    "type": "run.completed",
                    "usage": result["usage"], "cost": result["cost"],
                    "duration_ms": result["duration_ms"], "result": result,
                }))?;
                records.finish()
            }
            Out::Text(_) if verdict.is_some() && !self.has_printed => Ok(()),
            Out::Text(mut sink) if wish.what != What::Final => {
                members::print(ui, &mut sink, wish.what, done)?;
                sink.finish()
            }
            Out::Text(mut sink) => {
                if !self.has_printed {
                    if wish.thoughts == Thoughts::Show && !done.reasoning.is_empty() {
                        sink.text(&done.reasoning)?;
                        sink.own("\n\n")?;
                    }
                    sink.text(&extracted(ui, wish.extract, &done.text)?)?;
                }
                sink.finish_answer()
            }
        };
        printed?;
        tell(ui, done, wish.usage);
        verdict.map_or(Ok(()), |report| Err(report.into()))
    }

    /// Ends a text that is not complete. A file that is not complete does not appear.
    fn break_off(self) -> Result<(), Halt> {
        match self.out {
            Out::Text(sink) if self.has_printed && self.ui.output.is_none() => sink.finish_answer(),
            Out::Records(records) if self.ui.output.is_none() => records.finish(),
            _ => Ok(()),
        }
    }

    fn last_record(&mut self, event: Value) -> Result<(), Halt> {
        match &mut self.out {
            Out::Records(records) => records.write_end(event),
            _ => Ok(()),
        }
    }

    fn explain(&mut self, route: Option<&Value>) {
        if let (Some(level), Some(route), false) = (self.wish.explain, route, self.has_explained) {
            self.has_explained = true;
            let show = || explain::show(self.ui, level, route);
            match (&self.waiting, &self.live) {
                (Some((progress, _)), _) => progress.suspend(show),
                (None, Some(live)) => live.suspend(show),
                (None, None) => show(),
            }
        }
    }

    fn stop_waiting(&mut self) {
        end_wait(&mut self.waiting);
        if let Some(live) = self.live.take() {
            live.close();
        }
    }
}

fn end_wait(waiting: &mut Option<(Progress, Line)>) {
    if let Some((progress, line)) = waiting.take() {
        drop(line);
        progress.close();
    }
}

impl Reader for AnswerReader<'_> {
    fn begin(&mut self, id: &str) {
        if let Out::Records(records) = &mut self.out {
            records.begin(id);
        }
    }

    fn event(&mut self, event: &Value) -> Result<(), Halt> {
        if let Some(live) = &mut self.live {
            live.event(event);
        }
        match text(event, "type") {
            "route.decided" => {
                self.cooperates = event["route"]["cooperation"].is_object();
                self.explain(Some(&event["route"]));
            }
            "model.started" => text(event, "member").clone_into(&mut self.member),
            "model.retry" if self.ui.verbosity > Verbosity::Normal => {
                self.ui.note(text(event, "message").to_owned());
            }
            _ => {}
        }
        match &mut self.out {
            Out::Records(records) => records.write(event),
            _ => Ok(()),
        }
    }

    fn text(&mut self, piece: &str) -> Result<(), Halt> {
        let shows = self.shows_pieces();
        if shows {
            self.stop_waiting();
        }
        match &mut self.out {
            Out::Text(sink) if shows => {
                if self.has_whispered {
                    self.has_whispered = false;
                    if self.wish.thoughts == Thoughts::Show {
                        sink.own("\n\n")?;
                    } else {
                        self.ui.whisper("\n");
                    }
                }
                self.has_printed = true;
                sink.text(piece)
            }
            Out::Records(records) if self.cooperates => {
                records.write(&json!({ "type": "integration.delta", "text": piece }))
            }
            Out::Records(records) => records.write(&json!({
                "type": "model.delta", "member": self.member, "kind": "text", "text": piece,
            })),
            _ => Ok(()),
        }
    }

    fn reasoning(&mut self, piece: &str) -> Result<(), Halt> {
        let shows = self.shows_pieces();
        match (&mut self.out, self.wish.thoughts) {
            (Out::Records(records), _) => records.write(&json!({
                "type": "model.delta", "member": self.member, "kind": "reasoning", "text": piece,
            })),
            (Out::Text(sink), Thoughts::Show) if shows => {
                end_wait(&mut self.waiting);
                self.has_whispered = true;
                self.has_printed = true;
                sink.text(piece)
            }
            (Out::Text(_), Thoughts::Auto)
                if shows
                    && self.ui.terminal.stderr.is_terminal
                    && self.ui.verbosity > Verbosity::Quiet =>
            {
                self.stop_waiting();
                self.has_whispered = true;
                self.ui.whisper(piece);
                Ok(())
            }
            _ => Ok(()),
        }
    }
}

/// Says what is to be known about an answer beside it.
pub(crate) fn tell(ui: &Ui, done: &Done, wanted: Option<UsageFormat>) {
    for warning in explain::list(&done.result["warnings"]) {
        ui.warn(warning.as_str().unwrap_or_default().to_owned());
    }
    members::warn(ui, &done.result["cooperation"]);
    if text(&done.result, "finish_reason") == "length" {
        ui.warn(Message::new("cooperation.ask.cut"));
    }
    if done.text.trim().is_empty() {
        ui.warn(if done.result["tool_calls"].is_array() {
            Message::new("cooperation.ask.only_tools")
        } else {
            Message::new("cooperation.ask.empty_answer")
        });
    }
    usage::show(ui, wanted, &done.result);
}

/// Why what came is no answer, if it is none.
pub(crate) fn verdict(done: &Done) -> Option<Report> {
    let result = &done.result;
    let id = text(result, "request_id");
    if let Some(words) = result["refusal"].as_str() {
        return Some(
            Report::new("model_refused", format!("the model declined: {words}")).request_id(id),
        );
    }
    if text(result, "finish_reason") == "content_filter" {
        let message = "the provider's content filter cut the answer";
        return Some(Report::new("content_filter", message).request_id(id));
    }
    None
}

/// What `--json` prints.
fn document(done: &Done, with_route: bool) -> Value {
    let mut document = done.result.clone();
    if let Some(route) = done.route.as_ref().filter(|_| with_route) {
        document["route"] = route.clone();
    }
    document
}

/// The part of an answer that was asked for. Where there is none, the whole answer is not lost.
fn extracted(ui: &Ui, which: Option<Which>, text: &str) -> Result<String, Report> {
    let Some(which) = which else {
        return Ok(text.to_owned());
    };
    which.of(text).ok_or_else(|| {
        ui.note(text.to_owned());
        Report::new("check_failed", Message::new("cooperation.ask.no_block"))
    })
}
