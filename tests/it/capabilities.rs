//! What each model of both vendors' pages can do, cell by cell: the request says it in the
//! vendor's way, and nothing else changes; or it is refused, with the reason.
//!
//! The table stands beside the catalogue on purpose: a row there that changes has to change here.

use std::sync::Arc;

use mmchat::catalog::{
    Capability, Catalog, Model, Plan, Provider, Refusal, RequestOptions, check_images,
};
use mmchat::chat::{Attachment, Message, Thinking};
use mmchat::wire::{self, Ask, Dialect, ToolSpec};
use serde_json::{Value, json};

/// A row of the vendors' tables. What a model lacks is `None`.
struct Row {
    model: &'static str,
    /// What thinking on and off add to the body.
    on: &'static str,
    off: Option<&'static str>,
    json_mode: Option<&'static str>,
    web_search: Option<&'static str>,
    tools: bool,
    images: bool,
}

const NOTHING: &str = "{}";
const DISABLED: Option<&str> = Some(r#"{"thinking": {"type": "disabled"}}"#);
const OBJECT: Option<&str> = Some(r#"{"response_format": {"type": "json_object"}}"#);
const SEARCH: Option<&str> = Some(r#"{"enable_search": true}"#);
const NATIVE_SEARCH: Option<&str> = Some(
    r#"{"parameters": {"enable_search": true,
        "search_options": {"enable_source": true, "prepend_search_result": true}}}"#,
);

/// A model that thinks always and does nothing else; the rows change what differs.
const PLAIN: Row = Row {
    model: "",
    on: NOTHING,
    off: None,
    json_mode: None,
    web_search: None,
    tools: true,
    images: false,
};
const TENCENT: Row = Row {
    off: DISABLED,
    json_mode: OBJECT,
    ..PLAIN
};

#[rustfmt::skip] // A table reads best with a row a line.
const TABLE: &[Row] = &[
    Row { model: "alibaba/MiniMax-M2.5", web_search: SEARCH, ..PLAIN },
    Row { model: "alibaba/MiniMax-M2.1", web_search: SEARCH, ..PLAIN },
    Row { model: "alibaba/MiniMax/MiniMax-M3.1-Flash", images: true, ..PLAIN },
    Row { model: "alibaba/MiniMax/MiniMax-M2.7", ..PLAIN },
    Row { model: "alibaba/MiniMax/MiniMax-M2.5", ..PLAIN },
    Row { model: "alibaba/MiniMax/MiniMax-M2.1", ..PLAIN },
    Row { model: "alibaba-dashscope/MiniMax-M2.5", web_search: NATIVE_SEARCH, ..PLAIN },
    Row { model: "alibaba-dashscope/MiniMax-M2.1", web_search: NATIVE_SEARCH, ..PLAIN },
    Row { model: "alibaba-dashscope/MiniMax/MiniMax-M3.1-Flash", images: true, ..PLAIN },
    Row { model: "alibaba-dashscope/MiniMax/MiniMax-M2.7", ..PLAIN },
    Row { model: "alibaba-dashscope/MiniMax/MiniMax-M2.5", ..PLAIN },
    Row { model: "alibaba-dashscope/MiniMax/MiniMax-M2.1", ..PLAIN },
    Row { model: "tencent/minimax-m3", images: IMAGES_OF_TENCENTS_M3, ..TENCENT },
    Row { model: "tencent/minimax-m2.7", ..TENCENT },
    Row { model: "tencent/minimax-m2.5", ..TENCENT },
    Row { model: "tencent-anthropic/minimax-m3", on: r#"{"thinking": {"type": "adaptive"}}"#, off: DISABLED, images: IMAGES_OF_TENCENTS_M3, ..PLAIN },
    Row { model: "tencent-anthropic/minimax-m2.7", ..PLAIN },
    Row { model: "tencent-anthropic/minimax-m2.5", ..PLAIN },
];
/// TokenHub's guide says nothing of pictures.
const IMAGES_OF_TENCENTS_M3: bool = false;

fn found(catalog: &Catalog, name: &str) -> (Provider, Model) {
    let (provider, model) = catalog.find(name).unwrap();
    let provider = catalog.provider(&provider).unwrap().clone();
    let model = provider.model(&model);
    assert!(model.known, "{name}");
    (provider, model)
}

fn ask(plan: &Plan, asked: &RequestOptions, tools: Vec<ToolSpec>) -> Value {
    let message = Message::User("JSON, please".to_owned());
    ask_for(plan, asked, message, tools)
}

fn ask_for(plan: &Plan, asked: &RequestOptions, message: Message, tools: Vec<ToolSpec>) -> Value {
    let ask = Ask {
        messages: vec![message],
        tools,
        params: asked.params,
        stream: true,
        json: asked.json,
        patches: plan.patches.clone(),
    };
    wire::request(&plan.target, &ask).body
}

/// The plainest wish that the model can fulfil.
fn plain(row: &Row) -> RequestOptions {
    RequestOptions {
        thinking: if row.off.is_some() {
            Thinking::Off
        } else {
            Thinking::On
        },
        ..RequestOptions::default()
    }
}

fn merge(into: &mut Value, from: &Value) {
    match (into, from) {
        (Value::Object(into), Value::Object(from)) => {
            for (name, value) in from {
                merge(into.entry(name.clone()).or_insert(Value::Null), value);
            }
        }
        (into, from) => *into = from.clone(),
    }
}

/// The cell of one capability: the request with it is the request without, and the patch.
fn check(row: &Row, asked: &RequestOptions, patch: Option<&str>, refused: &[&str]) {
    let catalog = Catalog::builtin();
    let (provider, model) = found(&catalog, row.model);
    let name = row.model;
    match (catalog.plan(&provider, &model, asked), patch) {
        (Ok(plan), Some(patch)) => {
            let usual = plain(row);
            let without = catalog.plan(&provider, &model, &usual).unwrap();
            let mut expected = ask(&without, &usual, Vec::new());
            merge(&mut expected, &serde_json::from_str(patch).unwrap());
            if asked.thinking == Thinking::On && row.off.is_some() {
                // Off was said in the plain request, and on says something else or nothing.
                let on: Value = serde_json::from_str(row.on).unwrap();
                match on.get("thinking") {
                    Some(on) => expected["thinking"] = on.clone(),
                    None => drop(expected.as_object_mut().unwrap().remove("thinking")),
                }
            }
            assert_eq!(ask(&plan, asked, Vec::new()), expected, "{name}");
        }
        (Err(refusal), None) => {
            let sentence = refusal.to_string();
            for word in [&[name], refused].concat() {
                assert!(sentence.contains(word), "no “{word}” in: {sentence}");
            }
        }
        (plan, patch) => panic!("{name}: {patch:?} expected, and it is {plan:?}"),
    }
}

#[test]
fn thinking_is_switched_on_and_off_in_the_vendors_words_or_refused() {
    for row in TABLE {
        let thinking = |thinking| RequestOptions {
            thinking,
            ..RequestOptions::default()
        };
        check(row, &thinking(Thinking::On), Some(row.on), &[]);
        let why = ["no thinking mode “off”", "always thinks"];
        check(row, &thinking(Thinking::Off), row.off, &why);
        // Neither page has efforts.
        let why = ["no thinking mode “high”"];
        check(row, &thinking(Thinking::High), None, &why);
    }
}

#[test]
fn json_mode_is_asked_for_in_the_vendors_words_or_refused() {
    for row in TABLE {
        let asked = RequestOptions {
            json: true,
            ..plain(row)
        };
        check(row, &asked, row.json_mode, &["no JSON mode", "switch to"]);
    }
}

#[test]
fn web_search_is_asked_for_in_the_vendors_words_or_refused_with_who_has_it() {
    for row in TABLE {
        let asked = RequestOptions {
            search: true,
            ..plain(row)
        };
        let why = ["no web search", "switch to", "MiniMax-M"];
        check(row, &asked, row.web_search, &why);
    }
}

#[test]
fn tools_stand_in_each_request_where_the_dialect_has_them() {
    let catalog = Catalog::builtin();
    let tool = ToolSpec {
        name: "look".to_owned(),
        description: "Looks.".to_owned(),
        ..ToolSpec::default()
    };
    for row in TABLE {
        let (provider, model) = found(&catalog, row.model);
        assert_eq!(model.tools, row.tools, "{}", row.model);
        let asked = plain(row);
        let plan = catalog.plan(&provider, &model, &asked).unwrap();
        let body = ask(&plan, &asked, vec![tool.clone()]);
        let name = match provider.dialect {
            Dialect::OpenAi => "/tools/0/function/name",
            Dialect::DashScope => "/parameters/tools/0/function/name",
            Dialect::Anthropic => "/tools/0/name",
        };
        assert_eq!(body.pointer(name), Some(&json!("look")), "{}", row.model);
    }
}

#[test]
fn streams_are_asked_to_report_tokens_where_that_must_be_asked_for() {
    let catalog = Catalog::builtin();
    for row in TABLE {
        let (provider, model) = found(&catalog, row.model);
        let asked = plain(row);
        let plan = catalog.plan(&provider, &model, &asked).unwrap();
        let body = ask(&plan, &asked, Vec::new());
        // DashScope reports them in every frame, Anthropic's protocol at the end.
        let (place, asked) = match provider.dialect {
            Dialect::OpenAi => ("/stream_options/include_usage", json!(true)),
            Dialect::DashScope => ("/parameters/incremental_output", json!(true)),
            Dialect::Anthropic => ("/stream", json!(true)),
        };
        assert_eq!(body.pointer(place), Some(&asked), "{}", row.model);
    }
}

#[test]
fn pictures_are_for_the_models_that_take_them() {
    let catalog = Catalog::builtin();
    let bytes = b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR\0\0\0\x01\0\0\0\x02";
    let attached = Attachment::read("p.png", bytes.to_vec()).unwrap();
    let image = Arc::clone(attached.image().unwrap());
    let data = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAAC";
    let url = format!("data:image/png;base64,{data}");
    for row in TABLE {
        let (provider, model) = found(&catalog, row.model);
        let name = row.model;
        assert_eq!(model.images, row.images, "{name}");
        match check_images(&provider, &model) {
            Ok(()) => assert!(row.images, "{name}"),
            Err(refusal) => {
                assert!(!row.images, "{name}");
                let sentence = refusal.to_string();
                for word in [name, "takes text only"] {
                    assert!(sentence.contains(word), "no “{word}” in: {sentence}");
                }
                continue;
            }
        }
        let asked = plain(row);
        let plan = catalog.plan(&provider, &model, &asked).unwrap();
        let shown = Message::user(
            "What is this?".to_owned(),
            vec![("p.png".to_owned(), Arc::clone(&image))],
        );
        let body = ask_for(&plan, &asked, shown, Vec::new());
        let (place, part) = match provider.dialect {
            Dialect::OpenAi => (
                "/messages/0/content/0",
                json!({"type": "image_url", "image_url": {"url": url}}),
            ),
            Dialect::DashScope => ("/input/messages/0/content/0", json!({"image": url})),
            Dialect::Anthropic => (
                "/messages/0/content/0",
                json!({"type": "image", "source":
                    {"type": "base64", "media_type": "image/png", "data": data}}),
            ),
        };
        assert_eq!(body.pointer(place), Some(&part), "{name}: {body}");
    }
}

#[test]
fn every_model_of_both_vendors_has_its_row() {
    let ours: Vec<&str> = TABLE.iter().map(|row| row.model).collect();
    let catalog = Catalog::builtin();
    let vendors = catalog.providers.iter().filter(|provider| {
        provider.id.starts_with("alibaba") || provider.id.starts_with("tencent")
    });
    let theirs: Vec<String> = vendors
        .flat_map(|provider| {
            let models = provider.models.iter();
            models.map(|model| format!("{}/{}", provider.id, model.id))
        })
        .collect();
    assert_eq!(ours, theirs);
}

#[test]
fn a_capability_of_an_unknown_model_is_refused_with_what_to_declare() {
    let catalog = Catalog::builtin();
    let provider = catalog.provider("tencent").unwrap();
    let model = provider.model("ep-12345678");
    for (capability, json, search) in [
        (Capability::JsonMode, true, false),
        (Capability::WebSearch, false, true),
    ] {
        let asked = RequestOptions {
            json,
            search,
            ..RequestOptions::default()
        };
        let refusal = catalog.plan(provider, &model, &asked).unwrap_err();
        assert!(matches!(refusal, Refusal::UnknownCapability { .. }));
        assert!(refusal.to_string().contains(capability.key()), "{refusal}");
    }
}
