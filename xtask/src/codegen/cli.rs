//! `docs/reference/cli-*.md`: every command of a program as its help shows it, in both languages.
//!
//! The help pages are the programs' own. The shared options stand once, on the first page, instead
//! of on each.

use std::fmt::Write as _;

use clap::{Command, CommandFactory};
use llm_console::globals::ID_PREFIX;
use llm_console::help;
use llm_console::lang::Lang;
use llm_console::program::Program;
use llm_console::report::Page;

/// The reference of a program.
pub(super) fn render<C: CommandFactory>(program: &Program, lang: Lang) -> String {
    let whole = program.command::<C>(lang);
    let name = whole.get_name().to_owned();
    let about = whole
        .get_about()
        .map(ToString::to_string)
        .unwrap_or_default();
    let mut page = head(&name, about.trim_end_matches(['.', '。']), lang);
    let bare = without_shared(whole.clone());
    push(&mut page, &whole, &name, &[], lang);
    for path in paths(&bare) {
        push(&mut page, &bare, &name, &path, lang);
    }
    page
}

fn head(name: &str, about: &str, lang: Lang) -> String {
    let mark = "<!-- Written by `cargo xtask codegen` from the command line in the code; change it there. -->";
    match lang {
        Lang::Zh => format!(
            "{mark}\n\n# {name} 命令参考\n\n{about}。各命令按其帮助页列出；共用选项适用于所有命令，只在第一页列出。\
             [English](cli-{name}.md) · 退出码与错误码见 [errors.md](errors.md)。\n"
        ),
        Lang::En | Lang::Pseudo => format!(
            "{mark}\n\n# {name}\n\n{about}. Each command as its help page shows it; the shared options hold for \
             every command and stand on the first page only.\n[中文](cli-{name}.zh.md) · exit codes and error \
             codes are in [errors.md](errors.md).\n"
        ),
    }
}

/// One command.
fn push(out: &mut String, root: &Command, name: &str, path: &[String], lang: Lang) {
    let page = Page {
        program: "",
        lang,
        colour: false,
        width: None,
    };
    let text = help::page(root, path, true, page).unwrap_or_default();
    let title = [&[name.to_owned()], path].concat().join(" ");
    // Lines of help may end in spaces where a column is empty.
    let lines: Vec<&str> = text.trim().lines().map(str::trim_end).collect();
    // Writing to a string cannot fail.
    let _ = write!(out, "\n## {title}\n\n```text\n{}\n```\n", lines.join("\n"));
}

/// The paths of all commands people are shown, parents before their children.
fn paths(command: &Command) -> Vec<Vec<String>> {
    let mut all = Vec::new();
    for inner in command
        .get_subcommands()
        .filter(|inner| !inner.is_hide_set())
    {
        let name = inner.get_name().to_owned();
        all.push(vec![name.clone()]);
        for mut below in paths(inner) {
            below.insert(0, name.clone());
            all.push(below);
        }
    }
    all
}

/// The same command line with the shared options hidden.
fn without_shared(command: Command) -> Command {
    let command = command.mut_args(|arg| {
        let is_shared = arg.get_id().as_str().starts_with(ID_PREFIX);
        if is_shared { arg.hide(true) } else { arg }
    });
    let names: Vec<String> = command
        .get_subcommands()
        .map(|inner| inner.get_name().to_owned())
        .collect();
    names.into_iter().fold(command, |command, name| {
        command.mut_subcommand(name, without_shared)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_command_is_there_and_the_shared_options_once() {
        for lang in Lang::OFFERED {
            let page = render::<llm_server::cli::Cli>(&llm_server::cli::PROGRAM, lang);
            for title in [
                "## llm-server\n",
                "## llm-server check\n",
                "## llm-server keys create\n",
                "## llm-server install nginx\n",
            ] {
                assert!(page.contains(title), "{title}");
            }
            assert_eq!(page.matches("--no-config").count(), 1, "{page}");
        }
    }
}
