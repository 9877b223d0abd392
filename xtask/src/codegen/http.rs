//! `docs/reference/http.md` and `http.zh.md`: every endpoint, from the server's table of routes, with
//! the fields of its body from the OpenAPI document.

use std::fmt::Write as _;

use llm_console::lang::Lang;
use llm_server::openapi;
use llm_server::routes::{self, Group, Route, Words};
use serde_json::Value;

const MARK: &str = "<!-- Written by `cargo xtask codegen` from `crates/llm-server/src/routes.rs` and below; change it there. -->";

const ENGLISH: &str = "\
# HTTP endpoints

The same as [openapi.json](openapi.json), for reading; a running server has both, at `/docs` and
`/openapi.json`. [中文](http.zh.md)

**Who** is `public` for everybody, `watch` for callers on this machine, callers with any key and everybody
on the ops listener, `inference` and `admin` for callers whose key has that scope. How a key is made is in
[Run the server](../guides/run-the-server.md#keys). Failures are described in [errors.md](errors.md).

Objects in a body have further fields; `/docs` of a running server shows them.
";

const CHINESE: &str = "\
# HTTP 接口

内容与 [openapi.json](openapi.json) 相同，便于阅读；运行中的服务器在 `/docs` 与 `/openapi.json` 提供两者。
请求体的字段说明见 [English](http.md)。

**权限**：`public` 所有人可用；`watch` 限本机、持任意令牌者，以及运维监听地址上的访问者；`inference` 与 `admin` 需要带相应
权限的令牌。创建令牌见[运行服务器](../guides/run-the-server.md#keys)，错误说明见 [errors.md](errors.md)。
";

/// The page in a language.
pub(super) fn render(lang: Lang) -> String {
    let document = openapi::document();
    let is_chinese = lang == Lang::Zh;
    let (text, title) = if is_chinese {
        (CHINESE, "| 接口 | 权限 | 作用 |")
    } else {
        (ENGLISH, "| Endpoint | Who | What it does |")
    };
    let mut page = format!("{MARK}\n\n{text}");
    for group in Group::ALL {
        let of_group = || routes::all().filter(|route| route.group == group);
        // Writing to a string cannot fail.
        let heading = said(group.title(), lang);
        let _ = write!(page, "\n## {heading}\n\n{title}\n|---|---|---|\n");
        for route in of_group() {
            let access = route.door.access();
            let summary = said(route.summary, lang);
            let _ = writeln!(page, "| `{}` | {access} | {summary} |", name(route));
        }
        for route in of_group() {
            details(&mut page, route, &document, lang);
        }
    }
    page
}

fn name(route: &Route) -> String {
    format!(
        "{} {}",
        route.method.as_str(),
        route.path.replace("{*", "{")
    )
}

fn said(words: Words, lang: Lang) -> &'static str {
    match lang {
        Lang::Zh => words.zh,
        Lang::En | Lang::Pseudo => words.en,
    }
}

/// The parameters of a route and, where the descriptions are in the language, its body.
fn details(page: &mut String, route: &Route, document: &Value, lang: Lang) {
    let body = (lang != Lang::Zh)
        .then(|| body_fields(route, document))
        .flatten();
    if route.params.is_empty() && body.is_none() {
        return;
    }
    let _ = write!(page, "\n### {}\n", name(route));
    if !route.params.is_empty() {
        let title = match lang {
            Lang::Zh => "| 参数 | 类型 | 含义 |",
            Lang::En | Lang::Pseudo => "| Parameter | Type | Meaning |",
        };
        let _ = write!(page, "\n{title}\n|---|---|---|\n");
        for param in route.params {
            let about = said(param.about, lang);
            let _ = writeln!(page, "| `{}` | {} | {about} |", param.name, param.kind);
        }
    }
    if let Some(rows) = body {
        page.push_str("\n| Field of the body | Type | Meaning |\n|---|---|---|\n");
        page.push_str(&rows);
    }
}

fn body_fields(route: &Route, document: &Value) -> Option<String> {
    let path = route.path.replace("{*", "{");
    let method = route.method.as_str().to_lowercase();
    let body = &document["paths"][path.as_str()][method.as_str()]["requestBody"];
    let schema = resolve(&body["content"]["application/json"]["schema"], document)?;
    let required = schema["required"].as_array().cloned().unwrap_or_default();
    let mut rows = String::new();
    for (field, known) in schema["properties"].as_object()? {
        let is_required = required.iter().any(|name| name.as_str() == Some(field));
        let need = if is_required { ", required" } else { "" };
        let about = known["description"].as_str().unwrap_or_default();
        let about = about.replace('\n', " ").replace('|', "\\|");
        let _ = writeln!(rows, "| `{field}` | {}{need} | {about} |", kind(known));
    }
    Some(rows)
}

fn resolve<'a>(schema: &'a Value, document: &'a Value) -> Option<&'a Value> {
    match schema["$ref"].as_str() {
        Some(reference) => document.pointer(reference.strip_prefix('#')?),
        None => schema.is_object().then_some(schema),
    }
}

/// The type of a field, in a word or two.
fn kind(schema: &Value) -> String {
    let names: Vec<&str> = match &schema["type"] {
        Value::String(name) => vec![name],
        Value::Array(names) => names.iter().filter_map(Value::as_str).collect(),
        _ if !schema["anyOf"].is_null() || !schema["$ref"].is_null() => vec!["object"],
        _ => Vec::new(),
    };
    let names: Vec<&str> = names.into_iter().filter(|name| *name != "null").collect();
    if names.is_empty() {
        "any".to_owned()
    } else {
        names.join(" or ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_endpoint_is_on_both_pages() {
        for lang in Lang::OFFERED {
            let page = render(lang);
            for route in routes::all() {
                assert!(page.contains(&format!("| `{}` | ", name(route))));
            }
        }
        assert!(render(Lang::En).contains("| `query` | string, required | The question. |"));
    }
}
