//! The API as a page to read, written on the server from the OpenAPI document: no script, nothing
//! from elsewhere.

use std::fmt::Write as _;

use llm_console::lang::Lang;
use serde_json::Value;

use crate::openapi;
use crate::routes::{self, Group, Words, words};

/// How the page looks.
pub const STYLE: &str = include_str!("../assets/docs.css");

/// How deep the fields of a body are listed.
const MAX_DEPTH: usize = 3;

/// The page in a language.
pub fn page(lang: Lang) -> String {
    let document = openapi::document();
    let writer = Writer {
        document: &document,
        lang,
        out: String::new(),
    };
    writer.page()
}

struct Writer<'a> {
    document: &'a Value,
    lang: Lang,
    out: String,
}

impl Writer<'_> {
    fn page(mut self) -> String {
        let title = self.say(words("API of LLM Cooperation", "LLM Cooperation 接口文档"));
        let lang = self.lang.as_str();
        self.push(&format!(
            "<!doctype html>\n<html lang=\"{lang}\">\n<head><meta charset=\"utf-8\">\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
             <title>{title}</title><link rel=\"stylesheet\" href=\"/docs/style.css\"></head>\n<body>\n\
             <h1>{title}</h1>\n<p class=\"about\">{} · <a href=\"/openapi.json\">OpenAPI 3.1</a></p>\n",
            env!("CARGO_PKG_VERSION"),
        ));
        self.first_call();
        for group in Group::ALL {
            let heading = escape(self.say(group.title()));
            self.push(&format!("<h2>{heading}</h2>\n"));
            for route in routes::all().filter(|route| route.group == group) {
                self.operation(route);
            }
        }
        self.push("</body>\n</html>\n");
        self.out
    }

    fn first_call(&mut self) {
        let about = self.say(words(
            "Any OpenAI client library works: its base URL is this server's address with /v1. \
             Callers on this machine need no key until the first one exists.",
            "任何 OpenAI 客户端库都可以使用：将 base URL 设为本服务器地址加 /v1。在创建第一个令牌之前，本机调用者无需令牌。",
        ));
        let sample = "curl http://127.0.0.1:8080/v1/chat/completions \\\n  \
                      -H 'content-type: application/json' \\\n  \
                      -d '{\"model\":\"auto\",\"messages\":[{\"role\":\"user\",\"content\":\"2+2?\"}]}'";
        self.push(&format!(
            "<p>{}</p>\n<pre>{}</pre>\n",
            escape(about),
            escape(sample)
        ));
    }

    fn operation(&mut self, route: &routes::Route) {
        let path = route.path.replace("{*", "{");
        let method = route.method.as_str();
        let operation = &self.document["paths"][&path][method.to_lowercase()];
        let summary = escape(self.say(route.summary));
        let access = escape(self.say(access(route.door.access())));
        self.push(&format!(
            "<details><summary><span class=\"verb\">{method}</span> <code>{}</code> \
             <span class=\"about\">{summary}</span><span class=\"access\">{access}</span></summary>\n",
            escape(&path)
        ));
        self.parameters(route);
        let heading = self.say(words("Body", "请求体"));
        self.schema(
            heading,
            operation.pointer("/requestBody/content/application~1json/schema"),
        );
        let heading = self.say(words("Reply", "响应"));
        self.schema(
            heading,
            operation.pointer("/responses/200/content/application~1json/schema"),
        );
        self.push("</details>\n");
    }

    fn parameters(&mut self, route: &routes::Route) {
        if route.params.is_empty() {
            return;
        }
        let heading = self.say(words("Parameters", "参数"));
        self.push(&format!("<p>{heading}</p><table>"));
        for param in route.params {
            let about = escape(self.say(param.about));
            self.push(&format!(
                "<tr><td><code>{}</code></td><td>{}</td><td>{about}</td></tr>",
                escape(param.name),
                escape(param.kind)
            ));
        }
        self.push("</table>\n");
    }

    fn schema(&mut self, heading: &str, schema: Option<&Value>) {
        let Some(schema) = schema else { return };
        let mut rows = Vec::new();
        self.rows(schema, "", 0, &mut rows);
        if rows.is_empty() {
            return;
        }
        self.push(&format!("<p>{}</p><table>", escape(heading)));
        for (name, kind, about) in rows {
            self.push(&format!(
                "<tr><td><code>{}</code></td><td>{}</td><td>{}</td></tr>",
                escape(&name),
                escape(&kind),
                escape(&about)
            ));
        }
        self.push("</table>\n");
    }

    /// The fields of an object, those of its objects behind them.
    fn rows(
        &self,
        schema: &Value,
        prefix: &str,
        depth: usize,
        rows: &mut Vec<(String, String, String)>,
    ) {
        let schema = self.resolved(schema);
        let Some(properties) = schema.get("properties").and_then(Value::as_object) else {
            return;
        };
        for (name, property) in properties {
            let full = format!("{prefix}{name}");
            let about = property.get("description").and_then(Value::as_str);
            let inner = self.resolved(property);
            let about = about.or(inner.get("description").and_then(Value::as_str));
            rows.push((
                full.clone(),
                kind(inner),
                about.unwrap_or_default().to_owned(),
            ));
            if depth + 1 < MAX_DEPTH {
                let item = inner.get("items").map(|item| self.resolved(item));
                let (inner, mark) = match item {
                    Some(item) => (item, "[]."),
                    None => (inner, "."),
                };
                self.rows(inner, &format!("{full}{mark}"), depth + 1, rows);
            }
        }
    }

    /// Follows a reference, also where `null` is another possibility.
    fn resolved<'v>(&'v self, schema: &'v Value) -> &'v Value {
        let one = schema
            .get("anyOf")
            .and_then(Value::as_array)
            .and_then(|options| options.iter().find(|option| option.get("$ref").is_some()))
            .unwrap_or(schema);
        one.get("$ref")
            .and_then(Value::as_str)
            .and_then(|reference| self.document.pointer(reference.strip_prefix('#')?))
            .unwrap_or(one)
    }

    fn say(&self, text: Words) -> &'static str {
        match self.lang {
            Lang::Zh => text.zh,
            Lang::En | Lang::Pseudo => text.en,
        }
    }

    fn push(&mut self, html: &str) {
        self.out.push_str(html);
    }
}

