//! Commands with a value, and the queue that carries all commands from the panels to the next frame.

use std::cell::RefCell;
use std::path::PathBuf;

use crate::app::UiCommand;
use crate::app::work::chooser::Purpose;
use crate::app::work::examples::ExampleFilter;
use crate::app::work::latency::LatencyRequest;
use crate::app::work::messages::MessageId;
use crate::project::DataSource;
use crate::project::EntryId;
use crate::project::Project;
use crate::pruning::StrategySpec;

/// Changes the project; undone as one step.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Edit {
    /// Looks at another text.
    SetText(String),
    /// Looks at another second text, or at none.
    SetTextPair(Option<String>),
    /// Works with another checkpoint.
    SetModel(PathBuf),
    /// Works with another data set, or with none.
    SetData(Option<Box<DataSource>>),
    /// Measures are about another class, by name; nothing is read or run again.
    SetPositive(Option<String>),
    /// Evaluates at most so many rows.
    SetRowLimit(Option<usize>),
    /// Appends a strategy.
    AddStrategy(StrategySpec),
    /// Takes one out.
    RemoveStrategy(EntryId),
    /// Appends a copy behind the original.
    DuplicateStrategy(EntryId),
    /// Changes a strategy's settings.
    SetStrategy(EntryId, StrategySpec),
    /// Changes the settings of several strategies at once.
    SetSettings(Vec<(EntryId, StrategySpec)>),
    /// Shows or hides a strategy.
    EnableStrategy(EntryId, bool),
    /// Replaces the list.
    SetStrategies(Vec<(StrategySpec, bool)>),
    /// Replaces everything: a session was opened.
    Replace(Box<Project>),
}

/// Starts, stops or looks at something; never undone.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Request {
    /// Opens whatever this is: model folder, data file or session.
    OpenPath(PathBuf),
    /// Uses the path that was typed.
    Choose(Purpose, PathBuf),
    /// Writes a file in the place of the one that is there.
    Replace(Purpose, PathBuf),
    /// Opens a data file as the sheet says; its columns are remembered it by.
    UseData {
        /// File and options.
        source: Box<DataSource>,
        /// The columns.
        header: String,
    },
    /// Reads the file of the sheet after all, where that was stopped.
    ReadOn,
    /// Asks for a table of identity terms.
    AskLexicon,
    /// Asks for a file that becomes the value of a strategy's key.
    AskSetting(EntryId, &'static str),
    /// Types a path instead of waiting for the system's dialog.
    TypePath,
    /// Looks which of these paths are still there.
    LookAtRecent(Vec<PathBuf>),
    /// Forgets a path that is gone.
    ForgetRecent(PathBuf),
    /// Limits the walk through the examples to those of one group: column and value, as indices.
    FilterExamples(Option<ExampleFilter>),
    /// Shows an example in Inspect, by index.
    ShowExample(usize),
    /// Shows the example of this number or id.
    GoToExample(String),
    /// Takes a message off the screen; it stays in the list.
    DismissToast(MessageId),
    /// Empties the list of messages.
    ClearMessages,
    /// Compares the open checkpoint with candle-transformers' model of it.
    VerifyModel,
    /// Starts and stops measurements of time.
    Latency(LatencyRequest),
}

/// One thing a panel asked for.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Command {
    /// Without a value.
    Ui(UiCommand),
    /// Changes the project.
    Edit(Edit),
    /// Starts, stops or looks.
    Request(Request),
}

/// Collects what panels ask for while they draw; applied before the next frame is drawn.
#[derive(Debug, Default)]
pub(crate) struct CommandQueue(RefCell<Vec<Command>>);

impl CommandQueue {
    /// Asks for a command without a value.
    pub(crate) fn send(&self, command: UiCommand) {
        self.0.borrow_mut().push(Command::Ui(command));
    }

    /// Asks for a change of the project.
    pub(crate) fn edit(&self, edit: Edit) {
        self.0.borrow_mut().push(Command::Edit(edit));
    }

    /// Asks for work or another look.
    pub(crate) fn request(&self, request: Request) {
        self.0.borrow_mut().push(Command::Request(request));
    }

    /// Everything asked for since the last call, in order.
    pub(crate) fn drain(&self) -> Vec<Command> {
        self.0.take()
    }

    /// Whether nothing waits.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.borrow().is_empty()
    }
}
