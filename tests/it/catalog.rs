//! What the built-in catalogue says of every model, and what becomes of a user's wishes.

use std::fmt::Write as _;

use mmchat::catalog::{
    Capability, Catalog, Hint, Model, Plan, Provider, Refusal, RequestOptions, plan,
};
use mmchat::chat::{Params, Thinking, Usage};
use mmchat::wire::{Dialect, Patch};
use serde_json::{Value, json};

fn known(name: &str) -> (Provider, Model) {
    let catalog = Catalog::builtin();
    let (provider, model) = catalog
        .find(name)
        .unwrap_or_else(|unknown| panic!("{unknown}"));
    let provider = catalog.provider(&provider).unwrap().clone();
    let model = provider.model(&model);
    (provider, model)
}

fn planned(name: &str, asked: &RequestOptions) -> Result<Plan, Refusal> {
    let (provider, model) = known(name);
    plan(&provider, &model, asked)
}

fn thinking(name: &str, mode: Thinking) -> Result<Plan, Refusal> {
    let asked = RequestOptions {
        thinking: mode,
        ..RequestOptions::default()
    };
    planned(name, &asked)
}

fn refusal(name: &str, asked: &RequestOptions) -> String {
    planned(name, asked).unwrap_err().to_string()
}

fn params(set: impl FnOnce(&mut Params)) -> RequestOptions {
    let mut asked = RequestOptions::default();
    set(&mut asked.params);
    asked
}

fn merged(patches: &[Patch]) -> Value {
    fn merge(into: &mut Value, from: &Value) {
        match (into, from) {
            (Value::Object(into), Value::Object(from)) => {
                for (key, value) in from {
                    merge(into.entry(key.clone()).or_insert(Value::Null), value);
                }
            }
            (into, from) => *into = from.clone(),
        }
    }
    let mut body = json!({});
    for patch in patches {
        merge(&mut body, &Value::Object(patch.clone()));
    }
    body
}

#[test]
fn the_contracts_providers_are_all_there_in_its_order() {
    let catalog = Catalog::builtin();
    let ids: Vec<&str> = catalog
        .providers
        .iter()
        .map(|provider| provider.id.as_str())
        .collect();
    assert_eq!(
        ids,
        [
            "alibaba",
            "alibaba-dashscope",
            "tencent",
            "tencent-anthropic",
            "minimax",
            "minimax-anthropic",
            "minimax-cn",
            "openrouter",
            "local",
            "ollama",
            "demo",
        ]
    );
    for provider in &catalog.providers {
        assert!(!provider.models.is_empty(), "{}", provider.id);
        assert!(!provider.note.is_empty(), "{}", provider.id);
        assert_eq!(
            provider.base_url.is_empty(),
            provider.id == "demo",
            "{}",
            provider.id
        );
    }
}

#[test]
fn every_entry_says_where_its_facts_come_from_and_when() {
    for provider in Catalog::builtin().providers {
        for model in &provider.models {
            let name = format!("{}/{}", provider.id, model.id);
            assert!(model.known, "{name}");
            assert!(model.source.contains("2026-"), "{name} has no dated source");
            assert!(!model.advice.is_empty(), "{name} has no advice");
            assert!(model.thinking.is_some(), "{name} has no thinking modes");
            let unknown = model.source.ends_with("window unknown");
            assert_eq!(
                model.context_window_tokens.is_none(),
                unknown,
                "{name}: window"
            );
            for (smaller, larger) in [
                (model.max_input_tokens, model.context_window_tokens),
                (model.max_output_tokens, model.context_window_tokens),
                (model.default_max_tokens, model.max_output_tokens),
            ] {
                if let (Some(smaller), Some(larger)) = (smaller, larger) {
                    assert!(smaller <= larger, "{name}: {smaller} > {larger}");
                }
            }
            if provider.dialect == Dialect::Anthropic {
                assert!(
                    provider.target(model).default_max_tokens.is_some(),
                    "{name}"
                );
            }
        }
    }
}

