//! Each row of the command line's tables, and the test that tries it with the real program. A row
//! without a test fails here; so does one whose test is gone, or no longer speaks of it.

use std::collections::BTreeSet;
use std::path::Path;

use super::Home;

/// A row, and the name of its test: a table reads best with a row a line.
type Tried = (&'static str, &'static str);

#[rustfmt::skip]
const COMMANDS: &[Tried] = &[
    ("", "the_first_screen_is_the_demo_and_ctrl_d_leaves"),
    ("ask", "the_answer_goes_to_standard_output_and_nothing_else_does"),
    ("models", "models_can_be_read_by_people_and_by_programs"),
    ("config path", "the_configuration_is_found_written_shown_and_checked"),
    ("config init", "the_configuration_is_found_written_shown_and_checked"),
    ("config show", "the_configuration_is_found_written_shown_and_checked"),
    ("config check", "the_configuration_is_found_written_shown_and_checked"),
    ("config edit", "the_configuration_is_edited_and_checked_afterwards"),
    ("doctor", "a_fresh_home_is_no_failure_and_every_part_is_told"),
    ("key set", "a_kept_key_is_sent_and_never_shown"),
    ("key list", "a_kept_key_is_sent_and_never_shown"),
    ("key delete", "a_kept_key_is_sent_and_never_shown"),
    ("history list", "what_was_asked_is_listed_found_and_shown"),
    ("history search", "what_was_asked_is_listed_found_and_shown"),
    ("history show", "what_was_asked_is_listed_found_and_shown"),
    ("history export", "exports_come_back_by_import_the_same"),
    ("history rename", "a_conversation_is_renamed_and_deleted_for_good"),
    ("history delete", "a_conversation_is_renamed_and_deleted_for_good"),
    ("history import", "what_is_here_already_is_not_imported_twice_unless_that_is_wanted"),
    ("stats", "what_the_demo_said_is_counted_by_model_and_day"),
    ("keys", "the_keys_in_force_are_printed"),
    ("completions", "every_shell_gets_completions_with_model_names"),
    ("man", "the_manual_tells_options_exit_codes_and_files"),
    ("demo-server", "the_demo_server_prints_addresses_that_work"),
];

