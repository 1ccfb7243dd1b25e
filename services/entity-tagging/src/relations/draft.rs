//! A relation while its parts are being found, and how it becomes a [`Relation`].

use std::ops::Range;

use gisa_article_model::{
    Argument, ArgumentRole, EntityType, NormalizedValue, OffsetMap, Relation, RelationType, TextField,
    TextRange,
};

use super::sentence::Placed;

/// Who or what takes part: a mention or the words of a phrase.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Participant {
    pub range: Range<usize>,
    /// Its position in the article's list and its type, if it is a mention.
    pub mention: Option<(u32, EntityType)>,
}

impl Participant {
    pub(super) fn of_mention(placed: &Placed<'_>) -> Self {
        Self {
            range: placed.start()..placed.end(),
            mention: Some((placed.index, placed.kind())),
        }
    }

    pub(super) fn of_range(range: Range<usize>) -> Self {
        Self { range, mention: None }
    }

    pub(super) fn is(&self, kind: EntityType) -> bool {
        self.mention.is_some_and(|(_, own)| own == kind)
    }

    /// Whether it is a person or an organization: those that act.
    pub(super) fn is_actor(&self) -> bool {
        self.is(EntityType::Person) || self.is(EntityType::Organization)
    }
}

/// A relation that is being put together.
#[derive(Clone, Debug)]
pub(super) struct Draft {
    pub relation: RelationType,
    pub evidence: Range<usize>,
    pub arguments: Vec<(ArgumentRole, Participant)>,
    pub confidence: f32,
}

impl Draft {
    pub(super) fn new(relation: RelationType, evidence: Range<usize>, confidence: f32) -> Self {
        Self {
            relation,
            evidence,
            arguments: Vec::new(),
            confidence,
        }
    }

    /// Adds an argument, unless it or an overlapping one has a part already.
    pub(super) fn add(&mut self, role: ArgumentRole, participant: Participant) {
        let range = &participant.range;
        let overlaps = |other: &Participant| range.start < other.range.end && other.range.start < range.end;
        if !range.is_empty() && !self.arguments.iter().any(|(_, other)| overlaps(other)) {
            self.arguments.push((role, participant));
        }
    }

    pub(super) fn add_all(
        &mut self,
        role: ArgumentRole,
        participants: impl IntoIterator<Item = Participant>,
    ) {
        for participant in participants {
            self.add(role, participant);
        }
    }

    pub(super) fn has(&self, role: ArgumentRole) -> bool {
        self.arguments.iter().any(|(own, _)| *own == role)
    }
}

/// Makes relations of the drafts of one field.
pub(super) struct Finisher<'a> {
    pub field: TextField,
    pub text: &'a str,
    pub offsets: &'a OffsetMap,
    /// The mentions of the article.
    pub mentions: &'a [gisa_article_model::Mention],
}

impl Finisher<'_> {
    /// `None` when the evidence is not a range of the text.
    pub(super) fn finish(&self, draft: Draft) -> Option<Relation> {
        let mut arguments: Vec<Argument> = draft
            .arguments
            .into_iter()
            .filter_map(|(role, participant)| {
                let surface = self.text.get(participant.range.clone())?.to_owned();
                Some(Argument {
                    role,
                    surface,
                    place: self.place(participant.range)?,
                    mention: participant.mention.map(|(index, _)| index),
                })
            })
            .collect();
        arguments.sort_by_key(|argument| argument.place.span.start_byte);
        let date = arguments
            .iter()
            .filter(|argument| argument.role == ArgumentRole::Date)
            .find_map(
                |argument| match self.mentions.get(argument.mention? as usize)?.value {
                    Some(NormalizedValue::Date(interval)) => Some(interval),
                    _ => None,
                },
            );
        Some(Relation {
            relation_type: draft.relation,
            arguments,
            evidence: self.place(draft.evidence)?,
            date,
            confidence: draft.confidence.clamp(0.0, 1.0),
        })
    }

    fn place(&self, range: Range<usize>) -> Option<TextRange> {
        let span = self.offsets.span(self.text, range.start, range.end)?;
        Some(TextRange {
            field: self.field,
            span,
        })
    }
}
