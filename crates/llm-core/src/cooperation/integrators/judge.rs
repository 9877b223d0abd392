//! The best answer, in the opinion of a model.
//!
//! The judge sees the answers under letters in an order that tells nothing, and has to reply with
//! one of the letters in JSON. A reply that names none is no verdict: then the votes decide. What
//! an answer says about itself is data between tags.

use futures_util::future::BoxFuture;
use serde_json::{Value, json};

use super::majority;
use crate::cooperation::members::{Order, as_final, ask_for_integration, judge, question};
use crate::cooperation::preference::{FIRST_CHOICE, first_choice};
use crate::cooperation::prompt::{self, Shown, Wording};
use crate::cooperation::{CoopError, Integrated, Integrator, Proposal, Run};
use crate::types::chat::{ChatRequest, JsonSchema, ResponseFormat};
use crate::types::cooperation::{Contribution, MemberFailure, Stage};
use crate::types::failure::FailureKind;
use crate::types::message::Message;

/// Longest reason of a judge that is repeated, in characters.
const LONGEST_REASON: usize = 300;

/// Has a model choose the best answer.
pub struct Judge;

impl Integrator for Judge {
    fn name(&self) -> &'static str {
        "judge"
    }

    fn aliases(&self) -> &'static [&'static str] {
        &["best"]
    }

    fn summary(&self) -> &'static str {
        "the answer the judge finds best, the authors unknown to it"
    }

    fn needs_judge(&self) -> bool {
        true
    }

    fn integrate<'a>(
        &'a self,
        run: &'a Run<'a>,
        proposals: &'a [Proposal<'a>],
    ) -> BoxFuture<'a, Result<Integrated, CoopError>> {
        Box::pin(async move {
            if let [only] = proposals {
                return Ok(alone(only));
            }
            let verdict = ask(run, proposals).await;
            Ok(match verdict.chosen {
                Ok((chosen, how)) => Integrated {
                    answer: as_final(&proposals[chosen].report.answer),
                    how,
                    used: vec![chosen],
                    tally: None,
                    contributions: verdict.contributions,
                    degraded: false,
                },
                Err(why) => without_verdict(run, proposals, &why, verdict.contributions),
            })
        })
    }
}

/// What a judge said.
pub(in crate::cooperation) struct Verdict {
    /// The position of the chosen proposal and how it came about, or why there is none.
    pub(in crate::cooperation) chosen: Result<(usize, String), String>,
    /// The calls it took.
    pub(in crate::cooperation) contributions: Vec<Contribution>,
}

/// The only answer needs no comparison.
pub(in crate::cooperation) fn alone(only: &Proposal<'_>) -> Integrated {
    Integrated {
        answer: as_final(&only.report.answer),
        how: format!(
            "the answer of `{}`, the only one there is",
            only.member.label
        ),
        used: vec![0],
        tally: None,
        contributions: Vec::new(),
        degraded: false,
    }
}

/// Asks the judge which proposal is best.
pub(in crate::cooperation) async fn ask<'a>(
    run: &'a Run<'a>,
    proposals: &'a [Proposal<'a>],
) -> Verdict {
    let shown = prompt::shuffled(run, proposals);
    let label = &judge(run).label;
    let mut contributions = Vec::new();
    for format in [verdict_schema(&shown), ResponseFormat::Text] {
        let order = Order {
            member: judge(run),
            request: request(run, &shown, format),
            stage: Stage::Judge,
            is_final: false,
        };
        let contribution = ask_for_integration(run, order).await;
        let chosen = match &contribution.result {
            Ok(report) => read(report.answer.text(), &shown)
                .map(|(place, reason)| {
                    let at = shown[place].position;
                    let author = &proposals[at].member.label;
                    let count = proposals.len();
                    let how = format!(
                        "`{label}` judged {count} answers and chose that of `{author}`{reason}"
                    );
                    (at, how)
                })
                .ok_or_else(|| format!("the reply of the judge `{label}` names no answer")),
            Err(MemberFailure::Failed(failure)) => {
                // Not every model can be held to a schema; the words ask for the same thing.
                let refuses_schema = matches!(
                    failure.kind,
                    FailureKind::Unsupported | FailureKind::Rejected
                );
                if refuses_schema && contributions.is_empty() {
                    contributions.push(contribution);
                    continue;
                }
                Err(format!("the judge `{label}` gave no verdict: {failure}"))
            }
            Err(MemberFailure::Skipped(reason)) => {
                Err(format!("the judge `{label}` gave no verdict: {reason}"))
            }
        };
        contributions.push(contribution);
        return Verdict {
            chosen,
            contributions,
        };
    }
    Verdict {
        chosen: Err(format!("the judge `{label}` gave no verdict")),
        contributions,
    }
}