#[rustfmt::skip]
const OPTIONS: &[Tried] = &[
    ("--config", "wrong_usage_ends_with_2"),
    ("--data-dir", "the_data_directory_is_the_one_that_is_named_by_the_option_before_the_variable"),
    ("--model", "each_parameter_reaches_the_request"),
    ("-m", "each_parameter_reaches_the_request"),
    ("--demo", "what_the_demo_said_is_counted_by_model_and_day"),
    ("--persona", "a_persona_sets_what_no_other_option_does"),
    ("--thinking", "each_parameter_reaches_the_request"),
    ("--system", "a_system_prompt_may_be_a_file"),
    ("--max-tokens", "each_parameter_reaches_the_request"),
    ("--temperature", "each_parameter_reaches_the_request"),
    ("--top-p", "each_parameter_reaches_the_request"),
    ("--presence-penalty", "each_parameter_reaches_the_request"),
    ("--attach", "attached_files_follow_the_prompt_and_nothing_in_them_closes_their_fence"),
    ("--json-mode", "json_mode_and_search_are_asked_for_as_the_model_wants_it_or_refused"),
    ("--search", "json_mode_and_search_are_asked_for_as_the_model_wants_it_or_refused"),
    ("--no-stream", "every_dialect_of_the_demo_answers"),
    ("--no-tools", "each_parameter_reaches_the_request"),
    ("--continue", "ask_continues_by_the_long_option_too"),
    ("-c", "ask_goes_on_with_the_last_conversation"),
    ("--resume", "ask_goes_on_with_the_last_conversation"),
    ("--no-save", "nothing_is_kept_that_was_not_to_be"),
    ("ask --format", "jsonl_is_one_event_a_line_as_they_come"),
    ("ask --schema", "an_answer_that_does_not_fit_the_schema_is_a_failure_with_the_place_and_the_reason"),
    ("ask --show-thinking", "the_reasoning_goes_to_standard_error_if_it_is_wanted"),
    ("ask --dry-run", "a_dry_run_prints_the_request_without_the_key_and_sends_nothing"),
    ("models --json", "models_can_be_read_by_people_and_by_programs"),
    ("models --refresh", "a_refresh_shows_the_providers_own_models_as_unknown_ones"),
    ("doctor --probe", "a_probe_tells_how_each_dialect_answers"),
    ("doctor --json", "a_fresh_home_is_no_failure_and_every_part_is_told"),
    ("key list --json", "in_chinese_keys_are_spoken_of_in_chinese_and_json_keeps_its_words"),
    ("history list --limit", "a_list_has_no_more_rows_than_wanted"),
    ("history list --json", "what_was_asked_is_listed_found_and_shown"),
    ("history search --limit", "a_list_has_no_more_rows_than_wanted"),
    ("history search --json", "a_list_has_no_more_rows_than_wanted"),
    ("history show --reasoning", "a_conversation_is_shown_and_written_with_the_reasoning_that_is_wanted"),
    ("history export --format", "exports_come_back_by_import_the_same"),
    ("history export --reasoning", "a_conversation_is_shown_and_written_with_the_reasoning_that_is_wanted"),
    ("history export --output", "exports_are_written_to_new_files_only"),
    ("history export -o", "a_conversation_is_shown_and_written_with_the_reasoning_that_is_wanted"),
    ("history import --again", "what_is_here_already_is_not_imported_twice_unless_that_is_wanted"),
    ("stats --json", "what_the_demo_said_is_counted_by_model_and_day"),
    ("keys --json", "the_keys_in_force_are_printed"),
    ("demo-server --port", "a_port_that_is_taken_is_named"),
];

#[rustfmt::skip]
const EXIT_CODES: &[Tried] = &[
    ("0", "the_answer_goes_to_standard_output_and_nothing_else_does"),
    ("1", "a_missing_key_ends_with_1_and_names_the_variable"),
    ("2", "wrong_usage_ends_with_2"),
    ("75", "failures_that_may_pass_end_with_75_and_others_with_1"),
    ("101", "h80_a_panic_on_a_thread_beside_the_running_chat_ends_it_in_good_order"),
    ("130", "an_interrupt_ends_with_130_and_keeps_what_came"),
];

#[rustfmt::skip]
const VARIABLES: &[Tried] = &[
    ("MMCHAT_CONFIG", "a_model_in_the_environment_leaves_the_demo_alone_and_empty_variables_are_none"),
    ("MMCHAT_DATA_DIR", "the_data_directory_is_the_one_that_is_named_by_the_option_before_the_variable"),
    ("MMCHAT_MODEL", "the_model_may_come_from_the_environment_and_holds_any_slashes"),
    ("DASHSCOPE_API_KEY", "a_key_in_the_environment_opens_its_provider"),
    ("TOKENHUB_API_KEY", "a_key_in_the_environment_opens_its_provider"),
    ("MINIMAX_API_KEY", "a_key_in_the_environment_opens_its_provider"),
    ("OPENROUTER_API_KEY", "a_key_in_the_environment_opens_its_provider"),
    ("HTTPS_PROXY", "proxies_and_their_exceptions_are_told_in_either_spelling"),
    ("HTTP_PROXY", "a_request_goes_through_the_proxy_and_in_the_clear_only_if_that_is_set"),
    ("ALL_PROXY", "a_request_goes_through_the_proxy_and_in_the_clear_only_if_that_is_set"),
    ("NO_PROXY", "proxies_and_their_exceptions_are_told_in_either_spelling"),
    ("NO_COLOR", "without_colours_there_are_none_and_a_dumb_terminal_gets_plain_text"),
    ("VISUAL", "the_visual_editor_goes_before_the_other"),
    ("EDITOR", "the_configuration_is_edited_and_checked_afterwards"),
];

