//! The system's keyring, in builds with the `keyring` feature: one item that holds what the file of
//! kept keys would.
//!
//! It is asked once, and again only to change it: each question may open a window that asks for a
//! password.

use std::sync::{Mutex, PoisonError};

use keyring::{Entry, Error};

/// Whether keys go to the system's keyring.
pub(super) const IS_USED: bool = true;

/// What the item is called there.
const SERVICE: &str = "mmchat";
const USER: &str = "keys";

/// What the item held when it was read or written last.
static SEEN: Mutex<Option<String>> = Mutex::new(None);

/// The text of the item; empty where there is no such item.
///
/// # Errors
///
/// Why the keyring can't be used, in words that name no key.
pub(super) fn read() -> Result<String, String> {
    let mut seen = SEEN.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(text) = seen.as_ref() {
        return Ok(text.clone());
    }
    let text = match item().and_then(|item| item.get_password()) {
        Ok(text) => text,
        Err(Error::NoEntry) => String::new(),
        Err(error) => return Err(words(&error)),
    };
    *seen = Some(text.clone());
    Ok(text)
}

/// Puts a text in the place of what the item holds.
///
/// # Errors
///
/// Why the keyring can't be used, in words that name no key.
pub(super) fn write(text: &str) -> Result<(), String> {
    let mut seen = SEEN.lock().unwrap_or_else(PoisonError::into_inner);
    let done = item().and_then(|item| item.set_password(text));
    done.map_err(|error| words(&error))?;
    *seen = Some(text.to_owned());
    Ok(())
}

fn item() -> Result<Entry, Error> {
    Entry::new(SERVICE, USER)
}

/// What the system says, without what an item holds: some errors carry that along.
fn words(error: &Error) -> String {
    match error {
        Error::NoDefaultStore => match Entry::store_status() {
            Err(why) => why.to_string(),
            Ok(()) => error.to_string(),
        },
        Error::BadEncoding(_) => "not UTF-8".to_owned(),
        other => other.to_string(),
    }
}
