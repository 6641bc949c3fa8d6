//! Conversations out of files: our own JSON, lists of messages as OpenAI's API has them, and the
//! sessions of aichat.
//!
//! Pure: text in, conversations or a sentence out. What the text says is data to be shown like a
//! model's: it is made safe wherever it is shown. Invariant: a file gives all of its conversations or
//! none.

mod messages;
mod yaml;

use serde_json::Value;

use super::export::from_json;
use crate::app::library::StoredConversation;
use crate::chat::{Ids, Moment};
use crate::phrase::tr;

/// The largest file that is taken, in bytes.
pub const MOST_BYTES: u64 = 512 * 1024 * 1024;

/// The conversations in a file's text. `now` is when those began that do not say when.
///
/// # Errors
///
/// Fails, with a sentence, when the text is in none of the known forms.
pub fn read(text: &str, ids: &mut Ids, now: Moment) -> Result<Vec<StoredConversation>, String> {
    let text = text.trim_start_matches('\u{feff}');
    let first = text.trim_start().chars().next();
    if !matches!(first, Some('{' | '[')) {
        return yaml::read(text, ids, now).map(|kept| vec![kept]);
    }
    let value = match serde_json::from_str::<Value>(text) {
        Ok(value) => value,
        Err(error) => {
            // One object a line, as many exports are.
            let lines = text.lines().filter(|line| !line.trim().is_empty());
            let objects: Option<Vec<Value>> = lines
                .map(|line| serde_json::from_str(line).ok().filter(Value::is_object))
                .collect();
            let objects = objects.filter(|objects| objects.len() > 1);
            Value::Array(objects.ok_or_else(|| tr!("it is no JSON: {error}", error))?)
        }
    };
    let all = match value {
        // A list of messages is one conversation, a list of conversations is many.
        Value::Array(list)
            if list.iter().all(|item| item.get("role").is_none()) && !list.is_empty() =>
        {
            list
        }
        one => vec![one],
    };
    let count = all.len();
    let one = |(at, value): (usize, &Value)| {
        let kept = if super::export::is_ours(value) {
            from_json(value, ids)
        } else {
            messages::read(value, ids, now)
        };
        kept.map_err(|why| {
            if count > 1 {
                tr!("conversation {number}: {why}", number = at + 1, why)
            } else {
                why
            }
        })
    };
    all.iter().enumerate().map(one).collect()
}

