//! The strategies that are learned: one file each.

mod a_vit;
mod adapler;
#[cfg(test)]
mod agree;
mod dynamic_vit;
mod ltp;
mod power_bert;
mod predictor;
mod top;
mod tr_bert;
mod transkimmer;

use crate::training::Error;
use crate::training::MethodInfo;
use crate::training::Settings;

/// Every method, in the order of the help.
pub const METHODS: &[&MethodInfo] = &[
    &ltp::INFO,
    &power_bert::INFO,
    &transkimmer::INFO,
    &adapler::INFO,
    &tr_bert::INFO,
    &top::INFO,
    &dynamic_vit::INFO,
    &a_vit::INFO,
];

/// A method as typed: `ID` or `ID:name=number,name=number`.
///
/// # Errors
/// [`Error::UnknownMethod`], [`Error::NoSetting`], [`Error::Setting`].
pub fn parse_method(text: &str) -> Result<Settings, Error> {
    let (id, settings) = text.split_once(':').unwrap_or((text, ""));
    let found = METHODS.iter().find(|method| method.id == id.trim());
    let method = found.ok_or_else(|| Error::UnknownMethod {
        got: id.trim().to_owned(),
        expected: METHODS.iter().map(|method| method.id).collect::<Vec<_>>().join(", "),
    })?;
    let parts = settings.split(',').filter(|part| !part.trim().is_empty());
    let pair = |part: &str| {
        let (name, value) = part.split_once('=').unwrap_or((part, ""));
        (name.trim().to_owned(), value.trim().to_owned())
    };
    method.settings(&parts.map(pair).collect::<Vec<_>>())
}
