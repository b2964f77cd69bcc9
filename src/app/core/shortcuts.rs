//! From keys to commands.
//!
//! What counts are the modifiers of each key event. Those of the frame's end are too late: who types fast has let go of
//! Shift by then.

use egui::Context;
use egui::Event;
use egui::Key;
use egui::KeyboardShortcut;
use egui::Modifiers;
use egui::Popup;

use crate::app::CommandQueue;
use crate::app::Environment;
use crate::app::UiCommand;
use crate::app::views::inspect::text_box;

/// Who else may want a key.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Focus {
    /// Some widget has the keyboard.
    is_taken: bool,
    /// It is a text field.
    is_typing: bool,
    /// It is the text of the project, which is undone with everything else.
    is_text: bool,
    /// A menu or an overlay is open.
    is_covered: bool,
}

/// Sends the commands whose keys were pressed, in the order they were pressed, unless whoever has the focus wants the
/// key. `is_covered`: an overlay lies over the window and takes the plain keys.
pub(crate) fn read(ctx: &Context, environment: Environment, is_covered: bool, commands: &CommandQueue) {
    let focus = Focus {
        is_taken: ctx.memory(egui::Memory::focused).is_some(),
        is_typing: ctx.text_edit_focused(),
        is_text: ctx.memory(egui::Memory::focused) == Some(text_box::id()),
        is_covered: is_covered || Popup::is_any_open(ctx),
    };
    ctx.input_mut(|input| {
        input.events.retain(|event| {
            let command = command_of(event).filter(|&(command, shortcut)| {
                !focus.wants(command, shortcut.modifiers) && is_possible(command, environment)
            });
            if let Some((command, _)) = command {
                commands.send(command);
            }
            command.is_none()
        });
    });
}

/// Undo and redo find out by themselves whether there is a step: the first of two keys in a frame may make the second
/// possible.
fn is_possible(command: UiCommand, environment: Environment) -> bool {
    matches!(command, UiCommand::Undo | UiCommand::Redo) || command.is_available(&environment)
}

impl Focus {
    fn wants(self, command: UiCommand, modifiers: Modifiers) -> bool {
        if modifiers.command {
            return self.is_typing && !self.is_text && matches!(command, UiCommand::Undo | UiCommand::Redo);
        }
        // Keys with Shift mean something to text fields only, where they select.
        let is_plain = !modifiers.shift;
        self.is_covered || self.is_typing || is_plain && self.is_taken
    }
}

/// The command an event asks for, and the shortcut it was found by.
fn command_of(event: &Event) -> Option<(UiCommand, KeyboardShortcut)> {
    let &Event::Key { key, pressed: true, modifiers, .. } = event else { return None };
    UiCommand::all().into_iter().find_map(|command| {
        let mut shortcuts = command.shortcuts().into_iter();
        Some((command, shortcuts.find(|&shortcut| is_match(shortcut, key, modifiers))?))
    })
}

/// Unlike egui's own matching, an extra Shift or Alt makes another key of it, except where the sign itself needs Shift
/// on some keyboards.
fn is_match(shortcut: KeyboardShortcut, key: Key, modifiers: Modifiers) -> bool {
    let mut pressed = modifiers;
    if is_sign(key) {
        pressed.shift = shortcut.modifiers.shift;
    }
    shortcut.logical_key == key && pressed.matches_exact(shortcut.modifiers)
}

