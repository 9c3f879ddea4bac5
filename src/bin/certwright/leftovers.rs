//! What a run leaves on its stack.

use certwright_work::stack;

/// Does `work`, then overwrites the stack that it used, unless the stack is too small for that.
pub(crate) fn wiped<T>(work: impl FnOnce() -> T) -> T {
    if !is_large_enough() {
        return work();
    }
    // The stack grows now, while nothing is made yet: with `ulimit -v` it may be unable to later, which would end a run that
    // has succeeded with SIGSEGV.
    stack::wipe();
    stack::wiped(work)
}

/// `ulimit -s` may allow less than is to be overwritten, and a write below the end of the stack ends the run.
#[cfg(unix)]
fn is_large_enough() -> bool {
    use rustix::process::{Resource, getrlimit};
    getrlimit(Resource::Stack).current.is_none_or(|bytes| bytes >= 2 * stack::WIPED as u64)
}

/// The linkers give the main thread 1 or 2 MB.
#[cfg(not(unix))]
fn is_large_enough() -> bool {
    true
}
