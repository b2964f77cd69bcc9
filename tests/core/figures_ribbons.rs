//! The ribbons that files show are the ribbons that the window shows: one grid for both.

use std::path::Path;

use prunescope::engine;
use prunescope::evaluation;
use prunescope::evaluation::Inspection;
use prunescope::figure::Body;
use prunescope::figure::Fate;
use prunescope::figure::Figure;
use prunescope::figure::Item;
use prunescope::figure::Page;
use prunescope::figure::RibbonCell;
use prunescope::figure::Ribbons;
use prunescope::figure::TextMetrics;
use prunescope::figure::charts;
use prunescope::figure::layout;
use prunescope::figure::palette::Theme;
use prunescope::figure::to_csv;
use prunescope::jobs::Ticket;
use prunescope::model::Checkpoint;
use prunescope::pruning;
use prunescope::pruning::StrategySpec;

const TEXT: &str = "the film was not good at all, but the end of it was";

/// Every strategy of the registry at its defaults on one text.
fn inspection() -> Inspection {
    let fixture = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/bert");
    let checkpoint = Checkpoint::load(&fixture).expect("the fixture");
    let shown = pruning::registry().iter().filter(|info| info.id != "dense" && info.runs_untrained());
    let ids = shown.map(|info| info.id);
    let specs: Vec<StrategySpec> = ids.map(|id| StrategySpec::default_for(id).expect("its defaults")).collect();
    evaluation::inspect(&Ticket::detached(), &checkpoint, TEXT, &specs).expect("every strategy runs")
}

fn drawn(inspection: &Inspection) -> (Figure, Ribbons) {
    let figure = charts::ribbon_figure(inspection, charts::provenance("bert", ""));
    let Body::Ribbons(ribbons) = figure.body.clone() else { panic!("ribbons") };
    (figure, ribbons)
}

/// What a figure says of a cell of the window's grid.
fn as_drawn(cell: engine::Cell) -> RibbonCell {
    let fate = match cell.fate {
        engine::Fate::Kept => Fate::Kept,
        engine::Fate::Left => Fate::Left,
        engine::Fate::Merged(into) => Fate::Merged(into as usize),
        engine::Fate::Gone => Fate::Gone,
    };
    let scored = cell.score.is_some();
    RibbonCell { fate, rank: scored.then_some(cell.rank), share: scored.then_some(cell.percentile), score: cell.score }
}

#[test]
fn window_and_file_show_the_same_grid_for_every_strategy() {
    let inspection = inspection();
    let (_, ribbons) = drawn(&inspection);
    assert_eq!(ribbons.ribbons.len(), inspection.strategies.len(), "one ribbon each");
    for (run, ribbon) in inspection.strategies.iter().zip(&ribbons.ribbons) {
        let grid = engine::Ribbon::new(&run.trace);
        assert_eq!(ribbon.layers.len(), grid.num_layers(), "{}: layers", ribbon.id);
        for (layer, cells) in ribbon.layers.iter().enumerate() {
            let expected: Vec<RibbonCell> =
                (0..grid.num_columns).map(|column| as_drawn(grid.cell(layer, column))).collect();
            assert_eq!(*cells, expected, "{}: layer {layer}", ribbon.id);
        }
        let left: Vec<usize> = grid.layers.iter().map(|layer| layer.kept).collect();
        assert_eq!(ribbon.rows_left, left, "{}: rows left", ribbon.id);
        assert_eq!(ribbon.note, run.spec.info().note().unwrap_or_default(), "{}: its note", ribbon.id);
        assert!(ribbons.tokens.len() >= grid.num_columns, "{}: every column has a head", ribbon.id);
    }
}

#[test]
fn the_row_that_evit_makes_has_a_column_in_figure_and_table() {
    let inspection = inspection();
    let (figure, ribbons) = drawn(&inspection);
    let tokens = inspection.encoded.units.len();
    assert!(ribbons.tokens.len() > tokens && ribbons.tokens[tokens].fused, "a column behind the tokens");
    let evit = ribbons.ribbons.iter().find(|ribbon| ribbon.id == "evit").expect("evit");
    let made = evit.layers.iter().filter(|cells| cells[tokens].fate == Fate::Kept).count();
    assert!(made > 0, "it is there in some layers");
    let merged = evit.layers.iter().flatten().filter(|cell| cell.fate == Fate::Merged(tokens)).count();
    assert!(merged > 0, "tokens became part of it");
    let table = to_csv(&figure).unwrap();
    let mut table = csv::Reader::from_reader(&table[..]);
    let rows: Vec<csv::StringRecord> = table.records().map(Result::unwrap).collect();
    let is_made = |row: &&csv::StringRecord| &row[0] == "evit" && row[4] == tokens.to_string() && &row[7] == "true";
    assert_eq!(rows.iter().filter(is_made).count(), evit.layers.len(), "one line of the table for each layer");
    let joined = rows.iter().filter(|row| &row[0] == "evit" && row[9] == tokens.to_string()).count();
    assert_eq!(joined, merged, "the table says what became part of it");
}

#[test]
fn files_say_score_only_rows_left_and_count_layers_from_one() {
    let inspection = inspection();
    let (figure, ribbons) = drawn(&inspection);
    let scene = layout(&figure, &Page::export(&figure, Theme::Light), &TextMetrics::bundled());
    let texts: Vec<&str> = scene
        .items
        .iter()
        .filter_map(|item| if let Item::Text(text) = item { Some(text.content.as_str()) } else { None })
        .collect();
    let noted = inspection.strategies.iter().filter(|run| run.spec.info().score_only).count();
    let found = texts.iter().filter(|text| **text == "score only, no adaptation").count();
    assert!(noted > 0 && found == noted, "{found} notes for {noted} strategies that only borrow the score");
    let tome = ribbons.ribbons.iter().find(|ribbon| ribbon.id == "tome").expect("tome");
    assert!(tome.summary.contains("merged · rows left "), "merged rows are not called kept: {}", tome.summary);
    let table = to_csv(&figure).unwrap();
    let mut table = csv::Reader::from_reader(&table[..]);
    assert_eq!(&table.headers().unwrap()[3], "layer_from_1", "the head says so");
    let layers: Vec<String> = table.records().map(|record| record.unwrap()[3].to_owned()).collect();
    let last = inspection.model.layers.to_string();
    assert!(layers[0] == "1" && layers.contains(&last) && !layers.contains(&"0".to_owned()), "1 to {last}");
}

#[test]
fn a_setting_is_named_as_set_automatic_or_replaced() {
    for (spec, name) in [
        ("tome", "tome · automatic r"),
        ("tome:r=2", "tome · r 2"),
        ("power_bert:retention=0.4", "power_bert · retention 0.4"),
        ("stop_words", "stop_words"),
    ] {
        let spec = StrategySpec::parse(spec).unwrap();
        assert_eq!(spec.short_name(), name, "the name of {spec}");
    }
    let own = StrategySpec::parse("power_bert:retentions=[0.9,0.5]").unwrap();
    assert!(own.short_name() == "power_bert · own retentions" && !own.is_on_dial(), "{}", own.short_name());
}
