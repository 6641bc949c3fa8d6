//! What stands for the system's keyring in builds without the `keyring` feature.

/// Whether keys go to the system's keyring.
pub(super) const IS_USED: bool = false;

/// Nothing is kept there.
#[expect(clippy::unnecessary_wraps, reason = "the keyring itself may fail")]
pub(super) fn read() -> Result<String, String> {
    Ok(String::new())
}

/// Never asked for.
pub(super) fn write(_: &str) -> Result<(), String> {
    Err("this build of mmchat uses no keyring".to_owned())
}