/// Settings, by the table that they stand in. Of those of the network two are tried without a process of
/// their own: nothing on this machine keeps a connection waiting, or has a certificate.
#[rustfmt::skip]
const SETTINGS: &[Tried] = &[
    ("model", "each_parameter_reaches_the_request"),
    ("chat.system_prompt", "what_stands_under_chat_reaches_the_request"),
    ("chat.max_tokens", "what_stands_under_chat_reaches_the_request"),
    ("chat.temperature", "what_stands_under_chat_reaches_the_request"),
    ("chat.top_p", "what_stands_under_chat_reaches_the_request"),
    ("chat.presence_penalty", "what_stands_under_chat_reaches_the_request"),
    ("chat.thinking", "what_stands_under_chat_reaches_the_request"),
    ("chat.json_mode", "what_stands_under_chat_reaches_the_request"),
    ("chat.search", "what_stands_under_chat_reaches_the_request"),
    ("chat.stream", "what_stands_under_chat_reaches_the_request"),
    ("chat.max_tool_rounds", "ask_says_that_the_limit_of_tool_rounds_is_reached"),
    ("ui.thinking_panel", "the_thinking_panel_opens_as_wide_and_on_the_side_that_is_set"),
    ("ui.thinking_width", "the_thinking_panel_opens_as_wide_and_on_the_side_that_is_set"),
    ("ui.thinking_side", "the_thinking_panel_opens_as_wide_and_on_the_side_that_is_set"),
    ("ui.theme", "themes_and_languages_are_those_that_are_set"),
    ("ui.mouse", "the_mouse_is_the_terminals_where_that_is_set"),
    ("ui.language", "themes_and_languages_are_those_that_are_set"),
    ("ui.notify", "all_of_it_can_be_switched_off"),
    ("ui.window_title", "all_of_it_can_be_switched_off"),
    ("ui.progress", "all_of_it_can_be_switched_off"),
    ("ui.image_preview", "no_picture_is_sent_where_that_is_set"),
    ("network.connect_timeout_seconds", "a_server_that_does_not_pick_up_is_given_up_after_the_connect_limit"),
    ("network.idle_timeout_seconds", "a_server_that_falls_silent_is_left_after_the_time_that_is_set"),
    ("network.text_timeout_seconds", "e56_pings_without_text_end_at_a_limit_of_their_own"),
    ("network.max_retries", "a_request_is_tried_again_as_often_as_is_set"),
    ("network.proxy", "a_request_goes_through_the_proxy_and_in_the_clear_only_if_that_is_set"),
    ("network.ca_file", "d49_expired_and_foreign_certificates_are_refused_with_the_reason"),
    ("network.allow_plain_http", "a_request_goes_through_the_proxy_and_in_the_clear_only_if_that_is_set"),
    ("keys", "keys_do_what_is_set_and_their_defaults_no_longer"),
    ("providers.name", "lists_tell_of_models_and_providers_what_is_set"),
    ("providers.note", "a_refused_key_is_explained_with_the_providers_own_note"),
    ("providers.dialect", "what_a_provider_says_of_its_requests_is_done"),
    ("providers.base_url", "a_request_goes_through_the_proxy_and_in_the_clear_only_if_that_is_set"),
    ("providers.api_key_env", "a_request_goes_through_the_proxy_and_in_the_clear_only_if_that_is_set"),
    ("providers.api_key_command", "a_key_comes_from_the_command_that_is_named"),
    ("providers.key_url", "lists_tell_of_models_and_providers_what_is_set"),
    ("providers.headers", "what_a_provider_says_of_its_requests_is_done"),
    ("providers.body", "what_a_provider_says_of_its_requests_is_done"),
    ("providers.max_tokens_field", "what_a_provider_says_of_its_requests_is_done"),
    ("providers.may_be_cumulative", "pieces_that_repeat_what_came_before_are_told_apart_where_that_is_allowed"),
    ("providers.wants_reasoning_back", "the_reasoning_before_a_tool_call_goes_back_where_it_is_wanted"),
    ("providers.models.id", "what_a_model_is_sent_of_itself_is_as_set"),
    ("providers.models.context_window_tokens", "what_a_model_can_not_do_is_neither_sent_nor_tried"),
    ("providers.models.max_input_tokens", "what_a_model_can_not_do_is_neither_sent_nor_tried"),
    ("providers.models.max_output_tokens", "what_a_model_can_not_do_is_neither_sent_nor_tried"),
    ("providers.models.default_max_tokens", "what_a_provider_says_of_its_requests_is_done"),
    ("providers.models.temperature", "what_a_model_can_not_do_is_neither_sent_nor_tried"),
    ("providers.models.temperature.min", "what_a_model_can_not_do_is_neither_sent_nor_tried"),
    ("providers.models.temperature.max", "what_a_model_can_not_do_is_neither_sent_nor_tried"),
    ("providers.models.temperature.default", "what_a_model_can_not_do_is_neither_sent_nor_tried"),
    ("providers.models.top_p", "what_a_model_can_not_do_is_neither_sent_nor_tried"),
    ("providers.models.presence_penalty", "what_a_model_can_not_do_is_neither_sent_nor_tried"),
    ("providers.models.thinking", "what_a_model_is_sent_of_itself_is_as_set"),
    ("providers.models.json_mode", "json_mode_and_search_are_asked_for_as_the_model_wants_it_or_refused"),
    ("providers.models.json_mode_hint", "what_a_model_is_sent_of_itself_is_as_set"),
    ("providers.models.json_mode_thinking", "what_a_model_is_sent_of_itself_is_as_set"),
    ("providers.models.web_search", "what_stands_under_chat_reaches_the_request"),
    ("providers.models.tools", "what_a_model_can_not_do_is_neither_sent_nor_tried"),
    ("providers.models.images", "an_image_goes_to_a_model_that_takes_them_and_to_no_other"),
    ("providers.models.prices", "lists_tell_of_models_and_providers_what_is_set"),
    ("providers.models.prices.currency", "lists_tell_of_models_and_providers_what_is_set"),
    ("providers.models.prices.input_per_mtok", "lists_tell_of_models_and_providers_what_is_set"),
    ("providers.models.prices.output_per_mtok", "lists_tell_of_models_and_providers_what_is_set"),
    ("providers.models.prices.cached_per_mtok", "lists_tell_of_models_and_providers_what_is_set"),
    ("providers.models.advice", "lists_tell_of_models_and_providers_what_is_set"),
    ("providers.models.warning", "lists_tell_of_models_and_providers_what_is_set"),
    ("providers.models.source", "lists_tell_of_models_and_providers_what_is_set"),
    ("tools.command", "a_tool_that_takes_longer_than_is_set_is_given_up"),
    ("tools.description", "what_a_tool_is_for_and_takes_is_told_to_the_model"),
    ("tools.parameters", "what_a_tool_is_for_and_takes_is_told_to_the_model"),
    ("tools.timeout_seconds", "a_tool_that_takes_longer_than_is_set_is_given_up"),
    ("tools.approve", "ask_runs_what_may_always_run_refuses_the_rest_and_sends_both_results"),
    ("tools.env", "a_tool_sees_no_more_of_the_environment_than_is_named"),
    ("mcp.command", "a_server_of_tools_is_started_asked_and_given_up_as_set"),
    ("mcp.url", "a_server_is_listed_and_called_over_pipes_and_over_http"),
    ("mcp.timeout_seconds", "a_server_of_tools_is_started_asked_and_given_up_as_set"),
    ("mcp.approve", "a_server_of_tools_is_started_asked_and_given_up_as_set"),
    ("mcp.env", "a_server_of_tools_is_started_asked_and_given_up_as_set"),
    ("personas.system_prompt", "a_persona_brings_its_prompt_its_model_and_its_parameters"),
    ("personas.model", "a_persona_brings_its_prompt_its_model_and_its_parameters"),
    ("personas.thinking", "a_persona_brings_its_prompt_its_model_and_its_parameters"),
    ("personas.max_tokens", "a_persona_brings_its_prompt_its_model_and_its_parameters"),
    ("personas.temperature", "a_persona_brings_its_prompt_its_model_and_its_parameters"),
    ("personas.top_p", "a_persona_brings_its_prompt_its_model_and_its_parameters"),
    ("personas.presence_penalty", "a_persona_brings_its_prompt_its_model_and_its_parameters"),
    ("templates.description", "a_template_is_a_command_that_sends_what_it_is_filled_with"),
    ("templates.prompt", "a_template_is_a_command_that_sends_what_it_is_filled_with"),
];

