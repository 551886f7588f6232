//! How many files and connections the process may have open, and who gets how many of them.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use super::Error;
use crate::base::limits;

/// Raises the limit as far as the system allows: the usual soft one of 1,024 is below what the door admits.
pub(super) fn prepare() -> Result<(), Error> {
    let limit = getrlimit(Resource::Nofile);
    let raised = Rlimit { current: limit.maximum, ..limit };
    if let Err(error) = setrlimit(Resource::Nofile, raised) {
        log::warn!("cannot raise the limit of open files: {error}");
    }
    match open_files_max() {
        most if most < limits::OPEN_FILES_MIN => Err(Error::Files(most)),
        _ => Ok(()),
    }
}

/// Connections that clients of the API may have: half of what the database and our own needs leave. The other half is for
/// accounts, look-ups, calls and files on their way.
pub(super) fn connections() -> usize {
    let left = open_files_max().saturating_sub(limits::OPEN_FILES_OWN);
    usize::try_from(left / 2).unwrap_or(usize::MAX).min(limits::CONNECTIONS_MAX)
}

fn open_files_max() -> u64 {
    getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX)
}
