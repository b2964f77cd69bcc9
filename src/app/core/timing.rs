//! `--timing`: tells when the window, the model and the first ribbons were there, counted from the start of the process.

use egui::Context;

use crate::app::Timing;

/// What there is to see.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Stage {
    /// Nothing yet.
    #[default]
    Nothing,
    /// The window.
    Window,
    /// The model is loaded.
    Model,
    /// The first ribbon of a strategy.
    FirstRibbon,
    /// Every ribbon.
    AllRibbons,
}

impl Stage {
    /// What came with this stage.
    fn label(self) -> &'static str {
        match self {
            Self::Nothing => "nothing",
            Self::Window => "window",
            Self::Model => "model",
            Self::FirstRibbon => "first ribbon",
            Self::AllRibbons => "all ribbons",
        }
    }

    /// The stages in between, this one included.
    fn after(self, before: Self) -> impl Iterator<Item = Self> {
        let all = [Self::Window, Self::Model, Self::FirstRibbon, Self::AllRibbons];
        all.into_iter().filter(move |stage| *stage > before && *stage <= self)
    }
}

/// Keeps count of what was told.
#[derive(Debug)]
pub(crate) struct Stopwatch {
    timing: Timing,
    drawn: Stage,
    told: Stage,
}

impl Stopwatch {
    pub(crate) fn new(timing: Timing) -> Self {
        Self { timing, drawn: Stage::Nothing, told: Stage::Nothing }
    }

    /// Called at the start of a frame: what the frame before has drawn is on screen by now.
    pub(crate) fn tell(&mut self) {
        if self.drawn <= self.told {
            return;
        }
        let passed = self.timing.started.elapsed().as_millis();
        for stage in self.drawn.after(self.told) {
            (self.timing.tell)(&format!("{} on screen after {passed} ms", stage.label()));
        }
        self.told = self.drawn;
    }

    /// Called once a frame is drawn, with what it shows.
    pub(crate) fn note(&mut self, ctx: &Context, stage: Stage) {
        if stage > self.drawn {
            self.drawn = stage;
            // So that the next frame comes, and with it the time.
            ctx.request_repaint();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Mutex;
    use std::time::Instant;

    static TOLD: Mutex<Vec<String>> = Mutex::new(Vec::new());

    #[test]
    fn every_stage_is_told_once_and_in_order() {
        let tell = |line: &str| TOLD.lock().expect("no panic before").push(line.to_owned());
        let mut stopwatch = Stopwatch::new(Timing { started: Instant::now(), tell });
        let ctx = Context::default();
        for stage in [Stage::Window, Stage::Window, Stage::FirstRibbon, Stage::Model, Stage::AllRibbons] {
            stopwatch.tell();
            stopwatch.note(&ctx, stage);
        }
        stopwatch.tell();
        let told = TOLD.lock().expect("no panic before");
        let names: Vec<&str> = told.iter().filter_map(|line| line.split(" on screen").next()).collect();
        assert_eq!(names, ["window", "model", "first ribbon", "all ribbons"], "also what came two at a time");
    }
}
