//! Lists of messages as OpenAI's API has them: `[{role, content}]`, or an object that holds one as
//! `messages`.

use serde_json::Value;

use crate::app::Choice;
use crate::app::library::{Head, StoredConversation, title_from};
use crate::chat::{
    Asked, Conversation, ConversationId, Delta, Ids, Moment, Params, TurnId, TurnState,
};
use crate::phrase::tr;

/// A message, whatever form it came in.
pub(super) struct Said {
    pub(super) role: String,
    pub(super) text: String,
    pub(super) reasoning: String,
}

/// The conversation of a list, or of an object with a list.
pub(super) fn read(
    value: &Value,
    ids: &mut Ids,
    now: Moment,
) -> Result<StoredConversation, String> {
    let list = value
        .as_array()
        .or_else(|| value.get("messages").and_then(Value::as_array));
    let list = list.ok_or(tr!("it has no list of “messages”"))?;
    let said = list.iter().enumerate().map(|(at, message)| {
        said(message).map_err(|why| tr!("message {number}: {why}", number = at + 1, why))
    });
    let said = said.collect::<Result<Vec<_>, _>>()?;
    let name = value
        .get("model")
        .and_then(Value::as_str)
        .unwrap_or_default();
    let title = value
        .get("title")
        .and_then(Value::as_str)
        .unwrap_or_default();
    let began = ["created", "created_at", "create_time"]
        .iter()
        .find_map(|name| value.get(*name).and_then(Value::as_i64));
    let began = Moment {
        unix_seconds: began.unwrap_or(now.unix_seconds),
        ..now
    };
    let mut kept = conversation(said, choice(name, '/'), ids, began)?;
    if !title.is_empty() {
        title.clone_into(&mut kept.head.title);
    }
    Ok(kept)
}

/// A model's name with its provider before the first separator.
pub(super) fn choice(name: &str, separator: char) -> Choice {
    let (provider, model) = name.split_once(separator).unwrap_or(("imported", name));
    Choice {
        provider: provider.to_owned(),
        model: if model.is_empty() { "unknown" } else { model }.to_owned(),
    }
}

fn said(message: &Value) -> Result<Said, String> {
    let role = message.get("role").and_then(Value::as_str);
    let role = role.ok_or(tr!("it has no “role”"))?;
    let text = match message.get("content") {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => text.clone(),
        Some(Value::Array(parts)) => {
            let texts = parts
                .iter()
                .filter_map(|part| part.get("text").and_then(Value::as_str));
            texts.collect::<Vec<_>>().join("\n\n")
        }
        Some(_) => return Err(tr!("its “content” is neither text nor a list of parts").to_owned()),
    };
    let reasoning = ["reasoning_content", "reasoning"]
        .iter()
        .find_map(|name| message.get(*name).and_then(Value::as_str));
    Ok(Said {
        role: role.to_owned(),
        text,
        reasoning: reasoning.unwrap_or_default().to_owned(),
    })
}

/// Messages as turns: what the user said until the model answered is one prompt.
pub(super) fn conversation(
    said: Vec<Said>,
    choice: Choice,
    ids: &mut Ids,
    began: Moment,
) -> Result<StoredConversation, String> {
    let mut system = Vec::new();
    let mut turns: Vec<(String, String, String)> = Vec::new();
    let mut answered = true;
    for (
        at,
        Said {
            role,
            text,
            reasoning,
        },
    ) in said.into_iter().enumerate()
    {
        match role.as_str() {
            "system" | "developer" => system.push(text),
            "user" => {
                if let Some((prompt, ..)) = turns.last_mut().filter(|_| !answered) {
                    prompt.push_str("\n\n");
                    prompt.push_str(&text);
                } else {
                    turns.push((text, String::new(), String::new()));
                    answered = false;
                }
            }
            "assistant" => {
                if turns.is_empty() {
                    turns.push(Default::default());
                }
                let Some((_, thought, answer)) = turns.last_mut() else {
                    continue;
                };
                for (to, more) in [(thought, reasoning), (answer, text)] {
                    if !to.is_empty() && !more.is_empty() {
                        to.push_str("\n\n");
                    }
                    to.push_str(&more);
                }
                answered = true;
            }
            // What tools returned is no part of what was said.
            "tool" | "function" => {}
            other => {
                return Err(tr!(
                    "message {number}: there is no role “{other}”",
                    number = at + 1,
                    other
                ));
            }
        }
    }
    if turns.is_empty() {
        return Err(tr!("it holds no messages of a user or a model").to_owned());
    }
    let system_prompt = system.join("\n\n");
    let mut conversation = Conversation::new(system_prompt.clone());
    let asked = Asked {
        provider: choice.provider.clone(),
        model: choice.model.clone(),
        ..Asked::default()
    };
    let title = turns
        .iter()
        .map(|(prompt, ..)| title_from(prompt))
        .find(|title| !title.is_empty());
    let mut parent: Option<TurnId> = None;
    for (prompt, thought, answer) in turns {
        let id = TurnId(ids.of(began).max(parent.map_or(0, |parent| parent.0 + 1)));
        conversation.add(id, parent, prompt, asked.clone(), began);
        if let Some(turn) = conversation.turn_mut(id) {
            let no_time = std::time::Duration::ZERO;
            for delta in [Delta::Reasoning(thought), Delta::Answer(answer)] {
                if delta.is_text() {
                    turn.push(delta, no_time);
                }
            }
            // How long it took is not known.
            turn.timing = crate::chat::Timing::default();
            turn.state = TurnState::Done;
        }
        parent = Some(id);
    }
    Ok(StoredConversation {
        head: Head {
            id: ConversationId(ids.of(began)),
            title: title.unwrap_or_else(|| tr!("An imported conversation").to_owned()),
            system_prompt,
            created: began,
            updated: began,
            choice,
            params: Params::default(),
            ..Head::default()
        },
        conversation,
        draft: String::new(),
        attached: Vec::new(),
    })
}