/// Signs and digits, which need Shift on some keyboards and not on others.
fn is_sign(key: Key) -> bool {
    (Key::Num0..=Key::Num9).contains(&key)
        || matches!(key, Key::Questionmark | Key::Plus | Key::Equals | Key::Minus | Key::Period)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::ViewKind;
    use crate::app::widgets::keys::plain_presses;

    fn press(key: Key, modifiers: Modifiers) -> Event {
        Event::Key { key, physical_key: None, pressed: true, repeat: false, modifiers }
    }

    fn command(key: Key, modifiers: Modifiers) -> Option<UiCommand> {
        command_of(&press(key, modifiers)).map(|(command, _)| command)
    }

    const CONTROL: Modifiers = Modifiers { ctrl: true, command: true, ..Modifiers::NONE };

    #[test]
    fn shift_makes_another_command_of_a_key() {
        assert_eq!(command(Key::Z, CONTROL), Some(UiCommand::Undo), "Ctrl+Z");
        assert_eq!(command(Key::Z, CONTROL | Modifiers::SHIFT), Some(UiCommand::Redo), "Ctrl+Shift+Z");
        assert_eq!(command(Key::Z, CONTROL | Modifiers::ALT), None, "Ctrl+Alt+Z is nobody's");
        assert_eq!(command(Key::ArrowRight, Modifiers::SHIFT), Some(UiCommand::NextExample), "Shift+Right");
        assert_eq!(command(Key::ArrowRight, Modifiers::NONE), Some(UiCommand::NextLayer), "Right");
        assert_eq!(command(Key::F, Modifiers::SHIFT), None, "Shift+F is nobody's");
    }

    #[test]
    fn signs_are_found_whether_or_not_the_keyboard_needs_shift_for_them() {
        for shift in [Modifiers::NONE, Modifiers::SHIFT] {
            assert_eq!(command(Key::Questionmark, shift), Some(UiCommand::ShowShortcuts), "{shift:?} and ?");
            assert_eq!(command(Key::Plus, CONTROL | shift), Some(UiCommand::ZoomIn), "{shift:?} and +");
            assert_eq!(
                command(Key::Num2, CONTROL | shift),
                ViewKind::named("trade-off").map(UiCommand::ShowView),
                "{shift:?} and 2"
            );
        }
    }

    #[test]
    fn keys_are_told_apart_by_the_modifiers_of_their_own_event() {
        let ctx = Context::default();
        let undo_then_redo = vec![press(Key::Z, CONTROL), press(Key::Z, CONTROL | Modifiers::SHIFT)];
        let shifted = vec![press(Key::ArrowRight, Modifiers::SHIFT), press(Key::Y, Modifiers::NONE)];
        let input = egui::RawInput {
            // By the end of the frame every modifier is let go.
            events: [undo_then_redo, shifted, vec![Event::ModifiersChanged(Modifiers::NONE)]].concat(),
            ..egui::RawInput::default()
        };
        let commands = CommandQueue::default();
        let environment = Environment { has_data: true, ..Environment::default() };
        let mut left = Vec::new();
        let _output = ctx.run_ui(input, |ui| {
            read(ui.ctx(), environment, false, &commands);
            left = plain_presses(ui);
        });
        let sent: Vec<_> = commands.drain();
        let expected =
            [UiCommand::Undo, UiCommand::Redo, UiCommand::NextExample].map(crate::app::base::queue::Command::Ui);
        assert_eq!(sent, expected, "in the order typed");
        assert_eq!(left, [Key::Y], "keys of no command are left to the widgets");
    }

    #[test]
    fn a_text_field_keeps_its_keys_and_a_ribbon_its_plain_ones() {
        let typing = Focus { is_taken: true, is_typing: true, ..Focus::default() };
        assert!(typing.wants(UiCommand::NextExample, Modifiers::SHIFT), "Shift and arrows select text");
        assert!(typing.wants(UiCommand::Undo, Modifiers::COMMAND), "a field undoes by itself");
        let text = Focus { is_text: true, ..typing };
        assert!(!text.wants(UiCommand::Undo, Modifiers::COMMAND), "but the text is undone with the project");
        assert!(!typing.wants(UiCommand::SaveSession, Modifiers::COMMAND), "saving works while typing");
        let ribbon = Focus { is_taken: true, ..Focus::default() };
        assert!(ribbon.wants(UiCommand::NextLayer, Modifiers::NONE), "arrows move the ribbon's cursor");
        assert!(!ribbon.wants(UiCommand::NextExample, Modifiers::SHIFT), "with Shift they are free");
        let covered = Focus { is_covered: true, ..Focus::default() };
        assert!(covered.wants(UiCommand::NextExample, Modifiers::SHIFT), "nothing moves behind a menu");
    }
}
