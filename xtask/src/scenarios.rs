//! `cargo xtask scenarios`: sixteen ways a provider fails, and what the gateway makes of each.
//!
//! Every scenario has a gateway and two simulated providers of its own, all of them processes; the
//! score is given from what the caller was told and what the providers saw, never from the inside.
//! The scenarios and their criteria are in `scenarios/rows.rs`, the processes in `scenarios/stage.rs`.
//! They were built from the public description of such scenarios; no code of others is in them.

mod rows;
mod stage;

use std::fmt;
use std::fmt::Write as _;
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use anyhow::{Context as _, Result, bail};

use crate::workspace;
use rows::{SCENARIOS, Scenario};
use stage::Stage;

/// Scenarios that run at once; they mostly wait.
const AT_ONCE: usize = 4;

/// How well a scenario went.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Score {
    /// Something wrong was passed off as right, or the caller was left waiting.
    Fail,
    /// No answer, and the caller was told so in time.
    Safe,
    /// The right answer, later or with more attempts than it takes.
    Partial,
    /// What the criterion asks for.
    Pass,
}

impl fmt::Display for Score {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Fail => "fail",
            Self::Safe => "safe",
            Self::Partial => "partial",
            Self::Pass => "pass",
        })
    }
}

/// A score, and what it was given for.
pub(crate) struct Verdict {
    score: Score,
    why: String,
}

/// The two ways every scenario is run: as the gateway comes, and with streams continued.
const SETTINGS: [(&str, bool); 2] = [("default", false), ("continued", true)];

/// Runs them all and prints the table; fails where one fails, or is worse than it is documented.
pub(crate) fn run() -> Result<()> {
    build()?;
    let started = Instant::now();
    let jobs: Vec<(&Scenario, bool)> = SETTINGS
        .iter()
        .flat_map(|(_, continued)| SCENARIOS.iter().map(|row| (row, *continued)))
        .collect();
    let verdicts = all(&jobs)?;
    let (mut failed, mut worse) = (Vec::new(), Vec::new());
    for (number, (name, continued)) in SETTINGS.iter().enumerate() {
        let settings = if *continued {
            "limits.continue_streams = true"
        } else {
            "as it comes"
        };
        println!("\n{name} ({settings})");
        let verdicts = &verdicts[number * SCENARIOS.len()..][..SCENARIOS.len()];
        for (row, verdict) in SCENARIOS.iter().zip(verdicts) {
            println!(
                "  {}  {:<7}  {:<46}  {}",
                row.id, verdict.score, row.title, verdict.why
            );
            let documented = row.documented[number];
            if verdict.score == Score::Fail {
                failed.push(format!("{} ({name})", row.id));
            } else if verdict.score == Score::Safe && documented > Score::Safe {
                worse.push(format!("{} ({name})", row.id));
            }
        }
        let count = |score| verdicts.iter().filter(|one| one.score == score).count();
        println!(
            "  pass / partial / safe / fail: {} / {} / {} / {}",
            count(Score::Pass),
            count(Score::Partial),
            count(Score::Safe),
            count(Score::Fail)
        );
    }
    println!("\n{:.1} s", started.elapsed().as_secs_f64());
    if !failed.is_empty() {
        bail!("scenarios: failed: {}", failed.join(", "));
    }
    if !worse.is_empty() {
        bail!("scenarios: worse than documented: {}", worse.join(", "));
    }
    Ok(())
}

fn build() -> Result<()> {
    let mut cargo = Command::new(workspace::cargo());
    cargo
        .current_dir(workspace::root())
        .args(["build", "--quiet", "--locked", "-p", "llm-server"]);
    if !cargo.status().context("cannot run cargo")?.success() {
        bail!("the build failed");
    }
    Ok(())
}

/// Runs the jobs, a few at once; the verdicts in the order of the jobs.
fn all(jobs: &[(&Scenario, bool)]) -> Result<Vec<Verdict>> {
    let next = AtomicUsize::new(0);
    let worker = || -> Result<Vec<(usize, Verdict)>> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        let mut done = Vec::new();
        loop {
            let number = next.fetch_add(1, Ordering::Relaxed);
            let Some((scenario, continued)) = jobs.get(number) else {
                return Ok(done);
            };
            let stage = Stage::new();
            let seen = runtime.block_on(stage.play(scenario, *continued));
            done.push((number, scenario.judge(&seen)));
        }
    };
    let mut verdicts = std::thread::scope(|scope| -> Result<Vec<(usize, Verdict)>> {
        let workers: Vec<_> = (0..AT_ONCE).map(|_| scope.spawn(worker)).collect();
        let mut all = Vec::new();
        for worker in workers {
            let Ok(done) = worker.join() else {
                bail!("a scenario could not be played");
            };
            all.extend(done?);
        }
        Ok(all)
    })?;
    verdicts.sort_by_key(|(number, _)| *number);
    Ok(verdicts.into_iter().map(|(_, verdict)| verdict).collect())
}

/// The page that describes the scenarios.
pub(crate) fn markdown() -> String {
    let mut page = String::from(
        "<!-- Written by `cargo xtask codegen` from the table in the code; change it there. -->\n\n\
         # Failure scenarios\n\n\
         Sixteen ways a provider fails, and what has to come of each. `cargo xtask scenarios` plays them: every\n\
         scenario has a gateway and two providers of its own (`llm-server mock`, see\n\
         [Test with faults](../guides/test-with-faults.md)), a primary that fails and a fallback that stands by. It\n\
         is judged by what the caller was told and by what the providers saw. Time limits are a tenth of the\n\
         defaults. The command ends with a failure if one scenario fails or is worse than below; it is part of what\n\
         every change must pass.\n\n\
         The scenarios were built from the public description of Failover Bench (methodology v0.1); the code is our\n\
         own, so the scores are not comparable to the digit with those published there.\n\n\
         | Score | Means |\n|---|---|\n\
         | pass | the criterion is met |\n\
         | partial | the right answer, later or with more attempts than the criterion allows |\n\
         | safe | no answer; the caller was told so, in time, and nothing looked like an answer |\n\
         | fail | part of an answer passed off as the whole, a wrong account, a caller left waiting, an attempt still running after its caller had gone |\n\n\
         The first score is that of the gateway as it comes; the second that with `limits.continue_streams = true`,\n\
         where a stream that breaks off is asked for again and sent on if the new answer begins as the first did.\n\n\
         | | Scenario | The primary is | To pass | As it comes | Continued |\n|---|---|---|---|---|---|\n",
    );
    for row in SCENARIOS {
        // Writing to a string cannot fail.
        let _ = writeln!(
            page,
            "| {} | {} | `{}` | {} | {} | {} |",
            row.id, row.title, row.primary, row.criterion, row.documented[0], row.documented[1]
        );
    }
    page
}
