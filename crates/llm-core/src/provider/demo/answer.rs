//! Makes up the answer: clearly marked, in the question's language, the same for the same question.

use serde_json::json;

use super::arithmetic::{self, Number, Sum};
use super::behaviour::Kind;
use super::schema;
use super::tokens::{self, is_cjk};
use crate::types::answer::{Answer, Choice, FinishReason};
use crate::types::chat::{ChatRequest, ResponseFormat};
use crate::types::message::{ContentPart, Message, Reasoning, Role, Tool, ToolCall, ToolChoice};
use crate::types::usage::Usage;

/// How much of the question is repeated, in characters.
const ECHO: usize = 48;

/// What the question turned out to be about.
#[derive(Debug)]
pub(super) struct Findings {
    /// The question itself.
    question: String,
    /// Whether it is asked in Chinese.
    chinese: bool,
    /// The sum in it, already falsified for a contrarian.
    sum: Option<Sum>,
    /// The number of lettered options in it.
    options: usize,
    /// Whether to disagree.
    pub(super) contrary: bool,
}

/// Answers a request as the model at `path` would.
pub(super) fn compose(request: &ChatRequest, path: &str, kind: Kind) -> Answer {
    let findings = Findings::of(request, kind == Kind::Contrarian);
    let mut choice = match demanded(request) {
        Some(tool) if kind != Kind::Refuse => call(tool, &findings),
        _ => say(request, path, kind, &findings),
    };
    if kind == Kind::Reasoning {
        let text = findings.words(
            "[simulated reasoning] First I look at what is asked, then I work it out step by step.",
            "［模拟思考］先看清问题，再一步一步推导。",
        );
        choice.reasoning = Some(Reasoning {
            text: text.to_owned(),
            signature: None,
        });
    }
    limit(&mut choice, request);
    let reasoning = choice
        .reasoning
        .as_ref()
        .map_or(0, |it| tokens::count(&it.text));
    let calls = choice.tool_calls.iter();
    let written = tokens::count(&choice.text)
        + choice.refusal.as_deref().map_or(0, tokens::count)
        + calls
            .map(|call| tokens::count(&call.arguments))
            .sum::<u64>();
    let number = u64::from(request.sampling.n.unwrap_or(1));
    Answer {
        id: format!(
            "chatcmpl-demo-{}",
            &digest(&format!("{path}\n{}", findings.question))[..12]
        ),
        upstream_model: path.to_owned(),
        choices: (0..request.sampling.n.unwrap_or(1))
            .map(|index| Choice {
                index,
                ..choice.clone()
            })
            .collect(),
        usage: Usage {
            reasoning: reasoning * number,
            ..Usage::reported(
                tokens::count_request(request),
                (written + reasoning) * number,
            )
        },
        ..Answer::default()
    }
}

/// The tool that must be called, if any.
fn demanded(request: &ChatRequest) -> Option<&Tool> {
    match request.tool_choice.as_ref()? {
        ToolChoice::Required => request.tools.first(),
        ToolChoice::Named(name) => request.tools.iter().find(|tool| tool.name == *name),
        ToolChoice::Auto | ToolChoice::None => None,
    }
}

fn call(tool: &Tool, findings: &Findings) -> Choice {
    let empty = json!({"type": "object"});
    let schema = tool.parameters.as_ref().unwrap_or(&empty);
    Choice {
        tool_calls: vec![ToolCall {
            id: format!("call_demo_{}", &digest(&findings.question)[..8]),
            name: tool.name.clone(),
            arguments: schema::fill(schema, findings).to_string(),
        }],
        finish: FinishReason::ToolCalls,
        ..Choice::empty(0)
    }
}

