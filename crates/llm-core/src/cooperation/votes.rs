//! Counting votes: which answers are the same, which won, and whether that can still change.
//!
//! One ballot is one member's answer in normal form. The option with most votes wins. A tie is
//! won by the option whose first voter stands first among the members, because the plan lists
//! its members best first; the speed of an answer never counts.

use serde_json::json;

use super::normalise::{Kind, normal_form};
use crate::types::cooperation::{Tally, VoteOption};
use crate::types::run_event::{EventSink, RunEvent};

/// One member's vote.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ballot {
    /// Who voted.
    pub member: String,
    /// The answer in normal form; `None` when it cannot be counted.
    pub value: Option<String>,
}

impl Ballot {
    /// The vote an answer amounts to.
    pub fn of(member: &str, answer: &str, kind: &Kind) -> Self {
        Self {
            member: member.to_owned(),
            value: normal_form(answer, kind),
        }
    }
}

/// Counts ballots given in the order of the members.
pub fn count(ballots: &[Ballot]) -> Tally {
    let mut options: Vec<VoteOption> = Vec::new();
    let mut uncounted = Vec::new();
    for ballot in ballots {
        let Some(value) = &ballot.value else {
            uncounted.push(ballot.member.clone());
            continue;
        };
        match options.iter_mut().find(|option| option.value == *value) {
            Some(option) => option.voters.push(ballot.member.clone()),
            None => options.push(VoteOption {
                value: value.clone(),
                voters: vec![ballot.member.clone()],
            }),
        }
    }
    // The sort is stable: among equals the option met first, in the order of the members, stays
    // first.
    options.sort_by_key(|option| std::cmp::Reverse(option.voters.len()));
    let counted: usize = options.iter().map(|option| option.voters.len()).sum();
    let most = options.first().map_or(0, |option| option.voters.len());
    Tally {
        winner: (!options.is_empty()).then_some(0),
        tie: tie(&options, most),
        agreement: most as f64 / counted.max(1) as f64,
        options,
        uncounted,
    }
}

/// Whether more than half of the votes that counted are for one option.
pub fn has_majority(tally: &Tally) -> bool {
    let counted: usize = tally.options.iter().map(|option| option.voters.len()).sum();
    votes(tally, 0) * 2 > counted
}

/// Whether `outstanding` further votes can no longer change which option wins.
pub fn is_decided(tally: &Tally, outstanding: usize) -> bool {
    // An equal count might lose the tie, so the lead has to be strict. An option nobody has
    // named yet starts from nothing and is covered by the same sum.
    votes(tally, 0) > votes(tally, 1) + outstanding
}

/// Whether `outstanding` further votes can no longer take the majority from the leading option.
pub fn is_majority_certain(tally: &Tally, outstanding: usize) -> bool {
    let counted: usize = tally.options.iter().map(|option| option.voters.len()).sum();
    votes(tally, 0) * 2 > counted + outstanding
}

/// Reports a vote, and the order of the options after it.
pub(super) async fn announce(events: &EventSink, ballot: &Ballot, round: u32, tally: &Tally) {
    let cast = RunEvent::VoteCast {
        member: ballot.member.clone(),
        value: ballot.value.clone(),
        round,
    };
    events.emit(cast).await;
    if ballot.value.is_some() && events.is_listening() {
        let options = tally.options.iter();
        let options = options
            .map(|option| json!({"value": option.value, "votes": option.voters.len()}))
            .collect();
        events.emit(RunEvent::RankingUpdated { options }).await;
    }
}

/// Who won with how many votes, in words.
pub(super) fn verdict(tally: &Tally) -> Option<String> {
    let winner = tally.options.get(tally.winner?)?;
    let counted: usize = tally.options.iter().map(|option| option.voters.len()).sum();
    let mut text = format!(
        "{} of {counted} votes for `{}`",
        winner.voters.len(),
        winner.value
    );
    if let Some(tie) = &tally.tie {
        text.push_str("; ");
        text.push_str(tie);
    }
    if !tally.uncounted.is_empty() {
        let uncounted = list(tally.uncounted.iter().map(String::as_str));
        text = format!("{text}; {uncounted} could not be counted");
    }
    Some(text)
}

/// Names in code marks, parted by commas.
pub(super) fn list<'a>(names: impl Iterator<Item = &'a str>) -> String {
    let names: Vec<String> = names.map(|name| format!("`{name}`")).collect();
    names.join(", ")
}

