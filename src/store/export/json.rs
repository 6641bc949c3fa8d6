//! A conversation as JSON that comes back the same: every turn, every sibling, every figure.

use std::collections::HashMap;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};

use super::Reasoning;
use crate::app::Choice;
use crate::app::library::{Head, StoredConversation};
use crate::chat::{
    Asked, Attachment, Content, Conversation, ConversationId, Estimate, Extras, Ids, Moment,
    Params, Rates, Reply, Text, Thinking, Timing, Turn, TurnId, Usage, safe,
};
use crate::phrase::tr;
use crate::store::facts;

/// Tells our files from others, and their shape from later ones.
const FORMAT: &str = "mmchat-conversation";
const VERSION: u64 = 1;

/// The conversation as an object.
pub fn to_json(kept: &StoredConversation, reasoning: Reasoning) -> Value {
    let head = &kept.head;
    // In versions that are not in view, too, one was chosen.
    let is_chosen = |turn: &Turn| kept.conversation.chosen(turn.parent) == Some(turn.id);
    let turns = kept.conversation.turns();
    let turns: Vec<Value> = turns
        .map(|turn| turn_json(turn, is_chosen(turn), reasoning))
        .collect();
    let mut object = json!({
        "format": FORMAT,
        "version": VERSION,
        "id": head.id.to_string(),
        "title": head.title,
        "pinned": head.pinned,
        "system_prompt": head.system_prompt,
        "persona": head.persona,
        "created": moment_json(head.created),
        "updated": moment_json(head.updated),
        "provider": head.choice.provider,
        "model": head.choice.model,
        "thinking": head.thinking.word(),
        "json_mode": head.extras.json,
        "search": head.extras.search,
        "turns": turns,
    });
    if let Some(object) = object.as_object_mut() {
        object.extend(params_json(head.params));
    }
    object
}

fn turn_json(turn: &Turn, is_chosen: bool, reasoning: Reasoning) -> Value {
    let reply = &turn.reply;
    let seconds = |time: Option<Duration>| time.map(|time| time.as_secs_f64());
    let mut object = json!({
        "id": turn.id.0.to_string(),
        "parent": turn.parent.map(|parent| parent.0.to_string()),
        "chosen": is_chosen,
        "state": facts::state_word(&turn.state),
        "standing": facts::standing_word(turn.standing),
        "sent": moment_json(turn.sent),
        "provider": turn.asked.provider,
        "model": turn.asked.model,
        "served_model": reply.served_model,
        "thinking": turn.asked.thinking.word(),
        "json_mode": turn.asked.extras.json,
        "search": turn.asked.extras.search,
        "prompt": turn.prompt,
        "attachments": turn.attachments.iter().map(attachment_json).collect::<Vec<_>>(),
        "finish_reason": reply.finish.as_ref().map(facts::finish_word),
        "usage": facts::usage_json(&reply.total_usage()),
        "timing": {
            "connected_seconds": seconds(turn.timing.connected),
            "first_reasoning_seconds": seconds(turn.timing.first_reasoning),
            "first_answer_seconds": seconds(turn.timing.first_answer),
            "total_seconds": seconds(turn.timing.end),
            "thinking_seconds": seconds(turn.timing.thinking),
            "answering_seconds": seconds(turn.timing.answering),
        },
        "remarks": facts::remarks_json(&reply.remarks),
        "tool_calls": facts::calls_json(&reply.calls),
        "sources": facts::sources_json(&reply.sources),
    });
    if let Some(object) = object.as_object_mut() {
        object.extend(params_json(turn.asked.params));
        if reasoning != Reasoning::Without {
            object.insert("reasoning".to_owned(), reply.reasoning.as_str().into());
        }
        if reasoning != Reasoning::Only {
            object.insert("answer".to_owned(), reply.answer.as_str().into());
        }
        if let crate::chat::TurnState::Failed(failure) = &turn.state {
            object.insert("failure".to_owned(), facts::failure_json(failure));
        }
    }
    object
}

