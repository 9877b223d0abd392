//! Tool calls that arrive in pieces: which call a piece belongs to.
//!
//! Services number the pieces in ways of their own, so calls are counted anew from 0 in the order
//! they appear. A gap in the provider's numbers makes no hole; ids and names that are repeated in
//! every piece are passed on once.

use super::super::response::arguments;
use super::super::wire::Object;
use crate::types::event::StreamEvent;
use crate::types::failure::Failure;

/// The most tool calls of one answer.
const MAX_CALLS: usize = 1_000;

/// The calls of one answer so far. A call's place in the list is the index we give it.
#[derive(Debug, Default)]
pub(super) struct Calls(Vec<Known>);

#[derive(Debug)]
struct Known {
    /// The index the provider gives it.
    index: Option<u64>,
    id: String,
    name: String,
}

impl Calls {
    /// Reads one piece; nothing for a piece without anything in it.
    pub(super) fn piece(
        &mut self,
        choice: u32,
        call: &Object<'_>,
    ) -> Result<Option<StreamEvent>, Failure> {
        let function = call.child("function");
        let text = |object: &Object<'_>, name: &str| {
            object
                .lenient(name)
                .filter(|text: &String| !text.is_empty())
        };
        let (id, name) = (text(call, "id"), text(&function, "name"));
        let arguments = arguments(&function).unwrap_or_default();
        if id.is_none() && name.is_none() && arguments.is_empty() {
            return Ok(None);
        }
        let position = self.place(call.lenient("index"), id.as_deref(), name.is_some());
        let (Some(known), Ok(index)) = (self.0.get_mut(position), u32::try_from(position)) else {
            let message = format!("the stream has more than {MAX_CALLS} tool calls");
            return Err(Failure::invalid(message));
        };
        let id = id.filter(|_| known.id.is_empty());
        known.id.push_str(id.as_deref().unwrap_or_default());
        let name = name.filter(|name| known.name != *name);
        known.name.push_str(name.as_deref().unwrap_or_default());
        Ok(Some(StreamEvent::ToolCall {
            choice,
            index,
            id,
            name,
            arguments,
        }))
    }

    /// The place of the call a piece belongs to, which is made when it is new. Some services leave
    /// the index out, others give every call the same one; a new id together with a name begins a
    /// new call then.
    fn place(&mut self, index: Option<u64>, id: Option<&str>, named: bool) -> usize {
        let calls = &mut self.0;
        let known = match (index, id) {
            (Some(_), _) => calls.iter().rposition(|call| call.index == index),
            (None, Some(id)) => calls.iter().rposition(|call| call.id == id),
            (None, None) if named => None,
            (None, None) => calls.len().checked_sub(1),
        };
        let same = |position: &usize| {
            let call = &calls[*position];
            let other_id = id.is_some_and(|id| !call.id.is_empty() && call.id != id);
            !(named && other_id)
        };
        if let Some(position) = known.filter(same) {
            return position;
        }
        if calls.len() < MAX_CALLS {
            calls.push(Known {
                index,
                id: String::new(),
                name: String::new(),
            });
            return calls.len() - 1;
        }
        MAX_CALLS
    }
}
