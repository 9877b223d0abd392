//! A scene: who takes part under which rules, and what came of playing it.

use std::sync::Arc;
use std::time::Duration;

use llm_core::cooperation::budget::{Budget, Spent};
use llm_core::cooperation::{CoopError, Run, integrators, modes};
use llm_core::types::caller::CallReport;
use llm_core::types::chat::ChatRequest;
use llm_core::types::clock::{Clock as _, SystemClock};
use llm_core::types::cooperation::{
    Caps, Contribution, CoopOutcome, CooperationPlan, Member, MemberFailure,
};
use llm_core::types::event::StreamEvent;
use llm_core::types::money::Price;
use llm_core::types::run_event::{EventSink, Progress, RunEvent};
use llm_core::types::task::Language;
use llm_testkit::caller::{ScriptedCaller, Seen};
use tokio::sync::mpsc;

/// Everything a run needs besides its models.
pub(super) struct Scene {
    pub(super) request: ChatRequest,
    pub(super) language: Language,
    pub(super) plan: CooperationPlan,
    /// Whether somebody reads the events.
    pub(super) has_reader: bool,
}

/// What came of a scene.
pub(super) struct Played {
    pub(super) outcome: Result<CoopOutcome, CoopError>,
    pub(super) progress: Vec<Progress>,
    pub(super) seen: Vec<Seen>,
    pub(super) spent: Spent,
}

pub(super) fn member(label: &str) -> Member {
    Member {
        label: label.to_owned(),
        model: label.into(),
        targets: vec![label.into()],
        role: None,
        price: Some(Arc::new(Price {
            input: 1_000_000,
            output: 2_000_000,
            ..Price::free()
        })),
        max_output: 100,
    }
}

impl Scene {
    /// These members in a mode with its default integrator, a judge `j` and room for every call.
    pub(super) fn new(mode: &str, members: &[&str]) -> Self {
        let found = modes::find(mode).expect("a mode of the registry");
        Self {
            request: ChatRequest::question("How many apples are left?"),
            language: Language::English,
            plan: CooperationPlan {
                mode: mode.to_owned(),
                members: members.iter().map(|label| member(label)).collect(),
                integrator: found.default_integrator().to_owned(),
                judge: Some(member("j")),
                rounds: 1,
                quorum: 1,
                caps: Caps {
                    calls: found.max_calls(members.len(), 3),
                    tokens: None,
                    cost: None,
                    deadline: Duration::from_secs(60),
                },
                early_stop: true,
                anonymous: true,
                strict: false,
                prompts: Vec::new(),
                reason: "a test".to_owned(),
            },
            has_reader: true,
        }
    }

    pub(super) fn asking(mut self, question: &str) -> Self {
        self.request = ChatRequest::question(question);
        self
    }

    pub(super) fn with(mut self, change: impl FnOnce(&mut CooperationPlan)) -> Self {
        change(&mut self.plan);
        self
    }

    pub(super) fn integrated_by(self, name: &str) -> Self {
        self.with(|plan| plan.integrator = name.to_owned())
    }

    /// Plays to the end.
    pub(super) async fn play(&self, caller: &ScriptedCaller) -> Played {
        let (played, _) = self.play_for(caller, Duration::MAX).await;
        played.expect("the run ends")
    }

    /// Plays for so long and then drops the run. The budget is given back for a look.
    pub(super) async fn play_for(
        &self,
        caller: &ScriptedCaller,
        limit: Duration,
    ) -> (Option<Played>, Spent) {
        let budget = Budget::new(self.plan.caps, SystemClock.now());
        let (events, receiver) = self.sink();
        let run = self.run(caller, &budget, events);
        let both = async { tokio::join!(run, read(receiver)) };
        let ended = tokio::time::timeout(limit, both).await.ok();
        let played = ended.map(|(outcome, progress)| Played {
            outcome,
            progress,
            seen: caller.seen(),
            spent: budget.spent(),
        });
        (played, budget.spent())
    }

    fn sink(&self) -> (EventSink, Option<mpsc::Receiver<Progress>>) {
        if self.has_reader {
            let (events, receiver) = EventSink::channel(true);
            (events, Some(receiver))
        } else {
            (EventSink::none(), None)
        }
    }

    async fn run(
        &self,
        caller: &ScriptedCaller,
        budget: &Budget,
        events: EventSink,
    ) -> Result<CoopOutcome, CoopError> {
        let run = Run {
            request: &self.request,
            language: self.language,
            plan: &self.plan,
            integrator: integrators::find(&self.plan.integrator).expect("an integrator"),
            caller,
            budget,
            clock: &SystemClock,
            events: &events,
        };
        let mode = modes::find(&self.plan.mode).expect("a mode of the registry");
        mode.run(&run).await
    }
}

async fn read(receiver: Option<mpsc::Receiver<Progress>>) -> Vec<Progress> {
    let mut progress = Vec::new();
    if let Some(mut receiver) = receiver {
        while let Some(piece) = receiver.recv().await {
            progress.push(piece);
        }
    }
    progress
}

impl Played {
    pub(super) fn ok(&self) -> &CoopOutcome {
        self.outcome.as_ref().expect("an outcome")
    }

    pub(super) fn error(&self) -> &CoopError {
        self.outcome.as_ref().expect_err("an error")
    }

    pub(super) fn text(&self) -> &str {
        self.ok().answer.text()
    }

    pub(super) fn contributions(&self) -> &[Contribution] {
        match &self.outcome {
            Ok(outcome) => &outcome.contributions,
            Err(error) => &error.contributions,
        }
    }

    /// What came of a member's last call.
    pub(super) fn of(&self, label: &str) -> &Result<CallReport, MemberFailure> {
        let mut calls = self.contributions().iter().rev();
        let found = calls.find(|contribution| contribution.member == label);
        &found.expect("a call of this member").result
    }

    /// The last thing a member was told.
    pub(super) fn prompt(&self, label: &str) -> String {
        let mut seen = self.seen.iter().rev();
        let seen = seen.find(|seen| seen.member == label);
        seen.expect("a call of this member")
            .request
            .last_user_text()
    }

    /// What a chat client saw of the final answer while it was made.
    pub(super) fn shown(&self) -> String {
        let texts = self.progress.iter().filter_map(|piece| match piece {
            Progress::Final(StreamEvent::Text { text, .. }) => Some(text.as_str()),
            _ => None,
        });
        texts.collect()
    }

    pub(super) fn events(&self) -> impl Iterator<Item = &RunEvent> {
        self.progress.iter().filter_map(|piece| match piece {
            Progress::Run(event) => Some(event),
            Progress::Final(_) => None,
        })
    }

    /// The progress as one line for each piece.
    pub(super) fn lines(&self) -> Vec<String> {
        self.progress.iter().map(line).collect()
    }
}

fn line(piece: &Progress) -> String {
    let event = match piece {
        Progress::Run(event) => serde_json::to_value(event).expect("an event is JSON"),
        Progress::Final(StreamEvent::Text { text, .. }) => return format!("final {text:?}"),
        Progress::Final(_) => return "final end".to_owned(),
    };
    let told = [
        "member",
        "stage",
        "text",
        "value",
        "options",
        "integrator",
        "reason",
        "how",
        "message",
    ];
    let fields = told.iter().filter_map(|key| event.get(*key));
    let fields: Vec<String> = fields
        .map(|value| value.as_str().map_or(value.to_string(), str::to_owned))
        .collect();
    let kind = event["type"].as_str().expect("a type");
    format!("{kind} {}", fields.join(" ")).trim_end().to_owned()
}
