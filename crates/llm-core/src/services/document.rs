//! Document analysis: what a text says, in brief, by name, or with a focus.

use serde_json::json;

use super::schema::{list, object, one_of, text};
use super::words;
use super::{Instruction, Service, ServiceRequest, ServiceTask, option};
use crate::gateway::error::GatewayError;

/// The service.
pub const SERVICE: Service = Service {
    name: "document_analysis",
    summary: "analyse a text: comprehensively, in summary, by entities, or with a focus",
    kind_param: "analysis_type",
    kinds: &["comprehensive", "summary", "entities"],
    task,
};

fn task(request: &ServiceRequest) -> Result<ServiceTask, GatewayError> {
    let kind = option(request, "analysis_type", "comprehensive")?;
    let counted_type = ("analysis_type", json!(kind));
    match option(request, "document_type", "text")? {
        "text" => {}
        "structured" => return Ok(structured(kind, counted_type)),
        other => {
            let message =
                format!("there is no document type `{other}`; there are `text` and `structured`");
            return Err(GatewayError::invalid("parameters.document_type", message));
        }
    }
    let (instruction, schema) = match kind {
        "comprehensive" => comprehensive(),
        "summary" => summary(),
        "entities" => entities(),
        focus => focused(focus),
    };
    Ok(ServiceTask {
        kind: kind.to_owned(),
        instruction,
        schema,
        counted: vec![
            counted_type,
            ("document_length", json!(words::count(&request.content))),
        ],
        quality_priority: 0.8,
    })
}

type Variant = (Instruction, serde_json::Value);

fn comprehensive() -> Variant {
    let instruction = Instruction {
        en: "Analyse the document: its subject and purpose, its main points with what supports \
             them, and what follows from it for a reader who has to act."
            .to_owned(),
        zh: "分析这份文档：主题与目的、主要观点及其依据，以及对需要据此行动的读者意味着什么。"
            .to_owned(),
    };
    let schema = object(&[
        ("analysis", text("the analysis as connected prose")),
        ("main_points", list(&text("one main point"))),
        ("conclusions", list(&text("one conclusion or consequence"))),
        ("tone", text("the attitude of the text, in a few words")),
    ]);
    (instruction, schema)
}

fn summary() -> Variant {
    let instruction = Instruction {
        en: "Summarise the document: what a reader with one minute needs to know.".to_owned(),
        zh: "概括这份文档：只有一分钟的读者需要知道什么。".to_owned(),
    };
    let schema = object(&[
        ("analysis", text("the summary, at most five sentences")),
        ("main_points", list(&text("one main point"))),
    ]);
    (instruction, schema)
}

fn entities() -> Variant {
    let instruction = Instruction {
        en: "List the people, organisations, places, dates, amounts and other named things in the \
             document, each with its part in the text."
            .to_owned(),
        zh: "列出文档中的人物、机构、地点、日期、金额及其他专有名称，并说明各自在文中的作用。"
            .to_owned(),
    };
    let kinds = [
        "person",
        "organisation",
        "place",
        "date",
        "amount",
        "product",
        "event",
        "other",
    ];
    let entity = object(&[
        ("name", text("as the document writes it")),
        ("kind", one_of(&kinds)),
        ("role", text("its part in the text")),
    ]);
    let schema = object(&[
        ("analysis", text("how they relate, in prose")),
        ("entities", list(&entity)),
    ]);
    (instruction, schema)
}

fn focused(focus: &str) -> Variant {
    let instruction = Instruction {
        en: format!("Analyse the document with regard to this alone: {focus}."),
        zh: format!("仅就以下方面分析这份文档：{focus}。"),
    };
    let schema = object(&[
        ("analysis", text("the analysis as connected prose")),
        ("main_points", list(&text("one finding"))),
    ]);
    (instruction, schema)
}

fn structured(kind: &str, counted_type: (&'static str, serde_json::Value)) -> ServiceTask {
    let field = object(&[
        ("name", text("as the data writes it")),
        (
            "kind",
            text("what its values are, such as date, amount or name"),
        ),
        ("meaning", text("what it stands for")),
    ]);
    ServiceTask {
        kind: kind.to_owned(),
        instruction: Instruction {
            en: format!(
                "The text is structured data. Describe how it is built, then analyse it with \
                 regard to: {kind}."
            ),
            zh: format!("这段文本是结构化数据。先说明其结构，再就以下方面进行分析：{kind}。"),
        },
        schema: object(&[
            ("analysis", text("the analysis as connected prose")),
            (
                "data_structure",
                text("how the data is built: its form, its rows or levels"),
            ),
            ("fields", list(&field)),
            (
                "quality_issues",
                list(&text("one gap, contradiction or error in the data")),
            ),
        ]),
        counted: vec![counted_type],
        quality_priority: 0.8,
    }
}
