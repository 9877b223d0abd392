//! Where requests in both languages go, over the registry of the earlier system.

use super::*;
use crate::types::message::{ContentPart, Image, MediaSource};
use crate::types::task::Capabilities;

const REASONING: &str = "qwen3_32b_reasoning";
const SMALL: &str = "qwen3_8b";
const VISION: &str = "qwen2_5_vl_72b";
/// Several models instead of one.
const SEVERAL: &str = "several";

/// Request, task, and where it goes.
const ROWS: &[(&str, &str, &str)] = &[
    // The four examples of the earlier system's report.
    ("解方程：2x² + 5x - 3 = 0", "math", REASONING),
    ("将'你好'翻译成英文", "translation", SMALL),
    ("分析这张图片中的内容", "vision", VISION),
    ("详细解释量子计算的原理和应用", "knowledge", SEVERAL),
    // What it was measured on besides.
    ("What is 2 + 2?", "math", REASONING),
    ("what is 2+2", "math", REASONING),
    ("Solve: 2x² + 5x - 3 = 0", "math", REASONING),
    ("Translate 'hello' to Spanish", "translation", SMALL),
    ("Explain quantum computing in detail", "knowledge", SMALL),
    ("详细解释量子计算", "knowledge", SMALL),
    (
        "Explain the principles and applications of quantum computing in detail",
        "knowledge",
        SEVERAL,
    ),
    (
        "Write a Python function to implement quicksort algorithm with detailed comments",
        "code",
        REASONING,
    ),
    (
        "Analyze this image and describe what you see",
        "vision",
        VISION,
    ),
    (
        "Compare the advantages and disadvantages of renewable energy sources",
        "comparison",
        REASONING,
    ),
    (
        "Prove that the square root of 2 is irrational",
        "math",
        REASONING,
    ),
    // Mathematics.
    ("１５ ＋ ２７ 等于多少？", "math", REASONING),
    ("求函数 f(x)=x^2-4x+3 的最小值", "math", REASONING),
    ("小明有5个苹果，吃了2个，还剩几个？", "math", REASONING),
    (
        "A train travels 120 miles in 2 hours. What is its average speed?",
        "math",
        REASONING,
    ),
    ("Find the derivative of x^3 + 2x", "math", REASONING),
    (
        "Prove rigorously that there are infinitely many primes",
        "math",
        REASONING,
    ),
    (
        "一个长方体的长是5厘米，宽3厘米，高2厘米，体积是多少？",
        "math",
        REASONING,
    ),
    // Programming.
    ("用C++写一个二叉树的遍历程序", "code", REASONING),
    ("分析python代码的时间复杂度", "code", REASONING),
    (
        "Why does this code throw a null pointer exception?\n```java\nObject o = null;\no.toString();\n```",
        "code",
        REASONING,
    ),
    ("写一个SQL查询，统计每个部门的人数", "code", REASONING),
    (
        "Refactor the following function to use a loop instead of recursion",
        "code",
        REASONING,
    ),
    (
        "look at the code and tell me what is wrong with it",
        "code",
        REASONING,
    ),
    ("How do I debug a c++ program?", "code", REASONING),
    // Reasoning.
    (
        "甲、乙、丙三人中只有一个人说真话，请推理是谁",
        "reasoning",
        REASONING,
    ),
    (
        "Here is a logic puzzle: three switches control one light bulb upstairs",
        "reasoning",
        REASONING,
    ),
    (
        "如果所有的猫都是动物，那么所有的动物都是猫吗？这个推理是否正确",
        "reasoning",
        REASONING,
    ),
    // Translation.
    (
        "请把下面这段话翻译成日语：今天天气很好",
        "translation",
        SMALL,
    ),
    ("請將這段話翻譯成英文：謝謝你的幫助", "translation", SMALL),
    (
        "How do you say \"good morning\" in Chinese? Translate it for me",
        "translation",
        SMALL,
    ),
    ("“知己知彼”用英语怎么说", "translation", SMALL),
    // Work on a given text.
    (
        "请总结以下文章的主要内容：人工智能正在改变世界。",
        "summarization",
        SMALL,
    ),
    (
        "Summarize the following article in three sentences: The sun is a star.",
        "summarization",
        SMALL,
    ),
    (
        "从以下文本中提取所有人名和地名：张三昨天从北京去了上海。",
        "extraction",
        SMALL,
    ),
    (
        "Extract all email addresses from this text: contact a@example.org",
        "extraction",
        SMALL,
    ),
    (
        "将以下评论分类为正面或负面：这家餐厅很好吃",
        "classification",
        SMALL,
    ),
    (
        "Classify the sentiment of this review as positive or negative: I loved it",
        "classification",
        SMALL,
    ),
    (
        "润色下面的句子，使其更加简洁：我觉得这个事情是非常非常重要的",
        "rewriting",
        SMALL,
    ),
    (
        "Rewrite this sentence to sound more professional: gimme the file",
        "rewriting",
        SMALL,
    ),
    // Writing, role play, small talk.
    ("写一首关于秋天的诗", "writing", SMALL),
    ("帮我写一封求职信", "writing", SMALL),
    ("Write a short story about a dragon", "writing", SMALL),
    (
        "Write a product description for a coffee mug",
        "writing",
        SMALL,
    ),
    ("请你扮演一位面试官，和我对话", "roleplay", SMALL),
    (
        "Pretend to be a pirate and answer in character",
        "roleplay",
        SMALL,
    ),
    ("你好", "chat", SMALL),
    ("Hello, how are you?", "chat", SMALL),
    // Questions and advice.
    ("法国的首都是哪里？", "knowledge", SMALL),
    ("What is the capital of France?", "knowledge", SMALL),
    ("为什么海水是咸的？", "knowledge", SMALL),
    ("推荐几本适合初学者的历史书", "advice", SMALL),
    ("Give me some tips for learning to cook", "advice", SMALL),
    // Analysis and comparison.
    ("分析一下这家公司的财务数据趋势", "analysis", REASONING),
    (
        "Analyze the impact of inflation on small shops",
        "analysis",
        REASONING,
    ),
    ("比较一下电动车和燃油车的优缺点", "comparison", REASONING),
    (
        "全面比较Rust和Go在后端开发中的优缺点，并从多方面深入分析各自的适用场景",
        "comparison",
        SEVERAL,
    ),
    (
        "Give me an in-depth, comprehensive comparison of solar and nuclear power, with the pros and cons of each",
        "comparison",
        SEVERAL,
    ),
    ("深入分析人工智能对就业市场的影响", "analysis", SEVERAL),
    // A picture is spoken of.
    ("这张照片里有几个人？", "vision", VISION),
    ("Describe the image", "vision", VISION),
    ("What is shown in this screenshot?", "vision", VISION),
    // Words that look like a picture and are none.
    ("I see your point about the stock market", "general", SMALL),
    (
        "Let us look at the big picture: what is inflation?",
        "knowledge",
        SMALL,
    ),
    (
        "Write a Python script for image processing with OpenCV",
        "code",
        REASONING,
    ),
    ("How do I build a docker image?", "knowledge", SMALL),
    ("看来你说得对", "general", SMALL),
    (
        "What do you see as the main risk of inflation?",
        "knowledge",
        SMALL,
    ),
    ("我想去上图书馆的编程课，推荐一些书", "advice", SMALL),
    ("画面感强的散文怎么写？写一篇", "writing", SMALL),
    // Nothing to go by.
    ("", "general", SMALL),
    ("asdf qwer", "general", SMALL),
];