fn attachment_json(attachment: &Attachment) -> Value {
    match &attachment.content {
        Content::Text(text) => json!({"name": attachment.name, "text": text.as_ref()}),
        Content::Image(image) => json!({
            "name": attachment.name,
            "media_type": image.kind.media_type(),
            "base64": STANDARD.encode(&image.bytes),
        }),
    }
}

/// What went along with a turn; files of earlier versions have none.
fn attachments(turn: &Value) -> Result<Vec<Attachment>, String> {
    let list = turn.get("attachments").and_then(Value::as_array);
    let attachment = |value: &Value| {
        let name = text(value, "name")?;
        let shown = safe::one_line(&name);
        let bytes = match value.get("base64").and_then(Value::as_str) {
            Some(base64) => STANDARD
                .decode(base64)
                .map_err(|error| tr!("{shown} is not Base64: {error}", shown, error))?,
            None => text(value, "text")?.into_bytes(),
        };
        Attachment::read(name, bytes).map_err(|why| format!("{shown} {why}"))
    };
    list.into_iter().flatten().map(attachment).collect()
}

fn moment_json(moment: Moment) -> Value {
    json!({"unix_seconds": moment.unix_seconds, "offset_minutes": moment.offset_minutes})
}

fn params_json(params: Params) -> Map<String, Value> {
    [
        ("max_tokens", params.max_tokens.map(Value::from)),
        ("temperature", params.temperature.map(Value::from)),
        ("top_p", params.top_p.map(Value::from)),
        ("presence_penalty", params.presence_penalty.map(Value::from)),
    ]
    .into_iter()
    .filter_map(|(name, value)| Some((name.to_owned(), value?)))
    .collect()
}

/// Tells whether a value is meant to be one of ours.
pub(in crate::store) fn is_ours(value: &Value) -> bool {
    value.get("format").and_then(Value::as_str) == Some(FORMAT)
}

/// The conversation of an object, under ids of its own: the file's may be taken already.
///
/// # Errors
///
/// Fails, with a sentence, when the object is not what an export makes.
pub fn from_json(value: &Value, ids: &mut Ids) -> Result<StoredConversation, String> {
    if !is_ours(value) {
        return Err(tr!("“format” is not “{format}”", format = FORMAT));
    }
    let version = value.get("version").and_then(Value::as_u64);
    if version != Some(VERSION) {
        return Err(tr!("it was written by another version of mmchat").to_owned());
    }
    let created = moment(value, "created")?;
    let system_prompt = text(value, "system_prompt")?;
    let mut kept = StoredConversation {
        conversation: Conversation::new(system_prompt.clone()),
        head: Head {
            id: ConversationId(ids.of(created)),
            title: text(value, "title")?,
            pinned: flag(value, "pinned"),
            system_prompt,
            // Files of before there were any have none.
            persona: text(value, "persona").unwrap_or_default(),
            created,
            updated: moment(value, "updated")?,
            choice: Choice {
                provider: text(value, "provider")?,
                model: text(value, "model")?,
            },
            thinking: thinking(value),
            params: params(value),
            extras: extras(value),
        },
        draft: String::new(),
        attached: Vec::new(),
    };
    let turns = value.get("turns").and_then(Value::as_array);
    let turns = turns.ok_or(tr!("“turns” is no list"))?;
    let mut known: HashMap<String, TurnId> = HashMap::new();
    let mut chosen = Vec::new();
    for (at, object) in turns.iter().enumerate() {
        let wrong = |why: String| tr!("turn {number}: {why}", number = at + 1, why);
        let own = text(object, "id").map_err(wrong)?;
        // Only turns that came before may be parents, so there is no going round in a circle.
        let parent = match object.get("parent") {
            None | Some(Value::Null) => None,
            Some(parent) => {
                let parent = parent
                    .as_str()
                    .and_then(|parent| known.get(parent).copied());
                Some(parent.ok_or_else(|| {
                    wrong(tr!("its parent is not among the turns before it").to_owned())
                })?)
            }
        };
        let sent = moment(object, "sent").map_err(wrong)?;
        let least = known.values().map(|id| id.0).max().unwrap_or(0);
        let id = TurnId(ids.of(sent).max(least + 1));
        let turn = turn(object, id, parent, sent).map_err(wrong)?;
        if flag(object, "chosen") {
            chosen.push(id);
        }
        if known.insert(own, id).is_some() {
            return Err(wrong(tr!("another turn has its id").to_owned()));
        }
        let mut turn = turn;
        turn.attach(attachments(object).map_err(wrong)?);
        kept.conversation.put(turn);
        // Without anything chosen, the last of each place is.
        kept.conversation.choose(id);
    }
    for id in chosen {
        kept.conversation.choose(id);
    }
    Ok(kept)
}

