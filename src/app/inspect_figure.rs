//! The Inspect view's ribbons as a figure for files.

use crate::app::Session;
use crate::evaluation::Inspection;
use crate::evaluation::ModelInfo;
use crate::figure::Figure;
use crate::figure::build;
use crate::figure::build::ribbon_figure;
use crate::project::Project;

/// What an export writes: the ribbons of what the view shows; `None` until the dense run is there.
pub(crate) fn figure_for_file(project: &Project, session: &Session) -> Option<Figure> {
    let set = session.inspect.shown()?;
    let checkpoint = session.checkpoint(project)?;
    let runs = project.enabled().filter_map(|entry| set.runs.get(&entry.id));
    let inspection = Inspection {
        encoded: set.encoded.as_ref().clone(),
        model: ModelInfo::of(checkpoint),
        dense: set.dense.as_ref()?.run.clone(),
        strategies: runs.map(|run| run.run.clone()).collect(),
    };
    let model = project.model.file_name().unwrap_or_default().to_string_lossy().into_owned();
    Some(ribbon_figure(&inspection, build::provenance(&model, "")))
}
