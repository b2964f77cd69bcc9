//! The Inspect view's ribbons as a figure for files.

use crate::app::Session;
use crate::evaluation::Inspection;
use crate::evaluation::ModelInfo;
use crate::figure::Body;
use crate::figure::Figure;
use crate::figure::charts;
use crate::figure::charts::ribbon_figure;
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
    let mut figure = ribbon_figure(&inspection, charts::provenance(&model, ""));
    let shown = project.enabled().filter(|entry| set.runs.contains_key(&entry.id));
    let names: Vec<String> = shown.map(|entry| project.name(entry.id)).collect();
    rename(&mut figure, &names);
    Some(figure)
}

/// Copies of a strategy bear the numbers they have in the window.
fn rename(figure: &mut Figure, names: &[String]) {
    let Body::Ribbons(ribbons) = &mut figure.body else { return };
    for (ribbon, name) in ribbons.ribbons.iter_mut().zip(names) {
        let setting = ribbon.name.strip_prefix(ribbon.id.as_str()).unwrap_or_default();
        ribbon.name = format!("{name}{setting}");
        ribbon.id.clone_from(name);
    }
}
