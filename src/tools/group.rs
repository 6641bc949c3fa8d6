//! Process groups: a program and all that it starts, ended together.

use tokio::process::{Child, Command};

/// The process group of a program. Dropping it kills all that is left of it.
#[derive(Debug)]
pub struct Group {
    #[cfg(unix)]
    leader: Option<rustix::process::Pid>,
}

/// Prepares a command to be the leader of a group of its own: what ends it ends its children too,
/// and the terminal's Ctrl+C does not reach it.
pub(super) fn apart(command: &mut Command) {
    #[cfg(unix)]
    command.process_group(0);
    #[cfg(not(unix))]
    let _ = command;
}

#[cfg(unix)]
impl Group {
    /// The group of a program that was started apart.
    pub fn of(child: &Child) -> Self {
        let id = child.id().and_then(|id| i32::try_from(id).ok());
        Self {
            leader: id.and_then(rustix::process::Pid::from_raw),
        }
    }
}

#[cfg(unix)]
impl Drop for Group {
    fn drop(&mut self) {
        if let Some(leader) = self.leader {
            // The leader may be gone; its number stays the group's as long as anybody is left.
            let _ = rustix::process::kill_process_group(leader, rustix::process::Signal::KILL);
        }
    }
}

#[cfg(not(unix))]
impl Group {
    /// The group of a program that was started apart.
    pub fn of(child: &Child) -> Self {
        let _ = child;
        Self {}
    }
}
