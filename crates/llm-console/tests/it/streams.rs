//! What goes where: the answer on stdout, everything else on stderr, nothing coloured in a pipe.

#![expect(
    clippy::disallowed_methods,
    reason = "the tests look at the files the program wrote"
)]

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::process::Stdio;

use crate::run::{probe, run};

#[test]
fn lists_are_tsv_in_a_pipe_and_whatever_the_flag_says() {
    let ran = run(&["list"], &[]);
    assert_eq!(
        ran.stdout,
        "name\tprovider\tcontext\thealth\tfile\n\
         qwen3_8b\t阿里云百炼\t32768\thealthy\tllm-cooperation.toml\n\
         deepseek-chat-with-a-long-name\tDeepSeek\t128000\topen\tllm-cooperation.toml\n"
    );
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""));
    // Machine formats are English whatever the language.
    assert_eq!(run(&["list", "--lang", "zh"], &[]).stdout, ran.stdout);
    let table = run(&["list", "--format", "table", "--lang", "zh"], &[]).stdout;
    assert!(
        table.starts_with("名称 ") && table.contains("已熔断"),
        "{table}"
    );
    let json = run(&["--json", "list", "--fields", "name,health"], &[]).stdout;
    assert!(
        json.contains("\"health\": \"open\"") && !json.contains("provider"),
        "{json}"
    );
    let csv = run(
        &["list", "--fields=name", "--csv-bom"],
        &[("LLMCOOP_FORMAT", "csv")],
    )
    .stdout;
    assert!(csv.starts_with("\u{feff}name\r\nqwen3_8b\r\n"), "{csv:?}");
    assert_eq!(run(&["list", "--fields"], &[]).stdout.lines().count(), 5);
    let wrong = run(&["list", "--fields", "nmae"], &[]);
    assert_eq!((wrong.code, wrong.stdout.as_str()), (2, ""));
    assert!(
        wrong.stderr.contains("name, provider, context"),
        "{}",
        wrong.stderr
    );
}

#[test]
fn no_escape_reaches_a_pipe_unless_colour_is_forced() {
    for args in [
        ["list", "--format=table"].as_slice(),
        &["fail", "upstream_auth"],
        &["nonsense"],
        &["--help"],
        &["work", "-v"],
        &["fail", "upstream_error", "bad\u{1b}[2Jmodel"],
    ] {
        let ran = run(args, &[("TERM", "xterm-256color")]);
        assert!(!(ran.stdout + &ran.stderr).contains('\u{1b}'), "{args:?}");
    }
    let forced = run(&["list", "--format=table", "--color=always"], &[]);
    assert!(forced.stdout.contains("\u{1b}["), "{}", forced.stdout);
}

#[test]
fn failures_are_on_stderr_with_their_exit_code_and_as_json_on_request() {
    let ran = run(
        &[
            "fail",
            "upstream_auth",
            "provider \"x\" rejected the API key",
        ],
        &[],
    );
    assert_eq!((ran.code, ran.stdout.as_str()), (4, ""));
    assert!(
        ran.stderr
            .starts_with("error[LC4012]: provider \"x\" rejected the API key\n")
    );
    assert!(
        ran.stderr.contains("more: console-probe help LC4012"),
        "{}",
        ran.stderr
    );

    let ran = run(
        &["fail", "upstream_rate_limited", "--json", "--lang=zh"],
        &[],
    );
    let json: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(ran.code, 6);
    assert_eq!(json["error"]["code"], "upstream_rate_limited");
    assert_eq!(json["error"]["exit_code"], 6);
    assert_eq!(
        json["error"]["message"],
        "the provider's rate limit was reached"
    );
    assert!(
        ran.stderr.starts_with("错误[LC6001]：达到渠道的速率限制\n"),
        "{}",
        ran.stderr
    );

    // A command line that cannot be read is told the same way.
    let ran = run(&["nonsense", "--json"], &[]);
    let json: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(
        (ran.code, &json["error"]["code"]),
        (2, &"invalid_usage".into())
    );
}

