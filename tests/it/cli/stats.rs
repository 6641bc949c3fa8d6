//! `mmchat stats`: what the turns of a real store come to.

use serde_json::json;

use super::{Home, home_of, said, thought};
use crate::support::raw::{Server, Step};

#[test]
fn without_a_store_it_says_so_and_makes_none() {
    let home = Home::new();
    let outcome = home.run(&["stats"]).ends(0);
    assert_eq!(outcome.out, "");
    outcome.complains("no turns are kept");
    let total = home.run(&["stats", "--json"]).ends(0).json();
    assert_eq!(total["total"]["turns"], 0);
    assert_eq!(total["models"], json!([]));
    assert!(
        !home.directory.path().join(".local").exists(),
        "looking makes no files"
    );
}

#[test]
fn what_the_demo_said_is_counted_by_model_and_day() {
    let home = Home::new();
    for _ in 0..2 {
        // A few tokens are enough to be counted, and the demo speaks at a reader's pace.
        home.run(&[
            "--demo",
            "ask",
            "--thinking",
            "off",
            "--max-tokens",
            "8",
            "hello",
        ])
        .ends(0);
    }
    let stats = home.run(&["stats", "--json"]).ends(0).json();
    let (total, models) = (&stats["total"], stats["models"].as_array().unwrap());
    assert_eq!(total["turns"], 2);
    assert_eq!(total["turns_with_counts"], 2);
    assert_eq!(total["model"], json!(null));
    assert_eq!(models.len(), 1);
    assert_eq!(models[0]["provider"], "demo");
    let days = stats["days"].as_array().unwrap();
    let turns: u64 = days.iter().map(|day| day["turns"].as_u64().unwrap()).sum();
    assert_eq!(turns, 2, "a midnight may lie between them");
    for field in [
        "input_tokens",
        "output_tokens",
        "connected_seconds",
        "first_answer_seconds",
        "total_seconds_p90",
    ] {
        assert!(total[field].as_f64().unwrap() > 0.0, "{field}: {total}");
        assert_eq!(total[field], models[0][field], "{field}");
    }
    let lines = home.run(&["stats"]).ends(0).out;
    for line in lines.lines() {
        let fields: Vec<_> = line.split('\t').collect();
        assert_eq!(fields.len(), 21, "{line}");
        assert!(fields[1].starts_with("demo/"), "{line}");
    }
    assert_eq!(lines.lines().count(), days.len());
    assert!(!lines.contains('\x1b'));
}

/// A reply with these counts.
fn reply(usage: &serde_json::Value) -> Vec<Step> {
    let end =
        json!({"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}], "usage": usage});
    vec![
        Step::events(),
        thought("hm"),
        said("yes"),
        Step::chunk(format!("data: {end}\n\ndata: [DONE]\n\n")),
        Step::End,
    ]
}

#[test]
fn a_reported_cost_stands_and_the_list_prices_the_rest() {
    let counts = |cost: Option<f64>| {
        let mut usage = json!({"prompt_tokens": 1000, "completion_tokens": 500, "total_tokens": 1500,
            "prompt_tokens_details": {"cached_tokens": 400},
            "completion_tokens_details": {"reasoning_tokens": 125}});
        if let Some(cost) = cost {
            usage["cost"] = json!(cost);
        }
        usage
    };
    let server = Server::start(vec![
        reply(&counts(None)),
        reply(&counts(Some(0.5))),
        reply(&counts(None)),
    ]);
    let mut home = home_of(&server);
    home.config
        .push_str("prices = { currency = \"usd\", input_per_mtok = 10, output_per_mtok = 100, cached_per_mtok = 1 }\n");
    std::fs::write(home.directory.path().join("config.toml"), &home.config).unwrap();
    for _ in 0..3 {
        home.run(&["ask", "q"]).ends(0);
    }
    let stats = home.run(&["stats", "--json"]).ends(0).json();
    let total = &stats["total"];
    assert_eq!(total["input_tokens"], 3000);
    assert_eq!(total["cached_tokens"], 1200);
    assert_eq!(total["output_tokens"], 1500);
    assert_eq!(total["reasoning_tokens"], 375);
    assert_eq!(total["thinking_share"], 0.25);
    let thinking = total["list_thinking_cost_usd"].as_f64().unwrap();
    let answer = total["list_answer_cost_usd"].as_f64().unwrap();
    assert!(
        thinking > 0.0 && (answer / thinking - 3.0).abs() < 1e-9,
        "{thinking} {answer}"
    );
    assert_eq!(total["reported_cost_usd"], 0.5);
    // Twice 600 at 10, 400 at 1 and 500 at 100 for a million.
    let listed = total["list_cost_usd"].as_f64().unwrap();
    assert!((listed - 0.1128).abs() < 1e-9, "{listed}");
    assert_eq!(total["list_cost_cny"], json!(null));
    assert_eq!(total["turns_without_price"], 0);
    assert_eq!(stats["models"][0]["model"], "org/model:a+b");
    let id = home.run(&["history", "list"]).ends(0).out;
    let id = id.split('\t').next().unwrap();
    home.run(&["history", "delete", id]).ends(0);
    let left = home.run(&["stats", "--json"]).ends(0).json();
    assert_eq!(left["total"]["turns"], 2, "what is deleted is not counted");
}