#[test]
fn requests_go_where_people_expect() {
    let bench = Bench::earlier();
    let router = bench.router();
    let mut wrong = Vec::new();
    for (text, task, goes_to) in ROWS {
        let ask = ask(text);
        let decision = router.decide(bench.query(&ask)).unwrap();
        let cooperates = decision.cooperation.is_some();
        let first = if cooperates {
            SEVERAL
        } else {
            models(&decision)[0]
        };
        if decision.profile.task.as_str() != *task || first != *goes_to {
            wrong.push(format!(
                "{text}\n   expected {task} -> {goes_to}, got {} ({}) -> {first}\n   {:?}",
                decision.profile.task,
                decision.profile.difficulty.as_str(),
                decision.profile.evidence,
            ));
        }
    }
    assert!(
        wrong.is_empty(),
        "{} of {}:\n{}",
        wrong.len(),
        ROWS.len(),
        wrong.join("\n")
    );
}

#[test]
fn several_models_are_the_ones_that_suit_the_question() {
    let decision = Bench::earlier()
        .decide(&ask("详细解释量子计算的原理和应用"))
        .unwrap();
    let cooperation = decision.cooperation.as_ref().unwrap();
    assert_eq!(cooperation.mode, "parallel");
    assert!(!cooperation.named);
    assert_eq!(
        members(&decision),
        [REASONING, "qwen3_32b", SMALL, "qwen2_5_7b"]
    );
}

#[test]
fn an_attached_picture_goes_to_a_model_that_sees_whatever_the_text_says() {
    for text in ["", "解这道题", "translate this", "I see your point"] {
        let mut ask = ask(text);
        ask.chat.messages[0].content.push(ContentPart::Image(Image {
            source: MediaSource::Url("https://example.org/a.png".into()),
            detail: None,
        }));
        let decision = Bench::earlier().decide(&ask).unwrap();
        assert!(decision.profile.needs.has(Capabilities::VISION));
        assert!(decision.profile.mentions.is_empty());
        assert_eq!(models(&decision), [VISION], "{text}");
        assert_eq!(decision.excluded.len(), 5);
    }
}
