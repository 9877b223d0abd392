//! The shared flags before and after subcommands, against variables, and their translations.

use std::collections::BTreeSet;
use std::time::Duration;

use super::*;
use crate::environment::Environment;
use crate::lang::Lang;
use crate::localise::{missing_translations, unused_translations};
use crate::output::{Fields, Wanted};
use crate::terminal::{StdinKind, TtyFacts};
use crate::ui::{Ui, Verbosity};

/// A program with a subcommand that has flags of its own by the names of shared ones.
fn command() -> Command {
    add_to(
        Command::new("llm-test")
            .about("Tests")
            .subcommand(Command::new("list").about("Lists"))
            .subcommand(
                Command::new("export")
                    .about("Exports")
                    .arg(
                        Arg::new("format")
                            .long("format")
                            .value_parser(["toml", "env"]),
                    )
                    .subcommand(Command::new("deep").about("Deeper")),
            ),
    )
}

const PEOPLE: TtyFacts = TtyFacts {
    stdin: StdinKind::Terminal,
    stdout: Some(100),
    stderr: Some(100),
};

fn run(args: &[&str], env: &[(&str, &str)], facts: TtyFacts) -> Result<(Settings, Ui), String> {
    let args = std::iter::once("llm-test").chain(args.iter().copied());
    let matches = command()
        .try_get_matches_from(args)
        .map_err(|error| error.to_string())?;
    let env: Environment = env.iter().copied().collect();
    resolve("llm-test", &Matched::collect(&matches), &env, facts).map_err(|report| report.english())
}

fn ok(args: &[&str], env: &[(&str, &str)]) -> (Settings, Ui) {
    run(args, env, PEOPLE).unwrap()
}

#[test]
fn flags_are_valid_before_and_after_the_subcommand() {
    for args in [["--json", "list"], ["list", "--json"]] {
        let (_, ui) = ok(&args, &[]);
        let json = Wanted {
            format: Format::Json,
            is_flag: true,
        };
        assert_eq!(ui.wanted, Some(json));
    }
    let (settings, _) = ok(&["--profile", "a", "list", "--profile", "b"], &[]);
    assert_eq!(settings.profile.as_deref(), Some("b"));
}

#[test]
fn what_is_repeated_adds_up_across_the_subcommand() {
    let args = [
        "--set",
        "a=1",
        "-v",
        "export",
        "--set",
        "b=2",
        "deep",
        "-v",
        "--set=c=3",
    ];
    let (settings, ui) = ok(&args, &[]);
    assert_eq!(settings.set, ["a=1", "b=2", "c=3"]);
    assert_eq!(ui.verbosity, Verbosity::Debug);
}

#[test]
fn a_command_keeps_its_own_flag_of_the_same_name() {
    let (_, ui) = ok(&["export", "--format", "toml"], &[]);
    assert_eq!(ui.wanted, None);
    assert!(run(&["export", "--format", "csv"], &[], PEOPLE).is_err());
    let (_, ui) = ok(&["list", "--format", "csv"], &[]);
    assert_eq!(ui.wanted.unwrap().format, Format::Csv);
}

#[test]
fn flags_win_over_variables() {
    let env = [
        ("LLMCOOP_CONFIG", "env.toml"),
        ("LLMCOOP_SERVER", "http://env"),
        ("LLMCOOP_TIMEOUT", "5s"),
        ("LLMCOOP_FORMAT", "json"),
        ("LLMCOOP_LOG", "info,llm_core=debug"),
        ("LLMCOOP_OFFLINE", "1"),
    ];
    let (settings, ui) = ok(&["list"], &env);
    assert_eq!(settings.config.as_deref(), Some("env.toml".as_ref()));
    assert_eq!(settings.server.as_deref(), Some("http://env"));
    assert_eq!(settings.timeout, Some(Duration::from_secs(5)));
    assert_eq!(settings.log_filter, "info,llm_core=debug");
    assert!(settings.offline && !ui.wanted.unwrap().is_flag);

    let args = [
        "list",
        "--config",
        "flag.toml",
        "--timeout",
        "500ms",
        "--format",
        "csv",
        "-vv",
        "--local",
    ];
    let (settings, ui) = ok(&args, &env);
    assert_eq!(settings.config.as_deref(), Some("flag.toml".as_ref()));
    assert_eq!(settings.timeout, Some(Duration::from_millis(500)));
    assert_eq!((settings.server, settings.local), (None, true));
    assert_eq!(settings.log_filter, "debug");
    assert_eq!(ui.wanted.unwrap().format, Format::Csv);

    // Each of the two ways to choose a file also overrules the other one's variable.
    let (settings, _) = ok(&["list", "--no-config"], &env);
    assert_eq!((settings.config, settings.no_config), (None, true));
    let none = [("LLMCOOP_NO_CONFIG", "1")];
    let (settings, _) = ok(&["list", "--config", "flag.toml"], &none);
    assert!(settings.config.is_some() && !settings.no_config);
}

