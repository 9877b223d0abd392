//! Whole command lines read from values: mistakes, help and versions in both languages.

use clap::{Args, Subcommand};

use super::*;
use crate::output::Format;
use crate::terminal::StdinKind;

/// Asks models.
#[derive(Debug, Parser)]
struct Cli {
    #[command(subcommand)]
    command: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Asks once.
    Query(Query),
    /// Manages keys.
    #[command(subcommand)]
    Keys(Keys),
}

#[derive(Debug, Args)]
struct Query {
    /// The question.
    words: Vec<String>,
    /// How many answers.
    #[arg(short, long, default_value_t = 1)]
    number: u8,
    /// How to choose.
    #[arg(long, value_parser = ["auto", "cost"], conflicts_with = "model")]
    strategy: Option<String>,
    /// Who answers.
    #[arg(short, long)]
    model: Option<String>,
}

#[derive(Debug, Subcommand)]
enum Keys {
    /// Stores a key.
    Set {
        /// Whose key.
        #[arg(long)]
        provider: String,
    },
}

const PROGRAM: Program = Program::new("llm-probe", "1.2.3")
    .details("features: none")
    .bare_words(|words| Some(format!("llm-probe query \"{}\"", words.join(" "))));

const FACTS: TtyFacts = TtyFacts {
    stdin: StdinKind::Nothing,
    stdout: None,
    stderr: None,
};

fn read(args: &[&str], env: &[(&str, &str)]) -> Result<(Cli, Console), Stop> {
    let args = std::iter::once("llm-probe").chain(args.iter().copied());
    PROGRAM.read(
        args.map(OsString::from),
        env.iter().copied().collect(),
        FACTS,
    )
}

/// What a wrong command line says, and what it suggests.
fn failure(args: &[&str], env: &[(&str, &str)]) -> (String, Vec<String>) {
    match read(args, env) {
        Err(Stop::Failed(report, ui)) => {
            assert_eq!((report.exit(), report.name()), (2, "invalid_usage"));
            let text = report.render(ui.page());
            let hints = text
                .lines()
                .filter_map(|line| {
                    let line = line.trim_start();
                    line.strip_prefix("try:").or(line.strip_prefix("建议："))
                })
                .map(|hint| hint.trim().to_owned())
                .collect();
            (text.lines().next().unwrap().to_owned(), hints)
        }
        other => panic!("{other:?}"),
    }
}