fn say(request: &ChatRequest, path: &str, kind: Kind, findings: &Findings) -> Choice {
    let mark = if findings.chinese {
        format!("[{path} 模拟回答]")
    } else {
        format!("[simulated by {path}]")
    };
    let mut choice = Choice::empty(0);
    if kind == Kind::Refuse {
        let words = findings.words("I would rather not answer this.", "我不便回答这个问题。");
        choice.refusal = Some(format!("{mark} {words}"));
        return choice;
    }
    choice.text = match &request.format {
        ResponseFormat::JsonSchema(asked) => schema::fill(&asked.schema, findings).to_string(),
        ResponseFormat::JsonObject => json!({
            "simulated": true,
            "model": path,
            "answer": findings.marked("answer"),
        })
        .to_string(),
        ResponseFormat::Text => format!("{mark} {}", text(request, kind, findings)),
    };
    choice
}

/// The words after the mark.
fn text(request: &ChatRequest, kind: Kind, findings: &Findings) -> String {
    let mut parts = Vec::new();
    let attached = attachments(request, findings);
    if !attached.is_empty() {
        parts.push(attached);
    }
    if let Some(sum) = &findings.sum {
        parts.push(format!("{} = {}", sum.expression, sum.value));
        parts.push(findings.verdict(&sum.value.to_string()));
        return parts.join("\n");
    }
    if let Some(letter) = findings.letter() {
        parts.push(findings.verdict(&letter.to_string()));
        return parts.join("\n");
    }
    let last = request.messages.last();
    if let Some(result) = last.filter(|message| message.role == Role::Tool) {
        let shown = shorten(&result.plain_text());
        parts.push(if findings.chinese {
            format!("真实模型会在这里使用工具返回的结果：“{shown}”。")
        } else {
            format!("A real model would use the tool's result here: “{shown}”.")
        });
        return parts.join(" ");
    }
    let shown = shorten(&findings.question);
    let would = findings.would();
    parts.push(if findings.chinese {
        format!("真实模型会在这里{would}：“{shown}”。")
    } else {
        format!("A real model would {would} here: “{shown}”.")
    });
    if kind != Kind::Small && kind != Kind::Contrarian {
        parts.push(
            findings
                .words(
                    "No model was called and nothing left this machine; configure a provider for real answers.",
                    "没有调用任何模型，也没有数据离开本机；配置提供方后即可获得真实回答。",
                )
                .to_owned(),
        );
    }
    parts.join(" ")
}

/// What hangs on the last message of the user.
fn attachments(request: &ChatRequest, findings: &Findings) -> String {
    let last = request
        .messages
        .iter()
        .rev()
        .find(|message| message.role == Role::User);
    let parts = last.map_or(&[][..], |message: &Message| message.content.as_slice());
    let count = |wanted: fn(&ContentPart) -> bool| parts.iter().filter(|part| wanted(part)).count();
    let kinds = [
        (
            count(|part| matches!(part, ContentPart::Image(_))),
            "picture",
            "张图片",
        ),
        (
            count(|part| matches!(part, ContentPart::Audio(_))),
            "recording",
            "段录音",
        ),
        (
            count(|part| matches!(part, ContentPart::File(_))),
            "document",
            "份文档",
        ),
    ];
    let named = |(number, english, chinese): &(usize, &str, &str)| {
        if findings.chinese {
            return format!("{number}{chinese}");
        }
        match number {
            1 => format!("one {english}"),
            _ => format!("{number} {english}s"),
        }
    };
    let kinds: Vec<String> = kinds.iter().filter(|kind| kind.0 > 0).map(named).collect();
    match (kinds.is_empty(), findings.chinese) {
        (true, _) => String::new(),
        (false, true) => format!("（收到{}）", kinds.join("和")),
        (false, false) => format!("({} attached.)", kinds.join(" and ")),
    }
}

/// Cuts the answer where the request wants it cut.
fn limit(choice: &mut Choice, request: &ChatRequest) {
    let stops = request.sampling.stop.iter().filter(|stop| !stop.is_empty());
    if let Some(end) = stops
        .filter_map(|stop| choice.text.find(stop.as_str()))
        .min()
    {
        choice.text.truncate(end);
    }
    let Some(most) = request.sampling.max_tokens else {
        return;
    };
    let pieces = tokens::pieces(&choice.text);
    let most = usize::try_from(most).unwrap_or(usize::MAX);
    if pieces.len() > most {
        choice.text = pieces[..most].concat();
        choice.finish = FinishReason::Length;
    }
}