#[test]
fn flags_that_exclude_each_other_are_refused_wherever_they_stand() {
    for args in [
        ["--json", "list", "--format=csv"].as_slice(),
        &["--config=a", "list", "--no-config"],
        &["--server=http://x", "list", "--local"],
        &["--quiet", "list", "-v"],
    ] {
        let message = run(args, &[], PEOPLE).unwrap_err();
        assert!(message.contains("exclude each other"), "{message}");
    }
    assert!(run(&["--json", "list", "--format=json"], &[], PEOPLE).is_ok());
}

#[test]
fn a_variable_with_a_wrong_value_is_named() {
    for (name, value) in [
        ("LLMCOOP_FORMAT", "yaml"),
        ("LLMCOOP_TIMEOUT", "30"),
        ("LLMCOOP_PROGRESS", "maybe"),
        ("LLMCOOP_LANG", "klingon"),
    ] {
        let message = run(&["list"], &[(name, value)], PEOPLE).unwrap_err();
        assert!(
            message.contains(name) && message.contains(value),
            "{message}"
        );
    }
    assert!(run(&["list"], &[("LLMCOOP_LANG", "zh_CN")], PEOPLE).is_ok());
}

#[test]
fn settings_that_are_not_pairs_are_refused() {
    for pair in ["server.port", "=1"] {
        let message = run(&["list", "--set", pair], &[], PEOPLE).unwrap_err();
        assert!(message.contains(pair), "{message}");
    }
}

#[test]
fn questions_are_asked_only_of_people() {
    let asks = |args: &[&str], env: &[(&str, &str)], facts| {
        run(args, env, facts).unwrap().1.asking.is_allowed
    };
    assert!(asks(&["list"], &[], PEOPLE));
    assert!(!asks(&["list", "--no-input"], &[], PEOPLE));
    assert!(!asks(&["list"], &[("CI", "true")], PEOPLE));
    assert!(!asks(&["list"], &[("LLMCOOP_NO_INPUT", "1")], PEOPLE));
    assert!(asks(&["list"], &[("CI", "false")], PEOPLE));
    let piped = TtyFacts {
        stdin: StdinKind::Stream,
        ..PEOPLE
    };
    assert!(!asks(&["list"], &[], piped));
    assert!(ok(&["list", "-y"], &[]).1.asking.assumes_yes);
}

#[test]
fn drawing_follows_the_locale() {
    let ascii = |env: &[(&str, &str)]| ok(&["list"], env).1.ascii;
    assert!(!ascii(&[]));
    assert!(!ascii(&[("LANG", "zh_CN.UTF-8")]) && !ascii(&[("LANG", "C.UTF-8")]));
    assert!(ascii(&[("LANG", "C")]) && ascii(&[("LC_ALL", "POSIX")]));
    assert!(ascii(&[("LANG", "zh_CN.GB2312")]) && ascii(&[("LLMCOOP_ASCII", "1")]));
    assert_eq!(ok(&["list"], &[("LANG", "zh_CN.UTF-8")]).1.lang, Lang::Zh);
    assert_eq!(
        ok(&["list", "--lang=en"], &[("LANG", "zh_CN.UTF-8")])
            .1
            .lang,
        Lang::En
    );
}

#[test]
fn fields_output_and_streams() {
    let fields = |args: &[&str]| ok(args, &[]).1.fields;
    assert_eq!(fields(&["list"]), Fields::All);
    assert_eq!(fields(&["list", "--fields"]), Fields::Names);
    let names = Fields::Only(vec!["name".to_owned(), "path".to_owned()]);
    assert_eq!(fields(&["list", "--fields", "name, path,"]), names);
    assert_eq!(ok(&["list", "-o", "-"], &[]).1.output, None);
    assert!(ok(&["list", "-o", "x"], &[]).1.output.is_some());
}

#[test]
fn the_shared_flags_are_translated_completely() {
    let command = add_to(Command::new("shared-flags-only"));
    assert_eq!(
        missing_translations(&command, Lang::Zh),
        Vec::<String>::new()
    );
    assert_eq!(
        unused_translations(&command, Lang::Zh),
        Vec::<String>::new()
    );
}

#[test]
fn names_are_unique_and_the_command_line_is_sound() {
    let longs: BTreeSet<_> = FLAGS.iter().map(|flag| flag.long).collect();
    assert_eq!(longs.len(), FLAGS.len());
    command().debug_assert();
    // `-q` is the question and `-m` the model in every command, so no shared flag may take them.
    assert!(
        FLAGS
            .iter()
            .all(|flag| !matches!(flag.short, Some('q' | 'm')))
    );
}
