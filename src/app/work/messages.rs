//! What the window tells the person: toasts that pass, and a list that stays.

use std::time::Duration;

use crate::figure::one_line;

/// Names a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct MessageId(u64);

/// How urgent a message is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Level {
    /// Something finished.
    Info,
    /// Something is not as expected, but work goes on.
    Warning,
    /// Something could not be done.
    Error,
}

impl Level {
    /// In one word.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Info => "Done",
            Self::Warning => "Note",
            Self::Error => "Error",
        }
    }
}

/// One message.
#[derive(Clone, Debug)]
pub(crate) struct Message {
    /// Its name.
    pub(crate) id: MessageId,
    /// How urgent.
    pub(crate) level: Level,
    /// What happened, and where.
    pub(crate) text: String,
    /// What to do now; may be empty.
    pub(crate) advice: String,
    /// Whether it still floats over the window.
    pub(crate) is_toast: bool,
    /// When it was said, in seconds of the window's clock.
    pub(crate) at: f64,
}

/// All messages of this session, oldest first.
#[derive(Debug, Default)]
pub(crate) struct Messages {
    list: Vec<Message>,
    next: u64,
    now: f64,
}

/// The list keeps this many.
const KEPT: usize = 200;
/// Good news passes after this long; errors stay until they are dismissed.
const INFO_LIFETIME: Duration = Duration::from_secs(6);

impl Messages {
    /// Says what happened and what to do now. A repetition of what still floats is not shown twice.
    pub(crate) fn say(&mut self, level: Level, text: impl Into<String>, advice: impl Into<String>) {
        // Texts of libraries and names from files stand in messages: each line shows what it is made of.
        let readable = |text: String| text.lines().map(one_line).collect::<Vec<_>>().join("\n");
        let (text, advice) = (readable(text.into()), readable(advice.into()));
        if let Some(same) = self.list.iter_mut().find(|message| message.is_toast && message.text == text) {
            same.at = self.now;
            return;
        }
        self.list.push(Message { id: MessageId(self.next), level, text, advice, is_toast: true, at: self.now });
        self.next += 1;
        if self.list.len() > KEPT {
            self.list.remove(0);
        }
    }

    /// Something finished.
    pub(crate) fn info(&mut self, text: impl Into<String>) {
        self.say(Level::Info, text, "");
    }

    /// Something is not as expected, but work goes on.
    pub(crate) fn warn(&mut self, text: impl Into<String>, advice: impl Into<String>) {
        self.say(Level::Warning, text, advice);
    }

    /// Something could not be done.
    pub(crate) fn error(&mut self, text: impl Into<String>, advice: impl Into<String>) {
        self.say(Level::Error, text, advice);
    }

    /// Moves the clock on and lets old good news pass; the time until the next one passes.
    pub(crate) fn tick(&mut self, now: f64) -> Option<Duration> {
        self.now = now;
        let mut next: Option<f64> = None;
        for message in self.list.iter_mut().filter(|message| message.is_toast && message.level == Level::Info) {
            let left = message.at + INFO_LIFETIME.as_secs_f64() - now;
            if left <= 0.0 {
                message.is_toast = false;
            } else {
                next = Some(next.map_or(left, |next| next.min(left)));
            }
        }
        next.map(Duration::from_secs_f64)
    }

    /// All, oldest first.
    pub(crate) fn list(&self) -> &[Message] {
        &self.list
    }

    /// Those that float, oldest first.
    pub(crate) fn toasts(&self) -> impl Iterator<Item = &Message> {
        self.list.iter().filter(|message| message.is_toast)
    }

    /// Takes one off the screen.
    pub(crate) fn dismiss(&mut self, id: MessageId) {
        if let Some(message) = self.list.iter_mut().find(|message| message.id == id) {
            message.is_toast = false;
        }
    }

    /// Empties the list.
    pub(crate) fn clear(&mut self) {
        self.list.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn good_news_passes_and_errors_stay() {
        let mut messages = Messages::default();
        messages.info("saved");
        messages.error("not saved", "choose another folder");
        assert_eq!(messages.tick(1.0), Some(Duration::from_secs(5)), "the first message passes at 6 s");
        assert_eq!(messages.tick(6.5), None, "nothing left to wait for");
        let floating: Vec<_> = messages.toasts().map(|message| message.text.as_str()).collect();
        assert_eq!(floating, ["not saved"], "only the error still floats");
        assert_eq!(messages.list().len(), 2, "both stay in the list");
    }

    #[test]
    fn the_same_message_floats_once() {
        let mut messages = Messages::default();
        messages.error("no such folder", "");
        messages.error("no such folder", "");
        assert_eq!(messages.list().len(), 1, "said once while it floats");
        let id = messages.list()[0].id;
        messages.dismiss(id);
        messages.error("no such folder", "");
        assert_eq!(messages.list().len(), 2, "said again after it was dismissed");
    }
}