/// Every source of the tests.
fn sources() -> Vec<String> {
    let mut open = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it")];
    let mut sources = Vec::new();
    while let Some(path) = open.pop() {
        if path.is_dir() {
            let entries = std::fs::read_dir(path).unwrap();
            open.extend(entries.map(|entry| entry.unwrap().path()));
        } else if path.extension().is_some_and(|ending| ending == "rs")
            && !path.ends_with("rows.rs")
        {
            sources.push(std::fs::read_to_string(path).unwrap());
        }
    }
    sources
}

/// How much of a test's source has to speak of its row.
#[derive(Clone, Copy, PartialEq)]
enum Within {
    Function,
    File,
}

/// Fails unless each row has a test that speaks of it, and there are no other rows.
fn all_are_tried(
    rows: &[Tried],
    expected: &BTreeSet<String>,
    within: Within,
    needle: impl Fn(&str) -> String,
) {
    let named: BTreeSet<String> = rows.iter().map(|(row, _)| (*row).to_owned()).collect();
    let missing: Vec<_> = expected.difference(&named).collect();
    let left: Vec<_> = named.difference(expected).collect();
    assert!(missing.is_empty(), "no test is named for {missing:?}");
    assert!(left.is_empty(), "there is no such thing as {left:?}");
    let sources = sources();
    for (row, test) in rows {
        let begin = format!("fn {test}(");
        let file = sources.iter().find(|source| source.contains(&begin));
        let file = file.unwrap_or_else(|| panic!("the test of {row:?} is gone: {test}"));
        let (_, rest) = file.split_once(&begin).unwrap();
        let function = rest.split("\n}\n").next().unwrap();
        let place = if within == Within::Function {
            function
        } else {
            file
        };
        let needle = needle(row);
        assert!(
            place.contains(&needle),
            "{test} does not say {needle} for {row:?}"
        );
    }
}

