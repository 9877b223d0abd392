//! Which reply answers which request: a queue for whoever comes next, and scripts by path and model.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use parking_lot::Mutex;
use serde_json::{Value, json};

use crate::reply::Reply;
use crate::reply::steps::Asked;

/// Every script of one scripted provider.
#[derive(Clone, Default)]
pub(crate) struct Scripts(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    queue: VecDeque<Reply>,
    scripts: BTreeMap<Key, Lines>,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Key {
    Path(String),
    Model(String),
    Anything,
}

#[derive(Default)]
struct Lines {
    replies: Vec<Reply>,
    next: usize,
}

impl Lines {
    /// The next reply; the last one is given again and again.
    fn take(&mut self) -> Option<Reply> {
        let reply = self.replies.get(self.next).or(self.replies.last()).cloned();
        self.next += 1;
        reply
    }
}

impl Scripts {
    /// Starts the script of `key` afresh.
    pub(crate) fn script(&self, key: Key) -> Script {
        self.0.lock().scripts.insert(key.clone(), Lines::default());
        Script {
            scripts: self.clone(),
            key,
        }
    }

    /// Adds a reply for whichever request comes next, before any script.
    pub(crate) fn queue(&self, reply: Reply) {
        self.0.lock().queue.push_back(reply);
    }

    /// The reply to a request: from the queue, then by path, by model, for anything.
    pub(crate) fn answer(&self, method: &str, path: &str, asked: &Asked) -> Reply {
        let mut state = self.0.lock();
        if method == "GET"
            && path.ends_with("/models")
            && !state.scripts.contains_key(&Key::Path(path.to_owned()))
        {
            return state.models();
        }
        if let Some(reply) = state.queue.pop_front() {
            return reply;
        }
        let keys = [
            Key::Path(path.to_owned()),
            Key::Model(asked.model.clone()),
            Key::Anything,
        ];
        keys.iter()
            .find_map(|key| state.scripts.get_mut(key)?.take())
            .unwrap_or_else(|| {
                let message = format!(
                    "no reply is scripted for {path} and model {:?}",
                    asked.model
                );
                Reply::error_with(404, "invalid_request_error", "model_not_found", &message)
            })
    }
}

impl State {
    fn models(&self) -> Reply {
        let models = self.scripts.keys().filter_map(|key| match key {
            Key::Model(name) => {
                Some(json!({ "id": name, "object": "model", "owned_by": "script" }))
            }
            Key::Path(_) | Key::Anything => None,
        });
        let data: Vec<Value> = models.collect();
        Reply::json(&json!({ "object": "list", "data": data }))
    }
}

/// A script being written: replies in order, the last of which is given for ever after.
#[derive(Clone)]
pub struct Script {
    scripts: Scripts,
    key: Key,
}

impl Script {
    /// Adds a reply.
    pub fn reply(&self, reply: Reply) -> &Self {
        self.edit(|replies| replies.push(reply));
        self
    }

    /// Adds a reply; reads well after another one.
    pub fn then(&self, reply: Reply) -> &Self {
        self.reply(reply)
    }

    /// Adds a completion of one piece of text.
    pub fn reply_text(&self, text: &str) -> &Self {
        self.reply(Reply::text(text))
    }

    /// Adds a completion of several pieces.
    pub fn stream<const N: usize>(&self, pieces: [&str; N]) -> &Self {
        self.reply(Reply::pieces(pieces))
    }

    /// The usage the latest reply reports.
    pub fn usage(&self, prompt: i64, completion: i64) -> &Self {
        self.edit(|replies| {
            let latest = replies.pop().unwrap_or_else(|| Reply::text(""));
            replies.push(latest.usage(prompt, completion));
        });
        self
    }

    fn edit(&self, change: impl FnOnce(&mut Vec<Reply>)) {
        let mut state = self.scripts.0.lock();
        change(&mut state.scripts.entry(self.key.clone()).or_default().replies);
    }
}