impl Findings {
    fn of(request: &ChatRequest, contrary: bool) -> Self {
        let question = request.last_user_text();
        let sum = arithmetic::find(&question).map(|sum| match sum.value.add(Number::whole(1)) {
            Some(value) if contrary => Sum { value, ..sum },
            _ => sum,
        });
        Self {
            chinese: is_chinese(&question),
            options: options(&question),
            question,
            sum,
            contrary,
        }
    }

    fn words(&self, english: &'static str, chinese: &'static str) -> &'static str {
        if self.chinese { chinese } else { english }
    }

    /// Which of `count` options this question gets; a contrarian takes the next.
    pub(super) fn pick(&self, count: usize) -> usize {
        let hash = blake3::hash(self.question.as_bytes());
        let pick = usize::from(hash.as_bytes()[0]) + usize::from(self.contrary);
        pick.checked_rem(count).unwrap_or(0)
    }

    /// The letter of the option this question gets.
    fn letter(&self) -> Option<char> {
        (self.options > 1).then(|| ('A'..='Z').nth(self.pick(self.options)).unwrap_or('A'))
    }

    /// The result of the sum.
    pub(super) fn number(&self) -> Option<f64> {
        self.sum.as_ref().map(|sum| match sum.value.as_whole() {
            Some(whole) => whole as f64,
            None => sum.value.to_f64(),
        })
    }

    /// A short text for a JSON string, marked, without the name of a model.
    pub(super) fn marked(&self, name: &str) -> String {
        let mark = self.words("[simulated]", "[模拟]");
        match (&self.sum, self.letter()) {
            (Some(sum), _) => format!("{mark} {}", sum.value),
            (None, Some(letter)) => format!("{mark} {letter}"),
            (None, None) => format!("{mark} {name}").trim_end().to_owned(),
        }
    }

    fn verdict(&self, result: &str) -> String {
        if self.chinese {
            format!("答案：{result}")
        } else {
            format!("Answer: {result}")
        }
    }

    /// What a real model would do with it.
    fn would(&self) -> &'static str {
        let lower = self.question.to_lowercase();
        let tasks = [
            (["translat", "翻译"], "translate this", "翻译"),
            (["summar", "总结"], "summarise this", "总结"),
            (["code", "代码"], "write code for this", "编写代码"),
            (["compare", "比较"], "compare these", "比较"),
            (["write", "写"], "write this", "撰写"),
        ];
        let task = tasks
            .iter()
            .find(|(words, ..)| words.iter().any(|word| lower.contains(word)));
        match task {
            Some((_, english, chinese)) => self.words(english, chinese),
            None => self.words("answer this", "回答"),
        }
    }
}

/// Whether a text is mainly Chinese. A character says as much as several letters.
fn is_chinese(text: &str) -> bool {
    let characters = text.chars().filter(|c| is_cjk(*c)).count();
    let letters = text.chars().filter(char::is_ascii_alphabetic).count();
    characters > 0 && characters * 3 >= letters
}

/// The number of options lettered A, B, C… in a text.
fn options(text: &str) -> usize {
    let chars: Vec<char> = text.chars().collect();
    let is_marker = |letter: char| {
        (0..chars.len()).any(|at| {
            let starts = at == 0 || matches!(chars[at - 1], ' ' | '\n' | '\t' | '(' | '（' | '　');
            let ends = chars
                .get(at + 1)
                .is_some_and(|c| ".):、：．）".contains(*c));
            chars[at] == letter && starts && ends
        })
    };
    ('A'..='Z').take_while(|letter| is_marker(*letter)).count()
}

/// A short piece of a text on one line.
fn shorten(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let mut short: String = line.chars().take(ECHO).collect();
    if short.len() < line.len() {
        short.push('…');
    }
    short
}

fn digest(text: &str) -> String {
    blake3::hash(text.as_bytes()).to_hex().to_string()
}