fn last_word(row: &str) -> &str {
    row.rsplit([' ', '.']).next().unwrap()
}

/// The commands that do something, and the options of each, by their words.
fn of_the_line(
    line: &clap::Command,
    path: &str,
    commands: &mut BTreeSet<String>,
    options: &mut BTreeSet<String>,
) {
    for arg in line.get_arguments().filter(|arg| !arg.is_positional()) {
        let long = arg.get_long().map(|long| format!("--{long}"));
        let short = arg.get_short().map(|short| format!("-{short}"));
        for option in [long, short].into_iter().flatten() {
            options.insert(format!("{path} {option}").trim().to_owned());
        }
    }
    if path.is_empty() || !line.has_subcommands() {
        commands.insert(path.to_owned());
    }
    for below in line.get_subcommands() {
        let path = format!("{path} {}", below.get_name());
        of_the_line(below, path.trim(), commands, options);
    }
}

#[test]
fn every_command_and_option_has_its_test() {
    let (mut commands, mut options) = (BTreeSet::new(), BTreeSet::new());
    of_the_line(
        &mmchat::cli::command_line(),
        "",
        &mut commands,
        &mut options,
    );
    all_are_tried(COMMANDS, &commands, Within::File, |row| {
        match last_word(row) {
            "" => "Terminal".to_owned(),
            word => format!("\"{word}\""),
        }
    });
    all_are_tried(OPTIONS, &options, Within::Function, |row| {
        format!("\"{}\"", last_word(row))
    });
}