fn access(name: &str) -> Words {
    match name {
        "admin" => words("needs the admin scope", "需要 admin 权限"),
        "inference" => words("needs a key", "需要令牌"),
        "watch" => words("this machine, or a key", "本机或持令牌者"),
        _ => words("public", "公开"),
    }
}

fn kind(schema: &Value) -> String {
    match schema.get("type") {
        Some(Value::String(kind)) => kind.clone(),
        Some(Value::Array(kinds)) => {
            let kinds = kinds.iter().filter_map(Value::as_str);
            let kinds: Vec<&str> = kinds.filter(|kind| *kind != "null").collect();
            kinds.join(" | ")
        }
        _ => String::new(),
    }
}

/// Text as it stands in HTML.
fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '<' | '>' | '&' | '"' | '\'' => {
                // Writing to a string does not fail.
                let _infallible = write!(out, "&#{};", u32::from(c));
            }
            other => out.push(other),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_endpoint_is_on_the_page_in_either_language_and_nothing_is_from_elsewhere() {
        for lang in Lang::OFFERED {
            let page = page(lang);
            for route in routes::all() {
                let path = escape(&route.path.replace("{*", "{"));
                assert!(page.contains(&format!("<code>{path}</code>")), "{path}");
                let summary = match lang {
                    Lang::Zh => route.summary.zh,
                    _ => route.summary.en,
                };
                assert!(page.contains(&escape(summary)), "{summary}");
            }
            assert!(
                !page.contains("<script") && !page.contains("style="),
                "strict policy"
            );
            let outside = page.matches("=\"http").count();
            assert_eq!(outside, 0);
        }
        assert_eq!(escape("<a href='x'>"), "&#60;a href=&#39;x&#39;&#62;");
    }
}
