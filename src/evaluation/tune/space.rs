//! Where a search begins and how it goes on: specs made from specs, by what the registry says can be set.

use crate::evaluation::Error;
use crate::evaluation::tune::dice::Dice;
use crate::evaluation::tune::landscape::Landscape;
use crate::evaluation::tune::lists::ListKey;
use crate::evaluation::tune::lists::ListKind;
use crate::evaluation::tune::lists::rounded;
use crate::jobs::Ticket;
use crate::pruning::KeyKind;
use crate::pruning::KeySpec;
use crate::pruning::StrategySpec;
use crate::pruning::Value;

/// Whole numbers up to this are settings; beyond they are seeds and the like, which no search should pick.
const MOST_WHOLE: u64 = 4096;

/// Where a share schedule ends before it is turned to a budget.
const SEED_END: f64 = 0.3;

/// Budgets that seeds are turned to: of a single strategy, and of each of several.
const BUDGETS: [f64; 6] = [0.85, 0.7, 0.6, 0.5, 0.4, 0.3];
const FEW_BUDGETS: [f64; 3] = [0.7, 0.5, 0.35];

/// Candidates to begin with, the gentlest first, so that an answer that keeps to the limits is there soon.
pub(super) fn seeds(
    ticket: &Ticket,
    landscape: &mut impl Landscape,
    templates: &[StrategySpec],
) -> Result<Vec<StrategySpec>, Error> {
    let budgets: &[f64] = if templates.len() == 1 { &BUDGETS } else { &FEW_BUDGETS };
    let shapes: Vec<StrategySpec> =
        templates.iter().flat_map(|template| shapes(template, landscape.layers())).collect();
    let mut found: Vec<StrategySpec> = Vec::new();
    for &budget in budgets {
        for shape in &shapes {
            let spec = match landscape.aimed(ticket, shape, budget) {
                Err(Error::Cancelled) => return Err(Error::Cancelled),
                // A strategy that does not fit the model is no candidate; it is told once, where it is measured.
                Err(_) => shape.clone(),
                Ok(spec) => tidied(&spec),
            };
            if !found.contains(&spec) {
                found.push(spec);
            }
        }
    }
    Ok(found)
}

/// A template as it is, and with lists of every shape in the place of its dial.
fn shapes(template: &StrategySpec, layers: usize) -> Vec<StrategySpec> {
    let mut shapes = vec![template.clone()];
    let Some(list) = ListKey::of(template.info()) else { return shapes };
    if template.numbers(list.key.name).is_some() {
        return shapes;
    }
    let start = template.get("start").and_then(whole_of).unwrap_or(1);
    let end = template.info().dial.as_ref().and_then(|dial| float_of(template.get(dial.key)?)).unwrap_or(SEED_END);
    let end = if list.kind == ListKind::Shares { SEED_END } else { end };
    let seeds = list.seeds(layers, start, end);
    // The even schedule of shares is the template's own; the others are new.
    shapes.extend(seeds.iter().skip(usize::from(seeds.len() > 1)).filter_map(|seed| list.put(template, seed)));
    shapes
}

/// A new candidate from two of the best, of which the second may be of another strategy.
pub(super) fn child(one: &StrategySpec, other: &StrategySpec, layers: usize, dice: &mut Dice) -> StrategySpec {
    let mut spec = one.clone();
    if one.id() == other.id() && dice.happens(0.35) {
        spec = crossed(one, other, dice);
    }
    if dice.happens(0.2) {
        spec = with_other_key(&spec, layers, dice);
    }
    if let Some(list) = ListKey::of(spec.info()) {
        let numbers = spec.numbers(list.key.name).or_else(|| as_list(&spec, &list, layers));
        if let Some(numbers) = numbers.filter(|_| dice.happens(0.8)) {
            spec = list.put(&spec, &list.jittered(&numbers, dice)).unwrap_or(spec);
        }
    }
    turned(&spec, dice)
}

/// A spec whose dial or list is a little stronger or gentler.
fn turned(spec: &StrategySpec, dice: &mut Dice) -> StrategySpec {
    let Some(range) = spec.dial_range() else { return spec.clone() };
    let is_list = spec.numbers(range.key()).is_some();
    // The middle of a list's range is the list itself; a dial's position is not known, so it moves by its value.
    if is_list {
        return tidied(&range.turned(spec, 0.5 + dice.between(-0.06, 0.08)).unwrap_or_else(|| spec.clone()));
    }
    match spec.info().key(range.key()) {
        Ok(key) => moved(spec, key, usize::MAX, dice),
        Err(_) => spec.clone(),
    }
}

fn crossed(one: &StrategySpec, other: &StrategySpec, dice: &mut Dice) -> StrategySpec {
    let mut spec = one.clone();
    if let Some(list) = ListKey::of(one.info())
        && let (Some(first), Some(second)) = (one.numbers(list.key.name), other.numbers(list.key.name))
    {
        spec = list.put(&spec, &ListKey::crossed(&first, &second, dice)).unwrap_or(spec);
    }
    for key in one.keys().iter().filter(|key| is_switch(key)) {
        if let Some(value) = other.get(key.name).filter(|_| dice.happens(0.5)) {
            spec = spec.with(key.name, value.clone()).unwrap_or(spec);
        }
    }
    spec
}

