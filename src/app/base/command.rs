//! Everything a menu, a button or a key can ask for without a value.

use egui::Key;
use egui::KeyboardShortcut;
use egui::Modifiers;
use egui::Ui;

use crate::app::ViewKind;

/// Declares the commands and the list of those that are always there.
macro_rules! commands {
    ($($before:ident)*; $($after:ident)*) => {
        /// A command without payload. Menus, buttons, shortcuts and the overlay are all made from it.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[expect(missing_docs, reason = "`label` and `tooltip` say what each does, once")]
        pub enum UiCommand {
            $($before,)*
            /// Brings a view to the front.
            ShowView(ViewKind),
            $($after,)*
        }

        impl UiCommand {
            /// Every command but those of the views, in the order of the menus. [`UiCommand::all`] has all of them.
            pub(crate) const FIXED: &'static [Self] = &[$(Self::$before,)* $(Self::$after,)*];
            /// Where in that list the views belong.
            pub(crate) const VIEWS_GO_BEFORE: usize = [$(Self::$before,)*].len();
        }
    };
}

commands! {
    OpenPath OpenModel OpenSampleModel OpenData OpenSampleData DataSettings CloseData OpenSession SaveSession NewSession ExportPng ExportSvg ExportCsv Quit Undo Redo ResetStrategies FocusText ToggleTextPair;
    ThemeSystem ThemeLight ThemeDark ZoomIn ZoomOut ZoomReset ToggleFit ToggleSettings ToggleDetails NextLayer PreviousLayer FirstLayer LastLayer Play NextExample PreviousExample FindExample GoToExample ClearSelection StopJobs ShowMessages ShowShortcuts About
}

/// What a command's availability depends on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Environment {
    /// A data set is open.
    pub has_data: bool,
    /// A data set is named, whether or not it can be read.
    pub has_source: bool,
    /// A run's layers can be walked.
    pub has_layers: bool,
    /// The view in front has something to export.
    pub can_export: bool,
    /// The view in front lists rows, which can be exported as a table.
    pub can_export_rows: bool,
    /// There is a step to take back.
    pub can_undo: bool,
    /// There is a step to take again.
    pub can_redo: bool,
    /// Something runs that can be stopped.
    pub is_busy: bool,
    /// A token is pinned.
    pub has_selection: bool,
}

const COMMAND_SHIFT: Modifiers = Modifiers::COMMAND.plus(Modifiers::SHIFT);