/// A conversation with something of everything, for the tests of all forms.
#[cfg(test)]
pub(super) fn sample() -> StoredConversation {
    let mut kept = messages::read(
        &serde_json::json!({"title": "A “quoted” title", "model": "demo/minimax-m2", "messages": [
            {"role": "user", "content": "What?"},
            {"role": "assistant", "content": "That \u{1b}[31m", "reasoning_content": "hm\n<b>"},
        ]}),
        &mut Ids::new(3),
        Moment {
            unix_seconds: 1_795_352_520,
            offset_minutes: 60,
        },
    )
    .unwrap();
    let turn = kept.conversation.last().unwrap().id;
    let turn = kept.conversation.turn_mut(turn).unwrap();
    turn.state = crate::chat::TurnState::Stopped;
    let gif = b"GIF89a\x0a\0\x14\0\0\xff".to_vec();
    let files = [("a<b>.txt", b"words\n".to_vec()), ("p.gif", gif)];
    let files = files.map(|(name, bytes)| crate::chat::Attachment::read(name, bytes).unwrap());
    turn.attach(files.to_vec());
    turn.reply.calls.push(crate::chat::ToolCall {
        name: "look".to_owned(),
        arguments: "{\"at\": \"<i>\"}".to_owned(),
        state: crate::chat::CallState::Done(crate::chat::Outcome {
            text: "a fence:\n```\n</details>\u{1b}[2J".to_owned(),
            took: std::time::Duration::from_millis(1_500),
        }),
        ..crate::chat::ToolCall::default()
    });
    turn.reply.set_total_usage(crate::chat::Usage {
        input_tokens: Some(12),
        output_tokens: Some(34),
        reasoning_tokens: Some(5),
        ..crate::chat::Usage::default()
    });
    kept
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::export::{Reasoning, to_json};

    const NOW: Moment = Moment {
        unix_seconds: 1_795_352_520,
        offset_minutes: 60,
    };

    fn one(text: &str) -> StoredConversation {
        let mut all = read(text, &mut Ids::new(1), NOW).unwrap();
        assert_eq!(all.len(), 1);
        all.pop().unwrap()
    }

    fn why_not(text: &str) -> String {
        read(text, &mut Ids::new(1), NOW).unwrap_err()
    }

    fn said(kept: &StoredConversation) -> Vec<(String, String, String)> {
        let turns = kept.conversation.path();
        turns
            .map(|turn| {
                let reply = &turn.reply;
                let texts = (reply.reasoning.as_str(), reply.answer.as_str());
                (turn.prompt.clone(), texts.0.to_owned(), texts.1.to_owned())
            })
            .collect()
    }

    #[test]
    fn an_export_comes_back_the_same_under_ids_of_its_own() {
        let before = sample();
        let text = to_json(&before, Reasoning::With).to_string();
        let after = one(&text);
        assert_ne!(after.head.id, before.head.id);
        let again = to_json(&after, Reasoning::With);
        let mut expected = to_json(&before, Reasoning::With);
        for place in ["/id", "/turns/0/id"] {
            *expected.pointer_mut(place).unwrap() = again.pointer(place).unwrap().clone();
        }
        assert_eq!(again, expected);
    }

    #[test]
    fn a_message_list_becomes_turns() {
        let list = r#"[{"role":"system","content":"be brief"},{"role":"user","content":"a"},
            {"role":"user","content":[{"type":"text","text":"b"},{"type":"image_url","image_url":{}}]},
            {"role":"assistant","content":"c","reasoning_content":"r"},{"role":"user","content":"d"}]"#;
        let kept = one(list);
        assert_eq!(kept.head.system_prompt, "be brief");
        let text = |text: &str| text.to_owned();
        assert_eq!(
            said(&kept),
            [
                (text("a\n\nb"), text("r"), text("c")),
                (text("d"), text(""), text(""))
            ]
        );
        assert_eq!(kept.head.title, "a");
        let list = list.replace('\n', "");
        let many = format!("{{\"messages\":{list}}}\n{{\"messages\":{list}}}");
        assert_eq!(read(&many, &mut Ids::new(1), NOW).unwrap().len(), 2);
    }

    #[test]
    fn an_aichat_session_is_read() {
        let session = "model: openai:gpt-4o\ntemperature: 0.5\nsave_session: null\nmessages:\n- role: system\n  content: be 'kind'\n- role: user\n  content: \"a \\\"b\\\"\\n\\u4f60\"\n- role: assistant\n  content: |-\n    line one\n\n      indented: yes\n    - last\n- role: user\n  content: >\n    folded\n    text\n";
        let kept = one(session);
        assert_eq!(kept.head.system_prompt, "be 'kind'");
        assert_eq!(kept.head.params.temperature, Some(0.5));
        assert_eq!(kept.head.choice.to_string(), "openai/gpt-4o");
        let turns = said(&kept);
        assert_eq!(turns[0].0, "a \"b\"\n你");
        assert_eq!(turns[0].2, "line one\n\n  indented: yes\n- last");
        assert_eq!(turns[1].0, "folded text\n");
    }

    #[test]
    fn what_is_none_of_these_is_refused_with_a_reason() {
        assert!(why_not("{").contains("no JSON"));
        assert!(why_not("{}").contains("messages"));
        assert!(why_not("[]").contains("no messages"));
        assert!(why_not("hello").contains("aichat"));
        assert!(why_not("[{\"role\":\"user\",\"content\":3}]").contains("message 1"));
        assert!(why_not("[{\"role\":\"wizard\",\"content\":\"x\"}]").contains("wizard"));
        assert!(why_not(&"[".repeat(100_000)).contains("no JSON"));
        let mut ours = to_json(&sample(), Reasoning::With);
        ours["turns"][0]["parent"] = ours["turns"][0]["id"].clone();
        assert!(why_not(&ours.to_string()).contains("parent"));
        ours["version"] = 2.into();
        assert!(why_not(&ours.to_string()).contains("another version"));
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in "\\PC*|[a-z:\\-|>\"' \n]*|[\\[\\]{}\",:a-z]*") {
            drop(read(&text, &mut Ids::new(1), NOW));
        }
    }
}