fn turn(object: &Value, id: TurnId, parent: Option<TurnId>, sent: Moment) -> Result<Turn, String> {
    let optional = |name: &str| object.get(name).and_then(Value::as_str).map(str::to_owned);
    let (prompt, reasoning, answer) = (
        text(object, "prompt")?,
        optional("reasoning").unwrap_or_default(),
        optional("answer").unwrap_or_default(),
    );
    let timing = object.get("timing");
    let seconds = |name: &str| {
        let seconds = timing?.get(name)?.as_f64()?;
        Duration::try_from_secs_f64(seconds).ok()
    };
    let list = |name: &str| object.get(name).unwrap_or(&Value::Null);
    let failure = object.get("failure").and_then(facts::failure);
    let mut turn = Turn {
        id,
        parent,
        sent,
        asked: Asked {
            provider: text(object, "provider")?,
            model: text(object, "model")?,
            thinking: thinking(object),
            params: params(object),
            extras: extras(object),
        },
        state: facts::state(&text(object, "state")?, failure),
        timing: Timing::kept(
            [
                seconds("connected_seconds"),
                seconds("first_reasoning_seconds"),
                seconds("first_answer_seconds"),
                seconds("total_seconds"),
            ],
            [seconds("thinking_seconds"), seconds("answering_seconds")],
        ),
        attachments: Vec::new(),
        estimate: Estimate::of(&prompt, &reasoning, &answer),
        rates: Rates::default(),
        json: None,
        standing: facts::standing(optional("standing").as_deref().unwrap_or_default()),
        reply: Reply {
            reasoning: Text::from(reasoning),
            answer: Text::from(answer),
            calls: facts::calls(list("tool_calls")),
            rounds: Vec::new(),
            carry: None,
            sources: facts::sources(list("sources")),
            usage: Usage::default(),
            served_model: optional("served_model"),
            remarks: facts::remarks(list("remarks")),
            finish: optional("finish_reason").as_deref().map(facts::finish),
        },
        prompt,
    };
    turn.reply.set_total_usage(facts::usage(list("usage")));
    Ok(turn)
}

fn text(value: &Value, name: &str) -> Result<String, String> {
    let text = value.get(name).and_then(Value::as_str);
    text.map(str::to_owned)
        .ok_or_else(|| tr!("“{name}” is no text", name))
}

fn flag(value: &Value, name: &str) -> bool {
    value.get(name).and_then(Value::as_bool).unwrap_or(false)
}

fn moment(value: &Value, name: &str) -> Result<Moment, String> {
    let number = |part: &str| value.get(name)?.get(part)?.as_i64();
    let unix_seconds = number("unix_seconds").ok_or_else(|| tr!("“{name}” is not a time", name))?;
    let offset = number("offset_minutes")
        .unwrap_or(0)
        .clamp(-24 * 60, 24 * 60);
    Ok(Moment {
        unix_seconds,
        offset_minutes: i32::try_from(offset).unwrap_or(0),
    })
}

fn thinking(value: &Value) -> Thinking {
    let word = value.get("thinking").and_then(Value::as_str);
    word.and_then(|word| word.parse().ok()).unwrap_or_default()
}

fn extras(value: &Value) -> Extras {
    Extras {
        json: flag(value, "json_mode"),
        search: flag(value, "search"),
    }
}

fn params(value: &Value) -> Params {
    let number = |name: &str| value.get(name).and_then(Value::as_f64);
    Params {
        max_tokens: value.get("max_tokens").and_then(Value::as_u64),
        temperature: number("temperature"),
        top_p: number("top_p"),
        presence_penalty: number("presence_penalty"),
    }
}
