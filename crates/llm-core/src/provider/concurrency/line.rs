//! A line of bounded length that is fair: callers take turns, and when it is full whoever holds the
//! most of it gives way to one who holds less. Pure.

use std::collections::VecDeque;

use crate::types::ids::KeyId;

/// Who waits, by caller.
#[derive(Debug)]
pub(super) struct Line<T> {
    /// The caller whose turn it is first.
    callers: VecDeque<Caller<T>>,
    length: usize,
}

#[derive(Debug)]
struct Caller<T> {
    whose: Option<KeyId>,
    waiting: VecDeque<(u64, T)>,
}

/// What came of joining.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Joined<T> {
    /// In the line.
    Waits,
    /// In the line, in the place of this one.
    InsteadOf(T),
    /// The line is full.
    Refused,
}

impl<T> Line<T> {
    pub(super) fn new() -> Self {
        Self {
            callers: VecDeque::new(),
            length: 0,
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.length == 0
    }

    pub(super) fn len(&self) -> usize {
        self.length
    }

    /// Puts one at the end of its caller's own line.
    pub(super) fn join(
        &mut self,
        whose: Option<&KeyId>,
        ticket: u64,
        one: T,
        most: usize,
    ) -> Joined<T> {
        let mut gave_way = None;
        if self.length >= most {
            let own = self.held_by(whose);
            let longest = self.callers.iter().map(|caller| caller.waiting.len()).max();
            // Giving way must leave the other with no less than the newcomer then has.
            if longest.is_none_or(|longest| longest <= own + 1) {
                return Joined::Refused;
            }
            gave_way = self.shorten_the_longest();
        }
        match self
            .callers
            .iter_mut()
            .find(|caller| caller.whose.as_ref() == whose)
        {
            Some(caller) => caller.waiting.push_back((ticket, one)),
            None => self.callers.push_back(Caller {
                whose: whose.cloned(),
                waiting: VecDeque::from([(ticket, one)]),
            }),
        }
        self.length += 1;
        gave_way.map_or(Joined::Waits, Joined::InsteadOf)
    }

    /// The next; its caller goes behind the others.
    pub(super) fn next(&mut self) -> Option<T> {
        let mut caller = self.callers.pop_front()?;
        let next = caller.waiting.pop_front();
        if !caller.waiting.is_empty() {
            self.callers.push_back(caller);
        }
        self.length -= usize::from(next.is_some());
        next.map(|(_, one)| one)
    }

    /// Takes one out, wherever it stands.
    pub(super) fn leave(&mut self, ticket: u64) -> bool {
        for place in 0..self.callers.len() {
            let waiting = &mut self.callers[place].waiting;
            if let Some(at) = waiting.iter().position(|(other, _)| *other == ticket) {
                waiting.remove(at);
                if waiting.is_empty() {
                    self.callers.remove(place);
                }
                self.length -= 1;
                return true;
            }
        }
        false
    }

    fn held_by(&self, whose: Option<&KeyId>) -> usize {
        self.callers
            .iter()
            .find(|caller| caller.whose.as_ref() == whose)
            .map_or(0, |caller| caller.waiting.len())
    }

    fn shorten_the_longest(&mut self) -> Option<T> {
        let longest = self
            .callers
            .iter_mut()
            .max_by_key(|caller| caller.waiting.len())?;
        let (_, newest) = longest.waiting.pop_back()?;
        self.length -= 1;
        Some(newest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(number: u8) -> Option<KeyId> {
        (number > 0).then(|| KeyId::from(format!("key{number}").as_str()))
    }

    #[derive(Clone, Copy, Debug)]
    enum Step {
        Join(u8),
        Next,
        Leave(u64),
    }

    fn step() -> impl proptest::strategy::Strategy<Value = Step> {
        use proptest::prelude::*;
        prop_oneof![
            5 => (0_u8..4).prop_map(Step::Join),
            2 => Just(Step::Next),
            1 => (0_u64..60).prop_map(Step::Leave),
        ]
    }

    proptest::proptest! {
        /// Nobody is lost and nobody is served twice; the line is never longer than allowed; nobody
        /// is turned away while somebody else holds more of it.
        #[test]
        fn everybody_is_served_gives_way_leaves_or_waits(
            steps in proptest::collection::vec(step(), 1..150), most in 1_usize..8
        ) {
            let mut line = Line::new();
            let mut inside: Vec<(u8, u64)> = Vec::new();
            for (ticket, step) in (0_u64..).zip(steps) {
                match step {
                    Step::Join(number) => {
                        let of = |inside: &[(u8, u64)], number| {
                            inside.iter().filter(|(whose, _)| *whose == number).count()
                        };
                        let own = of(&inside, number);
                        match line.join(key(number).as_ref(), ticket, ticket, most) {
                            Joined::Waits => inside.push((number, ticket)),
                            Joined::InsteadOf(other) => {
                                let whose = inside.iter().find(|(_, t)| *t == other).unwrap().0;
                                proptest::prop_assert!(of(&inside, whose) > own + 1);
                                inside.retain(|(_, t)| *t != other);
                                inside.push((number, ticket));
                            }
                            Joined::Refused => {
                                for other in 0..4 {
                                    proptest::prop_assert!(of(&inside, other) <= own + 1);
                                }
                            }
                        }
                    }
                    Step::Next => {
                        let next = line.next();
                        proptest::prop_assert_eq!(next.is_none(), inside.is_empty());
                        if let Some(served) = next {
                            proptest::prop_assert!(inside.iter().any(|(_, t)| *t == served));
                            inside.retain(|(_, t)| *t != served);
                        }
                    }
                    Step::Leave(who) => {
                        let was_in = inside.iter().any(|(_, t)| *t == who);
                        proptest::prop_assert_eq!(line.leave(who), was_in);
                        inside.retain(|(_, t)| *t != who);
                    }
                }
                proptest::prop_assert_eq!(line.len(), inside.len());
                proptest::prop_assert!(line.len() <= most);
            }
        }
    }

    #[test]
    fn callers_take_turns() {
        let mut line = Line::new();
        for ticket in 0..4 {
            line.join(key(1).as_ref(), ticket, ("flood", ticket), 10);
        }
        line.join(key(2).as_ref(), 9, ("quiet", 9), 10);
        let order: Vec<_> = std::iter::from_fn(|| line.next()).collect();
        let names: Vec<_> = order.iter().map(|(name, _)| *name).collect();
        assert_eq!(names, ["flood", "quiet", "flood", "flood", "flood"]);
    }
}