impl UiCommand {
    /// What stands on the button.
    pub fn label(self) -> &'static str {
        match self {
            Self::OpenPath => "Open by path…",
            Self::OpenModel => "Open model folder…",
            Self::OpenSampleModel => "Open sample model",
            Self::OpenData => "Open data set…",
            Self::OpenSampleData => "Open sample data",
            Self::DataSettings => "Data settings…",
            Self::CloseData => "Close data set",
            Self::OpenSession => "Open session…",
            Self::SaveSession => "Save session…",
            Self::NewSession => "New session",
            Self::ExportPng => "Export view as PNG…",
            Self::ExportSvg => "Export view as SVG…",
            Self::ExportCsv => "Export data as CSV…",
            Self::Quit => "Quit",
            Self::Undo => "Undo",
            Self::Redo => "Redo",
            Self::ResetStrategies => "Reset strategies",
            Self::FocusText => "Edit text",
            Self::ToggleTextPair => "Second text",
            Self::ShowView(view) => view.0.label,
            Self::ThemeSystem => "System theme",
            Self::ThemeLight => "Light theme",
            Self::ThemeDark => "Dark theme",
            Self::ZoomIn => "Zoom in",
            Self::ZoomOut => "Zoom out",
            Self::ZoomReset => "Reset zoom",
            Self::ToggleFit => "Fit text to width",
            Self::ToggleSettings => "Settings panel",
            Self::ToggleDetails => "Details panel",
            Self::NextLayer => "Next layer",
            Self::PreviousLayer => "Previous layer",
            Self::FirstLayer => "Before the first layer",
            Self::LastLayer => "Last layer",
            Self::Play => "Play layers",
            Self::NextExample => "Next example",
            Self::PreviousExample => "Previous example",
            Self::FindExample => "Search examples",
            Self::GoToExample => "Go to example…",
            Self::ClearSelection => "Clear selection",
            Self::StopJobs => "Stop running work",
            Self::ShowMessages => "Messages",
            Self::ShowShortcuts => "Keyboard shortcuts",
            Self::About => "About prunescope",
        }
    }

    /// What it does, for a hover.
    pub fn tooltip(self) -> &'static str {
        match self {
            Self::OpenPath => "Type the path of a model, a data set or a session; Tab completes it",
            Self::OpenModel => "Load a Hugging Face checkpoint folder: config.json, weights, tokenizer",
            Self::OpenSampleModel => "Load the sentiment classifier that comes with prunescope",
            Self::OpenData => "Load a labelled data set: CSV, TSV, JSON Lines or Parquet",
            Self::OpenSampleData => "Load the sentences that come with prunescope",
            Self::DataSettings => "Choose columns, groups, label map and format of the open data set",
            Self::CloseData => "Go on without a data set",
            Self::OpenSession => "Load model, data, text and strategies from a session file",
            Self::SaveSession => "Write model, data, text and strategies to a session file",
            Self::NewSession => "Start over with the sample model and the default strategies",
            Self::ExportPng => "Save what this view shows as an image",
            Self::ExportSvg => "Save what this view shows as vector graphics",
            Self::ExportCsv => "Save the numbers behind this view as a table",
            Self::Quit => "Close the window; the session is restored next time",
            Self::Undo => "Take back the last change of a setting",
            Self::Redo => "Make the change again that was taken back",
            Self::ResetStrategies => "Replace the list by the default strategies",
            Self::FocusText => "Put the cursor into the text box",
            Self::ToggleTextPair => "Add a second text, for models that read pairs, or take it away",
            Self::ShowView(view) => view.0.tooltip,
            Self::ThemeSystem => "Light or dark as the system says",
            Self::ThemeLight => "Dark text on light ground",
            Self::ThemeDark => "Light text on dark ground",
            Self::ZoomIn => "Show everything larger",
            Self::ZoomOut => "Show everything smaller",
            Self::ZoomReset => "Show everything at 100%",
            Self::ToggleFit => "Squeeze the whole text into the width of the view",
            Self::ToggleSettings => "Show or hide model, data and strategies",
            Self::ToggleDetails => "Show or hide what is known about the selection",
            Self::NextLayer => "Move the layer cursor one layer down",
            Self::PreviousLayer => "Move the layer cursor one layer up",
            Self::FirstLayer => "Show the text before any token has left",
            Self::LastLayer => "Show what is left after the last layer",
            Self::Play => "Walk through the layers one after another",
            Self::NextExample => "Show the next text of the data set",
            Self::PreviousExample => "Show the previous text of the data set",
            Self::FindExample => "Walk through the texts that contain a word",
            Self::GoToExample => "Show the text of a number or an id",
            Self::ClearSelection => "Unpin the token",
            Self::StopJobs => "Ask everything that runs to stop; finished parts are kept",
            Self::ShowMessages => "List errors and finished work",
            Self::ShowShortcuts => "List every shortcut",
            Self::About => "Version, licences, privacy",
        }
    }

    /// Keys that trigger it; the first one is shown.
    pub fn shortcuts(self) -> Vec<KeyboardShortcut> {
        let command = |key| KeyboardShortcut::new(Modifiers::COMMAND, key);
        let shifted = |key| KeyboardShortcut::new(COMMAND_SHIFT, key);
        let plain = |key| KeyboardShortcut::new(Modifiers::NONE, key);
        let shift = |key| KeyboardShortcut::new(Modifiers::SHIFT, key);
        match self {
            Self::OpenPath => vec![command(Key::G)],
            Self::OpenModel => vec![command(Key::O)],
            Self::OpenData => vec![command(Key::D)],
            Self::DataSettings => vec![shifted(Key::D)],
            Self::OpenSession => vec![shifted(Key::O)],
            Self::SaveSession => vec![command(Key::S)],
            Self::NewSession => vec![command(Key::N)],
            Self::ExportPng => vec![command(Key::E)],
            Self::ExportSvg => vec![shifted(Key::E)],
            Self::Quit => vec![command(Key::Q)],
            Self::Undo => vec![command(Key::Z)],
            Self::Redo => vec![shifted(Key::Z), command(Key::Y)],
            Self::FocusText => vec![command(Key::L)],
            Self::ShowView(view) => vec![command(view.0.key)],
            Self::ZoomIn => vec![command(Key::Plus), command(Key::Equals)],
            Self::ZoomOut => vec![command(Key::Minus)],
            Self::ZoomReset => vec![command(Key::Num0)],
            Self::ToggleFit => vec![plain(Key::F)],
            Self::ToggleSettings => vec![command(Key::B)],
            Self::ToggleDetails => vec![command(Key::I)],
            Self::NextLayer => vec![plain(Key::ArrowDown), plain(Key::ArrowRight)],
            Self::PreviousLayer => vec![plain(Key::ArrowUp), plain(Key::ArrowLeft)],
            Self::FirstLayer => vec![plain(Key::Home)],
            Self::LastLayer => vec![plain(Key::End)],
            Self::Play => vec![plain(Key::Space)],
            Self::NextExample => vec![shift(Key::ArrowRight), shift(Key::ArrowDown)],
            Self::PreviousExample => vec![shift(Key::ArrowLeft), shift(Key::ArrowUp)],
            Self::FindExample => vec![command(Key::F)],
            Self::GoToExample => vec![command(Key::J)],
            Self::ClearSelection => vec![plain(Key::Escape)],
            Self::StopJobs => vec![command(Key::Period)],
            Self::ShowMessages => vec![command(Key::M)],
            Self::ShowShortcuts => vec![plain(Key::Questionmark), plain(Key::F1)],
            Self::OpenSampleModel
            | Self::OpenSampleData
            | Self::CloseData
            | Self::ExportCsv
            | Self::ResetStrategies
            | Self::ToggleTextPair
            | Self::ThemeSystem
            | Self::ThemeLight
            | Self::ThemeDark
            | Self::About => Vec::new(),
        }
    }

    /// Whether it can do anything now.
    pub fn is_available(self, environment: &Environment) -> bool {
        match self {
            Self::CloseData | Self::NextExample | Self::PreviousExample | Self::FindExample | Self::GoToExample => {
                environment.has_data
            }
            Self::DataSettings => environment.has_source,
            Self::ExportPng | Self::ExportSvg => environment.can_export,
            Self::ExportCsv => environment.can_export || environment.can_export_rows,
            Self::Undo => environment.can_undo,
            Self::Redo => environment.can_redo,
            Self::ToggleFit
            | Self::NextLayer
            | Self::PreviousLayer
            | Self::FirstLayer
            | Self::LastLayer
            | Self::Play => environment.has_layers,
            Self::ClearSelection => environment.has_selection,
            Self::StopJobs => environment.is_busy,
            _ => true,
        }
    }
}

