//! Where the head's weights are and which state they read: the family's own head, a classifier on the pooled state itself,
//! or the modules of sentence-transformers.

use crate::disk::Fields;
use crate::model::Error;
use crate::model::Family;
use crate::model::Pool;
use crate::model::config::modules::Found;
use crate::model::config::modules::Modules;
use crate::model::config::modules::find;
use crate::model::config::task::is_own_class;

/// Where a head comes from.
pub(in crate::model) enum HeadSource {
    /// The parts that the family's own class for classification has, on this state.
    Own(Pool),
    /// What is called the classifier alone, on this state.
    Classifier(Pool),
    /// Modules after the pooling, each in a folder of its own.
    Modules(Modules),
}

impl HeadSource {
    /// Which of them a folder has.
    ///
    /// `classifier_pooling` decides where it is given: transformers reads it for `ModernBERT` alone, but it is the only name
    /// there is for what wrappers around other families do without leaving a trace in their files. Next come transformers'
    /// own classes, whose heads are known; what else is in the folder then says nothing. Last come the modules.
    pub(in crate::model) fn parse(
        family: Family,
        architectures: &[String],
        fields: &Fields<'_>,
    ) -> Result<Self, Error> {
        let stated = match fields.text("classifier_pooling")? {
            None => None,
            Some("cls") => Some(Pool::First),
            Some("mean") => Some(Pool::Mean),
            Some(_) => return Err(fields.refuse("classifier_pooling", "\"cls\" or \"mean\"").into()),
        };
        let is_own = architectures.iter().any(|name| is_own_class(name, family));
        match stated {
            Some(Pool::Mean) if family != Family::ModernBert => return Ok(Self::Classifier(Pool::Mean)),
            Some(pool) => return Ok(Self::Own(pool)),
            None if is_own => return Ok(Self::Own(Pool::First)),
            None => {}
        }
        Ok(match find(fields.dir())? {
            Found::None => Self::Own(Pool::First),
            Found::PoolingAlone(pool) => Self::Classifier(pool),
            Found::Modules(modules) => Self::Modules(modules),
        })
    }
}