fn votes(tally: &Tally, place: usize) -> usize {
    tally
        .options
        .get(place)
        .map_or(0, |option| option.voters.len())
}

fn tie(options: &[VoteOption], most: usize) -> Option<String> {
    let tied: Vec<&VoteOption> = options
        .iter()
        .take_while(|option| option.voters.len() == most)
        .collect();
    let [winner, _, ..] = tied.as_slice() else {
        return None;
    };
    let first = winner.voters.first().map_or("", String::as_str);
    let votes = if most == 1 { "vote" } else { "votes" };
    Some(format!(
        "{} have {most} {votes} each; `{}` wins because its first voter, `{first}`, stands first among the members",
        list(tied.iter().map(|option| option.value.as_str())),
        winner.value,
    ))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn ballots(votes: &[(&str, &str)]) -> Vec<Ballot> {
        votes
            .iter()
            .map(|(member, value)| Ballot {
                member: (*member).to_owned(),
                value: (!value.is_empty()).then(|| (*value).to_owned()),
            })
            .collect()
    }

    #[test]
    fn most_votes_win_and_the_speed_of_an_answer_does_not_count() {
        let tally = count(&ballots(&[
            ("a", "41"),
            ("b", "42"),
            ("c", ""),
            ("d", "42"),
        ]));
        assert_eq!(tally.options[0].value, "42");
        assert_eq!(tally.options[0].voters, ["b", "d"]);
        assert_eq!(tally.winner, Some(0));
        assert_eq!(tally.tie, None);
        assert_eq!(tally.uncounted, ["c"]);
        assert!((tally.agreement - 2.0 / 3.0).abs() < 1e-9);
        assert_eq!(
            verdict(&tally).unwrap(),
            "2 of 3 votes for `42`; `c` could not be counted"
        );
    }

    #[test]
    fn a_tie_goes_to_the_option_of_the_first_member() {
        let tally = count(&ballots(&[
            ("a", "x"),
            ("b", "y"),
            ("c", "z"),
            ("d", "z"),
            ("e", "y"),
        ]));
        assert_eq!(tally.options[0].value, "y");
        assert_eq!(
            tally.tie.as_deref(),
            Some(
                "`y`, `z` have 2 votes each; `y` wins because its first voter, `b`, stands first among the members"
            )
        );
    }

    #[test]
    fn nothing_counted_is_no_winner() {
        let tally = count(&ballots(&[("a", ""), ("b", "")]));
        assert_eq!((tally.winner, verdict(&tally)), (None, None));
        assert!(tally.agreement.abs() < f64::EPSILON);
        assert!(!has_majority(&tally) && !is_decided(&tally, 0));
    }

    fn values() -> impl Strategy<Value = Vec<Option<u8>>> {
        prop::collection::vec(prop::option::weighted(0.9, 0_u8..4), 1..9)
    }

    fn numbered(votes: &[Option<u8>]) -> Vec<Ballot> {
        votes
            .iter()
            .enumerate()
            .map(|(at, vote)| Ballot {
                member: format!("m{at}"),
                value: vote.map(|vote| vote.to_string()),
            })
            .collect()
    }

    proptest! {
        #[test]
        fn what_is_decided_stays_decided(
            cast in values(),
            more in prop::collection::vec(prop::option::weighted(0.9, 0_u8..4), 0..6),
        ) {
            let before = count(&numbered(&cast));
            let all: Vec<_> = cast.iter().chain(&more).copied().collect();
            let after = count(&numbered(&all));
            if is_decided(&before, more.len()) {
                prop_assert_eq!(&before.options[0].value, &after.options[0].value);
            }
            if is_majority_certain(&before, more.len()) {
                prop_assert_eq!(&before.options[0].value, &after.options[0].value);
                prop_assert!(has_majority(&after));
            }
        }

        #[test]
        fn every_ballot_is_in_the_tally_once(cast in values()) {
            let tally = count(&numbered(&cast));
            let named = tally.options.iter().flat_map(|option| &option.voters);
            let mut members: Vec<_> = named.chain(&tally.uncounted).collect();
            members.sort_unstable();
            members.dedup();
            prop_assert_eq!(members.len(), cast.len());
            let counts: Vec<_> = tally.options.iter().map(|option| option.voters.len()).collect();
            prop_assert!(counts.is_sorted_by(|a, b| a >= b));
        }
    }
}