/// The votes decide, or the order of the members where nothing can be counted.
fn without_verdict(
    run: &Run<'_>,
    proposals: &[Proposal<'_>],
    why: &str,
    contributions: Vec<Contribution>,
) -> Integrated {
    let (_, tally) = majority::poll(run, proposals);
    let mut integrated = majority::elect(proposals, &tally).unwrap_or_else(|| {
        let chosen = first_choice(proposals);
        Integrated {
            how: format!(
                "the answer of `{}`, {FIRST_CHOICE}",
                proposals[chosen].member.label
            ),
            used: vec![chosen],
            ..alone(&proposals[chosen])
        }
    });
    integrated.how = format!("{why}; {}", integrated.how);
    integrated.contributions = contributions;
    integrated.degraded = true;
    integrated
}

fn request(run: &Run<'_>, shown: &[Shown<'_>], format: ResponseFormat) -> ChatRequest {
    let (before, media) = prompt::context(run.request);
    let text = Wording::of(run.language).judge(&before, &question(run), shown);
    let mut message = Message::user(text);
    message.content.extend(media);
    ChatRequest {
        messages: vec![message],
        format,
        user: run.request.user.clone(),
        ..ChatRequest::default()
    }
}

fn verdict_schema(shown: &[Shown<'_>]) -> ResponseFormat {
    let labels: Vec<&str> = shown.iter().map(|shown| shown.label.as_str()).collect();
    ResponseFormat::JsonSchema(JsonSchema {
        name: "verdict".to_owned(),
        description: Some("Which of the answers is best, and why.".to_owned()),
        schema: json!({
            "type": "object",
            "properties": {
                "best": {"type": "string", "enum": labels},
                "reason": {"type": "string"},
            },
            "required": ["best", "reason"],
            "additionalProperties": false,
        }),
        strict: Some(true),
    })
}

/// The place of the answer a verdict names, and its reason ready to be appended.
///
/// The object may stand in a code fence or between words; nothing but its `best` counts.
fn read(reply: &str, shown: &[Shown<'_>]) -> Option<(usize, String)> {
    let start = reply.find('{')?;
    let mut documents = serde_json::Deserializer::from_str(&reply[start..]).into_iter::<Value>();
    let verdict = documents.next()?.ok()?;
    let best = verdict.get("best")?.as_str()?.trim();
    let place = shown.iter().position(|shown| shown.label == best)?;
    let reason = verdict.get("reason").and_then(Value::as_str).unwrap_or("");
    let words: Vec<&str> = reason.split_whitespace().collect();
    let reason: String = words.join(" ").chars().take(LONGEST_REASON).collect();
    Some(if reason.is_empty() {
        (place, reason)
    } else {
        (place, format!(": {reason}"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown() -> Vec<Shown<'static>> {
        ["A", "B"]
            .iter()
            .enumerate()
            .map(|(position, label)| Shown {
                label: (*label).to_owned(),
                author: None,
                text: "",
                position,
            })
            .collect()
    }

    #[test]
    fn a_verdict_is_a_label_in_json_and_nothing_else() {
        let best = |reply: &str| read(reply, &shown()).map(|(place, _)| place);
        assert_eq!(best(r#"{"best": "B", "reason": "right"}"#), Some(1));
        assert_eq!(
            best("```json\n{\"best\":\"A\",\"reason\":\"\"}\n```"),
            Some(0)
        );
        assert_eq!(best("I choose: {\"best\": \"A\"} because"), Some(0));
        for reply in [
            "B",
            "",
            "The best is A",
            r#"{"best": "C"}"#,
            r#"{"best": "AB"}"#,
            r#"{"best": "A or B"}"#,
            r#"{"best": 1}"#,
            r#"{"winner": "A"}"#,
            r#"{"best": "A""#,
        ] {
            assert_eq!(best(reply), None, "{reply}");
        }
    }

    #[test]
    fn a_reason_is_repeated_on_one_line_and_cut() {
        let reply = json!({"best": "A", "reason": format!("one\ntwo {}", "x".repeat(500))});
        let (_, reason) = read(&reply.to_string(), &shown()).unwrap();
        assert!(reason.starts_with(": one two x"));
        assert_eq!(reason.chars().count(), LONGEST_REASON + 2);
    }
}
