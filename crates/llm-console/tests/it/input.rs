//! The prompt from real pipes, files and devices.

use std::fs::File;
use std::io::Write as _;
use std::os::unix::net::UnixStream;
use std::process::Stdio;

use crate::pty::AtTerminal;
use crate::run::{finish, probe, run, run_with};

#[test]
fn a_pipe_a_file_and_a_socket_are_read_and_dev_null_is_not() {
    let document = "<document name=\"stdin\">\nline\n</document>\n\nask\n";
    assert_eq!(run_with(&["prompt", "ask"], b"line\n").stdout, document);

    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(b"line\n").unwrap();
    let stdin = File::open(file.path()).unwrap();
    let ran = finish(probe(&["prompt", "ask"], &[]).stdin(stdin));
    assert_eq!(ran.stdout, document);

    let (ours, mut theirs) = UnixStream::pair().unwrap();
    theirs.write_all(b"line\n").unwrap();
    drop(theirs);
    let stdin = Stdio::from(std::os::fd::OwnedFd::from(ours));
    let ran = finish(probe(&["prompt", "ask"], &[]).stdin(stdin));
    assert_eq!(ran.stdout, document);

    assert_eq!(run(&["prompt", "ask"], &[]).stdout, "ask\n");
    assert_eq!(run(&["prompt"], &[]).code, 2);
    assert_eq!(
        run_with(&["prompt"], "问题？\n".as_bytes()).stdout,
        "问题？\n"
    );
    assert_eq!(run_with(&["prompt", "-q", "-"], b"piped").stdout, "piped\n");
    assert_eq!(
        run_with(&["prompt", "ask", "--no-stdin"], b"x").stdout,
        "ask\n"
    );
    let appended = run_with(&["prompt", "ask", "--stdin=append"], b"x").stdout;
    assert!(appended.starts_with("ask\n\n<document"), "{appended}");
}

#[test]
fn an_open_pipe_is_not_read_when_it_is_told_not_to_be() {
    // Nobody ever writes to or closes this pipe while the program runs.
    let (reader, writer) = std::io::pipe().unwrap();
    let ran = finish(probe(&["prompt", "ask", "--no-stdin"], &[]).stdin(reader));
    assert_eq!((ran.code, ran.stdout.as_str()), (0, "ask\n"));
    drop(writer);
}

#[test]
fn a_silent_pipe_is_told_about_and_waited_for() {
    let (reader, mut writer) = std::io::pipe().unwrap();
    let mut child = probe(&["prompt", "ask", "--lang=zh"], &[])
        .stdin(reader)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stderr = std::io::BufReader::new(child.stderr.take().unwrap());
    let mut notice = String::new();
    std::io::BufRead::read_line(&mut stderr, &mut notice).unwrap();
    assert!(
        notice.contains("标准输入") && notice.contains("--no-stdin"),
        "{notice}"
    );
    writer.write_all(b"late").unwrap();
    drop(writer);
    let output = child.wait_with_output().unwrap();
    let answer = String::from_utf8(output.stdout).unwrap();
    assert!(answer.contains("late\n</document>\n\nask\n"), "{answer}");
}

#[test]
fn ten_megabytes_pass_and_one_byte_more_than_the_limit_does_not() {
    let limit = 10 << 20;
    let args = ["prompt", "--max-bytes", "10485760"];
    let ran = run_with(&args, &vec![b'x'; limit]);
    assert_eq!((ran.code, ran.stdout.len()), (0, limit + 1));
    let ran = run_with(&args, &vec![b'x'; limit + 1]);
    assert_eq!((ran.code, ran.stdout.as_str()), (2, ""));
    assert!(
        ran.stderr.starts_with("error[LC2024]") && ran.stderr.contains("10 MiB"),
        "{}",
        ran.stderr
    );
}

#[test]
fn what_cannot_be_read_is_named_with_place_and_reason() {
    let ran = run_with(&["prompt"], b"ok \xff\xfe");
    assert_eq!(ran.code, 2);
    assert!(
        ran.stderr
            .starts_with("error[LC2005]: stdin is not valid UTF-8 text: wrong byte at offset 3\n")
    );
    let ran = run(&["prompt", "-q", "@/no/such/file"], &[]);
    assert!(
        ran.stderr
            .starts_with("error[LC2030]: cannot read /no/such/file: No such file"),
        "{}",
        ran.stderr
    );
    let ran = run(&["prompt", "x", "-f", "/"], &[("LANG", "zh_CN.UTF-8")]);
    assert!(
        ran.stderr
            .starts_with("错误[LC2030]：无法读取 /：is a directory\n"),
        "{}",
        ran.stderr
    );
}

#[test]
fn a_terminal_is_not_read_without_being_asked() {
    let at = AtTerminal::start(&["prompt", "ask"], &[], 80);
    assert_eq!(at.finish(), (0, "ask\r\n".to_owned()));
    let (code, shown) = AtTerminal::start(&["prompt"], &[], 80).finish();
    assert_eq!(code, 2);
    assert!(shown.contains("LC2001"), "{shown}");
}