fn answer(args: &[&str], env: &[(&str, &str)]) -> String {
    match read(args, env) {
        Err(Stop::Answer(text)) => text,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_command_line_is_read_with_its_shared_flags() {
    let (cli, console) = read(&["--json", "query", "-n", "2", "hi", "--timeout=5s"], &[]).unwrap();
    let Verb::Query(query) = cli.command else {
        panic!()
    };
    assert_eq!((query.number, query.words), (2, vec!["hi".to_owned()]));
    assert_eq!(console.ui.wanted.unwrap().format, Format::Json);
    assert_eq!(console.settings.timeout.unwrap().as_secs(), 5);
}

#[test]
fn mistakes_are_told_in_english_with_what_to_try() {
    let help = "llm-probe query --help".to_owned();
    assert_eq!(
        failure(&["query", "--modle", "x"], &[]),
        (
            "error[LC2040]: unknown argument --modle".to_owned(),
            vec!["--model".to_owned(), help.clone()]
        )
    );
    assert_eq!(
        failure(&["query", "-n", "many"], &[]).0,
        "error[LC2040]: invalid value \"many\" for --number <NUMBER>: invalid digit found in string"
    );
    assert_eq!(
        failure(&["query", "--strategy", "coast"], &[]),
        (
            "error[LC2040]: invalid value \"coast\" for --strategy <STRATEGY>; possible values: auto, cost".to_owned(),
            vec!["cost".to_owned(), help.clone()]
        )
    );
    assert_eq!(
        failure(&["query", "--strategy=auto", "-m", "x"], &[]).0,
        "error[LC2040]: --strategy <STRATEGY> and --model <MODEL> exclude each other"
    );
    assert_eq!(
        failure(&["query", "-m", "x", "-m", "y"], &[]).0,
        "error[LC2040]: --model <MODEL> can be given only once"
    );
    assert_eq!(
        failure(&["query", "--model"], &[]).0,
        "error[LC2040]: --model <MODEL> needs a value"
    );
    assert_eq!(
        failure(&["keys", "set"], &[]),
        (
            "error[LC2040]: missing on the command line: --provider <PROVIDER>".to_owned(),
            vec!["llm-probe keys set --help".to_owned()]
        )
    );
    assert_eq!(
        failure(&["query", "--timeout", "30"], &[]).0,
        "error[LC2040]: invalid value \"30\" for --timeout <DURATION>: a duration needs a number and a unit, such as 500ms, 30s or 5m"
    );
}

#[test]
fn and_in_chinese_when_the_flag_or_the_locale_says_so() {
    let locale = [("LANG", "zh_CN.UTF-8")];
    assert_eq!(
        failure(&["query", "--modle", "x"], &locale),
        (
            "错误[LC2040]：未知参数 --modle".to_owned(),
            vec!["--model".to_owned(), "llm-probe query --help".to_owned()]
        )
    );
    assert_eq!(
        failure(&["--lang", "zh", "query", "--timeout", "30"], &[]).0,
        "错误[LC2040]：--timeout <时长> 的值“30”无效：时长须为数字加单位，例如 500ms、30s 或 5m"
    );
    assert_eq!(
        failure(&["keys", "set", "--lang=zh"], &[]).0,
        "错误[LC2040]：命令行缺少：--provider <PROVIDER>"
    );
    assert_eq!(
        failure(&["--lang=en", "nonsense"], &locale).0,
        "error[LC2040]: unknown command \"nonsense\""
    );
}

#[test]
fn words_instead_of_a_command_suggest_the_question() {
    let (message, hints) = failure(&["what", "is", "rust?"], &[]);
    assert_eq!(message, "error[LC2040]: unknown command \"what\"");
    assert_eq!(
        hints,
        ["llm-probe --help", "llm-probe query \"what is rust?\""]
    );
    // A misspelt command is a misspelt command.
    assert_eq!(failure(&["qery"], &[]).1, ["query", "llm-probe --help"]);
}

#[test]
fn help_is_found_at_every_level_and_in_every_language() {
    let page = answer(&["keys", "set", "--help"], &[]);
    assert!(
        page.starts_with(
            "Stores a key\n\nUsage: llm-probe keys set [OPTIONS] --provider <PROVIDER>\n"
        ),
        "{page}"
    );
    assert!(
        page.contains("Shared options:\n") && page.contains("[env: LLMCOOP_LANG]"),
        "{page}"
    );
    let short = answer(&["query", "-h"], &[]);
    assert!(!short.contains("LLMCOOP_LANG"), "{short}");
    assert!(
        short.ends_with("All options: llm-probe query --help\n"),
        "{short}"
    );
    let chinese = answer(&["query", "--help"], &[("LC_ALL", "zh_CN.UTF-8")]);
    for text in [
        "用法： llm-probe query [选项] [WORDS]...",
        "参数：",
        "公共选项：",
        "[默认值：1]",
        "[可选值：auto、cost]",
    ] {
        assert!(chinese.contains(text), "{text} in {chinese}");
    }
    let root = answer(&["--help"], &[]);
    assert!(
        root.contains("Commands:\n  query  Asks once\n  keys   Manages keys\n"),
        "{root}"
    );
}

#[test]
fn a_command_without_what_it_needs_shows_its_short_help() {
    let Err(Stop::ShortHelp(page)) = read(&["keys"], &[]) else {
        panic!()
    };
    assert!(
        page.contains("Usage: llm-probe keys [OPTIONS] <COMMAND>"),
        "{page}"
    );
}

#[test]
fn the_version_has_details_on_request() {
    assert_eq!(answer(&["--version"], &[]), "llm-probe 1.2.3\n");
    assert_eq!(answer(&["-V"], &[]), "llm-probe 1.2.3\n");
    assert_eq!(
        answer(&["-v", "--version"], &[]),
        "llm-probe 1.2.3\nfeatures: none\n"
    );
    assert_eq!(answer(&["-vV"], &[]), "llm-probe 1.2.3\nfeatures: none\n");
}

#[test]
fn a_wrong_line_still_knows_that_json_was_wanted() {
    for args in [["--json", "nonsense"], ["nonsense", "--format=json"]] {
        let Err(Stop::Failed(_, ui)) = read(&args, &[]) else {
            panic!()
        };
        assert_eq!(ui.wanted.unwrap().format, Format::Json);
    }
    // After `--` there are no flags.
    let Err(Stop::Failed(_, ui)) = read(&["nonsense", "--", "--json"], &[]) else {
        panic!()
    };
    assert_eq!(ui.wanted, None);
}

#[test]
fn completions_know_the_shared_flags_in_every_shell() {
    use crate::completions::{Shell, script};
    for shell in [
        Shell::Bash,
        Shell::Zsh,
        Shell::Fish,
        Shell::PowerShell,
        Shell::Elvish,
    ] {
        let script = script(PROGRAM.command::<Cli>(Lang::En), shell);
        for word in ["llm-probe", "query", "strategy", "log-format"] {
            assert!(script.contains(word), "{word} for {shell}");
        }
    }
}

#[test]
fn the_whole_command_line_is_sound_in_every_language() {
    for lang in [Lang::En, Lang::Zh, Lang::Pseudo] {
        PROGRAM.command::<Cli>(lang).debug_assert();
    }
}

#[test]
fn a_program_takes_no_flag_it_left_out_on_any_level() {
    const BARE: Program = Program::new("llm-probe", "1.2.3").without(&["server", "output"]);
    let command = BARE.command::<Cli>(Lang::En);
    let query = command.find_subcommand("query").unwrap();
    for level in [&command, query] {
        let longs: Vec<_> = level
            .get_arguments()
            .filter_map(clap::Arg::get_long)
            .collect();
        assert!(!longs.contains(&"server") && !longs.contains(&"output"));
        assert!(longs.contains(&"config"));
    }
}
