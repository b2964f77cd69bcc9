//! The walk through the examples: which one the text at hand is, and what comes next.

use crate::app::App;
use crate::app::Edit;
use crate::app::ViewKind;
use crate::app::core::apply;
use crate::app::work::examples::ExampleFilter;
use crate::app::work::examples::List;
use crate::jobs::Wake;

/// Shows one example.
pub(crate) fn show(app: &mut App, index: usize) {
    let dataset = app.session.dataset(&app.project);
    let Some(example) = dataset.and_then(|dataset| dataset.examples.get(index)) else { return };
    let (text, text_pair) = (example.content.text().to_owned(), example.content.text_pair().map(str::to_owned));
    app.ui.example = Some(index);
    app.ui.pinned = None;
    app.ui.scroll = 0.0;
    apply::apply(&mut app.project, Edit::SetText(text));
    apply::apply(&mut app.project, Edit::SetTextPair(text_pair));
}

/// Shows the next example of the list, or the one before.
pub(crate) fn step(app: &mut App, forward: bool) {
    let Some(dataset) = app.session.dataset(&app.project) else { return };
    let list = app.session.examples.list(dataset);
    if list == List::Pending {
        app.ui.steps_when_listed = Some(forward);
    } else if let Some(index) = list.step(app.ui.example, forward) {
        show(app, index);
    }
}

/// Walks through other examples from now on, from the first of them.
pub(crate) fn filter(app: &mut App, filter: Option<ExampleFilter>) {
    app.ui.example_filter = filter;
    if app.ui.example_filter.is_some() {
        app.ui.search.text.clear();
        app.ui.example = None;
        app.ui.view = ViewKind::default();
        app.ui.steps_when_listed = Some(true);
    }
}

/// Shows the example of this place in the list, or of this id.
pub(crate) fn go_to(app: &mut App, wanted: &str) {
    let Some(dataset) = app.session.dataset(&app.project) else { return };
    let wanted = wanted.trim();
    let list = app.session.examples.list(dataset);
    let number = wanted.replace(',', "").parse::<usize>().ok();
    let place = number.and_then(|number| list.at(number.checked_sub(1)?));
    let by_id = || dataset.examples.iter().position(|example| example.id == wanted);
    match place.or_else(by_id) {
        Some(index) => show(app, index),
        None if wanted.is_empty() => {}
        None => {
            let count = list.len().unwrap_or(0);
            app.session.messages.warn(
                format!("there is no example {wanted:?}"),
                format!("Give a number from 1 to {count}, or an id as it stands in the data set"),
            );
        }
    }
}

/// Lists what filter and search ask for; takes the step that waited for it.
pub(crate) fn update(app: &mut App, wake: &Wake) {
    let dataset = app.session.dataset(&app.project).cloned();
    let open = app.project.data.as_ref().zip(dataset.as_ref());
    let ui = &app.ui;
    app.session.examples.update(open, (ui.example_filter.as_ref(), &ui.search), wake);
    let is_listed = dataset.is_some_and(|dataset| app.session.examples.list(&dataset) != List::Pending);
    if is_listed && let Some(forward) = app.ui.steps_when_listed.take() {
        step(app, forward);
    }
}
