//! A second implementation's opinion of the open checkpoint, asked for by hand.

use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;

use crate::app::work::slot::Failure;
use crate::app::work::slot::Slot;
use crate::app::work::slot::error_chain;
use crate::app::work::slot::leaving_a_core;
use crate::jobs::Progress;
use crate::jobs::Ticket;
use crate::jobs::Wake;
use crate::model::Checkpoint;
use crate::model::find_model;
use crate::reference;
use crate::reference::Texts;
use crate::reference::Verification;

/// Which checkpoint: its path as the project names it, and the hash of its weights.
type VerifyKey = (PathBuf, String);

/// What was asked and found; nothing is compared before somebody asks.
#[derive(Debug, Default)]
pub(crate) struct VerifyWork(Slot<VerifyKey, Verification>);

fn key(path: &Path, checkpoint: &Checkpoint) -> VerifyKey {
    (path.to_owned(), checkpoint.model.weights_hash.clone())
}

impl VerifyWork {
    /// Asks for the comparison, again if it failed before.
    pub(crate) fn ask(&mut self, path: &Path, checkpoint: &Checkpoint) {
        self.0.forget_failure();
        self.0.want(key(path, checkpoint));
    }

    /// Starts what was asked for and takes in what was found; another checkpoint stops it.
    pub(crate) fn update(&mut self, path: &Path, checkpoint: Option<&Checkpoint>, wake: &Wake) {
        let Some(open) = checkpoint.map(|checkpoint| key(path, checkpoint)) else { return self.0.stop() };
        self.0.cancel_unwanted(&open);
        if self.0.due().is_some_and(|due| *due != open) {
            self.0.stop();
        }
        if let Some((path, _)) = self.0.due().cloned() {
            self.0.start("verify model", Arc::clone(wake), move |ticket| verify(ticket, &path));
        }
        self.0.poll();
    }

    /// What was found for this checkpoint.
    pub(crate) fn found(&self, path: &Path, checkpoint: &Checkpoint) -> Option<&Verification> {
        self.0.get(&key(path, checkpoint)).map(|found| &**found)
    }

    /// Why this checkpoint could not be compared.
    pub(crate) fn failure(&self, path: &Path, checkpoint: &Checkpoint) -> Option<&str> {
        self.0.failure(&key(path, checkpoint))
    }

    /// How far it is.
    pub(crate) fn progress(&self) -> Option<Progress> {
        self.0.progress()
    }

    /// Whether it runs or is about to.
    pub(crate) fn is_busy(&self) -> bool {
        self.0.is_busy()
    }

    /// Asks it to stop.
    pub(crate) fn stop(&mut self) {
        self.0.stop();
    }
}

fn verify(ticket: &Ticket, path: &Path) -> Result<Verification, Failure> {
    let failed = |err: &dyn std::error::Error| Failure::Failed(error_chain(err));
    let name = path.to_str().ok_or_else(|| Failure::Failed("the path is not valid text".to_owned()))?;
    let folder = find_model(name).map_err(|err| failed(&err))?;
    leaving_a_core(|| {
        reference::verify(ticket, &folder, &Texts::Bundled).map_err(|err| match err {
            reference::Error::Cancelled => Failure::Cancelled,
            err => failed(&err),
        })
    })
}
