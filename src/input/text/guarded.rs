//! Calls into libraries that may panic on damaged files: the panic becomes a value, and nothing is printed.

use std::cell::Cell;
use std::panic;
use std::panic::AssertUnwindSafe;
use std::sync::Once;

thread_local! {
    /// Whether this thread is within [`guarded`].
    static IS_GUARDED: Cell<bool> = const { Cell::new(false) };
}

/// What `work` gives; `None` where it panicked.
///
/// `work` must stay on this thread, and what it leaves half done must not be used again.
pub(super) fn guarded<T>(work: impl FnOnce() -> T) -> Option<T> {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let before = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            if !IS_GUARDED.get() {
                before(info);
            }
        }));
    });
    let outer = IS_GUARDED.replace(true);
    let result = panic::catch_unwind(AssertUnwindSafe(work));
    IS_GUARDED.set(outer);
    result.ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_becomes_none_and_the_thread_goes_on() {
        let numbers: Vec<u32> = Vec::new();
        assert_eq!(guarded(|| numbers[0]), None, "out of bounds");
        assert_eq!(guarded(|| 7), Some(7), "and again");
        assert!(!IS_GUARDED.get(), "panics of others are printed again");
    }
}