#[test]
fn help_and_version_are_answers() {
    for args in [["--help"], ["-h"], ["--version"], ["-V"]] {
        let ran = run(&args, &[]);
        assert_eq!((ran.code, ran.stderr.as_str()), (0, ""), "{args:?}");
        assert!(ran.stdout.ends_with('\n'));
    }
    let ran = run(&[], &[]);
    assert_eq!((ran.code, ran.stdout.as_str()), (2, ""));
    assert!(
        ran.stderr.contains("Usage: console-probe"),
        "{}",
        ran.stderr
    );
}

#[test]
fn words_instead_of_a_command_suggest_one_that_can_be_copied() {
    let ran = run(&["what is $5?"], &[]);
    assert_eq!(ran.code, 2);
    assert!(
        ran.stderr.contains("console-probe prompt 'what is $5?'"),
        "{}",
        ran.stderr
    );
}

#[test]
fn an_answer_is_exactly_its_text_and_one_line_break() {
    let ran = run(&["answer", "Hello,\u{1b}[31m ", "世界\n"], &[]);
    assert_eq!(ran.stdout, "Hello,\u{1b}[31m 世界\n\n");
}

#[test]
fn a_reader_that_leaves_ends_the_program_quietly() {
    let mut child = probe(&["endless"], &[])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    let mut pipe = BufReader::new(child.stdout.take().unwrap());
    pipe.read_line(&mut line).unwrap();
    drop(pipe);
    let output = child.wait_with_output().unwrap();
    assert_eq!(line, "one more line\n");
    assert_eq!(
        (output.status.code(), output.stderr.as_slice()),
        (Some(0), b"".as_slice())
    );
}

#[test]
fn a_file_gets_the_result_and_stdout_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("列表.csv");
    let ran = run(&["list", "--format=csv", "-o", path.to_str().unwrap()], &[]);
    assert_eq!((ran.code, ran.stdout.as_str()), (0, ""));
    assert!(
        fs::read_to_string(&path)
            .unwrap()
            .starts_with("name,provider,")
    );
    let missing = directory.path().join("no/such/file");
    let ran = run(&["-o", missing.to_str().unwrap(), "answer", "x"], &[]);
    assert_eq!(ran.code, 1);
    assert!(
        ran.stderr.starts_with("error[LC1001]: cannot write "),
        "{}",
        ran.stderr
    );
    assert_eq!(run(&["-o", "-", "answer", "x"], &[]).stdout, "x\n");
}

#[test]
fn quiet_and_verbose_decide_about_plain_progress() {
    assert_eq!(run(&["work", "--quiet"], &[]).stderr, "");
    assert_eq!(run(&["work"], &[]).stderr, "half way\n");
    let lines = run(&["work", "-v"], &[]).stderr;
    assert!(lines.contains("qwen3_8b: running\n"), "{lines}");
    assert!(lines.contains("通义千问: failed, "), "{lines}");
    assert_eq!(lines.lines().count(), 5);
}

#[test]
fn questions_fail_where_nobody_can_answer() {
    let ran = run(&["remove"], &[]);
    assert_eq!((ran.code, ran.stdout.as_str()), (2, ""));
    assert!(
        ran.stderr.contains("Remove everything; pass --yes"),
        "{}",
        ran.stderr
    );
    assert_eq!(run(&["remove", "-y"], &[]).stdout, "removed\n");
    assert!(run(&["secret"], &[]).stderr.contains("--api-key-stdin"));
}

#[test]
fn completions_and_exit_codes_are_printed() {
    assert!(
        run(&["completions", "bash"], &[])
            .stdout
            .contains("console-probe")
    );
    let codes = run(&["exit-codes", "--lang=zh", "--format=table"], &[]).stdout;
    assert!(
        codes.starts_with("退出码") && codes.contains("130"),
        "{codes}"
    );
}
