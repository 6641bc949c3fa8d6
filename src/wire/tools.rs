//! Puts pieces of tool calls into slots, whichever way a provider numbers them.

use super::json::Json;
use crate::chat::ToolDelta;

/// A piece of a call, as a frame names it.
#[derive(Debug, Default)]
pub(super) struct Piece<'a> {
    /// The provider's number of the call.
    pub(super) index: Option<u64>,
    /// The call's id; later pieces may leave it empty.
    pub(super) id: &'a str,
    /// The tool's name; later pieces may leave it empty.
    pub(super) name: &'a str,
    /// More of the arguments, or all of them.
    pub(super) arguments: Option<&'a Json<'a>>,
}

/// The calls of one reply.
#[derive(Debug, Default)]
pub(super) struct Calls(Vec<Call>);

#[derive(Debug, Default)]
struct Call {
    index: Option<u64>,
    id: String,
    arguments: String,
}

/// More calls than any reply can honestly hold.
const MOST_CALLS: usize = 128;

impl Calls {
    /// Tells whether there are none.
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Takes a piece; `None` when it says nothing.
    pub(super) fn push(&mut self, piece: &Piece<'_>) -> Option<ToolDelta> {
        let (arguments, is_object) = match piece.arguments {
            Some(Json::Text(text)) => (text.as_ref().to_owned(), false),
            Some(object @ (Json::Object(_) | Json::List(_))) => (object.to_string(), true),
            Some(Json::Null | Json::Bool(_) | Json::Number(_)) | None => (String::new(), false),
        };
        let slot = match self.find(piece) {
            Some(slot) => slot,
            None if piece.name.is_empty() && arguments.is_empty() => return None,
            None if self.0.len() >= MOST_CALLS => return None,
            None => {
                self.0.push(Call {
                    index: piece.index,
                    ..Call::default()
                });
                self.0.len() - 1
            }
        };
        let call = self.0.get_mut(slot)?;
        let new_id = !piece.id.is_empty() && call.id != piece.id;
        if new_id {
            piece.id.clone_into(&mut call.id);
        }
        if !new_id && piece.name.is_empty() && arguments.is_empty() {
            return None;
        }
        // `{` twice at the start can't be JSON, so such a piece is all of it again.
        let repeats = call.arguments.starts_with('{') && arguments.starts_with(&call.arguments);
        let snapshot = is_object || repeats;
        if snapshot {
            call.arguments.clone_from(&arguments);
        } else {
            call.arguments.push_str(&arguments);
        }
        let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        Some(ToolDelta {
            slot,
            id: some(piece.id),
            name: some(piece.name),
            arguments,
            snapshot,
        })
    }

    fn find(&self, piece: &Piece<'_>) -> Option<usize> {
        let last_where = |wanted: &dyn Fn(&Call) -> bool| self.0.iter().rposition(wanted);
        let same_id = |call: &Call| call.id == piece.id;
        if let Some(index) = piece.index {
            let slot = last_where(&|call| call.index == Some(index))?;
            // Some servers number every call 0 and tell them apart by their ids alone.
            let other_call = !piece.id.is_empty()
                && !piece.name.is_empty()
                && self
                    .0
                    .get(slot)
                    .is_some_and(|call| !call.id.is_empty() && !same_id(call));
            return if other_call {
                last_where(&same_id)
            } else {
                Some(slot)
            };
        }
        if piece.id.is_empty() {
            return self.0.len().checked_sub(1);
        }
        last_where(&same_id)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn push(calls: &mut Calls, piece: &Value) -> Option<ToolDelta> {
        let text = piece.to_string();
        let parsed = Json::parse(&text).unwrap();
        calls.push(&Piece {
            index: piece["index"].as_u64(),
            id: piece["id"].as_str().unwrap_or_default(),
            name: piece["name"].as_str().unwrap_or_default(),
            arguments: parsed.get("arguments"),
        })
    }

    fn slots(pieces: &[Value]) -> Vec<(usize, String, bool)> {
        let mut calls = Calls::default();
        pieces
            .iter()
            .filter_map(|piece| push(&mut calls, piece))
            .map(|delta| (delta.slot, delta.arguments, delta.snapshot))
            .collect()
    }

    #[test]
    fn pieces_find_their_call_by_index_or_else_by_the_last_id() {
        let by_index = [
            json!({"index": 0, "id": "a", "name": "f", "arguments": ""}),
            json!({"index": 1, "id": "b", "name": "g", "arguments": "{"}),
            json!({"index": 0, "id": "", "arguments": "{}"}),
        ];
        let slots_of: Vec<usize> = slots(&by_index).iter().map(|slot| slot.0).collect();
        assert_eq!(slots_of, [0, 1, 0]);
        let by_id = [
            json!({"id": "a", "name": "f", "arguments": "{"}),
            json!({"arguments": "}"}),
            json!({"id": "b", "name": "f", "arguments": "{"}),
            json!({"id": "", "arguments": "}"}),
        ];
        let slots_of: Vec<usize> = slots(&by_id).iter().map(|slot| slot.0).collect();
        assert_eq!(slots_of, [0, 0, 1, 1]);
    }

    #[test]
    fn calls_that_share_an_index_are_told_apart_by_id() {
        let pieces = [
            json!({"index": 0, "id": "a", "name": "f", "arguments": "{}"}),
            json!({"index": 0, "id": "b", "name": "f", "arguments": "{}"}),
        ];
        assert_eq!(slots(&pieces)[1].0, 1);
    }

    #[test]
    fn arguments_may_be_objects_or_repeat_themselves() {
        let pieces = [
            json!({"index": 0, "name": "f", "arguments": "{\"a\""}),
            json!({"index": 0, "arguments": "{\"a\":1}"}),
            json!({"index": 0, "arguments": {"a": 1}}),
        ];
        let sent = slots(&pieces);
        assert!(!sent[0].2 && sent[1].2 && sent[2].2);
        assert_eq!(sent[2].1, "{\"a\":1}");
    }

    #[test]
    fn a_piece_with_nothing_but_an_id_is_no_call() {
        assert!(slots(&[json!({"index": 0, "id": "orphan"})]).is_empty());
    }
}
