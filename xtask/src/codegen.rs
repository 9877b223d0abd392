//! `cargo xtask codegen`: files that are written from the code, so that they cannot disagree with it.
//!
//! One row a file: its path and the function that renders it. The functions are in `codegen/`.

mod cli;
mod errors;
#[cfg(test)]
mod guides;
mod http;
mod metrics;
mod registries;

use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result, bail};
use llm_console::lang::Lang;
use llm_core::config::{reference, schema};
use llm_server::openapi;

use crate::{scenarios, workspace};

/// A generated file.
struct Generated {
    path: &'static str,
    render: fn() -> String,
}

const fn file(path: &'static str, render: fn() -> String) -> Generated {
    Generated { path, render }
}

/// The command lines, each in both languages.
macro_rules! command_lines {
    ($($krate:ident $name:literal)*) => {
        &[$(
            file(concat!("docs/reference/cli-", $name, ".md"), || {
                cli::render::<$krate::cli::Cli>(&$krate::cli::PROGRAM, Lang::En)
            }),
            file(concat!("docs/reference/cli-", $name, ".zh.md"), || {
                cli::render::<$krate::cli::Cli>(&$krate::cli::PROGRAM, Lang::Zh)
            }),
        )*]
    };
}

const PROGRAMS: &[Generated] = command_lines! {
    llm_config "llm-config"
    llm_cooperation "llm-cooperation"
    llm_server "llm-server"
};

const PAGES: &[Generated] = &[
    file("docs/reference/config.md", reference::markdown),
    file("docs/reference/config.schema.json", || {
        format!("{:#}\n", schema::json_schema())
    }),
    file("docs/reference/errors.md", errors::render),
    file("docs/reference/http.md", || http::render(Lang::En)),
    file("docs/reference/http.zh.md", || http::render(Lang::Zh)),
    file("docs/reference/metrics.md", metrics::render),
    file("docs/reference/mock.md", llm_server::mock::markdown),
    file("docs/reference/modes.md", registries::modes),
    file("docs/reference/openapi.json", || {
        format!("{}\n", openapi::text().trim_end())
    }),
    file("docs/reference/providers.md", registries::providers),
    file("docs/reference/scenarios.md", scenarios::markdown),
    file("docs/reference/strategies.md", registries::strategies),
];

fn files() -> impl Iterator<Item = &'static Generated> {
    PROGRAMS.iter().chain(PAGES)
}

/// Writes the files; with `check`, only compares.
pub(crate) fn run(check: bool) -> Result<()> {
    let root = workspace::root();
    let mut stale = 0;
    for file in files() {
        let text = (file.render)();
        let path = root.join(file.path);
        let Some(difference) = difference(fs::read_to_string(&path).ok().as_deref(), &text) else {
            continue;
        };
        stale += 1;
        if check {
            println!("{}: codegen: {difference}", file.path);
        } else {
            write(&path, &text).with_context(|| format!("cannot write {}", file.path))?;
            println!("wrote {}", file.path);
        }
    }
    if check && stale > 0 {
        bail!("codegen: {stale} out of date; run `cargo xtask codegen` and commit the result");
    }
    println!("codegen: {} files up to date", files().count());
    Ok(())
}

/// What is wrong with the present text, if anything.
fn difference(present: Option<&str>, wanted: &str) -> Option<String> {
    let Some(present) = present else {
        return Some("the file is missing".to_owned());
    };
    if present == wanted {
        return None;
    }
    let same = present
        .lines()
        .zip(wanted.lines())
        .take_while(|(a, b)| a == b);
    let line = same.count();
    let show = |text: &str| text.lines().nth(line).unwrap_or("(end of file)").to_owned();
    Some(format!(
        "line {} is {:?}, not {:?}",
        line + 1,
        show(present),
        show(wanted)
    ))
}

fn write(path: &Path, text: &str) -> Result<()> {
    let folder = path.parent().context("a file is in a folder")?;
    fs::create_dir_all(folder)?;
    // Whole or not at all, should the machine stop in between.
    let partial = path.with_extension("partial");
    fs::write(&partial, text)?;
    Ok(fs::rename(&partial, path)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_difference_names_its_line() {
        assert_eq!(difference(Some("a\nb\n"), "a\nb\n"), None);
        assert_eq!(
            difference(None, "a").as_deref(),
            Some("the file is missing")
        );
        let found = difference(Some("a\nb\n"), "a\nc\n");
        assert_eq!(found.as_deref(), Some("line 2 is \"b\", not \"c\""));
        let found = difference(Some("a\n"), "a\nb\n");
        assert_eq!(
            found.as_deref(),
            Some("line 2 is \"(end of file)\", not \"b\"")
        );
    }

    #[test]
    fn rendering_twice_gives_the_same() {
        for file in files() {
            assert_eq!((file.render)(), (file.render)(), "{}", file.path);
        }
    }
}
