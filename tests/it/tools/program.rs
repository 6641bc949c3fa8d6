//! Programs as tools: what they see, what is kept of what they say, and how they end.

use super::*;

fn programs() -> Programs {
    Programs::new([
        ("PATH".to_owned(), PATH.into()),
        ("SECRET_KEY".to_owned(), "s3cret".into()),
        ("SHOWN".to_owned(), "shown".into()),
    ])
}

async fn sh(script: &str, env: &[&str], limit: Duration, input: &str) -> Result<String, String> {
    let command = ["sh", "-c", script].map(str::to_owned);
    let env: Vec<String> = env.iter().map(|name| (*name).to_owned()).collect();
    programs()
        .run(&command, &env, limit, input.to_owned())
        .await
}

const LIMIT: Duration = Duration::from_secs(20);

#[tokio::test]
async fn arguments_come_on_standard_input_and_the_result_is_standard_output() {
    let result = sh("cat; echo beside >&2", &["PATH"], LIMIT, r#"{"a":1}"#).await;
    assert_eq!(result.unwrap(), r#"{"a":1}"#);
    // One that reads nothing is as good.
    let long = "x".repeat(1024 * 1024);
    assert_eq!(sh("echo ok", &[], LIMIT, &long).await.unwrap(), "ok\n");
}

#[tokio::test]
async fn a_program_sees_only_the_variables_that_its_entry_names() {
    let result = sh("echo \"$SHOWN|$SECRET_KEY|$HOME\"", &["SHOWN"], LIMIT, "").await;
    assert_eq!(result.unwrap(), "shown||\n");
}

#[tokio::test]
async fn a_failure_tells_the_code_and_the_end_of_standard_error() {
    let script = "yes no | head -n 5000 >&2; echo last >&2; echo half; exit 3";
    let error = sh(script, &["PATH"], LIMIT, "").await.unwrap_err();
    assert!(
        error.starts_with("the program ended with exit code 3\n"),
        "{error:.60}"
    );
    assert!(
        error.ends_with("last\nhalf") && error.len() < 5_000,
        "{}",
        error.len()
    );
    let command = ["no-such-program-here".to_owned()];
    let error = programs()
        .run(&command, &[], LIMIT, String::new())
        .await
        .unwrap_err();
    assert!(
        error.contains("no-such-program-here was not found"),
        "{error}"
    );
    let command = ["/no/such/program".to_owned()];
    let error = programs()
        .run(&command, &[], LIMIT, String::new())
        .await
        .unwrap_err();
    assert!(error.contains("can't be started"), "{error}");
}

#[tokio::test]
async fn a_program_that_takes_too_long_is_killed_with_its_children() {
    let directory = tempfile::tempdir().unwrap();
    let mark = directory.path().join("alive");
    let script = format!(
        "(trap '' TERM HUP; sleep 1; echo > '{}') & sleep 600",
        mark.display()
    );
    let error = sh(&script, &["PATH"], Duration::from_millis(200), "")
        .await
        .unwrap_err();
    assert!(error.contains("took longer"), "{error}");
    tokio::time::sleep(Duration::from_millis(1_500)).await;
    assert!(!mark.exists(), "its child lives on");
}

#[tokio::test]
async fn a_child_that_holds_the_output_open_keeps_nobody_waiting() {
    let result = sh("sleep 600 & echo ok", &["PATH"], LIMIT, "").await;
    assert_eq!(result.unwrap(), "ok\n");
}

#[tokio::test]
async fn a_long_result_is_cut_and_a_flood_is_stopped() {
    let script = "head -c 1000000 /dev/zero | tr '\\0' x";
    let result = sh(script, &["PATH"], LIMIT, "").await.unwrap();
    assert!(
        result.ends_with("[cut: the first 256 KiB of 977 KiB]"),
        "{} bytes",
        result.len()
    );
    assert_eq!(result.find('\n'), Some(256 * 1024));
    let error = sh("cat /dev/zero", &["PATH"], LIMIT * 3, "")
        .await
        .unwrap_err();
    assert!(error.contains("more than 64 MiB"), "{error}");
}

#[tokio::test]
async fn bytes_that_are_no_text_are_replaced() {
    let result = sh("printf 'a\\377b'", &["PATH"], LIMIT, "").await;
    assert_eq!(result.unwrap(), "a\u{fffd}b");
}
