//! Completions and the manual: what shells and packagers take.

use super::Home;

#[test]
fn every_shell_gets_completions_with_model_names() {
    let home = Home::configured(
        "[providers.my-lab]\ndialect = \"openai\"\nbase_url = \"http://127.0.0.1:9/v1\"\n\
         [[providers.my-lab.models]]\nid = \"own-model\"\n",
    );
    for shell in ["bash", "zsh", "fish", "powershell", "nushell"] {
        let script = home.run(&["completions", shell]).ends(0).out;
        for word in [
            "tencent/minimax-m3",
            "my-lab/own-model",
            "doctor",
            "--max-tokens",
        ] {
            let bare = word.trim_start_matches('-');
            assert!(script.contains(bare), "{shell} lacks {word}");
        }
    }
    home.run(&["completions", "tcsh"]).ends(2).complains("tcsh");
}

#[test]
fn fish_offers_names_before_any_command_and_behind_those_of_keys() {
    let script = Home::new().run(&["completions", "fish"]).ends(0).out;
    let offers = |which: &str, name: &str| {
        let mut lines = script.lines().filter(|line| line.contains(which));
        lines.any(|line| line.contains(name))
    };
    assert!(offers("mmchat -s m -l model", " tencent/minimax-m3 "));
    let of_key = "__fish_mmchat_using_subcommand key; and __fish_seen_subcommand_from set";
    assert!(offers(of_key, " tencent "));
}

#[test]
fn a_broken_configuration_does_not_keep_a_shell_from_its_completions() {
    let home = Home::configured("nonsense");
    let outcome = home.run(&["completions", "bash"]).ends(0);
    assert!(outcome.out.contains("tencent/minimax-m3"));
    assert_eq!(outcome.err, "");
}

/// Shells that are installed read their script without complaint.
#[cfg(unix)]
#[test]
fn bash_reads_its_completions_and_completes_a_model() {
    let home = Home::new();
    let script = home.run(&["completions", "bash"]).ends(0).out;
    let path = home.directory.path().join("mmchat.bash");
    std::fs::write(&path, script).unwrap();
    let Ok(output) = std::process::Command::new("bash")
        .args([
            "--norc",
            "-c",
            concat!(
                "set -e; source \"$0\"; COMP_WORDS=(mmchat -m demo/); COMP_CWORD=2; ",
                "_mmchat mmchat demo/ -m; printf '%s\\n' \"${COMPREPLY[@]}\"",
            ),
        ])
        .arg(&path)
        .output()
    else {
        return;
    };
    let offered = String::from_utf8_lossy(&output.stdout);
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    assert!(offered.contains("demo/minimax-m3"), "{offered} {said}");
    assert!(!offered.contains("tencent"), "{offered}");
}

#[test]
fn the_manual_tells_options_exit_codes_and_files() {
    let home = Home::new();
    let page = home.run(&["man"]).ends(0).out;
    for words in [
        ".TH mmchat 1",
        "EXIT STATUS",
        ".B 75",
        "credentials.toml",
        "max\\-tokens",
    ] {
        assert!(page.contains(words), "{words} in {page}");
    }
    let page = home.run(&["man", "key", "set"]).ends(0).out;
    assert!(page.contains("mmchat\\-key\\-set"), "{page}");
    home.run(&["man", "nothing"])
        .ends(2)
        .complains("mmchat nothing");
}

#[test]
fn help_has_two_lengths() {
    let home = Home::new();
    for path in [&[][..], &["ask"], &["key", "set"]] {
        let short = home.run(&[path, &["-h"]].concat()).ends(0).out;
        let long = home.run(&[path, &["--help"]].concat()).ends(0).out;
        assert!(short.len() < long.len(), "{path:?}");
        assert!(!short.contains("Exit codes"), "{short}");
    }
    let long = home.run(&["--help"]).ends(0).out;
    assert!(
        long.contains("Exit codes") && long.contains("Examples"),
        "{long}"
    );
}