#[test]
fn every_exit_code_has_its_test() {
    let readme = include_str!("../../../README.md");
    let (_, table) = readme.split_once("| Exit code | Meaning |\n").unwrap();
    let rows = table
        .lines()
        .skip(1)
        .take_while(|line| line.starts_with('|'));
    let codes = rows.map(|row| row.split('|').nth(1).unwrap().trim().to_owned());
    all_are_tried(
        EXIT_CODES,
        &codes.collect(),
        Within::File,
        |code| match code {
            "101" => "from(101)".to_owned(),
            code => format!("({code})"),
        },
    );
}

#[test]
fn every_variable_of_the_manual_has_its_test() {
    let page = Home::new().run(&["man"]).ends(0).out;
    let (_, section) = page.split_once(".SH ENVIRONMENT\n").unwrap();
    let section = section.split("\n.SH ").next().unwrap();
    let is_name =
        |word: &&str| word.len() > 4 && word.bytes().all(|b| b.is_ascii_uppercase() || b == b'_');
    let names = section.split([' ', ',', '\n']).filter(is_name);
    let names: BTreeSet<String> = names.map(str::to_owned).collect();
    all_are_tried(VARIABLES, &names, Within::Function, str::to_owned);
}

/// A configuration that asks in every table what that takes.
const WHAT_IS_TAKEN: &str = r#"
unknown-one = 1
[chat]
unknown-one = 1
[ui]
unknown-one = 1
[network]
unknown-one = 1
[providers.x]
dialect = "openai"
base_url = "http://127.0.0.1/v1"
unknown-one = 1
[[providers.x.models]]
id = "m"
temperature = { min = 0, max = 1, unknown-one = 1 }
prices = { currency = "usd", input_per_mtok = 1, output_per_mtok = 1, unknown-one = 1 }
unknown-one = 1
[tools.x]
command = ["x"]
unknown-one = 1
[mcp.x]
command = ["x"]
unknown-one = 1
[personas.x]
unknown-one = 1
[templates.x]
prompt = "x"
unknown-one = 1
"#;

/// Every setting that the program takes, as it says itself.
fn settings() -> BTreeSet<String> {
    let told = Home::configured(WHAT_IS_TAKEN)
        .run(&["config", "check"])
        .ends(2)
        .err;
    let mut settings = BTreeSet::new();
    for line in told.lines() {
        let (place, takes) = line.split_once(" It takes ").expect(line);
        let table = place.split(['[', ']']).nth(1).unwrap_or_default();
        let table = table.replacen(".x", "", 1);
        for name in takes
            .trim_end_matches('.')
            .split(", ")
            .flat_map(|name| name.split(" or "))
        {
            settings.insert(format!("{table}.{name}").trim_start_matches('.').to_owned());
        }
    }
    assert!(settings.len() > 80, "{settings:?}");
    settings
}

#[test]
fn every_setting_has_its_test() {
    let all = settings();
    // A table is tried with what stands in it.
    let has_own = |name: &String| {
        all.iter()
            .any(|other| other.starts_with(&format!("{name}.")))
    };
    let leaves = all
        .iter()
        .filter(|name| !has_own(name) || name.contains(".models."));
    all_are_tried(SETTINGS, &leaves.cloned().collect(), Within::File, |row| {
        last_word(row).to_owned()
    });
}

#[test]
fn the_example_explains_every_setting() {
    let example = include_str!("../../../config.example.toml");
    for setting in settings() {
        let word = last_word(&setting);
        let says = example.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
        assert!(
            says.into_iter().any(|it| it == word),
            "config.example.toml lacks {setting}"
        );
    }
}
