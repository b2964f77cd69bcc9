//! From keys to commands.

use egui::Context;
use egui::Modifiers;
use egui::Popup;

use crate::app::CommandQueue;
use crate::app::Environment;
use crate::app::UiCommand;

/// Sends the commands whose keys were pressed, unless whoever has the focus wants the key.
/// `is_covered`: an overlay lies over the window and takes the plain keys.
pub(crate) fn read(ctx: &Context, environment: Environment, is_covered: bool, commands: &CommandQueue) {
    let has_focus = ctx.memory(|memory| memory.focused().is_some());
    let is_typing = ctx.text_edit_focused();
    let has_popup = is_covered || Popup::is_any_open(ctx);
    for command in UiCommand::ALL {
        for shortcut in command.shortcuts() {
            let is_plain = !shortcut.modifiers.command;
            // Plain keys belong to the focused widget, and text boxes undo by themselves.
            let is_theirs = is_plain && (has_focus || has_popup)
                || is_typing && matches!(command, UiCommand::Undo | UiCommand::Redo);
            if !is_theirs && command.is_available(&environment) && press(ctx, shortcut) {
                commands.send(command);
            }
        }
    }
}

/// Unlike egui's own matching, an extra Shift makes another key of it, except where the sign itself needs Shift.
fn press(ctx: &Context, shortcut: egui::KeyboardShortcut) -> bool {
    ctx.input_mut(|input| {
        let needs_shift = matches!(shortcut.logical_key, egui::Key::Questionmark | egui::Key::Plus);
        let mut modifiers = input.modifiers;
        if needs_shift {
            modifiers.shift = shortcut.modifiers.shift;
        }
        if modifiers.shift != shortcut.modifiers.shift || modifiers.alt != shortcut.modifiers.alt {
            return false;
        }
        if !shortcut.modifiers.command && modifiers.any() && modifiers != Modifiers::SHIFT {
            return false;
        }
        input.consume_shortcut(&shortcut)
    })
}
