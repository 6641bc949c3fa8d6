//! Has the linker pack the program's relocations (`DT_RELR`) where the system's loader reads that.
//!
//! They are 0.7 MB otherwise, all of which is read at every start and counts as the program's memory.
//! The loader of the GNU C library reads them packed from version 2.36 on. A program that is built for
//! another machine than this one goes without: nobody can tell what is there.

#![expect(
    clippy::disallowed_methods,
    reason = "the environment is how a build script is told things"
)]

use std::env;
use std::process::Command;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    let is = |name: &str, value: &str| env::var(name).is_ok_and(|it| it == value);
    let is_native = env::var("HOST").is_ok_and(|host| is("TARGET", &host));
    if is_native
        && is("CARGO_CFG_TARGET_OS", "linux")
        && is("CARGO_CFG_TARGET_ENV", "gnu")
        && glibc().is_some_and(|version| version >= (2, 36))
    {
        // A linker that does not know it passes over it with a warning.
        println!("cargo::rustc-link-arg-bins=-Wl,-z,pack-relative-relocs");
    }
}

/// The version of the C library here: `glibc 2.36`.
fn glibc() -> Option<(u32, u32)> {
    let told = Command::new("getconf")
        .arg("GNU_LIBC_VERSION")
        .output()
        .ok()?;
    let told = String::from_utf8(told.stdout).ok()?;
    let (major, minor) = told.trim().strip_prefix("glibc ")?.split_once('.')?;
    Some((major.parse().ok()?, minor.parse().ok()?))
}