/// One line per model: modes, JSON mode, web search, window / input / output. What both vendor
/// pages and MiniMax's own say.
#[test]
fn every_model_has_the_capabilities_that_its_vendor_states() {
    let mut table = String::new();
    for provider in Catalog::builtin().providers {
        for model in &provider.models {
            let modes: Vec<&str> = model.modes().iter().map(|mode| mode.word()).collect();
            let has = |capability: Capability, word: &str| {
                if capability.patch(model).is_some() {
                    format!(" +{word}")
                } else {
                    String::new()
                }
            };
            let tokens = |count: Option<u64>| count.map_or("?".to_owned(), |n| n.to_string());
            writeln!(
                table,
                "{}/{}: {}{}{} {}/{}/{}",
                provider.id,
                model.id,
                modes.join(" "),
                has(Capability::JsonMode, "json"),
                has(Capability::WebSearch, "search"),
                tokens(model.context_window_tokens),
                tokens(model.max_input_tokens),
                tokens(model.max_output_tokens),
            )
            .unwrap();
        }
    }
    insta::assert_snapshot!(table, @r#"
    alibaba/MiniMax-M2.5: on +search 196608/196601/32768
    alibaba/MiniMax-M2.1: on +search 196608/?/?
    alibaba/MiniMax/MiniMax-M3.1-Flash: on 1000000/?/?
    alibaba/MiniMax/MiniMax-M2.7: on 204800/204800/131072
    alibaba/MiniMax/MiniMax-M2.5: on 204800/204800/131072
    alibaba/MiniMax/MiniMax-M2.1: on 204800/204800/131072
    alibaba-dashscope/MiniMax-M2.5: on +search 196608/196601/32768
    alibaba-dashscope/MiniMax-M2.1: on +search 196608/?/?
    alibaba-dashscope/MiniMax/MiniMax-M3.1-Flash: on 1000000/?/?
    alibaba-dashscope/MiniMax/MiniMax-M2.7: on 204800/204800/131072
    alibaba-dashscope/MiniMax/MiniMax-M2.5: on 204800/204800/131072
    alibaba-dashscope/MiniMax/MiniMax-M2.1: on 204800/204800/131072
    tencent/minimax-m3: on off +json 1000000/1000000/?
    tencent/minimax-m2.7: on off +json 200000/200000/128000
    tencent/minimax-m2.5: on off +json 200000/200000/128000
    tencent-anthropic/minimax-m3: on off 1000000/1000000/?
    tencent-anthropic/minimax-m2.7: on 200000/200000/128000
    tencent-anthropic/minimax-m2.5: on 200000/200000/128000
    minimax/MiniMax-M3: on off +json 1000000/?/524288
    minimax/MiniMax-M3.1-Flash: low medium high xhigh max 1000000/?/524288
    minimax/MiniMax-M2.7: on 204800/?/204800
    minimax/MiniMax-M2.7-highspeed: on 204800/?/204800
    minimax/MiniMax-M2.5: on 204800/?/204800
    minimax/MiniMax-M2.5-highspeed: on 204800/?/204800
    minimax/MiniMax-M2.1: on 204800/?/204800
    minimax/MiniMax-M2.1-highspeed: on 204800/?/204800
    minimax/MiniMax-M2.1-lightning: on 204800/?/204800
    minimax/MiniMax-M2: on 204800/?/204800
    minimax/M2-her: off ?/?/2048
    minimax-anthropic/MiniMax-M3: on off +search 1000000/?/524288
    minimax-anthropic/MiniMax-M3.1-Flash: low medium high xhigh max +search 1000000/?/524288
    minimax-anthropic/MiniMax-M2.7: on 204800/?/204800
    minimax-anthropic/MiniMax-M2.7-highspeed: on 204800/?/204800
    minimax-anthropic/MiniMax-M2.5: on 204800/?/204800
    minimax-anthropic/MiniMax-M2.5-highspeed: on 204800/?/204800
    minimax-anthropic/MiniMax-M2.1: on 204800/?/204800
    minimax-anthropic/MiniMax-M2.1-highspeed: on 204800/?/204800
    minimax-anthropic/MiniMax-M2.1-lightning: on 204800/?/204800
    minimax-anthropic/MiniMax-M2: on 204800/?/204800
    minimax-cn/MiniMax-M3: on off +json 1000000/?/524288
    minimax-cn/MiniMax-M3.1-Flash: low medium high xhigh max 1000000/?/524288
    minimax-cn/MiniMax-M2.7: on 204800/?/204800
    minimax-cn/MiniMax-M2.7-highspeed: on 204800/?/204800
    minimax-cn/MiniMax-M2.5: on 204800/?/204800
    minimax-cn/MiniMax-M2.5-highspeed: on 204800/?/204800
    minimax-cn/MiniMax-M2.1: on 204800/?/204800
    minimax-cn/MiniMax-M2.1-highspeed: on 204800/?/204800
    minimax-cn/MiniMax-M2.1-lightning: on 204800/?/204800
    minimax-cn/MiniMax-M2: on 204800/?/204800
    minimax-cn/M2-her: off ?/?/2048
    openrouter/minimax/minimax-m3: on off +json 1048576/?/512000
    openrouter/minimax/minimax-m2.7: on +json 196608/?/?
    openrouter/minimax/minimax-m2.5: on +json 196608/?/196608
    local/MiniMaxAI/MiniMax-M3: on off +json ?/?/?
    local/MiniMaxAI/MiniMax-M2.7: on +json ?/?/?
    local/MiniMaxAI/MiniMax-M2.5: on +json ?/?/?
    ollama/minimax-m3: on off low medium high max 524288/?/131072
    ollama/minimax-m2.7: on off 196608/?/196608
    demo/minimax-m3: on off 1000000/?/524288
    demo/minimax-m2.7: on 204800/?/204800
    demo/minimax-m3.1-flash: low medium high xhigh max 1000000/?/524288
    "#);
}

#[test]
fn a_mode_or_capability_is_patched_in_or_refused_and_nothing_between() {
    for provider in Catalog::builtin().providers {
        for model in &provider.models {
            for mode in Thinking::ALL {
                let asked = RequestOptions {
                    thinking: mode,
                    ..RequestOptions::default()
                };
                match plan(&provider, model, &asked) {
                    Ok(plan) => assert!(
                        mode == Thinking::On
                            || (plan.thinking == mode && model.modes().contains(&mode))
                    ),
                    Err(refusal) => {
                        assert!(mode != Thinking::On && !model.modes().contains(&mode));
                        assert!(refusal.to_string().contains(&model.id), "{refusal}");
                    }
                }
                let near = model.nearest_mode(mode);
                let asked = RequestOptions {
                    thinking: near,
                    ..RequestOptions::default()
                };
                assert!(
                    plan(&provider, model, &asked).is_ok(),
                    "{}: {mode} → {near}",
                    model.id
                );
            }
            for capability in [Capability::JsonMode, Capability::WebSearch] {
                let asked = RequestOptions {
                    json: capability == Capability::JsonMode,
                    search: capability == Capability::WebSearch,
                    ..RequestOptions::default()
                };
                match (plan(&provider, model, &asked), capability.patch(model)) {
                    (Ok(plan), Some(patch)) => assert_eq!(plan.patches.last(), Some(patch)),
                    (Err(Refusal::Lacks { .. }), None) => {}
                    (outcome, patch) => panic!("{}: {outcome:?}, {patch:?}", model.id),
                }
            }
        }
    }
}

#[test]
fn thinking_is_asked_for_as_each_protocol_wants_it() {
    let body = |name: &str, mode| merged(&thinking(name, mode).unwrap().patches);
    let disabled = json!({ "thinking": { "type": "disabled" } });
    assert_eq!(body("tencent/minimax-m3", Thinking::On), json!({}));
    assert_eq!(body("tencent/minimax-m3", Thinking::Off), disabled);
    assert_eq!(body("tencent/minimax-m2.7", Thinking::Off), disabled);
    assert_eq!(body("alibaba/MiniMax-M2.5", Thinking::On), json!({}));
    assert_eq!(
        body("minimax/MiniMax-M3", Thinking::On),
        json!({ "reasoning_split": true })
    );
    assert_eq!(
        body("minimax/MiniMax-M3", Thinking::Off),
        json!({ "reasoning_split": true, "thinking": { "type": "disabled" } })
    );
    assert_eq!(
        body("minimax/MiniMax-M3.1-Flash", Thinking::Low),
        json!({ "reasoning_split": true, "reasoning_effort": "low" })
    );
    assert_eq!(
        body("minimax-anthropic/MiniMax-M3", Thinking::On),
        json!({ "thinking": { "type": "adaptive" } })
    );
    assert_eq!(
        body("minimax-anthropic/MiniMax-M3", Thinking::Off),
        disabled
    );
    assert_eq!(
        body("minimax-anthropic/MiniMax-M3.1-Flash", Thinking::Xhigh),
        json!({ "output_config": { "effort": "xhigh" } })
    );
    assert_eq!(
        body("openrouter/minimax/minimax-m3", Thinking::Off),
        json!({ "reasoning": { "enabled": false } })
    );
    assert_eq!(
        body("local/MiniMaxAI/MiniMax-M3", Thinking::Off),
        json!({ "chat_template_kwargs": { "thinking_mode": "disabled" } })
    );
    assert_eq!(
        body("ollama/minimax-m3", Thinking::Off),
        json!({ "reasoning_effort": "none" })
    );
}

#[test]
fn no_patch_ever_says_enabled_to_a_vendor_that_refuses_it() {
    for provider in Catalog::builtin().providers {
        for model in provider.models.iter().filter(|_| provider.id != "local") {
            for patch in model.thinking.iter().flat_map(|modes| modes.values()) {
                assert_ne!(patch.get("thinking"), Some(&json!({ "type": "enabled" })));
            }
        }
    }
}

#[test]
fn patches_come_in_the_order_provider_thinking_json_search() {
    let asked = RequestOptions {
        thinking: Thinking::Off,
        json: true,
        ..RequestOptions::default()
    };
    let plan = planned("minimax/MiniMax-M3", &asked).unwrap();
    let keys: Vec<&str> = plan
        .patches
        .iter()
        .flat_map(|patch| patch.keys())
        .map(String::as_str)
        .collect();
    assert_eq!(keys, ["reasoning_split", "thinking", "response_format"]);
    assert_eq!(plan.target.max_tokens_field, "max_completion_tokens");
    assert!(plan.target.may_be_cumulative);

    let asked = RequestOptions {
        search: true,
        ..RequestOptions::default()
    };
    assert_eq!(
        merged(
            &planned("alibaba-dashscope/MiniMax-M2.5", &asked)
                .unwrap()
                .patches
        ),
        json!({ "parameters": {
            "enable_search": true,
            "search_options": { "enable_source": true, "prepend_search_result": true },
        } })
    );
}

#[test]
fn on_is_never_refused_and_tells_what_it_becomes() {
    let becomes = |name: &str| thinking(name, Thinking::On).unwrap().thinking;
    assert_eq!(becomes("minimax/MiniMax-M3.1-Flash"), Thinking::On);
    assert_eq!(becomes("minimax/MiniMax-M2"), Thinking::On);
    assert_eq!(becomes("minimax/M2-her"), Thinking::Off);
    assert_eq!(becomes("minimax/MiniMax-M9-typed"), Thinking::On);
    let (_, flash) = known("minimax/MiniMax-M3.1-Flash");
    assert!(flash.is_always_on());
    assert_eq!(flash.modes(), Thinking::ALL[2..]);
    assert_eq!(flash.nearest_mode(Thinking::Off), Thinking::On);
    let (_, ollama) = known("ollama/minimax-m3");
    assert_eq!(ollama.nearest_mode(Thinking::Xhigh), Thinking::High);
}

#[test]
fn refusals_name_the_model_the_limit_and_the_way_out() {
    let think = |mode| RequestOptions {
        thinking: mode,
        ..RequestOptions::default()
    };
    let json = RequestOptions {
        json: true,
        ..RequestOptions::default()
    };
    let search = RequestOptions {
        search: true,
        ..RequestOptions::default()
    };
    let long = |tokens, max_tokens| RequestOptions {
        input_tokens_estimate: tokens,
        params: Params {
            max_tokens,
            ..Params::default()
        },
        ..RequestOptions::default()
    };
    let refusals = [
        refusal("alibaba/MiniMax-M2.5", &think(Thinking::Off)),
        refusal("minimax/MiniMax-M3.1-Flash", &think(Thinking::Off)),
        refusal("minimax/MiniMax-M3", &think(Thinking::High)),
        refusal("minimax/M2-her", &think(Thinking::Low)),
        refusal("minimax/typed", &think(Thinking::Off)),
        refusal("alibaba/MiniMax-M2.5", &json),
        refusal("tencent/minimax-m3", &search),
        refusal("minimax-anthropic/MiniMax-M2", &search),
        refusal("minimax/typed", &json),
        refusal("tencent/minimax-m3", &params(|p| p.temperature = Some(1.5))),
        refusal("minimax/MiniMax-M3", &params(|p| p.temperature = Some(0.0))),
        refusal("demo/minimax-m3", &params(|p| p.top_p = Some(1.1))),
        refusal(
            "demo/minimax-m3",
            &params(|p| p.presence_penalty = Some(f64::NAN)),
        ),
        refusal("demo/minimax-m3", &params(|p| p.max_tokens = Some(0))),
        refusal(
            "alibaba/MiniMax-M2.5",
            &params(|p| p.max_tokens = Some(32_769)),
        ),
        refusal("alibaba/MiniMax-M2.5", &long(196_602, None)),
        refusal("alibaba/MiniMax-M2.5", &long(180_000, Some(32_768))),
    ];
    insta::assert_snapshot!(refusals.join("\n"), @r#"
    alibaba/MiniMax-M2.5 has no thinking mode “off”. It always thinks: leave thinking “on”
    minimax/MiniMax-M3.1-Flash has no thinking mode “off”. It always thinks; its modes are low, medium, high, xhigh or max: choose one, or switch to MiniMax-M3
    minimax/MiniMax-M3 has no thinking mode “high”. Its modes are on or off: choose one, or switch to MiniMax-M3.1-Flash
    minimax/M2-her has no thinking mode “low”. It never thinks: leave thinking “off”, or switch to MiniMax-M3.1-Flash
    it is not known how minimax/typed is asked for thinking “off”. Use thinking “on”, which leaves it to the model, or declare it in the configuration: [[providers.minimax.models]] with id = "typed" and thinking = { off = { … } }
    alibaba/MiniMax-M2.5 has no JSON mode. Leave it off
    tencent/minimax-m3 has no web search. Leave it off
    minimax-anthropic/MiniMax-M2 has no web search. Leave it off, or switch to MiniMax-M3 or MiniMax-M3.1-Flash
    it is not known whether minimax/typed has JSON mode, nor how it is asked for. Leave it off, or declare it in the configuration: [[providers.minimax.models]] with id = "typed" and json_mode = { … }
    temperature is 1.5, and tencent/minimax-m3 takes 0 to 1; unset, it is 0.9
    temperature is 0, and minimax/MiniMax-M3 takes 0.01 to 2: write 0.01, which has the effect of 0
    top_p is 1.1, and demo/minimax-m3 takes 0 to 1
    presence_penalty is NaN, and demo/minimax-m3 takes -2 to 2
    max_tokens is 0, which leaves no room for an answer. Set 1 or more, or unset it
    max_tokens is 32769, and alibaba/MiniMax-M2.5 writes 32768 tokens at most, reasoning included. Lower it, or unset it
    the conversation is about 196602 tokens long, and alibaba/MiniMax-M2.5 takes 196601. Start a new one, edit an earlier message, or switch to a model with a larger window
    the conversation is about 180000 tokens long and max_tokens is 32768: together more than the window of alibaba/MiniMax-M2.5, 196608 tokens. Lower max_tokens, or start a new conversation
    "#);
}

#[test]
fn limits_are_inclusive() {
    let asked = params(|p| {
        p.max_tokens = Some(32_768);
        p.temperature = Some(0.0);
        p.presence_penalty = Some(-2.0);
    });
    assert!(planned("alibaba/MiniMax-M2.5", &asked).is_ok());
    assert!(planned("tencent/minimax-m3", &params(|p| p.temperature = Some(1.0))).is_ok());
    assert!(
        planned(
            "minimax/MiniMax-M3",
            &params(|p| p.temperature = Some(0.01))
        )
        .is_ok()
    );
}

#[test]
fn few_tokens_with_thinking_on_earn_a_hint() {
    let few = params(|p| p.max_tokens = Some(1024));
    let hints = planned("tencent/minimax-m3", &few).unwrap().hints;
    assert_eq!(
        hints,
        [Hint::FewTokens {
            max_tokens: 1024,
            can_stop: true
        }]
    );
    insta::assert_snapshot!(hints[0], @"max_tokens is 1024, and reasoning and answer share it: thinking alone often takes 1,000 tokens or more, so there may be no answer. Use 2048 or more, or turn thinking off");
    let off = RequestOptions {
        thinking: Thinking::Off,
        ..few
    };
    assert!(
        planned("tencent/minimax-m3", &off)
            .unwrap()
            .hints
            .is_empty()
    );
    let enough = params(|p| p.max_tokens = Some(2048));
    assert!(
        planned("tencent/minimax-m3", &enough)
            .unwrap()
            .hints
            .is_empty()
    );
    let json = RequestOptions {
        json: true,
        ..RequestOptions::default()
    };
    insta::assert_snapshot!(planned("tencent/minimax-m3", &json).unwrap().hints[0], @"JSON mode: the vendor advises against it together with thinking");
    let off = RequestOptions {
        thinking: Thinking::Off,
        ..json
    };
    assert!(
        planned("tencent/minimax-m3", &off)
            .unwrap()
            .hints
            .is_empty()
    );
}

#[test]
fn names_are_split_at_the_first_slash_only() {
    let catalog = Catalog::builtin();
    let found = |name: &str| {
        catalog
            .find(name)
            .map_or_else(|e| e.to_string(), |(p, m)| format!("{p} {m}"))
    };
    for (name, meant) in [
        ("tencent/minimax-m2.7", "tencent minimax-m2.7"),
        (
            "alibaba/MiniMax/MiniMax-M2.5",
            "alibaba MiniMax/MiniMax-M2.5",
        ),
        (
            "openrouter/minimax/minimax-m2.5:free",
            "openrouter minimax/minimax-m2.5:free",
        ),
        ("local/a+b//c", "local a+b//c"),
        ("demo", "demo minimax-m3"),
        (
            "M2-her",
            "“M2-her” needs its provider in front: minimax/M2-her or minimax-cn/M2-her",
        ),
        (
            "minimax-m2-HIGHSPEED",
            "there is no provider “minimax-m2-HIGHSPEED”; did you mean minimax/MiniMax-M2.7-highspeed, minimax-anthropic/MiniMax-M2.7-highspeed or minimax-cn/MiniMax-M2.7-highspeed?",
        ),
        (
            "tencnet/minimax-m3",
            "there is no provider “tencnet”; did you mean tencent?",
        ),
        ("minimax/", "“minimax/” names no model; write minimax/MODEL"),
        (
            "minimax-m3.1-FLASH",
            "“minimax-m3.1-FLASH” needs its provider in front: minimax/MiniMax-M3.1-Flash, minimax-anthropic/MiniMax-M3.1-Flash, minimax-cn/MiniMax-M3.1-Flash or demo/minimax-m3.1-flash",
        ),
    ] {
        assert_eq!(found(name), meant, "{name}");
    }
    assert!(found("gpt").starts_with("there is no provider “gpt”; the providers are alibaba, "));
    assert!(catalog.find("").is_err());
}

#[test]
fn a_model_that_is_not_known_is_taken_as_typed() {
    let (provider, model) = known("minimax/MiniMax-M9+x:free");
    assert!(!model.known);
    assert_eq!(model.modes(), [Thinking::On]);
    assert!(!model.is_always_on());
    let plan = plan(&provider, &model, &RequestOptions::default()).unwrap();
    assert_eq!(plan.target.model, "MiniMax-M9+x:free");
}

#[test]
fn a_reply_costs_what_the_price_list_says() {
    let (_, model) = known("minimax/MiniMax-M3");
    let prices = model.prices.unwrap();
    let usage = Usage {
        input_tokens: Some(1_000_000),
        cached_tokens: Some(500_000),
        output_tokens: Some(1_000_000),
        ..Usage::default()
    };
    let cost = prices.cost(&usage).unwrap();
    assert!((cost - (0.15 + 0.03 + 1.2)).abs() < 1e-9, "{cost}");
    assert_eq!(prices.cost(&Usage::default()), None);
    assert_eq!(prices.currency.sign(), "$");
}
