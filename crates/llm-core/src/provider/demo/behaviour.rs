//! What each model path of the demonstration does, as data for the documentation and lists.

use std::time::Duration;

/// One model path.
#[derive(Debug)]
pub struct Behaviour {
    /// The path, as in a model's configuration.
    pub path: &'static str,
    /// What it does, in one line of English.
    pub about: &'static str,
    /// The same in Chinese.
    pub about_zh: &'static str,
    pub(super) kind: Kind,
    /// Until the first piece.
    pub(super) first: Duration,
    /// Between two pieces of a token each.
    pub(super) each: Duration,
}

/// What a path does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Small,
    Large,
    Reasoning,
    Vision,
    Contrarian,
    Flaky,
    Down,
    Limited,
    Unauthorized,
    Filtered,
    Garbage,
    Cut,
    Hang,
    Refuse,
}

const fn row(
    path: &'static str,
    kind: Kind,
    millis: (u64, u64),
    about: &'static str,
    about_zh: &'static str,
) -> Behaviour {
    Behaviour {
        path,
        about,
        about_zh,
        kind,
        first: Duration::from_millis(millis.0),
        each: Duration::from_millis(millis.1),
    }
}

/// Every path with a behaviour of its own. Any other behaves like the first.
pub static BEHAVIOURS: &[Behaviour] = &[
    row(
        "demo-large",
        Kind::Large,
        (150, 12),
        "answers in a few sentences",
        "用几句话回答",
    ),
    row(
        "demo-small",
        Kind::Small,
        (60, 6),
        "answers in one sentence, quickly",
        "用一句话快速回答",
    ),
    row(
        "demo-reasoning",
        Kind::Reasoning,
        (200, 12),
        "sends its reasoning before the answer",
        "先给出思考过程再回答",
    ),
    row(
        "demo-vision",
        Kind::Vision,
        (150, 12),
        "says what is attached before it answers",
        "先说明附件再回答",
    ),
    row(
        "demo-contrarian",
        Kind::Contrarian,
        (60, 6),
        "disagrees: sums are off by one, choices by a letter",
        "总是唱反调：算术差一，选项错开一个字母",
    ),
    row(
        "demo-slow",
        Kind::Large,
        (2_500, 120),
        "answers after seconds, slowly",
        "数秒之后才慢慢回答",
    ),
    row(
        "demo-flaky",
        Kind::Flaky,
        (100, 8),
        "fails every second call, the first one included",
        "每两次调用失败一次，从第一次开始",
    ),
    row(
        "demo-down",
        Kind::Down,
        (20, 0),
        "is always out of service (503)",
        "始终不可用（503）",
    ),
    row(
        "demo-limited",
        Kind::Limited,
        (20, 0),
        "is always at its rate limit (429, retry after 1 s)",
        "始终被限流（429，1 秒后重试）",
    ),
    row(
        "demo-unauthorized",
        Kind::Unauthorized,
        (20, 0),
        "rejects the key (401)",
        "拒绝密钥（401）",
    ),
    row(
        "demo-filtered",
        Kind::Filtered,
        (20, 0),
        "refuses every question by its content filter (400)",
        "内容过滤拒绝所有问题（400）",
    ),
    row(
        "demo-garbage",
        Kind::Garbage,
        (20, 0),
        "sends a web page with status 200",
        "以状态 200 返回网页",
    ),
    row(
        "demo-cut",
        Kind::Cut,
        (60, 6),
        "breaks off half-way through its answer",
        "回答到一半就中断",
    ),
    row(
        "demo-hang",
        Kind::Hang,
        (0, 0),
        "never answers; the time limits end the wait",
        "从不回答，直到超时",
    ),
    row(
        "demo-refuse",
        Kind::Refuse,
        (60, 6),
        "declines politely (a refusal)",
        "礼貌地拒绝回答",
    ),
    row(
        "demo-embedding",
        Kind::Large,
        (20, 0),
        "turns texts into vectors by hashing their words",
        "按词语的散列把文本转换为向量",
    ),
    row(
        "demo-rerank",
        Kind::Large,
        (20, 0),
        "orders documents by the words they share with the query",
        "按与查询共有的词语为文档排序",
    ),
    row(
        "demo-speech",
        Kind::Large,
        (20, 0),
        "speaks in a single tone",
        "用单一的音调朗读",
    ),
    row(
        "demo-transcribe",
        Kind::Large,
        (20, 0),
        "writes down how large a recording is",
        "写下录音的大小",
    ),
    row(
        "demo-image",
        Kind::Large,
        (20, 0),
        "draws a small pattern",
        "画一个小图案",
    ),
];

/// The behaviour of a path.
pub(super) fn of(path: &str) -> &'static Behaviour {
    BEHAVIOURS
        .iter()
        .find(|row| row.path == path)
        .unwrap_or(&BEHAVIOURS[0])
}
