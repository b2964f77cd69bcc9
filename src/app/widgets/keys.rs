//! Keys and buttons of this frame, for widgets that handle them themselves.

use egui::Event;
use egui::InputState;
use egui::Key;
use egui::Modifiers;
use egui::Ui;

/// The keys pressed in this frame without any modifier, in order, for a widget that has the focus.
pub(crate) fn plain_presses(ui: &Ui) -> Vec<Key> {
    ui.input(|input| {
        let plain = input.events.iter().filter_map(|event| match event {
            Event::Key { key, pressed: true, modifiers, .. } if modifiers.is_none() => Some(*key),
            _ => None,
        });
        plain.collect()
    })
}

/// The modifiers of Enter, if it was pressed in this frame.
pub(crate) fn enter_pressed(ui: &Ui) -> Option<Modifiers> {
    ui.input(|input| {
        input.events.iter().find_map(|event| match event {
            Event::Key { key: Key::Enter, pressed: true, modifiers, .. } => Some(*modifiers),
            _ => None,
        })
    })
}

/// The modifiers held when the pointer was released in this frame.
pub(crate) fn click_modifiers(ui: &Ui) -> Modifiers {
    ui.input(|input| release_modifiers(input).unwrap_or(input.modifiers))
}

fn release_modifiers(input: &InputState) -> Option<Modifiers> {
    input.events.iter().rev().find_map(|event| match event {
        Event::PointerButton { pressed: false, modifiers, .. } => Some(*modifiers),
        _ => None,
    })
}