/// A command's tooltip with its key.
pub(crate) fn hint(ui: &Ui, command: UiCommand) -> String {
    match command.shortcuts().first() {
        Some(shortcut) => format!("{} ({})", command.tooltip(), ui.ctx().format_shortcut(shortcut)),
        None => command.tooltip().to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;
    use std::collections::BTreeSet;

    #[test]
    fn no_two_commands_share_a_shortcut() {
        let mut owners = BTreeMap::new();
        for command in UiCommand::all() {
            for shortcut in command.shortcuts() {
                let earlier = owners.insert(format!("{shortcut:?}"), command);
                assert_eq!(earlier, None, "{shortcut:?} belongs to {command:?} and to another command");
            }
        }
    }

    #[test]
    fn every_command_is_listed_once_and_speaks_for_itself() {
        let labels: BTreeSet<_> = UiCommand::all().into_iter().map(UiCommand::label).collect();
        assert_eq!(labels.len(), UiCommand::all().len(), "two commands have the same label");
        for command in UiCommand::all() {
            assert!(!command.tooltip().ends_with('.'), "no full stop in the tooltip of {command:?}");
        }
    }

    #[test]
    fn nothing_can_be_undone_in_a_fresh_window() {
        let environment = Environment::default();
        assert!(!UiCommand::Undo.is_available(&environment), "undo without a step");
        assert!(!UiCommand::NextExample.is_available(&environment), "next example without data");
        assert!(UiCommand::OpenModel.is_available(&environment), "a model can always be opened");
    }
}