/// The list that a template's schedule stands for is not asked of the strategy: an even one in its place is near enough to
/// begin with.
fn as_list(spec: &StrategySpec, list: &ListKey, layers: usize) -> Option<Vec<f64>> {
    let dial = spec.info().dial.as_ref()?;
    let end = float_of(spec.get(dial.key)?)?;
    let start = spec.get("start").and_then(whole_of).unwrap_or(1);
    list.seeds(layers, start, end).into_iter().next()
}

/// A spec with another value of one key that is neither the dial nor a list.
fn with_other_key(spec: &StrategySpec, layers: usize, dice: &mut Dice) -> StrategySpec {
    let dial = spec.info().dial.as_ref().map(|dial| dial.key);
    let is_replaced = |key: &KeySpec| {
        spec.keys().iter().any(|other| other.replaces.contains(&key.name) && spec.get(other.name).is_some())
    };
    let open = |key: &&KeySpec| Some(key.name) != dial && !is_replaced(key) && is_searched(key);
    let keys: Vec<&KeySpec> = spec.keys().iter().filter(open).collect();
    dice.pick(&keys).map_or_else(|| spec.clone(), |key| moved(spec, key, layers, dice))
}

/// Whether a search changes a key beside the dial: switches, words, and numbers that are no seeds.
fn is_searched(key: &KeySpec) -> bool {
    match key.kind {
        KeyKind::Bool | KeyKind::Choice(_) | KeyKind::Float { .. } => true,
        KeyKind::Int { max, .. } => max <= MOST_WHOLE,
        _ => false,
    }
}

fn is_switch(key: &KeySpec) -> bool {
    matches!(key.kind, KeyKind::Bool | KeyKind::Choice(_))
}

/// A spec with one key moved by a step that suits it; as it was where the key refuses.
fn moved(spec: &StrategySpec, key: &KeySpec, layers: usize, dice: &mut Dice) -> StrategySpec {
    let value = match (&key.kind, spec.get(key.name)) {
        (KeyKind::Bool, Some(Value::Bool(value))) => Value::Bool(!value),
        (KeyKind::Choice(words), _) => match dice.pick(words) {
            Some(word) => Value::Word((*word).to_owned()),
            None => return spec.clone(),
        },
        (KeyKind::Int { min, max }, value) => {
            let most = (*max).min(layers as u64).max(*min);
            let step = if most > 64 { 1 + dice.below(4) as u64 } else { 1 };
            let before = match value {
                Some(Value::Int(number)) => *number,
                _ => (*min).max(1),
            };
            let after = if dice.happens(0.5) { before.saturating_add(step) } else { before.saturating_sub(step) };
            Value::Int(after.clamp(*min, most))
        }
        (KeyKind::Float { min, max, logarithmic, .. }, Some(Value::Float(before))) => {
            let after = if *logarithmic {
                before * dice.between(-1.0, 1.0).exp2()
            } else {
                before + (max - min) * dice.between(-0.1, 0.1)
            };
            Value::Float(rounded(after.clamp(*min, *max)))
        }
        _ => return spec.clone(),
    };
    spec.with(key.name, value).unwrap_or_else(|_| spec.clone())
}

/// A spec with rounded numbers, so that policies can be read and equal candidates are seen to be equal.
pub(super) fn tidied(spec: &StrategySpec) -> StrategySpec {
    let mut tidy = spec.clone();
    for key in spec.keys() {
        let value = match spec.get(key.name) {
            Some(Value::Float(number)) => Value::Float(rounded(*number)),
            Some(Value::List(list)) => Value::List(list.iter().map(|&number| rounded(number)).collect()),
            _ => continue,
        };
        tidy = tidy.with(key.name, value).unwrap_or(tidy);
    }
    tidy
}

fn whole_of(value: &Value) -> Option<usize> {
    if let Value::Int(number) = value { usize::try_from(*number).ok() } else { None }
}

fn float_of(value: &Value) -> Option<f64> {
    if let Value::Float(number) = value { Some(*number) } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pruning::registry;
    use crate::tensor::ModelShape;

    #[test]
    fn children_of_every_strategy_can_be_typed_and_most_can_be_built() {
        let shape =
            ModelShape { num_layers: 6, hidden: 32, num_heads: 4, head_dim: 8, intermediate: 64, reads_mean: false };
        for info in registry() {
            let template = StrategySpec::default_for(info.id).unwrap();
            if template.build(&shape).is_err() {
                // Needs what only a file holds.
                continue;
            }
            let mut dice = Dice::new(7, 1);
            let mut family: Vec<StrategySpec> = shapes(&template, 6);
            let mut refused = 0;
            for _ in 0..60 {
                let [one, other] = [0, 1].map(|_| family[dice.below(family.len())].clone());
                let spec = child(&one, &other, 6, &mut dice);
                assert_eq!(spec.id(), info.id, "a child is of its parents' strategy");
                assert_eq!(StrategySpec::parse(&spec.with_paths()).unwrap(), spec, "it can be typed");
                // Some settings exclude each other, which a search asks before it measures.
                if spec.build(&shape).is_ok() { family.push(spec) } else { refused += 1 }
            }
            assert!(refused < 40, "{}: {refused} of 60 cannot be built", info.id);
            let is_new = family.iter().any(|spec| *spec != template);
            assert!(is_new || info.dial.is_none(), "{}: nothing was changed", info.id);
        }
    }
}
